import warnings

import numpy as np
import pytest
import rasterio
import torch

from scarp import predict
from scarp.batches import read_images
from scarp.errors import DataError
from scarp.grid import Grid
from scarp.model_file import load, save
from scarp.patches import read_flags, read_table
from scarp.predict import predict_patches
from scarp.prediction import NODATA, assemble, at_least, quantise, write_prediction
from tiny import tiny_patches
from tiny_model import DESCRIPTION, network

CHANNELS = ("PRE1_B04", "POST1_B04", "None_SLOPE")
GRID = Grid("EPSG:32633", 500_000.0, 5_000_000.0, 10.0, 40, 50)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    save(path, network().state_dict(), DESCRIPTION)
    return load(path)


def test_probability_is_the_sigmoid_of_the_network_on_scaled_channels_in_the_models_order(
    tmp_path, model
):
    network, description = model
    path = tiny_patches(tmp_path, "A", channels=CHANNELS)
    chosen = np.array([4, 1, 3])
    found = predict_patches(network, description, path, chosen)
    images = read_images(path, chosen, ("None_SLOPE", "POST1_B04"), description.scaling, {})
    with torch.no_grad():
        logits = network(torch.from_numpy(images).permute(0, 3, 1, 2))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-logits[:, 0].numpy())), atol=1e-6)
    assert found.std() > 1e-3


def test_neither_chunks_nor_batches_change_a_prediction(tmp_path, model, monkeypatch):
    network, description = model
    path = tiny_patches(tmp_path, "A", channels=CHANNELS)
    at_once = predict_patches(network, description, path, np.arange(6))
    monkeypatch.setattr(predict, "_CHUNK", 4)
    in_pieces = predict_patches(network, description, path, np.arange(6), batch_size=3)
    np.testing.assert_allclose(in_pieces, at_once, atol=1e-6)


def test_an_event_without_a_channel_cannot_be_predicted(tmp_path, model):
    path = tiny_patches(tmp_path, "A", channels=("PRE1_B04", "None_SLOPE"))
    with pytest.raises(DataError, match="POST1_B04"):
        predict_patches(*model, path, np.array([0]))


def overlapping(folder):
    """Windows of 32 every 16 on a grid of 40 x 50, whose last rows and columns stick out."""
    path = tiny_patches(folder, "A", channels=CHANNELS, height=40, width=50, stride=16)
    table = read_table(path)
    return table, read_flags(path)[1] == 1


def test_overlapping_patches_are_averaged_with_equal_weight(tmp_path):
    table, valid = overlapping(tmp_path)
    patches = np.arange(len(table))
    values = np.broadcast_to(
        patches[:, None, None].astype(np.float32), (len(table), table.size, table.size)
    )
    scene = assemble(table, patches, values, valid)
    assert scene.shape == (40, 50) and scene.dtype == np.float32
    for y, x in [(0, 0), (20, 20), (39, 49), (17, 33)]:
        over = [
            patch
            for patch in patches
            if 0 <= y - table.row[patch] < 32 and 0 <= x - table.column[patch] < 32
        ]
        assert scene[y, x] == pytest.approx(np.mean(over)), (y, x)
    assert np.isfinite(scene).all()


def test_only_valid_pixels_enter_and_nothing_stands_where_there_is_none(tmp_path):
    table, valid = overlapping(tmp_path)
    chosen = np.array([0, 1])
    assert list(table.column[chosen]) == [0, 16]
    valid = valid[chosen].copy()
    valid[0, 3, 4] = False  # in the first window only
    valid[1, 5, 4] = False  # in both, but the first one has it
    valid[0, 7, 20] = valid[1, 7, 4] = False  # one pixel, in both
    values = np.stack([np.full((32, 32), 0.25), np.full((32, 32), 0.75)]).astype(np.float32)
    expected = np.full((40, 50), np.nan, dtype=np.float32)
    expected[:32, :16], expected[:32, 16:32], expected[:32, 32:48] = 0.25, 0.5, 0.75
    expected[3, 4] = expected[7, 20] = np.nan
    expected[5, 20] = 0.25
    np.testing.assert_array_equal(assemble(table, chosen, values, valid), expected)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_stored_probability_is_within_half_a_step_and_keeps_no_data(seed):
    probability = np.random.default_rng(seed).uniform(0, 1, (30, 30)).astype(np.float32)
    probability[0, :3] = (0.0, 1.0, np.nan)
    stored = quantise(probability)
    assert stored.dtype == np.uint16
    assert list(stored[0, :3]) == [0, 65534, NODATA]
    known = np.isfinite(probability)
    assert np.abs(stored[known] / 65534 - probability[known]).max() <= 0.5 / 65534 + 1e-7
    assert (stored[known] != NODATA).all()


def test_a_pixel_counts_from_the_threshold_on_and_no_data_never():
    stored = np.array([[32766, 32767, 32768, 65534, NODATA]], dtype=np.uint16)
    assert at_least(stored, 0.5).tolist() == [[False, True, True, True, False]]


def test_the_file_is_georeferenced_scaled_and_tells_what_it_is(tmp_path):
    stored = quantise(np.linspace(0, 1, 2000, dtype=np.float32).reshape(40, 50))
    stored[7, 7] = NODATA
    tags = {"model": "roles/rgb/1pre-1post/seed7", "event": "A"}
    write_prediction(tmp_path / "A.tif", stored, GRID, "simulated", tags)
    with rasterio.open(tmp_path / "A.tif") as file:
        assert file.crs.to_epsg() == 32633
        assert file.transform.to_gdal() == (500_000.0, 10.0, 0.0, 5_000_000.0, 0.0, -10.0)
        assert file.profile["tiled"] and file.profile["compress"] == "deflate"
        assert (file.dtypes, file.nodata) == (("uint16",), NODATA)
        assert file.scales[0] == pytest.approx(1 / 65534, rel=1e-9)
        assert file.descriptions == ("probability of landslide, simulated event",)
        assert file.tags() | tags | {"source": "simulated"} == file.tags()
        read = file.read(1, masked=True)
    np.testing.assert_array_equal(read.data, stored)
    assert read.mask.sum() == 1 and read.mask[7, 7]


def test_only_a_simulated_event_is_called_simulated(tmp_path):
    stored = np.zeros((40, 50), dtype=np.uint16)
    for source in ("simulated", "simulated archive", "simulated scenes"):
        write_prediction(tmp_path / "A.tif", stored, GRID, source, {})
        with rasterio.open(tmp_path / "A.tif") as file:
            assert file.descriptions == ("probability of landslide, simulated event",)
    write_prediction(tmp_path / "A.tif", stored, GRID, "archive", {})
    with rasterio.open(tmp_path / "A.tif") as file:
        assert file.descriptions == ("probability of landslide",)


def test_a_grid_without_georeference_is_written_without_a_warning(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_prediction(
            tmp_path / "A.tif",
            np.zeros((40, 50), dtype=np.uint16),
            Grid("", 0.0, 0.0, 1.0, 40, 50),
            "landslide4sense",
            {},
        )
    assert [file.name for file in tmp_path.iterdir()] == ["A.tif"]


def test_equal_predictions_have_equal_bytes(tmp_path):
    stored = quantise(np.random.default_rng(1).uniform(0, 1, (40, 50)).astype(np.float32))
    for name in ("one.tif", "two.tif"):
        write_prediction(tmp_path / name, stored, GRID, "simulated", {"event": "A", "model": "m"})
    assert (tmp_path / "one.tif").read_bytes() == (tmp_path / "two.tif").read_bytes()
