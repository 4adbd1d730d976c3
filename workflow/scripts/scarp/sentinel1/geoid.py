"""Heights above the geoid to heights above the ellipsoid, without a network."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

STEP = 0.25  # degrees
_FILE = Path(__file__).with_name("egm96.tif")
_MARGIN = 8  # columns repeated past the 0 meridian, so that the spline does not see the seam


def undulation(
    longitude_deg: NDArray[np.float64], latitude_deg: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The height of the EGM96 geoid above the WGS84 ellipsoid.

    A cubic spline through the 15-arcminute grid of point values (NGA, WW15MGH.DAC; public domain),
    which is stored in centimetres. The six check values that NGA published with the grid are met
    within 0.01 m.

    Copernicus heights refer to EGM2008. The two geoids differ by about 0.5 m (RMS, worldwide), at
    most by some 10 m over ocean trenches (P. Guth, MICRODEM help, "Geoid models"). At 35 degrees
    of incidence a height that is off by 0.5 m moves a point by 0.5 m / tan(35 degrees) = 0.7 m on
    the ground, 0.07 of a 10 m pixel. All dates move alike, so coherence and everything that
    compares dates do not feel it. Where that is too much, give a DEM with ellipsoidal heights.

    Parameters
    ----------
    longitude_deg: degrees east, any turn (-180 to 180 or 0 to 360).
    latitude_deg: degrees north, of a shape that broadcasts with the longitude.

    Returns
    -------
    float64 metres, NaN where a coordinate is NaN.

    Raises
    ------
    ValueError: a latitude beyond 90 degrees.
    """
    from scipy.ndimage import map_coordinates

    longitude, latitude = np.broadcast_arrays(
        np.asarray(longitude_deg, np.float64), np.asarray(latitude_deg, np.float64)
    )
    if np.any(np.abs(latitude) > 90.0):
        raise ValueError("a latitude lies beyond 90 degrees")
    row = (90.0 - latitude) / STEP
    column = np.mod(longitude, 360.0) / STEP + _MARGIN
    bad = np.isnan(row) | np.isnan(column)
    at = np.stack([np.where(bad, 0.0, row), np.where(bad, 0.0, column)])
    metres = map_coordinates(_coefficients(), at, order=3, prefilter=False, mode="mirror")
    return np.where(bad, np.nan, metres)


@cache
def _coefficients() -> NDArray[np.float64]:
    """B-spline coefficients of the grid in metres: rows from 90 N, columns from 0 E - margin."""
    import rasterio
    from scipy.ndimage import spline_filter

    with rasterio.open(_FILE) as data:
        metres = data.read(1).astype(np.float64) * data.scales[0]
    around = np.pad(metres, ((0, 0), (_MARGIN, _MARGIN)), mode="wrap")
    coefficients: NDArray[np.float64] = spline_filter(around, order=3, mode="mirror")
    coefficients.flags.writeable = False
    return coefficients
