"""Cubes from the archive: nothing is lost, added or moved on the way."""

from __future__ import annotations

import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import rasterio

from scarp.acquire.archive_files import open_archive, unpack
from scarp.channels import all_channels, split_channel
from scarp.cube import channels_of, grid_of, open_cube
from scarp.errors import DataError
from tiny_archive import DATES, OFFSET, archives, cube_of


@pytest.fixture(scope="module")
def cube(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cube_of(archives() / "archive.zip", tmp_path_factory.mktemp("cube") / "AA0001.nc")


def _stored(event: str, channel: str) -> np.ndarray:
    """Pixels of the one GeoTIFF that holds a channel, by its name alone."""
    epoch, _, band = channel.partition("_")
    folder = archives() / "unpacked" / "original_scenes" / event
    sensor = "optical" if band.startswith(("B", "NDVI")) else "radar"
    dates = DATES["sentinel2" if sensor == "optical" else "sentinel1"]
    stem = {
        "DEM": "CDEM__None__DEM",
        "SLOPE": "CDEM__None__SLOPE",
        "MASK": "None__None__MASK",
    }.get(band)
    if stem is None and band == "COHVV":
        earlier = list(dates)[list(dates).index(epoch) - 1]
        stem = f"S1SLC__{dates[earlier]}_{dates[epoch]}__DES_COHVV"
    elif stem is None:
        stem = f"{'S2L2A' if sensor == 'optical' else 'S1SLC'}__{dates[epoch]}__" + (
            band if sensor == "optical" else f"DES_{band}"
        )
    with rasterio.open(folder / f"{event}__{stem}.tif") as file:
        values = file.read(1).astype(np.float32)
        if file.nodata == 0 and band != "MASK":
            values[values == 0] = np.nan
    return values


def test_sums_of_the_mask_and_statistics_of_every_channel_survive(cube: Path) -> None:
    with open_cube(cube) as data:
        mask = _stored("AA0001", "None_MASK")
        assert int(data["None_MASK"].values.sum()) == int(mask.sum()) > 0
        np.testing.assert_array_equal(data["None_MASK"], mask)
        assert channels_of(data) == all_channels()
        for channel in all_channels():
            expected = _stored("AA0001", channel)
            if split_channel(channel)[1].sensor == "sentinel2" and not channel.endswith("NDVI"):
                expected = expected * np.float32(1e-4)
            found = data[channel].values
            assert found.dtype == np.float32
            np.testing.assert_array_equal(found, expected, err_msg=channel)
            for statistic in (np.nansum, np.nanmean, np.nanstd, np.nanmin, np.nanmax):
                assert statistic(found) == statistic(expected), (channel, statistic)


def test_a_cube_lies_where_its_files_lie_and_says_where_it_comes_from(cube: Path) -> None:
    folder = archives() / "unpacked" / "original_scenes" / "AA0001"
    with open_cube(cube) as data, rasterio.open(folder / "AA0001__CDEM__None__DEM.tif") as file:
        grid = grid_of(data)
        assert (grid.crs, grid.height, grid.width) == (str(file.crs), file.height, file.width)
        assert grid.transform == tuple(file.transform)[:6]
        assert data.attrs["source"] == "simulated archive"
        assert data.attrs["sentinel1_engine"] == "archive"
        assert data.attrs["orbit"] == "DES"
        assert data.attrs["landslides"] >= 1
        area = float(data["None_MASK"].values.sum()) * 1e-4
        assert data.attrs["landslide_area_km2"] == pytest.approx(area, rel=0.01)


def test_coherence_names_both_dates(cube: Path) -> None:
    with open_cube(cube) as data:
        told = data["POST1_COHVV"].attrs
        assert (told["reference_date"], told["date"]) == ("2022-04-06", "2022-04-18")
        assert told["days_apart"] == 12
        assert data["PRE3_gVV"].attrs["date"] == "2022-03-13"
        assert "reference_date" not in data["PRE3_gVV"].attrs


def test_validity_is_data_in_every_channel(cube: Path) -> None:
    with open_cube(cube) as data:
        valid = data["None_VALID"].values == 1
        finite = np.all([np.isfinite(data[name].values) for name in all_channels()], axis=0)
        cloud = np.zeros_like(valid)
        for epoch in ("PRE1", "POST1"):
            bands = [n for n in all_channels() if n.startswith(f"{epoch}_B")]
            cloud |= np.all([data[name].values == 0 for name in bands], axis=0)
        np.testing.assert_array_equal(valid, finite & ~cloud)
        assert valid.any() and not valid.all()


def test_the_offset_is_found_and_left_in(tmp_path: Path) -> None:
    path = cube_of(archives() / "archive.zip", tmp_path / "cube.nc", OFFSET[0])
    with open_cube(path) as data:
        assert data.attrs["s2_offset_POST1"] == 0.1
        assert data.attrs["s2_offset_PRE1"] == 0
        assert "date from 2022-01-25" in data.attrs["s2_offset_POST1_evidence"]
        stored = _stored(OFFSET[0], "POST1_B04") * np.float32(1e-4)
        np.testing.assert_array_equal(data["POST1_B04"], stored)


def test_zip_and_folder_give_the_same_bytes(cube: Path, tmp_path: Path) -> None:
    assert cube_of(archives() / "unpacked", tmp_path / "x.nc").read_bytes() == cube.read_bytes()


def test_a_folder_above_the_archive_will_do(cube: Path, tmp_path: Path) -> None:
    (tmp_path / "s1s2_landslide_reference_data").symlink_to(archives() / "unpacked")
    assert cube_of(tmp_path, tmp_path / "x.nc").read_bytes() == cube.read_bytes()


def test_only_the_channels_that_are_asked_for_are_read(tmp_path: Path) -> None:
    wanted = ("None_DEM", "None_SLOPE", "PRE1_gVV", "POST1_COHVV")
    target = tmp_path / "archive"
    with zipfile.ZipFile(archives() / "archive.zip") as file:
        for name in file.namelist():
            # Everything else of the event is damaged, and all other events are left out.
            keep = any(part in name for part in ("DEM", "SLOPE", "MASK", "meta", ".gpkg"))
            keep |= "2022-04-06__DES_gVV" in name or "2022-04-06_2022-04-18__DES_COHVV" in name
            if "AA0001" in name or ".gpkg" in name:
                path = target / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(file.read(name) if keep else b"damaged")
    path = cube_of(target, tmp_path / "cube.nc", channels=wanted)
    with open_cube(path) as data:
        assert channels_of(data) == wanted


def test_a_file_of_patches_is_unpacked_whole(tmp_path: Path) -> None:
    name = "reference_data/val_n3_s1s2.h5"
    with open_archive(archives() / "archive.zip") as archive:
        unpack(archive, name, tmp_path / "val.h5")
    assert (tmp_path / "val.h5").read_bytes() == (archives() / "unpacked" / name).read_bytes()


def test_unpacking_wants_room_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=1000))
    with (
        open_archive(archives() / "archive.zip") as archive,
        pytest.raises(DataError, match="unpacking reference_data"),
    ):
        unpack(archive, "reference_data/val_n3_s1s2.h5", tmp_path / "val.h5")
    assert not list(tmp_path.iterdir())
