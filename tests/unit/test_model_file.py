import json
from dataclasses import asdict, fields, replace

import pytest
import torch
from safetensors.torch import save_file

from scarp.errors import ModelError
from scarp.model_description import Description, check_channels, read_description
from scarp.model_file import load, save
from scarp.unet import UNet
from tiny_model import DESCRIPTION, network


def test_a_model_comes_back_as_it_was_saved(tmp_path):
    model = network()
    save(tmp_path / "model.safetensors", model.state_dict(), DESCRIPTION)
    again, description = load(tmp_path / "model.safetensors")
    assert description == DESCRIPTION
    assert not again.training
    images = torch.rand(2, 2, 32, 32)
    assert torch.equal(again(images), model.eval()(images))
    assert again(images).std() > 1e-3


def test_an_undefined_validation_score_stays_undefined(tmp_path):
    description = replace(DESCRIPTION, validation_f1=None)
    save(tmp_path / "model.safetensors", network().state_dict(), description)
    assert read_description(tmp_path / "model.safetensors").validation_f1 is None


def test_equal_models_have_equal_bytes(tmp_path):
    weights = network().state_dict()
    save(tmp_path / "one", weights, DESCRIPTION)
    save(tmp_path / "two", dict(reversed(weights.items())), replace(DESCRIPTION))
    save(tmp_path / "three", weights, replace(DESCRIPTION, seed=8))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert (tmp_path / "one").read_bytes() != (tmp_path / "three").read_bytes()


@pytest.mark.parametrize("name", [field.name for field in fields(Description)])
def test_every_missing_field_is_named(tmp_path, name):
    metadata = asdict(DESCRIPTION)
    del metadata[name]
    path = tmp_path / "model.safetensors"
    save_file(network().state_dict(), path, {"scarp": json.dumps(metadata)})
    with pytest.raises(ModelError) as error:
        load(path)
    (fault,) = error.value.faults
    assert fault.offender == str(path)
    assert fault.fact == f"its metadata lacks {name}"
    assert "train it again" in fault.cure


def test_weights_without_any_metadata_are_no_model(tmp_path):
    save_file(network().state_dict(), tmp_path / "model.safetensors")
    with pytest.raises(ModelError, match="lacks architecture, channels, scaling"):
        read_description(tmp_path / "model.safetensors")


@pytest.mark.parametrize("content", [b"", b"not a model at all", None])
def test_another_file_is_no_model(tmp_path, content):
    path = tmp_path / "model.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match="cannot be read as a model") as error:
        load(path)
    assert error.value.faults[0].offender == str(path)


def test_weights_of_another_architecture_are_refused(tmp_path):
    save(tmp_path / "model.safetensors", UNet(2, 3, 2).state_dict(), DESCRIPTION)
    with pytest.raises(ModelError, match="size mismatch"):
        load(tmp_path / "model.safetensors")


def test_a_manifest_of_another_length_is_refused(tmp_path):
    description = replace(DESCRIPTION, channels=("POST1_B04",))
    save(tmp_path / "model.safetensors", network().state_dict(), description)
    with pytest.raises(ModelError, match="names 1 channels but its network takes 2"):
        load(tmp_path / "model.safetensors")


def test_nothing_is_left_under_the_name_when_saving_fails(tmp_path):
    with pytest.raises(TypeError):
        save(
            tmp_path / "model.safetensors",
            network().state_dict(),
            replace(DESCRIPTION, training={"epochs": object()}),
        )
    assert list(tmp_path.iterdir()) == []


def test_data_with_more_channels_in_another_order_serve_a_model():
    check_channels(DESCRIPTION, "m", "d", ("POST1_B04", "PRE1_B04", "None_SLOPE"))


def test_channels_that_data_lack_are_named():
    with pytest.raises(ModelError) as error:
        check_channels(DESCRIPTION, "the model", "patches/A.nc", ("PRE1_B04", "None_SLOPE"))
    (fault,) = error.value.faults
    assert fault.offender == "patches/A.nc"
    assert fault.fact == "lacks POST1_B04, which model the model was trained on"
    assert fault.cure
