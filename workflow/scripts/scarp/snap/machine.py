"""Memory, tile cache and cores of gpt's jobs, against the machine and how SNAP is set up."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scarp.errors import DataError, Fault
from scarp.pools import installed_memory
from scarp.snap.findings import Finding
from scarp.snap.gpt import CACHES, HEAP
from scarp.snap.installed import answer_of, reason_of
from scarp.snap.userdir import updates

#: Seconds that gpt may need to tell what is in force.
_DIAGNOSIS = 120.0
#: Heap in MB below which SNAP crawls, and the share of it that the tile cache may take.
_SMALL, _SHARE = 4096, 0.75
#: Java tells a little less than -Xmx where its collector sets a part of the heap aside.
_LEAST, _MOST = 0.85, 1.05
_UNITS = {"": 2**-20, "k": 2**-10, "m": 1, "g": 2**10, "t": 2**20}


@dataclass(frozen=True)
class Machine:
    """Physical memory in MB, and processors."""

    memory_mb: int
    processors: int


@dataclass(frozen=True)
class Job:
    """What a job of gpt gets, and what `scarp.snap.gpt.run_gpt` makes of it, in MB."""

    mem_mb: int
    cores: int

    @property
    def heap_mb(self) -> int:
        return int(self.mem_mb * HEAP)

    @property
    def cache_mb(self) -> int:
        return int(self.heap_mb * CACHES[0])


@dataclass(frozen=True)
class Diagnosis:
    """What `gpt --diag` tells to be in force, started as a job would be; None: it does not tell."""

    heap_mb: int | None
    cache_mb: int | None
    parallelism: int | None


def this_machine() -> Machine:
    """The machine that this runs on; a job of a cluster may be allowed less."""
    return Machine(installed_memory() // 2**20, os.cpu_count() or 1)


def diagnose(gpt: Path, job: Job) -> Diagnosis:
    """Ask gpt what heap, tile cache and parallelism a job would really have.

    Raises
    ------
    DataError: gpt does not start, or does not end.
    """
    command = [str(gpt), "--diag", "-c", f"{job.cache_mb}M", "-q", str(job.cores)]
    said, errors = answer_of(command, _DIAGNOSIS, [f"-Xmx{job.heap_mb}m"])
    if "SNAP Release version" not in said:
        raise DataError(
            Fault(
                f"does not start: {reason_of(said, errors)}",
                f"{gpt} --diag",
                "a line 'SNAP Release version ...'",
                "run it by hand; without Java or with a broken install it does not start",
            )
        )
    tiles = re.search(r"^Tile parallelism:\s+(\d+)", said, re.MULTILINE)
    return Diagnosis(
        _told(said, "Max memory"), _told(said, "Cache size"), int(tiles[1]) if tiles else None
    )


def machine_findings(
    gpt: Path | None, diagnosis: Diagnosis | None, job: Job, machine: Machine
) -> list[Finding]:
    """Memory and cores of a job, and what the files of the install and of the user say of them.

    Parameters
    ----------
    gpt: None where there is none; then only the job is compared with the machine.
    diagnosis: None where gpt did not tell.
    """
    found = [*_job(job, machine)]
    if gpt is not None:
        home = gpt.resolve().parent.parent
        options = gpt.resolve().parent / "gpt.vmoptions"
        heap = heap_in_force(options, diagnosis) or job.heap_mb
        found += _options(options, diagnosis, job, machine)
        for folder in (home, Path.home() / ".snap"):
            found += _properties(folder / "etc" / "snap.properties", heap, machine)
        found += _updates()
    return found


def heap_in_force(options: Path, diagnosis: Diagnosis | None) -> int | None:
    """MB of heap: the last -Xmx of gpt.vmoptions, else as gpt told; None where neither tells."""
    sizes = re.findall(r"^-Xmx(\d+)([kmgt]?)\b", _read(options), re.MULTILINE | re.IGNORECASE)
    if sizes:
        number, unit = sizes[-1]
        return int(int(number) * _UNITS[unit.lower()])
    return diagnosis.heap_mb if diagnosis else None


def _job(job: Job, machine: Machine) -> Iterator[Finding]:
    if job.mem_mb > machine.memory_mb:
        yield Finding(
            "fault",
            "mem_mb of a job of gpt",
            f"is {job.mem_mb} MB, more than this machine has",
            f"at most {machine.memory_mb} MB",
            "lower it, or run where there is more memory",
        )
    if job.cores > machine.processors:
        yield Finding(
            "warning",
            "cores of a job of gpt",
            f"are {job.cores}, more than this machine has",
            f"at most {machine.processors}",
            "lower them: more only take memory",
        )
    if job.mem_mb <= machine.memory_mb and job.cores <= machine.processors:
        fact = f"{job.mem_mb} MB and {job.cores} cores, of {machine.memory_mb} MB"
        yield Finding("ok", "a job of gpt", f"{fact} and {machine.processors}")


def _options(
    options: Path, diagnosis: Diagnosis | None, job: Job, machine: Machine
) -> Iterator[Finding]:
    """The heap that Java really gets, and a user directory that all jobs would share."""
    own = heap_in_force(options, None)
    told = heap_in_force(options, diagnosis)
    subject = f"{options}, -Xmx" if own else "gpt --diag, Max memory"
    cure = "delete that line" if own else "find what else sets -Xmx, and remove it"
    as_asked = told is None or _LEAST * job.heap_mb <= told <= _MOST * job.heap_mb
    heap = job.heap_mb if told is None else told
    asked = f"{job.heap_mb} MB, which the workflow asks for and this comes before"
    if as_asked:
        fact = f"{job.heap_mb} MB, of that {job.cache_mb} MB tile cache"
        if diagnosis and diagnosis.heap_mb and diagnosis.cache_mb:
            fact += f"; gpt --diag tells {diagnosis.heap_mb} and {diagnosis.cache_mb} MB"
            fact += f", {diagnosis.parallelism} tiles at once"
        yield Finding("ok", "heap of a job of gpt", fact)
    elif heap > machine.memory_mb:
        fact = f"lets Java take {heap} MB, and this machine has {machine.memory_mb} MB"
        yield Finding("fault", subject, fact, asked, cure)
    elif heap > job.mem_mb:
        fact = f"lets Java take {heap} MB, and a job has {job.mem_mb} MB"
        yield Finding("warning", subject, fact, asked, f"{cure}, or jobs may be killed")
    elif heap <= job.cache_mb:
        fact = f"gives Java {heap} MB, no more than the tile cache of a job ({job.cache_mb} MB)"
        yield Finding("fault", subject, fact, asked, cure)
    else:
        yield Finding("warning", subject, f"gives Java {heap} MB", asked, cure)
    if heap < _SMALL:
        yield Finding(
            "warning",
            "heap of a job of gpt",
            f"is {heap} MB; SNAP crawls, or ends for want of memory",
            f"{_SMALL} MB or more",
            f"set sentinel1: snap: mem_mb to {int(_SMALL / HEAP)} or more" if as_asked else cure,
        )
    if re.search(r"^-Dsnap\.userdir=", _read(options), re.MULTILINE):
        yield Finding(
            "warning",
            f"{options}, -Dsnap.userdir",
            "comes before the user directory that each job has of its own: jobs would race for one"
            " folder, and not see the orbits that the workflow links for them",
            "no such line",
            "delete it",
        )


def _properties(path: Path, heap: int, machine: Machine) -> Iterator[Finding]:
    """Jobs of the workflow give cache and parallelism themselves; gpt by hand takes these."""
    text = _read(path)
    most = int(_SHARE * heap)
    for name, limit, unit in (
        ("snap.jai.tileCacheSize", most, f"MB of a heap of {heap} MB"),
        ("snap.parallelism", machine.processors, "tiles at once"),
    ):
        values = re.findall(rf"^\s*{re.escape(name)}\s*[=:]\s*(\d+)", text, re.MULTILINE)
        if values and int(values[-1]) > limit:
            yield Finding(
                "warning",
                f"{path}, {name}",
                f"is {values[-1]} {unit}",
                f"at most {limit}",
                "lower it: jobs of the workflow say it themselves, gpt by hand takes this",
            )
        elif values:
            yield Finding("ok", f"{path}, {name}", f"is {values[-1]} {unit}")


def _updates() -> Iterator[Finding]:
    count = len(list((updates() / "modules").glob("*.jar")))
    if count:
        fact = f"modules of SNAP's update centre ({count}) are linked for each job"
        yield Finding("ok", str(updates()), fact)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def _told(said: str, name: str) -> int | None:
    """A size such as "6.4 GB", in MB."""
    found = re.search(rf"^{name}:\s+([\d.]+) ([KMG]?)B\s*$", said, re.MULTILINE)
    return int(float(found[1]) * _UNITS[found[2].lower()]) if found else None
