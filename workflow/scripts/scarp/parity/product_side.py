"""Product files as a side of a comparison: their tags without their pixels, then their bands."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from scarp.errors import DataError, Fault
from scarp.grid import Grid
from scarp.product_files import Product
from scarp.product_raster import read_raster
from scarp.product_values import read_bands

#: The one layer that is no channel; the name of its band, too.
LOCAL_INCIDENCE = "local_incidence"


@dataclass(frozen=True)
class Header:
    """What a file says without its pixels: grid, tags (names in lower case), if simulated."""

    grid: Grid
    tags: Mapping[str, str]
    simulated: bool


def read_header(path: Path) -> Header:
    """Read grid and tags of a product file.

    Raises
    ------
    DataError: it cannot be opened, or is not north-up with square pixels and a CRS.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path, driver="GTiff") as file:
                crs, transform, size = file.crs, file.transform, (file.height, file.width)
                tags = {name.casefold(): text for name, text in file.tags().items()}
    except RasterioError as error:
        raise DataError(
            Fault(
                f"cannot be opened as a GeoTIFF ({error.__cause__ or error})",
                str(path),
                cure="write the file again; it may be cut short or of another format",
            )
        ) from error
    step = transform.a
    square = rasterio.Affine(step, 0, transform.c, 0, -step, transform.f)
    if crs is None or step <= 0 or not transform.almost_equals(square, precision=step * 1e-6):
        raise DataError(
            Fault(
                "has no coordinate reference system"
                if crs is None
                else "is not north-up with square pixels",
                str(path),
                "a CRS, north up, square pixels",
                "reproject it to the event's grid, for example with gdalwarp",
            )
        )
    grid = Grid(crs.to_string(), transform.c, transform.f, step, *size)
    return Header(grid, tags, tags.get("simulated", "").strip().casefold() == "true")


def read_band(path: Path, product: Product, band: str) -> NDArray[np.float32]:
    """One band of a product file in its unit, (y, x), NaN without data; DataError: it is wrong."""
    return read_bands(read_raster(path), product.bands)[band]


def read_incidence(path: Path) -> NDArray[np.float32]:
    """The local incidence of a geometry file in degrees, (y, x), NaN without data.

    It is told by its description, or is the second band where no band has one.

    Raises
    ------
    DataError: the file is damaged, or has no such band.
    """
    raster = read_raster(path)
    told = raster.descriptions
    if LOCAL_INCIDENCE in told:
        index = told.index(LOCAL_INCIDENCE)
    elif not any(told) and len(told) == 2:
        index = 1
    else:
        raise DataError(
            Fault(
                f"no band of {len(told)} is described as '{LOCAL_INCIDENCE}'",
                str(path),
                f"layover_shadow, {LOCAL_INCIDENCE}",
                "describe the bands, or write these two in this order",
            )
        )
    values = raster.values[index].astype(np.float32)
    return np.where(raster.data[index], values, np.float32(np.nan))
