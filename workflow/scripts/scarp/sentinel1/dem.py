"""Elevation on the event's grid: padded, ellipsoidal, and as points in space."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from scarp.errors import DataError, Fault
from scarp.grid import Grid
from scarp.log import logger
from scarp.sentinel1.geoid import undulation
from scarp.sentinel1.geometry import geodetic_to_ecef

VOID_REACH_M = 100.0  # a void no pixel of which lies farther from known heights is interpolated
_LATTICE = 32  # pixels between the points at which map coordinates are transformed exactly
_TOLERANCE = 0.01  # DEM pixels; GDAL's own 0.125 would allow 4 m on the ground


class VoidError(DataError):
    """A DEM covers an area and knows no height in it: open sea, mostly."""


def dem_on_grid(
    path: str | Path, grid: Grid, pad: int, heights: Literal["ellipsoidal", "egm2008"]
) -> tuple[Grid, NDArray[np.float64]]:
    """The DEM at the pixel centres of `grid`, which is made larger by `pad` pixels on every side.

    Cubic convolution (beside a cliff it overshoots by up to 7 % of the step), linear next to voids.
    A void that reaches no farther than VOID_REACH_M from known heights is interpolated linearly
    between those on its rim; a larger one stays NaN, and so does one at the border beyond its rim;
    the log says how much of each there was. Sea, which is 0 in the Copernicus DEM, is kept.

    Parameters
    ----------
    path: a single-band raster in metres, of any CRS. NaN and its declared nodata are voids.
    grid: the event's grid, with a projected CRS.
    pad: pixels. Terrain within it casts shadow and layover into the grid; what stands farther off
        does not.
    heights: what the DEM's heights refer to. "egm2008" adds the geoid (`geoid.undulation`, which
        is EGM96's and says what that costs), "ellipsoidal" adds nothing.

    Returns
    -------
    The padded grid, and float64 (y, x) metres above the WGS84 ellipsoid, NaN where void.

    Raises
    ------
    DataError: the file cannot be read, has no CRS or several bands, does not cover the padded
        grid; VoidError: it is void there.
    """
    import rasterio
    from rasterio.errors import RasterioIOError

    padded = grid.padded(pad)
    try:
        with rasterio.open(path) as source:
            refuse_uncovered(source, path, padded)
            values = resampled(source, padded)
    except RasterioIOError as error:
        raise DataError(
            Fault("the DEM cannot be read", f"{path}: {error}", cure="Give a raster GDAL can open.")
        ) from None
    values = without_small_voids(values, padded.resolution, path)
    if heights == "ellipsoidal":
        return padded, values
    return padded, values + _undulation(padded)


def longitude_latitude(grid: Grid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitude and latitude of pixel centres, float64 (y, x) degrees on WGS84.

    Exact on a lattice and cubic splines between: below 0.1 mm from exact at 10 m per pixel.
    """
    from pyproj import Transformer
    from scipy.interpolate import RectBivariateSpline

    rows, columns = _lattice(grid.height), _lattice(grid.width)
    x = grid.left + grid.resolution * (columns + 0.5)
    y = grid.top - grid.resolution * (rows + 0.5)
    to_degrees = Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True)
    longitude, latitude = to_degrees.transform(*np.meshgrid(x, y))
    every_row, every_column = np.arange(grid.height), np.arange(grid.width)
    degrees = [
        RectBivariateSpline(rows, columns, values)(every_row, every_column)
        for values in (longitude, latitude)
    ]
    return degrees[0], degrees[1]


