"""Coherence of two dates: coregistration by geometry, resampling, and the estimate."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scarp.errors import DataError, Fault
from scarp.sentinel1.backscatter import read_pixels
from scarp.sentinel1.coherence import coherence
from scarp.sentinel1.regrid import heights_on_radar_grid, merge, to_grid
from scarp.sentinel1.resample import resample_slc
from scarp.sentinel1.settings import Processing
from scarp.sentinel1.view import BurstWindow, View

logger = logging.getLogger("scarp")

#: Points of the ground that offsets are fitted through, at most, and residuals in lines and
#: samples beyond which their polynomial does not hold.
_POINTS = 1000
_RESIDUAL = 0.01


@dataclass(frozen=True, eq=False)
class Offsets:
    """Where the pixels of a reference window lie in a burst of the other date.

    A polynomial of the second degree in line, sample and height: over some kilometres it is exact
    to 1e-7 of a pixel, and no table of every pixel is needed.
    """

    centre: NDArray[np.float64]
    scale: NDArray[np.float64]
    coefficients: NDArray[np.float64]

    def __call__(
        self,
        line: NDArray[np.float64],
        sample: NDArray[np.float64],
        height: NDArray[np.float64],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Secondary minus reference line and sample, of the common shape of the arguments."""
        x, y, z = (
            (values - c) / s
            for values, c, s in zip((line, sample, height), self.centre, self.scale, strict=True)
        )
        found = []
        for k in self.coefficients.T:
            # Terms of line alone and sample alone stay a column and a row until the sum.
            alone = (k[0] + x * (k[1] + k[4] * x)) + y * (k[2] + k[5] * y)
            found.append(alone + k[7] * x * y + z * (k[3] + k[6] * z + k[8] * x + k[9] * y))
        return found[0], found[1]


