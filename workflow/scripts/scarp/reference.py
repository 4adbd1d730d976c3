"""The scores that the paper reports, beside those of this study.

config/paper.tsv holds the numbers of Orynbaikyzy et al. 2025 and says for each what it is: a mean
over sites, the best F1 at a site, or the gain by more Sentinel-1 dates. Ours follow from
metrics.tsv by the averages of scarp.summary. Where the paper leaves open which experiment a number
belongs to, several of ours match it and the one with the highest macro F1 is compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from scarp.errors import Fault, TableError
from scarp.figures.select import of_split
from scarp.summary import (
    HELD_OUT,
    Score,
    average,
    mean_and_spread,
    read_metrics,
    shown,
)
from scarp.tables import duplicates, read_rows
from scarp.tsv import write_table

#: The scenarios that statistic `gain` compares: few dates, many dates.
FEW, MANY = "1pre-1post", "3pre-3post"
COLUMNS = (
    *("id", "what", "features", "scenario", "sites", "statistic", "f1_low", "f1_high"),
    *("place", "remark", "ours_low", "ours_high", "micro_low", "micro_high"),
    *("without_outlier_low", "without_outlier_high", "difference_low", "difference_high"),
    *("experiment", "site", "sites_with_landslide", "seeds", "source"),
)

#: A number, or a range, as its lower and its upper end.
Range = tuple[float, float]
#: (features, scenario)
Experiment = tuple[str, str]


@dataclass(frozen=True)
class Reported:
    """A row of paper.tsv; the schema paper says what its columns mean."""

    id: str
    what: str
    features: str
    scenario: str
    sites: str
    statistic: str
    f1: Range
    place: str
    remark: str


@dataclass(frozen=True)
class Row:
    """A number of the paper and ours.

    Attributes
    ----------
    reported: the paper's.
    ours: the same statistic of this study, means as macro averages; None where the study has no
        such experiment or site.
    micro: a mean or a gain by the counts summed over sites instead; None for `best`.
    without_outlier: a mean or a gain of the same experiments without the outlier site; None for
        `best`, and where that site is not among the sites.
    experiments: ours that the number comes from; for `gain` by feature set, the two scenarios.
    site: where the best F1 was reached; blank for the other statistics.
    sites: number of sites that have an F1. seeds: number of trainings that were averaged.
    sources: where the data of these sites come from, sorted.
    """

    reported: Reported
    ours: Range | None = None
    micro: Range | None = None
    without_outlier: Range | None = None
    experiments: tuple[Experiment, ...] = ()
    site: str = ""
    sites: int = 0
    seeds: int = 0
    sources: tuple[str, ...] = ()

    @property
    def difference(self) -> Range | None:
        """Ours less the paper's, end by end."""
        if self.ours is None:
            return None
        return self.ours[0] - self.reported.f1[0], self.ours[1] - self.reported.f1[1]


def read_reported(path: str | Path) -> list[Reported]:
    """Read paper.tsv. Raises TableError with all its faults."""
    rows, faults = read_rows(path, "paper")
    faults += duplicates(rows, "id")
    found = []
    for row in rows:
        values = dict(row.values)
        low, high = values.pop("f1_low"), values.pop("f1_high")
        found.append(Reported(**values, f1=(float(low), float(high))))
        if float(low) > float(high):
            faults.append(
                Fault(
                    f"f1_low {low} exceeds f1_high {high}",
                    row.where,
                    "the lower end first, or twice the same number",
                    "swap them",
                )
            )
        if values["statistic"] == "gain" and values["scenario"]:
            faults.append(
                Fault(
                    f"'{values['scenario']}' has no meaning for statistic 'gain'",
                    f"{row.where}, column scenario",
                    f"blank: a gain compares {MANY} with {FEW}",
                    "leave the cell blank",
                )
            )
    if faults:
        raise TableError(faults)
    return found


def compare(
    metrics: str | Path,
    reference: str | Path,
    groups: Mapping[str, str],
    outlier: str,
    split: str = "roles",
) -> list[Row]:
    """Set this study's scores beside the paper's, in the order of paper.tsv.

    Parameters
    ----------
    metrics: metrics.tsv. reference: paper.tsv.
    groups: id of a feature set of the paper -> its sensor group; other sets are not compared.
    outlier: the site that the paper calls an outlier.
    split: `roles`, or `leave-event-out` for all its folds together; the latter has no independent
        and no dependent sites, and `all` are its held-out ones.

    Raises
    ------
    TableError: paper.tsv is wrong. DataError: metrics.tsv is.
    """
    reported = read_reported(reference)
    scores = [s for s in of_split(read_metrics(metrics), split) if s.model.features in groups]
    return [_compared(one, _matching(scores, one, groups), outlier) for one in reported]


