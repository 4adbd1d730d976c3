"""Elevation of an area from the Copernicus DEM GLO-30, over STAC or from plain files.

Tiles of one degree: "Copernicus DEM Product Handbook", and the readme of the tiles on AWS. Heights
are metres above the geoid EGM2008, of the surface with trees and houses.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import rasterio
from rasterio.io import DatasetReader
from rasterio.windows import Window

from scarp.acquire.copdem_lattice import Box, Joined, Piece, Tile, columns_of, join, rows_of
from scarp.acquire.remote_raster import read_remote
from scarp.acquire.stac import search
from scarp.acquire.stac_access import Stac, StacAccess
from scarp.acquire.web import status_text, without_secrets
from scarp.disk import require_space
from scarp.errors import DataError, Fault
from scarp.files import beside

_LOG = logging.getLogger("scarp")
#: To be shown wherever the heights are passed on (licence of the Copernicus DEM).
ATTRIBUTION = (
    "produced using Copernicus WorldDEM-30 (c) DLR e.V. 2010-2014 and (c) Airbus Defence and Space"
    " GmbH 2014-2018 provided under COPERNICUS by the European Union and ESA; all rights reserved"
)
#: Degrees beyond the area in which tiles are looked at: three pixels of the widest spacing, 10".
_EDGE = 0.01
#: No ground lies lower, in metres: what does is a void.
_LOWEST = -1000.0
#: Highest sea in metres, where a tile that is not there meets one that is.
_SEA = 1.0
#: Name of the asset that holds the heights.
_ASSET = "data"
#: Tiles of a catalogue are dated by their release.
_FIRST, _LAST = date(2000, 1, 1), date(2100, 1, 1)
_CURE = (
    "check acquire: elevation, or put a DEM of your own where sentinel1: dem says; some countries'"
    " tiles are not public"
)


def tiles_for(box: Box) -> list[str]:
    """Names of all tiles that a box in degrees touches, and those a hundredth of a degree off it.

    From south to north, west to east.
    """
    return [tile.name for tile in _tiles(box)]


def fetch_dem(
    box: Box,
    source: Stac | str,
    path: str | Path,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Write the heights of a box as float32 GeoTIFF in longitude and latitude, NaN where void.

    Of the tiles only the blocks that the box needs are read. They are joined on the lattice of the
    tile with the closest columns; pixels of the others are interpolated (cubic, along the
    parallel), of which there are some only where the box crosses 50, 60, 70, 80 or 85 degrees.

    A tile that the source does not have is sea, height 0: but only where the source has another
    tile of the box, and where that one is at sea level all along their common border.

    Parameters
    ----------
    box: west, south, east, north in degrees, of the area and a margin around it.
    source: a collection of a STAC service, items named as the tiles are; or where files lie as
        ``{source}/{name}/{name}.tif``: an address (http, https, file) or a folder.
    path: of the GeoTIFF. Its tags tell the source, the tiles, what heights refer to, and the
        attribution that the licence asks for.
    sleep: waits for so many seconds.

    Raises
    ------
    DataError: the service cannot be reached; tiles cannot be read in three attempts, or are not
        laid out as expected, all of which are named; no tile is there, or one is missing on land.
    """
    api = source if isinstance(source, Stac) else Stac(source, "")
    access = StacAccess(api, sleep)
    shown = without_secrets(api.url) if "://" in api.url else api.url
    pieces: dict[Tile, Piece] = {}
    missing: list[Tile] = []
    faults: list[Fault] = []
    addresses = _addresses(access, box)
    for tile in _tiles(box):
        try:
            piece = _read(access, addresses.get(tile.name, ""), tile, box)
        except DataError as error:
            faults += error.faults
        else:
            if piece is None:
                missing.append(tile)
            else:
                pieces[tile] = piece
    if faults:
        raise DataError(faults)
    joined = join(_tiles(box), pieces, box) if pieces else None
    # A tile that was only looked at tells nothing of the area.
    if joined is None or not any(joined.part(tile, 0).size for tile in pieces):
        names = ", ".join(tile.name for tile in missing)
        raise DataError(Fault(f"has no tile of the area: {names}", shown, cure=_CURE))
    _refuse_land(joined, missing, shown)
    require_space(Path(path).parent, joined.values.nbytes, "elevation")
    _write(Path(path), joined, pieces, missing, shown)
    _LOG.info(
        "elevation from %s: %d tiles, %d at sea; %s",
        shown,
        len(pieces),
        len(missing),
        access.summary(),
    )


def _tiles(box: Box) -> list[Tile]:
    west, south, east, north = box
    # The first row of a tile lies on its northern edge, the first column on its western one.
    souths = range(math.ceil(south - _EDGE) - 1, math.ceil(north + _EDGE))
    first, last = max(west - _EDGE, -180.0), min(east + _EDGE, 179.999)
    wests = range(math.floor(first), math.floor(last) + 1)
    return [Tile(tile_south, tile_west) for tile_south in souths for tile_west in wests]


