"""Writing the patches of an event; `scarp.patches` says what the file holds and reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5netcdf
import numpy as np
from numpy.typing import NDArray

from scarp.files import beside
from scarp.grid import Grid


@dataclass(frozen=True)
class Windows:
    """Where patches lie, and what may be learned there.

    Attributes
    ----------
    origins: first row and column of each patch on the event's grid.
    mask: (patch, y, x) uint8, 1 landslide, 0 none.
    valid: (patch, y, x) uint8, 1 where training and scoring may use the pixel.
    sides: side of the published split that each patch is on; None where they were cut here.
    """

    origins: Sequence[tuple[int, int]]
    mask: NDArray[np.uint8]
    valid: NDArray[np.uint8]
    sides: Sequence[str] | None = None


def write_patches(
    path: str | Path,
    attributes: Mapping[str, Any],
    grid: Grid,
    windows: Windows,
    channels: Sequence[str],
    read: Callable[[str], NDArray[np.float32]],
) -> None:
    """Write the patches of an event in one step.

    Parameters
    ----------
    attributes: of the event's cube.
    grid: the event's.
    channels: names in the order in which they are stored.
    read: channel -> (patch, y, x) float32, NaN where there is no data; one is held at a time.
    """
    count, size, _ = windows.mask.shape
    valid, slides = windows.valid, windows.mask * windows.valid
    with beside(path) as partial, h5netcdf.File(partial, "w") as file:
        file.dimensions = {"patch": count, "channel": len(channels), "y": size, "x": size}
        for name, value in {**attributes, "height": grid.height, "width": grid.width}.items():
            file.attrs[name] = value
        # Attributes rather than string variables: read once, and no variable-length HDF5 heap.
        file.attrs["channels"] = " ".join(channels)
        if windows.sides is not None:
            file.attrs["sides"] = " ".join(windows.sides)
        for name, index in (("row", 0), ("column", 1)):
            variable = file.create_variable(name, ("patch",), "int32")
            variable[...] = np.array([origin[index] for origin in windows.origins], dtype=np.int32)
        for name, flags in (("mask", slides), ("valid", valid)):
            variable = file.create_variable(
                name,
                ("patch", "y", "x"),
                "uint8",
                compression="gzip",
                compression_opts=1,
                chunks=(1, size, size),
            )
            variable[...] = flags
        fraction = file.create_variable("valid_fraction", ("patch",), "float32")
        fraction[...] = valid.mean(axis=(1, 2), dtype=np.float32)
        pixels = file.create_variable("landslide_pixels", ("patch",), "int64")
        pixels[...] = slides.sum(axis=(1, 2), dtype=np.int64)
        image = file.create_variable(
            "image",
            ("patch", "channel", "y", "x"),
            "float32",
            fillvalue=np.float32(np.nan),
            compression="gzip",
            compression_opts=1,
            shuffle=True,
            chunks=(1, 1, size, size),
        )
        for number, channel in enumerate(channels):
            image[:, number] = read(channel)
