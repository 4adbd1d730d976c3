"""Boundary IoU: drawn by hand, and against distances between pixels on random masks."""

import numpy as np
import pytest

from scarp.boundary import DISTANCES, BoundaryCounts, band, count_boundary
from scarp.errors import DataError


def square(top, left, size, shape=(12, 12)):
    mask = np.zeros(shape, dtype=bool)
    mask[top : top + size, left : left + size] = True
    return mask


EVERYWHERE = np.ones((12, 12), dtype=bool)


def test_the_bands_of_a_square_by_hand():
    mask = square(2, 2, 6)
    assert np.count_nonzero(band(mask, EVERYWHERE, 1)) == 36 - 16
    assert np.count_nonzero(band(mask, EVERYWHERE, 2)) == 36 - 4
    assert np.array_equal(band(mask, EVERYWHERE, 3), mask)


def test_a_square_moved_by_a_pixel():
    # Rings of 20 pixels: two sides lie on each other by half (5 and 5 pixels less the corners).
    counts = count_boundary(square(2, 3, 6), square(2, 2, 6), EVERYWHERE, 1)
    assert counts == BoundaryCounts(shared=10, reference=20, predicted=20)
    assert counts.iou == pytest.approx(10 / 30)
    assert count_boundary(square(2, 3, 6), square(2, 2, 6), EVERYWHERE, 2).iou > counts.iou


@pytest.mark.parametrize("distance", DISTANCES)
def test_a_map_that_is_the_reference_scores_one(distance):
    mask = square(2, 2, 6) | square(9, 9, 2)
    assert count_boundary(mask, mask, EVERYWHERE, distance).iou == 1


def test_a_reference_that_is_all_inside_the_prediction_shares_no_outline_with_it():
    counts = count_boundary(square(1, 1, 9), square(4, 4, 3), EVERYWHERE, 1)
    assert (counts.shared, counts.iou) == (0, 0)


def test_the_edge_of_what_is_scored_is_no_outline():
    mask = np.zeros((12, 12), dtype=bool)
    mask[:, :6] = True  # reaches three edges of the map
    assert np.array_equal(np.flatnonzero(band(mask, EVERYWHERE, 1).any(axis=0)), [5])
    scored = EVERYWHERE.copy()
    scored[:, 6] = False  # a strip without data along the outline
    assert not band(mask, scored, 1).any()
    assert np.array_equal(np.flatnonzero(band(mask, scored, 2).any(axis=0)), [5])


def test_pixels_that_are_not_scored_are_in_no_band():
    scored = EVERYWHERE.copy()
    scored[2, 2:8] = False
    assert np.count_nonzero(band(square(2, 2, 6), scored, 1)) == 20 - 6


def test_without_an_outline_in_the_reference_the_score_is_undefined():
    nowhere = ~EVERYWHERE
    assert count_boundary(square(2, 2, 6), nowhere, EVERYWHERE, 1).iou is None
    assert count_boundary(nowhere, nowhere, EVERYWHERE, 1).iou is None
    assert count_boundary(square(2, 2, 6), EVERYWHERE, EVERYWHERE, 1).iou is None
    assert count_boundary(nowhere, square(2, 2, 6), EVERYWHERE, 1).iou == 0


def test_counts_of_sites_add_up():
    first = count_boundary(square(2, 3, 6), square(2, 2, 6), EVERYWHERE, 1)
    second = count_boundary(~EVERYWHERE, square(2, 2, 2), EVERYWHERE, 1)
    assert first + second == BoundaryCounts(10, 24, 20)


def test_arrays_that_would_be_broadcast_are_refused():
    with pytest.raises(DataError, match="one grid"):
        count_boundary(EVERYWHERE, EVERYWHERE[0], EVERYWHERE, 1)


@pytest.mark.parametrize("seed", range(20))
def test_bands_of_random_masks_are_those_of_the_distances(seed):
    random = np.random.default_rng(seed)
    shape = tuple(random.integers(1, 15, 2))
    mask = random.random(shape) < 0.8
    scored = random.random(shape) < 0.9
    outside = np.argwhere(scored & ~mask)
    for distance in DISTANCES:
        expected = np.zeros(shape, dtype=bool)
        for row, column in np.argwhere(scored & mask):
            apart = np.abs(outside - [row, column]).max(axis=1, initial=0)
            expected[row, column] = bool(len(outside)) and apart.min() <= distance
        assert np.array_equal(band(mask, scored, distance), expected)
