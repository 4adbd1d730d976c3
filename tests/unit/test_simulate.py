"""The simulated world: its physics against known results, and what its settings may touch."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from numpy.typing import NDArray
from scipy import ndimage

from scarp.channels import MASK, VALID, all_channels, split_channel
from scarp.cube import channels_of, grid_of, open_cube
from scarp.simulate import SimulationSettings, simulate_event
from scarp.simulate.drainage import drain, erode
from scarp.simulate.landcover import Kind, LandCover, make_land_cover
from scarp.simulate.landslides import make_landslides
from scarp.simulate.noise import fractal_field, generator_for
from scarp.simulate.optical import greenness, sun_position
from scarp.simulate.radar import decompose, look, sample_covariance
from scarp.simulate.terrain import (
    Relief,
    horn_gradient,
    incidence_cosine,
    make_relief,
    slope_degrees,
)

DATES = {
    "PRE3": "2021-05-25",
    "PRE2": "2021-06-06",
    "PRE1": "2021-06-18",
    "POST1": "2021-06-30",
    "POST2": "2021-07-12",
    "POST3": "2021-07-24",
}
OPTICAL_DATES = {"PRE1": "2021-06-01", "POST1": "2021-07-10"}
SETTINGS = SimulationSettings(seed=7, smallest=120, largest=150)


def simulate(
    folder: Path,
    settings: SimulationSettings = SETTINGS,
    event: str = "SIM01",
    dates: dict[str, str] = DATES,
    orbit: str = "DES",
) -> Path:
    path = folder / f"{event}.nc"
    simulate_event(path, event, "2021-06-24", orbit, dates, OPTICAL_DATES, settings)
    return path


def values_of(path: Path) -> dict[str, NDArray[np.float32]]:
    with open_cube(path) as cube:
        return {name: cube[name].values for name in (*channels_of(cube), MASK, VALID)}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate(tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def world(plain: Path) -> dict[str, NDArray[np.float32]]:
    return values_of(plain)


@pytest.fixture(scope="module")
def cube(plain: Path) -> Iterator[xr.Dataset]:
    with open_cube(plain) as opened:
        yield opened


def slope_of(rise_east: float, rise_north: float, shape: tuple[int, int] = (40, 40)) -> Relief:
    """The relief of a plane without rivers."""
    rows, columns = np.indices(shape)
    height = (10.0 * (rise_east * columns - rise_north * rows)).astype(np.float32)
    east, north = (np.full(shape, rise, dtype=np.float32) for rise in (rise_east, rise_north))
    far = np.full(shape, 1e5, dtype=np.float32)
    return Relief(height, slope_degrees(east, north), east, north, far, np.ones_like(far))


# The cube


def test_holds_every_channel_in_its_valid_range(cube: xr.Dataset) -> None:
    assert channels_of(cube) == all_channels()
    for name in all_channels():
        band = split_channel(name)[1]
        values = cube[name].values
        assert np.isfinite(values).any(), name
        assert np.nanmin(values) >= band.low, name
        assert np.nanmax(values) <= band.high, name


def test_is_called_simulated_wherever_it_shows(cube: xr.Dataset) -> None:
    assert cube.attrs["source"] == "simulated"
    assert "simulated" in cube.attrs["title"]
    assert "simulated" in cube.attrs["comment"]
    for name in channels_of(cube):
        assert cube[name].attrs["engine"] == "simulated", name
        assert cube[name].attrs["long_name"].startswith("simulated "), name


def test_channels_carry_their_dates_and_coherence_both_of_them(cube: xr.Dataset) -> None:
    assert cube["POST2_gVH"].attrs["date"] == DATES["POST2"]
    assert cube["POST1_B8A"].attrs["date"] == OPTICAL_DATES["POST1"]
    assert "date" not in cube["None_DEM"].attrs
    coherence = cube["POST1_COHVV"].attrs
    assert coherence["date"] == DATES["POST1"]
    assert coherence["reference_date"] == DATES["PRE1"]
    assert int(coherence["days_apart"]) == 12


def test_stands_on_a_grid_of_ten_metres_in_a_northern_zone(cube: xr.Dataset) -> None:
    grid = grid_of(cube)
    assert grid.resolution == 10.0
    assert 32601 <= int(grid.crs.removeprefix("EPSG:")) <= 32660
    assert grid.left % 10.0 == 0.0
    assert grid.top % 10.0 == 0.0
    assert 120 <= grid.height <= 150
    assert 120 <= grid.width <= 150
    assert grid.height != grid.width


def test_invalid_is_where_a_channel_has_no_data(world: dict[str, NDArray[np.float32]]) -> None:
    finite = np.all([np.isfinite(world[name]) for name in all_channels()], axis=0)
    np.testing.assert_array_equal(world[VALID] == 1, finite)
    assert 0.8 < finite.mean() < 1.0


def test_without_a_predecessor_an_epoch_has_no_coherence(
    tmp_path: Path, world: dict[str, NDArray[np.float32]]
) -> None:
    two = {epoch: DATES[epoch] for epoch in ("PRE1", "POST1")}
    fewer = values_of(simulate(tmp_path, dates=two))
    assert "PRE1_COHVV" not in fewer
    assert "POST2_gVV" not in fewer
    for name in ("PRE1_gVV", "POST1_gVH", "POST1_COHVV", "POST1_B04", MASK):
        np.testing.assert_array_equal(fewer[name], world[name], err_msg=name)


# What an event depends on


def test_the_same_input_gives_the_same_bytes(tmp_path: Path, plain: Path) -> None:
    assert simulate(tmp_path).read_bytes() == plain.read_bytes()


@pytest.mark.parametrize(
    ("settings", "event"), [(replace(SETTINGS, seed=8), "SIM01"), (SETTINGS, "SIM02")]
)
def test_seed_and_event_make_another_world(
    tmp_path: Path, plain: Path, settings: SimulationSettings, event: str
) -> None:
    with open_cube(simulate(tmp_path, settings, event)) as other, open_cube(plain) as cube:
        assert grid_of(other) != grid_of(cube)


def test_the_orbit_moves_layover_to_the_other_side(
    tmp_path: Path, world: dict[str, NDArray[np.float32]]
) -> None:
    other = values_of(simulate(tmp_path, orbit="ASC"))
    np.testing.assert_array_equal(other["None_DEM"], world["None_DEM"])
    assert (np.isnan(other["PRE1_gVV"]) != np.isnan(world["PRE1_gVV"])).any()


# What a setting may touch


@pytest.mark.parametrize(
    "settings",
    [
        replace(SETTINGS, optical_contrast=0.0),
        replace(SETTINGS, without_optical_contrast=("SIM01",)),
    ],
)
def test_without_optical_contrast_only_the_optical_image_after_the_event_changes(
    tmp_path: Path, world: dict[str, NDArray[np.float32]], settings: SimulationSettings
) -> None:
    hidden = values_of(simulate(tmp_path, settings))
    slides = world[MASK] == 1
    beyond = ndimage.distance_transform_edt(~slides) > 6.0  # the blur of 20 m bands ends there
    for name, values in world.items():
        if name.startswith("POST1_") and split_channel(name)[1].sensor == "sentinel2":
            np.testing.assert_allclose(
                hidden[name][beyond], values[beyond], atol=1.01e-4, err_msg=name
            )
        else:
            np.testing.assert_array_equal(hidden[name], values, err_msg=name)
    seen = world["POST1_NDVI"] - world["PRE1_NDVI"]
    unseen = hidden["POST1_NDVI"] - hidden["PRE1_NDVI"]
    forest = ~slides & (world["PRE1_NDVI"] > 0.6)
    once_green = slides & (world["PRE1_NDVI"] > 0.6)
    assert np.nanmedian(seen[once_green]) < np.nanmedian(seen[forest]) - 0.3
    assert np.nanmedian(unseen[once_green]) == pytest.approx(np.nanmedian(unseen[forest]), abs=0.03)


def test_half_the_optical_contrast_lies_between(
    tmp_path: Path, world: dict[str, NDArray[np.float32]]
) -> None:
    half = values_of(simulate(tmp_path, replace(SETTINGS, optical_contrast=0.5)))
    slides = (world[MASK] == 1) & (world["PRE1_NDVI"] > 0.6)
    before, after, between = (
        np.nanmedian(values[slides])
        for values in (world["PRE1_B04"], world["POST1_B04"], half["POST1_B04"])
    )
    assert before + 0.2 * (after - before) < between < before + 0.8 * (after - before)


def test_a_landslide_that_the_radar_does_not_see_leaves_no_trace_in_it(
    tmp_path: Path, world: dict[str, NDArray[np.float32]]
) -> None:
    blind = values_of(simulate(tmp_path, replace(SETTINGS, without_radar_contrast=("SIM01",))))
    touched = np.zeros(world[MASK].shape, dtype=bool)
    for name, values in world.items():
        radar = name not in (MASK, VALID) and split_channel(name)[1].sensor == "sentinel1"
        if not (radar and name.startswith("POST")):
            np.testing.assert_array_equal(blind[name], values, err_msg=name)
        elif name.endswith(("gVV", "gVH")):
            touched |= ~np.isclose(blind[name], values, rtol=1e-3, equal_nan=True)
    slides = world[MASK] == 1
    assert touched.any()
    assert not (touched & (ndimage.distance_transform_edt(~slides) > 3.0)).any()
    # One landslide, not all: speckle is resampled, so its trace reaches two pixels beyond it.
    _, bodies = ndimage.label(ndimage.binary_dilation(touched & slides, iterations=2))
    assert bodies == 1
    assert (touched & slides).sum() < 0.8 * slides.sum()


def test_shuffled_labels_keep_their_number_and_lose_their_place(
    tmp_path: Path, world: dict[str, NDArray[np.float32]]
) -> None:
    shuffled = values_of(simulate(tmp_path, replace(SETTINGS, shuffle_labels=True)))
    for name in (*all_channels(), VALID):
        np.testing.assert_array_equal(shuffled[name], world[name], err_msg=name)
    valid = world[VALID] == 1
    before, after = world[MASK][valid] == 1, shuffled[MASK][valid] == 1
    assert before.sum() == after.sum()
    assert abs(np.corrcoef(before, after)[0, 1]) < 0.05
    # Neighbours know nothing of each other any more.
    assert (
        np.corrcoef(after[:-1], after[1:])[0, 1] < 0.05 < np.corrcoef(before[:-1], before[1:])[0, 1]
    )


# What the world is like


@pytest.mark.parametrize("event", ["A", "B", "C"])
def test_landslides_cover_a_few_percent_of_steep_ground_of_which_most_stays(event: str) -> None:
    relief = make_relief(generator_for(1, event, "terrain"), (220, 260))
    cover = make_land_cover(generator_for(1, event, "land cover"), relief)
    slides = make_landslides(generator_for(1, event, "landslides"), relief, cover)
    body = slides.number > 0
    assert 0.035 < body.mean() < 0.095
    assert relief.slope[body].mean() > relief.slope.mean() + 1.0
    steep = relief.slope > np.median(relief.slope[body])
    assert body[steep].mean() < 0.25
    assert not (cover.before[body] == Kind.WATER).any()
    assert slides.bared[body].min() > 0.0
    assert (slides.bared[~body] == 0.0).all()
    assert len(slides.roughness) == slides.number.max() + 1
    sizes = np.bincount(slides.number.ravel())[1:]
    assert sizes.max() == sizes[slides.largest - 1]


def test_landslides_are_longer_down_the_slope_than_across() -> None:
    relief = slope_of(0.0, 0.7, (320, 320))  # rises to the north, so that the fall is along rows
    forest = np.full((320, 320), Kind.FOREST, dtype=np.uint8)
    cover = LandCover(
        forest,
        forest,
        np.zeros((320, 320), dtype=np.int32),
        np.ones((320, 320), dtype=np.float32),
        np.ones((320, 320), dtype=np.float32),
    )
    slides = make_landslides(np.random.default_rng(3), relief, cover)
    boxes = ndimage.find_objects(slides.number)
    longer = [box[0].stop - box[0].start > box[1].stop - box[1].start for box in boxes]
    assert len(boxes) > 5
    assert np.mean(longer) > 0.8


def test_rivers_lie_low_and_fields_on_gentle_ground() -> None:
    relief = make_relief(generator_for(2, "A", "terrain"), (240, 200))
    cover = make_land_cover(generator_for(2, "A", "land cover"), relief)
    water = cover.before == Kind.WATER
    around = ndimage.uniform_filter(relief.elevation, 61)
    assert 0.001 < water.mean() < 0.1
    assert (relief.elevation - around)[water].mean() < -5.0
    fields = cover.field > 0
    assert relief.slope[fields].mean() < 0.6 * relief.slope.mean()
    assert ((cover.before == Kind.FOREST) & (cover.after == Kind.FELLED)).any()
    assert ((cover.before == Kind.FOREST) | (cover.after != Kind.FELLED)).all()


def test_coherence_is_lost_over_the_event_and_comes_back(
    world: dict[str, NDArray[np.float32]],
) -> None:
    slides = world[MASK] == 1
    before, across, after = (
        np.nanmean(world[f"{epoch}_COHVV"][slides]) for epoch in ("PRE1", "POST1", "POST2")
    )
    assert across < before
    assert across < after


def test_backscatter_of_a_date_has_the_looks_it_should(
    world: dict[str, NDArray[np.float32]],
) -> None:
    # Neighbours share the mean: the variance of their log ratio is that of the speckle alone. For
    # n looks it is twice the trigamma function of n; resampling leaves more looks than 4.
    logarithm = np.log(world["PRE1_gVV"])
    variance = np.nanvar(logarithm[:, ::4][:, 1:] - logarithm[:, ::4][:, :-1]) / 2.0
    looks = 1.0 / variance + 0.5  # trigamma(n) is close to 1 / (n - 1/2)
    assert 2.5 < looks < 9.0


# Terrain and drainage


def test_horn_is_exact_on_a_plane_and_weighs_the_middle_twice() -> None:
    plane = slope_of(0.3, -0.4)
    east, north = horn_gradient(plane.elevation, 10.0)
    np.testing.assert_allclose(east[1:-1, 1:-1], 0.3, atol=1e-5)
    np.testing.assert_allclose(north[1:-1, 1:-1], -0.4, atol=1e-5)
    assert slope_degrees(east, north)[5, 5] == pytest.approx(math.degrees(math.atan(0.5)), abs=1e-3)
    z = np.array([[1, 5, 2], [7, 3, 11], [4, 8, 6]], dtype=np.float32)
    east, north = horn_gradient(z, 10.0)
    assert east[1, 1] == pytest.approx(((2 + 2 * 11 + 6) - (1 + 2 * 7 + 4)) / 80.0)
    assert north[1, 1] == pytest.approx(((1 + 2 * 5 + 2) - (4 + 2 * 8 + 6)) / 80.0)


def test_incidence_on_flat_and_tilted_ground() -> None:
    assert incidence_cosine(slope_of(0.0, 0.0), 120.0, 40.0)[0, 0] == pytest.approx(
        math.cos(math.radians(40.0))
    )
    # Ground that falls 30 degrees to the east stands square to a source 30 degrees off the zenith.
    east_facing = slope_of(-math.tan(math.radians(30.0)), 0.0)
    assert incidence_cosine(east_facing, 90.0, 30.0)[0, 0] == pytest.approx(1.0)
    assert incidence_cosine(east_facing, 270.0, 70.0)[0, 0] < 0.0


def test_fractal_power_falls_as_the_hurst_exponent_says() -> None:
    fields = [fractal_field(np.random.default_rng(n), (256, 256), 0.8) for n in range(8)]
    taper = np.outer(np.hanning(256), np.hanning(256))
    power = np.mean([np.abs(np.fft.fft2(field * taper)) ** 2 for field in fields], axis=0)
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(256), np.fft.fftfreq(256)))
    used = (frequency > 0.03) & (frequency < 0.3)
    exponent = np.polyfit(np.log(frequency[used]), np.log(power[used]), 1)[0]
    assert exponent == pytest.approx(-(2 * 0.8 + 2.0), abs=0.25)


def spill_levels(height: NDArray[np.float64], outlets: set[int]) -> NDArray[np.float64]:
    """The lowest level at which each cell's water gets to an outlet, by a priority queue."""
    rows, columns = height.shape
    level = np.full(height.size, np.inf)
    queue = [(float(height.flat[cell]), cell) for cell in outlets]
    heapq.heapify(queue)
    while queue:
        here, cell = heapq.heappop(queue)
        if here >= level[cell]:
            continue
        level[cell] = here
        row, column = divmod(cell, columns)
        for down in (-1, 0, 1):
            for right in (-1, 0, 1):
                if 0 <= row + down < rows and 0 <= column + right < columns:
                    other = (row + down) * columns + column + right
                    heapq.heappush(queue, (max(here, float(height.flat[other])), other))
    return level


