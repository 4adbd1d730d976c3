"""Whether probabilities mean what they say: a reliability table and the error that follows from it.

Of the pixels with a probability of 0.7, 7 of 10 should be landslide. Nearly all pixels are surely
background, and bins of equal width over all of them would find any model well calibrated. Therefore

- only pixels that are predicted at least slightly enter the error: those of `least` or more, as in
  the thresholded adaptive calibration error of Nixon et al. 2019 (arXiv 1904.01685). The rest is
  the first bin of the table, where it can be seen what the error leaves out.
- bins hold equally many pixels (Nixon et al. 2019), which estimates the error with less bias than
  bins of equal width (Roelofs et al. 2022, arXiv 2012.08668).

The probability is that of landslide, not that of the more likely class.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scarp.probability import PROBABILITY, Histogram

#: Bins of the table above `LEAST`, as many as Guo et al. 2017 (arXiv 1706.04599) use.
BINS = 15
#: Probability from which a pixel is predicted at least slightly.
LEAST = 0.01


@dataclass(frozen=True)
class Bin:
    """Pixels of similar probability.

    Attributes
    ----------
    lowest, highest: probability that occurs in the bin; None without a pixel.
    pixels, landslide: all pixels, and those that are landslide in the reference.
    mean: mean probability; None without a pixel.
    """

    lowest: float | None
    highest: float | None
    pixels: int
    landslide: int
    mean: float | None

    @property
    def share(self) -> float | None:
        """Observed share of landslide; None without a pixel."""
        return self.landslide / self.pixels if self.pixels else None


def reliability(pixels: Histogram, bins: int = BINS, least: float = LEAST) -> list[Bin]:
    """Mean probability and observed share of landslide, bin by bin.

    The first bin holds all pixels below `least`, be they none. The others share the n pixels of
    `least` or more. In the order of their probability these are numbered 0 to n - 1, and number k
    falls into bin floor(bins (k + 1/2) / n): n / bins pixels to each. Pixels of one stored value
    cannot be told apart and all go where the middle one belongs, so that bins differ in size where
    a value is frequent; a bin that is left without a pixel is dropped.
    """
    first = int(np.searchsorted(PROBABILITY, least))
    number = pixels.pixels[first:]
    upto = np.cumsum(number)
    # Twice the middle pixel's number plus one, so that whole numbers do.
    place = bins * (2 * upto - number) // (2 * max(int(number.sum()), 1))
    rest = _bin(pixels, np.flatnonzero(pixels.pixels[:first]))
    filled = np.flatnonzero(number)
    return [
        rest,
        *(_bin(pixels, first + filled[place[filled] == one]) for one in np.unique(place[filled])),
    ]


def expected_calibration_error(
    pixels: Histogram, bins: int = BINS, least: float = LEAST
) -> float | None:
    """Mean over the pixels of `least` or more of |observed share - mean probability| of their bin.

    The sum over these bins b of n_b / n |share_b - mean_b| (Naeini et al. 2015; Guo et al. 2017),
    with the bins of `reliability`. 0 to 1, best 0; None where no pixel reaches `least`.
    """
    table = reliability(pixels, bins, least)[1:]
    # pixels |share - mean| = |landslide - pixels mean|
    gaps = [abs(one.landslide - one.pixels * one.mean) for one in table if one.mean is not None]
    return sum(gaps) / sum(one.pixels for one in table) if gaps else None


def _bin(pixels: Histogram, values: NDArray[np.int64]) -> Bin:
    """The bin of these digital numbers, each of which occurs."""
    if not len(values):
        return Bin(None, None, 0, 0, None)
    number = pixels.pixels[values]
    return Bin(
        float(PROBABILITY[values[0]]),
        float(PROBABILITY[values[-1]]),
        int(number.sum()),
        int(pixels.landslide[values].sum()),
        float(np.average(PROBABILITY[values], weights=number)),
    )
