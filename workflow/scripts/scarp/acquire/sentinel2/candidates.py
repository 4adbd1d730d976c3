"""Looking at images where the event is: how much of the area each of them shows.

Clouds, their shadows and snow are counted in the scene classification of the area, of which the
percentage of a whole tile says little. It is read at its own 20 m: the blocks that an area needs
cost less than the directory of their file, and the smaller copies in that file may have been
averaged, which turns classes into others.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from scarp.acquire.sentinel2.classes import Shares, shares
from scarp.acquire.sentinel2.items import Tile, offset
from scarp.acquire.sentinel2.read import read_image
from scarp.acquire.stac_access import StacAccess
from scarp.errors import DataError
from scarp.grid import Grid
from scarp.tsv import write_table

_LOG = logging.getLogger("scarp")
#: Pixels of the scene classification, in metres.
_CLASSES = 20.0
COLUMNS = (
    *("event", "epoch", "date", "days", "items", "baseline", "offset", "tile_cloud"),
    *("cloud", "shadow", "snow", "covered", "score", "decision"),
)


@dataclass(frozen=True)
class Rules:
    """What a good image is.

    An image's score is the share of the area that shows no ground (cloud, shadow, no data), plus
    `snow_weight` times the share of snow, plus `day_weight` for every day from the event. The
    lowest score is best. With the usual weights a month weighs as much as 6 % more cloud.

    Attributes
    ----------
    days: farthest from the event.
    cloud: largest share of cloud and shadow in the area, 0 to 1.
    covered: least share of the area with data, 0 to 1.
    snow_weight, day_weight: see above.
    """

    days: int = 60
    cloud: float = 0.2
    covered: float = 0.98
    snow_weight: float = 0.5
    day_weight: float = 0.002


@dataclass(frozen=True)
class Candidate:
    """An image: the tiles of one datatake that the area touches.

    Attributes
    ----------
    tiles: at least one.
    days: from the event, negative before it.
    shares: of the area; None where its classes cannot be read.
    score: see `Rules`; infinite without shares.
    objection: why it is not to be used; blank where nothing speaks against it.
    """

    tiles: tuple[Tile, ...]
    days: int
    shares: Shares | None
    score: float
    objection: str

    @property
    def day(self) -> date:
        """When it was taken, in UTC."""
        return self.tiles[0].day

    @property
    def items(self) -> tuple[str, ...]:
        """Ids of its tiles, sorted."""
        return tuple(sorted(tile.item for tile in self.tiles))

    @property
    def baselines(self) -> str:
        """Processing baselines of its tiles, mostly one."""
        return ", ".join(sorted({tile.baseline_text for tile in self.tiles}))

    @property
    def offsets(self) -> str:
        """What is added to digital numbers of its tiles, mostly one number."""
        return ", ".join(str(number) for number in sorted({offset(tile) for tile in self.tiles}))

    def __str__(self) -> str:
        apart = f"{abs(self.days)} days {'before' if self.days < 0 else 'after'}"
        seen = self.shares
        found = (
            self.objection
            if seen is None
            else f"{seen.cloud + seen.shadow:.1%} cloud and shadow, {seen.snow:.1%} snow,"
            f" {seen.covered:.1%} covered"
        )
        return f"{', '.join(self.items)} ({apart}, {found})"


def look_at(
    access: StacAccess, tiles: Sequence[Tile], grid: Grid, event_day: date, rules: Rules
) -> Candidate:
    """Count what an image shows of the area; a file that cannot be read makes an objection."""
    days = (tiles[0].day - event_day).days
    rows = math.ceil(grid.height * grid.resolution / _CLASSES)
    columns = math.ceil(grid.width * grid.resolution / _CLASSES)
    coarse = Grid(grid.crs, grid.left, grid.top, _CLASSES, rows, columns)
    try:
        seen = shares(read_image(access, tiles, coarse, bands=()).classes)
    except DataError as error:
        _LOG.warning("%s", error)
        facts = "; ".join(f"{fault.offender} {fault.fact}" for fault in error.faults)
        return Candidate(tuple(tiles), days, None, math.inf, f"cannot be read: {facts}")
    score = seen.hidden + rules.snow_weight * seen.snow + rules.day_weight * abs(days)
    return Candidate(tuple(tiles), days, seen, score, _objection(seen, rules))


def _objection(seen: Shares, rules: Rules) -> str:
    found = []
    if seen.covered < rules.covered:
        found.append(f"covers {seen.covered:.1%} of the area, less than {rules.covered:.0%}")
    if seen.cloud + seen.shadow > rules.cloud:
        found.append(f"{seen.cloud + seen.shadow:.1%} cloud and shadow, over {rules.cloud:.0%}")
    return "; ".join(found)


def write_candidates(
    path: str | Path,
    event: str,
    epoch: str,
    candidates: Sequence[Candidate],
    picked: Candidate | None,
) -> None:
    """Write a table of all images that were looked at, best first, and what became of each.

    Shares are in per cent; `tile_cloud` is the catalogue's, of whole tiles, to compare.
    """
    rows = []
    for one in candidates:
        told = [tile.cloud for tile in one.tiles if tile.cloud is not None]
        seen = one.shares
        shown = (
            ("", "", "", "", "")
            if seen is None
            else (
                *(f"{100 * share:.2f}" for share in (seen.cloud, seen.shadow, seen.snow)),
                f"{100 * seen.covered:.2f}",
                f"{one.score:.4f}",
            )
        )
        decision = one.objection or "not the best"
        if one is picked:
            decision = f"picked{f', though {one.objection}' if one.objection else ''}"
        about = (event, epoch, one.day, one.days, " ".join(one.items), one.baselines, one.offsets)
        rows.append((*about, f"{sum(told) / len(told):.2f}" if told else "", *shown, decision))
    write_table(path, COLUMNS, rows)
