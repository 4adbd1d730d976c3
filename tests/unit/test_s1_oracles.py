"""The Sentinel-1 engine against other people's software, on the same product or scene.

sarsen geocodes and flattens by its own orbit, geometry and calibration (its gamma nought follows
Small, D., 2011, doi:10.1109/TGRS.2011.2120616), so it shares nothing with either the engine or
the simulator. It does not multilook: its beta nought is given the engine's looks here. eo_tools
left a geocoded result of a real pair, of which only the footprint can be told without pixels.
"""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from rasterio.warp import Resampling, reproject

from scarp.grid import Grid
from scarp.sentinel1.annotation import read_annotation
from scarp.sentinel1.geoid import undulation
from scarp.sentinel1.geometry import C, geodetic_to_ecef, zero_doppler
from scarp.sentinel1.orbit import fit_orbit
from scarp.sentinel1.settings import Processing
from scarp.simulate.slc import SlcDate, SlcScene, SlcSettings
from tiny_slc import BEYOND, CRS, RIM, Tiny, decibel, simulate, write_dem

Array = NDArray[np.float64]

# rioxarray and rasterio multiply affine transforms as affine 3 no longer likes.
pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")
DATA = os.environ.get("SCARP_TEST_DATA", "")
REAL = Path(DATA, "s1_safe_annotation")
REFERENCE = Path(DATA, "s1_insar_reference")
reference_data = pytest.mark.skipif(
    not DATA or not REAL.is_dir() or not REFERENCE.is_dir(),
    reason="SCARP_TEST_DATA does not lead to s1_safe_annotation and s1_insar_reference",
)

SIDE = 260
GAMMA0_CO = (0.05, 0.1, 0.2, 0.4)
GAMMA0_CROSS = (0.02, 0.01, 0.08, 0.03)
#: Lines and samples of the cells that sarsen sums illuminated area in. It enters each facet of 10 m
#: as a point, so that smaller cells are noisy; means do not hang on it (0.006 dB from 3 x 3 on).
CELL = (3.0, 12.0)


# --- sarsen


