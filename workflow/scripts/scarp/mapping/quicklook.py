"""The map of an event in one picture: before, after, probability and the outlines of landslides."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import Colormap, LinearSegmentedColormap, ListedColormap, to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray

from scarp.cube import open_cube
from scarp.figures.marks import scale_and_north
from scarp.figures.scene import metres_per_pixel
from scarp.figures.style import BLUE, YELLOW, drawn, titled, wrapped
from scarp.mapping.pictures import UNKNOWN, Picture, Thinned, thinned
from scarp.mapping.polygons import MapPolygons
from scarp.mapping.rasters import Rasters, grid_of_raster
from scarp.mapping.settings import MapModel
from scarp.mapping.summary import MapSummary
from scarp.mapping.words import counted, size

#: Pixels along a side of a panel, at most.
MOST = 1000
#: Colours of probability, from none to certain.
RAMP = ("#F7F4EF", "#FDD49E", "#FC8D59", "#D7301F", "#7F0000")
_PANEL = 3.7  # inches
#: Outlines from which on they are drawn thinner.
_MANY = 2000


def write_quicklook(
    rasters: Rasters, polygons: MapPolygons, model: MapModel, summary: MapSummary, path: str | Path
) -> None:
    """Draw an event before and after, and its probability of landslide with their outlines.

    Parameters
    ----------
    path: the .png file; equal input gives equal bytes.

    Raises
    ------
    DataError: a raster cannot be read.
    """
    grid = grid_of_raster(rasters.probability)
    with open_cube(rasters.cube) as cube:
        pictures = thinned(cube, grid, rasters.probability, MOST)
    lines = _lines(pictures.to_pixels(polygons.table.geometry.to_numpy()))
    height, width = pictures.probability.shape
    tall = 0.93 * _PANEL * min(max(height / width, 0.4), 2.2)
    heading = titled(f"Landslides of {summary.event}", summary.simulated)
    told = _told(summary, model)
    with drawn([path], 3 * _PANEL, tall + 0.75 + 0.15 * len(told)) as figure:
        figure.suptitle(heading, weight="bold", fontsize=11)
        axes = figure.subplots(1, 3)
        _image(axes[0], pictures.before, "before", (height, width))
        _image(axes[1], pictures.after, "after, with landslides", (height, width))
        _probability(figure, axes[2], pictures)
        _outlines(axes[1], lines)
        axes[2].add_collection(
            LineCollection(lines, colors=BLUE, linewidths=_width(lines)), autolim=False
        )
        metres = metres_per_pixel(grid)
        if metres:
            scale_and_north(axes[0], width, height, metres * pictures.factor)
        figure.supxlabel("\n".join(told), fontsize=8, ha="left", x=0.01)


def probability_colours() -> Colormap:
    """Colours of probability 0 to 1 in 256 steps."""
    ramp = LinearSegmentedColormap.from_list("probability", RAMP, N=256)
    return ListedColormap(ramp(np.linspace(0, 1, 256)), name="probability").with_extremes(
        bad=UNKNOWN
    )


def _told(summary: MapSummary, model: MapModel) -> list[str]:
    """What stands below the panels, in lines that fit."""
    texts = [
        f"{counted(summary.landslides)} of {summary.minimum_m2:g} m² or more,"
        f" {size(summary.area_m2)} together; probability from {summary.threshold:g} on."
        f" The map covers {summary.valid_share:.0%} of the event's area.",
        f"Images: {summary.images or 'not told'}",
        f"Model: {model.name}",
    ]
    texts += [f"Taken off: {size(one.area_m2)} by {one.reason}" for one in summary.removed]
    return [line for text in texts for line in wrapped(text, 165).split("\n")]


def _image(axis: Axes, picture: Picture | None, side: str, shape: tuple[int, int]) -> None:
    if picture is None:
        axis.imshow(np.full((*shape, 3), to_rgb(UNKNOWN), dtype=np.float32))
        title = "no usable image"
    else:
        axis.imshow(picture.filled, interpolation="auto")
        title = picture.title
    _frame(axis, f"{side}\n{title}")


def _probability(figure: Figure, axis: Axes, pictures: Thinned) -> None:
    shown = axis.imshow(
        pictures.probability, cmap=probability_colours(), vmin=0, vmax=1, interpolation="auto"
    )
    _frame(axis, "probability of landslide\nviolet: the map says nothing")
    figure.colorbar(shown, ax=axis, shrink=0.8, pad=0.01)


def _frame(axis: Axes, title: str) -> None:
    axis.set_title(title)
    axis.set_xticks([])
    axis.set_yticks([])
    axis.spines[:].set_visible(True)


def _lines(shapes: NDArray[np.object_]) -> list[NDArray[np.float64]]:
    """Rings of shapes on the axes of an image, whose first pixel has its centre at 0."""
    rings = shapely.get_rings(shapely.get_parts(shapes))
    return [shapely.get_coordinates(ring) - 0.5 for ring in rings]


def _outlines(axis: Axes, lines: Sequence[Any]) -> None:
    """Outlines that show on any image: dark below light."""
    width = _width(lines)
    for colour, wide in (("black", 2.2 * width), (YELLOW, width)):
        axis.add_collection(LineCollection(lines, colors=colour, linewidths=wide), autolim=False)


def _width(lines: Sequence[Any]) -> float:
    """Width of outlines, so thin that thousands of them leave something of the image."""
    return 0.6 if len(lines) <= _MANY else 0.25
