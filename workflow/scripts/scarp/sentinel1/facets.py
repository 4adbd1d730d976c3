"""How the radar sees the terrain: illuminated area, layover, shadow, local incidence.

Everything is computed from the DEM as a mesh: the points of a padded north-up grid in space, two
triangles per cell, and the satellite's zero-Doppler position over each point. The three functions
stand apart, so that the mask of a date is computed once for all its bursts.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

NONE, LAYOVER, SHADOW, BOTH = 0, 1, 2, 3  # as SNAP codes them
LEAST_SHARE = 0.05  # of the flat area: SNAP's threshold, below it a pixel is taken for shadow
_DEGENERATE = 1e-8  # radar pixels: a triangle smaller than this falls into one pixel


def illuminated_area(
    line: NDArray[np.float64],
    sample: NDArray[np.float64],
    points: NDArray[np.float64],
    satellite: NDArray[np.float64],
    mask: NDArray[np.uint8],
    shape: tuple[int, int],
) -> NDArray[np.float64]:
    """The terrain area that each radar pixel receives, as seen along the line of sight.

    After Small 2011 (IEEE TGRS 49(8), 3081-3093, doi:10.1109/TGRS.2011.2120616): every triangle of
    the mesh gives its area projected onto the plane perpendicular to the look direction; areas
    that meet in one pixel (layover) add. A triangle that faces away from the radar gives nothing,
    one with vertices in shadow the share of its vertices that are lit.

    A triangle is flat and its radar coordinates are taken as linear on it, so it spreads its area
    evenly over its own image. The part that falls into each pixel is computed exactly, by signed
    coverage along its edges, not by sub-points: no pixel inside the mesh stays empty however the
    terrain is stretched, a uniform surface comes out uniform, and nothing of the area is lost
    within the window. (A triangle that is seen edge-on, with less than 1e-8 radar pixels, falls
    into the pixel of its centre.) A pixel is taken as the box of one line by one sample; SNAP
    spreads each facet bilinearly over two by two pixels instead, which is smoother.

    Pixels at the mesh's border get part of their area only, and terrain off the mesh lays nothing
    over: give a grid that is padded beyond the area of interest.

    Parameters
    ----------
    line, sample: float64 (y, x), of each grid point in the (multilooked) radar window; integers
        are pixel centres. NaN: no height; its triangles give nothing.
    points, satellite: float64 (y, x, 3) metres, ECEF.
    mask: uint8 (y, x) of `layover_shadow`.
    shape: (lines, samples) of the radar window.

    Returns
    -------
    float64 (lines, samples), square metres; 0 where nothing is seen.
    """
    area = np.zeros((shape[0], shape[1] + 1))
    rest = np.zeros(shape)
    _accumulate(
        np.ascontiguousarray(line, np.float64),
        np.ascontiguousarray(sample, np.float64),
        np.ascontiguousarray(points, np.float64),
        np.ascontiguousarray(satellite, np.float64),
        np.ascontiguousarray(mask, np.uint8),
        area,
        rest,
    )
    np.cumsum(area, axis=1, out=area)
    # What is empty is the sum of numbers that cancel but for rounding.
    return np.maximum(area[:, :-1] + rest, 0.0)


def area_ratio(
    area: NDArray[np.float64],
    range_spacing: float,
    azimuth_spacing: float,
    incidence_deg: NDArray[np.float64] | float,
) -> NDArray[np.float32]:
    """Illuminated area over the reference area of beta0: gamma0 = beta0 / ratio.

    On flat ground the ratio is 1 / tan(incidence): a pixel of slant range d and azimuth a covers
    a d / sin(incidence) on the ground, cos(incidence) of which faces the radar.

    Parameters
    ----------
    area: float64 (lines, samples) of `illuminated_area`, square metres.
    range_spacing, azimuth_spacing: of the same, multilooked, pixels; metres in slant range and
        along the track on the ground.
    incidence_deg: on the ellipsoid, degrees; broadcasts with `area`.

    Returns
    -------
    float32 (lines, samples), NaN where the area is at most LEAST_SHARE of that of flat ground.
    """
    ratio = area / (range_spacing * azimuth_spacing)
    flat = 1.0 / np.tan(np.radians(incidence_deg))
    return np.where(ratio > LEAST_SHARE * flat, ratio, np.nan).astype(np.float32)


def layover_shadow(
    line: NDArray[np.float64],
    points: NDArray[np.float64],
    satellite: NDArray[np.float64],
) -> NDArray[np.uint8]:
    """Which grid points lie in layover or shadow.

    The grid is walked away from the radar along lines of equal azimuth time. A point is in shadow
    where a nearer point is seen from the satellite at a larger angle from the vertical. It is in
    layover where a nearer point has a larger slant range, or a farther one a smaller: so both the
    slope that is turned over (active) and the ground before and behind that it falls upon
    (passive). Shadowed points take part in layover. The lines of equal time are taken as straight
    and parallel, interpolated linearly between points.

    Parameters
    ----------
    line: float64 (y, x), azimuth in lines of any origin.
    points, satellite: float64 (y, x, 3) metres, ECEF. NaN: no height.

    Returns
    -------
    uint8 (y, x): 0 none, 1 layover, 2 shadow, 3 both; 0 where there is no height.
    """
    sight = points - satellite
    slant_range = np.sqrt(np.einsum("yxc,yxc->yx", sight, sight))
    # Minus the cosine of the angle from the satellite's vertical: it grows with the angle.
    height = np.sqrt(np.einsum("yxc,yxc->yx", satellite, satellite))
    angle = np.einsum("yxc,yxc->yx", sight, satellite) / (slant_range * height)
    per_row, per_column = _mean_step(line, 0), _mean_step(line, 1)
    turned = abs(per_column) > abs(per_row)
    if turned:  # near the poles the track runs along the rows
        slant_range, angle = slant_range.T, angle.T
        per_row, per_column = per_column, per_row
    flipped = _mean_step(slant_range, 1) < 0
    if flipped:
        slant_range, angle = slant_range[:, ::-1], angle[:, ::-1]
        per_column = -per_column
    shift = -per_column / per_row if per_row else 0.0
    mask = _walk(np.ascontiguousarray(slant_range), np.ascontiguousarray(angle), shift)
    if flipped:
        mask = mask[:, ::-1]
    return np.ascontiguousarray(mask.T if turned else mask)


def local_incidence(
    points: NDArray[np.float64], satellite: NDArray[np.float64]
) -> NDArray[np.float32]:
    """The angle between the terrain's normal and the direction to the satellite.

    The normal is that of the central differences (one-sided at the border).

    Parameters
    ----------
    points, satellite: float64 (y, x, 3) metres, ECEF, of a north-up grid of 2 x 2 points at least.

    Returns
    -------
    float32 (y, x) degrees, 0 to 180 (above 90 the slope faces away); NaN where a height it needs
    is missing.
    """
    angle: NDArray[np.float32] = _local_incidence(
        np.ascontiguousarray(points, np.float64), np.ascontiguousarray(satellite, np.float64)
    )
    return angle


def _mean_step(values: NDArray[np.float64], axis: int) -> float:
    step = np.diff(values, axis=axis)
    return float(np.nanmean(step)) if np.isfinite(step).any() else 0.0


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _accumulate(
    line: Any, sample: Any, points: Any, satellite: Any, mask: Any, area: Any, rest: Any
) -> None:
    """Add every triangle to `area`, along edges, each edge once for the two triangles it parts.

    A cell has the corners a b over c d; its triangles are a-b-c and b-d-c.
    """
    height, width = line.shape
    above = np.zeros(width - 1)  # of the lower triangle in the row of cells above
    for i in range(height - 1):
        before = 0.0  # of the lower triangle in the cell to the left
        for j in range(width - 1):
            upper = _density(line, sample, points, satellite, mask, rest, i, j, 0)
            lower = _density(line, sample, points, satellite, mask, rest, i, j, 1)
            ya, xa = line[i, j] + 0.5, sample[i, j] + 0.5
            yb, xb = line[i, j + 1] + 0.5, sample[i, j + 1] + 0.5
            yc, xc = line[i + 1, j] + 0.5, sample[i + 1, j] + 0.5
            if upper != above[j]:
                _edge(area, xa, ya, xb, yb, above[j] - upper)
            if upper != lower:
                _edge(area, xb, yb, xc, yc, lower - upper)
            if upper != before:
                _edge(area, xa, ya, xc, yc, upper - before)
            above[j] = lower
            before = lower
        if before != 0.0:
            j = width - 1
            _edge(
                area,
                sample[i, j] + 0.5,
                line[i, j] + 0.5,
                sample[i + 1, j] + 0.5,
                line[i + 1, j] + 0.5,
                -before,
            )
    i = height - 1
    for j in range(width - 1):
        if above[j] != 0.0:
            _edge(
                area,
                sample[i, j] + 0.5,
                line[i, j] + 0.5,
                sample[i, j + 1] + 0.5,
                line[i, j + 1] + 0.5,
                above[j],
            )


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)  # type: ignore[untyped-decorator]
def _density(
    line: Any,
    sample: Any,
    points: Any,
    satellite: Any,
    mask: Any,
    rest: Any,
    i: int,
    j: int,
    k: int,
) -> float:
    """Seen area per radar pixel of triangle k (0 or 1) of cell (i, j).

    Negative where the image is turned over (layover), so that the signed cover of its edges times
    this is positive. What has no image to speak of goes to `rest` at once.
    """
    if k == 0:
        i0, j0, i1, j1 = i, j, i, j + 1
    else:
        i0, j0, i1, j1 = i, j + 1, i + 1, j + 1
    i2, j2 = i + 1, j
    x0, y0 = sample[i0, j0], line[i0, j0]
    x1, y1 = sample[i1, j1], line[i1, j1]
    x2, y2 = sample[i2, j2], line[i2, j2]
    image = 0.5 * ((x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0))
    if math.isnan(image):
        return 0.0
    dark = (mask[i0, j0] >> 1) + (mask[i1, j1] >> 1) + (mask[i2, j2] >> 1)
    px, py, pz = points[i0, j0, 0], points[i0, j0, 1], points[i0, j0, 2]
    ux, uy, uz = satellite[i0, j0, 0] - px, satellite[i0, j0, 1] - py, satellite[i0, j0, 2] - pz
    ax, ay, az = points[i1, j1, 0] - px, points[i1, j1, 1] - py, points[i1, j1, 2] - pz
    bx, by, bz = points[i2, j2, 0] - px, points[i2, j2, 1] - py, points[i2, j2, 2] - pz
    # Columns run east and rows south: this product points into the ground.
    down = ux * (ay * bz - az * by) + uy * (az * bx - ax * bz) + uz * (ax * by - ay * bx)
    if not down < 0.0:
        return 0.0
    seen = -0.5 * down / math.sqrt(ux * ux + uy * uy + uz * uz) * (3 - dark) / 3.0
    if abs(image) < _DEGENERATE:
        row = math.floor((y0 + y1 + y2) / 3.0 + 0.5)
        column = math.floor((x0 + x1 + x2) / 3.0 + 0.5)
        if 0 <= row < rest.shape[0] and 0 <= column < rest.shape[1]:
            rest[row, column] += seen
        return 0.0
    return float(seen / image)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)  # type: ignore[untyped-decorator]
def _edge(area: Any, x0: float, y0: float, x1: float, y1: float, weight: float) -> None:
    """Add the height of an edge, weighted, to `area`, whose rows are then summed up from the left.

    Here pixel n reaches from n to n + 1. The cell that the edge passes gets the share of the cell
    that lies right of the edge, the next one the rest, so that the running sum holds the cover of
    everything right of the edge. Downwards counts positive. (The accumulation buffer of font
    rasterisers.)
    """
    lines, samples = area.shape[0], area.shape[1] - 1
    if y1 < y0:
        x0, y0, x1, y1 = x1, y1, x0, y0
        weight = -weight
    if y1 <= 0.0 or y0 >= lines or y0 == y1 or (x0 >= samples and x1 >= samples):
        return
    slope = (x1 - x0) / (y1 - y0)
    if y0 < 0.0:
        x0, y0 = x0 - slope * y0, 0.0
    y1 = min(y1, float(lines))
    row = int(y0)
    while y0 < y1:
        bottom = min(y1, row + 1.0)
        xb = x0 + slope * (bottom - y0)
        dy = weight * (bottom - y0)
        left, right = min(x0, xb), max(x0, xb)
        column = math.floor(left)
        if right <= 0.0:
            area[row, 0] += dy
        elif right <= column + 1.0:
            if column < samples:
                share = 0.5 * (left + right) - column
                area[row, column] += dy * (1.0 - share)
                area[row, column + 1] += dy * share
        else:
            per_sample = dy / (right - left)
            if left < 0.0:
                area[row, 0] -= per_sample * left
                left, column = 0.0, 0
            while left < right and column < samples:
                end = min(right, column + 1.0)
                part = per_sample * (end - left)
                share = 0.5 * (left + end) - column
                area[row, column] += part * (1.0 - share)
                area[row, column + 1] += part * share
                left = end
                column += 1
        x0, y0 = xb, bottom
        row += 1


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _walk(slant_range: Any, angle: Any, shift: float) -> Any:
    """The mask of a grid whose columns run away from the radar.

    A path of equal azimuth time keeps its number k and crosses column j at row k + shift j.
    """
    height, width = slant_range.shape
    first = math.floor(min(0.0, -shift * (width - 1)))
    count = height + math.ceil(abs(shift) * (width - 1)) + 2
    mask = np.zeros((height, width), np.uint8)
    far = np.full(count, -1e30)
    high = np.full(count, -1e30)
    for j in range(width):
        _compare(slant_range, far, mask, j, shift, first, 1, 1.0)
        _compare(angle, high, mask, j, shift, first, 2, 1.0)
    far[:] = -1e30
    for j in range(width - 1, -1, -1):
        _compare(slant_range, far, mask, j, shift, first, 1, -1.0)
    return mask


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)  # type: ignore[untyped-decorator]
def _compare(
    values: Any, greatest: Any, mask: Any, j: int, shift: float, first: int, code: int, sign: float
) -> None:
    """Mark what lies in column j below the greatest value so far; bring that up to date."""
    height = values.shape[0]
    start = -shift * j - first
    k = math.floor(start)
    part = start - k
    for i in range(height):
        if sign * values[i, j] < (1.0 - part) * greatest[k + i] + part * greatest[k + i + 1]:
            mask[i, j] |= code
    # Path k + i + 1 lies `1 - part` of a row below row i.
    for i in range(height):
        if part == 0.0:
            value, path = sign * values[i, j], k + i
        elif i + 1 < height:
            value = sign * (part * values[i, j] + (1.0 - part) * values[i + 1, j])
            path = k + i + 1
        else:
            break
        if value > greatest[path]:
            greatest[path] = value


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _local_incidence(points: Any, satellite: Any) -> Any:
    height, width = points.shape[:2]
    angle = np.empty((height, width), np.float32)
    for i in range(height):
        north, south = max(i - 1, 0), min(i + 1, height - 1)
        for j in range(width):
            west, east = max(j - 1, 0), min(j + 1, width - 1)
            ax = points[i, east, 0] - points[i, west, 0]
            ay = points[i, east, 1] - points[i, west, 1]
            az = points[i, east, 2] - points[i, west, 2]
            bx = points[north, j, 0] - points[south, j, 0]
            by = points[north, j, 1] - points[south, j, 1]
            bz = points[north, j, 2] - points[south, j, 2]
            nx, ny, nz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
            ux = satellite[i, j, 0] - points[i, j, 0]
            uy = satellite[i, j, 1] - points[i, j, 1]
            uz = satellite[i, j, 2] - points[i, j, 2]
            size = math.sqrt((nx * nx + ny * ny + nz * nz) * (ux * ux + uy * uy + uz * uz))
            cosine = (nx * ux + ny * uy + nz * uz) / size
            if math.isnan(cosine):  # which min and max would let through as a number
                angle[i, j] = np.nan
            else:
                angle[i, j] = math.degrees(math.acos(min(1.0, max(-1.0, cosine))))
    return angle
