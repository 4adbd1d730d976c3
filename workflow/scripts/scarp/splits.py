"""Dividing patches into training, validation and test without letting a pixel or event leak.

Three kinds of split exist. `roles`: independent events are tested only; a dependent event is cut
by a straight line into a training and a testing part with a buffer between; validation takes whole
events (groups). `leave-event-out-k`: the groups of training and dependent events are dealt into
folds; fold k is tested by a model that never saw its groups. Independent events take no part in
it, so that adding one retrains nothing. `published`: published patches keep the side on which their
authors put them; events that are not published are divided as in `roles`, but never validate.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scarp.errors import Fault, SplitError
from scarp.folds import Kind, Member
from scarp.patches import PatchId, PatchTable


@dataclass(frozen=True)
class Sides:
    """Patches of a dependent event: indices that train, that test, and how many lie between."""

    train: NDArray[np.int64]
    test: NDArray[np.int64]
    dropped: int


def cut_in_two(table: PatchTable, share: float, buffer: int) -> Sides:
    """Cut a dependent event by the straight line that divides it best.

    Every line between rows or columns of windows is tried, either side testing. Among those that
    leave landslide pixels on both sides the one is taken whose testing part comes nearest to
    `share` of the patches and of the landslide pixels, dropping the fewest patches.

    Parameters
    ----------
    share: wanted share of the testing part, 0..1.
    buffer: least distance in pixels between a training and a testing window, at least 1.

    Raises
    ------
    SplitError: no line leaves landslide on both sides.
    """
    best: tuple[float, Sides] | None = None
    total = max(int(table.landslide_pixels.sum()), 1)
    for start in (table.row, table.column):
        end = start + table.size
        for line in np.unique(end):
            low, high = end <= line, start >= line + buffer
            for train, test in ((low, high), (high, low)):
                slides = int(table.landslide_pixels[test].sum())
                if slides == 0 or int(table.landslide_pixels[train].sum()) == 0:
                    continue
                dropped = len(table) - int(train.sum()) - int(test.sum())
                cost = (
                    abs(int(test.sum()) / len(table) - share)
                    + abs(slides / total - share)
                    + dropped / len(table)
                )
                # A strict comparison keeps the first of equals: the order of trial is fixed.
                if best is None or cost < best[0]:
                    best = cost, Sides(np.flatnonzero(train), np.flatnonzero(test), dropped)
    if best is None:
        raise SplitError(
            Fault(
                f"cannot be cut so that both parts hold landslide with {buffer} pixels between",
                f"event {table.event}",
                cure="give it role train or independent, or lower split: buffer",
            )
        )
    return best[1]


def choose_validation(
    members: Sequence[Member], tables: Mapping[str, PatchTable], share: float, seed: int
) -> frozenset[str]:
    """Choose whole groups of training events that validate.

    Groups with a dependent event stay in training. The others are gone through in an order drawn
    from `seed`; a group is taken when it brings the validating share of patches nearer to `share`.

    Raises
    ------
    SplitError: no choice leaves landslide on both sides.
    """
    groups: dict[str, list[str]] = {}
    for member in sorted(members, key=lambda m: m.event):
        groups.setdefault(member.group, []).append(member.event)
    bound = {member.group for member in members if member.role != "train"}
    order = sorted(set(groups) - bound)
    random.Random(seed).shuffle(order)
    wanted = share * sum(len(tables[member.event]) for member in members)
    chosen: set[str] = set()
    size = 0
    for group in order:
        events = groups[group]
        more = sum(len(tables[event]) for event in events)
        slides = sum(int(tables[event].landslide_pixels.sum()) for event in events)
        # The first group must hold landslide, or there would be nothing to validate on.
        if (chosen or slides) and abs(size + more - wanted) < abs(size - wanted):
            chosen |= set(events)
            size += more
    if not chosen:  # every group is far too large: the smallest does least harm
        fitting = [
            (sum(len(tables[event]) for event in groups[group]), group)
            for group in order
            if any(tables[event].landslide_pixels.sum() for event in groups[group])
        ]
        chosen |= set(groups[min(fitting)[1]]) if fitting else set()
    training = {member.event for member in members} - chosen
    for side, members_of_side in (("validation", chosen), ("training", training)):
        if not any(tables[event].landslide_pixels.any() for event in members_of_side):
            raise SplitError(
                Fault(
                    f"no choice of whole events leaves landslide for {side}",
                    ", ".join(sorted(tables)) or "no event",
                    "validation takes events of role train by whole groups",
                    "add events of role train, divide the groups, or change split: validation",
                )
            )
    return frozenset(chosen)


def divide(
    members: Sequence[Member],
    tables: Mapping[str, PatchTable],
    kind: Kind,
    validation: float,
    test: float,
    buffer: int,
    seed: int,
) -> tuple[list[PatchId], list[PatchId]]:
    """Training and validation patches of a split.

    Parameters
    ----------
    members: the events that may train.
    tables: their patches.
    kind: of the split; in leave-event-out dependent events train as a whole.
    validation, test: shares; buffer: in pixels; seed: of the choice of validation events.

    Raises
    ------
    SplitError: see `cut_in_two` and `choose_validation`; a published split without patches to
        train or to validate on.
    """
    if kind == "published":
        return _divide_published(members, tables, test, buffer)
    acting = [
        Member(member.event, "train", member.group) if kind == "leave-event-out" else member
        for member in members
    ]
    validating = choose_validation(acting, tables, validation, seed)
    train: list[PatchId] = []
    held: list[PatchId] = []
    for member in sorted(acting, key=lambda m: m.event):
        side = held if member.event in validating else train
        patches = _training_part(member.role, tables[member.event], test, buffer)
        side += [(member.event, patch) for patch in patches]
    return train, held


def _training_part(role: str, table: PatchTable, test: float, buffer: int) -> list[int]:
    if role == "dependent":
        return [int(patch) for patch in cut_in_two(table, test, buffer).train]
    return list(range(len(table)))


def _divide_published(
    members: Sequence[Member], tables: Mapping[str, PatchTable], test: float, buffer: int
) -> tuple[list[PatchId], list[PatchId]]:
    found: dict[str, list[PatchId]] = {"train": [], "validation": []}
    for member in sorted(members, key=lambda m: m.event):
        table = tables[member.event]
        if table.sides is None:
            own = _training_part(member.role, table, test, buffer)
            found["train"] += [(member.event, patch) for patch in own]
            continue
        for patch, side in enumerate(table.sides):
            if side in found:
                found[side].append((member.event, patch))
    for side, patches in found.items():
        if not any(tables[event].landslide_pixels[patch] for event, patch in patches):
            raise SplitError(
                Fault(
                    f"no published patch with landslide is there for {side}",
                    ", ".join(sorted(tables)),
                    cure="add published events, or use split roles",
                )
            )
    return found["train"], found["validation"]


def patches_that_test(
    role: str, table: PatchTable, kind: Kind, test: float, buffer: int
) -> tuple[list[int], str]:
    """Patches of one event that test it, and the role in which they do.

    All of an event's, or a dependent event's testing part; of a published event those that their
    authors test on, which may be none.
    """
    if kind == "published" and table.sides is not None:
        for side in ("independent", "dependent"):
            own = [patch for patch, name in enumerate(table.sides) if name == side]
            if own:
                return own, side
        return [], ""
    if kind == "leave-event-out":
        return list(range(len(table))), "held-out"
    if role == "dependent":
        return [int(patch) for patch in cut_in_two(table, test, buffer).test], role
    return list(range(len(table))), role


def shared_pixels(
    first: Sequence[PatchId], second: Sequence[PatchId], tables: Mapping[str, PatchTable]
) -> int:
    """Pixels that lie in a patch of both lists: the measure of leakage, which must be 0."""
    shared = 0
    for event in {event for event, _ in first} & {event for event, _ in second}:
        table = tables[event]
        covers = []
        for side in (first, second):
            cover = np.zeros((table.grid.height, table.grid.width), dtype=bool)
            for name, patch in side:
                if name == event:
                    row, column = int(table.row[patch]), int(table.column[patch])
                    cover[row : row + table.size, column : column + table.size] = True
            covers.append(cover)
        shared += int((covers[0] & covers[1]).sum())
    return shared
