"""Illuminated area, layover, shadow and local incidence in a world that has closed forms.

The world is flat, with the satellite on a straight track at 700 km: azimuth is the distance along
the track, slant range the distance to the track.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from scarp.grid import Grid
from scarp.sentinel1.dem import ecef_of, longitude_latitude
from scarp.sentinel1.facets import (
    BOTH,
    LAYOVER,
    NONE,
    SHADOW,
    area_ratio,
    illuminated_area,
    layover_shadow,
    local_incidence,
)

Array = NDArray[np.float64]
RANGE, AZIMUTH = 9.3, 14.0  # metres per radar pixel, as IW with 4 x 1 looks
ALTITUDE = 700e3
TO_CENTRE = np.array([0.0, 0.0, 6.37e6])  # the angle from the vertical is one at the Earth's centre


@dataclass(frozen=True)
class Scene:
    points: Array
    satellite: Array
    along: Array  # unit vector of the track
    slant_range: Array
    line: Array
    sample: Array

    @property
    def shape(self) -> tuple[int, int]:
        return int(self.line.max()) + 2, int(self.sample.max()) + 2

    def mask(self) -> NDArray[np.uint8]:
        return layover_shadow(self.line, self.points + TO_CENTRE, self.satellite + TO_CENTRE)

    def area(self, mask: NDArray[np.uint8] | None = None) -> Array:
        lit = np.zeros(self.line.shape, np.uint8) if mask is None else mask
        return illuminated_area(
            self.line, self.sample, self.points, self.satellite, lit, self.shape
        )


def scene(heights: Array, incidence: float, heading: float = 0.0, side: int = 1) -> Scene:
    """Look at a 10 m grid of heights; to the right (`side` 1) or left of a track northwards."""
    rows, columns = heights.shape
    y, x = np.meshgrid(-10.0 * np.arange(rows), 10.0 * np.arange(columns), indexing="ij")
    points = np.stack([x, y, heights], axis=-1)
    turn = np.radians(heading)
    along = np.array([np.sin(turn), np.cos(turn), 0.0])
    across = side * np.array([np.cos(turn), -np.sin(turn), 0.0])
    centre = np.array([x.mean(), y.mean(), 0.0])
    start = centre - across * ALTITUDE * np.tan(np.radians(incidence)) + [0.0, 0.0, ALTITUDE]
    azimuth = (points - start) @ along
    satellite = start + azimuth[..., None] * along
    slant_range = np.linalg.norm(points - satellite, axis=-1)
    return Scene(
        points,
        satellite,
        along,
        slant_range,
        (azimuth - azimuth.min()) / AZIMUTH,
        (slant_range - slant_range.min()) / RANGE,
    )


def plane(east: float, north: float, size: int = 120) -> Array:
    """A plane that rises by `east` and `north` metres per metre."""
    steps = 10.0 * np.arange(size)
    return 1000.0 + east * steps[None, :] - north * steps[:, None]


def middle(values: Array) -> Array:
    """The part of a radar window that the mesh is sure to cover."""
    lines, samples = values.shape
    inner: Array = values[2 * lines // 5 : 3 * lines // 5, 2 * samples // 5 : 3 * samples // 5]
    return inner


@pytest.mark.parametrize("incidence", [30.0, 35.0, 45.0])
@pytest.mark.parametrize("heading", [0.0, -12.0])
def test_flat_ground_gives_one_over_tan_incidence(incidence: float, heading: float) -> None:
    flat = scene(np.zeros((120, 120)), incidence, heading)
    reach = flat.slant_range.min() + RANGE * np.arange(flat.shape[1])
    angle = np.degrees(np.arccos(np.minimum(ALTITUDE / reach, 1.0)))
    ratio = area_ratio(flat.area(), RANGE, AZIMUTH, angle)
    expected = np.broadcast_to(1.0 / np.tan(np.radians(angle)), ratio.shape)
    assert middle(ratio) == pytest.approx(middle(expected), rel=1e-4)


@pytest.mark.parametrize(
    ("east", "north"), [(0.2, 0.0), (-0.3, 0.0), (0.0, 0.4), (0.25, -0.5), (-0.9, 0.3), (0.55, 0.1)]
)
def test_a_tilted_plane_gives_its_closed_form(east: float, north: float) -> None:
    """|n.u| / |n.(u x a)|: the plane's share facing the radar over its share in the slant plane."""
    tilted = scene(plane(east, north), 35.0, heading=-12.0)
    normal = np.array([-east, -north, 1.0])
    sight = tilted.satellite[60, 60] - tilted.points[60, 60]
    sight /= np.linalg.norm(sight)
    expected = abs(normal @ sight) / abs(normal @ np.cross(sight, tilted.along))
    ratio = middle(tilted.area()) / (RANGE * AZIMUTH)
    # The look direction turns by 0.1 degrees over the plane; on a slope near layover that tells.
    assert ratio.mean() == pytest.approx(expected, rel=0.005)
    assert np.ptp(ratio) < 0.05 * expected


