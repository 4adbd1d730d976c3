"""A trained model in one file: weights, and everything needed to use and to trace them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from scarp.errors import Fault, ModelError
from scarp.files import beside
from scarp.model_description import AGAIN, KEY, Description, read_description, unreadable
from scarp.unet import UNet


def save(path: str | Path, weights: Mapping[str, Tensor], description: Description) -> None:
    """Write a model in one step; equal weights and descriptions make equal bytes."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
    with beside(path) as partial:
        save_file(tensors, partial, {KEY: json.dumps(asdict(description))})


def load(path: str | Path) -> tuple[UNet, Description]:
    """Read a model, ready to predict on the CPU.

    Raises
    ------
    ModelError: as `read_description`; the weights do not fit the architecture; the channels are
        not as many as the network's.
    """
    description = read_description(path)
    if len(description.channels) != description.architecture.in_channels:
        raise ModelError(
            Fault(
                f"names {len(description.channels)} channels but its network takes"
                f" {description.architecture.in_channels}",
                str(path),
                cure=AGAIN,
            )
        )
    model = UNet(**asdict(description.architecture))
    with safe_open(path, framework="pt") as file:
        weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        raise unreadable(path, error) from error
    return model.eval(), description
