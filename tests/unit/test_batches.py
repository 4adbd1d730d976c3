import numpy as np
import pytest
import torch

from scarp import batches
from scarp.augment import TRANSFORMS, transform
from scarp.batches import pixel_orders, read_examples, read_images
from scarp.errors import DataError
from scarp.patches import read_channel, read_flags
from scarp.scaling import Limits, Scaling, scale, scene_limits
from tiny import CHANNELS, tiny_patches

CPU = torch.device("cpu")
SCALING = Scaling(
    "train",
    (1.0, 99.0),
    {
        "SLOPE": Limits("identity", 0.0, 90.0),
        "gVV": Limits("decibel", -25.0, 0.0),
        "B04": Limits("identity", 0.0, 0.6),
    },
)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("patches")
    valid = np.ones((64, 96), dtype=np.uint8)
    valid[:, 40:44] = 0
    return {event: tiny_patches(folder, event, valid=valid) for event in ("A", "B")}


def test_examples_are_the_scaled_patches_in_the_order_of_the_channels(files):
    channels = ("POST1_B04", "PRE1_gVV")
    examples = read_examples(files, [("B", 3), ("B", 1), ("A", 0)], channels, SCALING, CPU)
    assert examples.patches == (("B", 3), ("B", 1), ("A", 0))
    assert examples.images.shape == (3, 32, 32, 2)
    assert examples.images.dtype == torch.float32
    for place, (event, patch) in enumerate(examples.patches):
        chosen = np.array([patch])
        mask, valid = read_flags(files[event], chosen)
        np.testing.assert_array_equal(examples.reference[place], mask[0])
        np.testing.assert_array_equal(examples.valid[place], valid[0])
        for number, channel in enumerate(channels):
            values = read_channel(files[event], channel, chosen)
            expected = scale(values, valid == 1, channel, SCALING, {})
            np.testing.assert_array_equal(examples.images[place, :, :, number], expected[0])


def test_patches_of_one_event_are_brought_together(files):
    mixed = [("A", 2), ("B", 0), ("A", 1)]
    examples = read_examples(files, mixed, ("POST1_B04",), SCALING, CPU)
    assert examples.patches == (("A", 2), ("A", 1), ("B", 0))
    alone = read_examples(files, [("A", 1)], ("POST1_B04",), SCALING, CPU)
    assert torch.equal(examples.images[1], alone.images[0])


def test_only_the_channels_and_patches_that_are_needed_are_read(files, monkeypatch):
    read = []

    def record(path, channel, patches=None, s2_offset="as-published"):
        read.append((channel, list(patches)))
        return read_channel(path, channel, patches, s2_offset)

    monkeypatch.setattr(batches, "read_channel", record)
    read_examples(files, [("A", 4), ("A", 2)], ("PRE1_gVV", "POST1_B04"), SCALING, CPU)
    assert read == [("PRE1_gVV", [4, 2]), ("POST1_B04", [4, 2])]


def test_a_batch_gathers_and_transforms_image_reference_and_validity_alike(files):
    examples = read_examples(files, [("A", n) for n in range(6)], CHANNELS, SCALING, CPU)
    patch = torch.tensor([5, 0, 0, 3, 1, 2, 4, 1])
    step = torch.arange(8)
    batch = examples.gather(patch, step, pixel_orders(32, CPU))
    assert batch.images.shape == (8, len(CHANNELS), 32, 32)
    assert batch.images.is_contiguous(memory_format=torch.channels_last)
    assert batch.reference.dtype == batch.valid.dtype == torch.float32
    for place, name in enumerate(TRANSFORMS):
        own = int(patch[place])
        image = examples.images[own].permute(2, 0, 1)
        assert torch.equal(batch.images[place], transform(image, name))
        for found, stored in (
            (batch.reference, examples.reference),
            (batch.valid, examples.valid),
        ):
            assert torch.equal(found[place, 0], transform(stored[own], name).float())
    assert batch.reference.any() and not batch.valid.all()


def test_a_part_is_the_patches_as_they_are(files):
    examples = read_examples(files, [("A", n) for n in range(3)], CHANNELS, SCALING, CPU)
    batch = examples.part(1, 9)
    assert torch.equal(batch.images, examples.images[1:].permute(0, 3, 1, 2))
    assert torch.equal(batch.reference[:, 0], examples.reference[1:].float())
    assert torch.equal(batch.valid[:, 0], examples.valid[1:].float())


def test_scene_limits_come_from_all_patches_of_the_event_not_from_those_read(files):
    scaling = Scaling("scene", (1.0, 99.0), SCALING.bands)
    examples = read_examples(files, [("B", 5)], ("POST1_B04",), scaling, CPU)
    scene = scene_limits(files["B"], ("POST1_B04",), scaling)
    expected = read_images(files["B"], np.arange(6), ("POST1_B04",), scaling, scene)[5]
    np.testing.assert_array_equal(examples.images[0], expected)


def test_an_event_without_patches_is_named(files):
    with pytest.raises(DataError) as error:
        read_examples(files, [("A", 0), ("C", 1)], CHANNELS, SCALING, CPU)
    (fault,) = error.value.faults
    assert fault.offender == "event C"
    assert "A, B" in fault.allowed and "split" in fault.cure


def test_a_channel_that_an_event_lacks_is_named(files):
    with pytest.raises(DataError, match="has no channel POST3_gVV"):
        read_examples(files, [("A", 0)], ("POST3_gVV",), SCALING, CPU)


def test_events_of_different_patch_size_are_named(files, tmp_path):
    small = tiny_patches(tmp_path, "S", size=16, stride=16)
    with pytest.raises(DataError) as error:
        read_examples({**files, "S": small}, [("A", 0), ("S", 0)], CHANNELS, SCALING, CPU)
    (fault,) = error.value.faults
    assert "A (32 pixels)" in fault.offender and "S (16 pixels)" in fault.offender
    assert "patches: size" in fault.cure
