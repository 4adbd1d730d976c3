"""The grid of a published event, as a file that engines read."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from scarp.cube import grid_of, open_cube
from scarp.product_write import write_product


def write_terrain(cube: str | Path, path: str | Path) -> None:
    """Write elevation and slope of a cube as terrain.tif, on the cube's grid.

    Raises
    ------
    DataError: the cube cannot be read.
    """
    with open_cube(cube) as data:
        bands = {
            name: data[channel].to_numpy().astype(np.float32)
            for name, channel in (("elevation", "None_DEM"), ("slope", "None_SLOPE"))
        }
        units = {"elevation": "m", "slope": "degree"}
        tags: dict[str, str | int | float] = {"source": str(data.attrs["source"])}
        write_product(path, grid_of(data), bands, units, tags)
