"""What SNAP wrote becomes product files, or is refused; the stand-in plays the graphs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

import gpt_cli
from scarp.errors import DataError
from scarp.grid import Grid
from scarp.product_raster import read_raster
from scarp.sentinel1.engine import Ground, Layers
from scarp.sentinel1.products import write_layers
from scarp.sentinel1.settings import Processing
from scarp.snap.dimap import open_dimap
from scarp.snap.facts import versions
from scarp.snap.products import product_faults, read_bands, write_snap_product
from scarp.snap.settings import KINDS, Kind
from scarp.snap.written import SnapProduct
from snap_route import DEM, GRID, MADE, Bands, graph_of, snap_product, tiny_scene
from tiny_slc import Tiny

Floats = NDArray[np.float32]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return tiny_scene(tmp_path_factory.mktemp("scene"))


@pytest.fixture(scope="module")
def embedded(tiny: Tiny) -> Layers:
    return tiny.run()


def play(
    folder: Path, text: str, version: str = "13.0.0", environment: dict[str, str] | None = None
) -> int:
    """Let the stand-in play a graph that writes out.dim."""
    (folder / "graph.xml").write_text(text, encoding="utf-8")
    told = {"SCARP_GPT_VERSION": version, **(environment or {})}
    return gpt_cli.main(["./graph.xml", "-c", "100M", "-q", "1"], told, folder)


def played(folder: Path, text: str, version: str = "13.0.0") -> SnapProduct:
    assert play(folder, text, version) == 0
    return open_dimap(folder / "out.dim")


# Products of the tiny scene against the embedded engine's.


@pytest.mark.parametrize("kind", [*KINDS, "geometry"])
def test_products_are_what_the_embedded_engine_makes(
    tiny: Tiny, embedded: Layers, tmp_path: Path, kind: Kind | Literal["geometry"]
) -> None:
    graph: Kind = "backscatter" if kind == "geometry" else kind
    played(tmp_path, graph_of(graph, tiny, Path("out.dim")))
    passes = tiny.passes() if kind == "coherence" else tiny.passes()[:1]
    epoch = "POST1" if kind == "coherence" else "PRE1"
    file = tmp_path / "snap.tif"
    made = replace(MADE, dem=tiny.dem, dem_origin=tiny.dem.name)
    write_snap_product(tmp_path / "out.dim", kind, file, tiny.grid, passes, epoch, made)
    ground = Ground(tiny.grid, tiny.dem, "ellipsoidal")
    both = dict(zip(("PRE1", "POST1"), tiny.passes(), strict=True))
    paths = write_layers(tmp_path / "own", ground, both, embedded, Processing(), "PRE1")
    names = {"backscatter": f"gamma0_{epoch}.tif", "geometry": "geometry.tif"}
    name = names.get(kind, f"{kind}_{epoch}.tif")
    own = read_raster(next(path for path in paths if path.name == name))
    snap = read_raster(file)
    assert snap.grid == own.grid
    assert snap.descriptions == own.descriptions
    assert np.isnan(snap.nodata or 0)
    assert snap.values.dtype == np.float32
    np.testing.assert_allclose(snap.values, own.values, rtol=1e-4, atol=1e-5)
    assert set(snap.tags) == set(own.tags)
    differ = {name for name in snap.tags if snap.tags[name] != own.tags[name]}
    assert differ == {"engine", "engine_version", "orbit_source"}
    assert (snap.tags["engine"], snap.tags["simulated"]) == ("snap", "true")


@pytest.mark.parametrize("kind", KINDS)
def test_two_subswaths_are_merged(tmp_path: Path, kind: Kind) -> None:
    two = tiny_scene(tmp_path / "scene", ("IW1", "IW2"))
    text = graph_of(kind, two, Path("out.dim"))
    assert "TOPSAR-Merge" in text
    product = played(tmp_path, text)
    assert not any("IW" in name for name in product.bands)
    found = read_bands(product, kind, two.grid)
    layers = two.run()
    expected = {
        "backscatter": layers.dates["PRE1"].gamma0,
        "haalpha": layers.dates["PRE1"].haalpha,
        "coherence": layers.coherence["POST1"][None],
    }[kind]
    np.testing.assert_allclose(np.stack([*found.values()]), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("version", versions())
def test_every_version_plays_its_own_graph(tiny: Tiny, tmp_path: Path, version: str) -> None:
    text = graph_of("coherence", tiny, Path("out.dim"), version)
    product = played(tmp_path, text, version)
    assert [*product.bands] == ["coh_IW1_VV_01Jan2021_13Jan2021"]


# The graph alone decides what the stand-in computes.


def test_the_window_of_coherence_is_the_graphs(tiny: Tiny, tmp_path: Path) -> None:
    text = graph_of("coherence", tiny, Path("out.dim"))
    text = text.replace("<cohWinRg>10<", "<cohWinRg>18<").replace("<cohWinAz>3<", "<cohWinAz>5<")
    bands = read_bands(played(tmp_path, text), "coherence", tiny.grid)
    expected = tiny.run(processing=Processing(coherence_range=18, coherence_azimuth=5))
    np.testing.assert_allclose(bands["VV"], expected.coherence["POST1"], atol=1e-4)


def test_square_pixels_override_the_lines(tiny: Tiny, tmp_path: Path) -> None:
    text = graph_of("coherence", tiny, Path("out.dim"))
    text = text.replace("<cohWinAz>3<", "<cohWinAz>9<")
    text = text.replace("<squarePixel>false<", "<squarePixel>true<")
    bands = read_bands(played(tmp_path, text), "coherence", tiny.grid)
    expected = tiny.run(processing=Processing(coherence_azimuth=3))  # ten ground pixels in range
    np.testing.assert_allclose(bands["VV"], expected.coherence["POST1"], atol=1e-4)


def test_the_window_of_the_decomposition_is_the_graphs(tiny: Tiny, tmp_path: Path) -> None:
    text = graph_of("haalpha", tiny, Path("out.dim"))
    text = text.replace("<windowSize>5<", "<windowSize>9<")
    bands = read_bands(played(tmp_path, text), "haalpha", tiny.grid)
    expected = tiny.run(processing=Processing(decomposition=9)).dates["PRE1"].haalpha
    np.testing.assert_allclose(bands["entropy"], expected[0], atol=1e-4)


def test_the_first_source_is_the_reference(tiny: Tiny, embedded: Layers, tmp_path: Path) -> None:
    text = graph_of("coherence", tiny, Path("out.dim"))
    swapped = text.replace('"orbit-reference"/>', '"x"/>').replace(
        '"orbit-secondary"/>', '"orbit-reference"/>'
    )
    product = played(tmp_path, swapped.replace('"x"/>', '"orbit-secondary"/>'))
    assert [*product.bands] == ["coh_IW1_VV_13Jan2021_01Jan2021"]
    values = read_bands(product, "coherence", tiny.grid)["VV"]
    known = embedded.coherence["POST1"]
    assert not np.array_equal(values, known)
    assert np.corrcoef(values.ravel(), known.ravel())[0, 1] > 0.9


def test_another_projection_is_computed_and_then_refused(tiny: Tiny, tmp_path: Path) -> None:
    text = graph_of("haalpha", tiny, Path("out.dim")).replace("EPSG:32633", "EPSG:32632")
    product = played(tmp_path, text)
    assert product.geocoding[0].to_epsg() == 32632
    with pytest.raises(DataError, match="is in EPSG:32632"):
        read_bands(product, "haalpha", tiny.grid)


def test_another_spacing_is_computed_and_then_refused(tiny: Tiny, tmp_path: Path) -> None:
    text = graph_of("haalpha", tiny, Path("out.dim"))
    text = re.sub("<pixelSpacingInMeter>[0-9.]+<", "<pixelSpacingInMeter>20<", text)
    product = played(tmp_path, text)
    with pytest.raises(DataError, match="pixels of 20 by 20"):
        read_bands(product, "haalpha", tiny.grid)


def test_a_subswath_that_the_scene_lacks_fails(
    tiny: Tiny, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = graph_of("haalpha", tiny, Path("out.dim")).replace(">IW1<", ">IW2<")
    assert play(tmp_path, text) == 1
    assert "IW2 has no such bursts" in capsys.readouterr().err
    assert not (tmp_path / "out.dim").exists()


def test_fewer_bursts_give_less_data(tiny: Tiny, tmp_path: Path) -> None:
    shares = []
    for bursts in ((1, 2), (1, 1)):
        text = graph_of("haalpha", tiny, Path("out.dim"), bursts=bursts)
        bands = read_bands(played(tmp_path, text), "haalpha", tiny.grid)
        shares.append(np.isfinite(bands["alpha"]).mean())
    assert shares[0] == 1
    assert 0.1 < shares[1] < 0.99


def test_noise_that_nobody_removes_stays(tiny: Tiny, embedded: Layers, tmp_path: Path) -> None:
    text = graph_of("backscatter", tiny, Path("out.dim"))
    text = re.sub(r'  <node id="noise">.*?</node>\n', "", text, flags=re.DOTALL)
    bands = read_bands(
        played(tmp_path, text.replace('"noise"', '"read"')), "backscatter", tiny.grid
    )
    assert (bands["VH"] > embedded.dates["PRE1"].gamma0[1]).all()


@pytest.mark.parametrize(
    ("kind", "old", "new", "message"),
    [
        ("backscatter", "<outputBetaBand>true<", "<outputBetaBand>false<", "Beta0 band is missing"),
        ("haalpha", "<outputImageInComplex>true<", "<outputImageInComplex>false<", "complex"),
        ("haalpha", "Polarimetric-Matrices", "Polarimetric-Matrix", "not found"),
        ("coherence", "cohWinRg", "cohWindowRg", "Unknown element 'cohWindowRg'"),
        ("coherence", "manifest.safe", "${scene}", "does not exist"),
        ("backscatter", "orbitType>S", "orbitType>X", "is invalid"),
    ],
)
def test_the_stand_in_refuses_what_snap_refuses(
    tiny: Tiny,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    kind: Kind,
    old: str,
    new: str,
    message: str,
) -> None:
    text = graph_of(kind, tiny, Path("out.dim"))
    assert old in text
    assert play(tmp_path, text.replace(old, new)) == 1
    assert message in capsys.readouterr().err


def test_elements_of_later_versions_are_refused(tiny: Tiny, tmp_path: Path) -> None:
    text = graph_of("coherence", tiny, Path("out.dim"), "14.0.0")
    assert "correctCoherenceBias" in text
    assert play(tmp_path, text, "13.0.0") == 1
    assert play(tmp_path, text, "14.0.0") == 0


def test_values_of_the_command_line_are_put_in(tiny: Tiny, tmp_path: Path) -> None:
    text = graph_of("haalpha", tiny, Path("out.dim")).replace(">5<", ">${side}<")
    (tmp_path / "graph.xml").write_text(text, encoding="utf-8")
    assert gpt_cli.main(["./graph.xml", "-Pother=1"], {}, tmp_path) == 1
    assert gpt_cli.main(["./graph.xml", "-Pside=5"], {}, tmp_path) == 0


# What a finished run may have got wrong.


def checked(path: Path, kind: Kind = "coherence", grid: Grid = GRID) -> dict[str, Floats]:
    product = open_dimap(path)
    bands = read_bands(product, kind, grid)
    faults = product_faults(product, kind, bands, MADE)
    if faults:
        raise DataError(faults)
    return bands


@pytest.mark.parametrize("swath", ["IW1_", "IW3_", ""])
def test_names_with_and_without_subswath(tmp_path: Path, swath: str) -> None:
    bands = Bands().backscatter(swath)
    found = checked(snap_product(tmp_path / "g.dim", bands), "backscatter")
    np.testing.assert_array_equal(found["VH"], bands[f"Gamma0_{swath}VH"])
    checked(snap_product(tmp_path / "c.dim", Bands().coherence(swath)))


def test_a_larger_product_is_cut_and_a_smaller_one_filled_up(tmp_path: Path) -> None:
    bands = Bands().coherence()
    values = next(iter(bands.values()))
    path = snap_product(tmp_path / "g.dim", bands)
    event = Grid(GRID.crs, GRID.left + 30, GRID.top + 20, 10.0, GRID.height, GRID.width)
    found = checked(path, grid=event)["VV"]
    assert np.isnan(found[:2]).all()
    assert np.isnan(found[:, -3:]).all()
    np.testing.assert_array_equal(found[2:, :-3], values[:-2, 3:])


def test_zero_is_no_data_even_where_the_product_does_not_say_so(tmp_path: Path) -> None:
    bands = Bands().coherence()
    values = next(iter(bands.values()))
    values[3, 4] = 0
    path = snap_product(tmp_path / "g.dim", bands)
    path.write_text(path.read_text().replace("VALUE_USED>true", "VALUE_USED>false"))
    expected = values.copy()
    expected[3, 4] = np.nan
    np.testing.assert_array_equal(checked(path)["VV"], expected)


def test_zero_is_no_data_but_for_a_single_angle(tmp_path: Path) -> None:
    bands = Bands().haalpha()
    for values in bands.values():
        values[0, 0] = 0
    bands["Entropy"][1, 1] = 0
    bands["Alpha"][2, 2] = np.nan
    path = snap_product(tmp_path / "g.dim", bands)
    # The decomposition names no no-data value.
    path.write_text(path.read_text().replace("VALUE_USED>true", "VALUE_USED>false"))
    found = checked(path, "haalpha")
    assert np.isnan([found[name][0, 0] for name in found]).all()
    assert [float(found[name][1, 1]) for name in ("entropy", "alpha")] == [
        0,
        float(bands["Alpha"][1, 1]),
    ]
    assert np.isnan([found[name][2, 2] for name in found]).all()


def moved(**changes: float) -> Grid:
    return replace(GRID, **changes)  # type: ignore[arg-type]


WRONG: dict[str, tuple[Callable[[Path], Path], str]] = {
    "no band": (lambda p: snap_product(p, Bands().haalpha()), "has no bands that are VV"),
    "two bands": (
        lambda p: snap_product(p, Bands().coherence("IW1_") | Bands().coherence("IW2_")),
        "has 2 bands that are VV",
    ),
    "half a pixel": (
        lambda p: snap_product(p, Bands().coherence(), moved(left=500_005.0, top=4_650_005.0)),
        r"\+0.500 columns|-0.500 columns",
    ),
    "elsewhere": (
        lambda p: snap_product(p, Bands().coherence(), moved(left=600_000.0)),
        "beside the event's grid",
    ),
    "all zero": (
        lambda p: snap_product(p, {k: 0 * v for k, v in Bands().coherence().items()}),
        "no data in any pixel",
    ),
    "constant": (
        lambda p: snap_product(p, {k: 0 * v + 0.5 for k, v in Bands().coherence().items()}),
        "is 0.5 in every pixel",
    ),
    "above one": (
        lambda p: snap_product(p, {k: 5 * v for k, v in Bands().coherence().items()}),
        "holds values from",
    ),
    "restituted": (
        lambda p: snap_product(p, Bands().coherence(), orbit="Sentinel Restituted x_RESORB_y"),
        "orbit of RESORB",
    ),
    "annotation": (
        lambda p: snap_product(p, Bands().coherence(), orbit=""),
        "orbit of annotation of the product itself",
    ),
    "dem": (
        lambda p: snap_product(p, Bands().coherence(), dem="SRTM 3Sec"),
        "made with DEM 'SRTM 3Sec'",
    ),
    "cut": (lambda p: snap_product(p, Bands().coherence(), cut=True), "half-written"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_product_is_refused(tmp_path: Path, name: str) -> None:
    spoil, message = WRONG[name]
    with pytest.raises(DataError, match=message):
        checked(spoil(tmp_path / "g.dim"))


def test_little_data_is_refused_below_the_floor(tmp_path: Path) -> None:
    bands = Bands().coherence()
    next(iter(bands.values()))[1:] = 0
    path = snap_product(tmp_path / "g.dim", bands)
    with pytest.raises(DataError, match=r"4\.2%"):
        checked(path)
    product = open_dimap(path)
    assert not product_faults(
        product, "coherence", read_bands(product, "coherence", GRID), MADE, 0.04
    )


def test_decibel_and_digital_numbers_are_no_gamma_nought(tmp_path: Path) -> None:
    linear = Bands().backscatter()
    decibel = {name: 10 * np.log10(values) for name, values in linear.items()}
    with pytest.raises(DataError, match="seems to be in decibel"):
        checked(snap_product(tmp_path / "d.dim", decibel), "backscatter")
    numbers = {name: values * 100 for name, values in linear.items()}
    with pytest.raises(DataError, match="its median is"):
        checked(snap_product(tmp_path / "n.dim", numbers), "backscatter")


def test_a_precise_orbit_is_not_worse_than_a_restituted_one(tmp_path: Path) -> None:
    product = open_dimap(snap_product(tmp_path / "g.dim", Bands().coherence()))
    bands = read_bands(product, "coherence", GRID)
    assert not product_faults(product, "coherence", bands, replace(MADE, orbit="RESORB"))
    assert product_faults(product, "coherence", bands, replace(MADE, dem=DEM.with_name("b.tif")))


def test_all_faults_come_at_once_and_nothing_is_written(tiny: Tiny, tmp_path: Path) -> None:
    bands = {name: values * 9 for name, values in Bands().coherence().items()}
    path = snap_product(tmp_path / "g.dim", bands, orbit="", dem="SRTM 3Sec")
    with pytest.raises(DataError, match="3 faults"):
        write_snap_product(
            path, "coherence", tmp_path / "c.tif", GRID, tiny.passes(), "POST1", MADE
        )
    assert not [*tmp_path.glob("*.tif"), *tmp_path.glob(".*")]
