"""One date of an event: the slices of one pass, their bursts and their common orbit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scarp.errors import DataError, Fault
from scarp.sentinel1.annotation import Burst, Swath, nearest
from scarp.sentinel1.geometry import C
from scarp.sentinel1.lookup import Calibration, Noise, calibration, noise
from scarp.sentinel1.orbit import Orbit, StateVectors, choose_orbit, fit_orbit, read_orbit
from scarp.sentinel1.safe import Safe, open_safe, read_swath, read_window
from scarp.sentinel1.tops import TopsParameters

#: Polarisations in the order of the target vector: what was sent is received first.
PAIRS = (("VV", "VH"), ("HH", "HV"))


@dataclass(frozen=True, eq=False)
class Image:
    """A subswath of a slice in one polarisation, with its tables."""

    safe: Safe
    swath: Swath

    @cached_property
    def calibration(self) -> Calibration:
        """Its calibration tables."""
        return calibration(*self._document("calibration"))

    @cached_property
    def noise(self) -> Noise:
        """Its thermal noise."""
        return noise(*self._document("noise"))

    def pixels(self, number: int, lines: slice, samples: slice) -> NDArray[np.complex64]:
        """Digital numbers of a window of a burst, (line, sample) complex64, NaN for no data.

        No data is what lies outside the annotated valid samples, and lines that are zero all along.
        A single zero is a dark pixel: over water one in a thousand is rounded to it.
        """
        burst = self.swath.bursts[number]
        pixels = read_window(self.safe, self.swath, burst, lines, samples)
        first, last = (
            bound[lines, None] for bound in (burst.first_valid_sample, burst.last_valid_sample)
        )
        sample = np.arange(samples.start, samples.stop)
        inside = (first >= 0) & (sample >= first) & (sample <= last)
        pixels[~(inside & pixels.any(axis=1, keepdims=True))] = np.nan
        return pixels

    def _document(self, part: str) -> tuple[bytes, str]:
        member = self.safe.member(part, self.swath.name, self.swath.polarisation)  # type: ignore[arg-type]
        return self.safe.read(member), f"{self.safe.path}/{member}"


@dataclass(frozen=True, eq=False)
class BurstImage:
    """A burst in all its polarisations.

    Attributes
    ----------
    images: polarisation -> the image that it is part of, the like-polarised one first.
    number: of the burst in the subswath.
    start: zero-Doppler time of its line 0, s since the pass's reference time.
    """

    images: Mapping[str, Image]
    number: int
    start: float

    @property
    def swath(self) -> Swath:
        """The annotation of the like-polarised image."""
        return next(iter(self.images.values())).swath

    @property
    def burst(self) -> Burst:
        """Size, times and valid samples of the like-polarised image."""
        return self.swath.bursts[self.number]

    @property
    def name(self) -> str:
        """For messages."""
        return f"{self.swath.name} burst {self.number + 1}"

    def line(self, time: NDArray[np.float64]) -> NDArray[np.float64]:
        """The line of the burst that is seen at a zero-Doppler time, s since the pass's."""
        return (time - self.start) / self.swath.azimuth_time_interval

    def sample(self, slant_range: NDArray[np.float64]) -> NDArray[np.float64]:
        """The sample of a slant range, m."""
        swath = self.swath
        return (2 * slant_range / C - swath.slant_range_time) * swath.range_sampling_rate

    def tops(self, orbit: Orbit) -> TopsParameters:
        """What the phase of this burst depends on."""
        swath, burst = self.swath, self.burst
        middle = (burst.lines - 1) / 2 * swath.azimuth_time_interval
        rate = nearest(swath.fm_rates, burst.azimuth_time + middle)
        doppler = nearest(swath.doppler_centroids, burst.azimuth_time + middle)
        velocity = orbit.velocity(np.array(self.start + middle))
        return TopsParameters(
            azimuth_time_interval=swath.azimuth_time_interval,
            lines=burst.lines,
            samples=burst.samples,
            slant_range_time=swath.slant_range_time,
            range_sampling_rate=swath.range_sampling_rate,
            radar_frequency=swath.radar_frequency,
            steering_rate=swath.azimuth_steering_rate,
            velocity=float(np.linalg.norm(velocity)),
            fm_rate=(rate.t0, rate.coefficients),
            doppler=(doppler.t0, doppler.coefficients),
        )


@dataclass(frozen=True, eq=False)
class Pass:
    """A date.

    Attributes
    ----------
    date: ISO date of its start, UTC.
    mission, orbit_pass, relative_orbit: of all its slices.
    polarisations: like, cross.
    orbit: times count from the midnight before the pass.
    bursts: of all slices and subswaths.
    products: names of the slices.
    simulated: whether any slice says that it is simulated.
    """

    date: str
    mission: str
    orbit_pass: str
    relative_orbit: int
    polarisations: tuple[str, str]
    orbit: Orbit
    bursts: tuple[BurstImage, ...]
    products: tuple[str, ...]
    simulated: bool


