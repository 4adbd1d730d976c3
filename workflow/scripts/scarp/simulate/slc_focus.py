"""Focused pixels of one burst: every scatterer's impulse response, summed."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from scarp.simulate.slc_orbit import LIGHT
from scarp.simulate.slc_radar import (
    HALF,
    LINE_INTERVAL,
    POSITIONS,
    SAMPLING,
    WAVELENGTH,
    BurstPlan,
    SwathPlan,
    pulse_table,
)
from scarp.simulate.slc_scatter import Echo

Array = NDArray[np.float64]
Single = NDArray[np.float32]
Complex = NDArray[np.complex64]


def focus(
    swath: SwathPlan, burst: BurstPlan, epoch: float, echo: Echo, amplitude: Complex
) -> Complex:
    """The image of the scatterers in one burst.

    A scatterer at slant range R contributes exp(-4j pi R / wavelength) times a windowed sinc in
    range and in azimuth. In azimuth that is a band around the Doppler frequency at which the
    steered beam met the scatterer, which is what makes a TOPS image: imaged at eta (s from the
    burst's centre) it has the Doppler history ka (t - eta), the beam's centre has
    f_dc + ks (t - t0) (see `SwathPlan.steering`), and they meet at the frequency
    ka (f_dc + ks (eta - t0)) / (ka - ks). Its slope over eta is the rate kt = ka ks / (ka - ks) of
    ESA-EOPG-CSCOP-TN-0025, reached without that document's phase.

    The position between pixels is rounded to 1/512 of a pixel in the envelope only; both phases
    are exact.

    Parameters
    ----------
    epoch: of the echo's times, in seconds of the product's first day.
    amplitude: (polarisations, scatterers).

    Returns
    -------
    (polarisations, lines, samples).
    """
    rate, straight = swath.steering(burst)
    radar = swath.subswath
    pads = (amplitude.shape[0], 2, swath.lines + 4 * HALF, swath.samples + 4 * HALF)
    image = np.zeros(pads, dtype=np.float32)
    _sum(
        echo.time,
        echo.distance,
        amplitude,
        burst.azimuth_time - epoch,
        swath.slant_range_time,
        0.5 * (swath.lines - 1) * LINE_INTERVAL + straight,
        rate,
        burst.fm_rate.numbers,
        burst.doppler.numbers,
        pulse_table(radar.azimuth_bandwidth, 1.0 / LINE_INTERVAL, radar.azimuth_window),
        pulse_table(radar.range_bandwidth, SAMPLING, radar.range_window),
        image,
    )
    inner = image[:, :, 2 * HALF : -2 * HALF, 2 * HALF : -2 * HALF]
    return np.asarray(inner[:, 0] + 1j * inner[:, 1], dtype=np.complex64)


@njit(cache=True)  # type: ignore[untyped-decorator]
def _sum(
    times: Array,
    distances: Array,
    amplitudes: Complex,
    first_time: float,
    first_delay: float,
    middle: float,
    rate: float,
    fm: Array,
    dc: Array,
    azimuth_pulse: Single,
    range_pulse: Single,
    image: Single,
) -> None:
    pad = 2 * HALF
    lines, samples = image.shape[2] - 2 * pad, image.shape[3] - 2 * pad
    real, imaginary = np.empty(2 * HALF, np.float32), np.empty(2 * HALF, np.float32)
    for k in range(times.size):
        line = (times[k] - first_time) / LINE_INTERVAL
        delay = 2.0 * distances[k] / LIGHT
        sample = (delay - first_delay) * SAMPLING
        if not (-HALF < line < lines + HALF and -HALF < sample < samples + HALF):
            continue
        row, column = int(np.floor(line)), int(np.floor(sample))
        line_row = int((line - row) * POSITIONS + 0.5)
        sample_row = int((sample - column) * POSITIONS + 0.5)
        x = delay - fm[0]
        fm_rate = fm[1] + x * (fm[2] + x * fm[3])
        x = delay - dc[0]
        centroid = dc[1] + x * (dc[2] + x * dc[3])
        eta = line * LINE_INTERVAL - middle
        frequency = fm_rate * (centroid + rate * eta) / (fm_rate - rate)
        turn = 2.0 * np.pi * frequency * LINE_INTERVAL
        start = (-4.0 * np.pi / WAVELENGTH) * distances[k] + turn * (row - HALF + 1 - line)
        for p in range(amplitudes.shape[0]):
            value = amplitudes[p, k] * np.exp(1j * start)
            spin = np.exp(1j * turn)
            for m in range(2 * HALF):
                real[m] = value.real * azimuth_pulse[line_row, m]
                imaginary[m] = value.imag * azimuth_pulse[line_row, m]
                value *= spin
            for m in range(2 * HALF):
                a = row - HALF + 1 + m + pad
                b = column - HALF + 1 + pad
                re, im = real[m], imaginary[m]
                for n in range(2 * HALF):
                    image[p, 0, a, b + n] += re * range_pulse[sample_row, n]
                for n in range(2 * HALF):
                    image[p, 1, a, b + n] += im * range_pulse[sample_row, n]
