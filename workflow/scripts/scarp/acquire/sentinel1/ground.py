"""Footprints on the ground: what they cover of an area, and how the satellite looks at it.

Longitude and latitude are taken as a plane around the area: a scene is 250 km wide, an area some
kilometres, and only shares and rough angles are asked for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import shapely
from shapely.geometry import shape

#: West, south, east, north, degrees.
Area = tuple[float, float, float, float]
#: A footprint: polygons in longitude and latitude, degrees.
Shape = Any

_KM_PER_DEGREE = 111.2
#: Inclination of the orbit, rad; mean motion and rotation of the Earth, rad/s.
_INCLINATION = math.radians(98.18)
_MOTION = 2 * math.pi / (98.6 * 60)
_ROTATION = 7.2921e-5
#: Incidence at the near and far edge of an IW swath, degrees.
NEAR, FAR = 30.0, 46.0


def from_geojson(geometry: Mapping[str, Any]) -> Shape:
    """A footprint as GeoJSON has it; ValueError where it is none."""
    try:
        found = shape(geometry)
    except (AttributeError, KeyError, TypeError, IndexError, shapely.errors.ShapelyError) as error:
        raise ValueError(f"no geometry: {type(error).__name__}") from None
    if found.is_empty:
        raise ValueError("an empty geometry")
    return found


def from_wkt(text: str) -> Shape:
    """A footprint as well-known text has it; ValueError where it is none."""
    try:
        return shapely.from_wkt(text)
    except shapely.errors.ShapelyError as error:
        raise ValueError(f"no geometry: {type(error).__name__}") from None


def box_wkt(area: Area) -> str:
    """An area as a polygon in well-known text, to a tenth of a metre."""
    west, south, east, north = area
    corners = ((west, south), (east, south), (east, north), (west, north), (west, south))
    return f"POLYGON(({','.join(f'{x:.6f} {y:.6f}' for x, y in corners)}))"


def meets(footprint: Shape, area: Area) -> bool:
    """Whether they have a point in common."""
    return bool(footprint.intersects(shapely.box(*area)))


def covered_share(footprints: Iterable[Shape], area: Area) -> float:
    """The share of an area that lies in any of the footprints, 0 to 1."""
    place = shapely.box(*area)
    return float(shapely.union_all(list(footprints)).intersection(place).area / place.area)


def widened(area: Area, km: float) -> Area:
    """An area with a margin of so many kilometres."""
    west, south, east, north = area
    dy = km / _KM_PER_DEGREE
    dx = dy / math.cos(math.radians((south + north) / 2))
    return west - dx, south - dy, east + dx, north + dy


def heading(direction: str, latitude: float) -> float:
    """Where the satellite flies to over a latitude, degrees clockwise from north.

    A circular orbit over a sphere that turns beneath it: sin(azimuth) = cos(inclination) /
    cos(latitude), less the Earth's own motion to the east.

    Parameters
    ----------
    direction: "ASC" or "DES".
    latitude: degrees, up to the 81 that the satellite reaches.
    """
    parallel = math.cos(math.radians(latitude))
    azimuth = math.asin(max(-1.0, math.cos(_INCLINATION) / parallel))
    north, east = _MOTION * math.cos(azimuth), _MOTION * math.sin(azimuth)
    if direction == "DES":
        north = -north
    return math.degrees(math.atan2(east - _ROTATION * parallel, north)) % 360


def look_azimuth(direction: str, latitude: float) -> float:
    """Where the radar looks to, degrees clockwise from north: it looks to the right of its way."""
    return (heading(direction, latitude) + 90) % 360


def incidence(footprints: Iterable[Shape], area: Area, look: float) -> float:
    """Incidence at the centre of an area, degrees, by its place between near and far edge.

    It grows from 30 degrees at the near edge to 46 at the far one, taken as linear, which is right
    within 1 degree; footprints are rounded, the ellipsoid's height is left out.

    Parameters
    ----------
    footprints: of the slices of a pass.
    look: where the radar looks to, degrees clockwise from north.
    """
    west, south, east, north = area
    x, y = (west + east) / 2, (south + north) / 2
    stretch = math.cos(math.radians(y))
    # A line along the look through the centre, longer than a swath on both sides.
    dx, dy = 4 * math.sin(math.radians(look)) / stretch, 4 * math.cos(math.radians(look))
    line = shapely.LineString([(x - dx, y - dy), (x + dx, y + dy)])
    swath = shapely.union_all(list(footprints)).intersection(line)
    if swath.is_empty:
        return (NEAR + FAR) / 2
    ends = [line.project(shapely.Point(end)) for end in shapely.get_coordinates(swath)]
    place = (line.length / 2 - min(ends)) / (max(ends) - min(ends)) if len(set(ends)) > 1 else 0.5
    return NEAR + (FAR - NEAR) * min(max(place, 0.0), 1.0)
