"""Bringing the scores of all models together: metrics.tsv, averages.tsv and seeds.tsv.

Every score is computed here from the counts tp, fp, fn and tn, never from other scores. What is
undefined (see scarp.metrics) is an empty cell and enters no mean:

- macro: the mean of a score over the sites at which it is defined. Recall, F1 and IoU are defined
  at sites whose reference holds landslide; precision at sites where something was predicted, which
  need not be the same sites for two models. Both numbers of sites stand in the row.
- micro: the score of the counts summed over all sites of the scope. A site without landslide in
  its reference adds its false positives; a large site weighs more than a small one.

Scopes are kept apart: `independent` (events that no training saw), `dependent` (the testing parts
of events whose other part trained), `all` (both) and, for leave-event-out, `held-out`: every event
once, tested by the model of the fold that never saw it. There a mean over one fold says little, so
the folds are averaged together, under the split's name without its number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from functools import reduce
from itertools import pairwise
from operator import add
from pathlib import Path
from statistics import fmean, stdev
from typing import NamedTuple

from scarp.errors import DataError, Fault
from scarp.metrics import Counts
from scarp.tsv import read_table, write_table

COUNTS = ("tp", "fp", "fn", "tn")
#: Name of a score and how it follows from counts, in the order of the tables' columns.
SCORES: Mapping[str, Callable[[Counts], float | None]] = {
    "precision": lambda counts: counts.precision,
    "recall": lambda counts: counts.recall,
    "f1": lambda counts: counts.f1,
    "iou": lambda counts: counts.iou,
}
HELD_OUT = "held-out"
METRICS = ("split", "features", "scenario", "seed", "site", "role", "source", *COUNTS, *SCORES)
AVERAGES = (
    *("split", "features", "scenario", "seed", "scope", "average"),
    *("sites", "sites_with_landslide", "sites_with_prediction"),
    *SCORES,
)
SEEDS = (
    *("split", "features", "scenario", "scope", "average"),
    *("seeds", "sites", "sites_with_landslide"),
    *(column for score in SCORES for column in (score, f"{score}_sd")),
)


class Model(NamedTuple):
    """Identity of a trained model."""

    split: str
    features: str
    scenario: str
    seed: int


@dataclass(frozen=True)
class Score:
    """Counts of one model at one site; `role` and `source` are the site's."""

    model: Model
    site: str
    role: str
    source: str
    counts: Counts


@dataclass(frozen=True)
class Average:
    """Scores of one model over the sites of a scope; `average` is macro or micro.

    `sites` are all sites of the scope, `with_landslide` those whose reference holds landslide,
    `with_prediction` those where something was predicted.
    """

    model: Model
    scope: str
    average: str
    sites: int
    with_landslide: int
    with_prediction: int
    scores: Mapping[str, float | None]


def collect(files: Iterable[tuple[Model, str | Path]], path: str | Path) -> None:
    """Write metrics.tsv from the scores.tsv of every model: one sorted row per model and site.

    Raises
    ------
    DataError: a file is missing or malformed; a model names a site twice.
    """
    scores = [score for model, file in files for score in _read_scores(file, model)]
    scores.sort(key=lambda score: (score.model, score.site))
    for first, second in pairwise(scores):
        if (first.model, first.site) == (second.model, second.site):
            raise DataError(
                Fault(
                    f"site {first.site} is scored twice",
                    f"scores of {' '.join(map(str, first.model))}",
                    "one row per model and site",
                    "delete the model's scores.tsv and let the workflow make it again",
                )
            )
    write_table(
        path,
        METRICS,
        (
            (
                *(*score.model, score.site, score.role, score.source),
                *astuple(score.counts),
                *(shown(score_of(score.counts)) for score_of in SCORES.values()),
            )
            for score in scores
        ),
    )


def shown(value: float | None) -> str:
    """Six significant digits; the counts beside them hold the rest. None is an empty cell."""
    return "" if value is None else f"{value:.6g}"


def counts_of(row: Mapping[str, str], where: str) -> Counts:
    """The counts of a table's row; DataError where one is no whole number."""
    try:
        return Counts(*(int(row[name]) for name in COUNTS))
    except ValueError:
        raise DataError(
            Fault(
                f"counts {', '.join(repr(row[name]) for name in COUNTS)} are not all whole numbers",
                where,
                "numbers of pixels",
                "delete it and let the workflow make it again",
            )
        ) from None


