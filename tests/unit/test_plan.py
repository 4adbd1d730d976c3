"""The plan of a study: what a dry run says, sizes, hours and what would be cheaper."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scarp import plan_study as planning
from scarp.configuration import check
from scarp.plan import (
    Alternative,
    Choices,
    Effort,
    Machine,
    PlannedModel,
    cheaper,
    elapsed,
    running_at_once,
    training_seconds,
    undisturbed,
)
from scarp.plan_jobs import Left, PlanError, dry_run, read_dry_run
from scarp.plan_sizes import (
    Layout,
    Patches,
    PlannedEvent,
    cube_bytes,
    estimate_patches,
    patch_bytes,
    windows,
)
from scarp.plan_study import PlannedStudy, plan_study
from scarp.plan_text import WIDTH, duration, render
from scarp.speed import Speed, measure, parameters
from scarp.split_files import write_patch_list

DRY_RUN = """\
Building DAG of jobs...
Job stats:
job              count
-------------  -------
simulate_cube        3
train                2
all                  1
total                6


[Mon Jan  1 08:27:13 2024]
Job 2: Training gamma0 in 1pre-1post, seed 1, split roles
Job 7: Training rgb-nir in 1pre-1post, seed 2, split leave-event-out-3
Job 0:
Job stats:
job              count
-------------  -------
simulate_cube        3
train                2
all                  1
total                6
"""
LAYOUT = Layout(
    published=False, size=32, stride=32, validation=0.2, test=0.4, smallest=64, largest=64
)
PUBLISHED = replace(LAYOUT, published=True)
EFFORT = Effort(epochs=10, batch_norm="running", base_width=8, threads=2, device="cpu")
MACHINE = Machine(cores=4, there=4, gpus=0, memory=0, asked=10_000, nodes=0)
CHOICES = Choices(
    (1, 2), ("roles",), ("1pre-1post", "3pre-3post"), {"a": "sar", "b": "sar", "c": "optical"}
)
SLOW = (
    Speed(4, 1.0, 0.3, "CPU test", False, 10**9),
    Speed(8, 3.0, 0.5, "CPU test", False, 2 * 10**9),
)


def _model(**changes: Any) -> PlannedModel:
    return replace(PlannedModel("roles", "a", "1pre-1post", 1, 6, "paper", False), **changes)


def _events(source: str, *roles: str, block: str = "") -> dict[str, PlannedEvent]:
    return {f"E{n}": PlannedEvent(f"E{n}", role, source, block, 10) for n, role in enumerate(roles)}


def test_a_dry_run_is_read() -> None:
    left = read_dry_run(DRY_RUN)
    assert left.jobs == {"simulate_cube": 3, "train": 2}
    assert left.total == 5
    assert left.trainings == {
        ("roles", "gamma0", "1pre-1post", 1),
        ("leave-event-out-3", "rgb-nir", "1pre-1post", 2),
    }


def test_a_job_that_trains_several_models_is_read() -> None:
    members = "1pre-1post, seed 1; 3pre-1post, seed 1; 1pre-1post, seed 2"
    together = DRY_RUN.replace("gamma0 in 1pre-1post, seed 1", f"gamma0 in {members}")
    together = re.sub(r"^train  ", "train_together_3  ", together, flags=re.MULTILINE)
    left = read_dry_run(together)
    assert left.jobs == {"simulate_cube": 3, "train_together_3": 2}
    assert left.trainings == {
        ("roles", "gamma0", "1pre-1post", 1),
        ("roles", "gamma0", "3pre-1post", 1),
        ("roles", "gamma0", "1pre-1post", 2),
        ("leave-event-out-3", "rgb-nir", "1pre-1post", 2),
    }


def test_nothing_left_is_no_error() -> None:
    left = read_dry_run("Building DAG of jobs...\nNothing to be done (all files are there).\n")
    assert left == Left({}, frozenset())


def test_a_dry_run_without_its_trainings_is_refused() -> None:
    with pytest.raises(PlanError, match="names 1 jobs that train"):
        read_dry_run(DRY_RUN.replace("Training rgb-nir in", "Fitting rgb-nir in"))


def test_a_dry_run_without_a_table_is_refused() -> None:
    with pytest.raises(PlanError, match="no table of jobs"):
        read_dry_run("Building DAG of jobs...\n")


def _stand_in(path: Path, script: str) -> str:
    """A program that runs in place of Python with Snakemake."""
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_a_dry_run_that_fails_shows_its_message(tmp_path: Path) -> None:
    python = _stand_in(tmp_path / "python", "echo this is wrong; exit 1")
    with pytest.raises(PlanError, match="this is wrong"):
        dry_run(python, "Snakefile", "study", {})


def test_the_dry_run_gets_the_configuration_and_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = _stand_in(tmp_path / "python", 'pwd; echo "$@"; for last; do :; done; cat "$last"')
    monkeypatch.chdir(tmp_path)
    printed = dry_run(python, "Snakefile", "study", {"training": {"learning_rate": 1e-5}})
    folder, command, given = printed.splitlines()
    assert Path(folder) == tmp_path.resolve()
    assert command.startswith("-m snakemake study --dry-run --nolock ")
    assert json.loads(given) == {"training": {"learning_rate": 1e-5}}


def test_the_whole_archive_trains_on_what_its_authors_trained_on() -> None:
    events = _events("archive", *["train"] * 20, *["dependent"] * 5, *["independent"] * 3)
    able = [event for event, row in events.items() if row.role != "independent"]
    for split, training in (("published", list(events)), ("roles", able)):
        patches = estimate_patches(split, training, events, PUBLISHED)
        assert patches == Patches(355, round(355 / 0.8 * 0.2), False)


def test_fewer_archive_events_train_on_their_share() -> None:
    events = _events("archive", *["train"] * 14)
    assert estimate_patches("roles", list(events), events, PUBLISHED).training == 178
    half = list(events)[:7]
    fold = estimate_patches("leave-event-out-1", half, events, PUBLISHED)
    assert fold.training == 89


def test_own_patches_of_archive_scenes_follow_from_the_stride() -> None:
    events = _events("archive", "train", "train")
    wide = estimate_patches("roles", list(events), events, replace(LAYOUT, stride=64))
    close = estimate_patches("roles", list(events), events, LAYOUT)
    assert close.training == pytest.approx(4 * wide.training, rel=0.01)


def test_an_independent_event_of_the_published_split_trains_nothing() -> None:
    events = _events("simulated", "train", "independent")
    patches = estimate_patches("published", list(events), events, LAYOUT)
    assert patches.training + patches.validation == 4


def test_simulated_patches_follow_from_size_and_stride() -> None:
    # 64 pixels hold 2 x 2 windows of 32; 65 hold 3 x 3.
    events = _events("simulated", "train", "train", "dependent")
    assert windows(events["E0"], LAYOUT) == 4
    assert windows(events["E0"], replace(LAYOUT, smallest=65, largest=65)) == 9
    patches = estimate_patches("roles", ["E0", "E1", "E2"], events, LAYOUT)
    expected = 4 + 4 + 4 * 0.6
    assert (patches.training, patches.validation) == (round(0.8 * expected), round(0.2 * expected))
    # In leave-event-out a dependent event trains whole.
    fold = estimate_patches("leave-event-out-1", ["E0", "E1", "E2"], events, LAYOUT)
    assert fold.training + fold.validation == 12


def test_landslide4sense_patches_are_the_numbers_of_its_blocks() -> None:
    events = _events("landslide4sense", "train", block="train/11-110")
    patches = estimate_patches("roles", ["E0"], events, LAYOUT)
    assert (patches.training, patches.validation) == (80, 20)


def test_more_events_and_channels_take_more_room() -> None:
    one, two = (
        list(_events("simulated", "train").values()),
        list(_events("simulated", "train", "train").values()),
    )
    assert cube_bytes(two, LAYOUT) == 2 * cube_bytes(one, LAYOUT)
    wide = [replace(one[0], channels=20)]
    assert patch_bytes(wide, LAYOUT) == 2 * patch_bytes(one, LAYOUT)
    # 4 windows of 32 x 32 x 10 float32 values, compressed, yet not to nothing.
    raw = 4 * 32 * 32 * 10 * 4
    assert raw / 4 < patch_bytes(one, LAYOUT) < raw


def test_a_training_costs_its_steps_and_its_validation() -> None:
    # 6 channels lie half way: 2 s per training patch, 0.4 s forward; the paper's set has six.
    patches = Patches(5, 3, True)
    assert training_seconds(_model(), patches, SLOW, EFFORT) == pytest.approx(
        10 * (5 * 6 * 2 + 3 * 0.4)
    )
    precise = replace(EFFORT, batch_norm="precise")
    assert training_seconds(_model(augmentation="none"), patches, SLOW, precise) == pytest.approx(
        10 * (5 * 2 + (3 + 5) * 0.4)
    )


def test_a_measurement_that_was_disturbed_is_not_believed() -> None:
    low, high = replace(SLOW[0], training=9.0), SLOW[1]
    assert undisturbed(low, high).training == 3.0
    assert undisturbed(*SLOW) == SLOW[0]


@pytest.mark.parametrize(
    ("machine", "effort", "number"),
    [
        (MACHINE, EFFORT, 2),
        (replace(MACHINE, cores=1), EFFORT, 1),
        (replace(MACHINE, gpus=1), EFFORT, 2),
        (replace(MACHINE, gpus=1), replace(EFFORT, device="auto"), 1),
        (replace(MACHINE, gpus=4), replace(EFFORT, device="auto"), 2),
        (replace(MACHINE, memory=20_000), EFFORT, 2),
        (replace(MACHINE, memory=19_999), EFFORT, 1),
        # It asks for more than there is, and gets what there is.
        (replace(MACHINE, memory=5_000), EFFORT, 1),
        (replace(MACHINE, memory=5_000, asked=0), EFFORT, 2),
        (replace(MACHINE, nodes=64), EFFORT, 64),
    ],
)
def test_cores_memory_gpus_and_nodes_limit_what_runs_at_once(
    machine: Machine, effort: Effort, number: int
) -> None:
    assert running_at_once(machine, effort)[0] == number


def test_no_number_of_cores_is_faster_than_the_longest_training() -> None:
    assert elapsed([60, 60, 60], 2) == 90
    assert elapsed([60, 10], 8) == 60
    assert elapsed([], 2) == 0


def _cheaper(
    left: frozenset[Any] | None = None,
    machine: Machine = MACHINE,
    effort: Effort = EFFORT,
    on_gpu: bool = False,
) -> dict[str, Alternative]:
    """Alternatives of twelve models of which each takes 600 s, or 100 s without augmentation."""
    models = [
        _model(features=features, scenario=scenario, seed=seed, own_augmentation=features == "b")
        for features in ("a", "b", "c")
        for scenario in ("1pre-1post", "3pre-3post")
        for seed in (1, 2)
    ]
    wanted = frozenset(model.identity for model in models) if left is None else left

    def cost(model: PlannedModel) -> float:
        return 100.0 if model.augmentation == "none" else 600.0

    rows = cheaper(models, wanted, cost, 0.25, on_gpu, machine, effort, CHOICES)
    return {row.added: row for row in rows}


def test_alternatives_say_what_to_add_and_how_long_it_takes() -> None:
    found = {added: row.seconds for added, row in _cheaper().items()}
    assert found == {
        "--config 'study={seeds: [1]}'": 1800,
        "--config 'study={scenarios: [1pre-1post]}'": 1800,
        "--config 'study={features: [a, c]}'": 2400,
        # Set b chose its augmentation itself and keeps it.
        "--config augmentation=none": (4 * 600 + 8 * 100) / 2,
        "--config 'model={base_width: 4}'": 900,
        "--config 'training={device: auto}'": None,
    }
    assert list(found.values())[:-1] == sorted(list(found.values())[:-1])
    assert not any(row.anew for row in _cheaper().values())


def test_a_setting_trains_finished_models_anew() -> None:
    last = frozenset({("roles", "c", "3pre-3post", 2)})
    found = _cheaper(last)
    # Eight models of other augmentation, 100 s each, two at once; what is left takes 600 s.
    plain = found["--config augmentation=none"]
    assert (plain.seconds, plain.anew) == (400, True)
    # All twelve at 150 s each would take longer than the one that is left.
    assert "--config 'model={base_width: 4}'" not in found
    assert "--config 'study={seeds: [1]}'" not in found


def test_more_cores_and_no_turns_on_a_missing_gpu_are_named_where_they_help() -> None:
    assert not any("--cores" in added for added in _cheaper())
    assert _cheaper(machine=replace(MACHINE, there=8))["--cores 8"].seconds == 1800
    turns = {"machine": replace(MACHINE, gpus=1), "effort": replace(EFFORT, device="auto")}
    assert _cheaper(**turns)["--config 'training={device: cpu}'"].seconds == 3600  # type: ignore[arg-type]
    on_gpu = _cheaper(**turns, on_gpu=True)  # type: ignore[arg-type]
    assert not any("device" in added for added in on_gpu)
    assert all(row.seconds is not None for row in on_gpu.values())


def test_one_of_several_splits_is_cheaper() -> None:
    splits = ("roles", "leave-event-out-1", "leave-event-out-2")
    models = [_model(split=split, seed=seed) for split in splits for seed in (1, 2)]
    choices = replace(CHOICES, splits=("roles", "leave-event-out"))
    left = frozenset(model.identity for model in models)
    rows = cheaper(models, left, lambda _: 600.0, 1.0, True, MACHINE, EFFORT, choices)
    # Two at once, of two, four and all six models.
    found = {row.added: row.seconds for row in rows}
    assert found["--config 'study={splits: [roles]}'"] == 600
    assert found["--config 'study={splits: [leave-event-out]}'"] == 1200
    assert found["--config 'study={seeds: [1]}'"] == 900


def test_what_ends_within_a_minute_needs_nothing_cheaper() -> None:
    model = _model()
    rows = cheaper(
        [model], frozenset({model.identity}), lambda _: 30.0, 0.25, False, MACHINE, EFFORT, CHOICES
    )
    assert rows == ()


def test_a_real_network_is_measured() -> None:
    speed = measure(3, 2, 2, 16, 4, "cpu", "auto", 1, seconds=0.01)
    assert speed.channels == 3
    assert not speed.gpu
    assert speed.training > 0
    assert speed.forward > 0
    assert speed.memory > 10**7


def test_parameters_of_the_study_network_are_counted() -> None:
    assert round(parameters(4, 32, 5) / 1e6, 1) == 31.1


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (3, "less than a minute"),
        (70, "about a minute"),
        (1234, "about 21 minutes"),
        (36_000, "about 10 hours"),
        (4_321_000, "about 1,200 hours (50 days)"),
    ],
)
def test_times_are_rounded(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def _study(tmp_path: Path, downloads: Mapping[str, int] | None = None) -> PlannedStudy:
    config = check(
        {
            "pathvars": {"results": str(tmp_path / "results"), "resources": str(tmp_path / "r")},
            "patches": {"size": 32, "stride": 32},
            "model": {"base_width": 4, "blocks": 2},
            "training": {"epochs": 1000, "device": "cpu", "precision": "auto", "threads": 1},
            "simulate": {"smallest": 64, "largest": 64},
        }
    )
    events = _events("simulated", "train", "independent", "apply")
    models = [_model(channels=channels, seed=channels) for channels in (4, 6, 8)]
    splits = {"roles": {"train": ["E0"], "test": ["E1"]}}
    return PlannedStudy(config, events, splits, models, CHOICES, downloads or {})


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Replace the measurement: one second per patch, a quarter at half the width."""
    calls: list[tuple[int, int]] = []

    def pretend(channels: int, base_width: int, *_: object) -> Speed:
        calls.append((channels, base_width))
        return Speed(channels, base_width**2 / 16, 0.5, "CPU test", False, 10**9)

    monkeypatch.setattr(planning, "measure", pretend)
    return calls


