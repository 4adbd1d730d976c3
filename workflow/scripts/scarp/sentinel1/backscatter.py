"""Products of one date: terrain-flattened gamma nought, and entropy, anisotropy, alpha."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scarp.sentinel1.annotation import Swath
from scarp.sentinel1.facets import area_ratio, illuminated_area
from scarp.sentinel1.looks import equivalent_looks, multilook
from scarp.sentinel1.polarimetry import C2, boxcar_c2, c2, entropy_anisotropy_alpha, refined_lee
from scarp.sentinel1.regrid import merge, to_grid
from scarp.sentinel1.settings import Processing
from scarp.sentinel1.view import BurstWindow, View

logger = logging.getLogger("scarp")

#: What mean power becomes that is no more than the noise taken off it: -50 dB.
FLOOR = np.float32(1e-5)


@dataclass(frozen=True, eq=False)
class DateLayers:
    """What one date gives, on the event's grid.

    Attributes
    ----------
    gamma0: (2, y, x) float32, linear, like and cross polarisation, NaN without data.
    haalpha: (3, y, x) float32: entropy, anisotropy, alpha in degrees.
    """

    gamma0: NDArray[np.float32]
    haalpha: NDArray[np.float32]


def date_layers(view: View, processing: Processing) -> DateLayers:
    """Compute gamma nought and H/A/alpha of a pass over an area, burst by burst.

    Gamma nought: thermal noise taken off the power of each pixel, calibrated to beta nought,
    averaged over looks, divided by the illuminated area (Small 2011). A mean below `FLOOR` is set
    to it: the clamping comes after the average, since clamping single pixels (as SNAP does) lifts
    the mean of dark ground. H/A/alpha: pixels calibrated to sigma nought with their noise,
    averaged over looks, filtered where `processing` says so, averaged over the window.

    Raises
    ------
    DataError: pixels or tables of a burst cannot be read.
    """
    height, width = view.area.grid.height, view.area.grid.width
    gamma0, haalpha = [], []
    for window in view.windows:
        found = _burst(view, window, processing)
        line, sample = window.looks(processing.azimuth_looks, processing.range_looks)
        layers = to_grid(found, line[view.area.core], sample[view.area.core])
        gamma0.append(layers[:2])
        haalpha.append(layers[2:])
    if not view.windows:
        nothing = np.full((height, width), np.nan, dtype=np.float32)
        return DateLayers(np.stack([nothing] * 2), np.stack([nothing] * 3))
    distances = [window.distance for window in view.windows]
    return DateLayers(merge(gamma0, distances), merge(haalpha, distances))


def read_pixels(window: BurstWindow, channel: str) -> NDArray[np.complex64]:
    """Digital numbers of a window, (line, sample) complex64, NaN where the burst has none."""
    image = window.image
    return image.images[channel].pixels(image.number, window.lines, window.samples)


def _burst(view: View, window: BurstWindow, processing: Processing) -> NDArray[np.float32]:
    """(5, line, sample) float32 of looks: gamma nought twice, H, A, alpha."""
    azimuth, range_ = processing.azimuth_looks, processing.range_looks
    pixels = [read_pixels(window, channel) for channel in view.date.polarisations]
    ratio = _ratio(view, window, azimuth, range_)
    layers: list[NDArray[np.float32]] = []
    calibrated: list[NDArray[np.complex64]] = []
    clamped = 0
    first = window.image.burst.first_line
    lines = np.arange(window.lines.start, window.lines.stop, dtype=np.float64) + first
    samples = np.arange(window.samples.start, window.samples.stop, dtype=np.float64)
    for channel, values in zip(view.date.polarisations, pixels, strict=True):
        image = window.image.images[channel]
        beta = image.calibration.evaluate("betaNought", lines, samples)
        power = values.real**2 + values.imag**2 - image.noise.evaluate(lines, samples)
        mean = multilook(power / beta**2, azimuth, range_)
        clamped += int((mean < FLOOR).sum())
        layers.append((np.where(mean < FLOOR, FLOOR, mean) / ratio).astype(np.float32, copy=False))
        calibrated.append(values / image.calibration.evaluate("sigmaNought", lines, samples))
    if clamped:
        logger.info("%s %s: %d looks at the floor", view.date.date, window.image.name, clamped)
    layers += _decomposed(c2(calibrated[0], calibrated[1]), window, processing)
    return np.stack(layers)


def _ratio(view: View, window: BurstWindow, azimuth: int, range_: int) -> NDArray[np.float32]:
    """Illuminated area over the reference area of beta nought, per look."""
    swath = window.image.swath
    shape = (
        (window.lines.stop - window.lines.start) // azimuth,
        (window.samples.stop - window.samples.start) // range_,
    )
    line, sample = window.looks(azimuth, range_)
    area = illuminated_area(line, sample, view.area.points, view.satellite, view.shadow, shape)
    middle = swath.geolocation.incidence_angle.shape[0] // 2
    at = window.samples.start + (range_ - 1) / 2 + range_ * np.arange(shape[1])
    incidence = np.interp(
        at, swath.geolocation.sample[middle], swath.geolocation.incidence_angle[middle]
    )
    return area_ratio(
        area, swath.range_spacing * range_, swath.azimuth_spacing * azimuth, incidence[None]
    )


def _decomposed(
    matrix: C2, window: BurstWindow, processing: Processing
) -> tuple[NDArray[np.float32], ...]:
    azimuth, range_ = processing.azimuth_looks, processing.range_looks
    c11, c12, c22 = matrix
    averaged: C2 = (
        multilook(c11, azimuth, range_),
        multilook(c12, azimuth, range_),
        multilook(c22, azimuth, range_),
    )
    own = averaged[0]
    if processing.speckle == "boxcar":
        averaged = boxcar_c2(*averaged, 3, 3)
    elif processing.speckle == "refined-lee":
        averaged = refined_lee(*averaged, looks_of(window.image.swath, azimuth, range_))
    side = processing.decomposition
    decomposed = entropy_anisotropy_alpha(*boxcar_c2(*averaged, side, side))
    # The window reaches into gaps; what has no data itself gets none.
    nothing = ~np.isfinite(own)
    for layer in decomposed:
        layer[nothing] = np.nan
    return decomposed


def looks_of(swath: Swath, azimuth: int, range_: int) -> float:
    """Equivalent number of looks of a mean over `azimuth` x `range_` pixels of a subswath."""
    return equivalent_looks(
        azimuth,
        range_,
        max(1.0, 1 / swath.azimuth_time_interval / swath.azimuth_bandwidth),
        max(1.0, swath.range_sampling_rate / swath.range_bandwidth),
        swath.azimuth_window,
        swath.range_window,
    )
