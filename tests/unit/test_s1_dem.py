"""The DEM on the padded grid: position, height datum, voids, faults."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.transform import from_origin

from scarp.errors import DataError
from scarp.grid import Grid
from scarp.sentinel1.dem import dem_on_grid, ecef_of, longitude_latitude, without_small_voids
from scarp.sentinel1.geoid import undulation

CRS = "EPSG:32633"
GRID = Grid(CRS, 500_000.0, 4_600_000.0, 10.0, 60, 50)
REAL = Path(os.environ.get("SCARP_TEST_DATA", "absent")) / "copdem"
real = pytest.mark.skipif(not REAL.is_dir(), reason="SCARP_TEST_DATA/copdem is not there")


def write(
    path: Path,
    heights: NDArray[np.float64],
    left: float = 499_400.0,
    top: float = 4_600_600.0,
    nodata: float | None = None,
    crs: str | None = CRS,
) -> Path:
    """A DEM of 30 m pixels; by default 60 x 60, which leaves 600 m around most of GRID."""
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=heights.shape[0],
        width=heights.shape[1],
        count=1,
        dtype="float32",
        crs=crs,
        transform=from_origin(left, top, 30.0, 30.0),
        nodata=nodata,
    ) as file:
        file.write(heights.astype(np.float32), 1)
    return path


def centres(
    size: int = 60, left: float = 499_400.0, top: float = 4_600_600.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    steps = 30.0 * (np.arange(size) + 0.5)
    x, y = np.meshgrid(left + steps, top - steps)
    return x, y


def test_a_slope_is_read_at_pixel_centres_of_the_padded_grid(tmp_path: Path) -> None:
    """Half a pixel of 10 m would show as 5 m east and 2.5 m north."""
    x, y = centres()
    path = write(tmp_path / "dem.tif", (x - 499_000) + 0.5 * (y - 4_598_000))
    padded, heights = dem_on_grid(path, GRID, 20, "ellipsoidal")
    assert padded == Grid(CRS, 499_800.0, 4_600_200.0, 10.0, 100, 90)
    expected = (padded.x - 499_000)[None, :] + 0.5 * (padded.y - 4_598_000)[:, None]
    assert heights.dtype == np.float64
    assert heights == pytest.approx(expected, abs=0.01)


def test_no_padding_is_the_grid_itself(tmp_path: Path) -> None:
    path = write(tmp_path / "dem.tif", np.full((60, 60), 7.0))
    padded, heights = dem_on_grid(path, GRID, 0, "ellipsoidal")
    assert padded == GRID
    assert heights == pytest.approx(np.full((60, 50), 7.0))


def test_heights_above_the_geoid_get_its_undulation(tmp_path: Path) -> None:
    path = write(tmp_path / "dem.tif", np.full((60, 60), 100.0))
    padded, ellipsoidal = dem_on_grid(path, GRID, 10, "ellipsoidal")
    _, orthometric = dem_on_grid(path, GRID, 10, "egm2008")
    expected = undulation(*longitude_latitude(padded))
    assert orthometric - ellipsoidal == pytest.approx(expected, abs=1e-3)
    assert 40 < expected.mean() < 50  # central Italy


def test_a_coast_keeps_the_sea_and_overshoots_little(tmp_path: Path) -> None:
    x, _ = centres()
    path = write(tmp_path / "dem.tif", np.where(x > 500_200, 300.0, 0.0))
    _, heights = dem_on_grid(path, GRID, 10, "ellipsoidal")
    assert heights.min() > -0.08 * 300 and heights.max() < 1.08 * 300
    assert (heights[:, :20] == 0.0).all() and (heights[:, -20:] == 300.0).all()


def test_curved_terrain_is_met_better_than_linearly(tmp_path: Path) -> None:
    def hills(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        wave: NDArray[np.float64] = 50 * np.sin(x / 50) * np.cos(y / 60)
        return wave

    path = write(tmp_path / "dem.tif", hills(*centres()))
    padded, heights = dem_on_grid(path, GRID, 10, "ellipsoidal")
    error = heights - hills(*np.meshgrid(padded.x, padded.y))
    # Linear interpolation is wrong by up to 30^2 / 8 of the curvature, 50 / 50^2 + 50 / 60^2.
    assert np.abs(error).max() < 0.1 * 900 / 8 * (50 / 2500 + 50 / 3600)


@pytest.mark.parametrize("nodata", [None, -9999.0])
def test_small_voids_are_interpolated_and_large_ones_stay(
    tmp_path: Path, nodata: float | None, caplog: pytest.LogCaptureFixture
) -> None:
    x, _ = centres()
    heights = x - 499_000
    void = np.nan if nodata is None else nodata
    heights[25:27, 24:26] = void  # 60 m across
    heights[30:42, 30:42] = void  # 360 m
    path = write(tmp_path / "dem.tif", heights, nodata=nodata)
    with caplog.at_level("INFO", logger="scarp"):
        padded, result = dem_on_grid(path, GRID, 0, "ellipsoidal")
    y, x_ = np.meshgrid(padded.y, padded.x, indexing="ij")
    row, column = (4_600_600 - y) / 30, (x_ - 499_400) / 30
    small = (row > 24) & (row < 28) & (column > 23) & (column < 27)
    large = (row > 31) & (row < 41) & (column > 31) & (column < 41)
    # The rim itself is known to half a DEM pixel, 15 m of this slope.
    assert result[small] == pytest.approx((x_ - 499_000)[small], abs=15)
    assert np.isnan(result[large]).all()
    assert not np.isnan(result[(row > 43) | (column < 29)]).any()
    share = 100 * np.isnan(result).mean()
    assert f"dem.tif: 1.20 % of the DEM was void and interpolated, {share:.2f} % stays" in (
        caplog.text
    )


def test_a_dem_that_ends_within_the_margin_is_named_with_the_box_needed(tmp_path: Path) -> None:
    path = write(tmp_path / "dem.tif", np.zeros((60, 60)))
    dem_on_grid(path, GRID, 60, "ellipsoidal")  # as far as the file reaches
    with pytest.raises(DataError) as caught:
        dem_on_grid(path, GRID, 120, "ellipsoidal")
    message = str(caught.value)
    assert "dem.tif" in message and "covers 3" in message and "degrees north" in message
    to_degrees = Transformer.from_crs(CRS, 4326, always_xy=True)
    corners = to_degrees.transform_bounds(498_800, 4_598_200, 501_700, 4_601_200)
    for degrees in corners:
        assert f"{degrees:.4f}" in message
    far = write(tmp_path / "far.tif", np.zeros((60, 60)), left=600_000.0)
    with pytest.raises(DataError, match=r"covers 0\.0 %"):
        dem_on_grid(far, GRID, 0, "ellipsoidal")


def test_what_is_no_dem_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"absent\.tif"):
        dem_on_grid(tmp_path / "absent.tif", GRID, 0, "ellipsoidal")
    text = tmp_path / "text.tif"
    text.write_text("no raster", encoding="utf-8")
    with pytest.raises(DataError, match="cannot be read"):
        dem_on_grid(text, GRID, 0, "ellipsoidal")
    with pytest.raises(DataError, match="no CRS"):
        dem_on_grid(write(tmp_path / "a.tif", np.zeros((60, 60)), crs=None), GRID, 0, "ellipsoidal")
    with pytest.raises(DataError, match="no height anywhere"):
        dem_on_grid(write(tmp_path / "b.tif", np.full((60, 60), np.nan)), GRID, 0, "ellipsoidal")


def test_points_in_space_are_those_of_proj() -> None:
    heights = np.random.default_rng(2).uniform(-400, 8000, (60, 50))
    heights[3, 4] = np.nan
    points = ecef_of(GRID, heights)
    x, y = np.meshgrid(GRID.x, GRID.y)
    to_degrees = Transformer.from_crs(CRS, 4326, always_xy=True)
    to_space = Transformer.from_crs(4979, 4978, always_xy=True)
    expected = np.stack(to_space.transform(*to_degrees.transform(x, y), heights), axis=-1)
    assert np.isnan(points[3, 4]).all()
    known = ~np.isnan(heights)
    assert points[known] == pytest.approx(expected[known], abs=1e-4)


@pytest.mark.parametrize("size", [(1, 1), (2, 300), (700, 3)])
def test_grids_of_any_size_have_places(size: tuple[int, int]) -> None:
    grid = Grid(CRS, 300_000.0, 6_600_000.0, 10.0, *size)
    longitude, latitude = longitude_latitude(grid)
    to_degrees = Transformer.from_crs(CRS, 4326, always_xy=True)
    expected = to_degrees.transform(*np.meshgrid(grid.x, grid.y))
    assert longitude == pytest.approx(expected[0], abs=1e-9)
    assert latitude == pytest.approx(expected[1], abs=1e-9)


@real
def test_a_real_chip_is_read_and_padded() -> None:
    path = REAL / "los_angeles_glo30_geoid.tif"
    x, y = Transformer.from_crs(4326, 32611, always_xy=True).transform(-118.0, 34.0)
    grid = Grid("EPSG:32611", round(x - 2000, -1), round(y + 2000, -1), 10.0, 400, 400)
    padded, heights = dem_on_grid(path, grid, 30, "egm2008")
    with rasterio.open(path) as chip:
        longitude, latitude = longitude_latitude(padded)
        at = zip(longitude[::37, ::37].ravel(), latitude[::37, ::37].ravel(), strict=True)
        nearest = np.array([value[0] for value in chip.sample(at)])
    orthometric = (heights - undulation(longitude, latitude))[::37, ::37].ravel()
    assert heights.shape == (460, 460)
    # The nearest of the chip's pixels is half a diagonal, 20 m, off at most.
    assert np.abs(orthometric - nearest).mean() < 3.0
    assert abs((orthometric - nearest).mean()) < 0.5
    with pytest.raises(DataError, match="covers"):
        dem_on_grid(path, grid, 500, "egm2008")


@real
def test_a_real_chip_is_read_at_its_own_pixel_centres() -> None:
    """Every third point of a lattice of a third of a pixel is a pixel of the chip."""
    path = REAL / "pyrenees_east_1arcsec.tif"
    with rasterio.open(path) as chip:
        step, values, box = chip.res[0], chip.read(1), chip.bounds
    grid = Grid("EPSG:4326", box.left + 20 * step, box.top - 20 * step, step / 3, 180, 210)
    _, heights = dem_on_grid(path, grid, 15, "ellipsoidal")
    assert heights[1::3, 1::3] == pytest.approx(values[15:85, 15:95], abs=0.02)


def test_a_thin_void_at_the_edge_stays(tmp_path: Path) -> None:
    """How far it reaches beyond is not known, and its rim spans no plane."""
    x, _ = centres()
    heights = x - 499_000
    path = write(tmp_path / "dem.tif", heights)
    _, whole = dem_on_grid(path, GRID, 0, "ellipsoidal")
    values = whole.copy()
    values[0] = np.nan
    kept = without_small_voids(values, 10.0, path)
    assert np.isnan(kept[0]).all()
    np.testing.assert_array_equal(kept[1:], whole[1:])
