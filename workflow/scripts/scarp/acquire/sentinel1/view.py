"""How much of the terrain a radar sees that looks from one side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: A pixel that is longer than this on a slope, against flat ground, counts as foreshortened.
STRETCH = 2.0


@dataclass(frozen=True, eq=False)
class Slopes:
    """Slope and aspect of an area.

    Attributes
    ----------
    slope: (y, x) degrees from the horizontal, NaN for no data.
    aspect: (y, x) degrees clockwise from north, where the slope falls to.
    """

    slope: NDArray[np.float64]
    aspect: NDArray[np.float64]


def slopes_of(elevation: NDArray[np.floating], resolution: float) -> Slopes:
    """Slope and aspect by central differences.

    Parameters
    ----------
    elevation: (y, x) metres, first row in the north, NaN for no data; at least 2 x 2.
    resolution: of its pixels, metres.
    """
    down, right = np.gradient(np.asarray(elevation, dtype=np.float64), resolution)
    slope = np.degrees(np.arctan(np.hypot(right, down)))
    aspect = np.degrees(np.arctan2(-right, down)) % 360
    return Slopes(slope, aspect)


def visible_share(slopes: Slopes, look: float, incidence: float) -> float:
    """The share of an area that is neither in layover nor in shadow nor strongly foreshortened.

    In the plane of the look a slope stands at tan(f) = tan(slope) cos(aspect - look - 180) towards
    the radar, which meets it at incidence - f: from 90 degrees on that is shadow, below 0 layover.
    A pixel's length on the ground is as 1 / sin(incidence - f), after the R-index of Notti et al.
    2014 (Int. J. Remote Sensing 35(6)). Counted is what is not in shadow and not more than
    `STRETCH` times as long as on flat ground. Shadow and layover that other slopes cast upon a
    place are left out: they take the true geometry, which the engines compute.

    Parameters
    ----------
    slopes: of the area; pixels without data do not count.
    look: where the radar looks to, degrees clockwise from north.
    incidence: on flat ground, degrees, one value for the area.

    Returns
    -------
    0 to 1; NaN where there are no data at all.
    """
    known = np.isfinite(slopes.slope) & np.isfinite(slopes.aspect)
    if not known.any():
        return float("nan")
    towards = np.cos(np.radians(slopes.aspect[known] - look - 180))
    facing = np.degrees(np.arctan(np.tan(np.radians(slopes.slope[known])) * towards))
    local = incidence - facing
    long = np.sin(np.radians(local)) * STRETCH < np.sin(np.radians(incidence))
    return float(np.mean((local < 90) & ~long))
