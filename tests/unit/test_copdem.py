"""Elevation tiles over STAC and HTTP: which, how they are joined, what is sea, what is a fault."""

from __future__ import annotations

import copy
import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray

from file_server import Answer
from scarp.acquire.copdem import ATTRIBUTION, Stac, fetch_dem, tiles_for
from scarp.acquire.copdem_lattice import Tile
from scarp.errors import DataError
from stac_server import SECRET, StacServer
from tiny_copdem import (
    COLLECTION,
    REAL_ROWS,
    ROWS,
    Ground,
    Points,
    columns_per_degree,
    hills,
    item_of,
    middles,
    write_tile,
)

DATA = Path(os.environ.get("SCARP_TEST_DATA", "absent"))
real = pytest.mark.skipif(not (DATA / "copdem").is_dir(), reason="SCARP_TEST_DATA is not there")
#: Inside of the tile N46 E010.
INSIDE = (10.4, 46.4, 10.6, 46.5)
#: Across the corner of four tiles.
CORNER = (10.85, 46.9, 11.1, 47.1)
FOUR = [(46, 10), (46, 11), (47, 10), (47, 11)]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[StacServer]:
    with StacServer(tmp_path / "tiles") as running:
        yield running


def name_of(south: int, west: int) -> str:
    return Tile(south, west).name


def path_of(south: int, west: int) -> str:
    """Where a tile lies on the server."""
    return f"/files/{name_of(south, west)}/{name_of(south, west)}.tif"


def no_sleep(seconds: float) -> None:
    """Takes the place of waiting."""


def fetched(
    box: tuple[float, float, float, float], source: Stac | str, path: Path
) -> tuple[NDArray[np.float32], Points, Points, dict[str, str]]:
    """Heights, longitude and latitude of their pixels' middles, and tags."""
    fetch_dem(box, source, path, sleep=no_sleep)
    with rasterio.open(path) as file:
        assert file.crs.to_epsg() == 4326 and file.dtypes == ("float32",)
        assert np.isnan(file.nodata)
        left, bottom, right, top = file.bounds
        assert left <= box[0] and bottom <= box[1] and right >= box[2] and top >= box[3]
        a, _, c, _, e, f = file.transform[:6]
        longitude = c + a * (np.arange(file.width) + 0.5)
        latitude = f + e * (np.arange(file.height) + 0.5)
        values = file.read(1)
        tags = file.tags()
    assert values.shape == (len(latitude), len(longitude))
    east, north = np.meshgrid(longitude, latitude)
    return values, east, north, tags


def refusal(box: tuple[float, float, float, float], source: Stac | str, path: Path) -> str:
    with pytest.raises(DataError) as caught:
        fetch_dem(box, source, path, sleep=no_sleep)
    assert list(path.parent.glob(f"*{path.stem}*")) == []
    return str(caught.value)


# --- which tiles ---


@pytest.mark.parametrize(
    "box, names",
    [
        ((-114.6, 53.4, -114.5, 53.5), ["N53_00_W115"]),
        ((-0.5, -0.5, -0.4, -0.4), ["S01_00_W001"]),
        ((0.5, 0.4, 0.6, 0.5), ["N00_00_E000"]),
        ((179.9, -16.6, 180.0, -16.5), ["S17_00_E179"]),
        ((-180.0, 51.4, -179.9, 51.5), ["N51_00_W180"]),
        ((10.9, 46.5, 11.2, 46.6), ["N46_00_E010", "N46_00_E011"]),
        ((-1.1, -0.1, 0.5, 0.1), [f"{y}_00_{x}" for y in ("S01", "N00")
                                  for x in ("W002", "W001", "E000")]),
    ],
)  # fmt: skip
def test_tiles_are_named_by_their_south_western_corner(
    box: tuple[float, float, float, float], names: list[str]
) -> None:
    assert tiles_for(box) == [f"Copernicus_DSM_COG_10_{name}_00_DEM" for name in names]


def test_tiles_that_only_interpolation_needs_are_named_too() -> None:
    """The row at 47 degrees is the first of the tile south of it."""
    assert tiles_for((10.5, 46.5, 10.995, 46.98)) == [name_of(46, 10), name_of(46, 11)]
    assert tiles_for((10.5, 47.005, 10.6, 47.1)) == [name_of(46, 10), name_of(47, 10)]


