"""Square patches of an event's cube, as later stages read them.

A patches file holds, for one event::

    image   (patch, channel, y, x)  float32, units of the cube, NaN where there is no data
    mask    (patch, y, x)           uint8, 1 landslide, 0 none
    valid   (patch, y, x)           uint8, 1 where training and scoring may use the pixel
    row, column (patch)             int32, first pixel of the window on the event's grid
    valid_fraction, landslide_pixels (patch)

and, as attributes, those of the cube with the event's grid, and for published patches the side of
the split that each is on. Windows that stick out of the cube are padded: NaN, invalid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from scarp.channels import EPOCHS, bands_of
from scarp.errors import DataError, Fault, did_you_mean
from scarp.grid import Grid
from scarp.sentinel2 import S2Offset, ndvi, without_offset

#: Event, and index of the patch in the event's file.
PatchId = tuple[str, int]


@dataclass(frozen=True)
class PatchTable:
    """What is known of an event's patches without reading a channel.

    Attributes
    ----------
    event: its id; source: where the cube came from.
    engines: that made its Sentinel-1 channels; none where the cube does not say.
    grid: the event's grid; size: side of a patch in pixels.
    channels: names in stored order.
    row, column: (patch,) int32, first pixel of each window.
    valid_pixels, landslide_pixels: (patch,) int64.
    sides: side of the published split that each patch is on; None where patches were cut here.
    has_offset: whether an image of Sentinel-2 carries an offset (`scarp.sentinel2`).
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
    sides: tuple[str, ...] | None = None
    has_offset: bool = False
    engines: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.row)


def _open(path: str | Path) -> h5py.File:
    # Plain HDF5 rather than NetCDF: reading a patch through h5netcdf takes ten times as long.
    try:
        return h5py.File(path, "r")
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
        size = int(file["image"].shape[-1])
        return PatchTable(
            event=str(file.attrs["event"]),
            source=str(file.attrs["source"]),
            grid=Grid.from_attributes(
                file.attrs,
                int(np.asarray(file.attrs["height"]).item()),
                int(np.asarray(file.attrs["width"]).item()),
            ),
            size=size,
            channels=tuple(str(file.attrs["channels"]).split()),
            row=np.asarray(file["row"][...], dtype=np.int32),
            column=np.asarray(file["column"][...], dtype=np.int32),
            valid_pixels=np.asarray(file["valid"][...]).sum(axis=(1, 2), dtype=np.int64),
            landslide_pixels=np.asarray(file["landslide_pixels"][...], dtype=np.int64),
            sides=tuple(str(file.attrs["sides"]).split()) if "sides" in file.attrs else None,
            has_offset=any(_offset(file.attrs, epoch) for epoch in EPOCHS),
            engines=tuple(str(file.attrs.get("sentinel1_engine", "")).split()),
        )


def read_channel(
    path: str | Path,
    channel: str,
    patches: NDArray[np.int64] | None = None,
    s2_offset: S2Offset = "as-published",
) -> NDArray[np.float32]:
    """Read one channel of the given patches (all when None) as (patch, y, x) float32.

    Parameters
    ----------
    s2_offset: `corrected` takes off the offset of the processing baseline that an image of
        Sentinel-2 carries, where the event's source left it in, and computes NDVI anew.

    Raises
    ------
    DataError: the event has no such channel.
    """
    with _open(path) as file:
        return with_offset_choice(
            channel, file.attrs, s2_offset, lambda name: _read(file, path, name, patches)
        )


def with_offset_choice(
    channel: str,
    attributes: Mapping[str, Any],
    s2_offset: S2Offset,
    read: Callable[[str], NDArray[np.float32]],
) -> NDArray[np.float32]:
    """One channel as `read` gives it, its offset treated as in `read_channel`.

    Parameters
    ----------
    attributes: of a cube or of the patches cut from it; they say which epoch carries an offset.
    read: channel -> float32 as stored, NaN where there is no data.
    """
    epoch, _, band = channel.partition("_")
    offset = _offset(attributes, epoch) if band in bands_of("sentinel2") else 0.0
    if s2_offset == "as-published" or not offset:
        return read(channel)
    if band == "NDVI":
        infrared, red = (read(f"{epoch}_{name}") for name in ("B08", "B04"))
        return ndvi(without_offset(infrared, offset), without_offset(red, offset))
    return without_offset(read(channel), offset)


def _offset(attributes: Mapping[str, Any], epoch: str) -> float:
    return float(np.asarray(attributes.get(f"s2_offset_{epoch}", 0)).item())


def _read(
    file: h5py.File, path: str | Path, channel: str, patches: NDArray[np.int64] | None
) -> NDArray[np.float32]:
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
    values: NDArray[np.float32] = file["image"][:, stored.index(channel)]
    return values if patches is None else values[patches]


def read_flags(
    path: str | Path, patches: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Read mask and validity of the given patches (all when None), each (patch, y, x) uint8."""
    with _open(path) as file:
        mask = np.asarray(file["mask"][...], dtype=np.uint8)
        valid = np.asarray(file["valid"][...], dtype=np.uint8)
    return (mask, valid) if patches is None else (mask[patches], valid[patches])
