"""Range-Doppler geometry: when the satellite passes a point, and how far away it then is.

The image of a zero-Doppler product has a point P where (P - S(t)) . V(t) = 0, S and V being the
satellite's position and velocity in the Earth-fixed frame, at slant range R = |P - S(t)|
(Curlander and McDonough 1991, Synthetic Aperture Radar, section 8.2). Sentinel-1 looks right.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray
from pyproj import Transformer

from scarp.sentinel1.orbit import Orbit

#: Speed of light, m/s.
C = 299792458.0
# WGS84 (NIMA TR8350.2): semi-major axis in m, first eccentricity squared.
_A = 6378137.0
_F = 1 / 298.257223563
_E2 = _F * (2 - _F)
#: Newton stops when a step moves the satellite less than this along its track, m; the error that
#: is left is far smaller still, since each step squares it.
_STEP = 1e-4
_STEPS = 20


def geodetic_to_ecef(
    longitude_deg: NDArray[np.float64],
    latitude_deg: NDArray[np.float64],
    height_m: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Earth-fixed coordinates of points given on WGS84.

    Parameters
    ----------
    longitude_deg, latitude_deg, height_m: (...), degrees and metres above the ellipsoid.

    Returns
    -------
    (..., 3) float64, m; NaN where an input is NaN.
    """
    longitude, latitude = np.radians(longitude_deg), np.radians(latitude_deg)
    sine, cosine = np.sin(latitude), np.cos(latitude)
    normal = _A / np.sqrt(1 - _E2 * sine**2)
    out = (normal + height_m) * cosine
    points: NDArray[np.float64] = np.stack(
        np.broadcast_arrays(
            out * np.cos(longitude),
            out * np.sin(longitude),
            (normal * (1 - _E2) + height_m) * sine,
        ),
        axis=-1,
    )
    return points


def zero_doppler(
    orbit: Orbit, points: NDArray[np.float64], first: float | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Zero-Doppler time and slant range of points, by Newton's method.

    Parameters
    ----------
    orbit: of the scene.
    points: (..., 3) float64, m, Earth-fixed.
    first: where the search starts, s; the middle of the orbit's validity by default.

    Returns
    -------
    t: (...) float64, s since the orbit's reference time, exact to less than 1 mm along the track.
    slant_range: (...) float64, m.
    Both are NaN for a point that is NaN, that is passed outside the orbit's validity, or that lies
    left of the track, where Sentinel-1 does not look.
    """
    start = (orbit.start + orbit.stop) / 2 if first is None else first
    flat = np.ascontiguousarray(points, dtype=np.float64).reshape(-1, 3)
    s, slant_range = _solve(
        np.ascontiguousarray(orbit.coefficients),
        flat,
        (start - orbit.centre) / orbit.half,
        (orbit.start - orbit.centre) / orbit.half,
        (orbit.stop - orbit.centre) / orbit.half,
    )
    shape = points.shape[:-1]
    return (orbit.centre + orbit.half * s).reshape(shape), slant_range.reshape(shape)


def ground_from_radar(
    orbit: Orbit,
    t: NDArray[np.float64],
    slant_range: NDArray[np.float64],
    height: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The point right of the track at a zero-Doppler time, slant range and height.

    Parameters
    ----------
    t, slant_range, height: (...), s, m, m above the ellipsoid; they broadcast.

    Returns
    -------
    (..., 3) float64, m, Earth-fixed, to 0.1 mm of height; NaN where no point of that height is
    that near.
    """
    shape = np.broadcast_shapes(np.shape(t), np.shape(slant_range), np.shape(height))
    t, slant_range, height = (np.broadcast_to(v, shape) for v in (t, slant_range, height))
    satellite, velocity = orbit.position(t), orbit.velocity(t)
    right = np.cross(velocity, satellite)
    right /= np.linalg.norm(right, axis=-1, keepdims=True)
    down = np.cross(velocity, right)
    down /= np.linalg.norm(down, axis=-1, keepdims=True)
    to_geodetic = Transformer.from_crs("EPSG:4978", "EPSG:4979", always_xy=True)
    # The angle from straight down, for a sphere through the height below the satellite.
    distance = np.linalg.norm(satellite, axis=-1)
    _, _, below = to_geodetic.transform(satellite[..., 0], satellite[..., 1], satellite[..., 2])
    sphere = distance - below + height
    cosine = (distance**2 + slant_range**2 - sphere**2) / (2 * distance * slant_range)
    with np.errstate(invalid="ignore"):
        angle = np.arccos(cosine)
    for _ in range(_STEPS):
        sine, cosine = np.sin(angle)[..., None], np.cos(angle)[..., None]
        points = satellite + slant_range[..., None] * (cosine * down + sine * right)
        longitude, latitude, reached = to_geodetic.transform(
            points[..., 0], points[..., 1], points[..., 2]
        )
        missing = height - reached
        if not (np.abs(missing) > 1e-4).any():
            break
        longitude, latitude = np.radians(longitude), np.radians(latitude)
        up = np.stack(
            [
                np.cos(latitude) * np.cos(longitude),
                np.cos(latitude) * np.sin(longitude),
                np.sin(latitude),
            ],
            axis=-1,
        )
        climb = slant_range * ((cosine * right - sine * down) * up).sum(axis=-1)
        angle = angle + missing / climb
    found: NDArray[np.float64] = np.where(
        (np.isfinite(missing) & (np.abs(missing) <= 1e-4))[..., None], points, np.nan
    )
    return found


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _solve(
    coefficients: NDArray[np.float64],
    points: NDArray[np.float64],
    first: float,
    low: float,
    high: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Zero-Doppler times, in the polynomial's variable, and ranges of (n, 3) points."""
    count = points.shape[0]
    times = np.full(count, np.nan)
    ranges = np.full(count, np.nan)
    degree = coefficients.shape[0] - 1
    place, speed, bend, away = np.empty(3), np.empty(3), np.empty(3), np.empty(3)
    for n in range(count):
        s = first
        settled = False
        for _ in range(_STEPS):
            along, change, squared = 0.0, 0.0, 0.0
            for axis in range(3):
                x, v, a = coefficients[degree, axis], 0.0, 0.0
                for power in range(degree - 1, -1, -1):
                    a = a * s + v
                    v = v * s + x
                    x = x * s + coefficients[power, axis]
                place[axis], speed[axis], bend[axis] = x, v, 2 * a
                away[axis] = points[n, axis] - x
                along += away[axis] * v
                change += away[axis] * 2 * a
                squared += v * v
            if settled:
                break
            step = along / (squared - change)
            s += step
            # One more evaluation gives range and side at the place that was reached.
            settled = abs(step) * np.sqrt(squared) < _STEP
            if not abs(s) < 10.0:
                break
        if not settled or s < low or s > high:
            continue
        side = (
            away[0] * (speed[1] * place[2] - speed[2] * place[1])
            + away[1] * (speed[2] * place[0] - speed[0] * place[2])
            + away[2] * (speed[0] * place[1] - speed[1] * place[0])
        )
        if side <= 0:
            continue
        times[n] = s
        ranges[n] = np.sqrt(away[0] ** 2 + away[1] ** 2 + away[2] ** 2)
    return times, ranges
