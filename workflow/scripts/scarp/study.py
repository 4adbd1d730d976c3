"""Everything the workflow knows once it has read the configuration and its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scarp.acquire.landslide4sense import Block, parse_block, refusals, serves
from scarp.acquisition import acquisition_faults, with_sought
from scarp.channels import EPOCHS, all_channels, split_channel
from scarp.comparable import parity_faults
from scarp.contrasts import Contrast, of_study, read_contrasts
from scarp.errors import Fault, TableError, did_you_mean
from scarp.folds import Member, deal_folds, kind_of
from scarp.mapping.asked import map_faults, mask_faults
from scarp.sources import archive_faults, product_faults
from scarp.tables import (
    Acquisition,
    Event,
    Experiment,
    FeatureSet,
    Scenario,
    experiments,
    read_acquisitions,
    read_events,
    read_feature_sets,
    read_scenarios,
    select,
)


@dataclass(frozen=True)
class Study:
    """Tables and choices of one run.

    Attributes
    ----------
    config: the configuration with defaults.
    events, acquisitions, feature_sets, scenarios: the tables, by id.
    experiments: what is trained.
    folds: event -> fold of leave-event-out; empty when that split is not asked for.
    contrasts: that were planned and that these experiments can compare.
    """

    config: dict[str, Any]
    events: dict[str, Event]
    acquisitions: dict[str, tuple[Acquisition, ...]]
    feature_sets: dict[str, FeatureSet]
    scenarios: dict[str, Scenario]
    experiments: tuple[Experiment, ...]
    folds: dict[str, int]
    contrasts: tuple[Contrast, ...]

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits asked for, folds one by one."""
        found: list[str] = []
        for split in self.config["study"]["splits"]:
            if split == "leave-event-out":
                found += [f"{split}-{fold}" for fold in sorted(set(self.folds.values()))]
            else:
                found.append(split)
        return tuple(found)

    def training_events(self, split: str) -> tuple[str, ...]:
        """Events whose patches may train or validate in a split, sorted.

        In `published` all published events may: what each of their patches does stands in the
        archive.
        """
        return tuple(
            sorted(
                row.event
                for row in self.events.values()
                if self._is_published(split, row)
                or (
                    row.role in ("train", "dependent")
                    and self.folds.get(row.event, 0) != _fold(split)
                )
            )
        )

    def sites(self, split: str) -> tuple[str, ...]:
        """Events that may test a split, sorted."""
        return tuple(
            sorted(
                row.event
                for row in self.events.values()
                if self._is_published(split, row)
                or (
                    self.folds.get(row.event) == _fold(split)
                    if kind_of(split) == "leave-event-out"
                    else row.role in ("dependent", "independent")
                )
            )
        )

    def _is_published(self, split: str, row: Event) -> bool:
        """Whether the archive says what an event does in a split."""
        return split == "published" and row.source == "archive" and row.role != "apply"

    def shared_groups(self) -> dict[str, tuple[str, ...]]:
        """Groups of which one event trains and another tests in split `roles`: group -> events.

        Allowed there, since the roles are the user's (or the paper's) choice, but worth a warning.
        """
        trains, tests = self.training_events("roles"), self.sites("roles")
        shared: dict[str, tuple[str, ...]] = {}
        for test in tests:
            group = self.events[test].group
            others = [name for name in trains if name != test and self.events[name].group == group]
            if others:
                shared[group] = tuple(sorted({*shared.get(group, ()), test, *others}))
        return shared

    def channels_of(self, event: str) -> tuple[str, ...]:
        """Channels that an event will have, by its acquisitions and its source."""
        row = self.events[event]
        if row.source == "landslide4sense":
            return serves(self.config["landslide4sense"]["format"])
        epochs = {(a.sensor, a.epoch) for a in self.acquisitions[event]}
        return tuple(name for name in all_channels() if _is_acquired(name, epochs))


def _as_scenes(row: Event, config: Mapping[str, Any]) -> Event:
    """A simulated event that starts as scenes takes their way through the workflow."""
    if row.source == "simulated" and row.event in config["simulate"]["scenes"]:
        return replace(row, source="scenes", engine=config["sentinel1"]["engine"])
    return row


