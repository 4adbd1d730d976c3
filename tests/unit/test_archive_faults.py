"""Damaged and foreign archives: each is refused with the name of its file, and leaves nothing."""

from __future__ import annotations

import re
import stat
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas
import numpy as np
import pytest
import rasterio

from scarp.acquire.archive import path_faults
from scarp.acquire.archive_files import open_archive
from scarp.errors import DataError, ScarpError
from tiny_archive import archives, cube_of, unpacked_copy

SCENES = "original_scenes/AA0001"
RED = f"{SCENES}/AA0001__S2L2A__2022-05-16__B04.tif"
VV = f"{SCENES}/AA0001__S1SLC__2022-04-18__DES_gVV.tif"
MASK = f"{SCENES}/AA0001__None__None__MASK.tif"
TABLE = f"{SCENES}/AA0001__files_meta.csv"
INVENTORY = "vector_data/landslide_inventory.gpkg"
Damage = Callable[[Path], None]


@dataclass(frozen=True)
class Case:
    """A damage, the file that the message must name, and what it must say."""

    title: str
    damage: Damage
    file: str
    says: str


def _delete(name: str) -> Damage:
    return lambda top: (top / name).unlink()


def _shorten(name: str, share: float) -> Damage:
    def damage(top: Path) -> None:
        content = (top / name).read_bytes()
        (top / name).write_bytes(content[: int(share * len(content))])

    return damage


def _overwrite(name: str, content: bytes) -> Damage:
    def damage(top: Path) -> None:
        (top / name).write_bytes(content)

    return damage


def _rewrite(
    name: str, change: Callable[[np.ndarray], np.ndarray] = lambda x: x, **profile: object
) -> Damage:
    """Write a raster again with other pixels or another profile."""

    def damage(top: Path) -> None:
        with rasterio.open(top / name) as file:
            values, before = change(file.read()), file.profile
        after = {
            **before,
            "count": values.shape[0],
            "height": values.shape[1],
            "width": values.shape[2],
            **profile,
        }
        values = values.astype(str(after["dtype"]))
        with rasterio.open(top / name, "w", **after) as file:
            file.write(values)

    return damage


def _shifted(top: Path) -> None:
    with rasterio.open(top / VV, "r+") as file:
        step = file.transform
        file.transform = rasterio.Affine(step.a, 0, step.c + 5, 0, step.e, step.f)


def _line(old: str, new: str) -> Damage:
    def damage(top: Path) -> None:
        text = (top / TABLE).read_text()
        assert old in text, old
        (top / TABLE).write_text(text.replace(old, new, 1))

    return damage


def _row_twice(top: Path) -> None:
    lines = (top / TABLE).read_text().splitlines(keepends=True)
    (top / TABLE).write_text("".join([*lines, lines[7]]))


def _row_lost(top: Path) -> None:
    lines = (top / TABLE).read_text().splitlines(keepends=True)
    kept = [line for line in lines if "2022-05-16__B04" not in line]
    assert len(kept) == len(lines) - 1
    (top / TABLE).write_text("".join(kept))


def _no_polygon(top: Path) -> None:
    polygons = geopandas.read_file(top / INVENTORY)
    (top / INVENTORY).unlink()
    polygons[polygons["EID"] != "AA0001"].to_file(top / INVENTORY, driver="GPKG")


def _no_eid(top: Path) -> None:
    polygons = geopandas.read_file(top / INVENTORY)
    (top / INVENTORY).unlink()
    polygons.drop(columns="EID").to_file(top / INVENTORY, driver="GPKG")


