"""Seconds of a dry run: the full study, with finished results, with one event added, 1,000 events.

    python bench/dry_run.py            # the study: 28 events, 62 experiments
    python bench/dry_run.py 1000       # that many simulated events, 62 experiments

Finished results are empty files that ``snakemake --touch`` has taken into its records; a dry run
never looks inside a file. Each figure is the median of three runs.
"""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STUDY = ("--config", "source=simulated")


def snakemake(folder: Path, *arguments: str) -> str:
    """Run snakemake in `folder`; its output."""
    return subprocess.run(
        [sys.executable, "-m", "snakemake", *arguments, *STUDY],
        cwd=folder,
        check=True,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ).stdout


def dry_run(folder: Path, runs: int = 3) -> tuple[float, int]:
    """Median seconds of a dry run, and the number of its jobs."""
    seconds: list[float] = []
    jobs = 0
    for _ in range(runs):
        started = time.perf_counter()
        output = snakemake(folder, "-n")
        seconds.append(time.perf_counter() - started)
        jobs = len(set(re.findall(r"^Job (\d+): ", output, flags=re.MULTILINE)))
    return statistics.median(seconds), jobs


def finish(folder: Path) -> None:
    """Make every result an empty file and let Snakemake record it as made."""
    listed = snakemake(folder, "--summary").splitlines()
    for line in listed:
        path = line.split("\t")[0]
        if path.startswith("results/"):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.name == "predictions":
                target.mkdir(exist_ok=True)
            else:
                target.touch()
    snakemake(folder, "--touch", "--cores", "1", "--quiet", "all")


def add_event(folder: Path, event: str, role: str) -> None:
    """Add an event with all its images."""
    with (folder / "config/events.tsv").open("a") as file:
        file.write(f"{event}\t\tBench\tsimulated\t2021-06-10\tASC\t\t\t\t\t\t{role}\t\n")
    days = ("05-01", "05-13", "05-25", "06-12", "06-24", "07-06")
    epochs = ("PRE3", "PRE2", "PRE1", "POST1", "POST2", "POST3")
    with (folder / "config/acquisitions.tsv").open("a") as file:
        for epoch, day in zip(epochs, days, strict=True):
            file.write(f"{event}\tsentinel1\t{epoch}\t2021-{day}\t\n")
        for epoch, day in (("PRE1", "06-01"), ("POST1", "06-20")):
            file.write(f"{event}\tsentinel2\t{epoch}\t2021-{day}\t\n")


def report(what: str, folder: Path) -> None:
    """Print what a dry run takes."""
    seconds, jobs = dry_run(folder)
    print(f"{what:20} {seconds:6.1f} s, {jobs} jobs", flush=True)


def main(events: int | None) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name in ("workflow", "config", "profiles", "envs"):
            shutil.copytree(ROOT / name, folder / name)
        shutil.copy2(ROOT / "Snakefile", folder)
        if events:
            for number in range(28, events):
                add_event(folder, f"X{number:05d}", "train" if number % 5 else "independent")
            report(f"{events} events", folder)
            return
        report("full study", folder)
        finish(folder)
        report("finished results", folder)
        add_event(folder, "NEW-1", "independent")
        report("one event added", folder)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else None)
