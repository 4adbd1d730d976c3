"""From a row in the events table to a cube: everything is found and fetched from local servers.

The servers speak the protocols of the real ones; what they serve is simulated.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import geopandas
import numpy as np
import pytest
import rasterio
import shapely
import xarray as xr
from pyproj import Transformer

from catalogue_rows import Slice
from catalogue_server import PASSWORD, USER, CatalogueServer
from project import TINY, Project
from snap_route import launcher, tiny_scene
from stac_server import StacServer
from tiny_copdem import write_tile as write_elevation
from tiny_sentinel2 import CLOUD, TinyTile
from tiny_sentinel2 import write_tile as write_image

RESULTS = Path("results/tiny")
EVENT = "NEW1"
ACQUIRE = (*TINY, "acquire.yaml")
#: The scene that SLC are simulated of, without its rim.
CORNERS = ((500_060.0, 4_648_560.0), (501_440.0, 4_649_940.0))
SETTINGS = """
pathvars: {{resources: resources}}
sentinel1: {{engine: embedded}}
acquire:
  inventory: "inventory/{{event}}.geojson"
  stac: {{url: "{stac}", sign_url: ""}}
  elevation: {{url: "{files}/dem"}}
  sentinel1: {{catalogue: "{scenes}", download: "{scenes}", token: "{token}"}}
  orbits: {{source: none}}
"""
IMAGE = TinyTile("20210102", "33TWG", crs="EPSG:32633", left=498_000.0, top=4_652_000.0, size=600)


def clouded(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Cloud over the area, and nowhere else."""
    return np.where((abs(x - 500_750) < 1500) & (abs(y - 4_649_250) < 1500), CLOUD, 4)


IMAGES = (
    IMAGE,
    replace(IMAGE, day="20210105", classes=clouded, tile_cloud=2.0),
    replace(IMAGE, day="20210112", baseline="05.00", tile_cloud=60.0),
)


@dataclass(frozen=True)
class World:
    """Servers that hold what one event needs."""

    stac: StacServer
    scenes: CatalogueServer

    def settings(self) -> str:
        return SETTINGS.format(
            stac=self.stac.url(),
            files=self.stac.url("/files"),
            scenes=self.scenes.url("/odata/v1/Products"),
            token=self.scenes.url("/token"),
        )


def zipped(safe: Path, name: str) -> bytes:
    """A product under another name, as the services have it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(safe.rglob("*")):
            archive.write(path, Path(f"{name}.SAFE", path.relative_to(safe)))
    return content.getvalue()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    files = folder / "files"
    for south in (41, 42):
        for west in (14, 15):
            write_elevation(files / "dem", south, west, lambda x, y: 253 + 0 * x)
    tiny = tiny_scene(folder / "slc")
    with StacServer(files) as stac, CatalogueServer() as scenes:
        stac.items = [write_image(tile, files / "l2a", stac.url("/files/l2a")) for tile in IMAGES]
        for product, day in zip(tiny.products, ("2021-01-01", "2021-01-13"), strict=True):
            start = datetime.fromisoformat(f"{day}T06:37:29").replace(tzinfo=UTC)
            track = tiny.passes()[0].relative_orbit
            one = Slice(start, track, "DES", (15.0, 42.0))
            scenes.add([replace(one, content=zipped(product, one.name))])
            scenes.add([Slice(start.replace(hour=17), 44, "ASC", (25.0, 42.0))])
        yield World(stac, scenes)


def add_event(project: Project, world: World) -> None:
    """Write the event's row and nothing else but where the services are."""
    to_degrees = Transformer.from_crs("EPSG:32633", "EPSG:4326", always_xy=True)
    (west, south), (east, north) = (to_degrees.transform(*corner) for corner in CORNERS)
    events = project.folder / "config/tiny/events.tsv"
    header, *rows = events.read_text(encoding="utf-8").splitlines()
    columns = dict.fromkeys(header.split("\t"), "")
    own = columns | {"event": EVENT, "date": "2021-01-07", "role": "apply"}
    aoi = f"{west:.5f},{south:.5f},{east:.5f},{north:.5f}"
    lines = [f"{header}\taoi\tsource", *rows, "\t".join([*own.values(), aoi, "scenes"])]
    events.write_text("\n".join([*lines, ""]), encoding="utf-8")
    inventory = project.folder / f"inventory/{EVENT}.geojson"
    inventory.parent.mkdir()
    slide = shapely.box(500_460, 4_649_160, 500_740, 4_649_440)
    geopandas.GeoSeries([slide], crs="EPSG:32633").to_file(inventory)
    sought = [f"{EVENT}\tsentinel1\t{epoch}\t" for epoch in ("PRE1", "POST1")]
    project.append("config/tiny/acquisitions.tsv", sought)
    (project.folder / "acquire.yaml").write_text(world.settings(), encoding="utf-8")


