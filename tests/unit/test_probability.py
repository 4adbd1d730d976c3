"""Scores from the histogram: by hand on a few pixels, and against the raw pixels of random maps."""

from functools import reduce
from math import sqrt
from operator import add

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss, matthews_corrcoef

from scarp.errors import DataError
from scarp.metrics import Counts, count
from scarp.prediction import CERTAIN, NODATA, at_least, quantise
from scarp.probability import (
    PROBABILITY,
    THRESHOLDS,
    Histogram,
    average_precision,
    best_f1,
    brier_score,
    counts_at,
    histogram,
    mcc,
    threshold_curve,
)

NOWHERE = np.zeros((2, 2), dtype=bool)


def of(pixels):
    """A histogram of (probability, is landslide) pixels."""
    stored = quantise(np.array([[value for value, _ in pixels]], dtype=np.float32))
    reference = np.array([[bool(true) for _, true in pixels]])
    return histogram(stored, reference, np.ones_like(reference))


def random_map(seed, shape=(40, 50), unscored=0.1, share=0.2):
    """Stored probability that says something about a random reference, and what is scored."""
    random = np.random.default_rng(seed)
    reference = random.random(shape) < share
    probability = np.clip(random.normal(0.2 + 0.4 * reference, 0.25), 0, 1)
    scored = random.random(shape) >= unscored
    stored = quantise(np.where(scored, probability, np.nan).astype(np.float32))
    return stored, reference, scored


def plain(stored, reference, scored):
    """Class and probability of each scored pixel."""
    return reference[scored], stored[scored] / CERTAIN


#: Two landslide pixels and three of background. F1 at 0.8, 0.6, 0.4, 0.2: 2/3, 1/2, 4/5, 4/7.
FIVE = [(0.8, 1), (0.6, 0), (0.4, 1), (0.2, 0), (0.2, 0)]


def test_pixels_counted_by_hand():
    stored = np.array([[0, 7, 7], [CERTAIN, 7, NODATA]], dtype=np.uint16)
    reference = np.array([[0, 1, 0], [1, 1, 1]], dtype=bool)
    scored = np.array([[1, 1, 1], [1, 1, 0]], dtype=bool)
    pixels = histogram(stored, reference, scored)
    assert pixels.landslide.shape == pixels.background.shape == (CERTAIN + 1,)
    assert pixels.landslide.dtype == pixels.background.dtype == np.int64
    assert {n: int(pixels.landslide[n]) for n in np.flatnonzero(pixels.landslide)} == {
        7: 2,
        CERTAIN: 1,
    }
    assert {n: int(pixels.background[n]) for n in np.flatnonzero(pixels.background)} == {0: 1, 7: 1}


def test_histograms_of_sites_add_up():
    maps = [random_map(seed) for seed in range(3)]
    total = reduce(add, (histogram(*one) for one in maps))
    joined = histogram(*(np.concatenate(layers) for layers in zip(*maps, strict=True)))
    assert np.array_equal(total.landslide, joined.landslide)
    assert np.array_equal(total.background, joined.background)


def test_a_scored_pixel_without_probability_is_refused():
    stored = np.full((2, 2), NODATA, dtype=np.uint16)
    stored[0, 0] = 5
    with pytest.raises(DataError) as error:
        histogram(stored, NOWHERE, ~NOWHERE)
    assert error.value.faults[0].offender == "3 of 4 pixels"


def test_arrays_that_would_be_broadcast_are_refused():
    with pytest.raises(DataError) as error:
        histogram(np.zeros((2, 2), dtype=np.uint16), np.zeros(2, dtype=bool), ~NOWHERE)
    (fault,) = error.value.faults
    assert "reference (2,)" in fault.offender and "stored (2, 2)" in fault.offender


@pytest.mark.parametrize("threshold", [0.0, 1 / CERTAIN, 0.3, 0.5, 1.0, 1.5])
def test_counts_at_a_threshold_are_those_of_the_thresholded_map(threshold):
    stored, reference, scored = random_map(4)
    stored[0, :4] = [0, 1, 32767, CERTAIN]  # at and beside thresholds
    scored[0, :4] = True
    expected = count(at_least(stored, threshold), reference, scored)
    assert counts_at(histogram(stored, reference, scored), threshold) == expected


@given(st.integers(0, CERTAIN))
def test_a_stored_value_is_a_threshold_that_it_reaches(value):
    pixels = Histogram(*np.zeros((2, CERTAIN + 1), dtype=np.int64))
    pixels.landslide[value] = 1
    assert counts_at(pixels, float(PROBABILITY[value])) == Counts(1, 0, 0, 0)


def test_the_curve_goes_from_one_to_ninety_nine_hundredths():
    stored, reference, scored = random_map(5)
    curve = threshold_curve(histogram(stored, reference, scored))
    assert [threshold for threshold, _ in curve] == [float(f"0.{n:02d}") for n in range(1, 100)]
    assert len(THRESHOLDS) == 99
    for threshold, counts in curve[::14]:
        assert counts == count(at_least(stored, threshold), reference, scored)


def test_the_curve_takes_other_thresholds():
    assert threshold_curve(of(FIVE), [0.5, 0.1]) == [
        (0.5, Counts(1, 1, 1, 2)),
        (0.1, Counts(2, 3, 0, 0)),
    ]


def test_best_f1_by_hand():
    threshold, counts = best_f1(of(FIVE))
    assert threshold == pytest.approx(0.4, abs=1 / CERTAIN)
    assert counts == Counts(2, 1, 0, 2)
    assert counts.f1 == pytest.approx(4 / 5)


