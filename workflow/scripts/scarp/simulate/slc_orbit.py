"""Orbit of the simulated satellite: a circle in space, seen from the turning Earth.

A circle has a velocity in closed form and a property that a zero-Doppler search can use: the
satellite's distance from the Earth's centre never changes, so its position S and its velocity V
are perpendicular even in the Earth-fixed frame, and the zero-Doppler condition (P - S) . V = 0 is
P . V = 0 alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from pyproj import Transformer
from scipy import optimize

Array = NDArray[np.float64]

#: Speed of light in vacuum, m/s.
LIGHT = 299792458.0
#: Gravitational parameter of the Earth (m3/s2) and its rotation (rad/s): the values of WGS84.
_GRAVITY = 3.986004418e14
_ROTATION = 7.292115e-5
#: Semi-axes of the WGS84 ellipsoid, m.
_EQUATORIAL = 6378137.0
_POLAR = 6356752.314245
#: Of the Sentinel-1 orbit (Torres et al. 2012, GMES Sentinel-1 mission, Remote Sensing of
#: Environment 120, 9-24): inclination, rad, and radius, m, at 693 km above the equator.
_INCLINATION = float(np.deg2rad(98.18))
_RADIUS = 7_071_000.0
_COSINE, _SINE = float(np.cos(_INCLINATION)), float(np.sin(_INCLINATION))
#: The zero-Doppler search ends when a step is shorter than this, s: below a micrometre of track.
_STEP = 1e-10


@dataclass(frozen=True)
class CircularOrbit:
    """A circular orbit in the Earth-fixed frame; times are seconds from its own epoch.

    Attributes
    ----------
    radius: m. argument: argument of latitude at the epoch, rad.
    node: Earth-fixed longitude of the ascending node at the epoch, rad.
    """

    radius: float
    argument: float
    node: float

    @property
    def elements(self) -> Array:
        """(4,) radius, argument, node and angular speed (rad/s), as the kernels take them."""
        motion = np.sqrt(_GRAVITY / self.radius**3)
        return np.array([self.radius, self.argument, self.node, motion])

    @property
    def since_node(self) -> float:
        """Seconds from the last pass of the ascending node to the epoch."""
        return float(np.mod(self.argument, 2.0 * np.pi) / self.elements[3])

    def position(self, time: Array) -> Array:
        """(n, 3) Earth-fixed position, m, at times (n,)."""
        return np.array([_position(self.elements, t) for t in time])

    def velocity(self, time: Array) -> Array:
        """(n, 3) Earth-fixed velocity, m/s, at times (n,)."""
        return np.array([_velocity(self.elements, t) for t in time])

    def zero_doppler(self, points: Array) -> tuple[Array, Array]:
        """Zero-Doppler time (n,) in s and slant range (n,) in m of points (n, 3)."""
        found = np.array([zero_doppler(self.elements, p[0], p[1], p[2], 0.0) for p in points])
        return found[:, 0], found[:, 1]

    def fm_rate(self, points: Array, wavelength: float) -> Array:
        """Azimuth FM rate (n,), Hz/s, of points (n, 3): -2 / wavelength times R'' at zero Doppler.

        R R' = (S - P) . V gives R R'' = V . V + (S - P) . A where R' = 0. Always negative.
        """
        time, distance = self.zero_doppler(points)
        speed = self.velocity(time)
        acceleration = self.velocity(time + 0.5) - self.velocity(time - 0.5)  # over 1 s
        across = self.position(time) - points
        curvature = (np.sum(speed**2, axis=1) + np.sum(across * acceleration, axis=1)) / distance
        return np.asarray(-2.0 / wavelength * curvature)


@njit(cache=True)  # type: ignore[untyped-decorator]
def _position(elements: Array, time: float) -> tuple[float, float, float]:
    u = elements[1] + elements[3] * time
    longitude = elements[2] - _ROTATION * time
    cu, su, cl, sl = np.cos(u), np.sin(u), np.cos(longitude), np.sin(longitude)
    return (
        elements[0] * (cu * cl - su * _COSINE * sl),
        elements[0] * (cu * sl + su * _COSINE * cl),
        elements[0] * su * _SINE,
    )


@njit(cache=True)  # type: ignore[untyped-decorator]
def _velocity(elements: Array, time: float) -> tuple[float, float, float]:
    u = elements[1] + elements[3] * time
    longitude = elements[2] - _ROTATION * time
    cu, su, cl, sl = np.cos(u), np.sin(u), np.cos(longitude), np.sin(longitude)
    n, w = elements[3], _ROTATION
    return (
        elements[0] * (-n * su * cl + w * cu * sl - _COSINE * (n * cu * sl - w * su * cl)),
        elements[0] * (-n * su * sl - w * cu * cl + _COSINE * (n * cu * cl + w * su * sl)),
        elements[0] * n * cu * _SINE,
    )


@njit(cache=True)  # type: ignore[untyped-decorator]
def zero_doppler(
    elements: Array, x: float, y: float, z: float, first: float
) -> tuple[float, float, float, float, float]:
    """Solve P . V(t) = 0 by the secant method, for the point P = (x, y, z), from time `first`.

    Returns
    -------
    Time (s), slant range (m), and the unit vector from the point to the satellite.
    """
    before = first - 0.01
    vx, vy, vz = _velocity(elements, before)
    value_before = x * vx + y * vy + z * vz
    time = first
    for _ in range(20):
        vx, vy, vz = _velocity(elements, time)
        value = x * vx + y * vy + z * vz
        if value == value_before:
            break
        step = value * (time - before) / (value - value_before)
        before, value_before = time, value
        time -= step
        if abs(step) < _STEP:
            break
    sx, sy, sz = _position(elements, time)
    dx, dy, dz = sx - x, sy - y, sz - z
    distance = np.sqrt(dx * dx + dy * dy + dz * dz)
    return time, distance, dx / distance, dy / distance, dz / distance


def earth_fixed(longitude: Array, latitude: Array) -> tuple[Array, Array]:
    """Earth-fixed points (..., 3) on the WGS84 ellipsoid, m, and the unit vectors upwards there.

    A point of ellipsoidal height h is point + h * up. Longitude and latitude in degree.
    """
    lon, lat = np.deg2rad(longitude), np.deg2rad(latitude)
    up = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)
    # The ellipsoid's point of normal n is D^2 n / |D n|, with D the diagonal of its semi-axes.
    stretched = up * np.array([_EQUATORIAL, _EQUATORIAL, _POLAR])
    length = np.linalg.norm(stretched, axis=-1, keepdims=True)
    return stretched * np.array([_EQUATORIAL, _EQUATORIAL, _POLAR]) / length, up


def geographic(points: Array) -> tuple[Array, Array, Array]:
    """Longitude and latitude (degree) and ellipsoidal height (m) of Earth-fixed points (n, 3)."""
    transformer = Transformer.from_crs("EPSG:4978", "EPSG:4979", always_xy=True)
    longitude, latitude, height = transformer.transform(points[:, 0], points[:, 1], points[:, 2])
    return np.asarray(longitude), np.asarray(latitude), np.asarray(height)


def place_orbit(target: Array, up: Array, direction: str, incidence: float) -> CircularOrbit:
    """The orbit that sees a target to its right at zero Doppler at its epoch.

    Parameters
    ----------
    target: (3,) Earth-fixed, m. up: (3,) unit vector upwards at the target.
    direction: ASC or DES. incidence: angle of incidence at the target, degree.
    """
    ascending = direction == "ASC"
    argument = np.arcsin(np.clip(target[2] / np.linalg.norm(target) / _SINE, -0.999, 0.999))
    if not ascending:
        argument = np.pi - argument
    # From the sub-satellite longitude of a satellite that stands above the target, moved to the
    # side from which it looks right: westwards when ascending.
    flat = np.arctan2(target[1], target[0])
    node = flat - np.arctan2(np.sin(argument) * _COSINE, np.cos(argument))
    node += (-1.0 if ascending else 1.0) * 0.1 * np.tan(np.deg2rad(incidence))

    def misfit(unknown: Array) -> Array:
        elements = CircularOrbit(_RADIUS, float(unknown[0]), float(unknown[1])).elements
        position = np.array(_position(elements, 0.0))
        velocity = np.array(_velocity(elements, 0.0))
        look = position - target
        cosine = look @ up / np.linalg.norm(look)
        return np.array(
            [target @ velocity / 1e10, np.arccos(np.clip(cosine, -1, 1)) - np.deg2rad(incidence)]
        )

    solution = optimize.root(misfit, np.array([argument, node]), tol=1e-14)
    return CircularOrbit(_RADIUS, float(solution.x[0]), float(solution.x[1]))


def shift_orbit(orbit: CircularOrbit, target: Array, baseline: float) -> CircularOrbit:
    """The orbit moved across the line of sight to `target` by `baseline` metres at its epoch.

    The shift is perpendicular to the look direction and to the velocity, positive away from the
    Earth.
    """
    if baseline == 0.0:
        return orbit
    position, velocity = orbit.position(np.zeros(1))[0], orbit.velocity(np.zeros(1))[0]
    across = np.cross(target - position, velocity)
    across /= np.linalg.norm(across) * np.sign(across @ position)
    moved = position + baseline * across
    radius = float(np.linalg.norm(moved))
    argument = float(np.arcsin(moved[2] / radius / _SINE))
    if velocity[2] < 0.0:
        argument = float(np.pi - argument)
    plane = np.arctan2(np.sin(argument) * _COSINE, np.cos(argument))
    return CircularOrbit(radius, argument, float(np.arctan2(moved[1], moved[0]) - plane))


def locate(orbit: CircularOrbit, time: float, distance: float, height: float, near: Array) -> Array:
    """The point (3,) seen at a zero-Doppler time (s) and slant range (m) at a height (m).

    The height is above the ellipsoid whose semi-axes are longer by it, which differs from the
    geodetic height by millimetres. `near`, a point on the right side, selects the solution.
    """
    position, velocity = orbit.position(np.array([time]))[0], orbit.velocity(np.array([time]))[0]
    axes = np.array([_EQUATORIAL, _EQUATORIAL, _POLAR]) + height

    def misfit(point: Array) -> Array:
        return np.array(
            [
                (np.linalg.norm(position - point) - distance) / distance,
                (point - position) @ velocity / 1e10,
                np.sum((point / axes) ** 2) - 1.0,
            ]
        )

    return np.asarray(optimize.root(misfit, near, tol=1e-15).x)
