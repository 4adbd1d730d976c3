"""Range-Doppler geometry: the annotation's own geolocation, and cases with a closed form."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pyproj import Transformer

from scarp.sentinel1.annotation import Swath, read_annotation
from scarp.sentinel1.geometry import C, geodetic_to_ecef, ground_from_radar, zero_doppler
from scarp.sentinel1.orbit import Orbit, StateVectors, fit_orbit

DATA = os.environ.get("SCARP_TEST_DATA", "")
REAL = Path(DATA, "s1_safe_annotation")
real_data = pytest.mark.skipif(
    not DATA or not REAL.is_dir(),
    reason="SCARP_TEST_DATA does not lead to the folder s1_safe_annotation",
)
RADIUS, RATE = 7.07e6, 1.05e-3


def circle() -> Orbit:
    """Northwards over the Greenwich meridian, over the equator at t = 100 s, Earth at rest."""
    times = np.arange(30.0, 171.0, 10.0)
    angle = RATE * (times - 100)
    zero = np.zeros_like(angle)
    return fit_orbit(
        StateVectors(
            times,
            RADIUS * np.stack([np.cos(angle), zero, np.sin(angle)], axis=-1),
            RADIUS * RATE * np.stack([-np.sin(angle), zero, np.cos(angle)], axis=-1),
        ),
        95.0,
        105.0,
        "annotation",
    )


def east_of(t: NDArray[np.float64], angle: float, radius: float) -> NDArray[np.float64]:
    """A point in the plane that the satellite crosses at t, `angle` east of its track."""
    along = RATE * (t - 100)
    return radius * np.stack(
        [
            np.cos(angle) * np.cos(along),
            np.full_like(along, np.sin(angle)),
            np.cos(angle) * np.sin(along),
        ],
        axis=-1,
    )


def test_closed_form_on_a_circle() -> None:
    t = np.linspace(60, 140, 9).reshape(3, 3)
    points = east_of(t, 0.09, 6.37e6)
    found, slant_range = zero_doppler(circle(), points)
    # 1 mm along a track of 7.4 km/s.
    np.testing.assert_allclose(found, t, rtol=0, atol=1e-3 / (RADIUS * RATE))
    expected = np.sqrt(RADIUS**2 + 6.37e6**2 - 2 * RADIUS * 6.37e6 * np.cos(0.09))
    np.testing.assert_allclose(slant_range, expected, rtol=0, atol=1e-4)


def test_time_is_exact_to_a_millimetre_wherever_the_search_starts() -> None:
    orbit = circle()
    points = east_of(np.array([97.3, 104.1]), 0.08, 6.37e6)
    speed = np.linalg.norm(orbit.velocity(np.array(100.0)))
    reference, _ = zero_doppler(orbit, points)
    for first in (40.0, 97.3, 160.0):
        t, _ = zero_doppler(orbit, points, first)
        assert np.abs(t - reference).max() * speed < 1e-3
        away = points - orbit.position(t)
        velocity = orbit.velocity(t)
        along_track = (away * velocity).sum(axis=-1) / np.linalg.norm(velocity, axis=-1)
        assert np.abs(along_track).max() < 1e-3


def test_left_of_the_track_is_not_seen() -> None:
    points = np.stack([east_of(np.array(100.0), angle, 6.37e6) for angle in (0.09, -0.09)])
    t, slant_range = zero_doppler(circle(), points)
    np.testing.assert_array_equal(np.isnan(t), [False, True])
    np.testing.assert_array_equal(np.isnan(slant_range), [False, True])


def test_what_passes_outside_the_orbits_validity_is_not_seen() -> None:
    orbit = circle()
    times = np.array([orbit.start - 0.01, orbit.start + 0.01, orbit.stop - 0.01, orbit.stop + 0.01])
    t, _ = zero_doppler(orbit, east_of(times, 0.09, 6.37e6))
    np.testing.assert_array_equal(np.isnan(t), [True, False, False, True])


def test_points_without_height_stay_without() -> None:
    points = east_of(np.array([99.0, 100.0]), 0.09, 6.37e6)
    points[0, 2] = np.nan
    t, slant_range = zero_doppler(circle(), points)
    assert np.isnan(t[0]) and np.isnan(slant_range[0])
    assert t[1] == pytest.approx(100.0, abs=1e-7)


def test_geodetic_to_ecef_is_that_of_proj() -> None:
    longitude = np.array([[-180.0, 0.0, 12.5], [179.9, -70.0, 90.0]])
    latitude = np.array([[0.0, 90.0, 46.0], [-45.0, -89.9, 60.0]])
    height = np.array([[0.0, 100.0, -400.0], [8848.0, 3000.0, 10.0]])
    transformer = Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
    expected = np.stack(transformer.transform(longitude, latitude, height), axis=-1)
    points = geodetic_to_ecef(longitude, latitude, height)
    np.testing.assert_allclose(points, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("height", [-400.0, 0.0, 8000.0])
def test_ground_and_radar_are_inverse(height: float) -> None:
    orbit = circle()
    t, slant_range = np.meshgrid(np.linspace(96, 104, 3), np.linspace(8.2e5, 9.6e5, 4))
    points = ground_from_radar(orbit, t, slant_range, np.array(height))
    back, distance = zero_doppler(orbit, points)
    np.testing.assert_allclose(back, t, rtol=0, atol=1e-7)
    np.testing.assert_allclose(distance, slant_range, rtol=0, atol=1e-4)
    transformer = Transformer.from_crs("EPSG:4978", "EPSG:4979", always_xy=True)
    longitude, _, reached = transformer.transform(points[..., 0], points[..., 1], points[..., 2])
    np.testing.assert_allclose(reached, height, rtol=0, atol=2e-4)
    # North along the Greenwich meridian, right is east.
    assert (longitude > 0).all()


def test_no_ground_above_the_satellites_reach() -> None:
    points = ground_from_radar(circle(), np.array(100.0), np.array([5.0e5, 8.5e5]), np.array(0.0))
    np.testing.assert_array_equal(np.isnan(points).all(axis=-1), [True, False])


def real_swath(number: int) -> Swath:
    path = sorted(REAL.glob("*.SAFE/annotation/*-iw1-*-vv-*.xml"))[number]
    return read_annotation(path.read_bytes(), path.name)


@real_data
@pytest.mark.parametrize("number", [0, 1])
def test_annotations_own_geolocation_is_reproduced(number: int) -> None:
    swath = real_swath(number)
    last = swath.bursts[-1].azimuth_time + swath.bursts[-1].lines * swath.azimuth_time_interval
    orbit = fit_orbit(swath.orbit_state, swath.bursts[0].azimuth_time, last, "annotation")
    grid = swath.geolocation
    assert grid.line.size == 210
    points = geodetic_to_ecef(grid.longitude, grid.latitude, grid.height)
    t, slant_range = zero_doppler(orbit, points)
    lines = (t - grid.azimuth_time) / swath.azimuth_time_interval
    samples = (2 * slant_range / C - grid.slant_range_time) * swath.range_sampling_rate
    assert np.abs(lines).max() < 0.005
    assert np.abs(samples).max() < 0.005
    # And the other way: the grid's points from the grid's times.
    ranges = grid.slant_range_time * C / 2
    back = ground_from_radar(orbit, grid.azimuth_time, ranges, grid.height)
    assert np.linalg.norm(back - points, axis=-1).max() < 0.05