CASES = (
    Case("a band's file missing", _delete(RED), RED, "is not there (POST1_B04)"),
    Case("a band's row missing", _row_lost, TABLE, "has no row for POST1_B04"),
    Case("no table of files", _delete(TABLE), TABLE, "is not there"),
    Case("no inventory", _delete(INVENTORY), INVENTORY, "is not there"),
    Case("a file cut short", _shorten(RED, 0.6), RED, "cannot be read"),
    Case("a file cut to its header", _shorten(VV, 0.02), VV, "cannot be read"),
    Case("an empty file", _overwrite(VV, b""), VV, "cannot be read"),
    Case("another kind of file", _overwrite(VV, b"<html>busy</html>"), VV, "cannot be read"),
    Case("another CRS", _rewrite(VV, crs="EPSG:4326"), VV, "another grid"),
    Case("another size", _rewrite(VV, lambda x: x[:, :-1]), VV, "another grid"),
    Case("a grid half a pixel away", _shifted, VV, "another grid"),
    Case("no CRS", _rewrite(VV, crs=None), VV, "has no CRS"),
    Case("a mask of 0 and 255", _rewrite(MASK, lambda x: x * 255), MASK, "holds 255"),
    Case("a mask of fractions", _rewrite(MASK, lambda x: x / 2, dtype="float32"), MASK, "0.5"),
    Case("no data at all", _rewrite(VV, lambda x: x * np.nan), VV, "holds no data at all"),
    Case("whole numbers of gamma nought", _rewrite(VV, np.nan_to_num, dtype="uint8", nodata=0),
         VV, "has type uint8"),
    Case("complex pixels", _rewrite(RED, dtype="complex64", nodata=None), RED, "complex64"),
    Case("two bands", _rewrite(VV, lambda x: np.concatenate([x, x])), VV, "has 2 bands"),
    Case(
        "gamma nought in decibel",
        _rewrite(VV, lambda x: 10 * np.log10(np.maximum(x, 1e-4))),
        VV,
        "outside of the range of gVV",
    ),
    Case("a row twice", _row_twice, TABLE, "stands twice"),
    Case("a date that is another than the name's", _line(";18.04.2022;", ";19.04.2022;"), TABLE,
         "do not agree on the date"),
    Case("a date that is none", _line(";18.04.2022;", ";38.04.2022;"), TABLE, "is no date"),
    Case("another event's row", _line("MASK;None;;None;AA0001", "MASK;None;;None;BB0001"), TABLE,
         "do not agree on the event"),
    Case("an epoch that does not exist", _line(";POST3;", ";POST4;"), TABLE, "is no channel"),
    Case("a column missing", _line("patch_type", "patchtype"), TABLE, "lacks column patch_type"),
    Case("a table in another encoding", _overwrite(TABLE, b"\xff\xfe\x00;"), TABLE, "UTF-8"),
    Case("an event without polygon", _no_polygon, INVENTORY, "no polygon of event AA0001"),
    Case("an inventory without ids", _no_eid, INVENTORY, "no georeferenced layer"),
    Case("a damaged inventory", _shorten(INVENTORY, 0.1), INVENTORY, "cannot be read"),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title.replace(" ", "-"))
def test_a_damaged_archive_is_refused_by_the_name_of_its_file(case: Case, tmp_path: Path) -> None:
    top = unpacked_copy(tmp_path)
    case.damage(top)
    with pytest.raises(DataError) as error:
        cube_of(top, tmp_path / "results" / "cube.nc")
    told = [fault for fault in error.value.faults if case.file in fault.offender]
    assert told, str(error.value)
    assert case.says in told[0].fact
    assert told[0].cure
    assert not list(tmp_path.glob("results/**/*"))


def test_all_damaged_files_are_named_at_once(tmp_path: Path) -> None:
    top = unpacked_copy(tmp_path)
    _shorten(RED, 0.5)(top)
    _rewrite(MASK, lambda x: x * 255)(top)
    with pytest.raises(DataError) as error:
        cube_of(top, tmp_path / "cube.nc")
    assert {Path(fault.offender).name for fault in error.value.faults} == {
        Path(RED).name,
        Path(MASK).name,
    }


