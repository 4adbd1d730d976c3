"""Events of a few small patches, made in milliseconds for tests.

A landslide is a disc in which red reflectance after the event is high; every other value is noise
or a smooth field that says nothing about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scarp import split_files
from scarp.channels import split_channel
from scarp.cube import write_cube
from scarp.cutting import cut
from scarp.grid import Grid

#: Channels of `tiny_patches`.
CHANNELS = ("None_SLOPE", "PRE1_gVV", "POST1_gVV", "PRE1_B04", "POST1_B04")


def tiny_patches(
    folder: Path,
    event: str,
    *,
    channels: Sequence[str] = CHANNELS,
    height: int = 64,
    width: int = 96,
    size: int = 32,
    stride: int = 32,
    landslide: bool = True,
    source: str = "simulated",
    crs: str = "",
    seed: int = 1,
    values: dict[str, NDArray[np.float32]] | None = None,
    valid: NDArray[np.uint8] | None = None,
) -> Path:
    """Write the cube and the patches of an event; return the path of the patches.

    Without georeference unless `crs` is given, since writing one is slow. `values` replaces whole
    channels, `valid` the validity (1 everywhere).
    """
    random = np.random.default_rng([seed, *event.encode()])
    shape = (height, width)
    rows, columns = np.indices(shape)
    mask = np.zeros(shape, dtype=np.uint8)
    if landslide:
        for top in range(size // 2, height, size):
            for left in range(size // 2, width, 2 * size):
                mask |= np.hypot(rows - top, columns - left) < size / 5
    layers: dict[str, NDArray[np.float32]] = {}
    for name in channels:
        epoch, band = split_channel(name)
        noise = random.uniform(0, 1, shape)
        if band.scale == "decibel":
            layer = random.exponential(0.1, shape)
        elif band.scale == "percentile":
            layer = 0.1 + 0.05 * noise + (0.4 * mask if epoch == "POST1" else 0)
        else:
            layer = band.low + (band.high - band.low) * noise
        layers[name] = layer.astype(np.float32)
    layers |= values or {}
    cube = folder / f"{event}-cube.nc"
    write_cube(
        cube,
        Grid(crs, 500_000.0, 5_000_000.0, 10.0, *shape),
        layers,
        mask,
        np.ones(shape, dtype=np.uint8) if valid is None else valid,
        {"event": event, "source": source},
    )
    path = folder / f"{event}.nc"
    cut(cube, path, size, stride)
    return path


def write_patch_list(path: Path, patches: Sequence[tuple[str, int]]) -> Path:
    """Write a list of patches and return its path."""
    split_files.write_patch_list(path, patches)
    return path


def write_test_list(path: Path, event: str, patches: Sequence[int], role: str) -> Path:
    """Write a list of testing patches and return its path."""
    split_files.write_test_list(path, event, patches, role)
    return path


def write_augmentation(path: Path, patches: Sequence[tuple[str, int]]) -> Path:
    """Write the augmentation table of these patches and return its path."""
    split_files.write_augmentation(path, patches)
    return path
