"""The right image of an area, and the right reflectance from it, whatever catalogue has it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pystac
import pytest
import rasterio
from numpy.typing import NDArray
from pyproj import Transformer

from file_server import Answer
from scarp.acquire.sentinel2.assets import BANDS
from scarp.acquire.sentinel2.candidates import Candidate, Rules
from scarp.acquire.sentinel2.choice import Pin, find_images, pick_image
from scarp.acquire.sentinel2.classes import shares, usable
from scarp.acquire.sentinel2.items import newest, offset, read_tile
from scarp.acquire.sentinel2.look import draw_looks, look
from scarp.acquire.sentinel2.product import acquire_optical
from scarp.acquire.sentinel2.quality import write_quality
from scarp.acquire.sentinel2.read import read_image
from scarp.acquire.stac import Stac, StacAccess
from scarp.channels import BANDS as CHANNEL_BANDS
from scarp.errors import DataError
from scarp.event_grid import utm_grid
from scarp.grid import Grid
from scarp.product_raster import read_raster
from scarp.product_values import read_bands
from scarp.product_write import write_product
from scarp.tsv import read_table
from stac_server import StacServer
from tiny_sentinel2 import (
    CLOUD,
    SHADOW,
    SNOW,
    VEGETATION,
    Points,
    TinyTile,
    ground,
    item_of,
    write_tile,
)

EVENT = date(2022, 1, 20)
#: 2 km by 3 km inside of a tiny tile.
GRID = Grid("EPSG:32632", 601_000.0, 5_199_010.0, 10.0, 200, 300)
DATA = os.environ.get("SCARP_TEST_DATA", "")
RECORDED = Path(DATA, "catalogue_responses")
CLASSES_ONLY = TinyTile("20220101", bands=())


@pytest.fixture
def server(tmp_path: Path) -> Iterator[StacServer]:
    folder = tmp_path / "served"
    folder.mkdir()
    with StacServer(folder) as running:
        yield running


def serve(server: StacServer, *tiles: TinyTile) -> None:
    server.items += [write_tile(tile, server.folder, server.url("/files")) for tile in tiles]


def access_to(server: StacServer, **settings: Any) -> StacAccess:
    api = Stac(server.url(), "sentinel-2-l2a", **settings)
    return StacAccess(api, sleep=lambda seconds: None)


def pick(
    server: StacServer,
    epoch: str = "PRE1",
    rules: Rules | None = None,
    pin: Pin | None = None,
    grid: Grid = GRID,
    event: date = EVENT,
) -> Candidate:
    rules, pin = rules or Rules(), pin or Pin()
    found = find_images(access_to(server), grid, event, epoch, rules, pin)
    return pick_image(found, epoch, rules, pin)


def acquire(
    server: StacServer,
    folder: Path,
    epoch: str = "PRE1",
    grid: Grid = GRID,
    event: date = EVENT,
    **other: Any,
) -> tuple[NDArray[np.float32], NDArray[np.uint8], Mapping[str, str]]:
    """Bands, mask and tags of the product that comes out."""
    path, valid = folder / f"optical_{epoch}.tif", folder / f"optical_valid_{epoch}.tif"
    table = folder / f"candidates_{epoch}.tsv"
    rules, pin = other.pop("rules", Rules()), other.pop("pin", Pin())
    access = access_to(server)
    acquire_optical(access, grid, "E1", event, epoch, rules, pin, path, valid, table, **other)
    with rasterio.open(path) as file, rasterio.open(valid) as mask:
        return file.read(), mask.read(1), file.tags()


def truth(grid: Grid) -> NDArray[np.float64]:
    """Reflectance of the ground in the middle of the grid's pixels, (band, y, x)."""
    x, y = np.meshgrid(grid.x, grid.y)
    longitude, latitude = Transformer.from_crs(grid.crs, 4326, always_xy=True).transform(x, y)
    return np.stack([ground(band, longitude, latitude) for band in BANDS])


def clouds(
    west: float, east: float, kind: int = CLOUD, rest: int = VEGETATION
) -> Callable[[Points, Points], Any]:
    """A class between two eastings, another one elsewhere."""
    return lambda x, y: np.where((x >= west) & (x < east), kind, rest)


#: Everywhere but in the area and its surroundings, or just there.
AROUND = GRID.left - 200.0, GRID.left + GRID.width * 10 + 200.0


# --- reflectance ---