def test_acquisitions_that_contradict_the_archive_are_refused(tmp_path: Path) -> None:
    dates = {"sentinel1": {"POST1": "2022-04-19"}, "sentinel2": {"PRE1": ""}}
    with pytest.raises(DataError, match=r"acquisitions\.tsv says 2022-04-19"):
        cube_of(archives() / "archive.zip", tmp_path / "cube.nc", dates=dates)
    with pytest.raises(DataError, match="orbit DES, the events table says ASC"):
        cube_of(archives() / "archive.zip", tmp_path / "cube.nc", orbit="ASC")


def test_an_event_that_the_archive_has_not_names_those_it_has(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        cube_of(archives() / "archive.zip", tmp_path / "cube.nc", "AA0002")
    assert "AA0001, BB0001, CC0001, CC0002" in str(error.value)


def _zip_of(folder: Path, entries: dict[str, bytes], name: str = "x.zip") -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for entry, content in entries.items():
            file.writestr(entry, content)
    return path


@pytest.mark.parametrize(
    "entry",
    [
        "../outside.tif",
        "s1s2_landslide_reference_data/original_scenes/../../../outside.tif",
        "/etc/outside.tif",
        "C:\\outside.tif",
        "s1s2_landslide_reference_data\\..\\..\\outside.tif",
    ],
)
def test_an_entry_that_would_leave_the_folder_is_refused(entry: str, tmp_path: Path) -> None:
    good = "s1s2_landslide_reference_data/original_scenes/AA0001/x.tif"
    path = _zip_of(tmp_path, {good: b"x", entry: b"y"})
    with pytest.raises(DataError, match=r"outside of the archive's folder"), open_archive(path):
        pass


def test_a_link_in_the_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    link = zipfile.ZipInfo("s1s2_landslide_reference_data/original_scenes/AA0001/x.tif")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(link, "/etc/passwd")
    with pytest.raises(DataError, match="is a link"), open_archive(path):
        pass


def test_a_zip_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no folder original_scenes"):
        cube_of(_zip_of(tmp_path, {"readme.txt": b"hello"}), tmp_path / "cube.nc")


def test_a_zip_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "short.zip"
    content = (archives() / "archive.zip").read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match=re.escape(str(path))):
        cube_of(path, tmp_path / "cube.nc")
    (fault,) = path_faults(str(path), ["AA0001"])
    assert "cut short" in fault.fact


def test_a_damaged_entry_is_named(tmp_path: Path) -> None:
    path = tmp_path / "damaged.zip"
    content = bytearray((archives() / "archive.zip").read_bytes())
    with zipfile.ZipFile(archives() / "archive.zip") as file:
        info = file.getinfo(f"s1s2_landslide_reference_data/{VV}")
    start = info.header_offset + 30 + len(info.filename) + info.compress_size // 2
    content[start : start + 40] = bytes(40)
    path.write_bytes(content)
    with pytest.raises(DataError) as error:
        cube_of(path, tmp_path / "cube.nc")
    assert error.value.faults[0].offender == f"{path}, {VV}"
    assert "damaged" in error.value.faults[0].fact
    assert not (tmp_path / "cube.nc").exists()


def test_the_path_is_checked_at_first_sight(tmp_path: Path) -> None:
    (absent,) = path_faults(str(tmp_path / "no"), [])
    assert "neither a file nor a folder" in absent.fact
    (tmp_path / "text.zip").write_text("no zip")
    (text,) = path_faults(str(tmp_path / "text.zip"), [])
    assert "is no zip" in text.fact
    (empty,) = path_faults(str(tmp_path), [])
    assert "holds no folder original_scenes" in empty.fact
    unpacked = archives() / "unpacked"
    (event,) = path_faults(str(unpacked), ["AA0001", "ZZ0001"])
    assert "ZZ0001__files_meta.csv" in event.fact
    assert path_faults(str(archives() / "archive.zip"), ["AA0001"]) == []
    assert issubclass(DataError, ScarpError)