def fit_offsets(
    reference: tuple[NDArray[np.float64], NDArray[np.float64]],
    secondary: tuple[NDArray[np.float64], NDArray[np.float64]],
    heights: NDArray[np.float64],
) -> Offsets:
    """Fit offsets through points of the ground.

    Parameters
    ----------
    reference, secondary: line and sample of each point in either burst, (n,) float64.
    heights: (n,) m.

    Raises
    ------
    DataError: the polynomial does not hold: the area is too large, or orbits do not fit.
    """
    step = max(1, heights.size // _POINTS)
    line, sample, height = reference[0][::step], reference[1][::step], heights[::step]
    given = np.stack([line, sample, height])
    centre = given.mean(axis=1)
    scale = np.maximum(np.ptp(given, axis=1) / 2, 1.0)
    x, y, z = (given - centre[:, None]) / scale[:, None]
    one = np.ones_like(x)
    terms = np.stack([one, x, y, z, x * x, y * y, z * z, x * y, x * z, y * z], axis=1)
    wanted = np.stack([secondary[0][::step] - line, secondary[1][::step] - sample], axis=1)
    coefficients, *_ = np.linalg.lstsq(terms, wanted, rcond=None)
    residual = float(np.abs(terms @ coefficients - wanted).max())
    if residual > _RESIDUAL:
        raise DataError(
            Fault(
                f"offsets between the dates are off by {residual:.3f} pixels",
                "coregistration",
                f"up to {_RESIDUAL} pixels",
                "check the orbits of both dates, or compute a smaller area",
            )
        )
    return Offsets(centre, scale, coefficients)


def pair_coherence(reference: View, secondary: View, processing: Processing) -> NDArray[np.float32]:
    """Coherence of the like polarisation of two dates on the event's grid, (y, x) float32.

    The later date is resampled onto the bursts of the earlier one, its TOPS phase taken off before
    and put back after; flat earth and topography are removed before the window. NaN without data.

    Raises
    ------
    DataError: pixels of a burst cannot be read, or the dates cannot be brought onto each other.
    """
    layers, distances = [], []
    for window in reference.windows:
        other = _counterpart(window, secondary)
        if other is None:
            continue
        estimated = _burst(reference, window, secondary, other, processing)
        line, sample = window.looks(1, 1)
        core = reference.area.core
        layers.append(to_grid(estimated, line[core], sample[core]))
        # Where the other date's burst has an edge the pair has one too.
        distances.append(np.minimum(window.distance, other.distance))
    if not layers:
        grid = reference.area.grid
        return np.full((grid.height, grid.width), np.nan, dtype=np.float32)
    return merge(layers, distances)


def _counterpart(window: BurstWindow, secondary: View) -> BurstWindow | None:
    """The burst of the other date that imaged the same ground at the same angle along track.

    Its lines lie nearest over those of this one. How much of the area it holds does not tell it:
    where bursts overlap its neighbour holds as much, at another Doppler frequency.
    """
    inside = window.distance >= 0
    swath = window.image.swath.name
    found = []
    for other in secondary.windows:
        shared = inside & (other.distance >= 0)
        if other.image.swath.name == swath and shared.any():
            core = secondary.area.core
            offset = float((other.line[core] - window.line[core])[shared].mean())
            found.append((abs(offset), other))
    if not found:
        return None
    offset, nearest = min(found, key=lambda entry: entry[0])
    return nearest if offset < window.image.burst.lines / 2 else None


def _burst(
    reference: View,
    window: BurstWindow,
    secondary: View,
    other: BurstWindow,
    processing: Processing,
) -> NDArray[np.float32]:
    line, sample = window.looks(1, 1)
    shape = (
        window.lines.stop - window.lines.start,
        window.samples.stop - window.samples.start,
    )
    margin = 8
    used = (
        (line > -margin)
        & (line < shape[0] + margin)
        & (sample > -margin)
        & (sample < shape[1] + margin)
        & np.isfinite(other.line)
    )
    offsets = fit_offsets(
        (window.line[used], window.sample[used]),
        (other.line[used], other.sample[used]),
        reference.area.heights[used],
    )
    heights, _ = heights_on_radar_grid(line, sample, reference.area.heights, shape)
    lines = np.arange(window.lines.start, window.lines.stop, dtype=np.float64)[:, None]
    samples = np.arange(window.samples.start, window.samples.stop, dtype=np.float64)[None]
    line_offset, sample_offset = offsets(lines, samples, heights.astype(np.float64))
    line_there, sample_there = lines + line_offset, samples + sample_offset

    channel = reference.date.polarisations[0]
    image = other.image.images[channel]
    burst = image.swath.bursts[other.image.number]
    part = tuple(
        _reach(positions, size, processing.taps)
        for positions, size in ((line_there, burst.lines), (sample_there, burst.samples))
    )
    moved = resample_slc(
        image.pixels(other.image.number, part[0], part[1]),
        other.image.tops(secondary.date.orbit),
        part[0].start,
        part[1].start,
        line_there,
        sample_there,
        processing.taps,
    )
    return coherence(
        read_pixels(window, channel),
        moved,
        _phase(window, other, samples, sample_there),
        processing.coherence_azimuth,
        processing.coherence_range,
    )


def _phase(
    window: BurstWindow,
    other: BurstWindow,
    samples: NDArray[np.float64],
    sample_there: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Geometric phase 4 pi (R_secondary - R_reference) / wavelength, radians."""
    here, there = window.image.swath, other.image.swath
    time_here = here.slant_range_time + samples / here.range_sampling_rate
    time_there = there.slant_range_time + sample_there / there.range_sampling_rate
    # Two-way time is twice the range over c: 4 pi R / wavelength = 2 pi f time.
    phase: NDArray[np.float64] = 2 * np.pi * here.radar_frequency * (time_there - time_here)
    return phase


def _reach(positions: NDArray[np.float64], size: int, taps: int) -> slice:
    first = max(0, int(np.floor(np.nanmin(positions))) - taps)
    last = min(size, int(np.ceil(np.nanmax(positions))) + taps + 1)
    return slice(min(first, size - 1), max(last, 1))