TILES = {
    "before 04.00": TinyTile("20220101", baseline="03.01"),
    "04.00": TinyTile("20220101", baseline="04.00"),
    "of 2020, processed again": TinyTile("20201230", baseline="05.00", generated="20230401T101010"),
    "harmonised": TinyTile("20220101", "32TPT", "05.09", catalogue="earth search", harmonised=True),
    "as it comes": TinyTile("20220101", "32TPT", "05.09", catalogue="earth search"),
    "Copernicus": TinyTile("20220101", "32TPT", "05.10", catalogue="cdse"),
}


@pytest.mark.parametrize("name", TILES)
def test_equal_ground_has_equal_reflectance(server: StacServer, tmp_path: Path, name: str) -> None:
    """The 10 m bands come as they are, those of 20 m from between four pixels."""
    serve(server, TILES[name])
    bands, valid, tags = (
        acquire(server, tmp_path, event=date(2021, 1, 5))
        if ("2020" in name)
        else acquire(server, tmp_path)
    )
    wanted = truth(GRID)
    for n, (band, pixel) in enumerate(BANDS.items()):
        assert np.abs(bands[n] - wanted[n]).max() < (0.51e-4 if pixel == 10 else 3e-4), band
    assert (valid == 1).all()
    raised = name in ("04.00", "of 2020, processed again", "as it comes", "Copernicus")
    assert tags["offset_added"] == ("-1000" if raised else "0")
    assert tags["baseline"] == TILES[name].baseline
    assert tags["simulated"] == "true"


def test_a_pair_that_straddles_the_baseline_is_equal_pixel_by_pixel(
    server: StacServer, tmp_path: Path
) -> None:
    serve(server, TILES["before 04.00"], TinyTile("20220201", baseline="04.00"))
    before, _, _ = acquire(server, tmp_path, "PRE1")
    after, _, _ = acquire(server, tmp_path, "POST1")
    assert np.array_equal(before, after)


def test_the_product_is_what_the_cube_reads(server: StacServer, tmp_path: Path) -> None:
    serve(server, TinyTile("20220101", baseline="04.00", ground=lambda band, x, y: 0 * x - 0.0999))
    acquire(server, tmp_path)
    raster = read_raster(tmp_path / "optical_PRE1.tif")
    assert raster.descriptions == tuple(band.lower() for band in BANDS)
    read = read_bands(raster, {band: band for band in BANDS})
    assert all((values == 0).all() for values in read.values())
    assert raster.is_simulated


def test_brightness_beyond_the_valid_range_is_cut_and_not_usable(
    server: StacServer, tmp_path: Path
) -> None:
    def glint(band: str, longitude: Points, latitude: Points) -> NDArray[np.float64]:
        plain = ground(band, longitude, latitude)
        plain[200:220, 200:220] = 4.0 if band == "B03" else 0.5
        return plain

    serve(server, TinyTile("20220101", ground=glint))
    bands, valid, _ = acquire(server, tmp_path)
    # The tile's pixel 200, 200 lies 1 km west and 99 rows south of the grid's corner.
    assert bands.max() == np.float32(CHANNEL_BANDS["B03"].high)
    assert np.array_equal(valid == 0, bands[1] == 2.0)
    assert (valid == 0).sum() == 20 * 20


def test_pixels_without_data_have_none_in_any_band(server: StacServer, tmp_path: Path) -> None:
    edge = GRID.left + 1000.0
    serve(server, TinyTile("20220101", classes=clouds(0, edge, 0)))
    bands, valid, tags = acquire(server, tmp_path, rules=Rules(covered=0.5))
    columns = slice(0, 100)
    assert np.isnan(bands[:, :, columns]).all()
    assert (valid[:, columns] == 255).all()
    # Beside it the 20 m bands come from one pixel instead of four.
    assert np.isfinite(bands[:, :, 101:]).all()
    assert (valid[:, 101:] == 1).all()
    assert float(tags["covered_share"]) == pytest.approx(2 / 3, abs=0.01)


def test_classes_decide_what_is_usable() -> None:
    classes = np.arange(12, dtype=np.uint8).reshape(3, 4)
    expected = [255, 0, 1, 0, 1, 1, 1, 1, 0, 0, 0]
    assert usable(classes, snow_is_usable=False).ravel().tolist() == [*expected, 0]
    assert usable(classes, snow_is_usable=True).ravel().tolist() == [*expected, 1]
    seen = shares(classes)
    assert (seen.cloud, seen.shadow, seen.snow, seen.missing) == (3 / 12, 1 / 12, 1 / 12, 1 / 12)
    assert seen.hidden == pytest.approx(5 / 12)


