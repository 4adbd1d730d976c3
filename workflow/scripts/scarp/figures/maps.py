"""Maps of what models found, missed and invented (Orynbaikyzy et al. 2025, figures 9 to 12)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch
from numpy.typing import NDArray

from scarp.channels import MASK
from scarp.cube import grid_of, open_cube
from scarp.figures import scene
from scarp.figures.marks import scale_and_north
from scarp.figures.style import BLACK, BLUE, VERMILION, drawn, titled, wrapped
from scarp.metrics import Counts
from scarp.simulated import is_simulated

_PANEL, _LINE = 2.9, 11.6  # inches
_CLASSES = {
    scene.HIT: (BLUE, "found (true positive)"),
    scene.FALSE: (VERMILION, "false alarm (false positive)"),
    scene.MISSED: (BLACK, "missed (false negative); landslide in the reference"),
}
#: Two greys that alternate as stripes where nothing was scored, and their width in inches.
_STRIPES, _STRIPE = ("#8C8C8C", "#FFFFFF"), 0.05


@dataclass(frozen=True)
class _Panel:
    title: str
    image: NDArray[np.float32]


def site_map(
    cube: str | Path,
    predictions: Sequence[tuple[str, str | Path]],
    paths: Sequence[str | Path],
    site: str,
) -> None:
    """Draw a site before and after the event, its reference, and a panel per prediction.

    Only the part of the site that was scored is shown, with a small margin; all of it where nothing
    was. F1 in the titles is
    counted on the whole map at full resolution, as in the scores.

    Parameters
    ----------
    cube: the site's cube.
    predictions: label and predictions/{site}.tif of each experiment.
    paths: figures to write, .svg or .png.
    site: name of the site, for the title.

    Raises
    ------
    DataError: the cube or a prediction cannot be read.
    """
    with open_cube(cube) as data:
        maps = [
            (label, *scene.classify(data, scene.read_prediction(path)))
            for label, path in predictions
        ]
        mask = np.asarray(data[MASK].values)
        scored = np.full(mask.shape, not maps)
        for _, classes, _ in maps:
            scored |= classes != scene.UNSCORED
        reference = np.where(mask == 1, scene.MISSED, scene.NEGATIVE).astype(np.uint8)
        reference[~scored] = scene.UNSCORED
        window = scene.bounds(scored)
        factor = scene.thinning(window)
        back = scene.background(data, window, factor)
        metres = scene.metres_per_pixel(grid_of(data))
        simulated = is_simulated(data.attrs["source"])

    panels = [_Panel(name, scene.filled(image)) for name, image in back.images.items()]
    shown = [("reference", reference), *((_title(label, n), own) for label, own, n in maps)]
    panels += [
        _Panel(title, _painted(back.latest, scene.thin_classes(classes[window], factor)))
        for title, classes in shown
    ]
    heading = titled(f"{site.replace(chr(10), ', ')} on {back.name}", simulated)
    _draw(panels, heading, paths, metres * factor if metres else None)


def _title(label: str, counts: Counts) -> str:
    f1 = "undefined" if counts.f1 is None else f"{counts.f1:.2f}"
    return f"{label}\nF1 {f1}"


def _painted(image: NDArray[np.float32], classes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The classes in their colours on a pale grey version of an image."""
    grey = 0.5 + 0.5 * scene.filled(image).mean(axis=2, keepdims=True)
    painted = np.repeat(grey, 3, axis=2)
    for kind, (colour, _) in _CLASSES.items():
        painted[classes == kind] = to_rgb(colour)
    row, column = np.indices(classes.shape)
    width = max(1, round(_STRIPE * classes.shape[1] / _panel_width(classes.shape)))
    odd = ((row + column) // width) % 2 == 1
    for colour, where in zip(_STRIPES, (odd, ~odd), strict=True):
        painted[(classes == scene.UNSCORED) & where] = to_rgb(colour)
    return painted.astype(np.float32)


def _panel_width(shape: tuple[int, ...]) -> float:
    """Width in inches of a panel that shows an image of `shape`; tall scenes get less."""
    return max(1.6, min(_PANEL, 1.3 * _PANEL * shape[1] / shape[0]))


def _draw(
    panels: Sequence[_Panel], heading: str, paths: Sequence[str | Path], metres: float | None
) -> None:
    """Draw panels; `metres` is the ground size of their pixels, None without georeference."""
    height, width = panels[0].image.shape[:2]
    wide = _panel_width(panels[0].image.shape)
    lines = -(-len(panels) // int(_LINE / wide))
    columns = -(-len(panels) // lines)
    tall = wide * min(max(height / width, 0.35), 3.5)
    letters = int(11.5 * wide)
    with drawn(paths, max(6.5, wide * columns), lines * (tall + 0.55) + 0.7) as figure:
        figure.suptitle(heading, weight="bold")
        grid = figure.subplots(lines, columns, squeeze=False)
        for axis, panel in zip(grid.flat, panels, strict=False):
            axis.imshow(panel.image, interpolation="auto")
            axis.set_title("\n".join(wrapped(part, letters) for part in panel.title.split("\n")))
            axis.set_xticks([])
            axis.set_yticks([])
            axis.spines[:].set_visible(True)
        for axis in grid.flat[len(panels) :]:
            axis.set_visible(False)
        if metres:
            scale_and_north(grid[0, 0], width, height, metres)
        handles = [Patch(color=colour, label=label) for colour, label in _CLASSES.values()]
        handles.append(
            Patch(facecolor=_STRIPES[0], edgecolor=_STRIPES[1], hatch="////", label="not scored")
        )
        per_line = 4 if wide * columns > 9 else 2
        figure.legend(handles=handles, loc="outside lower center", ncols=per_line)
