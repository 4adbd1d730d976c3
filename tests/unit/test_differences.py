"""Pairing the scores of two sides: every number against a count by hand."""

import numpy as np
import pytest

from scarp.contrasts import Side
from scarp.errors import DataError
from scarp.inference.differences import choose, differences
from scarp.metrics import Counts
from scarp.summary import Model, Score

A, B = ("gamma0-coh", "3pre-3post"), ("gamma0", "3pre-3post")
GROUP_OF = {"P1": "storm", "P2": "storm", "Q": "Q", "R": "R"}


def score(side, site, seed, tp, fp, fn, split="roles"):
    return Score(Model(split, *side, seed), site, "independent", "archive", Counts(tp, fp, fn, 9))


def paired_scores(seeds=(1,)):
    return [
        row
        for seed in seeds
        for row in (
            score(A, "P1", seed, 1, 0, 1),
            score(A, "P2", seed, 8, 0, 0),
            score(A, "Q", seed, 2, 2, 0),
            score(A, "R", seed, 0, 3, 0),
            score(B, "P1", seed, 2, 0, 0),
            score(B, "P2", seed, 3, 0, 5),
            score(B, "Q", seed, 1, 0, 1),
            score(B, "R", seed, 0, 9, 0),
        )
    ]


def test_counts_of_a_group_are_summed_before_the_score():
    found = differences(paired_scores(), {"roles": A}, {"roles": B}, GROUP_OF, "f1")
    assert found.groups == ("Q", "storm")
    assert found.seeds == (1,)
    assert (found.a, found.b) == (("gamma0-coh/3pre-3post",), ("gamma0/3pre-3post",))
    storm = 2 * 9 / (2 * 9 + 1) - 2 * 5 / (2 * 5 + 5)
    assert found.values.dtype == np.float64
    assert found.values == pytest.approx(np.array([[4 / 6 - 2 / 3], [storm]]))


def test_a_group_whose_score_says_nothing_is_left_out_and_named():
    found = differences(paired_scores(), {"roles": A}, {"roles": B}, GROUP_OF, "f1")
    assert found.left_out == ("R",)
    rows = [*paired_scores((1, 2)), score(A, "S", 1, 0, 0, 1), score(A, "S", 2, 1, 0, 1)]
    rows += [score(B, "S", seed, 1, 0, 1) for seed in (1, 2)]
    found = differences(rows, {"roles": A}, {"roles": B}, {**GROUP_OF, "S": "S"}, "precision")
    # Seed 1 of a predicts nothing at S; R is not without false positives.
    assert found.left_out == ("S",)
    assert found.values.shape == (3, 2)


def test_the_metric_is_the_one_asked_for():
    found = differences(paired_scores(), {"roles": A}, {"roles": B}, GROUP_OF, "iou")
    assert found.values[0, 0] == pytest.approx(2 / 4 - 1 / 2)


def test_swapped_sides_turn_the_sign():
    forth = differences(paired_scores(), {"roles": A}, {"roles": B}, GROUP_OF, "f1").values
    back = differences(paired_scores(), {"roles": B}, {"roles": A}, GROUP_OF, "f1").values
    assert forth == pytest.approx(-back)


def test_each_fold_may_stand_for_another_experiment():
    rows = [
        score(A, "P1", 1, 4, 0, 0, "leave-event-out-1"),
        score(B, "P1", 1, 1, 0, 3, "leave-event-out-1"),
        score(A, "Q", 1, 4, 0, 0, "leave-event-out-2"),
        score(B, "Q", 1, 1, 0, 3, "leave-event-out-2"),
    ]
    a = {"leave-event-out-1": A, "leave-event-out-2": B}
    b = {"leave-event-out-1": B, "leave-event-out-2": A}
    found = differences(rows, a, b, GROUP_OF, "f1")
    assert found.groups == ("Q", "storm")
    assert found.a == found.b == ("gamma0-coh/3pre-3post", "gamma0/3pre-3post")
    assert found.values[:, 0] == pytest.approx([2 / 5 - 1, 1 - 2 / 5])


@pytest.mark.parametrize(
    "rows",
    [
        paired_scores()[:-1],
        [*paired_scores(), score(A, "P1", 2, 1, 0, 0)],
        [*paired_scores(), score(A, "P1", 2, 1, 0, 0), score(B, "P1", 2, 1, 0, 0)],
    ],
)
def test_sites_and_seeds_must_be_the_same(rows):
    with pytest.raises(DataError, match=r"gamma0-coh/3pre-3post and gamma0/3pre-3post.*same seeds"):
        differences(rows, {"roles": A}, {"roles": B}, GROUP_OF, "f1")


SIDE = Side("best-sar", (B, A))


def test_validation_chooses_anew_in_every_fold():
    validation = {
        Model("leave-event-out-1", *A, 1): 0.9,
        Model("leave-event-out-1", *A, 2): 0.1,
        Model("leave-event-out-1", *B, 1): 0.6,
        Model("leave-event-out-1", *B, 2): 0.6,
        Model("leave-event-out-2", *A, 1): 0.7,
        Model("leave-event-out-2", *B, 1): 0.6,
        Model("leave-event-out-2", "other", "1pre-1post", 1): 1.0,
    }
    folds = ("leave-event-out-1", "leave-event-out-2")
    assert choose(SIDE, validation, folds) == {folds[0]: B, folds[1]: A}


def test_of_equal_candidates_the_first_and_undefined_scores_do_not_count():
    validation = {Model("roles", *A, 1): 0.5, Model("roles", *B, 1): 0.5}
    assert choose(SIDE, validation, ("roles",)) == {"roles": B}
    assert choose(SIDE, {**validation, Model("roles", *B, 1): None}, ("roles",)) == {"roles": A}


def test_a_named_experiment_needs_no_validation():
    assert choose(Side("x", (A,)), {}, ("roles", "other")) == {"roles": A, "other": A}


def test_a_choice_without_any_validation_score_is_refused():
    with pytest.raises(DataError, match="no candidate of 'best-sar' has a validation score"):
        choose(SIDE, {Model("roles", *A, 1): None}, ("roles",))
