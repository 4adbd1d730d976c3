import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import scarp
from scarp.augment import SETS, TRANSFORMS, augment, transform

PATCH = np.arange(2 * 3 * 4 * 4).reshape(2, 3, 4, 4)
EXPECTED = {
    "identity": PATCH,
    "flip-horizontal": PATCH[..., ::-1],
    "flip-vertical": PATCH[..., ::-1, :],
    "rotate-90": np.rot90(PATCH, 1, axes=(-2, -1)),
    "rotate-180": np.rot90(PATCH, 2, axes=(-2, -1)),
    "rotate-270": np.rot90(PATCH, 3, axes=(-2, -1)),
    "flip-diagonal": np.swapaxes(PATCH, -2, -1),
    "flip-antidiagonal": np.rot90(PATCH, 2, axes=(-2, -1)).swapaxes(-2, -1),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_transform_turns_arrays_and_tensors_alike(name):
    np.testing.assert_array_equal(transform(PATCH, name), EXPECTED[name])
    turned = transform(torch.from_numpy(PATCH), name)
    np.testing.assert_array_equal(turned.numpy(), EXPECTED[name])


def test_the_eight_symmetries_are_all_different():
    assert set(SETS["symmetries"]) == set(EXPECTED)
    assert len({transform(PATCH, name).tobytes() for name in SETS["symmetries"]}) == 8


def test_an_unknown_transform_is_refused():
    with pytest.raises(KeyError):
        transform(PATCH, "rotate-45")


def test_the_papers_set_makes_2130_rows_of_355_patches():
    rows = augment([("BR0001", patch) for patch in range(355)], "paper")
    assert len(rows) == len(set(rows)) == 2130
    assert {step for *_, step in rows} == {
        "identity",
        "flip-horizontal",
        "flip-vertical",
        "rotate-90",
        "rotate-180",
        "rotate-270",
    }


def test_no_augmentation_leaves_each_patch_once():
    assert augment([("BR0001", 4), ("IN0001", 0)], "none") == [
        ("BR0001", 4, "identity"),
        ("IN0001", 0, "identity"),
    ]


def test_the_module_is_light_enough_to_be_read_while_the_workflow_is_parsed():
    library = Path(scarp.__file__).parent.parent
    program = (
        f"import sys; sys.path.insert(0, {str(library)!r}); import scarp.augment;"
        "print({'numpy', 'torch', 'xarray', 'rasterio'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