def _fold(split: str) -> int:
    """Number of a fold; -1, which no event is in, for other splits."""
    number = split.rpartition("-")[2]
    return int(number) if number.isdigit() else -1


def _is_acquired(channel: str, epochs: set[tuple[str, str]]) -> bool:
    epoch, band = split_channel(channel)
    if band.sensor == "terrain":
        return True
    if band.name == "COHVV":
        # Coherence is dated by its later scene and needs the one before as well.
        earlier = EPOCHS[EPOCHS.index(epoch) - 1]
        return {("sentinel1", epoch), ("sentinel1", earlier)} <= epochs
    return (band.sensor, epoch) in epochs


def load(config: Mapping[str, Any]) -> Study:
    """Read the tables that a checked configuration names and draw what follows from them.

    Raises
    ------
    TableError, SplitError: with all faults of the first stage that has any.
    """
    tables, chosen = config["tables"], config["study"]
    events = read_events(tables["events"], config["source"])
    events = {name: _as_scenes(row, config) for name, row in events.items()}
    acquisitions = {
        name: with_sought(events[name], rows, config)
        for name, rows in read_acquisitions(tables["acquisitions"], events).items()
    }
    scenarios = read_scenarios(tables["scenarios"])
    feature_sets = read_feature_sets(tables["feature_sets"], scenarios)
    usual = [
        name for name, row in feature_sets.items() if row.group != "control" or chosen["controls"]
    ]
    features = select(chosen["features"] or usual, feature_sets, "configuration, study: features")
    dates = select(chosen["scenarios"], scenarios, "configuration, study: scenarios")
    folds: dict[str, int] = {}
    if "leave-event-out" in chosen["splits"]:
        folds = deal_folds(
            [Member(row.event, row.role, row.group) for row in events.values()],
            config["split"]["folds"],
        )
    trained = experiments(feature_sets, scenarios, features, dates)
    planned: tuple[Contrast, ...] = ()
    if tables["contrasts"]:
        planned = read_contrasts(tables["contrasts"], feature_sets, scenarios)
    study = Study(
        dict(config),
        events,
        acquisitions,
        feature_sets,
        scenarios,
        trained,
        folds,
        of_study(planned, trained),
    )
    faults = [*_role_faults(study), *_named_event_faults(study), *_undated_faults(study)]
    faults = faults or [*_block_faults(study), *_benchmark_faults(study), *_channel_faults(study)]
    faults = faults or [
        *_folder_faults(study),
        *archive_faults(events, study.config),
        *acquisition_faults(events, study.config),
        *product_faults(events, acquisitions, study.config),
        *parity_faults(events, acquisitions, study.config),
        *_map_faults(study),
    ]
    if faults:
        raise TableError(faults)
    return study


def _map_faults(study: Study) -> list[Fault]:
    """What is wrong with the event that is to be mapped, where one is named."""
    asked = study.config["event"]
    if not asked:
        return []
    found = map_faults(asked, study.events, study.acquisitions)
    return found or mask_faults(study.config["map"], [asked])


def _role_faults(study: Study) -> list[Fault]:
    faults = []
    where = study.config["tables"]["events"]
    for split in study.splits:
        for what, found, roles in (
            ("trains", study.training_events(split), "train or dependent"),
            ("tests", study.sites(split), "dependent or independent"),
        ):
            if not found:
                faults.append(
                    Fault(
                        f"no event {what} in split '{split}'",
                        f"{where}, column role",
                        cure=f"give at least one event the role {roles}",
                    )
                )
    return faults


