"""Scores by what the radar, the slope and the landslide's size make easy or hard."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from scarp.assessments import VALIDATION, StratumRow
from scarp.classes import in_order, stratum_label
from scarp.figures.select import Experiment
from scarp.figures.style import GREY, GROUPS, Group, Names, counted, drawn, titled, whole
from scarp.inference.grouped import Mean, average, by_group, mean_of
from scarp.metrics import Counts

#: Kind of strata -> title of its panel, in the order of panels.
_KINDS: Mapping[str, str] = {
    "layover_shadow": "layover and shadow",
    "layover_shadow_approximate": "layover or shadow, approximate",
    "slope": "slope",
    "size": "size of the landslide",
}
_SCORES: Mapping[str, Callable[[Counts], float | None]] = {
    "recall": lambda counts: counts.recall,
    "F1": lambda counts: counts.f1,
}
#: Kind without false pixels, and so without F1.
_RECALL_ALONE = "size"
_STRATUM, _HEIGHT = 0.8, 2.3  # inches


class Size(NamedTuple):
    """How much a stratum holds: landslide pixels, and groups of events that have any."""

    pixels: int
    groups: int


class Standing(NamedTuple):
    """How the experiments of one sensor group do in a stratum.

    Attributes
    ----------
    mean: over groups of events, seeds and experiments, and its interval.
    single: mean over groups and seeds of each experiment.
    """

    mean: Mean
    single: Sequence[float]


def size_of(rows: Iterable[StratumRow], group_of: Mapping[str, str]) -> Size:
    """What a stratum holds; of several models the same sites are counted once."""
    pixels = {row.site: row.tp + row.fn for row in rows}
    return Size(sum(pixels.values()), len({group_of[site] for site, n in pixels.items() if n}))


def standing(
    experiments: Iterable[Sequence[StratumRow]],
    group_of: Mapping[str, str],
    score: Callable[[Counts], float | None],
) -> Standing:
    """A score in one stratum.

    Parameters
    ----------
    experiments: rows of each experiment in the stratum, at its test sites.
    group_of: group of every site.
    score: what is formed of the summed pixels of a group of events.
    """
    scored = [
        by_group([(row.site, row.model.seed, row.counts) for row in rows], group_of, score)
        for rows in experiments
    ]
    means = [fmean(one.values()) for one in scored if one]
    return Standing(mean_of(average([one for one in scored if one])), means)


def strata_figure(
    rows: Sequence[StratumRow],
    paths: Sequence[str | Path],
    names: Names,
    split: str,
    group_of: Mapping[str, str],
    shown: Sequence[Experiment],
    simulated: bool,
) -> None:
    """Draw recall, and below it F1, by stratum: kinds side by side, a colour per sensor group.

    Parameters
    ----------
    rows: of `scarp.assessments.read_strata`, of one split.
    paths: figures to write, .svg or .png.
    split: `roles`, or `leave-event-out` for all its folds together.
    group_of: group of every site.
    shown: (features, scenario) that stand for their sensor groups.
    simulated: whether the title says so.
    """
    cells: dict[tuple[str, str], dict[Experiment, list[StratumRow]]] = {}
    for row in rows:
        own = (row.model.features, row.model.scenario)
        if row.role != VALIDATION and own in shown:
            cells.setdefault((row.kind, row.stratum), {}).setdefault(own, []).append(row)
    kinds = [kind for kind in _KINDS if any(kind == own for own, _ in cells)]
    strata = {kind: in_order(name for own, name in cells if own == kind) for kind in kinds}
    there = {names.groups[features] for own in cells.values() for features, _ in own}
    sensors = [key for key in GROUPS if key in there]
    number = sum(map(len, strata.values()))
    title = titled(f"Scores by stratum, split {split}", simulated)
    if not kinds:
        with drawn(paths, 6, 1) as figure:
            figure.suptitle(title, weight="bold")
            figure.text(0.5, 0.3, "No stratum was counted in this study.", ha="center")
        return
    with drawn(paths, max(6.0, _STRATUM * number + 1.0), 2 * _HEIGHT + 1.6) as figure:
        figure.suptitle(title, weight="bold")
        grid = figure.subplots(
            2,
            len(kinds),
            sharey=True,
            squeeze=False,
            width_ratios=[len(strata[kind]) for kind in kinds],
        )
        for column, kind in enumerate(kinds):
            for axis, (label, score) in zip(grid[:, column], _SCORES.items(), strict=True):
                _frame(axis, kind, strata[kind], cells, group_of)
                if column == 0:
                    axis.set_ylabel(label)
                if label == "F1" and kind == _RECALL_ALONE:
                    axis.text(
                        *(0.5, 0.5),
                        "undefined: false pixels\nhave no size",
                        transform=axis.transAxes,
                        ha="center",
                        va="center",
                    )
                    continue
                for place, name in enumerate(strata[kind]):
                    for order, sensor in enumerate(sensors):
                        of_sensor = [
                            found
                            for (features, _), found in cells[kind, name].items()
                            if names.groups[features] == sensor
                        ]
                        aside = (order - (len(sensors) - 1) / 2) * 0.19
                        result = standing(of_sensor, group_of, score)
                        _draw(axis, place + aside, result, GROUPS[sensor])
            grid[0, column].set_title(_KINDS[kind])
        handles = [
            Line2D([], [], color=GROUPS[key].colour, marker="o", label=_sensor(key, cells, names))
            for key in sensors
        ]
        handles.append(
            Line2D(
                *([], []),
                color=GREY,
                linestyle="",
                marker=".",
                markersize=4,
                alpha=0.6,
                label="single experiments",
            )
        )
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))


def _frame(
    axis: Axes,
    kind: str,
    strata: Sequence[str],
    cells: Mapping[tuple[str, str], Mapping[Experiment, Sequence[StratumRow]]],
    group_of: Mapping[str, str],
) -> None:
    sizes = [
        size_of((row for rows in cells[kind, name].values() for row in rows), group_of)
        for name in strata
    ]
    labels = [
        f"{stratum_label(kind, name)}\n{_held(size)}"
        for name, size in zip(strata, sizes, strict=True)
    ]
    axis.set_xticks(range(len(strata)), labels, fontsize=7)
    axis.tick_params(axis="x", length=0)
    axis.set_xlim(-0.5, len(strata) - 0.5)
    axis.set_ylim(-0.03, 1.03)
    axis.grid(axis="y")
    for place in range(0, len(strata), 2):
        axis.axvspan(place - 0.5, place + 0.5, color="#F3F3F3", linewidth=0, zorder=0)


def _draw(axis: Axes, place: float, result: Standing, group: Group) -> None:
    if result.mean.value is None:
        return
    axis.plot(
        [place + 0.06] * len(result.single),
        result.single,
        ".",
        color=GREY,
        markersize=3,
        alpha=0.6,
        mew=0,
    )
    if result.mean.interval is not None:
        low, high = result.mean.interval
        axis.plot([place] * 2, [max(low, 0), min(high, 1)], color=group.colour, linewidth=1.2)
    axis.plot(place, result.mean.value, "o", color=group.colour, markersize=5, mec="white", mew=0.5)


def _held(size: Size) -> str:
    if not size.pixels:
        return "no landslide\n"
    return f"{whole(size.pixels)} px\n{counted(size.groups, 'group')}"


def _sensor(
    key: str, cells: Mapping[tuple[str, str], Mapping[Experiment, object]], names: Names
) -> str:
    """Label of a sensor group, and how many experiments stand for it."""
    own = {one for stratum in cells.values() for one in stratum if names.groups[one[0]] == key}
    return f"{GROUPS[key].label} ({len(own)})"
