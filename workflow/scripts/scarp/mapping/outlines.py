"""Outlines of labelled pixels as valid polygons, along the edges of pixels or simplified.

A staircase of pixels hardly gets simpler by Douglas and Peucker (1973, Cartographica 10(2)) alone,
and where it does its area changes by several per cent. Therefore

1. corners are cut at the middles of the pixels' sides, which moves an outline by 0.35 pixel at most
   and makes straight diagonals of staircases;
2. Douglas and Peucker take out what lies within the tolerance of the rest;
3. the outline is grown or shrunk, by a metre or so, until it has the area of its pixels.

A shape keeps the edges of its pixels where the result is not valid, has another area by more than
1 %, or reaches into a neighbour; also where it has so many points that it is noise and no
landslide.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio import Affine, features

from scarp.grid import Grid

#: Relative difference of area that a simplified outline may have.
AREA_TOLERANCE = 0.01
#: Points of the largest shape that is simplified: 50 km of outline or more. The time grows with
#: their square.
MOST_POINTS = 5_000
#: Times that the offset which gives back the area is corrected at most.
_CORRECTIONS = 4
#: Relative difference of area that is corrected no more.
_CLOSE = 1e-3


def outlines(labels: NDArray[np.int32], number: int, grid: Grid) -> NDArray[np.object_]:
    """Outlines of labels 1 to `number` along the edges of pixels.

    Parameters
    ----------
    labels: (height, width) int32, 0 for none.

    Returns
    -------
    (number,) valid MultiPolygons in the grid's CRS, label 1 first. Pixels that touch at a corner
    alone are parts that touch there: one polygon of them would not be valid.
    """
    owners: list[int] = []
    rings: list[int] = []  # of each part
    points: list[int] = []  # of each ring
    corners: list[tuple[float, float]] = []
    for shape, label in features.shapes(
        labels, mask=labels > 0, connectivity=4, transform=Affine(*grid.transform)
    ):
        owners.append(int(label) - 1)
        rings.append(len(shape["coordinates"]))
        for ring in shape["coordinates"]:
            points.append(len(ring))
            corners += ring
    joined = np.full(number, None, dtype=np.object_)
    if owners:
        # All at once: one by one takes four times as long.
        parts = shapely.from_ragged_array(
            shapely.GeometryType.POLYGON,
            np.array(corners, dtype=np.float64),
            (_starts(points), _starts(rings)),
        )
        order = np.argsort(owners, kind="stable")
        shapely.multipolygons(parts[order], indices=np.array(owners)[order], out=joined)
    return joined


def _starts(lengths: Sequence[int]) -> NDArray[np.int64]:
    """Where pieces of these lengths begin, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def simplified(
    shapes: NDArray[np.object_], tolerance: float, resolution: float
) -> NDArray[np.object_]:
    """Outlines with fewer points and, within 1 %, the same area; see the module.

    Parameters
    ----------
    shapes: (shape,) MultiPolygons along the edges of pixels; no two overlap.
    tolerance: metres; 0 returns the shapes as they are.
    resolution: side of a pixel in metres.

    Returns
    -------
    (shape,) valid MultiPolygons, no two of which overlap.
    """
    if tolerance <= 0 or not len(shapes):
        return shapes
    few = shapely.get_num_coordinates(shapes) <= MOST_POINTS
    made = shapes.copy()
    made[few] = _simpler(shapes[few], tolerance, resolution)
    return _apart(made, shapes)


def _simpler(
    shapes: NDArray[np.object_], tolerance: float, resolution: float
) -> NDArray[np.object_]:
    """Each shape simplified by itself, or as it is where that fails."""
    area = shapely.area(shapes)
    thinned = shapely.simplify(_cut_corners(shapes, resolution), tolerance, preserve_topology=True)
    made = _multi(_with_area(thinned, area))
    good = shapely.is_valid(made) & (np.abs(shapely.area(made) / area - 1) <= AREA_TOLERANCE)
    return np.where(good, made, shapes)


def _cut_corners(shapes: NDArray[np.object_], resolution: float) -> NDArray[np.object_]:
    """Shapes whose points are the middles of the pixels' sides."""
    stepped = shapely.segmentize(shapes, resolution * 1.001)
    corners = shapely.get_coordinates(stepped)
    last = np.cumsum(shapely.get_num_coordinates(shapely.get_rings(shapely.get_parts(stepped)))) - 1
    first = np.concatenate([[0], last + 1])[:-1]
    middles = corners.copy()
    middles[:-1] = (corners[:-1] + corners[1:]) / 2
    middles[last] = middles[first]
    moved: NDArray[np.object_] = shapely.set_coordinates(stepped, middles)
    return moved


def _with_area(shapes: NDArray[np.object_], area: NDArray[np.float64]) -> NDArray[np.object_]:
    """Shapes grown or shrunk to these areas."""
    offset = np.zeros(len(shapes), dtype=np.float64)
    made = shapes.copy()
    for _ in range(_CORRECTIONS):
        lacking = area - shapely.area(made)
        far = np.abs(lacking) > _CLOSE * area
        offset[far] += lacking[far] / np.maximum(shapely.length(made[far]), 1e-9)
        made[far] = shapely.buffer(shapes[far], offset[far], join_style="mitre", mitre_limit=2.0)
    return made


def _apart(made: NDArray[np.object_], shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """`made`, with the shapes themselves where two would overlap."""
    own = np.zeros(len(made), dtype=np.bool_)
    while True:
        one, other = shapely.STRtree(made).query(made)
        points = shapely.get_num_coordinates(made)
        # Each pair once, the larger first: prepared, it answers without going along its outline.
        pairs = (points[one] > points[other]) | ((points[one] == points[other]) & (one < other))
        one, other = one[pairs], other[pairs]
        shapely.prepare(made)
        meet = shapely.intersects(made[one], made[other])
        overlap = np.unique(np.concatenate([one[meet], other[meet]]))
        overlap = overlap[~own[overlap]]
        if not len(overlap):
            return made
        own[overlap] = True
        made = np.where(own, shapes, made)


def _multi(shapes: Sequence[Any] | NDArray[np.object_]) -> NDArray[np.object_]:
    """Every shape as a MultiPolygon."""
    parts, owners = shapely.get_parts(shapes, return_index=True)
    joined = np.full(len(shapes), None, dtype=np.object_)
    if len(parts):
        shapely.multipolygons(parts, indices=owners, out=joined)
    empty = shapely.is_missing(joined)
    joined[empty] = shapely.from_wkt("MULTIPOLYGON EMPTY")
    return joined
