"""What the scores of a study can decide: planned contrasts and main effects."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scarp.contrasts import Contrast
from scarp.errors import DataError, Fault
from scarp.figures.select import is_simulated
from scarp.figures.style import titled
from scarp.files import write_text
from scarp.html_page import document
from scarp.inference.comparison import Result, judge
from scarp.inference.factorial import Factorial, factorial
from scarp.inference.findings import findings
from scarp.summary import HELD_OUT, Model, Score, scopes, shown
from scarp.tables import Experiment
from scarp.tsv import read_table, write_table

CONTRASTS_COLUMNS = (
    *("scope", "contrast", "question", "label", "a", "b", "metric"),
    *("difference", "low", "high", "verdict", "margin", "detectable"),
    *("p", "p_holm", "smallest_p", "groups", "seeds", "left_out"),
)
EFFECTS_COLUMNS = ("scope", "effect", "difference", "low", "high", "groups", "scores", "remark")
#: Scopes in the order in which they are told.
_SCOPES = (HELD_OUT, "all", "independent", "dependent")
_STYLE = """
body { font: 15px/1.5 Verdana, "DejaVu Sans", sans-serif; margin: 1.5em; color: #222;
       max-width: 46em }
h1 { font-size: 1.2em } h2 { font-size: 1em }
small { color: #666 }
"""


@dataclass(frozen=True)
class Conclusion:
    """What the scores of one scope say."""

    scope: str
    results: Sequence[Result]
    effects: Factorial


def conclude(
    scores: Sequence[Score],
    histories: Mapping[Model, str | Path],
    contrasts: Sequence[Contrast],
    experiments: Sequence[Experiment],
    group_of: Mapping[str, str],
    margin: float,
) -> list[Conclusion]:
    """Judge the planned contrasts and estimate main effects, for every scope of a split.

    Parameters
    ----------
    scores: of one split, or of all folds of leave-event-out.
    histories: history.tsv of every model of the split, whose kept epoch's validation F1 chooses
        among several candidates of a contrast.
    contrasts: those that the study can compare (`scarp.contrasts.of_study`).
    experiments: with their channels.
    group_of: group of every site.
    margin: difference of a score that does not matter in practice.

    Raises
    ------
    DataError: a table is malformed, or models were not tested alike.
    """
    validation = {model: kept_f1(path) for model, path in histories.items()}
    found = scopes(scores)
    return [
        Conclusion(
            scope,
            judge(contrasts, found[scope], validation, group_of, margin),
            factorial(found[scope], experiments, group_of),
        )
        for scope in _SCOPES
        # A role that all sites have is no scope beside `all`.
        if scope in found and (len(found[scope]) < len(scores) or scope in ("all", HELD_OUT))
    ]


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


def write_contrasts(path: str | Path, conclusions: Iterable[Conclusion]) -> None:
    """Write a row per scope and contrast (`CONTRASTS_COLUMNS`); what is unknown is empty."""
    write_table(
        path,
        CONTRASTS_COLUMNS,
        (
            (
                *(one.scope, result.contrast.contrast, result.contrast.question),
                *(result.contrast.label, " ".join(result.a), " ".join(result.b)),
                *(result.contrast.metric, *map(_shown, (result.difference, *result.interval))),
                *(result.verdict, _shown(result.margin), _shown(result.detectable)),
                *map(_shown, (result.p, result.p_holm, result.smallest_p)),
                *(len(result.groups), len(result.seeds), " ".join(result.left_out)),
            )
            for one in conclusions
            for result in one.results
        ),
    )


def write_effects(path: str | Path, conclusions: Iterable[Conclusion]) -> None:
    """Write a row per scope and effect (`EFFECTS_COLUMNS`).

    An effect that the experiments cannot tell apart has no number; the remark says of what it is
    made.
    """
    rows: list[tuple[object, ...]] = []
    for one in conclusions:
        size = (len(one.effects.groups), one.effects.scores)
        for effect in one.effects.effects:
            numbers = map(_shown, (effect.estimate, *effect.interval))
            rows.append((one.scope, effect.effect, *numbers, *size, ""))
        for alias in one.effects.aliased:
            made = " + ".join(f"{factor:.3g} {name}" for name, factor in alias.of.items())
            remark = f"cannot be told from {made}" if made else "the same in every experiment"
            rows.append((one.scope, alias.effect, "", "", "", *size, remark))
    write_table(path, EFFECTS_COLUMNS, rows)


def write_findings(
    path: str | Path, conclusions: Iterable[Conclusion], scores: Sequence[Score], split: str
) -> None:
    """Write a page with a paragraph of findings for each scope; no text holds markup."""
    title = titled(f"Findings, split {split}", is_simulated(scores))
    parts = []
    for one in conclusions:
        told = " ".join(findings(one.results)) or "No planned contrast can be compared."
        parts.append(f"<h2>{html.escape(_heading(one.scope))}</h2>\n<p>{html.escape(told)}</p>")
    body = "\n".join(parts)
    write_text(
        path,
        document(
            title,
            _STYLE,
            f"""{body}
<p><small>Differences are means over groups of events and seeds. A claim stands where the 95 %
interval excludes zero, or lies within the margin; all other contrasts are undecided, and all with
one seed.</small></p>
""",
        ),
    )


def _heading(scope: str) -> str:
    return f"{scope.capitalize()} sites"


def _shown(value: float) -> str:
    """What is not finite is empty."""
    return shown(value if math.isfinite(value) else None)
