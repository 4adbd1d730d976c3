"""Main effects of what experiments are made of, over the whole grid of them.

    score = event + sum of effects + rest

by ordinary least squares; the effects of an experiment follow from its channels. Intervals are
clustered by group of events: the variance is the jackknife that leaves out one group at a time
(CR3: Bell and McCaffrey 2002, Survey Methodology 28, 169-181; MacKinnon, Nielsen and Webb 2022,
arXiv:2205.03288), with Student's t of one degree of freedom less than there are groups (Cameron
and Miller 2015, "A practitioner's guide to cluster-robust inference", Journal of Human Resources
50, 317-372). Where every group counts the same that is Student's t over the effects of single
groups.

The intervals are about other events, for the networks that were trained; they hold no luck of
training that all events share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from scarp.channels import BAND_GROUPS, EPOCHS, split_channel
from scarp.errors import DataError, Fault
from scarp.inference.intervals import NOTHING_KNOWN, Interval, Values, bounded
from scarp.summary import SCORES, Score
from scarp.tables import Experiment

#: Below this share of its length a column holds nothing of its own.
_NOTHING = 1e-9


def _has(*bands: str) -> Callable[[Experiment], float]:
    return lambda experiment: float(
        any(split_channel(channel)[1].name in bands for channel in experiment.channels)
    )


def _from(sensor: str) -> Callable[[Experiment], float]:
    return lambda experiment: float(
        any(split_channel(channel)[1].sensor == sensor for channel in experiment.channels)
    )


def _dates(side: str) -> Callable[[Experiment], float]:
    """Number of dates before (PRE) or after (POST) the event."""
    wanted = {epoch for epoch in EPOCHS if epoch.startswith(side)}
    return lambda experiment: float(
        len(wanted & {split_channel(channel)[0] for channel in experiment.channels})
    )


#: Effects in the order in which an aliased one is found: it is told by those before it. Near
#: infrared is none of them, since of the paper's sets with RGB one alone lacks it.
EFFECTS: Mapping[str, Callable[[Experiment], float]] = {
    "Sentinel-1": _from("sentinel1"),
    "Sentinel-2": _from("sentinel2"),
    "coherence": _has(*BAND_GROUPS["COH"]),
    "H/A/alpha": _has(*BAND_GROUPS["HAA"]),
    "NDVI": _has("NDVI"),
    "red edge": _has(*BAND_GROUPS["RE"]),
    "SWIR": _has(*BAND_GROUPS["SWIR"]),
    "each date before": _dates("PRE"),
    "each date after": _dates("POST"),
}


@dataclass(frozen=True)
class Effect:
    """What an effect adds to the score, the others being equal, and its 95 % interval.

    The interval is cut at -1 and 1.
    """

    effect: str
    estimate: float
    interval: Interval


@dataclass(frozen=True)
class Alias:
    """An effect that these experiments cannot tell from others.

    `of` holds how it is made of the effects before it (effect -> factor); it is empty where the
    effect is the same in every experiment.
    """

    effect: str
    of: Mapping[str, float]


@dataclass(frozen=True)
class Factorial:
    """Effects that can be estimated, those that cannot, and what was used.

    `left_out` are events at which the score of some model says nothing.
    """

    effects: tuple[Effect, ...]
    aliased: tuple[Alias, ...]
    groups: tuple[str, ...]
    scores: int
    left_out: tuple[str, ...]


def factorial(
    scores: Iterable[Score],
    experiments: Sequence[Experiment],
    group_of: Mapping[str, str],
    metric: str = "f1",
) -> Factorial:
    """Estimate the main effects.

    Parameters
    ----------
    scores: of one family of splits and one scope; those of other experiments are not used.
    experiments: with their channels.
    group_of: group of every site.
    metric: a key of `scarp.summary.SCORES`.

    Raises
    ------
    DataError: without one of the groups the effects could not be told apart.
    """
    effects_of = {
        (one.features, one.scenario): [of(one) for of in EFFECTS.values()] for one in experiments
    }
    used = [s for s in scores if (s.model.features, s.model.scenario) in effects_of]
    left_out = sorted({s.site for s in used if SCORES[metric](s.counts) is None})
    used = [s for s in used if s.site not in left_out]
    score = np.array([SCORES[metric](s.counts) for s in used], dtype=np.float64)
    design = np.array(
        [effects_of[s.model.features, s.model.scenario] for s in used], dtype=np.float64
    ).reshape(len(used), len(EFFECTS))
    sites = np.array([s.site for s in used], dtype=np.str_)
    cluster = np.array([group_of[s.site] for s in used], dtype=np.str_)
    # The same estimates as with a column per event (Frisch, Waugh, Lovell), from a small matrix.
    for site in np.unique(sites):
        own = sites == site
        score[own] -= score[own].mean()
        design[own] -= design[own].mean(axis=0)
    names = tuple(EFFECTS)
    kept, aliased = independent(design, names)
    found = _effects(design[:, kept], score, cluster)
    return Factorial(
        tuple(
            Effect(names[column], estimate, interval)
            for column, (estimate, interval) in zip(kept, found, strict=True)
        ),
        aliased,
        tuple(map(str, np.unique(cluster))),
        len(used),
        tuple(left_out),
    )


def independent(design: Values, names: Sequence[str]) -> tuple[list[int], tuple[Alias, ...]]:
    """Columns that no earlier ones make up, and how the others are made up.

    Parameters
    ----------
    design: shape (score, effect), every event's mean taken off.
    names: of the effects.
    """
    kept: list[int] = []
    aliased = []
    for column, name in enumerate(names):
        wanted = design[:, column]
        made, *_ = np.linalg.lstsq(design[:, kept], wanted, rcond=None)
        rest = wanted - design[:, kept] @ made
        if np.linalg.norm(rest) > _NOTHING * max(1.0, float(np.linalg.norm(wanted))):
            kept.append(column)
            continue
        parts = {names[k]: float(f) for k, f in zip(kept, made, strict=True) if abs(f) > _NOTHING}
        aliased.append(Alias(name, parts))
    return kept, tuple(aliased)


def _effects(
    design: Values, score: Values, cluster: NDArray[np.str_]
) -> list[tuple[float, Interval]]:
    """Estimate and interval of each column of a design of full rank."""
    effects = np.linalg.lstsq(design, score, rcond=None)[0]
    groups = np.unique(cluster)
    if len(groups) < 2:
        return [(float(effect), NOTHING_KNOWN) for effect in effects]
    without = []
    for group in groups:
        others = cluster != group
        estimate, _, rank, _ = np.linalg.lstsq(design[others], score[others], rcond=None)
        if rank < design.shape[1]:
            raise DataError(
                Fault(
                    f"only group {group} tells the effects apart",
                    "scores of the study",
                    "experiments that are all tested at every site",
                    "delete the summary and let the workflow make it again",
                )
            )
        without.append(estimate)
    apart = np.array(without, dtype=np.float64) - effects
    error = np.sqrt((len(groups) - 1) / len(groups) * np.square(apart).sum(axis=0))
    reach = stats.t.ppf(0.975, len(groups) - 1) * error
    return [
        (float(effect), bounded(Interval(float(effect - by), float(effect + by)), -1.0, 1.0))
        for effect, by in zip(effects, reach, strict=True)
    ]