# --- joining ---


def test_pixels_of_four_tiles_are_kept_as_they_are(server: StacServer, tmp_path: Path) -> None:
    truth = {}
    for corner in FOUR:
        write_tile(tmp_path / "tiles", *corner)
        east, north = middles(Tile(*corner))
        heights = hills(east, north).astype(np.float32)
        keys = zip(
            np.rint(east.ravel() * ROWS),
            np.rint(north.ravel() * ROWS),
            heights.ravel(),
            strict=True,
        )
        truth |= {(x, y): height for x, y, height in keys}
    values, east, north, tags = fetched(CORNER, server.url("/files"), tmp_path / "dem.tif")
    columns, rows = east * ROWS, north * ROWS
    assert columns == pytest.approx(np.rint(columns), abs=1e-6), "middles lie on whole parts"
    assert rows == pytest.approx(np.rint(rows), abs=1e-6)
    expected = [
        truth[key] for key in zip(np.rint(columns).ravel(), np.rint(rows).ravel(), strict=True)
    ]
    np.testing.assert_array_equal(values.ravel(), np.array(expected, dtype=np.float32))
    assert tags["tiles"].split() == [name_of(*corner) for corner in FOUR]
    assert tags["heights"] == "egm2008" and tags["attribution"] == ATTRIBUTION
    assert tags["source"] == server.url("/files")
    assert "simulated" not in tags


@pytest.mark.parametrize(
    "latitude, coarse, fine",
    [(50, 240, 360), (60, 180, 240), (70, 120, 180), (80, 72, 120)],
)
@pytest.mark.parametrize("hemisphere", [1, -1])
def test_tiles_of_different_spacing_meet_without_a_shift(
    server: StacServer, tmp_path: Path, latitude: int, coarse: int, fine: int, hemisphere: int
) -> None:
    """Half a pixel of the wider columns would show as metres of this ground."""

    def ground(longitude: Points, latitude_: Points) -> Points:
        return 1000 + 400 * np.sin(longitude * 12) + 30 * (latitude_ - hemisphere * latitude)

    souths = [latitude - 1, latitude] if hemisphere > 0 else [-latitude - 1, -latitude]
    spacing = [columns_per_degree(south) for south in souths]
    assert sorted(spacing) == [coarse, fine]
    for south in souths:
        for west in (20, 21):
            write_tile(tmp_path / "tiles", south, west, ground)
    middle = latitude * hemisphere
    box = (20.8, middle - 0.08, 21.15, middle + 0.08)
    values, east, north, _ = fetched(box, server.url("/files"), tmp_path / "dem.tif")
    assert (east[0, 1] - east[0, 0]) == pytest.approx(1 / fine)
    # Cubic convolution of this wave is right within cm, also where two of the wider tiles meet.
    assert values == pytest.approx(ground(east, north), abs=0.05)
    assert np.diff(north[:, 0]) == pytest.approx(-1 / ROWS)
    kept = np.abs(east * coarse - np.rint(east * coarse)) < 1e-6
    assert kept.any()
    exact = ground(east, north).astype(np.float32)
    np.testing.assert_allclose(values[kept], exact[kept], rtol=2e-7)


def test_wide_columns_alone_are_kept(server: StacServer, tmp_path: Path) -> None:
    write_tile(tmp_path / "tiles", 62, 8)
    box = (8.4, 62.4, 8.6, 62.5)
    values, east, north, _ = fetched(box, server.url("/files"), tmp_path / "dem.tif")
    assert (east[0, 1] - east[0, 0]) == pytest.approx(2 / ROWS)
    np.testing.assert_allclose(values, hills(east, north).astype(np.float32), rtol=1e-6)


def test_a_dem_has_the_same_bytes_again(server: StacServer, tmp_path: Path) -> None:
    for corner in FOUR:
        write_tile(tmp_path / "tiles", *corner)
    for name in ("a.tif", "b.tif"):
        fetch_dem(CORNER, server.url("/files"), tmp_path / name)
    assert (tmp_path / "a.tif").read_bytes() == (tmp_path / "b.tif").read_bytes()


