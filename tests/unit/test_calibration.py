"""The reliability table and its error: by hand, and pixel by pixel on a random map."""

import numpy as np
import pytest

from scarp.calibration import Bin, expected_calibration_error, reliability
from scarp.prediction import CERTAIN, quantise
from scarp.probability import PROBABILITY, Histogram, histogram


def of(groups):
    """A histogram of (probability, pixels, landslide pixels)."""
    pixels = Histogram(*np.zeros((2, CERTAIN + 1), dtype=np.int64))
    for probability, number, landslide in groups:
        value = int(quantise(np.array(probability, dtype=np.float32)))
        pixels.landslide[value] += landslide
        pixels.background[value] += number - landslide
    return pixels


def test_bins_by_hand():
    pixels = of([(0.0, 900, 9), (0.1, 4, 0), (0.2, 4, 2), (0.5, 4, 2), (0.9, 4, 4)])
    rest, low, high = reliability(pixels, bins=2)
    assert rest == Bin(0.0, 0.0, 900, 9, 0.0)
    assert rest.share == 0.01
    assert (low.pixels, low.landslide, low.share) == (8, 2, 0.25)
    assert (high.pixels, high.landslide, high.share) == (8, 6, 0.75)
    near = {"abs": 1 / CERTAIN}
    assert (low.lowest, low.highest, low.mean) == pytest.approx((0.1, 0.2, 0.15), **near)
    assert (high.lowest, high.highest, high.mean) == pytest.approx((0.5, 0.9, 0.7), **near)
    # Half of the pixels at |0.25 - 0.15| and half at |0.75 - 0.7|.
    assert expected_calibration_error(pixels, bins=2) == pytest.approx(0.075, **near)


def test_bins_of_pixels_that_all_differ_hold_equally_many():
    pixels = Histogram(*np.zeros((2, CERTAIN + 1), dtype=np.int64))
    pixels.background[10_000:10_060] = 1
    table = reliability(pixels, bins=15)
    assert [one.pixels for one in table] == [0] + [4] * 15
    assert [round(one.lowest * CERTAIN) for one in table[1:]] == list(range(10_000, 10_060, 4))


def test_pixels_of_one_value_stay_together_in_the_bin_of_their_middle():
    pixels = of([(0.2, 1, 0), (0.5, 8, 4), (0.8, 1, 1)])
    assert [one.pixels for one in reliability(pixels, bins=5)[1:]] == [1, 8, 1]
    assert [one.pixels for one in reliability(pixels, bins=2)[1:]] == [1, 9]


def test_equal_width_over_all_pixels_would_hide_what_this_error_shows():
    # 100000 pixels of sure background, and 100 of 0.6 of which a tenth is landslide.
    pixels = of([(0.0, 100_000, 0), (0.6, 100, 10)])
    assert expected_calibration_error(pixels) == pytest.approx(0.5, abs=1e-4)
    everywhere = expected_calibration_error(pixels, least=0.0)
    assert everywhere == pytest.approx(0.5 * 100 / 100_100, rel=1e-3)


def test_a_pixel_of_the_least_probability_counts_and_one_below_does_not():
    first = int(np.searchsorted(PROBABILITY, 0.01))
    pixels = Histogram(*np.zeros((2, CERTAIN + 1), dtype=np.int64))
    pixels.background[[first - 1, first]] = 3, 5
    assert [one.pixels for one in reliability(pixels)] == [3, 5]


def test_a_calibrated_map_has_no_error():
    pixels = of([(n / 10, 1000, 100 * n) for n in range(1, 11)])
    assert expected_calibration_error(pixels) == pytest.approx(0, abs=1 / CERTAIN)


@pytest.mark.parametrize("bins", [1, 4, 15])
def test_the_error_is_that_of_the_raw_pixels(bins):
    random = np.random.default_rng(8)
    probability = random.beta(0.2, 1, (60, 70)).astype(np.float32)
    stored = quantise(probability) // 600 * 600  # many pixels share a value
    reference = random.random(stored.shape) < probability**2
    scored = random.random(stored.shape) < 0.9
    value = stored[scored] / CERTAIN
    true = reference[scored][value >= 0.01]
    value = value[value >= 0.01]
    total = 0.0
    members = {}
    for one in np.unique(value):
        middle = (np.count_nonzero(value < one) + np.count_nonzero(value <= one)) / 2
        members.setdefault(int(bins * middle / len(value)), []).append(one)
    for values in members.values():
        inside = np.isin(value, values)
        total += inside.mean() * abs(true[inside].mean() - value[inside].mean())
    pixels = histogram(stored, reference, scored)
    assert total > 0.01
    assert expected_calibration_error(pixels, bins) == pytest.approx(total)
    table = reliability(pixels, bins)
    assert len(table) == len(members) + 1
    assert sum(one.pixels for one in table) == scored.sum()
    assert sum(one.landslide for one in table) == (reference & scored).sum()


@pytest.mark.parametrize("groups", [[], [(0.005, 10, 1)]])
def test_where_nothing_is_predicted_the_error_is_undefined(groups):
    pixels = of(groups)
    assert expected_calibration_error(pixels) is None
    (rest,) = reliability(pixels)
    assert rest.pixels == sum(number for _, number, _ in groups)


def test_a_bin_without_a_pixel_says_nothing():
    (rest,) = reliability(of([]))
    assert rest == Bin(None, None, 0, 0, None) and rest.share is None
