"""Training one model: the whole loop, to be read from top to bottom in `train`."""

from __future__ import annotations

import logging
import math
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from scarp import __version__
from scarp.adam import Adam
from scarp.augment import TRANSFORMS
from scarp.batches import Batch, Examples, pixel_orders, read_examples
from scarp.errors import Fault, TrainingError
from scarp.loss import EmptyRule, LossScope, soft_dice
from scarp.metrics import Counts, count
from scarp.model_file import Architecture, Description, save
from scarp.patches import read_table as read_patch_table
from scarp.scaling import Scope, from_json
from scarp.sentinel2 import S2Offset
from scarp.split_files import read_patch_list
from scarp.tsv import read_table, write_table
from scarp.unet import UNet, require_divisible

logger = logging.getLogger("scarp")

HISTORY_COLUMNS = (
    "epoch",
    "loss",
    "validation_loss",
    "validation_precision",
    "validation_recall",
    "validation_f1",
    "kept",
)


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
    threshold: probability from which a pixel counts as landslide.
    base_width, blocks: of `scarp.unet.UNet`.
    device: `auto` takes a GPU where there is one.
    threads: CPU threads.
    """

    epochs: int = 200
    batch_size: int = 16
    learning_rate: float = 1e-4
    loss_scope: LossScope = "batch"
    smoothing: float = 1.0
    empty: EmptyRule = "keep"
    keep: Literal["best", "last"] = "best"
    batch_norm: Literal["running", "precise"] = "running"
    threshold: float = 0.5
    base_width: int = 32
    blocks: int = 5
    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: int = 1


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


@dataclass(frozen=True)
class TrainingFiles:
    """What a training reads: patches by event, and three files of its split."""

    patches: Mapping[str, str | Path]
    augmentation: str | Path
    validation: str | Path
    scaling: str | Path


@dataclass(frozen=True)
class Outcome:
    """What came out of `optimise`: the kept epoch, and a row of the history per epoch."""

    epoch: int
    validation_f1: float | None
    weights: Mapping[str, Tensor]
    history: Sequence[tuple[object, ...]]


def train(
    experiment: Experiment,
    settings: TrainingSettings,
    files: TrainingFiles,
    model_path: str | Path,
    history_path: str | Path,
) -> Description:
    """Train a model, write it and the history of its training.

    On a CPU equal inputs, settings, seed and number of threads give equal bytes of the model.
    Changes the process's random states and PyTorch's number of threads and deterministic mode.

    Parameters
    ----------
    model_path: for `scarp.model_file`.
    history_path: a table with `HISTORY_COLUMNS`, one row per epoch; an undefined score is empty.

    Raises
    ------
    TrainingError: nothing to train or validate on, or a loss that is no number.
    DataError: an event lacks patches, a channel, or limits of scaling.
    ModelError: the patches cannot be halved as often as the network has blocks.
    """
    device = _prepare(settings, experiment.seed)
    rows = _augmented(files.augmentation, experiment.augmentation)
    _require_rows(rows, files.augmentation)
    validation_patches = read_patch_list(files.validation)
    _require_rows(validation_patches, files.validation)
    fitted = from_json(
        Path(files.scaling).read_text(encoding="utf-8"), experiment.scope, experiment.s2_offset
    )
    patches = list(dict.fromkeys((event, patch) for event, patch, _ in rows))
    training = read_examples(files.patches, patches, experiment.channels, fitted, device)
    validation = read_examples(
        files.patches, validation_patches, experiment.channels, fitted, device
    )
    _check(training, validation, len(rows), settings, files)

    architecture = Architecture(len(experiment.channels), settings.base_width, settings.blocks)
    model = UNet(**asdict(architecture)).to(device)
    logger.info(
        "%d parameters, %d channels, %d patches to train on in %d rows, %d to validate on, on %s",
        sum(weights.numel() for weights in model.parameters()),
        len(experiment.channels),
        len(training),
        len(rows),
        len(validation),
        device.type,
    )
    outcome = optimise(model, training, rows, validation, settings, experiment.seed)
    logger.info("kept epoch %d", outcome.epoch)

    bands = {name.partition("_")[2] for name in experiment.channels}
    limits = {name: pair for name, pair in fitted.bands.items() if name in bands}
    description = Description(
        architecture=architecture,
        channels=experiment.channels,
        scaling=replace(fitted, bands=limits),
        threshold=settings.threshold,
        patch_size=training.size,
        features=experiment.features,
        scenario=experiment.scenario,
        split=experiment.split,
        seed=experiment.seed,
        augmentation=experiment.augmentation,
        training={**asdict(settings), "device": device.type},
        sources=_sources(files.patches, training.patches),
        events=_events(training.patches),
        validation_events=_events(validation.patches),
        epoch=outcome.epoch,
        validation_f1=outcome.validation_f1,
        code=experiment.code,
        scarp=__version__,
        torch=torch.__version__,
    )
    save(model_path, outcome.weights, description)
    write_table(
        history_path,
        HISTORY_COLUMNS,
        ((*row, int(row[0] == outcome.epoch)) for row in outcome.history),
    )
    return description


def optimise(
    model: UNet,
    training: Examples,
    rows: Sequence[tuple[str, int, str]],
    validation: Examples,
    settings: TrainingSettings,
    seed: int,
) -> Outcome:
    """The training loop: every epoch sees every row once, in a new order, and is validated.

    Parameters
    ----------
    model: on the device of the examples; trained in place.
    rows: (event, patch, transform), what an epoch consists of; the patches stand in `training`.
    seed: of the order of the rows.

    Raises
    ------
    TrainingError: a loss is no finite number.
    """
    device = training.images.device
    position = {patch: number for number, patch in enumerate(training.patches)}
    patch_of_row = torch.tensor([position[event, patch] for event, patch, _ in rows], device=device)
    step_of_row = torch.tensor([TRANSFORMS.index(step) for *_, step in rows], device=device)
    orders = pixel_orders(training.size, device)
    generator = torch.Generator().manual_seed(seed)
    # On a CPU convolutions run up to twice as fast with channels last.
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = Adam(model.parameters(), settings.learning_rate)

    history: list[tuple[object, ...]] = []
    best = (-1.0, -math.inf)  # validation F1, minus validation loss
    kept_epoch, kept_f1, kept_weights = 0, None, model.state_dict()
    began = time.perf_counter()
    for epoch in range(1, settings.epochs + 1):
        started = time.perf_counter()
        model.train()
        order = torch.randperm(len(rows), generator=generator)
        batches = torch.split(order, settings.batch_size)
        losses = torch.empty(len(batches), device=device)
        for number, chosen in enumerate(batches):
            in_batch = chosen.to(device, non_blocking=True)
            batch = training.gather(patch_of_row[in_batch], step_of_row[in_batch], orders)
            loss = _loss(model(batch.images), batch, settings)
            model.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            losses[number] = loss.detach()
        # Read once per epoch: reading every loss would make a GPU wait for the CPU at every step.
        in_epoch = losses.cpu()
        speed = len(rows) / (time.perf_counter() - started)
        _require_finite(in_epoch, epoch, batches, rows)
        if settings.batch_norm == "precise":
            _measure_statistics(model, training, settings.batch_size)
        validation_loss, counts = _validate(model, validation, settings)

        score = (counts.f1 or 0.0, -validation_loss)
        if score > best if settings.keep == "best" else epoch == settings.epochs:
            best, kept_epoch, kept_f1 = score, epoch, counts.f1
            kept_weights = {name: value.clone() for name, value in model.state_dict().items()}
        scores = (in_epoch.mean().item(), validation_loss, counts.precision, counts.recall)
        history.append((epoch, *map(_shown, (*scores, counts.f1))))
        logger.info(
            "epoch %d/%d: loss %.4f, validation F1 %s, %.0f patches/s, %s left",
            epoch,
            settings.epochs,
            in_epoch.mean().item(),
            "undefined" if counts.f1 is None else f"{counts.f1:.3f}",
            speed,
            _duration((time.perf_counter() - began) / epoch * (settings.epochs - epoch)),
        )
    return Outcome(kept_epoch, kept_f1, kept_weights, history)


def _prepare(settings: TrainingSettings, seed: int) -> torch.device:
    """Fix every source of chance, and choose the device."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.set_num_threads(settings.threads)
    there = torch.cuda.is_available()
    if settings.device == "cuda" and not there:
        logger.warning("a GPU was asked for and PyTorch finds none: training on the CPU")
    device = torch.device("cuda" if there and settings.device != "cpu" else "cpu")
    # On a GPU some backward passes have no deterministic form: PyTorch then warns. Not through
    # torch.use_deterministic_algorithms, which imports the compiler (see scarp.adam).
    torch.set_deterministic_debug_mode("warn" if device.type == "cuda" else "error")
    return device


