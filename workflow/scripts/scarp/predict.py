"""Probability of landslide in patches of an event, from a trained model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from scarp.batches import read_images
from scarp.model_description import Description
from scarp.scaling import scene_limits
from scarp.unet import UNet

#: Patches that are read at once: a few hundred MB with the largest feature set.
_CHUNK = 64


@torch.inference_mode()
def predict_patches(
    model: UNet,
    description: Description,
    path: str | Path,
    patches: NDArray[np.int64],
    batch_size: int = 16,
) -> NDArray[np.float32]:
    """Probability of landslide of the given patches of an event, (patch, y, x) float32.

    Parameters
    ----------
    model: on the device to compute on.
    path: the event's patches file.

    Raises
    ------
    DataError: the event lacks a channel.
    """
    model.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    device = next(model.parameters()).device
    scene = scene_limits(path, description.channels, description.scaling)
    found: list[NDArray[np.float32]] = []
    for start in range(0, len(patches), _CHUNK):
        chunk = patches[start : start + _CHUNK]
        images = read_images(path, chunk, description.channels, description.scaling, scene)
        for first in range(0, len(chunk), batch_size):
            batch = torch.from_numpy(images[first : first + batch_size]).to(device)
            logits = model(batch.permute(0, 3, 1, 2))
            found.append(torch.sigmoid(logits[:, 0]).cpu().numpy())
    return np.concatenate(found)
