"""Which events are mapped, which models lie there, and versions of a map."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scarp.errors import TableError
from scarp.mapping.asked import events_to_map
from scarp.mapping.versions import keep_version
from scarp.model_file import save
from scarp.model_header import fingerprint, fingerprints
from scarp.tables import Acquisition, Event
from tiny_model import DESCRIPTION, network

EVENTS = {
    name: Event(**{**dict.fromkeys(Event.__dataclass_fields__, ""), **own})
    for name, own in {
        "NEW1": {"event": "NEW1", "role": "apply", "source": "scenes"},
        "NEW2": {"event": "NEW2", "role": "apply", "source": "simulated"},
        "OLD": {"event": "OLD", "role": "independent", "source": "archive"},
        "TILES": {"event": "TILES", "role": "apply", "source": "landslide4sense"},
    }.items()
}


def images(*epochs: str, event: str = "NEW1") -> list[Acquisition]:
    blank = dict.fromkeys(Acquisition.__dataclass_fields__, "")
    return [
        Acquisition(**{**blank, "event": event, "sensor": "sentinel1", "epoch": epoch})
        for epoch in epochs
    ]


SEEN = {"NEW1": images("PRE1", "POST1"), "NEW2": images("POST2"), "OLD": [], "TILES": []}


def test_the_event_that_is_asked_for_or_all_to_map() -> None:
    assert events_to_map("NEW2", EVENTS, SEEN) == ("NEW2",)
    without = {name: row for name, row in EVENTS.items() if name != "TILES"}
    assert events_to_map("", without, SEEN) == ("NEW1", "NEW2")


@pytest.mark.parametrize(
    ("asked", "seen", "said"),
    [
        ("NEW3", SEEN, "is no event of events.tsv.*did you mean 'NEW2'"),
        ("OLD", SEEN, "has role independent.*NEW1, NEW2"),
        ("NEW1", {**SEEN, "NEW1": images("PRE2", "PRE1")}, "has no image after the event"),
        ("NEW1", {**SEEN, "NEW1": []}, "has no image after the event"),
        ("TILES", SEEN, "lie nowhere"),
    ],
)
def test_what_cannot_be_mapped_is_refused(
    asked: str, seen: dict[str, list[Acquisition]], said: str
) -> None:
    with pytest.raises(TableError, match=f"(?s){said}"):
        events_to_map(asked, EVENTS, seen)


def test_without_an_event_to_map_it_is_said_how_to_add_one() -> None:
    with pytest.raises(TableError, match="add a row with role apply"):
        events_to_map("", {"OLD": EVENTS["OLD"]}, SEEN)


def test_headers_tell_which_models_are_there(tmp_path: Path) -> None:
    save(tmp_path / "b" / "model.safetensors", network().state_dict(), DESCRIPTION)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "model.safetensors").write_bytes(b"no model")
    (tmp_path / "a" / "other.safetensors").write_bytes(b"")
    assert fingerprints(tmp_path) == [
        ["a/model.safetensors", ""],
        ["b/model.safetensors", DESCRIPTION.fingerprint],
    ]
    assert fingerprints(tmp_path / "nothing") == []
    assert fingerprint(tmp_path / "nothing") == ""


def test_a_version_is_kept_once_and_the_one_before_it_told(tmp_path: Path) -> None:
    made, versions = tmp_path / "summary.json", tmp_path / "versions"
    told = []
    for text in ("one", "one", "two", "two", "one"):
        made.write_text(text)
        before = keep_version(versions, [made])
        told.append(before and (before / "summary.json").read_text())
    assert told == [None, None, "one", "one", "two"]
    assert [path.name[:5] for path in sorted(versions.iterdir())] == ["0001-", "0002-", "0003-"]


def test_a_copy_that_was_killed_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, versions = tmp_path / "summary.json", tmp_path / "versions"
    made.write_text("one")
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            keep_version(versions, [made])
    assert not list(versions.glob("0*"))
    assert keep_version(versions, [made]) is None
    (kept,) = versions.iterdir()
    assert [path.name for path in kept.iterdir()] == ["summary.json"]
