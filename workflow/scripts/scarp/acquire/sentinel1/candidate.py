"""A track that dates could be taken of, and what speaks for it and against it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from scarp.acquire.sentinel1.ground import Area, incidence, look_azimuth
from scarp.acquire.sentinel1.passes import Pass, Track
from scarp.acquire.sentinel1.view import Slopes, visible_share

#: Dates before and after an event.
DATES = 3
#: Days between dates that are as good as it gets with one satellite.
SPACING = 12
#: What a pair of dates further apart costs, as a share of the area out of sight.
GAP_COST = 0.05
#: Polarisations that the study's channels are of.
_STUDY = ("VV", "VH")


@dataclass(frozen=True)
class Target:
    """What dates are wanted for.

    Attributes
    ----------
    event: id, for messages.
    date: of the event; a pass on that very day counts as after.
    area: west, south, east, north, degrees.
    orbit: "ASC" or "DES"; blank: either.
    relative_orbit: of the only track that is allowed; None: any.
    """

    event: str
    date: date
    area: Area
    orbit: str = ""
    relative_orbit: int | None = None

    def allows(self, track: Track) -> bool:
        """Whether the user left this track open."""
        return self.orbit in ("", track.direction) and self.relative_orbit in (
            None,
            track.relative_orbit,
        )

    @property
    def wish(self) -> str:
        """What the user fixed, in words; blank where nothing."""
        fixed = [f"orbit is {self.orbit}"] if self.orbit else []
        if self.relative_orbit is not None:
            fixed.append(f"relative_orbit is {self.relative_orbit}")
        return " and ".join(fixed)


@dataclass(frozen=True)
class Candidate:
    """A track and its dates.

    Attributes
    ----------
    track: which one.
    before, after: its dates next to the event, at most three each, in order of time.
    incidence: at the area's centre, degrees.
    visible: share of the area that it sees well; NaN without elevation.
    reason: why it was chosen, or not.
    """

    track: Track
    before: tuple[Pass, ...]
    after: tuple[Pass, ...]
    incidence: float
    visible: float
    reason: str = ""

    @property
    def passes(self) -> tuple[Pass, ...]:
        """All its dates, in order of time."""
        return self.before + self.after

    @property
    def gaps(self) -> list[int]:
        """Days between consecutive dates."""
        return [(later.date - earlier.date).days for earlier, later in pairwise(self.passes)]

    @property
    def long_gaps(self) -> int:
        """How many pairs are further apart than a satellite's cycle."""
        return sum(gap > SPACING for gap in self.gaps)

    @property
    def covered(self) -> float:
        """Share of the area that every date covers at least."""
        return min(one.covered for one in self.passes)

    @property
    def whole(self) -> bool:
        """Whether its dates cover the area."""
        return all(one.whole for one in self.passes)

    @property
    def merit(self) -> float:
        """Share of the area in sight, less what dates far apart cost.

        Rounded to what the approximations bear; 0 is seen where that is not known.
        """
        visible = 0.0 if math.isnan(self.visible) else self.visible
        return round(visible - GAP_COST * self.long_gaps, 2)

    @property
    def counted(self) -> str:
        """How many dates it has, in words."""
        return f"{len(self.before)} dates before, {len(self.after)} after"


def candidate_of(
    track: Track, passes: Sequence[Pass], target: Target, slopes: Slopes | None
) -> Candidate:
    """A track with the dates that would be taken of it.

    Parameters
    ----------
    passes: all of the track, in order of time; those that cover the area in part are left out,
        unless there are no others.
    slopes: of the area; None: not known.
    """
    usable = [one for one in passes if one.whole] or list(passes)
    look = look_azimuth(track.direction, (target.area[1] + target.area[3]) / 2)
    angle = incidence((scene.footprint for scene in usable[0].scenes), target.area, look)
    return Candidate(
        track=track,
        before=tuple([one for one in usable if one.date < target.date][-DATES:]),
        after=tuple([one for one in usable if one.date >= target.date][:DATES]),
        incidence=angle,
        visible=math.nan if slopes is None else visible_share(slopes, look, angle),
    )


def rank(candidate: Candidate) -> tuple[float, ...]:
    """What candidates are ordered by: the larger, the better."""
    return (
        bool(candidate.before) and bool(candidate.after),
        candidate.whole,
        len(candidate.passes),
        candidate.track.polarisations == _STUDY,
        candidate.merit,
        -sum(candidate.gaps),
        candidate.covered,
        -candidate.track.relative_orbit,
    )


def percent(share: float) -> str:
    """A share in words, such as ``84 %``."""
    return f"{100 * share:.0f} %"


def why(best: Candidate, rivals: int, wish: str) -> str:
    """Why it was chosen of itself and so many other tracks that were allowed."""
    fixed = f" ({wish})" if wish else ""
    seen = "" if math.isnan(best.visible) else f", sees {percent(best.visible)} of the area"
    of = f"best of {rivals + 1} tracks" if rivals else "the only track with dates"
    return f"{of}{fixed}: {best.counted}{seen}"


def why_not(candidate: Candidate, best: Candidate) -> str:
    """The first point of `rank` in which it is behind."""
    if not (candidate.before and candidate.after) and best.before and best.after:
        return f"dates on one side of the event only: {candidate.counted}"
    if best.whole and not candidate.whole:
        return f"covers {percent(candidate.covered)} of the area"
    if len(candidate.passes) < len(best.passes):
        return f"fewer dates: {candidate.counted}"
    if candidate.track.polarisations != best.track.polarisations:
        return f"is in {'+'.join(candidate.track.polarisations)}"
    if candidate.merit < best.merit:
        return f"{_merits(candidate)}; the chosen one {_merits(best)}"
    return "as good, but more time between its dates, or a higher number"


def _merits(candidate: Candidate) -> str:
    seen = (
        "" if math.isnan(candidate.visible) else f"sees {percent(candidate.visible)} of the area, "
    )
    return f"{seen}has {candidate.long_gaps} pairs more than {SPACING} days apart"
