"""Cubes: what is written comes back within a quantum, and patches hold every pixel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio

from scarp.channels import BANDS, all_channels, split_channel
from scarp.cube import channels_of, grid_of, open_cube, write_cube
from scarp.cutting import cut, window_origins
from scarp.errors import DataError
from scarp.grid import Grid
from scarp.patches import read_channel, read_flags, read_table

GRID = Grid("EPSG:32633", 500000.0, 5000000.0, 10.0, 70, 90)


def _cube(path: Path, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    shape = (GRID.height, GRID.width)
    channels = {}
    for name in all_channels():
        band = split_channel(name)[1]
        top = min(band.high, 5.0)
        values = rng.uniform(band.low, top, shape).astype(np.float32)
        values[0, 0] = np.nan
        channels[name] = values
    mask = (rng.random(shape) < 0.1).astype(np.uint8)
    mask[5, 5] = 255
    valid = np.ones(shape, np.uint8)
    valid[:, :3] = 0
    write_cube(path, GRID, channels, mask, valid, {"event": "A1", "source": "simulated"})
    return {**channels, "mask": mask, "valid": valid}


def test_channels_come_back_within_a_quantum(tmp_path: Path) -> None:
    written = _cube(tmp_path / "a.nc")
    with open_cube(tmp_path / "a.nc") as cube:
        assert channels_of(cube) == all_channels()
        assert grid_of(cube) == GRID
        for name in all_channels():
            read = cube[name].values
            assert read.dtype == np.float32
            assert np.isnan(read[0, 0])
            step = split_channel(name)[1].step
            error = np.nanmax(np.abs(read - written[name]))
            assert error <= step / 2 + 1e-6, name


def test_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        _cube(tmp_path / f"{name}.nc")
        cut(tmp_path / f"{name}.nc", tmp_path / f"{name}_patches.nc", 32, 32)
    assert (tmp_path / "a.nc").read_bytes() == (tmp_path / "b.nc").read_bytes()
    assert (tmp_path / "a_patches.nc").read_bytes() == (tmp_path / "b_patches.nc").read_bytes()


def test_gdal_finds_the_grid(tmp_path: Path) -> None:
    _cube(tmp_path / "a.nc")
    with rasterio.open(f"netcdf:{tmp_path / 'a.nc'}:PRE1_gVV") as band:
        assert band.crs.to_epsg() == 32633
        assert tuple(band.transform)[:6] == GRID.transform


def test_unknown_channel_and_wrong_shape_are_both_named(tmp_path: Path) -> None:
    flags = np.zeros((70, 90), np.uint8)
    channels = {
        "PRE1_gVX": np.zeros((70, 90), np.float32),
        "PRE1_gVH": np.zeros((7, 9), np.float32),
    }
    with pytest.raises(DataError) as caught:
        write_cube(tmp_path / "a.nc", GRID, channels, flags, flags, {"event": "A1"})
    assert "did you mean 'PRE1_gVV'?" in str(caught.value)
    assert "PRE1_gVH has shape (7, 9)" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("length", "size", "stride", "origins"),
    [
        (64, 32, 32, (0, 32)),
        (65, 32, 32, (0, 32, 64)),
        (20, 32, 32, (0,)),
        (64, 32, 16, (0, 16, 32)),
        (70, 32, 20, (0, 20, 40)),
    ],
)
def test_windows_cover_the_axis(
    length: int, size: int, stride: int, origins: tuple[int, ...]
) -> None:
    found = window_origins(length, size, stride)
    assert found == origins
    covered = {pixel for first in found for pixel in range(first, first + size)}
    assert covered >= set(range(length))


def test_patches_hold_every_valid_pixel_once(tmp_path: Path) -> None:
    written = _cube(tmp_path / "a.nc")
    table = cut(tmp_path / "a.nc", tmp_path / "p.nc", 32, 32)
    assert table.channels == all_channels()
    usable = (written["valid"] == 1) & (written["mask"] <= 1)
    assert table.valid_pixels.sum() == usable.sum()
    assert table.landslide_pixels.sum() == ((written["mask"] == 1) & usable).sum()
    assert read_table(tmp_path / "p.nc").grid == GRID
    mask, valid = read_flags(tmp_path / "p.nc")
    values = read_channel(tmp_path / "p.nc", "PRE1_gVV")
    for patch in range(len(table)):
        row, column = table.row[patch], table.column[patch]
        height, width = min(32, 70 - row), min(32, 90 - column)
        inside = np.s_[row : row + height, column : column + width]
        np.testing.assert_array_equal(values[patch, :height, :width], written["PRE1_gVV"][inside])
        np.testing.assert_array_equal(valid[patch, :height, :width], usable[inside])
        assert not valid[patch, height:].any() and not valid[patch, :, width:].any()
        assert np.isnan(values[patch, height:]).all() and not mask[patch, height:].any()


def test_patches_without_a_valid_pixel_are_left_out(tmp_path: Path) -> None:
    shape = (GRID.height, GRID.width)
    valid = np.zeros(shape, np.uint8)
    valid[:20, :20] = 1
    dem = {"None_DEM": np.zeros(shape, np.float32)}
    mask = np.zeros(shape, np.uint8)
    about = {"event": "A1", "source": "simulated"}
    write_cube(tmp_path / "a.nc", GRID, dem, mask, valid, about)
    assert len(cut(tmp_path / "a.nc", tmp_path / "p.nc", 32, 32)) == 1
    write_cube(tmp_path / "b.nc", GRID, dem, mask, np.zeros(shape, np.uint8), about)
    with pytest.raises(DataError, match="no valid pixel"):
        cut(tmp_path / "b.nc", tmp_path / "q.nc", 32, 32)
    assert not (tmp_path / "q.nc").exists()


def test_a_mosaic_of_tiles_is_not_cut_across(tmp_path: Path) -> None:
    shape = (64, 64)
    grid = Grid("", 0.0, 0.0, 10.0, *shape)
    flags = np.ones(shape, np.uint8)
    about = {"event": "A1", "source": "landslide4sense", "tile": 32}
    dem = {"None_DEM": np.zeros(shape, np.float32)}
    write_cube(tmp_path / "a.nc", grid, dem, flags, flags, about)
    with pytest.raises(DataError, match="size 32 and stride 32"):
        cut(tmp_path / "a.nc", tmp_path / "p.nc", 32, 16)


def test_a_channel_that_is_not_there_is_named(tmp_path: Path) -> None:
    _cube(tmp_path / "a.nc")
    cut(tmp_path / "a.nc", tmp_path / "p.nc", 32, 32)
    with pytest.raises(DataError, match="has no channel PRE1_gVX"):
        read_channel(tmp_path / "p.nc", "PRE1_gVX")


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.nc").write_bytes(b"no cube")
    with pytest.raises(DataError, match="cannot be read as a cube"):
        open_cube(tmp_path / "a.nc")
    with pytest.raises(DataError, match="cannot be read as patches"):
        read_table(tmp_path / "a.nc")


def test_every_band_fits_its_storage() -> None:
    for band in BANDS.values():
        if band.step:
            codes = 32767 if band.low < 0 else 65534
            assert band.high / band.step <= codes, band.name
