"""Passes of a satellite over an area, and the slices that the area needs of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from scarp.acquire.sentinel1.ground import Area, covered_share, widened
from scarp.acquire.sentinel1.scene import Scene

#: An area counts as covered from this share on: footprints are rounded.
WHOLE = 0.999
#: Slices are taken for an area with this margin: the subswaths of a slice end up to 13 km apart,
#: and the terrain around the area falls upon it.
_MARGIN_KM = 10.0
#: Share of the widened area that a further slice must add.
_ADDS = 0.005


@dataclass(frozen=True)
class Track:
    """What stays the same from pass to pass.

    Attributes
    ----------
    relative_orbit: number.
    direction: "ASC" or "DES".
    polarisations: like, cross.
    """

    relative_orbit: int
    direction: str
    polarisations: tuple[str, str]

    def __str__(self) -> str:
        return f"track {self.relative_orbit} {self.direction} {'+'.join(self.polarisations)}"


@dataclass(frozen=True)
class Pass:
    """One date of a track.

    Attributes
    ----------
    date: UTC, of the first slice's start.
    mission: "S1A" ... "S1D".
    scenes: the slices that the area needs, in order of time.
    covered: share of the area that they cover.
    """

    date: date
    mission: str
    scenes: tuple[Scene, ...]
    covered: float

    @property
    def whole(self) -> bool:
        """Whether all of the area is covered."""
        return self.covered >= WHOLE


def passes_of(scenes: Iterable[Scene], area: Area) -> dict[Track, list[Pass]]:
    """Group scenes into passes, and those by track; in order of time.

    A pass is a datatake: its slices can carry two orbit numbers where it crosses the equator
    northward, the first one counts.
    """
    datatakes: dict[tuple[str, str], list[Scene]] = defaultdict(list)
    for scene in sorted(scenes, key=lambda s: s.start):
        datatakes[scene.name.mission, scene.name.datatake].append(scene)
    found: dict[Track, list[Pass]] = defaultdict(list)
    for (mission, _), slices in datatakes.items():
        first = slices[0]
        needed = needed_slices(slices, area)
        found[Track(first.relative_orbit, first.direction, first.polarisations)].append(
            Pass(
                date=needed[0].start.date(),
                mission=mission,
                scenes=needed,
                covered=covered_share((s.footprint for s in needed), area),
            )
        )
    return {track: sorted(days, key=lambda p: p.date) for track, days in found.items()}


def needed_slices(slices: Sequence[Scene], area: Area) -> tuple[Scene, ...]:
    """The fewest slices of a pass that cover of an area and its margin what all of them cover."""
    wide = widened(area, _MARGIN_KM)
    chosen: list[Scene] = []
    rest, covered = list(slices), 0.0
    while rest:
        shares = [covered_share((s.footprint for s in (*chosen, scene)), wide) for scene in rest]
        best = max(range(len(rest)), key=shares.__getitem__)
        if chosen and shares[best] - covered < _ADDS:
            break
        covered = shares[best]
        chosen.append(rest.pop(best))
    return tuple(sorted(chosen, key=lambda s: s.start))
