"""The heading at a target: against an orbit over the ellipsoid, and cases with a closed form."""

from __future__ import annotations

import os
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from pyproj import Geod

from scarp.acquire.sentinel1.ground import FAR, NEAR
from scarp.acquire.sentinel1.ground import heading as heading_below
from scarp.grid import Grid
from scarp.look_direction import Direction, heading, headings_on
from scarp.simulate.slc_orbit import earth_fixed, place_orbit

DATA = os.environ.get("SCARP_TEST_DATA", "")
REAL = Path(DATA, "s1_safe_annotation")
DIRECTIONS: tuple[Direction, ...] = ("ASC", "DES")


def seen_from_target(latitude: float, direction: str, incidence: float) -> float:
    """The heading by the simulator's orbit, found numerically over the ellipsoid."""
    longitude = np.radians(10.0)
    target, up = earth_fixed(np.array(10.0), np.array(latitude))
    orbit = place_orbit(target, up, direction, incidence)
    look = target - orbit.position(np.zeros(1))[0]
    east = np.array([-np.sin(longitude), np.cos(longitude), 0.0])
    azimuth = np.degrees(np.arctan2(look @ east, look @ np.cross(up, east)))
    return float(azimuth) - 90  # it looks right


def turn(one: float, other: float) -> float:
    return (one - other + 180) % 360 - 180


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("latitude", [-62.0, -45.0, -20.0, 0.0, 13.0, 31.0, 45.0, 62.0, 72.0])
@pytest.mark.parametrize("incidence", [30.0, 38.0, 46.0])
def test_heading_is_that_of_an_orbit_over_the_ellipsoid(
    direction: Direction, latitude: float, incidence: float
) -> None:
    found = heading(latitude, direction, incidence)
    assert turn(found, seen_from_target(latitude, direction, incidence)) == pytest.approx(
        0, abs=0.4
    )


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("latitude", [-40.0, 0.0, 55.0])
def test_straight_below_it_is_the_heading_of_the_satellite(
    direction: Direction, latitude: float
) -> None:
    below = heading_below(direction, latitude)
    assert turn(heading(latitude, direction, 1e-6), below) == pytest.approx(0, abs=0.05)


def test_ascending_and_descending_mirror_each_other_in_the_meridian() -> None:
    for latitude in (-30.0, 0.0, 60.0):
        ascending, descending = (heading(latitude, way, 38.0) for way in DIRECTIONS)
        assert -90 < ascending < 90 < descending < 270
        assert ascending + descending == pytest.approx(180)


def test_near_the_pole_there_is_no_such_pass() -> None:
    with pytest.raises(ValueError, match=r"never sees latitude 89 at 30 degrees"):
        heading(89.0, "ASC", 30.0)


@pytest.mark.skipif(
    not DATA or not REAL.is_dir(),
    reason="SCARP_TEST_DATA does not lead to the folder s1_safe_annotation",
)
def test_the_look_goes_along_the_lines_of_a_real_burst() -> None:
    """Points of one line in the geolocation grid of IW1 have one zero-Doppler time."""
    path = sorted(REAL.glob("*.SAFE/annotation/*-iw1-*-vv-*.xml"))[0]
    text = path.read_text(encoding="utf-8")
    assert "<pass>Descending</pass>" in text
    points = np.array(
        re.findall(
            r"<line>(\d+)</line>\s*<pixel>\d+</pixel>\s*<latitude>([^<]*)</latitude>"
            r"\s*<longitude>([^<]*)</longitude>.*?<incidenceAngle>([^<]*)",
            text,
            re.DOTALL,
        ),
        dtype=np.float64,
    )
    assert len(points) == 210
    for one, other in pairwise(points):
        if one[0] == other[0]:  # of one line
            azimuth, _, _ = Geod(ellps="WGS84").inv(one[2], one[1], other[2], other[1])
            expected = heading(one[1], "DES", one[3]) + 90
            assert turn(expected, azimuth) == pytest.approx(0, abs=0.4)


GRID = Grid("EPSG:32633", 500_000.0, 5_000_000.0, 10.0, 300, 300)


def test_on_the_middle_meridian_a_grids_north_is_the_true_one() -> None:
    for direction in DIRECTIONS:
        found = headings_on(GRID, direction)
        ends = [heading(45.13, direction, angle) for angle in (NEAR, FAR)]
        assert found[0] == pytest.approx(min(ends) - 0.4, abs=0.05)
        assert found[-1] == pytest.approx(max(ends) + 0.4, abs=0.05)


def test_away_from_it_meridians_are_inclined_to_the_grid() -> None:
    """By the difference of longitude times the sine of the latitude."""
    east = Grid("EPSG:32633", 720_000.0, 6_700_000.0, 10.0, 10, 10)
    longitude, latitude = 19.03, 60.37  # of the grid; the middle meridian is 15
    expected = heading(latitude, "DES", 38.0) - (longitude - 15) * np.sin(np.radians(latitude))
    found = headings_on(east, "DES", (38.0, 38.0))
    assert (found[0] + found[-1]) / 2 == pytest.approx(expected, abs=0.05)


def test_headings_span_the_range_in_steps_that_are_small_enough() -> None:
    north = Grid("EPSG:32633", 500_000.0, 7_600_000.0, 10.0, 300, 300)
    found = headings_on(north, "ASC", step=1.5)
    assert found[-1] - found[0] > 6  # 68 degrees north
    assert all(0 < later - earlier <= 1.5 for earlier, later in pairwise(found))


def test_one_incidence_gives_what_the_grids_size_spreads() -> None:
    found = headings_on(GRID, "ASC", (38.0, 38.0))
    assert 0.8 < found[-1] - found[0] < 0.85  # 0.4 degree is what the formula may be wrong by


@pytest.mark.parametrize("crs", ["", "EPSG:4326"])
def test_without_a_projected_crs_there_is_no_heading(crs: str) -> None:
    with pytest.raises(ValueError, match="needs a projected CRS"):
        headings_on(Grid(crs, 10.0, 50.0, 1e-4, 5, 5), "ASC")