@pytest.mark.parametrize("seed", range(4))
def test_drainage_is_that_of_a_priority_flood(seed: int) -> None:
    height = fractal_field(np.random.default_rng(seed), (24, 31), 0.3).astype(np.float64)
    drainage = drain(height)
    cells = np.arange(height.size)
    outlets = set(cells[drainage.receiver == cells].tolist())
    assert sorted(np.concatenate(drainage.levels).tolist()) == cells.tolist()
    levels = np.full(height.size, np.inf)
    for number, members in enumerate(drainage.levels):
        receiver = drainage.receiver[members]
        levels[members] = np.maximum(height.flat[members], levels[receiver] if number else -np.inf)
    np.testing.assert_allclose(levels, spill_levels(height, outlets))
    # All the water leaves, and no cell passes on less than its own.
    passing = drainage.accumulate(np.ones(height.size))
    assert passing[sorted(outlets)].sum() == height.size
    assert passing.min() == 1.0


def test_water_takes_the_steepest_way() -> None:
    rows, columns = np.indices((9, 9)).astype(np.float64)
    receiver = drain(rows + 0.01 * columns).receiver
    inner = (np.arange(81).reshape(9, 9)[2:, 2:-1]).ravel()
    np.testing.assert_array_equal(receiver[inner], inner - 9)