def _read_scores(path: str | Path, model: Model) -> list[Score]:
    return [
        Score(
            model, row["site"], row["role"], row["source"], counts_of(row, f"{path}, {row['site']}")
        )
        for row in read_table(path, ("site", "role", "source", *COUNTS))
    ]


def read_metrics(path: str | Path) -> list[Score]:
    """Read metrics.tsv. Raises DataError where it is malformed."""
    return [
        Score(
            Model(row["split"], row["features"], row["scenario"], int(row["seed"])),
            row["site"],
            row["role"],
            row["source"],
            counts_of(row, f"{path}, line {line}"),
        )
        for line, row in enumerate(read_table(path, METRICS), 2)
    ]


def family(split: str) -> str:
    """The split a fold belongs to: `leave-event-out` for `leave-event-out-3`."""
    stem, _, number = split.rpartition("-")
    return stem if stem and number.isdigit() else split


def scopes(scores: Sequence[Score]) -> dict[str, list[Score]]:
    """Scores by scope, see above."""
    found = {
        role: [score for score in scores if score.role == role]
        for role in sorted({score.role for score in scores})
    }
    return found if HELD_OUT in found else {"all": list(scores), **found}


def _macro(counts: Sequence[Counts]) -> dict[str, float | None]:
    means: dict[str, float | None] = {}
    for name, score_of in SCORES.items():
        defined = [value for value in map(score_of, counts) if value is not None]
        means[name] = fmean(defined) if defined else None
    return means


def _micro(counts: Sequence[Counts]) -> dict[str, float | None]:
    total = reduce(add, counts)
    return {name: score_of(total) for name, score_of in SCORES.items()}


def average(scores: Iterable[Score]) -> list[Average]:
    """Macro and micro averages of every model over every scope, sorted by model and scope."""
    models: dict[Model, list[Score]] = {}
    for score in scores:
        models.setdefault(score.model._replace(split=family(score.model.split)), []).append(score)
    found = []
    for model, own in sorted(models.items()):
        for scope, part in sorted(scopes(own).items()):
            counts = [score.counts for score in part]
            for name, mean_of in (("macro", _macro), ("micro", _micro)):
                found.append(
                    Average(
                        model,
                        scope,
                        name,
                        len(counts),
                        sum(one.f1 is not None for one in counts),
                        sum(one.precision is not None for one in counts),
                        mean_of(counts),
                    )
                )
    return found


def write_averages(metrics: str | Path, path: str | Path) -> None:
    """Write averages.tsv: macro and micro averages per model and scope, from metrics.tsv."""
    write_table(
        path,
        AVERAGES,
        (
            (
                *(*row.model, row.scope, row.average),
                *(row.sites, row.with_landslide, row.with_prediction),
                *(shown(row.scores[name]) for name in SCORES),
            )
            for row in average(read_metrics(metrics))
        ),
    )


def mean_and_spread(values: Iterable[float | None]) -> tuple[float | None, float | None]:
    """Mean and sample standard deviation (n - 1) of the defined values.

    Undefined are the mean of no value and the standard deviation of fewer than two.
    """
    defined = [value for value in values if value is not None]
    if not defined:
        return None, None
    return fmean(defined), stdev(defined) if len(defined) > 1 else None


def write_seeds(metrics: str | Path, path: str | Path) -> None:
    """Write seeds.tsv: mean and standard deviation over seeds of every average.

    `seeds` says how many trainings there were, `sites` how many sites each was tested at.

    Raises
    ------
    DataError: the seeds of an experiment were not tested at the same sites.
    """
    groups: dict[tuple[str, ...], list[Average]] = {}
    for row in average(read_metrics(metrics)):
        key = (row.model.split, row.model.features, row.model.scenario, row.scope, row.average)
        groups.setdefault(key, []).append(row)
    for place, rows in groups.items():
        if len({(row.sites, row.with_landslide) for row in rows}) > 1:
            raise DataError(
                Fault(
                    "its seeds were tested at different sites, so a mean over them says nothing",
                    f"{metrics}, {' '.join(place)}",
                    "the same sites for every seed",
                    "delete it and let the workflow make it again",
                )
            )
    write_table(
        path,
        SEEDS,
        (
            (
                *key,
                len(rows),
                rows[0].sites,
                rows[0].with_landslide,
                *(
                    shown(value)
                    for name in SCORES
                    for value in mean_and_spread(row.scores[name] for row in rows)
                ),
            )
            for key, rows in sorted(groups.items())
        ),
    )
