"""Numbers of landslides found and missed, right and false, by rule and size; a table of objects.

What an object is, and when it is found, missed, right or false, says `scarp.objects`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scarp.objects import CUT, RULES, Comparison, Objects

#: Class of all objects: the sum of the size classes and of those that are cut.
ALL = "all"
OBJECTS_COLUMNS = (
    *("side", "object", "row", "column", "pixels", "best_iou"),
    *RULES,
    *("touches_border", "size_class_m2"),
)


@dataclass(frozen=True)
class ObjectCounts:
    """Numbers of objects; they add up over sites.

    Attributes
    ----------
    found, missed: reference objects.
    right, false: predicted objects.
    """

    found: int
    missed: int
    right: int
    false: int

    def __add__(self, other: ObjectCounts) -> ObjectCounts:
        return ObjectCounts(
            self.found + other.found,
            self.missed + other.missed,
            self.right + other.right,
            self.false + other.false,
        )

    @property
    def recall(self) -> float | None:
        """Share of the reference objects that are found; None without one."""
        landslides = self.found + self.missed
        return self.found / landslides if landslides else None

    @property
    def precision(self) -> float | None:
        """Share of the predicted objects that are right; None without one."""
        predicted = self.right + self.false
        return self.right / predicted if predicted else None


def tally(comparison: Comparison) -> dict[tuple[str, str], ObjectCounts]:
    """Numbers of objects by rule and class: the size classes, then `CUT`, then `ALL`.

    A reference object counts in the class of its own size, and so does a predicted one.
    """
    reference, predicted = comparison.reference, comparison.predicted
    return {
        (rule, name): ObjectCounts(
            _number(reference.matched(rule), reference, name),
            _number(reference.unmatched(rule), reference, name),
            _number(predicted.matched(rule), predicted, name),
            _number(predicted.unmatched(rule), predicted, name),
        )
        for rule in RULES
        for name in (*comparison.classes, CUT, ALL)
    }


def _number(chosen: NDArray[np.bool_], side: Objects, name: str) -> int:
    """How many of the chosen objects are of a class."""
    return int(np.count_nonzero(chosen if name == ALL else chosen & (side.size_class == name)))


def per_100_km2(number: int, scored_pixels: int, pixel_size: float = 10.0) -> float | None:
    """A number of objects, such as the false ones, per 100 km2 of scored area.

    None where nothing is scored. Over several sites: of the sums of both.

    Parameters
    ----------
    pixel_size: side of a pixel in m.
    """
    return number / (scored_pixels * pixel_size**2 / 1e8) if scored_pixels else None


def object_rows(comparison: Comparison) -> Iterator[tuple[object, ...]]:
    """A row of `OBJECTS_COLUMNS` for each object of the reference, then of the prediction.

    Under a rule stands 1 for found or right, 0 for missed or false, and None for a prediction that
    is neither. Objects are numbered from 1 on each side; row and column are those of the centre.
    """
    for name, side in (("reference", comparison.reference), ("predicted", comparison.predicted)):
        numbers = range(1, len(side.pixels) + 1)
        outcomes = [_outcomes(side, rule) for rule in RULES]
        for number, row, column, pixels, best, *of_rules, cut, size in zip(
            numbers,
            side.row.tolist(),
            side.column.tolist(),
            side.pixels.tolist(),
            side.best_iou.tolist(),
            *outcomes,
            side.cut.tolist(),
            side.size_class.tolist(),
            strict=True,
        ):
            yield (name, number, row, column, pixels, best, *of_rules, int(cut), size)


def _outcomes(side: Objects, rule: str) -> list[int | None]:
    """1 for found or right, 0 for missed or false, None for neither, object by object."""
    return [
        1 if matched else 0 if unmatched else None
        for matched, unmatched in zip(side.matched(rule), side.unmatched(rule), strict=True)
    ]
