"""Captions of the report: each renders, as Snakemake would, without a docutils message."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from docutils.core import publish_parts
from jinja2 import Environment, StrictUndefined

from scarp.configuration import check

CAPTIONS = sorted(Path(__file__).parents[2].joinpath("workflow", "report").glob("*.rst"))
RULES = Path(__file__).parents[2] / "workflow" / "rules"


def rendered(path, config, split="roles", files=()):
    """The caption as HTML; undefined names and reStructuredText warnings are errors."""
    environment = Environment(trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    snakemake = SimpleNamespace(
        config=check(config), wildcards={"event": "EV01", "split": split, "family": split}
    )
    text = environment.from_string(path.read_text(encoding="utf-8")).render(
        snakemake=snakemake, files=[SimpleNamespace(path=file) for file in files]
    )
    strict = {"report_level": 1, "halt_level": 1}
    return publish_parts(text, writer="html", settings_overrides=strict)["html_body"]


@pytest.mark.parametrize("source", ["archive", "simulated", "landslide4sense"])
@pytest.mark.parametrize("path", CAPTIONS, ids=lambda path: path.stem)
def test_a_caption_renders(path, source):
    assert len(rendered(path, {"source": source})) > 200


def test_every_caption_that_a_rule_names_exists():
    named = {
        line.split('"')[1].rpartition("/")[2]
        for file in RULES.glob("*.smk")
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.strip().startswith("caption=")
    }
    assert named
    assert named <= {path.name for path in CAPTIONS}


def test_the_front_page_says_what_was_run():
    front = next(path for path in CAPTIONS if path.stem == "workflow")
    config = {"study": {"features": ["rgb-nir"], "seeds": [3, 8]}, "training": {"epochs": 77}}
    page = rendered(front, {"source": "simulated", **config})
    assert "Simulated data" in page
    assert "rgb-nir" in page
    assert "3, 8" in page
    assert "77 epochs" in page
    assert "Simulated data" not in rendered(front, {"source": "archive"})
    made_up = {"source": "archive", "archive": {"path": "simulated"}}
    assert "Simulated data" in rendered(front, made_up)


def test_the_front_page_opens_with_the_findings_of_every_split(tmp_path):
    front = next(path for path in CAPTIONS if path.stem == "workflow")
    for split, told in (("roles", r"F1 of a\_b rises"), ("leave-event-out", "Undecided")):
        (tmp_path / f"{split}_findings.rst").write_text(f"**All sites.**\n\n{told}\n")
    files = [tmp_path / name for name in ("roles_findings.html", "leave-event-out_findings.html")]
    page = rendered(front, {"source": "simulated"}, files=[tmp_path / "roles.svg", *files])
    told = page.index("F1 of a_b rises"), page.index("Undecided"), page.index("What was run")
    assert list(told) == sorted(told)
    assert page.count("What the scores can decide") == 1
    assert "can decide" not in rendered(front, {"source": "simulated"})


def test_only_the_roles_split_cuts_events_in_two():
    split = next(path for path in CAPTIONS if path.stem == "split")
    assert "straight line" in rendered(split, {})
    assert "straight line" not in rendered(split, {}, "leave-event-out-1")


def test_coherence_before_the_event_is_explained_where_dates_are_compared():
    for name in ("f1_per_site", "f1_by_dates", "table"):
        caption = next(path for path in CAPTIONS if path.stem == name)
        assert "PRE2" in rendered(caption, {})
