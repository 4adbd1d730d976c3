"""Averages over looks and over moving windows that leave out what has no data.

Powers and products of pixels are averaged, never amplitudes: the square of a mean amplitude is
0.84 dB below the mean power of speckle, or more.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

#: Power in float32, or a product of two channels in complex64.
Pixel = TypeVar("Pixel", np.float32, np.complex64)


def multilook(values: NDArray[Pixel], azimuth: int, range_: int) -> NDArray[Pixel]:
    """Mean over blocks of `azimuth` lines x `range_` samples.

    Parameters
    ----------
    values: (line, sample) power (float32) or product of channels (complex64); no data is NaN.

    Returns
    -------
    (lines // azimuth, samples // range_), of the type of `values`: the mean of what has data in a
    block, NaN where nothing has. Look k has its centre at pixel n k + (n - 1) / 2; lines and
    samples at the end that fill no block are left out.
    """
    rows, columns = values.shape[0] // azimuth, values.shape[1] // range_
    cut = values[: rows * azimuth, : columns * range_]
    valid = np.isfinite(cut)
    filled = np.where(valid, cut, values.dtype.type(0))
    sums = np.zeros((rows, columns), dtype=np.result_type(values.dtype, np.float64))
    counts = np.zeros((rows, columns), dtype=np.int32)
    # Few strided sums: reducing over axes of length 4 takes several times as long.
    for first in range(azimuth):
        for second in range(range_):
            sums += filled[first::azimuth, second::range_]
            counts += valid[first::azimuth, second::range_]
    return _mean(sums, counts, values.dtype.type)


def boxcar(values: NDArray[Pixel], azimuth: int, range_: int) -> NDArray[Pixel]:
    """Mean over a window of `azimuth` lines x `range_` samples around every pixel.

    Parameters
    ----------
    values: (line, sample) power (float32) or product of channels (complex64); no data is NaN.

    Returns
    -------
    of the shape and type of `values`: the mean of what has data inside the window and the image,
    NaN where nothing has. See `window_sums` for windows of even size.
    """
    valid = np.isfinite(values)
    sums = window_sums(np.where(valid, values, values.dtype.type(0)), azimuth, range_)
    counts = window_sums(valid.astype(np.float32), azimuth, range_)
    return _mean(sums, counts, values.dtype.type)


def _mean(sums: NDArray[np.inexact], counts: NDArray[np.number], pixel: type) -> NDArray[Pixel]:
    # Zero over zero, which is what an empty window is, gives NaN.
    with np.errstate(invalid="ignore"):
        mean: NDArray[Pixel] = np.asarray(sums / counts, dtype=pixel)
    return mean


def window_sums(values: NDArray[Pixel], azimuth: int, range_: int) -> NDArray[np.inexact]:
    """Sum over a window around every pixel, cut at the edges of the image.

    Parameters
    ----------
    values: (line, sample) float32 or complex64 without NaN.
    azimuth, range_: size of the window; a window of n pixels begins (n - 1) // 2 before its pixel,
        so that one of even size reaches one pixel further after it (as in SNAP).

    Returns
    -------
    (line, sample) float64 or complex128. Every window is summed by itself: a sum that runs along
    would leave rounding of a bright target in the dark pixels behind it.
    """
    parts = np.ascontiguousarray(values)
    step = 2 if np.iscomplexobj(parts) else 1
    sums = np.empty((parts.shape[0], parts.shape[1] * step), dtype=np.float64)
    _window_sums(parts.view(np.float32), azimuth, range_, step, sums)
    return sums.view(np.complex128) if step == 2 else sums


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _window_sums(
    values: NDArray[np.float32], azimuth: int, range_: int, step: int, out: NDArray[np.float64]
) -> None:
    """`step` numbers stand side by side in a pixel: one, or real and imaginary part."""
    lines, width = values.shape
    # Zeros on either side stand for what the edges cut off.
    column = np.zeros(width + (range_ - 1) * step, dtype=np.float64)
    middle = column[(range_ - 1) // 2 * step :][:width]
    for i in range(lines):
        top = i - (azimuth - 1) // 2
        middle[:] = 0.0
        for k in range(max(0, top), min(lines, top + azimuth)):
            row = values[k]
            for j in range(width):
                middle[j] += row[j]
        total = out[i]
        total[:] = 0.0
        for d in range(range_):
            shifted = column[d * step :]
            for j in range(width):
                total[j] += shifted[j]


def equivalent_looks(
    azimuth: int,
    range_: int,
    azimuth_oversampling: float,
    range_oversampling: float,
    azimuth_window: float = 1.0,
    range_window: float = 1.0,
) -> float:
    """Equivalent number of looks of the mean of `azimuth` x `range_` neighbouring SLC pixels.

    Neighbouring pixels are correlated, since a product is sampled more densely than its spectrum
    asks for; a mean of N of them varies like one of fewer independent looks.

    Parameters
    ----------
    azimuth, range_: pixels averaged, looks and window together (4 x 1 looks under a window of
        5 x 5 looks are 5 lines x 20 samples).
    azimuth_oversampling, range_oversampling: sampling rate over processed bandwidth, 1 or more
        (IW1: 486.5 / 327 = 1.49 and 64.35 / 56.5 = 1.14).
    azimuth_window, range_window: coefficient of the Hamming window that the processor laid over
        the band (`windowCoefficient` of the annotation; IW1: 0.70 and 0.75); 1 for an even
        spectrum. A window of 3 x 10 pixels in IW1 has 14 looks; an even spectrum would give 22.

    Along an axis, n^2 / sum over d of (n - |d|) |rho(d)|^2, where intensities d pixels apart have
    the correlation |rho(d)|^2 (Oliver and Quegan 2004, Understanding Synthetic Aperture Radar
    Images; Gierull and Sikaneta 2002, IEEE TGRS 40(8)), and rho is the Fourier transform of the
    power spectrum.
    """
    return _axis_looks(azimuth, azimuth_oversampling, azimuth_window) * _axis_looks(
        range_, range_oversampling, range_window
    )


def _axis_looks(n: int, oversampling: float, window: float) -> float:
    distance = np.arange(1 - n, n)
    x = distance / oversampling
    # The square of window + rest cos(2 pi f), f within -0.5 ... 0.5 of the band, as three cosines.
    rest = 1 - window
    terms = (window**2 + rest**2 / 2, window * rest, rest**2 / 4)
    rho = terms[0] * np.sinc(x)
    for order in (1, 2):
        rho = rho + terms[order] * (np.sinc(x - order) + np.sinc(x + order))
    correlation = (rho / terms[0]) ** 2
    return float(n**2 / np.sum((n - np.abs(distance)) * correlation))
