"""What a change reruns: exactly what it concerns (docs/outputs.md, "What runs again")."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest

from project import TINY, Project

EXPERIMENTS = ("gamma0", "rgb-nir")
SCORING = [f"Scoring {name} in 1pre-1post, seed 1, split roles" for name in EXPERIMENTS]
TRAINING = [f"Training {name} in 1pre-1post, seed 1, split roles" for name in EXPERIMENTS]
BASELINES = "Fitting the best single-band threshold of split roles"
DIVIDING = "Dividing patches for split roles"
SUMMARY = [
    "Drawing F1 by number of dates, split roles",
    "Drawing F1 per site, split roles",
    "Gathering the scores of all models",
    "Writing the tables of scores, split roles",
]
#: All that is scored and assessed, without figures.
SCORED = (*TINY, "--", *(f"results/tiny/summary/{name}.tsv" for name in ("metrics", "measures")))
#: What labels stand in beside the scores.
ASSESSED = [
    "Drawing landslides found and missed, split roles",
    "Drawing recall by radar geometry, slope and size, split roles",
    "Drawing scores by threshold, split roles",
    "Drawing what probabilities are worth, split roles",
]
GATHERED = [
    "Gathering what was assessed of all models",
    "Writing a card for every trained model",
    *ASSESSED,
]
ASSESSING = [
    *(f"Assessing {name} in 1pre-1post, seed 1, split roles" for name in EXPERIMENTS),
    *GATHERED,
]
CURVES = "Drawing training curves, split roles"
SITES = "Drawing the test sites of split roles"
EVENTS = [
    "Drawing elevation and slope of the events",
    "Drawing the days between events and images",
    "Drawing the map of events",
    "Writing the table of events",
]


def _map(event: str) -> str:
    return f"Drawing hits and misses at {event}, split roles"


def _features(event: str) -> str:
    return f"Drawing the features of {event}"


def _strata(event: str) -> str:
    return f"Dividing {event} by radar geometry, slope and size of landslide"


def _new(event: str) -> list[str]:
    return [
        f"Simulating event {event}",
        f"Cutting {event} into patches",
        f"Describing event {event}",
        *EVENTS,
    ]


def _listing(event: str) -> str:
    return f"Listing the testing patches of {event} for split roles"


def _add_event(project: Project, role: str) -> None:
    project.append("config/tiny/events.tsv", [f"SIM04\tNew\t\t2021-05-05\tASC\t{role}\t"])
    days = {"PRE2": "2021-04-20", "PRE1": "2021-05-02", "POST1": "2021-05-14"}
    project.append(
        "config/tiny/acquisitions.tsv",
        [
            *(f"SIM04\tsentinel1\t{epoch}\t{day}" for epoch, day in days.items()),
            "SIM04\tsentinel2\tPRE1\t2021-04-30",
            "SIM04\tsentinel2\tPOST1\t2021-05-20",
        ],
    )


def test_nothing_runs_twice(finished: Project) -> None:
    assert finished.jobs() == []


def test_an_event_to_map_costs_its_own_jobs(scratch: Project) -> None:
    _add_event(scratch, "apply")
    assert scratch.jobs() == ["Simulating event SIM04"]


def test_an_independent_event_retrains_nothing(scratch: Project) -> None:
    _add_event(scratch, "independent")
    assert scratch.jobs() == sorted(
        [
            *_new("SIM04"),
            _listing("SIM04"),
            _strata("SIM04"),
            *SCORING,
            *ASSESSING,
            BASELINES,
            *SUMMARY,
            # Labels of the sites stand in every figure, and the predictions were written anew.
            CURVES,
            _map("SIM03"),
            _map("SIM04"),
            _features("SIM04"),
            SITES,
        ]
    )


@pytest.mark.parametrize("role", ["train", "dependent"])
def test_a_training_event_retrains_but_touches_no_other_event(scratch: Project, role: str) -> None:
    _add_event(scratch, role)
    tests = (
        [_listing("SIM04"), _strata("SIM04"), _map("SIM04"), _features("SIM04"), SITES]
        if role == "dependent"
        else []
    )
    assert scratch.jobs() == sorted(
        [
            *_new("SIM04"),
            *tests,
            DIVIDING,
            *TRAINING,
            *SCORING,
            *ASSESSING,
            BASELINES,
            *SUMMARY,
            CURVES,
            _map("SIM03"),
        ]
    )


def test_comments_columns_and_order_run_nothing(scratch: Project) -> None:
    for table in ("events", "acquisitions", "scenarios"):
        path = scratch.folder / "config" / "tiny" / f"{table}.tsv"
        header, *rows = path.read_text(encoding="utf-8").splitlines()
        lines = [f"{header}\tseen by", "# checked in the field", *(f"{r}\tme" for r in rows[::-1])]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert scratch.jobs() == []


def test_the_order_of_feature_sets_is_their_order_in_figures(scratch: Project) -> None:
    path = scratch.folder / "config" / "tiny" / "feature_sets.tsv"
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([header, *rows[::-1]]) + "\n", encoding="utf-8")
    # Nothing is trained, scored or gathered again.
    drawn = [job for job in SUMMARY if job != "Gathering the scores of all models"]
    assert scratch.jobs() == sorted([*drawn, *ASSESSED, CURVES, _map("SIM03")])


def test_an_edited_feature_set_retrains_itself_only(scratch: Project) -> None:
    scratch.edit("config/tiny/feature_sets.tsv", "RGB NIR", "RGB")
    assert scratch.jobs() == sorted(
        [
            "Training rgb-nir in 1pre-1post, seed 1, split roles",
            "Scoring rgb-nir in 1pre-1post, seed 1, split roles",
            "Assessing rgb-nir in 1pre-1post, seed 1, split roles",
            *GATHERED,
            BASELINES,
            *SUMMARY,
            CURVES,
            _map("SIM03"),
        ]
    )


def test_a_new_label_draws_anew_and_no_more(scratch: Project) -> None:
    scratch.edit("config/tiny/feature_sets.tsv", "RGB+NIR", "red to infrared")
    assert scratch.jobs() == sorted([*SUMMARY[:2], SUMMARY[3], *ASSESSED, CURVES, _map("SIM03")])


def test_a_module_reruns_the_rules_that_use_it(scratch: Project) -> None:
    scratch.append("workflow/scripts/scarp/baselines.py", ["", "EXTRA = 1"])
    # Drawn from the baselines: F1 per site; the other summaries are written by the same job.
    assert scratch.jobs() == sorted([BASELINES, *SUMMARY])


def test_a_comment_in_a_module_runs_nothing(scratch: Project) -> None:
    scratch.append("workflow/scripts/scarp/cube.py", ["# a comment"])
    assert scratch.jobs() == []


def test_a_setting_of_the_training_retrains(scratch: Project) -> None:
    jobs = scratch.jobs(*TINY, "--config", "training={epochs: 2}")
    assert jobs == sorted([*TRAINING, *SCORING, *ASSESSING, *SUMMARY, CURVES, _map("SIM03")])


def test_threads_and_device_rerun_nothing(scratch: Project) -> None:
    assert scratch.jobs(*TINY, "--config", "training={threads: 2, device: auto}") == []


def test_a_killed_run_resumes_to_the_same_bytes(
    finished: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    project = Project.create(tmp_path_factory.mktemp("killed") / "project")
    running = subprocess.Popen(
        project.command("--cores", "2", *SCORED),
        cwd=project.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    patches = project.folder / "results" / "tiny" / "patches"
    while running.poll() is None and not list(patches.glob("SIM*.nc")):
        time.sleep(0.05)
    assert running.poll() is None, "the run ended before it could be killed"
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    project.run("--unlock", *TINY)
    project.run("--cores", "2", *SCORED)
    assert project.jobs(*SCORED) == []
    expected, found = finished.results(), project.results()
    assert "summary/metrics.tsv" in found and "summary/measures.tsv" in found
    assert [name for name in found if found[name] != expected[name]] == []


def test_the_default_profile_is_used(finished: Project) -> None:
    """It goes on after a failure, and makes anew what a killed run was writing."""
    output = finished.run("-n", *TINY)
    assert "profiles/default" in output
