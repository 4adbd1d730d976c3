"""A small model and its description, for tests."""

from __future__ import annotations

from dataclasses import asdict

import torch

from scarp.model_description import Architecture, Description
from scarp.scaling import Limits, Scaling
from scarp.unet import UNet

torch.set_num_threads(1)  # more only get in each other's way on so little work

DESCRIPTION = Description(
    architecture=Architecture(2, 4, 2),
    channels=("None_SLOPE", "POST1_B04"),
    scaling=Scaling(
        "train",
        (1.0, 99.0),
        {"SLOPE": Limits("identity", 0.0, 90.0), "B04": Limits("identity", 0.01, 0.31)},
    ),
    threshold=0.5,
    patch_size=32,
    features="rgb",
    scenario="1pre-1post",
    split="roles",
    seed=7,
    augmentation="paper",
    training={"epochs": 3, "loss_scope": "batch"},
    sources=("simulated",),
    engines=(),
    events=("A", "B"),
    validation_events=("C",),
    epoch=2,
    validation_f1=0.625,
    code="0123456789abcdef",
    fingerprint="0123456789abcdef0123456789abcdef",
    scarp="0.1.0",
    torch="2.13.0",
)


def network() -> UNet:
    """A network of that description, the same one each time, that answers to its input.

    Random weights, with statistics of the normalisation that belong to them: without, most units
    of so small a network are 0 everywhere.
    """
    torch.manual_seed(2)
    model = UNet(**asdict(DESCRIPTION.architecture))
    with torch.no_grad():
        for _ in range(20):
            model(torch.rand(4, 2, 16, 16))
    return model
