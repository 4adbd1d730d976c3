"""What the scores of a study can decide: planned contrasts and main effects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scarp.assessments import StratumRow
from scarp.contrasts import Contrast, Side
from scarp.errors import DataError, Fault
from scarp.inference.comparison import Result, judge
from scarp.inference.differences import Choice, choose
from scarp.inference.factorial import Factorial, factorial
from scarp.inference.geometry import GeometryEffect, geometry_effects
from scarp.summary import HELD_OUT, Model, Score, scopes
from scarp.tables import Experiment
from scarp.tsv import read_table

#: Scopes in the order in which they are told.
_SCOPES = (HELD_OUT, "all", "independent", "dependent")


@dataclass(frozen=True)
class Conclusion:
    """What the scores of one scope say."""

    scope: str
    results: Sequence[Result]
    effects: Factorial
    geometry: Sequence[GeometryEffect]


def conclude(
    scores: Sequence[Score],
    strata: Sequence[StratumRow],
    histories: Mapping[Model, str | Path],
    contrasts: Sequence[Contrast],
    sensors: Mapping[str, Side],
    experiments: Sequence[Experiment],
    group_of: Mapping[str, str],
    margin: float,
) -> list[Conclusion]:
    """Judge the planned contrasts and estimate effects, for every scope of a split.

    Parameters
    ----------
    scores: of one split, or of all folds of leave-event-out.
    strata: pixels by stratum at the same sites, none for a site without strata.
    histories: history.tsv of every model of the split, whose kept epoch's validation F1 chooses
        among several candidates of a contrast.
    contrasts: those that the study can compare (`scarp.contrasts.of_study`).
    sensors: `sar` and `optical` -> experiments among which validation chooses the one whose recall
        in layover and shadow is looked at; without `sar` none is.
    experiments: with their channels.
    group_of: group of every site.
    margin: difference of a score that does not matter in practice.

    Raises
    ------
    DataError: a table is malformed, or models were not tested alike.
    """
    validation = {model: kept_f1(path) for model, path in histories.items()}
    found = scopes(scores)
    splits = sorted({model.split for model in histories})
    choices = {name: choose(side, validation, splits) for name, side in sensors.items()}
    return [
        Conclusion(
            scope,
            judge(contrasts, found[scope], validation, group_of, margin),
            factorial(found[scope], experiments, group_of),
            _geometry(strata, found[scope], choices, group_of, margin),
        )
        for scope in _SCOPES
        # A role that all sites have is no scope beside `all`.
        if scope in found and (len(found[scope]) < len(scores) or scope in ("all", HELD_OUT))
    ]


def _geometry(
    strata: Iterable[StratumRow],
    scores: Iterable[Score],
    choices: Mapping[str, Choice],
    group_of: Mapping[str, str],
    margin: float,
) -> list[GeometryEffect]:
    """Effects of layover and shadow at the sites of some scores."""
    if "sar" not in choices:
        return []
    sites = {score.site for score in scores}
    own = [row for row in strata if row.site in sites]
    return geometry_effects(own, choices, group_of, margin)


def kept_f1(path: str | Path) -> float | None:
    """Validation F1 of the kept epoch, from history.tsv; None where it is undefined."""
    kept = [row for row in read_table(path, ("kept", "validation_f1")) if row["kept"] == "1"]
    if len(kept) != 1:
        raise DataError(
            Fault(
                f"{len(kept)} epochs are marked as kept",
                str(path),
                "one",
                "delete it and let the workflow train the model again",
            )
        )
    return float(kept[0]["validation_f1"]) if kept[0]["validation_f1"] else None
