"""Images of a simulated event are found and fetched as real ones are, and are as simulated."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import requests
import yaml
from numpy.typing import NDArray
from scipy import ndimage

from project import Project
from scarp import configuration, study
from scarp.acquire.sentinel2.candidates import Candidate, Rules
from scarp.acquire.sentinel2.choice import Pin
from scarp.acquire.sentinel2.product import acquire_optical
from scarp.acquire.stac_access import Stac, StacAccess
from scarp.cube import open_cube
from scarp.errors import DataError, TableError
from scarp.grid import Grid
from scarp.product_write import write_product
from scarp.products import make_cube
from scarp.simulate import SimulatedEvent, SimulationSettings, draw_event
from scarp.simulate.catalogue import simulate_catalogue
from scarp.simulate.l2a import COLLECTION, PIXELS, Tile
from scarp.simulate.stac_server import ADDRESS, catalogue, serve
from scarp.tsv import read_table
from wrong_inputs import ROOT

EVENT, DAY, ORBIT = "SIM08", "2021-06-18", "DES"
#: Of the clear images, 13 days from the event.
DAYS = {"PRE1": "2021-06-05", "POST1": "2021-07-01"}
SETTINGS = SimulationSettings(seed=1, smallest=121, largest=121)
TEN_METRES = [band for band, pixel in PIXELS.items() if pixel == 10]
TWENTY_METRES = [band for band, pixel in PIXELS.items() if pixel == 20]


@dataclass(frozen=True)
class Found:
    """What came out of an epoch: bands by name, mask, tags, and the row of every image."""

    bands: dict[str, NDArray[np.float32]]
    valid: NDArray[np.uint8]
    tags: Mapping[str, str]
    rows: list[dict[str, str]]


def fetch(tiles: Path, products: Path, grid: Grid, epoch: str, pin: Pin | None = None) -> Candidate:
    with catalogue(tiles) as address:
        access = StacAccess(Stac(address, COLLECTION), sleep=lambda seconds: None)
        return acquire_optical(
            access,
            grid,
            EVENT,
            date.fromisoformat(DAY),
            epoch,
            Rules(),
            pin or Pin(),
            products / f"optical_{epoch}.tif",
            products / f"optical_valid_{epoch}.tif",
            products / f"sentinel2_{epoch}.tsv",
        )


@pytest.fixture(scope="module")
def truth() -> SimulatedEvent:
    return draw_event(EVENT, DAY, ORBIT, {}, DAYS, SETTINGS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, truth: SimulatedEvent) -> Path:
    """Tiles, and the products that were fetched from them."""
    folder = tmp_path_factory.mktemp("catalogue")
    simulate_catalogue(folder / "tiles", EVENT, DAY, ORBIT, dict.fromkeys(DAYS, ""), SETTINGS)
    for epoch in DAYS:
        fetch(folder / "tiles", folder / "products", truth.grid, epoch)
    return folder


@pytest.fixture(scope="module")
def found(folder: Path) -> dict[str, Found]:
    made = {}
    for epoch in DAYS:
        with (
            rasterio.open(folder / f"products/optical_{epoch}.tif") as file,
            rasterio.open(folder / f"products/optical_valid_{epoch}.tif") as mask,
        ):
            bands = dict(zip(file.descriptions, file.read(), strict=True))
            rows = read_table(folder / f"products/sentinel2_{epoch}.tsv", ("items", "decision"))
            made[epoch] = Found(bands, mask.read(1), file.tags(), rows)
    return made


def items(folder: Path) -> dict[str, dict[str, Any]]:
    """The items of the tiles by id."""
    read = [json.loads(path.read_text()) for path in sorted(folder.glob("tiles/*/*.json"))]
    return {item["id"]: item for item in read}


# --- reflectance ---


@pytest.mark.parametrize("epoch", DAYS)
def test_bands_of_10_m_are_those_that_were_simulated(
    found: dict[str, Found], truth: SimulatedEvent, epoch: str
) -> None:
    usable = found[epoch].valid == 1
    assert usable.mean() > 0.8
    for band in TEN_METRES:
        wanted = truth.channels[f"{epoch}_{band}"][usable]
        np.testing.assert_allclose(found[epoch].bands[band][usable], wanted, rtol=0, atol=6e-5)


@pytest.mark.parametrize("epoch", DAYS)
def test_bands_of_20_m_are_means_of_four_and_interpolated(
    found: dict[str, Found], truth: SimulatedEvent, epoch: str
) -> None:
    """Where no cloud is near. A pixel of 10 m lies a quarter of one of 20 m from its middle."""
    grid = truth.grid
    top, left = round(grid.top % 20) // 10, round(-grid.left % 20) // 10
    height, width = ((side - start) // 2 * 2 for side, start in ((121, top), (121, left)))
    part = slice(top, top + height), slice(left, left + width)
    hidden = ndimage.binary_dilation(found[epoch].valid[part] != 1, iterations=4)
    hidden[[0, -1]] = hidden[:, [0, -1]] = True
    assert (~hidden).mean() > 0.5
    for band in TWENTY_METRES:
        ground = truth.channels[f"{epoch}_{band}"][part]
        means = ground.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))
        rows, columns = np.indices((height, width)) / 2 - 0.25
        wanted = ndimage.map_coordinates(means, [rows, columns], order=1)
        seen = found[epoch].bands[band][part]
        np.testing.assert_allclose(seen[~hidden], wanted[~hidden], rtol=0, atol=1e-4)


def test_digital_numbers_stand_1000_higher_after_the_event_only(
    folder: Path, truth: SimulatedEvent, found: dict[str, Found]
) -> None:
    told = items(folder)
    for epoch, baseline, offset in (("PRE1", "03.00", 0), ("POST1", "05.00", 1000)):
        product = found[epoch].tags["products"]
        assert told[product]["properties"]["s2:processing_baseline"] == baseline
        assert int(found[epoch].tags["offset_added"]) == -offset
        with rasterio.open(next(folder.glob(f"tiles/{product}/*_B04_10m.tif"))) as file:
            numbers = file.read(1, window=file.window(*_bounds(truth.grid))).astype(int)
        usable = found[epoch].valid == 1
        ground = truth.channels[f"{epoch}_B04"][usable] * 10_000
        np.testing.assert_allclose(numbers[usable], ground + offset, rtol=0, atol=0.51)


def _bounds(grid: Grid) -> tuple[float, float, float, float]:
    right, bottom = grid.left + 10 * grid.width, grid.top - 10 * grid.height
    return grid.left, bottom, right, grid.top


# --- choice ---


def test_the_clear_image_is_picked_though_its_tile_tells_of_most_cloud(
    found: dict[str, Found],
) -> None:
    picked = {
        "PRE1": "S2B_MSIL2A_20210605T103021_N0300_R022_T33SWC_20210605T103021",
        "POST1": "S2A_MSIL2A_20210701T103021_N0500_R022_T33SWC_20230909T103021",
    }
    for epoch, one in found.items():
        clear, far, clouded = one.rows
        assert clear["items"] == one.tags["products"] == picked[epoch]
        assert clear["decision"] == "picked"
        assert far["decision"] == "not the best"
        assert "cloud and shadow, over 20%" in clouded["decision"]
        assert [abs(int(row["days"])) for row in one.rows] == [13, 38, 8]
        others = max(float(row["tile_cloud"]) for row in (far, clouded))
        assert float(clear["tile_cloud"]) > 10 * others


def test_what_hides_the_ground_is_not_usable(
    found: dict[str, Found], truth: SimulatedEvent
) -> None:
    for epoch, one in found.items():
        cloud = np.isnan(truth.channels[f"{epoch}_B04"])
        assert cloud.any()
        assert (one.valid[cloud] == 0).all()
        assert (one.bands["B04"][cloud] > 0.5).all()
        shaded = (one.valid == 0) & ~cloud
        left = one.bands["B08"][shaded] / truth.channels[f"{epoch}_B08"][shaded]
        assert np.isclose(left, 0.4, rtol=0, atol=0.01).mean() > 0.3  # the rest borders on clouds
        assert float(one.tags["shadow_share"]) > 0


def test_a_day_of_the_table_is_that_of_the_clear_image(
    tmp_path: Path, truth: SimulatedEvent
) -> None:
    day = "2021-04-08"
    simulate_catalogue(tmp_path / "tiles", EVENT, DAY, ORBIT, {"PRE1": day}, SETTINGS)
    pin = Pin(date.fromisoformat(day))
    image = fetch(tmp_path / "tiles", tmp_path, truth.grid, "PRE1", pin)
    assert image.day.isoformat() == day
    assert not image.objection
    with pytest.raises(DataError, match="no Sentinel-2 image of the area of 2021-04-09"):
        fetch(tmp_path / "tiles", tmp_path, truth.grid, "PRE1", Pin(date(2021, 4, 9)))


# --- simulated ---


def test_tiles_and_products_are_called_simulated(folder: Path, found: dict[str, Found]) -> None:
    assert len(items(folder)) == 6
    for item in items(folder).values():
        assert item["properties"]["scarp:simulated"] is True
        assert "Simulated" in item["properties"]["title"]
    files = sorted(folder.glob("tiles/*/*.tif"))
    assert len(files) == 6 * 11
    for path in (*files, *folder.glob("products/*.tif")):
        with rasterio.open(path) as file:
            assert file.tags()["simulated"] == "true", path
    assert {one.tags["catalogue"] for one in found.values()} == {ADDRESS}


def test_the_cube_is_called_simulated_and_knows_the_days_that_were_found(
    folder: Path, truth: SimulatedEvent, tmp_path: Path
) -> None:
    about: dict[str, str | int | float] = {"simulated": "true"}
    layers = {"elevation": truth.channels["None_DEM"], "slope": truth.channels["None_SLOPE"]}
    units = {"elevation": "m", "slope": "degree"}
    write_product(folder / "products/terrain.tif", truth.grid, layers, units, about)
    labels = {"MASK": truth.mask}
    write_product(folder / "products/labels.tif", truth.grid, labels, {"MASK": "1"}, about)
    dates = {"sentinel2": dict.fromkeys(DAYS, "")}
    make_cube(folder / "products", EVENT, DAY, dates, tmp_path / "cube.nc", needs_labels=True)
    with open_cube(tmp_path / "cube.nc") as cube:
        assert cube.attrs["source"] == "simulated scenes"
        for epoch, day in DAYS.items():
            assert cube[f"{epoch}_NDVI"].attrs["date"] == day
            assert cube[f"{epoch}_B04"].attrs["long_name"].startswith("simulated")
        assert 0.8 < float(cube["None_VALID"].mean()) < 1.0


# --- tiles ---


def test_files_are_cloud_optimised_and_reach_beyond_the_event(
    folder: Path, truth: SimulatedEvent
) -> None:
    left, bottom, right, top = _bounds(truth.grid)
    for band, pixel in {**PIXELS, "SCL": 20}.items():
        paths = sorted(folder.glob(f"tiles/*/T33SWC_*_{band}_{pixel}m.tif"))
        assert len(paths) == 6
        for path in paths:
            with rasterio.open(path) as file:
                assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
                assert file.overviews(1) == ([2] if pixel == 10 else [])
                assert file.compression.name == "deflate"
                assert (file.res, file.nodata) == ((pixel, pixel), 0)
                assert file.dtypes == (("uint8",) if band == "SCL" else ("uint16",))
                assert file.read(1).all()
                west, south, east, north = file.bounds
                assert {side % 20 for side in file.bounds} == {0}
                margins = left - west, bottom - south, east - right, north - top
                assert min(margins) >= 1000 and max(margins) < 1020


@pytest.mark.parametrize(
    ("crs", "x", "y", "square"),
    [
        ("EPSG:32631", 448_251, 5_411_932, "31UDQ"),  # Paris
        ("EPSG:32618", 583_960, 4_507_523, "18TWL"),  # New York
        ("EPSG:32643", 715_900, 3_166_900, "43RGM"),  # Delhi
    ],
)
def test_a_tile_is_named_by_the_square_it_lies_in(crs: str, x: int, y: int, square: str) -> None:
    grid = Grid(crs, x - 20.0, y + 20.0, 10.0, 4, 4)
    tile = Tile(date(2021, 6, 5), "03.00", date(2021, 6, 5), 0.0, grid)
    assert tile.square == square
    assert f"_T{square}_" in tile.product


def test_two_runs_give_equal_bytes(folder: Path, truth: SimulatedEvent, tmp_path: Path) -> None:
    """Over a folder of another run, which is replaced, and whatever port the server gets."""
    (tmp_path / "tiles/old").mkdir(parents=True)
    simulate_catalogue(tmp_path / "tiles", EVENT, DAY, ORBIT, dict.fromkeys(DAYS, ""), SETTINGS)
    for epoch in DAYS:
        fetch(tmp_path / "tiles", tmp_path / "products", truth.grid, epoch)
    first, second = (
        {
            path.relative_to(place): path.read_bytes()
            for path in place.rglob("*")
            if path.is_file() and path.name not in ("terrain.tif", "labels.tif")
        }
        for place in (folder, tmp_path)
    )
    assert len(first) == 6 * 12 + 6
    assert first == second


# --- server ---


def _get(address: str, path: str, **headers: str) -> requests.Response:
    session = requests.Session()
    session.trust_env = False
    return session.get(f"{address}/{path}", headers=headers, timeout=10)


def test_the_server_sends_the_part_of_a_file_that_is_asked_for(folder: Path) -> None:
    path = next(folder.glob("tiles/*/*_B04_10m.tif"))
    name, content = path.relative_to(folder / "tiles").as_posix(), path.read_bytes()
    size = len(content)
    with serve(folder / "tiles") as address:
        whole = _get(address, name)
        assert (whole.status_code, whole.content) == (200, content)
        for asked, first, last in (
            ("bytes=0-99", 0, 99),
            ("bytes=1000-", 1000, size - 1),
            (f"bytes={size - 5}-{size + 5}", size - 5, size - 1),
        ):
            part = _get(address, name, Range=asked)
            assert part.status_code == 206
            assert part.content == content[first : last + 1]
            assert part.headers["Content-Range"] == f"bytes {first}-{last}/{size}"
        beyond = _get(address, name, Range=f"bytes={size}-")
        assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{size}")


def test_the_server_shows_nothing_but_its_folder(folder: Path) -> None:
    assert (folder / "products/optical_PRE1.tif").is_file()
    with serve(folder / "tiles") as address:
        for name in ("%2e%2e/products/optical_PRE1.tif", "/etc/hostname", "nothing.tif"):
            assert _get(address, name).status_code == 404


def test_a_search_heeds_place_time_and_collection(folder: Path) -> None:
    west, south, east, north = next(iter(items(folder).values()))["bbox"]
    inside = f"{west},{south},{east},{north}"
    beside = f"{east + 1},{south},{east + 2},{north}"
    with serve(folder / "tiles") as address:
        for query, count in (
            ("", 6),
            (f"bbox={inside}", 6),
            (f"bbox={beside}", 0),
            (f"collections={COLLECTION},other", 6),
            ("collections=other", 0),
            ("datetime=2021-06-05T00:00:00Z/2021-06-10T23:59:59Z", 2),
            ("datetime=../2021-06-10T00:00:00Z", 2),
            ("datetime=2021-07-26T00:00:00Z/..", 1),
            ("datetime=2021-07-26T10:30:21Z", 1),
            (f"bbox={inside}&datetime=2020-01-01T00:00:00Z/2020-12-31T00:00:00Z", 0),
        ):
            features = _get(address, f"search?{query}").json()["features"]
            assert len(features) == count, query
            for feature in features:
                for asset in feature["assets"].values():
                    assert asset["href"].startswith(f"{address}/{feature['id']}/T33SWC_")


def test_the_address_is_only_known_meanwhile(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the environment says of proxies; it is the same afterwards."""
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("http_proxy", "http://proxy.invalid")
    monkeypatch.delenv("no_proxy", raising=False)
    before = dict(os.environ)
    with catalogue(folder / "tiles") as address:
        landing = requests.get(address, timeout=10).json()
    assert landing["id"] == "simulated"
    assert {link["href"] for link in landing["links"]} == {f"{ADDRESS}/", f"{ADDRESS}/search"}
    assert dict(os.environ) == before
    with pytest.raises(requests.ConnectionError):
        requests.get(address, timeout=10)


