"""Seconds of a dry run: the full study, with finished results, with one event added, 1,000 events.

    python bench/dry_run.py            # the study: 28 events, 62 experiments
    python bench/dry_run.py 1000       # that many simulated events, 62 experiments

Finished results are empty files that Snakemake has taken into its records. Each figure of the study
is the median of three runs.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "workflow"))

from project import Project

STUDY = ("--config", "source=simulated")
EPOCHS = {
    "sentinel1": {
        "PRE3": "05-01",
        "PRE2": "05-13",
        "PRE1": "05-25",
        "POST1": "06-12",
        "POST2": "06-24",
        "POST3": "07-06",
    },
    "sentinel2": {"PRE1": "06-01", "POST1": "06-20"},
}


def report(what: str, project: Project, runs: int = 3) -> None:
    """Print the median seconds of a dry run, and the number of its jobs."""
    seconds: list[float] = []
    jobs: list[str] = []
    for _ in range(runs):
        started = time.perf_counter()
        jobs = project.jobs(*STUDY)
        seconds.append(time.perf_counter() - started)
    print(f"{what:20} {statistics.median(seconds):6.1f} s, {len(jobs)} jobs", flush=True)


def add_event(project: Project, event: str, role: str) -> None:
    """Add an event with all its images."""
    row = (event, "", "Bench", "simulated", "2021-06-10", "ASC", "", "", "", "", "", role, "")
    project.append("config/events.tsv", ["\t".join(row)])
    project.append(
        "config/acquisitions.tsv",
        [
            f"{event}\t{sensor}\t{epoch}\t2021-{day}\t"
            for sensor, days in EPOCHS.items()
            for epoch, day in days.items()
        ],
    )


def main(events: int | None) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        project = Project.create(Path(scratch))
        if events:
            for number in range(28, events):
                add_event(project, f"X{number:05d}", "train" if number % 5 else "independent")
            report(f"{events} events", project, runs=1)
            return
        report("full study", project)
        project.pretend_finished(*STUDY)
        report("finished results", project)
        add_event(project, "NEW-1", "independent")
        report("one event added", project)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else None)
