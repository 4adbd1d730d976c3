"""What the sensors saw of an event, before and after (Orynbaikyzy et al. 2025, figure 2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy import ndimage

from scarp.channels import MASK
from scarp.cube import grid_of, open_cube
from scarp.figures import scene
from scarp.figures.marks import Box, frames, outline, scale_and_north
from scarp.figures.style import YELLOW, drawn, titled
from scarp.simulated import is_simulated

#: Sides in pixels of the window that is shown.
SMALLEST, LARGEST = 128, 400
#: Side of that window in extents of the largest landslide.
_EXTENTS = 3
_EPOCHS: Mapping[str, str] = {"PRE1": scene.BEFORE, "POST1": scene.AFTER}
_NO_DATA = "#BFBFBF"
_PER_LINE = 6
_PANEL, _BARS = 1.7, 0.8  # inches


@dataclass(frozen=True)
class Layer:
    """A feature as it is shown: three bands as a colour image, or one in a colour map.

    Attributes
    ----------
    title: above its panels, with the unit. bands: one, or those shown as red, green and blue.
    colours: name of a perceptually uniform colour map, for one band.
    decibel: whether ten times the decimal logarithm is shown.
    alone: whether each band of a colour image is stretched by itself; else a band that is much
        brighter than the others, as near infrared is over vegetation, would hide them.
    """

    title: str
    bands: tuple[str, ...]
    colours: str = "viridis"
    decibel: bool = False
    alone: bool = False


LAYERS: tuple[Layer, ...] = (
    Layer("true colour", ("B04", "B03", "B02")),
    Layer("SWIR (B12, B8A, B04)", ("B12", "B8A", "B04"), alone=True),
    Layer("NDVI", ("NDVI",)),
    Layer("gamma0 VV (dB)", ("gVV",), "gray", decibel=True),
    Layer("gamma0 VH (dB)", ("gVH",), "gray", decibel=True),
    Layer("coherence VV", ("COHVV",), "gray"),
    Layer("entropy H", ("ENTROPY",)),
    Layer("anisotropy A", ("ANISOTROPY",)),
    Layer("mean alpha (degrees)", ("ALPHA",)),
)


@dataclass(frozen=True)
class _Bar:
    """The colour bar below a panel."""

    low: float
    high: float
    colours: str


@dataclass(frozen=True)
class _Panel:
    """An image (y, x, 3) in 0..1 and what is drawn on it.

    `note` stands in its corner, `reference` is outlined, `frame` marks a part of it.
    """

    title: str
    image: NDArray[np.float32]
    bar: _Bar | None = None
    note: str = ""
    reference: NDArray[np.bool_] | None = None
    frame: Box | None = None


#: Panels one below the other; None where the cube has no such channel.
_Column = Sequence[_Panel | None]


def event_features(cube: str | Path, paths: Sequence[str | Path], site: str) -> None:
    """Draw the features of an event that its cube has, around its largest landslide.

    Each feature before the event (PRE1) above after it (POST1), stretched alike between the 2nd
    and 98th percentile of both together; then elevation, slope, the reference outlined on an image,
    and where in the scene all this lies.

    Parameters
    ----------
    cube: the event's cube.
    paths: figures to write, .svg or .png.
    site: name of the event, for the title.

    Raises
    ------
    DataError: the cube cannot be read.
    """
    with open_cube(cube) as data:
        mask = np.asarray(data[MASK].values) == 1
        window = landslide_window(mask, int(data.attrs.get("tile", 0)))
        epochs = [epoch for epoch in _EPOCHS if any(_has(data, epoch, one) for one in LAYERS)]
        shown = list(_features(data, window, epochs))
        context = _stacked(_context(data, window, mask), max(len(epochs), 1))
        metres = scene.metres_per_pixel(grid_of(data))
        simulated = is_simulated(data.attrs["source"])
    what = "around the largest landslide" if mask.any() else "in the middle, no landslide known"
    heading = titled(f"{site.replace(chr(10), ', ')}: features {what}", simulated)
    _draw(shown, context, [_EPOCHS[epoch] for epoch in epochs], heading, paths, metres)


def landslide_window(mask: NDArray[np.bool_], tile: int = 0) -> scene.Window:
    """A square window around the largest landslide: three times its extent, within the limits.

    Parameters
    ----------
    mask: (height, width), landslide or not. Pixels that touch, at a corner too, are one landslide.
        Without any the window lies in the middle. A scene smaller than the window is shown whole.
    tile: side of the tiles that the scene is a mosaic of: the one with most landslide is shown.
        0: the scene is one image.
    """
    if tile:
        height, width = (size // tile for size in mask.shape)
        tiles = mask[: height * tile, : width * tile].reshape(height, tile, width, tile)
        row, column = divmod(int(tiles.sum(axis=(1, 3)).argmax()), width)
        return slice(row * tile, (row + 1) * tile), slice(column * tile, (column + 1) * tile)
    numbers, found = ndimage.label(mask, structure=np.ones((3, 3)))
    if found:
        largest = int(np.bincount(numbers.ravel())[1:].argmax()) + 1
        extent: scene.Window = ndimage.find_objects(numbers)[largest - 1]
    else:
        extent = slice(0, mask.shape[0]), slice(0, mask.shape[1])
    longest = max(part.stop - part.start for part in extent)
    side = min(max(_EXTENTS * longest, SMALLEST), LARGEST)
    rows, columns = (
        _centred(part, side, size) for part, size in zip(extent, mask.shape, strict=True)
    )
    return rows, columns


def _centred(part: slice, side: int, size: int) -> slice:
    """`side` pixels with `part` in the middle, moved so that they lie within 0..size."""
    first = min(max((part.start + part.stop - side) // 2, 0), max(size - side, 0))
    return slice(first, min(first + side, size))


def limits(images: Sequence[NDArray[np.float32]]) -> tuple[float, float]:
    """2nd and 98th percentile of the values of all images together; 0 and 1 without any."""
    values = np.concatenate([image[np.isfinite(image)] for image in images])
    if not values.size:
        return 0.0, 1.0
    low, high = (float(value) for value in np.percentile(values, (2, 98)))
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def _has(cube: xr.Dataset, epoch: str, layer: Layer) -> bool:
    return all(f"{epoch}_{band}" in cube for band in layer.bands)


def _features(cube: xr.Dataset, window: scene.Window, epochs: Sequence[str]) -> Iterator[_Column]:
    """A column per feature that the cube has at any of the epochs."""
    for layer in LAYERS:
        read = {
            epoch: _read(cube, epoch, layer, window) for epoch in epochs if _has(cube, epoch, layer)
        }
        if not read:
            continue
        images, bar = _coloured(layer, read)
        first, *_, last = [*images, *images]
        yield [
            _Panel(
                layer.title if epoch == first else "",
                images[epoch],
                bar if epoch == last else None,
                _days(cube, epoch, layer),
            )
            if epoch in images
            else None
            for epoch in epochs
        ]


def _read(cube: xr.Dataset, epoch: str, layer: Layer, window: scene.Window) -> NDArray[np.float32]:
    """(y, x) of one band, (y, x, 3) of three."""
    bands = [scene.read_window(cube, f"{epoch}_{band}", window) for band in layer.bands]
    if layer.decibel:
        bands = [10 * np.log10(np.maximum(band, np.float32(1e-5))) for band in bands]
    return bands[0] if len(bands) == 1 else np.stack(bands, axis=-1)


def _coloured(
    layer: Layer, read: Mapping[str, NDArray[np.float32]]
) -> tuple[dict[str, NDArray[np.float32]], _Bar | None]:
    """Images of a layer by epoch, stretched alike, and the bar that goes below them."""
    ends = limits(list(read.values()))
    if len(layer.bands) == 1:
        bar = _Bar(*ends, layer.colours)
        return {epoch: _mapped(values, bar) for epoch, values in read.items()}, bar
    by_band = [ends] * 3
    if layer.alone:
        by_band = [limits([image[..., band] for image in read.values()]) for band in range(3)]
    low, high = np.array(by_band, dtype=np.float32).T
    shown = {epoch: scene.stretched(image, low, high) for epoch, image in read.items()}
    return {epoch: scene.filled(image) for epoch, image in shown.items()}, None


def _mapped(values: NDArray[np.float32], bar: _Bar) -> NDArray[np.float32]:
    """Values as the colours of a bar; grey without data."""
    colours = colormaps[bar.colours].with_extremes(bad=_NO_DATA)
    unit = np.ma.masked_invalid(scene.stretched(values, bar.low, bar.high))
    return np.asarray(colours(unit)[..., :3], dtype=np.float32)


def _days(cube: xr.Dataset, epoch: str, layer: Layer) -> str:
    """The day of an image, and of the earlier one of a pair, where the cube tells."""
    facts = cube[f"{epoch}_{layer.bands[0]}"].attrs
    days = (facts.get("reference_date"), facts.get("date"))
    return " to\n".join(str(day) for day in days if day)


def _context(cube: xr.Dataset, window: scene.Window, mask: NDArray[np.bool_]) -> list[_Panel]:
    """Elevation and slope where there are any, the reference, and the place in the scene."""
    panels = []
    for title, channel, colours in (
        ("elevation (m)", "None_DEM", "cividis"),
        ("slope (degrees)", "None_SLOPE", "magma"),
    ):
        if channel in cube:
            values = scene.read_window(cube, channel, window)
            bar = _Bar(*limits([values]), colours)
            image = _mapped(values, bar)
            if channel == "None_DEM":
                light = scene.hillshade(values, scene.ground_step(grid_of(cube)))
                image = scene.filled(image * (0.4 + 0.6 * light[..., np.newaxis]))
            panels.append(_Panel(title, image, bar))
    back = scene.background(cube, window, 1).latest
    panels.append(_Panel("reference", scene.filled(back), reference=mask[window]))
    whole = slice(0, mask.shape[0]), slice(0, mask.shape[1])
    factor = scene.thinning(whole)
    overview = scene.filled(scene.background(cube, whole, factor).latest)
    shown = scene.box_of(window, whole, factor)
    panels.append(_Panel("place in the scene", overview, frame=shown))
    return panels


def _stacked(panels: Sequence[_Panel], rows: int) -> list[_Column]:
    """Panels as columns of `rows`."""
    return [
        [*panels[first : first + rows], *[None] * (rows - len(panels[first : first + rows]))]
        for first in range(0, len(panels), rows)
    ]


def _draw(
    features: Sequence[_Column],
    context: Sequence[_Column],
    rows: Sequence[str],
    heading: str,
    paths: Sequence[str | Path],
    metres: float | None,
) -> None:
    """Draw columns of panels in lines: features, their `rows` named, and then the context.

    `metres` is the ground size of a pixel of the window.
    """
    columns = [*features, *context]
    wide = min(len(columns), _PER_LINE)
    lines = -(-len(columns) // _PER_LINE)
    deep = max(len(rows), 1)
    shape = next(panel for column in columns for panel in column if panel).image.shape
    tall = _PANEL * min(max(shape[0] / shape[1], 0.4), 2.0)
    height = lines * (deep * tall + _BARS) + 0.55
    with drawn(paths, max(4.0, wide * _PANEL + 0.4), height) as figure:
        figure.suptitle(heading, weight="bold")
        grid = figure.subplots(lines * deep, wide, squeeze=False)
        for number in range(lines * wide):
            line, place = divmod(number, wide)
            column = columns[number] if number < len(columns) else [None] * deep
            for row, panel in enumerate(column):
                axis = grid[line * deep + row, place]
                axis.set_xticks([])
                axis.set_yticks([])
                axis.spines[:].set_visible(panel is not None)
                if panel:
                    _show(figure, axis, panel)
                if place == 0 and number < len(features):
                    axis.set_ylabel(rows[row])
        if metres:
            first = next(row for row, panel in enumerate(columns[0]) if panel)
            scale_and_north(grid[first, 0], shape[1], shape[0], metres)


def _show(figure: Figure, axis: Axes, panel: _Panel) -> None:
    axis.imshow(panel.image, interpolation="auto")
    axis.set_anchor("N")
    axis.set_title(panel.title)
    if panel.note:
        axis.text(
            0.03,
            0.97,
            panel.note,
            transform=axis.transAxes,
            va="top",
            fontsize=6,
            bbox={"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 1.2},
        )
    if panel.reference is not None:
        outline(axis, panel.reference, YELLOW)
    if panel.frame:
        frames(axis, [panel.frame], YELLOW, 1.0)
    if panel.bar:
        bar = figure.colorbar(
            ScalarMappable(Normalize(panel.bar.low, panel.bar.high), panel.bar.colours),
            cax=axis.inset_axes((0, -0.09, 1, 0.05)),
            orientation="horizontal",
        )
        bar.ax.tick_params(labelsize=6.5, length=2, pad=1.5)
        bar.ax.locator_params(nbins=4)
