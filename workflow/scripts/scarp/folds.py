"""Dealing events into the folds of leave-event-out.

Apart from the splits themselves because the workflow needs the folds while it is parsed, and must
not import numpy for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

from scarp.errors import Fault, SplitError

#: What decides which patches train: the roles of events, folds, or the authors of the archive.
Kind = Literal["roles", "leave-event-out", "published"]


def kind_of(split: str) -> Kind:
    """The kind of a split, which may be one fold: leave-event-out-3."""
    return cast(Kind, split.rstrip("0123456789").rstrip("-"))


@dataclass(frozen=True)
class Member:
    """An event as a split sees it."""

    event: str
    role: str
    group: str


def deal_folds(members: Sequence[Member], folds: int) -> dict[str, int]:
    """Deal events into folds 1..`folds` by group, the largest groups first.

    Members of role train and dependent take part. The result depends on the set of events, not on
    their order.

    Raises
    ------
    SplitError: there are fewer groups than folds.
    """
    groups: dict[str, list[str]] = {}
    for member in members:
        if member.role in ("train", "dependent"):
            groups.setdefault(member.group, []).append(member.event)
    if len(groups) < folds:
        raise SplitError(
            Fault(
                f"{len(groups)} groups of training and dependent events cannot fill {folds} folds",
                "configuration, split: folds",
                f"2 to {len(groups)}",
                "lower folds, or add events",
            )
        )
    filled = dict.fromkeys(range(1, folds + 1), 0)
    fold_of: dict[str, int] = {}
    for group in sorted(groups, key=lambda name: (-len(groups[name]), name)):
        fold = min(filled, key=lambda number: (filled[number], number))
        filled[fold] += len(groups[group])
        fold_of.update(dict.fromkeys(groups[group], fold))
    return fold_of
