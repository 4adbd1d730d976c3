"""Verdicts, tests and their correction, and the sentences that follow from them."""

from dataclasses import replace

import numpy as np
import pytest

from interval_coverage import WORLDS, simulated
from scarp.contrasts import Contrast, Side
from scarp.inference.comparison import compare, signed_rank, verdict_of
from scarp.inference.differences import Differences
from scarp.inference.findings import findings
from scarp.inference.intervals import Interval

SIDE = Side("x/y", (("x", "y"),))
EIGHT = np.array([[0.05], [0.06], [0.04], [0.055], [0.045], [0.065], [0.035], [0.052]])


def planned(values, label="adding coherence to gVV", left_out=(), metric="f1"):
    """A contrast with these differences; a single column stands for two seeds that agree."""
    values = np.asarray(values, dtype=np.float64)
    if values.shape[1] == 1:
        values = np.hstack([values, values])
    n, m = values.shape
    return (
        Contrast(label.replace(" ", "-"), "features", label, SIDE, SIDE, metric),
        Differences(
            values,
            tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZab"[:n]),
            tuple(range(m)),
            left_out,
            ("x/y",),
            ("x/y",),
        ),
    )


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.001, 0.05, "better"),
        (-0.05, -0.001, "worse"),
        (-0.019, 0.019, "equivalent"),
        (0.001, 0.019, "equivalent"),
        (-0.019, -0.001, "equivalent"),
        (-0.02, 0.019, "undecided"),
        (0.0, 0.05, "undecided"),
        (-0.05, 0.0, "undecided"),
        (-np.inf, np.inf, "undecided"),
    ],
)
def test_verdict_follows_from_zero_and_margin(low, high, expected):
    assert verdict_of(Interval(low, high), 0.02) == expected


def test_a_wider_margin_makes_more_equivalent():
    assert verdict_of(Interval(0.01, 0.03), 0.02) == "better"
    assert verdict_of(Interval(0.01, 0.03), 0.04) == "equivalent"


def test_the_smallest_p_is_reached_where_all_groups_agree():
    assert signed_rank(EIGHT) == (2**-7, 2**-7)
    p, smallest = signed_rank(np.linspace(0.01, 0.28, 28).reshape(28, 1))
    assert p == smallest == pytest.approx(7.45e-9, rel=1e-3)


def test_exact_p_of_a_small_table():
    # Of the 16 ways to sign ranks 1 to 4, those summing to 0, 1, 9 and 10 are as far out.
    assert signed_rank(np.array([[-0.01], [0.02], [0.03], [0.04]]))[0] == 4 / 16


def test_groups_count_with_their_mean_over_seeds_and_without_difference_not_at_all():
    values = np.array([[0.1, 0.3], [-0.1, 0.1], [0.2, 0.4]])
    assert signed_rank(values) == (0.5, 0.5)
    assert signed_rank(np.zeros((4, 2))) == (1.0, 1.0)


def test_results_are_those_of_the_differences():
    noise = EIGHT - EIGHT.mean()
    results = compare([planned(EIGHT, left_out=("Z",)), planned(noise, "b"), planned(-EIGHT, "c")])
    first, second, third = results
    assert first.difference == pytest.approx(EIGHT.mean())
    assert [one.verdict for one in results] == ["better", "equivalent", "worse"]
    assert (first.groups, first.seeds, first.left_out) == (tuple("ABCDEFGH"), (0, 1), ("Z",))
    # Holm: the smallest p times three, the next times two, never below the one before.
    assert first.p == third.p == 2**-7
    assert (first.p_holm, third.p_holm) == (3 * 2**-7, 3 * 2**-7)
    assert second.p_holm == second.p
    assert first.smallest_p == 2**-7


def test_more_planned_contrasts_make_each_harder():
    alone = compare([planned(EIGHT)])[0]
    among = compare([planned(EIGHT)] + [planned(EIGHT - EIGHT.mean())] * 6)[0]
    assert alone.p_holm < 0.05 < among.p_holm
    assert alone.verdict == among.verdict == "better"
    assert "Of 1 claimed difference, 0 also pass Wilcoxon's test" in " ".join(findings([among]))


