"""Where Sentinel-1 flies to as a target sees it, from the orbit's elements alone.

The radar looks to the right of its way, so it looks at a target along heading + 90 degrees. At the
target this is not the heading below the satellite: meridians converge over the 360 to 620 km
between them, by some 5 degrees at the edge of the swath and 50 degrees of latitude.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from pyproj import Transformer

from scarp.acquire.sentinel1.ground import FAR, NEAR
from scarp.grid import Grid

#: Of the orbit, as the table of events calls it: ascending, descending.
Direction = Literal["ASC", "DES"]

#: Of the orbit (Torres et al. 2012, Remote Sensing of Environment 120, 9-24): inclination, and
#: radius in Earth radii, at an altitude of 693 km.
_INCLINATION = math.radians(98.18)
_RADIUS = (6378.0 + 693.0) / 6371.0
#: Rotation of the Earth per motion of the satellite: orbits per day, 175 in 12 days.
_ROTATION = 12 / 175
#: Each step leaves a hundredth of the error before.
_STEPS = 5
#: By how much the sphere makes a heading wrong at most, degrees.
_ERROR = 0.4
#: Degrees of latitude over which a meridian's direction on a grid is taken.
_NORTHWARDS = 1e-4


def heading(latitude: float, direction: Direction, incidence: float) -> float:
    """The satellite's direction of flight when it images a target, as seen at the target.

    On a sphere that turns below a circular orbit. Let S be the unit vector to the satellite, v the
    unit vector of its motion over the turning Earth, and c the height of S x v above the equator's
    plane. A target on the right, at the angle psi from S as seen from the Earth's centre, is
    P = S cos psi - (S x v) sin psi, which lies at zero Doppler; v is horizontal there. With x
    upwards to the pole,

        sin(latitude) = S_x cos psi - c sin psi
        v_east cos(latitude) = c cos psi + S_x sin psi
        v_north^2 cos^2(latitude) = v_x^2 = 1 - S_x^2 - c^2
        c = (cos(inclination) - w cos^2(latitude of S)) / |v|

    where w is the Earth's rotation in units of the satellite's. At psi = 0 and w = 0 this is
    sin(heading) = cos(inclination) / cos(latitude), as for the azimuth of a launch.

    Parameters
    ----------
    latitude: of the target, degrees. incidence: at the target on flat ground, degrees.

    Returns
    -------
    Degrees clockwise from true north: -90 to 90 ascending, 90 to 270 descending. Against an orbit
    over the ellipsoid it is right within 0.4 degree.

    Raises
    ------
    ValueError: the target lies so near a pole that it is never seen at that incidence.
    """
    angle = math.radians(incidence)
    psi = angle - math.asin(math.sin(angle) / _RADIUS)
    north, c = math.sin(math.radians(latitude)), math.cos(_INCLINATION)
    for _ in range(_STEPS):
        up = (north + c * math.sin(psi)) / math.cos(psi)
        level = 1 - up**2
        speed = math.sqrt(1 - 2 * _ROTATION * math.cos(_INCLINATION) + _ROTATION**2 * level)
        c = (math.cos(_INCLINATION) - _ROTATION * level) / speed
    squared = 1 - up**2 - c**2
    if squared <= 0:
        raise ValueError(f"Sentinel-1 never sees latitude {latitude:g} at {incidence:g} degrees")
    eastwards = c * math.cos(psi) + up * math.sin(psi)
    ascending = math.degrees(math.atan2(eastwards, math.sqrt(squared)))
    return ascending if direction == "ASC" else 180 - ascending


def headings_on(
    grid: Grid,
    direction: Direction,
    incidence: tuple[float, float] = (NEAR, FAR),
    step: float = 2.0,
) -> tuple[float, ...]:
    """The headings with which a grid may have been imaged, where only the direction is known.

    They span those at the grid's corners at both ends of the range of incidence, between which
    the heading is monotone (but for 0.01 degree within a degree of the equator), and 0.4 degree
    more on both sides, by which `heading` may be wrong.

    Parameters
    ----------
    grid: with a projected CRS.
    incidence: smallest and greatest, degrees; those of the IW swath by default.
    step: greatest difference between two headings, degrees. 2 degrees are a pixel in 290 m.

    Returns
    -------
    Degrees clockwise from the grid's north, growing, evenly spaced.

    Raises
    ------
    ValueError: the CRS is not projected, or `heading` raises it.
    """
    if not grid.is_metric:
        raise ValueError(f"a heading on a grid needs a projected CRS, not '{grid.crs}'")
    x, y = np.meshgrid(grid.x[[0, -1]], grid.y[[0, -1]])
    to_degrees = Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True)
    longitudes, latitudes = to_degrees.transform(x.ravel(), y.ravel())
    found = []
    for longitude, latitude in zip(longitudes.tolist(), latitudes.tolist(), strict=True):
        here = to_degrees.transform(longitude, latitude, direction="INVERSE")
        there = to_degrees.transform(longitude, latitude + _NORTHWARDS, direction="INVERSE")
        meridian = math.degrees(math.atan2(there[0] - here[0], there[1] - here[1]))
        found += [heading(latitude, direction, angle) + meridian for angle in incidence]
    low, high = min(found) - _ERROR, max(found) + _ERROR
    count = 1 + math.ceil((high - low) / step)
    return tuple(float(value) for value in np.linspace(low, high, count))