@pytest.fixture(scope="module")
def acquired(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project that has fetched all that an event needs, and made its cube."""
    project = Project.create(tmp_path_factory.mktemp("acquired") / "project")
    add_event(project, world)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CDSE_USERNAME", USER)
        patch.setenv("CDSE_PASSWORD", PASSWORD)
        project.run("--cores", "2", *ACQUIRE, "--", f"{RESULTS}/cubes/{EVENT}.nc", "acquisitions")
    yield project


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_a_row_in_the_table_becomes_a_cube(acquired: Project) -> None:
    with xr.open_dataset(acquired.folder / RESULTS / f"cubes/{EVENT}.nc") as cube:
        names = set(cube.data_vars)
        assert {"PRE1_gVV", "POST1_COHVV", "POST1_ALPHA", "PRE1_B02", "POST1_NDVI"} <= names
        assert {"None_DEM", "None_SLOPE"} <= names
        slide = (cube["None_MASK"].values == 1).sum() * 100
        assert slide == pytest.approx(280 * 280, rel=0.01)
        assert float(cube["None_DEM"].mean()) == pytest.approx(253, abs=0.5)
        for name, day in (("PRE1_gVV", "2021-01-01"), ("POST1_B04", "2021-01-12")):
            assert cube[name].attrs["date"] == day
        pair = cube["POST1_COHVV"].attrs
        assert (pair["reference_date"], int(pair["days_apart"])) == ("2021-01-01", 12)
        # Baselines 03.01 and 05.00 differ by 1000 in digital numbers, and not in reflectance.
        both = cube["PRE1_B04"].values, cube["POST1_B04"].values
        np.testing.assert_allclose(*both, atol=2e-4)


def test_the_clear_image_is_taken_and_the_reason_told(acquired: Project) -> None:
    folder = acquired.folder / RESULTS / "acquired" / EVENT
    table = rows(folder / "sentinel2_PRE1.tsv")
    assert [row["items"] for row in table] == [IMAGES[0].item, IMAGES[1].item]
    assert float(table[1]["cloud"]) > 0.9 or float(table[1]["cloud"]) > 90
    proposed = rows(folder / "acquisitions.tsv")
    assert {(r["sensor"], r["epoch"], r["date"]) for r in proposed} == {
        ("sentinel1", "PRE1", "2021-01-01"),
        ("sentinel1", "POST1", "2021-01-13"),
        ("sentinel2", "PRE1", "2021-01-02"),
        ("sentinel2", "POST1", "2021-01-12"),
    }
    tracks = rows(folder / "sentinel1.tsv")
    assert [row["chosen"] for row in tracks] == ["1"]
    assert (folder / "looks.png").stat().st_size > 10_000


def test_nothing_is_fetched_twice(acquired: Project, world: World) -> None:
    assert acquired.jobs(*ACQUIRE, "--", f"{RESULTS}/cubes/{EVENT}.nc", "acquire") == []
    scenes = [r for r in world.scenes.requests if r.path.endswith("$value")]
    assert len(scenes) == 2


def test_the_proposal_pins_what_was_chosen(
    acquired: Project, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Copied into the table it makes the same choice, and downloads no scene again."""
    project = acquired.copy(tmp_path / "project")
    proposal = project.folder / RESULTS / "acquired" / EVENT / "acquisitions.tsv"
    table = project.folder / "config/tiny/acquisitions.tsv"
    header, *old = table.read_text(encoding="utf-8").splitlines()
    kept = [row for row in old if not row.startswith(EVENT)]
    pinned = proposal.read_text(encoding="utf-8").splitlines()[1:]
    table.write_text("\n".join([f"{header}\tproduct", *kept, *pinned, ""]), encoding="utf-8")
    chosen = f"resources/sentinel1/{EVENT}/chosen.json"
    scenes = f"resources/sentinel1/{EVENT}/PRE1/scenes.txt"
    jobs = project.jobs(*ACQUIRE, "--", scenes)
    assert jobs == sorted(
        [f"Choosing Sentinel-1 scenes of {EVENT}", f"Fetching Sentinel-1 of {EVENT}, PRE1"]
    )
    monkeypatch.delenv("CDSE_USERNAME", raising=False)
    before = len(world.scenes.requests)
    project.run("--cores", "1", *ACQUIRE, "--", scenes)
    assert not any(r.path.endswith("$value") for r in world.scenes.requests[before:])
    for path in (chosen, scenes):
        assert project.read(path) == acquired.read(path)


def test_a_product_by_hand_is_taken_as_it_is(
    acquired: Project, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scenes that lie in an epoch's folder are not fetched, and give the track of the others."""
    project = Project.create(tmp_path / "project")
    add_event(project, world)
    own = project.folder / f"resources/sentinel1/{EVENT}/PRE1"
    own.mkdir(parents=True)
    fetched = acquired.folder / f"resources/sentinel1/{EVENT}/PRE1"
    scene = next(fetched.glob("*.zip"))
    shutil.copy2(scene, own / scene.name)
    shutil.copytree(acquired.folder / "resources/dem", project.folder / "resources/dem")
    before = len(world.scenes.requests)
    monkeypatch.delenv("CDSE_USERNAME", raising=False)
    project.run("--cores", "1", *ACQUIRE, "--", f"resources/sentinel1/{EVENT}/PRE1/scenes.txt")
    assert (own / "scenes.txt").read_text() == f"{scene.name}\n"
    asked = world.scenes.requests[before:]
    assert asked and not any(request.path.endswith("$value") for request in asked)
    chosen = json.loads((own.parent / "chosen.json").read_text())
    assert list(chosen) == ["POST1"]


def test_no_secret_is_written_anywhere(acquired: Project) -> None:
    for path in acquired.folder.rglob("*"):
        if path.is_file() and path.suffix != ".zip":
            content = path.read_bytes()
            assert PASSWORD.encode() not in content, path
            assert USER.encode() not in content, path


def test_without_credentials_the_variables_are_named(
    world: World, acquired: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CDSE_USERNAME", "CDSE_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    project = acquired.copy(tmp_path / "project")
    shutil.rmtree(project.folder / f"resources/sentinel1/{EVENT}/POST1")
    scenes = f"resources/sentinel1/{EVENT}/POST1/scenes.txt"
    output = project.run("--cores", "1", *ACQUIRE, "--", scenes, check=False)
    assert "CDSE_USERNAME" in output and "netrc" in output
    assert not (project.folder / scenes).exists()


def test_products_name_their_source(acquired: Project) -> None:
    products = acquired.folder / RESULTS / "products" / EVENT
    with rasterio.open(products / "optical_POST1.tif") as file:
        tags = file.tags()
    assert (tags["products"], tags["simulated"]) == (IMAGES[2].item, "true")
    with rasterio.open(products / "terrain.tif") as file:
        assert file.descriptions == ("elevation", "slope")


def test_another_event_costs_its_own_searches_and_downloads(
    acquired: Project, tmp_path: Path
) -> None:
    project = acquired.copy(tmp_path / "project")
    events = project.folder / "config/tiny/events.tsv"
    rows = events.read_text(encoding="utf-8").splitlines()
    another = next(row for row in rows if row.startswith(EVENT)).replace(EVENT, "NEW2")
    project.append("config/tiny/events.tsv", [another])
    cubes = [f"{RESULTS}/cubes/{event}.nc" for event in (EVENT, "NEW2")]
    jobs = project.jobs(*ACQUIRE, "--", *cubes)
    assert all("NEW2" in job for job in jobs)
    # The table names no images of it: all epochs are looked for.
    assert sum(job.startswith("Fetching Sentinel-1 of NEW2") for job in jobs) == 6
    assert sum(job.startswith("Finding and fetching Sentinel-2 of NEW2") for job in jobs) == 2
    assert "Fetching elevation of NEW2" in jobs


def test_a_failed_search_tells_what_was_searched(
    acquired: Project, world: World, tmp_path: Path
) -> None:
    project = acquired.copy(tmp_path / "project")
    table = project.folder / "config/tiny/acquisitions.tsv"
    text = table.read_text(encoding="utf-8")
    pinned = text.replace(f"{EVENT}\tsentinel1\tPRE1\t", f"{EVENT}\tsentinel1\tPRE1\t2020-12-20")
    table.write_text(pinned, encoding="utf-8")
    chosen = f"resources/sentinel1/{EVENT}/chosen.json"
    output = project.run("--cores", "1", *ACQUIRE, "--", chosen, check=False)
    assert "2020-12-20" in output
    assert world.scenes.url("/odata/v1/Products") in output
    assert "cure: " in output


def test_snap_reads_what_was_fetched(
    acquired: Project, world: World, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The stand-in for gpt, which is not SNAP, opens the zips, and the graph names them."""
    project = acquired.copy(tmp_path / "project")
    gpt = launcher(tmp_path_factory.mktemp("installed"))
    settings = world.settings().replace(
        "{engine: embedded}", f'{{engine: snap, snap: {{gpt: "{gpt}", mem_mb: 6000, threads: 1}}}}'
    )
    (project.folder / "acquire.yaml").write_text(settings, encoding="utf-8")
    product = RESULTS / "products" / EVENT / "coherence_POST1.tif"
    (project.folder / product).unlink()
    project.run("--cores", "2", *ACQUIRE, "--", str(product))
    with (
        rasterio.open(project.folder / product) as snap,
        rasterio.open(acquired.folder / product) as own,
    ):
        assert (snap.tags()["engine"], own.tags()["engine"]) == ("snap", "embedded")
        both = snap.read(1), own.read(1)
    known = np.isfinite(both[0]) & np.isfinite(both[1])
    assert known.mean() > 0.9
    assert np.corrcoef(both[0][known], both[1][known])[0, 1] > 0.95
    graph = (project.folder / RESULTS / f"logs/snap_coherence/{EVENT}_POST1.xml").read_text()
    assert all(f"/{EVENT}/{epoch}/S1A_IW_SLC" in graph for epoch in ("PRE1", "POST1"))
