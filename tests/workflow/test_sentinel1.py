"""What a date of Sentinel-1 costs when the embedded engine makes an event's products."""

from __future__ import annotations

from pathlib import Path

import pytest

from project import TINY, Project

FOLDER = Path("results/tiny")
SCENES = Path("resources/sentinel1/OWN1")
EMBEDDED = (*TINY, "--config", "sentinel1={engine: embedded}")


def _gamma0(epoch: str) -> str:
    return f"Gamma nought and H/A/alpha of OWN1, {epoch}"


def _coherence(epoch: str) -> str:
    return f"Coherence of OWN1, {epoch} and the date before"


CUBE = "Harmonising the products of OWN1"


def _add_date(project: Project, epoch: str, day: str) -> None:
    (project.folder / SCENES / epoch / "S1A_A.SAFE").mkdir(parents=True)
    project.append("config/tiny/acquisitions.tsv", [f"OWN1\tsentinel1\t{epoch}\t{day}"])


@pytest.fixture
def event(finished: Project, tmp_path: Path) -> Project:
    """A finished study with an event to map, of which three dates are there."""
    project = finished.copy(tmp_path / "project")
    products = project.folder / FOLDER / "products/OWN1"
    products.mkdir(parents=True)
    for name in ("terrain.tif", "optical_PRE1.tif", "optical_POST1.tif"):
        (products / name).touch()
    (project.folder / "resources/dem").mkdir(parents=True)
    (project.folder / "resources/dem/OWN1.tif").touch()
    events = project.folder / "config/tiny/events.tsv"
    header, *rows = events.read_text(encoding="utf-8").splitlines()
    own = "OWN1\tOwn slope\t\t2021-05-05\tASC\tapply\t\tscenes"
    events.write_text("\n".join([f"{header}\tsource", *rows, own, ""]), encoding="utf-8")
    days = {"PRE2": "2021-04-20", "PRE1": "2021-05-02", "POST1": "2021-05-14"}
    for epoch, day in days.items():
        _add_date(project, epoch, day)
    project.append(
        "config/tiny/acquisitions.tsv",
        ["OWN1\tsentinel2\tPRE1\t2021-04-30", "OWN1\tsentinel2\tPOST1\t2021-05-20"],
    )
    return project


def test_a_job_per_date_and_one_per_pair(event: Project) -> None:
    assert event.jobs(*EMBEDDED) == sorted(
        [
            *(_gamma0(epoch) for epoch in ("PRE2", "PRE1", "POST1")),
            *(_coherence(epoch) for epoch in ("PRE1", "POST1")),
            CUBE,
            "Layover, shadow and local incidence of OWN1",
        ]
    )


def test_another_date_costs_what_contains_it(event: Project) -> None:
    event.pretend_finished(*EMBEDDED)
    assert event.jobs(*EMBEDDED) == []
    _add_date(event, "POST2", "2021-05-26")
    assert event.jobs(*EMBEDDED) == sorted([_gamma0("POST2"), _coherence("POST2"), CUBE])


def test_a_number_of_the_processing_makes_products_anew(event: Project) -> None:
    event.pretend_finished(*EMBEDDED)
    settings = "sentinel1={engine: embedded, processing: {range_looks: 5}}"
    jobs = event.jobs(*TINY, "--config", settings)
    assert _gamma0("PRE1") in jobs and _coherence("POST1") in jobs


def test_scenes_that_are_not_there_are_named_before_the_first_job(event: Project) -> None:
    event.append("config/tiny/acquisitions.tsv", ["OWN1\tsentinel1\tPOST2\t2021-05-26"])
    (event.folder / "resources/dem/OWN1.tif").unlink()
    output = event.run("-n", *EMBEDDED, check=False)
    assert f"there is no {SCENES}/POST2/*.SAFE" in output
    assert "event OWN1, epoch POST2" in output
    assert "there is no elevation 'resources/dem/OWN1.tif'" in output
