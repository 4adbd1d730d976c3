"""How well the outlines of a landslide map follow those of its reference.

Boundary IoU (Cheng et al. 2021, arXiv 2103.16562): intersection over union of two bands, the pixels
of the reference that lie within a distance of its outline, and those of the prediction that lie
within it of the prediction's outline. Computed on whole maps, not object by object. As in their
code, the distance counts sides and corners alike (erosion by a square of 3 by 3 pixels).

Their outline follows the edge of the image, too. Here an outline runs only between landslide and
background that are both scored: else the edge of what is scored would be an outline on which map
and reference always agree.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from scarp.arrays import check_shapes

#: Distances from the outline in pixels.
DISTANCES = (1, 2)


@dataclass(frozen=True)
class BoundaryCounts:
    """Pixels of the bands along the outlines; they add up over sites.

    Attributes
    ----------
    shared: in both bands.
    reference, predicted: in either band.
    """

    shared: int
    reference: int
    predicted: int

    def __add__(self, other: BoundaryCounts) -> BoundaryCounts:
        return BoundaryCounts(
            self.shared + other.shared,
            self.reference + other.reference,
            self.predicted + other.predicted,
        )

    @property
    def iou(self) -> float | None:
        """Boundary IoU; None where the reference has no outline.

        It would be 0 there for one false pixel as for a million (as IoU in `scarp.metrics`).
        """
        either = self.reference + self.predicted - self.shared
        return self.shared / either if self.reference else None


def band(mask: NDArray[np.bool_], scored: NDArray[np.bool_], distance: int) -> NDArray[np.bool_]:
    """Scored pixels of a mask with a scored pixel outside of it within `distance` pixels.

    Parameters
    ----------
    mask, scored: (height, width) bool.
    distance: in pixels, 1 or more; a pixel has 8 neighbours at distance 1.

    Returns
    -------
    (height, width) bool.
    """
    inner = ndimage.binary_erosion(
        mask | ~scored,
        np.ones((3, 3), dtype=np.bool_),
        iterations=distance,
        border_value=1,  # beyond the map nothing is known
    )
    outer: NDArray[np.bool_] = mask & scored & ~inner
    return outer


def count_boundary(
    predicted: NDArray[np.bool_],
    reference: NDArray[np.bool_],
    scored: NDArray[np.bool_],
    distance: int,
) -> BoundaryCounts:
    """Count the pixels along the outlines of a map and of its reference.

    Parameters
    ----------
    predicted, reference: (height, width) bool, landslide.
    scored: (height, width) bool, where a pixel counts.
    distance: width of the bands in pixels, 1 or more.

    Raises
    ------
    DataError: the shapes differ.
    """
    check_shapes(predicted=predicted, reference=reference, scored=scored)
    found, true = band(predicted, scored, distance), band(reference, scored, distance)
    return BoundaryCounts(
        int(np.count_nonzero(found & true)),
        int(np.count_nonzero(true)),
        int(np.count_nonzero(found)),
    )
