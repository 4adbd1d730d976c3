"""A pass over an area: when each point is seen, how far off, and in which bursts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scarp.sentinel1.area import Area
from scarp.sentinel1.facets import layover_shadow
from scarp.sentinel1.geometry import zero_doppler
from scarp.sentinel1.passes import BurstImage, Pass
from scarp.sentinel1.regrid import edge_distance
from scarp.sentinel1.settings import Processing

#: Lines and samples read beyond what the area's points need: half of every window and kernel.
_MARGIN_LINES, _MARGIN_SAMPLES = 12, 48


@dataclass(frozen=True, eq=False)
class BurstWindow:
    """The part of a burst that images an area.

    Attributes
    ----------
    image: the burst.
    lines, samples: the part, counted in the burst; it begins at a multiple of the looks, so that
        looks are the same whatever area is asked for.
    time, slant_range: (y, x) float64 of the padded grid, those of the view.
    distance: (y, x) float32 of the grid: pixels to the edge of what is valid, -inf outside.
    """

    image: BurstImage
    lines: slice
    samples: slice
    time: NDArray[np.float64]
    slant_range: NDArray[np.float64]
    distance: NDArray[np.float32]

    # Computed when asked for: kept, they would be half of what a view of many bursts holds.
    @property
    def line(self) -> NDArray[np.float64]:
        """(y, x) of the padded grid: the line of the burst on which each point lies."""
        return self.image.line(self.time)

    @property
    def sample(self) -> NDArray[np.float64]:
        """(y, x) of the padded grid: the sample of the burst on which each point lies."""
        return self.image.sample(self.slant_range)

    def looks(self, azimuth: int, range_: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Line and sample of the padded grid in the window after averaging looks."""
        return (
            (self.line - self.lines.start - (azimuth - 1) / 2) / azimuth,
            (self.sample - self.samples.start - (range_ - 1) / 2) / range_,
        )


@dataclass(frozen=True, eq=False)
class View:
    """A pass over an area.

    Attributes
    ----------
    area, date: what is seen, and when.
    time, slant_range: (y, x) float64 of the padded grid, s and m; NaN where a point is not seen.
    windows: the bursts that hold any of the area.
    """

    area: Area
    date: Pass
    time: NDArray[np.float64]
    slant_range: NDArray[np.float64]
    windows: tuple[BurstWindow, ...]

    @property
    def satellite(self) -> NDArray[np.float64]:
        """(y, x, 3) float64 of the padded grid, m: where the satellite was when it saw a point."""
        return self.date.orbit.position(self.time)

    @cached_property
    def shadow(self) -> NDArray[np.uint8]:
        """(y, x) of the padded grid: 0 none, 1 layover, 2 shadow, 3 both."""
        interval = self.date.bursts[0].swath.azimuth_time_interval
        start = float(np.nanmin(self.time))
        return layover_shadow((self.time - start) / interval, self.area.points, self.satellite)

    @property
    def covered(self) -> float:
        """Share of the area that some burst holds."""
        inside = np.zeros((self.area.grid.height, self.area.grid.width), dtype=bool)
        for window in self.windows:
            inside |= window.distance >= 0
        return float(inside.mean())


def look(area: Area, date: Pass, processing: Processing) -> View:
    """Find the bursts of a pass that image an area; a view without windows images none of it."""
    burst_times = [burst.start for burst in date.bursts]
    time, slant_range = zero_doppler(date.orbit, area.points, float(np.mean(burst_times)))
    found = (_window(area, image, time, slant_range, processing) for image in date.bursts)
    return View(area, date, time, slant_range, tuple(window for window in found if window))


def _window(
    area: Area,
    image: BurstImage,
    time: NDArray[np.float64],
    slant_range: NDArray[np.float64],
    processing: Processing,
) -> BurstWindow | None:
    burst = image.burst
    core = image.line(time[area.core])
    if not (np.nanmax(core) >= 0 and np.nanmin(core) <= burst.lines - 1):
        return None
    sample = image.sample(slant_range[area.core])
    distance = edge_distance(
        core,
        sample,
        burst.first_valid_sample,
        burst.last_valid_sample,
    )
    inside = distance >= 0
    if not inside.any():
        return None
    return BurstWindow(
        image,
        _part(core[inside], _MARGIN_LINES, processing.azimuth_looks, burst.lines),
        _part(sample[inside], _MARGIN_SAMPLES, processing.range_looks, burst.samples),
        time,
        slant_range,
        distance,
    )


def _part(positions: NDArray[np.float64], margin: int, looks: int, size: int) -> slice:
    first = max(0, int(np.floor(positions.min())) - margin) // looks * looks
    last = min(size, int(np.ceil(positions.max())) + 1 + margin)
    return slice(first, last)
