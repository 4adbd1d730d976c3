"""Scores by radar geometry, slope and size: who counts where, and what stays undefined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from scarp.metrics import Counts, count
from scarp.radar_geometry import CERTAIN, NONE, POSSIBLE, UNKNOWN
from scarp.sentinel1 import facets
from scarp.strata import (
    OUTSIDE,
    SIZE_EDGES,
    Recall,
    Strata,
    approximate_geometry_strata,
    counts_by_stratum,
    geometry_strata,
    recall_by_stratum,
    size_strata,
    slope_strata,
)

NAN = np.nan


def floats(*rows: Sequence[float]) -> NDArray[np.float32]:
    return np.array(rows, dtype=np.float32)


def bools(*rows: str) -> NDArray[np.bool_]:
    """`#` is true."""
    return np.array([[cell == "#" for cell in row] for row in rows], dtype=np.bool_)


# --- stratifications


def test_the_mask_of_a_product_gives_none_layover_and_shadow() -> None:
    codes = [facets.NONE, facets.LAYOVER, facets.SHADOW], [facets.BOTH, NAN, facets.NONE]
    strata = geometry_strata(floats(*codes))
    assert (strata.kind, strata.names) == ("layover_shadow", ("none", "layover", "shadow"))
    np.testing.assert_array_equal(strata.labels, [[0, 1, 2], [2, OUTSIDE, 0]])
    assert strata.labels.dtype == np.uint8


def test_what_is_derived_from_elevation_is_called_approximate() -> None:
    codes = np.array([[CERTAIN, UNKNOWN], [NONE, POSSIBLE]], dtype=np.uint8)
    strata = approximate_geometry_strata(codes)
    assert strata.kind == "layover_shadow_approximate"
    assert strata.names == ("none", "possible", "certain")
    np.testing.assert_array_equal(strata.labels, [[2, OUTSIDE], [0, 1]])


def test_codes_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match=r"code 4.0 is none of 0, 1, 2, 3"):
        geometry_strata(floats([0, 4]))
    with pytest.raises(ValueError, match="code 3 is none of 0, 1, 2"):
        approximate_geometry_strata(np.array([[3]], dtype=np.uint8))


def test_classes_of_slope_begin_at_their_edges() -> None:
    strata = slope_strata(floats([0, 9.99, 10, 29.9], [30, 40, 90, NAN]))
    assert strata.kind == "slope"
    assert strata.names == ("<10", "10-20", "20-30", "30-40", ">=40")
    np.testing.assert_array_equal(strata.labels, [[0, 0, 1, 2], [3, 4, 4, OUTSIDE]])
    assert strata.labels.dtype == np.uint8


def test_other_edges_of_slope() -> None:
    strata = slope_strata(floats([10, 22.5, 23]), (22.5,))
    assert strata.names == ("<22.5", ">=22.5")
    np.testing.assert_array_equal(strata.labels, [[0, 1, 1]])


def test_a_landslide_gives_all_its_pixels_its_size() -> None:
    """Of 10 m pixels: 9, 10, and 2 that touch at a corner."""
    reference = bools(
        "###........",
        "###....####",
        "###...#####",
        "..........#",
        "#..........",
        ".#.........",
    )
    strata = size_strata(reference, 10.0)
    assert strata.kind == "size"
    assert strata.names == ("<1000", "1000-10000", "10000-100000", ">=100000")
    assert SIZE_EDGES == (1e3, 1e4, 1e5)
    assert (strata.labels[~reference] == OUTSIDE).all()
    assert (strata.labels[:3, :3] == 0).all()
    assert (strata.labels[:, 6:][reference[:, 6:]] == 1).all()
    assert strata.labels[4, 0] == strata.labels[5, 1] == 0
    by_pair = size_strata(reference, 10.0, (150.0,))
    assert by_pair.labels[4, 0] == by_pair.labels[5, 1] == 1  # together 200 square metres
    assert strata.labels.dtype == np.uint8


def test_size_follows_from_the_resolution() -> None:
    one = bools("#")
    assert size_strata(one, 10.0).labels[0, 0] == 0
    assert size_strata(one, 40.0).labels[0, 0] == 1


def test_without_a_landslide_nothing_has_a_size() -> None:
    nothing = np.zeros((3, 4), dtype=np.bool_)
    assert (size_strata(nothing, 10.0).labels == OUTSIDE).all()


# --- counts


STRATA = Strata(
    "slope",
    ("flat", "steep", "cliff"),
    np.array([[0, 0, 0, 0], [1, 1, 1, OUTSIDE], [1, 1, 2, 2]], dtype=np.uint8),
)
FOUND = bools("##..", "#.##", "..#.")
REFERENCE = bools("#.#.", "####", "....")
SCORED = bools("####", "##.#", "##..")


def test_counts_of_each_stratum() -> None:
    counts = counts_by_stratum(STRATA, FOUND, REFERENCE, SCORED)
    assert list(counts) == ["flat", "steep", "cliff"]
    assert counts["flat"] == Counts(1, 1, 1, 1)
    assert counts["steep"] == Counts(1, 0, 1, 2)  # without the third, which is not scored
    # Its pixels are not scored: a stratum that says nothing, not one of score 0.
    assert counts["cliff"] == Counts(0, 0, 0, 0)
    scores = counts["cliff"]
    assert scores.precision is scores.recall is scores.f1 is scores.iou is None


def test_strata_that_cover_all_add_up_to_the_whole() -> None:
    random = np.random.default_rng(3)
    found, reference, scored = random.random((3, 40, 50)) < np.array([[[0.3]], [[0.2]], [[0.8]]])
    strata = slope_strata(random.uniform(0, 60, (40, 50)).astype(np.float32))
    counts = counts_by_stratum(strata, found, reference, scored)
    total = sum(counts.values(), Counts(0, 0, 0, 0))
    assert total == count(found, reference, scored)
    assert min(part.tp for part in counts.values()) > 0


def test_what_is_not_scored_changes_nothing() -> None:
    """Clouds over any stratum, whatever map and reference hold below them."""
    counts = counts_by_stratum(STRATA, FOUND, REFERENCE, SCORED)
    recalls = recall_by_stratum(STRATA, FOUND, REFERENCE, SCORED)
    assert counts_by_stratum(STRATA, FOUND ^ ~SCORED, REFERENCE ^ ~SCORED, SCORED) == counts
    assert recall_by_stratum(STRATA, FOUND ^ ~SCORED, REFERENCE, SCORED) == recalls
    none = np.zeros_like(SCORED)
    assert set(counts_by_stratum(STRATA, FOUND, REFERENCE, none).values()) == {Counts(0, 0, 0, 0)}


def test_recall_by_size() -> None:
    reference = bools(
        "##......",
        "##......",
        "....####",
        "#...####",
        "....####",
    )
    found = bools(
        "#..####.",
        "........",
        "....##..",
        "........",
        "....#..#",
    )
    scored = np.ones_like(found)
    scored[4, 7] = scored[3, 0] = False
    strata = size_strata(reference, 10.0)
    recalls = recall_by_stratum(strata, found, reference, scored)
    # The single pixel is clouded, the large one stays large without one of its pixels.
    assert recalls["<1000"] == Recall(1, 1, 3)
    assert recalls["1000-10000"] == Recall(1, 3, 8)
    assert recalls["<1000"].recall == 0.25
    assert recalls["10000-100000"] == Recall(0, 0, 0)
    assert recalls["10000-100000"].recall is None


def test_a_size_has_no_precision() -> None:
    assert not hasattr(Recall(1, 2, 3), "precision")
    strata = size_strata(REFERENCE, 10.0)
    with pytest.raises(ValueError, match="false positives have no size"):
        counts_by_stratum(strata, FOUND, REFERENCE, SCORED)


def test_a_landslide_counts_in_every_stratum_that_it_reaches_into() -> None:
    recalls = recall_by_stratum(STRATA, FOUND, REFERENCE, SCORED)
    assert recalls == {"flat": Recall(1, 1, 1), "steep": Recall(1, 1, 1), "cliff": Recall(0, 0, 0)}
    for name, counts in counts_by_stratum(STRATA, FOUND, REFERENCE, SCORED).items():
        assert recalls[name].recall == counts.recall


def test_recalls_add_up_over_events() -> None:
    total = Recall(1, 2, 3) + Recall(0, 0, 0) + Recall(2, 4, 1)
    assert total == Recall(3, 6, 4)
    assert total.recall == 0.6


@pytest.mark.parametrize("taken", [counts_by_stratum, recall_by_stratum])
@pytest.mark.parametrize("odd", [0, 1, 2])
def test_shapes_that_differ_are_refused(taken: Any, odd: int) -> None:
    layers = [FOUND, REFERENCE, SCORED]
    layers[odd] = layers[odd][:, :1]  # NumPy would broadcast it
    with pytest.raises(ValueError, match="different shapes"):
        taken(STRATA, *layers)
