"""Reading what a Sentinel-2 image has of an area, from several tiles onto one grid.

Only the windows that the area needs are read. Where a tile's pixels are those of the grid they are
taken as they are; else they are interpolated bilinearly, which is never beyond the values around,
while cubic convolution rings at edges of clouds and of the data. Classes are taken from the nearest
pixel.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from rasterio import Affine
from rasterio.crs import CRS
from rasterio.errors import CRSError
from rasterio.io import DatasetReader
from rasterio.warp import Resampling, reproject, transform_bounds
from rasterio.windows import Window

from scarp.acquire.remote_raster import read_remote
from scarp.acquire.sentinel2.assets import BANDS, SCL
from scarp.acquire.sentinel2.items import Tile, offset
from scarp.acquire.stac_access import StacAccess
from scarp.acquire.web import without_secrets
from scarp.errors import DataError, Fault
from scarp.grid import Grid
from scarp.sentinel2 import QUANTIFICATION

_LOG = logging.getLogger("scarp")
#: Pixels around a window, so that interpolation at its edge has neighbours.
_MARGIN = 3
#: One thread at a time: rasterio silences warnings meanwhile, and Python has one list of them.
_WARPING = threading.Lock()
Array = NDArray[np.float32]


@dataclass(frozen=True)
class Image:
    """What one date shows of an area.

    Attributes
    ----------
    bands: name -> (y, x) float32 reflectance, NaN without data; a pixel has all bands or none.
    classes: (y, x) uint8, the scene classification; 0 without data.
    """

    bands: Mapping[str, Array]
    classes: NDArray[np.uint8]


def read_image(
    access: StacAccess, tiles: Sequence[Tile], grid: Grid, bands: Sequence[str] = tuple(BANDS)
) -> Image:
    """Read bands and classes of an area as reflectance, (DN + offset) / 10000.

    Every pixel comes whole from one tile: tiles in the grid's own zone first, then the one whose
    middle is nearest, which is the one least bent by its projection. A tile that is not needed any
    more is not read.

    Parameters
    ----------
    tiles: of one image, in any zones of UTM; they may have different offsets.
    grid: of the area.

    Raises
    ------
    DataError: files cannot be read and no other tile has what they hold; all of them are named.
    """
    shape = (grid.height, grid.width)
    image = {band: np.full(shape, np.nan, dtype=np.float32) for band in bands}
    classes = np.zeros(shape, dtype=np.uint8)
    faults: list[Fault] = []
    for tile in in_order(tiles, grid):
        if classes.all():
            break
        try:
            layers = _read_tile(access, tile, grid, (*bands, SCL))
        except DataError as error:
            faults += error.faults
            continue
        whole = np.all([np.isfinite(layer) for layer in layers.values()], axis=0)
        taken = whole & (classes == 0)
        for band in bands:
            image[band][taken] = (layers[band][taken] + offset(tile)) / np.float32(QUANTIFICATION)
        classes[taken] = layers[SCL][taken].astype(np.uint8)
    if faults and not classes.all():
        raise DataError(faults)
    for fault in faults:
        _LOG.warning("%s\n  other tiles have what is needed of it", fault)
    return Image(image, classes)


def in_order(tiles: Sequence[Tile], grid: Grid) -> list[Tile]:
    """Tiles as they are laid over one another, the first on top; see `read_image`."""
    return sorted(tiles, key=lambda tile: (tile.crs != grid.crs, _distance(tile, grid), tile.item))


def _distance(tile: Tile, grid: Grid) -> float:
    """From the middle of the grid to that of the tile, in degrees of latitude."""
    west, south, east, north = box_of(grid)
    x, y = (west + east) / 2, (south + north) / 2
    left, bottom, right, top = tile.box
    return math.hypot(((left + right) / 2 - x) * math.cos(math.radians(y)), (bottom + top) / 2 - y)


def box_of(grid: Grid) -> tuple[float, float, float, float]:
    """West, south, east and north of a grid, in degrees."""
    return _bounds(grid, "EPSG:4326")


def _bounds(grid: Grid, crs: object) -> tuple[float, float, float, float]:
    right = grid.left + grid.width * grid.resolution
    bottom = grid.top - grid.height * grid.resolution
    bounds = transform_bounds(grid.crs, crs, grid.left, bottom, right, grid.top, densify_pts=21)
    return tuple(float(side) for side in bounds)  # type: ignore[return-value]


def _read_tile(
    access: StacAccess, tile: Tile, grid: Grid, names: Sequence[str]
) -> dict[str, Array]:
    """Digital numbers of a tile on the grid, NaN without data; all faults of its files at once."""
    faults: list[Fault] = []
    layers: dict[str, Array] = {}
    with ThreadPoolExecutor(access.api.connections) as pool:
        jobs = {
            name: pool.submit(
                read_remote,
                access,
                tile.addresses[name],
                partial(_on_grid, grid=grid, nearest=name == SCL, label=tile.addresses[name]),
            )
            for name in names
        }
        for name, job in jobs.items():
            try:
                layers[name] = job.result()
            except DataError as error:
                faults += [
                    Fault(fault.fact, f"{tile.item}, {name}: {fault.offender}", cure=fault.cure)
                    for fault in error.faults
                ]
    if faults:
        raise DataError(faults)
    return layers


def _on_grid(dataset: DatasetReader, grid: Grid, nearest: bool, label: str) -> Array:
    """A band on the grid, (y, x) float32; 0 in the file and everything beyond it are NaN."""
    found = np.full((grid.height, grid.width), np.nan, dtype=np.float32)
    own, crs = dataset.transform, dataset.crs
    if crs is None or own.b or own.d or own.a <= 0 or own.e >= 0:
        raise DataError(
            Fault("has no georeference with north up", without_secrets(label), cure="use another")
        )
    try:
        left, bottom, right, top = _bounds(grid, crs)
    except CRSError as error:
        raise DataError(
            Fault(f"lies in a CRS that cannot be used ({error})", without_secrets(label))
        ) from None
    columns = _within((left - own.c) / own.a, (right - own.c) / own.a, dataset.width)
    rows = _within((top - own.f) / own.e, (bottom - own.f) / own.e, dataset.height)
    if columns.start >= columns.stop or rows.start >= rows.stop:
        return found
    numbers = dataset.read(1, window=Window.from_slices(rows, columns)).astype(np.float32)
    numbers[numbers == 0] = np.nan
    x, y = own.c + columns.start * own.a, own.f + rows.start * own.e
    down, across = (grid.top - y) / grid.resolution, (x - grid.left) / grid.resolution
    if (
        CRS.from_user_input(grid.crs) == crs
        and own.a == -own.e == grid.resolution
        and down.is_integer()
        and across.is_integer()
    ):
        _paste(numbers, found, int(down), int(across))
        return found
    with _WARPING:
        reproject(
            numbers,
            found,
            src_transform=Affine(own.a, 0.0, x, 0.0, own.e, y),
            src_crs=crs,
            src_nodata=np.nan,
            dst_transform=Affine(*grid.transform),
            dst_crs=grid.crs,
            dst_nodata=np.nan,
            resampling=Resampling.nearest if nearest else Resampling.bilinear,
        )
    return found


def _paste(numbers: Array, found: Array, down: int, across: int) -> None:
    """Put pixels where they belong; what lies beyond the edges falls away."""
    height, width = found.shape
    target = found[
        max(down, 0) : max(min(down + numbers.shape[0], height), 0),
        max(across, 0) : max(min(across + numbers.shape[1], width), 0),
    ]
    skipped, aside = max(-down, 0), max(-across, 0)
    target[:] = numbers[skipped : skipped + target.shape[0], aside : aside + target.shape[1]]


def _within(first: float, last: float, size: int) -> slice:
    """Whole pixels from `first` to `last` and some around, as far as the file goes."""
    return slice(max(0, math.floor(first) - _MARGIN), min(size, math.ceil(last) + _MARGIN))