def open_pass(paths: Sequence[str | Path], orbits: str | Path | None = None) -> Pass:
    """Open the slices of one date.

    Parameters
    ----------
    paths: SAFE folders or zips of them, one or several slices of one pass.
    orbits: folder of orbit files; None: the orbit in the products themselves is used.

    Raises
    ------
    DataError: a product cannot be read or is given twice, the slices are not of one pass, or not
        of two polarisations.
    """
    slices = sorted((open_safe(path) for path in paths), key=lambda safe: safe.start)
    first = slices[0]
    _refuse_mixture(slices)
    pair = next((p for p in PAIRS if _has(slices, p)), None)
    if pair is None:
        raise DataError(
            Fault(
                f"has {', '.join(sorted({name for _, name in first.swaths}))}",
                str(first.path),
                " or ".join("+".join(p) for p in PAIRS),
                "fetch the dual-polarised product of this date",
            )
        )
    swaths = {
        (number, name, channel): read_swath(safe, name, channel)
        for number, safe in enumerate(slices)
        for name in sorted({name for name, _ in safe.swaths})
        for channel in pair
    }
    bursts = []
    for number, safe in enumerate(slices):
        shift = float((safe.reference_time - first.reference_time) / np.timedelta64(1, "s"))
        for name in sorted({name for name, _ in safe.swaths}):
            images = {c: Image(safe, swaths[number, name, c]) for c in pair}
            bursts += [
                BurstImage(images, n, burst.azimuth_time + shift)
                for n, burst in enumerate(images[pair[0]].swath.bursts)
            ]
    return Pass(
        date=str(first.start.astype("datetime64[D]")),
        mission=first.mission,
        orbit_pass=first.orbit_pass,
        relative_orbit=first.relative_orbit,
        polarisations=pair,
        orbit=_orbit(slices, list(swaths.values()), orbits),
        bursts=tuple(bursts),
        products=tuple(safe.name for safe in slices),
        simulated=any(safe.simulated for safe in slices),
    )


def _has(slices: Sequence[Safe], pair: tuple[str, str]) -> bool:
    return all(
        (name, channel) in safe.swaths
        for safe in slices
        for name in {name for name, _ in safe.swaths}
        for channel in pair
    )


def _refuse_mixture(slices: Sequence[Safe]) -> None:
    first = slices[0]
    for before, safe in pairwise(slices):
        if safe.start == before.start:
            raise DataError(
                Fault(
                    f"begins at {safe.start}, as {before.path} does",
                    str(safe.path),
                    "slices that follow one another",
                    "give each product once",
                )
            )
        same = (safe.mission, safe.absolute_orbit) == (first.mission, first.absolute_orbit)
        if not same:
            raise DataError(
                Fault(
                    f"is of orbit {safe.absolute_orbit} of {safe.mission}",
                    str(safe.path),
                    f"orbit {first.absolute_orbit} of {first.mission}, as {first.name}",
                    "give slices of one pass for one epoch",
                )
            )


def refuse_other_track(one: Pass, other: Pass) -> None:
    """Check that two dates look at the ground from the same track.

    Raises
    ------
    DataError: relative orbit, direction or polarisations differ.
    """
    for what, own, its in (
        ("relative orbit", str(one.relative_orbit), str(other.relative_orbit)),
        ("orbit pass", one.orbit_pass, other.orbit_pass),
        ("polarisations", "+".join(one.polarisations), "+".join(other.polarisations)),
    ):
        if own != its:
            raise DataError(
                Fault(
                    f"has {what} {its}",
                    f"{other.date}: {', '.join(other.products)}",
                    f"{own}, as {one.date}",
                    "give dates of one track and direction; others cannot be compared",
                )
            )


def _orbit(slices: Sequence[Safe], swaths: Sequence[Swath], folder: str | Path | None) -> Orbit:
    start, stop = slices[0].start, max(safe.stop for safe in slices)
    file = choose_orbit(folder, slices[0].mission, start, stop) if folder else None
    if file:
        return read_orbit(file, slices[0].mission, start, stop)
    reference = slices[0].reference_time
    shifts = [(s.reference_time - reference) / np.timedelta64(1, "s") for s in swaths]
    states = [
        replace(s.orbit_state, times=s.orbit_state.times + float(shift))
        for s, shift in zip(swaths, shifts, strict=True)
    ]
    times, order = np.unique(np.concatenate([s.times for s in states]), return_index=True)
    merged = StateVectors(
        times,
        np.concatenate([s.positions for s in states])[order],
        np.concatenate([s.velocities for s in states])[order],
    )
    seconds = [(t - reference) / np.timedelta64(1, "s") for t in (start, stop)]
    return fit_orbit(merged, float(seconds[0]), float(seconds[1]), "annotation")
