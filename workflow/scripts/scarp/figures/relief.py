"""Elevation and slope of the events (Orynbaikyzy et al. 2025, figure 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Patch

from scarp.description import LANDSLIDE, SCENE, Distribution
from scarp.event_table import EventFacts, any_simulated
from scarp.figures.style import BLACK, VERMILION, drawn, titled

_ROW = 0.27  # inches
#: What is drawn -> colour, place within its row, and label.
_KINDS = {
    SCENE: ("#BDBDBD", -0.19, "all valid pixels"),
    LANDSLIDE: (VERMILION, 0.19, "landslide pixels"),
}
#: Names of `Axes.bxp` -> percentiles.
_BOX = {"whislo": "p05", "q1": "p25", "med": "p50", "q3": "p75", "whishi": "p95"}


def relief(events: Sequence[EventFacts], paths: Sequence[str | Path]) -> None:
    """Draw elevation and slope of each event: the scene, and its landslide pixels.

    Boxes span the 25th to 75th percentile, whiskers the 5th to 95th, the line is the median.

    Parameters
    ----------
    events: from top to bottom; those with neither elevation nor slope are left out.
    paths: figures to write, .svg or .png.
    """
    rows = [e for e in events if any((*e.cube.elevation.values(), *e.cube.slope.values()))]
    with drawn(paths, 7.2, len(rows) * _ROW + 1.3) as figure:
        figure.suptitle(titled("Elevation and slope", any_simulated(rows)), weight="bold")
        if not rows:
            axis = figure.subplots()
            axis.axis("off")
            axis.text(
                0.5, 0.5, "No event of this run has elevation or slope.", ha="center", va="center"
            )
            return
        left, right = figure.subplots(1, 2, sharey=True)
        for axis, label, found in (
            (left, "elevation, m", [facts.cube.elevation for facts in rows]),
            (right, "slope, degrees", [facts.cube.slope for facts in rows]),
        ):
            _draw(axis, found)
            axis.set_xlabel(label)
            axis.grid(axis="x")
            axis.set_axisbelow(True)
            axis.tick_params(axis="y", length=0)
        right.set_xlim(left=0)
        left.set_ylim(len(rows) - 0.4, -0.6)
        left.set_yticks(range(len(rows)), [facts.row.caption for facts in rows], fontsize=7)
        handles = [Patch(color=colour, label=label) for colour, _, label in _KINDS.values()]
        figure.legend(handles=handles, loc="outside lower center", ncols=2)


def _draw(axis: Axes, distributions: Sequence[Distribution]) -> None:
    for kind, (colour, offset, _) in _KINDS.items():
        found = {
            row + offset: _statistics(own)
            for row, distribution in enumerate(distributions)
            if (own := distribution[kind])
        }
        line = {"linewidth": 0.6, "color": BLACK}
        axis.bxp(
            list(found.values()),
            list(found),
            widths=0.3,
            orientation="horizontal",
            patch_artist=True,
            showfliers=False,
            showcaps=False,
            manage_ticks=False,
            boxprops={"facecolor": colour, "edgecolor": BLACK, "linewidth": 0.5},
            whiskerprops=line,
            medianprops={**line, "linewidth": 1.0},
        )


def _statistics(percentiles: Mapping[str, float]) -> dict[str, Any]:
    return {name: percentiles[percentile] for name, percentile in _BOX.items()}