def test_margin_and_interval_are_taken_as_given():
    assert compare([planned(EIGHT)], margin=0.1)[0].verdict == "equivalent"
    wide = compare([planned(EIGHT)], interval_of=lambda _: Interval(-1.0, 1.0))[0]
    assert (wide.interval, wide.verdict) == ((-1.0, 1.0), "undecided")


def test_no_contrast_gives_no_result():
    assert compare([]) == []
    assert findings([]) == []


@pytest.mark.parametrize("n", [0, 1])
def test_too_few_groups_are_undecided(n):
    (result,) = compare([planned(EIGHT[:n], left_out=("Q",))])
    assert result.verdict == "undecided"
    assert np.isnan(result.difference) == (n == 0)
    (sentence,) = findings([result])
    assert f"({n} groups, 2 seeds, left out: Q, too few" in sentence.replace(
        "1 group,", "1 groups,"
    )
    assert "nan" not in sentence and "inf" not in sentence


def test_a_claim_has_its_number_interval_groups_and_seeds():
    (claim, tests) = findings(compare([planned(EIGHT, left_out=("IE0001",))]))
    assert claim == (
        "Adding coherence to gVV raises F1 by 0.050"
        " (95 % interval +0.042 to +0.059, 8 groups, 2 seeds, left out: IE0001)."
    )
    assert tests == (
        "Of 1 claimed difference, 1 also passes Wilcoxon's test after Holm's correction"
        " for 1 planned contrast (p 0.0078; the smallest p that the test can give here,"
        " uncorrected, is 0.0078)."
    )


def test_one_seed_decides_nothing():
    contrast, found = planned(EIGHT)
    (result,) = compare([(contrast, replace(found, values=EIGHT, seeds=(1,)))])
    assert result.interval.low > 0.02
    assert result.verdict == "undecided"
    undecided, why = findings([result])
    assert undecided.startswith("Undecided,") and "8 groups, 1 seed;" in undecided
    assert why.startswith("With one seed nothing is claimed")


def test_worse_equivalent_and_undecided_are_said_as_such():
    spread = np.array([[0.3], [-0.3], [0.2], [-0.1]])
    said = findings(
        compare(
            [
                planned(spread, "first open"),
                planned(-EIGHT, "this", metric="iou"),
                planned(EIGHT - EIGHT.mean(), "that"),
                planned(-spread, "second open"),
            ]
        )
    )
    assert said[0].startswith("This lowers IoU by 0.050 (95 % interval \N{MINUS SIGN}0.059 to")
    assert said[1].startswith("That changes F1 by less than 0.02 (mean difference ")
    assert said[2].startswith("Of 1 claimed difference, 1 also passes")
    assert said[-1].startswith("Undecided")
    assert "first open (F1 +0.025," in said[-1]
    assert "second open (F1 \N{MINUS SIGN}0.025," in said[-1]
    assert "would show in four of five studies" in said[-1]
    assert len(said) == 4


def test_what_no_study_of_this_size_could_show_is_said_so():
    wide = np.array([[0.9], [-0.9], [0.8]])
    (said,) = findings(compare([planned(wide)]))
    assert "no difference that there can be would show in four of five studies" in said


def test_nothing_is_claimed_without_an_interval_that_says_so():
    (result,) = compare([planned(EIGHT)])
    for interval, verdict in ((Interval(-0.01, 0.3), "undecided"), (Interval(0.01, 0.3), "better")):
        assert verdict_of(interval, result.margin) == verdict
        text = " ".join(findings([replace(result, interval=interval, verdict=verdict)]))
        assert ("raises" in text) == (verdict == "better")


def test_the_paragraph_changes_with_the_truth():
    def paragraph(difference, groups):
        generator = np.random.default_rng(6)
        values = simulated(WORLDS["skewed"], difference, (1, groups, 3), generator)[0]
        return " ".join(findings(compare([planned(values, "fusing")])))

    assert paragraph(0.1, 28).startswith("Fusing raises F1 by 0.")
    assert paragraph(-0.1, 28).startswith("Fusing lowers F1 by 0.")
    assert paragraph(0.0, 8).startswith("Undecided")