# --- workflow ---


def _demo(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The configuration of the demo, as Snakemake lays it over the study's."""

    def laid(lower: dict[str, Any], upper: dict[str, Any]) -> dict[str, Any]:
        both = copy.deepcopy(lower)
        for key, value in upper.items():
            below = both.get(key)
            nested = isinstance(value, dict) and isinstance(below, dict)
            both[key] = laid(below, value) if nested else value
        return both

    monkeypatch.chdir(ROOT)
    base, demo = (
        yaml.safe_load(Path(f"config/{name}.yaml").read_text()) for name in ("config", "demo")
    )
    return laid(base, demo)


def _faults(config: dict[str, Any]) -> list[str]:
    try:
        study.load(configuration.check(config))
    except TableError as error:
        return [str(fault) for fault in error.faults]
    return []


def test_the_demo_has_an_event_whose_images_must_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    config = _demo(monkeypatch)
    assert config["simulate"]["catalogue"] == [EVENT]
    assert _faults(config) == []


def test_strangers_in_the_catalogue_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    config = _demo(monkeypatch)
    config["simulate"]["catalogue"] = ["SIM08", "SIM01", "SIM008"]
    unknown, no_scenes = _faults(config)
    assert "simulate: catalogue: 'SIM008' is no event of the events table" in unknown
    assert "did you mean 'SIM08'?" in unknown
    assert "'SIM01' does not start as scenes" in no_scenes
    assert "SIM02, SIM08" in no_scenes


def test_a_simulated_image_without_a_catalogue_needs_its_day(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = _demo(monkeypatch)
    config["simulate"]["catalogue"] = []
    faults = _faults(config)
    assert len(faults) == 2
    for fault, epoch in zip(faults, ("POST1", "PRE1"), strict=True):
        assert f"event SIM08, sentinel2, {epoch}, column date: is blank" in fault


def test_the_workflow_looks_for_images_of_that_event_only(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project")
    cubes = [f"results/demo/cubes/{event}.nc" for event in ("SIM02", "SIM08")]
    jobs = project.jobs("--configfile", "config/demo.yaml", "--", *cubes)
    optical = [job for job in jobs if "Sentinel-2" in job or job.startswith("Simulating")]
    assert optical == [
        "Finding Sentinel-2 of SIM08, POST1, in a simulated catalogue",
        "Finding Sentinel-2 of SIM08, PRE1, in a simulated catalogue",
        "Simulating SLC scenes and optical tiles of event SIM08",
        "Simulating SLC scenes of event SIM02",
    ]
    reasons = project.run("-n", "--configfile", "config/demo.yaml", "--", cubes[1])
    assert "optical_valid_PRE1.tif" in reasons and "optical_valid_POST1.tif" in reasons