@pytest.fixture(scope="module")
def hill(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """A hill in four zones, one burst without noise.

    Of the burst's 440 lines sarsen drops 90 at either end; the rest hold the scene's 185.
    """
    y, x = np.mgrid[:SIDE, :SIDE] * 10.0
    bump = np.exp(-((x - 1300) ** 2 + (y - 1200) ** 2) / (2 * 450**2))
    scene = SlcScene(
        Grid(CRS, 500_000.0, 4_650_000.0, 10.0, SIDE, SIDE),
        300 + 120 * bump + 30 * np.sin(x / 260) * np.cos(y / 310),
        (x > 1250).astype(np.int16) + 2 * (y > 1350),
        "DES",
        np.array([GAMMA0_CO]),
        np.array([GAMMA0_CROSS]),
        np.zeros((1, 4), dtype=np.complex128),
        np.zeros((0, 4)),
    )
    settings = SlcSettings(bursts=1, lines=440, noise_factor=0.0)
    return simulate(tmp_path_factory.mktemp("hill"), scene, [SlcDate("2021-01-01", 100)], settings)


@pytest.fixture(scope="module")
def ours(hill: Tiny) -> Array:
    """Gamma nought of the engine, (channel, y, x)."""
    return hill.run(coherence=False).dates["PRE1"].gamma0.astype(np.float64)


@pytest.fixture(scope="module")
def theirs(hill: Tiny) -> dict[str | None, Array]:
    """Gamma nought ("gamma_bilinear") and beta nought (None) of sarsen, (channel, y, x)."""
    pytest.importorskip("xarray_sentinel")
    sentinel1 = pytest.importorskip("sarsen.sentinel1")
    from sarsen import apps, scene

    looks = Processing().range_looks

    class Multilooked(sentinel1.Sentinel1SarProduct):  # type: ignore[name-defined,misc]
        def beta_nought(self, persist: bool = False) -> Any:
            beta = super().beta_nought(persist)
            return beta.coarsen(slant_range_time=looks, boundary="trim").mean()

    dem = scene.open_dem_raster(str(hill.dem), chunks=1024)
    rim = BEYOND + RIM

    def corrected(channel: str, radiometry: str | None) -> Array:
        geocoded, _ = apps.do_terrain_correction(
            Multilooked(str(hill.products[0]), f"IW1/{channel}"),
            dem,
            correct_radiometry=radiometry,
            interp_method="linear",
            grouping_area_factor=CELL,
        )
        values = geocoded.transpose("y", "x").compute(scheduler="synchronous").to_numpy()
        return np.asarray(values[::-1][rim:-rim, rim:-rim], dtype=np.float64)  # south comes first

    return {
        radiometry: np.stack([corrected(channel, radiometry) for channel in ("VV", "VH")])
        for radiometry in ("gamma_bilinear", None)
    }


def over_truth(hill: Tiny, gamma0: Array) -> Array:
    """What terrain and speckle leave: gamma nought over that of the zone, (channel, y, x)."""
    truth = np.array([GAMMA0_CO, GAMMA0_CROSS])[:, hill.zones]
    return np.asarray(gamma0 / truth)


def blocks(layer: Array, side: int = 5) -> Array:
    """Means of side x side pixels."""
    rows, columns = (length // side for length in layer.shape)
    cut = layer[: rows * side, : columns * side]
    return np.asarray(cut.reshape(rows, side, columns, side).mean(axis=(1, 3)))


def correlation(one: Array, other: Array) -> float:
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def shift(one: Array, other: Array) -> Array:
    """By how many (rows, columns) `one` lies further than `other`: peak of the correlation."""
    taper = np.outer(np.hanning(one.shape[0]), np.hanning(one.shape[1]))
    spectra = [np.fft.fft2((layer - layer.mean()) * taper) for layer in (one, other)]
    product = np.fft.fftshift(np.fft.ifft2(spectra[0] * spectra[1].conj()).real)
    row, column = np.unravel_index(product.argmax(), product.shape)
    peak = []
    for line, at in ((product[:, column], row), (product[row], column)):
        below, top, above = line[at - 1 : at + 2]
        vertex = (below - above) / (2 * (below - 2 * top + above))
        peak.append(at - len(line) // 2 + vertex)
    return np.array(peak)


@pytest.mark.parametrize("channel", [0, 1])
def test_gamma_nought_of_every_zone_is_that_of_sarsen(
    hill: Tiny, ours: Array, theirs: dict[str | None, Array], channel: int
) -> None:
    for zone in range(4):
        inside = hill.zone(zone)
        means = [layer[channel][inside].mean() for layer in (ours, theirs["gamma_bilinear"])]
        assert abs(decibel(means[0] / means[1])) < 0.03, zone


@pytest.mark.parametrize("channel", [0, 1])
def test_flattening_is_that_of_sarsen(
    hill: Tiny, ours: Array, theirs: dict[str | None, Array], channel: int
) -> None:
    """By steepness towards the radar: means agree, and those of beta nought do not."""
    simulated = theirs[None][channel] / theirs["gamma_bilinear"][channel]
    edges = np.quantile(simulated, [0, 0.25, 0.5, 0.75, 1])
    unlike = []
    for low, high in pairwise(edges):
        part = (simulated >= low) & (simulated <= high)
        means = [
            over_truth(hill, layer)[channel][part].mean()
            for layer in (ours, theirs["gamma_bilinear"], theirs[None])
        ]
        assert abs(decibel(means[0] / means[1])) < 0.05
        unlike.append(decibel(means[0] / means[2]))
    assert np.ptp(unlike) > 1.0


@pytest.mark.parametrize("channel", [0, 1])
def test_pattern_is_that_of_sarsen_and_lies_where_it_lies(
    hill: Tiny, ours: Array, theirs: dict[str | None, Array], channel: int
) -> None:
    """Speckle alone, each zone over its truth: the same looks in the same place.

    Of the shift, 0.03 rows are sarsen's: it stops within 1 m of zero Doppler, and with 1 mm in
    its stead the shift is 0.002 pixels.
    """
    one, other = (over_truth(hill, layer)[channel] for layer in (ours, theirs["gamma_bilinear"]))
    assert correlation(one, other) > 0.99
    assert correlation(blocks(one), blocks(other)) > 0.99
    assert np.abs(shift(one, other)).max() < 0.1


@pytest.mark.parametrize(("columns", "metres"), [(1, 0.0), (0, 2.0)])
def test_a_dem_out_of_place_is_told_by_the_pattern(
    hill: Tiny, theirs: dict[str | None, Array], columns: int, metres: float, tmp_path: Path
) -> None:
    heights = np.roll(hill.scene.elevation, columns, axis=1) + metres
    dem = write_dem(tmp_path / "dem.tif", hill.scene.grid, heights)
    gamma0 = hill.run(dem=dem, coherence=False).dates["PRE1"].gamma0.astype(np.float64)
    one, other = (over_truth(hill, layer)[0] for layer in (gamma0, theirs["gamma_bilinear"]))
    assert correlation(one, other) < 0.99
    assert columns or np.abs(shift(one, other)).max() > 0.2


# --- eo_tools


@reference_data
def test_far_edge_of_a_burst_lies_where_eo_tools_found_it() -> None:
    """The last valid sample of IW1 in the geocoded amplitude of the real pair.

    North of IW2's first burst the picture ends in the west where the first burst of IW1 does; no
    other edge of this burst lies in it. The tool reads the DEM's heights as those of the geoid
    (lla_to_ecef in eo_tools/S1/core.py, github.com/odhondt/eo_tools). Its looks and kernel cost
    it a pixel or two at the edge, but none may come from beyond it.
    """
    path = next(REAL.glob("*20230904*/annotation/*iw1*-vv-*.xml"))
    swath = read_annotation(path.read_bytes(), path.name)
    burst = swath.bursts[0]
    orbit = fit_orbit(swath.orbit_state, burst.azimuth_time - 5, burst.azimuth_time + 5, "real")
    with rasterio.open(REFERENCE / "amp_prm_vv.tif") as file:
        rows = 140
        valid = file.read(1)[:rows] != 0
        transform, crs = file.transform, file.crs
    heights = np.empty(valid.shape)
    with rasterio.open(REFERENCE / "dem_iw1_burst1.tif") as file:
        reproject(
            rasterio.band(file, 1),
            heights,
            dst_transform=transform,
            dst_crs=crs,
            resampling=Resampling.bilinear,
        )
    longitude, latitude = np.meshgrid(
        transform.c + transform.a * (np.arange(valid.shape[1]) + 0.5),
        transform.f + transform.e * (np.arange(rows) + 0.5),
    )
    heights += undulation(longitude, latitude)
    _, distance = zero_doppler(orbit, geodetic_to_ecef(longitude, latitude, heights))
    sample = (2 * distance / C - swath.slant_range_time) * swath.range_sampling_rate
    last = int(burst.last_valid_sample.max())
    # Range falls eastwards: the first column whose pixel lies in the burst, and the first shown.
    predicted = (sample <= last).argmax(axis=1)
    shown = valid.argmax(axis=1)
    assert shown.min() > 300
    assert (sample[valid] <= last).all()
    assert (shown - predicted).min() >= 0
    assert (shown - predicted).max() <= 3
    # The edge follows one sample all along it: within a pixel of the picture, 3.6 samples.
    assert np.std(sample[np.arange(rows), shown]) < 1.5