def test_an_area_across_two_zones_has_no_seam(server: StacServer, tmp_path: Path) -> None:
    """Both tiles end within the area, and overlap by 1.5 km."""
    grid = utm_grid(11.98, 46.99, 12.03, 47.02)
    assert grid.crs == "EPSG:32633"
    zones = {"EPSG:32632": "32TQT", "EPSG:32633": "33TTN"}
    tiles = []
    for crs, name in zones.items():
        x, y = Transformer.from_crs(4326, crs, always_xy=True).transform(12.005, 47.005)
        # The western tile reaches 750 m beyond the middle of the area, the eastern as far back.
        left = x + 750 - 6000 if crs == "EPSG:32632" else x - 750
        left, top = round(left / 20) * 20, round((y + 3000) / 20) * 20
        tiles.append(TinyTile("20220101", name, "04.00", crs, left, top))
    serve(server, *tiles)
    bands, valid, tags = acquire(server, tmp_path, grid=grid)
    assert (valid == 1).all()
    assert tags["products"] == ", ".join(sorted(tile.item for tile in tiles))
    wrong = np.abs(bands - truth(grid))
    assert wrong.max() < 2e-3, "bilinear interpolation of this ground stays within"
    # The own zone's pixels are taken as they are: to the east of the seam.
    own = grid.x > tiles[1].left
    assert wrong[0][:, own].max() < 0.51e-4
    assert not own.all()


def test_every_pixel_comes_whole_from_one_tile(server: StacServer) -> None:
    """Where one band of the first tile has a hole, all come from the second."""

    def level(value: float, hole: bool) -> Callable[[str, Points, Points], NDArray[np.float64]]:
        def flat(band: str, longitude: Points, latitude: Points) -> NDArray[np.float64]:
            plain = np.full(longitude.shape, value)
            if hole and band == "B11":
                plain[100:110, 150:160] = 0.0  # 0 is no data
            return plain

        return flat

    first = TinyTile("20220101", "32TPT", ground=level(0.2, True))
    second = replace(first, tile="32TPS", top=first.top - 20, ground=level(0.3, False))
    serve(server, first, second)
    tiles = [read_tile(pystac.Item.from_dict(dict(one))) for one in server.items]
    image = read_image(access_to(server), tiles, GRID)
    values = np.stack(list(image.bands.values()))
    assert set(np.unique(values.round(4)).tolist()) == {np.float32(0.2), np.float32(0.3)}
    assert (values == values[:1]).all()
    assert (values[0].round(4) == np.float32(0.3)).sum() == 400


def test_a_tile_that_is_not_needed_is_not_read(server: StacServer, tmp_path: Path) -> None:
    first = TinyTile("20220101", "32TPT")
    second = replace(first, tile="32TPS", top=first.top - 20)
    serve(server, first, second)
    acquire(server, tmp_path)
    assert server.count(f"/files/{first.product}/") >= 22
    assert server.count(f"/files/{second.product}/") == 0


# --- choice ---


def test_what_the_area_shows_counts_not_what_the_tile_does(server: StacServer) -> None:
    """A clear tile whose area is clouded, and a clouded tile whose area is clear."""
    clear_tile = replace(CLASSES_ONLY, day="20220115", classes=clouds(*AROUND), tile_cloud=4.0)
    clouded_tile = replace(
        CLASSES_ONLY,
        day="20211210",
        classes=clouds(*AROUND, VEGETATION, CLOUD),
        tile_cloud=93.0,
    )
    serve(server, clear_tile, clouded_tile)
    assert pick(server).items == (clouded_tile.item,)
    server.items.clear()
    both = [
        replace(clear_tile, day="20211220", tile="32TPT"),
        replace(clouded_tile, day="20211225", classes=clouds(*AROUND, CLOUD, VEGETATION)),
        replace(clear_tile, day="20211111", classes=clouds(*AROUND, VEGETATION, VEGETATION)),
    ]
    serve(server, *both)
    with pytest.raises(DataError):
        pick(server, rules=Rules(days=35))
    # Clear in the area, and 70 days before.
    assert pick(server, rules=Rules(days=75)).items == (both[2].item,)


def share_of(part: float, kind: int) -> Callable[[Points, Points], Any]:
    """A class on a share of the area, from the west."""
    return clouds(0, GRID.left + part * GRID.width * 10, kind)