def _left(study: PlannedStudy, *jobs: str) -> Left:
    trainings = frozenset(model.identity for model in study.models)
    return Left({**dict.fromkeys(jobs, 1), "train": len(trainings)}, trainings)


def test_a_plan_measures_fewest_and_most_channels_and_sums_up(
    tmp_path: Path, measured: list[tuple[int, int]]
) -> None:
    study = _study(tmp_path)
    plan = plan_study(study, _left(study, "split_training"), MACHINE)
    assert measured == [(4, 4), (8, 4), (8, 2)]
    # 4 windows: 3 train in six versions of a second each, 1 validates in half a second.
    assert plan.patches == {"roles": Patches(3, 1, False)}
    assert plan.seconds == max(3 * 18_500 / 4, 18_500)
    assert plan.memory == 10**9 + 4 * 8 * 32 * 32 * 4
    assert plan.disk["models"] == 4 * sum(parameters(channels, 4, 2) for channels in (4, 6, 8))


def test_patches_of_a_finished_split_are_counted(
    tmp_path: Path, measured: list[tuple[int, int]]
) -> None:
    study = _study(tmp_path)
    folder = tmp_path / "results" / "splits" / "roles"
    write_patch_list(folder / "train.tsv", [("E0", n) for n in range(7)])
    write_patch_list(folder / "validation.tsv", [("E0", 7)])
    assert plan_study(study, _left(study), MACHINE).patches["roles"] == Patches(7, 1, True)
    again = plan_study(study, _left(study, "split_training"), MACHINE)
    assert not again.patches["roles"].counted


