"""The command line of the Sentinel-1 engine: what it writes, what it refuses without a trace."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from pyproj import Transformer

import scarp
from scarp.grid import Grid
from scarp.scenes import chained
from scarp.sentinel1 import engine, products, run
from scarp.sentinel1.__main__ import main
from scarp.sentinel1.run import assign_epochs
from scarp.simulate.slc import SlcDate, SlcScene, SlcSettings
from tiny_slc import CRS, Tiny, simulate, write_dem

SIDE = 70
EVENT = "2021-01-07"
BEFORE, AFTER = SlcDate("2021-01-01", 36_001), SlcDate("2021-01-13", 36_176)
SETTINGS = SlcSettings(bursts=1, lines=160, overlap=20, scatterers=1)


def small_scene(direction: str = "DES") -> SlcScene:
    grid = Grid(CRS, 500_000.0, 4_650_000.0, 10.0, SIDE, SIDE)
    return SlcScene(
        grid,
        np.full((SIDE, SIDE), 250.0),
        np.zeros((SIDE, SIDE), dtype=np.int16),
        direction,
        np.full((2, 1), 0.2),
        np.full((2, 1), 0.06),
        np.zeros((2, 1), dtype=np.complex128),
        np.full((1, 1), 0.7),
    )


def one_date(scene: SlcScene) -> SlcScene:
    return replace(
        scene,
        gamma0_co=scene.gamma0_co[:1],
        gamma0_cross=scene.gamma0_cross[:1],
        correlation=scene.correlation[:1],
        coherence=scene.coherence[:0],
    )


@pytest.fixture(scope="module")
def event(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """Two dates of one burst of IW1."""
    folder = tmp_path_factory.mktemp("event")
    return simulate(folder, small_scene(), (BEFORE, AFTER), SETTINGS)


def later_date(
    folder: Path, settings: SlcSettings = SETTINGS, direction: str = "DES", date: SlcDate = AFTER
) -> Path:
    """A product that does not go with the event's first date."""
    return simulate(folder, one_date(small_scene(direction)), (date,), settings).products[0]


@dataclass
class Call:
    """A command line, to be spoilt in one place."""

    products: list[Path]
    dem: Path
    box: tuple[float, float, float, float]
    out: Path
    event_date: str = EVENT
    heights: str = "ellipsoidal"

    @property
    def words(self) -> list[str]:
        safes = [word for product in self.products for word in ("--safe", str(product))]
        return [
            *safes,
            *("--dem", str(self.dem), "--dem-heights", self.heights),
            *("--bbox", *(f"{edge:.6f}" for edge in self.box)),
            *("--event-date", self.event_date, "--out", str(self.out)),
        ]


def box_of(grid: Grid, rim: float) -> tuple[float, float, float, float]:
    """Degrees; a rim in metres is left off."""
    to_degrees = Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True)
    step = grid.resolution * SIDE
    west, south, east, north = to_degrees.transform_bounds(
        grid.left + rim, grid.top - step + rim, grid.left + step - rim, grid.top - rim
    )
    return west, south, east, north


@pytest.fixture
def call(event: Tiny, tmp_path: Path) -> Call:
    return Call(
        [*event.products], event.dem, box_of(event.scene.grid, 120.0), tmp_path / "products"
    )


def copied(product: Path, folder: Path) -> Path:
    return Path(shutil.copytree(product, folder / product.name))


def zipped(product: Path, folder: Path) -> Path:
    path = folder / f"{product.stem}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(product.rglob("*")):
            if file.is_file():
                archive.write(file, f"{product.name}/{file.relative_to(product)}")
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


# --- a good run

FILES = {
    "gamma0_PRE1.tif": {"VV": "1", "VH": "1"},
    "gamma0_POST1.tif": {"VV": "1", "VH": "1"},
    "haalpha_PRE1.tif": {"entropy": "1", "anisotropy": "1", "alpha": "degree"},
    "haalpha_POST1.tif": {"entropy": "1", "anisotropy": "1", "alpha": "degree"},
    "coherence_POST1.tif": {"VV": "1"},
    "geometry.tif": {"layover_shadow": "1", "local_incidence": "degree"},
}


