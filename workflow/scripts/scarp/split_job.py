"""What the training side of a split comes to: lists, augmentation table, scaling, summary."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from scarp import scaling
from scarp.errors import Fault, SplitError
from scarp.files import write_text
from scarp.folds import Member
from scarp.patches import PatchId, PatchTable, read_table
from scarp.split_files import write_augmentation, write_patch_list
from scarp.splits import divide, patches_that_test, shared_pixels
from scarp.tsv import write_table

logger = logging.getLogger("scarp")


def write_training_side(
    patch_files: Mapping[str, str],
    members: Sequence[Member],
    whole: bool,
    settings: Mapping[str, Any],
    percentiles: tuple[float, float],
    physical_ranges: bool,
    outputs: Mapping[str, str],
) -> None:
    """Divide, check for leakage, fit the scaling on the training patches, write five files.

    Parameters
    ----------
    patch_files: event -> its patches, of every member.
    members: events of role train and dependent that this split may train on.
    whole: leave-event-out, where dependent events train as a whole.
    settings: section `split` of the configuration.
    percentiles, physical_ranges: of section `scaling`.
    outputs: paths of train, validation, augmentation, scaling, summary.

    Raises
    ------
    SplitError: the patches cannot be divided, have different sizes, or a pixel would leak.
    """
    tables = {event: read_table(path) for event, path in patch_files.items()}
    test, buffer = float(settings["test"]), int(settings["buffer"])
    train, validation = divide(
        members, tables, whole, float(settings["validation"]), test, buffer, int(settings["seed"])
    )
    testing: list[PatchId] = [
        (member.event, patch)
        for member in members
        if member.role == "dependent" and not whole
        for patch in patches_that_test(member.role, tables[member.event], whole, test, buffer)
    ]
    sides = {"training": train, "validation": validation, "testing (dependent events)": testing}
    _refuse_leaks(sides, tables)
    limits = scaling.fit(patch_files, train, percentiles, physical_ranges)
    write_patch_list(outputs["train"], train)
    write_patch_list(outputs["validation"], validation)
    write_augmentation(outputs["augmentation"], train)
    write_text(outputs["scaling"], scaling.to_json(limits))
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


def _refuse_leaks(sides: Mapping[str, Sequence[PatchId]], tables: Mapping[str, PatchTable]) -> None:
    names = list(sides)
    for position, first in enumerate(names):
        for second in names[position + 1 :]:
            shared = shared_pixels(sides[first], sides[second], tables)
            if shared:
                raise SplitError(
                    Fault(
                        f"{shared} pixels would stand in both {first} and {second}",
                        "split",
                        cure="report this: a split must never share a pixel",
                    )
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
