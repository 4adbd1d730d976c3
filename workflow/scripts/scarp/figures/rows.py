"""Panels with an experiment a row: the names of the rows, and stripes behind them."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from matplotlib.axes import Axes

from scarp.figures.select import Experiment
from scarp.figures.style import Names

#: Height of a row in inches.
ROW = 0.16


def frame_rows(
    axis: Axes, rows: Sequence[Experiment], names: Names, first: bool, label: str
) -> None:
    """Prepare a panel of a score from 0 to 1 with a row per experiment.

    Parameters
    ----------
    rows: (features, scenario), from top to bottom; those of one feature set share a stripe.
    first: whether the rows are named: left of the first panel of a line.
    label: what the panel shows, below it.
    """
    axis.set_xlim(-0.03, 1.03)
    axis.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    axis.set_xlabel(label)
    axis.set_ylim(len(rows) - 0.4, -0.6)
    axis.grid(axis="x")
    axis.set_axisbelow(True)
    axis.tick_params(labelbottom=True, length=2)
    dates = len({scenario for features, scenario in rows if names.uses_radar(features)}) > 1
    axis.set_yticks(
        range(len(rows)),
        [names.scenarios[s] if dates and names.uses_radar(f) else "" for f, s in rows],
    )
    axis.tick_params(axis="y", length=0, labelleft=first, labelsize=6.5)
    sets = list(dict.fromkeys(features for features, _ in rows))
    for number, features in enumerate(sets):
        own = [row for row, (name, _) in enumerate(rows) if name == features]
        if number % 2 == 0:
            axis.axhspan(own[0] - 0.5, own[-1] + 0.5, color="#F3F3F3", linewidth=0, zorder=0)
        if first:
            axis.annotate(
                names.features[features],
                (0, fmean(own)),
                (-24 if dates else -5, 0),
                xycoords=("axes fraction", "data"),
                textcoords="offset points",
                ha="right",
                va="center",
                color=names.group(features).ink,
                weight="bold",
                fontsize=7.5,
            )
