"""Intervals of mean differences: against formulas by hand, and how often they hold the truth."""

import math
from functools import partial

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.power import TTestPower

from interval_coverage import WORLDS, coverage, main, percentile, simulated
from scarp.inference.comparison import MARGIN, verdict_of
from scarp.inference.intervals import (
    NOTHING_KNOWN,
    Interval,
    bootstrap_t,
    bounded,
    detectable,
    estimate,
    power,
    student,
)

REPEATS = 1000
#: A share of repeats may miss a bound by luck in one of so many runs.
LUCK = 1e-3


def table(n, m, seed=0, of_seeds=0.0):
    generator = np.random.default_rng(seed)
    return (
        generator.normal(0.1, 1.0, (n, 1))
        + generator.normal(0.0, of_seeds, (1, m))
        + generator.normal(0.0, 0.5, (n, m))
    )


def within(share, low, high):
    """Whether a share of REPEATS agrees with a true share between low and high."""
    least, most = (stats.binom.ppf(p, REPEATS, true) for p, true in ((LUCK, low), (1 - LUCK, high)))
    return least <= round(share * REPEATS) <= most


def test_one_seed_gives_the_textbook_interval():
    values = table(9, 1)
    expected = stats.ttest_1samp(values[:, 0], 0).confidence_interval(0.9)
    assert student(values, 0.9) == pytest.approx((expected.low, expected.high))


def test_seeds_without_an_effect_leave_students_t_over_groups():
    values = table(9, 4)
    values -= values.mean(axis=0)
    values += 0.3
    expected = stats.ttest_1samp(values.mean(axis=1), 0).confidence_interval()
    assert student(values) == pytest.approx((expected.low, expected.high))


def test_an_effect_of_seeds_widens_by_the_mean_squares():
    values = table(6, 4, of_seeds=2.0)
    rows = pd.DataFrame(
        [(g, s, values[g, s]) for g in range(6) for s in range(4)], columns=["g", "s", "y"]
    )
    squares = anova_lm(ols("y ~ C(g) + C(s)", rows).fit())["mean_sq"]
    groups, seeds, rest = squares["C(g)"], squares["C(s)"], squares["Residual"]
    assert seeds > rest
    mean, error, freedom = estimate(values)
    assert mean == pytest.approx(values.mean())
    assert error**2 == pytest.approx((groups + seeds - rest) / 24)
    assert freedom == pytest.approx(
        (groups + seeds - rest) ** 2 / (groups**2 / 5 + seeds**2 / 3 + rest**2 / 15)
    )
    over_groups = stats.ttest_1samp(values.mean(axis=1), 0).confidence_interval()
    low, high = student(values)
    assert low < over_groups.low and over_groups.high < high


def test_degrees_of_freedom_stay_those_of_the_fewest():
    # Groups alike, and seeds that differ hardly more than the rest does.
    values = np.random.default_rng(25).normal(size=(2000, 8, 3))
    values -= 0.95 * values.mean(axis=-1, keepdims=True)
    freedom = estimate(values).freedom
    assert freedom.min() == 2
    low, high = student(values[freedom.argmin()])
    assert high - low < 10


def test_many_tables_at_once_are_as_one_by_one():
    tables = np.stack([table(5, 3, seed, of_seeds=1.0) for seed in range(4)])
    together = estimate(tables)
    for number, own in enumerate(tables):
        for part, alone in zip(together, estimate(own), strict=True):
            assert part[number] == pytest.approx(float(alone))


def test_an_interval_is_cut_where_its_quantity_ends():
    assert bounded(Interval(-1.6, 0.4), -1.0, 1.0) == Interval(-1.0, 0.4)
    assert bounded(Interval(0.2, 1.3), 0.0, 1.0) == Interval(0.2, 1.0)
    assert bounded(NOTHING_KNOWN, 0.0, 1.0) == NOTHING_KNOWN


@pytest.mark.parametrize(
    "interval_of", [student, lambda values: bootstrap_t(values, np.random.default_rng(5))]
)
def test_an_interval_moves_and_scales_with_its_differences(interval_of):
    values = table(8, 3)
    low, high = interval_of(values)
    assert low < values.mean() < high
    assert interval_of(2 * values + 1) == pytest.approx((2 * low + 1, 2 * high + 1))


