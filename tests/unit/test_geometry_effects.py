"""Recall in layover and shadow: which pixels count, which groups, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from scarp.assessments import StratumRow
from scarp.inference.geometry import geometry_effects
from scarp.inference.geometry_findings import geometry_findings
from scarp.summary import Model

SAR = {"roles": ("gamma0", "3pre-3post")}
OPTICAL = {"roles": ("rgb", "1pre-1post")}


def row(
    site: str,
    stratum: str,
    tp: int,
    fn: int,
    *,
    seed: int = 1,
    kind: str = "layover_shadow",
    features: str = "gamma0",
) -> StratumRow:
    scenario = "3pre-3post" if features == "gamma0" else "1pre-1post"
    model = Model("roles", features, scenario, seed)
    return StratumRow(model, site, "independent", kind, stratum, 1, tp, 7, fn, 100)


def alone(sites: Iterable[str]) -> dict[str, str]:
    return {site: site for site in sites}


def test_layover_and_shadow_count_together_and_possible_on_neither_side() -> None:
    """By hand: S 30 of 60 inside, 90 of 100 outside; T 50 of 100 (certain), 25 of 50."""
    approximate = "layover_shadow_approximate"
    rows = [
        row("S", "none", 90, 10),
        row("S", "layover", 20, 20),
        row("S", "shadow", 10, 10),
        row("T", "none", 25, 25, kind=approximate),
        row("T", "possible", 999, 0, kind=approximate),
        row("T", "certain", 50, 50, kind=approximate),
        row("T", "<10", 1, 999, kind="slope"),
    ]
    (effect,) = geometry_effects(rows, {"sar": SAR}, alone("ST"), 0.02)
    assert effect.difference == pytest.approx(((30 / 60 - 0.9) + 0.0) / 2)
    assert (effect.inside, effect.outside) == (160, 150)
    assert (effect.groups, effect.approximate) == (("S", "T"), ("T",))
    assert effect.verdict == "undecided"  # one seed


def test_pixels_of_a_group_are_pooled_and_small_groups_left_out() -> None:
    rows = [
        row("S", "none", 90, 10),
        row("S", "layover", 30, 10),
        row("T", "none", 0, 100),
        row("T", "layover", 0, 20),
        row("U", "none", 500, 0),
        row("U", "shadow", 0, 49),
    ]
    groups = {"S": "storm", "T": "storm", "U": "U"}
    (effect,) = geometry_effects(rows, {"sar": SAR}, groups, 0.02)
    assert (effect.groups, effect.left_out) == (("storm",), ("U",))
    assert effect.difference == pytest.approx(30 / 60 - 90 / 200)


def test_sar_is_held_to_optical_at_the_same_places() -> None:
    """Optical images lose 0.2 there too: of SAR's 0.3 only 0.1 is the radar's own."""
    rows = [
        row(site, stratum, round(100 * found) + extra, 100 - round(100 * found) - extra, **who)
        for extra, site in enumerate("STUV")
        for seed in (1, 2)
        for found, stratum, features in (
            (0.8, "none", "gamma0"),
            (0.5, "layover", "gamma0"),
            (0.8, "none", "rgb"),
            (0.6, "layover", "rgb"),
        )
        for who in [{"seed": seed, "features": features}]
    ]
    found = geometry_effects(rows, {"sar": SAR, "optical": OPTICAL}, alone("STUV"), 0.02)
    assert [one.sensor for one in found] == ["sar", "optical", "sar less optical"]
    assert [one.difference for one in found] == pytest.approx([-0.3, -0.2, -0.1])
    assert [one.verdict for one in found] == ["worse"] * 3
    told = geometry_findings(found)
    assert told[0].startswith(
        "In layover or radar shadow the SAR set gamma0/3pre-3post finds 0.300"
    )
    assert told[2].startswith("There SAR loses 0.100 more recall than optical images do")
    assert "4 groups, 2 seeds" in told[2]


def test_where_no_group_can_say_anything_that_is_said() -> None:
    rows = [row("S", "none", 90, 10), row("S", "layover", 3, 4)]
    effects = geometry_effects(rows, {"sar": SAR, "optical": OPTICAL}, alone("S"), 0.02)
    (sentence,) = geometry_findings(effects)
    assert "cannot be said from these sites" in sentence
    assert geometry_findings(geometry_effects([], {}, {}, 0.02)) == []


def test_one_group_has_no_interval() -> None:
    rows = [row("S", "none", 90, 10, seed=s) for s in (1, 2)]
    rows += [row("S", "layover", 30, 70, seed=s) for s in (1, 2)]
    (sentence,) = geometry_findings(geometry_effects(rows, {"sar": SAR}, alone("S"), 0.02))
    assert sentence.startswith("Undecided is whether") and "too few for an interval" in sentence
