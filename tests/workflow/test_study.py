"""The paper's whole grid: what a dry run of config/config.yaml lists."""

from __future__ import annotations

from pathlib import Path

import pytest

from project import Project

STUDY = ("--config", "source=simulated")


@pytest.fixture
def study(tmp_path: Path) -> Project:
    return Project.create(tmp_path / "project")


def _trainings(jobs: list[str]) -> list[str]:
    return [job for job in jobs if job.startswith("Training ")]


def test_sixty_two_trainings_and_four_more_for_a_fused_row(study: Project) -> None:
    assert len(_trainings(study.jobs(*STUDY))) == 62
    study.append(
        "config/feature_sets.tsv",
        ["gamma0-rgb\tgVV+gVH+RGB\tGAMMA0\tRGB\tDEM SLOPE\t\t\t\t\tfusion\tfalse\t"],
    )
    assert len(_trainings(study.jobs(*STUDY))) == 66


def test_an_event_to_map_costs_its_cube_and_editing_a_row_that_row(study: Project) -> None:
    study.pretend_finished(*STUDY)
    assert study.jobs(*STUDY) == []
    mapped = ("NEW", "", "New", "", "2021-06-10", "ASC", *[""] * 5, "apply", "")
    study.append("config/events.tsv", ["\t".join(mapped)])
    assert study.jobs(*STUDY) == ["Simulating event NEW"]
    study.edit("config/feature_sets.tsv", "gVV+gVH+NDVI\tGAMMA0", "gVV+gVH+NDVI\tgVV")
    scenarios = ("1pre-1post", "1pre-3post", "3pre-1post", "3pre-3post")
    assert _trainings(study.jobs(*STUDY)) == [
        f"Training gamma0-ndvi in {scenario}, seed 1, split roles" for scenario in scenarios
    ]


def test_folds_of_leave_event_out_are_splits_of_their_own(study: Project) -> None:
    folds = "study={splits: [leave-event-out], features: [rgb, gamma0], scenarios: [1pre-1post]}"
    jobs = study.jobs("--config", "source=simulated", folds)
    assert len(_trainings(jobs)) == 7 * 2
    assert sum(job.startswith("Dividing patches for split leave-event-out-") for job in jobs) == 7


def test_the_papers_study_starts_with_the_archives_download(study: Project) -> None:
    """`snakemake` alone, with the tables and settings of a fresh clone."""
    jobs = study.jobs("--cores", "1")
    assert [job for job in jobs if job.startswith("Downloading")] == [
        "Downloading the published archive, 5991736566 bytes"
    ]
    assert sum(job.startswith("Reading ") for job in jobs) == 28
    assert len(_trainings(jobs)) == 62


def test_the_published_split_needs_nothing_but_two_settings(study: Project) -> None:
    settings = ("--config", "patches={origin: published}", "study={splits: [published]}")
    jobs = study.jobs(*settings)
    assert sum(job.startswith("Unpacking published patches") for job in jobs) == 4
    assert sum(job.startswith("Taking the published patches of") for job in jobs) == 28
    assert not any(job.startswith("Cutting") for job in jobs)
    assert len(_trainings(jobs)) == 62
