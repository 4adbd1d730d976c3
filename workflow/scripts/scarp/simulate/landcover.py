"""What covers the ground of the simulated world, just before and just after the event.

The changes in it are those that have nothing to do with landslides and must not be taken for
them: forest is felled, fields are tilled or harvested, rivers shift their gravel.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from scarp.simulate.noise import Field, smooth_field, white_noise
from scarp.simulate.terrain import RESOLUTION, Relief


class Kind(IntEnum):
    """Kinds of land cover."""

    FOREST = 0
    GRASS = 1
    ROCK = 2
    WATER = 3
    GRAVEL = 4
    FIELD = 5
    REGROWTH = 6
    FELLED = 7


@dataclass(frozen=True)
class LandCover:
    """Land cover of an event; every array is (rows, columns).

    Attributes
    ----------
    before, after: uint8, a `Kind` per pixel before and after the event, landslides left out.
    field: int32, number of the agricultural field, 0 outside fields.
    evergreen: share of the forest that stays green in winter, 0 to 1.
    texture: lasting relative brightness of the ground, mean 1.
    """

    before: NDArray[np.uint8]
    after: NDArray[np.uint8]
    field: NDArray[np.int32]
    evergreen: Field
    texture: Field


def make_land_cover(generator: np.random.Generator, relief: Relief) -> LandCover:
    """Draw the land cover of an event.

    Forest is the rule; grass takes the heights and irregular openings; rock and scree stand bare on
    a part of the steep ground; fields lie on gentle ground; fellings are straight-edged openings of
    the forest, some old and overgrown, some made between the dates before and after the event.

    Parameters
    ----------
    relief: the event's terrain.
    """
    shape = relief.slope.shape
    before = np.full(shape, Kind.FOREST, dtype=np.uint8)
    height = (relief.elevation - relief.elevation.mean()) / relief.elevation.std()
    opening = smooth_field(generator, shape, 12.0) + 0.6 * height
    opening += 0.3 * smooth_field(generator, shape, 2.5)
    before[opening > np.quantile(opening, generator.uniform(0.65, 0.85))] = Kind.GRASS
    bareness = smooth_field(generator, shape, 4.0) + 0.06 * (relief.slope - relief.slope.mean())
    bareness += 0.4 * smooth_field(generator, shape, 1.2)
    before[bareness > np.quantile(bareness, generator.uniform(0.94, 0.97))] = Kind.ROCK
    field = _parcels(generator, relief)
    before[field > 0] = Kind.FIELD
    after = before.copy()
    _fell(generator, relief, before, after)
    _let_rivers_flow(generator, relief, before, after)
    field[(before != Kind.FIELD) | (after != Kind.FIELD)] = 0
    share = 0.5 + 0.35 * smooth_field(generator, shape, 15.0)
    texture = (
        1.0 + 0.06 * white_noise(generator, shape) + 0.08 * smooth_field(generator, shape, 3.0)
    )
    return LandCover(before, after, field, np.clip(share, 0.0, 1.0), np.clip(texture, 0.6, 1.4))


def _parcels(generator: np.random.Generator, relief: Relief) -> NDArray[np.int32]:
    """Number the fields: cells around random points, stretched along the valley, 1 upwards."""
    shape = relief.slope.shape
    gentle = ndimage.gaussian_filter(relief.slope, 3.0) < 11.0
    gentle &= smooth_field(generator, shape, 20.0) > -0.5
    count = max(1, relief.slope.size // 150)
    angle = generator.uniform(0.0, np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turn[1] *= 1.8  # fields are longer than wide
    seeds = generator.uniform((0.0, 0.0), shape, (count, 2)) @ turn.T
    rows, columns = np.nonzero(gentle)
    parcels = np.zeros(shape, dtype=np.int32)
    if len(rows):
        _, nearest = cKDTree(seeds).query(np.stack([rows, columns], axis=1) @ turn.T)
        parcels[rows, columns] = nearest + 1
    return parcels


def _fell(
    generator: np.random.Generator,
    relief: Relief,
    before: NDArray[np.uint8],
    after: NDArray[np.uint8],
) -> None:
    """Cut rectangles out of the forest, in place: half of them before the event's first date."""
    rows, columns = before.shape
    woods = np.flatnonzero((before == Kind.FOREST) & (relief.slope < 25.0))
    wanted = int(before.size * generator.uniform(0.02, 0.035))
    taken, fresh = 0, False
    attempts = 200 + before.size // 500  # far more than are needed where there is forest
    for centre in generator.permutation(woods)[:attempts]:
        if taken >= wanted:
            break
        row, column = divmod(int(centre), columns)
        length, width = generator.uniform(10.0, 28.0), generator.uniform(6.0, 14.0)
        angle = generator.uniform(0.0, np.pi)
        reach = int(np.hypot(length, width) / 2.0) + 1
        window = (
            slice(max(0, row - reach), min(rows, row + reach + 1)),
            slice(max(0, column - reach), min(columns, column + reach + 1)),
        )
        down, right = np.ogrid[window[0], window[1]]
        along = (down - row) * np.sin(angle) + (right - column) * np.cos(angle)
        across = (down - row) * np.cos(angle) - (right - column) * np.sin(angle)
        cut = (np.abs(along) < length / 2) & (np.abs(across) < width / 2)
        cut &= (after[window] == Kind.FOREST) & (relief.slope[window] < 30.0)
        after[window][cut] = Kind.FELLED if fresh else Kind.REGROWTH
        if not fresh:
            before[window][cut] = Kind.REGROWTH
        taken += int(cut.sum())
        fresh = not fresh


def _let_rivers_flow(
    generator: np.random.Generator,
    relief: Relief,
    before: NDArray[np.uint8],
    after: NDArray[np.uint8],
) -> None:
    """Lay water and gravel bars into both maps; the storm moves the gravel and scours the banks."""
    relative = relief.river_distance / np.maximum(relief.river_width / 2.0, RESOLUTION)
    bars = 1.5 + 1.2 * smooth_field(generator, before.shape, 5.0)
    moved = bars + generator.uniform(0.3, 0.8) + 0.5 * smooth_field(generator, before.shape, 4.0)
    for cover, gravel, stage in ((before, bars, 1.0), (after, moved, generator.uniform(0.9, 1.4))):
        cover[(relative < gravel) & (relief.slope < 25.0)] = Kind.GRAVEL
        cover[relative < stage] = Kind.WATER