def relief(size: int, steep: float) -> Array:
    return steep * gaussian_filter(np.random.default_rng(5).normal(size=(size, size)), 8.0)


def facet_total(view: Scene, mask: NDArray[np.uint8]) -> float:
    """The projected area of all lit triangles, in plain numpy."""

    def total(first: tuple[slice, slice], *others: tuple[slice, slice]) -> float:
        p, (q, r) = view.points[first], (view.points[other] for other in others)
        sight = view.satellite[first] - p
        sight /= np.linalg.norm(sight, axis=-1, keepdims=True)
        facing = -0.5 * np.einsum("yxc,yxc->yx", np.cross(q - p, r - p), sight)
        lit = np.mean([mask[corner] < SHADOW for corner in (first, *others)], axis=0)
        return float((np.maximum(facing, 0.0) * lit).sum())

    up, down = slice(None, -1), slice(1, None)
    a, b, c, d = (up, up), (up, down), (down, up), (down, down)
    return total(a, b, c) + total(b, d, c)


@pytest.mark.parametrize("steep", [300.0, 3000.0])
def test_no_area_is_lost_or_made_up(steep: float) -> None:
    """Also where the terrain is folded over itself: the steep one has layover and shadow."""
    view = scene(relief(150, steep), 35.0, heading=-12.0)
    mask = view.mask()
    if steep > 1000:
        assert {LAYOVER, SHADOW} <= set(np.unique(mask))
    assert view.area(mask).sum() == pytest.approx(facet_total(view, mask), rel=1e-6)


def test_area_falls_where_fine_sub_points_put_it() -> None:
    """Every pixel against 400 points per triangle pair, whose areas are dropped one by one."""
    view = scene(relief(40, 2000.0), 35.0, heading=-12.0)
    area = view.area()
    expected = np.zeros(view.shape)
    steps = (np.arange(24) + 0.5) / 24
    weights = [(1 - u - v, u, v) for u in steps for v in steps if u + v < 1.0]
    cells = [(i, j) for i in range(39) for j in range(39)]
    for i, j in cells:
        for corners in (((i, j), (i, j + 1), (i + 1, j)), ((i, j + 1), (i + 1, j + 1), (i + 1, j))):
            p, q, r = (view.points[corner] for corner in corners)
            sight = view.satellite[corners[0]] - p
            facing = -0.5 * np.cross(q - p, r - p) @ sight / np.linalg.norm(sight)
            at = np.array(weights) @ np.array([(view.line[c], view.sample[c]) for c in corners])
            row, column = np.floor(at + 0.5).astype(int).T
            np.add.at(expected, (row, column), max(facing, 0.0) / len(weights))
    assert np.abs(area - expected).max() < 0.04 * expected.max()
    assert np.abs(area - expected).mean() < 0.01 * expected[expected > 0].mean()


def test_a_smaller_window_is_a_part_of_the_larger() -> None:
    view = scene(relief(80, 2500.0), 35.0, heading=-12.0)
    lit = np.zeros(view.line.shape, np.uint8)
    whole = view.area()
    part = illuminated_area(
        view.line - 11, view.sample - 9, view.points, view.satellite, lit, (20, 17)
    )
    assert part == pytest.approx(whole[11:31, 9:26], abs=1e-6)


def test_half_a_pixel_is_where_it_should_be() -> None:
    """One cell of 10 m whose image is centred on a pixel falls into that pixel alone."""
    cell = scene(np.zeros((2, 2)), 35.0)
    lit = np.zeros((2, 2), np.uint8)
    line = 3.0 + cell.line - cell.line.mean()
    sample = 4.0 + cell.sample - cell.sample.mean()
    area = illuminated_area(line, sample, cell.points, cell.satellite, lit, (7, 9))
    assert area[3, 4] == pytest.approx(100.0 * np.cos(np.radians(35.0)), rel=1e-4)
    assert area.sum() == pytest.approx(area[3, 4], rel=1e-12)


