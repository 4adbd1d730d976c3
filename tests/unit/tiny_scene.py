"""Scenes to map, and models of random weights that answer to them, for tests."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from scarp.cube import write_cube
from scarp.grid import Grid
from scarp.mapping.scene import MapFiles
from scarp.model_description import Architecture, Description
from scarp.model_file import save
from scarp.unet import UNet
from tiny_model import DESCRIPTION

CHANNELS = DESCRIPTION.channels


def grid(height: int, width: int, crs: str = "") -> Grid:
    return Grid(crs, 500_000.0, 5_000_000.0, 10.0, height, width)


def layers(height: int, width: int, seed: int = 1) -> dict[str, NDArray[np.float32]]:
    """Slope and red reflectance: waves of many lengths, and noise."""
    random = np.random.default_rng(seed)
    y, x = np.indices((height, width))
    waves = sum(np.sin(y / length + x / (1.7 * length)) for length in (5, 23, 90))
    slope = 45 + 12 * waves + random.uniform(-5, 5, (height, width))
    red = 0.15 + 0.04 * waves.T[:height, :width] if height == width else 0.15 + 0.04 * waves[::-1]
    red = red + random.uniform(-0.03, 0.03, (height, width))
    return {
        "None_SLOPE": np.clip(slope, 0, 90).astype(np.float32),
        "POST1_B04": np.clip(red, 0.001, 1).astype(np.float32),
    }


def write_scene(
    path: Path,
    channels: dict[str, NDArray[np.float32]],
    *,
    valid: NDArray[np.uint8] | None = None,
    mask: NDArray[np.uint8] | None = None,
    crs: str = "",
    **attributes: object,
) -> Path:
    """Write the cube of an event to map: all valid, no reference, unless given."""
    shape = next(iter(channels.values())).shape
    write_cube(
        path,
        grid(*shape, crs),
        channels,
        np.full(shape, 255, dtype=np.uint8) if mask is None else mask,
        np.ones(shape, dtype=np.uint8) if valid is None else valid,
        {"event": "NEW", "source": "simulated", **attributes},
    )
    return path


def write_model(
    path: Path, *, blocks: int = 2, seed: int = 2, base_width: int = 4, **changes: object
) -> Path:
    """Write a model whose normalisation has the statistics of its own random weights.

    Weights are drawn larger than PyTorch does, so that what lies far away shows in the result.
    """
    description: Description = replace(
        DESCRIPTION,
        architecture=Architecture(len(CHANNELS), base_width, blocks),
        seed=seed,
        **changes,  # type: ignore[arg-type]
    )
    torch.manual_seed(seed)
    network = UNet(**asdict(description.architecture))
    side = 16 * 2**blocks if blocks < 4 else 128
    with torch.no_grad():
        for weight in network.parameters():
            if weight.ndim == 4:
                weight *= 1.5
        for _ in range(20):
            network(torch.rand(2, len(CHANNELS), side, side))
        network.head.weight *= 4
    save(path, network.state_dict(), description)
    return path


def files(folder: Path) -> MapFiles:
    return MapFiles(*(folder / f"{name}.tif" for name in ("probability", "uncertainty", "valid")))
