"""The grid of an event from its box in degrees: UTM, 10 m, on the lattice that all events share."""

from __future__ import annotations

import math

from pyproj import CRS, Transformer
from pyproj.aoi import AreaOfInterest
from pyproj.database import query_utm_crs_info

from scarp.errors import DataError, Fault
from scarp.grid import Grid

#: Metres per pixel.
RESOLUTION = 10.0


def utm_grid(west: float, south: float, east: float, north: float) -> Grid:
    """The grid that holds a box, in the UTM zone of the box's centre.

    Pixel edges lie on multiples of 10 m, so that events of one zone share their lattice.

    Parameters
    ----------
    west, south, east, north: degrees on WGS84.

    Raises
    ------
    DataError: the box is empty, turned over, or beyond the latitudes of UTM.
    """
    if not (-180 <= west < east <= 180 and -80 <= south < north <= 84):
        raise DataError(
            Fault(
                f"{west} {south} {east} {north} is no box",
                "area",
                "west < east within -180 to 180, south < north within -80 to 84, in degrees",
                "correct the box; an area across the 180th meridian is given as two",
            )
        )
    x, y = (west + east) / 2, (south + north) / 2
    zone = query_utm_crs_info("WGS 84", AreaOfInterest(x, y, x, y), contains=True)[0]
    to_zone = Transformer.from_crs(4326, CRS.from_epsg(zone.code), always_xy=True)
    left, bottom, right, top = to_zone.transform_bounds(west, south, east, north, densify_pts=21)
    left, bottom = (math.floor(v / RESOLUTION) * RESOLUTION for v in (left, bottom))
    right, top = (math.ceil(v / RESOLUTION) * RESOLUTION for v in (right, top))
    return Grid(
        f"EPSG:{zone.code}",
        left,
        top,
        RESOLUTION,
        round((top - bottom) / RESOLUTION),
        round((right - left) / RESOLUTION),
    )
