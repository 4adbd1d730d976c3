"""What a map of a site shows, as arrays: the part that was scored, its background, the classes.

Scenes are thinned before they are drawn. A thinned pixel stands for a square block: the background
is its mean, and a block that holds any landslide, found, missed or false, takes the most frequent
of these three, so that a landslide of a few pixels stays visible.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import xarray as xr
from matplotlib.colors import LightSource
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from scarp.channels import MASK, VALID
from scarp.cube import grid_of
from scarp.errors import DataError, Fault
from scarp.grid import Grid
from scarp.metrics import Counts, count

#: Digital number of probability 1, and of no data, in predictions/{site}.tif.
CERTAIN, NODATA = 65534, 65535
#: Classes of a map; everything else that was scored is a true negative.
NEGATIVE, HIT, FALSE, MISSED, UNSCORED = 0, 1, 2, 3, 255
#: Side in pixels that a scene is thinned to, at most.
MOST_PIXELS = 1000

BEFORE, AFTER = "before (PRE1)", "after (POST1)"

Window = tuple[slice, slice]


@dataclass(frozen=True)
class Prediction:
    """A model's map of a site, whole.

    Attributes
    ----------
    probability: (height, width) uint16, see `CERTAIN` and `NODATA`.
    threshold: probability from which a pixel counts as landslide.
    """

    probability: NDArray[np.uint16]
    threshold: float


@dataclass(frozen=True)
class Background:
    """What a site looks like.

    Attributes
    ----------
    name: what the images show.
    images: title -> (y, x, 3) float32 in 0..1, NaN without data, in time order.
    """

    name: str
    images: dict[str, NDArray[np.float32]]

    @property
    def latest(self) -> NDArray[np.float32]:
        """The image after the event, or the only one."""
        return list(self.images.values())[-1]


def read_prediction(path: str | Path) -> Prediction:
    """Read predictions/{site}.tif.

    Raises
    ------
    DataError: it cannot be read, or does not say the model's threshold.
    """
    cure = "delete the model's scores and predictions and let the workflow make them again"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as file:
                return Prediction(file.read(1), float(file.tags()["threshold"]))
    except RasterioError as error:
        raise DataError(Fault(f"cannot be read ({error})", str(path), cure=cure)) from error
    except KeyError:
        raise DataError(Fault("does not say its threshold", str(path), cure=cure)) from None


def classify(cube: xr.Dataset, prediction: Prediction) -> tuple[NDArray[np.uint8], Counts]:
    """Compare a prediction with the reference: classes (height, width), and their counts.

    Scored are pixels with a prediction, a known reference and None_VALID.
    """
    mask = np.asarray(cube[MASK].values)
    stored = prediction.probability
    scored = (stored != NODATA) & (np.asarray(cube[VALID].values) == 1) & (mask <= 1)
    found, landslide = stored / CERTAIN >= prediction.threshold, mask == 1
    classes = np.full(mask.shape, UNSCORED, dtype=np.uint8)
    classes[scored] = NEGATIVE
    classes[scored & found & landslide] = HIT
    classes[scored & found & ~landslide] = FALSE
    classes[scored & ~found & landslide] = MISSED
    return classes, count(found, landslide, scored)


def bounds(scored: NDArray[np.bool_], margin: float = 0.04) -> Window:
    """The smallest window that holds all scored pixels, and a margin; all where there are none."""
    rows, columns = np.flatnonzero(scored.any(axis=1)), np.flatnonzero(scored.any(axis=0))
    if not rows.size:
        return slice(0, scored.shape[0]), slice(0, scored.shape[1])
    edges = []
    for found, length in ((rows, scored.shape[0]), (columns, scored.shape[1])):
        wide = int(margin * (found[-1] - found[0] + 1))
        edges.append(slice(max(0, int(found[0]) - wide), min(length, int(found[-1]) + 1 + wide)))
    return edges[0], edges[1]


def thinning(window: Window) -> int:
    """Side of the blocks that bring a window to `MOST_PIXELS` at most."""
    longest = max(part.stop - part.start for part in window)
    return int(-(-longest // MOST_PIXELS))


def box_of(part: Window, window: Window, factor: int) -> tuple[float, float, float, float]:
    """Row, column, height and width of a part of the scene on the thinned image of a window."""
    (rows, columns), (first_row, first_column) = part, (window[0].start, window[1].start)
    return (
        (rows.start - first_row) / factor,
        (columns.start - first_column) / factor,
        (rows.stop - rows.start) / factor,
        (columns.stop - columns.start) / factor,
    )


def _blocks(values: NDArray[Any], factor: int, fill: float) -> NDArray[Any]:
    """(y, x) -> (y / factor, x / factor, factor * factor), filled up at the far edges."""
    rows, columns = (-size % factor for size in values.shape)
    padded = np.pad(values, ((0, rows), (0, columns)), constant_values=fill)
    height, width = padded.shape[0] // factor, padded.shape[1] // factor
    parted = padded.reshape(height, factor, width, factor)
    return parted.swapaxes(1, 2).reshape(height, width, factor * factor)


def thin_classes(classes: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """One class per block: see the module."""
    blocks = _blocks(classes, factor, UNSCORED)
    ranked = np.stack([(blocks == kind).sum(axis=2) for kind in (HIT, FALSE, MISSED)])
    quiet = np.where((blocks == NEGATIVE).any(axis=2), NEGATIVE, UNSCORED)
    return np.where(ranked.any(axis=0), ranked.argmax(axis=0) + HIT, quiet).astype(np.uint8)


def thin_image(values: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    """Mean per block of the pixels that have data, NaN where none has."""
    blocks = _blocks(values, factor, np.nan)
    there = np.isfinite(blocks)
    number = there.sum(axis=2)
    total = np.where(there, blocks, 0).sum(axis=2, dtype=np.float64)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan).astype(np.float32)


def background(cube: xr.Dataset, window: Window, factor: int) -> Background:
    """The best image that a cube has: true colour, else gamma nought VV, else the terrain.

    Images of both dates are stretched alike, between the 2nd and 98th percentile of their values.
    """
    for name, bands in (
        ("Sentinel-2 true colour", ("B04", "B03", "B02")),
        ("gamma nought VV in dB", ("gVV",)),
    ):
        dates = {
            title: [f"{epoch}_{band}" for band in bands]
            for title, epoch in ((BEFORE, "PRE1"), (AFTER, "POST1"))
            if all(f"{epoch}_{band}" in cube for band in bands)
        }
        if AFTER in dates:
            found = {
                title: _composed(cube, channels, window, factor)
                for title, channels in dates.items()
            }
            low, high = np.nanpercentile(np.stack(list(found.values())), (2, 98))
            return Background(
                name, {title: stretched(image, low, high) for title, image in found.items()}
            )
    return Background("relief", {"relief": _relief(cube, window, factor)})


def read_window(cube: xr.Dataset, channel: str, window: Window) -> NDArray[np.float32]:
    """A channel within a window, (y, x) float32, NaN without data."""
    return np.asarray(cube[channel][window].values, dtype=np.float32)


def _composed(
    cube: xr.Dataset, channels: list[str], window: Window, factor: int
) -> NDArray[np.float32]:
    """Three equal or different bands as one image; gamma nought is averaged before it is dB."""
    bands = [thin_image(read_window(cube, channel, window), factor) for channel in channels]
    if len(bands) == 1:
        bands = [10 * np.log10(np.maximum(bands[0], 1e-5))] * 3
    return np.stack(bands, axis=-1)


def stretched(
    image: NDArray[np.float32],
    low: float | NDArray[np.float32],
    high: float | NDArray[np.float32],
) -> NDArray[np.float32]:
    """The image with `low` and below brought to 0, `high` and above to 1; also limits per band."""
    span = np.maximum(np.asarray(high) - np.asarray(low), 1e-6).astype(np.float32)
    unit: NDArray[np.float32] = (image - np.asarray(low, dtype=np.float32)) / span
    return np.clip(unit, 0, 1)


def _relief(cube: xr.Dataset, window: Window, factor: int) -> NDArray[np.float32]:
    """Elevation lit from the north-west; slope, steep is dark, without it; else plain grey."""
    if "None_DEM" in cube:
        elevation = thin_image(read_window(cube, "None_DEM", window), factor)
        grey = hillshade(elevation, ground_step(grid_of(cube)) * factor)
    elif "None_SLOPE" in cube:
        steep = thin_image(read_window(cube, "None_SLOPE", window), factor)
        grey = 1 - stretched(steep, 0, 60)
    else:
        grey = thin_image(np.full(cube[MASK][window].shape, 0.7, dtype=np.float32), factor)
    return np.repeat(grey[..., np.newaxis], 3, axis=2).astype(np.float32)


def hillshade(elevation: NDArray[np.float32], step: float) -> NDArray[np.float32]:
    """Brightness 0..1 of relief lit from the north-west, NaN without data; pixels of `step` m."""
    there = np.isfinite(elevation)
    whole = np.where(there, elevation, np.nanmin(elevation) if there.any() else 0)
    light = LightSource(azdeg=315, altdeg=45).hillshade(whole, dx=step, dy=step)
    return np.where(there, light, np.nan).astype(np.float32)


def filled(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """The image with light grey where any of its bands has no data."""
    return np.where(np.isfinite(image).all(axis=2, keepdims=True), image, np.float32(0.75))


def metres_per_pixel(grid: Grid) -> float | None:
    """Ground size of a pixel; None where the grid has no CRS, or one in degrees."""
    crs = CRS.from_user_input(grid.crs) if grid.crs else None
    if crs is None or not crs.is_projected:
        return None
    return grid.resolution * float(crs.linear_units_factor[1])


def ground_step(grid: Grid) -> float:
    """About the ground size of a pixel in metres, along a meridian where the grid is in degrees.

    Good enough to shade relief, not to measure; without a CRS, the resolution as it is.
    """
    metres = metres_per_pixel(grid)
    if metres is not None or not grid.crs:
        return grid.resolution if metres is None else metres
    return grid.resolution * 111_320.0
