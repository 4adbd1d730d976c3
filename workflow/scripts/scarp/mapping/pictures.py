"""What an event looks like before and after, and how likely landslides are, thinned to look at.

A thinned pixel is the mean of a square block, so that the speckle of radar fades with it; blocks
that stick out of the scene at the south and east are filled with no data. All pictures of an event
have the same pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import shapely
import xarray as xr
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from scarp.figures.scene import read_window, stretched, thin_image
from scarp.grid import Grid
from scarp.mapping.images import date_of
from scarp.mapping.rasters import ROWS, bands_of_rows, opened, read_rows
from scarp.prediction import CERTAIN, NODATA

#: Share of the event that an image must show to be worth looking at.
USABLE = 0.5
#: Colour of what has no data: neither ground, cloud nor backscatter looks like it.
UNKNOWN = "#C8BFE0"
#: Title of each kind of image, and its bands.
OPTICAL, RADAR = "Sentinel-2 natural colour", "Sentinel-1 backscatter VV in dB"
_KINDS = {OPTICAL: ("B04", "B03", "B02"), RADAR: ("gVV",)}
#: Which epochs show the event before and after, the nearest first.
_SIDES = (("PRE1", "PRE2", "PRE3"), ("POST1", "POST2", "POST3"))


@dataclass(frozen=True, eq=False)
class Picture:
    """An image of one date.

    Attributes
    ----------
    kind: `OPTICAL` or `RADAR`.
    epoch, date: such as POST1; ISO date, "" where it is not told.
    image: (y, x, 3) float32 in 0..1, NaN without data.
    """

    kind: str
    epoch: str
    date: str
    image: NDArray[np.float32]

    @property
    def title(self) -> str:
        """What it shows and when, in one line."""
        return f"{self.kind}, {self.date or self.epoch}"

    @property
    def filled(self) -> NDArray[np.float32]:
        """The image with `UNKNOWN` where any of its bands has no data."""
        there = np.isfinite(self.image).all(axis=2, keepdims=True)
        return np.where(there, self.image, np.array(to_rgb(UNKNOWN), dtype=np.float32))


@dataclass(frozen=True, eq=False)
class Thinned:
    """Pictures of an event on one grid of pixels.

    Attributes
    ----------
    grid: of the scene, at full resolution.
    factor: pixels of the scene along a side of a thinned one.
    before, after: None where the event has no image of that side.
    probability: (y, x) float32, mean over a block's pixels that have one, NaN where none has.
    """

    grid: Grid
    factor: int
    before: Picture | None
    after: Picture | None
    probability: NDArray[np.float32]

    def to_pixels(self, shapes: NDArray[np.object_]) -> NDArray[np.object_]:
        """Shapes in the grid's CRS as (x, y) from the upper left corner of the pictures."""
        size = self.grid.resolution * self.factor
        origin = np.array([self.grid.left, self.grid.top], dtype=np.float64)
        moved: NDArray[np.object_] = shapely.transform(
            shapes, lambda places: (places - origin) / (size, -size)
        )
        return moved


def thinned(cube: xr.Dataset, grid: Grid, probability: str | Path, most: int) -> Thinned:
    """Pictures of an event of at most `most` pixels along a side.

    Before and after are images of one kind where the event has such a pair: natural colour, else
    backscatter VV in dB; a side alone takes the better that it has. An image that shows less than
    `USABLE` of the event stands back. Bands of both dates are stretched alike, between the 2nd and
    98th percentile of their values.

    Parameters
    ----------
    cube, grid: of the event.
    probability: GeoTIFF, see `scarp.prediction`.

    Raises
    ------
    DataError: the probability cannot be read.
    """
    factor = -(-max(grid.height, grid.width) // most)
    with opened(probability) as file:

        def part(rows: slice) -> NDArray[np.float32]:
            stored = read_rows(file, rows)
            values = (stored / np.float32(CERTAIN)).astype(np.float32)
            values[stored == NODATA] = np.nan
            return values

        mean = _thin(part, grid.height, factor)
    before, after = _stretched(*_choose(cube, factor))
    return Thinned(grid, factor, before, after, mean)


def _choose(cube: xr.Dataset, factor: int) -> tuple[Picture | None, Picture | None]:
    """The images before and after, in their own units."""
    best: list[Picture | None] = [None, None]
    for kind in _KINDS:
        pair = [_read(cube, kind, epochs, factor) for epochs in _SIDES]
        usable = [one if one is not None and _shows(one) >= USABLE else None for one in pair]
        if all(one is not None for one in usable):
            return usable[0], usable[1]
        best = [old or new for old, new in zip(best, usable, strict=True)]
    return best[0], best[1]


def _read(cube: xr.Dataset, kind: str, epochs: tuple[str, ...], factor: int) -> Picture | None:
    """The image of a kind at the first of these epochs that has one."""
    for epoch in epochs:
        names = [f"{epoch}_{band}" for band in _KINDS[kind]]
        if all(name in cube for name in names):
            bands = [_channel(cube, name, factor) for name in names]
            if kind == RADAR:  # averaged as power, before it is dB
                bands = [(10 * np.log10(np.maximum(bands[0], np.float32(1e-5))))] * 3
            return Picture(kind, epoch, date_of(cube, names[0]), np.stack(bands, axis=-1))
    return None


def _channel(cube: xr.Dataset, name: str, factor: int) -> NDArray[np.float32]:
    """A channel of the cube, thinned."""
    width = cube.sizes["x"]
    return _thin(
        lambda rows: read_window(cube, name, (rows, slice(0, width))), cube.sizes["y"], factor
    )


def _shows(picture: Picture) -> float:
    """Share of the event that an image has data of."""
    return float(np.isfinite(picture.image).all(axis=2).mean())


def _stretched(
    before: Picture | None, after: Picture | None
) -> tuple[Picture | None, Picture | None]:
    """The images with values of 0 to 1: alike where they are of one kind."""
    sides = (before, after)
    limits: dict[str, tuple[float, float]] = {}
    for kind in _KINDS:
        values = [one.image.ravel() for one in sides if one is not None and one.kind == kind]
        if values:
            low, high = np.nanpercentile(np.concatenate(values), (2, 98))
            limits[kind] = float(low), float(high)
    done = [
        None if one is None else replace(one, image=stretched(one.image, *limits[one.kind]))
        for one in sides
    ]
    return done[0], done[1]


def _thin(
    read: Callable[[slice], NDArray[np.float32]], height: int, factor: int
) -> NDArray[np.float32]:
    """A layer thinned as its rows are read, so many blocks of them at once."""
    step = factor * max(1, ROWS // factor)
    return np.concatenate([thin_image(read(rows), factor) for rows in bands_of_rows(height, step)])