def test_rivers_lower_what_they_drain_and_never_the_outlets() -> None:
    height = 5.0 + fractal_field(np.random.default_rng(1), (40, 50), 0.8).astype(np.float64)
    height = ndimage.gaussian_filter(height, 1.0)
    eroded = erode(height, strength=0.1, creep=0.0, steps=3)
    outlets = drain(height).levels[0]
    np.testing.assert_allclose(eroded.flat[outlets], height.flat[outlets])
    assert eroded.mean() < height.mean() - 0.05


# Sun and season


def test_sun_over_the_equator_at_the_equinox() -> None:
    azimuth, zenith = sun_position(date(2021, 3, 22), 0.0)
    assert zenith == pytest.approx(22.5, abs=0.5)  # an hour and a half before noon
    assert azimuth == pytest.approx(90.0, abs=1.0)


def test_sun_is_higher_in_summer_and_mirrored_south_of_the_equator() -> None:
    summer, winter = (sun_position(date(2021, month, 21), 40.0) for month in (6, 12))
    assert summer[1] < winter[1] - 30.0
    south = sun_position(date(2021, 12, 21), -40.0)
    assert south[1] == pytest.approx(summer[1], abs=0.2)
    assert south[0] == pytest.approx(180.0 - summer[0], abs=0.2)