def _augmented(path: str | Path, name: str) -> list[tuple[str, int, str]]:
    table = read_table(path, ("set", "event", "patch", "transform"))
    return [
        (row["event"], int(row["patch"]), row["transform"]) for row in table if row["set"] == name
    ]


def _require_rows(rows: Sequence[object], path: str | Path) -> None:
    if not rows:
        raise TrainingError(
            Fault(
                "has no patch",
                str(path),
                cure="give more events the role train or dependent, so that training and"
                " validation both have patches",
            )
        )


def _check(
    training: Examples,
    validation: Examples,
    rows: int,
    settings: TrainingSettings,
    files: TrainingFiles,
) -> None:
    """Everything that would stop a training later, or make it worthless."""
    require_divisible(training.size, settings.blocks)
    if validation.size != training.size:
        raise TrainingError(
            Fault(
                f"patches are {validation.size} pixels wide, those of training {training.size}",
                str(files.validation),
                cure="cut all events with one patches: size",
            )
        )
    if training.size == 2**settings.blocks and rows % settings.batch_size == 1:
        raise TrainingError(
            Fault(
                f"the last of {rows} patches would stand alone in its batch with a bottleneck of"
                " one pixel, where batch normalisation is undefined",
                f"training: batch_size {settings.batch_size}",
                cure="choose another batch_size, larger patches or fewer model: blocks",
            )
        )
    for examples, path in ((training, files.augmentation), (validation, files.validation)):
        if not examples.reference.any() and (examples is training or settings.keep == "best"):
            raise TrainingError(
                Fault(
                    "its patches hold no landslide pixel",
                    str(path),
                    cure="add events with landslides, or choose another split: seed"
                    + ("" if examples is training else ", or set training: keep: last"),
                )
            )


