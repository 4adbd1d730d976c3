"""Paired differences of a score, per group of events and seed.

The unit is the group: events of one storm are not independent. The counts of a group's events are
summed before the score is formed, so that a group has one score however its events were cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from scarp.contrasts import Side
from scarp.errors import DataError, Fault
from scarp.inference.intervals import Values
from scarp.metrics import Counts
from scarp.summary import SCORES, Model, Score

#: The (features, scenario) that stands for a side of a contrast, for each split or fold.
Choice = Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class Differences:
    """Score of a less score of b.

    Attributes
    ----------
    values: shape (group, seed), unit of the score (0 to 1, so that differences are -1 to 1).
    groups, seeds: what the axes stand for, sorted.
    left_out: groups in which the score of either side says nothing for some seed.
    a, b: the experiments that stood for each side, as features/scenario.
    """

    values: Values
    groups: tuple[str, ...]
    seeds: tuple[int, ...]
    left_out: tuple[str, ...]
    a: tuple[str, ...]
    b: tuple[str, ...]


def choose(
    side: Side, validation: Mapping[Model, float | None], splits: Sequence[str]
) -> dict[str, tuple[str, str]]:
    """The experiment that stands for a side, for each of `splits`.

    Among several candidates it is the one of the highest validation score, as the mean over seeds;
    of equal ones the first. Each fold of leave-event-out chooses by its own validation events:
    those of another fold may be the events that this one tests.

    Parameters
    ----------
    side: with its candidates.
    validation: validation score of each model, None where it says nothing.
    splits: `roles`, or the folds of leave-event-out.

    Raises
    ------
    DataError: no candidate has a validation score in a split.
    """
    if len(side.candidates) == 1:
        return dict.fromkeys(splits, side.candidates[0])
    chosen = {}
    for split in splits:
        scores: dict[tuple[str, str], list[float]] = {one: [] for one in side.candidates}
        for model, score in validation.items():
            own = (model.features, model.scenario)
            if model.split == split and own in scores and score is not None:
                scores[own].append(score)
        means = {one: fmean(found) for one, found in scores.items() if found}
        if not means:
            raise DataError(
                Fault(
                    f"no candidate of '{side.text}' has a validation score in split {split}",
                    "contrasts",
                    "validation events with landslide",
                    "name an experiment instead, or raise split: validation",
                )
            )
        chosen[split] = max(means, key=means.__getitem__)
    return chosen


def differences(
    scores: Iterable[Score], a: Choice, b: Choice, group_of: Mapping[str, str], metric: str
) -> Differences:
    """Pair the scores of two sides of a contrast.

    Seeds are paired by their number. In leave-event-out one number stands for a network in every
    fold; groups of one fold share a network, which makes them a little more alike than the
    intervals take them to be.

    Parameters
    ----------
    scores: of one scope (sites that are to be judged together).
    a, b: the experiment that stands for each side, per split or fold.
    group_of: group of every site.
    metric: a key of `scarp.summary.SCORES`.

    Raises
    ------
    DataError: the two were not tested at the same sites with the same seeds, or not every seed at
        every site.
    """
    every = list(scores)
    tested_a, tested_b = _tested(every, a), _tested(every, b)
    sites = sorted({site for site, _ in tested_a})
    seeds = tuple(sorted({seed for _, seed in tested_a}))
    if tested_a.keys() != tested_b.keys() or len(tested_a) != len(sites) * len(seeds):
        raise DataError(
            Fault(
                "the two sides were not tested at the same sites with the same seeds",
                f"scores of {' '.join(_named(a))} and {' '.join(_named(b))}",
                "every seed at every site, for both",
                "delete the summary and let the workflow make it again",
            )
        )
    groups = sorted({group_of[site] for site in sites})
    values = np.full((len(groups), len(seeds)), np.nan, dtype=np.float64)
    for row, group in enumerate(groups):
        members = [site for site in sites if group_of[site] == group]
        for column, seed in enumerate(seeds):
            of_a, of_b = (
                SCORES[metric](_sum(tested[site, seed] for site in members))
                for tested in (tested_a, tested_b)
            )
            if of_a is not None and of_b is not None:
                values[row, column] = of_a - of_b
    defined = np.isfinite(values).all(axis=1)
    return Differences(
        values[defined],
        tuple(groups[row] for row in np.flatnonzero(defined)),
        seeds,
        tuple(groups[row] for row in np.flatnonzero(~defined)),
        _named(a),
        _named(b),
    )


def _tested(scores: Iterable[Score], choice: Choice) -> dict[tuple[str, int], Counts]:
    """Counts by site and seed of the experiment that stands for a side."""
    return {
        (score.site, score.model.seed): score.counts
        for score in scores
        if choice.get(score.model.split) == (score.model.features, score.model.scenario)
    }


def _sum(counts: Iterable[Counts]) -> Counts:
    return sum(counts, start=Counts(0, 0, 0, 0))


def _named(choice: Choice) -> tuple[str, ...]:
    return tuple(sorted({"/".join(one) for one in choice.values()}))
