"""What a preflight found: faults, warnings and checks that passed, as text and as a table."""

from __future__ import annotations

import logging
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from scarp.errors import DataError, Fault
from scarp.tsv import write_table

logger = logging.getLogger("scarp")

Level = Literal["fault", "warning", "ok"]
#: The worst first.
LEVELS: tuple[Level, ...] = get_args(Level)
COLUMNS = ("level", "subject", "fact", "allowed", "cure")
_WIDTH = 100
_MARGIN = 9


@dataclass(frozen=True)
class Finding:
    """One thing that a preflight looked at.

    Attributes
    ----------
    level: fault (nothing may start), warning, or ok (a check that passed).
    subject: where and what exactly, as the offender of a fault.
    fact, allowed, cure: as of a fault (`scarp.errors.Fault`); of ok only the fact.
    """

    level: Level
    subject: str
    fact: str
    allowed: str = ""
    cure: str = ""


def finding(level: Level, fault: Fault) -> Finding:
    """What is wrong with an input, as a finding."""
    return Finding(level, fault.offender, fault.fact, fault.allowed, fault.cure)


def render(findings: Sequence[Finding]) -> str:
    """A table for terminal and log, the worst first; the last line counts.

    Lines end at 100 columns, but for what cannot be parted, such as a path.
    """
    lines = [
        line for level in LEVELS for one in findings if one.level == level for line in _lines(one)
    ]
    return "\n".join([*lines, _summary(findings)])


def write_preflight(path: str | Path | None, findings: Sequence[Finding]) -> None:
    """Log the findings, and write them as a table if nothing is wrong.

    Parameters
    ----------
    path: tab-separated; its columns are `COLUMNS`. None: findings are only logged.

    Raises
    ------
    DataError: all faults among the findings; then there is no table.
    """
    logger.info("preflight of the SNAP route\n%s", render(findings))
    faults = [one for one in findings if one.level == "fault"]
    if faults:
        raise DataError(Fault(one.fact, one.subject, one.allowed, one.cure) for one in faults)
    if path is not None:
        rows = [(one.level, one.subject, one.fact, one.allowed, one.cure) for one in findings]
        write_table(path, COLUMNS, rows)


def _lines(one: Finding) -> Iterator[str]:
    if one.level == "ok":
        texts = [f"{one.subject}: {one.fact}"]
    else:
        texts = [one.subject, one.fact]
        texts += [f"allowed: {one.allowed}"] if one.allowed else []
        texts += [f"cure: {one.cure}"] if one.cure else []
    margin = f"{one.level:<{_MARGIN}}"
    for text in texts:
        yield from textwrap.wrap(
            text,
            _WIDTH,
            initial_indent=margin,
            subsequent_indent=" " * _MARGIN,
            break_long_words=False,
            break_on_hyphens=False,
        )
        margin = " " * _MARGIN


def _summary(findings: Sequence[Finding]) -> str:
    faults, warnings, passed = (sum(one.level == level for one in findings) for level in LEVELS)
    parts = (_count(faults, "fault"), _count(warnings, "warning"), _count(passed, "check"))
    return f"preflight: {', '.join(parts)} passed"


def _count(number: int, name: str) -> str:
    return f"{number} {name}" if number == 1 else f"{number} {name}s"
