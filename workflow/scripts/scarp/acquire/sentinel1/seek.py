"""The Sentinel-1 scenes of an event: those that the user names, and for the rest the best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from scarp.acquire.sentinel1.asf import Asf
from scarp.acquire.sentinel1.catalogue import search_scenes, search_words
from scarp.acquire.sentinel1.cdse import Cdse
from scarp.acquire.sentinel1.choice import (
    COLUMNS,
    Choice,
    Target,
    choose_dates,
    write_candidates,
)
from scarp.acquire.sentinel1.chosen import is_by_hand
from scarp.acquire.sentinel1.passes import Pass, Track, passes_of
from scarp.acquire.sentinel1.scene import Scene, parse_name
from scarp.acquire.sentinel1.view import Slopes, slopes_of
from scarp.channels import EPOCHS
from scarp.errors import DataError, Fault
from scarp.grid import Grid
from scarp.log import logger
from scarp.scenes import SUFFIXES
from scarp.sentinel1.dem import dem_on_grid
from scarp.sentinel1.safe import open_safe
from scarp.tsv import write_table

#: Pixels of the event in a step of the grid on which slopes are looked at: 100 m.
_EVERY = 10


@dataclass(frozen=True)
class Wish:
    """What the tables say of an epoch; blank is free.

    Attributes
    ----------
    day: ISO date.
    products: names, with or without a suffix.
    """

    day: str = ""
    products: tuple[str, ...] = ()

    @property
    def date(self) -> date | None:
        """The day, told by itself or by a product's name."""
        if self.day:
            return date.fromisoformat(self.day)
        return parse_name(self.products[0]).start.date() if self.products else None

    def allows(self, scene: Scene) -> bool:
        """Whether a scene of that day is one of the products, where there are any."""
        names = {parse_name(product).text for product in self.products}
        return not names or scene.name.text in names


@dataclass(frozen=True)
class Sought:
    """What is looked for.

    Attributes
    ----------
    target: the event, and the track where the table names one.
    epochs: epoch -> what the tables say of it.
    days: searched before the event and after it.
    missions: whose scenes are taken; empty: all.
    folder: of the event's scenes, with a folder for each epoch.
    """

    target: Target
    epochs: Mapping[str, Wish]
    days: int
    missions: tuple[str, ...]
    folder: Path


def seek_scenes(
    sought: Sought, service: Cdse | Asf, grid: Grid, dem: Path
) -> tuple[dict[str, tuple[Scene, ...]], Choice | None]:
    """Find the scenes of every epoch for which the user put none there.

    Parameters
    ----------
    grid, dem: of the event; its slopes tell which track sees more of it.

    Returns
    -------
    Epoch -> scenes, in order of time; and the choice, None where nothing had to be sought.

    Raises
    ------
    DataError: no scenes, fewer dates than epochs, or not those that the tables name.
    """
    own = {epoch: _by_hand(sought.folder / epoch) for epoch in sought.epochs}
    wanted = [epoch for epoch, scene in own.items() if scene is None]
    if not wanted:
        logger.info("%s: all scenes were put there by hand", sought.target.event)
        return {}, None
    target, wishes = sought.target, dict(sought.epochs)
    for epoch, there in own.items():
        if there is not None:
            # What is sought must fit what is there.
            (relative_orbit, direction), own_day = there
            target = replace(target, relative_orbit=relative_orbit, orbit=direction)
            wishes[epoch] = Wish(own_day)
    event = datetime.combine(target.date, datetime.min.time(), UTC)
    start, end = event - timedelta(sought.days), event + timedelta(sought.days + 1)
    days = [wishes[epoch].date for epoch in wanted if wishes[epoch].date]
    for day in filter(None, days):
        at = datetime.combine(day, datetime.min.time(), UTC)
        start, end = min(start, at), max(end, at + timedelta(1))
    found = search_scenes(service, target.area, start, end, sought.missions)
    searched = search_words(service, target.area, start, end, sought.missions)
    named = [scene for scene in found if _is_named(scene, wishes)]
    tracks = passes_of(named, target.area)
    fitting = {track: own for track, own in tracks.items() if {*days} <= {p.date for p in own}}
    if days and not fitting:
        raise DataError(_no_track(tracks, wishes, searched, target))
    usable = [scene for passes in fitting.values() for one in passes for scene in one.scenes]
    choice = choose_dates(usable, target, searched, _slopes(grid, dem))
    dates = _deal(fitting.get(choice.chosen.track, []), wishes, target.date)
    faults = [_missing(epoch, dates, choice, searched, target) for epoch in wanted]
    if any(faults):
        raise DataError(fault for fault in faults if fault)
    return {epoch: dates[epoch].scenes for epoch in EPOCHS if epoch in wanted}, choice


