"""Maps of whole scenes: what tiles, windows, ensembles and files must not change."""

import logging
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
import torch
from rio_cogeo.cogeo import cog_validate

from scarp import scaling
from scarp.batches import read_images
from scarp.cutting import cut
from scarp.errors import DataError, ModelError
from scarp.mapping import scene as scene_module
from scarp.mapping.cog import cog_rows, flag, share
from scarp.mapping.cube_windows import open_windows
from scarp.mapping.ensemble import load_groups, mean_and_spread
from scarp.mapping.progress import Progress
from scarp.mapping.rows import mapped_rows
from scarp.mapping.scaled import Recipe, read_scaled, scene_limits
from scarp.mapping.scene import map_scene
from scarp.mapping.tiles import margin, receptive_field, spans, weights
from scarp.model_file import load
from scarp.patches import read_table
from scarp.prediction import CERTAIN, NODATA
from scarp.scaling import Limits, Scaling
from scarp.unet import UNet
from tiny_model import DESCRIPTION
from tiny_scene import CHANNELS, files, grid, layers, write_model, write_scene

CPU = torch.device("cpu")
pytestmark = pytest.mark.filterwarnings(
    "ignore::rasterio.errors.NotGeoreferencedWarning"  # of scenes that have no georeference
)


def stored(path):
    with rasterio.open(path) as file:
        return file.read(1)


def whole(cube, models, tile, blocks, offset=0):
    """Probability, spread and validity of a scene, not yet rounded."""
    with open_windows(cube) as windows:
        groups = load_groups(models, windows, CPU)
        down, across = (
            spans(length, tile, blocks, offset)
            for length in (windows.grid.height, windows.grid.width)
        )
        bands = list(mapped_rows(groups, windows, down, across, Progress("", 1, 1)))
    assert [band.first for band in bands] == list(
        np.cumsum([0, *(len(band.valid) for band in bands[:-1])])
    )
    return tuple(
        np.concatenate([getattr(band, name) for band in bands])
        for name in ("probability", "spread", "valid")
    )


# --- tiles


def test_the_receptive_field_by_hand():
    # One block: 2 of the decoder, then in coarse pixels 2 of the bottom, then 2 of the encoder.
    # Pixel 0 sees fine -2..2, coarse -1..1, -3..3, fine -6..7, -8..9.
    assert receptive_field(1, 0) == (-8, 9)
    assert receptive_field(1, 1) == (-8, 9)
    assert margin(1) == 8
    assert margin(5) == 190
    assert max(pixel - receptive_field(5, pixel)[0] for pixel in range(32)) == 219


def test_the_receptive_field_is_the_networks():
    """Positive weights let every path count, and a slope makes each maximum the outer pixel."""
    torch.manual_seed(1)
    network = UNet(1, 1, 5).double().eval()
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if weight.ndim == 4:
                weight.copy_(0.1 + 0.01 * torch.rand_like(weight))
            elif name.endswith("bias"):
                weight.fill_(0.1)
    slope = torch.linspace(1, 2, 1024, dtype=torch.float64).expand(1, 1, 32, 1024)
    ends = {}
    for side, image in (("first", slope.flip(-1)), ("last", slope)):
        image = image.clone().requires_grad_()
        output = network(image)[0, 0, 16]
        for pixel in range(512, 544, 3):
            (gradient,) = torch.autograd.grad(output[pixel], image, retain_graph=True)
            seen = torch.nonzero(gradient[0, 0].abs().sum(dim=0))
            ends.setdefault(pixel, {})[side] = int(seen[0 if side == "first" else -1])
    for pixel, found in ends.items():
        assert (found["first"], found["last"]) == receptive_field(5, pixel)


@pytest.mark.parametrize("offset", [0, 1, 37, 95, -200, 1000])
@pytest.mark.parametrize(
    ("length", "tile", "blocks"),
    [(1000, 416, 5), (1000, 512, 5), (447, 416, 5), (97, 64, 2), (333, 104, 3), (50, 48, 1)],
)
def test_tiles_keep_to_the_networks_squares_and_weigh_exact_pixels_only(
    length, tile, blocks, offset
):
    row = spans(length, tile, blocks, offset)
    multiple = 2**blocks
    assert len(row) > 1 or length <= tile
    total = np.zeros(length)
    for span, weight in zip(row, weights(row), strict=True):
        assert span.start % multiple == span.stop % multiple == 0
        assert span.stop - span.start <= tile
        assert (weight > 0).all()
        total[span.first : span.end] += weight
        for pixel in range(span.first, span.end):
            first, last = receptive_field(blocks, pixel)
            assert first >= span.start or span.start == 0
            assert last < span.stop or length <= span.stop < length + multiple
    np.testing.assert_allclose(total, 1, atol=1e-6)


