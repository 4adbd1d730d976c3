"""One family of errors: the fact, the offender, what is allowed, the cure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with an input.

    Attributes
    ----------
    fact: what is the case, as a sentence without a full stop.
    offender: where and what exactly (file, row, column, value).
    allowed: what would be accepted; empty when the cure says it all.
    cure: what to do about it.
    """

    fact: str
    offender: str
    allowed: str = ""
    cure: str = ""

    def __str__(self) -> str:
        lines = [f"{self.offender}: {self.fact}."]
        if self.allowed:
            lines.append(f"  allowed: {self.allowed}")
        if self.cure:
            lines.append(f"  cure: {self.cure}")
        return "\n".join(lines)


class ScarpError(Exception):
    """Base of every error that scarp raises on purpose; it carries one or more faults."""

    def __init__(self, faults: Fault | Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = (faults,) if isinstance(faults, Fault) else tuple(faults)
        super().__init__(str(self))

    def __str__(self) -> str:
        if len(self.faults) == 1:
            return str(self.faults[0])
        head = f"{len(self.faults)} faults were found."
        return "\n".join([head, *(f"{n}. {fault}" for n, fault in enumerate(self.faults, 1))])


class TableError(ScarpError):
    """A table or the configuration is wrong."""


class DataError(ScarpError):
    """A file of data is missing, unreadable or not what it should be."""


class SplitError(ScarpError):
    """Patches cannot be divided into training, validation and test as asked."""


class TrainingError(ScarpError):
    """A training cannot start or cannot go on."""


class ModelError(ScarpError):
    """A stored model does not fit the data, or its metadata is incomplete."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Name the closest of the `known` words as a question, or return an empty string."""
    choices = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word.casefold(), list(choices), n=1, cutoff=0.6)
    return f"did you mean '{choices[close[0]]}'?" if close else ""
