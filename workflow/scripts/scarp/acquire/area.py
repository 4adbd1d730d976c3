"""The area of an event, from the events table or from its polygons, and the grid that covers it."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pyproj import Transformer

from scarp.acquire.landslides import read_landslides
from scarp.acquire.polygons import read_vector
from scarp.errors import DataError, Fault
from scarp.event_grid import utm_grid
from scarp.files import write_text
from scarp.grid import Grid

#: West, south, east, north in degrees on WGS84.
Box = tuple[float, float, float, float]
#: Latitudes of UTM.
_SOUTH, _NORTH = -80.0, 84.0
#: What a side has at least and at most: the pixels of a patch, and km.
_LEAST, _MOST_KM = 128, 200.0
#: Metres on a degree of latitude, and digits of degrees that are kept (1 cm).
_DEGREE, _DIGITS = 111_320.0, 7
_ALLOWED = "west,south,east,north in degrees, such as 13.20,42.60,13.30,42.70"


@dataclass(frozen=True)
class Area:
    """Where an event is looked at.

    Attributes
    ----------
    bbox: west, south, east, north in degrees.
    grid: that holds it, see `scarp.event_grid.utm_grid`.
    origin: where the box came from, in words.
    """

    bbox: Box
    grid: Grid
    origin: str


def area_of(aoi: str, polygons: Path | None, margin_m: float, event: str = "") -> Area:
    """The area of an event.

    Parameters
    ----------
    aoi: ``west,south,east,north`` in degrees, or a vector file in any CRS, of which the bounds
        count. Blank: the bounds of the polygons and a margin.
    polygons: vector file of the event's landslides, needed where `aoi` is blank.
    margin_m: around the polygons, in metres.
    event: id of the event, by which a file of several events is filtered.

    Raises
    ------
    DataError: there is neither; a file cannot be read; the box is empty, crosses the 180th
        meridian, lies beyond UTM, is smaller than a patch (1.28 km) or larger than 200 km.
    """
    where = f"event {event}, area" if event else "area"
    if "," in aoi:
        box, origin = _parsed(aoi, where), "column aoi"
    elif aoi:
        box, origin = _bounds(read_vector(aoi)), f"bounds of {Path(aoi).name}"
        where = f"{where} of {aoi}"
    elif polygons is not None:
        box = _widened(_bounds(read_landslides(polygons, event).shapes), margin_m)
        origin = f"bounds of {polygons.name} and {margin_m:g} m around them"
        where = f"{where} around {polygons}"
    else:
        raise DataError(
            Fault(
                "neither an area nor polygons are given",
                where,
                _ALLOWED,
                "write column aoi of the events table, or give polygons of the landslides",
            )
        )
    faults = _box_faults(box, where)
    if faults:
        raise DataError(faults)
    grid = utm_grid(*box)
    if faults := _size_faults(grid, where):
        raise DataError(faults)
    return Area(box, grid, origin)


def box_around(grid: Grid, margin_m: float) -> Box:
    """The box in degrees that holds a grid and a margin in metres; it ends at the 180th meridian.

    Parameters
    ----------
    grid: with a projected CRS.
    """
    wide = grid.padded(math.ceil(margin_m / grid.resolution))
    bottom = wide.top - wide.height * wide.resolution
    right = wide.left + wide.width * wide.resolution
    to_degrees = Transformer.from_crs(wide.crs, "EPSG:4326", always_xy=True)
    west, south, east, north = to_degrees.transform_bounds(
        wide.left, bottom, right, wide.top, densify_pts=21
    )
    if west > east:
        middle = grid.left + grid.width * grid.resolution / 2
        is_east = to_degrees.transform(middle, grid.top)[0] > 0
        west, east = (west, 180.0) if is_east else (-180.0, east)
    return west, south, east, north


def write_area(path: str | Path, area: Area) -> None:
    """Write an area as JSON; equal areas give equal bytes."""
    content = {"bbox": list(area.bbox), "grid": asdict(area.grid), "origin": area.origin}
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def read_area(path: str | Path) -> Area:
    """The area that `write_area` wrote.

    Raises
    ------
    DataError: the file is missing, or holds something else.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        west, south, east, north = map(float, content["bbox"])
        return Area((west, south, east, north), Grid(**content["grid"]), str(content["origin"]))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DataError(
            Fault(
                f"cannot be read as an area ({type(error).__name__})",
                str(path),
                cure="delete it and let the workflow make it again",
            )
        ) from None


def _parsed(aoi: str, where: str) -> Box:
    try:
        west, south, east, north = (float(side) for side in aoi.split(","))
    except ValueError:
        fact = f"'{aoi}' is not four numbers"
        raise DataError(Fault(fact, where, _ALLOWED, "correct column aoi")) from None
    return west, south, east, north


def _bounds(shapes: Any) -> Box:
    west, south, east, north = (round(float(side), _DIGITS) for side in shapes.total_bounds)
    return west, south, east, north


def _widened(box: Box, margin_m: float) -> Box:
    west, south, east, north = box
    high = margin_m / _DEGREE
    # The parallel that is farthest from the equator is the shortest.
    wide = high / math.cos(math.radians(min(max(abs(south), abs(north)) + high, _NORTH)))
    sides = (west - wide, south - high, east + wide, north + high)
    west, south, east, north = (round(side, _DIGITS) for side in sides)
    return west, south, east, north


def _box_faults(box: Box, where: str) -> list[Fault]:
    west, south, east, north = box
    offender = f"{where} ({','.join(f'{side:.7g}' for side in box)})"
    found: list[tuple[str, str]] = []
    if not all(map(math.isfinite, box)):
        return [Fault("has a side that is no number", offender, _ALLOWED, "correct column aoi")]
    if west < -180 or east > 180 or west - east > 180:
        cure = "give it as two events, one on either side"
        found.append(("crosses the 180th meridian, or its longitudes are none", cure))
    elif west >= east:
        found.append(("is empty from west to east", "the smaller longitude comes first"))
    if south >= north:
        found.append(("is empty from south to north", "the smaller latitude comes second"))
    if south < _SOUTH or north > _NORTH:
        cure = "choose an area within; is latitude and longitude in the wrong order?"
        found.append((f"reaches beyond UTM, {_SOUTH:g} to {_NORTH:g} degrees north", cure))
    wide = (east - west) * math.cos(math.radians(min(abs(south), abs(north), 90.0)))
    widest = max(wide, north - south) * _DEGREE / 1000
    if not found and widest > _MOST_KM:
        cure = "divide it into several events, or correct it: is one polygon far from the others?"
        found.append((f"is {widest:.0f} km wide or high, more than {_MOST_KM:.0f}", cure))
    return [Fault(fact, offender, _ALLOWED, cure) for fact, cure in found]


def _size_faults(grid: Grid, where: str) -> list[Fault]:
    if min(grid.height, grid.width) >= _LEAST:
        return []
    km = grid.resolution / 1000
    return [
        Fault(
            f"is {grid.width * km:.2f} km wide and {grid.height * km:.2f} km high",
            where,
            f"{_LEAST * km:.2f} km, the size of a patch, or more",
            "make the box or the margin larger",
        )
    ]
