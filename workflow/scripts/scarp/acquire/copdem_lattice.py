"""The pixels of one-degree elevation tiles, and how tiles of different spacing are joined.

A tile of n rows and m columns has pixel middles at whole n-th and m-th parts of a degree, from its
north-western corner on: the pixels on its southern and eastern edge are those of its neighbours.
Rows and columns are therefore counted from 0 degrees, in integers, over all tiles: row k lies at
latitude k / n, column j at longitude j / m.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scarp.errors import DataError, Fault

#: West, south, east, north in degrees.
Box = tuple[float, float, float, float]
Transform = tuple[float, float, float, float, float, float]
#: Columns beyond a box that interpolation needs.
_REACH = 3


@dataclass(frozen=True)
class Tile:
    """A tile by its south-western corner, in degrees."""

    south: int
    west: int

    @property
    def name(self) -> str:
        """As the Copernicus DEM GLO-30 has it."""
        latitude = f"{'S' if self.south < 0 else 'N'}{abs(self.south):02d}"
        longitude = f"{'W' if self.west < 0 else 'E'}{abs(self.west):03d}"
        return f"Copernicus_DSM_COG_10_{latitude}_00_{longitude}_00_DEM"

    def transform(self, rows: int, columns: int) -> Transform:
        """Affine coefficients of the tile with so many pixels; its edges are half a pixel off."""
        return _transform(self.west * columns, (self.south + 1) * rows, rows, columns)


@dataclass(frozen=True, eq=False)
class Piece:
    """What a tile has of a box.

    Attributes
    ----------
    per_north, per_east: rows and columns of a degree.
    rows: from south to north; columns: from west to east; both counted from 0 degrees.
    values: (y, x) float32 metres, north first, NaN where void.
    simulated: whether the tile says so.
    """

    per_north: int
    per_east: int
    rows: range
    columns: range
    values: NDArray[np.float32]
    simulated: bool


@dataclass(frozen=True, eq=False)
class Joined:
    """Heights of a box on one lattice.

    Attributes
    ----------
    per_north, per_east, rows, columns, values: as in `Piece`.
    """

    per_north: int
    per_east: int
    rows: range
    columns: range
    values: NDArray[np.float32]

    @property
    def transform(self) -> Transform:
        """Affine coefficients of `values`."""
        return _transform(self.columns.start, self.rows.stop - 1, self.per_north, self.per_east)

    def part(self, tile: Tile, border: int) -> NDArray[np.float32]:
        """Heights of a tile and of so many pixels around it, as far as they are here."""
        south, west = tile.south * self.per_north, tile.west * self.per_east
        top, left = self.rows.stop - 1, self.columns.start
        first, last = top - (south + self.per_north) - border, top - (south + 1) + border
        return self.values[
            max(first, 0) : max(last + 1, 0),
            max(west - left - border, 0) : max(west + self.per_east - left + border, 0),
        ]


def rows_of(tile: Tile, box: Box, per_north: int) -> range:
    """Rows of a tile that a box needs, from south to north."""
    return _rows(box, per_north, tile.south, tile.south)


def columns_of(tile: Tile, box: Box, per_east: int) -> range:
    """Columns of a tile that a box needs, from west to east, with those for interpolation."""
    return _columns(box, per_east, tile.west, tile.west, _REACH)


def join(tiles: Sequence[Tile], pieces: Mapping[Tile, Piece], box: Box) -> Joined:
    """Put pieces side by side, with height 0 where there is none.

    Parameters
    ----------
    tiles: all that the box touches.
    pieces: what some of them hold, at least one; rows and columns as `rows_of` and `columns_of`
        tell.
    box: west, south, east, north in degrees.

    Raises
    ------
    DataError: tiles of one latitude have different spacing, or any tiles different rows.
    """
    per_north = _common({tile: piece.per_north for tile, piece in pieces.items()}, "rows")
    per_east = max(piece.per_east for piece in pieces.values())
    souths, wests = sorted({tile.south for tile in tiles}), sorted({tile.west for tile in tiles})
    rows = _rows(box, per_north, souths[0], souths[-1])
    columns = _columns(box, per_east, wests[0], wests[-1], 0)
    values = np.zeros((len(rows), len(columns)), dtype=np.float32)
    for south in souths:
        band = {tile: piece for tile, piece in pieces.items() if tile.south == south}
        lines = _rows(box, per_north, south, south)
        if not (band and lines):
            continue
        own = _common({tile: piece.per_east for tile, piece in band.items()}, "columns")
        wide = _columns(box, own, wests[0], wests[-1], _REACH)
        strip = np.zeros((len(lines), len(wide)), dtype=np.float32)
        for piece in band.values():
            if piece.columns:
                start = piece.columns.start - wide.start
                strip[:, start : start + len(piece.columns)] = piece.values
        top = rows.stop - lines.stop
        values[top : top + len(lines)] = _spaced(strip, wide.start, own, columns, per_east)
    return Joined(per_north, per_east, rows, columns, values)


def _transform(column: int, row: int, per_north: int, per_east: int) -> Transform:
    """Affine coefficients of pixels whose first one lies at a column and a row."""
    left, top = (column - 0.5) / per_east, (row + 0.5) / per_north
    return (1 / per_east, 0.0, left, 0.0, -1 / per_north, top)


def _rows(box: Box, per_north: int, first_south: int, last_south: int) -> range:
    first = max(math.floor(box[1] * per_north), first_south * per_north + 1)
    return range(first, min(math.ceil(box[3] * per_north), (last_south + 1) * per_north) + 1)


def _columns(box: Box, per_east: int, first_west: int, last_west: int, reach: int) -> range:
    first = max(math.floor(box[0] * per_east) - reach, first_west * per_east)
    last = min(math.ceil(box[2] * per_east) + reach, (last_west + 1) * per_east - 1)
    return range(first, last + 1)


def _common(numbers: Mapping[Tile, int], what: str) -> int:
    """The one number that all tiles have."""
    if len(set(numbers.values())) > 1:
        raise DataError(
            Fault(
                f"have different numbers of {what}:"
                f" {', '.join(str(number) for number in numbers.values())}",
                ", ".join(tile.name for tile in numbers),
                f"equal {what} in all tiles of one latitude, equal rows in all",
                "give the tiles as they were published, of one resolution",
            )
        )
    return next(iter(numbers.values()))


def _spaced(
    strip: NDArray[np.float32], start: int, own: int, columns: range, per_east: int
) -> NDArray[np.float32]:
    """Rows at other columns, by cubic convolution (Keys 1981, IEEE TASSP 29(6), a = -1/2).

    Where a new column is an old one its values are kept.

    Parameters
    ----------
    strip: (y, x), its first column being `start` at `own` columns per degree.
    columns: those wanted, at `per_east` columns per degree.
    """
    if own == per_east:
        return strip[:, columns.start - start : columns.stop - start]
    # In integers, so that columns which both have are met exactly.
    whole, rest = np.divmod(np.arange(columns.start, columns.stop, dtype=np.int64) * own, per_east)
    t = (rest / per_east).astype(np.float32)
    weights = (
        t * (-1 + t * (2 - t)) / 2,
        1 + t * t * (-5 + 3 * t) / 2,
        t * (1 + t * (4 - 3 * t)) / 2,
        t * t * (t - 1) / 2,
    )
    result = np.zeros((len(strip), len(columns)), dtype=np.float32)
    for tap, weight in enumerate(weights, -1):
        at = np.clip(whole - start + tap, 0, strip.shape[1] - 1)
        result += np.where(weight == 0, 0, strip[:, at] * weight)
    return result
