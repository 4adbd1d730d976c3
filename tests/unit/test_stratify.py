"""Strata of an event from its cube, and the file that keeps them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray

from scarp.cube import write_cube
from scarp.errors import DataError
from scarp.grid import Grid
from scarp.strata import OUTSIDE, size_strata, slope_strata
from scarp.strata_file import read_strata, write_strata
from scarp.stratify import stratify

GRID = Grid("EPSG:32633", 500_000.0, 5_000_000.0, 10.0, 60, 80)


def _cube(path: Path, grid: Grid = GRID, elevation: bool = True) -> Path:
    """A wall of 60 degrees that faces west amid flat ground, and a landslide of 8 pixels."""
    across = np.arange(80) * 10.0
    dem = np.broadcast_to(np.clip((across - 400) * np.tan(np.radians(60)), 0, 100), (60, 80))
    slope = np.degrees(np.arctan(np.abs(np.gradient(dem, 10.0, axis=1))))
    mask = np.zeros((60, 80), dtype=np.uint8)
    mask[10:12, 20:24] = 1
    channels = {"None_SLOPE": slope.astype(np.float32)}
    if elevation:
        channels["None_DEM"] = dem.astype(np.float32)
    about = {"event": "E", "source": "simulated"}
    write_cube(path, grid, channels, mask, np.ones_like(mask), about)
    return path


@pytest.fixture(scope="module")
def cube(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _cube(tmp_path_factory.mktemp("stratify") / "cube.nc")


def _product(path: Path, mask: NDArray[np.float32]) -> Path:
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        dtype="float32",
        count=2,
        height=mask.shape[0],
        width=mask.shape[1],
        crs=GRID.crs,
        transform=rasterio.Affine(*GRID.transform),
    ) as file:
        file.write(np.full_like(mask, 35.0), 1)
        file.write(mask, 2)
        file.descriptions = ("local_incidence", "layover_shadow")
    return path


def test_elevation_and_direction_tell_layover_approximately(cube: Path, tmp_path: Path) -> None:
    """A wall that faces the radar lies over; one that faces away casts shadow or nothing."""
    for orbit, facing in (("ASC", True), ("DES", False)):
        stratify(cube, None, orbit, tmp_path / f"{orbit}.tif")
        geometry, slope, size = read_strata(tmp_path / f"{orbit}.tif")
        assert (geometry.kind, geometry.names) == (
            "layover_shadow_approximate",
            ("none", "possible", "certain"),
        )
        wall = geometry.labels[20:40, 42:45]
        assert (wall == 2).all() if facing else not (wall == 2).any()
        assert (geometry.labels[20:40, 2:10] == 0).all()
        assert (slope.kind, size.kind) == ("slope", "size")
        assert (slope.labels[:, 42:44] == len(slope.names) - 1).all()
        assert size.names[size.labels[10, 20]] == "<1000"
        assert np.count_nonzero(size.labels != OUTSIDE) == 8


def test_a_geometry_product_stands_before_elevation(cube: Path, tmp_path: Path) -> None:
    mask = np.zeros((60, 80), dtype=np.float32)
    mask[0, 0], mask[0, 1], mask[0, 2] = 1, 2, np.nan
    stratify(cube, _product(tmp_path / "geometry.tif", mask), "ASC", tmp_path / "strata.tif")
    geometry = read_strata(tmp_path / "strata.tif")[0]
    assert (geometry.kind, geometry.names) == ("layover_shadow", ("none", "layover", "shadow"))
    assert geometry.labels[0, :4].tolist() == [1, 2, OUTSIDE, 0]


def test_without_a_direction_there_is_no_geometry(cube: Path, tmp_path: Path) -> None:
    stratify(cube, None, "", tmp_path / "strata.tif")
    assert [one.kind for one in read_strata(tmp_path / "strata.tif")] == ["slope", "size"]


def test_the_file_opens_on_the_grid_with_named_bands(cube: Path, tmp_path: Path) -> None:
    stratify(cube, None, "DES", tmp_path / "strata.tif")
    with rasterio.open(tmp_path / "strata.tif") as file:
        assert file.descriptions == ("geometry", "slope", "size")
        assert (file.crs.to_epsg(), file.nodata) == (32633, OUTSIDE)
        assert tuple(file.transform)[:6] == GRID.transform
        assert file.tags(2)["names"] == "<10,10-20,20-30,30-40,>=40"
    first = (tmp_path / "strata.tif").read_bytes()
    stratify(cube, None, "DES", tmp_path / "strata.tif")
    assert (tmp_path / "strata.tif").read_bytes() == first


def test_what_is_written_is_read(tmp_path: Path) -> None:
    landslide = np.zeros((60, 80), dtype=np.bool_)
    landslide[3:30, 5:40] = True
    ramp = np.linspace(0, 50, 4800, dtype=np.float32).reshape(60, 80)
    strata = [slope_strata(ramp), size_strata(landslide, 10.0)]
    write_strata(tmp_path / "a.tif", GRID, strata)
    for found, expected in zip(read_strata(tmp_path / "a.tif"), strata, strict=True):
        assert (found.kind, found.names) == (expected.kind, expected.names)
        np.testing.assert_array_equal(found.labels, expected.labels)


@pytest.mark.parametrize(
    ("grid", "elevation", "said"),
    [
        (Grid("EPSG:4326", 10.0, 45.0, 1e-4, 60, 80), True, "has no CRS in metres"),
        (GRID, False, "lacks None_DEM"),
    ],
)
def test_a_cube_without_ground_is_refused(
    tmp_path: Path, grid: Grid, elevation: bool, said: str
) -> None:
    with pytest.raises(DataError, match=said):
        stratify(_cube(tmp_path / "cube.nc", grid, elevation), None, "ASC", tmp_path / "out.tif")
    assert not (tmp_path / "out.tif").exists()


def test_a_product_of_another_grid_is_refused(cube: Path, tmp_path: Path) -> None:
    product = _product(tmp_path / "geometry.tif", np.zeros((50, 80), dtype=np.float32))
    with pytest.raises(DataError, match="50 x 80 pixels"):
        stratify(cube, product, "", tmp_path / "out.tif")


def test_another_file_is_no_file_of_strata(tmp_path: Path) -> None:
    product = _product(tmp_path / "geometry.tif", np.zeros((60, 80), dtype=np.float32))
    for path in (product, tmp_path / "missing.tif"):
        with pytest.raises(DataError) as error:
            read_strata(path)
        assert error.value.faults[0].offender == str(path)
