"""Tables of calibration, thresholds, objects and strata as the summary writes them, made up."""

from dataclasses import asdict, fields

import numpy as np
from scipy.special import expit

from scarp import assessments
from scarp.calibration import expected_calibration_error, reliability
from scarp.object_counts import ALL
from scarp.objects import AREA_EDGES, CUT, RULES, size_classes
from scarp.prediction import quantise
from scarp.probability import (
    THRESHOLDS,
    average_precision,
    best_f1,
    brier_score,
    counts_at,
    histogram,
    mcc,
)
from scarp.temperature import fit_temperature, temper
from scarp.tsv import write_table

SITES = {"S1": "independent", "S2": "independent", "S3": "dependent"}
GROUPS = {"S1": "G1", "S2": "G2", "S3": "G2"}
CLASSES = (*size_classes(AREA_EDGES), CUT, ALL)
STRATA = {
    "layover_shadow": ("none", "layover", "shadow"),
    "slope": ("<10", "10-20", "20-30", "30-40", ">=40"),
    "size": ("<1000", "1000-10000", "10000-100000", ">=100000"),
}
_IDENTITY = ("split", "features", "scenario", "seed")


def columns(kind):
    """Columns of the table of a kind of row."""
    return (*_IDENTITY, *(field.name for field in fields(kind) if field.name != "model"))


def write(path, kind, rows):
    """Write rows, each a dictionary; what it does not name is empty."""
    names = columns(kind)
    write_table(path, names, ([_cell(row.get(name)) for name in names] for row in rows))
    return path


def _cell(value):
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.6g}" if isinstance(value, float) else value


def models(experiments, seeds=(1,), splits=("roles",)):
    """Identity of each model, as the first cells of a row."""
    return [
        dict(zip(_IDENTITY, (split, *experiment, seed), strict=True))
        for split in splits
        for experiment in experiments
        for seed in seeds
    ]


def study(folder, experiments, sites=SITES, seeds=(1,), splits=("roles",), source="simulated"):
    """All five tables in `folder`; later experiments are the better ones."""
    tables = {name: [] for name in ("measures", "reliability", "thresholds", "objects", "strata")}
    for model in models(experiments, seeds, splits):
        rank = experiments.index((model["features"], model["scenario"])) / len(experiments)
        draw = np.random.default_rng([model["seed"], round(100 * rank)])
        maps = {site: _map(draw, rank) for site in ("validation", *sites)}
        temperature = fit_temperature(maps["validation"])
        threshold, _ = best_f1(maps["validation"])
        scales = {False: 1.0, True: temperature}
        for part, own in (("validation", ("validation",)), ("test", tuple(sites))):
            pooled = sum((maps[site] for site in own[1:]), start=maps[own[0]])
            for calibrated, scale in scales.items():
                pixels = temper(pooled, scale) if calibrated else pooled
                tables["reliability"] += [
                    {
                        **model,
                        **{"part": part, "calibrated": calibrated, "bin": number},
                        **{name: getattr(one, name) for name in _BIN},
                    }
                    for number, one in enumerate(reliability(pixels))
                ]
        for site, pixels in maps.items():
            where = {**model, "site": site, "role": sites.get(site, "validation")}
            tables["measures"].append(
                {**where, **_measures(pixels, source, threshold, temperature)}
            )
            for at in THRESHOLDS:
                tables["thresholds"].append(
                    {**where, "threshold": at, **asdict(counts_at(pixels, at))}
                )
            if site == "validation":
                continue
            tables["objects"] += [{**where, **row} for row in _objects(draw, rank)]
            tables["strata"] += [{**where, **row} for row in _strata(draw, rank)]
    return {name: write(folder / f"{name}.tsv", KINDS[name], rows) for name, rows in tables.items()}


_BIN = ("lowest", "highest", "pixels", "landslide", "mean", "share")
KINDS = {
    "measures": assessments.Measures,
    "reliability": assessments.ReliabilityBin,
    "thresholds": assessments.AtThreshold,
    "objects": assessments.ObjectRow,
    "strata": assessments.StratumRow,
}


def _map(draw, rank):
    """Histogram of 200 landslide and 4000 other pixels of a model that is too sure of itself."""
    truth = np.arange(4200) < 200
    logits = np.where(truth, 1 + 2 * rank, -4) + draw.normal(0, 3, truth.size)
    return histogram(quantise(expit(logits).astype(np.float32)), truth, np.ones_like(truth))


def _measures(pixels, source, threshold, temperature):
    at, chosen, calibrated = (
        counts_at(pixels, 0.5),
        counts_at(pixels, threshold),
        temper(pixels, temperature),
    )
    return {
        **{"source": source, "pixels": 4200, "landslide": 200},
        **{"precision": at.precision, "recall": at.recall, "f1": at.f1, "iou": at.iou},
        **{"mcc": mcc(at), "average_precision": average_precision(pixels)},
        **{"brier": brier_score(pixels), "ece": expected_calibration_error(pixels)},
        **{"temperature": temperature, "brier_calibrated": brier_score(calibrated)},
        **{"ece_calibrated": expected_calibration_error(calibrated), "threshold": threshold},
        **{"precision_chosen": chosen.precision, "recall_chosen": chosen.recall},
        **{"f1_chosen": chosen.f1, "mcc_chosen": mcc(chosen)},
        **{"boundary_iou_1": 0.2, "boundary_iou_2": 0.3},
    }


def _objects(draw, rank):
    """Fewer of the large landslides, more of which are found."""
    total = dict.fromkeys(RULES, (0, 0))
    for place, name in enumerate(CLASSES[:-1]):
        number = (40, 25, 8, 2, 0, 5)[place]
        luck = draw.uniform(0.7, 1)
        for rule, least in RULES.items():
            share = min(0.3 + 0.5 * rank + 0.1 * place - least / 2, 1) * luck
            found = round(number * max(share, 0))
            total[rule] = (total[rule][0] + found, total[rule][1] + number - found)
            yield _object_row(rule, name, found, number - found, 3)
    for rule, (found, missed) in total.items():
        yield _object_row(rule, ALL, found, missed, round(40 - 30 * rank))


def _object_row(rule, name, found, missed, false):
    counts = {"found": found, "missed": missed, "right": found, "false": false}
    return {"rule": rule, "size_class": name, **counts, "scored_km2": 50.0}


def _strata(draw, rank):
    for kind, names in STRATA.items():
        for place, name in enumerate(names):
            number = 1000 // (1 + place**2)
            tp = round(number * (0.4 + 0.4 * rank) * draw.uniform(0.6, 1))
            fp = None if kind == "size" else round(number * draw.uniform(0.1, 0.4))
            yield {
                **{"kind": kind, "stratum": name, "landslides": 30 // (1 + place)},
                **{"tp": tp, "fp": fp, "fn": number - tp, "tn": None if fp is None else 9000},
            }
