"""From scenes to graphs: the bursts that image an event, its grid, its orbits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio

from scarp.errors import DataError
from scarp.grid import Grid
from scarp.product_write import write_product
from scarp.sentinel1.job import Place
from scarp.sentinel1.settings import Processing
from scarp.simulate.slc import SlcDate, SlcScene, SlcSettings
from scarp.snap.check import check_graph
from scarp.snap.facts import versions
from scarp.snap.graph import Graph
from scarp.snap.nominal import nominal_graphs
from scarp.snap.resolve import Request, resolve
from scarp.snap.settings import PRECISE, RESTITUTED, Kind
from snap_route import tiny_scene
from tiny_slc import CRS, Tiny, simulate

Asked = Callable[..., Request]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return tiny_scene(tmp_path_factory.mktemp("scene"), ("IW1", "IW2"))


@pytest.fixture
def asked(tiny: Tiny, tmp_path: Path) -> Asked:
    """Requests for the tiny scene, or a part of it."""

    def ask(kind: Kind = "backscatter", grid: Grid | None = None, **changes: object) -> Request:
        terrain = tmp_path / "terrain.tif"
        shape = (grid or tiny.grid).height, (grid or tiny.grid).width
        bands = {"elevation": np.zeros(shape, np.float32)}
        write_product(terrain, grid or tiny.grid, bands, {"elevation": "m"}, {})
        place = Place(str(terrain), str(tiny.dem), "ellipsoidal", "", "")
        one, two = (str(path) for path in tiny.products)
        scenes = ((two,), (one,)) if kind == "coherence" else ((one,), ())
        request = Request(kind, place, "POST1", *scenes, "", "precise", False, Processing())
        return replace(request, **changes)  # type: ignore[arg-type]

    return ask


def splits(graph: Graph) -> dict[str, tuple[str, int, int]]:
    return {
        node.id: (
            node.parameters["subswath"],
            int(node.parameters["firstBurstIndex"]),
            int(node.parameters["lastBurstIndex"]),
        )
        for node in graph.nodes
        if node.operator == "TOPSAR-Split"
    }


def test_bursts_and_subswaths_of_the_whole_event(asked: Asked, tmp_path: Path) -> None:
    graph = resolve(asked("haalpha"), "13.0.0", tmp_path / "o.dim").graph
    assert splits(graph) == {"split-IW1": ("IW1", 1, 2), "split-IW2": ("IW2", 1, 2)}
    assert "TOPSAR-Merge" in [node.operator for node in graph.nodes]


def test_a_part_of_the_event_needs_fewer(asked: Asked, tiny: Tiny, tmp_path: Path) -> None:
    grid = tiny.grid
    seen = {}
    for name, rows in {
        "north": slice(0, 12),
        "south": slice(grid.height - 12, grid.height),
    }.items():
        part = grid.part(rows, slice(0, 12))
        graph = resolve(asked("haalpha", part), "13.0.0", tmp_path / "o.dim").graph
        seen[name] = splits(graph)
    # Descending from north to south: the first burst images the north.
    assert seen["north"]["split-IW2"] == ("IW2", 1, 1)
    assert seen["south"]["split-IW2"][2] == 2


def test_a_pair_is_the_earlier_then_the_later_date(
    asked: Asked, tiny: Tiny, tmp_path: Path
) -> None:
    found = resolve(asked("coherence"), "13.0.0", tmp_path / "o.dim")
    assert [date.date for date in found.passes] == ["2021-01-01", "2021-01-13"]
    files = {node.id: node.parameters.get("file", "") for node in found.graph.nodes}
    assert files["read-reference"] == f"{tiny.products[0]}/manifest.safe"
    assert files["read-secondary"] == f"{tiny.products[1]}/manifest.safe"


@pytest.fixture(scope="module")
def slices(tmp_path_factory: pytest.TempPathFactory) -> list[Tiny]:
    """One pass as two products of a burst each, 100 lines apart, north first."""
    side = 120
    scene = SlcScene(
        Grid(CRS, 500_000.0, 4_650_000.0, 10.0, side, side),
        np.full((side, side), 250.0),
        np.zeros((side, side), dtype=np.int16),
        "DES",
        np.full((1, 1), 0.3),
        np.full((1, 1), 0.1),
        np.zeros((1, 1), dtype=np.complex128),
        np.zeros((0, 1)),
    )
    settings = SlcSettings(bursts=1, lines=120, overlap=20, scatterers=1)
    folder = tmp_path_factory.mktemp("slices")
    return [
        simulate(
            folder / name, scene, [SlcDate("2021-01-13", 300, azimuth_offset=offset)], settings
        )
        for name, offset in (("first", -50.0), ("second", 50.0))
    ]


def test_slices_are_counted_through_and_idle_ones_left_out(
    asked: Asked, slices: list[Tiny], tmp_path: Path
) -> None:
    first, second = slices
    scenes = (str(second.products[0]), str(first.products[0]))
    place = replace(asked().place, dem=str(first.dem))

    def graph_of(grid: Grid) -> Graph:
        request = asked("haalpha", grid, scenes=scenes)
        place_of = replace(place, terrain=request.place.terrain)
        return resolve(replace(request, place=place_of), "13.0.0", tmp_path / "o.dim").graph

    def read(graph: Graph) -> list[str]:
        return [Path(n.parameters["file"]).parent.name for n in graph.nodes if n.operator == "Read"]

    whole = graph_of(first.grid)
    assert read(whole) == [first.products[0].name, second.products[0].name]
    assert splits(whole) == {"split": ("IW1", 1, 2)}
    assert "SliceAssembly" in [node.operator for node in whole.nodes]
    height = first.grid.height
    south = graph_of(first.grid.part(slice(height - 10, height), slice(0, 20)))
    assert read(south) == [second.products[0].name]
    assert splits(south) == {"split": ("IW1", 1, 1)}


def test_scenes_of_several_passes_are_refused(asked: Asked, tiny: Tiny, tmp_path: Path) -> None:
    both = asked("haalpha", scenes=tuple(map(str, tiny.products)))
    with pytest.raises(DataError, match="is of orbit 200"):
        resolve(both, "13.0.0", tmp_path / "o.dim")


def test_other_polarisations_are_refused(
    asked: Asked, tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hh = replace(tiny.passes()[0], polarisations=("HH", "HV"))
    monkeypatch.setattr("scarp.snap.resolve.open_pass", lambda *_: hh)
    with pytest.raises(DataError, match=r"has HH\+HV"):
        resolve(asked("haalpha"), "13.0.0", tmp_path / "o.dim")


def test_the_grid_is_the_events(asked: Asked, tiny: Tiny, tmp_path: Path) -> None:
    moved = replace(tiny.grid, left=tiny.grid.left + 2.5, top=tiny.grid.top - 4)
    graph = resolve(asked("haalpha", moved), "13.0.0", tmp_path / "o.dim").graph
    told = next(node for node in graph.nodes if node.id == "geocode").parameters
    assert told["mapProjection"] == "EPSG:32633"
    x, y = float(told["standardGridOriginX"]), float(told["standardGridOriginY"])
    assert (moved.left + 5 - x) % 10 == pytest.approx(0)
    assert (moved.top - 5 - y) % 10 == pytest.approx(0)


def test_orbits_that_lie_there_go_with_the_job(
    asked: Asked, tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = resolve(asked("coherence"), "13.0.0", tmp_path / "o.dim")
    assert own.orbits == ()
    names = ("POEORB a.EOF", "RESORB b.EOF")
    opened = iter(
        replace(date, orbit=replace(date.orbit, source=name))
        for date, name in zip(own.passes[::-1], names[::-1], strict=True)
    )
    monkeypatch.setattr("scarp.snap.resolve.open_pass", lambda *_: next(opened))
    request = asked("coherence", orbits=str(tmp_path), orbit="restituted")
    found = resolve(request, "13.0.0", tmp_path / "o.dim")
    assert [(o.kind, o.path.name, o.date) for o in found.orbits] == [
        ("POEORB", "a.EOF", "2021-01-01"),
        ("RESORB", "b.EOF", "2021-01-13"),
    ]
    types = {n.id: n.parameters["orbitType"] for n in found.graph.nodes if "orbit-" in n.id}
    assert types["orbit-reference-IW1"] == PRECISE
    assert types["orbit-secondary-IW1"] == RESTITUTED


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"track": ("ASC", "")}, "is of orbit DES"),
        ({"track": ("", "7")}, "is of relative orbit"),
    ],
)
def test_another_track_than_the_table_says_is_refused(
    asked: Asked, tmp_path: Path, changes: dict[str, tuple[str, str]], message: str
) -> None:
    request = asked("haalpha")
    orbit, relative = changes["track"]
    place = replace(request.place, orbit=orbit, relative_orbit=relative)
    with pytest.raises(DataError, match=message):
        resolve(replace(request, place=place), "13.0.0", tmp_path / "o.dim")


def test_an_area_that_no_burst_images_is_refused(asked: Asked, tiny: Tiny, tmp_path: Path) -> None:
    far = replace(tiny.grid, left=tiny.grid.left + 300_000)
    wide = tmp_path / "wide.tif"
    with rasterio.open(
        wide,
        "w",
        driver="GTiff",
        dtype="float32",
        count=1,
        height=40,
        width=40,
        crs=far.crs,
        transform=rasterio.Affine(1000, 0, far.left - 20_000, 0, -1000, far.top + 20_000),
    ) as file:
        file.write(np.full((40, 40), 300, np.float32), 1)
    request = asked("haalpha", far)
    place = replace(request.place, dem=str(wide))
    with pytest.raises(DataError, match="no burst of POST1"):
        resolve(replace(request, place=place), "13.0.0", tmp_path / "o.dim")


@pytest.mark.parametrize("version", versions())
def test_nominal_graphs_hold_all_that_a_graph_may_hold(
    asked: Asked, tmp_path: Path, version: str
) -> None:
    nominal = nominal_graphs(version, Processing(speckle="refined-lee"), "restituted", True)
    assert len(nominal) == 3 * 3 * 2 * 2
    assert [fault for graph in nominal.values() for fault in check_graph(graph, version)] == []
    known = {(n.operator, name) for g in nominal.values() for n in g.nodes for name in n.parameters}
    kinds: tuple[Kind, ...] = ("backscatter", "coherence", "haalpha")
    for kind in kinds:
        graph = resolve(asked(kind), version, tmp_path / "o.dim").graph
        assert {(n.operator, name) for n in graph.nodes for name in n.parameters} <= known
