"""What cannot be a landslide is taken off a map: gentle ground, water, glaciers.

Each is a choice of the user, and what it takes away is counted and told: a mask that is wrong
removes real landslides.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio import Affine, features

from scarp.acquire.polygons import read_vector
from scarp.errors import DataError, Fault
from scarp.grid import Grid
from scarp.mapping.rasters import bands_of_rows, pixel_m2
from scarp.mapping.settings import MapSettings

_LOG = logging.getLogger("scarp")
_SLOPE = "None_SLOPE"


@dataclass(frozen=True)
class Removal:
    """What one reason took off a map.

    Attributes
    ----------
    reason: in words.
    covered_pixels: pixels of the event that it holds for, landslide or not.
    pixels: landslide pixels among them. A pixel that several reasons hold for counts in each.
    area_m2: of these landslide pixels.
    """

    reason: str
    covered_pixels: int
    pixels: int
    area_m2: float


@dataclass(frozen=True, eq=False)
class _Shapes:
    """Shapes of a file, in the grid's CRS; the reason is that they are there."""

    reason: str
    shapes: Sequence[Any]


@dataclass(frozen=True, eq=False)
class TerrainMask:
    """What is to be taken off the maps of a grid; made by `terrain_mask`.

    Attributes
    ----------
    grid: of the map.
    slope_below: degrees, 0 for none.
    areas: water and glaciers.
    warnings: files that have nothing to do with the event.
    """

    grid: Grid
    slope_below: float
    areas: tuple[_Shapes, ...]
    warnings: tuple[str, ...]

    def take_off(
        self, found: NDArray[np.bool_], cube: xr.Dataset
    ) -> tuple[tuple[Removal, ...], int]:
        """Take what is masked off a map, in place.

        Parameters
        ----------
        found: (height, width) bool, landslide; True becomes False where a reason holds.
        cube: of the event. Where its slope is not known, slope takes nothing off.

        Returns
        -------
        What each reason took, in the order slope, water, glacier, and the pixels that all of them
        took together.
        """
        reasons = [f"slope below {self.slope_below:g} degrees"] if self.slope_below > 0 else []
        reasons += [area.reason for area in self.areas]
        counts = {reason: [0, 0] for reason in reasons}
        together = 0
        for rows in bands_of_rows(self.grid.height) if reasons else ():
            own = found[rows]
            masked = np.zeros(own.shape, dtype=np.bool_)
            for reason, where in zip(reasons, self._where(rows, cube), strict=True):
                counts[reason][0] += int(np.count_nonzero(where))
                counts[reason][1] += int(np.count_nonzero(where & own))
                masked |= where
            together += int(np.count_nonzero(masked & own))
            own &= ~masked
        area = pixel_m2(self.grid)
        removals = tuple(
            Removal(reason, covered, pixels, pixels * area)
            for reason, (covered, pixels) in counts.items()
        )
        for one in removals:
            _LOG.info("%s takes %.0f m2 of landslide off the map", one.reason, one.area_m2)
        return removals, together

    def _where(self, rows: slice, cube: xr.Dataset) -> list[NDArray[np.bool_]]:
        """Where each reason holds among these rows, (rows, width)."""
        part = self.grid.part(rows, slice(0, self.grid.width))
        where = []
        if self.slope_below > 0:
            where.append(np.asarray(cube[_SLOPE][rows].values) < self.slope_below)
        for area in self.areas:
            burnt = np.zeros((part.height, part.width), dtype=np.uint8)
            if area.shapes:
                features.rasterize(area.shapes, out=burnt, transform=Affine(*part.transform))
            where.append(burnt == 1)
        return where


def terrain_mask(settings: MapSettings, grid: Grid, cube: xr.Dataset) -> TerrainMask:
    """Read what the settings want masked; nothing where they want nothing.

    A pixel belongs to an area where its centre does.

    Raises
    ------
    DataError: a file is missing, cannot be read, has no CRS or no polygons, or a slope is asked for
        and the cube has none.
    """
    if settings.slope_below > 0 and _SLOPE not in cube:
        raise DataError(
            Fault(
                f"lacks {_SLOPE}, by which gentle ground is to be taken off",
                f"cube of {cube.attrs.get('event', 'the event')}",
                cure="set map: slope_below to 0, or give the event elevation",
            )
        )
    areas, warnings = [], []
    for kind, path in (("water", settings.water), ("glacier", settings.glacier)):
        if path:
            area = _Shapes(f"{kind} ({Path(path).name})", _shapes(path, grid))
            areas.append(area)
            if not area.shapes:
                text = f"{Path(path).name}: no {kind} of this file lies in the event's area"
                _LOG.warning("%s", text)
                warnings.append(text)
    return TerrainMask(grid, settings.slope_below, tuple(areas), tuple(warnings))


def _shapes(path: str, grid: Grid) -> list[Any]:
    """The polygons of a file that reach into a grid, in the grid's CRS."""
    table = read_vector(path)
    kinds = sorted(set(table.geom_type) - {"Polygon", "MultiPolygon"})
    if kinds:
        raise DataError(
            Fault(
                f"holds {' and '.join(kinds)}",
                path,
                "Polygon and MultiPolygon",
                "take the others out, or give lines a width",
            )
        )
    west, south, east, north = _degrees(grid)
    near = table.geometry.cx[west:east, south:north].to_crs(grid.crs)
    right, bottom = (
        grid.left + grid.width * grid.resolution,
        grid.top - grid.height * grid.resolution,
    )
    return list(near.cx[grid.left : right, bottom : grid.top])


def _degrees(grid: Grid) -> tuple[float, float, float, float]:
    """West, south, east and north of a grid on WGS 84, a little outside of it."""
    to_degrees = Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True)
    wide = grid.padded(1)
    found = to_degrees.transform_bounds(
        wide.left,
        wide.top - wide.height * wide.resolution,
        wide.left + wide.width * wide.resolution,
        wide.top,
        densify_pts=21,
    )
    west, south, east, north = map(float, found)
    return west, south, east, north
