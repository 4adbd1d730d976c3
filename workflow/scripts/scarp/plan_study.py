"""Planning a study: speed is measured on this machine, the rest is arithmetic."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scarp.plan import (
    Alternative,
    Choices,
    Effort,
    Machine,
    PlannedModel,
    cheaper,
    elapsed,
    running_at_once,
    training_seconds,
    undisturbed,
)
from scarp.plan_jobs import Left
from scarp.plan_sizes import (
    Layout,
    Patches,
    PlannedEvent,
    count_patches,
    cube_bytes,
    estimate_patches,
    patch_bytes,
    prediction_bytes,
    published_bytes,
)
from scarp.plan_text import Plan, Room
from scarp.speed import Speed, measure, parameters

logger = logging.getLogger("scarp")


@dataclass(frozen=True)
class PlannedStudy:
    """A study as far as its cost matters.

    Attributes
    ----------
    config: the whole configuration.
    events: by id.
    splits: split -> side (`train`, `test`) -> ids of events.
    models: all of them.
    choices: what a smaller study can choose among.
    downloads: what -> bytes that are still to fetch.
    """

    config: Mapping[str, Any]
    events: Mapping[str, PlannedEvent]
    splits: Mapping[str, Mapping[str, Sequence[str]]]
    models: Sequence[PlannedModel]
    choices: Choices
    downloads: Mapping[str, int]

    @classmethod
    def from_rows(
        cls,
        config: Mapping[str, Any],
        events: Iterable[Mapping[str, Any]],
        splits: Mapping[str, Mapping[str, Sequence[str]]],
        models: Iterable[Mapping[str, Any]],
        choices: Mapping[str, Any],
        downloads: Mapping[str, int],
    ) -> PlannedStudy:
        """A study whose events, models and choices come as plain values, field by field."""
        return cls(
            config,
            {row["event"]: PlannedEvent(**row) for row in events},
            splits,
            [PlannedModel(**row) for row in models],
            Choices(**choices),
            downloads,
        )

    @property
    def layout(self) -> Layout:
        """Settings that decide on sizes."""
        patches, split, world = (self.config[name] for name in ("patches", "split", "simulate"))
        return Layout(
            patches["origin"] == "published",
            patches["size"],
            patches["stride"],
            split["validation"],
            split["test"],
            world["smallest"],
            world["largest"],
        )

    @property
    def effort(self) -> Effort:
        """Settings on which the time of a training depends."""
        training = self.config["training"]
        return Effort(
            training["epochs"],
            training["batch_norm"],
            self.config["model"]["base_width"],
            training["threads"],
            training["device"],
        )

    @property
    def results(self) -> Path:
        """Folder of everything the workflow makes."""
        return Path(self.config["pathvars"]["results"])


def plan_study(study: PlannedStudy, left: Left, machine: Machine, seconds: float = 2.0) -> Plan:
    """Measure a training step on this machine, and plan what is left of a study.

    Parameters
    ----------
    left: jobs, as a dry run lists them.
    seconds: how long each of at most three networks is measured.

    Raises
    ------
    DataError: a table of a split cannot be read.
    """
    effort, config = study.effort, study.config
    threads = min(effort.threads, machine.cores)
    at_once, why = running_at_once(machine, effort)
    waiting = [model for model in study.models if model.identity in left.trainings]
    patches = {
        split: split_patches(study, left, split)
        for split in sorted({model.split for model in waiting})
    }
    speeds: list[Speed] = []
    total, memory = 0.0, 0
    alternatives: tuple[Alternative, ...] = ()
    if waiting:
        every = sorted({model.channels for model in study.models})
        for channels in dict.fromkeys((every[0], every[-1])):
            logger.info("measuring a training step with %d channels", channels)
            speeds.append(_measure(channels, effort.base_width, config, threads, seconds))
        speeds[0] = undisturbed(speeds[0], speeds[-1])
        halved = 1.0
        if effort.base_width > 1:
            logger.info("measuring a network of half the width")
            half = _measure(every[-1], effort.base_width // 2, config, threads, seconds)
            halved = min(half.training / speeds[-1].training, 1.0)

        def cost(model: PlannedModel) -> float:
            own = patches.get(model.split) or split_patches(study, left, model.split)
            return training_seconds(model, own, speeds, effort)

        total = elapsed(map(cost, waiting), at_once)
        memory = speeds[-1].memory + max(
            (patches[model.split].training + patches[model.split].validation)
            * model.channels
            * config["patches"]["size"] ** 2
            * 4
            for model in waiting
        )
        alternatives = cheaper(
            study.models,
            left.trainings,
            cost,
            halved,
            speeds[0].gpu,
            machine,
            effort,
            study.choices,
        )
    disk = disk_needed(study)
    return Plan(
        left,
        len(study.models),
        patches,
        speeds,
        threads,
        at_once,
        why,
        total,
        memory,
        study.downloads,
        disk,
        _rooms(
            {
                config["pathvars"]["resources"]: sum(study.downloads.values()),
                config["pathvars"]["results"]: sum(disk.values()),
            }
        ),
        alternatives,
    )


def split_patches(study: PlannedStudy, left: Left, split: str) -> Patches:
    """Patches of a split: counted where its tables stand and are not to be made again."""
    folder = study.results / "splits" / split
    tables = [folder / "train.tsv", folder / "validation.tsv"]
    if "split_training" not in left.jobs and all(table.is_file() for table in tables):
        return count_patches(folder)
    return estimate_patches(split, study.splits[split]["train"], study.events, study.layout)


def disk_needed(study: PlannedStudy) -> dict[str, int]:
    """Bytes that are still to be written, by what they are."""
    layout, results, network = study.layout, study.results, study.config["model"]
    splits = study.splits.values()
    cut = {event for sides in splits for side in sides.values() for event in side}
    folders = {
        model: results.joinpath(
            "models", model.split, model.features, model.scenario, f"seed{model.seed}"
        )
        for model in study.models
    }
    weights = {
        channels: 4 * parameters(channels, network["base_width"], network["blocks"])
        for channels in {model.channels for model in study.models}
    }
    predictions = {
        split: prediction_bytes((study.events[event] for event in sides["test"]), layout)
        for split, sides in study.splits.items()
    }
    archive = study.config["archive"]["path"]
    unpacked = bool(archive) and Path(archive).is_dir()
    taken_out = (
        layout.published
        and not unpacked
        and any(row.source == "archive" for row in study.events.values())
        and not (results / "archive").is_dir()
    )
    return {
        "archive": published_bytes() if taken_out else 0,
        "cubes": cube_bytes(_missing(study.events.values(), results / "cubes"), layout),
        "patches": patch_bytes(
            _missing((study.events[event] for event in sorted(cut)), results / "patches"), layout
        ),
        "models": sum(
            weights[model.channels]
            for model, folder in folders.items()
            if not (folder / "model.safetensors").is_file()
        ),
        "predictions": sum(
            predictions[model.split]
            for model, folder in folders.items()
            if not (folder / "predictions").is_dir()
        ),
    }


def _measure(
    channels: int, base_width: int, config: Mapping[str, Any], threads: int, seconds: float
) -> Speed:
    training = config["training"]
    return measure(
        channels,
        base_width,
        config["model"]["blocks"],
        config["patches"]["size"],
        training["batch_size"],
        training["device"],
        training["precision"],
        threads,
        seconds,
    )


def _missing(events: Iterable[PlannedEvent], folder: Path) -> list[PlannedEvent]:
    return [row for row in events if not (folder / f"{row.event}.nc").is_file()]


def _rooms(needed: Mapping[str, int]) -> list[Room]:
    """Folders on one file system share its room."""
    rooms: dict[int, Room] = {}
    for name, size in needed.items():
        folder = Path(name).absolute()
        while not folder.exists():
            folder = folder.parent
        device = os.stat(folder).st_dev
        shared = rooms.get(device)
        rooms[device] = Room(
            f"{shared.folder} and {name}" if shared and shared.needed and size else name,
            size + (shared.needed if shared else 0),
            shutil.disk_usage(folder).free,
        )
    return [room for room in rooms.values() if room.needed]
