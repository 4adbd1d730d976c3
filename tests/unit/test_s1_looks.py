"""Looks and moving windows against sums written out, with no data and at edges."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from scarp.sentinel1.looks import boxcar, equivalent_looks, multilook, window_sums


def _random(shape: tuple[int, int], kind: str, seed: int = 1) -> NDArray[np.inexact]:
    random = np.random.default_rng(seed)
    if kind == "power":
        return random.exponential(1.0, shape).astype(np.float32)
    parts = random.standard_normal((2, *shape))
    return (parts[0] + 1j * parts[1]).astype(np.complex64)


def _holes(values: NDArray[np.inexact]) -> NDArray[np.inexact]:
    holed = values.copy()
    holed[np.random.default_rng(2).random(values.shape) < 0.3] = np.nan
    holed[4:12, 8:20] = np.nan
    return holed


def _window(values: NDArray[np.inexact], i: int, j: int, azimuth: int, range_: int) -> NDArray:
    top, left = i - (azimuth - 1) // 2, j - (range_ - 1) // 2
    return values[max(0, top) : top + azimuth, max(0, left) : left + range_]


def _nanmean(values: NDArray[np.inexact]) -> complex:
    known = values[np.isfinite(values)]
    return complex(known.astype(np.complex128).mean()) if known.size else complex(np.nan, np.nan)


@pytest.mark.parametrize("kind", ["power", "product"])
def test_looks_are_means_of_blocks_without_their_holes(kind: str) -> None:
    values = _holes(_random((23, 38), kind))
    got = multilook(values, 2, 4)
    expected = [
        [_nanmean(values[2 * i : 2 * i + 2, 4 * j : 4 * j + 4]) for j in range(9)]
        for i in range(11)
    ]
    assert got.dtype == values.dtype
    assert np.isnan(got).any() and np.isfinite(got).any()
    np.testing.assert_allclose(
        got, np.asarray(expected) if kind == "product" else np.real(expected), rtol=1e-6
    )


def test_the_centre_of_a_look_lies_between_its_pixels() -> None:
    ramp = np.arange(40, dtype=np.float32)[None, :].repeat(3, axis=0)
    np.testing.assert_allclose(multilook(ramp, 1, 4)[0], 4 * np.arange(10) + 1.5)


@pytest.mark.parametrize("kind", ["power", "product"])
@pytest.mark.parametrize(("azimuth", "range_"), [(3, 10), (5, 5), (4, 1), (2, 6), (40, 60)])
def test_a_moving_window_averages_what_is_there(kind: str, azimuth: int, range_: int) -> None:
    values = _holes(_random((19, 31), kind))
    got = boxcar(values, azimuth, range_)
    expected = np.asarray(
        [[_nanmean(_window(values, i, j, azimuth, range_)) for j in range(31)] for i in range(19)]
    )
    assert got.dtype == values.dtype
    np.testing.assert_allclose(
        got, expected if kind == "product" else expected.real, rtol=1e-5, atol=1e-7
    )


def test_a_moving_window_inside_the_image_is_scipys() -> None:
    values = _random((30, 40), "power")
    expected = uniform_filter(values.astype(np.float64), (3, 5), mode="constant")
    np.testing.assert_allclose(boxcar(values, 3, 5)[1:-1, 2:-2], expected[1:-1, 2:-2], rtol=1e-6)


def test_an_even_window_reaches_one_pixel_further_after_its_own() -> None:
    values = np.zeros((1, 9), dtype=np.float32)
    values[0, 4] = 1
    np.testing.assert_array_equal(window_sums(values, 1, 4)[0], [0, 0, 1, 1, 1, 1, 0, 0, 0])


def test_a_bright_target_leaves_nothing_behind_its_window() -> None:
    values = np.zeros((5, 60), dtype=np.float32)
    values[2, 10:13] = np.float32([1e9 / 3, 7e8 / 9, 1e8 / 7])
    assert (window_sums(values, 3, 10)[:, 20:] == 0).all()


def test_a_window_of_one_pixel_changes_nothing() -> None:
    values = _holes(_random((9, 12), "product"))
    np.testing.assert_array_equal(boxcar(values, 1, 1), values)


@pytest.mark.parametrize("windows", [(1.0, 1.0), (0.7, 0.75)])
@pytest.mark.parametrize(("azimuth", "range_"), [(1, 4), (3, 10), (5, 20)])
def test_equivalent_looks_are_what_speckle_varies_like(
    azimuth: int, range_: int, windows: tuple[float, float]
) -> None:
    random = np.random.default_rng(5)
    size = 1024
    spectrum = random.standard_normal((size, size)) + 1j * random.standard_normal((size, size))
    number = np.fft.fftfreq(size) * size
    # Half-bands of whole numbers of frequencies make the oversampling exact.
    halves = (344.5, 450.5)
    bands = [
        np.where(np.abs(number) < half, a + (1 - a) * np.cos(np.pi * number / half), 0)
        for half, a in zip(halves, windows, strict=True)
    ]
    speckle = np.abs(np.fft.ifft2(spectrum * np.outer(*bands))) ** 2
    means = multilook(speckle.astype(np.float32), azimuth, range_).astype(np.float64)
    measured = means.mean() ** 2 / means.var()
    oversampling = (size / (2 * half) for half in halves)
    expected = equivalent_looks(azimuth, range_, *oversampling, *windows)
    assert expected == pytest.approx(measured, rel=0.04)


def test_independent_pixels_are_as_many_looks() -> None:
    assert equivalent_looks(3, 10, 1.0, 1.0) == pytest.approx(30)
    assert equivalent_looks(1, 1, 1.5, 1.2) == pytest.approx(1)


def test_the_window_of_coherence_in_iw1_has_fourteen_looks() -> None:
    oversampling = (486.4863 / 327, 64.345238 / 56.5)
    assert equivalent_looks(3, 10, *oversampling) == pytest.approx(22, abs=0.5)
    assert equivalent_looks(3, 10, *oversampling, 0.7, 0.75) == pytest.approx(14, abs=0.5)
