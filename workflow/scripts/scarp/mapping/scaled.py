"""Windows of a cube as the network takes them: scaled to 0..1 exactly as patches are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scarp import scaling as scalings
from scarp.mapping.cube_windows import CubeWindows
from scarp.scaling import Scaling, limits_of, scale, usable_values


@dataclass(frozen=True)
class Recipe:
    """What makes a network's input out of a cube.

    Attributes
    ----------
    channels: in the model's order.
    scaling: the model's.
    patch_size: side in pixels of the blocks that scope `patch` scales one by one.
    """

    channels: tuple[str, ...]
    scaling: Scaling
    patch_size: int


def scene_limits(cube: CubeWindows, recipe: Recipe) -> dict[str, tuple[float, float]]:
    """Percentiles of each channel over the scene's usable pixels; empty unless scope is `scene`.

    Read by bands of rows. Of a scene of more than `scarp.scaling.MOST_VALUES` pixels evenly spaced
    usable ones are taken, row by row; training takes all, which bounded memory does not allow.

    Raises
    ------
    DataError: the cube lacks a channel; the scaling has no limits for it.
    """
    if recipe.scaling.scope != "scene":
        return {}
    step = -(-cube.grid.height * cube.grid.width // scalings.MOST_VALUES)
    columns = slice(0, cube.grid.width)
    found: dict[str, tuple[float, float]] = {}
    for channel in recipe.channels:
        taken: list[NDArray[np.float32]] = []
        seen = 0
        for rows in cube.bands():
            values = usable_values(
                cube.channel(channel, rows, columns, recipe.scaling.s2_offset),
                cube.usable(rows, columns),
                channel,
                recipe.scaling,
            )
            taken.append(values[-seen % step :: step].copy())  # a view would keep all of them
            seen += len(values)
        found[channel] = limits_of(np.concatenate(taken), recipe.scaling)
    return found


def read_scaled(
    cube: CubeWindows,
    rows: slice,
    columns: slice,
    recipe: Recipe,
    limits: Mapping[str, tuple[float, float]],
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Read a window, scaled.

    Parameters
    ----------
    rows, columns: may pass the scene's end; there it is as where the scene has no data.
    limits: what `scene_limits` returned.

    Returns
    -------
    images: (y, x, channel) float32 in 0..1; 0 without data.
    valid: (y, x) bool, where every channel is finite.

    Raises
    ------
    DataError: the cube lacks a channel; the scaling has no limits for it.
    """
    shape = (rows.stop - rows.start, columns.stop - columns.start)
    rows = slice(rows.start, min(rows.stop, cube.grid.height))
    columns = slice(columns.start, min(columns.stop, cube.grid.width))
    inside = (slice(rows.stop - rows.start), slice(columns.stop - columns.start))
    images = np.zeros((*shape, len(recipe.channels)), dtype=np.float32)
    valid = np.zeros(shape, dtype=np.bool_)
    finite = np.ones((rows.stop - rows.start, columns.stop - columns.start), dtype=np.bool_)
    by_block = recipe.scaling.scope == "patch"
    # Minima and maxima of a block need all of it, whatever the window.
    area = _blocks(cube, rows, columns, recipe.patch_size) if by_block else (rows, columns)
    usable = cube.usable(*area) if by_block else finite
    within = tuple(
        slice(own.start - full.start, own.stop - full.start)
        for own, full in zip((rows, columns), area, strict=True)
    )
    for number, channel in enumerate(recipe.channels):
        values = cube.channel(channel, *area, recipe.scaling.s2_offset)
        finite &= np.isfinite(values[within])
        if by_block:
            scaled = _scale_blocks(values, usable, channel, recipe)[within]
        else:
            scaled = scale(values[None], usable[None], channel, recipe.scaling, limits)[0]
        images[(*inside, number)] = scaled
    valid[inside] = finite
    return images, valid


def require_input(cube: CubeWindows, recipe: Recipe) -> None:
    """Raise DataError unless every channel can be read and scaled, as the first pixel shows.

    An NDVI that is computed anew needs the bands that it is made of.
    """
    first = slice(0, 1)
    for channel in recipe.channels:
        values = cube.channel(channel, first, first, recipe.scaling.s2_offset)
        usable_values(values, cube.usable(first, first), channel, recipe.scaling)


def _blocks(cube: CubeWindows, rows: slice, columns: slice, size: int) -> tuple[slice, slice]:
    """The window grown to whole blocks, counted from the scene's first pixel, within the scene."""

    def grown(part: slice, length: int) -> slice:
        return slice(part.start // size * size, min(-(-part.stop // size) * size, length))

    return grown(rows, cube.grid.height), grown(columns, cube.grid.width)


def _scale_blocks(
    values: NDArray[np.float32], usable: NDArray[np.bool_], channel: str, recipe: Recipe
) -> NDArray[np.float32]:
    """Scale block by block as patches are; the last blocks may stick out of the scene."""
    size = recipe.patch_size
    height, width = values.shape
    down, across = -(-height // size), -(-width // size)
    padding = ((0, down * size - height), (0, across * size - width))

    def cut(part: NDArray[Any]) -> NDArray[Any]:
        return part.reshape(down, size, across, size).swapaxes(1, 2).reshape(-1, size, size)

    scaled = scale(
        cut(np.pad(values, padding, constant_values=np.nan)),
        cut(np.pad(usable, padding, constant_values=False)),
        channel,
        recipe.scaling,
        {},
    )
    whole = scaled.reshape(down, across, size, size).swapaxes(1, 2)
    return whole.reshape(down * size, across * size)[:height, :width]
