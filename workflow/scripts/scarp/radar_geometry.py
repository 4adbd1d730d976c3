"""Where layover and radar shadow are certain, possible or absent, from elevation alone.

For events whose scenes are not at hand: of the pass only its direction is known, so the incidence
angle lies anywhere in the swath and the heading in a range (`scarp.look_direction`). What comes
out is approximate: the ground is flat below the terrain, rays are parallel (over 3 km of ground
the incidence angle changes by 0.2 degree), and the terrain is what the elevation model shows of it.

In the vertical plane along the look direction let a point lie at the ground distance d away from
the radar and the height h. Seen at the incidence angle theta its slant range is, but for a
constant, d sin(theta) - h cos(theta); across the line of sight it lies at
d cos(theta) + h sin(theta). Hence (Kropatsch and Strobl 1990, IEEE TGRS 28(1), 98-107,
doi:10.1109/36.45752, who find both in the elevation model's own geometry; in the map domain with a
constant bearing to the satellite: Pairman and McNeill 1997, IGARSS):

- a point lies in layover where a farther point has a smaller slant range, or a nearer one a
  greater: where some chord from it along the look direction climbs away from the radar by more
  than tan(theta) per metre. To the next pixel this is the slope that faces the radar more steeply
  than the incidence angle (active layover); farther along, the ground before and behind that it
  falls upon (passive).
- a point lies in shadow where a nearer point lies farther across the line of sight: where some
  chord from it towards the radar climbs by more than 1 / tan(theta) per metre. To the next pixel
  this is the slope that faces away by more than 90 degrees minus the incidence angle; farther
  along, the ground behind it that its shadow is cast on.

The steepest chords do not depend on theta. So layover only vanishes and shadow only appears as
theta grows: each is certain or possible over a range of incidence by one of its ends, and where
layover ends only after shadow has begun, there is one or the other at every angle.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from scarp.acquire.sentinel1.ground import FAR, NEAR

NONE, POSSIBLE, CERTAIN, UNKNOWN = 0, 1, 2, 255


def layover_or_shadow(
    elevation: NDArray[np.float32],
    resolution: float,
    headings: Sequence[float],
    incidence: tuple[float, float] = (NEAR, FAR),
) -> NDArray[np.uint8]:
    """Where Sentinel-1, which looks right, sees layover or shadow.

    Terrain beyond the grid and voids lay nothing over and cast no shadow: near the grid's edge
    NONE may be wrong, CERTAIN is not.

    Parameters
    ----------
    elevation: (h, w) float32, metres, row 0 in the north, NaN where void.
    resolution: side of a pixel, metres.
    headings: in which the satellite may have flown, degrees clockwise from the grid's north.
    incidence: smallest and greatest angle of incidence, degrees; those of the IW swath by default.

    Returns
    -------
    (h, w) uint8: CERTAIN where every heading with every incidence angle of the range gives layover
    or shadow, POSSIBLE where some does, NONE where none does, UNKNOWN where there is no elevation.

    Raises
    ------
    ValueError: no heading; or the range of incidence is not within 0 to 90 degrees, low to high.
    """
    low, high = incidence
    if not headings or not 0 < low <= high < 90:
        raise ValueError(f"no layover or shadow at headings {headings}, incidence {incidence}")
    near, far = math.tan(math.radians(low)), math.tan(math.radians(high))
    always = np.ones(elevation.shape, dtype=np.bool_)
    ever = np.zeros(elevation.shape, dtype=np.bool_)
    for heading in headings:
        away, towards = steepest_chords(elevation, resolution, heading, near, 1 / far)
        # Comparisons with NaN are false: a void is neither.
        always &= (away > far) | (towards > 1 / near) | (away * towards > 1)
        ever |= (away > near) | (towards > 1 / far)
    found = np.where(always, CERTAIN, np.where(ever, POSSIBLE, NONE))
    return np.where(np.isnan(elevation), UNKNOWN, found).astype(np.uint8)


def steepest_chords(
    elevation: NDArray[np.float32],
    resolution: float,
    heading: float,
    least_away: float = 0.0,
    least_towards: float = 0.0,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The steepest chords of each pixel in the vertical plane of the look direction.

    Along the line of sight heights are interpolated linearly where it crosses columns (rows, where
    it runs nearer to north and south).

    Parameters
    ----------
    elevation, resolution: see `layover_or_shadow`.
    heading: of the satellite, degrees clockwise from the grid's north.
    least_away, least_towards: gradients below which it does not matter what the steepest is; the
        greater, the sooner a search ends.

    Returns
    -------
    away: (h, w) float32, metres per metre, how steeply the steepest chord through a pixel climbs
        away from the radar, whichever of its ends the pixel is: the tangent of the incidence angle
        below which there is layover.
    towards: likewise of the steepest that climbs from the pixel towards the radar: the cotangent
        of the incidence angle above which there is shadow.
    0 or more; what is not above the least may be too small. NaN where there is no elevation.
    """
    look = math.radians(heading + 90)
    down, right = -math.cos(look), math.sin(look)  # along rows and columns
    surface = elevation
    turned = abs(down) > abs(right)
    if turned:
        surface, down, right = surface.T, right, down
    flipped = right < 0
    if flipped:
        surface = surface[:, ::-1]
    heights = np.ascontiguousarray(surface, dtype=np.float32)
    # Rounded, lest a line along the first row lie off the surface by the last digit.
    shift = round(down / abs(right), 12)
    away, towards = _steepest(heights, resolution / abs(right), shift, least_away, least_towards)
    if flipped:
        away, towards = away[:, ::-1], towards[:, ::-1]
    return (away.T, towards.T) if turned else (away, towards)


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _steepest(
    heights: Any, step: float, shift: float, least_away: float, least_towards: float
) -> Any:
    """Of a surface whose columns run away from the radar.

    A line of sight crosses the next column `shift` rows lower, `step` metres farther.
    """
    height, width = heights.shape
    top, bottom = np.float32(-np.inf), np.float32(np.inf)
    for i in range(height):
        for j in range(width):
            if heights[i, j] > top:
                top = heights[i, j]
            if heights[i, j] < bottom:
                bottom = heights[i, j]
    away = np.full((height, width), np.nan, np.float32)
    towards = np.full((height, width), np.nan, np.float32)
    for i in range(height):
        for j in range(width):
            own = heights[i, j]
            if math.isnan(own):
                continue
            rise, horizon = 0.0, 0.0
            for k in range(1, width - j):
                distance = k * step
                if top - own <= distance * max(rise, least_away):
                    break  # not even the highest point would be steeper
                other = _crossing(heights, i + k * shift, j + k)
                if other - own > rise * distance:
                    rise = (other - own) / distance
            for k in range(1, j + 1):
                distance = k * step
                if own - bottom <= distance * max(rise, least_away) and (
                    top - own <= distance * max(horizon, least_towards)
                ):
                    break
                other = _crossing(heights, i - k * shift, j - k)
                if own - other > rise * distance:
                    rise = (own - other) / distance
                if other - own > horizon * distance:
                    horizon = (other - own) / distance
            away[i, j], towards[i, j] = rise, horizon
    return away, towards


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)  # type: ignore[untyped-decorator]
def _crossing(heights: Any, row: float, column: int) -> float:
    """The height at a place between two rows of a column; NaN off the surface."""
    above = math.floor(row)
    part = row - above
    if above < 0 or above >= heights.shape[0]:
        return float(np.nan)
    if part == 0.0:
        return float(heights[above, column])
    if above + 1 >= heights.shape[0]:
        return float(np.nan)
    return float((1.0 - part) * heights[above, column] + part * heights[above + 1, column])
