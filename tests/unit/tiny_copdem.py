"""Small tiles of elevation laid out as those of the Copernicus DEM GLO-30, and their STAC items.

Simulated: the ground is a function of longitude and latitude. A degree has fewer rows and columns
than GLO-30's 3600, in the same proportion at every latitude.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray

from scarp.acquire.copdem_lattice import Tile

#: Rows of a degree, unless told otherwise; those of GLO-30.
ROWS, REAL_ROWS = 360, 3600
#: Latitude from which on -> how many times wider than a row is high; readme of the tiles on AWS.
SPACING = {0: 1.0, 50: 1.5, 60: 2.0, 70: 3.0, 80: 5.0, 85: 10.0}
COLLECTION = "cop-dem-glo-30"
Points = NDArray[np.float64]
Ground = Callable[[Points, Points], Any]


def hills(longitude: Points, latitude: Points) -> Points:
    """Heights in metres, smooth over some pixels of the small tiles, above 200 everywhere."""
    heights: Points = (
        600 + 200 * np.sin(longitude * 40) * np.cos(latitude * 35) + 100 * latitude % 7
    )
    return heights


def columns_per_degree(south: int, rows: int = ROWS) -> int:
    """Columns of a tile with a southern edge."""
    lowest = min(abs(south), abs(south + 1))
    return round(rows / max(wide for start, wide in SPACING.items() if lowest >= start))


def middles(tile: Tile, rows: int = ROWS) -> tuple[Points, Points]:
    """Longitude and latitude of a tile's pixels, (y, x), written without the code under test."""
    columns = columns_per_degree(tile.south, rows)
    longitude = tile.west + np.arange(columns) / columns
    latitude = tile.south + 1 - np.arange(rows) / rows
    east, north = np.meshgrid(longitude, latitude)
    return east, north


def write_tile(
    folder: Path,
    south: int,
    west: int,
    ground: Ground = hills,
    rows: int = ROWS,
    shift: float = 0.0,
    **tags: str,
) -> Path:
    """Write a tile to ``folder/{name}/{name}.tif``.

    Parameters
    ----------
    shift: pixels that its georeference is wrong by.
    tags: of the file.
    """
    tile = Tile(south, west)
    heights = np.asarray(ground(*middles(tile, rows)), dtype=np.float32)
    high, wide = heights.shape
    path = folder / tile.name / f"{tile.name}.tif"
    path.parent.mkdir(parents=True)
    with rasterio.open(
        path,
        "w",
        driver="COG",
        dtype="float32",
        count=1,
        height=high,
        width=wide,
        crs="EPSG:4326",
        transform=rasterio.Affine(
            1 / wide, 0, west + (shift - 0.5) / wide, 0, -1 / high, south + 1 + (0.5 - shift) / high
        ),
        compress="deflate",
        predictor="yes",
        level=1,
        overviews="NONE",
        blocksize=1024 if rows == REAL_ROWS else 128,
    ) as file:
        file.write(heights, 1)
        file.update_tags(AREA_OR_POINT="Point", **tags)
    return path


def item_of(south: int, west: int, url: str) -> dict[str, Any]:
    """The STAC item of a tile whose heights lie at ``url/{name}/{name}.tif``."""
    name = Tile(south, west).name
    box = [west, south, west + 1, south + 1]
    corners = [[box[x], box[y]] for x, y in ((0, 1), (2, 1), (2, 3), (0, 3), (0, 1))]
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": name,
        "collection": COLLECTION,
        "bbox": box,
        "geometry": {"type": "Polygon", "coordinates": [corners]},
        "properties": {"datetime": "2021-04-22T00:00:00Z"},
        "links": [],
        "assets": {"data": {"href": f"{url}/{name}/{name}.tif"}},
    }