def test_what_stands_already_takes_no_more_room(
    tmp_path: Path, measured: list[tuple[int, int]]
) -> None:
    study = _study(tmp_path)
    before = planning.disk_needed(study)
    assert all(size > 0 for what, size in before.items() if what != "archive")
    for name in ("cubes/E0.nc", "cubes/E1.nc", "cubes/E2.nc", "patches/E1.nc"):
        path = tmp_path / "results" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    after = planning.disk_needed(study)
    assert after["cubes"] == 0
    assert after["patches"] == before["patches"] / 2
    assert after["models"] == before["models"]


def test_nothing_left_is_measured_by_nobody(
    tmp_path: Path, measured: list[tuple[int, int]]
) -> None:
    plan = plan_study(_study(tmp_path), Left({}, frozenset()), MACHINE)
    assert measured == []
    text = render(plan)
    assert "nothing is left to do" in text
    assert "Training" not in text


def test_the_text_fits_a_terminal_and_says_it_all(
    tmp_path: Path, measured: list[tuple[int, int]]
) -> None:
    study = _study(tmp_path, {"the published archive": 5_991_736_566})
    jobs = (f"a_rule_of_some_length_{n}" for n in range(9))
    text = render(plan_study(study, _left(study, *jobs), MACHINE))
    assert max(map(len, text.splitlines())) <= WIDTH
    for part in (
        "Jobs: 12 are left",
        "3 of 3 models are left: about 5 hours",
        "3 to train on, 1 to validate on (estimated)",
        "the published archive 6.0 GB",
        "--config augmentation=none",
    ):
        assert part in text, text


def test_too_small_a_disk_is_told(
    tmp_path: Path, measured: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    study = _study(tmp_path, {"the published archive": 10**21})
    text = render(plan_study(study, _left(study), MACHINE))
    assert "NOT ENOUGH ROOM" in text
    assert "larger disk" in text
    assert "NOT ENOUGH ROOM" not in render(plan_study(_study(tmp_path), _left(study), MACHINE))