def ecef_of(grid: Grid, heights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Earth-centred, Earth-fixed WGS84 coordinates of the pixel centres.

    Parameters
    ----------
    grid: a grid with a CRS.
    heights: float64 (y, x) metres above the ellipsoid, of the grid's shape.

    Returns
    -------
    float64 (y, x, 3) metres, NaN where the height is NaN.
    """
    longitude, latitude = longitude_latitude(grid)
    return geodetic_to_ecef(longitude, latitude, heights)


def _lattice(size: int) -> NDArray[np.float64]:
    """Pixel positions from the first to the last of `size`, enough of them for a cubic spline."""
    return np.linspace(0.0, max(size - 1.0, 1.0), max(-(-size // _LATTICE) + 1, 4))


def _undulation(grid: Grid) -> NDArray[np.float64]:
    """The geoid's undulation at the pixel centres, float64 (y, x) metres.

    The geoid is smooth: its spline is evaluated every few hundred metres, linear between, which
    costs less than 0.1 mm.
    """
    from scipy.interpolate import RectBivariateSpline

    longitude, latitude = longitude_latitude(grid)
    rows = np.unique(np.rint(_lattice(grid.height)).clip(max=grid.height - 1).astype(int))
    columns = np.unique(np.rint(_lattice(grid.width)).clip(max=grid.width - 1).astype(int))
    if len(rows) < 2 or len(columns) < 2:
        return undulation(longitude, latitude)
    at = np.ix_(rows, columns)
    spline = RectBivariateSpline(rows, columns, undulation(longitude[at], latitude[at]), kx=1, ky=1)
    values: NDArray[np.float64] = spline(np.arange(grid.height), np.arange(grid.width))
    return values


def refuse_uncovered(source: Any, path: str | Path, padded: Grid) -> None:
    """Check that a raster open in rasterio is a DEM that covers every pixel centre of a grid.

    Raises
    ------
    DataError: it has no CRS or several bands, or does not cover the grid.
    """
    from pyproj import Transformer

    if source.crs is None or source.count != 1:
        fact = "the DEM has no CRS" if source.crs is None else "the DEM has several bands"
        raise DataError(
            Fault(fact, f"{path}", "one band of heights in metres, with a CRS", "Give such a file.")
        )
    rows = np.linspace(0, padded.height - 1, 65) + 0.5
    columns = np.linspace(0, padded.width - 1, 65) + 0.5
    x = padded.left + padded.resolution * columns
    y = padded.top - padded.resolution * rows
    box = source.bounds
    to_dem = Transformer.from_crs(padded.crs, source.crs.to_wkt(), always_xy=True)
    east, north = to_dem.transform(*np.meshgrid(x, y))
    inside = (east >= box.left) & (east <= box.right) & (north >= box.bottom) & (north <= box.top)
    if inside.all():
        return
    to_degrees = Transformer.from_crs(padded.crs, "EPSG:4326", always_xy=True)
    edge = (padded.resolution * padded.width, padded.resolution * padded.height)
    west, south, east_, north_ = to_degrees.transform_bounds(
        padded.left, padded.top - edge[1], padded.left + edge[0], padded.top
    )
    raise DataError(
        Fault(
            f"the DEM covers {100 * inside.mean():.1f} % of the area and its margin",
            f"{path}",
            f"a DEM that covers {west:.4f} to {east_:.4f} degrees east and {south:.4f} to "
            f"{north_:.4f} degrees north",
            "Add the neighbouring tiles to the DEM, or make the area smaller.",
        )
    )


def resampled(source: Any, padded: Grid) -> NDArray[np.float64]:
    """A raster open in rasterio at a grid's pixel centres, float64 (y, x), NaN where void.

    Cubic convolution; where the grid has the raster's own pixels, those.
    """
    from rasterio.enums import Resampling
    from rasterio.transform import Affine
    from rasterio.vrt import WarpedVRT

    with WarpedVRT(
        source,
        crs=padded.crs,
        transform=Affine(*padded.transform),
        height=padded.height,
        width=padded.width,
        resampling=Resampling.cubic,
        tolerance=_TOLERANCE,
        src_nodata=np.nan if source.nodata is None else source.nodata,
        nodata=np.nan,
        dtype="float32",
    ) as warped:
        return np.asarray(warped.read(1), dtype=np.float64)


def without_small_voids(
    values: NDArray[np.float64], resolution: float, path: str | Path
) -> NDArray[np.float64]:
    """Interpolate voids that reach no farther than VOID_REACH_M; log what was filled or not.

    Parameters
    ----------
    values: (y, x) float64, NaN where void; resolution: metres per pixel; path: for the log.

    Raises
    ------
    VoidError: all of it is void.
    """
    from scipy.interpolate import LinearNDInterpolator
    from scipy.ndimage import binary_dilation, distance_transform_edt, label, maximum

    void = np.isnan(values)
    if not void.any():
        return values
    if void.all():
        raise VoidError(
            Fault(
                "the DEM has no height anywhere in the area",
                f"{path}",
                cure="Give a DEM that holds heights there.",
            )
        )
    together = np.ones((3, 3))
    names, count = label(void, structure=together)
    reach = maximum(distance_transform_edt(void), names, np.arange(count + 1)) * resolution
    # How far a void reaches that leaves the array is not known.
    reach[np.concatenate([names[0], names[-1], names[:, 0], names[:, -1]])] = np.inf
    small = void & (reach <= VOID_REACH_M)[names]
    result = values.copy()
    if small.any():
        rim = binary_dilation(small, together) & ~void
        plane = LinearNDInterpolator(np.argwhere(rim), values[rim])
        result[small] = plane(np.argwhere(small))
    still = np.isnan(result)
    logger.info(
        "%s: %.2f %% of the DEM was void and interpolated, %.2f %% stays void",
        Path(path).name,
        100 * (void & ~still).mean(),
        100 * still.mean(),
    )
    return result
