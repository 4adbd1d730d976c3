"""One picture of a layer: side a, side b, their difference, and every pixel of one on the other."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image as PngImage

from scarp.figures.style import BLACK, drawn, titled
from scarp.parity.compare import in_unit

#: Size of a picture in inches; all have the same, so that they line up.
_WIDTH, _HEIGHT = 4.8, 4.9
#: Largest number of cells on either side of a map. Speckle hardly compresses: with more, the page
#: of an event with all its layers would pass 3 MB.
_CELLS = 128
_BINS = 48
_NODATA = "#E9D8A6"
#: Few levels compress better, and eyes tell no more.
_LEVELS = 33
_GREYS, _DIVERGING, _COUNTS = (
    colormaps[name].resampled(_LEVELS).with_extremes(bad=_NODATA)
    for name in ("gray", "RdBu_r", "gray_r")
)
Image = NDArray[np.float32]
Range = tuple[float, float]


def picture(
    images: tuple[Image, Image], labels: tuple[str, str], title: str, unit: str, simulated: bool
) -> bytes:
    """Draw a layer as PNG; the same input gives the same bytes.

    Maps show means of square blocks where the images are large, the histogram every pixel.

    Parameters
    ----------
    images: (y, x) of both sides, NaN without data; linear power where `unit` is "dB".
    labels: of the sides. title: of the picture. unit: in which the layer is compared.
    simulated: whether the title says so.
    """
    first, second = (in_unit(image, unit) for image in images)
    scale = _limits(np.concatenate([first[np.isfinite(first)], second[np.isfinite(second)]]))
    maps = [block_means(image, _CELLS) for image in (first, second, second - first)]
    most = max(abs(end) for end in _limits(maps[2][np.isfinite(maps[2])]))
    ranges = (scale, scale, (-most, most))
    told = "" if unit == "1" else f", {unit}"
    titles = [f"{label}{told}" for label in labels] + [f"{labels[1]} \N{MINUS SIGN} {labels[0]}"]
    titles[2] += told
    with TemporaryDirectory() as folder:
        path = Path(folder, "layer.png")
        with drawn([path], _WIDTH, _HEIGHT) as figure:
            figure.suptitle(titled(title, simulated), weight="bold")
            axes: Sequence[Axes] = figure.subplots(2, 2).flat
            for axis, image, ends, name in zip(axes[:3], maps, ranges, titles, strict=True):
                _map(figure, axis, image, ends, name, diverging=axis is axes[2])
            _histogram(figure, axes[3], (first, second), labels, scale)
        return _with_palette(path)


def _with_palette(path: Path) -> bytes:
    """A PNG in the colours of the maps alone, which takes half the bytes."""
    colours = [*(scale(level)[:3] for scale in (_GREYS, _DIVERGING) for level in range(_LEVELS))]
    colours.append(to_rgb(_NODATA))
    palette = PngImage.new("P", (1, 1))
    palette.putpalette([round(255 * part) for colour in colours for part in colour])
    packed = BytesIO()
    with PngImage.open(path) as full:
        few = full.convert("RGB").quantize(palette=palette, dither=PngImage.Dither.NONE)
        few.save(packed, "PNG", optimize=True)
    return packed.getvalue()


def block_means(image: Image, cells: int) -> Image:
    """Means of square blocks, so that no side has more than `cells`; NaN where all are NaN."""
    side = -(-max(image.shape) // cells)
    if side <= 1:
        return image
    padding = [(0, -length % side) for length in image.shape]
    padded = np.pad(image, padding, constant_values=np.nan)
    rows, columns = (length // side for length in padded.shape)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # blocks without data
        blocks = padded.reshape(rows, side, columns, side)
        return np.asarray(np.nanmean(blocks, axis=(1, 3)), dtype=np.float32)


def _limits(values: Image) -> Range:
    """Between which 98 of 100 values lie; a range of its own for none and for equal ones."""
    if not values.size:
        return 0.0, 1.0
    low, high = (float(end) for end in np.percentile(values, (1, 99)))
    least = 1e-6 * max(abs(low), abs(high), 1e-3)
    return (low, high) if high - low > least else (low - least, high + least)


def _map(
    figure: Figure, axis: Axes, image: Image, ends: Range, title: str, diverging: bool
) -> None:
    shown = axis.imshow(
        image,
        cmap=_DIVERGING if diverging else _GREYS,
        vmin=ends[0],
        vmax=ends[1],
        interpolation="nearest",
    )
    axis.set_title(title)
    axis.set_xticks([])
    axis.set_yticks([])
    axis.spines[:].set_visible(True)
    below = axis.inset_axes((0.0, -0.11, 1.0, 0.05))
    bar = figure.colorbar(shown, cax=below, orientation="horizontal")
    bar.outline.set_linewidth(0.6)
    bar.ax.locator_params(nbins=4)


def _histogram(
    figure: Figure, axis: Axes, images: tuple[Image, Image], labels: tuple[str, str], ends: Range
) -> None:
    first, second = images
    both = np.isfinite(first) & np.isfinite(second)
    counts, _, _ = np.histogram2d(first[both], second[both], bins=_BINS, range=[ends, ends])
    extent = (*ends, *ends)
    axis.imshow(
        np.log1p(counts.T), origin="lower", extent=extent, cmap=_COUNTS, interpolation="nearest"
    )
    axis.axline((ends[0], ends[0]), slope=1, color=BLACK, linewidth=0.8, linestyle="--")
    axis.set(xlim=ends, ylim=ends, title="pixels, log scale", xlabel=labels[0], ylabel=labels[1])
    axis.locator_params(nbins=4)
