"""Tiles of Sentinel-2 Level-2A as catalogues offer them: Cloud-Optimised GeoTIFFs and STAC items.

Names of products and files follow the Sentinel-2 Products Specification Document, issue 14.9,
section 3.4, classes of pixels its section 5.5.3. A real tile has 110 km; these are as large as what
they show.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.warp import transform_bounds

from scarp.files import write_text
from scarp.grid import Grid
from scarp.simulate.noise import Field

COLLECTION = "sentinel-2-l2a"
#: Every band, with the size of its pixels in metres.
PIXELS = {
    **{"B02": 10, "B03": 10, "B04": 10, "B05": 20, "B06": 20, "B07": 20},
    **{"B08": 10, "B8A": 20, "B11": 20, "B12": 20},
}
#: Time of day that all images are of.
_CLOCK = "103021"
_SHADOW, _VEGETATION, _BARE, _CLOUD = 3, 4, 5, 9
#: Reflectance of a cloud, and what of the ground's is left in its shadow.
_WHITE, _SHADED = 0.6, 0.4
_EXTENSIONS = [
    "https://stac-extensions.github.io/eo/v1.1.0/schema.json",
    "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
]


@dataclass(frozen=True)
class Tile:
    """What a tile says of itself.

    Attributes
    ----------
    day: when it was taken.
    baseline: of its processing, as ESA writes it; digital numbers carry an offset since 04.00.
    processed: day of its processing.
    cloud: percentage of cloud that it tells, of a whole tile of 110 km.
    grid: 10 m, in a zone of UTM; height and width are even, edges lie on multiples of 20 m.
    """

    day: date
    baseline: str
    processed: date
    cloud: float
    grid: Grid

    @property
    def product(self) -> str:
        """Name of the product, which is also the id of its item."""
        number = self.baseline.replace(".", "")
        processed = f"{self.processed:%Y%m%d}T{_CLOCK}"
        return f"{self.platform}_MSIL2A_{self._start}_N{number}_R022_T{self.square}_{processed}"

    @property
    def platform(self) -> str:
        """The satellite: two take turns, five days apart."""
        return "S2B" if self.day.toordinal() // 5 % 2 else "S2A"

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east and north in degrees."""
        grid = self.grid
        right = grid.left + grid.width * grid.resolution
        bottom = grid.top - grid.height * grid.resolution
        sides = transform_bounds(grid.crs, "EPSG:4326", grid.left, bottom, right, grid.top)
        west, south, east, north = (round(float(side), 6) for side in sides)
        return west, south, east, north

    @property
    def square(self) -> str:
        """Zone, band and 100 km square of the tile's middle in the Military Grid Reference System.

        NGA.STND.0037 2.0.0 (2014), "The universal grids and the transverse Mercator and polar
        stereographic map projections", chapter 3.
        """
        grid, zone = self.grid, int(self.grid.crs[-2:])
        east = int(grid.left + grid.resolution * grid.width / 2) // 100_000
        north = int(grid.top - grid.resolution * grid.height / 2) // 100_000
        columns, rows = "ABCDEFGHJKLMNPQRSTUVWXYZ", "ABCDEFGHJKLMNPQRSTUV"
        band = "CDEFGHJKLMNPQRSTUVWX"[int(80 + (self.box[1] + self.box[3]) / 2) // 8]
        column = columns[(zone - 1) % 3 * 8 + east - 1]
        return f"{zone:02d}{band}{column}{rows[(north + (0 if zone % 2 else 5)) % 20]}"

    @property
    def _start(self) -> str:
        return f"{self.day:%Y%m%d}T{_CLOCK}"

    def file(self, band: str, pixel: int) -> str:
        """Name of a band's file."""
        return f"T{self.square}_{self._start}_{band}_{pixel}m.tif"


def write_tile(
    folder: Path,
    tile: Tile,
    bands: Mapping[str, Field],
    cloud: NDArray[np.bool_],
    shadow: NDArray[np.bool_],
) -> None:
    """Write a tile's bands, scene classification and item into a folder of its name.

    Pixels of 20 m are the mean of four; of several classes in one, cloud counts before shadow.

    Parameters
    ----------
    folder: of all tiles.
    bands: name -> (y, x) reflectance of the ground at 10 m, whatever under clouds.
    cloud, shadow: (y, x), what hides the ground; in both it is cloud.
    """
    own = folder / tile.product
    own.mkdir(parents=True)
    raised = 1000 if float(tile.baseline) >= 4 else 0
    for band, ground in bands.items():
        seen = np.where(cloud, np.float32(_WHITE), np.where(shadow, _SHADED * ground, ground))
        if PIXELS[band] == 20:
            seen = _fours(seen).mean(axis=(1, 3))
        # Digital number 0 is no data, and no ground is that dark.
        numbers = np.maximum(np.rint(seen * 10_000), 1) + raised
        _write(own / tile.file(band, PIXELS[band]), tile, numbers.astype(np.uint16), "average")
    classes = _classes(bands, cloud, shadow)
    _write(own / tile.file("SCL", 20), tile, classes, "nearest")
    text = json.dumps(_item(tile), indent=2, sort_keys=True) + "\n"
    write_text(own / f"{tile.product}.json", text)


def _fours(values: NDArray[Any]) -> NDArray[Any]:
    """Pixels by fours, (y, 2, x, 2)."""
    height, width = values.shape
    return values.reshape(height // 2, 2, width // 2, 2)


def _classes(
    bands: Mapping[str, Field], cloud: NDArray[np.bool_], shadow: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    red, infrared = (_fours(bands[name]).mean(axis=(1, 3)) for name in ("B04", "B08"))
    green = (infrared - red) / (infrared + red) > 0.4
    hidden = [_fours(mask).any(axis=(1, 3)) for mask in (cloud, shadow)]
    classes = np.select([*hidden, green], [_CLOUD, _SHADOW, _VEGETATION], _BARE)
    return classes.astype(np.uint8)


def _write(path: Path, tile: Tile, values: NDArray[Any], overviews: str) -> None:
    grid, pixel = tile.grid, 10 * tile.grid.height // values.shape[0]
    profile = {
        "driver": "COG",
        "dtype": values.dtype.name,
        "count": 1,
        "height": values.shape[0],
        "width": values.shape[1],
        "crs": grid.crs,
        "transform": rasterio.Affine(pixel, 0.0, grid.left, 0.0, -pixel, grid.top),
        "nodata": 0,
        "compress": "deflate",
        "predictor": "yes",
        "level": 1,
        "blocksize": 256,
        "overview_resampling": overviews,
    }
    with rasterio.open(path, "w", **profile) as file:
        file.write(values, 1)
        file.update_tags(simulated="true")


def _item(tile: Tile) -> dict[str, Any]:
    """The STAC item (stac-spec 1.0), in the words of the Planetary Computer's."""
    west, south, east, north = tile.box
    corners = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    pixels = {**PIXELS, "SCL": 20}
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": _EXTENSIONS,
        "id": tile.product,
        "collection": COLLECTION,
        "bbox": [west, south, east, north],
        "geometry": {"type": "Polygon", "coordinates": [corners]},
        "properties": {
            "title": "Simulated: no satellite has observed this",
            "datetime": f"{tile.day}T{_CLOCK[:2]}:{_CLOCK[2:4]}:{_CLOCK[4:]}Z",
            "platform": f"Sentinel-{tile.platform[1:]}",
            "instruments": ["msi"],
            "eo:cloud_cover": tile.cloud,
            "proj:code": tile.grid.crs,
            "s2:mgrs_tile": tile.square,
            "s2:processing_baseline": tile.baseline,
            "s2:product_uri": f"{tile.product}.SAFE",
            "scarp:simulated": True,
        },
        "links": [],
        "assets": {
            band: {
                "href": f"./{tile.file(band, pixel)}",
                "type": "image/tiff; application=geotiff; profile=cloud-optimized",
                "roles": ["data"],
                "gsd": pixel,
            }
            for band, pixel in pixels.items()
        },
    }
