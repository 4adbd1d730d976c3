"""Precision, recall and F1 against the threshold from which a pixel counts as landslide."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from scarp.assessments import VALIDATION, AtThreshold, Measures, is_simulated
from scarp.figures.select import Experiment, in_order
from scarp.figures.style import BLACK, GREY, PURPLE, VERMILION, Names, counted, drawn, titled
from scarp.metrics import Counts

_PER_LINE = 6
_PANEL, _HEIGHT = 1.9, 1.75  # inches
_SCORES: Mapping[str, Callable[[Counts], float | None]] = {
    "precision": lambda counts: counts.precision,
    "recall": lambda counts: counts.recall,
    "f1": lambda counts: counts.f1,
}


class Choice(NamedTuple):
    """What validation chose, over models.

    Attributes
    ----------
    thresholds: of each model, that is, seed and fold.
    f1: of the test sites at these thresholds, mean over sites, then over seeds.
    """

    thresholds: Sequence[float]
    f1: float


def macro(
    rows: Iterable[AtThreshold], score: Callable[[Counts], float | None]
) -> dict[float, float | None]:
    """Threshold -> mean of a score over sites, then over seeds; None where a site has no score.

    Sites whose reference holds no landslide are left out at every threshold, and so the mean is one
    of the same sites all along.

    Parameters
    ----------
    rows: of one experiment at its test sites.
    """
    by_seed: dict[float, dict[int, list[float | None]]] = {}
    for row in rows:
        if row.tp + row.fn:
            seeds = by_seed.setdefault(row.threshold, {})
            seeds.setdefault(row.model.seed, []).append(score(row.counts))
    return {
        threshold: _mean(_mean(values) for values in seeds.values())
        for threshold, seeds in sorted(by_seed.items())
    }


def chosen(measures: Iterable[Measures]) -> Choice | None:
    """What validation chose in one experiment; None where it chose nothing or no site has F1.

    Parameters
    ----------
    measures: of the experiment, at its test sites.
    """
    thresholds = {row.model: row.threshold for row in measures if row.threshold is not None}
    by_seed: dict[int, list[float]] = {}
    for row in measures:
        if row.f1_chosen is not None:
            by_seed.setdefault(row.model.seed, []).append(row.f1_chosen)
    if not thresholds or not by_seed:
        return None
    return Choice(list(thresholds.values()), fmean(fmean(own) for own in by_seed.values()))


def _mean(values: Iterable[float | None]) -> float | None:
    """None where any is."""
    every = list(values)
    defined = [value for value in every if value is not None]
    return fmean(defined) if len(defined) == len(every) else None


def thresholds_figure(
    rows: Sequence[AtThreshold],
    measures: Sequence[Measures],
    paths: Sequence[str | Path],
    names: Names,
    split: str,
    threshold: float,
) -> None:
    """Draw precision, recall and F1 against the threshold, a panel per experiment.

    Parameters
    ----------
    rows, measures: of `scarp.assessments`, of one split.
    paths: figures to write, .svg or .png.
    split: `roles`, or `leave-event-out` for all its folds together.
    threshold: the models' own, marked in every panel.
    """
    curves: dict[Experiment, list[AtThreshold]] = {}
    for row in rows:
        if row.role != VALIDATION:
            curves.setdefault((row.model.features, row.model.scenario), []).append(row)
    choices: dict[Experiment, list[Measures]] = {}
    for measure in measures:
        if measure.role != VALIDATION:
            own = (measure.model.features, measure.model.scenario)
            choices.setdefault(own, []).append(measure)
    panels = [(f, s) for f in names.features for s in names.scenarios if (f, s) in curves]
    lines = max(-(-len(panels) // _PER_LINE), 1)
    columns = max(-(-len(panels) // lines), 1)
    with drawn(paths, max(6.0, _PANEL * columns + 0.5), _HEIGHT * lines + 1.2) as figure:
        figure.suptitle(
            titled(f"Scores against the threshold, split {split}", is_simulated(measures))
            + f"\n{_sites(rows)}",
            weight="bold",
        )
        grid = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
        for axis, experiment in zip(grid.flat, panels, strict=False):
            axis.set_title(
                names.experiment(*experiment, width=21),
                fontsize=7.5,
                color=names.group(experiment[0]).ink,
            )
            _draw(axis, curves[experiment], threshold, names.group(experiment[0]).colour)
            _mark(axis, chosen(choices.get(experiment, [])))
        for axis in grid.flat[len(panels) :]:
            axis.set_visible(False)
        for axis in grid.flat[max(0, len(panels) - columns) : len(panels)]:
            axis.set_xlabel("threshold")
        _legend(figure, threshold)


def _draw(axis: Axes, rows: Sequence[AtThreshold], threshold: float, colour: str) -> None:
    axis.axvline(threshold, color=GREY, linewidth=0.9, linestyle=":")
    styles = {
        "precision": (PURPLE, "--", 1.0),
        "recall": (BLACK, "-.", 0.9),
        "f1": (colour, "-", 1.6),
    }
    for name, (ink, dashes, width) in styles.items():
        means = macro(rows, _SCORES[name])
        axis.plot(
            list(means),
            [np.nan if value is None else value for value in means.values()],
            color=ink,
            linestyle=dashes,
            linewidth=width,
        )
    axis.set_xlim(0, 1)
    axis.set_ylim(-0.06, 1.03)
    axis.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    axis.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    axis.grid(axis="y")
    axis.tick_params(labelbottom=True)


def _mark(axis: Axes, choice: Choice | None) -> None:
    """The thresholds that validation chose along the bottom, F1 there as a diamond."""
    if choice is None:
        axis.text(0.98, 0.94, "no threshold chosen", ha="right", va="top", fontsize=7)
        return
    axis.plot(
        choice.thresholds,
        [-0.03] * len(choice.thresholds),
        "|",
        color=VERMILION,
        markersize=5,
        mew=1.2,
    )
    axis.plot(
        fmean(choice.thresholds), choice.f1, "D", color=VERMILION, markersize=4.5, mec="white"
    )


def _legend(figure: Figure, threshold: float) -> None:
    figure.legend(
        handles=[
            Line2D([], [], color=GREY, linewidth=1.6, label="F1, colour of the sensor group"),
            Line2D([], [], color=PURPLE, linestyle="--", label="precision"),
            Line2D([], [], color=BLACK, linestyle="-.", label="recall"),
            Line2D(
                [], [], color=GREY, linestyle=":", label=f"threshold of the models, {threshold:g}"
            ),
            Line2D(
                *([], []),
                color=VERMILION,
                linestyle="",
                marker="D",
                markersize=4.5,
                label="F1, threshold chosen on validation",
            ),
        ],
        loc="outside lower center",
        ncols=min(3, int(figure.get_figwidth() / 2.7)),
    )


def _sites(rows: Iterable[AtThreshold]) -> str:
    """Over which sites and seeds the mean goes, such as 'mean of 5 sites (3 independent ...'."""
    roles = {row.site: row.role for row in rows if row.role != VALIDATION and row.tp + row.fn}
    seeds = len({row.model.seed for row in rows})
    kinds = [role for _, role in in_order(roles.items(), lambda item: item[1])]
    told = ", ".join(f"{kinds.count(role)} {role}" for role in dict.fromkeys(kinds))
    return f"mean of {counted(len(roles), 'site')} ({told}) and {counted(seeds, 'seed')}"
