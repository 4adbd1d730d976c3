"""Cutting a cube into square patches; `scarp.patches` says what the file holds.

Apart from the reading, which trainings do and which must not wait for xarray to be imported.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5netcdf
import numpy as np
from numpy.typing import NDArray

from scarp.channels import MASK, VALID
from scarp.cube import channels_of, grid_of, open_cube
from scarp.errors import DataError, Fault
from scarp.files import beside
from scarp.grid import Grid
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
        channels = channels_of(cube)
        with beside(path) as partial, h5netcdf.File(partial, "w") as file:
            _write_frame(file, dict(cube.attrs), grid, size, channels, windows)
            _write_windows(file, "mask", (mask == 1).astype(np.uint8) * valid, windows, size)
            _write_windows(file, "valid", valid, windows, size)
            pixels = np.asarray(file["valid"][...]).reshape(len(windows), -1)
            slides = np.asarray(file["mask"][...]).reshape(len(windows), -1)
            file["valid_fraction"][...] = pixels.mean(axis=1, dtype=np.float32)
            file["landslide_pixels"][...] = slides.sum(axis=1, dtype=np.int64)
            for number, channel in enumerate(channels):
                values = np.asarray(cube[channel].values, dtype=np.float32)
                for position, window in enumerate(windows):
                    file["image"][position, number] = _padded(
                        values, window, size, np.float32(np.nan)
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


def _write_windows(
    file: h5netcdf.File,
    name: str,
    values: NDArray[np.uint8],
    windows: list[tuple[int, int]],
    size: int,
) -> None:
    variable = file.create_variable(
        name,
        ("patch", "y", "x"),
        "uint8",
        compression="gzip",
        compression_opts=1,
        chunks=(1, size, size),
    )
    for position, window in enumerate(windows):
        variable[position] = _padded(values, window, size, np.uint8(0))


def _write_frame(
    file: h5netcdf.File,
    attributes: dict[str, Any],
    grid: Grid,
    size: int,
    channels: tuple[str, ...],
    windows: list[tuple[int, int]],
) -> None:
    file.dimensions = {"patch": len(windows), "channel": len(channels), "y": size, "x": size}
    for name, value in {**attributes, "height": grid.height, "width": grid.width}.items():
        file.attrs[name] = value
    # One attribute rather than a string coordinate: read once, and no variable-length HDF5 heap.
    file.attrs["channels"] = " ".join(channels)
    for name, index in (("row", 0), ("column", 1)):
        variable = file.create_variable(name, ("patch",), "int32")
        variable[...] = np.array([window[index] for window in windows], dtype=np.int32)
    file.create_variable("valid_fraction", ("patch",), "float32")
    file.create_variable("landslide_pixels", ("patch",), "int64")
    file.create_variable(
        "image",
        ("patch", "channel", "y", "x"),
        "float32",
        fillvalue=np.float32(np.nan),
        compression="gzip",
        compression_opts=1,
        shuffle=True,
        chunks=(1, 1, size, size),
    )
