"""Patches of a simulated archive: windows, sides, and the four HDF5 files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import h5py
import numpy as np
import rasterio
from numpy.typing import NDArray

from scarp.simulate.archive_files import ArchiveFile, PatchLayout
from scarp.simulate.noise import generator_for

#: First row and column of a patch on its event's grid.
Window = tuple[int, int]
#: Beside training and validation: `testind` of independent events, `testspt` (spatial split) of
#: dependent ones.
SIDES = ("train", "val", "testind", "testspt")
#: One window in so many validates.
_VALIDATION = 5


def patch_windows(valid: NDArray[np.uint8], layout: PatchLayout) -> list[Window]:
    """Windows inside a scene, at multiples of the stride, where enough pixels have every channel.

    Parameters
    ----------
    valid: (y, x) uint8, 1 where every channel has data.
    """
    size = layout.size
    height, width = valid.shape
    return [
        (row, column)
        for row in range(0, height - size + 1, layout.stride)
        for column in range(0, width - size + 1, layout.stride)
        if valid[row : row + size, column : column + size].mean() >= layout.valid_share
    ]


def assign_sides(role: str, windows: Sequence[Window], size: int) -> dict[str, list[Window]]:
    """Divide an event's windows so that no two sides share a pixel.

    Windows of an `independent` event test. Of a `dependent` one, those in the left half of the
    columns train and those to the right of them test. Of a `train` one, every fifth validates and
    the others train. Windows that would reach over to another side are left out, and so are all of
    an `apply` event.
    """
    if role == "apply":
        return {}
    if role == "independent":
        return {"testind": list(windows)}
    if role == "dependent":
        columns = sorted({column for _, column in windows})
        edge = columns[(len(columns) - 1) // 2] if columns else 0
        return {
            "train": [window for window in windows if window[1] <= edge],
            "testspt": [window for window in windows if window[1] >= edge + size],
        }
    # From the second on, so that two windows already give one of each.
    validation = list(windows[1::_VALIDATION])
    return {
        "train": [
            window
            for window in windows
            if not any(_overlap(window, other, size) for other in validation)
        ],
        "val": validation,
    }


def _overlap(first: Window, second: Window, size: int) -> bool:
    return abs(first[0] - second[0]) < size and abs(first[1] - second[1]) < size


def write_patches(
    folder: Path,
    scenes: Path,
    files: Mapping[str, Sequence[ArchiveFile]],
    sides: Mapping[str, Sequence[tuple[str, Window]]],
    layout: PatchLayout,
    seed: int,
) -> None:
    """Write ``{side}_n3_s1s2.h5`` of every side: 60 datasets (N, 1, size, size) float32.

    Pixels are those of the scenes as they are stored. Patches stand in a random order, since that
    of the published files is not known. A side without patches is written with N = 0.

    Parameters
    ----------
    scenes: folder that holds ``{event}/{file_name}.tif``.
    files: event -> its files.
    sides: side -> event and window of each patch.
    seed: of the order.
    """
    folder.mkdir(parents=True)
    orders = {side: _shuffled(sides.get(side, ()), seed, side) for side in SIDES}
    of_key = {
        event: {file.key: scenes / event / f"{file.file_name}.tif" for file in members}
        for event, members in files.items()
    }
    keys = sorted({key for paths in of_key.values() for key in paths})
    with ExitStack() as stack:
        targets = {
            side: stack.enter_context(h5py.File(folder / f"{side}_n3_s1s2.h5", "w"))
            for side in SIDES
        }
        for side, target in targets.items():
            target.attrs["simulated"] = "true"
            if layout.ids_order:
                ids = [event for event, _ in orders[side]]
                target.attrs.create(
                    "IDs_order", np.array(ids, dtype=object), (len(ids),), h5py.string_dtype()
                )
        for key in keys:
            paths = {event: of_event[key] for event, of_event in of_key.items()}
            for side, patches in _read_patches(paths, orders, layout.size).items():
                targets[side][key] = patches


def _shuffled(
    patches: Sequence[tuple[str, Window]], seed: int, side: str
) -> list[tuple[str, Window]]:
    ordered = sorted(patches)
    order = generator_for(seed, side, "order of patches").permutation(len(ordered))
    return [ordered[number] for number in order]


def _read_patches(
    paths: Mapping[str, Path], orders: Mapping[str, Sequence[tuple[str, Window]]], size: int
) -> dict[str, NDArray[np.float32]]:
    """The patches of one channel by side, each (N, 1, size, size), reading every scene once."""
    patches = {
        side: np.empty((len(order), 1, size, size), dtype=np.float32)
        for side, order in orders.items()
    }
    for event in sorted({event for order in orders.values() for event, _ in order}):
        with rasterio.open(paths[event]) as scene:
            values = scene.read(1)
        for side, order in orders.items():
            for number, (owner, (row, column)) in enumerate(order):
                if owner == event:
                    patches[side][number, 0] = values[row : row + size, column : column + size]
    return patches
