"""From radar pixels to the grid and back: positions, nodata, the choice of the burst."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from scarp.sentinel1.regrid import edge_distance, heights_on_radar_grid, merge, to_grid

Array = NDArray[np.float64]
NAN = np.nan


def coordinates(lines: int, samples: int) -> tuple[Array, Array]:
    """Slanted, uneven positions that reach beyond a window of lines x samples on every side."""
    i, j = np.meshgrid(np.linspace(-1, lines, 41), np.linspace(-1, samples, 37), indexing="ij")
    return i + 0.1 * np.sin(j), j + 0.1 * np.cos(i)


def test_a_linear_function_of_line_and_sample_is_reproduced_in_every_band() -> None:
    row, column = np.mgrid[0:20, 0:15]
    bands = np.stack([row + 0.0, column + 0.0, 3.0 * row - 2.0 * column]).astype(np.float32)
    line, sample = coordinates(20, 15)
    out = to_grid(bands, line, sample)
    inside = (line >= 0) & (line <= 19) & (sample >= 0) & (sample <= 14)
    assert 0 < inside.sum() < inside.size
    expected = np.stack([line, sample, 3 * line - 2 * sample])
    assert out[:, inside] == pytest.approx(expected[:, inside], abs=1e-5)
    assert np.isnan(out[:, ~inside]).all()
    assert out.dtype == np.float32
    np.testing.assert_array_equal(to_grid(bands[2], line, sample), out[2])


def test_pixel_centres_are_integers_and_halves_lie_between() -> None:
    values = np.array([[1, 2], [4, 8]], np.float32)
    line = np.array([[0, 0, 1, 1, 0.5, 0.5, 1]])
    sample = np.array([[0, 1, 0, 1, 0.5, 0, 0.25]])
    assert to_grid(values, line, sample).tolist() == [[1, 2, 4, 8, 3.75, 2.5, 5]]


def test_nodata_spreads_to_what_it_has_weight_in_and_no_farther() -> None:
    values = np.ones((5, 5), np.float32)
    values[2, 2] = NAN
    line = np.array([[2.0, 2.0, 1.0, 1.001, 2.0, 1.0, 2.999, 3.0]])
    sample = np.array([[2.0, 1.5, 1.9, 1.001, 1.0, 2.0, 2.999, 3.0]])
    expected = [[True, True, False, True, False, False, True, False]]
    assert np.isnan(to_grid(values, line, sample)).tolist() == expected


def test_nodata_of_one_band_leaves_the_others() -> None:
    values = np.ones((2, 3, 3), np.float32)
    values[1, 1, 1] = NAN
    out = to_grid(values, np.array([[0.5, NAN]]), np.array([[0.5, 0.5]]))
    assert np.isnan(out).tolist() == [[[False, True]], [[True, True]]]


# Six lines: 1 to 4 hold valid samples, of which line 3 has fewer.
FIRST = np.array([-1, 2, 2, 4, 2, -1], np.int32)
LAST = np.array([-1, 9, 9, 8, 9, -1], np.int32)


@pytest.mark.parametrize(
    ("line", "sample", "distance"),
    [
        (1.0, 5.0, 0.0),  # on the first valid line
        (1.25, 5.0, 0.25),
        (3.75, 5.0, 0.25),  # the last valid line is nearer
        (1.5, 2.25, 0.25),  # the first valid sample is
        (1.9, 8.9, 0.1),  # the last one is
        (2.5, 4.25, 0.25),  # line 3, which interpolation uses, starts at 4
        (2.5, 3.75, -np.inf),
        (0.9, 5.0, -np.inf),
        (4.1, 5.0, -np.inf),
        (2.0, 1.9, -np.inf),
        (NAN, 5.0, -np.inf),
        (2.0, NAN, -np.inf),
        (1e9, 5.0, -np.inf),
    ],
)
def test_distance_to_the_nearest_edge_of_valid_pixels(
    line: float, sample: float, distance: float
) -> None:
    found = edge_distance(np.array([[line]]), np.array([[sample]]), FIRST, LAST)
    assert found[0, 0] == pytest.approx(distance, abs=1e-6)


def test_where_the_distance_is_not_negative_interpolation_has_valid_pixels_only() -> None:
    values = np.full((6, 12), NAN, np.float32)
    for row in range(1, 5):
        values[row, FIRST[row] : LAST[row] + 1] = 1.0
    line, sample = (
        rng * size
        for rng, size in zip(np.random.default_rng(1).random((2, 60, 60)), (5.0, 11.0), strict=True)
    )
    distance = edge_distance(line, sample, FIRST, LAST)
    out = to_grid(values, line, sample)
    assert 0 < (distance >= 0).mean() < 1
    assert (out[distance >= 0] == 1.0).all()
    # Nothing valid is given away but points exactly above or below a wider line.
    assert np.isnan(out[distance < 0]).all()


def test_a_burst_without_valid_pixels_covers_nothing() -> None:
    none = np.full(6, -1, np.int32)
    distance = edge_distance(np.array([[2.0]]), np.array([[5.0]]), none, none)
    assert np.isneginf(distance).all()


def test_the_farthest_from_the_edge_wins_and_gaps_stay() -> None:
    one, two = np.full((2, 1, 5), 1, np.float32), np.full((2, 1, 5), 2, np.float32)
    one[0, 0, 1] = NAN  # shadow in the chosen burst
    inf = np.inf
    distances = [
        np.array([[3, 3, 1, -inf, 2]], np.float32),
        np.array([[1, 2, 4, -inf, 2]], np.float32),
    ]
    merged = merge([one, two], distances)
    np.testing.assert_array_equal(merged, [[[1, NAN, 2, NAN, 1]], [[1, 1, 2, NAN, 1]]])
    np.testing.assert_array_equal(merge([one[0], two[0]], distances), merged[0])
    assert np.isnan(one[0, 0, 1]) and (two == 2).all()  # inputs are left alone


def test_two_bursts_of_one_field_meet_without_a_seam() -> None:
    """A field linear in azimuth, in bursts of 30 lines that overlap by 8, one grid over both."""
    line, sample = np.meshgrid(np.linspace(2.0, 49.0, 95), np.linspace(1, 8, 9), indexing="ij")
    layers, distances = [], []
    for start in (0, 22):
        rows = np.arange(start, start + 30, dtype=np.float32)
        first, last = np.zeros(30, np.int32), np.full(30, 9, np.int32)
        first[[0, -1]] = last[[0, -1]] = -1
        layers.append(to_grid(np.repeat(rows[:, None], 10, 1), line - start, sample))
        distances.append(edge_distance(line - start, sample, first, last))
    merged = merge(layers, distances)
    assert merged == pytest.approx(line, abs=1e-5)
    # The seam lies in the middle of the overlap (valid lines 23 to 28), where both are equal.
    seam = line[np.argmax(distances[1][:, 4] > distances[0][:, 4]), 4]
    assert seam == pytest.approx(25.5, abs=0.51)


@pytest.mark.parametrize(("layers", "distances"), [(0, 0), (2, 1)])
def test_layers_without_distances_cannot_be_merged(layers: int, distances: int) -> None:
    field = np.zeros((2, 2), np.float32)
    with pytest.raises(ValueError, match=f"{layers} layers and {distances} distances"):
        merge([field] * layers, [field] * distances)


def mesh(line_step: float, sample_step: float) -> tuple[Array, Array]:
    """A turned mesh of 30 x 30 points that covers more than 20 x 15 radar pixels."""
    i, j = np.mgrid[0:30, 0:30].astype(np.float64)
    return line_step * (i + 0.2 * j) - 6.0, sample_step * (j - 0.2 * i) - 3.0


@pytest.mark.parametrize("steps", [(1.3, 1.3), (0.9, 4.0), (3.0, 1.0)])
def test_heights_that_are_linear_in_the_radar_window_are_exact(
    steps: tuple[float, float],
) -> None:
    line, sample = mesh(*steps)
    heights, filled = heights_on_radar_grid(line, sample, 100 + 5 * line - 3 * sample, (20, 15))
    row, column = np.mgrid[0:20, 0:15]
    assert not filled[8:14, 6:9].any()
    expected = 100 + 5 * row - 3 * column
    assert heights[~filled] == pytest.approx(expected[~filled], abs=1e-3)


def test_the_mesh_has_no_gaps_even_with_points_on_pixel_centres() -> None:
    line, sample = np.mgrid[0:40:2, 0:60:3].astype(np.float64)
    _, filled = heights_on_radar_grid(line, sample, np.zeros(line.shape), (39, 58))
    assert not filled.any()


@pytest.mark.parametrize(
    ("heights", "expected"),
    [
        ([0.0, 0.0, 100.0, 100.0], [0.0, 100.0, 100.0, 100.0, 100.0, 100.0, 100.0]),
        ([100.0, 100.0, 0.0, 0.0], [100.0, 100.0, 100.0, 100.0, 100.0, 0.0, 0.0]),
    ],
)
def test_the_highest_wins_where_terrain_is_laid_over(
    heights: list[float], expected: list[float]
) -> None:
    sample = np.tile([0.0, 4.0, 1.0, 6.0], (2, 1))  # folded back between the second and the third
    line = np.array([[0.0] * 4, [2.0] * 4])
    seen, filled = heights_on_radar_grid(line, sample, np.tile(heights, (2, 1)), (3, 7))
    assert not filled.any()
    assert seen[1].tolist() == expected


def test_voids_and_what_lies_beyond_are_filled_in_and_marked() -> None:
    line, sample = np.mgrid[0:10, 0:10].astype(np.float64)
    heights = 10.0 * sample
    heights[5, 5] = NAN
    seen, filled = heights_on_radar_grid(line, sample, heights, (10, 12))
    assert np.argwhere(filled[:, :10]).tolist() == [[5, 5]]
    assert filled[:, 10:].all()
    assert seen[5, 5] in {40.0, 50.0, 60.0}
    assert (seen[:, 10:] == 90.0).all()


def test_a_window_off_the_grid_has_no_heights() -> None:
    line, sample = np.mgrid[0:5, 0:5].astype(np.float64)
    seen, filled = heights_on_radar_grid(line + 100, sample, line, (4, 4))
    assert np.isnan(seen).all() and filled.all()