def test_a_scene_smaller_than_a_tile_is_one_window_wherever_the_grid_begins():
    for offset in (0, 37):
        (span,) = spans(500, 512, 5, offset)
        assert (span.start, span.stop, span.first, span.end) == (0, 512, 0, 500)


def test_weights_change_smoothly_where_exact_parts_overlap():
    row = spans(1000, 512, 5)
    before, after = row[0], row[1]
    assert (before.stop, before.end, after.start, after.first) == (512, 322, 128, 318)
    falling, rising = weights(row)[0][-4:], weights(row)[1][:4]
    np.testing.assert_allclose(rising, np.sin(np.pi / 16 * np.array([1, 3, 5, 7])) ** 2, atol=1e-6)
    np.testing.assert_allclose(falling, rising[::-1], atol=1e-6)


@pytest.mark.parametrize("tile", [384, 415, 500])
def test_a_tile_without_an_exact_part_is_refused(tile):
    with pytest.raises(ModelError, match=r"multiples of 32 from 416 on"):
        spans(1000, tile, 5)


# --- the map of one deep network


@pytest.fixture(scope="module")
def deep(tmp_path_factory):
    """A scene, a network of five blocks, and what one window over all of it gives."""
    folder = tmp_path_factory.mktemp("deep")
    cube = write_scene(folder / "cube.nc", layers(710, 620), crs="EPSG:32633")
    model = write_model(folder / "model.safetensors", blocks=5)
    probability, spread, valid = whole(cube, [model], 736, 5)
    assert probability.std() > 0.05 and valid.all() and np.isnan(spread).all()
    return cube, model, probability


def test_one_window_is_the_network_on_the_padded_scene(deep):
    _, model, probability = deep
    values = layers(710, 620)
    image = torch.zeros(1, 2, 736, 640)
    for number, (name, step) in enumerate(zip(CHANNELS, (0.01, 1e-4), strict=True)):
        limits = DESCRIPTION.scaling.bands[name.partition("_")[2]]
        kept = np.rint(values[name] / np.float32(step)) * np.float32(step)  # 16 bit in the cube
        scaled = (kept - limits.low) / (limits.high - limits.low)
        image[0, number, :710, :620] = torch.from_numpy(np.clip(scaled, 0, 1))
    with torch.no_grad():
        expected = torch.sigmoid(load(model)[0](image))[0, 0, :710, :620].numpy()
    assert np.abs(probability - expected).max() < 1e-5


@pytest.mark.parametrize(("tile", "offset"), [(512, 37), (576, 0)])
def test_tiles_give_what_one_window_gives(deep, tile, offset):
    cube, model, probability = deep
    tiled, _, valid = whole(cube, [model], tile, 5, offset)
    assert valid.all()
    assert np.abs(tiled - probability).max() < 1e-5


def test_a_smaller_margin_would_show(deep, monkeypatch):
    """The comparison above can fail."""
    cube, model, probability = deep
    monkeypatch.setattr("scarp.mapping.tiles.margin", lambda blocks: 174)
    tiled, _, _ = whole(cube, [model], 512, 5)
    assert np.abs(tiled - probability).max() > 1e-4


def test_nodata_inside_the_scene_reaches_as_far_as_the_receptive_field(deep, tmp_path):
    _, model, probability = deep
    values = layers(710, 620)
    rows, columns = slice(40, 52), slice(100, 130)
    values["POST1_B04"][rows, columns] = np.nan
    cube = write_scene(tmp_path / "cube.nc", values)
    holed, _, valid = whole(cube, [model], 512, 5)
    hole = np.zeros((710, 620), dtype=bool)
    hole[rows, columns] = True
    np.testing.assert_array_equal(valid, ~hole)
    np.testing.assert_array_equal(np.isnan(holed), hole)
    sees_down, sees_across = (
        np.array(
            [
                first < part.stop and last >= part.start
                for first, last in (receptive_field(5, pixel) for pixel in range(length))
            ]
        )
        for part, length in ((rows, 710), (columns, 620))
    )
    sees = sees_down[:, None] & sees_across
    assert np.abs(holed - probability)[~sees].max() < 1e-5
    assert np.abs(holed - probability)[sees & ~hole].max() > 1e-2


