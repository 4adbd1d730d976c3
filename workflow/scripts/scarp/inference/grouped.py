"""Scores per group of events and seed, for means over groups and their intervals.

The counts of a group's sites are summed before the score is formed, as in
`scarp.inference.differences`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from statistics import fmean
from typing import Any, NamedTuple, TypeVar

import numpy as np

from scarp.inference.intervals import Interval, Values, student

#: Counts that add up.
C = TypeVar("C", bound=Any)
#: (group, seed) -> score
Scored = Mapping[tuple[str, int], float]


class Mean(NamedTuple):
    """A mean over groups and seeds.

    Attributes
    ----------
    value: None without a group in which the score says something.
    interval: 95 %, Student's t over groups; None for fewer than two.
    groups: number of groups in it.
    """

    value: float | None
    interval: Interval | None
    groups: int


def by_group(
    counts: Iterable[tuple[str, int, C]],
    group_of: Mapping[str, str],
    score: Callable[[C], float | None],
) -> dict[tuple[str, int], float]:
    """Score of the summed counts of each group and seed, where it says something.

    Parameters
    ----------
    counts: (site, seed, counts); of leave-event-out a site is tested by one fold.
    group_of: group of every site.
    """
    together: dict[tuple[str, int], list[C]] = {}
    for site, seed, own in counts:
        together.setdefault((group_of[site], seed), []).append(own)
    scores = {key: score(reduce(lambda a, b: a + b, own)) for key, own in together.items()}
    return {key: value for key, value in scores.items() if value is not None}


def average(several: Sequence[Scored]) -> dict[tuple[str, int], float]:
    """Mean over experiments, where all of them have a score."""
    keys = [key for key in several[0] if all(key in one for one in several)] if several else []
    return {key: fmean(one[key] for one in several) for key in keys}


def matrix(scored: Scored) -> Values:
    """Scores of shape (group, seed), both sorted; groups that lack a seed are left out."""
    seeds = sorted({seed for _, seed in scored})
    groups = sorted({group for group, _ in scored})
    rows = [
        [scored[group, seed] for seed in seeds]
        for group in groups
        if all((group, seed) in scored for seed in seeds)
    ]
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(seeds))


def mean_of(scored: Scored) -> Mean:
    """Mean over groups and seeds with its interval."""
    values = matrix(scored)
    if not values.size:
        return Mean(None, None, 0)
    interval = student(values) if len(values) > 1 else None
    return Mean(float(values.mean()), interval, len(values))
