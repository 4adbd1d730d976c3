"""Complex pixels at positions between pixels, by a windowed sinc in both directions.

An interpolator keeps coherence only if it keeps the whole band. Sentinel-1 IW pixels fill 0.88 of
the sampled band in range (IW1, the widest) and 0.67 in azimuth once deramped. Over such bands,
evenly filled, the mean error is 48 dB below the signal in azimuth and 26 dB in range at 8 taps, 68
and 34 dB at 12; at 8 taps a coherence of 1 becomes 0.999.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from scarp.sentinel1.tops import TopsParameters, deramp, reramp

#: Processed bandwidth over sampling rate: 327 Hz of 486 Hz, 56.5 MHz of 64.35 MHz.
AZIMUTH_BANDWIDTH = 0.67
RANGE_BANDWIDTH = 0.88
#: Tabulated positions per pixel: rounding to them costs less than -70 dB.
_STEPS = 2048


def _kernel(offset: NDArray[np.float64], taps: int, beta: float) -> NDArray[np.float64]:
    """Weights (offset, taps) of the pixels around a position `offset` after the middle one."""
    distance = np.arange(1 - taps // 2, taps // 2 + 1) - offset[:, None]
    inside = np.clip(1 - (distance / (taps / 2)) ** 2, 0, None)
    weights = np.sinc(distance) * np.i0(beta * np.sqrt(inside))
    normalised: NDArray[np.float64] = weights / weights.sum(axis=1, keepdims=True)
    return normalised


def _band_error(beta: float, taps: int, bandwidth: float) -> float:
    """Mean square error of unit signals, over the band and over positions between pixels."""
    offset = (np.arange(16) + 0.5) / 16
    frequency = bandwidth * ((np.arange(64) + 0.5) / 64 - 0.5)
    distance = np.arange(1 - taps // 2, taps // 2 + 1) - offset[:, None]
    wave = np.exp(2j * np.pi * frequency[:, None, None] * distance)
    response = np.einsum("ok,fok->fo", _kernel(offset, taps, beta), wave)
    return float(np.mean(np.abs(response - 1) ** 2))


@lru_cache
def kernel_table(taps: int, bandwidth: float) -> NDArray[np.float32]:
    """Sinc kernels under a Kaiser window at every tabulated offset, (offset, taps) float32.

    Row k belongs to the offset k / (rows - 1) pixel after the pixel of tap taps / 2 - 1; each row
    adds up to 1. The shape of the window is the one with the least mean square error over
    `bandwidth`, a share of the sampling rate.

    Raises
    ------
    ValueError: `taps` is odd or not within 4 ... 32.
    """
    if taps % 2 or not 4 <= taps <= 32:
        raise ValueError(f"{taps} taps: an even number within 4 ... 32 is needed")
    beta = minimize_scalar(
        _band_error, bounds=(0.0, 20.0), args=(taps, bandwidth), method="bounded"
    ).x
    table = _kernel(np.arange(_STEPS + 1) / _STEPS, taps, float(beta)).astype(np.float32)
    table.flags.writeable = False
    return table


@njit(cache=True, nogil=True, fastmath={"contract", "reassoc"})  # type: ignore[untyped-decorator]
def _interpolate(
    values: NDArray[np.float32],
    line: NDArray[np.float64],
    sample: NDArray[np.float64],
    azimuth: NDArray[np.float32],
    range_: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    """`values` and `out` are complex pixels as (line, 2 sample); `azimuth`, `range_` are tables."""
    lines, samples = values.shape[0], values.shape[1] // 2
    steps, taps = azimuth.shape[0] - 1, azimuth.shape[1]
    before = taps // 2 - 1
    row = np.empty(2 * taps, dtype=np.float32)
    for i in range(line.shape[0]):
        for j in range(line.shape[1]):
            y, x = line[i, j], sample[i, j]
            # Written so that a position that is NaN is outside.
            if not (before <= y <= lines - 1 - before and before <= x <= samples - 1 - before):
                out[i, 2 * j] = np.nan
                out[i, 2 * j + 1] = np.nan
                continue
            # On the last pixels the kernel begins one pixel early, with an offset of a whole one.
            y0 = min(int(y), lines - 2 - before)
            x0 = min(int(x), samples - 2 - before)
            along = azimuth[int((y - y0) * steps + 0.5)]
            across = range_[int((x - x0) * steps + 0.5)]
            first = 2 * (x0 - before)
            row[:] = 0.0
            for a in range(taps):
                source = values[y0 - before + a, first : first + 2 * taps]
                for b in range(2 * taps):
                    row[b] += along[a] * source[b]
            real, imaginary = np.float32(0), np.float32(0)
            for b in range(taps):
                real += across[b] * row[2 * b]
                imaginary += across[b] * row[2 * b + 1]
            out[i, 2 * j] = real
            out[i, 2 * j + 1] = imaginary


def resample(
    deramped: NDArray[np.complex64],
    line: NDArray[np.float64],
    sample: NDArray[np.float64],
    taps: int = 8,
) -> NDArray[np.complex64]:
    """Interpolate base band pixels at positions between them.

    Parameters
    ----------
    deramped: (line, sample) complex64; pixels without data are NaN.
    line, sample: positions in `deramped`, both of the shape of the result, 2-D; whole numbers are
        centres of pixels.
    taps: pixels under the kernel in each direction, an even number; time grows with its square.

    Returns
    -------
    complex64, NaN where the kernel reaches over the edge or touches NaN, or a position is NaN.

    Raises
    ------
    ValueError: `line` and `sample` differ in shape, or `taps` cannot be.
    """
    if line.shape != sample.shape:
        raise ValueError(f"line {line.shape} and sample {sample.shape} differ in shape")
    tables = (kernel_table(taps, AZIMUTH_BANDWIDTH), kernel_table(taps, RANGE_BANDWIDTH))
    out = np.full(line.shape, np.nan, dtype=np.complex64)
    if min(deramped.shape) >= taps:
        _interpolate(
            np.ascontiguousarray(deramped).view(np.float32),
            np.ascontiguousarray(line),
            np.ascontiguousarray(sample),
            *tables,
            out.view(np.float32),
        )
    return out


def resample_slc(
    slc: NDArray[np.complex64],
    p: TopsParameters,
    first_line: int,
    first_sample: int,
    line: NDArray[np.float64],
    sample: NDArray[np.float64],
    taps: int = 8,
) -> NDArray[np.complex64]:
    """Interpolate a window of a TOPS burst: to base band, to the new positions, and back.

    Parameters
    ----------
    slc: (line, sample) complex64 window as read from the product; no data is NaN.
    p: of the burst that the window is cut from.
    first_line, first_sample: where in that burst the window begins.
    line, sample: positions in the burst (not in the window), 2-D, of the shape of the result.
    taps: as in `resample`, whose returns and errors hold here too.
    """
    base_band = deramp(slc, p, first_line, first_sample)
    moved = resample(base_band, line - first_line, sample - first_sample, taps)
    return reramp(moved, p, line, sample)
