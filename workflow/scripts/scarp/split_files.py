"""The files of a split: lists of patches, and the augmentation table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from scarp.augment import SETS, augment
from scarp.patches import PatchId
from scarp.tsv import read_table, write_table


def write_patch_list(path: str | Path, patches: Iterable[PatchId]) -> None:
    """Write train.tsv, validation.tsv or test/{event}.tsv."""
    write_table(path, ("event", "patch"), patches)


def read_patch_list(path: str | Path) -> list[PatchId]:
    """Read train.tsv, validation.tsv or test/{event}.tsv."""
    return [(row["event"], int(row["patch"])) for row in read_table(path, ("event", "patch"))]


def write_augmentation(path: str | Path, patches: Sequence[PatchId]) -> None:
    """Write augmentation.tsv: every augmentation set for every training patch.

    All sets stand there, so that a feature set may choose another one than the configuration's
    without the split being made again.
    """
    write_table(
        path,
        ("set", "event", "patch", "transform"),
        ((name, *row) for name in SETS for row in augment(patches, name)),
    )