def test_of_equal_f1_the_threshold_that_predicts_fewer_pixels_is_taken():
    # tp 1, fn 1: 2/3. tp 2, fp 2: 2/3 again.
    threshold, counts = best_f1(of([(0.9, 1), (0.5, 1), (0.5, 0), (0.5, 0)]))
    assert threshold == pytest.approx(0.9, abs=1 / CERTAIN)
    assert counts == Counts(1, 0, 1, 2)


@pytest.mark.parametrize("seed", range(3))
def test_no_stored_value_is_a_better_threshold(seed):
    stored, reference, scored = random_map(seed, (8, 9))
    threshold, counts = best_f1(histogram(stored, reference, scored))
    assert counts == count(at_least(stored, threshold), reference, scored)
    every = [
        count(stored >= value, reference, scored).f1 for value in np.unique(stored[scored]).tolist()
    ]
    assert counts.f1 == max(every)


def test_mcc_by_hand():
    assert mcc(Counts(6, 1, 2, 3)) == pytest.approx((18 - 2) / sqrt(7 * 8 * 4 * 5))
    assert mcc(Counts(3, 0, 0, 5)) == pytest.approx(1)
    assert mcc(Counts(0, 5, 3, 0)) == pytest.approx(-1)
    assert mcc(Counts(2, 2, 2, 2)) == pytest.approx(0)


def test_mcc_of_a_continent_of_pixels():
    tp, fp, fn, tn = 40_000, 300_000, 60_000, 10**9
    product = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    assert mcc(Counts(tp, fp, fn, tn)) == pytest.approx((tp * tn - fp * fn) / sqrt(product))


@pytest.mark.parametrize(
    "counts", [(0, 0, 2, 3), (2, 0, 3, 0), (0, 2, 0, 3), (2, 3, 0, 0), (0, 0, 0, 0)]
)
def test_mcc_is_undefined_where_one_class_is_all(counts):
    assert mcc(Counts(*counts)) is None


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.8])
def test_mcc_is_that_of_the_raw_pixels(threshold):
    stored, reference, scored = random_map(6)
    true, probability = plain(stored, reference, scored)
    expected = matthews_corrcoef(true, probability >= threshold)
    assert expected > 0.2
    found = mcc(counts_at(histogram(stored, reference, scored), threshold))
    assert found == pytest.approx(expected)


def test_average_precision_by_hand():
    # Recall rises to 1/2 at precision 1 and to 1 at precision 2/3.
    assert average_precision(of(FIVE)) == pytest.approx(1 / 2 * 1 + 1 / 2 * 2 / 3)
    assert average_precision(of([(0.9, 1), (0.1, 0)])) == pytest.approx(1)
    assert average_precision(of([(0.1, 1), (0.9, 0), (0.9, 0)])) == pytest.approx(1 / 3)


def test_a_map_that_says_the_same_everywhere_reaches_the_share_of_landslide():
    assert average_precision(of([(0.3, 1), (0.3, 0), (0.3, 0), (0.3, 0)])) == pytest.approx(1 / 4)


def test_average_precision_and_brier_score_are_those_of_the_raw_pixels():
    stored, reference, scored = random_map(7)
    stored[scored] = stored[scored] // 4096 * 4096  # many pixels of one value
    true, probability = plain(stored, reference, scored)
    pixels = histogram(stored, reference, scored)
    assert average_precision(pixels) == pytest.approx(average_precision_score(true, probability))
    assert brier_score(pixels) == pytest.approx(brier_score_loss(true, probability))
    assert brier_score(pixels) == pytest.approx(np.mean((probability - true) ** 2))


@given(st.integers(0, 10**6), st.floats(0.01, 0.99))
@settings(max_examples=15, deadline=None)
def test_average_precision_is_the_sum_of_its_steps(seed, share):
    stored, reference, scored = random_map(seed, (6, 7), share=share)
    stored[scored] = stored[scored] // 8000 * 8000
    true = int((reference & scored).sum())
    found = average_precision(histogram(stored, reference, scored))
    if not true:
        assert found is None
        return
    area, before = 0.0, 0.0
    for value in sorted(set(stored[scored].tolist()), reverse=True):
        counts = count(stored >= value, reference, scored)
        area += (counts.recall - before) * counts.precision
        before = counts.recall
    assert found == pytest.approx(area)


def test_brier_score_by_hand():
    expected = (0.2**2 + 0.6**2 + 0.6**2 + 0.2**2 + 0.2**2) / 5
    assert brier_score(of(FIVE)) == pytest.approx(expected, abs=1e-5)
    assert brier_score(of([(1.0, 1), (0.0, 0)])) == 0
    assert brier_score(of([(1.0, 0)])) == 1  # one class is enough
    assert brier_score(of([(0.25, 1)])) == pytest.approx(0.5625, abs=1e-4)


def test_without_landslide_nothing_can_be_found():
    pixels = of([(0.9, 0), (0.1, 0)])
    assert (best_f1(pixels), average_precision(pixels)) == (None, None)
    assert brier_score(pixels) == pytest.approx((0.81 + 0.01) / 2, abs=1e-5)
    assert mcc(counts_at(pixels, 0.5)) is None


def test_without_background_every_map_is_right():
    assert average_precision(of([(0.9, 1), (0.1, 1)])) == 1
    assert best_f1(of([(0.9, 1), (0.1, 1)]))[1] == Counts(2, 0, 0, 0)


def test_without_a_pixel_every_score_is_undefined():
    pixels = histogram(np.full((2, 2), NODATA, dtype=np.uint16), NOWHERE, NOWHERE)
    assert (best_f1(pixels), average_precision(pixels), brier_score(pixels)) == (None, None, None)
    assert counts_at(pixels, 0.5) == Counts(0, 0, 0, 0)
