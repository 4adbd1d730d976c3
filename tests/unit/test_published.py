"""Published patches: their event, place and side are found, with `IDs_order` and without."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from scarp.acquire.archive import SIDES, patches_name
from scarp.acquire.archive_files import open_archive, unpack
from scarp.acquire.published_match import MOST_PLACES, Scene, find, settle
from scarp.acquire.published_patches import write_published
from scarp.acquire.published_positions import (
    Position,
    find_positions,
    read_positions,
    recovered_role,
    write_positions,
    write_roles,
)
from scarp.channels import all_channels
from scarp.cube import open_cube
from scarp.errors import DataError
from scarp.patches import read_channel, read_flags, read_table
from scarp.tsv import read_table as read_tsv
from tiny_archive import ROLES, SIZE, archives, cube_of

Files = dict[str, Path]


def _files(folder: Path, name: str = "archive.zip") -> Files:
    files = {part: folder / patches_name(part) for part in SIDES}
    with open_archive(archives() / name) as archive:
        for part, path in files.items():
            unpack(archive, patches_name(part), path)
    return files


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return _files(tmp_path_factory.mktemp("named"))


@pytest.fixture(scope="module")
def positions(files: Files) -> list[Position]:
    return find_positions(archives() / "archive.zip", files)


def test_every_patch_is_found_where_its_pixels_are(
    files: Files, positions: list[Position], tmp_path: Path
) -> None:
    cubes = {event: cube_of(archives() / "archive.zip", tmp_path / event, event) for event in ROLES}
    for part, path in files.items():
        with h5py.File(path) as file:
            named = [str(name) for name in file.attrs["IDs_order"]]
            own = [position for position in positions if position.part == part]
            assert [p.index for p in own] == list(range(len(named)))
            assert [p.place.event for p in own] == named
            for position in own:
                row, column = position.place.row, position.place.column
                with open_cube(cubes[position.place.event]) as cube:
                    for name in ("None_DEM", "POST1_gVV", "None_MASK"):
                        window = cube[name].values[row : row + SIZE, column : column + SIZE]
                        np.testing.assert_array_equal(window, file[name][position.index, 0])


def test_the_same_is_found_without_ids(positions: list[Position], tmp_path: Path) -> None:
    """Patches are shuffled alike in both archives, so that the whole list must agree."""
    files = _files(tmp_path, "no_ids.zip")
    with h5py.File(files["train"]) as file:
        assert "IDs_order" not in file.attrs
    assert find_positions(archives() / "no_ids.zip", files) == positions


def test_roles_are_recovered_and_shown_beside_the_table(
    positions: list[Position], tmp_path: Path
) -> None:
    told = {"AA0001": "train", "CC0001": "train"}
    write_roles(tmp_path / "roles.tsv", positions, told)
    rows = {row["event"]: row for row in read_tsv(tmp_path / "roles.tsv", ("event", "role"))}
    assert {event: row["role"] for event, row in rows.items()} == ROLES
    assert rows["CC0001"]["role_in_table"] == "train"
    assert int(rows["CC0001"]["independent"]) == sum(p.part == "testind" for p in positions)
    assert int(rows["BB0001"]["dependent"]) and int(rows["BB0001"]["train"])


@pytest.mark.parametrize(
    "counts, role",
    [
        ((3, 1, 0, 0), "train"),
        ((3, 0, 0, 2), "dependent"),
        ((0, 0, 0, 2), "dependent"),
        ((0, 0, 2, 0), "independent"),
        ((1, 0, 2, 0), "independent and train"),
    ],
)
def test_a_role_follows_from_the_sides(counts: tuple[int, ...], role: str) -> None:
    sides = dict(zip(("train", "validation", "independent", "dependent"), counts, strict=True))
    assert recovered_role(sides) == role


def test_positions_survive_their_table(positions: list[Position], tmp_path: Path) -> None:
    write_positions(tmp_path / "positions.tsv", positions)
    assert read_positions(tmp_path / "positions.tsv") == positions


@pytest.mark.parametrize("event", ROLES)
def test_patches_of_an_event_hold_the_published_pixels_in_the_cubes_units(
    event: str, files: Files, positions: list[Position], tmp_path: Path
) -> None:
    cube = cube_of(archives() / "archive.zip", tmp_path / "cube.nc", event)
    path = tmp_path / "patches.nc"
    write_published(cube, event, positions, files, SIZE, path)
    table = read_table(path)
    own = [p for part in SIDES for p in positions if p.part == part and p.place.event == event]
    assert table.sides == tuple(SIDES[p.part] for p in own)
    assert list(table.row) == [p.place.row for p in own]
    assert table.channels == all_channels()
    assert table.source == "simulated archive"
    mask, valid = read_flags(path)
    with open_cube(cube) as data:
        for number, position in enumerate(own):
            rows = slice(position.place.row, position.place.row + SIZE)
            columns = slice(position.place.column, position.place.column + SIZE)
            known = data["None_VALID"].values[rows, columns]
            np.testing.assert_array_equal(valid[number], known)
            np.testing.assert_array_equal(
                mask[number], data["None_MASK"].values[rows, columns] * known
            )
            for channel in ("POST1_B04", "POST1_NDVI", "PRE2_COHVV", "None_SLOPE"):
                found = read_channel(path, channel)[number][known == 1]
                expected = data[channel].values[rows, columns][known == 1]
                np.testing.assert_array_equal(found, expected, err_msg=channel)


def test_the_size_of_patches_is_the_configurations(
    files: Files, positions: list[Position], tmp_path: Path
) -> None:
    cube = cube_of(archives() / "archive.zip", tmp_path / "cube.nc")
    with pytest.raises(DataError, match=f"set patches: size: {SIZE}"):
        write_published(cube, "AA0001", positions, files, 128, tmp_path / "x.nc")
    with pytest.raises(DataError, match="no published patch is of event AA0001"):
        write_published(cube, "AA0001", [], files, SIZE, tmp_path / "x.nc")
    assert not (tmp_path / "x.nc").exists()


Damage = Callable[[h5py.File], None]


def _set(name: str, index: int, value: float) -> Damage:
    def damage(file: h5py.File) -> None:
        file[name][index, 0, 3, 3] = value

    return damage


def _without(name: str) -> Damage:
    def damage(file: h5py.File) -> None:
        del file[name]

    return damage


def _reshaped(file: h5py.File) -> None:
    values = file["PRE1_B02"][...]
    del file["PRE1_B02"]
    file["PRE1_B02"] = values[:, 0]


def _ids(change: Callable[[list[str]], list[str]]) -> Damage:
    def damage(file: h5py.File) -> None:
        file.attrs["IDs_order"] = change([str(name) for name in file.attrs["IDs_order"]])

    return damage


@pytest.mark.parametrize(
    "damage, says",
    [
        (_set("None_DEM", 0, -123.5), "patch 0: does not lie in the scene of"),
        (_without("POST2_COHVV"), "lacks POST2_COHVV"),
        (_reshaped, "PRE1_B02 has shape"),
        (_ids(lambda ids: ids[:-1]), "IDs_order names"),
        (_ids(lambda ids: ["ZZ0009", *ids[1:]]), "IDs_order names ZZ0009"),
    ],
)
def test_damaged_files_of_patches_are_named(damage: Damage, says: str, tmp_path: Path) -> None:
    files = _files(tmp_path)
    with h5py.File(files["train"], "r+") as file:
        damage(file)
    with pytest.raises(DataError) as error:
        find_positions(archives() / "archive.zip", files)
    assert "train_n3_s1s2.h5" in str(error.value) and says in str(error.value)


def test_a_file_of_patches_cut_short_is_named(tmp_path: Path) -> None:
    files = _files(tmp_path)
    content = files["testind"].read_bytes()
    files["testind"].write_bytes(content[: len(content) // 3])
    with pytest.raises(DataError, match="testind_n3_s1s2"):
        find_positions(archives() / "archive.zip", files)


@pytest.mark.parametrize(
    "written",
    [
        lambda ids: np.array(ids, dtype="S"),
        lambda ids: ", ".join(ids),
        lambda ids: str(ids),
        lambda ids: [f"{name}__12" for name in ids],
    ],
)
def test_ids_are_read_in_any_likely_form(
    written: Callable[[list[str]], object], positions: list[Position], tmp_path: Path
) -> None:
    files = _files(tmp_path)
    with h5py.File(files["val"], "r+") as file:
        ids = [str(name) for name in file.attrs.pop("IDs_order")]
        file["None_MASK"].attrs["IDs_order"] = written(ids)
    assert find_positions(archives() / "archive.zip", files) == positions


def test_scenes_that_share_their_elevation_are_told_apart_by_their_images(
    positions: list[Position], tmp_path: Path
) -> None:
    """Two storms at one place: the same DEM, other radar and optical pixels."""
    folder = tmp_path / "archive"
    shutil.copytree(archives() / "unpacked", folder)
    scenes = folder / "original_scenes"
    twin = scenes / "DD0001"
    shutil.copytree(scenes / "CC0002", twin)
    for path in sorted(twin.iterdir()):
        path.rename(twin / path.name.replace("CC0002", "DD0001"))
    table = twin / "DD0001__files_meta.csv"
    table.write_text(table.read_text().replace("CC0002", "DD0001"))
    shutil.copy(
        scenes / "AA0001/AA0001__S2L2A__2022-01-11__B04.tif",
        twin / "DD0001__S2L2A__2022-01-11__B04.tif",
    )
    files = _files(tmp_path, "no_ids.zip")
    assert find_positions(folder, files) == positions


def test_flat_ground_is_searched_by_another_channel() -> None:
    random = np.random.default_rng(1)
    sea = np.zeros((200, 200), dtype=np.float32)
    waves = random.random((200, 200), dtype=np.float32)
    assert sea.size > MOST_PLACES
    window = (slice(40, 56), slice(120, 136))
    assert Scene(sea).places(sea[window]) is None
    places = find(
        "A",
        [
            (lambda: Scene(sea), lambda: sea[window]),
            (lambda: Scene(waves), lambda: waves[window]),
        ],
    )
    assert [(p.event, p.row, p.column) for p in places] == [("A", 40, 120)]


def test_a_scene_finds_a_patch_with_gaps_and_at_the_edge_and_none_that_is_not_its_own() -> None:
    random = np.random.default_rng(2)
    scene = random.random((64, 80), dtype=np.float32)
    scene[10:20, 10:20] = np.nan
    found = Scene(scene)
    assert found.places(scene[8:24, 8:24]) == [(8, 8)]
    assert found.places(scene[48:, 64:]) == [(48, 64)]
    other = scene[48:, 64:].copy()
    other[5, 5] = np.nextafter(other[5, 5], np.float32(2))
    assert found.places(other) == []
    twice = np.concatenate([scene, scene])
    assert Scene(twice).places(scene[:16, :16]) == [(0, 0), (64, 0)]
    assert settle(find("A", [(lambda: Scene(twice), lambda: scene[:16, :16])]), []) != []
