"""``python -m scarp.snap`` on what the stand-in for gpt wrote: product files, or one message."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

import gpt_cli
from gpt_geotiff import write_geotiff
from scarp.grid import Grid
from scarp.product_raster import read_raster
from scarp.product_write import write_product
from scarp.snap.__main__ import main
from scarp.snap.products import write_snap_product
from scarp.snap.settings import KINDS
from snap_route import MADE, graph_of, tiny_scene
from tiny_slc import Tiny

#: Kind -> the graph that makes it, the product file, its bands.
PRODUCTS = {
    "backscatter": ("backscatter", "gamma0_POST1.tif", ("vv", "vh")),
    "coherence": ("coherence", "coherence_POST1.tif", ("vv",)),
    "haalpha": ("haalpha", "haalpha_POST1.tif", ("entropy", "anisotropy", "alpha")),
    "geometry": ("backscatter", "geometry.tif", ("layover_shadow", "local_incidence")),
}


@dataclass(frozen=True, eq=False)
class Played:
    """A tiny event and what the stand-in made of it: folder / {graph}.dim; terrain.tif."""

    tiny: Tiny
    folder: Path

    @property
    def terrain(self) -> Path:
        return self.folder / "terrain.tif"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Play all graphs once; nothing of it is changed by a test."""
    tiny = tiny_scene(tmp_path_factory.mktemp("scene"))
    folder = tmp_path_factory.mktemp("snap")
    for kind in KINDS:
        text = graph_of(kind, tiny, Path(f"{kind}.dim"))
        (folder / "graph.xml").write_text(text, encoding="utf-8")
        told = {"SCARP_GPT_VERSION": "13.0.0"}
        assert gpt_cli.main(["./graph.xml", "-c", "100M", "-q", "1"], told, folder) == 0
    write_terrain(folder / "terrain.tif", tiny.grid)
    return Played(tiny, folder)


def write_terrain(path: Path, grid: Grid) -> Path:
    """A terrain.tif, of which only the grid matters here."""
    zeros = np.zeros((grid.height, grid.width), dtype=np.float32)
    write_product(
        path,
        grid,
        {"elevation": zeros, "slope": zeros},
        {"elevation": "m", "slope": "degree"},
        {},
    )
    return path


def words(played: Played, kind: str, product: Path, out: Path) -> list[str]:
    """A command line that is right: the product is of the first date, or of both."""
    scenes = {"--scene": played.tiny.products[0]}
    if kind == "coherence":
        scenes = {"--scene": played.tiny.products[1], "--earlier": played.tiny.products[0]}
    return [
        str(product),
        *("--kind", kind),
        *(str(word) for pair in scenes.items() for word in pair),
        *("--terrain", str(played.terrain)),
        *("--epoch", "POST1"),
        *("--dem", str(played.tiny.dem)),
        *("--version", "13.0.0"),
        *("--out", str(out)),
    ]


def changed(given: list[str], option: str, value: str) -> list[str]:
    where = given.index(option)
    return [*given[: where + 1], value, *given[where + 2 :]]


