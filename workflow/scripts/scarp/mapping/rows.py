"""A scene mapped from the top down: tiles side by side, blended, in bands of finished rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scarp.mapping.cube_windows import CubeWindows
from scarp.mapping.ensemble import Group, mean_and_spread, probabilities
from scarp.mapping.progress import Progress
from scarp.mapping.tiles import Span, weights

#: Rows that are handed on at once, so that what is made of them needs little memory.
_ROWS = 64


@dataclass(frozen=True, eq=False)
class Rows:
    """Finished rows of a map.

    Attributes
    ----------
    first: number of the first row.
    probability, spread: (rows, width) float32; NaN where not valid, and no spread of one model.
    valid: (rows, width) bool.
    """

    first: int
    probability: NDArray[np.float32]
    spread: NDArray[np.float32]
    valid: NDArray[np.bool_]


def mapped_rows(
    groups: Sequence[Group],
    cube: CubeWindows,
    down: Sequence[Span],
    across: Sequence[Span],
    progress: Progress,
) -> Iterator[Rows]:
    """Map a scene; every row comes once, from the top down.

    Memory: one tile, and the rows of one line of tiles.

    Parameters
    ----------
    down, across: what `scarp.mapping.tiles.spans` returned for height and width.
    """
    width = cube.grid.width
    weights_down, weights_across = weights(down), weights(across)
    # Sums of weighted probability and spread, and validity, of the rows still open.
    sums = np.zeros((2, 0, width), dtype=np.float32)
    valid = np.zeros((0, width), dtype=np.bool_)
    following = [span.first for span in down[1:]] + [cube.grid.height]
    for row, weight_down, finished in zip(down, weights_down, following, strict=True):
        more = row.end - row.first - len(valid)
        sums = np.concatenate([sums, np.zeros((2, more, width), dtype=np.float32)], axis=1)
        valid = np.concatenate([valid, np.zeros((more, width), dtype=np.bool_)])
        for column, weight_across in zip(across, weights_across, strict=True):
            exact = (_within(row), _within(column))
            found, seen = probabilities(
                groups,
                cube,
                slice(row.start, row.stop),
                slice(column.start, column.stop),
                exact,
            )
            here = slice(column.first, column.end)
            valid[:, here] = seen
            if found is not None:
                weight = weight_down[:, None] * weight_across
                for total, own in zip(sums, mean_and_spread(found), strict=True):
                    total[:, here] += weight * own
            progress.add((row.stop - row.start) * (column.stop - column.start))
        done = finished - row.first
        for start in range(0, done, _ROWS):
            part = slice(start, min(start + _ROWS, done))
            mean, spread = (
                np.where(valid[part], total[part], np.float32(np.nan)) for total in sums
            )
            yield Rows(row.first + start, mean, spread, valid[part])
        sums, valid = sums[:, done:], valid[done:]


def _within(span: Span) -> slice:
    """The exact part of a tile, counted from the tile's own start."""
    return slice(span.first - span.start, span.end - span.start)