@pytest.fixture(scope="module")
def good(event: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The products, of one run in a process of its own."""
    out = tmp_path_factory.mktemp("good") / "new" / "products"
    box = box_of(event.scene.grid, 120.0)
    words = Call([*event.products], event.dem, box, out).words
    library = str(Path(scarp.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-m", "scarp.sentinel1", *words],
        env={**os.environ, "PYTHONPATH": library},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(out / name) for name in done_order()]
    assert "100.0 % of the area covered" in done.stderr
    return out


def done_order() -> list[str]:
    return [
        "gamma0_PRE1.tif",
        "haalpha_PRE1.tif",
        "gamma0_POST1.tif",
        "haalpha_POST1.tif",
        "coherence_POST1.tif",
        "geometry.tif",
    ]


def test_files_are_named_as_documented_and_complete(event: Tiny, good: Path) -> None:
    assert sorted(path.name for path in good.iterdir()) == sorted(FILES)
    for name, bands in FILES.items():
        with rasterio.open(good / name) as file:
            assert dict(zip(file.descriptions, file.units, strict=True)) == bands
            assert (file.crs.to_string(), file.res) == (CRS, (10.0, 10.0))
            assert set(file.dtypes) == {"float32"} and np.isnan(file.nodata)
            assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
            tags, values = file.tags(), file.read()
        assert np.isfinite(values).all()
        common = {
            "engine": "embedded",
            "engine_version": scarp.__version__,
            "mission": "S1A",
            "orbit": "DES",
            "relative_orbit": "52",
            "orbit_source": "annotation",
            "dem": "dem.tif",
            "dem_heights": "ellipsoidal",
            "simulated": "true",
            "covered_share": "1.0000",
        }
        assert common.items() <= tags.items()


def test_tags_tell_dates_looks_and_products(event: Tiny, good: Path) -> None:
    names = [product.stem for product in event.products]
    for epoch, date, name in zip(("PRE1", "POST1"), (BEFORE, AFTER), names, strict=True):
        for kind in ("gamma0", "haalpha"):
            with rasterio.open(good / f"{kind}_{epoch}.tif") as file:
                tags = file.tags()
            assert (tags["date"], tags["epoch"], tags["products"]) == (date.date, epoch, name)
            assert float(tags["equivalent_looks"]) >= 1 and tags["looks"] and tags["quantity"]
    with rasterio.open(good / "coherence_POST1.tif") as file:
        tags = file.tags()
    assert (tags["reference_date"], tags["date"]) == (BEFORE.date, AFTER.date)
    assert tags["products"] == ", ".join(names)
    assert (tags["window"], tags["equivalent_looks"]) == ("3 azimuth x 10 range", "14.1")


def test_the_same_call_gives_the_same_bytes_whatever_the_order(good: Path, call: Call) -> None:
    call.products.reverse()
    assert main(call.words) == 0
    assert contents(call.out) == contents(good)


def test_zips_give_the_bytes_that_folders_give(good: Path, call: Call, tmp_path: Path) -> None:
    call.products = [zipped(product, tmp_path) for product in call.products]
    assert main(call.words) == 0
    assert contents(call.out) == contents(good)


@pytest.mark.parametrize(
    ("day", "epochs"),
    [
        ("2020-12-01", ("POST1", "POST2")),
        ("2021-01-01", ("POST1", "POST2")),
        ("2021-01-13", ("PRE1", "POST1")),
        ("2021-02-01", ("PRE2", "PRE1")),
    ],
)
def test_epochs_follow_from_the_day_of_the_event(
    call: Call, day: str, epochs: tuple[str, str]
) -> None:
    """A scene of that very day counts as after it."""
    call.event_date = day
    assert main(call.words) == 0
    dated = [f"{kind}_{epoch}.tif" for kind in ("gamma0", "haalpha") for epoch in epochs]
    assert sorted(contents(call.out)) == sorted(
        [*dated, f"coherence_{epochs[1]}.tif", "geometry.tif"]
    )
    with rasterio.open(call.out / f"gamma0_{epochs[0]}.tif") as file:
        assert file.tags()["date"] == BEFORE.date


def test_three_dates_on_either_side_are_used_those_nearest_to_the_event(
    event: Tiny, caplog: pytest.LogCaptureFixture
) -> None:
    one = event.passes()[0]
    days = [f"2021-{month:02}-01" for month in range(1, 10)]
    named = assign_epochs([replace(one, date=day) for day in days], "2021-05-15")
    assert {epoch: date.date for epoch, date in named.items()} == {
        "PRE3": "2021-03-01",
        "PRE2": "2021-04-01",
        "PRE1": "2021-05-01",
        "POST1": "2021-06-01",
        "POST2": "2021-07-01",
        "POST3": "2021-08-01",
    }
    for unused in ("2021-01-01", "2021-02-01", "2021-09-01"):
        assert f"{unused} is not used" in caplog.text
    assert chained([*named]) == [
        ("PRE3", "PRE2"),
        ("PRE2", "PRE1"),
        ("PRE1", "POST1"),
        ("POST1", "POST2"),
        ("POST2", "POST3"),
    ]
    assert chained(["PRE3", "PRE1", "POST1"]) == [("PRE1", "POST1")]


def test_a_large_area_whose_dates_are_held_one_by_one_gives_the_same_bytes(
    good: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "HELD", 1)
    assert main(call.words) == 0
    assert contents(call.out) == contents(good)


# --- bad input

Spoil = Callable[[Call, Path], None]


def another_track(call: Call, folder: Path) -> None:
    call.products[1] = later_date(folder, replace(SETTINGS, relative_orbit=125))


def another_direction(call: Call, folder: Path) -> None:
    call.products[1] = later_date(folder, direction="ASC")


def another_polarisation(call: Call, folder: Path) -> None:
    call.products[1] = later_date(folder, replace(SETTINGS, polarisations=("HH", "HV")))


def one_polarisation(call: Call, folder: Path) -> None:
    call.products[1] = later_date(folder, replace(SETTINGS, polarisations=("VV",)))


def area_outside(call: Call, folder: Path) -> None:
    west, south, east, north = call.box
    call.box = west + 0.3, south, east + 0.3, north
    grid = Grid(CRS, 500_000.0 + 20_000.0, 4_652_000.0, 10.0, 500, 900)
    call.dem = write_dem(folder / "dem.tif", grid, np.full((500, 900), 250.0))


def dem_elsewhere(call: Call, folder: Path) -> None:
    grid = Grid(CRS, 500_200.0, 4_650_000.0, 10.0, SIDE, SIDE)
    call.dem = write_dem(folder / "dem.tif", grid, np.full((SIDE, SIDE), 250.0), beyond=20)


def no_dem(call: Call, folder: Path) -> None:
    call.dem = folder / "none.tif"


def void_dem(call: Call, folder: Path) -> None:
    grid = small_scene().grid
    call.dem = write_dem(folder / "dem.tif", grid, np.full((SIDE, SIDE), np.nan))


def no_measurement(call: Call, folder: Path) -> None:
    call.products[1] = copied(call.products[1], folder)
    next(call.products[1].glob("measurement/*-vv-*")).unlink()


def no_annotation(call: Call, folder: Path) -> None:
    call.products[1] = copied(call.products[1], folder)
    next(call.products[1].glob("annotation/*-vh-*")).unlink()


def no_noise_table(call: Call, folder: Path) -> None:
    call.products[1] = copied(call.products[1], folder)
    next(call.products[1].glob("annotation/calibration/noise-*-vh-*")).unlink()


def truncated_measurement(call: Call, folder: Path) -> None:
    call.products[1] = copied(call.products[1], folder)
    path = next(call.products[1].glob("measurement/*-vh-*"))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def spoil_member(path: Path, wanted: str) -> None:
    """Overwrite the middle of a member's packed bytes."""
    with zipfile.ZipFile(path) as archive:
        member = next(i for i in archive.infolist() if re.search(wanted, i.filename))
    data = bytearray(path.read_bytes())
    middle = member.header_offset + 30 + len(member.filename) + member.compress_size // 3
    data[middle : middle + 200] = bytes([0xFF]) * 200
    path.write_bytes(data)


def broken_member(call: Call, folder: Path) -> None:
    call.products[1] = zipped(call.products[1], folder)
    spoil_member(call.products[1], r"measurement/.*-vv-")


def broken_annotation(call: Call, folder: Path) -> None:
    call.products[1] = zipped(call.products[1], folder)
    spoil_member(call.products[1], r"SAFE/annotation/s1a-.*-vv-")


def zip_cut_short(call: Call, folder: Path) -> None:
    path = call.products[1] = zipped(call.products[1], folder)
    path.write_bytes(path.read_bytes()[:-1000])


def grd(call: Call, folder: Path) -> None:
    call.products[1] = copied(call.products[1], folder)
    manifest = call.products[1] / "manifest.safe"
    manifest.write_text(re.sub(r"(productType>)SLC<", r"\1GRD<", manifest.read_text()))


def no_product(call: Call, folder: Path) -> None:
    call.products[1] = folder / "none.SAFE"


def event_date(call: Call, folder: Path) -> None:
    call.event_date = "07.01.2021"


def turned_box(call: Call, folder: Path) -> None:
    west, south, east, north = call.box
    call.box = west, north, east, south


def twice(call: Call, folder: Path) -> None:
    call.products.append(copied(call.products[1], folder))


def out_is_a_file(call: Call, folder: Path) -> None:
    call.out = folder / "products"
    call.out.touch()


#: What is said: the offender, the fact, what is allowed, the cure.
BAD: list[tuple[Spoil, str]] = [
    (another_track, r"1SDV_20210113\S+ has relative orbit 125\. allowed: 52, as 2021-01-01 cure"),
    (another_direction, r"1SDV_20210113\S+ has orbit pass ASC\. allowed: DES, as 2021-01-01 cure"),
    (another_polarisation, r"1SDH_20210113\S+ has polarisations HH\+HV\. allowed: VV\+VH, as 2021"),
    (one_polarisation, r"1SSV_20210113\S+ has VV\. allowed: VV\+VH or HH\+HV cure: fetch"),
    (area_outside, r"1SDV_20210101\S+ no burst of PRE1 \(2021-01-01\) holds any .* cure: give"),
    (dem_elsewhere, r"dem\.tif: the DEM covers [0-9.]+ % .* degrees north cure: Add"),
    (no_dem, r"none\.tif: .*the DEM cannot be read\. cure"),
    (void_dem, r"dem\.tif: the DEM has no height anywhere in the area\. cure"),
    (no_measurement, r"lacks measurement/s1a-iw1-slc-vv-20210113\S+ .* cure: fetch"),
    (no_annotation, r"lacks annotation/s1a-iw1-slc-vh-20210113\S+ .* cure: fetch"),
    (no_noise_table, r"lacks \S+/noise-s1a-iw1-slc-vh-20210113\S+ .* cure: fetch"),
    (truncated_measurement, r"measurement/s1a-iw1-slc-vh-20210113\S+ .*truncated.* cure: fetch"),
    (broken_member, r"zip/measurement/s1a-iw1-slc-vv-20210113\S+ cannot be read.* cure: fetch"),
    (broken_annotation, r"zip/annotation/s1a-iw1-slc-vv-20210113\S+ cannot be read.* cure: fetch"),
    (zip_cut_short, r"20210113\S+\.zip: is neither a folder nor a whole zip file.* cure: give"),
    (grd, r"20210113\S+ is a product of mode IW and type GRD\. allowed: mode IW, type SLC cure"),
    (no_product, r"none\.SAFE: does not exist\. allowed: .* cure: give"),
    (event_date, r"event date: '07\.01\.2021' is no date\. allowed: YYYY-MM-DD cure"),
    (turned_box, r"area: .* is no box\. allowed: west < east .* cure: correct"),
    (out_is_a_file, r"spoilt/products: is a file\. allowed: a folder.* cure: name"),
    (twice, r"spoilt/S1A\S+20210113\S+ begins at .*, as .* does\. allowed: .* cure: give each"),
]


@pytest.mark.parametrize(("spoil", "told"), BAD, ids=[spoil.__name__ for spoil, _ in BAD])
def test_bad_input_is_told_and_leaves_no_file(
    call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str], spoil: Spoil, told: str
) -> None:
    folder = tmp_path / "spoilt"
    folder.mkdir()
    spoil(call, folder)
    assert main(call.words) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert re.search(told, " ".join(output.err.split())), output.err
    assert call.out.is_file() if spoil is out_is_a_file else not call.out.exists()


