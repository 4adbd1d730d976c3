"""Landslides of the simulated world: they start on steep ground and run downhill."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from scarp.simulate.landcover import Kind, LandCover
from scarp.simulate.noise import Field, smooth_field
from scarp.simulate.terrain import RESOLUTION, Relief


@dataclass(frozen=True)
class SizeClass:
    """A class of landslides.

    Attributes
    ----------
    share: how often it occurs.
    radius: smallest and largest half width of the source, pixels.
    runout: smallest and largest length of the path, in half widths.
    """

    share: float
    radius: tuple[float, float]
    runout: tuple[float, float]


#: Small landslides outnumber large ones, which hold most of the area (Malamud et al. 2004, Earth
#: Surface Processes and Landforms 29, 687-711, find an inverse power law beyond the smallest).
_CLASSES = (
    SizeClass(0.50, (1.6, 2.6), (3.0, 7.0)),
    SizeClass(0.35, (2.8, 4.5), (5.0, 10.0)),
    SizeClass(0.15, (5.0, 9.0), (5.0, 11.0)),
)
#: No landslide covers more than this share of the scene.
_LARGEST_SHARE = 0.025
_SMALLEST = 12


@dataclass(frozen=True)
class Landslides:
    """Landslides of an event.

    Attributes
    ----------
    number: (rows, columns) int32, 1 upwards, 0 where nothing slid.
    bared: (rows, columns), share of the pixel's ground that the landslide laid bare, 0 to 1.
    roughness: (landslides + 1,), -1 for smooth mud to 1 for boulders; the first belongs to none.
    """

    number: NDArray[np.int32]
    bared: Field
    roughness: Field

    @property
    def largest(self) -> int:
        """Number of the landslide with most pixels, 0 when there is none."""
        sizes = np.bincount(self.number.ravel(), minlength=1)
        return int(sizes[1:].argmax()) + 1 if len(sizes) > 1 else 0


def make_landslides(generator: np.random.Generator, relief: Relief, cover: LandCover) -> Landslides:
    """Draw the landslides of an event until they cover 4 to 6.5 % of it.

    Steepness allows a slope to fail; rain and geology, which no channel shows, decide whether it
    does. So most slopes that are as steep as a landslide's do not fail, and terrain alone says
    little.
    """
    shape = relief.slope.shape
    number = np.zeros(shape, dtype=np.int32)
    smoothed = ndimage.gaussian_filter(relief.elevation, 2.0)
    unseen = smooth_field(generator, shape, 25.0) + smooth_field(generator, shape, 8.0)
    steepness = 1.0 / (1.0 + np.exp(-(relief.slope - 26.0) / 3.0))
    weight = (steepness * np.exp(0.9 * unseen)).astype(np.float64)
    weight[np.isin(cover.before, (Kind.WATER, Kind.GRAVEL, Kind.FIELD, Kind.ROCK))] = 0.0
    attempts = 600 + weight.size // 100  # far more than are needed
    starts = generator.choice(weight.size, size=attempts, p=(weight / weight.sum()).ravel())
    wanted = generator.uniform(0.04, 0.065) * weight.size
    classes = generator.choice(len(_CLASSES), size=attempts, p=[c.share for c in _CLASSES])
    edge = smooth_field(generator, shape, 1.5)
    covered, count = 0, 0
    for start, size_class in zip(starts, classes, strict=True):
        if covered >= wanted:
            break
        place = divmod(int(start), shape[1])
        window, body = _slide(generator, smoothed, edge, place, _CLASSES[size_class])
        body &= (number[window] == 0) & (cover.before[window] != Kind.WATER)
        pixels = int(body.sum())
        if _SMALLEST <= pixels <= max(_LARGEST_SHARE * weight.size, 2 * _SMALLEST):
            count += 1
            number[window][body] = count
            covered += pixels
    spared = smooth_field(generator, shape, 1.5) - 1.3  # islands of vegetation that rode along
    bared = np.where(number > 0, np.clip(0.95 - 0.6 * np.maximum(spared, 0.0), 0.2, 1.0), 0.0)
    roughness = generator.uniform(-1.0, 1.0, count + 1)
    return Landslides(number, bared.astype(np.float32), roughness.astype(np.float32))


def _slide(
    generator: np.random.Generator,
    elevation: Field,
    edge: Field,
    start: tuple[int, int],
    size_class: SizeClass,
) -> tuple[tuple[slice, slice], NDArray[np.bool_]]:
    """The body of one landslide: its window in the scene and the pixels in it.

    The path follows the steepest descent with some inertia. The body is widest at the source,
    narrows on the way and spreads again where it comes to rest.
    """
    rows, columns = elevation.shape
    radius = generator.uniform(*size_class.radius)
    path = _descend(elevation, start, int(radius * generator.uniform(*size_class.runout)))
    along = np.linspace(0.0, 1.0, len(path))
    waist, toe = generator.uniform(0.45, 0.75), generator.uniform(0.7, 1.2)
    half_width = radius * np.interp(along, [0.0, 0.15, 0.5, 0.9, 1.0], [0.8, 1.0, waist, toe, 0.7])
    reach = int(radius * 1.5) + 2
    low = np.maximum(np.floor(path.min(axis=0)).astype(int) - reach, 0)
    high = np.minimum(np.ceil(path.max(axis=0)).astype(int) + reach + 1, (rows, columns))
    window = (slice(int(low[0]), int(high[0])), slice(int(low[1]), int(high[1])))
    down, right = np.indices((high - low).tolist())
    excess = np.full(down.shape, np.inf)
    for (row, column), width in zip(path - low, half_width, strict=True):
        np.minimum(excess, np.hypot(down - row, right - column) - width, out=excess)
    return window, excess + 0.35 * np.sqrt(radius) * edge[window] < 0.0


def _descend(elevation: Field, start: tuple[int, int], steps: int) -> NDArray[np.float64]:
    """Positions (row, column) of a mass that slides from `start`, one pixel a step.

    It stops at the edge of the scene, after `steps`, or where the ground levels out.
    """
    rows, columns = elevation.shape
    position = np.array(start, dtype=np.float64)
    heading = np.zeros(2)
    path = [position.copy()]
    for _ in range(steps):
        row, column = int(position[0]), int(position[1])
        if not (1 <= row < rows - 1 and 1 <= column < columns - 1):
            break
        fall = np.array(
            [
                elevation[row - 1, column] - elevation[row + 1, column],
                elevation[row, column - 1] - elevation[row, column + 1],
            ],
            dtype=np.float64,
        )
        fall /= 2.0 * RESOLUTION
        steep = float(np.hypot(*fall))
        if steep < np.tan(np.deg2rad(6.0)):
            break
        heading = 0.5 * heading + fall / steep
        heading /= np.hypot(*heading)
        position = position + heading
        path.append(position.copy())
    return np.array(path)
