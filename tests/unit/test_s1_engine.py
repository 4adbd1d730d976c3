"""The Sentinel-1 engine against simulated scenes of known truth, and against itself with faults."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from scipy import ndimage

from scarp.errors import DataError
from scarp.grid import Grid
from scarp.sentinel1 import backscatter, engine, interferometry, passes
from scarp.sentinel1.area import prepare_area
from scarp.sentinel1.backscatter import date_layers
from scarp.sentinel1.coherence import expected_coherence
from scarp.sentinel1.engine import Ground, Layers, compute
from scarp.sentinel1.lookup import Noise
from scarp.sentinel1.passes import open_pass
from scarp.sentinel1.polarimetry import expected_haa
from scarp.sentinel1.products import write_layers
from scarp.sentinel1.resample import resample
from scarp.sentinel1.settings import Processing
from scarp.sentinel1.view import look
from scarp.simulate.slc import SlcDate, SlcScene, SlcSettings
from scarp.simulate.slc_radar import LINE_INTERVAL
from tiny_slc import (
    CRS,
    RIM,
    Sight,
    Tiny,
    cut,
    decibel,
    lines_of,
    looks,
    looks_per_pixel,
    noise_equivalent,
    sight,
    simulate,
    write_dem,
)

Array = NDArray[np.float64]

EPOCHS = ("PRE1", "POST1")
SIDE = 320
#: Three zones from north to south; a fourth is squares on slopes that face the radar.
ZONES, BRIGHT = 3, 3
GAMMA0_CO = (0.15, 0.25, 0.40, 8.0)
GAMMA0_CROSS = (0.05, 0.07, 0.10, 2.0)
CORRELATION = (0.1 + 0.1j, 0.4, 0.6j, 0.0)
COHERENCE = (0.8, 0.5, 0.2, 0.5)
#: Pixels from a zone's edge that windows of H/A/alpha and coherence reach.
WINDOW = 8


def hill_scene() -> SlcScene:
    """Waves along range of slopes up to 17 degrees, a smaller one along azimuth."""
    y, x = np.mgrid[:SIDE, :SIDE] * 10.0
    zones = np.minimum(np.mgrid[:SIDE, :SIDE][0] * ZONES // SIDE, ZONES - 1)
    # Descending, right-looking: the radar stands in the east, where the ground falls towards.
    for column in (82, 245):
        for row in range(25, SIDE - 25, 54):
            zones[row : row + 14, column - 7 : column + 7] = BRIGHT
    return SlcScene(
        Grid(CRS, 500_000.0, 4_650_000.0, 10.0, SIDE, SIDE),
        300 + 80 * np.sin(x / 260) + 30 * np.cos(y / 300),
        zones,
        "DES",
        np.array([GAMMA0_CO] * 2),
        np.array([GAMMA0_CROSS] * 2),
        np.array([CORRELATION] * 2),
        np.array([COHERENCE]),
    )


@pytest.fixture(scope="module")
def hill(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """Two dates, half a line and 150 m apart, of two bursts of IW1, with noise, IPF 3.61."""
    dates = (
        SlcDate("2021-01-01", 36_001),
        SlcDate("2021-01-13", 36_176, perpendicular_baseline=150.0, azimuth_offset=0.5),
    )
    settings = SlcSettings(bursts=2, lines=220, overlap=60)
    return simulate(tmp_path_factory.mktemp("hill"), hill_scene(), dates, settings)


@pytest.fixture(scope="module")
def hill_layers(hill: Tiny) -> Layers:
    return hill.run()


@pytest.fixture(scope="module")
def hill_sight(hill: Tiny) -> Sight:
    return sight(hill)


@pytest.fixture(scope="module")
def seams(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """Two bursts each of IW1 and IW2, HH+HV, ascending, IPF 2.84; one zone, independent dates."""
    side = 240
    y, x = np.mgrid[:side, :side] * 10.0
    scene = SlcScene(
        Grid(CRS, 500_000.0, 4_650_000.0, 10.0, side, side),
        200 + 40 * np.sin(x / 300) * np.cos(y / 250),
        np.zeros((side, side), dtype=np.int16),
        "ASC",
        np.full((2, 1), 0.1),
        np.full((2, 1), 0.05),
        np.zeros((2, 1), dtype=np.complex128),
        np.zeros((1, 1)),
    )
    dates = (SlcDate("2015-03-01", 4_850), SlcDate("2015-03-13", 5_025))
    settings = SlcSettings(
        polarisations=("HH", "HV"),
        swaths=("IW1", "IW2"),
        lines=180,
        overlap=70,
        ipf="002.84",
    )
    return simulate(tmp_path_factory.mktemp("seams"), scene, dates, settings)


@pytest.fixture(scope="module")
def seams_layers(seams: Tiny) -> Layers:
    return seams.run()


# --- gamma nought


def mean_ratio(hill: Tiny, layers: Layers, channel: int) -> Array:
    """Gamma nought over its truth, mean of both dates, (y, x)."""
    truth = np.array((GAMMA0_CO, GAMMA0_CROSS)[channel])[hill.zones]
    return np.mean([layers.dates[e].gamma0[channel] / truth for e in EPOCHS], axis=0)


def standard_error(hill: Tiny, seen: Sight, where: NDArray[np.bool_], together: float) -> float:
    """Of the mean of both dates over pixels, dB: speckle of the looks that image them.

    Parameters
    ----------
    together: mean of the squared coherence between the dates, which correlates their power.
    """
    count = hill.inner(seen.pixels)[where].sum() * looks_per_pixel("IW1")
    return float(10 / np.log(10) * np.sqrt((1 + together) / 2 / count))


def check_zone_means(hill: Tiny, layers: Layers, seen: Sight) -> None:
    for channel in (0, 1):
        ratio = mean_ratio(hill, layers, channel)
        for zone in range(ZONES):
            where = hill.zone(zone)
            assert 3 * standard_error(hill, seen, where, COHERENCE[zone] ** 2) < 0.1
            assert abs(decibel(ratio[where].mean())) < 0.1, (channel, zone)


def quartiles(hill: Tiny, seen: Sight) -> list[NDArray[np.bool_]]:
    """Pixels inside the zones, by illuminated area."""
    inside = np.any([hill.zone(zone) for zone in range(ZONES)], axis=0)
    area = hill.inner(seen.ratio)
    edges = np.quantile(area[inside], [0.25, 0.5, 0.75])
    return [inside & (np.digitize(area, edges) == k) for k in range(4)]


def check_quartiles(hill: Tiny, layers: Layers, seen: Sight) -> None:
    """The two channels are correlated by 0.36 at most: their mean has the error of one."""
    ratio = np.mean([mean_ratio(hill, layers, channel) for channel in (0, 1)], axis=0)
    for number, where in enumerate(quartiles(hill, seen)):
        assert 3 * standard_error(hill, seen, where, COHERENCE[0] ** 2) < 0.2
        assert abs(decibel(ratio[where].mean())) < 0.2, number


def test_zone_means_of_gamma0_are_those_of_the_scene(
    hill: Tiny, hill_layers: Layers, hill_sight: Sight
) -> None:
    check_zone_means(hill, hill_layers, hill_sight)


def test_gamma0_does_not_depend_on_illuminated_area(
    hill: Tiny, hill_layers: Layers, hill_sight: Sight
) -> None:
    area = hill.inner(hill_sight.ratio)
    assert decibel(np.quantile(area, 0.9) / np.quantile(area, 0.1)) > 3  # a scene that can tell
    check_quartiles(hill, hill_layers, hill_sight)


def test_every_pixel_of_the_area_has_data(hill_layers: Layers) -> None:
    for epoch in EPOCHS:
        assert np.isfinite(hill_layers.dates[epoch].gamma0).all()
        assert np.isfinite(hill_layers.dates[epoch].haalpha).all()
    assert np.isfinite(hill_layers.coherence["POST1"]).all()


def test_without_flattening_quartiles_fail(
    hill: Tiny, hill_sight: Sight, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = backscatter.area_ratio

    def flat(*arguments: Any) -> NDArray[np.float32]:
        ratio = true(*arguments)
        return np.full_like(ratio, np.nanmedian(ratio))

    monkeypatch.setattr(backscatter, "area_ratio", flat)
    with pytest.raises(AssertionError):
        check_quartiles(hill, hill.run(coherence=False), hill_sight)


def test_with_noise_left_in_zone_means_fail(
    hill: Tiny, hill_sight: Sight, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Noise, "evaluate", lambda self, lines, samples: np.float32(0))
    with pytest.raises(AssertionError):
        check_zone_means(hill, hill.run(coherence=False), hill_sight)


def swap_channels(monkeypatch: pytest.MonkeyPatch) -> None:
    true, other = backscatter.read_pixels, {"VV": "VH", "VH": "VV"}
    monkeypatch.setattr(
        backscatter, "read_pixels", lambda window, channel: true(window, other[channel])
    )


def test_with_vv_and_vh_swapped_zone_means_and_alpha_fail(
    hill: Tiny, hill_sight: Sight, monkeypatch: pytest.MonkeyPatch
) -> None:
    swap_channels(monkeypatch)
    layers = hill.run(coherence=False)
    with pytest.raises(AssertionError):
        check_zone_means(hill, layers, hill_sight)
    with pytest.raises(AssertionError):
        check_haalpha(hill, layers, hill_sight)


# --- coherence


def expected_zone_coherence(hill: Tiny, seen: Sight, zone: int, where: NDArray[np.bool_]) -> float:
    """Mean of the estimate: thermal noise decorrelates, few looks lift."""
    signal = GAMMA0_CO[zone] * hill.inner(seen.ratio)[where]
    kept = 1.0
    for product in hill.products:
        noise = hill.inner(noise_equivalent(product, seen))[where]
        kept = kept * np.sqrt(signal / (signal + noise))
    levels = np.linspace(0, 1, 101)
    bias = expected_coherence(levels, looks("IW1", 3, 10))
    return float(np.interp(COHERENCE[zone] * kept, levels, bias).mean())


def check_coherence(hill: Tiny, layers: Layers, seen: Sight) -> None:
    """In zones and their quartiles of illuminated area: phase left in is steepest on slopes."""
    area = hill.inner(seen.ratio)
    for zone in range(ZONES):
        inside = hill.zone(zone, WINDOW)
        quarter = np.digitize(area, np.quantile(area[inside], [0.25, 0.5, 0.75]))
        for where in (inside, *(inside & (quarter == k) for k in range(4))):
            found = layers.coherence["POST1"][where].mean()
            expected = expected_zone_coherence(hill, seen, zone, where)
            assert found == pytest.approx(expected, abs=0.02), zone


def test_coherence_is_that_of_the_scene_and_its_bias(
    hill: Tiny, hill_layers: Layers, hill_sight: Sight
) -> None:
    check_coherence(hill, hill_layers, hill_sight)


def without_deramping(
    slc: NDArray[np.complex64],
    p: Any,
    first_line: int,
    first_sample: int,
    line: Array,
    sample: Array,
    taps: int = 8,
) -> NDArray[np.complex64]:
    return resample(slc, line - first_line, sample - first_sample, taps)


def test_without_deramping_coherence_fails(
    hill: Tiny, hill_sight: Sight, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interferometry, "resample_slc", without_deramping)
    with pytest.raises(AssertionError):
        check_coherence(hill, hill.run(gamma0=False), hill_sight)


def flat_earth_only(phase: Array) -> Array:
    """The smooth part of the phase: a polynomial of the second degree in line and sample."""
    y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in phase.shape), indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=-1).reshape(-1, 6)
    known = np.isfinite(phase.ravel())
    fit, *_ = np.linalg.lstsq(terms[known], phase.ravel()[known], rcond=None)
    return np.asarray(terms @ fit).reshape(phase.shape)


@pytest.mark.parametrize(
    "fault", [flat_earth_only, np.negative], ids=["no topographic phase", "sign swapped"]
)
def test_with_another_phase_coherence_fails(
    hill: Tiny,
    hill_sight: Sight,
    monkeypatch: pytest.MonkeyPatch,
    fault: Callable[[Array], Array],
) -> None:
    true = interferometry._phase
    monkeypatch.setattr(interferometry, "_phase", lambda *given: fault(true(*given)))
    with pytest.raises(AssertionError):
        check_coherence(hill, hill.run(gamma0=False), hill_sight)


# --- entropy, anisotropy, alpha


def check_haalpha(hill: Tiny, layers: Layers, seen: Sight) -> None:
    """Thermal noise, which is not taken off, is part of what is expected."""
    count = looks("IW1", 5, 20)
    for zone in range(ZONES):
        where = hill.zone(zone, WINDOW)
        co, cross = GAMMA0_CO[zone], GAMMA0_CROSS[zone]
        mixed = CORRELATION[zone] * np.sqrt(co * cross)
        for epoch, product in zip(EPOCHS, hill.products, strict=True):
            noise = [
                (hill.inner(noise_equivalent(product, seen, channel) / seen.ratio))[where].mean()
                for channel in ("VV", "VH")
            ]
            matrix = np.array([[co + noise[0], mixed], [np.conj(mixed), cross + noise[1]]])
            expected = expected_haa(matrix, count, 40_000, zone)
            found = [float(layer[where].mean()) for layer in layers.dates[epoch].haalpha]
            np.testing.assert_allclose(found[:2], expected[:2], atol=0.01)
            assert found[2] == pytest.approx(expected[2], abs=0.4)


def test_entropy_anisotropy_alpha_are_as_expected_at_their_looks(
    hill: Tiny, hill_layers: Layers, hill_sight: Sight
) -> None:
    check_haalpha(hill, hill_layers, hill_sight)


@pytest.mark.parametrize("speckle", ["none", "boxcar", "refined-lee"])
def test_anisotropy_and_entropy_follow_from_the_larger_eigenvalue_on_every_look(
    hill: Tiny, monkeypatch: pytest.MonkeyPatch, speckle: Any
) -> None:
    """Before resampling; p1 from the matrices that were decomposed, by numpy."""
    decomposed: list[Any] = []
    gridded: list[NDArray[np.float32]] = []
    true, to_grid = backscatter.entropy_anisotropy_alpha, backscatter.to_grid

    def decompose(*matrix: Any) -> Any:
        decomposed.append(matrix)
        return true(*matrix)

    def regrid(layers: NDArray[np.float32], *positions: Any) -> Any:
        gridded.append(layers)
        return to_grid(layers, *positions)

    monkeypatch.setattr(backscatter, "entropy_anisotropy_alpha", decompose)
    monkeypatch.setattr(backscatter, "to_grid", regrid)
    date, processing = open_pass([hill.products[0]]), Processing(speckle=speckle)
    area = prepare_area(cut(hill.grid, 100), hill.dem, "ellipsoidal")
    date_layers(look(area, date, processing), processing)
    assert len(gridded) == len(decomposed) == 2  # bursts
    for layers, (c11, c12, c22) in zip(gridded, decomposed, strict=True):
        matrix = np.moveaxis(np.array([[c11, c12], [np.conj(c12), c22]]), (0, 1), (-2, -1))
        known = np.isfinite(layers[3])
        assert known.sum() > 1000
        values = np.linalg.eigvalsh(matrix[known].astype(np.complex128))
        p1 = values[:, 1] / values.sum(axis=1)
        entropy = -(p1 * np.log2(p1) + (1 - p1) * np.log2(1 - p1))
        np.testing.assert_allclose(layers[3][known], 2 * p1 - 1, atol=2e-6)
        np.testing.assert_allclose(layers[2][known], entropy, atol=2e-6)


@pytest.mark.parametrize("speckle", ["none", "boxcar", "refined-lee"])
def test_looks_without_data_of_their_own_stay_without(
    hill: Tiny, monkeypatch: pytest.MonkeyPatch, speckle: Any
) -> None:
    """A hole as wide as a few looks, which every window reaches across."""
    true = backscatter.read_pixels

    def with_hole(window: Any, channel: str) -> NDArray[np.complex64]:
        pixels = true(window, channel)
        pixels[60:64, 96:112] = np.nan
        return pixels

    gridded: list[NDArray[np.float32]] = []
    to_grid = backscatter.to_grid

    def regrid(layers: NDArray[np.float32], *positions: Any) -> Any:
        gridded.append(layers)
        return to_grid(layers, *positions)

    monkeypatch.setattr(backscatter, "read_pixels", with_hole)
    monkeypatch.setattr(backscatter, "to_grid", regrid)
    date, processing = open_pass([hill.products[0]]), Processing(speckle=speckle)
    area = prepare_area(cut(hill.grid, 100), hill.dem, "ellipsoidal")
    date_layers(look(area, date, processing), processing)
    hole = np.zeros(gridded[0].shape[1:], dtype=bool)
    hole[60:64, 24:28] = True
    for layer in gridded[0]:
        assert np.isnan(layer[hole]).all()
        assert np.isfinite(layer[ndimage.binary_dilation(hole, iterations=2) & ~hole]).all()


def test_a_pixel_that_is_zero_is_dark_and_leaves_no_hole(
    hill: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rounding makes zeros where the ground is dark; a kernel must not lose all around them."""
    true = passes.read_window

    def sprinkled(*given: Any) -> NDArray[np.complex64]:
        pixels = true(*given)
        pixels[::9, ::7] = 0
        return pixels

    monkeypatch.setattr(passes, "read_window", sprinkled)
    layers = hill.run()
    assert np.isfinite(layers.coherence["POST1"]).all()
    assert np.isfinite(layers.dates["PRE1"].gamma0).all()