def test_voids_are_nan(server: StacServer, tmp_path: Path) -> None:
    def ground(longitude: Points, latitude: Points) -> Points:
        return np.where(longitude > 10.5, -32767.0, -420.0)

    write_tile(tmp_path / "tiles", 46, 10, ground)
    values, east, _, _ = fetched(INSIDE, server.url("/files"), tmp_path / "dem.tif")
    assert np.isnan(values[east > 10.5 + 1e-9]).all()
    assert (values[east < 10.5 - 1e-9] == -420).all()


def test_simulated_tiles_are_called_so(server: StacServer, tmp_path: Path) -> None:
    write_tile(tmp_path / "tiles", 46, 10, simulated="true")
    tags = fetched(INSIDE, server.url("/files"), tmp_path / "dem.tif")[3]
    assert tags["simulated"] == "true"
    assert "attribution" not in tags, "what is made up is not Copernicus data"


# --- sources ---


@pytest.mark.parametrize("form", ["{}", "file://{}"])
def test_a_folder_is_a_source(tmp_path: Path, form: str) -> None:
    write_tile(tmp_path / "tiles with blank", 46, 10)
    folder = form.format(tmp_path / "tiles with blank")
    values, east, north, _ = fetched(INSIDE, folder, tmp_path / "dem.tif")
    np.testing.assert_allclose(values, hills(east, north).astype(np.float32), rtol=1e-6)


