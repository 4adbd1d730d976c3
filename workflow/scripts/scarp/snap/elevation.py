"""The elevation of an event as SNAP needs it: heights above the ellipsoid, in degrees."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import rasterio
from rasterio.crs import CRS
from rasterio.errors import RasterioIOError
from rasterio.warp import transform_bounds

from scarp.errors import DataError, Fault
from scarp.files import beside
from scarp.grid import Grid
from scarp.sentinel1.area import Heights
from scarp.sentinel1.dem import refuse_uncovered, resampled, without_small_voids
from scarp.sentinel1.geoid import undulation

#: What stands for "no height": no height is that low.
NODATA = -32768.0
#: Pixels around the event that must be covered, and metres that are taken where there are any: what
#: lies farther off changes no pixel of the event.
_LEAST_PAD, _MARGIN = 40, 10_000.0
#: Of a pixel: what rounding may do to an edge that both rasters share.
_SLACK = 1e-6
#: Metres per degree of latitude.
_DEGREE = 111_320.0


def write_elevation(dem: Path, heights: Heights, grid: Grid, path: Path) -> None:
    """Write a DEM around an event as an uncompressed GeoTIFF in longitude and latitude, float32.

    SNAP's operators do not agree on the geoid of an external DEM (Back-Geocoding adds none,
    others may), so heights are given above the ellipsoid. A DEM in degrees keeps its pixels; others
    are warped (cubic), to no less than the event's pixel size. Small voids are interpolated as by
    the embedded engine, larger ones are -32768: 0 is a height, also at sea.

    Parameters
    ----------
    dem: one band of heights in metres, any CRS.
    heights: what they refer to.
    grid: the event's.

    Raises
    ------
    DataError: the DEM cannot be read, has no CRS or several bands, does not cover the event and 40
        pixels around it, or knows no height there.
    """
    try:
        with rasterio.open(dem) as source:
            refuse_uncovered(source, dem, grid.padded(_LEAST_PAD))
            lattice = _lattice(source, grid)
            values = resampled(source, lattice)
    except RasterioIOError as error:
        raise DataError(
            Fault("the DEM cannot be read", f"{dem}: {error}", cure="give a raster GDAL can open")
        ) from None
    values = without_small_voids(values, lattice.resolution * _DEGREE, dem)
    if heights == "egm2008":
        values += undulation(*np.meshgrid(lattice.x, lattice.y))
    stored = np.where(np.isfinite(values), values, NODATA).astype(np.float32)
    profile = {
        "driver": "GTiff",
        "dtype": "float32",
        "count": 1,
        "height": lattice.height,
        "width": lattice.width,
        "crs": lattice.crs,
        "transform": rasterio.Affine(*lattice.transform),
        "nodata": NODATA,
    }
    with beside(path) as partial, rasterio.open(partial, "w", **profile) as file:
        file.write(stored, 1)
        file.update_tags(dem=dem.name, dem_heights=heights, heights="ellipsoidal")


def _lattice(source: rasterio.DatasetReader, grid: Grid) -> Grid:
    """Pixels in degrees around the event, as far as the DEM reaches: its own where it has such."""
    wide = grid.padded(math.ceil(_MARGIN / grid.resolution))
    bottom = wide.top - wide.height * wide.resolution
    right = wide.left + wide.width * wide.resolution
    wanted = transform_bounds(wide.crs, "EPSG:4326", wide.left, bottom, right, wide.top)
    there = transform_bounds(source.crs, "EPSG:4326", *source.bounds)
    west, south = max(wanted[0], there[0]), max(wanted[1], there[1])
    east, north = min(wanted[2], there[2]), min(wanted[3], there[3])
    own, step = source.transform, _spacing(source, grid)
    if source.crs == CRS.from_epsg(4326) and own.a == step and math.isclose(own.a, -own.e):
        west = own.c + math.floor((west - own.c) / step + _SLACK) * step
        north = own.f - math.floor((own.f - north) / step + _SLACK) * step
    height = math.floor((north - south) / step + _SLACK)
    width = math.floor((east - west) / step + _SLACK)
    return Grid("EPSG:4326", west, north, step, height, width)


def _spacing(source: rasterio.DatasetReader, grid: Grid) -> float:
    """Degrees per pixel: the DEM's, but not finer than the event's pixels."""
    own = abs(source.transform.e)
    degrees = own if source.crs.is_geographic else own * source.crs.linear_units_factor[1] / _DEGREE
    return float(max(degrees, 0.999 * grid.resolution / _DEGREE))


def told_of(path: Path) -> tuple[str, str]:
    """Name of the DEM that an elevation was made from, and what the heights of that refer to.

    Of a file that `write_elevation` did not make, its own name, and the ellipsoid.
    """
    tags: dict[str, str] = {}
    if path.is_file():
        with rasterio.open(path) as file:
            tags = file.tags()
    return tags.get("dem", path.name), tags.get("dem_heights", "ellipsoidal")
