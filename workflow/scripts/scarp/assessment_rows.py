"""Rows of the tables that say how a model did beside its scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scarp.boundary import DISTANCES, count_boundary
from scarp.calibration import expected_calibration_error, reliability
from scarp.metrics import Counts
from scarp.object_counts import object_rows, tally
from scarp.objects import Comparison
from scarp.probability import (
    Histogram,
    average_precision,
    brier_score,
    counts_at,
    mcc,
    threshold_curve,
)
from scarp.strata import counts_by_stratum, recall_by_stratum
from scarp.strata_file import read_strata
from scarp.summary import COUNTS, SCORES, shown
from scarp.temperature import temper

Row = tuple[object, ...]

#: Stands in the place of a site and of its role for all validation events together.
VALIDATION = "validation"
MEASURES_COLUMNS = (
    *("site", "role", "source", "pixels", "landslide", *SCORES, "mcc"),
    *("average_precision", "brier", "ece"),
    *("temperature", "brier_calibrated", "ece_calibrated"),
    *("threshold", "precision_chosen", "recall_chosen", "f1_chosen", "mcc_chosen"),
    *(f"boundary_iou_{distance}" for distance in DISTANCES),
)
RELIABILITY_COLUMNS = (
    *("part", "calibrated", "bin"),
    *("lowest", "highest", "pixels", "landslide", "mean", "share"),
)
THRESHOLDS_COLUMNS = ("site", "role", "threshold", *COUNTS, "precision", "recall", "f1")
COUNTS_OF_OBJECTS_COLUMNS = (
    *("site", "role", "rule", "size_class"),
    *("found", "missed", "right", "false", "scored_km2"),
)
STRATA_COLUMNS = ("site", "role", "kind", "stratum", "landslides", *COUNTS)


@dataclass(frozen=True)
class Chosen:
    """What the validation patches choose; None where they do not determine it.

    Attributes
    ----------
    temperature: see `scarp.temperature.fit_temperature`.
    threshold: of the highest F1, see `scarp.probability.best_f1`.
    """

    temperature: float | None
    threshold: float | None


@dataclass(frozen=True, eq=False)
class Site:
    """A site's map beside its reference; arrays (height, width).

    Attributes
    ----------
    site, role, source: identity.
    resolution: side of a pixel in m.
    found, landslide, scored: bool, landslide in the map and in the reference, where a pixel counts.
    """

    site: str
    role: str
    source: str
    resolution: float
    found: NDArray[np.bool_]
    landslide: NDArray[np.bool_]
    scored: NDArray[np.bool_]


def measures(pixels: Histogram, threshold: float, chosen: Chosen) -> Row:
    """The columns from `pixels` to `mcc_chosen`."""
    own = counts_at(pixels, threshold)
    calibrated: Sequence[float | None] = (None, None)
    if chosen.temperature is not None:
        tempered = temper(pixels, chosen.temperature)
        calibrated = (brier_score(tempered), expected_calibration_error(tempered))
    moved: Sequence[float | None] = (None, None, None, None)
    if chosen.threshold is not None:
        there = counts_at(pixels, chosen.threshold)
        moved = (there.precision, there.recall, there.f1, mcc(there))
    numbers = (
        *(score_of(own) for score_of in SCORES.values()),
        mcc(own),
        average_precision(pixels),
        brier_score(pixels),
        expected_calibration_error(pixels),
        chosen.temperature,
        *calibrated,
        chosen.threshold,
        *moved,
    )
    return (int(pixels.pixels.sum()), int(pixels.landslide.sum()), *map(shown, numbers))


def curve(site: str, role: str, pixels: Histogram) -> Iterable[Row]:
    """A row per threshold."""
    for threshold, counts in threshold_curve(pixels):
        scores = map(shown, (counts.precision, counts.recall, counts.f1))
        yield (site, role, shown(threshold), *astuple(counts), *scores)


def reliability_rows(part: str, pixels: Histogram, temperature: float | None) -> Iterable[Row]:
    """Rows before and, where a temperature is known, after scaling by it."""
    kinds = {"no": pixels}
    if temperature is not None:
        kinds["yes"] = temper(pixels, temperature)
    for calibrated, own in kinds.items():
        for number, one in enumerate(reliability(own)):
            ends = map(shown, (one.lowest, one.highest))
            share = map(shown, (one.mean, one.share))
            yield (part, calibrated, number, *ends, one.pixels, one.landslide, *share)


def boundary_row(site: Site) -> Row:
    """The last columns of measures: IoU of the outlines."""
    counts = (
        count_boundary(site.found, site.landslide, site.scored, distance) for distance in DISTANCES
    )
    return tuple(shown(one.iou) for one in counts)


def rows_of_objects(site: Site, comparison: Comparison) -> Iterable[Row]:
    """A row per object of either side."""
    for row in object_rows(comparison):
        yield (site.site, *(shown(cell) if isinstance(cell, float) else cell for cell in row))


def counts_of_objects(site: Site, comparison: Comparison) -> Iterable[Row]:
    """A row per rule of overlap and class of size."""
    km2 = shown(np.count_nonzero(site.scored) * site.resolution**2 / 1e6)
    for (rule, name), counts in tally(comparison).items():
        yield (site.site, site.role, rule, name, *astuple(counts), km2)


def strata_rows(site: Site, path: str | Path) -> Iterable[Row]:
    """A row per stratum; of a size there are no false positives, so those cells are empty."""
    for strata in read_strata(path):
        recalls = recall_by_stratum(strata, site.found, site.landslide, site.scored)
        counts: Mapping[str, Counts] = (
            {}
            if strata.kind == "size"
            else counts_by_stratum(strata, site.found, site.landslide, site.scored)
        )
        for name, recall in recalls.items():
            false = (counts[name].fp, counts[name].tn) if counts else (None, None)
            yield (
                *(site.site, site.role, strata.kind, name, recall.landslides),
                *(recall.tp, false[0], recall.fn, false[1]),
            )
