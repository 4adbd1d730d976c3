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
        ["gamma0-rgb\tgVV+gVH+RGB\tGAMMA0\tRGB\tDEM SLOPE\t\t\tfusion\tfalse\t"],
    )
    assert len(_trainings(study.jobs(*STUDY))) == 66


def test_editing_one_row_retrains_that_row(study: Project) -> None:
    study.pretend_finished(*STUDY)
    assert study.jobs(*STUDY) == []
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


def test_default_source_says_what_to_do(study: Project) -> None:
    output = study.run("-n", check=False)
    assert "source 'archive' is not available in this version" in output
    assert "run with --config source=simulated" in output
