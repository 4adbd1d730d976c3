"""Small tiles of Sentinel-2 Level-2A as Cloud-Optimised GeoTIFFs, and their STAC items.

Simulated: the ground is a smooth function of longitude and latitude, so that it is the same in
every zone of UTM; clouds lie where a test wants them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.warp import transform_bounds

from scarp.acquire.sentinel2.assets import BANDS

#: How catalogues call the bands and SCL.
KEYS: Mapping[str, Mapping[str, str]] = {
    "planetary computer": {name: name for name in (*BANDS, "SCL")},
    "cdse": {**{name: f"{name}_{size}m" for name, size in BANDS.items()}, "SCL": "SCL_20m"},
    "earth search": {
        **{"B02": "blue", "B03": "green", "B04": "red", "B05": "rededge1", "B06": "rededge2"},
        **{"B07": "rededge3", "B08": "nir", "B8A": "nir08", "B11": "swir16", "B12": "swir22"},
        "SCL": "scl",
    },
}
VEGETATION, CLOUD, SHADOW, SNOW = 4, 9, 3, 11
#: Metres on a degree of latitude.
_DEGREE = 111_000.0
Points = NDArray[np.float64]


def ground(band: str, longitude: Points, latitude: Points) -> NDArray[np.float64]:
    """Reflectance of the simulated ground: waves of 900 m and more, another level in every band."""
    level = 0.12 + 0.02 * list(BANDS).index(band)
    east, north = longitude * _DEGREE * 0.7 / 900, latitude * _DEGREE / 1100
    wave: NDArray[np.float64] = level + 0.04 * np.sin(east) + 0.04 * np.cos(north + 0.3 * east)
    return wave


@dataclass(frozen=True)
class TinyTile:
    """A tile to be written.

    Attributes
    ----------
    day: compact date. tile: of MGRS. baseline: as ESA writes it.
    crs, left, top, size: its lattice; size in pixels of 10 m, even.
    classes: gets x and y of pixels of 20 m in the tile's CRS, gives their class; 4 everywhere.
    ground: see the function of that name.
    generated: time of processing. start: time of day of the datatake.
    catalogue: whose way of writing items, a key of `KEYS`.
    harmonised: whether the catalogue has taken the offset off. tile_cloud: percentage it tells.
    bands: that are written; an item names all.
    """

    day: str
    tile: str = "32TPT"
    baseline: str = "03.01"
    crs: str = "EPSG:32632"
    left: float = 600_000.0
    top: float = 5_200_020.0
    size: int = 600
    classes: Callable[[Points, Points], Any] = lambda x, y: np.full(x.shape, VEGETATION)
    ground: Callable[[str, Points, Points], NDArray[np.float64]] = ground
    generated: str = ""
    start: str = "101031"
    catalogue: str = "planetary computer"
    harmonised: bool = False
    tile_cloud: float = 0.0
    bands: tuple[str, ...] = tuple(BANDS)

    @property
    def product(self) -> str:
        """Name of the product, without suffix."""
        number = self.baseline.replace(".", "")
        made = self.generated or f"{self.day}T200000"
        return f"S2A_MSIL2A_{self.day}T{self.start}_N{number}_R022_T{self.tile}_{made}"

    @property
    def item(self) -> str:
        """Id of the item: each catalogue has its own way."""
        if self.catalogue == "planetary computer":
            return self.product.replace(f"_N{self.baseline.replace('.', '')}", "")
        if self.catalogue == "earth search":
            return f"S2A_{self.tile}_{self.day}_0_L2A"
        return self.product


def write_tile(tile: TinyTile, folder: Path, url: str) -> dict[str, Any]:
    """Write the files of a tile into `folder`, which `url` leads to; returns its STAC item."""
    own = folder / tile.product
    own.mkdir(parents=True)
    for band in tile.bands:
        _write_band(own / f"{band}.tif", tile, band)
    _write_classes(own / "SCL.tif", tile)
    return item_of(tile, f"{url}/{tile.product}")


def item_of(tile: TinyTile, url: str) -> dict[str, Any]:
    """The STAC item of a tile whose files lie at `url`."""
    side = tile.size * 10
    box = transform_bounds(
        tile.crs, "EPSG:4326", tile.left, tile.top - side, tile.left + side, tile.top
    )
    west, south, east, north = box
    day = f"{tile.day[:4]}-{tile.day[4:6]}-{tile.day[6:]}"
    clock = f"{tile.start[:2]}:{tile.start[2:4]}:{tile.start[4:]}"
    corners = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": tile.item,
        "collection": "sentinel-2-l2a",
        "bbox": list(box),
        "geometry": {"type": "Polygon", "coordinates": [corners]},
        "properties": {
            "datetime": f"{day}T{clock}.024000Z",
            "eo:cloud_cover": tile.tile_cloud,
            "scarp:simulated": True,
            **_properties(tile),
        },
        "links": [],
        "assets": {
            key: {"href": f"{url}/{band}.tif", **_fields(tile, band)}
            for band, key in KEYS[tile.catalogue].items()
        },
    }


def _properties(tile: TinyTile) -> dict[str, Any]:
    datatake = f"GS2A_{tile.day}T{tile.start}_012345_N{tile.baseline}"
    epsg = int(tile.crs.removeprefix("EPSG:"))
    if tile.catalogue == "cdse":
        # The baseline stands in the product's name, the projection at the assets.
        return {"grid:code": f"MGRS-{tile.tile}", "eopf:datatake_id": datatake}
    about = {
        "s2:processing_baseline": tile.baseline,
        "s2:product_uri": f"{tile.product}.SAFE",
        "s2:datatake_id": datatake,
        "s2:generation_time": tile.product.rpartition("_")[2],
    }
    if tile.catalogue == "earth search":
        about["grid:code"] = f"MGRS-{tile.tile}"
        return {**about, "proj:epsg": epsg, "earthsearch:boa_offset_applied": tile.harmonised}
    return {**about, "proj:epsg": epsg, "s2:mgrs_tile": tile.tile}


def _fields(tile: TinyTile, band: str) -> dict[str, Any]:
    return {"proj:code": tile.crs, "gsd": BANDS.get(band, 20)} if tile.catalogue == "cdse" else {}


def _centres(left: float, top: float, size: int, pixel: int) -> tuple[Points, Points]:
    """x and y of the middles of pixels, each (y, x)."""
    steps = (np.arange(size * 10 // pixel) + 0.5) * pixel
    x, y = np.meshgrid(left + steps, top - steps)
    return x, y


@cache
def _degrees(crs: str, left: float, top: float, size: int, pixel: int) -> tuple[Points, Points]:
    """Longitude and latitude of the middles of pixels."""
    to_degrees = Transformer.from_crs(crs, 4326, always_xy=True)
    longitude, latitude = to_degrees.transform(*_centres(left, top, size, pixel))
    return longitude, latitude


def _write_band(path: Path, tile: TinyTile, band: str) -> None:
    x, y = _centres(tile.left, tile.top, tile.size, BANDS[band])
    longitude, latitude = _degrees(tile.crs, tile.left, tile.top, tile.size, BANDS[band])
    raised = float(tile.baseline) >= 4 and not tile.harmonised
    numbers = np.round(tile.ground(band, longitude, latitude) * 10_000) + (1000 if raised else 0)
    classes = tile.classes(x, y)
    _write(path, np.where(classes == 0, 0, numbers).astype(np.uint16), tile, BANDS[band])


def _write_classes(path: Path, tile: TinyTile) -> None:
    _write(
        path, tile.classes(*_centres(tile.left, tile.top, tile.size, 20)).astype(np.uint8), tile, 20
    )


def _write(path: Path, values: NDArray[Any], tile: TinyTile, pixel: int) -> None:
    with rasterio.open(
        path,
        "w",
        driver="COG",
        dtype=values.dtype.name,
        count=1,
        height=values.shape[0],
        width=values.shape[1],
        crs=tile.crs,
        transform=rasterio.Affine(pixel, 0, tile.left, 0, -pixel, tile.top),
        nodata=0,
        compress="deflate",
        level=1,
        blocksize=256,
    ) as file:
        file.write(values, 1)
