"""Choosing the Sentinel-1 dates of an event: one track, three dates before and three after.

Coherence joins consecutive dates, so all are of one track.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from pathlib import Path

from scarp.acquire.sentinel1.candidate import (
    DATES,
    SPACING,
    Candidate,
    Target,
    candidate_of,
    percent,
    rank,
    why,
    why_not,
)
from scarp.acquire.sentinel1.passes import Pass, Track, passes_of
from scarp.acquire.sentinel1.scene import Scene
from scarp.acquire.sentinel1.view import Slopes
from scarp.errors import DataError, Fault
from scarp.log import logger
from scarp.tables import Acquisition
from scarp.tsv import write_table

__all__ = [
    "COLUMNS",
    "Choice",
    "Target",
    "acquisitions_of",
    "choose_dates",
    "write_candidates",
]

#: Of the table of candidates.
COLUMNS = (
    "event",
    "relative_orbit",
    "orbit",
    "polarisations",
    "before",
    "after",
    "longest_gap_days",
    "incidence",
    "visible_share",
    "covered_share",
    "chosen",
    "reason",
)
#: Sentinel-1A was alone from Sentinel-1B's loss until the data of Sentinel-1C were open.
_ALONE = (date(2021, 12, 23), date(2025, 3, 26))


@dataclass(frozen=True)
class Choice:
    """What was chosen.

    Attributes
    ----------
    dates: epoch (PRE3 ... POST3) -> pass, in order of time; an epoch without a date is missing.
    chosen: the track taken.
    candidates: all tracks with dates, the chosen one first.
    notes: what the user should know: missing dates, gaps, partial cover.
    """

    dates: Mapping[str, Pass]
    chosen: Candidate
    candidates: tuple[Candidate, ...]
    notes: tuple[str, ...]


def choose_dates(
    scenes: Sequence[Scene], target: Target, searched: str, slopes: Slopes | None = None
) -> Choice:
    """Choose the track and the dates of an event.

    A track that the user fixed is obeyed. Of the others that one is taken, in this order, which has
    dates on both sides of the event; whose dates cover the area; which has more dates, up to three
    on each side; which is in VV and VH; which sees the larger share of the area, each pair of dates
    more than 12 days apart counting like 5 % out of sight; which has less time between its dates.

    Parameters
    ----------
    scenes: as found, of all tracks.
    target: the event.
    searched: what was searched, for the message where nothing is found.
    slopes: of the area; None: tracks are not told apart by what they see.

    Raises
    ------
    DataError: there is no scene that can be taken; it says what there is and what would widen it.
    """
    tracks = passes_of(scenes, target.area)
    every = [candidate_of(track, passes, target, slopes) for track, passes in tracks.items()]
    allowed = sorted((c for c in every if target.allows(c.track)), key=rank, reverse=True)
    if not allowed:
        raise _nothing(tracks, target, searched)
    best, *rivals = allowed
    left_out = (c for c in every if not target.allows(c.track))
    chosen = replace(best, reason=why(best, len(rivals), target.wish))
    notes = tuple(_notes(best, target))
    for note in notes:
        logger.warning("%s: %s", target.event, note)
    before = {f"PRE{n}": one for n, one in enumerate(reversed(best.before), 1)}
    after = {f"POST{n}": one for n, one in enumerate(best.after, 1)}
    return Choice(
        dates={**dict(reversed(before.items())), **after},
        chosen=chosen,
        candidates=(
            chosen,
            *(replace(c, reason=why_not(c, best)) for c in rivals),
            *(replace(c, reason=f"left out: {target.wish}") for c in left_out),
        ),
        notes=notes,
    )


def acquisitions_of(event: str, choice: Choice) -> list[Acquisition]:
    """The choice as rows of acquisitions.tsv, one for each slice."""
    return [
        Acquisition(event, "sentinel1", epoch, str(one.date), scene.name.text)
        for epoch, one in choice.dates.items()
        for scene in one.scenes
    ]


def write_candidates(path: str | Path, event: str, choice: Choice) -> None:
    """Write the table of tracks, the chosen one first: `COLUMNS`, angles in degrees."""
    write_table(
        path,
        COLUMNS,
        (
            (
                event,
                c.track.relative_orbit,
                c.track.direction,
                "+".join(c.track.polarisations),
                " ".join(str(one.date) for one in c.before),
                " ".join(str(one.date) for one in c.after),
                max(c.gaps, default=None),
                f"{c.incidence:.0f}",
                None if math.isnan(c.visible) else f"{c.visible:.2f}",
                f"{c.covered:.2f}",
                int(c is choice.chosen),
                c.reason,
            )
            for c in choice.candidates
        ),
    )


def _notes(best: Candidate, target: Target) -> list[str]:
    notes = []
    if min(len(best.before), len(best.after)) < DATES:
        notes.append(
            f"{best.track} has {best.counted} in the time searched, not {DATES} of each;"
            f" search more days, or let other tracks be taken"
        )
    if not best.whole:
        notes.append(
            f"no track covers all of the area; {best.track} covers {percent(best.covered)}"
            " on every date"
        )
    for (earlier, later), gap in zip(pairwise(best.passes), best.gaps, strict=True):
        if gap > SPACING:
            notes.append(f"{gap} days between {earlier.date} and {later.date} cost coherence")
    first, last = best.passes[0].date, best.passes[-1].date
    if max(best.gaps, default=0) >= SPACING and first < _ALONE[1] and last > _ALONE[0]:
        notes.append(
            "Sentinel-1B was lost on 23 December 2021 and Sentinel-1C came in 2025: in between"
            f" {SPACING} days between dates are the least"
        )
    return notes


def _nothing(tracks: Mapping[Track, Sequence[Pass]], target: Target, searched: str) -> DataError:
    where = f"event {target.event}, {target.date}"
    if not tracks:
        return DataError(
            Fault(
                "no Sentinel-1 scene (IW SLC, two polarisations) was found",
                where,
                f"searched: {searched}",
                "check date and area of the event, search more days or all satellites, or the"
                " other catalogue",
            )
        )
    every = ((track, one) for track, passes in tracks.items() for one in passes)
    track, nearest = min(every, key=lambda pair: abs(pair[1].date - target.date))
    return DataError(
        Fault(
            f"no Sentinel-1 scene was found where {target.wish}",
            where,
            f"searched: {searched}; found: {', '.join(sorted(map(str, tracks)))}; nearest is"
            f" {track} on {nearest.date}, {abs(nearest.date - target.date).days} days away",
            "leave orbit and relative_orbit blank in events.tsv, or write those of a track found",
        )
    )
