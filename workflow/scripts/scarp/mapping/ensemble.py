"""Several models that map one event together, and what they say of a window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from scarp.errors import Fault, ModelError
from scarp.mapping.cube_windows import CubeWindows
from scarp.mapping.scaled import Recipe, read_scaled, scene_limits
from scarp.mapping.tiles import padded
from scarp.model_description import Description
from scarp.model_file import load
from scarp.unet import UNet


@dataclass(frozen=True, eq=False)
class Group:
    """Models that take the same input.

    Attributes
    ----------
    recipe: of their input. limits: what `scene_limits` found for it in the scene.
    networks: on the device that computes.
    """

    recipe: Recipe
    limits: Mapping[str, tuple[float, float]]
    networks: tuple[UNet, ...]


def require_agreement(descriptions: Mapping[str, Description]) -> None:
    """Raise ModelError unless there is a model and all have equal channels and thresholds."""
    if not descriptions:
        raise ModelError(
            Fault("no model is named", "the models of a map", "at least one", "name one")
        )
    (first, one), *rest = descriptions.items()
    faults = [
        Fault(
            f"differ in {what}",
            f"{first} ({shown(one)}) and {path} ({shown(other)})",
            "models of one feature set, scenario and threshold",
            "map the event with each of them alone",
        )
        for path, other in rest
        for what, shown in (("channels", _channels), ("threshold", _threshold))
        if shown(one) != shown(other)
    ]
    if faults:
        raise ModelError(faults)


def _channels(description: Description) -> str:
    return " ".join(description.channels)


def _threshold(description: Description) -> str:
    return str(description.threshold)


def recipe_of(description: Description) -> Recipe:
    """What makes the input of this model."""
    return Recipe(description.channels, description.scaling, description.patch_size)


def load_groups(
    paths: Sequence[str | Path], cube: CubeWindows, device: torch.device
) -> tuple[Group, ...]:
    """Load models onto `device`, those with equal scaling in one group, which reads a window once.

    Raises
    ------
    ModelError: see `scarp.model_file.load`. DataError: see `scene_limits`.
    """
    groups: list[tuple[Recipe, list[UNet]]] = []
    for path in paths:
        network, description = load(path)
        network = network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        recipe = recipe_of(description)
        for known, networks in groups:
            if known == recipe:
                networks.append(network)
                break
        else:
            groups.append((recipe, [network]))
    return tuple(
        Group(recipe, scene_limits(cube, recipe), tuple(networks)) for recipe, networks in groups
    )


@torch.inference_mode()
def probabilities(
    groups: Sequence[Group],
    cube: CubeWindows,
    rows: slice,
    columns: slice,
    exact: tuple[slice, slice],
) -> tuple[NDArray[np.float32] | None, NDArray[np.bool_]]:
    """What every model says of a window.

    Parameters
    ----------
    rows, columns: of the scene; their ends are multiples of 2**blocks of the deepest network.
    exact: the part of the window that is wanted.

    Returns
    -------
    probability: (model, y, x) float32 of the wanted part; None where none of it is valid, for which
        no network is asked.
    valid: (y, x) bool of the wanted part, where it is for every model.
    """
    valid = np.ones(tuple(part.stop - part.start for part in exact), dtype=np.bool_)
    found: list[NDArray[np.float32]] = []
    for group in groups:
        own, seen = _answers(group, cube, rows, columns, exact)
        valid &= seen
        found += own
        if not valid.any():
            return None, valid
    return np.stack(found), valid


def _answers(
    group: Group, cube: CubeWindows, rows: slice, columns: slice, exact: tuple[slice, slice]
) -> tuple[list[NDArray[np.float32]], NDArray[np.bool_]]:
    """As `probabilities`, of one group: its input is let go of before the next one's is read."""
    images, valid = read_scaled(cube, rows, columns, group.recipe, group.limits)
    if not valid[exact].any():
        return [], valid[exact]
    device = next(group.networks[0].parameters()).device
    batch = torch.from_numpy(images[None]).to(device).permute(0, 3, 1, 2)
    found: list[NDArray[np.float32]] = []
    for network in group.networks:
        down = _within(rows, cube.grid.height, network)
        across = _within(columns, cube.grid.width, network)
        logits = network(batch[:, :, :down, :across])[0, 0]
        found.append(torch.sigmoid(logits[exact]).cpu().numpy())
    return found, valid[exact]


def _within(part: slice, length: int, network: UNet) -> int:
    """How much of a window a network sees: a shallow one needs less padding than the deepest."""
    stop: int = min(part.stop, padded(length, network.blocks))
    return stop - int(part.start)


def mean_and_spread(
    probability: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean over models and their sample standard deviation (divisor n - 1).

    Parameters
    ----------
    probability: (model, y, x) float32.

    Returns
    -------
    Both (y, x) float32; the spread of a single model is not known: NaN.
    """
    if len(probability) == 1:
        return probability[0], np.full_like(probability[0], np.nan)
    mean = probability.mean(axis=0, dtype=np.float64)
    spread = probability.std(axis=0, ddof=1, dtype=np.float64)
    return mean.astype(np.float32), spread.astype(np.float32)
