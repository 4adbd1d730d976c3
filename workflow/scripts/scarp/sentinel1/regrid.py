"""From radar geometry to the event's grid, and heights the other way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray


def to_grid(
    values: NDArray[np.float32], line: NDArray[np.float64], sample: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Interpolate radar layers bilinearly at the points of a grid.

    Parameters
    ----------
    values: float32 (line, sample), or (band, line, sample). NaN: nodata.
    line, sample: float64 (y, x), where each grid point lies in this very array: pixel centres are
        integers. NaN: nowhere.

    Returns
    -------
    float32 (y, x) or (band, y, x). NaN outside the outermost pixel centres, and in a band where
    one of the pixels that carry weight is NaN: of four, two on a line or column of centres, one at
    a centre. The nodata area thus grows by less than one pixel, and no value rests on a part of its
    neighbours.
    """
    bands = np.ascontiguousarray(values, np.float32).reshape(-1, *values.shape[-2:])
    out = np.empty((len(bands), *line.shape), np.float32)
    _bilinear(
        bands,
        np.ascontiguousarray(line, np.float64),
        np.ascontiguousarray(sample, np.float64),
        out,
    )
    return out[0] if values.ndim == 2 else out


def edge_distance(
    line: NDArray[np.float64],
    sample: NDArray[np.float64],
    first: NDArray[np.int32],
    last: NDArray[np.int32],
) -> NDArray[np.float32]:
    """How far grid points lie inside the valid pixels of a burst.

    Parameters
    ----------
    line, sample: float64 (y, x) in the burst's full-resolution pixels; NaN: nowhere.
    first, last: int32 (lines,), the first and last valid sample of each line, -1 where a line has
        none.

    Returns
    -------
    float32 (y, x): pixels to the nearest of the first valid line, the last valid line, and the
    first and last valid samples on the two lines beside the point (lines and samples count alike);
    minus infinity outside. At 0 and above, bilinear interpolation has valid pixels only.
    """
    valid = np.flatnonzero((first >= 0) & (last >= 0))
    if not valid.size:
        return np.full(line.shape, -np.inf, np.float32)
    top, bottom = int(valid[0]), int(valid[-1])
    with np.errstate(invalid="ignore"):
        above = np.clip(np.nan_to_num(np.floor(line)), top, bottom).astype(np.intp)
    below = np.minimum(above + 1, bottom)
    # A line without valid samples among valid ones leaves nothing to stand on.
    start = np.where(first < 0, np.iinfo(np.int32).max, first).astype(np.float64)
    end = np.where(first < 0, -1, last).astype(np.float64)
    distance = np.minimum(line - top, bottom - line)
    distance = np.minimum(distance, sample - np.maximum(start[above], start[below]))
    distance = np.minimum(distance, np.minimum(end[above], end[below]) - sample)
    return np.where(distance >= 0, distance, -np.inf).astype(np.float32)


def merge(
    layers: Sequence[NDArray[np.float32]], distances: Sequence[NDArray[np.float32]]
) -> NDArray[np.float32]:
    """Take every grid point from the burst in which it lies farthest from the edge.

    Parameters
    ----------
    layers: per burst float32 (y, x) or (band, y, x), all of one shape.
    distances: per burst float32 (y, x) of `edge_distance`. Of equal distances the first wins.

    Returns
    -------
    float32 of the shape of a layer. What the chosen burst has as NaN (shadow, say) stays NaN, so
    that no two bursts meet along its outline; NaN too where no burst covers the point.

    Raises
    ------
    ValueError: no layer, or not as many distances as layers.
    """
    merged = np.full_like(layers[0], np.nan) if layers else None
    if merged is None or len(layers) != len(distances):
        raise ValueError(f"{len(layers)} layers and {len(distances)} distances cannot be merged")
    farthest = np.full(distances[0].shape, -np.inf, np.float32)
    for layer, distance in zip(layers, distances, strict=True):
        better = distance > farthest
        farthest[better] = distance[better]
        np.copyto(merged, layer, where=better)
    return merged


