"""Where the Sentinel-1 products of an event lie; the workflow reads this while it is parsed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from scarp.channels import EPOCHS
from scarp.tables import Acquisition, Event

SUFFIXES = (".SAFE", ".zip")
#: In an epoch's folder: names of its scenes, one a line, once they are there.
LIST = "scenes.txt"


def scene_folder(resources: str, event: str, epoch: str) -> Path:
    """The folder that products of an event and epoch come to lie in."""
    return Path(resources, "sentinel1", event, epoch)


def scenes_of(
    resources: str, event: str, epoch: str, acquisitions: Sequence[Acquisition]
) -> tuple[list[str], list[str]]:
    """SAFE folders and zips of an epoch, and what of them is not there.

    A product is named by a path, or by its name, with or without .SAFE, in the epoch's folder; a
    blank one stands for all products in that folder.

    Returns
    -------
    Paths that are there, sorted, and those that are not.
    """
    folder = scene_folder(resources, event, epoch)
    there: list[str] = []
    missing: list[str] = []
    for row in acquisitions:
        if (row.sensor, row.epoch) != ("sentinel1", epoch):
            continue
        if row.product:
            path = Path(row.product) if "/" in row.product else folder / row.product
            found = [p for p in (path, *(Path(f"{path}{s}") for s in SUFFIXES)) if p.exists()][:1]
        else:
            found = sorted(p for p in folder.glob("*") if p.suffix in SUFFIXES)
            path = folder / "*.SAFE"
        there += [str(p) for p in found]
        missing += [] if found else [str(path)]
    return sorted(set(there)), missing


def listed(paths: Sequence[str]) -> list[str]:
    """Paths of scenes; a folder that the workflow fetches into stands for those on its list."""
    found = []
    for path in map(Path, paths):
        if (path / LIST).is_file():
            lines = (path / LIST).read_text(encoding="utf-8").splitlines()
            found += [str(path / line) for line in lines if line]
        else:
            found.append(str(path))
    return found


def engine_of(row: Event, config: Mapping[str, Any]) -> str:
    """Who makes an event's Sentinel-1 products: snap, embedded, or files where nobody does."""
    return row.engine or str(config["sentinel1"]["engine"])


def epochs_of_sentinel1(acquisitions: Sequence[Acquisition]) -> list[str]:
    """Epochs for which an event has Sentinel-1 scenes, in time order."""
    found = {row.epoch for row in acquisitions if row.sensor == "sentinel1"}
    return [epoch for epoch in EPOCHS if epoch in found]


def earlier_epoch(epoch: str) -> str:
    """The epoch before, with which coherence is formed."""
    return EPOCHS[EPOCHS.index(epoch) - 1]


def chained(epochs: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of consecutive epochs, of those that are there: (earlier, later)."""
    return [
        (earlier, later)
        for earlier, later in pairwise(EPOCHS)
        if earlier in epochs and later in epochs
    ]


def geometry_epoch(epochs: Sequence[str]) -> str:
    """The epoch whose orbit the geometry of an event is made with: the one nearest to the event."""
    return min(epochs, key=lambda epoch: (epoch[-1], epoch.startswith("POST")))
