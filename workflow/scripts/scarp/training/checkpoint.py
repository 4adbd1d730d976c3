"""The state of a training on disk, so that an interrupted one goes on.

A checkpoint is a safetensors file. Its metadata has one entry, ``scarp``: a JSON object with the
training's fingerprint, how far it is, and a CRC-32 of every tensor. The one before is kept beside
it: should the newest be damaged, by a full disk or a machine that lost its power, the older one
serves.
"""

from __future__ import annotations

import json
import logging
import os
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from scarp.files import beside, partial_of
from scarp.training.loop import Training

logger = logging.getLogger("scarp")

_KEY = "scarp"
#: Fields of `Progress` that are no tensors.
_PLAIN = ("epoch", "batch", "score", "kept_epoch", "kept_f1", "history")


def save(path: Path, training: Training, fingerprint: str) -> None:
    """Write the state of a training; what stood there before becomes the older checkpoint.

    When it cannot be written, for want of space for example, a warning says so and the training
    can go on; the checkpoints that are there stay.
    """
    tensors = {name: value.cpu().contiguous() for name, value in _tensors(training)}
    progress = training.progress
    state = {
        "fingerprint": fingerprint,
        "crc": {name: _crc(value) for name, value in tensors.items()},
        "progress": {name: getattr(progress, name) for name in _PLAIN},
    }
    try:
        with beside(path) as partial:
            save_file(tensors, partial, {_KEY: json.dumps(state)})
            _to_disk(partial)
            if path.exists():
                os.replace(path, _older(path))
    except (OSError, SafetensorError) as error:
        logger.warning(
            "%s: the state of the training cannot be saved (%s); it goes on without", path, error
        )
        return
    logger.info("%s: saved in epoch %d after batch %d", path, progress.epoch, progress.batch)


def resume(path: Path, training: Training, fingerprint: str) -> bool:
    """Put a saved state back into a training that has not begun; false when there is none.

    A checkpoint that is damaged, or of other data, settings or code, is passed over with a
    message.
    """
    for candidate in (path, _older(path)):
        if not candidate.exists():
            continue
        try:
            state, tensors = _read(candidate)
        except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
            logger.warning("%s is damaged (%s) and is not used", candidate, error)
            continue
        if state["fingerprint"] != fingerprint:
            logger.info("%s belongs to other data, settings or code and is not used", candidate)
            continue
        _restore(training, state["progress"], tensors)
        logger.info(
            "going on from %s: epoch %d after batch %d",
            candidate,
            training.progress.epoch,
            training.progress.batch,
        )
        return True
    return False


def remove(path: Path) -> None:
    """Remove what `save` wrote, and what a killed process left of it."""
    for file in (path, _older(path), partial_of(path)):
        file.unlink(missing_ok=True)


def _older(path: Path) -> Path:
    return path.with_suffix(f".older{path.suffix}")


def _tensors(training: Training) -> Iterator[tuple[str, Tensor]]:
    """Everything of a training's state that is a tensor, by name."""
    progress, optimiser = training.progress, training.optimiser
    for name, value in training.model.state_dict().items():
        yield f"model.{name}", value
    for kind in ("means", "squares", "steps"):
        for number, value in enumerate(getattr(optimiser, kind)):
            yield f"adam.{kind}.{number}", value
    for name, value in progress.kept.items():
        yield f"kept.{name}", value
    yield "losses", training.losses
    yield "drawn", progress.drawn


def _restore(training: Training, plain: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
    progress = training.progress
    for name in _PLAIN:
        setattr(progress, name, plain[name])
    progress.score = (float(plain["score"][0]), float(plain["score"][1]))
    progress.history = [tuple(row) for row in plain["history"]]
    progress.drawn = tensors["drawn"]
    device = training.losses.device
    progress.kept = {
        name.removeprefix("kept."): value.to(device)
        for name, value in tensors.items()
        if name.startswith("kept.")
    }
    for name, value in _tensors(training):
        if not name.startswith("kept.") and name != "drawn":
            with torch.no_grad():
                value.copy_(tensors[name])


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The state in a file; ValueError when a tensor is not what was written."""
    with safe_open(path, framework="pt") as file:
        state = json.loads((file.metadata() or {})[_KEY])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    if set(state["crc"]) != set(tensors):
        raise ValueError("it lacks tensors")
    wrong = [name for name, value in tensors.items() if _crc(value) != state["crc"][name]]
    if wrong:
        raise ValueError(f"the checksum of {wrong[0]} is wrong")
    return state, tensors


def _crc(tensor: Tensor) -> int:
    values: NDArray[np.uint8] = tensor.contiguous().view(-1).view(torch.uint8).numpy()
    return zlib.crc32(values.data)


def _to_disk(path: Path) -> None:
    """Wait until a file has reached the disk: renamed earlier, it might be empty after a crash."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