def test_a_slope_seen_edge_on_falls_into_one_pixel() -> None:
    """Where all of a cell has one slant range, its image has no area but the cell still has."""
    cell = scene(np.zeros((2, 2)), 35.0)
    lit = np.zeros((2, 2), np.uint8)
    sample = np.full((2, 2), 4.2)
    area = illuminated_area(cell.line + 3.0, sample, cell.points, cell.satellite, lit, (7, 9))
    assert area[3, 4] == pytest.approx(100.0 * np.cos(np.radians(35.0)), rel=1e-4)
    assert area.sum() == pytest.approx(area[3, 4])


def test_what_is_missing_turned_away_or_dark_gives_nothing() -> None:
    view = scene(np.zeros((60, 60)), 35.0)
    dark = np.full(view.line.shape, SHADOW, np.uint8)
    assert view.area(dark).max() == 0.0
    away = scene(plane(-1.6, 0.0, 60), 35.0)  # falls by 58 degrees, the radar looks down by 55
    assert away.area().max() == 0.0
    line = np.where(view.sample > 20, np.nan, view.line)
    lit = np.zeros(line.shape, np.uint8)
    area = illuminated_area(line, view.sample, view.points, view.satellite, lit, view.shape)
    assert area[:, 22:].max() < 1e-9
    assert area[10:30, 2:18].min() > 0.0


def test_a_pixel_with_a_twentieth_of_the_flat_area_is_shadow() -> None:
    flat = RANGE * AZIMUTH / np.tan(np.radians(40.0))
    ratio = area_ratio(np.array([[0.0, 0.049, 0.051, 1.0]]) * flat, RANGE, AZIMUTH, 40.0)
    assert np.isnan(ratio).tolist() == [[True, True, False, False]]
    assert ratio[0, 3] == pytest.approx(1.0 / np.tan(np.radians(40.0)))


# A ridge along the track, seen at 34 degrees: rises by 45 degrees from 800 m to 1000 m, where it is
# 200 m high, falls by 60. With slant range r = x sin 34 - z cos 34: the foot has r = 447.4, the
# crest 393.4. So layover takes in flat ground from 393.4 / sin 34 = 703.5 m on, the front, and the
# back until r reaches 447.4, 27.1 m past the crest. The crest's shadow falls on the flat
# 200 tan 34 = 134.9 m past it.
def ridge(distance: Array) -> Array:
    back = 200.0 - np.sqrt(3.0) * (distance - 1000.0)
    return np.maximum(np.minimum(distance - 800.0, back), 0.0)


def expected_mask(distance: Array) -> NDArray[np.int64]:
    laid_over = (distance > 703.5) & (distance < 1027.1)
    dark = (distance > 1000.5) & (distance < 1134.9)
    return LAYOVER * laid_over + SHADOW * dark


@pytest.mark.parametrize("side", [1, -1])
def test_layover_and_shadow_of_a_ridge_counted_by_hand(side: int) -> None:
    distance = 10.0 * np.arange(180)
    heights = np.tile(ridge(distance), (5, 1))
    view = scene(heights if side == 1 else heights[:, ::-1], 34.0, side=side)
    mask = view.mask() if side == 1 else view.mask()[:, ::-1]
    assert (mask == expected_mask(distance)).all()
    row = mask[2]
    assert [int((row == kind).sum()) for kind in (LAYOVER, BOTH, SHADOW)] == [30, 2, 11]


def test_a_ridge_along_a_slanted_track_has_the_same_mask() -> None:
    steps = 10.0 * np.arange(180)
    turn = np.radians(-12.0)
    distance = 100.0 + steps[None, :] * np.cos(turn) + steps[:, None] * np.sin(turn)
    distance = distance - distance[90, 0]
    view = scene(ridge(distance), 34.0, heading=-12.0)
    inside = (slice(40, 140), slice(None))  # where the ridge lies on the grid before and behind
    wrong = view.mask()[inside] != expected_mask(distance)[inside]
    near_an_edge = np.min(
        [np.abs(distance - edge) for edge in (703.5, 1000.5, 1027.1, 1134.9)], axis=0
    )
    assert not (wrong & (near_an_edge[inside] > 10.0)).any()


