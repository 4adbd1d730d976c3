"""Event, place and side of every published patch: what the published split is."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scarp.acquire.archive import SIDES, metadata_name, scene_name
from scarp.acquire.archive_files import Archive, open_archive
from scarp.acquire.archive_meta import read_metadata
from scarp.acquire.archive_raster import read_raster
from scarp.acquire.published_h5 import Side, describe, read
from scarp.acquire.published_match import Place, Scene, find, settle
from scarp.channels import split_channel
from scarp.errors import DataError, Fault
from scarp.tsv import read_table, write_table

logger = logging.getLogger("scarp")

ELEVATION = "None_DEM"
#: No two of its pixels are alike: searched where elevation is flat.
_ROUGH = "PRE1_gVV"
#: Channels that tell apart scenes that overlap.
_TELLING = ("None_SLOPE", "PRE1_B04", "POST1_B04", "PRE1_gVV", "POST1_gVV")

Pixels = NDArray[np.float32]
COLUMNS = ("part", "index", "event", "row", "column")
ROLES_COLUMNS = (
    *("event", "role", "role_in_table"),
    *("train", "validation", "independent", "dependent"),
)


@dataclass(frozen=True)
class Position:
    """A published patch: file (key of `SIDES`), index in it, and its place."""

    part: str
    index: int
    place: Place


def find_positions(archive_path: str | Path, files: Mapping[str, str | Path]) -> list[Position]:
    """Find every published patch in the scenes of the archive.

    The event is taken from `IDs_order` where a file has it, and searched for in all scenes where
    not; the place is found by elevation in either case (`scarp.acquire.published_match`).

    Parameters
    ----------
    archive_path: the zip, or the folder that it was unpacked to.
    files: part (key of `SIDES`) -> its HDF5 file.

    Raises
    ------
    DataError: a file is not as it should be, or a patch is in no scene, or in several.
    """
    with open_archive(archive_path) as archive:
        scenes = _Scenes(archive)
        sides = {part: describe(path, scenes.events) for part, path in files.items()}
        _same_size(sides)
        faults: list[Fault] = []
        found: list[Position] = []
        for part, side in sides.items():
            logger.info("%s: finding %d patches", side.path.name, side.count)
            patches = _Patches(side)
            for index in range(side.count):
                named = side.events[index] if side.events else ""
                places = _places(scenes, patches, index, [named] if named else scenes.events)
                if len(places) == 1:
                    found.append(Position(part, index, places[0]))
                else:
                    faults.append(_unmatched(side, index, named, places))
        if faults:
            raise DataError(faults)
    return found


def _places(scenes: _Scenes, patches: _Patches, index: int, events: Iterable[str]) -> list[Place]:
    def anchor(event: str, channel: str) -> tuple[Callable[[], Scene], Callable[[], Pixels]]:
        return partial(scenes.sorted, event, channel), partial(patches.of, channel, index)

    def fits(channel: str, place: Place) -> bool:
        patch = patches.of(channel, index)
        rows = slice(place.row, place.row + patch.shape[0])
        columns = slice(place.column, place.column + patch.shape[1])
        window = scenes.channel(place.event, channel)[rows, columns]
        # What has no data in the scene may stand as 0 or as NaN in the patch.
        return bool(((window == patch) | np.isnan(window)).all())

    places = [
        place
        for event in events
        for place in find(event, (anchor(event, channel) for channel in (ELEVATION, _ROUGH)))
    ]
    return settle(places, [partial(fits, channel) for channel in _TELLING])


class _Scenes:
    """Channels of the archive's scenes, read when they are asked for."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.events = archive.events()
        # Elevation of all events is needed throughout, other channels where it does not decide.
        self.sorted = lru_cache(2 * len(self.events))(self._sorted)
        self.channel = lru_cache(16)(self._channel)

    def _sorted(self, event: str, channel: str) -> Scene:
        return Scene(self._channel(event, channel))

    def _channel(self, event: str, channel: str) -> Pixels:
        name = metadata_name(event)
        label = self._archive.label(name)
        files = read_metadata(self._archive.read(name), label, event, "", {})
        if channel not in files:
            raise DataError(Fault(f"has no row for {channel}", label, cure="unpack it again"))
        name = scene_name(event, files[channel].stem)
        band = split_channel(channel)[1]
        return read_raster(self._archive.read(name), self._archive.label(name), band).values


class _Patches:
    """Channels of one file of patches: elevation at once, others patch by patch."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self._elevation: Pixels = read(side, ELEVATION)

    def of(self, channel: str, index: int) -> Pixels:
        if channel == ELEVATION:
            pixels: Pixels = self._elevation[index]
        else:
            pixels = read(self._side, channel, np.array([index]))[0]
        return pixels


def _same_size(sides: Mapping[str, Side]) -> None:
    sizes = {side.size for side in sides.values()}
    if len(sizes) > 1:
        raise DataError(
            Fault(
                f"have patches of {' and '.join(map(str, sorted(sizes)))} pixels",
                ", ".join(str(side.path) for side in sides.values()),
                "one size in all files",
                "unpack or fetch the archive again",
            )
        )


def _unmatched(side: Side, index: int, named: str, places: Iterable[Place]) -> Fault:
    several = ", ".join(f"{p.event} row {p.row} column {p.column}" for p in list(places)[:4])
    where = f"the scene of {named}" if named else "any scene of the archive"
    return Fault(
        f"has several places: {several}" if several else f"does not lie in {where}",
        f"{side.path}, patch {index}",
        "patches whose elevation pixels stand in one place of one scene",
        "give the whole archive in one version, or set patches: origin: own",
    )


def write_positions(path: str | Path, positions: Iterable[Position]) -> None:
    """Write the table of positions: part, index, event, row, column."""
    write_table(
        path,
        COLUMNS,
        ((p.part, p.index, p.place.event, p.place.row, p.place.column) for p in positions),
    )


def read_positions(path: str | Path) -> list[Position]:
    """Read what `write_positions` wrote."""
    return [
        Position(
            row["part"],
            int(row["index"]),
            Place(row["event"], int(row["row"]), int(row["column"])),
        )
        for row in read_table(path, COLUMNS)
    ]


def write_roles(
    path: str | Path, positions: Iterable[Position], in_table: Mapping[str, str]
) -> None:
    """Write what each event does in the published split, beside its role in events.tsv.

    An event that only tests is independent, one that trains and tests is dependent.
    """
    counts: dict[str, dict[str, int]] = {}
    for position in positions:
        own = counts.setdefault(position.place.event, dict.fromkeys(SIDES.values(), 0))
        own[SIDES[position.part]] += 1
    rows = []
    for event, own in sorted(counts.items()):
        role = recovered_role(own)
        told = in_table.get(event, "")
        rows.append((event, role, told, *own.values()))
        if told and told != role:
            logger.warning("%s is %s in the published split, %s in the table", event, role, told)
    write_table(path, ROLES_COLUMNS, rows)


def recovered_role(counts: Mapping[str, int]) -> str:
    """Role that follows from an event's numbers of patches per side."""
    learns = counts["train"] or counts["validation"]
    if counts["independent"]:
        return "independent and train" if learns else "independent"
    if counts["dependent"]:
        return "dependent"
    return "train"
