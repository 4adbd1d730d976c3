"""The plan of a simulated pass: orbit, bursts and windows that cover a scene."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scarp.simulate.slc_orbit import LIGHT, CircularOrbit, geographic, locate
from scarp.simulate.slc_pass import TiePoint
from scarp.simulate.slc_radar import (
    LINE_INTERVAL,
    SAMPLING,
    SUBSWATHS,
    WAVELENGTH,
    BurstPlan,
    Polynomial,
    SwathPlan,
)
from scarp.simulate.slc_xml import microsecond

Array = NDArray[np.float64]

#: Samples beyond the scene on each side of the window.
_MARGIN = 60
#: Lines and samples at each edge of a burst without image, as the focusing leaves them.
_EDGE_LINES, _EDGE_SAMPLES = 12, 10
#: Lines by which the bursts of the next subswath start later, so that burst edges do not meet.
_STAGGER = 70
#: Tie points across a subswath.
_TIES = 11


@dataclass(frozen=True)
class Layout:
    """How many bursts of which subswaths a product holds.

    Attributes
    ----------
    swaths: names, near range first. bursts: of each subswath.
    lines: of a burst. overlap: lines that two bursts share on the ground.
    swath_overlap: slant range that two subswaths share, m.
    """

    swaths: tuple[str, ...]
    bursts: int
    lines: int
    overlap: int
    swath_overlap: float


def windows(layout: Layout, distance: Array) -> list[tuple[float, int]]:
    """First two-way time (s) and samples of each subswath's window.

    The span of the slant ranges (m) is divided evenly; neighbours overlap.
    """
    margin = _MARGIN * LIGHT / (2.0 * SAMPLING)
    near, far = float(distance.min()) - margin, float(distance.max()) + margin
    count = len(layout.swaths)
    edges = np.linspace(near, far, count + 1)
    result = []
    for index in range(count):
        first = edges[index] - (0.5 * layout.swath_overlap if index else 0.0)
        last = edges[index + 1] + (0.5 * layout.swath_overlap if index < count - 1 else 0.0)
        samples = int(np.ceil((last - first) * 2.0 * SAMPLING / LIGHT)) + 1
        result.append((2.0 * first / LIGHT, samples))
    return result


def plan_swaths(
    layout: Layout,
    window: Sequence[tuple[float, int]],
    orbit: CircularOrbit,
    epoch: float,
    centre: Array,
    height: float,
    azimuth_offset: float,
) -> list[SwathPlan]:
    """Plan the bursts so that the scene's centre lies in the middle of them.

    With an even number of bursts it lies in the overlap of two.

    Parameters
    ----------
    epoch: of the orbit, s of the day. centre: (3,) of the scene, Earth-fixed, m.
    height: of the scene, m. azimuth_offset: lines by which every burst starts later.
    """
    passing = epoch + float(orbit.zero_doppler(centre[None])[0][0])
    cycle = layout.lines - layout.overlap
    whole = (layout.bursts - 1) * cycle + layout.lines
    plans = []
    for index, (name, (delay, samples)) in enumerate(zip(layout.swaths, window, strict=True)):
        stagger = _STAGGER * (index - 0.5 * (len(layout.swaths) - 1))
        first = passing + (stagger + azimuth_offset - 0.5 * (whole - 1)) * LINE_INTERVAL
        spots = _spots(orbit, passing - epoch, delay, samples, centre, height)
        taus = delay + np.linspace(0.0, samples - 1, len(spots)) / SAMPLING
        fm_rate = _fit(taus, orbit.fm_rate(spots, WAVELENGTH), delay)
        bursts = []
        for burst in range(layout.bursts):
            start = microsecond(first + burst * cycle * LINE_INTERVAL)
            middle = start + 0.5 * (layout.lines - 1) * LINE_INTERVAL - epoch
            speed = float(np.linalg.norm(orbit.velocity(np.array([middle]))[0]))
            # A small Doppler centroid that differs by burst, over a t0 that is not the window's.
            doppler = Polynomial(delay + 3.7e-6, (-12.0 + 9.0 * burst, 1.2e4, -1.8e7))
            bursts.append(BurstPlan(start, speed, fm_rate, doppler))
        plans.append(
            SwathPlan(
                subswath=SUBSWATHS[name],
                lines=layout.lines,
                samples=samples,
                slant_range_time=delay,
                bursts=tuple(bursts),
                edge_lines=_EDGE_LINES,
                edge_samples=_EDGE_SAMPLES,
                azimuth_spacing=_azimuth_spacing(orbit, passing - epoch, spots, height),
                height=height,
            )
        )
    return plans


def _spots(
    orbit: CircularOrbit, time: float, delay: float, samples: int, centre: Array, height: float
) -> Array:
    """(5, 3) points of the scene's height seen at one time, evenly over a window."""
    delays = delay + np.linspace(0.0, samples - 1, 5) / SAMPLING
    return np.array([locate(orbit, time, 0.5 * LIGHT * d, height, centre) for d in delays])