def _addresses(access: StacAccess, box: Box) -> Mapping[str, str]:
    """Name of a tile -> where it lies; a tile may be missing there all the same."""
    if not access.api.collection:
        base = access.api.url.rstrip("/")
        return {name: f"{base}/{name}/{name}.tif" for name in tiles_for(box)}
    west, south, east, north = box
    wide = (
        max(west - _EDGE, -180.0),
        max(south - _EDGE, -90.0),
        min(east + _EDGE, 180.0),
        min(north + _EDGE, 90.0),
    )
    items = search(access, wide, _FIRST, _LAST)
    faults = [
        Fault(
            f"has no asset '{_ASSET}' but {', '.join(item.assets) or 'none'}",
            f"item {item.id}",
            cure="name a collection of the Copernicus DEM in acquire: elevation",
        )
        for item in items
        if _ASSET not in item.assets
    ]
    if faults:
        raise DataError(faults)
    return {item.id: item.assets[_ASSET].get_absolute_href() or "" for item in items}


def _read(access: StacAccess, address: str, tile: Tile, box: Box) -> Piece | None:
    """What a tile has of a box; None where the source does not have the tile."""
    if not address or _is_absent_file(address):
        return None
    try:
        return read_remote(access, address, partial(_piece, tile, box, without_secrets(address)))
    except DataError as error:
        # Only a source of plain files may lack one: a catalogue has promised it.
        absent = f"HTTP status {status_text(404)}"
        if not access.api.collection and error.faults[0].fact == absent:
            return None
        raise


def _is_absent_file(address: str) -> bool:
    parts = urlsplit(address)
    if parts.scheme == "file":
        return not Path(unquote(parts.path)).is_file()
    return not parts.scheme and not Path(address).is_file()


def _piece(tile: Tile, box: Box, shown: str, dataset: DatasetReader) -> Piece:
    per_degree = (dataset.height, dataset.width)
    expected = tile.transform(*per_degree)
    odd = max(abs(a - b) for a, b in zip(dataset.transform[:6], expected, strict=True))
    is_degrees = dataset.crs is not None and dataset.crs.to_epsg() == 4326
    # A thousandth of a pixel; a tile that was made pixel-is-area is half a pixel off.
    if dataset.count != 1 or not is_degrees or odd * max(per_degree) > 1e-3:
        raise DataError(
            Fault(
                f"is not laid out as a tile of the Copernicus DEM: {dataset.count} bands, CRS"
                f" {dataset.crs}, origin {dataset.transform.c:.9g}, {dataset.transform.f:.9g}",
                shown,
                f"one band in EPSG:4326 that begins at {expected[2]:.9g}, {expected[5]:.9g}: the"
                " first pixel's middle is the tile's corner",
                "give the tiles as they were published",
            )
        )
    rows, columns = rows_of(tile, box, dataset.height), columns_of(tile, box, dataset.width)
    window = Window(
        columns.start - tile.west * dataset.width,
        (tile.south + 1) * dataset.height - (rows.stop - 1),
        len(columns),
        len(rows),
    )
    if not (rows and columns):
        values = np.zeros((len(rows), len(columns)), dtype=np.float32)
    else:
        values = dataset.read(1, window=window, masked=True).astype(np.float32).filled(np.nan)
    values[values < _LOWEST] = np.nan
    simulated = dataset.tags().get("simulated", "").casefold() == "true"
    return Piece(*per_degree, rows, columns, values, simulated)


def _refuse_land(joined: Joined, missing: list[Tile], shown: str) -> None:
    """Check that tiles which are not there border on sea."""
    faults = []
    for tile in missing:
        rim = joined.part(tile, 1)
        highest = float(np.abs(np.nan_to_num(rim)).max(initial=0.0))
        if highest > _SEA:
            faults.append(
                Fault(
                    f"has no tile {tile.name}, and its neighbours have land of {highest:.1f} m"
                    " where it begins",
                    shown,
                    "tiles are missing at sea only",
                    _CURE,
                )
            )
    if faults:
        raise DataError(faults)


def _write(
    path: Path, joined: Joined, pieces: Mapping[Tile, Piece], missing: list[Tile], shown: str
) -> None:
    height, width = joined.values.shape
    profile = {
        "driver": "GTiff",
        "dtype": "float32",
        "count": 1,
        "height": height,
        "width": width,
        "crs": "EPSG:4326",
        "transform": rasterio.Affine(*joined.transform),
        "nodata": np.nan,
        "compress": "deflate",
        "predictor": 3,
        "tiled": True,
    }
    simulated = any(piece.simulated for piece in pieces.values())
    about = {
        "heights": "egm2008",
        "source": shown,
        "tiles": " ".join(tile.name for tile in pieces),
        "tiles_at_sea": " ".join(tile.name for tile in missing),
        **({"simulated": "true"} if simulated else {"attribution": ATTRIBUTION}),
    }
    with beside(path) as partial_path, rasterio.open(partial_path, "w", **profile) as file:
        file.write(joined.values, 1)
        file.set_band_description(1, "elevation")
        file.units = ("m",)
        file.update_tags(**about)
