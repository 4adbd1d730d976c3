"""Intervals for the mean of differences that were measured at groups of events with several seeds.

Groups and seeds are crossed: every seed was tested at every group. The difference of group g and
seed s is taken as mu + group + seed + rest, all three random (Bouthillier et al. 2021, "Accounting
for variance in machine learning benchmarks", MLSys 3, count the seed among the sources of variance
that a conclusion must survive). An interval is one for mu: other events, other seeds.

With n groups, m seeds and the mean squares MG (groups), MS (seeds) and MR (rest) of a two-way
table without replicates, the variance of the overall mean is estimated by

    (MG + max(MS - MR, 0)) / (n m).

Where seeds show no effect of their own that is the variance of the groups' means over n, the one
of Student's t over groups. One seed shows nothing of what another would do: an interval is then one
for other events only, and as one for other seeds too it is too narrow.

Of the two intervals `student` is the default, because it keeps its promise of 95 % more nearly:
with three or five seeds it holds the true mean in 93 to 96 % of simulated studies at eight and at
28 groups, bootstrap-t in 91 to 95 % (2,000 studies each, `bench/interval_coverage.py`). Both fall
short at eight groups of which very few gain much (90 to 94 %), and with one seed.

Percentile intervals are not offered: at eight groups they are too narrow (Hesterberg 2015, "What
teachers should know about the bootstrap", The American Statistician 69, 371-386), as
`bench/interval_coverage.py` shows for differences of scores.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

Values = NDArray[np.float64]


class Interval(NamedTuple):
    """Ends of an interval, in the unit of the differences; infinite where too little is known."""

    low: float
    high: float


#: Makes an interval of differences (group, seed).
IntervalOf = Callable[[Values], Interval]
NOTHING_KNOWN = Interval(-np.inf, np.inf)


def bounded(interval: Interval, lowest: float, highest: float) -> Interval:
    """An interval without what its quantity cannot be; where nothing is known it stays infinite.

    Student's t knows no bounds. What is cut holds no true mean, so that coverage stays as it is.
    """
    if interval == NOTHING_KNOWN:
        return interval
    return Interval(max(interval.low, lowest), min(interval.high, highest))


class Estimate(NamedTuple):
    """A mean, its standard error and the degrees of freedom of that error; each of shape (...)."""

    mean: Values
    error: Values
    freedom: Values


def estimate(values: Values) -> Estimate:
    """Mean over groups and seeds, and how well it is known.

    Degrees of freedom are n - 1 where seeds show no effect of their own, else those of a sum of
    mean squares (Satterthwaite 1946, "An approximate distribution of estimates of variance
    components", Biometrics Bulletin 2, 110-114).

    Parameters
    ----------
    values: differences, shape (..., group, seed), of at least two groups.
    """
    n, m = values.shape[-2:]
    mean = values.mean(axis=(-2, -1))
    of_groups = values.mean(axis=-1)
    groups = m * of_groups.var(axis=-1, ddof=1)
    if m == 1:
        return Estimate(mean, np.sqrt(groups / n), np.full(mean.shape, n - 1.0))
    of_seeds = values.mean(axis=-2)
    seeds = n * of_seeds.var(axis=-1, ddof=1)
    residue = (
        values
        - of_groups[..., :, np.newaxis]
        - of_seeds[..., np.newaxis, :]
        + mean[..., np.newaxis, np.newaxis]
    )
    rest = np.square(residue).sum(axis=(-2, -1)) / ((n - 1) * (m - 1))
    shown = seeds > rest
    total = groups + np.where(shown, seeds - rest, 0.0)
    spread = groups**2 / (n - 1) + seeds**2 / (m - 1) + rest**2 / ((n - 1) * (m - 1))
    freedom = np.full(mean.shape, n - 1.0)
    np.divide(total**2, spread, out=freedom, where=shown)
    # What is subtracted can push them below those of every part, where Student's t knows no bounds.
    freedom = np.maximum(freedom, min(n, m) - 1.0)
    return Estimate(mean, np.sqrt(total / (n * m)), freedom)


def student(values: Values, level: float = 0.95) -> Interval:
    """Student's t over groups, widened where the seeds show an effect of their own.

    Parameters
    ----------
    values: differences, shape (group, seed). Of fewer than two groups nothing is known.
    level: share of repetitions in which the interval is to hold the true mean.
    """
    if len(values) < 2:
        return NOTHING_KNOWN
    mean, error, freedom = estimate(values)
    reach = float(stats.t.ppf((1 + level) / 2, freedom) * error)
    return Interval(float(mean) - reach, float(mean) + reach)


def bootstrap_t(
    values: Values,
    generator: np.random.Generator,
    level: float = 0.95,
    resamples: int = 1999,
) -> Interval:
    """Bootstrap-t: quantiles of (mean* - mean) / error* take the place of Student's.

    Efron and Tibshirani 1993, An Introduction to the Bootstrap, section 12.5. Groups and seeds are
    drawn independently of each other, as Owen 2007, "The pigeonhole bootstrap", Annals of Applied
    Statistics 1, 386-411, shows for crossed effects.

    Parameters
    ----------
    values: differences, shape (group, seed). Of fewer than two groups nothing is known.
    generator: draws the resamples.
    level: share of repetitions in which the interval is to hold the true mean.
    resamples: how many are drawn.
    """
    n, m = values.shape
    if n < 2:
        return NOTHING_KNOWN
    groups = generator.integers(n, size=(resamples, n, 1))
    seeds = generator.integers(m, size=(resamples, 1, m))
    mean, error, _ = estimate(values)
    drawn = estimate(values[groups, seeds])
    distance = drawn.mean - mean
    # A resample of one group again and again has no error: its ratio is as far out as can be.
    ratio = np.where(distance == 0, 0.0, np.copysign(np.inf, distance))
    np.divide(distance, drawn.error, out=ratio, where=drawn.error > 0)
    # Of the sample itself, never between two: infinite ratios have no middle.
    low, high = np.quantile(ratio, [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf")
    if error == 0:
        return Interval(float(mean), float(mean))
    return Interval(float(mean - high * error), float(mean - low * error))


def power(difference: float, error: float, freedom: float, level: float = 0.95) -> float:
    """How often a true difference is found, that is, an interval of Student's excludes zero.

    The square of t is distributed as a noncentral F with 1 and `freedom` degrees of freedom; power
    is its part beyond the limit, as for any linear model (O'Brien and Lohr 1984).

    Parameters
    ----------
    difference: the true mean.
    error: standard error of the measured mean, above 0, in the same unit.
    freedom: its degrees of freedom.
    level: of the interval.
    """
    if difference == 0:
        return 1 - level
    limit = stats.t.ppf((1 + level) / 2, freedom)
    return float(stats.ncf.sf(limit**2, 1, freedom, (difference / error) ** 2))


def detectable(values: Values, level: float = 0.95, wanted: float = 0.8) -> float:
    """The smallest true difference that such data would show in a share `wanted` of studies.

    It follows from the standard error alone, not from the difference that was found.

    Parameters
    ----------
    values: differences, shape (group, seed). Infinite for fewer than two groups.
    level: of the interval.
    wanted: power asked for, above 1 - `level`.
    """
    if len(values) < 2:
        return np.inf
    _, error, freedom = (float(number) for number in estimate(values))
    limit = float(stats.t.ppf((1 + level) / 2, freedom))
    farthest = 2 * limit + 20.0
    shift = optimize.brentq(lambda by: power(by, 1.0, freedom, level) - wanted, 0.0, farthest)
    return float(shift) * error
