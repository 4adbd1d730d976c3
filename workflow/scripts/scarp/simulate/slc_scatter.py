"""Scatterers on the simulated terrain: where they lie, what the radar sees of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from pyproj import Transformer

from scarp.grid import Grid
from scarp.simulate.noise import generator_for
from scarp.simulate.slc_orbit import CircularOrbit, earth_fixed, zero_doppler

Array = NDArray[np.float64]
Single = NDArray[np.float32]


@dataclass(frozen=True)
class Ground:
    """The terrain as Earth-fixed nodes at the centres of grid pixels, and scatterers between them.

    Attributes
    ----------
    nodes: (rows, columns, 3) m. base: the same on the ellipsoid. up: unit vectors upwards.
    elevation: (rows, columns) ellipsoidal height, m.
    place: (rows - 1, columns - 1, side, side, 2) float32: how far down and right of its cell's
        first node a scatterer lies, 0 to 1; the surface between four nodes is bilinear.
    zone: (scatterers,) zone of the grid pixel in which each lies.
    """

    nodes: Array
    base: Array
    up: Array
    elevation: Array
    place: Single
    zone: NDArray[np.intp]


@dataclass(frozen=True)
class Echo:
    """What one date sees of every scatterer, in their order.

    Attributes
    ----------
    time: zero-Doppler time, s from the orbit's epoch. distance: slant range, m.
    area: m2 of ground across the look direction that the scatterer stands for; 0 where unseen.
    """

    time: Array
    distance: Array
    area: Single


def lay_ground(
    grid: Grid, elevation: Array, zones: NDArray[np.intp], side: int, seed: int
) -> Ground:
    """Place side x side scatterers in the cell between four pixel centres, one per sub-square.

    Parameters
    ----------
    elevation: (rows, columns) ellipsoidal height, m. zones: (rows, columns).
    """
    to_degrees = Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True)
    longitude, latitude = to_degrees.transform(*np.meshgrid(grid.x, grid.y))
    base, up = earth_fixed(longitude, latitude)
    cells = (grid.height - 1, grid.width - 1)
    place = generator_for(seed, "slc", "positions").random((*cells, side, side, 2), np.float32)
    steps = np.arange(side, dtype=np.float32)
    place[..., 0] += steps[:, None]
    place[..., 1] += steps[None, :]
    place /= np.float32(side)
    nearest = np.minimum(place + np.float32(0.5), np.float32(1.5)).astype(np.intp)
    row = np.arange(cells[0])[:, None, None, None] + nearest[..., 0]
    column = np.arange(cells[1])[None, :, None, None] + nearest[..., 1]
    nodes = base + elevation[..., None] * up
    return Ground(nodes, base, up, elevation, place, zones[row, column].ravel())


def lit(ground: Ground, orbit: CircularOrbit, resolution: float) -> NDArray[np.bool_]:
    """(rows, columns): whether the line to the satellite leaves the terrain free."""
    return np.asarray(
        _lit(
            orbit.elements,
            ground.nodes,
            ground.base,
            ground.up,
            ground.elevation,
            resolution,
            ground.elevation.max(),
        )
    )


def observe(ground: Ground, orbit: CircularOrbit, seen: NDArray[np.bool_]) -> Echo:
    """Solve the zero-Doppler equation for every scatterer by itself.

    Parameters
    ----------
    seen: (rows, columns), see `lit`; what faces away from the radar is unseen in any case.
    """
    count = ground.place[..., 0].size
    echo = Echo(np.empty(count), np.empty(count), np.empty(count, dtype=np.float32))
    _observe(orbit.elements, ground.nodes, seen, ground.place, echo.time, echo.distance, echo.area)
    return echo


@njit(cache=True)  # type: ignore[untyped-decorator]
def _lit(
    elements: Array,
    nodes: Array,
    base: Array,
    up: Array,
    elevation: Array,
    resolution: float,
    highest: float,
) -> NDArray[np.bool_]:
    rows, columns = elevation.shape
    free = np.ones((rows, columns), dtype=np.bool_)
    time = 0.0
    for row in range(rows):
        for column in range(columns):
            p = nodes[row, column]
            time, _, lx, ly, lz = zero_doppler(elements, p[0], p[1], p[2], time)
            look = np.array([lx, ly, lz])
            r, c = min(row, rows - 2), min(column, columns - 2)
            down = np.sum((base[r + 1, c] - base[r, c]) * look) / resolution
            right = np.sum((base[r, c + 1] - base[r, c]) * look) / resolution
            level = np.sqrt(down * down + right * right)
            rise = np.sum(up[row, column] * look) / level * resolution
            down, right = down / level, right / level
            step = 1
            while True:
                height = elevation[row, column] + step * rise
                y, x = row + step * down, column + step * right
                if height > highest or y < 0 or x < 0 or y > rows - 1 or x > columns - 1:
                    break
                i, j = min(int(y), rows - 2), min(int(x), columns - 2)
                v, u = y - i, x - j
                terrain = (1 - v) * ((1 - u) * elevation[i, j] + u * elevation[i, j + 1]) + v * (
                    (1 - u) * elevation[i + 1, j] + u * elevation[i + 1, j + 1]
                )
                if terrain > height:
                    free[row, column] = False
                    break
                step += 1
    return free


@njit(cache=True)  # type: ignore[untyped-decorator]
def _observe(
    elements: Array,
    nodes: Array,
    seen: NDArray[np.bool_],
    place: Single,
    times: Array,
    distances: Array,
    areas: Single,
) -> None:
    rows, columns, side = place.shape[0], place.shape[1], place.shape[2]
    share = 1.0 / (side * side)
    point, down, right = np.empty(3), np.empty(3), np.empty(3)
    time = 0.0
    index = 0
    for row in range(rows):
        for column in range(columns):
            for a in range(side):
                for b in range(side):
                    v, u = place[row, column, a, b, 0], place[row, column, a, b, 1]
                    for k in range(3):
                        n00, n01 = nodes[row, column, k], nodes[row, column + 1, k]
                        n10, n11 = nodes[row + 1, column, k], nodes[row + 1, column + 1, k]
                        down[k] = (1.0 - u) * (n10 - n00) + u * (n11 - n01)
                        right[k] = (1.0 - v) * (n01 - n00) + v * (n11 - n10)
                        point[k] = n00 + u * (n01 - n00) + v * down[k]
                    time, distance, lx, ly, lz = zero_doppler(
                        elements, point[0], point[1], point[2], time
                    )
                    # Down x right points out of the ground; its length is the cell's area.
                    area = (
                        (down[1] * right[2] - down[2] * right[1]) * lx
                        + (down[2] * right[0] - down[0] * right[2]) * ly
                        + (down[0] * right[1] - down[1] * right[0]) * lz
                    )
                    free = seen[row + (1 if v >= 0.5 else 0), column + (1 if u >= 0.5 else 0)]
                    times[index] = time
                    distances[index] = distance
                    areas[index] = area * share if free and area > 0.0 else 0.0
                    index += 1
