"""The simulated archive: the published layout, and patches whose true place is known."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import geopandas
import h5py
import numpy as np
import pytest
import rasterio
import rasterio.features
from numpy.typing import NDArray

from scarp.channels import MASK, all_channels
from scarp.errors import DataError, TableError
from scarp.simulate import SimulationSettings, draw_event
from scarp.simulate.archive import ZIP_ROOT, ArchiveEvent, PatchLayout, simulate_archive
from scarp.simulate.archive_files import archive_files, files_table
from scarp.simulate.archive_patches import assign_sides, patch_windows
from scarp.simulate.archive_scenes import digital_numbers, write_inventory

DATES = {
    "PRE3": "2018-12-29",
    "PRE2": "2019-01-10",
    "PRE1": "2019-01-22",
    "POST1": "2019-02-03",
    "POST2": "2019-02-15",
    "POST3": "2019-02-27",
}
OPTICAL_DATES = {"PRE1": "2019-01-07", "POST1": "2019-02-01"}
SETTINGS = SimulationSettings(seed=3, smallest=80, largest=96)
SIZE = 16
LAYOUT = PatchLayout(size=SIZE, stride=SIZE)
OFFSETS = (("TR-2", "POST1"), ("IND1", "PRE1"))
SIDES = ("train", "val", "testind", "testspt")


def event(name: str, role: str, orbit: str = "") -> ArchiveEvent:
    return ArchiveEvent(
        name, "2019-01-25", orbit, role, DATES, OPTICAL_DATES, f"place {name}", "land"
    )


EVENTS = (
    event("TR-1", "train", "ASC"),
    event("TR-2", "train"),
    event("DEP1", "dependent", "DES"),
    event("IND1", "independent"),
)


@dataclass(frozen=True)
class Archive:
    """An unpacked archive, and what was drawn for it."""

    folder: Path

    @cached_property
    def rows(self) -> dict[str, list[dict[str, str]]]:
        """Event -> rows of its list of files."""
        lists = {}
        for row in EVENTS:
            path = self.folder / f"original_scenes/{row.event}/{row.event}__files_meta.csv"
            with path.open(newline="") as file:
                lists[row.event] = list(csv.DictReader(file, delimiter=";"))
        return lists

    @cached_property
    def scenes(self) -> dict[str, dict[str, NDArray[np.float32]]]:
        """Event -> key -> pixels as stored."""
        scenes: dict[str, dict[str, NDArray[np.float32]]] = {}
        for name, rows in self.rows.items():
            scenes[name] = {}
            for row in rows:
                path = self.folder / "original_scenes" / name / f"{row['file_name']}.tif"
                with rasterio.open(path) as file:
                    scenes[name][f"{row['patch_type']}_{row['band']}"] = file.read(1)
        return scenes

    @cached_property
    def patches(self) -> dict[str, dict[str, NDArray[np.float32]]]:
        """Side -> key -> (N, 1, size, size)."""
        patches = {}
        for side in SIDES:
            with h5py.File(self.folder / f"reference_data/{side}_n3_s1s2.h5") as file:
                patches[side] = {key: file[key][...] for key in file}
        return patches

    @cached_property
    def ids(self) -> dict[str, list[str]]:
        """Side -> event of every patch."""
        ids = {}
        for side in SIDES:
            with h5py.File(self.folder / f"reference_data/{side}_n3_s1s2.h5") as file:
                ids[side] = list(file.attrs["IDs_order"])
        return ids

    @cached_property
    def places(self) -> dict[str, list[tuple[str, int, int]]]:
        """Side -> event, row and column of every patch, found by its elevation alone."""
        windows = {}
        for name, scene in self.scenes.items():
            elevation = scene["None_DEM"]
            for row in range(0, elevation.shape[0] - SIZE + 1, SIZE):
                for column in range(0, elevation.shape[1] - SIZE + 1, SIZE):
                    part = elevation[row : row + SIZE, column : column + SIZE]
                    windows[np.ascontiguousarray(part).tobytes()] = (name, row, column)
        return {
            side: [windows[patch.tobytes()] for patch in patches["None_DEM"]]
            for side, patches in self.patches.items()
        }


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("packed") / "archive.zip"
    simulate_archive(path, EVENTS, SETTINGS, LAYOUT, OFFSETS)
    return path


@pytest.fixture(scope="module")
def archive(packed: Path) -> Iterator[Archive]:
    with zipfile.ZipFile(packed) as file:
        file.extractall(packed.parent)
    yield Archive(packed.parent / ZIP_ROOT)


# Files


def test_the_files_of_an_event_are_named_and_listed_as_the_published_ones() -> None:
    # Rows of BR0001__files_meta.csv in the published archive.
    files = archive_files("BR0001", "DES", DATES, OPTICAL_DATES)
    lines = files_table(files).splitlines()
    assert len(lines) == 61
    assert lines[:7] == [
        ";file_name;band;sensor;date;patch_type;EID",
        "0;BR0001__CDEM__None__DEM;DEM;CDEM;;None;BR0001",
        "1;BR0001__CDEM__None__SLOPE;SLOPE;CDEM;;None;BR0001",
        "2;BR0001__None__None__MASK;MASK;None;;None;BR0001",
        "3;BR0001__S1SLC__2018-12-29_2019-01-10__DES_COHVV;COHVV;S1SLC;10.01.2019;PRE2;BR0001",
        "4;BR0001__S1SLC__2018-12-29__DES_ALPHA;ALPHA;S1SLC;29.12.2018;PRE3;BR0001",
        "5;BR0001__S1SLC__2018-12-29__DES_ANISOTROPY;ANISOTROPY;S1SLC;29.12.2018;PRE3;BR0001",
    ]
    assert lines[16:18] == [
        "15;BR0001__S1SLC__2019-01-22_2019-02-03__DES_COHVV;COHVV;S1SLC;03.02.2019;POST1;BR0001",
        "16;BR0001__S1SLC__2019-01-22__DES_ALPHA;ALPHA;S1SLC;22.01.2019;PRE1;BR0001",
    ]
    assert lines[48:50] == [
        "47;BR0001__S2L2A__2019-01-07__B8A;B8A;S2L2A;07.01.2019;PRE1;BR0001",
        "48;BR0001__S2L2A__2019-01-07__NDVI;NDVI;S2L2A;07.01.2019;PRE1;BR0001",
    ]
    assert {file.key for file in files} == {*all_channels(), MASK}


def test_holds_the_published_layout_and_nothing_else(archive: Archive) -> None:
    found = {
        file.relative_to(archive.folder).as_posix()
        for file in archive.folder.rglob("*")
        if file.is_file()
    }
    expected = {"README.txt", "vector_data/landslide_inventory.gpkg"}
    expected |= {f"reference_data/{side}_n3_s1s2.h5" for side in SIDES}
    for name, rows in archive.rows.items():
        assert len(rows) == 60
        expected |= {f"original_scenes/{name}/{row['file_name']}.tif" for row in rows}
        expected.add(f"original_scenes/{name}/{name}__files_meta.csv")
    assert found == expected


def test_dates_in_names_and_lists_agree(archive: Archive) -> None:
    for name, rows in archive.rows.items():
        for row in rows:
            named = re.findall(r"\d{4}-\d{2}-\d{2}", row["file_name"])
            day, month, year = row["date"].split(".") if row["date"] else ("", "", "")
            assert [f"{year}-{month}-{day}"] == (named[-1:] or ["--"])
            if row["sensor"] == "S1SLC":
                assert named[-1] == DATES[row["patch_type"]]
            elif row["sensor"] == "S2L2A":
                assert named == [OPTICAL_DATES[row["patch_type"]]]
            assert row["EID"] == name


def test_a_drawn_orbit_stands_in_the_names(archive: Archive) -> None:
    for row in EVENTS:
        drawn = draw_event(
            row.event, row.event_date, row.orbit, row.dates, row.optical_dates, SETTINGS
        )
        names = [line["file_name"] for line in archive.rows[row.event] if line["band"] == "gVV"]
        assert {re.search("__(ASC|DES)_gVV$", name)[1] for name in names} == {  # type: ignore[index]
            drawn.attributes["orbit"]
        }


def test_everything_says_that_it_is_simulated(archive: Archive) -> None:
    for path in archive.folder.rglob("*.tif"):
        with rasterio.open(path) as file:
            assert file.tags()["simulated"] == "true", path.name
            assert file.descriptions[0].startswith("simulated "), path.name
    for path in archive.folder.rglob("*.h5"):
        with h5py.File(path) as file:
            assert file.attrs["simulated"] == "true"
    assert "simulated" in (archive.folder / "README.txt").read_text()
    inventory = geopandas.read_file(archive.folder / "vector_data/landslide_inventory.gpkg")
    assert set(inventory["trigger"]) == {"simulated"}


# Pixels


def test_scenes_hold_what_was_drawn_in_the_published_units(archive: Archive) -> None:
    row = EVENTS[0]
    drawn = draw_event(row.event, row.event_date, row.orbit, row.dates, row.optical_dates, SETTINGS)
    scene = archive.scenes[row.event]
    for name, values in drawn.channels.items():
        if name.endswith("NDVI"):
            continue
        if "_B" in name:
            assert scene[name].dtype == np.uint16
            seen = np.isfinite(values)
            np.testing.assert_array_equal(scene[name] == 0, ~seen, err_msg=name)
            np.testing.assert_allclose(scene[name][seen] / 1e4, values[seen], atol=0.51e-4)
        else:
            assert scene[name].dtype == np.float32
            np.testing.assert_array_equal(scene[name], values, err_msg=name)
    np.testing.assert_array_equal(scene[MASK], drawn.mask)
    assert scene[MASK].dtype == np.uint8


def test_scenes_stand_on_the_grid_of_the_event_and_name_their_nodata(archive: Archive) -> None:
    for row in EVENTS:
        grid = draw_event(
            row.event, row.event_date, row.orbit, row.dates, row.optical_dates, SETTINGS
        ).grid
        for line in archive.rows[row.event]:
            path = archive.folder / f"original_scenes/{row.event}/{line['file_name']}.tif"
            with rasterio.open(path) as file:
                assert file.count == 1
                assert (file.height, file.width) == (grid.height, grid.width)
                assert tuple(file.transform)[:6] == grid.transform
                assert file.crs.to_string() == grid.crs
                if line["band"] == "MASK":
                    assert file.nodata is None
                elif line["sensor"] == "S2L2A" and line["band"] != "NDVI":
                    assert file.nodata == 0
                else:
                    assert np.isnan(file.nodata)


def test_an_offset_stands_where_it_was_asked_for_and_never_on_nodata(
    archive: Archive, tmp_path: Path
) -> None:
    simulate_archive(tmp_path / "plain", EVENTS, SETTINGS, LAYOUT)
    plain = Archive(tmp_path / "plain")
    clouds = 0
    for name, scene in archive.scenes.items():
        for key, values in scene.items():
            without = plain.scenes[name][key]
            if (name, key.partition("_")[0]) in OFFSETS and "_B" in key:
                seen = without > 0
                clouds += int((~seen).sum())
                np.testing.assert_array_equal(values[seen], without[seen] + 1000, err_msg=key)
                np.testing.assert_array_equal(values[~seen], 0, err_msg=key)
            elif not key.endswith("NDVI"):
                np.testing.assert_array_equal(values, without, err_msg=f"{name} {key}")
    assert clouds > 0


def test_the_vegetation_index_is_that_of_the_stored_numbers(archive: Archive) -> None:
    for scene in archive.scenes.values():
        for epoch in OPTICAL_DATES:
            near, red = (scene[f"{epoch}_{band}"].astype(np.float64) for band in ("B08", "B04"))
            seen = (near > 0) & (red > 0)
            index = scene[f"{epoch}_NDVI"]
            assert index.dtype == np.float32
            np.testing.assert_array_equal(np.isfinite(index), seen)
            expected = (near[seen] - red[seen]) / (near[seen] + red[seen])
            np.testing.assert_allclose(index[seen], expected, atol=1e-7)


def test_digital_numbers_round_and_keep_zero_for_no_data() -> None:
    values = np.array([[0.00014, 0.00016, 1.5, np.nan]], dtype=np.float32)
    np.testing.assert_array_equal(digital_numbers(values, 0), [[1, 2, 15000, 0]])
    np.testing.assert_array_equal(digital_numbers(values, 1000), [[1001, 1002, 16000, 0]])


# Patches


def test_patches_have_sixty_keys_and_the_published_shape(archive: Archive) -> None:
    for side, patches in archive.patches.items():
        assert set(patches) == {*all_channels(), MASK}
        count = len(archive.ids[side])
        assert count > 0, side
        for values in patches.values():
            assert values.shape == (count, 1, SIZE, SIZE)
            assert values.dtype == np.float32


def test_patches_are_the_pixels_of_the_scenes_at_one_place_in_every_channel(
    archive: Archive,
) -> None:
    for side, places in archive.places.items():
        for number, (name, row, column) in enumerate(places):
            window = (slice(row, row + SIZE), slice(column, column + SIZE))
            for key, values in archive.patches[side].items():
                np.testing.assert_array_equal(
                    values[number, 0], archive.scenes[name][key][window], err_msg=f"{side} {key}"
                )


def test_patches_have_data_in_every_channel_and_no_such_window_of_a_test_event_is_missing(
    archive: Archive,
) -> None:
    for side, patches in archive.patches.items():
        for key, values in patches.items():
            assert np.isfinite(values).all(), f"{side} {key}"
            if "_B" in key:
                assert (values > 0).all(), f"{side} {key}"
    scene = archive.scenes["IND1"]
    whole = np.all([np.isfinite(values) for values in scene.values()], axis=0)
    height, width = whole.shape
    expected = {
        ("IND1", row, column)
        for row in range(0, height - SIZE + 1, SIZE)
        for column in range(0, width - SIZE + 1, SIZE)
        if whole[row : row + SIZE, column : column + SIZE].all()
    }
    assert set(archive.places["testind"]) == expected
    assert 0 < len(expected) < (height // SIZE) * (width // SIZE)


def test_ids_name_the_event_of_every_patch(archive: Archive) -> None:
    for side, places in archive.places.items():
        assert archive.ids[side] == [name for name, _, _ in places]


def test_sides_hold_their_roles_and_share_no_pixel(archive: Archive) -> None:
    roles = {row.event: row.role for row in EVENTS}
    allowed = {
        "train": {"train", "dependent"},
        "val": {"train"},
        "testind": {"independent"},
        "testspt": {"dependent"},
    }
    for side, places in archive.places.items():
        assert {roles[name] for name, _, _ in places} == allowed[side]
    every = [place for places in archive.places.values() for place in places]
    assert len(every) == len(set(every))
    trained = [column for name, _, column in archive.places["train"] if name == "DEP1"]
    assert all(column >= max(trained) + SIZE for _, _, column in archive.places["testspt"])


def test_the_order_of_patches_is_not_that_of_their_places(archive: Archive) -> None:
    places = archive.places["train"]
    assert len(places) > 5
    assert places != sorted(places)


@pytest.mark.parametrize("role", ["train", "dependent", "independent"])
def test_overlapping_windows_of_two_sides_share_no_pixel(role: str) -> None:
    windows = [(row, column) for row in range(0, 200, 32) for column in range(0, 320, 16)]
    sides = assign_sides(role, windows, 32)
    covered = []
    for members in sides.values():
        assert members
        pixels = np.zeros((300, 400), dtype=bool)
        for row, column in members:
            pixels[row : row + 32, column : column + 32] = True
        covered.append(pixels)
    assert np.sum(covered, axis=0).max() == 1


@pytest.mark.parametrize("count", [2, 3, 7, 11])
def test_a_training_event_of_two_windows_already_validates(count: int) -> None:
    sides = assign_sides("train", [(0, 32 * n) for n in range(count)], 32)
    assert len(sides["val"]) == -(-(count - 1) // 5)
    assert len(sides["train"]) == count - len(sides["val"])


def test_an_event_that_only_gets_a_map_has_no_patches() -> None:
    assert not any(assign_sides("apply", [(0, 0), (0, 32)], 32).values())


def test_windows_lie_inside_and_hold_as_much_data_as_asked() -> None:
    valid = np.ones((50, 70), dtype=np.uint8)
    valid[3, 20] = 0
    valid[16:, :16] = 0
    inside = [(row, column) for row in (0, 16, 32) for column in (0, 16, 32, 48)]
    whole = patch_windows(valid, PatchLayout(16, 16))
    assert whole == [w for w in inside if w not in ((0, 16), (16, 0), (32, 0))]
    most = patch_windows(valid, PatchLayout(16, 16, valid_share=0.9))
    assert most == [w for w in inside if w not in ((16, 0), (32, 0))]


def test_patches_with_gaps_hold_what_the_scenes_hold(tmp_path: Path) -> None:
    gaps = replace(LAYOUT, valid_share=0.3, ids_order=False)
    events = [replace(row, role="independent") for row in EVENTS[1:3]]
    simulate_archive(tmp_path / "gaps", events, SETTINGS, gaps)
    with h5py.File(tmp_path / "gaps/reference_data/testind_n3_s1s2.h5") as file:
        assert "IDs_order" not in file.attrs
        gamma, blue = file["PRE1_gVV"][...], file["PRE1_B02"][...]
    assert np.isnan(gamma).any()
    assert np.isfinite(blue).all()
    assert (blue == 0).any()


def test_sides_without_patches_are_written_empty(tmp_path: Path) -> None:
    simulate_archive(tmp_path / "one", EVENTS[3:], SETTINGS, LAYOUT)
    for side in ("train", "val", "testspt"):
        with h5py.File(tmp_path / f"one/reference_data/{side}_n3_s1s2.h5") as file:
            assert len(file) == 60
            assert file["POST3_COHVV"].shape == (0, 1, SIZE, SIZE)
            assert len(file.attrs["IDs_order"]) == 0


# Polygons


def test_polygons_cover_the_mask_and_nothing_else(archive: Archive) -> None:
    inventory = geopandas.read_file(archive.folder / "vector_data/landslide_inventory.gpkg")
    assert inventory.crs.to_epsg() == 4326
    assert inventory.is_valid.all()
    for row in EVENTS:
        own = inventory[inventory["EID"] == row.event]
        assert set(own["region"]) == {f"place {row.event}"}
        assert set(own["date"]) == {"25.01.2019"}
        path = next((archive.folder / "original_scenes" / row.event).glob("*__MASK.tif"))
        with rasterio.open(path) as file:
            mask, crs, transform = file.read(1), file.crs, file.transform
        burnt = rasterio.features.rasterize(
            own.to_crs(crs.to_string()).geometry, mask.shape, transform=transform, dtype="uint8"
        )
        assert mask.any()
        np.testing.assert_array_equal(burnt, mask)


def test_an_inventory_without_landslides_keeps_its_columns(tmp_path: Path) -> None:
    write_inventory(tmp_path / "none/inventory.gpkg", [])
    inventory = geopandas.read_file(tmp_path / "none/inventory.gpkg")
    assert len(inventory) == 0
    assert {"EID", "country", "region", "date", "trigger", "type"} < set(inventory.columns)


# The whole


def test_the_same_input_in_any_order_gives_the_same_bytes(tmp_path: Path, packed: Path) -> None:
    simulate_archive(tmp_path / "archive.zip", EVENTS[::-1], SETTINGS, LAYOUT, OFFSETS)
    assert (tmp_path / "archive.zip").read_bytes() == packed.read_bytes()
    with zipfile.ZipFile(packed) as file:
        names = file.namelist()
        assert {member.date_time for member in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert names == sorted(names)
    assert all(name.startswith(ZIP_ROOT) for name in names)
    assert list(tmp_path.iterdir()) == [tmp_path / "archive.zip"]


def test_nothing_is_left_when_it_breaks_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("scarp.simulate.archive.write_inventory", full)
    with pytest.raises(OSError, match="no space"):
        simulate_archive(tmp_path / "archive.zip", EVENTS[3:], SETTINGS, LAYOUT)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_exists_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    with pytest.raises(DataError, match="exists"):
        simulate_archive(tmp_path / "mine", EVENTS, SETTINGS, LAYOUT)
    assert [file.name for file in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def without(epoch: str) -> dict[str, str]:
    return {name: day for name, day in DATES.items() if name != epoch}


@pytest.mark.parametrize(
    ("events", "layout", "offsets", "message"),
    [
        ((), LAYOUT, (), "has no event"),
        ((EVENTS[0], EVENTS[0]), LAYOUT, (), "event TR-1: stands there twice"),
        ((event("A_B", "train"),), LAYOUT, (), "event A_B: is no id"),
        ((event("A", "test"),), LAYOUT, (), "role: 'test' is not allowed"),
        ((event("A", "train", "UP"),), LAYOUT, (), "orbit: 'UP' is not allowed"),
        ((replace(EVENTS[0], dates=without("PRE3")),), LAYOUT, (), "Sentinel-1: has the epochs"),
        ((replace(EVENTS[0], optical_dates={}),), LAYOUT, (), "Sentinel-2: has the epochs none"),
        ((replace(EVENTS[0], event_date="25.01.2019"),), LAYOUT, (), "'25.01.2019' is no date"),
        (
            (replace(EVENTS[0], dates={**DATES, "PRE2": DATES["PRE1"]}),),
            LAYOUT,
            (),
            "dates are not in order",
        ),
        (EVENTS, PatchLayout(size=0), (), "size is 0"),
        (EVENTS, PatchLayout(stride=0), (), "stride is 0"),
        (EVENTS, PatchLayout(valid_share=0.0), (), "valid_share is 0.0"),
        (EVENTS, LAYOUT, (("IND1", "POST2"),), r"offset of \(IND1, POST2\)"),
        (EVENTS, LAYOUT, (("IND9", "POST1"),), r"offset of \(IND9, POST1\)"),
    ],
)
def test_a_request_that_no_archive_can_meet_is_refused_before_anything_is_written(
    tmp_path: Path,
    events: tuple[ArchiveEvent, ...],
    layout: PatchLayout,
    offsets: tuple[tuple[str, str], ...],
    message: str,
) -> None:
    with pytest.raises(TableError, match=message):
        simulate_archive(tmp_path / "archive.zip", events, SETTINGS, layout, offsets)
    assert list(tmp_path.iterdir()) == []
