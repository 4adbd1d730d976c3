"""Which events can be compared, and which meet models of the archive uncompared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scarp.comparable import (
    compared_events,
    compared_pairs,
    imaged_epochs,
    parity_faults,
    unproven,
)
from scarp.tables import Acquisition, Event
from scarp.tsv import write_table

EPOCHS = {"PRE2": "2020-01-01", "PRE1": "2020-01-13", "POST1": "2020-01-25"}


def event(name: str, source: str = "scenes", engine: str = "") -> Event:
    blank = dict.fromkeys(Event.__dataclass_fields__, "")
    return Event(**{**blank, "event": name, "source": source, "engine": engine})


def acquired(name: str) -> tuple[Acquisition, ...]:
    return tuple(Acquisition(name, "sentinel1", e, day, "") for e, day in EPOCHS.items())


EVENTS = {
    row.event: row
    for row in (
        event("OWN", engine="snap"),
        event("TWO", engine="embedded"),
        event("PUB", "archive"),
        event("SIM", "simulated"),
    )
}
ACQUISITIONS = {name: acquired(name) for name in EVENTS}


def settings(*engines: str, events: tuple[str, ...] = (), simulated: tuple[str, ...] = ()) -> Any:
    return {
        "pathvars": {"resources": "resources", "results": "results"},
        "simulate": {"scenes": list(simulated)},
        "sentinel1": {"engine": "snap", "dem": "dem/{event}.tif"},
        "parity": {"engines": list(engines), "events": list(events)},
    }


BOTH = ("snap", "embedded")


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scenes of OWN and PUB, of PUB without the oldest; elevation and an own grid of all."""
    monkeypatch.chdir(tmp_path)
    for name in EVENTS:
        Path("results/products", name).mkdir(parents=True)
        Path("results/products", name, "terrain.tif").touch()
    Path("dem").mkdir()
    for name in EVENTS:
        Path("dem", f"{name}.tif").touch()
    for name, epochs in (("OWN", EPOCHS), ("PUB", ("PRE1", "POST1"))):
        for epoch in epochs:
            Path("resources/sentinel1", name, epoch, "S1A.SAFE").mkdir(parents=True)


def test_epochs_whose_scenes_are_there() -> None:
    chosen = settings(*BOTH)
    assert imaged_epochs(EVENTS["OWN"], ACQUISITIONS["OWN"], chosen) == [*EPOCHS]
    assert imaged_epochs(EVENTS["PUB"], ACQUISITIONS["PUB"], chosen) == ["PRE1", "POST1"]
    assert imaged_epochs(EVENTS["TWO"], ACQUISITIONS["TWO"], chosen) == []
    simulated = settings(*BOTH, simulated=("TWO",))
    assert imaged_epochs(EVENTS["TWO"], ACQUISITIONS["TWO"], simulated) == [*EPOCHS]


def test_events_that_have_both() -> None:
    def compared(*engines: str, **chosen: tuple[str, ...]) -> list[str]:
        return compared_events(EVENTS, ACQUISITIONS, settings(*engines, **chosen))

    assert compared(*BOTH) == ["OWN"]
    assert compared(*BOTH, simulated=("TWO",)) == ["OWN", "TWO"]
    assert compared("snap", "archive") == ["PUB"]
    # A published event is compared between engines only where it is named.
    assert compared(*BOTH, events=("PUB",)) == ["PUB"]
    Path("dem/OWN.tif").unlink()
    assert compared(*BOTH) == []
    # What the workflow fetches itself it has, or will have.
    Path("results/products/TWO/terrain.tif").unlink()
    assert compared(*BOTH) == ["TWO"]


@pytest.mark.parametrize(
    ("engines", "name", "fact"),
    [
        (BOTH, "ONW", "'ONW' is no event"),
        (BOTH, "SIM", "its source is simulated"),
        (BOTH, "TWO", "'TWO' lacks SLC scenes of any epoch"),
        (("snap", "archive"), "OWN", "'OWN' lacks channels of the archive"),
    ],
)
def test_a_named_event_that_cannot_be_compared_is_a_fault(
    engines: tuple[str, ...], name: str, fact: str
) -> None:
    chosen = settings(*engines, events=(name,))
    faults = parity_faults(EVENTS, ACQUISITIONS, chosen)
    assert len(faults) == 1
    assert fact in faults[0].fact and faults[0].cure
    assert parity_faults(EVENTS, ACQUISITIONS, settings(*engines)) == []


def test_who_meets_models_of_the_archive_uncompared() -> None:
    chosen, every = settings(*BOTH), list(EVENTS.values())
    trained = [EVENTS["PUB"]]
    assert unproven(trained, every, set(), chosen) == {"snap": ["OWN"], "embedded": ["TWO"]}
    one = {frozenset(("archive", "snap"))}
    assert unproven(trained, every, one, chosen) == {"embedded": ["TWO"]}
    assert unproven(trained, every, {frozenset(BOTH)}, chosen) == unproven(
        trained, every, set(), chosen
    )
    assert unproven([EVENTS["OWN"]], every, set(), chosen) == {}
    own = [replace(row, engine="files") for row in every]
    assert unproven(trained, own, set(), chosen) == {}


def test_pairs_are_those_of_the_table(tmp_path: Path) -> None:
    table = tmp_path / "parity.tsv"
    assert compared_pairs(table) == set()
    rows = [("snap", "archive", "PRE1_gVV"), ("embedded", "snap", "PRE1_gVV")]
    write_table(table, ("a", "b", "layer"), rows)
    assert compared_pairs(table) == {
        frozenset(("archive", "snap")),
        frozenset(("snap", "embedded")),
    }
