"""What Snakemake takes to find out what is to be done, for studies of growing size.

    python bench/dag.py                 # 28, 300 and 1,000 simulated events, all 62 experiments
    python bench/dag.py 28 --study '{seeds: [1, 2, 3], splits: [roles, leave-event-out]}'

Each line is a process of its own: seconds of wall and of CPU, and peak memory. Finished results are
empty files that Snakemake has taken into its records; a run on them, not a dry one, does nothing.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "workflow"))

from project import Project

#: Events of config/events.tsv.
PUBLISHED = 28
# As users have it: Python keeps what it compiled.
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
DAYS = {
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


def add_event(project: Project, event: str, role: str) -> None:
    """Add an event with all its images."""
    row = (event, "", "Bench", "simulated", "2021-06-10", "ASC", "", "", "", "", "", role, "")
    project.append("config/events.tsv", ["\t".join(row)])
    project.append(
        "config/acquisitions.tsv",
        [
            f"{event}\t{sensor}\t{epoch}\t2021-{day}\t"
            for sensor, days in DAYS.items()
            for epoch, day in days.items()
        ],
    )


def start(project: Project, *arguments: str) -> subprocess.Popen[str]:
    """Start snakemake in a process of its own."""
    return subprocess.Popen(
        project.command(*arguments),
        cwd=project.folder,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def measure(events: int, what: str, project: Project, *arguments: str) -> None:
    """Run snakemake once and print a line of the table."""
    started = time.perf_counter()
    process = start(project, *arguments)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if status:
        raise SystemExit(f"snakemake {' '.join(arguments)} failed:\n{output}")
    total = re.search(r"^total +(\d+)$", output, flags=re.MULTILINE)
    jobs = int(total[1]) if total else 0
    cpu = used.ru_utime + used.ru_stime
    memory = used.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    print(
        f"{events:6} {what:15} {jobs:6} {seconds:7.1f} {cpu:7.1f} {memory:7.0f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("events", nargs="*", type=int, default=[PUBLISHED, 300, 1000])
    parser.add_argument("--study", default="{}", help="laid over `study` of the configuration")
    chosen = parser.parse_args()
    study = ("--config", "source=simulated", f"study={chosen.study}")
    print("events run               jobs  wall s   CPU s      MB")
    for events in chosen.events:
        with tempfile.TemporaryDirectory() as scratch:
            project = Project.create(Path(scratch))
            for number in range(PUBLISHED, events):
                add_event(project, f"X{number:05d}", "train" if number % 5 else "independent")
            # What Python compiles and what the library's files import is remembered from now on.
            start(project, "-n", *study).communicate()
            measure(events, "dry, fresh", project, "-n", *study)
            project.pretend_finished(*study)
            measure(events, "nothing to do", project, "--cores", "1", *study)
            add_event(project, "NEW-1", "independent")
            measure(events, "dry, one added", project, "-n", *study)


if __name__ == "__main__":
    main()
