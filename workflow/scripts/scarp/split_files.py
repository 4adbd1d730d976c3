"""The files of a split: lists of patches, and the augmentation table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scarp.augment import SETS, augment
from scarp.patches import PatchId
from scarp.tsv import read_table, write_table


def write_patch_list(path: str | Path, patches: Iterable[PatchId]) -> None:
    """Write train.tsv or validation.tsv."""
    write_table(path, ("event", "patch"), patches)


def read_patch_list(path: str | Path) -> list[PatchId]:
    """Read train.tsv, validation.tsv or test/{event}.tsv."""
    return [(row["event"], int(row["patch"])) for row in read_table(path, ("event", "patch"))]


def patches_by_event(path: str | Path) -> dict[str, NDArray[np.int64]]:
    """The patches of such a list, event by event: indices in the event's patches file."""
    found: dict[str, list[int]] = {}
    for event, patch in read_patch_list(path):
        found.setdefault(event, []).append(patch)
    return {event: np.array(patches, dtype=np.int64) for event, patches in found.items()}


def write_test_list(path: str | Path, event: str, patches: Iterable[int], role: str) -> None:
    """Write test/{event}.tsv; `role` is the event's in this split."""
    write_table(path, ("event", "patch", "role"), ((event, patch, role) for patch in patches))


def read_test_list(path: str | Path) -> tuple[list[int], str]:
    """Read test/{event}.tsv: patches and the event's role, blank where there is no patch."""
    rows = read_table(path, ("event", "patch", "role"))
    return [int(row["patch"]) for row in rows], rows[0]["role"] if rows else ""


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