@pytest.mark.parametrize(
    ("near", "far", "picked"),
    [
        # 10 days against 30: 4 % more weigh as much as 20 days.
        ((0.00, CLOUD), (0.00, CLOUD), "near"),
        ((0.02, CLOUD), (0.00, CLOUD), "near"),
        ((0.08, CLOUD), (0.00, CLOUD), "far"),
        ((0.08, SHADOW), (0.00, SHADOW), "far"),
        # Snow weighs half.
        ((0.06, SNOW), (0.00, SNOW), "near"),
        ((0.12, SNOW), (0.00, SNOW), "far"),
        # Much cloud is never taken, however near it is.
        ((0.30, CLOUD), (0.19, CLOUD), "far"),
        ((0.10, SNOW), (0.19, SHADOW), "near"),
        # What is not covered at all is not taken either, up to 2 %.
        ((0.05, 0), (0.08, CLOUD), "far"),
        ((0.01, 0), (0.08, CLOUD), "near"),
    ],
)
def test_cloud_counts_first_then_snow_then_days(
    server: StacServer, near: tuple[float, int], far: tuple[float, int], picked: str
) -> None:
    tiles = {
        "near": replace(CLASSES_ONLY, day="20220110", classes=share_of(*near)),
        "far": replace(CLASSES_ONLY, day="20211221", classes=share_of(*far)),
    }
    serve(server, *tiles.values())
    assert pick(server).items == (tiles[picked].item,)


def test_weights_are_settings(server: StacServer) -> None:
    near = replace(CLASSES_ONLY, day="20220119", classes=share_of(0.15, CLOUD))
    far = replace(CLASSES_ONLY, day="20211201")
    serve(server, near, far)
    assert pick(server).items == (far.item,)
    assert pick(server, rules=Rules(day_weight=0.01)).items == (near.item,)


def test_the_events_own_day_is_after(server: StacServer) -> None:
    days = {name: EVENT + timedelta(n) for name, n in (("before", -1), ("own", 0), ("after", 1))}
    tiles = {name: replace(CLASSES_ONLY, day=f"{day:%Y%m%d}") for name, day in days.items()}
    serve(server, *tiles.values())
    before, after = pick(server, "PRE1"), pick(server, "POST1")
    assert (before.items, before.days) == ((tiles["before"].item,), -1)
    assert (after.items, after.days) == ((tiles["own"].item,), 0)


def test_tiles_of_one_datatake_are_one_image(server: StacServer) -> None:
    """Two halves of the area; another day has one half only, and less cloud."""
    middle = GRID.left + 1500.0
    west = replace(CLASSES_ONLY, tile="32TPT", classes=clouds(middle, 1e9, 0))
    east = replace(CLASSES_ONLY, tile="32TQT", classes=clouds(0, middle, 0))
    serve(server, west, east, replace(west, day="20220116"))
    found = pick(server)
    assert found.items == tuple(sorted((west.item, east.item)))
    assert found.shares is not None
    assert found.shares.covered == 1.0


def test_the_newer_of_two_processings_is_taken(server: StacServer, tmp_path: Path) -> None:
    old = TinyTile("20211230", baseline="03.01", generated="20211230T150000", bands=())
    again = replace(old, baseline="05.00", generated="20230512T080000")
    later = replace(again, baseline="05.00", generated="20231001T080000")
    items = [item_of(tile, "http://127.0.0.1/x") for tile in (later, old, again)]
    tiles = [read_tile(pystac.Item.from_dict(one)) for one in items]
    for order in (tiles, tiles[::-1]):
        kept = newest(order)
        assert [one.item for one in kept] == [later.item]
        assert offset(kept[0]) == -1000


def test_parts_of_a_tile_from_two_stations_are_both_kept() -> None:
    items = []
    for made, strip in (("20220101T150000", "101220"), ("20220101T160000", "101535")):
        item = item_of(replace(CLASSES_ONLY, generated=made), "http://127.0.0.1/x")
        item["properties"]["s2:datastrip_id"] = (
            f"S2A_OPER_MSI_L2A_DS_2APS_{made}_S20220101T{strip}_N03.01"
        )
        items.append(pystac.Item.from_dict(item))
    assert len(newest([read_tile(item) for item in items])) == 2


def test_nothing_good_enough_tells_what_there_is(server: StacServer, tmp_path: Path) -> None:
    worse = replace(CLASSES_ONLY, day="20220110", classes=share_of(0.9, CLOUD))
    best = replace(CLASSES_ONLY, day="20211220", classes=share_of(0.4, CLOUD))
    serve(server, worse, best)
    with pytest.raises(DataError) as caught:
        acquire(server, tmp_path)
    for words in (
        "no Sentinel-2 image of at most 20% cloud and shadow",
        "within 60 days before the event",
        f"the best of 2 is {best.item} (31 days before, 40.0% cloud and shadow",
        "acquire: sentinel2: days",
        "pin an image",
    ):
        assert words in str(caught.value)
    rows = read_table(tmp_path / "candidates_PRE1.tsv", ("items", "cloud", "decision"))
    assert [row["items"] for row in rows] == [best.item, worse.item]
    assert [row["cloud"] for row in rows] == ["40.00", "90.00"]
    assert rows[0]["decision"] == "40.0% cloud and shadow, over 20%"
    assert not (tmp_path / "optical_PRE1.tif").exists()


