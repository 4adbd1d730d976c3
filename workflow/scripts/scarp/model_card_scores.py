"""What a model card tells of scores, calibration and landslides, and where the model fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from scarp.assessments import VALIDATION, Measures, ObjectRow, StratumRow
from scarp.classes import in_order, size_label, stratum_label
from scarp.figures.select import in_order as sites_in_order
from scarp.inference.grouped import mean_of
from scarp.inference.intervals import bounded
from scarp.markdown import escaped, table
from scarp.metrics import Counts
from scarp.object_counts import ALL, ObjectCounts
from scarp.objects import CUT

_MINUS = "\N{MINUS SIGN}"
ScoreOf = Callable[[Measures], float | None]
#: Fewest landslide pixels of a site (5 ha of 10 m pixels), and fewest landslides and groups of
#: events of a class, for it to be named among the worst: fewer are as soon bad luck as weakness.
LEAST_PIXELS, LEAST_LANDSLIDES, LEAST_GROUPS = 500, 10, 2
#: How many of the worst sites are named.
WORST = 3
_AT_OWN: Mapping[str, ScoreOf] = {
    "precision": lambda row: row.precision,
    "recall": lambda row: row.recall,
    "F1": lambda row: row.f1,
    "IoU": lambda row: row.iou,
    "MCC": lambda row: row.mcc,
}
_AT_CHOSEN: Mapping[str, ScoreOf] = {
    "precision": lambda row: row.precision_chosen,
    "recall": lambda row: row.recall_chosen,
    "F1": lambda row: row.f1_chosen,
    "MCC": lambda row: row.mcc_chosen,
}
_OTHER: Mapping[str, ScoreOf] = {
    "average precision": lambda row: row.average_precision,
    "boundary IoU, 1 pixel": lambda row: row.boundary_iou_1,
    "boundary IoU, 2 pixels": lambda row: row.boundary_iou_2,
}
_CALIBRATION: Mapping[str, ScoreOf] = {
    "ECE": lambda row: row.ece,
    "ECE, scaled": lambda row: row.ece_calibrated,
    "Brier": lambda row: row.brier,
    "Brier, scaled": lambda row: row.brier_calibrated,
}
_KINDS = {
    "layover_shadow": "Layover and shadow",
    "layover_shadow_approximate": "Layover or shadow, approximate (elevation and direction alone)",
    "slope": "Slope",
    "size": "Size of the landslide",
}


def number(value: float | None) -> str:
    """Three decimals; what is undefined is called so."""
    return "undefined" if value is None else f"{value:.3f}"


def tested(measures: Iterable[Measures]) -> list[Measures]:
    """Rows of the test sites: independent ones first, each role by name."""
    sites = sorted((row for row in measures if row.role != VALIDATION), key=lambda row: row.site)
    return sites_in_order(sites, lambda row: row.role)


def scores(measures: Sequence[Measures], group_of: Mapping[str, str], own: float) -> str:
    """The section of scores.

    Parameters
    ----------
    measures: of the model.
    group_of: group of every test site.
    own: threshold of the model.
    """
    sites = tested(measures)
    if not sites:
        return "No site tested this model."
    threshold = next((row.threshold for row in measures if row.threshold is not None), None)
    if threshold is None:
        chosen = "Validation chose no other threshold: its reference holds no landslide."
    else:
        chosen = (
            f"At the threshold of the highest F1 on validation, {threshold:.3f}:\n\n"
            f"{_by_site(sites, _AT_CHOSEN)}\n\n{_means(sites, _AT_CHOSEN, group_of)}"
        )
    return "\n\n".join(
        [
            f"At the threshold of the model, {own:g}:",
            _by_site(sites, _AT_OWN),
            _means(sites, _AT_OWN, group_of),
            chosen,
            "Whatever the threshold, and along the outlines at that of the model:",
            _by_site(sites, _OTHER),
            _means(sites, _OTHER, group_of),
            "A group of events is one region and storm; its score is the mean of its sites. The"
            " 95 % interval is one for other groups, Student's t, cut where the score ends."
            " One group alone has none, because it shows no spread. Intervals hold nothing of what"
            " another training would give. An undefined score enters no mean.",
        ]
    )


def _by_site(sites: Iterable[Measures], columns: Mapping[str, ScoreOf]) -> str:
    """A row per site."""
    rows = [
        [
            *(escaped(row.site), escaped(row.role), str(row.landslide)),
            *(number(score(row)) for score in columns.values()),
        ]
        for row in sites
    ]
    return table(("site", "role", "landslide pixels", *columns), rows, left=2)


def _means(
    sites: Sequence[Measures], columns: Mapping[str, ScoreOf], group_of: Mapping[str, str]
) -> str:
    """A row per role and score: the mean over groups, its interval and their number."""
    rows = []
    for role in dict.fromkeys(row.role for row in sites):
        for name, score in columns.items():
            together: dict[tuple[str, int], list[float]] = {}
            for row in sites:
                value = score(row)
                if row.role == role and value is not None:
                    together.setdefault((group_of[row.site], row.model.seed), []).append(value)
            mean = mean_of({key: fmean(own) for key, own in together.items()})
            ends = "none"
            if mean.interval is not None:
                low, high = bounded(mean.interval, -1.0 if name == "MCC" else 0.0, 1.0)
                ends = f"{low:.3f} to {high:.3f}".replace("-", _MINUS)
            rows.append([escaped(role), name, number(mean.value), ends, str(mean.groups)])
    told = table(("role", "score", "mean", "95 % interval", "groups"), rows, left=2)
    return f"Means over groups of events:\n\n{told}"


def calibration(measures: Sequence[Measures], group_of: Mapping[str, str]) -> str:
    """The section of calibration; parameters as `scores`."""
    temperature = next((row.temperature for row in measures if row.temperature is not None), None)
    if temperature is None:
        fitted = "Temperature could not be fitted on the validation events; nothing is scaled."
    else:
        sure = "too sure of itself" if temperature > 1 else "not sure enough"
        fitted = (
            f"Temperature {temperature:.3f}, fitted on the validation events, where the model was"
            f" {sure}: divide the logit by it."
        )
    sites = tested(measures)
    pooled = [replace(row, role="all pooled") for row in measures if row.role == VALIDATION]
    return "\n\n".join(
        [
            fitted,
            _by_site([*pooled, *sites], _CALIBRATION),
            _means(sites, _CALIBRATION, group_of),
            "ECE is the expected calibration error over pixels of probability 0.01 or more, Brier"
            " the mean squared error of the probability; both are best at 0. Scaling was fitted on"
            " validation, so its gain counts at the test sites only.",
        ]
    )


def objects(rows: Sequence[ObjectRow]) -> str:
    """The section of landslides as objects, all test sites together."""
    own = [row for row in rows if row.role != VALIDATION]
    if not own:
        return "No objects were counted."
    area = sum({row.site: row.scored_km2 for row in own}.values())
    sums = {
        (rule, name): _sum(row for row in own if (row.rule, row.size_class) == (rule, name))
        for rule in ("any", "iou_0.5")
        for name in in_order(row.size_class for row in own)
    }
    lines = []
    for name in in_order(row.size_class for row in own):
        loose, strict = sums["any", name], sums["iou_0.5", name]
        lines.append(
            [
                size_label(name),
                *(str(loose.found + loose.missed), str(loose.found), str(loose.missed)),
                *(number(loose.recall), number(strict.recall), str(loose.false)),
                f"{100 * loose.false / area:.1f}" if area else "undefined",
            ]
        )
    header = (
        *("size", "landslides", "found", "missed", "share found"),
        *("share, IoU 0.5", "false objects", "false per 100 km²"),
    )
    return (
        f"All test sites together, {area:.1f} km² scored. A landslide is found when a prediction"
        " shares a pixel with it, under IoU 0.5 when it overlaps by as much; false is what touches"
        f" none.\n\n{table(header, lines)}"
    )


def _sum(rows: Iterable[ObjectRow]) -> ObjectCounts:
    return sum((row.counts for row in rows), start=ObjectCounts(0, 0, 0, 0))


def failures(
    measures: Sequence[Measures],
    object_rows: Sequence[ObjectRow],
    strata: Sequence[StratumRow],
    group_of: Mapping[str, str],
) -> str:
    """The section of where the model fails, by numbers; what too few landslides tell is said so."""
    points = [
        _worst_sites(tested(measures)),
        *_without_landslide(tested(measures), object_rows),
        _worst_sizes(object_rows, group_of),
        *_worst_strata(strata, group_of),
    ]
    return (
        "The lowest that was measured, not differences that were tested. Named are sites with at"
        f" least {LEAST_PIXELS} landslide pixels, and classes with at least {LEAST_LANDSLIDES}"
        f" landslides in at least {LEAST_GROUPS} groups of events.\n\n"
        + "\n".join(f"- {point}" for point in points)
    )


def _worst_sites(sites: Iterable[Measures]) -> str:
    ranked = sorted(
        (row.f1, row.site, row.landslide)
        for row in sites
        if row.landslide >= LEAST_PIXELS and row.f1 is not None
    )
    if len(ranked) < 2:
        return "Sites: fewer than two have landslide pixels enough to tell a worst one."
    worst = ranked[: min(WORST, len(ranked) - 1)]
    told = "; ".join(
        f"{escaped(site)} {f1:.3f} ({pixels} landslide pixels)" for f1, site, pixels in worst
    )
    return f"Sites, lowest F1 of {len(ranked)}: {told}. The best has {ranked[-1][0]:.3f}."


def _without_landslide(sites: Iterable[Measures], rows: Iterable[ObjectRow]) -> list[str]:
    """False objects of the sites where every one is false."""
    empty = [row.site for row in sites if not row.landslide]
    found = [
        f"{escaped(row.site)} {100 * row.false / row.scored_km2:.1f}"
        for row in rows
        if (row.rule, row.size_class) == ("any", ALL) and row.site in empty and row.scored_km2
    ]
    return [f"False objects per 100 km² where there is no landslide: {'; '.join(found)}."] * bool(
        found
    )


def _worst_sizes(rows: Iterable[ObjectRow], group_of: Mapping[str, str]) -> str:
    classes: dict[str, list[ObjectRow]] = {}
    for row in rows:
        if row.rule == "any" and row.size_class not in (ALL, CUT) and row.role != VALIDATION:
            classes.setdefault(row.size_class, []).append(row)
    ranked = []
    for name, own in classes.items():
        counts = _sum(own)
        groups = {group_of[row.site] for row in own if row.found + row.missed}
        landslides = counts.found + counts.missed
        if counts.recall is not None and _tells(landslides, len(groups)):
            ranked.append((counts.recall, size_label(name), f"{landslides} landslides"))
    return _lowest_and_highest("Size classes, share of landslides found", ranked)


def _worst_strata(rows: Iterable[StratumRow], group_of: Mapping[str, str]) -> list[str]:
    kinds: dict[str, dict[str, list[StratumRow]]] = {}
    for row in rows:
        if row.role != VALIDATION:
            kinds.setdefault(row.kind, {}).setdefault(row.stratum, []).append(row)
    told = []
    for kind in (kind for kind in _KINDS if kind in kinds):
        ranked = []
        for name, own in kinds[kind].items():
            counts = sum((row.counts for row in own), start=Counts(0, 0, 0, 0))
            groups = {group_of[row.site] for row in own if row.tp + row.fn}
            if counts.recall is not None and _tells(sum(r.landslides for r in own), len(groups)):
                pixels = f"{counts.tp + counts.fn} landslide pixels"
                ranked.append((counts.recall, stratum_label(kind, name), pixels))
        told.append(_lowest_and_highest(f"{_KINDS[kind]}, recall of pixels", ranked))
    return told


def _tells(landslides: int, groups: int) -> bool:
    return landslides >= LEAST_LANDSLIDES and groups >= LEAST_GROUPS


def _lowest_and_highest(what: str, ranked: Iterable[tuple[float, str, str]]) -> str:
    """Share, class and size of the lowest and of the highest."""
    order = sorted(ranked)
    if len(order) < 2:
        return f"{what}: too few landslides or groups of events to tell a worst class."
    (low, worst, size), (high, best, other) = order[0], order[-1]
    return (
        f"{what}: lowest {low:.3f}, {escaped(worst)} ({size});"
        f" highest {high:.3f}, {escaped(best)} ({other})."
    )
