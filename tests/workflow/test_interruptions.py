"""Trainings that share a job, and trainings that are told to leave (docs/training.md)."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from project import TINY, Project

#: Trainings and their scores, without figures.
SCORED = ("--", "results/tiny/summary/metrics.tsv")
TOGETHER = "training={models_per_job: 2}"
SEEDS = "study={seeds: [1, 2]}"
#: Long enough to be told in the middle: some seconds.
LONG = "training={epochs: 60}"
MODEL = "results/tiny/models/roles/gamma0/1pre-1post/seed1"
LOG = "results/tiny/logs/train/roles_gamma0_1pre-1post_seed1.log"


def _text(project: Project, path: str) -> str:
    file = project.folder / path
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def _training_process(project: Project) -> int | None:
    """The process of a training of this project."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode().split("\0")
            folder = (process / "cwd").resolve()
        except OSError:
            continue  # it has ended meanwhile
        if folder == project.folder.resolve() and words[-2].endswith(".train.py"):
            return int(process.name)
    return None


def _interrupt(project: Project, number: int, *arguments: str) -> int:
    """Run, and send a signal to the training when its third epoch is over; the exit code."""
    (project.folder / LOG).unlink(missing_ok=True)
    running = subprocess.Popen(
        project.command("--cores", "1", *arguments),
        cwd=project.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while running.poll() is None and "epoch 3/60" not in _text(project, LOG):
        time.sleep(0.02)
    training = _training_process(project)
    assert training is not None, "the training ended before it could be told"
    os.kill(training, number)
    return running.wait()


def test_models_that_share_a_job_are_the_same_and_none_is_trained_twice(
    scratch: Project, finished: Project, tmp_path: Path
) -> None:
    assert scratch.jobs(*TINY, "--config", TOGETHER) == []  # one seed: the same jobs
    alone = finished.copy(tmp_path / "alone")
    alone.run("--cores", "2", *TINY, "--config", SEEDS, *SCORED)
    trainings = [job for job in scratch.jobs(*TINY, "--config", SEEDS, TOGETHER) if "Train" in job]
    assert trainings == [
        f"Training {features} in 1pre-1post, seed 1; 1pre-1post, seed 2, split roles"
        for features in ("gamma0", "rgb-nir")
    ]
    scratch.run("--cores", "2", *TINY, "--config", SEEDS, TOGETHER, *SCORED)
    log = LOG.replace("seed1.log", "seed1_to_1pre-1post_seed2.log")
    assert "seed1/model.safetensors: kept from before" in _text(scratch, log)
    assert "seed2: kept epoch 1" in _text(scratch, log)
    assert scratch.results() == alone.results()
    assert scratch.jobs(*TINY, "--config", SEEDS, TOGETHER, *SCORED) == []


def test_a_training_that_is_told_to_leave_goes_on_when_tried_again(
    scratch: Project, finished: Project, tmp_path: Path
) -> None:
    arguments = (f"{MODEL}/model.safetensors", *TINY, "--config", LONG)
    undisturbed = finished.copy(tmp_path / "undisturbed")
    undisturbed.run("--cores", "1", *arguments)
    assert _interrupt(scratch, signal.SIGTERM, "--retries", "1", *arguments) == 0
    assert "going on from" in _text(scratch, LOG)
    assert scratch.results() == undisturbed.results()


@pytest.fixture(scope="module")
def long_finished(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A finished study of long trainings."""
    project = finished.copy(tmp_path_factory.mktemp("long") / "project")
    project.run("--cores", "2", *TINY, "--config", LONG, *SCORED)
    return project


def test_a_changed_model_whose_training_was_killed_is_still_to_do(
    long_finished: Project, tmp_path: Path
) -> None:
    """Nothing else has changed, and the scores of the old model are there."""
    project = long_finished.copy(tmp_path / "project")
    project.edit("config/tiny/feature_sets.tsv", "GAMMA0\t\tDEM SLOPE", "GAMMA0\t\tDEM")
    assert _interrupt(project, signal.SIGKILL, *TINY, "--config", LONG, *SCORED) != 0
    left = project.jobs(*TINY, "--config", LONG)
    for job in ("Training", "Scoring"):
        assert f"{job} gamma0 in 1pre-1post, seed 1, split roles" in left
    assert "Training rgb-nir in 1pre-1post, seed 1, split roles" not in left
