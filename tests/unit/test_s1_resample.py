"""Resampling: what is lost of a band-limited field, at edges, and with TOPS steering in it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray

from scarp.sentinel1.resample import (
    AZIMUTH_BANDWIDTH,
    RANGE_BANDWIDTH,
    kernel_table,
    resample,
    resample_slc,
)
from scarp.sentinel1.tops import tops_phase
from test_s1_tops import IW1

SIZE = 192
MARGIN = 20


class Field:
    """A periodic random field that fills a band evenly and is known at every position."""

    def __init__(self, azimuth: float, range_: float, seed: int = 1) -> None:
        random = np.random.default_rng(seed)
        frequency = np.fft.fftfreq(SIZE)
        spectrum = random.standard_normal((SIZE, SIZE)) + 1j * random.standard_normal((SIZE, SIZE))
        inside = (np.abs(frequency)[:, None] <= azimuth / 2) & (
            np.abs(frequency)[None, :] <= range_ / 2
        )
        self.spectrum = np.where(inside, spectrum, 0)
        self.frequency = frequency

    def shifted(self, line: float, sample: float) -> NDArray[np.complex64]:
        """Values at every pixel's position plus (line, sample)."""
        along = np.exp(2j * np.pi * self.frequency * line)[:, None]
        across = np.exp(2j * np.pi * self.frequency * sample)[None, :]
        return np.asarray(np.fft.ifft2(self.spectrum * along * across), dtype=np.complex64)


