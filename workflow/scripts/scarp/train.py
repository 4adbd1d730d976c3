"""Training models: what is read, checked and written around the loop of `scarp.training.loop`."""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch

from scarp import __version__
from scarp.batches import Examples, digest, read_examples
from scarp.channels import all_channels, split_channel
from scarp.errors import Fault, TrainingError
from scarp.model_description import Architecture, Description
from scarp.model_file import save
from scarp.patches import PatchTable
from scarp.patches import read_table as read_patch_table
from scarp.scaling import Scaling, from_json
from scarp.split_files import read_patch_list
from scarp.training import checkpoint, finished
from scarp.training.device import Arithmetic, choose
from scarp.training.loop import Row, Training
from scarp.training.settings import Experiment, ModelFiles, TrainingFiles, TrainingSettings
from scarp.training.together import take_turns
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


def train(
    experiments: Mapping[Experiment, ModelFiles],
    settings: TrainingSettings,
    files: TrainingFiles,
) -> None:
    """Train the models of one or several experiments in this process, and write them.

    What is written of an experiment does not depend on what else is trained beside it: on a CPU
    equal inputs, settings, seed and number of threads give equal bytes. A model of the same data,
    settings and code that was trained before is taken over (`scarp.training.finished`). The state
    of each training is saved beside its model at intervals, and when the process is told to leave
    (`scarp.training.together`); called again with the same arguments, it goes on from there.

    Changes the process's random states, PyTorch's number of threads and its deterministic mode.

    Parameters
    ----------
    experiments: of one split, augmentation, scaling and choice about the offset; what each writes:
        a model for `scarp.model_file`, and a table with `HISTORY_COLUMNS`, one row per epoch, where
        an undefined score is empty.

    Raises
    ------
    TrainingError: nothing to train or validate on, or a loss that is no number; the other models
        are then trained and written all the same.
    DataError: an event lacks patches, a channel, or limits of scaling.
    ModelError: the patches cannot be halved as often as the network has blocks.
    """
    arithmetic = choose(settings.device, settings.precision, settings.threads)
    any_of_them = next(iter(experiments))
    rows = _augmented(files.augmentation, any_of_them.augmentation)
    _require_rows(rows, files.augmentation)
    validation_patches = read_patch_list(files.validation)
    _require_rows(validation_patches, files.validation)
    fitted = from_json(
        Path(files.scaling).read_text(encoding="utf-8"), any_of_them.scope, any_of_them.s2_offset
    )
    channels = _all_channels_of(experiments)
    patches = list(dict.fromkeys((event, patch) for event, patch, _ in rows))
    device = arithmetic.device
    training = read_examples(files.patches, patches, channels, fitted, device)
    validation = read_examples(files.patches, validation_patches, channels, fitted, device)
    _check(training, validation, len(rows), settings, files)
    logger.info(
        "%d patches to train on in %d rows, %d to validate on, on %s in %s",
        *(len(training), len(rows), len(validation), device.type, arithmetic.precision),
    )

    begun: dict[Training, tuple[Experiment, str]] = {}
    for experiment, written in experiments.items():
        columns = [channels.index(name) for name in experiment.channels]
        own = training.with_channels(columns), validation.with_channels(columns)
        fingerprint = _fingerprint(experiment, settings, rows, *own)
        if finished.take_over(written, fingerprint):
            logger.info("%s: kept from before, of the same data, settings and code", written.model)
            continue
        _fix_chance(experiment.seed)
        model = UNet(len(experiment.channels), settings.base_width, settings.blocks).to(device)
        name = experiment.name if len(experiments) > 1 else ""
        one = Training(name, model, own[0], rows, own[1], settings, arithmetic, experiment.seed)
        logger.info(
            "%s: %d channels, %d parameters",
            *(experiment.name, len(experiment.channels), _parameters(model)),
        )
        checkpoint.resume(written.checkpoint, one, fingerprint)
        begun[one] = experiment, fingerprint

    def keep_state(one: Training) -> None:
        experiment, fingerprint = begun[one]
        checkpoint.save(experiments[experiment].checkpoint, one, fingerprint)

    def finish(one: Training) -> None:
        experiment, fingerprint = begun[one]
        description = _describe(experiment, fingerprint, one, fitted, files, arithmetic)
        _write(one, description, experiments[experiment])

    take_turns(list(begun), keep_state, finish, settings.checkpoint_minutes)


def _write(training: Training, description: Description, written: ModelFiles) -> None:
    """Write what came out of a training, and remove its saved state."""
    progress = training.progress
    logger.info("%s: kept epoch %d", description.name, progress.kept_epoch)
    save(written.model, progress.kept, description)
    write_table(
        written.history,
        HISTORY_COLUMNS,
        ((*row, int(row[0] == progress.kept_epoch)) for row in progress.history),
    )
    finished.keep(written)
    checkpoint.remove(written.checkpoint)


def _describe(
    experiment: Experiment,
    fingerprint: str,
    training: Training,
    fitted: Scaling,
    files: TrainingFiles,
    arithmetic: Arithmetic,
) -> Description:
    settings = training.settings
    bands = {name.partition("_")[2] for name in experiment.channels}
    limits = {name: pair for name, pair in fitted.bands.items() if name in bands}
    events = _events(training.training.patches)
    tables = [read_patch_table(files.patches[event]) for event in events]
    used = {"device": arithmetic.device.type, "precision": arithmetic.precision}
    return Description(
        architecture=Architecture(len(experiment.channels), settings.base_width, settings.blocks),
        channels=experiment.channels,
        scaling=replace(fitted, bands=limits),
        threshold=settings.threshold,
        patch_size=training.training.size,
        features=experiment.features,
        scenario=experiment.scenario,
        split=experiment.split,
        seed=experiment.seed,
        augmentation=experiment.augmentation,
        training={**settings.shaping(), "threads": settings.threads, **used},
        sources=tuple(sorted({table.source for table in tables})),
        engines=_engines(experiment.channels, tables),
        events=events,
        validation_events=_events(training.validation.patches),
        epoch=training.progress.kept_epoch,
        validation_f1=training.progress.kept_f1,
        code=experiment.code,
        fingerprint=fingerprint,
        scarp=__version__,
        torch=torch.__version__,
    )


def _all_channels_of(experiments: Iterable[Experiment]) -> list[str]:
    """The channels of all experiments, in manifest order; of a single one in its own order."""
    manifests = [experiment.channels for experiment in experiments]
    if len(manifests) == 1:
        return list(manifests[0])
    used = set().union(*manifests)
    return [name for name in all_channels() if name in used]


def _fingerprint(
    experiment: Experiment,
    settings: TrainingSettings,
    rows: Sequence[Row],
    training: Examples,
    validation: Examples,
) -> str:
    """Equal where the data, settings and code are that shape a training."""
    shaping = (
        asdict(experiment),
        settings.shaping(),
        rows,
        training.digests,
        validation.digests,
    )
    return digest(json.dumps(shaping, sort_keys=True).encode())


def _fix_chance(seed: int) -> None:
    """Fix every source of chance."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def _parameters(model: UNet) -> int:
    return sum(weights.numel() for weights in model.parameters())


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


def _events(patches: Iterable[tuple[str, int]]) -> tuple[str, ...]:
    return tuple(sorted({event for event, _ in patches}))


def _engines(channels: Iterable[str], tables: Iterable[PatchTable]) -> tuple[str, ...]:
    """Who made the Sentinel-1 channels that a model sees; none for a model that sees none."""
    if not any(split_channel(name)[1].sensor == "sentinel1" for name in channels):
        return ()
    return tuple(sorted({engine for table in tables for engine in table.engines}))
