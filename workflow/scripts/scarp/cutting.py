"""Cutting a cube into square patches; `scarp.patches` says what the file holds.

Apart from the reading, which trainings do and which must not wait for xarray to be imported.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scarp.channels import MASK, VALID
from scarp.cube import channels_of, grid_of, open_cube
from scarp.errors import DataError, Fault
from scarp.patch_file import Windows, write_patches
from scarp.patches import PatchTable, read_table


def window_origins(length: int, size: int, stride: int) -> tuple[int, ...]:
    """First pixels of the windows along one axis: every `stride` until `length` is covered."""
    last = max(length - size, 0)
    steps = -(-last // stride)  # rounded up, so that the far edge lies in a window
    return tuple(stride * n for n in range(steps + 1))


def cut(cube_path: str | Path, path: str | Path, size: int, stride: int) -> PatchTable:
    """Cut the cube at `cube_path` into patches and write them to `path`.

    Windows without a single valid pixel are left out.

    Parameters
    ----------
    size, stride: in pixels.

    Raises
    ------
    DataError: no window has a valid pixel; the cube is a mosaic of tiles that `size` and `stride`
        would cut across.
    """
    with open_cube(cube_path) as cube:
        grid = grid_of(cube)
        tile = int(cube.attrs.get("tile", 0))
        if tile and (size != tile or stride != tile):
            raise DataError(
                Fault(
                    f"is a mosaic of unrelated {tile} x {tile} tiles; patches of {size} at a stride"
                    f" of {stride} would mix them",
                    str(cube_path),
                    f"size {tile} and stride {tile}",
                    f"set patches: size: {tile} and stride: {tile}",
                )
            )
        mask = np.asarray(cube[MASK].values)
        valid = ((np.asarray(cube[VALID].values) == 1) & (mask <= 1)).astype(np.uint8)
        windows = [
            (row, column)
            for row in window_origins(grid.height, size, stride)
            for column in window_origins(grid.width, size, stride)
            if valid[row : row + size, column : column + size].any()
        ]
        if not windows:
            raise DataError(
                Fault(
                    "has no valid pixel",
                    str(cube_path),
                    cure="check the area, the reference and the validity mask of this event",
                )
            )

        def stacked(values: NDArray[Any], fill: Any) -> NDArray[Any]:
            return np.stack([_padded(values, window, size, fill) for window in windows])

        write_patches(
            path,
            dict(cube.attrs),
            grid,
            Windows(
                windows,
                stacked((mask == 1).astype(np.uint8), np.uint8(0)),
                stacked(valid, np.uint8(0)),
            ),
            channels_of(cube),
            lambda name: stacked(cube[name].values.astype(np.float32, copy=False), np.nan),
        )
    return read_table(path)


def _padded(values: NDArray[Any], window: tuple[int, int], size: int, fill: Any) -> NDArray[Any]:
    row, column = window
    part = values[row : row + size, column : column + size]
    if part.shape == (size, size):
        return part
    whole = np.full((size, size), fill, dtype=values.dtype)
    whole[: part.shape[0], : part.shape[1]] = part
    return whole
