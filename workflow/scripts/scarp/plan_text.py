"""The plan of a study, and how it reads."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from scarp.disk import readable_size
from scarp.plan import Alternative
from scarp.plan_jobs import Left
from scarp.plan_sizes import Patches
from scarp.speed import Speed

#: Columns that the text fits into.
WIDTH = 100


@dataclass(frozen=True)
class Room:
    """A folder that is to be written to: bytes to come, and bytes free in its file system."""

    folder: str
    needed: int
    free: int


@dataclass(frozen=True)
class Plan:
    """All that `render` says.

    Attributes
    ----------
    left: jobs.
    models: number of models of the study.
    patches: split -> patches that train and validate, of splits with trainings left.
    speeds: measured, fewest channels first; empty when nothing is left to train.
    threads: of a training on a CPU.
    at_once, why: trainings that run at the same time, and what keeps more from it.
    seconds: of all trainings that are left.
    memory: bytes of the largest training.
    downloads, disk: what -> bytes that are still to come.
    rooms: where they go, one per file system.
    cheaper: alternatives, soonest first.
    """

    left: Left
    models: int
    patches: Mapping[str, Patches]
    speeds: Sequence[Speed]
    threads: int
    at_once: int
    why: str
    seconds: float
    memory: int
    downloads: Mapping[str, int]
    disk: Mapping[str, int]
    rooms: Sequence[Room]
    cheaper: Sequence[Alternative]


def render(plan: Plan) -> str:
    """The plan as plain text of at most `WIDTH` columns, for a terminal."""
    sections = [_jobs(plan.left)]
    if plan.left.trainings:
        sections.append(_training(plan))
    sections += [_bytes("Downloads", plan.downloads), _disk(plan)]
    if plan.cheaper:
        sections.append(_cheaper(plan.cheaper))
    return "\n\n".join(map("\n".join, sections)) + "\n"


def duration(seconds: float) -> str:
    """A rounded time, such as ``about 3 hours``."""
    if seconds < 55:
        return "less than a minute"
    if seconds < 90:
        return "about a minute"
    if seconds < 5400:
        return f"about {_rounded(seconds / 60)} minutes"
    hours = f"{_rounded(seconds / 3600):,} hours"
    return f"about {hours}" + (f" ({_rounded(seconds / 86400):,} days)" if seconds > 172800 else "")


def _rounded(value: float) -> int:
    """Two digits that count: 1234 becomes 1200."""
    return int(float(f"{value:.2g}"))


def _jobs(left: Left) -> list[str]:
    if not left.total:
        return ["Jobs: nothing is left to do"]
    cells = [f"{rule:<22} {count:>5}" for rule, count in left.jobs.items()]
    rows = [cells[start : start + 3] for start in range(0, len(cells), 3)]
    return [f"Jobs: {left.total} are left", *("  " + "   ".join(row) for row in rows)]


def _training(plan: Plan) -> list[str]:
    first, last = plan.speeds[0], plan.speeds[-1]
    rates = [
        f"{_rate(speed)} with {speed.channels} channels" for speed in dict.fromkeys((first, last))
    ]
    patches = ", ".join(f"{split}: {_patches(row)}" for split, row in plan.patches.items())
    device = first.device + ("" if first.gpu else f", {_threads(plan.threads)}")
    lines = [
        f"Training: {len(plan.left.trainings)} of {plan.models} models are left:"
        f" {duration(plan.seconds)}, start-up and scoring not counted",
        *_row("patches", patches),
        *_row("speed", f"{', '.join(rates)}, measured now ({device})"),
        *_row("at once", f"{plan.at_once} ({plan.why})"),
        *_row("memory", f"about {readable_size(plan.memory)} for the largest training"),
    ]
    return lines


def _rate(speed: Speed) -> str:
    rate = 1 / speed.training
    return f"{rate:.1f} patches/s" if rate < 10 else f"{_rounded(rate)} patches/s"


def _threads(number: int) -> str:
    return "1 thread" if number == 1 else f"{number} threads"


def _patches(patches: Patches) -> str:
    how = "counted" if patches.counted else "estimated"
    return f"{patches.training} to train on, {patches.validation} to validate on ({how})"


def _bytes(title: str, sizes: Mapping[str, int]) -> list[str]:
    wanted = {what: size for what, size in sizes.items() if size}
    if not wanted:
        return [f"{title}: none"]
    total = readable_size(sum(wanted.values()))
    return [
        f"{title}: about {total}",
        *(line for what, size in wanted.items() for line in _row(what, readable_size(size))),
    ]


def _disk(plan: Plan) -> list[str]:
    lines = _bytes("Disk", plan.disk)
    for room in plan.rooms:
        short = room.needed > room.free
        lines += _row(
            "NOT ENOUGH ROOM" if short else "room",
            f"{readable_size(room.free)} are free for {readable_size(room.needed)} in {room.folder}"
            + ("; let it be a link to a larger disk" if short else ""),
        )
    return lines


def _cheaper(alternatives: Iterable[Alternative]) -> list[str]:
    lines = ["Cheaper, each alone (trainings then take):"]
    for row in alternatives:
        time = "not measured" if row.seconds is None else duration(row.seconds)
        anew = "; finished trainings run again" if row.anew else ""
        lines += [f"  {time:<30} {row.what}{anew}"]
        if row.added:
            # A command is never broken over lines, so that it can be copied.
            lines += [f"  {'':<6}{row.added}"]
    return lines


def _row(name: str, text: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=f"  {name:<12} ",
        subsequent_indent=" " * 15,
        break_on_hyphens=False,
    )
