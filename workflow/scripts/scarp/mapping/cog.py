"""Writing a layer of a map row by row as a Cloud-Optimised GeoTIFF.

GDAL's COG driver only copies a finished raster, since overviews come first in the file. Rows
therefore go to a plain GeoTIFF beside it first, which is removed at the end.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import rasterio
import rasterio.shutil
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning
from rasterio.windows import Window

from scarp.grid import Grid
from scarp.prediction import CERTAIN, NODATA

#: Bytes that GDAL may keep of rasters; its own default is a twentieth of the machine's memory.
_CACHE = 128 * 2**20


@dataclass(frozen=True)
class Layer:
    """One band and how it is stored.

    Attributes
    ----------
    description: of the band.
    dtype, nodata: as stored. scale: from stored values to the quantity.
    overviews: how a pixel of an overview follows from the finer ones.
    """

    description: str
    dtype: Literal["uint8", "uint16"]
    nodata: int | None
    scale: float
    overviews: Literal["average", "nearest"]


def share(description: str) -> Layer:
    """A layer of values from 0 to 1, stored as in `scarp.prediction`: DN / 65534, 65535 no data.

    Overviews average the valid pixels: zoomed out, a landslide smaller than a pixel still shows,
    and the sum over an area stays what it is. The nearest pixel would keep some at random.
    """
    return Layer(description, "uint16", NODATA, 1 / CERTAIN, "average")


def flag(description: str) -> Layer:
    """A layer of 1 and 0, whose overviews are again 1 and 0: the nearest pixel."""
    return Layer(description, "uint8", None, 1.0, "nearest")


@contextmanager
def cog_rows(
    path: Path, grid: Grid, layer: Layer, tags: Mapping[str, str], threads: int
) -> Iterator[Callable[[int, NDArray[Any]], None]]:
    """Yield a function that writes rows from a given one on; make the file when all are written.

    Parameters
    ----------
    path: of the file, written as it is: see `scarp.files.beside`.
    threads: that compress.
    """
    rows = path.with_name(f"{path.stem}.rows.tif")
    profile = {
        "driver": "GTiff",
        "dtype": layer.dtype,
        "count": 1,
        "height": grid.height,
        "width": grid.width,
        "nodata": layer.nodata,
        "compress": "deflate",
        "zlevel": 1,
        "bigtiff": "if_safer",
    }
    if grid.crs:
        profile |= {"crs": grid.crs, "transform": rasterio.Affine(*grid.transform)}
    try:
        with warnings.catch_warnings(), rasterio.Env(GDAL_CACHEMAX=_CACHE):
            warnings.simplefilter(
                "ignore", NotGeoreferencedWarning
            )  # some sources have no georeference
            with rasterio.open(rows, "w", **profile) as file:
                file.scales = (layer.scale,)
                file.set_band_description(1, layer.description)
                file.update_tags(**tags)

                def write(first: int, values: NDArray[Any]) -> None:
                    file.write(values, 1, window=Window(0, first, grid.width, len(values)))

                yield write
            rasterio.shutil.copy(
                rows,
                path,
                driver="COG",
                compress="deflate",
                predictor="yes",
                overview_predictor="yes",
                overview_resampling=layer.overviews,
                num_threads=threads,
                bigtiff="if_safer",
            )
    finally:
        rows.unlink(missing_ok=True)
