"""Coherence: plain sums, its bias, the geometric phase and its sign, real pixels."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.special import hyp2f1

from scarp.sentinel1.coherence import coherence, expected_coherence

PAIR = Path(
    os.environ.get("SCARP_TEST_DATA", ""), "s1_slc_pair_vv", "s1a_iw3_vv_20230319_20230331.npz"
)
SHAPE = (60, 200)


def _noise(random: np.random.Generator, shape: tuple[int, int] = SHAPE) -> NDArray[np.complex64]:
    parts = random.standard_normal((2, *shape))
    return ((parts[0] + 1j * parts[1]) / np.sqrt(2)).astype(np.complex64)


def _pair(
    true: float, seed: int = 1, shape: tuple[int, int] = SHAPE
) -> tuple[NDArray[np.complex64], NDArray[np.complex64]]:
    random = np.random.default_rng(seed)
    first, other = _noise(random, shape), _noise(random, shape)
    return first, (true * first + np.sqrt(1 - true**2) * other).astype(np.complex64)


def _fringes(shape: tuple[int, int] = SHAPE) -> NDArray[np.float64]:
    """A quarter cycle per sample on top of many cycles, as a long baseline leaves them."""
    line, sample = np.indices(shape, dtype=np.float64)
    return 12000.0 + 0.5 * np.pi * sample - 0.3 * line


def _plain(
    m: NDArray[np.complex64], s: NDArray[np.complex64], phase: NDArray[np.float64], i: int, j: int
) -> float:
    window = np.s_[max(0, i - 1) : i + 2, max(0, j - 4) : j + 6]
    a, b = m[window].astype(np.complex128), s[window].astype(np.complex128)
    cross = (a * b.conj() * np.exp(-1j * phase[window])).sum()
    return float(abs(cross) / np.sqrt((abs(a) ** 2).sum() * (abs(b) ** 2).sum()))


def test_the_estimate_is_the_ratio_of_plain_sums() -> None:
    first, second = _pair(0.6)
    phase = np.random.default_rng(4).uniform(-1e4, 1e4, SHAPE)
    got = coherence(first, second, phase)
    expected = [[_plain(first, second, phase, i, j) for j in range(200)] for i in range(60)]
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, expected, atol=2e-6)


def test_an_image_is_coherent_with_itself_whatever_its_brightness() -> None:
    first = _noise(np.random.default_rng(2))
    got = coherence(first, (3e4 * first).astype(np.complex64), np.zeros(SHAPE))
    assert got.max() <= 1
    np.testing.assert_allclose(got, 1, atol=1e-6)


def test_the_phase_must_be_removed_with_the_right_sign() -> None:
    first, second = _pair(0.9)
    # The longer way of the secondary: its own phase is minus the difference of ranges.
    turned = (second * np.exp(-1j * _fringes())).astype(np.complex64)
    flat = coherence(first, second, np.zeros(SHAPE))
    np.testing.assert_allclose(coherence(first, turned, _fringes()), flat, atol=1e-4)
    assert coherence(first, turned, np.zeros(SHAPE)).mean() < 0.3
    assert coherence(first, turned, -_fringes()).mean() < 0.3


@pytest.mark.parametrize("true", [0.0, 0.3, 0.7, 0.95])
def test_the_mean_estimate_is_the_expected_one(true: float) -> None:
    shape = (150, 400)
    first, second = _pair(true, seed=7, shape=shape)
    got = coherence(first, second, np.zeros(shape))[1:-1, 5:-5]
    assert got.mean() == pytest.approx(float(expected_coherence(true, 30)), abs=0.006)


@pytest.mark.parametrize("looks", [2.0, 15.0, 30.5, 100.0])
@pytest.mark.parametrize("true", [0.0, 0.2, 0.76, 0.97])
def test_the_expectation_is_the_integral_of_the_estimates_density(
    true: float, looks: float
) -> None:
    # Touzi et al. 1999, density of the estimate, with Euler's transformation of 2F1.
    def density(d: float) -> float:
        z = (d * true) ** 2
        power = (1 - true**2) ** looks * (1 - z) ** (1 - 2 * looks)
        return float(
            2
            * (looks - 1)
            * power
            * d
            * (1 - d**2) ** (looks - 2)
            * hyp2f1(1 - looks, 1 - looks, 1, z)
        )

    mean, _ = quad(lambda d: d * density(d), 0, 1, points=[true], limit=200)
    assert float(expected_coherence(true, looks)) == pytest.approx(mean, abs=1e-6)


def test_the_expectation_keeps_shape_and_ends() -> None:
    got = expected_coherence(np.array([[0.0, 0.5, 0.999999, 1.0]]), 30)
    assert got.shape == (1, 4)
    assert got[0, 0] == pytest.approx(np.sqrt(np.pi / (4 * 30)), rel=0.01)
    assert (np.diff(got[0]) > 0).all()
    assert got[0, 3] == 1
    assert float(expected_coherence(0.4, 1)) == pytest.approx(1)


def test_pixels_without_data_are_left_out() -> None:
    first, second = _pair(0.8)
    holed = second.copy()
    holed[30, 100:103] = np.nan
    phase = np.zeros(SHAPE)
    got = coherence(first, holed, phase)
    zeroed = (np.where(np.isnan(holed), 0, first), np.where(np.isnan(holed), 0, second))
    np.testing.assert_allclose(got, coherence(*zeroed, phase), atol=1e-6)
    np.testing.assert_allclose(got, coherence(holed, first, phase), atol=1e-6)


def test_windows_with_less_than_half_their_data_have_no_estimate() -> None:
    first, second = _pair(0.8)
    half = second.copy()
    half[:, 100:] = np.nan
    got = coherence(first, half, np.zeros(SHAPE))
    # A window holds samples j - 4 ... j + 5: at 99 five of ten, at 100 four.
    np.testing.assert_array_equal(np.isfinite(got[20]), np.arange(200) < 100)
    half[40, 99] = np.nan  # leaves 14 of 30
    one_less = coherence(first, half, np.zeros(SHAPE))
    np.testing.assert_array_equal(np.isnan(one_less[37:44, 99]), [0, 0, 1, 1, 1, 0, 0])
    unknown = np.zeros(SHAPE)
    unknown[:, 100:] = np.nan
    np.testing.assert_array_equal(coherence(first, second, unknown), got)
    # At the corner a third of a whole window is inside the image, and all of that is known.
    assert np.isfinite(got[0, 0])


def test_a_window_of_zeros_has_no_estimate() -> None:
    first, second = _pair(0.8)
    second[20:40, 50:90] = 0
    got = coherence(first, second, np.zeros(SHAPE))
    assert np.isnan(got[30, 70])
    assert np.isfinite(got[30, 20])
    assert np.isnan(got).sum() == 18 * 31


def test_images_of_two_shapes_are_refused() -> None:
    first, second = _pair(0.5)
    with pytest.raises(ValueError, match="shapes differ"):
        coherence(first, second[:-1], np.zeros(SHAPE))


@pytest.mark.skipif(not PAIR.is_file(), reason="SCARP_TEST_DATA does not lead to s1_slc_pair_vv")
def test_the_real_pair_is_coherent_and_falls_to_the_null_when_shifted() -> None:
    with np.load(PAIR) as data:
        first, second = (
            (data[f"i_{date}"] + 1j * data[f"q_{date}"]).astype(np.complex64)
            for date in ("20230331", "20230319")
        )
    zero = np.zeros(first.shape)
    got = coherence(first, second, zero, 5, 15)
    m, s = first.astype(np.complex128), second.astype(np.complex128)
    for i, j in ((2, 7), (40, 80), (81, 161), (60, 30)):
        window = np.s_[i - 2 : i + 3, j - 7 : j + 8]
        cross = np.abs(np.sum(m[window] * s[window].conj()))
        power = np.sum(np.abs(m[window]) ** 2) * np.sum(np.abs(s[window]) ** 2)
        assert got[i, j] == pytest.approx(cross / np.sqrt(power), abs=1e-5)
    assert got.mean() == pytest.approx(0.70, abs=0.01)
    assert np.median(got) == pytest.approx(0.76, abs=0.01)
    shifted = coherence(first, np.roll(second, (20, 40), axis=(0, 1)), zero, 5, 15)
    assert shifted[25:-2, 50:-7].mean() < 0.2