def heights_on_radar_grid(
    line: NDArray[np.float64],
    sample: NDArray[np.float64],
    heights: NDArray[np.float64],
    shape: tuple[int, int],
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The terrain height that each radar pixel sees.

    The grid's cells are drawn as two triangles each, with the height linear on them. The image of
    the mesh has no gaps, whatever the terrain, so that the grid needs no oversampling. Where parts
    of the terrain fall upon each other (layover) the highest one wins.

    Parameters
    ----------
    line, sample: float64 (y, x), where each grid point lies in the radar window; pixel centres are
        integers. NaN: nowhere.
    heights: float64 (y, x) metres; NaN: void.
    shape: (lines, samples) of the radar window.

    Returns
    -------
    float32 (lines, samples) metres, and where they are filled in: pixels beyond the grid or over a
    void have the height of the nearest pixel that has one. NaN throughout if none has.
    """
    from scipy.ndimage import distance_transform_edt

    seen = np.full(shape, np.nan, np.float32)
    _draw(
        np.ascontiguousarray(line, np.float64),
        np.ascontiguousarray(sample, np.float64),
        np.ascontiguousarray(heights, np.float64),
        seen,
    )
    gaps = np.isnan(seen)
    if gaps.any() and not gaps.all():
        nearest = distance_transform_edt(gaps, return_distances=False, return_indices=True)
        seen = seen[tuple(nearest)]
    return seen, gaps


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _bilinear(bands: Any, line: Any, sample: Any, out: Any) -> None:
    count, lines, samples = bands.shape
    for i in range(line.shape[0]):
        for j in range(line.shape[1]):
            y, x = line[i, j], sample[i, j]
            if not (0.0 <= y <= lines - 1 and 0.0 <= x <= samples - 1):
                for b in range(count):
                    out[b, i, j] = np.nan
                continue
            row, column = int(y), int(x)
            v, u = y - row, x - column
            # On a centre the next pixel has no weight and may be missing.
            row_ = row + 1 if v > 0.0 else row
            column_ = column + 1 if u > 0.0 else column
            for b in range(count):
                top = (1.0 - u) * bands[b, row, column] + u * bands[b, row, column_]
                bottom = (1.0 - u) * bands[b, row_, column] + u * bands[b, row_, column_]
                out[b, i, j] = (1.0 - v) * top + v * bottom


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _draw(line: Any, sample: Any, heights: Any, seen: Any) -> None:
    for i in range(line.shape[0] - 1):
        for j in range(line.shape[1] - 1):
            for k in range(2):
                # The triangles a-b-c and b-d-c of the cell with corners a b over c d.
                i0, j0, i1, j1 = (i, j, i, j + 1) if k == 0 else (i, j + 1, i + 1, j + 1)
                _draw_triangle(
                    line[i0, j0],
                    sample[i0, j0],
                    heights[i0, j0],
                    line[i1, j1],
                    sample[i1, j1],
                    heights[i1, j1],
                    line[i + 1, j],
                    sample[i + 1, j],
                    heights[i + 1, j],
                    seen,
                )


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)  # type: ignore[untyped-decorator]
def _draw_triangle(
    y0: float,
    x0: float,
    h0: float,
    y1: float,
    x1: float,
    h1: float,
    y2: float,
    x2: float,
    h2: float,
    seen: Any,
) -> None:
    """Raise the pixels whose centres lie in a triangle to its height there."""
    twice = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
    if not (twice != 0.0 and math.isfinite(twice + h0 + h1 + h2)):
        return
    lines, samples = seen.shape
    top = max(math.ceil(min(y0, y1, y2)), 0)
    bottom = min(math.floor(max(y0, y1, y2)), lines - 1)
    left = max(math.ceil(min(x0, x1, x2)), 0)
    right = min(math.floor(max(x0, x1, x2)), samples - 1)
    slack = -1e-9  # so that a centre on the edge between two triangles falls through neither
    for row in range(top, bottom + 1):
        for column in range(left, right + 1):
            w1 = ((column - x0) * (y2 - y0) - (x2 - x0) * (row - y0)) / twice
            w2 = ((x1 - x0) * (row - y0) - (column - x0) * (y1 - y0)) / twice
            if w1 >= slack and w2 >= slack and 1.0 - w1 - w2 >= slack:
                height = h0 + w1 * (h1 - h0) + w2 * (h2 - h0)
                if not seen[row, column] >= height:
                    seen[row, column] = height
