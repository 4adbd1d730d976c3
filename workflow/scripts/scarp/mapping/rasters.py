"""The rasters that a map of an event is made of, on one grid, and how they are read by rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.windows import Window

from scarp.errors import DataError, Fault
from scarp.grid import Grid

#: Rows that are read at once: whole blocks of the files, and little memory in the widest scene.
ROWS = 1024
_AGAIN = "delete it and let the workflow make it again"


@dataclass(frozen=True)
class Rasters:
    """Files of one event on one grid.

    Attributes
    ----------
    probability: uint16, see `scarp.prediction`.
    uncertainty: uint16, coded alike: standard deviation of the probability over an ensemble; no
        data everywhere where one model made the map.
    valid: uint8, 1 where the map says something.
    cube: the event's cube, see `scarp.cube`.
    strata: uint8, the band described `geometry` says where the radar sees little; None where the
        event's orbit is not known.
    """

    probability: Path
    uncertainty: Path
    valid: Path
    cube: Path
    strata: Path | None = None


def grid_of_raster(path: str | Path) -> Grid:
    """The grid of a GeoTIFF.

    Raises
    ------
    DataError: it cannot be read, its CRS is not projected, or its pixels are not square and north
        up.
    """
    with opened(path) as file:
        crs, affine, shape = file.crs, file.transform, (file.height, file.width)
    if crs is None or not crs.is_projected:
        raise DataError(
            Fault(
                f"has the CRS {crs or '(none)'}, in which areas cannot be measured",
                str(path),
                "a projected CRS such as UTM",
                "map an event whose cube has such a CRS",
            )
        )
    if affine.b or affine.d or affine.a != -affine.e:
        raise DataError(
            Fault("has pixels that are not square and north up", str(path), cure=_AGAIN)
        )
    return Grid(crs.to_string(), affine.c, affine.f, affine.a, *shape)


def check_grid(path: str | Path, grid: Grid) -> None:
    """Raise DataError unless the raster at `path` has as many rows and columns, at one place."""
    with opened(path) as file:
        there = Grid(grid.crs, file.transform.c, file.transform.f, file.transform.a, *file.shape)
    if not there.agrees(grid):
        raise DataError(
            Fault(
                f"lies on another grid ({there.height} x {there.width} from {there.left:.10g},"
                f" {there.top:.10g})",
                str(path),
                f"{grid.height} x {grid.width} from {grid.left:.10g}, {grid.top:.10g}, as the map",
                _AGAIN,
            )
        )


def opened(path: str | Path) -> Any:
    """The raster at `path`, open to read; DataError where it cannot be read."""
    try:
        return rasterio.open(path)
    except RasterioError as error:
        raise DataError(Fault(f"cannot be read ({error})", str(path), cure=_AGAIN)) from None


def bands_of_rows(height: int, rows: int = ROWS) -> Iterator[slice]:
    """All rows of a raster, so many at once, from north to south."""
    for start in range(0, height, rows):
        yield slice(start, min(start + rows, height))


def read_rows(file: Any, rows: slice, band: int = 1) -> NDArray[Any]:
    """Rows of an open raster, (rows, width), in its own dtype."""
    found: NDArray[np.generic] = file.read(
        band, window=Window(0, rows.start, file.width, rows.stop - rows.start)
    )
    return found


def pixel_m2(grid: Grid) -> float:
    """Area of a pixel in square metres on the plane of its CRS."""
    factor = float(rasterio.crs.CRS.from_user_input(grid.crs).linear_units_factor[1])
    return (grid.resolution * factor) ** 2
