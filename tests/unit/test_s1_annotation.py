"""Annotations: every number a product gives is read, and what is missing is named."""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np
import pytest

import tiny_safe
from scarp.errors import DataError
from scarp.sentinel1.annotation import Polynomial, nearest, read_annotation
from tiny_safe import LINES, SAMPLES

DATA = os.environ.get("SCARP_TEST_DATA", "")
REAL = Path(DATA, "s1_safe_annotation")
real_data = pytest.mark.skipif(
    not DATA or not REAL.is_dir(),
    reason="SCARP_TEST_DATA does not lead to the folder s1_safe_annotation",
)
#: 06:37:31.485004 in seconds of the day.
FIRST = 6 * 3600 + 37 * 60 + 31.485004


def changed(old: str, new: str) -> bytes:
    text = tiny_safe.annotation("VV")
    assert old in text
    return text.replace(old, new).encode()


def test_numbers_of_an_annotation() -> None:
    swath = read_annotation(tiny_safe.annotation("VV").encode(), "a.xml")
    assert (swath.name, swath.polarisation, swath.mission) == ("IW1", "VV", "S1A")
    assert (swath.orbit_pass, swath.absolute_orbit) == ("DES", 50349)
    assert swath.reference_time == np.datetime64("2023-09-16")
    assert (swath.lines, swath.samples) == (2 * LINES, SAMPLES)
    assert swath.azimuth_steering_rate == pytest.approx(1.590368784 * math.pi / 180, rel=1e-15)
    assert swath.azimuth_time_interval == 2.0555563e-3
    assert (swath.range_bandwidth, swath.azimuth_bandwidth) == (5.65e7, 327.0)
    assert (swath.range_window, swath.azimuth_window) == (0.75, 0.7)
    first, second = swath.bursts
    assert first.azimuth_time == pytest.approx(FIRST, abs=1e-9)
    assert second.azimuth_time - first.azimuth_time == pytest.approx(3, abs=1e-9)
    assert first.sensing_time - first.azimuth_time == pytest.approx(1.146455, abs=1e-9)
    assert (first.first_line, second.first_line) == (0, LINES)
    assert second.byte_offset - first.byte_offset == 4 * LINES * SAMPLES
    assert first.first_valid_sample.tolist() == [-1, -1, *[3] * (LINES - 3), -1]
    assert first.last_valid_sample.tolist() == [-1, -1, *[36] * (LINES - 3), -1]
    assert first.first_valid_sample.dtype == np.int32
    assert swath.fm_rates[0].coefficients == (-2331.0, 4.5e5, -7.8e7)
    assert swath.fm_rates[0].t0 == 5.334e-3
    assert swath.doppler_centroids[0].coefficients == (-0.92, -43141.98, 4.2e7)
    assert swath.doppler_centroids[0].time == pytest.approx(FIRST - 0.236761, abs=1e-9)
    assert swath.geolocation.line[:, 0].tolist() == [0, LINES, 2 * LINES - 1]
    assert swath.geolocation.sample[0].tolist() == [0, SAMPLES - 1]
    assert swath.geolocation.height.shape == (3, 2)
    assert swath.orbit_state.positions.shape == (14, 3)
    assert swath.orbit_state.times[0] == pytest.approx(FIRST - 60.485004, abs=1e-9)


def test_times_count_from_the_product_across_midnight() -> None:
    day_before = np.datetime64("2023-09-15", "ns")
    swath = read_annotation(tiny_safe.annotation("VV").encode(), "a.xml", day_before)
    assert swath.bursts[0].azimuth_time == pytest.approx(FIRST + 86400, abs=1e-9)
    assert swath.orbit_state.times[6] == pytest.approx(FIRST + 86400 - 0.485004, abs=1e-9)


def test_old_products_write_the_fm_rate_otherwise() -> None:
    old = changed(
        "<azimuthFmRatePolynomial>-2331.0 4.5e5 -7.8e7</azimuthFmRatePolynomial>",
        "<c0>-2331.0</c0><c1>4.5e5</c1><c2>-7.8e7</c2>",
    )
    assert read_annotation(old, "a.xml").fm_rates[0].coefficients == (-2331.0, 4.5e5, -7.8e7)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("slantRangeTime>", "other>", "lacks the element .*imageInformation/slantRangeTime"),
        ("dataDcPolynomial", "other", "lacks the element dcEstimate/dataDcPolynomial"),
        ("orbitList", "other", "lacks the element product/generalAnnotation/orbitList/orbit"),
        ("firstValidSample", "other", "lacks the element burst/firstValidSample"),
        ("geolocationGridPointList", "other", "lacks the element .*geolocationGridPoint"),
        ("<burst>", "<bursts><burst>", "no well-formed XML"),
        (">SLC<", ">GRD<", "mode IW and type GRD"),
        (">Descending<", "> <", "empty product/generalAnnotation/productInformation/pass"),
        (">Descending<", ">Down<", "names a pass 'Down'"),
        (">2.0555563e-03<", ">0<", r"azimuthTimeInterval = 0\.0"),
        (">2.0555563e-03<", ">nan<", "'nan' where a number belongs"),
        (">40</numberOfSamples>", ">-4</numberOfSamples>", "numberOfSamples = -4"),
        (">-0.92 -43141.98", ">-0.92 -43k", "'-43k' where a number belongs"),
        (">24</numberOfLines>", ">25</numberOfLines>", "2 bursts of 12 lines in an image of 25"),
        ("<lastValidSample>-1 -1 36", "<lastValidSample>-1 -1 40", "from -1 to 40"),
        ("<firstValidSample>-1 -1 3", "<firstValidSample>-1 -1", "has 11 values"),
        ("Earth Fixed", "GM2000", "orbit in frame GM2000"),
        ("<line>12</line><pixel>0<", "<line>13</line><pixel>0<", "form no grid"),
        ("T06:37:31.485004</azimuthTime><s", "T06.37</azimuthTime><s", "where a UTC time belongs"),
    ],
)
def test_what_is_missing_or_wrong_is_named(old: str, new: str, said: str) -> None:
    with pytest.raises(DataError, match=rf"a\.xml: .*{said}"):
        read_annotation(changed(old, new), "a.xml")


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE product [<!ENTITY a "x"><!ENTITY b "&a;&a;">]>',
        '<!DOCTYPE product SYSTEM "file:///etc/hostname">',
        "<!DOCTYPE product>",
    ],
)
def test_document_type_declarations_are_refused(declaration: str) -> None:
    with pytest.raises(DataError, match="document type declaration"):
        read_annotation(changed("?>\n<product>", f"?>\n{declaration}\n<product>"), "a.xml")


