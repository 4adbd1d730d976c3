"""Finding the place of a published patch by its exact elevation pixels.

Elevation is interpolated to 10 m, so nearly every pixel of a patch has a value that occurs once in
its scene. The rarest value of the patch gives the few places where it can lie, and there all its
pixels are compared bit by bit. Where no value is rare (water), gamma nought is searched instead; in
scenes that overlap, the other channels that are given decide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Places that are compared in full; a patch with more of them is flat, and no value tells one.
MOST_PLACES = 10_000
#: Pixels that are looked up first: a patch of another scene fails on nearly all of them.
_PROBES = 32


@dataclass(frozen=True, order=True)
class Place:
    """Where a patch lies: event, first row and first column on the event's grid."""

    event: str
    row: int
    column: int


class Scene:
    """A channel of an event, arranged so that a patch is found in it."""

    def __init__(self, values: NDArray[np.float32]) -> None:
        """Sort the pixels of `values` (y, x) float32; needs 16 bytes a pixel."""
        self._bits = _bits(values)
        flat = self._bits.ravel()
        self._order = np.argsort(flat, kind="stable")
        self._sorted = flat[self._order]

    def places(self, patch: NDArray[np.float32]) -> list[tuple[int, int]] | None:
        """Rows and columns at which all pixels of `patch` (y, x) float32 stand in the scene.

        None where each of its values stands in more than `MOST_PLACES` pixels.
        """
        bits = _bits(patch)
        flat = bits.ravel()
        probes = flat[:: max(1, flat.size // _PROBES)]
        if not (self._occurrences(probes) > 0).all():
            return []
        often = self._occurrences(flat)
        rarest = int(often.argmin())
        if often[rarest] == 0:
            return []
        if often[rarest] > MOST_PLACES:
            return None
        start = int(np.searchsorted(self._sorted, flat[rarest]))
        positions = self._order[start : start + int(often[rarest])]
        rows, columns = np.divmod(positions, self._bits.shape[1])
        rows, columns = rows - rarest // bits.shape[1], columns - rarest % bits.shape[1]
        height, width = self._bits.shape[0] - bits.shape[0], self._bits.shape[1] - bits.shape[1]
        return [
            (int(row), int(column))
            for row, column in zip(rows, columns, strict=True)
            if 0 <= row <= height
            and 0 <= column <= width
            and np.array_equal(
                self._bits[row : row + bits.shape[0], column : column + bits.shape[1]], bits
            )
        ]

    def _occurrences(self, values: NDArray[np.uint32]) -> NDArray[np.int64]:
        left = np.searchsorted(self._sorted, values, side="left")
        return np.searchsorted(self._sorted, values, side="right") - left


def _bits(values: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Values as bit patterns, so that NaN equals NaN; -0 is 0."""
    plain = np.ascontiguousarray(values, dtype=np.float32) + np.float32(0)
    plain[np.isnan(plain)] = np.nan
    return plain.view(np.uint32)


def find(
    event: str,
    channels: Iterable[tuple[Callable[[], Scene], Callable[[], NDArray[np.float32]]]],
) -> list[Place]:
    """Every place of a patch in one event's scene.

    Parameters
    ----------
    channels: scene and patch of one channel after the other, each made when it is needed: the next
        one is searched where the patch has no rare value in the one before.
    """
    for scene, patch in channels:
        places = scene().places(patch())
        if places is not None:
            return [Place(event, row, column) for row, column in places]
    return []


def settle(places: list[Place], tests: Sequence[Callable[[Place], bool]]) -> list[Place]:
    """Put places to one test after the other until one is left; `tests` look at other channels."""
    for fits in tests:
        if len(places) < 2:
            break
        places = [place for place in places if fits(place)]
    return places
