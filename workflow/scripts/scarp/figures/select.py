"""Choosing from metrics.tsv what a figure shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean
from typing import TypeVar

from scarp import simulated
from scarp.summary import Score, family

T = TypeVar("T")
#: (features, scenario)
Experiment = tuple[str, str]
#: (site, experiment) -> defined F1, one per seed.
Values = Mapping[tuple[str, Experiment], Sequence[float]]


def of_split(scores: Iterable[Score], split: str) -> list[Score]:
    """Scores of a split; `leave-event-out` takes all its folds."""
    return [score for score in scores if split in (score.model.split, family(score.model.split))]


def sites_by_role(scores: Iterable[Score]) -> dict[str, str]:
    """Site -> role: independent sites first, then dependent, then held-out, each by name."""
    roles = {score.site: score.role for score in scores}
    return dict(in_order(sorted(roles.items()), lambda item: item[1]))


def in_order(sites: Iterable[T], role_of: Callable[[T], str]) -> list[T]:
    """Independent sites first, then dependent, then others by role; else in the order given."""
    order = {"independent": 0, "dependent": 1}
    return sorted(sites, key=lambda site: (order.get(role_of(site), 2), role_of(site)))


def is_simulated(scores: Iterable[Score]) -> bool:
    """Whether any score comes from simulated data."""
    return any(simulated.is_simulated(score.source) for score in scores)


def averaged_roles(roles: Mapping[str, str]) -> dict[str, list[str]]:
    """Role -> its sites, for roles with more than one site: only there does a mean say more."""
    sites: dict[str, list[str]] = {}
    for site, role in roles.items():
        sites.setdefault(role, []).append(site)
    return {role: own for role, own in sites.items() if len(own) > 1}


def f1_values(scores: Iterable[Score]) -> Values:
    """Defined F1 by site and experiment, in the order of the scores."""
    values: dict[tuple[str, Experiment], list[float]] = {}
    for score in scores:
        f1 = score.counts.f1
        if f1 is not None:
            key = (score.site, (score.model.features, score.model.scenario))
            values.setdefault(key, []).append(f1)
    return values


def at_sites(values: Values, experiment: Experiment, sites: Iterable[str]) -> list[float]:
    """Mean over seeds of an experiment at each of the sites where it is defined."""
    return [fmean(values[site, experiment]) for site in sites if (site, experiment) in values]
