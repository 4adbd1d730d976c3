"""`snakemake plan` says what is left, runs nothing and changes nothing."""

from __future__ import annotations

import re
from pathlib import Path

from project import TINY, Project


def test_a_plan_of_the_tiny_study(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project")
    printed = project.run("--cores", "2", "plan", *TINY)
    assert "Training: 2 of 2 models are left" in printed
    assert "split_training" in printed
    log = project.read("results/tiny/logs/plan.log").decode()
    # Numbers of patches are estimated before there is a cube.
    assert "(estimated)" in log
    text = log[log.index("Jobs: ") :]
    assert text in printed
    assert max(map(len, text.splitlines())) <= 100
    assert [name for name in project.results() if name.endswith((".nc", ".tsv"))] == []


def test_a_finished_study_has_nothing_left(scratch: Project) -> None:
    printed = scratch.run("--cores", "2", "plan", *TINY)
    assert "nothing is left to do" in printed
    # Another number of epochs trains both models again, on patches that are counted now.
    printed = scratch.run("--cores", "2", "plan", *TINY, "--config", "training={epochs: 2}")
    assert "Training: 2 of 2 models are left" in printed
    assert "(counted)" in printed


def test_a_plan_counts_seeds_and_folds_and_what_memory_allows(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project")
    grid = ("study={seeds: [1, 2, 3], splits: [roles, leave-event-out]}", "split={folds: 2}")
    memory = ("training={mem_mb: 4000}", "--resources", "mem_mb=5000")
    printed = project.run("--cores", "2", "plan", *TINY, "--config", *grid, *memory)
    # Two experiments, three seeds, roles and two folds.
    assert "Training: 18 of 18 models are left" in printed
    counts = {rule: int(count) for rule, count in re.findall(r"([a-z_]{5,}) +(\d+)\b", printed)}
    assert (counts["train"], counts["evaluate"], counts["split_training"]) == (18, 18, 3)
    # Roles tests SIM03; each fold tests one of the two others.
    assert counts["split_testing"] == 3
    # One figure for all folds.
    assert counts["figure_scores"] == 2
    assert "at once      1 (of mem_mb=5000 each asks for 4000)" in printed