def test_no_image_at_all_tells_where_was_looked(server: StacServer) -> None:
    with pytest.raises(DataError, match="of the area from 2021-11-21 to 2022-01-19"):
        pick(server)


def test_the_table_tells_what_became_of_every_image(server: StacServer, tmp_path: Path) -> None:
    good = TinyTile("20220101", tile_cloud=55.5)
    unread = replace(CLASSES_ONLY, day="20220105")
    behind = replace(CLASSES_ONLY, day="20211201", classes=share_of(0.1, SNOW))
    serve(server, good, unread, behind)
    (server.folder / unread.product / "SCL.tif").write_bytes(b"no raster")
    acquire(server, tmp_path)
    rows = read_table(tmp_path / "candidates_PRE1.tsv", ("items", "decision"))
    assert [row["items"] for row in rows] == [good.item, behind.item, unread.item]
    assert [row["decision"] for row in rows[:2]] == ["picked", "not the best"]
    assert rows[0]["tile_cloud"] == "55.50"
    assert (rows[1]["snow"], rows[1]["score"]) == ("10.00", "0.1500")
    assert rows[2]["decision"].startswith(f"cannot be read: {unread.item}, SCL:")
    assert rows[2]["cloud"] == ""


# --- pins ---


@pytest.mark.parametrize(
    "pinned",
    [
        Pin(date(2021, 6, 1)),
        Pin(products=("S2A_MSIL2A_20210601T101031_N0301_R022_T32TPT_20210601T200000.SAFE",)),
        Pin(products=("S2A_MSIL2A_20210601T101031_R022_T32TPT_20210601T200000",)),
        Pin(date(2021, 6, 1), ("S2A_MSIL2A_20210601T101031_R022_T32TPT_20210601T200000",)),
    ],
)
def test_a_pinned_image_is_taken_as_it_is(
    server: StacServer, pinned: Pin, caplog: pytest.LogCaptureFixture
) -> None:
    """However clouded and far it is."""
    chosen = replace(CLASSES_ONLY, day="20210601", classes=share_of(0.7, CLOUD))
    serve(server, CLASSES_ONLY, chosen, replace(CLASSES_ONLY, day="20210602"))
    assert pick(server, pin=pinned).items == (chosen.item,)
    assert "taken as it is pinned, though 70.0% cloud and shadow, over 20%" in caplog.text


def test_only_the_pinned_tiles_are_taken(server: StacServer) -> None:
    west, east = replace(CLASSES_ONLY, tile="32TPT"), replace(CLASSES_ONLY, tile="32TQT")
    serve(server, west, east)
    assert pick(server, pin=Pin(products=(east.product,))).items == (east.item,)
    both = Pin(products=(east.product, west.item))
    assert pick(server, pin=both).items == tuple(sorted((west.item, east.item)))


def test_pins_that_lead_nowhere_are_named_all_at_once(server: StacServer) -> None:
    serve(server, CLASSES_ONLY)
    absent = [CLASSES_ONLY.product.replace("T32TPT", name) for name in ("T32TXX", "T32TYY")]
    with pytest.raises(DataError) as caught:
        pick(server, pin=Pin(products=tuple(absent)))
    for words in (*absent, f"those of its date are {CLASSES_ONLY.item}"):
        assert words in str(caught.value)
    with pytest.raises(DataError, match="of the area of 2021-07-01"):
        pick(server, pin=Pin(date(2021, 7, 1)))
    for name in ("my favourite", "S2A_20219901_0_L2A"):
        with pytest.raises(DataError, match="holds no date"):
            pick(server, pin=Pin(products=(name,)))


# --- files that are not as they should be ---


def test_a_broken_band_is_named_and_nothing_is_written(server: StacServer, tmp_path: Path) -> None:
    tile = TinyTile("20220101")
    serve(server, tile)
    for band in ("B05", "B11"):
        (server.folder / tile.product / f"{band}.tif").write_bytes(b"no raster")
    with pytest.raises(DataError) as caught:
        acquire(server, tmp_path)
    for band in ("B05", "B11"):
        assert f"{tile.item}, {band}: {server.url()}/files/{tile.product}/{band}.tif" in str(
            caught.value
        )
    assert len(caught.value.faults) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["candidates_PRE1.tsv", "served"]


