"""Relief of the simulated world: fractal mountains that rivers have cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, optimize

from scarp.simulate.drainage import drain, erode
from scarp.simulate.noise import Field, fractal_field, smooth_field, white_noise

#: Pixel size of every simulated grid, m.
RESOLUTION = 10.0
#: Pixels around an event that are made and cut off, so that its rivers come from somewhere.
_MARGIN = 24
#: Rivers erode a grid that is this many times coarser than the event's.
_COARSE = 4
_HURST = 0.8
#: A channel is a river where it drains this share of the scene.
_RIVER_SHARE = 0.06
#: A global elevation model of 30 m posting does not resolve 10 m: standard deviation in pixels.
_POSTING = 1.5


@dataclass(frozen=True)
class Relief:
    """Terrain of an event; every array is (rows, columns), row 0 in the north.

    Attributes
    ----------
    elevation: m. slope: degree.
    rise_east, rise_north: derivatives of the elevation, dimensionless.
    river_distance: m to the middle of the nearest river.
    river_width: m, of the nearest river.
    """

    elevation: Field
    slope: Field
    rise_east: Field
    rise_north: Field
    river_distance: Field
    river_width: Field


def horn_gradient(elevation: Field, resolution: float) -> tuple[Field, Field]:
    """Rise towards the east and the north by Horn's third-order finite difference.

    Horn 1981, Proceedings of the IEEE 69(1), 14-47: the method of gdaldem. Edges are
    continued by their own values.

    Parameters
    ----------
    elevation: (rows, columns) in m, row 0 in the north.
    resolution: pixel size in m.
    """
    scale = np.float32(1.0 / (8.0 * resolution))
    east = ndimage.sobel(elevation, axis=1, mode="nearest") * scale
    south = ndimage.sobel(elevation, axis=0, mode="nearest") * scale
    return east, -south


def slope_degrees(rise_east: Field, rise_north: Field) -> Field:
    """Slope in degrees of a surface with these derivatives."""
    return np.rad2deg(np.arctan(np.hypot(rise_east, rise_north)))


def incidence_cosine(relief: Relief, azimuth: float, zenith: float) -> Field:
    """Cosine of the angle between the surface normal and a direction, negative when facing away.

    Parameters
    ----------
    azimuth: of the direction (to the sun, to the sensor), degree clockwise from north.
    zenith: its angle from the vertical, degree.
    """
    east = np.sin(np.deg2rad(zenith)) * np.sin(np.deg2rad(azimuth))
    north = np.sin(np.deg2rad(zenith)) * np.cos(np.deg2rad(azimuth))
    up = np.cos(np.deg2rad(zenith))
    length = np.sqrt(1.0 + relief.rise_east**2 + relief.rise_north**2)
    return np.asarray(
        (up - east * relief.rise_east - north * relief.rise_north) / length, dtype=np.float32
    )


def make_relief(generator: np.random.Generator, shape: tuple[int, int]) -> Relief:
    """Draw the terrain of an event.

    A fractal surface with a regional tilt is cut by rivers on a coarse grid and roughened again on
    the event's own. It is then stretched until its mean slope is what was drawn for the event:
    hills in one, mountains in another.

    Parameters
    ----------
    shape: (rows, columns).
    """
    whole = (shape[0] + 2 * _MARGIN, shape[1] + 2 * _MARGIN)
    coarse = (-(-whole[0] // _COARSE) + 1, -(-whole[1] // _COARSE) + 1)
    base = fractal_field(generator, coarse, _HURST)
    rows, columns = np.indices(coarse) / max(coarse)
    direction = generator.uniform(0.0, 2.0 * np.pi)
    tilt = generator.uniform(1.0, 2.0) * (rows * np.cos(direction) + columns * np.sin(direction))
    # A trace of roughness decides where the first gullies form.
    start = base + tilt + 0.02 * white_noise(generator, coarse)
    eroded = erode(start.astype(np.float64), strength=0.12, creep=0.5, steps=15)
    height = _refine(eroded, whole)
    height += 0.012 * (fractal_field(generator, whole, 0.6) + smooth_field(generator, whole, 4.0))
    height = ndimage.gaussian_filter(height, _POSTING)
    height *= _stretch(height, generator.uniform(19.0, 26.0))
    height += np.float32(generator.uniform(50.0, 1500.0)) - height.min()
    height, distance, width = _lay_rivers(height)
    rise_east, rise_north = horn_gradient(height, RESOLUTION)
    slope = slope_degrees(rise_east, rise_north)
    inner = (slice(_MARGIN, -_MARGIN), slice(_MARGIN, -_MARGIN))
    layers = (height, slope, rise_east, rise_north, distance, width)
    return Relief(*(np.ascontiguousarray(layer[inner]) for layer in layers))


def _lay_rivers(height: Field) -> tuple[Field, Field, Field]:
    """Lay rivers where much water gathers, and a flat floor of sediment along them.

    Returns
    -------
    The elevation with valley floors (m), the distance to the nearest river and its width (m).
    """
    catchment = drain(height.astype(np.float64)).accumulate(np.ones(height.size))
    share = catchment.reshape(height.shape) / height.size
    distance, (row, column) = ndimage.distance_transform_edt(
        share < _RIVER_SHARE, sampling=RESOLUTION, return_indices=True
    )
    # Width grows with the square root of discharge (Leopold & Maddock 1953, USGS Professional
    # Paper 252), here scaled so that a river that drains the whole scene is 60 m wide.
    width = np.asarray(60.0 * np.sqrt(share[row, column]), dtype=np.float32)
    bed = height[row, column]
    across = np.clip(distance / (6.0 * width), 0.0, 1.0).astype(np.float32)
    floor = ndimage.gaussian_filter(bed + (height - bed) * across, _POSTING)
    return floor, distance.astype(np.float32), ndimage.gaussian_filter(width, 3.0)


def _refine(coarse: NDArray[np.float64], shape: tuple[int, int]) -> Field:
    """Interpolate the coarse grid to the event's by cubic splines."""
    fine = ndimage.zoom(coarse.astype(np.float32), _COARSE, grid_mode=True, mode="nearest")
    return np.asarray(fine[: shape[0], : shape[1]], dtype=np.float32)


def _stretch(height: Field, mean_slope: float) -> np.float32:
    """The factor on `height` that gives this mean slope in degrees."""
    tangent = np.hypot(*horn_gradient(height[::2, ::2], 2.0 * RESOLUTION))

    def excess(factor: float) -> float:
        return float(np.rad2deg(np.arctan(tangent * factor)).mean()) - mean_slope

    return np.float32(optimize.brentq(excess, 1e-3, 1e6, rtol=1e-6))
