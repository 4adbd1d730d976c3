"""The comparisons that were planned before any score was seen: contrasts.tsv.

A side of a contrast is an experiment, or the best one of a sensor group. Which is best is decided
by validation scores (`scarp.inference.differences.choose`), never by the test scores that are then
compared: the best of many test scores is too good by its own luck. Sets that are there for an
ablation are no candidates.

Nothing heavy is imported: the workflow reads this while it is parsed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scarp.errors import Fault, TableError, did_you_mean
from scarp.tables import (
    Experiment,
    FeatureSet,
    Scenario,
    duplicates,
    experiments,
    read_rows,
)

_BEST = {f"best-{group}": group for group in ("sar", "optical", "fusion")}


@dataclass(frozen=True)
class Side:
    """One side of a contrast.

    Attributes
    ----------
    text: as the table says it.
    candidates: (features, scenario) of the experiments among which validation chooses; one where
        the table names it.
    """

    text: str
    candidates: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, text: str, candidates: Iterable[Iterable[str]]) -> Side:
        """A side from lists, as parameters of a rule hold them."""
        pairs = (tuple(one) for one in candidates)
        return cls(text, tuple((features, scenario) for features, scenario in pairs))


@dataclass(frozen=True)
class Contrast:
    """A row of contrasts.tsv: the score `metric` of side a less that of side b."""

    contrast: str
    question: str
    label: str
    a: Side
    b: Side
    metric: str


def read_contrasts(
    path: str | Path, feature_sets: Mapping[str, FeatureSet], scenarios: Mapping[str, Scenario]
) -> tuple[Contrast, ...]:
    """Read contrasts.tsv. Raises TableError with all faults."""
    rows, faults = read_rows(path, "contrasts")
    faults += duplicates(rows, "contrast")
    pairs = [
        (one.features, one.scenario)
        for one in experiments(feature_sets, scenarios, tuple(feature_sets), tuple(scenarios))
    ]
    known = {"/".join(pair): (pair,) for pair in pairs} | {
        rule: tuple(
            pair
            for pair in pairs
            if feature_sets[pair[0]].group == group and not feature_sets[pair[0]].is_ablation
        )
        for rule, group in _BEST.items()
    }
    found = []
    for row in rows:
        a, b = row.values["a"], row.values["b"]
        for column, text in (("a", a), ("b", b)):
            faults += _side_faults(text, f"{row.where}, column {column}", known)
        if a == b:
            faults.append(
                Fault(
                    f"'{a}' is compared with itself",
                    f"{row.where}, column b",
                    "two experiments",
                    "name another one",
                )
            )
        found.append(
            Contrast(
                row.values["contrast"],
                row.values["question"],
                row.values["label"],
                Side(a, known.get(a, ())),
                Side(b, known.get(b, ())),
                row.values["metric"] or "f1",
            )
        )
    if faults:
        raise TableError(faults)
    return tuple(found)


def from_lists(rows: Iterable[Sequence[Any]]) -> tuple[Contrast, ...]:
    """Contrasts from lists, as parameters of a rule hold them: fields in order, sides as lists."""
    return tuple(
        Contrast(name, question, label, Side.of(*a), Side.of(*b), metric)
        for name, question, label, a, b, metric in rows
    )


def _side_faults(
    text: str, where: str, known: Mapping[str, Collection[tuple[str, str]]]
) -> list[Fault]:
    """Why a side names no experiment."""
    if known.get(text):
        return []
    if text in known:
        return [
            Fault(
                f"there is no experiment of group {_BEST[text]} for '{text}'",
                where,
                cure=f"add a feature set of group {_BEST[text]}, or name an experiment",
            )
        ]
    own = [name for name in known if name.startswith(f"{text.partition('/')[0]}/")]
    return [
        Fault(
            f"'{text}' is no experiment",
            where,
            ", ".join(own) or f"features/scenario, or {', '.join(_BEST)}",
            did_you_mean(text, own or known)
            or "choose one; a set without Sentinel-1 runs in its smallest scenario only",
        )
    ]


def of_study(
    contrasts: Iterable[Contrast], trained: Collection[Experiment]
) -> tuple[Contrast, ...]:
    """The contrasts that a study can compare, their candidates being those that it trains."""
    there = {(one.features, one.scenario) for one in trained}

    def kept(side: Side) -> Side:
        return replace(side, candidates=tuple(one for one in side.candidates if one in there))

    narrowed = (replace(one, a=kept(one.a), b=kept(one.b)) for one in contrasts)
    return tuple(one for one in narrowed if one.a.candidates and one.b.candidates)
