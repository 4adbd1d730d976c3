"""Landslides as polygons, with what the map, the terrain and the radar say of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas
import numpy as np
import shapely
import xarray as xr
from numpy.typing import NDArray
from scipy import ndimage

from scarp.cube import grid_of, open_cube
from scarp.errors import DataError, Fault
from scarp.grid import Grid
from scarp.mapping.images import images_used
from scarp.mapping.outlines import outlines, simplified
from scarp.mapping.rasters import (
    Rasters,
    bands_of_rows,
    check_grid,
    grid_of_raster,
    opened,
    pixel_m2,
    read_rows,
)
from scarp.mapping.settings import MapModel, MapSettings
from scarp.mapping.terrain_mask import Removal, terrain_mask
from scarp.prediction import CERTAIN, NODATA, at_least
from scarp.simulated import is_simulated
from scarp.strata import OUTSIDE

#: Column of the share that lies in layover or shadow, by where that is known from.
SHARES = {
    "layover_shadow": "layover_shadow_share",
    "layover_shadow_approximate": "layover_shadow_share_approximate",
}
_NEIGHBOURS = np.ones((3, 3), dtype=np.bool_)
_SLOPE = "None_SLOPE"


@dataclass(frozen=True, eq=False)
class MapPolygons:
    """Landslides of a map.

    Attributes
    ----------
    table: GeoDataFrame of MultiPolygons in the event's CRS, largest first. Its columns, null where
        nothing is known:
        id: int32, from 1.
        area_m2: float64, of the landslide's pixels on the plane of the CRS. The polygon's own area
            is within 1 % of it.
        probability_mean, probability_max: float64 over its pixels.
        uncertainty_mean: float64, mean standard deviation over the ensemble; null with one model.
        slope_mean: float64, degrees.
        layover_shadow_share: float64, 0 to 1, of its pixels that the geometry of the radar knows
            of. Where it goes by elevation and direction alone, the column is
            layover_shadow_share_approximate, and holds what possibly or certainly is.
        longitude, latitude: float64, degrees on WGS 84, of a point within.
        images: str, sensors, epochs and dates.
        model: str.
        simulated: bool, whether the event is made up.
    removed: what was taken off the map, by reason.
    removed_pixels: by all reasons together.
    dropped, dropped_m2: landslides below the minimum mapping unit, and their area.
    warnings: what a reader must know.
    """

    table: Any
    removed: tuple[Removal, ...]
    removed_pixels: int
    dropped: int
    dropped_m2: float
    warnings: tuple[str, ...]


def map_polygons(rasters: Rasters, model: MapModel, settings: MapSettings) -> MapPolygons:
    """Landslides of an event as polygons: see `MapPolygons`.

    A landslide is what hangs together, by sides or corners, of pixels whose probability is the
    model's threshold or more and that no mask takes off. One below the minimum mapping unit is
    dropped. At 121 million pixels it needs some 1 GB.

    Raises
    ------
    DataError: a file cannot be read, lies on another grid, or has a CRS without metres; see also
        `scarp.mapping.terrain_mask`.
    """
    grid = grid_of_raster(rasters.probability)
    check_grid(rasters.uncertainty, grid)
    if rasters.strata is not None:
        check_grid(rasters.strata, grid)
    with open_cube(rasters.cube) as cube:
        _check_cube(rasters, cube, grid)
        mask = terrain_mask(settings, grid, cube)
        found = _found(rasters, grid, model.threshold)
        removed, removed_pixels = mask.take_off(found, cube)
        labels, pixels, dropped = label(found, settings.minimum_m2, pixel_m2(grid))
        del found
        measured = _measure(rasters, cube, labels, len(pixels))
        images = images_used(cube, model.channels)
        simulated = is_simulated(cube.attrs.get("source", ""))
    shapes = simplified(outlines(labels, len(pixels), grid), settings.simplify_m, grid.resolution)
    table = geopandas.GeoDataFrame(
        {
            "id": np.arange(1, len(pixels) + 1, dtype=np.int32),
            "area_m2": pixels * pixel_m2(grid),
            **measured,
            **_places(shapes, grid),
            "images": np.full(len(pixels), images, dtype=np.object_),
            "model": np.full(len(pixels), model.name, dtype=np.object_),
            "simulated": np.full(len(pixels), simulated, dtype=np.bool_),
        },
        geometry=shapes,
        crs=grid.crs,
    )
    return MapPolygons(
        table,
        removed,
        removed_pixels,
        len(dropped),
        float(dropped.sum() * pixel_m2(grid)),
        mask.warnings,
    )


def label(
    found: NDArray[np.bool_], minimum_m2: float, pixel_area: float
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
    """Landslides, largest first; of equal ones that whose first pixel is further north, then west.

    Parameters
    ----------
    found: (height, width) bool.
    minimum_m2: smaller ones are dropped.
    pixel_area: of a pixel in m2.

    Returns
    -------
    (height, width) int32 labels from 1, 0 for none; the pixels of each label, (label,) int64; and
    the pixels of each that was dropped.
    """
    labels: NDArray[np.int32]
    labels, number = ndimage.label(found, structure=_NEIGHBOURS, output=np.int32)
    pixels = np.zeros(number + 1, dtype=np.int64)
    for rows in bands_of_rows(labels.shape[0]):
        pixels += np.bincount(labels[rows].ravel(), minlength=number + 1)
    pixels[0] = 0
    keeps = pixels * pixel_area >= minimum_m2
    keeps[0] = False
    order = np.argsort(-pixels, kind="stable")
    order = order[keeps[order]]
    rank = np.zeros(number + 1, dtype=np.int32)
    rank[order] = np.arange(1, len(order) + 1, dtype=np.int32)
    for rows in bands_of_rows(labels.shape[0]):
        labels[rows] = rank[labels[rows]]
    return labels, pixels[order], pixels[1:][~keeps[1:]]


def _check_cube(rasters: Rasters, cube: xr.Dataset, grid: Grid) -> None:
    own = grid_of(cube)
    if not replace(own, crs=grid.crs).agrees(grid):
        raise DataError(
            Fault(
                f"lies on another grid ({own.height} x {own.width}) than the map"
                f" ({grid.height} x {grid.width})",
                str(rasters.cube),
                cure="delete the map and let the workflow make it again",
            )
        )


def _found(rasters: Rasters, grid: Grid, threshold: float) -> NDArray[np.bool_]:
    """Landslide by probability alone, (height, width)."""
    found = np.zeros((grid.height, grid.width), dtype=np.bool_)
    with opened(rasters.probability) as file:
        for rows in bands_of_rows(grid.height):
            found[rows] = at_least(read_rows(file, rows), threshold)
    return found


@dataclass(eq=False)
class _Mean:
    """Mean of a quantity over the pixels of each label, as rows come in."""

    total: NDArray[np.float64]
    times: NDArray[np.int64]

    @classmethod
    def of(cls, number: int) -> _Mean:
        return cls(np.zeros(number + 1, dtype=np.float64), np.zeros(number + 1, dtype=np.int64))

    def add(
        self, labels: NDArray[np.int32], values: NDArray[Any], known: NDArray[np.bool_]
    ) -> None:
        """Add the values of pixels, (pixel,), where they are known."""
        own, size = labels[known], len(self.total)
        self.total += np.bincount(own, weights=values[known], minlength=size)
        self.times += np.bincount(own, minlength=size)

    @property
    def values(self) -> NDArray[np.float64]:
        """(label,) float64, NaN where no pixel is known."""
        mean = np.full(len(self.total), np.nan, dtype=np.float64)
        np.divide(self.total, self.times, out=mean, where=self.times > 0)
        return mean[1:]


def _measure(
    rasters: Rasters, cube: xr.Dataset, labels: NDArray[np.int32], number: int
) -> Mapping[str, NDArray[np.float64]]:
    """Columns of the table that are measured on the pixels of each label, (label,) each."""
    probability, uncertainty, slope, hidden = (_Mean.of(number) for _ in range(4))
    highest = np.zeros(number + 1, dtype=np.uint16)
    geometry = geometry_band(rasters)
    for rows in bands_of_rows(labels.shape[0]):
        inside = labels[rows] > 0
        if not inside.any():
            continue
        own = labels[rows][inside]
        with opened(rasters.probability) as file:
            stored = read_rows(file, rows)[inside]
        probability.add(own, stored / CERTAIN, stored != NODATA)
        np.maximum.at(highest, own, stored)
        with opened(rasters.uncertainty) as file:
            stored = read_rows(file, rows)[inside]
        uncertainty.add(own, stored / CERTAIN, stored != NODATA)
        if _SLOPE in cube:
            degrees = np.asarray(cube[_SLOPE][rows].values)[inside]
            slope.add(own, degrees, np.isfinite(degrees))
        if geometry is not None and rasters.strata is not None:
            with opened(rasters.strata) as file:
                strata = read_rows(file, rows, geometry.band)[inside]
            hidden.add(own, strata != geometry.none, strata != OUTSIDE)
    return {
        "probability_mean": probability.values,
        "probability_max": highest[1:] / CERTAIN,
        "uncertainty_mean": uncertainty.values,
        "slope_mean": slope.values,
        SHARES[geometry.kind if geometry else "layover_shadow"]: hidden.values,
    }


@dataclass(frozen=True)
class GeometryBand:
    """Where a strata file keeps layover and shadow: band number, kind, and label of neither."""

    band: int
    kind: str
    none: int


def geometry_band(rasters: Rasters) -> GeometryBand | None:
    """The band of layover and shadow; None where there is none.

    Raises
    ------
    DataError: the band does not tell its kind and names.
    """
    if rasters.strata is None:
        return None
    with opened(rasters.strata) as file:
        if "geometry" not in file.descriptions:
            return None
        band = file.descriptions.index("geometry") + 1
        tags = file.tags(band)
    names = tags.get("names", "").split(",")
    if tags.get("kind") not in SHARES or "none" not in names:
        raise DataError(
            Fault(
                "does not tell what its labels mean",
                f"{rasters.strata}, band {band} (geometry)",
                f"tags kind ({' or '.join(SHARES)}) and names, with none among them",
                "delete it and let the workflow make it again",
            )
        )
    return GeometryBand(band, tags["kind"], names.index("none"))


def _places(shapes: NDArray[np.object_], grid: Grid) -> Mapping[str, NDArray[np.float64]]:
    """Longitude and latitude of a point within each shape."""
    points = geopandas.GeoSeries(shapely.point_on_surface(shapes), crs=grid.crs).to_crs("EPSG:4326")
    return {
        "longitude": np.asarray(points.x, dtype=np.float64),
        "latitude": np.asarray(points.y, dtype=np.float64),
    }
