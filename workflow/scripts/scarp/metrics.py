"""Pixel counts of a landslide map against its reference, and the scores that follow from them.

Scores are those of the class landslide, as in Orynbaikyzy et al. 2025: precision
tp / (tp + fp), recall tp / (tp + fn), F1 = 2 tp / (2 tp + fp + fn), IoU = tp / (tp + fp + fn).
A score that says nothing is None, never 0:

- precision, when no pixel is predicted to be landslide;
- recall, F1 and IoU, when the reference holds no landslide. F1 and IoU would be 0 there for one
  false pixel as for a million, so they cannot tell models apart.

Counts add up: a sum over sites keeps the false positives of sites whose reference is empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Counts:
    """Pixels by what was predicted and what is true; landslide is the positive class.

    Attributes
    ----------
    tp: true positives, landslide predicted as landslide.
    fp: false positives, anything else predicted as landslide.
    fn: false negatives, landslide that was missed.
    tn: true negatives.
    """

    tp: int
    fp: int
    fn: int
    tn: int

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.tp + other.tp, self.fp + other.fp, self.fn + other.fn, self.tn + other.tn
        )

    @property
    def precision(self) -> float | None:
        """Share of the predicted pixels that are landslide; None without a predicted pixel."""
        predicted = self.tp + self.fp
        return self.tp / predicted if predicted else None

    @property
    def recall(self) -> float | None:
        """Share of the landslide pixels that were found; None without a landslide pixel."""
        landslide = self.tp + self.fn
        return self.tp / landslide if landslide else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; None without a landslide pixel.

        From the counts, so that it is 0 where landslide exists and nothing was predicted, although
        precision is undefined there.
        """
        return 2 * self.tp / (2 * self.tp + self.fp + self.fn) if self.tp + self.fn else None

    @property
    def iou(self) -> float | None:
        """Intersection over union of prediction and reference; None without a landslide pixel."""
        return self.tp / (self.tp + self.fp + self.fn) if self.tp + self.fn else None


def count(
    predicted: NDArray[Any],
    reference: NDArray[Any],
    valid: NDArray[Any] | None = None,
) -> Counts:
    """Count a map against its reference.

    Parameters
    ----------
    predicted, reference: arrays of one shape, landslide where true (boolean or 0/1).
    valid: the same shape, true where a pixel counts; None counts every pixel.

    Raises
    ------
    ValueError: the shapes differ (NumPy would broadcast them and count pixels twice).
    """
    shapes = {np.shape(array) for array in (predicted, reference, valid) if array is not None}
    if len(shapes) > 1:
        raise ValueError(f"arrays of different shapes cannot be counted: {sorted(shapes)}")
    said = np.asarray(predicted, dtype=bool)
    true = np.asarray(reference, dtype=bool)
    if valid is None:
        total = said.size
    else:
        usable = np.asarray(valid, dtype=bool)
        said, true = said & usable, true & usable
        total = int(np.count_nonzero(usable))
    tp = int(np.count_nonzero(said & true))
    fp = int(np.count_nonzero(said)) - tp
    fn = int(np.count_nonzero(true)) - tp
    return Counts(tp, fp, fn, total - tp - fp - fn)
