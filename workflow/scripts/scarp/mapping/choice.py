"""Which ensemble maps an event: the best by its validation score among those that its images serve.

Candidates are the ensembles of one split that see the event at all. One fits when the cube has
every channel of it and these together cover at least a given share of the area. Of those that fit
the highest validation score wins; test scores take no part, nor is there a way for them to. Equal
scores are decided by fewer channels, then by name; ensembles without a validation score come last.
Where none covers enough, the one that covers most is taken and a warning given.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scarp.errors import ModelError
from scarp.mapping.availability import Availability
from scarp.mapping.candidate import Candidate, candidate_of, rank, set_aside
from scarp.mapping.ensembles import group, of_split
from scarp.mapping.image_names import shows_event
from scarp.mapping.reasons import improvements, nothing_fits, warnings, why
from scarp.mapping.stored import Stored


@dataclass(frozen=True)
class Choice:
    """The ensemble that maps an event.

    Attributes
    ----------
    chosen: it.
    candidates: all that were compared, best first; those that see nothing of the event stand last
        and fit never.
    why: a sentence with the numbers that decided.
    improve: what would let better ensembles map the event, largest gain first.
    warnings: what to bear in mind.
    """

    chosen: Candidate
    candidates: tuple[Candidate, ...]
    why: str
    improve: tuple[str, ...]
    warnings: tuple[str, ...]


def choose(models: Iterable[Stored], available: Availability, split: str, least: float) -> Choice:
    """Choose the ensemble that maps an event; the module says how.

    Parameters
    ----------
    models: there are, of any split; at least one.
    split: to compare in; blank: the only one that there are models of.
    least: share of the area, 0 to 1, that the channels of an ensemble are to cover together.

    Raises
    ------
    ModelError: models contradict each other, or the split is not clear (see `group` and
        `of_split`); no candidate has all its channels in the cube and a pixel with all of them.
    """
    ensembles = of_split(group(models), split)
    blind = [one for one in ensembles if not shows_event(one.channels)]
    seeing = [one for one in ensembles if shows_event(one.channels)]
    candidates = sorted((candidate_of(one, available, least) for one in seeing), key=rank)
    fitting = [one for one in candidates if one.fits]
    covering = sorted(
        (one for one in candidates if one.coverage > 0), key=lambda one: -one.coverage
    )
    if not covering:
        raise ModelError(nothing_fits(candidates, blind, available))
    chosen = (fitting or covering)[0]
    return Choice(
        chosen,
        (*candidates, *(set_aside(one) for one in blind)),
        why(chosen, candidates, fitting, least),
        improvements(chosen, candidates),
        warnings(chosen, candidates, least),
    )
