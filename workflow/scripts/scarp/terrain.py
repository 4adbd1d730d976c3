"""Elevation and slope of an event on its own grid: the product terrain.tif."""

from __future__ import annotations

import logging
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError

from scarp.errors import DataError, Fault
from scarp.grid import Grid
from scarp.product_write import write_product
from scarp.sentinel1.area import Heights
from scarp.sentinel1.dem import refuse_uncovered, resampled, without_small_voids

_LOG = logging.getLogger("scarp")
#: Pixels around the grid: slope is taken over 3 x 3 of them.
_MARGIN = 1
_NODATA = -32768.0
#: Tags of a DEM that its terrain carries on.
_TAGS = ("source", "tiles", "tiles_at_sea", "attribution", "simulated")
_INSTALL = (
    "install GDAL's programs: conda install -c conda-forge gdal, apt-get install gdal-bin, or"
    " brew install gdal"
)


def make_terrain(dem: str | Path, grid: Grid, path: str | Path, heights: Heights) -> None:
    """Warp a DEM onto an event's grid and take the slope there.

    The DEM is warped first, by cubic convolution: in longitude and latitude a pixel has no metres
    that a slope could be taken over. Slope is that of Horn 1981 (Proc. IEEE 69(1)) over 3 x 3
    pixels of 10 m, by the program ``gdaldem slope``; beside voids it goes on with the values next
    to them. Voids that reach no farther than 100 m are interpolated.

    Parameters
    ----------
    dem: one band of heights in metres, any CRS; NaN and its declared nodata are voids.
    grid: the event's, with a projected CRS in metres.
    path: gets the bands `elevation` (m) and `slope` (degree), float32, NaN where void. Tags: what
        heights refer to, what the DEM says of its source, and `simulated` where it is.
    heights: what they refer to, `egm2008` or `ellipsoidal`.

    Raises
    ------
    DataError: the DEM cannot be read, has no CRS or several bands, does not cover the grid and
        a pixel around it, is void all over, or says that its heights refer to something else;
        `gdaldem` is missing or fails.
    """
    program = _program()
    wide = grid.padded(_MARGIN)
    try:
        with rasterio.open(dem) as source:
            refuse_uncovered(source, dem, wide)
            told = source.tags()
            values = resampled(source, wide)
    except RasterioError as error:
        raise DataError(
            Fault("the DEM cannot be read", f"{dem}: {error}", cure="give a raster GDAL can open")
        ) from None
    if told.get("heights", heights) != heights:
        raise DataError(
            Fault(
                f"says that its heights are {told['heights']}, the configuration {heights}",
                str(dem),
                cure="correct sentinel1: dem_heights, or give another DEM",
            )
        )
    elevation = without_small_voids(values, grid.resolution, dem).astype(np.float32)
    slope = _slope(program, elevation, wide)
    inner = (slice(_MARGIN, -_MARGIN), slice(_MARGIN, -_MARGIN))
    tags = {"engine": _version(program), "dem": Path(dem).name, "heights": heights}
    write_product(
        path,
        grid,
        {"elevation": elevation[inner], "slope": slope[inner]},
        {"elevation": "m", "slope": "degree"},
        {**tags, **_passed_on(told)},
    )
    _LOG.info(
        "%s: %.0f to %.0f m, median slope %.1f degrees",
        path,
        np.nanmin(elevation[inner]),
        np.nanmax(elevation[inner]),
        np.nanmedian(slope[inner]),
    )


def _program() -> str:
    found = shutil.which("gdaldem")
    if found is None:
        raise DataError(Fault("is not installed", "program gdaldem", cure=_INSTALL))
    return found


def _version(program: str) -> str:
    """Such as ``gdaldem 3.6.2``."""
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return f"gdaldem {answer.stdout.partition(',')[0].removeprefix('GDAL ')}"


def _passed_on(told: Mapping[str, str]) -> dict[str, str]:
    return {name: told[name] for name in _TAGS if told.get(name)}


def _slope(program: str, elevation: NDArray[np.float32], grid: Grid) -> NDArray[np.float32]:
    """Slope in degrees, NaN where the elevation is."""
    void = np.isnan(elevation)
    with TemporaryDirectory() as folder:
        heights, slopes = Path(folder, "elevation.tif"), Path(folder, "slope.tif")
        profile = {
            "driver": "GTiff",
            "dtype": "float32",
            "count": 1,
            "height": grid.height,
            "width": grid.width,
            "crs": grid.crs,
            "transform": rasterio.Affine(*grid.transform),
            "nodata": _NODATA,
        }
        with rasterio.open(heights, "w", **profile) as file:
            file.write(np.where(void, np.float32(_NODATA), elevation), 1)
        command = [program, "slope", str(heights), str(slopes), "-compute_edges", "-q"]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        try:
            with rasterio.open(slopes) as file:
                found = file.read(1, masked=True).astype(np.float32).filled(np.nan)
        except RasterioError:
            found = np.empty((0, 0), dtype=np.float32)
    # The exit code alone is not to be trusted.
    complete = found.shape == elevation.shape and bool((np.isnan(found) == void).all())
    if ended.returncode or not complete:
        raise DataError(
            Fault(
                f"ended with status {ended.returncode} and no slope of every pixel:"
                f" {ended.stderr.strip() or 'it said nothing'}",
                "program gdaldem",
                cure=f"see whether there is room in the folder of temporary files; {_INSTALL}",
            )
        )
    slope: NDArray[np.float32] = found
    return slope