@pytest.mark.parametrize("spoil", [no_noise_table, truncated_measurement])
def test_what_a_later_date_is_refused_for_leaves_no_file_of_an_earlier_one(
    call: Call, tmp_path: Path, spoil: Spoil, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In an area so large that dates are written one by one."""
    monkeypatch.setattr(run, "HELD", 1)
    spoil(call, tmp_path)
    assert main(call.words) == 1
    assert not call.out.exists()


def test_files_of_an_earlier_run_survive_a_failing_one(
    call: Call, good: Path, tmp_path: Path
) -> None:
    shutil.copytree(good, call.out)
    no_measurement(call, tmp_path)
    assert main(call.words) == 1
    assert contents(call.out) == contents(good)


def test_a_failure_in_the_last_layer_leaves_no_file(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*given: object) -> None:
        raise RuntimeError("the last thing that is computed")

    monkeypatch.setattr(engine, "_geometry", fail)
    with pytest.raises(RuntimeError, match="the last thing"):
        main(call.words)
    assert not call.out.exists()


def test_a_failure_while_writing_leaves_no_file(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    true, written = products.write_product, []

    def full_disk(path: Path, *given: object) -> None:
        if len(written) == 2:
            raise OSError("no space left on device")
        written.append(path)
        true(path, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(products, "write_product", full_disk)
    with pytest.raises(OSError, match="no space"):
        main(call.words)
    assert len(written) == 2
    assert not call.out.exists()
