"""Where water flows on a surface, and how rivers wear it down."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse import csgraph

#: Neighbours of a cell that make each pair of neighbours occur once: (rows down, columns right).
_STEPS = ((0, 1), (1, 0), (1, 1), (1, -1))


@dataclass(frozen=True)
class Drainage:
    """A drainage tree over the cells of a surface, numbered row by row.

    Attributes
    ----------
    receiver: (cells,) the cell that each cell drains to; outlets drain to themselves.
    levels: cells by their number of steps to the outlet, outlets first.
    """

    receiver: NDArray[np.int64]
    levels: tuple[NDArray[np.int64], ...]

    def accumulate(self, amounts: NDArray[np.float64]) -> NDArray[np.float64]:
        """What passes through each cell when every cell adds its amount: (cells,)."""
        passing = amounts.copy()
        for cells in reversed(self.levels[1:]):
            np.add.at(passing, self.receiver[cells], passing[cells])
        return passing


def drain(height: NDArray[np.float64]) -> Drainage:
    """Route the water of every cell to the lowest fifth of the edge.

    A cell drains to its steepest lower neighbour; water leaves a pit over its lowest pass. Both
    follow from one minimum spanning tree whose edges weigh as much as their higher end, less a
    trifle for steepness: the result is that of a priority flood (Barnes, Lehman & Mulla 2014,
    Computers & Geosciences 62, 117-127), without a loop over cells.

    Parameters
    ----------
    height: (rows, columns) elevation in any unit.
    """
    rows, columns = height.shape
    number = np.arange(rows * columns).reshape(rows, columns)
    scale = float(np.ptp(height)) or 1.0
    level = 1.0 + (height - height.min()) / scale  # csgraph takes a weight of 0 for no edge
    starts, ends, weights = [], [], []
    for down, right in _STEPS:
        here = (slice(0, rows - down), slice(max(0, -right), columns - max(0, right)))
        there = (slice(down, rows), slice(max(0, right), columns + min(0, right)))
        a, b = level[here], level[there]
        steepness = np.abs(a - b) / np.hypot(down, right)
        starts.append(number[here].ravel())
        ends.append(number[there].ravel())
        weights.append((np.maximum(a, b) - 1e-3 * steepness).ravel())
    edge = np.unique(np.concatenate([number[[0, -1]].ravel(), number[:, [0, -1]].ravel()]))
    outlets = edge[level.ravel()[edge] <= np.quantile(level.ravel()[edge], 0.2)]
    root = number.size
    graph = sparse.coo_array(
        (
            np.concatenate([*weights, level.ravel()[outlets]]),
            (
                np.concatenate([*starts, outlets]),
                np.concatenate([*ends, np.full(len(outlets), root)]),
            ),
        ),
        shape=(root + 1, root + 1),
    ).tocsr()
    tree = csgraph.minimum_spanning_tree(graph)
    order, parent = csgraph.breadth_first_order(tree, root, directed=False)
    receiver = np.where(parent[:root] == root, np.arange(root), parent[:root]).astype(np.int64)
    return Drainage(receiver, _levels(order, parent, root))


def _levels(
    order: NDArray[np.int32], parent: NDArray[np.int32], root: int
) -> tuple[NDArray[np.int64], ...]:
    """Split a breadth-first order, in which the root comes first, by steps from the root."""
    position = np.empty(root + 1, dtype=np.int64)
    position[order] = np.arange(root + 1)
    parent_position = position[parent[order[1:]]]  # never falls along a breadth-first order
    bounds = [1]
    while bounds[-1] <= root:
        bounds.append(1 + int(np.searchsorted(parent_position, bounds[-1])))
    return tuple(order[start:stop].astype(np.int64) for start, stop in pairwise(bounds))


def erode(
    height: NDArray[np.float64], strength: float, creep: float, steps: int
) -> NDArray[np.float64]:
    """Cut valleys by the stream-power law, dh/dt = -K A^m s with m = 0.5.

    Solved implicitly from the outlets upwards (Braun & Willett 2013, Geomorphology 180-181,
    170-179, n = 1), so that any step is stable. A pit fills, as sediment would. Soil
    creeps downhill between the steps, which is diffusion and rounds ridges and hollows.

    Parameters
    ----------
    height: (rows, columns) elevation.
    strength: K times the time step over the cell size, for a drainage area of one cell.
    creep: standard deviation in cells of the smoothing by creep in one time step.
    steps: number of time steps; the drainage follows the surface at every step.
    """
    surface = height.ravel().copy()
    for _ in range(steps):
        drainage = drain(surface.reshape(height.shape))
        area = drainage.accumulate(np.ones_like(surface))
        factor = strength * np.sqrt(area)
        for cells in drainage.levels[1:]:
            below = surface[drainage.receiver[cells]]
            surface[cells] = (surface[cells] + factor[cells] * below) / (1.0 + factor[cells])
        surface = ndimage.gaussian_filter(surface.reshape(height.shape), creep).ravel()
    return surface.reshape(height.shape)
