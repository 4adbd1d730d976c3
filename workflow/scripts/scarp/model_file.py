"""A trained model in one file: weights, and everything needed to use and to trace them.

The file is safetensors. Its metadata has one entry, ``scarp``, a JSON object with the fields of
`Description`: with several entries their order in the file, and so its bytes, would change from run
to run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from scarp.errors import Fault, ModelError
from scarp.files import beside
from scarp.scaling import Scaling, from_dict
from scarp.unet import UNet

_KEY = "scarp"
_AGAIN = "delete it and let the workflow train it again"


@dataclass(frozen=True)
class Architecture:
    """Arguments of `scarp.unet.UNet`."""

    in_channels: int
    base_width: int
    blocks: int


@dataclass(frozen=True)
class Description:
    """What a model is, how it was made and what it needs.

    Attributes
    ----------
    architecture: of the U-Net.
    channels: names in the order of the input.
    scaling: scope and limits, of the model's own bands.
    threshold: probability from which a pixel counts as landslide.
    patch_size: side in pixels that it was trained on.
    features, scenario, split, seed: which experiment it is.
    augmentation: name of the set of transforms.
    training: all settings of the training, and the kind of device it ran on.
    sources: kinds of source it has seen, such as `simulated`.
    events: event ids that it was trained on.
    validation_events: event ids that chose the epoch.
    epoch: the epoch that was kept, from 1.
    validation_f1: at that epoch; None when the validation patches hold no landslide.
    code: hash of the code that trained it.
    fingerprint: of all data, settings and code that shaped it.
    scarp, torch: versions.
    """

    architecture: Architecture
    channels: tuple[str, ...]
    scaling: Scaling
    threshold: float
    patch_size: int
    features: str
    scenario: str
    split: str
    seed: int
    augmentation: str
    training: Mapping[str, Any]
    sources: tuple[str, ...]
    events: tuple[str, ...]
    validation_events: tuple[str, ...]
    epoch: int
    validation_f1: float | None
    code: str
    fingerprint: str
    scarp: str
    torch: str

    @property
    def name(self) -> str:
        """The experiment in one word, as in the paths of results."""
        return f"{self.split}/{self.features}/{self.scenario}/seed{self.seed}"


def save(path: str | Path, weights: Mapping[str, Tensor], description: Description) -> None:
    """Write a model in one step; equal weights and descriptions make equal bytes."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
    with beside(path) as partial:
        save_file(tensors, partial, {_KEY: json.dumps(asdict(description))})


def read_description(path: str | Path) -> Description:
    """Read a model's description without its weights.

    Raises
    ------
    ModelError: the file is missing, is no model of scarp, or its metadata is incomplete.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
        found = json.loads(metadata.get(_KEY, "{}"))
    except (OSError, SafetensorError, ValueError) as error:
        raise _unreadable(path, error) from error
    missing = [field.name for field in fields(Description) if field.name not in found]
    if missing:
        raise ModelError(Fault(f"its metadata lacks {', '.join(missing)}", str(path), cure=_AGAIN))
    try:
        return Description(
            **{
                **found,
                "architecture": Architecture(**found["architecture"]),
                "scaling": from_dict(found["scaling"]),
                **{
                    name: tuple(found[name])
                    for name in ("channels", "sources", "events", "validation_events")
                },
            }
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable(path, error) from error


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
                cure=_AGAIN,
            )
        )
    model = UNet(**asdict(description.architecture))
    with safe_open(path, framework="pt") as file:
        weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        raise _unreadable(path, error) from error
    return model.eval(), description


def check_channels(
    description: Description, model_path: str | Path, data_path: str | Path, there: Sequence[str]
) -> None:
    """Raise ModelError unless the data at `data_path` have every channel that the model needs."""
    missing = [name for name in description.channels if name not in there]
    if missing:
        raise ModelError(
            Fault(
                f"lacks {', '.join(missing)}, which model {model_path} was trained on",
                str(data_path),
                f"all of {', '.join(description.channels)}",
                "use a model whose feature set and scenario this event can serve, or add the"
                " missing acquisitions",
            )
        )


def _unreadable(path: str | Path, error: Exception) -> ModelError:
    return ModelError(
        Fault(f"cannot be read as a model of scarp ({error})", str(path), cure=_AGAIN)
    )
