"""What the training side of a split comes to: lists, augmentation table, scaling, summary."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

from scarp import scaling
from scarp.errors import Fault, SplitError
from scarp.files import write_text
from scarp.folds import Kind, Member
from scarp.patches import PatchId, PatchTable, read_table
from scarp.split_files import write_augmentation, write_patch_list
from scarp.splits import divide, patches_that_test, shared_pixels
from scarp.tsv import write_table

logger = logging.getLogger("scarp")


def write_training_side(
    patch_files: Mapping[str, str],
    members: Sequence[Member],
    kind: Kind,
    settings: Mapping[str, Any],
    percentiles: tuple[float, float],
    physical_ranges: bool,
    outputs: Mapping[str, str],
) -> None:
    """Divide, check for leakage, fit the scaling on the training patches, write five files.

    Parameters
    ----------
    patch_files: event -> its patches, of every member.
    members: events that this split may train on.
    kind: of the split.
    settings: section `split` of the configuration.
    percentiles, physical_ranges: of section `scaling`.
    outputs: paths of train, validation, augmentation, scaling, summary.

    Raises
    ------
    SplitError: the patches cannot be divided, or a pixel would leak. Pixels that the authors of
        the archive put on two sides are only warned of: the split is theirs.
    """
    tables = {event: read_table(path) for event, path in patch_files.items()}
    test, buffer = float(settings["test"]), int(settings["buffer"])
    train, validation = divide(
        members, tables, kind, float(settings["validation"]), test, buffer, int(settings["seed"])
    )
    testing: list[PatchId] = [
        (member.event, patch)
        for member in members
        if kind == "published" or (kind == "roles" and member.role == "dependent")
        for patch in patches_that_test(member.role, tables[member.event], kind, test, buffer)[0]
        if tables[member.event].sides is not None or member.role == "dependent"
    ]
    tested = "testing" if kind == "published" else "testing (dependent events)"
    sides = {"training": train, "validation": validation, tested: testing}
    _refuse_leaks(sides, tables, kind)
    if kind == "published":
        _warn_of_groups(train, testing, members)
    limits = scaling.fit(patch_files, train, percentiles, physical_ranges)
    corrected = replace(limits, s2_offset="corrected")
    if any(tables[event].has_offset for event, _ in train):
        corrected = scaling.fit(patch_files, train, percentiles, physical_ranges, "corrected")
    write_patch_list(outputs["train"], train)
    write_patch_list(outputs["validation"], validation)
    write_augmentation(outputs["augmentation"], train)
    write_text(outputs["scaling"], scaling.to_json((limits, corrected)))
    rows = [_summary(name, patches, tables) for name, patches in sides.items() if patches]
    write_table(
        outputs["summary"],
        ("side", "events", "patches", "empty_patches", "empty_share", "landslide_share"),
        rows,
    )
    for side, events, count, empty, share, _ in rows:
        logger.info(
            "%s: %s events, %s patches, %s (%s) without landslide",
            side,
            events,
            count,
            empty,
            share,
        )


def _refuse_leaks(
    sides: Mapping[str, Sequence[PatchId]], tables: Mapping[str, PatchTable], kind: Kind
) -> None:
    for first, second in combinations(sides, 2):
        shared = shared_pixels(sides[first], sides[second], tables)
        if not shared:
            continue
        fact = f"{shared} pixels stand in both {first} and {second}"
        if kind != "published":
            cure = "report this: a split must never share a pixel"
            raise SplitError(Fault(fact, "split", cure=cure))
        logger.warning("published split: %s; scores of these sites may flatter", fact)


def _warn_of_groups(
    train: Sequence[PatchId], testing: Sequence[PatchId], members: Sequence[Member]
) -> None:
    """Warn where one event of a group trains and another one tests."""
    trains, tests = ({event for event, _ in side} for side in (train, testing))
    groups: dict[str, set[str]] = {}
    for member in members:
        groups.setdefault(member.group, set()).add(member.event)
    for group, events in sorted(groups.items()):
        for event in sorted(events & tests - trains):
            others = sorted(events & trains)
            if others:
                logger.warning(
                    "%s tests and %s of the same group (%s) trains: scores there may flatter",
                    event,
                    ", ".join(others),
                    group,
                )


def _summary(
    side: str, patches: Sequence[PatchId], tables: Mapping[str, PatchTable]
) -> tuple[str, int, int, int, str, str]:
    slides = [int(tables[event].landslide_pixels[patch]) for event, patch in patches]
    valid = sum(int(tables[event].valid_pixels[patch]) for event, patch in patches)
    empty = slides.count(0)
    return (
        side,
        len({event for event, _ in patches}),
        len(patches),
        empty,
        f"{empty / len(patches):.3f}",
        f"{sum(slides) / valid:.4f}",
    )