def test_a_signed_catalogue_is_a_source(
    server: StacServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for corner in FOUR:
        write_tile(tmp_path / "tiles", *corner)
    corners = [*FOUR, (45, 10), (46, 12)]
    server.items = [item_of(*corner, server.url("/files")) for corner in corners]
    server.signed, server.page = True, 2
    source = Stac(server.url(), COLLECTION, sign_url=server.url("/token"))
    values, _, _, tags = fetched(CORNER, source, tmp_path / "stac.tif")
    server.signed = False
    plain = fetched(CORNER, server.url("/files"), tmp_path / "plain.tif")[0]
    np.testing.assert_array_equal(values, plain)
    assert tags["source"] == server.url()
    assert server.count("/token/cop-dem-glo-30") == 1
    assert server.count(path_of(45, 10)) == server.count(path_of(46, 12)) == 0
    assert any(SECRET in one.query for one in server.asked)
    assert SECRET not in caplog.text
    assert SECRET.encode() not in (tmp_path / "stac.tif").read_bytes()


def test_an_item_without_heights_is_named(server: StacServer, tmp_path: Path) -> None:
    item = item_of(46, 10, server.url("/files"))
    item["assets"] = {"elevation": item["assets"]["data"]}
    server.items = [item]
    said = refusal(INSIDE, Stac(server.url(), COLLECTION), tmp_path / "dem.tif")
    assert name_of(46, 10) in said and "no asset 'data' but elevation" in said


def test_only_what_an_area_needs_is_fetched(server: StacServer, tmp_path: Path) -> None:
    """A real-sized tile of rough ground: one to four blocks of 1024 x 1024 pixels."""
    rough = np.random.default_rng(1).normal(0, 3, (REAL_ROWS, REAL_ROWS))

    def ground(longitude: Points, latitude: Points) -> Points:
        return hills(longitude, latitude) + rough

    file = write_tile(tmp_path / "tiles", 46, 10, ground, rows=REAL_ROWS)
    box = (10.45, 46.45, 10.52, 46.5)
    values, east, north, _ = fetched(box, server.url("/files"), tmp_path / "dem.tif")
    column = np.rint((east - 10) * REAL_ROWS).astype(int)
    row = np.rint((47 - north) * REAL_ROWS).astype(int)
    expected = (hills(east, north) + rough[row, column]).astype(np.float32)
    np.testing.assert_allclose(values, expected, rtol=1e-6)
    assert server.sent("/files") < 0.15 * file.stat().st_size
    assert server.count("/files") <= 4


# --- what is not there ---


def coast(longitude: Points, latitude: Points) -> Points:
    """Land that ends 0.05 degrees short of 11 degrees east."""
    return np.where(longitude < 10.95, 120.0, 0.0)


@pytest.mark.parametrize("stac", [False, True])
def test_a_tile_that_is_not_there_is_sea(server: StacServer, tmp_path: Path, stac: bool) -> None:
    box = (10.9, 46.4, 11.1, 46.5)
    write_tile(tmp_path / "tiles", 46, 10, coast)
    server.items = [item_of(46, 10, server.url("/files"))]
    source = Stac(server.url(), COLLECTION) if stac else server.url("/files")
    values, east, north, tags = fetched(box, source, tmp_path / "dem.tif")
    np.testing.assert_array_equal(values, coast(east, north))
    assert tags["tiles"] == name_of(46, 10)
    assert tags["tiles_at_sea"] == name_of(46, 11)


def test_a_tile_that_is_missing_on_land_is_a_fault(server: StacServer, tmp_path: Path) -> None:
    """Some countries' tiles are not public: their mountains must not become sea."""
    for corner in FOUR[:3]:
        write_tile(tmp_path / "tiles", *corner)
    said = refusal(CORNER, server.url("/files"), tmp_path / "dem.tif")
    assert f"has no tile {name_of(47, 11)}, and its neighbours have land" in said
    assert "not public" in said


@pytest.mark.parametrize("there, missing", [((46, 10), (47, 10)), ((47, 10), (46, 10))])
def test_land_that_ends_at_a_parallel_is_a_fault(
    server: StacServer, tmp_path: Path, there: tuple[int, int], missing: tuple[int, int]
) -> None:
    write_tile(tmp_path / "tiles", *there)
    box = (10.4, 46.9, 10.6, 47.1)
    said = refusal(box, server.url("/files"), tmp_path / "dem.tif")
    assert f"has no tile {name_of(*missing)}, and its neighbours have land" in said


def test_an_area_without_any_tile_is_a_fault(server: StacServer, tmp_path: Path) -> None:
    (tmp_path / "tiles").mkdir()
    for source in (server.url("/files"), Stac(server.url(), COLLECTION), str(tmp_path / "tiles")):
        said = refusal(INSIDE, source, tmp_path / "dem.tif")
        assert f"has no tile of the area: {name_of(46, 10)}" in said


def test_a_tile_next_to_the_area_says_nothing_of_it(server: StacServer, tmp_path: Path) -> None:
    """It is looked at, being near, and at sea level where it ends, but has no pixel of the area."""
    write_tile(tmp_path / "tiles", 46, 10, coast)
    said = refusal((11.008, 46.4, 11.2, 46.5), server.url("/files"), tmp_path / "dem.tif")
    assert f"has no tile of the area: {name_of(46, 11)}" in said


def test_a_tile_that_a_catalogue_promised_is_not_sea(server: StacServer, tmp_path: Path) -> None:
    write_tile(tmp_path / "tiles", 46, 10, coast)
    server.items = [item_of(46, west, server.url("/files")) for west in (10, 11)]
    box = (10.9, 46.4, 11.1, 46.5)
    said = refusal(box, Stac(server.url(), COLLECTION), tmp_path / "dem.tif")
    assert path_of(46, 11) in said and "404 (Not Found)" in said


def test_a_busy_or_forbidding_server_does_not_make_sea(server: StacServer, tmp_path: Path) -> None:
    write_tile(tmp_path / "tiles", 46, 10, coast)
    box = (10.9, 46.4, 11.1, 46.5)
    for status in (403, 503):
        server.answers[path_of(46, 11)] = [Answer(status)] * 9
        said = refusal(box, server.url("/files"), tmp_path / "dem.tif")
        assert path_of(46, 11) in said and str(status) in said


# --- what is wrong ---


def test_a_tile_of_wrong_bytes_is_read_again_and_named(server: StacServer, tmp_path: Path) -> None:
    for corner in FOUR:
        write_tile(tmp_path / "tiles", *corner)
    bad = tmp_path / "tiles" / path_of(46, 11).removeprefix("/files/")
    content = bytearray(bad.read_bytes())
    for start in range(2000, len(content), 97):
        content[start] ^= 0xFF
    bad.write_bytes(content)
    other = tmp_path / "tiles" / path_of(47, 11).removeprefix("/files/")
    other.write_bytes(b"no tile at all" * 99)
    said = refusal(CORNER, server.url("/files"), tmp_path / "dem.tif")
    for corner in ((46, 11), (47, 11)):
        assert path_of(*corner) in said
    for corner in ((46, 10), (47, 10)):
        assert path_of(*corner) not in said
    assert said.count("three attempts") + said.count("3 attempts") == 2


def test_a_tile_that_breaks_off_once_is_read_again(server: StacServer, tmp_path: Path) -> None:
    for corner in FOUR:
        write_tile(tmp_path / "tiles", *corner)
    server.answers[path_of(46, 11)] = [Answer(), Answer(cut=1000), Answer(503)]
    server.answers[path_of(46, 10)] = [Answer(429, {"Retry-After": "3"})]
    values, east, north, _ = fetched(CORNER, server.url("/files"), tmp_path / "dem.tif")
    np.testing.assert_allclose(values, hills(east, north).astype(np.float32), rtol=1e-6)


def test_a_tile_half_a_pixel_off_is_refused(server: StacServer, tmp_path: Path) -> None:
    write_tile(tmp_path / "tiles", 46, 10, shift=0.5)
    said = refusal(INSIDE, server.url("/files"), tmp_path / "dem.tif")
    assert "is not laid out as a tile of the Copernicus DEM" in said
    assert "begins at 9.99861111, 47.0013889" in said


def test_tiles_of_two_resolutions_are_refused(server: StacServer, tmp_path: Path) -> None:
    write_tile(tmp_path / "tiles", 46, 10)
    write_tile(tmp_path / "tiles", 46, 11, rows=720)
    box = (10.9, 46.4, 11.1, 46.5)
    said = refusal(box, server.url("/files"), tmp_path / "dem.tif")
    assert "different numbers of rows: 360, 720" in said


# --- real data ---


@real
def test_the_recorded_item_is_a_tile_of_this_layout(server: StacServer, tmp_path: Path) -> None:
    file = DATA / "catalogue_responses" / "stac_copdem_glo30_item.json"
    recorded: dict[str, Any] = json.loads(file.read_text())
    about = recorded["properties"]
    assert tiles_for((-114.6, 53.4, -114.5, 53.5)) == [recorded["id"]]
    tile = Tile(53, -115)
    rows, columns = about["proj:shape"]
    assert columns == columns_per_degree(53, rows) == 2400
    assert tile.transform(rows, columns) == pytest.approx(tuple(about["proj:transform"]), abs=1e-12)
    path = write_tile(tmp_path / "tiles", 53, -115, rows=REAL_ROWS)
    with rasterio.open(path) as written:
        assert tuple(written.transform)[:6] == pytest.approx(tuple(about["proj:transform"]))
    item = copy.deepcopy(recorded)
    item["assets"]["data"]["href"] = server.url(path_of(53, -115))
    server.items = [item]
    source = Stac(server.url(), COLLECTION)
    box = (-114.6, 53.4, -114.5, 53.5)
    values, east, north, _ = fetched(box, source, tmp_path / "dem.tif")
    np.testing.assert_allclose(values, hills(east, north).astype(np.float32), rtol=1e-6)


@real
def test_a_real_chip_cut_into_four_tiles_is_joined_again(
    server: StacServer, tmp_path: Path
) -> None:
    """Its middle is the corner of four tiles; the pixels of the joined DEM are the chip's."""
    with rasterio.open(DATA / "copdem" / "los_angeles_glo30_geoid.tif") as chip:
        heights, transform = chip.read(1), chip.transform
    first = round((transform.c + transform.a / 2) * REAL_ROWS)
    top = round((transform.f + transform.e / 2) * REAL_ROWS)
    rows, columns = heights.shape

    def ground(longitude: Points, latitude: Points) -> Points:
        x = np.rint(longitude * REAL_ROWS).astype(int) - first
        y = top - np.rint(latitude * REAL_ROWS).astype(int)
        known = (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
        found = np.zeros(longitude.shape)
        found[known] = heights[y[known], x[known]]
        return found

    tiles: Ground = ground
    for corner in ((33, -119), (33, -118), (34, -119), (34, -118)):
        write_tile(tmp_path / "tiles", *corner, tiles, rows=REAL_ROWS)
    box = (-118.04, 33.96, -117.96, 34.04)
    values, east, north, _ = fetched(box, server.url("/files"), tmp_path / "dem.tif")
    np.testing.assert_array_equal(values, ground(east, north).astype(np.float32))
    assert values.std() > 10
