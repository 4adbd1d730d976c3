"""Scores by what the radar, the slope and the landslide's size make easy or hard.

A stratum is a set of pixels; a stratification gives each pixel of an event one at most. Counts of a
map are taken per stratum and add up over events. A pixel that is not scored, be it clouded, invalid
or unknown, counts in none. A score that says nothing is None, as in `scarp.metrics`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from scarp.metrics import Counts, count

#: What a stratification goes by. Approximate is what stands on elevation and direction alone.
Kind = Literal["layover_shadow", "layover_shadow_approximate", "slope", "size"]
#: Label of a pixel in no stratum.
OUTSIDE = 255
#: Code of a geometry product -> label: none, layover, shadow, both. Ground in both counts as
#: shadow, since nothing of what its pixel shows comes from it.
_LAYOVER_SHADOW = {0: 0, 1: 1, 2: 2, 3: 2}
#: Code of `scarp.radar_geometry` -> label: none, possible, certain. The codes of both are written
#: down here, not imported, so that scoring needs no compiler.
_APPROXIMATE = {0: 0, 1: 1, 2: 2}

#: Degrees. Ground below 10 is where debris comes to rest and above 40 where much of it starts
#: (Milledge et al. 2019, NHESS 19, 837-856, doi:10.5194/nhess-19-837-2019, take both so). Towards
#: 30 hillslopes near the steepest they can stand at, and there are more landslides rather than
#: steeper slopes (Larsen and Montgomery 2012, Nature Geoscience 5, doi:10.1038/ngeo1479); from 30
#: also the near edge of the IW swath lays over what faces it. 20 halves what lies between.
SLOPE_EDGES = (10.0, 20.0, 30.0, 40.0)
#: Square metres: decades, since from medium size on the number of landslides falls as a power of
#: their area (Malamud et al. 2004, ESPL 29(6), 687-711, doi:10.1002/esp.1064). 1000 are ten pixels
#: of 10 m, less than the windows that the engine estimates coherence (some 1600) and H/A/alpha
#: (some 5000) in: what is smaller, the radar shows mixed with its surroundings.
SIZE_EDGES = (1e3, 1e4, 1e5)


@dataclass(frozen=True, eq=False)
class Strata:
    """A stratification of an event's pixels.

    Attributes
    ----------
    kind: what it goes by.
    names: of the strata, in order.
    labels: (h, w) uint8, index in `names`, OUTSIDE where a pixel is in none.
    """

    kind: Kind
    names: tuple[str, ...]
    labels: NDArray[np.uint8]


@dataclass(frozen=True)
class Recall:
    """What was found of the landslides of a stratum; they alone have a size, false pixels none.

    Attributes
    ----------
    landslides: connected groups of reference pixels that have any scored pixel there. A few of
        them may hold most of the pixels; then their recall says little of the others.
    tp, fn: their pixels that were found, and missed.
    """

    landslides: int
    tp: int
    fn: int

    def __add__(self, other: Recall) -> Recall:
        return Recall(self.landslides + other.landslides, self.tp + other.tp, self.fn + other.fn)

    @property
    def recall(self) -> float | None:
        """Share of the landslide pixels that were found; None without a landslide pixel."""
        return Counts(self.tp, 0, self.fn, 0).recall


def geometry_strata(layover_shadow: NDArray[np.float32]) -> Strata:
    """None, layover or shadow, by the mask of a geometry product; both count as shadow.

    Parameters
    ----------
    layover_shadow: (h, w) float32, 0 none, 1 layover, 2 shadow, 3 both, NaN where not imaged.

    Raises
    ------
    ValueError: it holds something else.
    """
    codes = np.where(np.isnan(layover_shadow), OUTSIDE, layover_shadow)
    labels = _relabelled(codes, _LAYOVER_SHADOW)
    return Strata("layover_shadow", ("none", "layover", "shadow"), labels)


def approximate_geometry_strata(layover_or_shadow: NDArray[np.uint8]) -> Strata:
    """No, possible or certain layover or shadow, by elevation and direction alone.

    Parameters
    ----------
    layover_or_shadow: (h, w) uint8 of `scarp.radar_geometry.layover_or_shadow`.

    Raises
    ------
    ValueError: it holds another code than that gives.
    """
    labels = _relabelled(layover_or_shadow, _APPROXIMATE)
    return Strata("layover_shadow_approximate", ("none", "possible", "certain"), labels)


def slope_strata(slope: NDArray[np.float32], edges: Sequence[float] = SLOPE_EDGES) -> Strata:
    """Classes of slope; an edge belongs to the class above it.

    Parameters
    ----------
    slope: (h, w) float32, degrees, NaN where it is not known.
    edges: growing, degrees.
    """
    labels = np.digitize(slope, edges).astype(np.uint8)
    labels[np.isnan(slope)] = OUTSIDE
    return Strata("slope", _class_names(edges), labels)


def size_strata(
    reference: NDArray[np.bool_], resolution: float, edges: Sequence[float] = SIZE_EDGES
) -> Strata:
    """Classes of the area of the landslide that a reference pixel belongs to.

    A landslide is what hangs together by sides or corners of pixels: touching ones are one, and one
    that the grid cuts off is smaller than it was. Every other pixel is OUTSIDE, since a false
    positive belongs to no landslide of the reference: take `recall_by_stratum`, there is no
    precision of a size.

    Parameters
    ----------
    reference: (h, w) bool, where there is landslide: all that is known, scored or not, so that
        clouds do not make it smaller.
    resolution: side of a pixel, metres.
    edges: growing, square metres; an edge belongs to the class above it.
    """
    landslide, number = _landslides(reference)
    pixels = np.bincount(landslide.ravel(), minlength=number + 1)
    classes = np.digitize(pixels * resolution**2, edges).astype(np.uint8)
    classes[0] = OUTSIDE
    return Strata("size", _class_names(edges), classes[landslide])


def counts_by_stratum(
    strata: Strata,
    found: NDArray[np.bool_],
    reference: NDArray[np.bool_],
    scored: NDArray[np.bool_],
) -> dict[str, Counts]:
    """Counts of a map in each stratum, by its name, in order; a stratum without a pixel has zeros.

    Parameters
    ----------
    found, reference: (h, w) bool, landslide in the map and in the reference.
    scored: (h, w) bool, the pixels that count.

    Raises
    ------
    ValueError: the shapes differ, or the strata are of size, which false positives have none of.
    """
    if strata.kind == "size":
        raise ValueError("false positives have no size: take recall_by_stratum")
    _refuse_shapes(strata, found, reference, scored)
    return {
        name: count(found, reference, scored & (strata.labels == label))
        for label, name in enumerate(strata.names)
    }


def recall_by_stratum(
    strata: Strata,
    found: NDArray[np.bool_],
    reference: NDArray[np.bool_],
    scored: NDArray[np.bool_],
) -> dict[str, Recall]:
    """What was found of the landslides in each stratum; parameters as `counts_by_stratum`.

    A landslide that reaches into several strata counts in each.

    Raises
    ------
    ValueError: the shapes differ.
    """
    _refuse_shapes(strata, found, reference, scored)
    landslide, _ = _landslides(reference)
    recalls = {}
    for label, name in enumerate(strata.names):
        there = scored & reference & (strata.labels == label)
        tp = int(np.count_nonzero(there & found))
        landslides = int(np.unique(landslide[there]).size)
        recalls[name] = Recall(landslides, tp, int(np.count_nonzero(there)) - tp)
    return recalls


def _landslides(reference: NDArray[np.bool_]) -> tuple[NDArray[np.int32], int]:
    """Number of the landslide of each pixel, 0 for none, and how many there are."""
    landslide, number = ndimage.label(reference, structure=np.ones((3, 3)))
    return landslide, int(number)


def _relabelled(codes: NDArray[Any], known: dict[int, int]) -> NDArray[np.uint8]:
    """The label of each code; OUTSIDE stays."""
    labels = np.full(codes.shape, OUTSIDE, dtype=np.uint8)
    for code, label in known.items():
        labels[codes == code] = label
    strange = (labels == OUTSIDE) & (codes != OUTSIDE)
    if strange.any():
        raise ValueError(f"code {codes[strange][0]} is none of {', '.join(map(str, known))}")
    return labels


def _class_names(edges: Sequence[float]) -> tuple[str, ...]:
    """Such as <10, 10-20, >=20, in plain digits."""
    told = [f"{edge:.10g}" for edge in edges]
    between = (f"{low}-{high}" for low, high in pairwise(told))
    return (f"<{told[0]}", *between, f">={told[-1]}")


def _refuse_shapes(strata: Strata, *layers: NDArray[np.bool_]) -> None:
    shapes = {strata.labels.shape, *(layer.shape for layer in layers)}
    if len(shapes) > 1:
        raise ValueError(f"arrays of different shapes cannot be counted: {sorted(shapes)}")