def test_leaves_are_out_in_the_summer_of_either_hemisphere() -> None:
    july, january = date(2021, 7, 15), date(2021, 1, 15)
    assert greenness(july, 40.0) == greenness(january, -40.0) == 1.0
    assert greenness(january, 40.0) == greenness(july, -40.0) == 0.0


# Radar


@pytest.mark.parametrize("looks", [2, 4, 16])
def test_speckle_has_the_mean_and_the_looks_asked_for(looks: int) -> None:
    shape = (400, 400)
    one, three, half = (np.full(shape, value, dtype=np.float32) for value in (1.0, 3.0, 0.5))
    c11, c22, (real, imaginary) = sample_covariance(
        np.random.default_rng(5), one, three, half, looks
    )
    for sample, mean in ((c11, 1.0), (c22, 3.0)):
        assert sample.mean() == pytest.approx(mean, rel=0.01)
        assert sample.mean() ** 2 / sample.var() == pytest.approx(looks, rel=0.03)
    assert real.mean() == pytest.approx(0.5 * math.sqrt(3.0), rel=0.02)
    assert imaginary.mean() == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("looks", [3, 10])
def test_sample_coherence_is_biased_as_theory_says(looks: int) -> None:
    ones, none = np.ones((300, 300), dtype=np.float32), np.zeros((300, 300), dtype=np.float32)
    c11, c22, (real, imaginary) = sample_covariance(
        np.random.default_rng(6), ones, ones, none, looks
    )
    # Touzi et al. 1999, equation 12, for a true coherence of 0.
    expected = math.gamma(looks) * math.gamma(1.5) / math.gamma(looks + 0.5)
    coherence = np.hypot(real, imaginary) / np.sqrt(c11 * c22)
    assert coherence.max() <= 1.0 + 1e-5
    assert coherence.mean() == pytest.approx(expected, rel=0.01)


