"""Landslides as objects: which are found, which are missed, and what is found that is none.

Objects. An object is a connected component of the scored landslide pixels, of the reference or of
the prediction; pixels that touch at a side or a corner are connected. Nothing outside of what is
scored is looked at: a strip without data parts an object in two.

Rules of overlap. Two objects go together under the rule `any` when they share a pixel, and under
`iou_0.3` when the pixels that they share are 0.3 or more of those of either (intersection over
union). A reference object is found when it goes together with at least one predicted object, else
missed; a predicted object is right when it goes together with at least one reference object, else
false. Each object is counted once, on its own side, and may go together with several:

- One prediction over several landslides finds each that it overlaps enough. Under `any` it finds
  them all; under an IoU of more than 0.5 it can find one at the most.
- One landslide in several pieces is found once, and each piece that overlaps it enough is right.
  Under an IoU the other pieces are false.

This is the many-to-many matching with true and false counted on objects, not on pairs, of Großkopf
et al. 2026 (arXiv 2605.31094). They show that it has no panoptic quality; so there is a recall and
a precision of objects here, but no F1. That IoU > 0.5 leaves one partner is a theorem of Kirillov
et al. 2019 (Panoptic Segmentation, arXiv 1801.00868).

Minimum size. Objects of fewer pixels than the minimum leave both sides: they are neither found nor
missed, neither right nor false, and a small prediction finds nothing. What a prediction says where
a small landslide lies is not held against it, as Kirillov et al. treat pixels that nobody labelled:
these pixels are taken off the prediction when IoU is computed, and a prediction that is not right
is not false either where their share of it is above the IoU of the rule (above 0 for `any`).

Border. An object is cut when one of its pixels touches, at a side or a corner, a pixel that is not
scored or the edge of the map. It may go on there. What is visible of it is found, missed, right or
false as any other object is, since both sides are cut by the same line. Its size is unknown, so it
belongs to the class `cut` instead of a size class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from scarp.arrays import check_shapes
from scarp.errors import Fault, TableError

#: Rules of overlap, and the IoU from which two objects that share a pixel go together.
RULES = {"any": 0.0, "iou_0.1": 0.1, "iou_0.3": 0.3, "iou_0.5": 0.5}
#: Fewest pixels of an object: a square of 30 m at 10 m.
MINIMUM = 9
#: Areas in m2 that part the size classes: 25 pixels of 10 m, 1 ha, 5 ha, 50 ha.
AREA_EDGES = (2_500.0, 10_000.0, 50_000.0, 500_000.0)
#: Class of the objects that the border of what is scored cuts.
CUT = "cut"
_NEIGHBOURS = np.ones((3, 3), dtype=np.bool_)


@dataclass(frozen=True, eq=False)
class Objects:
    """The objects of one side, in the order of their first pixel, row by row.

    Attributes
    ----------
    row, column: (object,) float64, mean of its pixels' rows and columns on the map, from 0. It may
        lie outside of an object that is bent.
    pixels: (object,) int64.
    best_iou: (object,) float64, highest IoU with an object of the other side, 0 without overlap.
    excused: (object,) float64, share of its pixels that lie on reference objects below the minimum
        size; 0 for reference objects.
    cut: (object,) bool, touches what is not scored.
    size_class: (object,) names of classes, `CUT` where cut.
    """

    row: NDArray[np.float64]
    column: NDArray[np.float64]
    pixels: NDArray[np.int64]
    best_iou: NDArray[np.float64]
    excused: NDArray[np.float64]
    cut: NDArray[np.bool_]
    size_class: NDArray[np.str_]

    def matched(self, rule: str) -> NDArray[np.bool_]:
        """Which objects are found (of the reference) or right (of the prediction), (object,)."""
        return (self.best_iou > 0) & (self.best_iou >= RULES[rule])

    def unmatched(self, rule: str) -> NDArray[np.bool_]:
        """Which objects are missed (of the reference) or false (of the prediction), (object,)."""
        return ~self.matched(rule) & (self.excused <= RULES[rule])


@dataclass(frozen=True, eq=False)
class Comparison:
    """Objects of the reference and of the prediction; `classes` are the names of size classes."""

    reference: Objects
    predicted: Objects
    classes: tuple[str, ...]


def compare_objects(
    predicted: NDArray[np.bool_],
    reference: NDArray[np.bool_],
    scored: NDArray[np.bool_],
    minimum: int = MINIMUM,
    area_edges: Sequence[float] = AREA_EDGES,
    pixel_size: float = 10.0,
) -> Comparison:
    """Find the objects of a map and of its reference, and how far they overlap.

    Parameters
    ----------
    predicted: (height, width) bool, such as `scarp.prediction.at_least` gives.
    reference: (height, width) bool, landslide.
    scored: (height, width) bool, where a pixel counts.
    minimum: fewest pixels of an object.
    area_edges: rising areas in m2; a class begins with its lower edge and ends before the upper.
    pixel_size: side of a pixel in m.

    Raises
    ------
    DataError: the shapes differ.
    TableError: the areas do not rise.
    """
    check_shapes(predicted=predicted, reference=reference, scored=scored)
    classes = size_classes(area_edges)
    (true, true_pixels), (found, found_pixels) = (
        _label(mask & scored) for mask in (reference, predicted)
    )
    true_counts, found_counts = (
        pixels >= max(minimum, 1) for pixels in (true_pixels, found_pixels)
    )

    # Every pair of objects that share a pixel, once, and the number of pixels that they share.
    both = (true > 0) & (found > 0)
    pairs, shared = np.unique(
        true[both].astype(np.int64) * len(found_pixels) + found[both], return_counts=True
    )
    of_true, of_found = np.divmod(pairs, len(found_pixels))
    small = ~true_counts[of_true]
    on_small = np.zeros(len(found_pixels), dtype=np.int64)
    np.add.at(on_small, of_found[small], shared[small])
    counted = ~small & found_counts[of_found]
    of_true, of_found, shared = of_true[counted], of_found[counted], shared[counted]
    iou = shared / (true_pixels[of_true] + found_pixels[of_found] - on_small[of_found] - shared)
    true_best = np.zeros(len(true_pixels), dtype=np.float64)
    found_best = np.zeros(len(found_pixels), dtype=np.float64)
    np.maximum.at(true_best, of_true, iou)
    np.maximum.at(found_best, of_found, iou)

    border = scored & ~ndimage.binary_erosion(scored, _NEIGHBOURS)

    def side(
        labels: NDArray[np.int32],
        pixels: NDArray[np.int64],
        counts: NDArray[np.bool_],
        best_iou: NDArray[np.float64],
        on_small: NDArray[np.int64],
    ) -> Objects:
        row, column = _centres(labels, pixels)
        cut = np.bincount(labels[border], minlength=len(pixels)) > 0
        place = np.digitize(pixels * pixel_size**2, area_edges)
        return Objects(
            row=row[counts],
            column=column[counts],
            pixels=pixels[counts],
            best_iou=best_iou[counts],
            excused=on_small[counts] / pixels[counts],
            cut=cut[counts],
            size_class=np.where(cut, CUT, np.array(classes)[place])[counts],
        )

    return Comparison(
        side(true, true_pixels, true_counts, true_best, np.zeros_like(true_pixels)),
        side(found, found_pixels, found_counts, found_best, on_small),
        classes,
    )


def _label(mask: NDArray[np.bool_]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Components of a mask, numbered from 1 where they lie, 0 elsewhere; the pixels of each number.

    Number 0 has no pixel: it is no object.
    """
    labels: NDArray[np.int32]
    labels, _ = ndimage.label(mask, structure=_NEIGHBOURS, output=np.int32)
    pixels = np.bincount(labels.ravel()).astype(np.int64)
    pixels[0] = 0
    return labels, pixels


def _centres(
    labels: NDArray[np.int32], pixels: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean row and mean column of the pixels of each number; NaN for number 0."""
    places = np.nonzero(labels)
    own = labels[places]
    row, column = (
        np.divide(
            np.bincount(own, weights=place, minlength=len(pixels)),
            pixels,
            out=np.full(len(pixels), np.nan, dtype=np.float64),
            where=pixels > 0,
        )
        for place in places
    )
    return row, column


def size_classes(area_edges: Sequence[float]) -> tuple[str, ...]:
    """Names of the size classes between these areas in m2: <2500, 2500-10000 .. >=500000.

    Raises
    ------
    TableError: there is no area, or they do not rise.
    """
    if not area_edges or any(upper <= lower for lower, upper in pairwise(area_edges)):
        raise TableError(
            Fault(
                "do not part landslides by size",
                f"areas {', '.join(f'{edge:.10g}' for edge in area_edges) or '(none)'}",
                "one area in m2 or more, each larger than the one before",
            )
        )
    shown = [f"{edge:.10g}" for edge in area_edges]
    return (
        f"<{shown[0]}",
        *(f"{lower}-{upper}" for lower, upper in pairwise(shown)),
        f">={shown[-1]}",
    )