def write_comparison(rows: Iterable[Row], path: str | Path) -> None:
    """Write the comparison as a table; numbers with six significant digits, cells may be empty."""
    write_table(
        path,
        COLUMNS,
        (
            (
                *(one.id, one.what, one.features, one.scenario, one.sites, one.statistic),
                *(*_cells(one.f1), one.place, one.remark),
                *(*_cells(row.ours), *_cells(row.micro), *_cells(row.without_outlier)),
                *_cells(row.difference),
                *(" ".join("/".join(own) for own in row.experiments), row.site),
                *((row.sites, row.seeds) if row.ours else ("", "")),
                ", ".join(row.sources),
            )
            for row in rows
            for one in (row.reported,)
        ),
    )


def _cells(ends: Range | None) -> tuple[str, str]:
    return (shown(ends[0]), shown(ends[1])) if ends else ("", "")


def _matching(
    scores: Iterable[Score], reported: Reported, groups: Mapping[str, str]
) -> list[Score]:
    """Scores of the experiments and at the sites that a number speaks of."""
    sets = {name for name, group in groups.items() if reported.features in ("", name, group)}
    sites = reported.sites.split()
    return [
        score
        for score in scores
        if score.model.features in sets
        and reported.scenario in ("", score.model.scenario)
        and (sites == ["all"] or score.role in sites or score.site in sites)
    ]


def _compared(reported: Reported, scores: Sequence[Score], outlier: str) -> Row:
    statistic = {"mean": _mean, "best": _best, "gain": _gain}[reported.statistic]
    row = statistic(reported, scores)
    if row.ours is None:
        return row
    used = [score for score in scores if _experiment(score) in row.experiments]
    rest = [score for score in used if score.site != outlier]
    left_out = len(rest) < len(used) and reported.statistic != "best"
    return replace(
        row,
        without_outlier=statistic(reported, rest).ours if left_out else None,
        sites=len({score.site for score in used if score.counts.f1 is not None}),
        seeds=len({score.model.seed for score in used}),
        sources=tuple(sorted({score.source for score in used})),
    )


def _experiment(score: Score) -> Experiment:
    return score.model.features, score.model.scenario


def _means(scores: Iterable[Score], kind: str) -> dict[Experiment, float]:
    """F1 over all sites of the scores, macro or micro, and over seeds, where it is defined."""
    seeds: dict[Experiment, list[float | None]] = {}
    for one in average(scores):
        if one.average == kind and one.scope in ("all", HELD_OUT):
            key = one.model.features, one.model.scenario
            seeds.setdefault(key, []).append(one.scores["f1"])
    means = {key: mean_and_spread(values)[0] for key, values in seeds.items()}
    return {key: mean for key, mean in sorted(means.items()) if mean is not None}


def _mean(reported: Reported, scores: Sequence[Score]) -> Row:
    macro = _means(scores, "macro")
    if not macro:
        return Row(reported)
    best = max(macro, key=lambda key: macro[key])
    micro = _means(scores, "micro")[best]
    return Row(reported, (macro[best],) * 2, (micro, micro), experiments=(best,))


def _best(reported: Reported, scores: Sequence[Score]) -> Row:
    by_site = {
        (site, experiment): mean
        for site in sorted({score.site for score in scores})
        for experiment, mean in _means((s for s in scores if s.site == site), "macro").items()
    }
    if not by_site:
        return Row(reported)
    site, experiment = max(by_site, key=lambda key: by_site[key])
    f1 = by_site[site, experiment]
    return Row(reported, (f1, f1), experiments=(experiment,), site=site)


def _gain(reported: Reported, scores: Sequence[Score]) -> Row:
    macro, micro = (_gains(_means(scores, kind)) for kind in ("macro", "micro"))
    if not macro:
        return Row(reported)
    used = tuple((features, scenario) for features in macro for scenario in (FEW, MANY))
    return Row(reported, _ends(macro), _ends(micro), experiments=used)


def _gains(means: Mapping[Experiment, float]) -> dict[str, float]:
    """Feature set -> gain, for those that ran in both scenarios."""
    return {
        features: means[features, MANY] - means[features, FEW]
        for features, scenario in means
        if scenario == MANY and (features, FEW) in means
    }


def _ends(values: Mapping[str, float]) -> Range:
    return min(values.values()), max(values.values())