def test_decomposition_agrees_with_eigenvectors() -> None:
    generator = np.random.default_rng(7)
    ones = np.ones((1, 200), dtype=np.float32)
    c11, c22, (real, imaginary) = sample_covariance(generator, ones, 0.4 * ones, 0.3 * ones, 3)
    entropy, anisotropy, alpha = decompose(c11, c22, real, imaginary)
    for pixel in range(200):
        c12 = complex(real[0, pixel], imaginary[0, pixel])
        matrix = np.array([[c11[0, pixel], c12], [c12.conjugate(), c22[0, pixel]]])
        eigenvalues, vectors = np.linalg.eigh(matrix)
        share = eigenvalues / eigenvalues.sum()
        angles = np.degrees(np.arccos(np.abs(vectors[0])))
        assert entropy[0, pixel] == pytest.approx(-(share * np.log2(share)).sum(), abs=1e-3)
        assert anisotropy[0, pixel] == pytest.approx(share[1] - share[0], abs=1e-3)
        assert alpha[0, pixel] == pytest.approx((share * angles).sum(), abs=0.1)


def test_layover_faces_the_sensor() -> None:
    # 45 degrees; ascending Sentinel-1 looks east, so that ground which rises eastwards faces it.
    rising_east, rising_west = slope_of(1.0, 0.0), slope_of(-1.0, 0.0)
    assert not look(rising_east, "ASC", 39.0).seen.any()
    assert look(rising_west, "ASC", 39.0).seen.all()
    assert look(rising_east, "DES", 39.0).seen.all()
    assert not look(rising_west, "DES", 39.0).seen.any()
    assert not look(slope_of(-1.6, 0.0), "ASC", 39.0).seen.any()  # shadow beyond 51 degrees
    gentle = slope_of(0.3, 0.0)
    assert look(gentle, "ASC", 39.0).gain[0, 0] > 0.0 > look(gentle, "DES", 39.0).gain[0, 0]
