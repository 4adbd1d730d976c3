"""Landslides found and missed by size, and false ones by area."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from scarp.assessments import VALIDATION, ObjectRow
from scarp.classes import in_order, size_label
from scarp.figures.rows import ROW, frame_rows
from scarp.figures.select import Experiment
from scarp.figures.style import BLACK, GREY, GROUPS, Names, counted, drawn, titled, whole
from scarp.inference.grouped import Mean, by_group, mean_of
from scarp.object_counts import ALL
from scarp.objects import RULES

_PANEL = 1.12  # inches
#: Rules that ask for more than a shared pixel, drawn as ticks on the bar.
_STRICT = tuple(rule for rule in RULES if rule != "any")


class Found(NamedTuple):
    """What one experiment found of the landslides of a size class.

    Attributes
    ----------
    landslides: of the reference, at all sites.
    share: of them that were found, mean over seeds; None without one.
    groups: mean of the share over groups of events and seeds, and its interval.
    """

    landslides: int
    share: float | None
    groups: Mean


def found(rows: Iterable[ObjectRow], group_of: Mapping[str, str]) -> Found:
    """What was found, of rows of one experiment, rule and size class.

    Parameters
    ----------
    group_of: group of every site.
    """
    every = list(rows)
    by_seed: dict[int, list[ObjectRow]] = {}
    for row in every:
        by_seed.setdefault(row.model.seed, []).append(row)
    landslides = max((sum(r.found + r.missed for r in own) for own in by_seed.values()), default=0)
    shares = [sum(r.found for r in own) / landslides for own in by_seed.values() if landslides]
    counts = [(row.site, row.model.seed, row.counts) for row in every]
    scored = by_group(counts, group_of, lambda objects: objects.recall)
    return Found(landslides, fmean(shares) if shares else None, mean_of(scored))


def false_density(rows: Iterable[ObjectRow]) -> float | None:
    """False objects per 100 km2 of scored area, sums over sites, mean over seeds.

    None where nothing is scored.

    Parameters
    ----------
    rows: of one experiment, rule and size class.
    """
    by_seed: dict[int, tuple[int, float]] = {}
    for row in rows:
        false, area = by_seed.get(row.model.seed, (0, 0.0))
        by_seed[row.model.seed] = (false + row.false, area + row.scored_km2)
    densities = [100 * false / area for false, area in by_seed.values() if area]
    return fmean(densities) if densities else None


def sizes_figure(
    rows: Sequence[ObjectRow],
    paths: Sequence[str | Path],
    names: Names,
    split: str,
    group_of: Mapping[str, str],
    simulated: bool,
) -> None:
    """Draw the share of landslides that was found, experiments as rows, size classes as panels.

    A bar is the share of all landslides under rule `any`, ticks on it are the shares under an IoU;
    a dot is the mean over groups of events, with its interval. The last panel has false objects.

    Parameters
    ----------
    rows: of `scarp.assessments.read_objects`, of one split.
    paths: figures to write, .svg or .png.
    split: `roles`, or `leave-event-out` for all its folds together.
    group_of: group of every site.
    simulated: whether the title says so.
    """
    cells: dict[tuple[Experiment, str, str], list[ObjectRow]] = {}
    for row in rows:
        if row.role != VALIDATION:
            own = (row.model.features, row.model.scenario)
            cells.setdefault((own, row.rule, row.size_class), []).append(row)
    there = {experiment for experiment, _, _ in cells}
    shown = [(f, s) for f in names.features for s in names.scenarios if (f, s) in there]
    classes = in_order(name for _, _, name in cells)
    longest = max((len(names.features[features]) for features, _ in shown), default=0)
    panel = max(_PANEL, min(1.5, 7.0 / (len(classes) + 1)))
    width = max(6.0, 0.6 + 0.075 * longest + panel * (len(classes) + 1))
    with drawn(paths, width, ROW * len(shown) + 2.1) as figure:
        title = f"Landslides found by size, split {split}"
        figure.suptitle(titled(title, simulated), weight="bold")
        axes = figure.subplots(1, len(classes) + 1, squeeze=False)[0]
        for axis, name in zip(axes, classes, strict=False):
            frame_rows(axis, shown, names, first=axis is axes[0], label="share found")
            numbers = [
                _draw(axis, place, one, name, cells, names, group_of)
                for place, one in enumerate(shown)
            ]
            axis.set_title(f"{size_label(name)}\n{_held(numbers)}", fontsize=7.5)
        _draw_false(axes[-1], shown, cells, names)
        _legend(figure, shown, names)


def _draw(
    axis: Axes,
    place: int,
    experiment: Experiment,
    name: str,
    cells: Mapping[tuple[Experiment, str, str], Sequence[ObjectRow]],
    names: Names,
    group_of: Mapping[str, str],
) -> Found:
    """One row of a panel."""
    group = names.group(experiment[0])
    result = found(cells.get((experiment, "any", name), ()), group_of)
    if result.share is None:
        return result
    axis.barh(place, result.share, height=0.72, color=group.colour, alpha=0.35, linewidth=0)
    for rule in _STRICT:
        strict = found(cells.get((experiment, rule, name), ()), group_of).share
        if strict is not None:
            axis.plot(strict, place, "|", color=group.ink, markersize=5.5, mew=0.7, alpha=0.7)
    mean, interval, _ = result.groups
    if interval is not None:
        ends = (max(interval.low, 0), min(interval.high, 1))
        axis.plot(ends, (place, place), color=group.ink, linewidth=0.9)
    if mean is not None:
        axis.plot(mean, place, "o", color=group.ink, markersize=3.4, mec="white", mew=0.4)
    return result


def _draw_false(
    axis: Axes,
    shown: Sequence[Experiment],
    cells: Mapping[tuple[Experiment, str, str], Sequence[ObjectRow]],
    names: Names,
) -> None:
    frame_rows(axis, shown, names, first=False, label="per 100 km², root")
    axis.set_title("false objects\n\n", fontsize=7.5)
    densities = [false_density(cells.get((one, "any", ALL), ())) for one in shown]
    for place, (one, density) in enumerate(zip(shown, densities, strict=True)):
        if density is not None:
            axis.plot(density, place, "o", color=names.group(one[0]).colour, markersize=4.5)
    # By the root, few are told apart beside many, and none has a place.
    axis.set_xscale("function", functions=(np.sqrt, np.square))
    most = max((density for density in densities if density is not None), default=0.0)
    axis.set_xlim(0, max(1.1 * most, 1.0))
    axis.xaxis.set_major_locator(MaxNLocator(3))
    axis.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))


def _held(results: Sequence[Found]) -> str:
    """Numbers of landslides and of groups that hold some, the same for every experiment."""
    landslides = max((result.landslides for result in results), default=0)
    groups = max((result.groups.groups for result in results), default=0)
    if not landslides:
        return "n = 0\n"
    return f"n = {whole(landslides)}\n{counted(groups, 'group')}"


def _legend(figure: Figure, shown: Sequence[Experiment], names: Names) -> None:
    groups = {names.groups[features] for features, _ in shown}
    handles: list[Patch | Line2D] = [
        Patch(color=group.colour, alpha=0.5, label=f"{group.label}, share of all")
        for key, group in GROUPS.items()
        if key in groups
    ]
    handles += [
        Line2D(
            *([], []),
            color=GREY,
            linestyle="",
            marker="|",
            markersize=6,
            label="under IoU 0.5, 0.3, 0.1 (left to right)",
        ),
        Line2D(
            *([], []),
            color=BLACK,
            marker="o",
            markersize=3.4,
            linewidth=0.9,
            label="mean of groups, 95 % interval",
        ),
    ]
    columns = max(1, min(int(figure.get_figwidth() / 2.7), len(handles)))
    figure.legend(handles=handles, loc="outside lower center", ncols=columns)
