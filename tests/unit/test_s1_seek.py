"""Which scenes an event takes: those that are named, those that lie there, the best of the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import rasterio

from catalogue_rows import Slice
from catalogue_server import CatalogueServer
from scarp.acquire.sentinel1.candidate import Target
from scarp.acquire.sentinel1.cdse import Cdse
from scarp.acquire.sentinel1.chosen import (
    begin_fetching,
    is_by_hand,
    list_scenes,
    read_chosen,
    write_chosen,
)
from scarp.acquire.sentinel1.seek import Sought, Wish, seek_scenes, wishes_of, write_tracks
from scarp.errors import DataError
from scarp.grid import Grid
from scarp.scenes import listed
from scarp.tsv import read_table

GRID = Grid("EPSG:32632", 578_000.0, 4_984_000.0, 10.0, 300, 300)
EVENT = date(2020, 6, 15)
FIRST = datetime(2020, 4, 10, 17, 0, tzinfo=UTC)
#: Every 12 days: 10 and 22 April, 4, 16 and 28 May, 9 and 21 June, 3, 15 and 27 July.
DAYS = [FIRST + timedelta(12 * n) for n in range(10)]
USUAL = {
    "PRE3": "2020-05-16",
    "PRE2": "2020-05-28",
    "PRE1": "2020-06-09",
    "POST1": "2020-06-21",
    "POST2": "2020-07-03",
    "POST3": "2020-07-15",
}
Seek = Callable[..., dict[str, str]]


@pytest.fixture(scope="module")
def server() -> Iterator[CatalogueServer]:
    with CatalogueServer() as server:
        server.add(Slice(day) for day in DAYS)
        server.add(Slice(day.replace(hour=5), 66, "DES") for day in DAYS[::2])
        yield server


@pytest.fixture
def dem(tmp_path: Path) -> Path:
    path = tmp_path / "dem.tif"
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        dtype="float32",
        count=1,
        height=100,
        width=100,
        crs=GRID.crs,
        transform=rasterio.Affine(100, 0, GRID.left - 3000, 0, -100, GRID.top + 3000),
    ) as file:
        file.write(np.full((100, 100), 300, np.float32), 1)
    return path


def service(server: CatalogueServer) -> Cdse:
    products = server.url("/odata/v1/Products")
    return Cdse(products, products, server.url("/token"))


@pytest.fixture
def seek(server: CatalogueServer, dem: Path, tmp_path: Path) -> Seek:
    """Days of the scenes that are chosen; epochs without a wish are free."""

    def seek(wishes: dict[str, Wish] | None = None, **changes: object) -> dict[str, str]:
        target = Target("E1", EVENT, (10.0, 44.99, 10.02, 45.01))
        epochs = {epoch: Wish() for epoch in USUAL} | (wishes or {})
        sought = Sought(target, epochs, 90, (), tmp_path / "scenes")
        found, _ = seek_scenes(replace(sought, **changes), service(server), GRID, dem)  # type: ignore[arg-type]
        return {epoch: str(scenes[0].start.date()) for epoch, scenes in found.items()}

    return seek


def test_without_a_wish_the_nearest_dates_of_the_best_track(seek: Seek) -> None:
    assert seek() == USUAL


def test_fewer_epochs_are_those_next_to_the_event(seek: Seek) -> None:
    two = {epoch: Wish() for epoch in ("PRE1", "POST1")}
    assert seek(epochs=two) == {epoch: USUAL[epoch] for epoch in two}


def test_a_day_of_the_table_is_obeyed_and_the_others_lie_beyond(seek: Seek) -> None:
    found = seek({"PRE1": Wish("2020-05-28"), "POST2": Wish("2020-07-15")})
    assert found["PRE1"] == "2020-05-28"
    assert (found["PRE2"], found["PRE3"]) == ("2020-05-16", "2020-05-04")
    assert found["POST2"] == "2020-07-15"
    assert found["POST3"] == "2020-07-27"


def test_a_product_of_the_table_is_obeyed(seek: Seek) -> None:
    name = Slice(DAYS[3]).name
    assert seek({"PRE1": Wish(products=(f"{name}.SAFE",))})["PRE1"] == "2020-05-16"
    other = name.replace(name[-4:], "ABCD")
    with pytest.raises(DataError, match="2020-05-16"):
        seek({"PRE1": Wish(products=(other,))})


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"PRE1": Wish("2020-06-01")}, "names PRE1 2020-06-01, and no track has scenes of all"),
        ({"POST3": Wish("2020-09-30")}, "names POST3 2020-09-30"),
    ],
)
def test_a_day_without_a_scene_is_told_with_what_there_is(
    seek: Seek, wish: dict[str, Wish], message: str
) -> None:
    with pytest.raises(DataError, match=message) as caught:
        seek(wish)
    assert "cure: " in str(caught.value)
    assert "/odata/v1/Products" in str(caught.value)


def test_more_epochs_than_dates_is_told(seek: Seek) -> None:
    with pytest.raises(DataError, match="event E1, epoch PRE3: no date was found") as caught:
        seek(days=14)
    assert "widen acquire: sentinel1: days" in str(caught.value)


def test_other_satellites_are_left_out(seek: Seek) -> None:
    with pytest.raises(DataError):
        seek(missions=("S1B",))
    assert seek(missions=("S1A",)) == USUAL


def test_scenes_by_hand_are_not_sought_and_fix_the_track(
    seek: Seek, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "scenes" / "PRE1"
    (own / "S1A_X.SAFE").mkdir(parents=True)

    class Safe:
        relative_orbit, orbit_pass = 66, "DES"
        start = np.datetime64("2020-06-09T05:00:00")

    monkeypatch.setattr("scarp.acquire.sentinel1.seek.open_safe", lambda _: Safe)
    found = seek(epochs={epoch: Wish() for epoch in ("PRE2", "PRE1", "POST1")})
    # Track 66 has every second date; 9 June lies there, and is not in the catalogue.
    assert found == {"PRE2": "2020-05-28", "POST1": "2020-06-21"}


def test_nothing_is_sought_where_all_lies_there(
    seek: Seek, server: CatalogueServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Safe:
        relative_orbit, orbit_pass = 66, "DES"
        start = np.datetime64("2020-06-09T05:00:00")

    monkeypatch.setattr("scarp.acquire.sentinel1.seek.open_safe", lambda _: Safe)
    (tmp_path / "scenes" / "PRE1" / "S1A_X.SAFE").mkdir(parents=True)
    before = len(server.requests)
    assert seek(epochs={"PRE1": Wish()}) == {}
    assert len(server.requests) == before


def test_rows_of_the_table_are_slices_of_an_epoch() -> None:
    rows = [("PRE1", "2020-06-09", "A"), ("PRE1", "", "B"), ("POST1", "", "")]
    assert wishes_of(rows) == {"PRE1": Wish("2020-06-09", ("A", "B")), "POST1": Wish()}


def test_what_was_chosen_survives_the_file(
    server: CatalogueServer, dem: Path, tmp_path: Path
) -> None:
    target = Target("E1", EVENT, (10.0, 44.99, 10.02, 45.01))
    sought = Sought(target, {"PRE1": Wish(), "POST1": Wish()}, 90, (), tmp_path / "scenes")
    found, choice = seek_scenes(sought, service(server), GRID, dem)
    write_chosen(tmp_path / "chosen.json", found)
    read = read_chosen(tmp_path / "chosen.json")
    assert {
        epoch: [replace(s, footprint=None) for s in own] for epoch, own in found.items()
    } == read
    again = tmp_path / "again.json"
    write_chosen(again, {epoch: own for epoch, own in read.items()})
    assert again.read_bytes() == (tmp_path / "chosen.json").read_bytes()
    write_tracks(tmp_path / "tracks.tsv", "E1", choice)
    assert len(read_table(tmp_path / "tracks.tsv", ("chosen", "reason"))) == 2
    write_tracks(tmp_path / "tracks.tsv", "E1", None)
    assert read_table(tmp_path / "tracks.tsv", ()) == []
    (tmp_path / "chosen.json").write_text("{]")
    with pytest.raises(DataError, match="let the workflow choose again"):
        read_chosen(tmp_path / "chosen.json")


def test_what_was_fetched_in_part_is_not_taken_for_the_users(tmp_path: Path) -> None:
    folder = tmp_path / "PRE1"
    assert not is_by_hand(folder)
    begin_fetching(folder)
    (folder / "A.zip").touch()
    assert not is_by_hand(folder)
    own = tmp_path / "PRE2"
    own.mkdir()
    (own / "B.zip").touch()
    (own / "C.zip.part").touch()
    assert is_by_hand(own)
    assert list_scenes(own) == ["B.zip"]
    assert is_by_hand(own)
    assert list_scenes(folder, [folder / "A.zip"]) == ["A.zip"]
    assert listed([str(own), str(folder), "x/D.SAFE"]) == [
        str(own / "B.zip"),
        str(folder / "A.zip"),
        "x/D.SAFE",
    ]
