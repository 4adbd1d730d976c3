"""The TOPS phase: the formula, its slope, and real pixels of IW3."""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from scarp.sentinel1.phasor import phasor
from scarp.sentinel1.tops import TopsParameters, deramp, doppler_centroid, reramp, tops_phase

PAIR = Path(
    os.environ.get("SCARP_TEST_DATA", ""), "s1_slc_pair_vv", "s1a_iw3_vv_20230319_20230331.npz"
)

#: Numbers of an annotation of IW1.
IW1 = TopsParameters(
    azimuth_time_interval=2.055556299999998e-03,
    lines=1507,
    samples=23055,
    slant_range_time=5.344375290320961e-03,
    range_sampling_rate=6.434523812571428e07,
    radar_frequency=5.405000454334350e09,
    steering_rate=math.radians(1.590368784),
    velocity=7591.0,
    fm_rate=(5.334431164884956e-03, (-2331.030585991160, 4.497516587414036e05, -7.8163474e07)),
    doppler=(5.338158824457998e-03, (-10.01209, 1.178121e04, -1.821658e07)),
)


def _by_hand(line: float, sample: float) -> float:
    """The definition, in scalars, written out from the formula."""

    def at(number: float) -> tuple[float, float]:
        time = 5.344375290320961e-03 + number / 6.434523812571428e07
        x = time - 5.334431164884956e-03
        k_a = -2331.030585991160 + 4.497516587414036e05 * x - 7.8163474e07 * x**2
        y = time - 5.338158824457998e-03
        return k_a, -10.01209 + 1.178121e04 * y - 1.821658e07 * y**2

    k_a, f_dc = at(sample)
    k_mid, f_mid = at(23054 / 2)
    k_s = 2 * 7591.0 / 299792458.0 * 5.405000454334350e09 * 1.590368784 * math.pi / 180
    k_t = k_a * k_s / (k_a - k_s)
    eta = (line - 753.0) * 2.055556299999998e-03
    eta_ref = -f_dc / k_a + f_mid / k_mid
    return -math.pi * k_t * (eta - eta_ref) ** 2 - 2 * math.pi * f_dc * (eta - eta_ref)


@pytest.mark.parametrize("line", [0.0, 700.25, 1506.0])
@pytest.mark.parametrize("sample", [0.0, 9000.75, 23054.0])
def test_phase_is_the_definition(line: float, sample: float) -> None:
    got = tops_phase(IW1, np.array(line), np.array(sample))
    assert float(got) == pytest.approx(_by_hand(line, sample), abs=1e-7)


def test_a_window_broadcasts_to_what_single_positions_give() -> None:
    line, sample = np.arange(100.0, 107.0), np.arange(5000.0, 5011.0)
    window = tops_phase(IW1, line[:, None], sample[None, :])
    pixels = tops_phase(IW1, *np.meshgrid(line, sample, indexing="ij"))
    assert window.shape == (7, 11)
    np.testing.assert_allclose(window, pixels, atol=1e-9)


def test_doppler_centroid_is_what_the_phase_takes_off() -> None:
    line = np.linspace(0, 1506, 13)
    step = 1e-3
    difference = tops_phase(IW1, line + step, np.array(4000.0)) - tops_phase(
        IW1, line - step, np.array(4000.0)
    )
    frequency = -difference / (2 * step * IW1.azimuth_time_interval) / (2 * np.pi)
    np.testing.assert_allclose(doppler_centroid(IW1, line, np.array(4000.0)), frequency, atol=1e-3)


def test_doppler_at_the_middle_of_the_burst_is_the_annotations() -> None:
    middle = (IW1.samples - 1) / 2
    time = IW1.slant_range_time + middle / IW1.range_sampling_rate - IW1.doppler[0]
    expected = IW1.doppler[1][0] + IW1.doppler[1][1] * time + IW1.doppler[1][2] * time**2
    assert float(doppler_centroid(IW1, np.array(753.0), np.array(middle))) == pytest.approx(
        expected, abs=1e-6
    )


def test_doppler_sweeps_upwards_over_several_prf() -> None:
    ends = doppler_centroid(IW1, np.array([0.0, 1506.0]), np.array(10000.0))
    assert 5000 < ends[1] - ends[0] < 6000  # IW1: some 1750 Hz/s over 3.1 s


def test_reramping_undoes_deramping() -> None:
    random = np.random.default_rng(3)
    slc = (random.standard_normal((40, 30)) + 1j * random.standard_normal((40, 30))).astype(
        np.complex64
    )
    line, sample = np.meshgrid(np.arange(900.0, 940), np.arange(77.0, 107), indexing="ij")
    base_band = deramp(slc, IW1, 900, 77)
    assert np.abs(base_band - slc).max() > 1
    np.testing.assert_allclose(reramp(base_band, IW1, line, sample), slc, atol=1e-5)


def test_phasor_keeps_its_precision_over_many_cycles() -> None:
    phase = np.array([0.3, 0.3 + 2 * np.pi * 10_000_000, -1.0, np.nan])
    expected = np.exp(1j * np.array([0.3, 0.3, -1.0]))
    got = phasor(phase)
    assert got.dtype == np.complex64
    np.testing.assert_allclose(got[:3], expected, atol=1e-6)
    assert np.isnan(got[3])


def _drift(slc: NDArray[np.complex64], interval: float) -> float:
    """Rise of the Doppler centroid along azimuth in Hz/s, from phases of neighbouring lines."""
    pulse_pair = (slc[1:] * slc[:-1].conj()).sum(axis=1)
    # Phase increments of lines 12 apart: wide enough to be precise, short of a cycle.
    lag = 12
    turn = np.angle(np.sum(pulse_pair[lag:] * pulse_pair[:-lag].conj()))
    return float(turn / (2 * np.pi * interval) / (lag * interval))


@pytest.mark.skipif(not PAIR.is_file(), reason="SCARP_TEST_DATA does not lead to s1_slc_pair_vv")
@pytest.mark.parametrize("date", ["20230331", "20230319"])
def test_deramping_stops_the_drift_of_real_pixels(date: str) -> None:
    with np.load(PAIR) as data:
        slc = (data[f"i_{date}"] + 1j * data[f"q_{date}"]).astype(np.complex64)
    # Nominal IW3: steering 1.3974 degree/s; FM rate of a point at a slant range of 950 km,
    # 2 v_satellite v_ground / (wavelength R).
    iw3 = TopsParameters(
        azimuth_time_interval=2.0555563e-3,
        lines=1500,
        samples=24000,
        slant_range_time=2 * 950e3 / 299792458.0,
        range_sampling_rate=6.434523812571428e07,
        radar_frequency=5.405000454334350e09,
        steering_rate=math.radians(1.397440818),
        velocity=7590.0,
        fm_rate=(2 * 950e3 / 299792458.0, (-1958.0,)),
        doppler=(2 * 950e3 / 299792458.0, (0.0,)),
    )
    before = _drift(slc, iw3.azimuth_time_interval)
    after = _drift(deramp(slc, iw3, 0, 0), iw3.azimuth_time_interval)
    wrong = _drift(deramp(slc.conj(), iw3, 0, 0).conj(), iw3.azimuth_time_interval)
    assert 1300 < before < 1700
    assert abs(after) < 0.12 * before
    assert wrong > 1.8 * before
