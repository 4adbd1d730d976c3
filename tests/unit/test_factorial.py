"""Main effects over the grid of experiments: effects of known truth, and what cannot be told."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.formula.api import ols

from made_scores import ALONE, SITES, grid, made, scores
from scarp.errors import DataError
from scarp.inference.factorial import EFFECTS, factorial, independent
from scarp.inference.intervals import NOTHING_KNOWN
from scarp.metrics import Counts
from scarp.summary import Model, Score

SMALL = grid("gamma0", "gamma0-coh", "gamma0-haa", "rgb-nir", "gamma0-rgb-nir")


def test_effects_follow_from_the_bands_and_dates():
    (one,) = grid("gamma0-coh-rgb-nir-re-swir", scenarios=("3pre-1post",))
    found = {name: of(one) for name, of in EFFECTS.items()}
    assert found == {
        "Sentinel-1": 1,
        "Sentinel-2": 1,
        "coherence": 1,
        "H/A/alpha": 0,
        "NDVI": 0,
        "red edge": 1,
        "SWIR": 1,
        "each date before": 3,
        "each date after": 1,
    }
    (one,) = grid("gamma0-haa-ndvi", scenarios=("1pre-3post",))
    assert [of(one) for of in EFFECTS.values()] == [1, 1, 0, 1, 1, 0, 0, 1, 3]
    (one,) = grid("ndvi")
    assert [of(one) for of in EFFECTS.values()] == [0, 1, 0, 0, 1, 0, 0, 1, 1]


def test_the_studys_grid_tells_all_effects_apart():
    truth = {
        "Sentinel-1": 0.03,
        "Sentinel-2": 0.1,
        "coherence": 0.02,
        "H/A/alpha": -0.01,
        "NDVI": 0.04,
        "red edge": 0.005,
        "SWIR": 0.06,
        "each date before": 0.01,
        "each date after": 0.02,
    }
    trained = grid()
    found = factorial(scores(made(trained, truth), trained), trained, ALONE)
    assert found.aliased == ()
    assert found.scores == 62 * 8
    assert found.groups == SITES
    assert {one.effect: one.estimate for one in found.effects} == pytest.approx(truth, abs=1e-6)


def test_estimates_are_those_of_least_squares_with_a_column_per_event():
    f1 = made(SMALL, {"coherence": 0.05}, spread=0.02, noise=0.03, seeds=2)
    rows = scores(f1, SMALL, seeds=(1, 2))
    # Not balanced: some models were not tested at some events.
    rows = [row for n, row in enumerate(rows) if n % 7]
    found = factorial(rows, SMALL, ALONE)
    names = {one.effect: f"x{n}" for n, one in enumerate(found.effects)}
    known = {(one.features, one.scenario): one for one in SMALL}
    frame = pd.DataFrame(
        {"y": row.counts.f1, "site": row.site}
        | {
            column: EFFECTS[name](known[row.model.features, row.model.scenario])
            for name, column in names.items()
        }
        for row in rows
    )
    fitted = ols(f"y ~ C(site) + {' + '.join(names.values())}", frame).fit()
    for one in found.effects:
        assert one.estimate == pytest.approx(fitted.params[names[one.effect]], abs=1e-7)
    # The jackknife is the more careful of the corrections for few clusters.
    clustered = fitted.get_robustcov_results(
        "cluster", groups=pd.factorize(frame["site"])[0], use_t=True
    )
    errors = dict(zip(fitted.params.index, clustered.bse, strict=True))
    limit = stats.t.ppf(0.975, 7)
    for one in found.effects:
        ratio = (one.interval.high - one.estimate) / limit / errors[names[one.effect]]
        assert 0.9 < ratio < 1.4


def test_where_groups_count_the_same_it_is_students_t_over_their_own_effects():
    f1 = made(SMALL, {"coherence": 0.05}, spread=0.03)
    found = factorial(scores(f1, SMALL), SMALL, ALONE)
    own = [
        factorial(scores(f1[:, [s]], SMALL, SITES[s : s + 1]), SMALL, ALONE).effects[2]
        for s in range(8)
    ]
    assert all(one.interval == NOTHING_KNOWN for one in own)
    values = np.array([one.estimate for one in own])
    expected = stats.ttest_1samp(values, 0).confidence_interval()
    (coherence,) = [one for one in found.effects if one.effect == "coherence"]
    assert coherence.estimate == pytest.approx(values.mean())
    assert coherence.interval == pytest.approx((expected.low, expected.high))


def test_events_of_a_group_are_no_further_evidence():
    f1 = made(SMALL, {"coherence": 0.05}, sites=4, spread=0.03)
    once = factorial(scores(f1, SMALL, SITES[:4]), SMALL, ALONE)
    twice = scores(np.concatenate([f1, f1], axis=1), SMALL)
    together = factorial(twice, SMALL, dict(zip(SITES, "ABCDABCD", strict=True)))
    apart = factorial(twice, SMALL, ALONE)
    for a, b, c in zip(once.effects, together.effects, apart.effects, strict=True):
        assert b.interval == pytest.approx(a.interval)
        assert c.interval.high - c.interval.low < 0.8 * (b.interval.high - b.interval.low)


def test_what_cannot_be_told_apart_is_named():
    trained = grid("gamma0", "gamma0-coh-haa", "gamma0-coh-haa-rgb-nir-re-swir")
    f1 = made(trained, {"coherence": 0.05, "H/A/alpha": 0.02, "SWIR": 0.01})
    found = factorial(scores(f1, trained), trained, ALONE)
    aliased = {one.effect: dict(one.of) for one in found.aliased}
    assert aliased == {
        "Sentinel-1": {},
        "H/A/alpha": {"coherence": pytest.approx(1.0)},
        "NDVI": {},
        "red edge": {"Sentinel-2": pytest.approx(1.0)},
        "SWIR": {"Sentinel-2": pytest.approx(1.0)},
    }
    told = {one.effect: one.estimate for one in found.effects}
    # What is told stands for itself and all that goes with it.
    assert told["coherence"] == pytest.approx(0.07, abs=1e-6)
    assert not set(told) & set(aliased)


def test_an_alias_may_be_made_of_several():
    first, second = np.array([1.0, 0, 1, -2]), np.array([0.0, 1, -1, 0])
    design = np.stack([first, second, 2 * first - second, first**2], axis=1)
    kept, aliased = independent(design, ("a", "b", "c", "d"))
    assert kept == [0, 1, 3]
    assert [(one.effect, dict(one.of)) for one in aliased] == [
        ("c", {"a": pytest.approx(2.0), "b": pytest.approx(-1.0)})
    ]


def test_an_event_whose_score_says_nothing_is_left_out_and_named():
    rows = scores(made(SMALL, {}, noise=0.01), SMALL)
    rows = [
        Score(row.model, row.site, row.role, row.source, Counts(0, 5, 0, 9))
        if row.site == "C"
        else row
        for row in rows
    ]
    found = factorial(rows, SMALL, ALONE)
    assert found.left_out == ("C",)
    assert found.groups == tuple("ABDEFGH")
    assert found.scores == 7 * len(SMALL)


def test_scores_of_other_experiments_are_not_used():
    rows = scores(made(SMALL, {}, noise=0.01), SMALL)
    other = Score(Model("roles", "terrain", "1pre-1post", 1), "A", "x", "x", Counts(1, 0, 0, 0))
    assert factorial([*rows, other], SMALL, ALONE) == factorial(rows, SMALL, ALONE)


def test_effects_that_one_group_alone_tells_apart_are_refused():
    rows = scores(made(SMALL, {}, noise=0.01), SMALL)
    rows = [row for row in rows if row.site == "A" or "coh" not in row.model.features]
    with pytest.raises(DataError, match="only group A tells the effects apart"):
        factorial(rows, SMALL, ALONE)


def test_no_score_gives_no_effect():
    found = factorial([], SMALL, ALONE)
    assert (found.effects, found.groups, found.scores) == ((), (), 0)


def test_intervals_cover_effects_that_differ_between_events():
    repeats, held = 200, 0
    few = grid("gamma0", "gamma0-coh", "rgb-nir", scenarios=("1pre-1post",))
    for seed in range(repeats):
        f1 = made(few, {"coherence": 0.05}, spread=0.04, noise=0.02, seed=seed)
        found = factorial(scores(f1, few), few, ALONE)
        (one,) = [one for one in found.effects if one.effect == "coherence"]
        held += one.interval.low <= 0.05 <= one.interval.high
    least, most = stats.binom.ppf(1e-3, repeats, 0.93), stats.binom.ppf(1 - 1e-3, repeats, 0.97)
    assert least <= held <= most
