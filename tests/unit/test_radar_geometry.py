"""Certain and possible layover and shadow: closed forms, plain definitions, the engine's mask."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from scarp.grid import Grid
from scarp.look_direction import Direction, headings_on
from scarp.radar_geometry import (
    CERTAIN,
    NONE,
    POSSIBLE,
    UNKNOWN,
    layover_or_shadow,
    steepest_chords,
)
from scarp.sentinel1.engine import Ground, compute
from scarp.sentinel1.facets import layover_shadow
from scarp.sentinel1.passes import open_pass
from scarp.simulate.slc import SlcDate, SlcScene, SlcSettings
from scarp.simulate.slc_orbit import place_orbit
from tiny_slc import CRS, earth_points, simulate, write_dem

Heights = NDArray[np.float32]
Mask = NDArray[np.bool_]

PIXEL = 10.0
NORTHWARDS = 0.0  # flying north, the radar looks east
INSIDE = np.s_[8:-8, 8:-8]


def tangent(degrees: float) -> float:
    return float(np.tan(np.radians(degrees)))


def plane(east: float, north: float, size: int = 41) -> Heights:
    """A plane that rises by `east` and `north` metres per metre."""
    steps = PIXEL * np.arange(size)
    return (500 + east * steps[None, :] - north * steps[:, None]).astype(np.float32)


def relief(size: int, steep: float, seed: int = 5) -> Heights:
    noise = np.random.default_rng(seed).normal(size=(size, size))
    return (1000 + steep * ndimage.gaussian_filter(noise, 10)).astype(np.float32)


# --- closed forms


@pytest.mark.parametrize(
    ("degrees", "expected"), [(28, NONE), (32, POSSIBLE), (44, POSSIBLE), (48, CERTAIN)]
)
def test_a_slope_that_faces_the_radar_is_laid_over_above_the_incidence_angle(
    degrees: float, expected: int
) -> None:
    """The swath sees it at 30 to 46 degrees."""
    found = layover_or_shadow(plane(tangent(degrees), 0.0), PIXEL, [NORTHWARDS])
    assert (found == expected).all()


@pytest.mark.parametrize(
    ("degrees", "expected"), [(42, NONE), (46, POSSIBLE), (58, POSSIBLE), (62, CERTAIN)]
)
def test_a_slope_that_faces_away_is_in_shadow_above_the_rest_to_90_degrees(
    degrees: float, expected: int
) -> None:
    """But for its first column, which nothing stands before."""
    found = layover_or_shadow(plane(-tangent(degrees), 0.0), PIXEL, [NORTHWARDS])
    assert (found[:, 1:] == expected).all()
    assert (found[:, 0] == NONE).all()


@pytest.mark.parametrize("heading", [-12.0, 33.0, 90.0, 135.0, 192.0, 271.5])
@pytest.mark.parametrize(("east", "north"), [(0.7, 0.0), (0.4, -0.9), (-1.3, 0.8)])
def test_chords_of_a_plane_are_its_gradient_in_the_look_plane(
    heading: float, east: float, north: float
) -> None:
    look = np.radians(heading + 90)
    gradient = east * np.sin(look) + north * np.cos(look)
    away, towards = steepest_chords(plane(east, north), PIXEL, heading)
    assert away.dtype == towards.dtype == np.float32
    np.testing.assert_allclose(away[INSIDE], max(gradient, 0), rtol=0, atol=1e-4)
    np.testing.assert_allclose(towards[INSIDE], max(-gradient, 0), rtol=0, atol=1e-4)


def ridge(height: float, size: int = 121) -> Heights:
    """One column stands out of flat ground."""
    ground = np.zeros((9, size), dtype=np.float32)
    ground[:, size // 2] = height
    return ground


def test_a_ridge_falls_on_the_ground_before_it_and_shades_the_ground_behind() -> None:
    """Of height H: before it layover to H / tan(theta), behind it shadow to H tan(theta)."""
    height, crest = 200.0, 60
    row = layover_or_shadow(ridge(height), PIXEL, [NORTHWARDS])[4]
    expected = np.full(row.shape, NONE)
    away = PIXEL * (np.arange(row.size) - crest)
    expected[(away <= 0) & (-away < height / tangent(30))] = POSSIBLE
    expected[(away > 0) & (away < height * tangent(46))] = POSSIBLE
    expected[(away <= 0) & (-away < height / tangent(46))] = CERTAIN
    expected[(away > 0) & (away < height * tangent(30))] = CERTAIN
    np.testing.assert_array_equal(row, expected)
    assert np.bincount(row).min() > 20  # each of them covers some ground


@pytest.mark.parametrize(
    ("near_wall", "expected"),
    # Layover below 42 degrees; shadow from 38, or only from 44 degrees.
    [(tangent(90 - 38), CERTAIN), (tangent(90 - 44), POSSIBLE)],
)
def test_where_shadow_begins_before_layover_ends_one_of_them_is_certain(
    near_wall: float, expected: int
) -> None:
    """The floor of a gorge, 100 m from either wall."""
    gorge = np.zeros((5, 41), dtype=np.float32)
    gorge[:, 10], gorge[:, 30] = 100 * near_wall, 100 * tangent(42)
    found = layover_or_shadow(gorge, PIXEL, [NORTHWARDS])
    assert found[2, 20] == expected


def test_a_cone_is_seen_alike_from_all_sides() -> None:
    """Turned by a quarter as the radar is; its facing side is laid over, the other is not."""
    rows, columns = np.indices((101, 101)) - 50
    cone = np.maximum(0, 400 - PIXEL * np.hypot(rows, columns)).astype(np.float32)
    found = layover_or_shadow(cone, PIXEL, [-12.0], (35.0, 35.0))
    for quarter in (1, 2, 3):
        turned = layover_or_shadow(cone, PIXEL, [-12.0 + 90 * quarter], (35.0, 35.0))
        np.testing.assert_array_equal(turned, np.rot90(found, -quarter))
    # Of 45 degrees: layover where 45 degrees times the cosine of the aspect exceed 35 in tangents.
    assert found[50, 30] == CERTAIN and found[50, 70] == NONE


def test_ascending_and_descending_mirror_each_other() -> None:
    surface = relief(70, 2500.0)
    ascending = layover_or_shadow(surface, PIXEL, [-11.0, -9.0])
    descending = layover_or_shadow(surface[:, ::-1], PIXEL, [191.0, 189.0])
    np.testing.assert_array_equal(descending[:, ::-1], ascending)
    assert (descending != ascending).mean() > 0.2


# --- the definition, at one angle after the other


def plain(heights: Heights, incidence: float) -> Mask:
    """Layover or shadow by slant range and angle, with the radar in the west."""
    angle = np.radians(incidence)
    ground = PIXEL * np.arange(heights.shape[1])
    height = heights.astype(np.float64)
    slant_range = ground * np.sin(angle) - height * np.cos(angle)
    across = ground * np.cos(angle) + height * np.sin(angle)
    farthest = np.maximum.accumulate(slant_range, axis=1)
    nearest = np.minimum.accumulate(slant_range[:, ::-1], axis=1)[:, ::-1]
    highest = np.maximum.accumulate(across, axis=1)
    found: Mask = (slant_range < farthest) | (slant_range > nearest) | (across < highest)
    return found


@pytest.mark.parametrize(("heading", "turns"), [(0.0, 0), (90.0, 1), (180.0, 2), (270.0, 3)])
def test_it_is_what_every_incidence_angle_or_any_gives(heading: float, turns: int) -> None:
    surface = relief(120, 3500.0)
    found = layover_or_shadow(surface, PIXEL, [heading])
    masks = [plain(np.rot90(surface, turns), angle) for angle in np.linspace(30, 46, 161)]
    always, ever = (np.rot90(m, -turns) for m in (np.all(masks, axis=0), np.any(masks, axis=0)))
    # Between two of the angles layover may end and shadow begin, or a pixel have its only one.
    assert not ((found == CERTAIN) & ~always).any()
    assert not (ever & (found == NONE)).any()
    assert ((found == CERTAIN) == always).mean() > 0.999
    assert ((found != NONE) == ever).mean() > 0.999
    assert np.bincount(found.ravel()).min() > 1000


def test_the_search_ends_no_sooner_than_it_may() -> None:
    """What is above the least gradient is as steep as a search without a least finds it."""
    surface = relief(60, 6000.0)
    whole = steepest_chords(surface, PIXEL, -11.0)
    short = steepest_chords(surface, PIXEL, -11.0, 0.6, 0.9)
    for full, early, least in zip(whole, short, (0.6, 0.9), strict=True):
        above = full > least
        assert 0.05 < above.mean() < 0.95
        np.testing.assert_array_equal(early[above], full[above])
        assert (early[~above] <= least).all()


# --- ranges, edges, voids


def test_with_a_wider_range_less_is_certain_and_more_possible() -> None:
    surface = relief(80, 2500.0)
    one = layover_or_shadow(surface, PIXEL, [-11.0], (38.0, 38.0))
    assert set(np.unique(one)) == {NONE, CERTAIN}  # at one angle and heading there is no doubt
    angles = layover_or_shadow(surface, PIXEL, [-11.0], (33.0, 43.0))
    both = layover_or_shadow(surface, PIXEL, [-14.0, -11.0, -8.0], (33.0, 43.0))
    for narrow, wide in ((one, angles), (angles, both)):
        assert not ((wide == CERTAIN) & (narrow != CERTAIN)).any()
        assert not ((wide == NONE) & (narrow != NONE)).any()
        assert (wide == POSSIBLE).sum() > (narrow == POSSIBLE).sum() + 50


def test_a_smaller_grid_may_miss_some_but_makes_nothing_up() -> None:
    surface = relief(90, 2500.0)
    whole = layover_or_shadow(surface, PIXEL, [-11.0])[20:60, 25:70]
    part = layover_or_shadow(surface[20:60, 25:70], PIXEL, [-11.0])
    assert (part <= whole).all() and (part < whole).any()


def test_a_void_is_unknown_and_hides_nothing() -> None:
    surface = ridge(200.0)
    surface[:, 60] = np.nan
    found = layover_or_shadow(surface, PIXEL, [-11.0])
    assert (found[:, 60] == UNKNOWN).all()
    assert (np.delete(found, 60, axis=1) == NONE).all()
    assert found.dtype == np.uint8
    holed = relief(60, 2500.0)
    whole = layover_or_shadow(holed, PIXEL, [-11.0])
    holed[30, 30] = np.nan
    seen = np.ones(holed.shape, dtype=bool)
    seen[30, 30] = False
    # Whatever had its only steep chord to that pixel or across it, and no other, has less now.
    found = layover_or_shadow(holed, PIXEL, [-11.0])
    assert (found[seen] <= whole[seen]).all() and (found[seen] != whole[seen]).mean() < 0.01


def test_without_any_elevation_all_is_unknown() -> None:
    void = np.full((4, 5), np.nan, dtype=np.float32)
    assert (layover_or_shadow(void, PIXEL, [-11.0]) == UNKNOWN).all()


@pytest.mark.parametrize(
    ("headings", "incidence"),
    [([], (30.0, 46.0)), ([0.0], (46.0, 30.0)), ([0.0], (0.0, 46.0)), ([0.0], (30.0, 90.0))],
)
def test_ranges_that_are_none_are_refused(
    headings: Sequence[float], incidence: tuple[float, float]
) -> None:
    with pytest.raises(ValueError, match="no layover or shadow at headings"):
        layover_or_shadow(plane(0.0, 0.0), PIXEL, headings, incidence)


# --- the engine

#: Share of the pixels at which the two may contradict each other: on a border, by less than a
#: pixel, since the engine has rays that diverge, a curved Earth and paths between the columns.
BORDER = 0.001


#: Pixels around the simulated event, over which the engine pads its area by relief.
BEYOND = 150


def contradictions(found: NDArray[np.uint8], mask: Mask) -> tuple[float, float]:
    """Shares of the inner pixels that are certain outside the mask, and in it but not possible."""
    outside, missed = (found == CERTAIN) & ~mask, mask & (found == NONE)
    return float(outside[INSIDE].mean()), float(missed[INSIDE].mean())


def engine_mask(grid: Grid, heights: Heights, direction: str, incidence: float) -> Mask:
    """The engine's own function, over the simulator's orbit."""
    points, _, up = earth_points(grid, heights.astype(np.float64))
    middle = grid.height // 2, grid.width // 2
    orbit = place_orbit(points[middle], up[middle], direction, incidence)
    time, _ = orbit.zero_doppler(points.reshape(-1, 3))
    satellite = orbit.position(time).reshape(points.shape)
    return layover_shadow(time.reshape(heights.shape) / 2e-3, points, satellite) > 0


@pytest.mark.parametrize("direction", ["ASC", "DES"])
@pytest.mark.parametrize(
    ("crs", "top"), [("EPSG:32633", 5.0e6), ("EPSG:32633", 6.8e6), ("EPSG:32733", 8.0e6)]
)
def test_the_engine_finds_what_is_certain_and_no_more_than_is_possible(
    direction: Direction, crs: str, top: float
) -> None:
    """At both edges and in the middle of the swath, 45 and 61 degrees north, 18 south."""
    grid = Grid(crs, 560_000.0, top, PIXEL, 120, 120)
    surface = relief(120, 3500.0)
    headings = headings_on(grid, direction)
    found = layover_or_shadow(surface, PIXEL, headings)
    other = layover_or_shadow(surface, PIXEL, [heading + 180 for heading in headings])
    assert np.bincount(found.ravel()).min() > 1000
    for incidence in (30.3, 38.0, 45.7):
        mask = engine_mask(grid, surface, direction, incidence)
        outside, missed = contradictions(found, mask)
        assert outside <= BORDER and missed <= BORDER
        # Looking left, it would contradict the engine.
        assert sum(contradictions(other, mask)) > 20 * BORDER
        # What is left lies next to a pixel that agrees.
        grown = ndimage.binary_dilation(mask, np.ones((3, 3)))
        assert contradictions(found, grown)[0] == 0
        grown = ndimage.grey_dilation(found, size=(3, 3))
        assert contradictions(grown, mask)[1] == 0


def test_it_bounds_the_geometry_product_of_a_simulated_event(tmp_path: Path) -> None:
    """From SAFE to the mask as it is written, with the real chain of orbit, DEM and mesh."""
    side = 90
    grid = Grid(CRS, 354_000.0, 4_734_000.0, PIXEL, side, side)
    heights = relief(side, 3500.0)
    even = np.full((1, 1), 0.2)
    scene = SlcScene(
        grid,
        heights.astype(np.float64),
        np.zeros((side, side), dtype=np.int64),
        "DES",
        even,
        even,
        even.astype(np.complex128),
        np.empty((0, 1)),
    )
    event = simulate(
        tmp_path, scene, [SlcDate("2020-04-01", 20000)], SlcSettings(bursts=1, scatterers=1)
    )
    inner = grid.padded(-8)
    dem = write_dem(tmp_path / "wide.tif", grid, scene.elevation, BEYOND)
    layers = compute(
        Ground(inner, dem, "ellipsoidal"),
        {"PRE1": open_pass([event.products[0]])},
        [],
        [],
        "PRE1",
    )
    assert layers.geometry is not None
    mask = layers.geometry[0]
    assert np.isfinite(mask).all() and 0.1 < (mask > 0).mean() < 0.9
    around = BEYOND + 8
    wide = np.pad(heights, BEYOND, mode="edge")  # the ground that the engine was given
    found = layover_or_shadow(wide, PIXEL, headings_on(grid, "DES"))
    found = found[around:-around, around:-around]
    assert ((found == CERTAIN) & (mask == 0)).mean() <= BORDER
    assert ((found == NONE) & (mask > 0)).mean() <= BORDER
    assert np.bincount(found.ravel()).min() > 300