def _fit(tau: Array, values: Array, t0: float) -> Polynomial:
    # Scaled to the window, since powers of microseconds are ill-conditioned.
    scale = tau[-1] - t0
    c0, c1, c2 = np.polynomial.polynomial.polyfit((tau - t0) / scale, values, 2)
    return Polynomial(t0, (float(c0), float(c1 / scale), float(c2 / scale**2)))


def _azimuth_spacing(orbit: CircularOrbit, time: float, spots: Array, height: float) -> float:
    """Ground distance between lines at the middle of a window, m."""
    middle = spots[len(spots) // 2]
    distance = float(orbit.zero_doppler(middle[None])[1][0])
    later = locate(orbit, time + 1.0, distance, height, middle)
    return float(np.linalg.norm(later - middle)) * LINE_INTERVAL


def incidence_of(swath: SwathPlan, ties: Sequence[TiePoint]) -> Array:
    """Incidence angle on the ellipsoid of every sample (samples,), degree, from tie points."""
    row = [tie for tie in ties if tie.line == ties[0].line]
    pixel = np.array([tie.pixel for tie in row], dtype=np.float64)
    angle = np.array([tie.incidence for tie in row])
    fit = np.polynomial.Polynomial.fit(pixel, angle, 3)
    return np.asarray(fit(np.arange(swath.samples)))


def tie_points(
    swath: SwathPlan, orbit: CircularOrbit, epoch: float, centre: Array
) -> list[TiePoint]:
    """The geolocation grid: the first line of every burst and the file's last line.

    Points lie at the scene's mean height.
    """
    last = len(swath.bursts) * swath.lines - 1
    lines = [(index * swath.lines, burst.azimuth_time) for index, burst in enumerate(swath.bursts)]
    end = swath.bursts[-1].azimuth_time + (swath.lines - 1) * LINE_INTERVAL
    result = []
    for line, time in [*lines, (last, end)]:
        for pixel in np.unique(np.linspace(0, swath.samples - 1, _TIES).astype(np.int64)):
            delay = swath.slant_range_time + float(pixel) / SAMPLING
            point = locate(orbit, time - epoch, 0.5 * LIGHT * delay, swath.height, centre)
            longitude, latitude, height = (float(v[0]) for v in geographic(point[None]))
            incidence, elevation = _angles(orbit, time - epoch, point, longitude, latitude)
            result.append(
                TiePoint(
                    time,
                    delay,
                    line,
                    int(pixel),
                    latitude,
                    longitude,
                    height,
                    incidence,
                    elevation,
                )
            )
    return result


def _angles(
    orbit: CircularOrbit, time: float, point: Array, longitude: float, latitude: float
) -> tuple[float, float]:
    """Incidence angle at the point and elevation angle (off nadir) at the satellite, degree."""
    position = orbit.position(np.array([time]))[0]
    look = (position - point) / np.linalg.norm(position - point)
    lon, lat = np.deg2rad(longitude), np.deg2rad(latitude)
    up = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    nadir = position / np.linalg.norm(position)
    return (
        float(np.rad2deg(np.arccos(look @ up))),
        float(np.rad2deg(np.arccos(look @ nadir))),
    )
