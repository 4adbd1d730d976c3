"""Which events `snakemake parity` compares, and what it has not yet shown.

This module imports nothing heavy: the workflow reads it while it is parsed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from scarp.acquisition import is_acquired
from scarp.errors import Fault, did_you_mean
from scarp.scenes import engine_of, epochs_of_sentinel1, scenes_of
from scarp.sources import dem_path
from scarp.tables import Acquisition, Event
from scarp.tsv import read_table

ENGINES = ("snap", "embedded")
ARCHIVE = "archive"


def imaged_epochs(
    row: Event, acquisitions: Sequence[Acquisition], config: Mapping[str, Any]
) -> list[str]:
    """Epochs of which an event's SLC scenes are there, or will be made or fetched, in order."""
    epochs = epochs_of_sentinel1(acquisitions)
    if row.event in config["simulate"]["scenes"] or is_acquired(row, config):
        return epochs
    resources = config["pathvars"]["resources"]
    there = {epoch: scenes_of(resources, row.event, epoch, acquisitions) for epoch in epochs}
    return [epoch for epoch, (found, missing) in there.items() if found and not missing]


def compared_events(
    events: Mapping[str, Event],
    acquisitions: Mapping[str, Sequence[Acquisition]],
    config: Mapping[str, Any],
) -> list[str]:
    """Events of which both engines of `parity: engines` can make products, sorted.

    For two engines those of source scenes, and others where they are named; with the archive the
    archive's, as far as SLC scenes of theirs are there.
    """
    chosen = config["parity"]
    wanted = ARCHIVE if ARCHIVE in chosen["engines"] else "scenes"
    return sorted(
        chosen["events"]
        or (
            row.event
            for row in events.values()
            if row.source == wanted and not parity_lacks(row, acquisitions[row.event], config)
        )
    )


def parity_lacks(
    row: Event, acquisitions: Sequence[Acquisition], config: Mapping[str, Any]
) -> list[str]:
    """What an event lacks to be compared, in words; empty: nothing."""
    if row.source not in ("scenes", ARCHIVE):
        return [f"SLC scenes (its source is {row.source})"]
    lacks = []
    if ARCHIVE in config["parity"]["engines"] and row.source != ARCHIVE:
        lacks.append("channels of the archive")
    if not imaged_epochs(row, acquisitions, config):
        lacks.append("SLC scenes of any epoch")
    dem = dem_path(row.event, config)
    made = row.event in config["simulate"]["scenes"] or is_acquired(row, config)
    if not made and not Path(dem).is_file():
        lacks.append(f"the elevation {dem}")
    return lacks


def parity_faults(
    events: Mapping[str, Event],
    acquisitions: Mapping[str, Sequence[Acquisition]],
    config: Mapping[str, Any],
) -> list[Fault]:
    """Named events that do not exist, or that two engines cannot both make products of."""
    faults = []
    for event in config["parity"]["events"]:
        where = "configuration, parity: events"
        if event not in events:
            cure = did_you_mean(event, events) or "name another, or add it to the table"
            faults.append(Fault(f"'{event}' is no event of the events table", where, cure=cure))
            continue
        lacks = parity_lacks(events[event], acquisitions[event], config)
        if lacks:
            faults.append(
                Fault(
                    f"'{event}' lacks {' and '.join(lacks)}",
                    where,
                    f"events with products of both {' and '.join(config['parity']['engines'])}",
                    "put its SAFE folders or zips into resources/sentinel1/{event}/{epoch} and its"
                    " elevation where sentinel1: dem says, or name other events",
                )
            )
    return faults


def compared_pairs(table: str | Path) -> set[frozenset[str]]:
    """Pairs of engines of which there is a parity result; none where there is no table."""
    if not Path(table).is_file():
        return set()
    return {frozenset((row["a"], row["b"])) for row in read_table(table, ("a", "b"))}


def unproven(
    trained: Collection[Event],
    used: Collection[Event],
    shown: Collection[frozenset[str]],
    config: Mapping[str, Any],
) -> dict[str, list[str]]:
    """Engines whose products meet models of the archive without a parity result: engine -> events.

    Parameters
    ----------
    trained: events that train. used: events that are scored or mapped.
    shown: pairs of engines of which there is a parity result.
    """
    if not any(row.source == ARCHIVE for row in trained):
        return {}
    found: dict[str, list[str]] = {}
    for row in used:
        engine = engine_of(row, config)
        if row.source == "scenes" and engine in ENGINES and {ARCHIVE, engine} not in shown:
            found.setdefault(engine, []).append(row.event)
    return found