def test_nearest_polynomial_in_time() -> None:
    records = tuple(Polynomial(t, 0.005, (t,)) for t in (10.0, 12.0, 14.0))
    assert [nearest(records, t).time for t in (0.0, 10.9, 11.1, 12.0, 13.0, 99.0)] == [
        10.0,
        10.0,
        12.0,
        12.0,
        12.0,
        14.0,
    ]


@real_data
def test_real_annotation() -> None:
    for path in sorted(REAL.glob("*.SAFE/annotation/*-vv-*.xml")):
        swath = read_annotation(path.read_bytes(), path.name)
        assert len(swath.bursts) == 9
        assert (swath.lines, swath.samples) == (13563, 23055)
        assert swath.geolocation.line.shape == (10, 21)
        assert (len(swath.fm_rates), len(swath.doppler_centroids)) == (11, 11)
        # Bursts follow one another by 2.75 s and overlap by some lines.
        steps = np.diff([burst.azimuth_time for burst in swath.bursts])
        assert 2.75 < steps.min() <= steps.max() < 2.77
        assert steps.max() < 1507 * swath.azimuth_time_interval
        # Sample and slant range time of the grid's points agree within rounding to whole samples.
        grid = swath.geolocation
        samples = (grid.slant_range_time - swath.slant_range_time) * swath.range_sampling_rate
        np.testing.assert_allclose(samples, grid.sample, atol=0.005)


@real_data
def test_grid_times_differ_from_line_times_by_half_the_range_time() -> None:
    path = sorted(REAL.glob("*.SAFE/annotation/*-vv-*.xml"))[0]
    swath = read_annotation(path.read_bytes(), path.name)
    grid = swath.geolocation
    row = grid.azimuth_time[4] - swath.bursts[4].azimuth_time
    slope = np.polynomial.Polynomial.fit(grid.slant_range_time[4], row, 1).convert().coef[1]
    assert slope == pytest.approx(0.5, abs=0.01)
    assert np.abs(row / swath.azimuth_time_interval).min() > 0.03
    assert np.abs(row / swath.azimuth_time_interval).max() < 0.14


@real_data
@pytest.mark.filterwarnings("ignore")
def test_records_are_those_of_xarray_sentinel() -> None:
    xarray_sentinel = pytest.importorskip("xarray_sentinel")
    safe = sorted(REAL.glob("*.SAFE"))[1]
    path = next(safe.glob("annotation/*-vh-*.xml"))
    swath = read_annotation(path.read_bytes(), path.name)

    def group(name: str) -> object:
        return xarray_sentinel.open_sentinel1_dataset(safe, group=f"IW1/VH/{name}")

    def times(values: np.ndarray) -> np.ndarray:
        return (values - swath.reference_time) / np.timedelta64(1, "ns") * 1e-9

    orbit = group("orbit")
    np.testing.assert_allclose(swath.orbit_state.times, times(orbit.azimuth_time.values), atol=1e-9)
    np.testing.assert_array_equal(swath.orbit_state.positions, orbit.position.values.T)
    np.testing.assert_array_equal(swath.orbit_state.velocities, orbit.velocity.values.T)
    for ours, theirs, name in (
        (swath.fm_rates, group("azimuth_fm_rate"), "azimuth_fm_rate_polynomial"),
        (swath.doppler_centroids, group("dc_estimate"), "data_dc_polynomial"),
    ):
        np.testing.assert_array_equal([p.t0 for p in ours], theirs.t0.values)
        np.testing.assert_array_equal([p.coefficients for p in ours], theirs[name].values)
        np.testing.assert_allclose(
            [p.time for p in ours], times(theirs.azimuth_time.values), atol=1e-9
        )
    points = group("gcp")
    np.testing.assert_array_equal(swath.geolocation.longitude, points.longitude.values)
    np.testing.assert_array_equal(swath.geolocation.latitude, points.latitude.values)
    np.testing.assert_array_equal(swath.geolocation.height, points.height.values)
