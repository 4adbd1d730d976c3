"""A picture to judge an event's images by: true colour, the area, and what cannot be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from scarp.acquire.sentinel2.candidates import Candidate
from scarp.acquire.sentinel2.classes import UNUSABLE, usable
from scarp.acquire.sentinel2.read import read_image
from scarp.acquire.stac_access import StacAccess
from scarp.figures.style import BLACK, VERMILION, YELLOW, drawn, titled
from scarp.grid import Grid

_COLOURS = ("B04", "B03", "B02")
#: Largest side of a picture in pixels; more are left out.
_MOST = 600
#: Shares of pixels that are shown black and white at most.
_DARK, _BRIGHT = 0.01, 0.99
#: Width of a date in inches, and what the titles above it need.
_WIDTH, _TITLES = 4.0, 0.6
_NODATA = np.array([0.91, 0.85, 0.65], dtype=np.float32)
#: x and y of the corners of a ring, (n, 2), in the grid's CRS.
Ring = NDArray[np.float64]


@dataclass(frozen=True)
class Look:
    """One date of a picture.

    Attributes
    ----------
    label: what stands above it.
    colours: (y, x, 3) float32 reflectance of red, green and blue, NaN without data.
    unusable: (y, x) bool, where a cloud or its shadow lies.
    """

    label: str
    colours: NDArray[np.float32]
    unusable: NDArray[np.bool_]


def look(access: StacAccess, image: Candidate, grid: Grid, label: str) -> Look:
    """Read what a picture needs of an image: three bands and the classes.

    Raises
    ------
    DataError: files cannot be read.
    """
    seen = read_image(access, image.tiles, grid, _COLOURS)
    colours = np.stack([seen.bands[band] for band in _COLOURS], axis=-1)
    return Look(label, colours, usable(seen.classes, snow_is_usable=True) == UNUSABLE)


def draw_looks(
    path: str | Path,
    grid: Grid,
    looks: Sequence[Look],
    rings: Mapping[str, Sequence[Ring]],
    title: str,
    simulated: bool,
) -> None:
    """Draw dates side by side in one stretch of brightness, so that their light can be compared.

    Parameters
    ----------
    path: PNG or SVG.
    grid: of the looks; a margin around the area shows where the area lies.
    rings: `area` -> outline of the area, `landslides` -> outlines of polygons; both may be left
        out.
    simulated: whether the title says so.
    """
    step = max(1, -(-max(grid.height, grid.width) // _MOST))
    seen = np.concatenate([one.colours[np.isfinite(one.colours) & _clear(one)] for one in looks])
    low, high = np.quantile(seen, [_DARK, _BRIGHT]) if seen.size else (0.0, 1.0)
    right = grid.left + grid.width * grid.resolution
    bottom = grid.top - grid.height * grid.resolution
    height = _WIDTH * min(max(grid.height / grid.width, 0.4), 2.5) + _TITLES
    with drawn([path], _WIDTH * len(looks), height) as figure:
        figure.suptitle(titled(title, simulated), weight="bold")
        axes: Sequence[Axes] = figure.subplots(1, len(looks), squeeze=False)[0]
        for axis, one in zip(axes, looks, strict=True):
            shown = np.clip((one.colours[::step, ::step] - low) / max(high - low, 1e-6), 0, 1)
            shown = np.where(np.isfinite(shown), shown, _NODATA)
            axis.imshow(shown, extent=(grid.left, right, bottom, grid.top), interpolation="nearest")
            _hatch(axis, grid, one.unusable, step)
            for name, colour in (("area", YELLOW), ("landslides", VERMILION)):
                for ring in rings.get(name, ()):
                    axis.plot(*ring.T, color=BLACK, linewidth=1.6)
                    axis.plot(*ring.T, color=colour, linewidth=0.9)
            axis.set(title=one.label, xlim=(grid.left, right), ylim=(bottom, grid.top))
            axis.set(xticks=[], yticks=[])


def _clear(one: Look) -> NDArray[np.bool_]:
    return np.broadcast_to(~one.unusable[..., None], one.colours.shape)


def _hatch(axis: Axes, grid: Grid, unusable: NDArray[np.bool_], step: int) -> None:
    thin = unusable[::step, ::step]
    if not thin.any():
        return
    x, y = grid.x[::step], grid.y[::step]
    with_hatch = axis.contourf(x, y, thin.astype(np.float32), [0.5, 1.5], colors="none")
    with_hatch.set(hatch="////", edgecolor="white", linewidth=0.0)