@pytest.mark.parametrize("kind", PRODUCTS)
def test_both_formats_become_the_product_file(
    played: Played, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    graph, name, bands = PRODUCTS[kind]
    dim = played.folder / f"{graph}.dim"
    made = []
    for product in (dim, write_geotiff(dim, tmp_path / f"{graph}.tif")):
        out = tmp_path / f"of{product.suffix}"
        assert main(words(played, kind, product, out)) == 0
        assert capsys.readouterr().out == f"{out / name}\n"
        assert [path.name for path in out.iterdir()] == [name]
        made.append((out / name).read_bytes())
    assert made[0] == made[1]
    raster = read_raster(out / name)
    assert raster.descriptions == bands
    assert raster.grid == played.tiny.grid
    days = (raster.tags.get("reference_date"), raster.tags["date"], raster.tags["epoch"])
    pair = ("2021-01-01", "2021-01-13", "POST1")
    assert days == (pair if kind == "coherence" else (None, "2021-01-01", "POST1"))


def test_it_is_the_file_that_the_workflow_makes(played: Played, tmp_path: Path) -> None:
    dim = played.folder / "backscatter.dim"
    assert main(words(played, "backscatter", dim, tmp_path)) == 0
    own = tmp_path / "own.tif"
    made = replace(MADE, dem=played.tiny.dem, dem_origin=played.tiny.dem.name)
    grid, passes = played.tiny.grid, played.tiny.passes()[:1]
    write_snap_product(dim, "backscatter", own, grid, passes, "POST1", made)
    assert own.read_bytes() == (tmp_path / "gamma0_POST1.tif").read_bytes()


def test_other_numbers_of_the_graph_come_into_the_tags(played: Played, tmp_path: Path) -> None:
    numbers = ["--looks", "8", "2", "--window", "18", "5", "--decomposition", "9"]
    numbers += ["--speckle", "boxcar"]
    told = []
    for kind in KINDS:
        dim = played.folder / f"{kind}.dim"
        assert main([*words(played, kind, dim, tmp_path), *numbers]) == 0
        tags = read_raster(tmp_path / PRODUCTS[kind][1]).tags
        told.append(tags.get("looks") or tags["window"])
    assert told == [
        "2 azimuth x 8 range",
        "5 azimuth x 18 range",
        "2 azimuth x 8 range, window 9 x 9 looks, speckle filter boxcar",
    ]


def test_a_restituted_orbit_is_taken_where_it_was_asked_for(played: Played, tmp_path: Path) -> None:
    dim = edited(played, tmp_path, "haalpha", "POEORB", "RESORB")
    given = words(played, "haalpha", dim, tmp_path / "out")
    assert main(given) == 1
    assert main([*given, "--orbit", "RESORB"]) == 0


# What is refused.


def edited(played: Played, folder: Path, graph: str, old: str, new: str) -> Path:
    """A copy of a product with another header."""
    dim = folder / f"{graph}.dim"
    shutil.copytree(played.folder / f"{graph}.data", dim.with_suffix(".data"))
    text = (played.folder / dim.name).read_text(encoding="iso-8859-1")
    assert re.search(old, text)
    dim.write_text(re.sub(old, new, text), encoding="iso-8859-1")
    return dim


Case = Callable[[Played, Path], list[str]]


def right(played: Played, folder: Path, kind: str = "backscatter", graph: str = "") -> list[str]:
    return words(played, kind, played.folder / f"{graph or kind}.dim", folder / "out")


def on_terrain(played: Played, folder: Path, **changes: float | str) -> list[str]:
    grid = replace(played.tiny.grid, **changes)  # type: ignore[arg-type]
    path = write_terrain(folder / "terrain.tif", grid)
    return changed(right(played, folder), "--terrain", str(path))


def with_header(kind: str, old: str, new: str) -> Case:
    return lambda p, f: words(p, kind, edited(p, f, kind, old, new), f / "out")


def swapped(played: Played, folder: Path) -> list[str]:
    first, second = map(str, played.tiny.products)
    given = changed(right(played, folder, "coherence"), "--scene", first)
    return changed(given, "--earlier", second)


START = r'\1<MDATTR name="first_line_time" type="utc">13-JAN-2021 05:09:12.345678</MDATTR>'

#: What is given -> what is said of it: the fact, and the cure.
WRONG: dict[str, tuple[Case, str, str]] = {
    "no product": (
        lambda p, f: words(p, "haalpha", f / "none.dim", f / "out"),
        "none.dim: there is no such product",
        "run gpt again",
    ),
    "the folder": (
        lambda p, f: words(p, "haalpha", p.folder / "haalpha.data", f / "out"),
        "has the suffix '.data'",
        "give the .dim itself",
    ),
    "another kind": (
        lambda p, f: right(p, f, "haalpha", "backscatter"),
        "has no bands that are entropy of haalpha",
        "give the kind that it is",
    ),
    "half a pixel": (
        lambda p, f: on_terrain(p, f, left=p.tiny.grid.left + 5),
        "columns and +0.000 rows beside the event's",
        "set alignToStandardGrid",
    ),
    "another zone": (
        lambda p, f: on_terrain(p, f, crs="EPSG:32634"),
        "is in EPSG:32633",
        "set mapProjection",
    ),
    "pixels of 20 m": (
        lambda p, f: on_terrain(p, f, resolution=20.0),
        "has pixels of 20 m",
        "reproject all products",
    ),
    "no terrain": (
        lambda p, f: changed(right(p, f), "--terrain", str(f / "none.tif")),
        "none.tif: cannot be read as a GeoTIFF",
        "write the file again",
    ),
    "another orbit": (
        with_header("coherence", "POEORB", "RESORB"),
        "was made with the orbit of RESORB",
        "continueOnFail",
    ),
    "another DEM": (
        lambda p, f: changed(right(p, f), "--dem", "other.tif"),
        "was made with DEM",
        "externalDEMFile",
    ),
    "no scene": (
        lambda p, f: changed(right(p, f), "--scene", str(f / "S1A_none.SAFE")),
        "S1A_none.SAFE",
        "cure: ",
    ),
    "one date of a pair": (
        lambda p, f: changed(right(p, f), "--kind", "coherence"),
        "a product of kind coherence has two dates",
        "give those of the reference",
    ),
    "two dates of one": (
        lambda p, f: [*right(p, f), "--earlier", str(p.tiny.products[1])],
        "a product of kind backscatter has one date",
        "leave --earlier out",
    ),
    "dates the wrong way round": (
        swapped,
        "was made of a scene of 2021-01-01",
        "give the scenes that SNAP read",
    ),
    "a scene of another day": (
        with_header("haalpha", '(<MDElem name="Abstracted_Metadata">)', START),
        "was made of a scene of 2021-01-13",
        "give the scenes that SNAP read",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_and_leaves_no_file(
    played: Played, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    case, fact, cure = WRONG[name]
    assert main(case(played, tmp_path)) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert fact in told.err
    assert cure in told.err
    assert not (tmp_path / "out").exists()


def test_the_dem_of_a_windows_machine_is_known(played: Played, tmp_path: Path) -> None:
    path = rf"C:\\data\\{played.tiny.dem.name}"
    dim = edited(played, tmp_path, "haalpha", re.escape(str(played.tiny.dem)), path)
    assert main(words(played, "haalpha", dim, tmp_path / "out")) == 0


def test_midnight_may_pass_within_a_scene(played: Played, tmp_path: Path) -> None:
    start = START.replace("13-JAN", "02-JAN")
    dim = edited(played, tmp_path, "haalpha", '(<MDElem name="Abstracted_Metadata">)', start)
    assert main(words(played, "haalpha", dim, tmp_path / "out")) == 0


def test_it_runs_as_a_module(played: Played, tmp_path: Path) -> None:
    library = str(Path(__file__).parents[2] / "workflow" / "scripts")
    for product, code in ((played.folder / "haalpha.dim", 0), (tmp_path / "none.tif", 1)):
        done = subprocess.run(
            [sys.executable, "-m", "scarp.snap", *words(played, "haalpha", product, tmp_path)],
            env={**os.environ, "PYTHONPATH": library},
            capture_output=True,
            text=True,
        )
        assert done.returncode == code
        assert "Traceback" not in done.stderr
    assert done.stderr.startswith(f"{tmp_path / 'none.tif'}: there is no such product.")
    assert (tmp_path / "haalpha_POST1.tif").is_file()
