"""Scores of a map of probability, all from one exact histogram of its stored values.

A stored probability is one of 65535 values (`scarp.prediction`), so the number of landslide and of
background pixels at each value holds all that the scores need. Histograms add up over sites, and a
score costs the same whatever the sites' size.

A score that says nothing is None, never 0 (as in `scarp.metrics`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, brier_score_loss, matthews_corrcoef

from scarp.arrays import check_shapes
from scarp.errors import DataError, Fault
from scarp.metrics import Counts
from scarp.prediction import CERTAIN, NODATA

#: Probability of each digital number, (65535,) float64.
PROBABILITY: NDArray[np.float64] = np.arange(CERTAIN + 1, dtype=np.float64) / CERTAIN
#: Thresholds of a curve: 0.01, 0.02 .. 0.99.
THRESHOLDS = tuple(percent / 100 for percent in range(1, 100))


@dataclass(frozen=True, eq=False)
class Histogram:
    """Pixels by digital number of their probability; histograms of sites add up.

    Attributes
    ----------
    landslide, background: (65535,) int64, pixels of each class in the reference.
    """

    landslide: NDArray[np.int64]
    background: NDArray[np.int64]

    @classmethod
    def empty(cls) -> Histogram:
        """Of no pixel."""
        return cls(np.zeros(CERTAIN + 1, dtype=np.int64), np.zeros(CERTAIN + 1, dtype=np.int64))

    def __add__(self, other: Histogram) -> Histogram:
        return Histogram(self.landslide + other.landslide, self.background + other.background)

    @property
    def pixels(self) -> NDArray[np.int64]:
        """Pixels of both classes, (65535,) int64."""
        return self.landslide + self.background


def histogram(
    stored: NDArray[np.uint16], reference: NDArray[np.bool_], scored: NDArray[np.bool_]
) -> Histogram:
    """Count the scored pixels of a map by class and digital number.

    Parameters
    ----------
    stored: (height, width) uint16, probability times 65534; 65535 where there is none.
    reference: (height, width) bool, landslide.
    scored: (height, width) bool, where a pixel counts.

    Raises
    ------
    DataError: the shapes differ, or a scored pixel has no probability.
    """
    check_shapes(stored=stored, reference=reference, scored=scored)
    without = int(np.count_nonzero(stored[scored] == NODATA))
    if without:
        raise DataError(
            Fault(
                "have no probability although they are scored",
                f"{without} of {np.count_nonzero(scored)} pixels",
                "a probability wherever a pixel is scored",
                "delete the prediction and let the workflow make it again",
            )
        )
    landslide, background = (
        np.bincount(stored[scored & of_class], minlength=CERTAIN + 1).astype(np.int64)
        for of_class in (reference, ~reference)
    )
    return Histogram(landslide, background)


def counts_at(pixels: Histogram, threshold: float) -> Counts:
    """Counts of the map in which `threshold` or more is landslide (`scarp.prediction.at_least`)."""
    first = int(np.searchsorted(PROBABILITY, threshold))
    tp, fp = int(pixels.landslide[first:].sum()), int(pixels.background[first:].sum())
    fn, tn = int(pixels.landslide[:first].sum()), int(pixels.background[:first].sum())
    return Counts(tp, fp, fn, tn)


def threshold_curve(
    pixels: Histogram, thresholds: Sequence[float] = THRESHOLDS
) -> list[tuple[float, Counts]]:
    """Counts at each of the thresholds, in their order."""
    return [(threshold, counts_at(pixels, threshold)) for threshold in thresholds]


def best_f1(pixels: Histogram) -> tuple[float, Counts] | None:
    """The threshold of the highest F1 of all stored values, and its counts.

    Of several with the same F1 it is the highest, which predicts the fewest pixels. None without a
    landslide pixel. Chosen on the pixels that it is reported on, it says what a perfect choice of
    threshold could reach and is no score of the model.
    """
    if not pixels.landslide.any():
        return None
    values = np.flatnonzero(pixels.pixels)[::-1]  # from sure landslide to sure background
    found = np.cumsum(pixels.landslide[values])
    predicted = np.cumsum(pixels.pixels[values])
    f1 = 2 * found / (predicted + found[-1])  # tp + fp + tp + fn = predicted + all landslide
    threshold = float(PROBABILITY[values[np.argmax(f1)]])
    return threshold, counts_at(pixels, threshold)


def mcc(counts: Counts) -> float | None:
    """Matthews correlation coefficient of reference and prediction, -1 to 1.

    (tp tn - fp fn) / sqrt((tp + fp)(tp + fn)(tn + fp)(tn + fn)), Matthews 1975. None where a factor
    is 0: only one class in the reference, or in the prediction.
    """
    tp, fp, fn, tn = counts.tp, counts.fp, counts.fn, counts.tn
    if not (tp + fp and tp + fn and tn + fp and tn + fn):
        return None
    return float(
        matthews_corrcoef([1, 0, 1, 0], [1, 1, 0, 0], sample_weight=np.array([tp, fp, fn, tn]))
    )


def average_precision(pixels: Histogram) -> float | None:
    """Area under precision over recall, as a sum of steps; None without a landslide pixel.

    Sum over the stored values, from the highest, of (R_n - R_(n-1)) P_n, with precision P_n and
    recall R_n of the map thresholded there (scikit-learn's average_precision_score). Nothing is
    interpolated. A map that says the same everywhere reaches the landslides' share of the pixels.
    """
    if not pixels.landslide.any():
        return None
    true, probability, weight = _samples(pixels)
    return float(average_precision_score(true, probability, sample_weight=weight))


def brier_score(pixels: Histogram) -> float | None:
    """Mean of (probability - reference) squared, 0 to 1, best 0; None without a pixel.

    Half of what Brier 1950 sums over both classes, as is usual for two. Sure background dominates
    it, as it does accuracy: compare it between models at the same pixels only.
    """
    if not pixels.pixels.any():
        return None
    true, probability, weight = _samples(pixels)
    return float(brier_score_loss(true, probability, sample_weight=weight, pos_label=1))


def _samples(pixels: Histogram) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Class, probability and number of pixels of each value that occurs, for scikit-learn."""
    weight = np.concatenate([pixels.landslide, pixels.background])
    true = np.repeat(np.array([1, 0], dtype=np.int64), len(PROBABILITY))
    there = weight > 0
    return true[there], np.tile(PROBABILITY, 2)[there], weight[there]
