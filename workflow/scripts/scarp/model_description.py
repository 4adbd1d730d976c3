"""What a trained model is, read from its file without its weights and without PyTorch.

The file is safetensors. Its metadata has one entry, ``scarp``, a JSON object with the fields of
`Description`: with several entries their order in the file, and so its bytes, would change from run
to run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from scarp.errors import Fault, ModelError
from scarp.scaling import Scaling, from_dict

#: The entry of a file's metadata.
KEY = "scarp"
#: What to do about a model that is no good.
AGAIN = "delete it and let the workflow train it again"


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
    engines: that made the Sentinel-1 channels it has seen, `archive` for the published ones; none
        for a model without radar, or where the data do not say.
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
    engines: tuple[str, ...]
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


def read_description(path: str | Path) -> Description:
    """Read a model's description without its weights.

    Raises
    ------
    ModelError: the file is missing, is no model of scarp, or its metadata is incomplete.
    """
    try:
        with safe_open(path, framework="np") as file:
            metadata = file.metadata() or {}
        found = json.loads(metadata.get(KEY, "{}"))
    except (OSError, SafetensorError, ValueError) as error:
        raise unreadable(path, error) from error
    missing = [field.name for field in fields(Description) if field.name not in found]
    if missing:
        raise ModelError(Fault(f"its metadata lacks {', '.join(missing)}", str(path), cure=AGAIN))
    try:
        return Description(
            **{
                **found,
                "architecture": Architecture(**found["architecture"]),
                "scaling": from_dict(found["scaling"]),
                **{
                    name: tuple(found[name])
                    for name in ("channels", "sources", "engines", "events", "validation_events")
                },
            }
        )
    except (KeyError, TypeError, ValueError) as error:
        raise unreadable(path, error) from error


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


def unreadable(path: str | Path, error: Exception) -> ModelError:
    """The error for a file that is no model."""
    return ModelError(Fault(f"cannot be read as a model of scarp ({error})", str(path), cure=AGAIN))
