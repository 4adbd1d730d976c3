"""Temperature scaling: by hand, and as the repair of a model made too sure of itself."""

import numpy as np
import pytest
from scipy.special import expit, logit

from scarp.calibration import expected_calibration_error
from scarp.prediction import CERTAIN, NODATA, quantise
from scarp.probability import (
    Histogram,
    average_precision,
    best_f1,
    brier_score,
    counts_at,
    histogram,
)
from scarp.temperature import fit_temperature, negative_log_likelihood, temper, temperature_table


def sharpened(by, seed=1, size=60_000):
    """A map whose probabilities are true but for a logit that is `by` times too large."""
    random = np.random.default_rng(seed)
    probability = expit(random.normal(-2, 1.2, (1, size)))
    reference = random.random(probability.shape) < probability
    stored = quantise(expit(by * logit(probability)).astype(np.float32))
    return stored, reference, np.ones_like(reference)


def of(groups):
    """A histogram of (stored value, landslide pixels, background pixels)."""
    pixels = Histogram(*np.zeros((2, CERTAIN + 1), dtype=np.int64))
    for value, landslide, background in groups:
        pixels.landslide[value] += landslide
        pixels.background[value] += background
    return pixels


def test_a_model_that_is_too_sure_is_repaired():
    pixels = histogram(*sharpened(3.0))
    temperature = fit_temperature(pixels)
    assert temperature == pytest.approx(3.0, rel=0.03)
    repaired = temper(pixels, temperature)
    assert expected_calibration_error(pixels) > 0.1
    assert expected_calibration_error(repaired) < 0.015
    assert brier_score(repaired) < brier_score(pixels)
    assert negative_log_likelihood(repaired) < negative_log_likelihood(pixels) - 0.1


@pytest.mark.parametrize("by", [0.5, 1.0])
def test_a_model_that_is_too_unsure_or_right_is_seen_to_be(by):
    assert fit_temperature(histogram(*sharpened(by))) == pytest.approx(by, rel=0.03)


def test_no_other_temperature_is_likelier():
    pixels = histogram(*sharpened(2.0, size=500))
    best = fit_temperature(pixels)
    at_best = negative_log_likelihood(pixels, best)
    for other in (0.01, 0.1, 0.5, 1.0, 0.99 * best, 1.01 * best, 5.0, 100.0):
        assert negative_log_likelihood(pixels, other) > at_best


def test_a_temperature_by_hand():
    # Three of four pixels of 0.9 are landslide, and one of four of 0.1: 0.9 should have been 3/4.
    pixels = of([(round(0.9 * CERTAIN), 3, 1), (round(0.1 * CERTAIN), 1, 3)])
    expected = np.log(9) / np.log(3)
    assert fit_temperature(pixels) == pytest.approx(expected, rel=1e-4)
    likelihood = -(3 * np.log(3 / 4) + np.log(1 / 4)) / 4
    assert negative_log_likelihood(pixels, expected) == pytest.approx(likelihood, rel=1e-6)


def test_the_likelihood_is_that_of_the_raw_pixels():
    stored, reference, scored = sharpened(1.5, size=300)
    stored[0, :4] = [0, CERTAIN, 0, CERTAIN]
    probability = np.clip(stored / CERTAIN, 0.25 / CERTAIN, 1 - 0.25 / CERTAIN)
    raw = -np.log(np.where(reference, probability, 1 - probability)).mean()
    assert negative_log_likelihood(histogram(stored, reference, scored)) == pytest.approx(raw)


def test_the_histogram_is_tempered_as_the_map_is():
    stored, reference, scored = sharpened(3.0, size=5000)
    of_map = histogram(temperature_table(2.5)[stored], reference, scored)
    pixels = temper(histogram(stored, reference, scored), 2.5)
    assert np.array_equal(pixels.landslide, of_map.landslide)
    assert np.array_equal(pixels.background, of_map.background)


def test_a_tempered_value_by_hand():
    table = temperature_table(2.0)
    assert table.shape == (NODATA + 1,) and table.dtype == np.uint16
    assert table[round(0.9 * CERTAIN)] == pytest.approx(0.75 * CERTAIN, abs=1)  # odds 9 become 3
    assert table[CERTAIN // 2] == CERTAIN // 2
    assert table[NODATA] == NODATA


def test_temperature_one_changes_nothing():
    assert np.array_equal(temperature_table(1.0), np.arange(NODATA + 1))


@pytest.mark.parametrize("temperature", [0.3, 4.0])
def test_the_order_of_pixels_stays(temperature):
    table = temperature_table(temperature)
    assert (np.diff(table.astype(np.int64)) >= 0).all()
    half = CERTAIN // 2
    assert (table[: half + 1] <= half).all() and (table[half:] >= half).all()


def test_scores_that_depend_on_the_order_alone_stay():
    pixels = histogram(*sharpened(3.0, size=5000))
    repaired = temper(pixels, 3.0)
    assert average_precision(repaired) == pytest.approx(average_precision(pixels), abs=2e-3)
    assert best_f1(repaired)[1].f1 == pytest.approx(best_f1(pixels)[1].f1, abs=2e-3)
    assert counts_at(repaired, 0.5) == counts_at(pixels, 0.5)


@pytest.mark.parametrize(
    "groups",
    [
        [],
        [(9000, 0, 5), (60_000, 0, 1)],  # no landslide
        [(9000, 1, 0), (60_000, 5, 0)],  # no background
        [(9000, 0, 5), (60_000, 5, 0)],  # told apart without an error
        [(9000, 5, 1), (60_000, 1, 5)],  # the contrary of the truth
        [(CERTAIN // 2, 3, 3)],  # nothing said
    ],
)
def test_pixels_that_determine_no_temperature(groups):
    assert fit_temperature(of(groups)) is None


def test_without_a_pixel_the_likelihood_is_undefined():
    assert negative_log_likelihood(of([])) is None
