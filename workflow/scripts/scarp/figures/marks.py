"""What is drawn over the images of a site: scale and north, outlines and frames."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

#: First row, first column, height and width of a frame, in pixels of the image.
Box = tuple[float, float, float, float]


def outline(axis: Axes, inside: NDArray[np.bool_], colour: str, width: float = 1.0) -> None:
    """Draw the edge of the pixels that are inside; nothing where there are none.

    Along pixel edges: a contour line would cut the corners of a landslide of a few pixels.
    """
    edges = _edges(inside)
    for edge, line in (("black", width + 0.8), (colour, width)):
        axis.add_collection(
            LineCollection(edges, colors=edge, linewidths=line, capstyle="projecting"),
            autolim=False,
        )


def _edges(inside: NDArray[np.bool_]) -> list[NDArray[np.float64]]:
    """Sides of pixels between inside and outside, as pairs of (x, y) on an image's axes."""
    padded = np.pad(inside, 1)
    rows, columns = np.nonzero(padded[1:, 1:-1] != padded[:-1, 1:-1])
    level = [((x - 0.5, y - 0.5), (x + 0.5, y - 0.5)) for y, x in zip(rows, columns, strict=True)]
    rows, columns = np.nonzero(padded[1:-1, 1:] != padded[1:-1, :-1])
    upright = [((x - 0.5, y - 0.5), (x - 0.5, y + 0.5)) for y, x in zip(rows, columns, strict=True)]
    return [np.array(line, dtype=np.float64) for line in (*level, *upright)]


def frames(axis: Axes, boxes: Iterable[Box], colour: str, width: float = 0.6) -> None:
    """Draw the outlines of boxes, dark below light so that they show on any image."""
    corners = [
        [(x, y), (x + wide, y), (x + wide, y + high), (x, y + high)]
        for y, x, high, wide in ((y - 0.5, x - 0.5, high, wide) for y, x, high, wide in boxes)
    ]
    for edge, line in (("black", width + 0.8), (colour, width)):
        axis.add_collection(
            PolyCollection(
                corners,
                facecolors="none",
                edgecolors=edge,
                linewidths=line,
                clip_on=False,  # else one along the image's edge loses half its width
            ),
            autolim=False,
        )


def scale_and_north(axis: Axes, width: int, height: int, metres: float) -> None:
    """A bar of a round length, up to a third of the panel, and an arrow: up is grid north.

    `width` and `height` are those of the image that fills the panel, in pixels of `metres` each.
    """
    most = width * metres / 3
    power = 10.0 ** np.floor(np.log10(most))
    length = max(step * power for step in (1, 2, 5) if step * power <= most)
    label = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    left, low = 0.04 * width, height * 0.96
    box = {"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 1.5}
    axis.plot([left, left + length / metres], [low, low], color="white", linewidth=4.5)
    axis.plot([left, left + length / metres], [low, low], color="black", linewidth=2.2)
    axis.annotate(
        label, (left, low), (0, 5), textcoords="offset points", va="bottom", fontsize=7, bbox=box
    )
    axis.annotate(
        "N",
        (0.95, 0.97),
        (0, -22),
        xycoords="axes fraction",
        textcoords="offset points",
        arrowprops={
            "arrowstyle": "-|>",
            "color": "black",
            "linewidth": 1.2,
            "path_effects": [withStroke(linewidth=3, foreground="white")],
        },
        ha="center",
        fontsize=8,
        weight="bold",
        bbox=box,
    )