# --- files and ensembles


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """A scene larger than a block of overviews, with holes, in two tiles by nine."""
    folder = tmp_path_factory.mktemp("scene")
    values = layers(90, 600)
    values["None_SLOPE"][10:20, 30:50] = np.nan
    values["None_SLOPE"][:, 590:] = np.nan
    cloud = np.ones((90, 600), dtype=np.uint8)
    cloud[40:60] = 0  # another channel of the cube lacks data here: of no concern
    cube = write_scene(folder / "cube.nc", values, valid=cloud, crs="EPSG:32633")
    there = np.ones((90, 600), dtype=np.bool_)
    there[:, 590:] = there[10:20, 30:50] = False
    return cube, there


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Three models, the last of another scaling and depth."""
    folder = tmp_path_factory.mktemp("models")
    bands = {"SLOPE": Limits("identity", 0.0, 60.0), "B04": Limits("identity", 0.0, 0.4)}
    return [
        write_model(folder / "a.safetensors", seed=2),
        write_model(folder / "b.safetensors", seed=3),
        write_model(
            folder / "c.safetensors",
            seed=4,
            blocks=1,
            scaling=Scaling("train", (1.0, 99.0), bands),
        ),
    ]


def test_an_ensemble_is_the_mean_and_the_sample_spread_of_its_models(scene, models, tmp_path):
    cube, there = scene
    out = files(tmp_path)
    map_scene(models, cube, out, "cpu", tile=80)
    alone = []
    for number, model in enumerate(models):
        own = files(tmp_path / str(number))
        map_scene([model], cube, own, "cpu", tile=128)
        alone.append(stored(own.probability)[there] / CERTAIN)
        assert (stored(own.uncertainty) == NODATA).all()
    a, b, c = alone
    mean = (a + b + c) / 3
    spread = np.sqrt(((a - mean) ** 2 + (b - mean) ** 2 + (c - mean) ** 2) / 2)
    np.testing.assert_allclose(stored(out.probability)[there] / CERTAIN, mean, atol=3e-5)
    np.testing.assert_allclose(stored(out.uncertainty)[there] / CERTAIN, spread, atol=3e-5)
    assert spread.std() > 1e-2
    np.testing.assert_array_equal(stored(out.valid), there)
    for path in (out.probability, out.uncertainty):
        np.testing.assert_array_equal(stored(path) != NODATA, there)


def test_mean_and_spread_by_hand():
    said = np.array([[[0.1]], [[0.4]], [[0.7]]], dtype=np.float32)
    mean, spread = mean_and_spread(said)
    assert mean.dtype == spread.dtype == np.float32
    assert (mean.item(), spread.item()) == (pytest.approx(0.4), pytest.approx(0.3))
    assert np.isnan(mean_and_spread(said[:1])[1]).all()


def test_files_are_cloud_optimised_and_say_what_they_are(scene, models, tmp_path):
    cube, _ = scene
    out = files(tmp_path)
    map_scene(models[:2], cube, out, "cpu", tile=80)
    descriptions = {
        out.probability: "probability of landslide, simulated event",
        out.uncertainty: "standard deviation of probability over models, simulated event",
        out.valid: "1 where there is a probability, 0 elsewhere, simulated event",
    }
    for path, description in descriptions.items():
        valid, errors, warnings = cog_validate(path, strict=True)
        assert valid and not errors and not warnings
        with rasterio.open(path) as file:
            assert file.descriptions == (description,)
            assert file.crs.to_epsg() == 32633
            assert file.transform == rasterio.Affine(*grid(90, 600).transform)
            assert file.tags()["model"] == (
                "roles/rgb/1pre-1post/seed2, roles/rgb/1pre-1post/seed3"
            )
            assert file.tags()["event"] == "NEW" and file.tags()["source"] == "simulated"
            assert float(file.tags()["threshold"]) == 0.5
            assert file.overviews(1) == [2]
            assert file.profile["compress"] == "deflate"
            if path == out.valid:
                assert (file.dtypes, file.nodata) == (("uint8",), None)
            else:
                assert (file.dtypes, file.nodata) == (("uint16",), NODATA)
                assert file.scales == pytest.approx((1 / CERTAIN,))
    full = stored(out.probability)[:, :588].astype(float)
    full[full == NODATA] = np.nan
    with rasterio.open(out.probability, overview_level=0) as file:
        coarse = file.read(1)[:, :294]
    squares = full.reshape(45, 2, 294, 2)
    seen = ~np.isnan(squares).all(axis=(1, 3))
    np.testing.assert_array_equal(coarse != NODATA, seen)
    mean = np.nansum(squares, axis=(1, 3))[seen] / (~np.isnan(squares)).sum(axis=(1, 3))[seen]
    assert np.abs(coarse[seen] - mean).max() <= 1
    with rasterio.open(out.valid, overview_level=0) as file:
        assert set(np.unique(file.read(1))) == {0, 1}
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "probability.tif",
        "uncertainty.tif",
        "valid.tif",
    ]


def test_a_single_model_says_that_no_spread_is_known(tmp_path, models):
    cube = write_scene(tmp_path / "cube.nc", layers(40, 40), source="archive")
    out = files(tmp_path)
    map_scene(models[:1], cube, out, "cpu")
    with rasterio.open(out.uncertainty) as file:
        assert file.descriptions == (
            "standard deviation of probability over models: unknown, one model only",
        )
        assert (file.read(1) == NODATA).all()


def test_neither_tiles_nor_a_second_run_change_the_files(scene, models, tmp_path):
    cube, _ = scene
    outs = []
    for number, tile in enumerate((80, 80, 120)):
        outs.append(files(tmp_path / str(number)))
        map_scene(models[:2], cube, outs[-1], "cpu", tile=tile)
    for name in ("probability", "uncertainty", "valid"):
        first, second, other = (getattr(out, name) for out in outs)
        assert first.read_bytes() == second.read_bytes()
        apart = stored(first).astype(int) - stored(other)
        assert np.abs(apart).max() <= 1  # probability is rounded to 1 / 65534


@pytest.mark.parametrize("threads", [1, 2])
def test_rows_come_back_whatever_compresses_them(tmp_path, threads):
    values = np.random.default_rng(1).integers(0, 2, (700, 600)).astype(np.uint8)
    paths = [tmp_path / "one.tif", tmp_path / "two.tif"]
    for path, count in zip(paths, (1, threads), strict=True):
        with cog_rows(path, grid(700, 600), flag("a flag"), {"event": "A"}, count) as write:
            for start in range(0, 700, 61):
                write(start, values[start : start + 61])
        np.testing.assert_array_equal(stored(path), values)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert share("").dtype == "uint16"


def test_where_nothing_is_valid_no_network_is_asked(tmp_path, models, monkeypatch):
    values = layers(40, 40)
    values["None_SLOPE"][:] = np.nan
    cube = write_scene(tmp_path / "cube.nc", values)
    monkeypatch.setattr(UNet, "forward", lambda *_: pytest.fail("asked"))
    out = files(tmp_path)
    map_scene(models[:1], cube, out, "cpu")
    assert (stored(out.probability) == NODATA).all() and not stored(out.valid).any()


# --- what the network is fed


NAMES = ("None_DEM", "POST1_gVV", "POST1_B08", "POST1_B04", "POST1_NDVI", "POST1_COHVV")


@pytest.fixture(scope="module")
def patched(tmp_path_factory):
    """A cube of 70 x 90 with holes and unknown reference, and its patches of 32."""
    folder = tmp_path_factory.mktemp("patched")
    random = np.random.default_rng(5)
    shape = (70, 90)
    values = {
        "None_DEM": random.uniform(100, 900, shape),
        "POST1_gVV": random.exponential(0.1, shape) - 0.005,
        "POST1_B08": random.uniform(0.15, 0.6, shape),
        "POST1_B04": random.uniform(0.11, 0.3, shape),
        "POST1_NDVI": random.uniform(-1, 1, shape),
        "POST1_COHVV": random.uniform(0, 1, shape),
    }
    values = {name: layer.astype(np.float32) for name, layer in values.items()}
    values["POST1_B04"][3:9, 40:50] = np.nan
    values["None_DEM"][60:, :10] = np.nan
    values["POST1_B08"][66:, 64:] = 0.9
    mask = random.integers(0, 2, shape).astype(np.uint8)
    mask[:32, :20] = 255
    valid = np.ones(shape, dtype=np.uint8)
    valid[40:50, 30:70] = 0
    values["POST1_COHVV"][45, 45] = 1.0  # not valid: takes no part in limits
    cube = write_scene(folder / "cube.nc", values, mask=mask, valid=valid, s2_offset_POST1=0.1)
    cut(cube, folder / "patches.nc", 32, 32)
    return cube, folder / "patches.nc"


@pytest.mark.parametrize("scope", ["train", "scene", "patch"])
@pytest.mark.parametrize("s2_offset", ["as-published", "corrected"])
def test_a_window_is_scaled_as_patches_are(patched, scope, s2_offset):
    cube, patches = patched
    table = read_table(patches)
    every = np.arange(len(table))
    fitted = scaling.fit({"NEW": patches}, [("NEW", 0), ("NEW", 4)], (2, 98), s2_offset=s2_offset)
    own = replace(fitted, scope=scope)
    limits = scaling.scene_limits(patches, NAMES, own)
    expected = np.zeros((96, 96, len(NAMES)), dtype=np.float32)
    images = read_images(patches, every, NAMES, own, limits)
    assert len(table) == 9
    for image, row, column in zip(images, table.row, table.column, strict=True):
        expected[row : row + 32, column : column + 32] = image
    recipe = Recipe(NAMES, own, 32)
    with open_windows(cube) as windows:
        found_limits = scene_limits(windows, recipe)
        assert found_limits == limits and bool(limits) == (scope == "scene")
        all_of_it, valid = read_scaled(windows, slice(0, 96), slice(0, 96), recipe, limits)
        np.testing.assert_array_equal(all_of_it, expected)
        part, part_valid = read_scaled(windows, slice(24, 72), slice(40, 96), recipe, limits)
    np.testing.assert_array_equal(part, expected[24:72, 40:96])
    np.testing.assert_array_equal(part_valid, valid[24:72, 40:96])
    there = np.ones((96, 96), dtype=bool)
    there[70:] = there[:, 90:] = there[3:9, 40:50] = there[60:, :10] = False
    np.testing.assert_array_equal(valid, there)
    assert all(layer.std() > 0.05 for layer in np.moveaxis(expected, 2, 0))


def test_limits_of_a_large_scene_come_from_evenly_spaced_pixels(tmp_path, monkeypatch):
    ramp = np.arange(300 * 40, dtype=np.float32).reshape(300, 40) / 12000
    values = {"POST1_COHVV": ramp}
    cube = write_scene(tmp_path / "cube.nc", values)
    own = Scaling("scene", (0.0, 50.0), {"COHVV": Limits("identity", 0.0, 1.0)})
    monkeypatch.setattr(scaling, "MOST_VALUES", 1800)  # 12000 pixels: every seventh
    with open_windows(cube) as windows:
        found = scene_limits(windows, Recipe(("POST1_COHVV",), own, 32))
    taken = ramp.ravel()[::7]
    assert found["POST1_COHVV"] == pytest.approx((taken[0], np.median(taken)), abs=1e-4)


# --- what is wrong


def test_a_missing_channel_is_told_before_anything_else(tmp_path, models):
    cube = write_scene(tmp_path / "cube.nc", {"None_SLOPE": layers(40, 40)["None_SLOPE"]})
    with pytest.raises(ModelError, match=r"lacks POST1_B04, which model .*a\.safetensors"):
        map_scene(models[:1], cube, files(tmp_path / "out"), "cpu", tile=1)
    assert not (tmp_path / "out").exists()


def test_what_an_ndvi_without_offset_is_made_of_must_be_there(tmp_path):
    cube = write_scene(
        tmp_path / "cube.nc",
        {
            "None_SLOPE": layers(40, 40)["None_SLOPE"],
            "POST1_NDVI": np.zeros((40, 40), dtype=np.float32),
        },
        s2_offset_POST1=0.1,
    )
    bands = {"SLOPE": Limits("identity", 0.0, 60.0), "NDVI": Limits("identity", -1.0, 1.0)}
    model = write_model(
        tmp_path / "model.safetensors",
        channels=("None_SLOPE", "POST1_NDVI"),
        scaling=Scaling("train", (1.0, 99.0), bands, "corrected"),
    )
    with pytest.raises(DataError, match="has no channel POST1_B08"):
        map_scene([model], cube, files(tmp_path), "cpu")


def test_a_scaling_without_a_channels_limits_is_told_before_a_file_is_begun(scene, tmp_path):
    bands = {"SLOPE": Limits("identity", 0.0, 60.0)}
    model = write_model(
        tmp_path / "model.safetensors", scaling=Scaling("scene", (1.0, 99.0), bands)
    )
    with pytest.raises(DataError, match="band B04 has no scaling limits"):
        map_scene([model], scene[0], files(tmp_path / "out"), "cpu")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("changes", "fact"),
    [({"threshold": 0.4}, "differ in threshold"), ({"channels": CHANNELS[::-1]}, "in channels")],
)
def test_models_of_an_ensemble_must_agree(scene, models, tmp_path, changes, fact):
    other = write_model(tmp_path / "other.safetensors", seed=3, **changes)
    with pytest.raises(ModelError, match=fact):
        map_scene([models[0], other], scene[0], files(tmp_path), "cpu")
    with pytest.raises(ModelError, match="no model is named"):
        map_scene([], scene[0], files(tmp_path), "cpu")


def test_a_mosaic_and_what_is_no_cube_are_refused(tmp_path, models):
    mosaic = write_scene(tmp_path / "mosaic.nc", layers(64, 64), tile=32)
    with pytest.raises(DataError, match="mosaic of unrelated 32 x 32 tiles"):
        map_scene(models[:1], mosaic, files(tmp_path), "cpu")
    (tmp_path / "text.nc").write_text("no cube")
    for name in ("text.nc", "none.nc"):
        with pytest.raises(DataError, match="cannot be read as a cube"):
            map_scene(models[:1], tmp_path / name, files(tmp_path), "cpu")
    cut(
        write_scene(tmp_path / "c.nc", layers(64, 64), mask=np.zeros((64, 64), np.uint8)),
        tmp_path / "patches.nc",
        32,
        32,
    )
    with pytest.raises(DataError, match="lacks None_MASK, None_VALID"):
        map_scene(models[:1], tmp_path / "patches.nc", files(tmp_path), "cpu")


def test_another_source_than_the_models_is_warned_of(tmp_path, models, caplog):
    cube = write_scene(tmp_path / "cube.nc", layers(40, 40), source="archive")
    with caplog.at_level(logging.INFO, "scarp"):
        map_scene(models[:1], cube, files(tmp_path), "cpu")
    assert "comes from source 'archive'; model roles/rgb/1pre-1post/seed2" in caplog.text
    assert "map of NEW: 100 %" in caplog.text


def test_a_failing_run_leaves_what_was_there(scene, models, tmp_path, monkeypatch):
    out = files(tmp_path)
    for path in (out.probability, out.uncertainty, out.valid):
        path.write_text("old")
    quantise, calls = scene_module.quantise, []

    def failing(values):
        calls.append(1)
        if len(calls) == 3:
            raise MemoryError
        return quantise(values)

    monkeypatch.setattr(scene_module, "quantise", failing)
    with pytest.raises(MemoryError):
        map_scene(models[:1], scene[0], out, "cpu", tile=80)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "probability.tif",
        "uncertainty.tif",
        "valid.tif",
    ]
    assert {path.read_text() for path in tmp_path.iterdir()} == {"old"}


def test_a_killed_run_leaves_no_final_file_and_the_next_one_clears_up(scene, models, tmp_path):
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from scarp.mapping import scene\n"
        "quantise, left = scene.quantise, [3]\n"
        "def dying(values):\n"
        "    left[0] -= 1\n"
        "    if not left[0]:\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return quantise(values)\n"
        "scene.quantise = dying\n"
        "model, cube, *out = map(Path, sys.argv[1:])\n"
        "scene.map_scene([model], cube, scene.MapFiles(*out), 'cpu', tile=80)\n"
    )
    out = files(tmp_path)
    paths = [out.probability, out.uncertainty, out.valid]
    command = [sys.executable, "-c", program, models[0], scene[0], *paths]
    library = Path(scene_module.__file__).parents[2]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(library)}, check=False)
    assert done.returncode == -signal.SIGKILL
    assert any(tmp_path.iterdir())
    assert all(path.name.startswith(".") for path in tmp_path.iterdir())
    map_scene(models[:1], scene[0], out, "cpu", tile=80)
    assert sorted(tmp_path.iterdir()) == sorted(paths)


def test_progress_is_told_every_ten_seconds_and_at_the_end(caplog):
    now = [0.0]
    progress = Progress("map of A", 100, 4_000_000, lambda: now[0])
    with caplog.at_level(logging.INFO, "scarp"):
        for _ in range(10):
            now[0] += 4.0
            progress.add(10)
    assert [record.message for record in caplog.records] == [
        "map of A: 30 %, 0.1 million pixels/s, about 28 s left",
        "map of A: 60 %, 0.1 million pixels/s, about 16 s left",
        "map of A: 90 %, 0.1 million pixels/s, about 4 s left",
        "map of A: 100 %, 0.1 million pixels/s, all done after 40 s",
    ]
