"""What is trained, how, and from which files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from scarp.loss import EmptyRule, LossScope
from scarp.scaling import Scope
from scarp.sentinel2 import S2Offset

#: `auto` is bf16 where the device computes with it in hardware, and fp32 elsewhere.
PrecisionChoice = Literal["auto", "fp32", "tf32", "bf16"]
DeviceChoice = Literal["auto", "cpu", "cuda"]

#: Settings that change how long a training takes and not what comes out.
_WITHOUT_EFFECT = ("device", "threads", "graphs", "checkpoint_minutes")


@dataclass(frozen=True)
class TrainingSettings:
    """How a U-Net is trained; the defaults are the paper's where it gives them.

    Attributes
    ----------
    epochs, batch_size, learning_rate: of Adam.
    loss_scope, smoothing, empty: of `scarp.loss.soft_dice`.
    keep: which epoch becomes the model. `best` is the one of highest validation F1; among equals
        the one of lowest validation loss, then the earliest.
    batch_norm: statistics that batch normalisation uses outside training: `running` averages over
        the latest steps, or `precise` ones, measured on the training patches after each epoch.
    precision: of convolutions, see `scarp.training.device`.
    threshold: probability from which a pixel counts as landslide.
    base_width, blocks: of `scarp.unet.UNet`.
    device: `auto` takes a GPU where there is one.
    threads: CPU threads.
    graphs: whether a GPU repeats a recorded step (`scarp.training.repeat`).
    checkpoint_minutes: time between checkpoints.
    """

    epochs: int = 200
    batch_size: int = 16
    learning_rate: float = 1e-4
    loss_scope: LossScope = "batch"
    smoothing: float = 1.0
    empty: EmptyRule = "keep"
    keep: Literal["best", "last"] = "best"
    batch_norm: Literal["running", "precise"] = "running"
    precision: PrecisionChoice = "auto"
    threshold: float = 0.5
    base_width: int = 32
    blocks: int = 5
    device: DeviceChoice = "auto"
    threads: int = 1
    graphs: bool = True
    checkpoint_minutes: float = 10.0

    def shaping(self) -> dict[str, Any]:
        """The settings that shape the result."""
        return {name: value for name, value in asdict(self).items() if name not in _WITHOUT_EFFECT}


@dataclass(frozen=True)
class Experiment:
    """What is trained.

    Attributes
    ----------
    split, features, scenario, seed: its identity.
    channels: the channel manifest, in order.
    augmentation: name of a set of `scarp.augment.SETS`.
    scope: of the scaling.
    s2_offset: what is done about the offset of Sentinel-2 images, see `scarp.scaling`.
    code: hash of the training's code.
    """

    split: str
    features: str
    scenario: str
    seed: int
    channels: tuple[str, ...]
    augmentation: str
    scope: Scope
    s2_offset: S2Offset
    code: str

    @property
    def name(self) -> str:
        """Its identity in one word, as in the paths of results."""
        return f"{self.split}/{self.features}/{self.scenario}/seed{self.seed}"


@dataclass(frozen=True)
class TrainingFiles:
    """What a training reads: patches by event, and three files of its split."""

    patches: Mapping[str, str | Path]
    augmentation: str | Path
    validation: str | Path
    scaling: str | Path


@dataclass(frozen=True)
class ModelFiles:
    """What a training writes: the model, and the history of its training."""

    model: Path
    history: Path

    @property
    def checkpoint(self) -> Path:
        """Where its state is kept until it has ended."""
        return self.model.with_name("checkpoint.safetensors")
