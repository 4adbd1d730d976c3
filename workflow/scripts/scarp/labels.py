"""Landslide polygons on an event's grid: the product labels.tif."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.features import rasterize

from scarp.acquire.landslides import read_landslides
from scarp.acquire.polygons import Polygons, geodesic_km2, read_polygons
from scarp.channels import MASK
from scarp.errors import DataError, Fault
from scarp.grid import Grid
from scarp.product_write import write_product

_LOG = logging.getLogger("scarp")
_UNKNOWN = 255
#: Metres between points of the grid's edge: in degrees it is bent.
_STEP = 500.0
_BAND = MASK.removeprefix("None_")


def make_labels(
    polygons_path: str | Path,
    grid: Grid,
    path: str | Path,
    event: str,
    event_date: str,
    mapped_area: str | Path | None = None,
) -> None:
    """Rasterise the landslides of an event.

    A pixel is landslide where its middle lies inside a polygon, whatever part of it is covered.
    What becomes of a middle that lies exactly on an edge is not defined.

    Parameters
    ----------
    polygons_path, event, event_date: see `scarp.acquire.landslides.read_landslides`.
    grid: the event's, with a projected CRS in metres.
    path: gets one band, uint8: 1 landslide, 0 none, 255 unknown.
    mapped_area: vector file of the ground that was searched for landslides; all else is unknown,
        also where polygons lie. None: the whole grid was.

    Raises
    ------
    DataError: a file is not what it should be (see `read_landslides`, `read_polygons`); no polygon
        lies on the grid or holds the middle of a pixel; nothing of the grid was mapped.
    """
    polygons = read_landslides(polygons_path, event, event_date)
    outline = _outline(grid)
    there = _within(polygons, outline)
    shapes = list(there.to_crs(grid.crs))
    numbers = _burnt(shapes, grid, range(1, len(shapes) + 1))
    mask = (numbers > 0).astype(np.uint8)
    _refuse_nothing(mask, shapes, grid, polygons.path)
    _tell_lost(shapes, numbers, grid, polygons.path)
    ground = geodesic_km2(shapely.union_all(there.to_numpy()).intersection(outline))
    burnt = float(mask.sum()) * grid.resolution**2 / 1e6
    _LOG.info(
        "%s: %d polygons in the area, %.4f km2; %d pixels, %.4f km2 (%+.1f %%)",
        polygons.path,
        len(shapes),
        ground,
        mask.sum(),
        burnt,
        100 * (burnt / ground - 1),
    )
    if mapped_area is not None:
        mapped = read_polygons(mapped_area)
        known = _burnt(list(mapped.shapes.to_crs(grid.crs)), grid) > 0
        _refuse_unmapped(known, mask, mapped.path)
        mask[~known] = _UNKNOWN
    tags: dict[str, str | int | float] = {
        "event": event,
        "inventory": polygons.path.name,
        "polygons": len(shapes),
        "rule": "the middle of a pixel lies inside a polygon",
        **({"simulated": "true"} if polygons.simulated else {}),
    }
    write_product(path, grid, {_BAND: mask}, {_BAND: "1"}, tags)


def _within(polygons: Polygons, outline: Any) -> Any:
    """The polygons that lie in the event's area at least in part, as GeoSeries in degrees."""
    shapes = polygons.shapes
    touching, within = shapes.intersects(outline), shapes.within(outline)
    if not touching.any():
        west, south, east, north = shapes.total_bounds
        is_turned = shapely.box(south, west, north, east).intersects(outline)
        raise DataError(
            Fault(
                f"no polygon lies in the event's area: they reach from {west:.4f} to {east:.4f}"
                f" degrees east and {south:.4f} to {north:.4f} degrees north",
                str(polygons.path),
                "polygons within {:.4f},{:.4f},{:.4f},{:.4f}".format(*outline.bounds),
                "longitude has to come before latitude"
                if is_turned
                else "correct the area of the event (column aoi), or give its own polygons",
            )
        )
    for number, what in (
        ((~touching).sum(), "lie outside of the event's area and are left out"),
        ((touching & ~within).sum(), "lie on its edge and are cut"),
    ):
        if number:
            _LOG.warning("%s: %d of %d polygons %s", polygons.path, number, len(shapes), what)
    return shapes[touching]


def _burnt(shapes: list[Any], grid: Grid, values: Sequence[int] = ()) -> NDArray[np.int32]:
    """The value of the shape that holds the middle of a pixel, 1 unless given; 0: none does."""
    burnt: NDArray[np.int32] = rasterize(
        zip(shapes, values or [1] * len(shapes), strict=True),
        out_shape=(grid.height, grid.width),
        transform=rasterio.Affine(*grid.transform),
        all_touched=False,
        dtype="int32",
    )
    return burnt


def _refuse_nothing(mask: NDArray[np.uint8], shapes: list[Any], grid: Grid, path: Path) -> None:
    if not mask.any():
        raise DataError(
            Fault(
                f"none of the {len(shapes)} polygons in the area holds the middle of a pixel",
                str(path),
                f"polygons of some pixels of {grid.resolution:g} m",
                "give outlines rather than marks of landslides",
            )
        )


def _tell_lost(shapes: list[Any], numbers: NDArray[np.int32], grid: Grid, path: Path) -> None:
    """Warn of polygons that are too small to hold the middle of a pixel."""
    seen = set(np.unique(numbers).tolist())
    # Some of those that do not show lie beneath another polygon: each is looked at alone.
    hidden = [shape for number, shape in enumerate(shapes, 1) if number not in seen]
    lost = [shape for shape in hidden if not _burnt([shape], _around(shape, grid)).any()]
    if lost:
        _LOG.warning(
            "%s: %d of %d polygons hold no middle of a pixel and leave none (largest %.0f m2)",
            path,
            len(lost),
            len(shapes),
            max(shape.area for shape in lost),
        )


def _refuse_unmapped(known: NDArray[np.bool_], mask: NDArray[np.uint8], path: Path) -> None:
    if not known.any():
        raise DataError(
            Fault(
                "covers nothing of the event's area",
                str(path),
                cure="give the outline of the ground that was searched, or leave it out",
            )
        )
    beyond = int(mask[~known].sum())
    if beyond:
        _LOG.warning(
            "%s: %d pixels of landslides lie outside of it and are unknown too", path, beyond
        )
    _LOG.info("%s: %.1f %% of the area were mapped", path, 100 * known.mean())


def _outline(grid: Grid) -> Any:
    """The edge of the grid as a polygon in degrees."""
    bottom = grid.top - grid.height * grid.resolution
    right = grid.left + grid.width * grid.resolution
    edge = shapely.segmentize(shapely.box(grid.left, bottom, right, grid.top), _STEP)
    to_degrees = Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True)
    return shapely.transform(edge, lambda xy: np.column_stack(to_degrees.transform(*xy.T)))


def _around(shape: Any, grid: Grid) -> Grid:
    """The part of the grid that holds a shape, as far as it lies on it."""
    left, bottom, right, top = shape.bounds
    rows = (grid.top - np.array([top, bottom])) / grid.resolution
    columns = (np.array([left, right]) - grid.left) / grid.resolution
    (r0, r1), (c0, c1) = (
        (min(max(int(np.floor(ends[0])), 0), size - 1), min(int(np.ceil(ends[1])), size))
        for ends, size in ((rows, grid.height), (columns, grid.width))
    )
    return grid.part(slice(r0, max(r1, r0 + 1)), slice(c0, max(c1, c0 + 1)))