def test_edges_of_a_burst_and_lines_of_zeros_are_no_data(
    hill: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = open_pass([hill.products[0]]).bursts[1].images["VH"]
    burst = image.swath.bursts[1]
    valid = np.zeros((60, 80), dtype=bool)
    valid[12:, 10:] = True  # as the simulator leaves a burst's edges
    pixels = image.pixels(1, slice(0, 60), slice(0, 80))
    np.testing.assert_array_equal(np.isfinite(pixels), valid)
    far = slice(burst.samples - 30, burst.samples)
    pixels = image.pixels(1, slice(burst.lines - 30, burst.lines), far)
    assert np.isfinite(pixels[:18, :20]).all()
    assert np.isnan(pixels[18:]).all() and np.isnan(pixels[:, 20:]).all()
    true = passes.read_window

    def missing_line(*given: Any) -> NDArray[np.complex64]:
        read = true(*given)
        read[40] = 0
        return read

    monkeypatch.setattr(passes, "read_window", missing_line)
    valid[40] = False
    pixels = image.pixels(1, slice(0, 60), slice(0, 80))
    np.testing.assert_array_equal(np.isfinite(pixels), valid)


# --- geolocation


def displacement(hill: Tiny, layers: Layers) -> tuple[float, float]:
    """By how many pixels (south, east) the bright squares lie off their place.

    The peak of the correlation of log power, of all channels and dates, with the map of squares.
    """
    power = np.mean([mean_ratio(hill, layers, channel) for channel in (0, 1)], axis=0)
    squares = (hill.zones == BRIGHT).astype(np.float64)
    # Against the truth of the zones around: the squares are bright in it either way.
    truth = np.array(GAMMA0_CO)[np.where(squares > 0, 0, hill.zones)]
    level = decibel(ndimage.uniform_filter(power * np.array(GAMMA0_CO)[hill.zones] / truth, 3))
    near = ndimage.binary_dilation(squares > 0, iterations=9)
    near[:12] = near[-12:] = near[:, :12] = near[:, -12:] = False
    reach = range(-4, 5)
    match = np.array(
        [
            [np.corrcoef(level[near], np.roll(squares, (i, j), (0, 1))[near])[0, 1] for j in reach]
            for i in reach
        ]
    )
    row, column = np.unravel_index(int(match.argmax()), match.shape)
    assert 0 < row < 8 and 0 < column < 8
    return (
        int(row) - 4 + peak(match[row - 1 : row + 2, column]),
        int(column) - 4 + peak(match[row, column - 1 : column + 2]),
    )


def peak(values: Array) -> float:
    """Of the parabola through three values, from the middle one."""
    low, middle, high = values
    return float(0.5 * (low - high) / (low - 2 * middle + high))


def check_geolocation(hill: Tiny, layers: Layers) -> None:
    south, east = displacement(hill, layers)
    assert abs(south) < 0.25
    assert abs(east) < 0.25


def test_bright_squares_lie_within_a_quarter_pixel(hill: Tiny, hill_layers: Layers) -> None:
    check_geolocation(hill, hill_layers)


@pytest.mark.parametrize("step", [-1, 1])
def test_with_the_dem_one_pixel_off_geolocation_fails(
    hill: Tiny, tmp_path: Path, step: int
) -> None:
    """Squares lie on slopes of 17 degrees: a pixel aside is 3 m of height, 7 m on the ground."""
    wide = np.pad(hill.scene.elevation, 8, mode="edge")
    moved = np.roll(wide, step, axis=1)[8:-8, 8:-8]
    dem = write_dem(tmp_path / "dem.tif", hill.scene.grid, moved)
    with pytest.raises(AssertionError):
        check_geolocation(hill, hill.run(dem=dem, coherence=False))


# --- geometry


def test_local_incidence_is_that_of_the_scene(
    hill: Tiny, hill_layers: Layers, hill_sight: Sight
) -> None:
    assert hill_layers.geometry is not None
    mask, incidence = hill_layers.geometry
    np.testing.assert_allclose(incidence, hill.inner(hill_sight.incidence), atol=0.01)
    assert incidence.min() < 22 and incidence.max() > 45
    assert (mask == 0).all()


def test_a_steep_ridge_lays_itself_over_the_side_of_the_radar_and_shades_the_other(
    hill: Tiny, tmp_path: Path
) -> None:
    """Sides of 60 degrees: above the incidence angle of 33.5 and above its complement."""
    grid = cut(hill.grid, 60)
    column = np.broadcast_to(np.arange(SIDE), (SIDE, SIDE))
    height, crest, slope = 200.0, SIDE // 2, np.tan(np.radians(60))
    ridge = np.maximum(0.0, height - np.abs(column - crest) * 10 * slope)
    dem = write_dem(tmp_path / "dem.tif", hill.scene.grid, 300 + ridge)
    date = {"PRE1": open_pass([hill.products[0]])}
    layers = compute(Ground(grid, dem, "ellipsoidal"), date, [], [], "PRE1")
    assert layers.geometry is not None
    mask, incidence = layers.geometry
    middle = mask[grid.height // 2]
    crest -= 8 + 60
    reach = round(height / slope / 10)
    facing, behind = slice(crest + 2, crest + reach - 1), slice(crest - reach + 2, crest - 1)
    assert np.isin(middle[facing], (1, 3)).all()
    assert np.isin(middle[behind], (2, 3)).all()
    # Seen from the east at 33.5 degrees, the crest is as near as ground h / tan(33.5) = 300 m east.
    onto = round(height / np.tan(np.radians(33.5)) / 10)
    assert np.isin(middle[crest + reach : crest + onto - 3], (1, 3)).all()
    assert (middle[crest + onto + 4 :] == 0).all()
    assert (middle[: crest - onto - 8] == 0).all()
    assert incidence[grid.height // 2, crest + 6] == pytest.approx(60 - 33.5, abs=1.5)
    assert incidence[grid.height // 2, crest - 6] == pytest.approx(60 + 33.5, abs=1.5)


# --- bursts and subswaths put together


def owner_of(tiny: Tiny) -> NDArray[np.int_]:
    """Which burst of the first date each pixel is taken from, counted as the engine finds them."""
    area = prepare_area(tiny.grid, tiny.dem, "ellipsoidal")
    view = look(area, open_pass([tiny.products[0]]), Processing())
    return np.argmax([window.distance for window in view.windows], axis=0)


def owners(seams: Tiny) -> NDArray[np.int_]:
    """0 and 1: bursts of IW1; 2 and 3: of IW2."""
    owner = owner_of(seams)
    assert set(owner.ravel()) == {0, 1, 2, 3}
    return owner


def seams_ratio(layers: Layers) -> Array:
    """Gamma nought over its truth, mean of both dates and channels, all independent."""
    truth = np.array([0.1, 0.05])[:, None, None]
    return np.mean([layers.dates[e].gamma0 / truth for e in EPOCHS], axis=(0, 1))


def check_seam(seams: Tiny, ratio: Array, one: NDArray[np.bool_], other: NDArray[np.bool_]) -> None:
    """Means of the 70 pixels on either side of a seam agree within 0.1 dB."""
    per_pixel = seams.inner(sight(seams).pixels) * looks_per_pixel("IW2")  # the fewer of both
    means, variance = [], 0.0
    for side, across in ((one, other), (other, one)):
        near = side & (ndimage.distance_transform_edt(~across) <= 70)
        means.append(decibel(ratio[near].mean()))
        variance += 1 / (4 * per_pixel[near].sum())
    assert 3 * 10 / np.log(10) * np.sqrt(variance) < 0.1
    assert abs(means[0] - means[1]) < 0.1


def test_gamma0_goes_on_over_the_burst_edge(seams: Tiny, seams_layers: Layers) -> None:
    owner = owners(seams)
    check_seam(seams, seams_ratio(seams_layers), owner % 2 == 0, owner % 2 == 1)


def test_gamma0_goes_on_from_one_subswath_to_the_next(seams: Tiny, seams_layers: Layers) -> None:
    owner = owners(seams)
    check_seam(seams, seams_ratio(seams_layers), owner < 2, owner >= 2)


def test_with_calibration_of_one_subswath_off_the_seam_shows(
    seams: Tiny, seams_layers: Layers
) -> None:
    owner = owners(seams)
    ratio = seams_ratio(seams_layers) * np.where(owner < 2, 1.05, 1.0)
    with pytest.raises(AssertionError):
        check_seam(seams, ratio, owner < 2, owner >= 2)


def test_an_area_over_bursts_and_subswaths_has_no_hole(seams_layers: Layers) -> None:
    for layer in (seams_layers.dates["PRE1"], seams_layers.dates["POST1"]):
        assert np.isfinite(layer.gamma0).all() and np.isfinite(layer.haalpha).all()
    assert np.isfinite(seams_layers.coherence["POST1"]).all()


def test_noise_tables_from_before_ipf_2_90_are_used(
    seams: Tiny, seams_layers: Layers, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = decibel(np.mean([seams_layers.dates[e].gamma0[1].mean() for e in EPOCHS]) / 0.05)
    assert abs(found) < 0.05
    monkeypatch.setattr(Noise, "evaluate", lambda self, lines, samples: np.float32(0))
    left_in = seams.run(coherence=False)
    found = decibel(np.mean([left_in.dates[e].gamma0[1].mean() for e in EPOCHS]) / 0.05)
    assert found > 0.2


def test_dates_without_coherence_give_its_bias_over_all_seams(
    seams: Tiny, seams_layers: Layers
) -> None:
    owner = owners(seams)
    for number, name in ((0, "IW1"), (1, "IW2")):
        inside = ndimage.binary_erosion(owner // 2 == number, iterations=WINDOW)
        found = seams_layers.coherence["POST1"][inside].mean()
        expected = float(expected_coherence(0.0, looks(name, 3, 10)))
        assert found == pytest.approx(expected, abs=0.02)


def test_hh_and_hv_are_named_so(seams: Tiny, seams_layers: Layers, tmp_path: Path) -> None:
    passes = dict(zip(EPOCHS, seams.passes(), strict=True))
    ground = Ground(seams.grid, seams.dem, "ellipsoidal")
    write_layers(tmp_path, ground, passes, seams_layers, Processing(), "PRE1")
    with rasterio.open(tmp_path / "gamma0_PRE1.tif") as file:
        assert file.descriptions == ("HH", "HV")
        np.testing.assert_array_equal(file.read(), seams_layers.dates["PRE1"].gamma0)
    with rasterio.open(tmp_path / "coherence_POST1.tif") as file:
        assert file.descriptions == ("HH",)
        tags = file.tags()
    assert (tags["reference_date"], tags["date"]) == ("2015-03-01", "2015-03-13")
    assert float(tags["equivalent_looks"]) == pytest.approx(looks("IW1", 3, 10), abs=0.06)


def test_two_slices_of_a_pass_over_midnight_give_what_one_product_gives(
    tmp_path: Path,
) -> None:
    """The second slice begins on the next day; its times count from another midnight."""
    side = 80
    scene = SlcScene(
        Grid(CRS, 500_000.0, 4_650_000.0, 10.0, side, side),
        np.full((side, side), 250.0) + 3 * np.mgrid[:side, :side][1],
        np.zeros((side, side), dtype=np.int16),
        "DES",
        np.full((1, 1), 0.3),
        np.full((1, 1), 0.1),
        np.zeros((1, 1), dtype=np.complex128),
        np.zeros((0, 1)),
    )
    settings = SlcSettings(
        bursts=2, lines=160, overlap=80, noise_factor=0.0, time_of_day=86_400.2, scatterers=2
    )
    slice_settings = replace(settings, bursts=1)
    date = SlcDate("2021-03-31", 36_001)
    one = simulate(tmp_path / "one", scene, [date], settings)
    # Bursts begin 40 lines before and after where one alone would.
    first, second = (
        simulate(tmp_path / name, scene, [replace(date, azimuth_offset=offset)], slice_settings)
        for name, offset in (("first", -40.0), ("second", 40.0))
    )
    both = open_pass([*second.products, *first.products])
    assert [start.name for start in (first.products[0], second.products[0])] == [
        f"{name}.SAFE" for name in both.products
    ]
    assert "_20210401T000000_" in both.products[1] and both.date == "2021-03-31"
    ground = Ground(one.grid, one.dem, "ellipsoidal")
    found = compute(ground, {"PRE1": both}, ["PRE1"], [], None).dates["PRE1"]
    whole = one.run().dates["PRE1"]
    owner = owner_of(one)
    assert set(owner.ravel()) == {0, 1}
    assert np.isfinite(found.gamma0).all()
    np.testing.assert_allclose(found.gamma0[:, owner == 0], whole.gamma0[:, owner == 0], rtol=1e-4)
    # The second burst differs by the Doppler centroid that the simulator gives it.
    alike = np.corrcoef(decibel(found.gamma0[0][owner == 1]), decibel(whole.gamma0[0][owner == 1]))
    assert alike[0, 1] > 0.9


# --- outside, and in blocks


def test_outside_the_bursts_is_no_data_and_the_covered_share_is_told(
    hill: Tiny, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An area across the last valid line of the last burst, which lies 1 km beyond the scene."""
    scene = hill.scene
    far = 260
    dem = write_dem(tmp_path / "dem.tif", scene.grid, scene.elevation, far)
    grid = Grid(CRS, scene.grid.left + 800, scene.grid.top - 10 * SIDE + 300, 10.0, 200, 100)
    date = {"PRE1": open_pass([hill.products[0]])}
    ground = Ground(grid, dem, "ellipsoidal")
    with caplog.at_level(logging.INFO, logger="scarp"):
        layers = compute(ground, date, ["PRE1"], [], None)
    # Seen from the simulator's orbit: the terrain is carried on flat beyond the scene.
    rows, columns = np.meshgrid(np.arange(200) + SIDE - 30, np.arange(100) + 80, indexing="ij")
    heights = scene.elevation[np.minimum(rows, SIDE - 1), columns]
    last = date["PRE1"].bursts[-1]
    line = lines_of(hill, grid, heights) - (
        (last.start - hill.settings.time_of_day) / LINE_INTERVAL
    )
    covered = line <= np.flatnonzero(last.burst.last_valid_sample >= 0).max()
    assert 0.2 < covered.mean() < 0.8
    for values in (*layers.dates["PRE1"].gamma0, *layers.dates["PRE1"].haalpha):
        assert np.isnan(values[~covered]).all()
        assert np.isfinite(values[ndimage.binary_erosion(covered, border_value=1)]).all()
    write_layers(tmp_path, ground, date, layers, Processing())
    with rasterio.open(tmp_path / "gamma0_PRE1.tif") as file:
        assert np.isnan(file.nodata)
        told = float(file.tags()["covered_share"])
    assert told == pytest.approx(covered.mean(), abs=0.01)
    assert f"PRE1 (2021-01-01): {100 * told:.0f}."[:-2] in caplog.text


def test_a_void_of_the_dem_is_no_data_and_changes_nothing_elsewhere(
    hill: Tiny, hill_layers: Layers, tmp_path: Path
) -> None:
    heights = hill.scene.elevation.copy()
    heights[100:160, 120:200] = np.nan
    layers = hill.run(dem=write_dem(tmp_path / "dem.tif", hill.scene.grid, heights))
    void = hill.inner(np.isnan(heights))
    near = ndimage.binary_dilation(void, iterations=3)
    far = ~ndimage.binary_dilation(void, iterations=12)
    assert layers.geometry is not None and hill_layers.geometry is not None
    for found, whole in (
        *zip(layers.dates["PRE1"].gamma0, hill_layers.dates["PRE1"].gamma0, strict=True),
        *zip(layers.dates["PRE1"].haalpha, hill_layers.dates["PRE1"].haalpha, strict=True),
        (layers.coherence["POST1"], hill_layers.coherence["POST1"]),
        *zip(layers.geometry, hill_layers.geometry, strict=True),
    ):
        assert np.isnan(found[void]).all()
        assert np.isfinite(found[~near]).all()
        np.testing.assert_allclose(found[far], whole[far], rtol=1e-5, atol=1e-4)


def test_blocks_give_what_the_whole_gives(
    hill: Tiny, hill_layers: Layers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looks are aligned to the burst: what differs is rounding, 1e-5, and 1e-4 of coherence."""
    monkeypatch.setattr(engine, "BLOCK", 128)
    blocks = hill.run()
    for epoch in EPOCHS:
        whole, parts = hill_layers.dates[epoch], blocks.dates[epoch]
        np.testing.assert_allclose(parts.gamma0, whole.gamma0, rtol=1e-5)
        np.testing.assert_allclose(parts.haalpha, whole.haalpha, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(blocks.coherence["POST1"], hill_layers.coherence["POST1"], atol=1e-4)
    assert blocks.geometry is not None and hill_layers.geometry is not None
    np.testing.assert_allclose(blocks.geometry, hill_layers.geometry, rtol=1e-5)


def test_an_area_that_two_bursts_hold_entirely_takes_the_same_burst_of_both_dates(
    hill: Tiny, hill_layers: Layers
) -> None:
    rows, columns = slice(117, 133), slice(0, 60)
    grid = Grid(CRS, hill.grid.left, hill.grid.top - 10 * rows.start, 10.0, 16, 60)
    found = hill.run(grid=grid, gamma0=False).coherence["POST1"]
    whole = hill_layers.coherence["POST1"][rows, columns]
    np.testing.assert_allclose(found, whole, atol=1e-4)


def test_a_block_of_open_sea_has_no_data_and_the_others_have(
    hill: Tiny, hill_layers: Layers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Heights are unknown east of the first block and of its padding."""
    monkeypatch.setattr(engine, "BLOCK", 64)
    monkeypatch.setattr("scarp.sentinel1.area._LEAST_PAD", 2)
    monkeypatch.setattr("scarp.sentinel1.area._MOST_PAD", 2)
    heights = np.array(hill.scene.elevation, dtype=np.float64)
    heights[:, RIM + 66 :] = np.nan
    dem = write_dem(tmp_path / "dem.tif", hill.scene.grid, heights)
    found = hill.run(dem=dem, coherence=False).dates["PRE1"].gamma0[0]
    assert np.isnan(found[:, 70:]).all()
    assert np.isfinite(found[:, :50]).mean() > 0.95
    whole = hill_layers.dates["PRE1"].gamma0[0]
    np.testing.assert_allclose(found[:, :40], whole[:, :40], rtol=0.05)
    heights[:] = np.nan
    write_dem(tmp_path / "nothing.tif", hill.scene.grid, heights)
    with pytest.raises(DataError, match="no height anywhere"):
        hill.run(dem=tmp_path / "nothing.tif", coherence=False)
