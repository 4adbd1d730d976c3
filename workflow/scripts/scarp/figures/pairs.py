"""Feature sets that differ in one thing, side by side: what augmentation does, for one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from scarp.figures.select import (
    Values,
    at_sites,
    averaged_roles,
    f1_values,
    is_simulated,
    of_split,
    sites_by_role,
)
from scarp.figures.style import GREY, Names, drawn, titled
from scarp.summary import read_metrics

_ROW, _PANEL = 0.3, 2.6  # inches
_PER_LINE = 3


def paired(
    metrics: str | Path,
    paths: Sequence[str | Path],
    names: Names,
    pairs: Sequence[tuple[str, str]],
    meaning: tuple[str, str],
    split: str = "roles",
) -> None:
    """Draw F1 of two feature sets per site, a panel per pair and scenario.

    Parameters
    ----------
    metrics: metrics.tsv.
    paths: figures to write, .svg or .png.
    pairs: feature sets that differ only in what `meaning` says.
    meaning: what the first (hollow dots) and the second (filled dots) of each pair are.
    split: `roles`, or `leave-event-out` for all its folds together.
    """
    scores = of_split(read_metrics(metrics), split)
    there = names.experiments(scores)
    panels = [
        (first, second, scenario)
        for first, second in pairs
        for scenario in names.scenarios
        if (first, scenario) in there and (second, scenario) in there
    ]
    roles = sites_by_role(scores)
    rows = {f"mean of the\n{role} sites": own for role, own in averaged_roles(roles).items()}
    rows |= {f"{site} ({role})": [site] for site, role in roles.items()}
    lines = max(1, -(-len(panels) // _PER_LINE))
    columns = max(1, -(-len(panels) // lines))
    height = lines * (_ROW * len(rows) + 0.8) + 0.8
    with drawn(paths, 1.8 + max(3.7, _PANEL * columns), height) as figure:
        title = f"F1, {meaning[0]} and {meaning[1]}, split {split}"
        figure.suptitle(titled(title, is_simulated(scores)), weight="bold")
        grid = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
        for axis, (first, second, scenario) in zip(grid.flat, panels, strict=False):
            axis.set_title(names.experiment(second, scenario, 34), color=names.group(second).ink)
            axis.set_yticks(range(len(rows)), list(rows))
            _draw(axis, (first, second), scenario, list(rows.values()), names, f1_values(scores))
        for axis in grid.flat[len(panels) :]:
            axis.set_visible(False)
        handles = [
            Line2D([], [], color=GREY, linestyle="", marker="o", mfc=face, label=label)
            for face, label in zip(("white", GREY), meaning, strict=True)
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=2)


def _draw(
    axis: Axes,
    pair: tuple[str, str],
    scenario: str,
    rows: Sequence[Sequence[str]],
    names: Names,
    values: Values,
) -> None:
    axis.set_xlim(-0.03, 1.03)
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.set_xlabel("F1")
    axis.tick_params(labelbottom=True)
    axis.grid(axis="x")
    colour = names.group(pair[1]).colour
    for row, sites in enumerate(rows):
        ends = []
        for features, face, shift in zip(pair, ("white", colour), (-0.12, 0.12), strict=True):
            if len(sites) == 1:
                found = list(values.get((sites[0], (features, scenario)), ()))
                axis.plot(found, [row + shift] * len(found), ".", color=colour, ms=3, mew=0)
            else:
                found = at_sites(values, (features, scenario), sites)
            if found:
                ends.append((fmean(found), face))
        axis.plot([end for end, _ in ends], [row] * len(ends), color=colour, linewidth=1.5)
        for end, face in ends:
            axis.plot(end, row, "o", color=colour, mfc=face, ms=5.5, mew=1.2)
