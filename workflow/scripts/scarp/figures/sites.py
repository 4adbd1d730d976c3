"""The test sites of a split at a glance (Orynbaikyzy et al. 2025, figure 6)."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from scarp.channels import MASK
from scarp.cube import grid_of, open_cube
from scarp.errors import DataError, Fault
from scarp.figures import scene
from scarp.figures.marks import Box, frames, outline, scale_and_north
from scarp.figures.select import in_order
from scarp.figures.style import YELLOW, drawn, titled, wrapped
from scarp.patches import read_table
from scarp.simulated import is_simulated
from scarp.split_files import read_test_list

#: More sites than this are not drawn but named in the title.
MOST_SITES = 24
_PER_LINE = 4
_PANEL = 2.6  # inches
_FRAME = "#FFFFFF"


@dataclass(frozen=True)
class Site:
    """An event that tests a split.

    Attributes
    ----------
    label: its name in the figure, the id in the first line.
    cube, patches: its files. tests: list of its patches that test, and its role.
    """

    label: str
    cube: str | Path
    patches: str | Path
    tests: str | Path


@dataclass(frozen=True)
class _View:
    """What a panel shows: an image, the reference on it, frames, and metres per pixel."""

    label: str
    role: str
    image: NDArray[np.float32]
    reference: NDArray[np.bool_]
    boxes: tuple[Box, ...]
    metres: float | None
    simulated: bool


def test_sites(sites: Iterable[Site], paths: Sequence[str | Path], split: str) -> None:
    """Draw each site after the event, with its reference and the patches that test.

    Independent sites come first. A site of which no patch tests is left out.

    Parameters
    ----------
    paths: figures to write, .svg or .png.
    split: for the title.

    Raises
    ------
    DataError: a file cannot be read, or a list names a patch that the patches file has not.
    """
    tested = [(site, *_tested(site)) for site in sites]
    order = in_order((row for row in tested if row[1]), lambda row: row[2])
    shown = [_view(*row) for row in order[:MOST_SITES]]
    title = titled(f"Test sites, split {split}", any(view.simulated for view in shown))
    if left := [site.label.split("\n")[0] for site, _, _ in order[MOST_SITES:]]:
        title += "\n" + textwrap.fill(f"not drawn: {', '.join(left)}", 110)
    _draw(shown, title, paths)


def _tested(site: Site) -> tuple[list[Box], str]:
    """Row, column, height and width of the windows that test, and the site's role."""
    table = read_table(site.patches)
    patches, role = read_test_list(site.tests)
    unknown = [patch for patch in patches if not 0 <= patch < len(table)]
    if unknown:
        raise DataError(
            Fault(
                f"names patch {unknown[0]}, {site.patches} has {len(table)}",
                str(site.tests),
                cure="delete it and let the workflow make it again",
            )
        )
    boxes: list[Box] = [
        (int(table.row[patch]), int(table.column[patch]), table.size, table.size)
        for patch in patches
    ]
    return boxes, role


def _view(site: Site, boxes: Sequence[Box], role: str) -> _View:
    """The part of a site that its windows cover, with a small margin."""
    with open_cube(site.cube) as cube:
        covered = np.zeros((cube.sizes["y"], cube.sizes["x"]), dtype=bool)
        for row, column, height, width in boxes:
            covered[int(row) : int(row + height), int(column) : int(column + width)] = True
        window = scene.bounds(covered)
        factor = scene.thinning(window)
        image = scene.filled(scene.background(cube, window, factor).latest)
        mask = np.asarray(cube[MASK][window].values)
        classes = np.where(mask == 1, scene.HIT, scene.NEGATIVE).astype(np.uint8)
        metres = scene.metres_per_pixel(grid_of(cube))
        simulated = is_simulated(cube.attrs["source"])
    return _View(
        site.label,
        role,
        image,
        scene.thin_classes(classes, factor) == scene.HIT,
        tuple(_on_image(box, window, factor, covered.shape) for box in boxes),
        metres * factor if metres else None,
        simulated,
    )


def _on_image(box: Box, window: scene.Window, factor: int, shape: tuple[int, int]) -> Box:
    """A window on the image; what of it sticks out of the scene is cut off."""
    row, column, height, width = (int(number) for number in box)
    part = slice(row, min(row + height, shape[0])), slice(column, min(column + width, shape[1]))
    return scene.box_of(part, window, factor)


def _draw(shown: Sequence[_View], title: str, paths: Sequence[str | Path]) -> None:
    columns = max(1, min(len(shown), _PER_LINE))
    lines = max(1, -(-len(shown) // columns))
    height = lines * (_PANEL + 0.55) + 0.75 + 0.15 * title.count("\n")
    with drawn(paths, max(5.0, columns * _PANEL), height) as figure:
        figure.suptitle(title, weight="bold")
        grid = figure.subplots(lines, columns, squeeze=False)
        for axis, view in zip(grid.flat, shown, strict=False):
            _show(axis, view)
        for axis in grid.flat[len(shown) :]:
            axis.set_axis_off()
        if not shown:
            grid[0, 0].text(0.5, 0.5, "No patch of any site tests.", ha="center", va="center")
        handles = [
            Line2D([], [], color=YELLOW, linewidth=3, label="landslide in the reference"),
            Line2D([], [], color="#B0B0B0", linewidth=1.5, label="patch that tests"),
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=2)


def _show(axis: Axes, view: _View) -> None:
    height, width = view.image.shape[:2]
    axis.imshow(view.image, interpolation="auto")
    axis.set_anchor("N")
    # Thin lines that meet: the frames of neighbours lie on each other.
    frames(axis, view.boxes, _FRAME, 0.4)
    outline(axis, view.reference, YELLOW)
    name, *place = view.label.split("\n")
    number = len(view.boxes)
    count = f"{number} patch" if number == 1 else f"{number} patches"
    lines = [name, wrapped(" ".join(place), 34), f"{view.role}, {count}"]
    axis.set_title("\n".join(line for line in lines if line), fontsize=7.5)
    axis.set_xlim(-0.5, width - 0.5)
    axis.set_ylim(height - 0.5, -0.5)
    axis.set_xticks([])
    axis.set_yticks([])
    axis.spines[:].set_visible(True)
    if view.metres:
        scale_and_north(axis, width, height, view.metres)