def _named_event_faults(study: Study) -> list[Fault]:
    """Events that the simulated world treats apart and that do not exist, where it is used."""
    if not any(row.source == "simulated" for row in study.events.values()):
        return []
    world = study.config["simulate"]
    unknown = [
        Fault(
            f"'{event}' is no event of the events table",
            f"configuration, simulate: {key}",
            cure=did_you_mean(event, study.events) or "remove it",
        )
        for key in ("scenes", "catalogue", "without_optical_contrast", "without_radar_contrast")
        for event in world[key]
        if event not in study.events
    ]
    return unknown + [
        Fault(
            f"'{event}' does not start as scenes",
            "configuration, simulate: catalogue",
            f"events of simulate: scenes: {', '.join(world['scenes']) or 'none'}",
            "name it under simulate: scenes too, or remove it",
        )
        for event in world["catalogue"]
        if event in study.events and event not in world["scenes"]
    ]


def _undated_faults(study: Study) -> list[Fault]:
    """Images of simulated events without a date, where no catalogue is there to find one in."""
    world = study.config["simulate"]
    return [
        Fault(
            "is blank",
            f"{study.config['tables']['acquisitions']}, event {event}, {image.sensor},"
            f" {image.epoch}, column date",
            "YYYY-MM-DD; blank for sentinel2 of events under simulate: catalogue only",
            "write a day, or name the event under simulate: catalogue",
        )
        for event, images in study.acquisitions.items()
        if study.events[event].source == "simulated" or event in world["scenes"]
        for image in images
        if not image.date and not (image.sensor == "sentinel2" and event in world["catalogue"])
    ]


def _block_faults(study: Study) -> list[Fault]:
    """Events of the benchmark whose area is no block of its numbers, or shares numbers."""
    faults: list[Fault] = []
    blocks: dict[str, Block] = {}
    for event, row in study.events.items():
        if row.source != "landslide4sense":
            continue
        where = f"{study.config['tables']['events']}, event {event}, column aoi"
        try:
            block = parse_block(row.aoi, where)
        except TableError as error:
            faults += error.faults
            continue
        faults += [
            Fault(
                f"block {block} shares numbers with {other} ({taken})",
                where,
                "blocks that do not overlap",
                "change one of them: a tile must not stand at two sites",
            )
            for other, taken in blocks.items()
            if taken.folder == block.folder
            and taken.first <= block.last
            and block.first <= taken.last
        ]
        blocks[event] = block
    return faults


def _benchmark_faults(study: Study) -> list[Fault]:
    """Experiments that the benchmark, where an event comes from it, cannot serve."""
    if not any(row.source == "landslide4sense" for row in study.events.values()):
        return []
    return [
        fault
        for experiment in study.experiments
        for fault in refusals(
            experiment.channels,
            study.config["landslide4sense"]["format"],
            f"{study.config['tables']['feature_sets']}, feature set {experiment.features}"
            f" in scenario {experiment.scenario}",
        )
    ]


def _folder_faults(study: Study) -> list[Fault]:
    """The benchmark's folder, where it is needed and not there."""
    folder = study.config["landslide4sense"]["path"]
    needed = any(row.source == "landslide4sense" for row in study.events.values())
    if not needed or Path(folder).is_dir():
        return []
    return [
        Fault(
            f"there is no folder '{folder}'",
            "configuration, landslide4sense: path",
            cure="get the benchmark (docs/landslide4sense.md says how), or name the folder in"
            " which it lies",
        )
    ]


def _channel_faults(study: Study) -> list[Fault]:
    """Experiments that an event, which is to train or test, cannot serve."""
    faults = []
    for event, row in study.events.items():
        if row.role == "apply" or row.source == "landslide4sense":
            continue
        has = set(study.channels_of(event))
        lacking = {
            f"{experiment.features} in {experiment.scenario}": missing
            for experiment in study.experiments
            if (missing := [name for name in experiment.channels if name not in has])
        }
        if lacking:
            first, missing = next(iter(lacking.items()))
            faults.append(
                Fault(
                    f"source '{row.source}' has no {', '.join(missing)}, which {first} needs"
                    + (
                        f" ({len(lacking) - 1} more experiments lack channels)"
                        if len(lacking) > 1
                        else ""
                    ),
                    f"{study.config['tables']['events']}, event {event}",
                    f"{len(has)} channels: {', '.join(sorted(has))}",
                    "add the missing acquisitions, choose other feature sets or scenarios"
                    " (study: features, scenarios), or give the event role apply",
                )
            )
    return faults
