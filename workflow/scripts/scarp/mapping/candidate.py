"""An ensemble, and how the images of an event serve it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scarp.mapping.availability import Availability
from scarp.mapping.ensembles import Ensemble
from scarp.mapping.needs import Lack, missing_images, weak_images


@dataclass(frozen=True)
class Candidate:
    """An ensemble and how an event serves it.

    Attributes
    ----------
    ensemble: which.
    coverage: share of the area, 0 to 1, where all its channels have data.
    fits: whether it may be chosen without a warning.
    lacks: what must be added or replaced so that it fits.
    has_channels: whether the cube has every channel of it.
    """

    ensemble: Ensemble
    coverage: float
    fits: bool
    lacks: tuple[Lack, ...]
    has_channels: bool


def candidate_of(ensemble: Ensemble, available: Availability, least: float) -> Candidate:
    """How an event serves an ensemble.

    Parameters
    ----------
    least: share of the area that its channels are to cover, 0 to 1; a pixel in any case.
    """
    channels = ensemble.channels
    missing = missing_images(channels, available)
    lacks = missing or weak_images(channels, available, max(least, 1 / available.pixels))
    return Candidate(ensemble, available.coverage(channels), not lacks, lacks, not missing)


def set_aside(ensemble: Ensemble) -> Candidate:
    """An ensemble that sees nothing of the event and fits never."""
    return Candidate(ensemble, 0.0, False, (Lack("event", "a channel that sees the event"),), False)


def score(candidate: Candidate) -> float:
    """Its validation F1; less than any where it has none."""
    value = candidate.ensemble.validation_f1
    return -math.inf if value is None else value


def rank(candidate: Candidate) -> tuple[float, int, str]:
    """What candidates are sorted by, best first: score, fewer channels, name."""
    return (-score(candidate), len(candidate.ensemble.channels), candidate.ensemble.name)
