"""How many patches and bytes a study will have, counted where it stands and else estimated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scarp.acquire.landslide4sense import TILE, parse_block
from scarp.cutting import window_origins
from scarp.tsv import read_table

#: Of the published archive (Orynbaikyzy et al. 2025): its events, its patches and those that train.
PUBLISHED_EVENTS, PUBLISHED_PATCHES, PUBLISHED_TRAINING = 28, 563, 355
#: Layers of a published patch: 59 channels and the reference, float32 of 128 x 128 pixels.
_PUBLISHED_PATCH_BYTES = 60 * 4 * 128**2
#: Pixels of a published scene, on average: 5.99 GB less 563 patches of 60 float32 layers, shared by
#: 28 events with 20 layers of 16 and 40 of 32 bits. A guess: compression is not known.
_PUBLISHED_PIXELS = 675_000
#: Bytes that are stored, seen in simulated events and in Landslide4Sense: of a cube per pixel and
#: channel, of a patch per float32 value, of a prediction per pixel.
_CUBE_BYTES, _PATCH_BYTES, _PREDICTION_BYTES = 1.9, 2.6, 1.5


@dataclass(frozen=True)
class PlannedEvent:
    """An event as far as its size matters.

    Attributes
    ----------
    event, role: as in events.tsv; block: its column aoi.
    source: `simulated` (also by way of an archive), `archive`, `landslide4sense` or `scenes`.
    channels: how many its cube has.
    """

    event: str
    role: str
    source: str
    block: str
    channels: int


@dataclass(frozen=True)
class Layout:
    """Settings that decide on sizes, named as in the configuration.

    `published` says that events of the archive keep the patches of its authors.
    """

    published: bool
    size: int
    stride: int
    validation: float
    test: float
    smallest: int
    largest: int


@dataclass(frozen=True)
class Patches:
    """Patches that train and validate in a split; `counted` in its tables, else estimated."""

    training: int
    validation: int
    counted: bool


def count_patches(folder: str | Path) -> Patches:
    """Count the patches of a split from its tables; DataError when they cannot be read."""
    training, validation = (
        len(read_table(Path(folder, f"{name}.tsv"), ("event", "patch")))
        for name in ("train", "validation")
    )
    return Patches(training, validation, True)


def estimate_patches(
    split: str, training: Sequence[str], events: Mapping[str, PlannedEvent], layout: Layout
) -> Patches:
    """Estimate the patches of a split from the sources of the events that train in it.

    Parameters
    ----------
    training: ids of those events.
    events: all events, by id.
    """
    share, rows = layout.validation, [events[event] for event in training]
    total = 0.0
    for row in rows:
        if row.source == "archive" and layout.published:
            continue
        if row.role != "independent":  # in split `published` it is listed, but never trains
            kept = 1 - layout.test if row.role == "dependent" and _cuts(split) else 1.0
            total += kept * windows(row, layout)
    if layout.published:
        total += _published_training(split, rows, events.values()) / (1 - share)
    return Patches(round(total * (1 - share)), round(total * share), False)


def _published_training(
    split: str, rows: Sequence[PlannedEvent], events: Iterable[PlannedEvent]
) -> float:
    """Published patches that train: those of the study, by the share of its events that do here."""
    there = [row for row in events if row.source == "archive" and row.role != "apply"]
    able = [row for row in there if split == "published" or row.role != "independent"]
    training = sum(row.source == "archive" for row in rows)
    used = len(there) / PUBLISHED_EVENTS
    return PUBLISHED_TRAINING * used * training / max(len(able), 1)


def windows(row: PlannedEvent, layout: Layout) -> float:
    """Patches that an event is expected to have."""
    if row.source == "landslide4sense":
        return _tiles(row)
    if row.source == "simulated":
        sides = range(layout.smallest, layout.largest + 1)
        steps = [len(window_origins(side, layout.size, layout.stride)) for side in sides]
        return (sum(steps) / len(steps)) ** 2
    if layout.published:
        return PUBLISHED_PATCHES / PUBLISHED_EVENTS
    return _PUBLISHED_PIXELS / layout.stride**2


def pixels(row: PlannedEvent, layout: Layout) -> float:
    """Pixels that an event's grid is expected to have."""
    if row.source == "landslide4sense":
        return float(_tiles(row) * TILE**2)
    if row.source == "simulated":
        return ((layout.smallest + layout.largest) / 2) ** 2
    return float(_PUBLISHED_PIXELS)


def cube_bytes(rows: Iterable[PlannedEvent], layout: Layout) -> int:
    """Bytes of the cubes of these events."""
    return round(sum(pixels(row, layout) * row.channels * _CUBE_BYTES for row in rows))


def patch_bytes(rows: Iterable[PlannedEvent], layout: Layout) -> int:
    """Bytes of the patches files of these events."""
    values = sum(windows(row, layout) * row.channels * layout.size**2 for row in rows)
    return round(values * _PATCH_BYTES)


def prediction_bytes(rows: Iterable[PlannedEvent], layout: Layout) -> int:
    """Bytes of one model's predictions at these sites."""
    return round(sum(pixels(row, layout) for row in rows) * _PREDICTION_BYTES)


def published_bytes() -> int:
    """Bytes of the published patches, taken out of the archive's zip."""
    return PUBLISHED_PATCHES * _PUBLISHED_PATCH_BYTES


def _cuts(split: str) -> bool:
    """Whether a dependent event is cut in two in a split; elsewhere it is on one side."""
    return split in ("roles", "published")


def _tiles(row: PlannedEvent) -> int:
    block = parse_block(row.block, f"event {row.event}")
    return block.last - block.first + 1