def _require_finite(
    losses: Tensor,
    epoch: int,
    batches: Sequence[Tensor],
    rows: Sequence[tuple[str, int, str]],
) -> None:
    broken = torch.isfinite(losses).logical_not().nonzero().flatten().tolist()
    if not broken:
        return
    patches = (rows[int(row)] for row in batches[broken[0]])
    named = ", ".join(f"{event} patch {patch} ({step})" for event, patch, step in patches)
    raise TrainingError(
        Fault(
            f"the loss is {losses[broken[0]].item()}",
            f"epoch {epoch}, batch {broken[0] + 1} of {len(batches)}: {named}",
            "a finite loss",
            "lower training: learning_rate, or look at these patches in their cubes",
        )
    )


def _loss(logits: Tensor, batch: Batch, settings: TrainingSettings) -> Tensor:
    return soft_dice(
        logits,
        batch.reference,
        batch.valid,
        settings.loss_scope,
        settings.smoothing,
        settings.empty,
    )


@torch.no_grad()
def _measure_statistics(model: UNet, examples: Examples, batch_size: int) -> None:
    """Take the statistics of batch normalisation from the patches, with the weights as they are.

    Running averages lag behind weights that move fast, which shows in short trainings (Wu and
    Johnson 2021, arXiv 2105.07576, section 3).
    """
    layers = [layer for layer in model.modules() if isinstance(layer, nn.BatchNorm2d)]
    momenta = [layer.momentum for layer in layers]
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None  # a plain mean over the batches
    model.train()
    # A last patch that stands alone is passed over: it may have no variance.
    for start in range(0, max(len(examples) - 1, 1), batch_size):
        model(examples.part(start, start + batch_size).images)
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum


@torch.inference_mode()
def _validate(model: UNet, examples: Examples, settings: TrainingSettings) -> tuple[float, Counts]:
    """Mean loss of the batches, and pixel counts pooled over all patches."""
    model.eval()
    losses: list[Tensor] = []
    predicted: list[Tensor] = []
    for start in range(0, len(examples), settings.batch_size):
        batch = examples.part(start, start + settings.batch_size)
        logits = model(batch.images)
        losses.append(_loss(logits, batch, settings))
        predicted.append(torch.sigmoid(logits[:, 0]) >= settings.threshold)
    counts = count(
        torch.cat(predicted).cpu().numpy(),
        examples.reference.cpu().numpy(),
        examples.valid.cpu().numpy(),
    )
    return torch.stack(losses).mean().item(), counts


def _events(patches: Iterable[tuple[str, int]]) -> tuple[str, ...]:
    return tuple(sorted({event for event, _ in patches}))


def _sources(
    patch_files: Mapping[str, str | Path], patches: Iterable[tuple[str, int]]
) -> tuple[str, ...]:
    return tuple(
        sorted({read_patch_table(patch_files[event]).source for event in _events(patches)})
    )


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