def write_tracks(path: str | Path, event: str, choice: Choice | None) -> None:
    """Write the table of tracks; without rows where nothing had to be chosen."""
    if choice is None:
        write_table(path, COLUMNS, ())
    else:
        write_candidates(path, event, choice)


def _by_hand(folder: Path) -> tuple[tuple[int, str], str] | None:
    """Track and day of the scenes that the user put into a folder; None where there are none."""
    if not is_by_hand(folder):
        return None
    first = open_safe(sorted(path for path in folder.glob("*") if path.suffix in SUFFIXES)[0])
    return (first.relative_orbit, first.orbit_pass), str(first.start.astype("datetime64[D]"))


def _is_named(scene: Scene, wishes: Mapping[str, Wish]) -> bool:
    """Whether a scene is one of the products of its day, where the table names any."""
    return all(wish.allows(scene) for wish in wishes.values() if wish.date == scene.start.date())


def _deal(passes: Sequence[Pass], wishes: Mapping[str, Wish], event: date) -> dict[str, Pass]:
    """The passes of a track by epoch: those of named days, the nearest beyond for the rest."""
    found: dict[str, Pass] = {}
    for side in ("PRE", "POST"):
        own = [p for p in passes if (p.date >= event) == (side == "POST")]
        left = sorted(own, key=lambda p: abs((p.date - event).days))
        for epoch in (f"{side}{number}" for number in (1, 2, 3) if f"{side}{number}" in wishes):
            day = wishes[epoch].date
            taken = next((p for p in left if day in (None, p.date)), None)
            if taken is not None:
                found[epoch], day = taken, taken.date
            if day is not None:
                left = [p for p in left if abs((p.date - event).days) > abs((day - event).days)]
    return found


def _no_track(
    tracks: Mapping[Track, Sequence[Pass]],
    wishes: Mapping[str, Wish],
    searched: str,
    target: Target,
) -> Fault:
    told = ", ".join(f"{epoch} {wish.date}" for epoch, wish in wishes.items() if wish.date)
    there = "; ".join(
        f"{track}: {' '.join(str(one.date) for one in passes)}" for track, passes in tracks.items()
    )
    return Fault(
        f"the table names {told}, and no track has scenes of all these days ({searched})",
        f"event {target.event}",
        there or "none was found",
        "correct the dates or products in acquisitions.tsv, or leave them blank",
    )


def _missing(
    epoch: str, dates: Mapping[str, Pass], choice: Choice, searched: str, target: Target
) -> Fault | None:
    if epoch in dates:
        return None
    there = ", ".join(f"{name} {one.date}" for name, one in dates.items()) or "none"
    return Fault(
        f"no date was found for it on {choice.chosen.track} ({there}; {searched})",
        f"event {target.event}, epoch {epoch}",
        "as many dates on either side of the event as the table has epochs",
        "take the epoch out of acquisitions.tsv, wait for the next pass, or widen"
        " acquire: sentinel1: days",
    )


def _slopes(grid: Grid, dem: Path) -> Slopes:
    coarse = Grid(
        grid.crs,
        grid.left,
        grid.top,
        grid.resolution * _EVERY,
        max(2, grid.height // _EVERY),
        max(2, grid.width // _EVERY),
    )
    _, heights = dem_on_grid(dem, coarse, 0, "ellipsoidal")
    return slopes_of(heights, coarse.resolution)


def wishes_of(rows: Sequence[tuple[str, str, str]]) -> dict[str, Wish]:
    """Wishes of table rows (epoch, day, product): several rows of an epoch are slices."""
    found: dict[str, Wish] = {}
    for epoch, day, product in rows:
        before = found.get(epoch, Wish())
        products = (*before.products, product) if product else before.products
        found[epoch] = Wish(day or before.day, products)
    return found
