"""Calibration and thermal noise of simulated products: look-up tables and their documents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from scarp.simulate.slc_radar import LINE_INTERVAL, SwathPlan
from scarp.simulate.slc_xml import listing, node, number, numbers, timestamp

Array = NDArray[np.float64]

#: Spacing of the tables, samples and lines, as in products.
_EVERY_SAMPLE = 40
_EVERY_LINE = 10
#: betaNought of the first sample, co- and cross-polarised. Products have one constant (237); a
#: table that differs by polarisation and rises over range shows whether a reader uses it.
_BETA = (237.0, 244.0)
_BETA_RISE = 0.06
#: Noise power in squared digital numbers at mid-range, about -25 dB of sigma nought, and by how
#: much it rises towards the edges of the subswath and of a burst.
_NOISE = (330.0, 350.0)
_NOISE_RANGE_RISE = 0.6
_NOISE_AZIMUTH_RISE = 0.2


@dataclass(frozen=True)
class Tables:
    """Look-up tables of one measurement file, as written: rounded to seven digits.

    Attributes
    ----------
    pixel: (p,) samples. sigma, beta, gamma: (p,) divide digital numbers by them.
    noise_range: (p,) squared digital numbers. line: (l,) lines of the file. noise_azimuth: (l,)
        factors, 1 everywhere where products of this IPF version have none.
    """

    pixel: NDArray[np.int64]
    sigma: Array
    beta: Array
    gamma: Array
    noise_range: Array
    line: NDArray[np.int64]
    noise_azimuth: Array

    def beta_of(self, samples: int) -> Array:
        """betaNought of every sample (samples,), linear between the table's samples."""
        return np.interp(np.arange(samples), self.pixel, self.beta)

    def noise_of(self, lines: NDArray[np.int64], samples: int) -> Array:
        """Noise power (lines, samples), squared digital numbers, at lines of the file."""
        across = np.interp(np.arange(samples), self.pixel, self.noise_range)
        along = np.interp(lines, self.line, self.noise_azimuth)
        return along[:, None] * across[None, :]


def make_tables(
    swath: SwathPlan, incidence: Array, cross: bool, noise_factor: float, azimuth_noise: bool
) -> Tables:
    """Make the tables of a subswath.

    With beta nought's table B and the incidence angle t on the ellipsoid, that of sigma nought is
    B / sqrt(sin t) and that of gamma nought B / sqrt(tan t).

    Parameters
    ----------
    incidence: (samples,) degree. cross: whether the polarisation is crossed.
    noise_factor: 0 for no thermal noise, 1 for that of the instrument.
    azimuth_noise: whether noise varies along azimuth (products of IPF 2.90 and later).
    """
    last = swath.samples - 1
    pixel = np.unique(np.append(np.arange(0, last, _EVERY_SAMPLE), last))
    share = pixel / last
    angle = np.deg2rad(incidence[pixel])
    beta = _BETA[cross] * (1.0 + _BETA_RISE * share)
    noise = noise_factor * _NOISE[cross] * (1.0 + _NOISE_RANGE_RISE * (2.0 * share - 1.0) ** 2)
    within = np.unique(np.append(np.arange(0, swath.lines, _EVERY_LINE), swath.lines - 1))
    rise = _NOISE_AZIMUTH_RISE * (2.0 * within / (swath.lines - 1) - 1.0) ** 2
    along = 1.0 + rise if azimuth_noise else np.ones(within.size)
    count = len(swath.bursts)
    return Tables(
        pixel=pixel,
        sigma=_rounded(beta / np.sqrt(np.sin(angle))),
        beta=_rounded(beta),
        gamma=_rounded(beta / np.sqrt(np.tan(angle))),
        noise_range=_rounded(noise),
        line=np.concatenate([within + burst * swath.lines for burst in range(count)]),
        noise_azimuth=_rounded(np.tile(along, count)),
    )


def _rounded(values: Array) -> Array:
    return np.array([float(word) for word in numbers(values).split()])


def calibration_document(
    header: etree._Element, day: str, swath: SwathPlan, tables: Tables
) -> etree._Element:
    """The calibration document of a measurement file; vectors at burst starts and the last line."""
    pixel = " ".join(map(str, tables.pixel))
    size = str(tables.pixel.size)
    vectors = [
        node(
            "calibrationVector",
            node("azimuthTime", timestamp(day, time)),
            node("line", str(line)),
            node("pixel", pixel, count=size),
            node("sigmaNought", numbers(tables.sigma), count=size),
            node("betaNought", numbers(tables.beta), count=size),
            node("gamma", numbers(tables.gamma), count=size),
            node("dn", numbers(tables.beta), count=size),
        )
        for line, time in _vector_lines(swath)
    ]
    return node(
        "calibration",
        header,
        node("calibrationInformation", node("absoluteCalibrationConstant", number(1.0))),
        listing("calibrationVectorList", vectors),
    )


def noise_document(
    header: etree._Element, day: str, swath: SwathPlan, tables: Tables, azimuth_noise: bool
) -> etree._Element:
    """The noise document; without azimuth noise in the layout before IPF 2.90."""
    pixel = " ".join(map(str, tables.pixel))
    size = str(tables.pixel.size)
    kind = "noiseRange" if azimuth_noise else "noise"
    vectors = [
        node(
            f"{kind}Vector",
            node("azimuthTime", timestamp(day, time)),
            node("line", str(line)),
            node("pixel", pixel, count=size),
            node(f"{kind}Lut", numbers(tables.noise_range), count=size),
        )
        for line, time in _vector_lines(swath)
    ]
    document = node("noise", header, listing(f"{kind}VectorList", vectors))
    if azimuth_noise:
        length = str(tables.line.size)
        azimuth = node(
            "noiseAzimuthVector",
            node("swath", swath.subswath.name),
            node("firstAzimuthLine", "0"),
            node("firstRangeSample", "0"),
            node("lastAzimuthLine", str(len(swath.bursts) * swath.lines - 1)),
            node("lastRangeSample", str(swath.samples - 1)),
            node("line", " ".join(map(str, tables.line)), count=length),
            node("noiseAzimuthLut", numbers(tables.noise_azimuth), count=length),
        )
        document.append(listing("noiseAzimuthVectorList", [azimuth]))
    return document


def _vector_lines(swath: SwathPlan) -> list[tuple[int, float]]:
    lines = [(index * swath.lines, burst.azimuth_time) for index, burst in enumerate(swath.bursts)]
    last = swath.bursts[-1].azimuth_time + (swath.lines - 1) * LINE_INTERVAL
    return [*lines, (len(swath.bursts) * swath.lines - 1, last)]