def _positions(line: float, sample: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    lines, samples = np.indices((SIZE, SIZE), dtype=np.float64)
    return lines + line, samples + sample


def _inner(values: NDArray[np.complex64]) -> NDArray[np.complex64]:
    return values[MARGIN:-MARGIN, MARGIN:-MARGIN]


def _decibel(got: NDArray[np.complex64], truth: NDArray[np.complex64]) -> float:
    error, power = np.abs(_inner(got - truth)) ** 2, np.abs(_inner(truth)) ** 2
    return float(10 * np.log10(error.mean() / power.mean()))


def _coherence(first: NDArray[np.complex64], second: NDArray[np.complex64]) -> float:
    a, b = _inner(first), _inner(second)
    power = np.sum(np.abs(a) ** 2) * np.sum(np.abs(b) ** 2)
    return float(np.abs(np.sum(a * b.conj())) / np.sqrt(power))


@pytest.mark.parametrize(("taps", "limit"), [(8, -45), (10, -50), (16, -70)])
def test_half_a_line_off_in_azimuth(taps: int, limit: float) -> None:
    field = Field(AZIMUTH_BANDWIDTH, RANGE_BANDWIDTH)
    got = resample(field.shifted(0, 0), *_positions(0.5, 0), taps)
    assert _decibel(got, field.shifted(0.5, 0)) < limit


@pytest.mark.parametrize(("taps", "limit"), [(8, -23), (12, -31), (16, -38)])
def test_half_a_sample_off_in_range(taps: int, limit: float) -> None:
    field = Field(AZIMUTH_BANDWIDTH, RANGE_BANDWIDTH)
    got = resample(field.shifted(0, 0), *_positions(0, 0.5), taps)
    assert _decibel(got, field.shifted(0, 0.5)) < limit


def test_whole_pixels_are_taken_as_they_are() -> None:
    values = Field(1.0, 1.0).shifted(0, 0)
    got = resample(values, *_positions(3, -2))
    np.testing.assert_allclose(got[10:100, 10:100], values[13:103, 8:98], atol=1e-6)


def test_an_interpolated_pixel_is_the_weighted_sum_of_its_neighbours() -> None:
    values = Field(1.0, 1.0).shifted(0, 0)
    # 0.25 and 0.625 stand in the table, so that nothing is rounded.
    got = resample(values, np.array([[50.25]]), np.array([[60.625]]), 8)
    table_line, table_sample = (kernel_table(8, b) for b in (AZIMUTH_BANDWIDTH, RANGE_BANDWIDTH))
    steps = len(table_line) - 1
    along, across = table_line[steps // 4], table_sample[steps * 5 // 8]
    expected = along @ values[47:55, 57:65].astype(np.complex128) @ across
    np.testing.assert_allclose(got[0, 0], expected, rtol=1e-5)


def test_positions_are_rounded_to_the_nearest_that_is_tabulated() -> None:
    values = Field(1.0, 1.0).shifted(0, 0)
    got = resample(values, np.array([[50.9999, 51.0001]]), np.array([[60.0001, 59.9999]]))
    np.testing.assert_allclose(got[0], values[51, 60], rtol=1e-5)


def test_what_a_kernel_cannot_reach_is_nan() -> None:
    values = np.ones((16, 20), dtype=np.complex64)
    lines = np.array([[2.99, 3.0, 12.0, 12.01, 8.0, 8.0, 8.0, 8.0, np.nan, 1e9]])
    samples = np.array([[8.0, 8.0, 8.0, 8.0, 2.99, 3.0, 16.0, 16.01, 8.0, 8.0]])
    got = resample(values, lines, samples, 8)
    known = [False, True, True, False, False, True, True, False, False, False]
    np.testing.assert_array_equal(np.isfinite(got[0]), known)
    np.testing.assert_allclose(got[0][known], 1, atol=1e-6)


def test_nan_spreads_as_far_as_the_kernel() -> None:
    values = np.ones((30, 30), dtype=np.complex64)
    values[15, 15] = np.nan
    lines, samples = np.indices((30, 30), dtype=np.float64)
    lost = np.isnan(resample(values, lines + 0.5, samples + 0.5, 8))[5:25, 5:25]
    expected = np.zeros((30, 30), dtype=bool)
    expected[11:19, 11:19] = True
    np.testing.assert_array_equal(lost, expected[5:25, 5:25])


def test_a_window_smaller_than_the_kernel_gives_nothing() -> None:
    got = resample(np.ones((7, 40), np.complex64), np.full((2, 3), 3.0), np.full((2, 3), 20.0), 8)
    assert got.shape == (2, 3)
    assert np.isnan(got).all()


def test_kernels_add_up_to_one_and_begin_and_end_on_a_pixel() -> None:
    table = kernel_table(8, RANGE_BANDWIDTH)
    np.testing.assert_allclose(table.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(table[0], np.eye(8)[3], atol=1e-7)
    np.testing.assert_allclose(table[-1], np.eye(8)[4], atol=1e-7)


@pytest.mark.parametrize("taps", [2, 7, 34])
def test_impossible_kernels_are_refused(taps: int) -> None:
    with pytest.raises(ValueError, match="even number within"):
        kernel_table(taps, RANGE_BANDWIDTH)


def test_positions_of_two_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in shape"):
        resample(np.ones((20, 20), np.complex64), np.zeros((2, 3)), np.zeros((3, 2)))


# A burst's first lines, where its Doppler centroid is far from zero.
FIRST_LINE, FIRST_SAMPLE = 40, 9000


def _steered(field: Field, line: float, sample: float) -> NDArray[np.complex64]:
    """What a TOPS product holds at its pixels' positions plus (line, sample)."""
    lines, samples = _positions(FIRST_LINE + line, FIRST_SAMPLE + sample)
    turned = field.shifted(line, sample) * np.exp(-1j * tops_phase(IW1, lines, samples))
    return np.asarray(turned, dtype=np.complex64)


def test_a_steered_burst_survives_half_a_line_only_when_it_is_deramped() -> None:
    field = Field(AZIMUTH_BANDWIDTH, RANGE_BANDWIDTH)
    slc, truth = _steered(field, 0, 0), _steered(field, 0.5, 0.3)
    positions = _positions(FIRST_LINE + 0.5, FIRST_SAMPLE + 0.3)
    window = (FIRST_LINE, FIRST_SAMPLE)
    assert _coherence(resample_slc(slc, IW1, *window, *positions), truth) > 0.998
    assert _coherence(resample(slc, *_positions(0.5, 0.3)), truth) < 0.8
    backwards = dataclasses.replace(IW1, steering_rate=-IW1.steering_rate)
    assert _coherence(resample_slc(slc, backwards, *window, *positions), truth) < 0.8
    # 200 lines are 1.5 PRF of Doppler centroid.
    elsewhere = (FIRST_LINE + 200, FIRST_SAMPLE)
    moved = (positions[0] + 200, positions[1])
    assert _coherence(resample_slc(slc, IW1, *elsewhere, *moved), truth) < 0.8


def test_a_steered_burst_keeps_its_phase_pixel_by_pixel() -> None:
    field = Field(AZIMUTH_BANDWIDTH, 0.5)
    positions = _positions(FIRST_LINE + 0.5, FIRST_SAMPLE + 0.3)
    got = resample_slc(_steered(field, 0, 0), IW1, FIRST_LINE, FIRST_SAMPLE, *positions, taps=16)
    assert _decibel(got, _steered(field, 0.5, 0.3)) < -38