def test_the_bootstrap_repeats_with_its_generator():
    values = table(8, 3)
    first, again, other = (bootstrap_t(values, np.random.default_rng(n)) for n in (1, 1, 2))
    assert first == again != other


def test_the_bootstrap_follows_skewness():
    values = np.random.default_rng(3).exponential(size=(28, 1))
    low, high = bootstrap_t(values, np.random.default_rng(4))
    mean = values.mean()
    # A long upper tail may not be in the sample: the interval reaches farther there.
    assert high - mean > 1.2 * (mean - low)


@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_groups_say_nothing(n):
    values = table(2, 3)[:n]
    assert student(values) == bootstrap_t(values, np.random.default_rng(1)) == NOTHING_KNOWN
    assert detectable(values) == math.inf


def test_two_groups_are_too_few_for_the_bootstrap():
    # Half of all resamples hold one group twice, and have no error to measure by.
    assert bootstrap_t(table(2, 1), np.random.default_rng(1)) == NOTHING_KNOWN


def test_equal_differences_leave_a_point():
    values = np.full((5, 2), 0.25)
    assert student(values) == bootstrap_t(values, np.random.default_rng(1)) == Interval(0.25, 0.25)


@pytest.mark.parametrize(("n", "difference"), [(8, 0.05), (28, 0.05), (8, 0.0), (8, -0.2)])
def test_power_is_that_of_the_t_test(n, difference):
    expected = TTestPower().power(difference / 0.06, n, 0.05)
    assert power(difference, 0.06 / math.sqrt(n), n - 1) == pytest.approx(expected, abs=1e-6)


def test_what_is_detectable_is_found_in_four_of_five():
    values = table(8, 3, of_seeds=1.0)
    _, error, freedom = estimate(values)
    assert power(detectable(values), float(error), float(freedom)) == pytest.approx(0.8)
    assert detectable(values) > detectable(table(28, 3, of_seeds=0.0))


@pytest.mark.parametrize("groups", [8, 28])
@pytest.mark.parametrize("world", ["even", "skewed"])
@pytest.mark.parametrize("difference", [0.0, 0.05])
def test_the_default_interval_covers(world, groups, difference):
    generator = np.random.default_rng([groups, len(world)])
    values = simulated(WORLDS[world], difference, (REPEATS, groups, 3), generator)
    held, _ = coverage(values, difference, student)
    assert within(held, 0.93, 0.97)


def test_the_percentile_interval_does_not_cover_at_eight():
    generator = np.random.default_rng(8)
    values = simulated(WORLDS["skewed"], 0.0, (REPEATS, 8, 1), generator)
    held, _ = coverage(values, 0.0, partial(percentile, generator=generator))
    assert not within(held, 0.93, 0.97)


@pytest.mark.parametrize("groups", [8, 28])
def test_without_a_difference_none_is_claimed(groups):
    generator = np.random.default_rng(groups)
    values = simulated(WORLDS["skewed"], 0.0, (REPEATS, groups, 3), generator)
    claimed = [verdict_of(student(own), MARGIN) in ("better", "worse") for own in values]
    assert within(1 - np.mean(claimed), 0.93, 1.0)


@pytest.mark.parametrize("groups", [8, 28])
def test_a_difference_is_found_as_often_as_its_power_says(groups):
    generator = np.random.default_rng(groups)
    values = simulated(WORLDS["even"], 0.05, (REPEATS, groups, 3), generator)
    found = np.mean([verdict_of(student(own), MARGIN) == "better" for own in values])
    error = values.mean(axis=(1, 2)).std()
    told = power(0.05, error, groups - 1)
    # The F1 of few groups is not normal, and an effect of seeds is seen where there is little.
    assert within(found, told - 0.05, min(told + 0.05, 1.0))
    assert told > 0.8 if groups == 28 else 0.2 < told < 0.6


def test_the_coverage_table_is_printed(capsys):
    main(["--repeats", "20", "--groups", "8", "--seeds", "3"])
    lines = capsys.readouterr().out.splitlines()
    assert [line[:12].strip() for line in lines[2:]] == list(WORLDS)
    assert all(line.count("(0.") == 4 and line.endswith("%") for line in lines[2:])
