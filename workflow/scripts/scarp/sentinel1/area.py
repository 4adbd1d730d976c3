"""The ground of an event: its grid, the grid made larger, and where its points are in space."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from scarp.grid import Grid
from scarp.sentinel1.dem import dem_on_grid, ecef_of

Heights = Literal["ellipsoidal", "egm2008"]
#: Pixels that the grid is made larger by on every side, at least and at most: terrain that lays
#: itself over the area stands within its own height of it, at the steepest look of 30 degrees
#: within 1.7 times that.
_LEAST_PAD, _MOST_PAD = 40, 400
_REACH = 1.75


@dataclass(frozen=True, eq=False)
class Area:
    """What is imaged.

    Attributes
    ----------
    grid: the event's; padded: the same, larger by `pad` pixels on every side.
    heights: (y, x) float64 of the padded grid, m above the WGS84 ellipsoid, NaN where unknown.
    points: (y, x, 3) float64 of the padded grid, m, Earth-fixed.
    """

    grid: Grid
    padded: Grid
    pad: int
    heights: NDArray[np.float64]
    points: NDArray[np.float64]

    @property
    def core(self) -> tuple[slice, slice]:
        """Where the grid lies in the padded one."""
        return (
            slice(self.pad, self.pad + self.grid.height),
            slice(self.pad, self.pad + self.grid.width),
        )


def prepare_area(grid: Grid, dem: str | Path, heights: Heights, pad: int | None = None) -> Area:
    """Bring a DEM onto a grid.

    Parameters
    ----------
    grid: with a projected CRS.
    dem: a raster of heights in m.
    heights: what they refer to, see `scarp.sentinel1.dem.dem_on_grid`.
    pad: pixels; None: what the relief of the area asks for.

    Raises
    ------
    DataError: the DEM does not cover the padded grid, or cannot be read.
    """
    if pad is None:
        _, ground = dem_on_grid(dem, grid, 0, heights)
        relief = float(np.nanmax(ground) - np.nanmin(ground))
        wanted = math.ceil(_REACH * relief / grid.resolution)
        pad = min(max(wanted, _LEAST_PAD), _MOST_PAD)
    padded, ground = dem_on_grid(dem, grid, pad, heights)
    return Area(grid, padded, pad, ground, ecef_of(padded, ground))
