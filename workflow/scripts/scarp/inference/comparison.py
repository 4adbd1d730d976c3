"""Planned contrasts: difference, interval, test and verdict.

A verdict follows from the interval, against zero and against a margin within which a difference of
scores does not matter in practice:

- `equivalent`: the whole interval lies within the margin. So it is too where the interval excludes
  zero: a difference that is real and too small to matter. With a 95 % interval this is stricter
  than two one-sided tests at 5 % (Schuirmann 1987), whose interval is the 90 % one.
- `better`, `worse`: the interval lies above, below zero.
- `undecided`: none of these; not a sign that there is no difference. With one seed every verdict
  is: nothing is known of what another training would give, and claims that are none come in 7 to
  48 % of simulated studies (`bench/interval_coverage.py`).

Beside it stands the Wilcoxon signed-rank test over groups, which Demsar 2006, "Statistical
comparisons of classifiers over multiple data sets", JMLR 7, 1-30, recommends, corrected for the
number of planned contrasts (Holm 1979, "A simple sequentially rejective multiple test procedure",
Scandinavian Journal of Statistics 6, 65-70).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests

from scarp.contrasts import Contrast
from scarp.inference.differences import Differences, choose, differences
from scarp.inference.intervals import Interval, IntervalOf, Values, bounded, detectable, student
from scarp.summary import Model, Score

Verdict = Literal["better", "worse", "equivalent", "undecided"]
#: Difference of a score that does not matter in practice.
MARGIN = 0.02


@dataclass(frozen=True)
class Result:
    """What the scores say about a contrast.

    Attributes
    ----------
    contrast: what was compared.
    difference: mean over groups and seeds of a less b; nan without a group.
    interval: of that mean, 95 %, within -1 and 1.
    verdict: see above.
    p, p_holm: of the Wilcoxon test, alone and among all planned contrasts.
    smallest_p: what that test could have given at best with so many groups.
    detectable: the true difference that such data would show in four of five studies.
    margin: the difference that does not matter.
    groups, seeds: what was compared.
    left_out: groups in which the score of either side says nothing.
    a, b: the experiments that stood for each side, as features/scenario.
    """

    contrast: Contrast
    difference: float
    interval: Interval
    verdict: Verdict
    p: float
    p_holm: float
    smallest_p: float
    detectable: float
    margin: float
    groups: tuple[str, ...]
    seeds: tuple[int, ...]
    left_out: tuple[str, ...]
    a: tuple[str, ...]
    b: tuple[str, ...]


def verdict_of(interval: Interval, margin: float) -> Verdict:
    """What an interval of a difference says; `margin` above 0, in the same unit."""
    if -margin < interval.low and interval.high < margin:
        return "equivalent"
    if interval.low > 0:
        return "better"
    return "worse" if interval.high < 0 else "undecided"


def signed_rank(values: Values) -> tuple[float, float]:
    """Two-sided p of Wilcoxon's signed-rank test, exact, and the smallest that it can be.

    Each group counts with its mean over seeds. Groups without any difference are left out, as
    Wilcoxon did; without a group both are 1. Ties of ranks make p too large rather than too small.

    Parameters
    ----------
    values: differences, shape (group, seed).
    """
    means = values.mean(axis=1)
    means = means[means != 0]
    if not len(means):
        return 1.0, 1.0
    return float(stats.wilcoxon(means, method="exact").pvalue), 2.0 ** (1 - len(means))


def compare(
    planned: Sequence[tuple[Contrast, Differences]],
    margin: float = MARGIN,
    interval_of: IntervalOf = student,
) -> list[Result]:
    """Judge all planned contrasts of one scope together.

    Parameters
    ----------
    planned: contrasts with their differences.
    margin: difference that does not matter in practice, in the unit of the score.
    interval_of: makes the 95 % interval of differences (group, seed).
    """
    tests = [signed_rank(found.values) for _, found in planned]
    corrected = multipletests([p for p, _ in tests], method="holm")[1] if tests else []
    results = []
    for (contrast, found), (p, smallest), p_holm in zip(planned, tests, corrected, strict=True):
        interval = bounded(interval_of(found.values), -1.0, 1.0)
        results.append(
            Result(
                contrast,
                float(found.values.mean()) if found.values.size else np.nan,
                interval,
                verdict_of(interval, margin) if len(found.seeds) > 1 else "undecided",
                p,
                float(p_holm),
                smallest,
                detectable(found.values),
                margin,
                found.groups,
                found.seeds,
                found.left_out,
                found.a,
                found.b,
            )
        )
    return results


def judge(
    contrasts: Sequence[Contrast],
    scores: Sequence[Score],
    validation: Mapping[Model, float | None],
    group_of: Mapping[str, str],
    margin: float = MARGIN,
) -> list[Result]:
    """Judge planned contrasts by the scores of one family of splits and one scope.

    Parameters
    ----------
    contrasts: all that were planned and can be compared (`scarp.contrasts.of_study`).
    scores: of the sites that are to be judged together.
    validation: validation score of each model, for sides that are chosen by it.
    group_of: group of every site.
    margin: difference that does not matter in practice, in the unit of the scores.

    Raises
    ------
    DataError: models were not tested alike, or validation cannot choose.
    """
    splits = sorted({score.model.split for score in scores})
    planned = []
    for contrast in contrasts:
        a, b = (choose(side, validation, splits) for side in (contrast.a, contrast.b))
        planned.append((contrast, differences(scores, a, b, group_of, contrast.metric)))
    return compare(planned, margin)