@pytest.mark.parametrize("heading", [0.0, -12.0, 20.0])
@pytest.mark.parametrize("side", [1, -1])
def test_the_shadow_of_a_peak_lies_behind_it_as_the_radar_looks(heading: float, side: int) -> None:
    turn = np.radians(heading)
    behind = side * np.array([np.cos(turn), -np.sin(turn)])
    y, x = np.meshgrid(-10.0 * np.arange(121), 10.0 * np.arange(121), indexing="ij")
    away = np.stack([x - 600.0, y + 600.0], axis=-1)
    heights = 300.0 * np.exp(-((away**2).sum(axis=-1)) / (2 * 60.0**2))
    view = scene(heights, 40.0, heading, side)
    mask = view.mask()
    dark = away[(mask & SHADOW) > 0]
    along, across = dark @ [np.sin(turn), np.cos(turn)], dark @ behind
    # The ray over the summit falls by 1 / tan 40 and meets the ground 300 tan 40 = 251.7 m behind.
    assert across.max() == pytest.approx(251.7, abs=12.0)
    assert abs(along.mean()) < 3.0
    assert abs(along[across > 150].mean()) < 5.0
    # Layover lies before the summit, on the same line.
    front = away[mask == LAYOVER]
    assert (front @ behind).mean() < -100.0
    assert abs((front @ [np.sin(turn), np.cos(turn)]).mean()) < 3.0


def test_gentle_terrain_and_missing_heights_have_no_mask() -> None:
    heights = relief(100, 300.0)
    heights[30:40, 50:60] = np.nan
    view = scene(np.nan_to_num(heights), 35.0, heading=-12.0)
    points = np.where(np.isnan(heights)[..., None], np.nan, view.points)
    line = np.where(np.isnan(heights), np.nan, view.line)
    mask = layover_shadow(line, points + TO_CENTRE, view.satellite + TO_CENTRE)
    assert (mask == NONE).all()


@pytest.mark.parametrize(("east", "north"), [(0.0, 0.0), (0.5, 0.0), (-0.4, 0.3), (0.0, -0.7)])
def test_local_incidence_of_planes(east: float, north: float) -> None:
    view = scene(plane(east, north, 20), 35.0, heading=-12.0)
    normal = np.array([-east, -north, 1.0]) / np.hypot(np.hypot(east, north), 1.0)
    sight = view.satellite - view.points
    cosine = sight @ normal / np.linalg.norm(sight, axis=-1)
    angle = local_incidence(view.points, view.satellite)
    assert angle == pytest.approx(np.degrees(np.arccos(cosine)), abs=1e-4)


def test_the_normal_of_flat_ground_on_the_globe_is_the_vertical() -> None:
    """On a UTM grid in Earth-centred coordinates, where north and east are not the axes."""
    grid = Grid("EPSG:32756", 300_000.0, 6_200_000.0, 10.0, 12, 15)
    points = ecef_of(grid, np.zeros((12, 15)))
    longitude, latitude = (np.radians(degrees) for degrees in longitude_latitude(grid))
    up = np.stack(
        [
            np.cos(latitude) * np.cos(longitude),
            np.cos(latitude) * np.sin(longitude),
            np.sin(latitude),
        ],
        axis=-1,
    )
    satellite = np.array([-5.0e6, 1.5e6, -4.9e6]) + np.zeros_like(points)
    sight = satellite - points
    cosine = np.einsum("yxc,yxc->yx", up, sight) / np.linalg.norm(sight, axis=-1)
    assert 20 < np.degrees(np.arccos(cosine)).mean() < 70
    angle = local_incidence(points, satellite)
    assert angle == pytest.approx(np.degrees(np.arccos(cosine)), abs=1e-3)


def test_local_incidence_is_missing_where_a_height_is() -> None:
    view = scene(np.zeros((9, 9)), 35.0)
    points = view.points.copy()
    points[4, 4] = np.nan
    missing = np.isnan(local_incidence(points, view.satellite))
    assert np.argwhere(missing).tolist() == [[3, 4], [4, 3], [4, 4], [4, 5], [5, 4]]
