"""Overlapping tiles over a scene whose results are those of one window over all of it.

The network halves its input `blocks` times, so what it says of a pixel depends on where the pixel
lies within squares of 2**blocks. Every tile therefore starts and ends at a multiple of 2**blocks
from the scene's first pixel. Near an edge of a tile that is no edge of the scene the network sees
the zeros that convolutions pad with in place of the scene: those pixels get no weight. What is left
of neighbouring tiles overlaps a little and is blended.

A scene is padded at the right and at the bottom to a multiple of 2**blocks, for tiles as for one
window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count, pairwise

import numpy as np
from numpy.typing import NDArray

from scarp.errors import Fault, ModelError


@dataclass(frozen=True)
class Span:
    """A tile along one axis, in pixels of the scene; ends are exclusive.

    Attributes
    ----------
    start, stop: what the network sees; `stop` may pass the scene's end by the padding.
    first, end: the part that is exact, within the scene.
    """

    start: int
    stop: int
    first: int
    end: int


def receptive_field(blocks: int, pixel: int) -> tuple[int, int]:
    """First and last pixel, along one axis, of the input that the output at `pixel` depends on.

    Followed through `scarp.unet.UNet`: two convolutions of 3 on each level on the way down, at the
    bottom and on the way up; pixel i of a level joins pixels 2 i and 2 i + 1 of the finer one. The
    way over the bottom is the widest. `pixel` counts from an edge of the squares of 2**blocks.
    """
    first = last = pixel
    for _ in range(blocks):
        first, last = (first - 2) // 2, (last + 2) // 2
    first, last = first - 2, last + 2
    for _ in range(blocks):
        first, last = 2 * first - 2, 2 * last + 1 + 2
    return first, last


def margin(blocks: int) -> int:
    """Pixels from a tile's edge on which the network sees beyond it: 190 with 5 blocks.

    Less than the farthest that a pixel sees (219), since tiles keep to the squares of 2**blocks and
    the pixels that see farthest do not lie there. By symmetry the same at both edges.
    """
    return next(pixel for pixel in count() if receptive_field(blocks, pixel)[0] >= 0)


def padded(length: int, blocks: int) -> int:
    """The length of an axis, padded to a multiple of 2**blocks."""
    multiple: int = 2**blocks
    return -(-length // multiple) * multiple


def require_tile(tile: int, blocks: int) -> None:
    """Raise ModelError unless tiles of `tile` pixels have an exact part with so many blocks."""
    multiple = 2**blocks
    least = padded(2 * margin(blocks) + multiple, blocks)
    if tile % multiple or tile < least:
        raise ModelError(
            Fault(
                f"{blocks} encoder blocks see {margin(blocks)} pixels beyond the edge of a tile and"
                f" halve it {blocks} times",
                f"tiles of {tile} pixels",
                f"multiples of {multiple} from {least} on",
                f"set it to {max(padded(tile, blocks), least)}",
            )
        )


def spans(length: int, tile: int, blocks: int, offset: int = 0) -> tuple[Span, ...]:
    """Cover one axis of a scene with tiles; their exact parts cover every pixel of it.

    Parameters
    ----------
    length: of the scene. tile: of a tile; those at the scene's edges may be shorter.
    offset: where the grid of tiles begins; rounded down to a multiple of 2**blocks.

    Raises
    ------
    ModelError: see `require_tile`.
    """
    require_tile(tile, blocks)
    multiple, unseen, whole = 2**blocks, margin(blocks), padded(length, blocks)
    if whole <= tile:
        return (Span(0, whole, 0, length),)
    step = (tile - 2 * unseen) // multiple * multiple
    start = -(-(offset // multiple * multiple) % step)  # of the last tile that holds pixel 0
    found: list[Span] = []
    while not found or found[-1].end < length:
        low, high = max(start, 0), min(start + tile, whole)
        found.append(
            Span(
                low,
                high,
                low + unseen if start > 0 else 0,
                high - unseen if high < whole else length,
            )
        )
        start += step
    return tuple(found)


def weights(row: Sequence[Span]) -> tuple[NDArray[np.float32], ...]:
    """Weights of the tiles along one axis over their exact parts, each (end - first,) float32.

    1, and where two exact parts overlap sin^2 and cos^2 of an angle that grows from 0 to a right
    one: at every pixel the weights add up to 1.
    """
    found = [np.ones(span.end - span.first, dtype=np.float32) for span in row]
    for number, (before, after) in enumerate(pairwise(row)):
        overlap = before.end - after.first
        if overlap:
            share = (np.arange(overlap, dtype=np.float64) + 0.5) / overlap
            rising = np.sin(share * (np.pi / 2)) ** 2
            found[number + 1][:overlap] = rising
            found[number][-overlap:] = 1 - rising
    return tuple(found)
