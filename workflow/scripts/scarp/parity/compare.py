"""How two images of one layer differ, in numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scarp.channels import split_channel
from scarp.parity.product_side import LOCAL_INCIDENCE
from scarp.parity.shift import find_shift

#: The unit in which gamma nought is compared.
DECIBEL = "dB"
#: Fewest shared pixels from which numbers are told: with fewer, speckle alone moves them.
FEWEST = 100
#: Interquartile range of the normal distribution, in standard deviations.
_QUARTILES = 1.3489795


@dataclass(frozen=True)
class LayerParity:
    """How image b differs from image a. What is undefined is None, never 0.

    Attributes
    ----------
    pixels: with data in both.
    only_a, only_b: share of all pixels with data in one alone.
    bias: mean of b less mean of a; in dB 10 log10(mean power of b / mean power of a).
    median: of the differences b - a of the pixels.
    rms: root mean square of these differences.
    spread: their interquartile range / 1.349, which is the standard deviation if they are normal.
    correlation: Pearson's, of the values in `unit`.
    shift: rows and columns by which the content of b lies beside that of a (scarp.parity.shift).
    """

    pixels: int
    only_a: float
    only_b: float
    bias: float | None = None
    median: float | None = None
    rms: float | None = None
    spread: float | None = None
    correlation: float | None = None
    shift: tuple[float, float] | None = None


def unit_of(layer: str) -> str:
    """The unit in which a layer is compared: "dB", "1" or "degree"."""
    if layer == LOCAL_INCIDENCE:
        return "degree"
    band = split_channel(layer)[1]
    return DECIBEL if band.scale == "decibel" else band.unit


def in_unit(values: NDArray[np.float32], unit: str) -> NDArray[np.float32]:
    """Values as they are compared: of power 10 log10, NaN where it is not above 0."""
    if unit != DECIBEL:
        return values
    power = np.where(values > 0, values, np.float32(np.nan))
    return np.asarray(10 * np.log10(power), dtype=np.float32)


def compare(a: NDArray[np.float32], b: NDArray[np.float32], unit: str) -> LayerParity:
    """Compare two images of a layer.

    Parameters
    ----------
    a, b: (y, x) of one shape, NaN without data; linear power where `unit` is "dB".
    unit: as `unit_of` tells it. In dB, power that is not above 0 counts as without data.

    Returns
    -------
    Numbers over the pixels with data in both; all but the counts are None below 100 pixels, the
    correlation also where an image is constant.
    """
    first, second = in_unit(a, unit), in_unit(b, unit)
    in_a, in_b = np.isfinite(first), np.isfinite(second)
    both = in_a & in_b
    pixels, size = int(both.sum()), max(both.size, 1)
    only_a, only_b = (float((own & ~both).sum() / size) for own in (in_a, in_b))
    if pixels < FEWEST:
        return LayerParity(pixels, only_a, only_b)
    difference = second[both].astype(np.float64) - first[both]
    lower, median, upper = np.percentile(difference, (25, 50, 75))
    bias = difference.mean()
    if unit == DECIBEL:
        bias = 10 * np.log10(b[both].mean(dtype=np.float64) / a[both].mean(dtype=np.float64))
    return LayerParity(
        pixels,
        only_a,
        only_b,
        float(bias),
        float(median),
        float(np.sqrt(np.mean(difference**2))),
        float((upper - lower) / _QUARTILES),
        _correlation(first[both], second[both]),
        find_shift(first, second),
    )


def _correlation(a: NDArray[np.float32], b: NDArray[np.float32]) -> float | None:
    first, second = (values - values.mean(dtype=np.float64) for values in (a, b))
    product = np.sqrt(np.mean(first**2)) * np.sqrt(np.mean(second**2))
    # Rounding of float32 gives constant images a spread of their own.
    if not product > (1e-6 * max(float(np.abs(a).max()), float(np.abs(b).max()))) ** 2:
        return None
    return float(np.clip(np.mean(first * second) / product, -1.0, 1.0))