def test_another_tile_takes_the_place_of_a_broken_one(
    server: StacServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tile = TinyTile("20220101", "32TPT")
    other = replace(tile, tile="32TPS", top=tile.top - 20)
    serve(server, tile, other)
    (server.folder / tile.product / "B05.tif").write_bytes(b"no raster")
    bands, valid, _ = acquire(server, tmp_path)
    assert (valid == 1).all()
    assert np.abs(bands[0] - truth(GRID)[0]).max() < 0.51e-4
    assert f"{tile.item}, B05" in caplog.text
    assert "other tiles have what is needed of it" in caplog.text


def test_a_pinned_image_that_cannot_be_read_is_a_fault(server: StacServer) -> None:
    serve(server, CLASSES_ONLY)
    (server.folder / CLASSES_ONLY.product / "SCL.tif").unlink()
    with pytest.raises(DataError, match=r"pinned image .*: cannot be read: .* 404"):
        pick(server, pin=Pin(date(2022, 1, 1)))


def test_a_throttled_storage_gives_the_same(server: StacServer, tmp_path: Path) -> None:
    tile = TinyTile("20220101")
    serve(server, tile)
    calm, _, _ = acquire(server, tmp_path / "calm")
    for band in BANDS:
        server.answers[f"/files/{tile.product}/{band}.tif"] = [
            Answer(429, {"Retry-After": "3"}),
            Answer(cut=500),
            Answer(503),
        ]
    throttled, _, _ = acquire(server, tmp_path / "throttled")
    assert np.array_equal(calm, throttled)


def test_an_item_that_lacks_something_is_left_out(
    server: StacServer, caplog: pytest.LogCaptureFixture
) -> None:
    serve(server, CLASSES_ONLY)
    whole = item_of(replace(CLASSES_ONLY, day="20220110"), server.url("/files"))
    without_band = {**whole, "id": "x1", "assets": {**whole["assets"]}}
    del without_band["assets"]["B8A"]
    nameless = dict.fromkeys(("s2:processing_baseline", "s2:product_uri", "s2:datatake_id"), "")
    without_baseline = {**whole, "id": "x2", "properties": {**whole["properties"], **nameless}}
    home_made = {**whole["properties"], "s2:processing_baseline": "99.99"}
    server.items += [without_band, without_baseline, {**whole, "id": "x3", "properties": home_made}]
    assert pick(server).items == (CLASSES_ONLY.item,)
    assert "item x1: says nothing of band B8A" in caplog.text
    assert "item x2: says nothing of its processing baseline" in caplog.text
    assert "item x3: says nothing of its processing baseline" in caplog.text


def test_pixels_that_seem_harmonised_are_questioned(
    server: StacServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The item says that the offset is in, but dark pixels lie far below it."""
    dark = TinyTile("20220101", baseline="05.09", ground=lambda band, x, y: 0 * x - 0.06)
    serve(server, dark)
    acquire(server, tmp_path)
    assert "has the catalogue taken it off?" in caplog.text
    caplog.clear()
    server.items.clear()
    serve(server, replace(dark, day="20220102", ground=ground))
    acquire(server, tmp_path)
    assert "taken it off" not in caplog.text


# --- what catalogues really answer ---


def recorded_items() -> list[dict[str, Any]]:
    pages = json.loads((RECORDED / "pc_sentinel2_l2a_items.json").read_text())["features"]
    return [*pages, json.loads((RECORDED / "cdse_stac_s2_l2a.json").read_text())]


recorded = pytest.mark.skipif(
    not DATA or not RECORDED.is_dir(),
    reason="SCARP_TEST_DATA does not lead to the folder catalogue_responses",
)


@recorded
@pytest.mark.parametrize(
    ("event", "centre", "picked"),
    [
        # Zones 58 and 59 meet here.
        (
            date(2019, 1, 10),
            (168.1, 54.08),
            [
                "S2A_MSIL2A_20190101T000001_R116_T58UFE_20201007T214651",
                "S2A_MSIL2A_20190101T000001_R116_T59ULA_20201007T214701",
                "S2A_MSIL2A_20190101T000001_R116_T59ULV_20201007T214655",
            ],
        ),
        (
            date(2019, 1, 10),
            (170.2, 55.9),
            [
                "S2A_MSIL2A_20190101T000001_R116_T59UMB_20201007T214700",
                "S2A_MSIL2A_20190101T000001_R116_T59VMC_20201007T214703",
            ],
        ),
        (
            date(2019, 1, 2),
            (171.5, 58.1),
            ["S2A_MSIL2A_20190101T000001_R116_T59VNE_20201007T214705"],
        ),
        (
            date(2022, 2, 20),
            (-104.0, 62.6),
            ["S2A_MSIL2A_20220217T183431_N0510_R027_T13VEK_20240516T022440"],
        ),
    ],
)
def test_recorded_answers_give_the_expected_images(
    server: StacServer, event: date, centre: tuple[float, float], picked: list[str]
) -> None:
    """Of 18 items on five pages; their classes are put in their places, all clear."""
    items = recorded_items()
    assert len(items) == 18
    server.items, server.page = [moved(server, one) for one in items], 4
    server.filters = False
    for one in items:
        if one["id"] in picked:
            write_recorded_classes(server, one)
    x, y = centre
    grid = utm_grid(x - 0.02, y - 0.01, x + 0.02, y + 0.01)
    found = pick(server, grid=grid, event=event)
    assert list(found.items) == picked
    assert server.count("/search") == 5
    assert found.shares is not None
    assert found.shares.covered > 0.999
    assert found.days == (found.day - event).days


def moved(server: StacServer, item: Mapping[str, Any]) -> dict[str, Any]:
    """A recorded item whose files lie on the stand-in, under the same paths."""
    text = json.dumps(item)
    for host in ("sentinel2l2a01.blob.core.windows.net", "zipper.dataspace.copernicus.eu"):
        text = text.replace(f"https://{host}/", server.url("/files/"))
    found: dict[str, Any] = json.loads(text)
    return found


def write_recorded_classes(server: StacServer, item: Mapping[str, Any]) -> None:
    asset = item["assets"].get("SCL") or item["assets"]["SCL_20m"]
    href = asset.get("alternate", {}).get("https", asset)["href"]
    path = server.folder / href.split("/", 3)[3]
    path.parent.mkdir(parents=True)
    jp2 = ".jp2" in href
    kind = (
        {"driver": "JP2OpenJPEG", "quality": 100, "reversible": "yes"}
        if jp2
        else {
            "driver": "COG",
            "compress": "deflate",
        }
    )
    crs = asset.get("proj:code") or f"EPSG:{item['properties']['proj:epsg']}"
    rows, columns = asset["proj:shape"]
    profile = {
        **{"dtype": "uint8", "count": 1, "height": rows, "width": columns, "crs": crs},
        "transform": rasterio.Affine(*asset["proj:transform"]),
    }
    # GDAL puts the georeference into a JPEG 2000 of that suffix only.
    written = path.with_name("written.jp2" if jp2 else "written.tif")
    with rasterio.open(written, "w", **kind, **profile) as file:
        file.write(np.full((rows, columns), VEGETATION, dtype=np.uint8), 1)
    written.rename(path)


@recorded
def test_recorded_items_say_what_is_needed() -> None:
    tiles = [read_tile(pystac.Item.from_dict(one, migrate=False)) for one in recorded_items()]
    assert {tile.baseline for tile in tiles} == {(2, 12), (5, 10)}
    assert {offset(tile) for tile in tiles[:-1]} == {0}
    copernicus = tiles[-1]
    assert (offset(copernicus), copernicus.tile, copernicus.crs) == (-1000, "13VEK", "EPSG:32613")
    assert {tile.crs for tile in tiles} == {f"EPSG:326{zone}" for zone in (13, 58, 59, 60)}
    assert len({tile.datatake for tile in tiles}) == 2
    for band, pixel in BANDS.items():
        assert f"_{band}_{pixel}m.jp2" in copernicus.addresses[band]
        assert copernicus.addresses[band].startswith("https://")
        over_s3 = read_tile(pystac.Item.from_dict(recorded_items()[-1], migrate=False), True)
        assert over_s3.addresses[band].startswith("s3://eodata/")


# --- what it costs, and how good it is ---


def test_an_area_of_5_km_costs_a_small_part_of_its_files(
    server: StacServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "scarp")
    tile = TinyTile("20220101", size=2400, ground=rough, bands=("B02", "B05"))
    serve(server, tile)
    own = server.folder / tile.product
    for band, pixel in BANDS.items():
        if band not in tile.bands:
            (own / f"{band}.tif").hardlink_to(own / ("B02.tif" if pixel == 10 else "B05.tif"))
    whole = sum(path.stat().st_size for path in own.iterdir())
    grid = Grid("EPSG:32632", 610_000.0, 5_190_000.0, 10.0, 500, 500)
    acquire(server, tmp_path, grid=grid)
    assert server.sent("/files/") < 0.2 * whole
    assert server.count("/files/") < 60
    told = [one for one in caplog.messages if "PRE1: fetched" in one]
    assert len(told) == 1
    assert "of 11 files of" in told[0]


def test_a_quick_look_shows_what_cannot_be_used(server: StacServer, tmp_path: Path) -> None:
    serve(server, TinyTile("20220101", classes=share_of(0.1, CLOUD)), TinyTile("20220201"))
    access, around = access_to(server), GRID.padded(20)
    looks = [look(access, pick(server, epoch), around, epoch) for epoch in ("PRE1", "POST1")]
    assert looks[0].unusable[:, 21:48].all()
    assert not looks[0].unusable[:, 52:].any()
    assert not looks[1].unusable.any()
    asked = {Path(one.path).stem for one in server.asked if one.path.startswith("/files/")}
    assert asked == {"B04", "B03", "B02", "SCL"}
    x, y = [GRID.x[0], GRID.x[-1]], [GRID.y[0], GRID.y[-1]]
    ring = np.array([[x[0], y[0]], [x[1], y[0]], [x[1], y[1]], [x[0], y[1]], [x[0], y[0]]])
    drawn = {}
    for name, shown, rings in (
        ("whole", looks, {"area": [ring]}),
        ("again", looks, {"area": [ring]}),
        ("without area", looks, {}),
        ("without mask", [replace(one, unusable=0 * one.unusable > 0) for one in looks], {}),
    ):
        draw_looks(tmp_path / "look.png", around, shown, rings, "E1", simulated=True)
        drawn[name] = (tmp_path / "look.png").read_bytes()
    assert drawn["whole"] == drawn["again"]
    assert len(set(drawn.values())) == 3


def rough(band: str, longitude: Points, latitude: Points) -> NDArray[np.float64]:
    """Ground that hardly compresses, as real ground does."""
    noise = np.random.default_rng(1).uniform(0.0, 0.3, longitude.shape)
    return ground(band, longitude, latitude) + noise


def test_the_quality_table_tells_shift_and_shares(
    server: StacServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    texture = np.random.default_rng(3).uniform(0.1, 0.4, (230, 330)).astype(np.float32)
    paths = {}
    # The content of the second image lies 20 m north and 30 m west of that of the first.
    for epoch, (down, right) in {"PRE1": (0, 0), "POST1": (2, 3)}.items():
        band = texture[10 + down : 210 + down, 10 + right : 310 + right]
        valid = np.ones((200, 300), dtype=np.uint8)
        valid[:40] = 0
        path, mask = tmp_path / f"optical_{epoch}.tif", tmp_path / f"optical_valid_{epoch}.tif"
        tags = {"date": "2022-01-01", "days_from_event": -19, "cloud_share": "0.0300"}
        bands = {name: band.copy() for name in BANDS}
        bands["B08"][:40] = 0.9  # cloud that stands still
        write_product(path, GRID, bands, dict.fromkeys(BANDS, "1"), tags)
        write_product(mask, GRID, {"valid": valid}, {"valid": "1"}, tags)
        paths[epoch] = (path, mask)
    write_quality(tmp_path / "quality.tsv", "E1", paths)
    first, second = read_table(tmp_path / "quality.tsv", ("epoch",))
    assert (first["epoch"], first["days"], first["cloud"]) == ("PRE1", "-19", "3.00")
    assert (first["shift_from"], first["shift_north_m"]) == ("", "")
    assert second["shift_from"] == "PRE1"
    assert float(second["shift_north_m"]) == pytest.approx(20, abs=0.3)
    assert float(second["shift_east_m"]) == pytest.approx(-30, abs=0.3)
    assert "POST1 lies 20.0 m north and -30.0 m east of PRE1" in caplog.text


def test_the_quality_of_what_was_acquired(server: StacServer, tmp_path: Path) -> None:
    serve(server, TinyTile("20220101", classes=share_of(0.1, SNOW)))
    serve(server, TinyTile("20220201", baseline="04.00", classes=share_of(0.06, CLOUD)))
    for epoch in ("PRE1", "POST1"):
        acquire(server, tmp_path, epoch)
    paths = {
        epoch: (tmp_path / f"optical_{epoch}.tif", tmp_path / f"optical_valid_{epoch}.tif")
        for epoch in ("PRE1", "POST1")
    }
    write_quality(tmp_path / "quality.tsv", "E1", paths)
    before, after = read_table(tmp_path / "quality.tsv", ("epoch",))
    told = ("date", "days", "baseline", "offset", "cloud", "snow", "covered", "usable")
    assert [before[name] for name in told] == [
        *("2022-01-01", "-19", "03.01", "0", "0.00", "10.00", "100.00", "90.00"),
    ]
    assert [after[name] for name in told] == [
        *("2022-02-01", "12", "04.00", "-1000", "6.00", "0.00", "100.00", "94.00"),
    ]
