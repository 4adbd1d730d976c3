"""The elevation that SNAP gets: the DEM's own heights, above the ellipsoid, with honest voids."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from pyproj import Transformer

from scarp.errors import DataError
from scarp.grid import Grid
from scarp.sentinel1.geoid import undulation
from scarp.snap.elevation import NODATA, write_elevation

GRID = Grid("EPSG:32633", 500_000.0, 5_000_000.0, 10.0, 120, 150)
ARCSECOND = 1 / 3600


def dem(
    path: Path, values: NDArray[Any], left: float, top: float, step: float, crs: str = "EPSG:4326"
) -> Path:
    height, width = values.shape
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        dtype="float32",
        count=1,
        height=height,
        width=width,
        crs=crs,
        transform=rasterio.Affine(step, 0, left, 0, -step, top),
        nodata=-9999,
    ) as file:
        file.write(values.astype(np.float32), 1)
    return path


def degrees(path: Path, values: NDArray[Any] | None = None) -> Path:
    """A DEM of 1 arc second around the event: half a degree, longitude 15, latitude 45."""
    if values is None:
        values = np.random.default_rng(1).uniform(200, 900, (1800, 1800))
    return dem(path, values, 14.75, 45.4, ARCSECOND)


def written(path: Path) -> tuple[NDArray[np.float32], Grid]:
    with rasterio.open(path) as file:
        a = file.transform
        assert (file.nodata, file.dtypes, file.compression) == (NODATA, ("float32",), None)
        return file.read(1), Grid(file.crs.to_string(), a.c, a.f, a.a, file.height, file.width)


def test_pixels_in_degrees_are_kept_and_cropped(tmp_path: Path) -> None:
    source = degrees(tmp_path / "dem.tif")
    write_elevation(source, "ellipsoidal", GRID, tmp_path / "out.tif")
    values, grid = written(tmp_path / "out.tif")
    column, row = (grid.left - 14.75) / ARCSECOND, (45.4 - grid.top) / ARCSECOND
    assert (column, row) == pytest.approx((round(column), round(row)), abs=1e-6)
    with rasterio.open(source) as file:
        own = file.read(1)[round(row) :, round(column) :][: grid.height, : grid.width]
    np.testing.assert_array_equal(values, own)
    # 10 km around 1.5 x 1.2 km, and not the whole half degree.
    assert 21_000 < grid.height * ARCSECOND * 111_320 < 21_600


def test_the_geoid_is_added_to_copernicus_heights(tmp_path: Path) -> None:
    source = degrees(tmp_path / "dem.tif")
    write_elevation(source, "ellipsoidal", GRID, tmp_path / "plain.tif")
    write_elevation(source, "egm2008", GRID, tmp_path / "raised.tif")
    plain, grid = written(tmp_path / "plain.tif")
    raised, same = written(tmp_path / "raised.tif")
    assert same == grid
    geoid = undulation(*np.meshgrid(grid.x, grid.y))
    assert 40 < geoid.mean() < 55
    np.testing.assert_allclose(raised - plain, geoid, atol=1e-3)


def test_sea_is_a_height_and_a_large_void_is_none(tmp_path: Path) -> None:
    values = np.full((1800, 1800), 500.0)
    values[:700] = 0  # sea in a Copernicus DEM
    values[1000:1060, 900:960] = -9999
    values[950, 900] = -9999
    source = degrees(tmp_path / "dem.tif", values)
    write_elevation(source, "egm2008", GRID, tmp_path / "out.tif")
    found, _ = written(tmp_path / "out.tif")
    assert (found == NODATA).sum() == 3600
    assert 40 < found[found != NODATA].min() < 55


def test_a_projected_dem_is_warped(tmp_path: Path) -> None:
    rows, columns = np.mgrid[:700, :700]
    plane = 300 + 0.1 * columns * 30 - 0.05 * rows * 30
    source = dem(tmp_path / "dem.tif", plane, 490_000, 5_010_000, 30, "EPSG:32633")
    write_elevation(source, "ellipsoidal", GRID, tmp_path / "out.tif")
    values, grid = written(tmp_path / "out.tif")
    to_utm = Transformer.from_crs(4326, 32633, always_xy=True)
    x, y = to_utm.transform(*np.meshgrid(grid.x, grid.y))
    expected = 300 + 0.1 * (x - 490_015) - 0.05 * (5_009_985 - y)
    middle = (slice(200, 500), slice(200, 500))
    np.testing.assert_allclose(values[middle], expected[middle], atol=0.05)


def test_a_fine_dem_is_not_made_finer_than_the_event(tmp_path: Path) -> None:
    values = np.full((2500, 2500), 7.0)
    source = dem(tmp_path / "dem.tif", values, 499_000, 5_001_000, 1.5, "EPSG:32633")
    write_elevation(source, "ellipsoidal", GRID, tmp_path / "out.tif")
    values, grid = written(tmp_path / "out.tif")
    assert grid.resolution * 111_320 == pytest.approx(10, rel=0.01)
    assert (values == 7).mean() > 0.9


@pytest.mark.parametrize(
    ("left", "message"), [(15.005, "the DEM covers"), (20.0, "the DEM covers 0.0 %")]
)
def test_a_dem_that_does_not_cover_the_event_is_refused(
    tmp_path: Path, left: float, message: str
) -> None:
    source = dem(tmp_path / "dem.tif", np.ones((1800, 1800)), left, 45.4, ARCSECOND)
    with pytest.raises(DataError, match=message):
        write_elevation(source, "ellipsoidal", GRID, tmp_path / "out.tif")
    assert not [*tmp_path.glob("*out*")]
