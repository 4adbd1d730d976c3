"""Cutting a cube into square patches, and reading them back.

A patches file holds, for one event::

    image   (patch, channel, y, x)  float32, units of the cube, NaN where there is no data
    mask    (patch, y, x)           uint8, 1 landslide, 0 none
    valid   (patch, y, x)           uint8, 1 where training and scoring may use the pixel
    row, column (patch)             int32, first pixel of the window on the event's grid
    valid_fraction, landslide_pixels (patch)

and the event's grid as attributes. Windows that stick out of the cube are padded: NaN, invalid.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5netcdf
import numpy as np
from numpy.typing import NDArray

from scarp.channels import MASK, VALID
from scarp.cube import channels_of, grid_of, open_cube
from scarp.errors import DataError, Fault, did_you_mean
from scarp.files import beside
from scarp.grid import Grid


def window_origins(length: int, size: int, stride: int) -> tuple[int, ...]:
    """First pixels of the windows along one axis: every `stride` until `length` is covered."""
    last = max(length - size, 0)
    steps = -(-last // stride)  # rounded up, so that the far edge lies in a window
    return tuple(stride * n for n in range(steps + 1))


@dataclass(frozen=True)
class PatchTable:
    """What is known of an event's patches without reading a channel.

    Attributes
    ----------
    event: its id; source: where the cube came from.
    grid: the event's grid; size: side of a patch in pixels.
    channels: names in stored order.
    row, column: (patch,) int32, first pixel of each window.
    valid_pixels, landslide_pixels: (patch,) int64.
    """

    event: str
    source: str
    grid: Grid
    size: int
    channels: tuple[str, ...]
    row: NDArray[np.int32]
    column: NDArray[np.int32]
    valid_pixels: NDArray[np.int64]
    landslide_pixels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.row)


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


def _open(path: str | Path) -> h5netcdf.File:
    try:
        return h5netcdf.File(path, "r")
    except OSError as error:
        raise DataError(
            Fault(
                f"cannot be read as patches ({error})",
                str(path),
                cure="delete it and let the workflow cut them again",
            )
        ) from error


def read_table(path: str | Path) -> PatchTable:
    """Read positions and counts of an event's patches; DataError when they cannot be read."""
    with _open(path) as file:
        size = int(file.dimensions["y"].size)
        return PatchTable(
            event=str(file.attrs["event"]),
            source=str(file.attrs["source"]),
            grid=Grid(
                str(file.attrs["grid_crs"]),
                float(file.attrs["left"]),
                float(file.attrs["top"]),
                float(file.attrs["resolution"]),
                int(file.attrs["height"]),
                int(file.attrs["width"]),
            ),
            size=size,
            channels=tuple(str(file.attrs["channels"]).split()),
            row=np.asarray(file["row"][...], dtype=np.int32),
            column=np.asarray(file["column"][...], dtype=np.int32),
            valid_pixels=np.asarray(file["valid"][...]).sum(axis=(1, 2), dtype=np.int64),
            landslide_pixels=np.asarray(file["landslide_pixels"][...], dtype=np.int64),
        )


def read_channel(
    path: str | Path, channel: str, patches: NDArray[np.int64] | None = None
) -> NDArray[np.float32]:
    """Read one channel of the given patches (all when None) as (patch, y, x) float32.

    Raises
    ------
    DataError: the event has no such channel.
    """
    with _open(path) as file:
        stored = str(file.attrs["channels"]).split()
        if channel not in stored:
            raise DataError(
                Fault(
                    f"has no channel {channel}",
                    str(path),
                    f"{len(stored)} channels: {', '.join(stored)}",
                    did_you_mean(channel, stored)
                    or "choose a feature set or a scenario that this event can serve",
                )
            )
        number = stored.index(channel)
        image = file["image"]
        wanted = np.arange(image.shape[0]) if patches is None else patches
        values = np.empty((len(wanted), *image.shape[2:]), dtype=np.float32)
        for position, patch in enumerate(wanted):
            values[position] = image[int(patch), number]
        return values


def read_flags(
    path: str | Path, patches: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Read mask and validity of the given patches (all when None), each (patch, y, x) uint8."""
    with _open(path) as file:
        mask = np.asarray(file["mask"][...], dtype=np.uint8)
        valid = np.asarray(file["valid"][...], dtype=np.uint8)
    return (mask, valid) if patches is None else (mask[patches], valid[patches])
