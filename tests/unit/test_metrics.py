"""Counts and scores: by hand on a small map, and what must hold on any."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scarp.metrics import Counts, count

MAPS = hnp.arrays(bool, hnp.array_shapes(max_dims=2, max_side=12))


def three(shape=(9, 7)):
    """Three boolean arrays of one shape."""
    return st.tuples(*(hnp.arrays(bool, shape) for _ in range(3)))


def test_a_map_counted_by_hand():
    predicted = np.array([[1, 1, 0, 0], [1, 0, 0, 1]])
    reference = np.array([[1, 0, 1, 0], [1, 0, 0, 1]])
    valid = np.array([[1, 1, 1, 1], [1, 1, 1, 0]])
    counts = count(predicted, reference, valid)
    assert counts == Counts(tp=2, fp=1, fn=1, tn=3)
    assert counts.precision == pytest.approx(2 / 3)
    assert counts.recall == pytest.approx(2 / 3)
    assert counts.f1 == pytest.approx(2 / 3)
    assert counts.iou == pytest.approx(1 / 2)


def test_without_a_validity_mask_every_pixel_counts():
    assert count(np.array([1, 0, 1]), np.array([1, 1, 0])) == Counts(1, 1, 1, 0)


def test_empty_reference_leaves_recall_f1_and_iou_undefined():
    counts = Counts(tp=0, fp=5, fn=0, tn=10)
    assert (counts.precision, counts.recall, counts.f1, counts.iou) == (0.0, None, None, None)


def test_nothing_predicted_leaves_only_precision_undefined():
    counts = Counts(tp=0, fp=0, fn=5, tn=10)
    assert (counts.precision, counts.recall, counts.f1, counts.iou) == (None, 0.0, 0.0, 0.0)


def test_nothing_at_all_leaves_every_score_undefined():
    counts = count(np.zeros(4), np.zeros(4), np.zeros(4))
    assert counts == Counts(0, 0, 0, 0)
    assert {counts.precision, counts.recall, counts.f1, counts.iou} == {None}


def test_arrays_that_would_be_broadcast_are_refused():
    with pytest.raises(ValueError, match="different shapes"):
        count(np.ones((3, 3)), np.ones(3), np.ones((3, 3)))


@given(three())
def test_each_valid_pixel_counts_once(arrays):
    predicted, reference, valid = arrays
    counts = count(predicted, reference, valid)
    assert counts.tp + counts.fp + counts.fn + counts.tn == valid.sum()
    assert counts.tp + counts.fn == (reference & valid).sum()
    assert counts.tp + counts.fp == (predicted & valid).sum()


@given(three())
def test_invalid_pixels_change_nothing(arrays):
    predicted, reference, valid = arrays
    assert count(predicted, reference, valid) == count(predicted[valid], reference[valid])


@given(three(), three())
def test_counts_of_two_sites_add_up(first, second):
    joined = [np.concatenate(pair) for pair in zip(first, second, strict=True)]
    assert count(*first) + count(*second) == count(*joined)


@given(three())
def test_swapping_map_and_reference_swaps_precision_and_recall(arrays):
    predicted, reference, valid = arrays
    one, other = count(predicted, reference, valid), count(reference, predicted, valid)
    assert one.precision == other.recall
    assert (one.tp, one.fp, one.fn, one.tn) == (other.tp, other.fn, other.fp, other.tn)


@given(three())
def test_f1_and_iou_follow_from_precision_and_recall(arrays):
    counts = count(*arrays)
    if counts.precision is None or counts.recall is None or not counts.tp:
        return
    harmonic = 2 / (1 / counts.precision + 1 / counts.recall)
    assert counts.f1 == pytest.approx(harmonic)
    assert counts.iou == pytest.approx(counts.f1 / (2 - counts.f1))
    assert 0 < counts.iou <= counts.f1 <= 1


@given(MAPS)
def test_a_map_that_is_the_reference_scores_one(reference):
    counts = count(reference, reference)
    assert (counts.fp, counts.fn) == (0, 0)
    assert counts.f1 == counts.iou == (1.0 if reference.any() else None)
