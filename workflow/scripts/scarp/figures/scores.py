"""F1 of every experiment at every site, by sensor group (Orynbaikyzy et al. 2025, figure 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from scarp.figures.rows import ROW, frame_rows
from scarp.figures.select import (
    Experiment,
    Values,
    at_sites,
    averaged_roles,
    f1_values,
    is_simulated,
    of_split,
    sites_by_role,
)
from scarp.figures.style import (
    BLACK,
    GREY,
    GROUPS,
    PURPLE,
    UNDEFINED,
    Names,
    drawn,
    titled,
)
from scarp.summary import COUNTS, counts_of, family, read_metrics
from scarp.tsv import read_table

#: More sites than this are not shown one by one, only as dots around the mean of their role.
MOST_SITES = 32
_PER_LINE = 10
_PANEL = 1.12  # inches
#: Baseline -> line style, colour and label.
_BASELINES = {
    "everywhere": ((0, (1, 1.2)), BLACK, "landslide everywhere"),
    "single-band": ((0, (4, 2)), PURPLE, "best threshold on one band"),
}


def read_baselines(path: str | Path, split: str) -> dict[tuple[str, str], float | None]:
    """F1 of the baselines of a split: (site, method) -> F1, None where undefined."""
    rows = read_table(path, ("split", "site", "method", *COUNTS))
    return {
        (row["site"], row["method"]): counts_of(row, f"{path}, {row['site']}").f1
        for row in rows
        if split in (row["split"], family(row["split"]))
    }


def f1_per_site(
    metrics: str | Path,
    paths: Sequence[str | Path],
    names: Names,
    split: str = "roles",
    baselines: str | Path | None = None,
) -> None:
    """Draw F1 of every experiment (rows) at every site (panels), coloured by sensor group.

    Parameters
    ----------
    metrics: metrics.tsv.
    paths: figures to write, .svg or .png.
    split: `roles`, or `leave-event-out` for all its folds together.
    baselines: baselines.tsv, drawn as upright lines; None draws none.
    """
    scores = of_split(read_metrics(metrics), split)
    marks = read_baselines(baselines, split) if baselines else {}
    rows = names.experiments(scores)
    values = f1_values(scores)
    roles = sites_by_role(scores)
    means = averaged_roles(roles)
    single = list(roles) if len(roles) <= MOST_SITES else []
    count = max(len(means) + len(single), 1)
    lines = -(-count // _PER_LINE)
    columns = -(-count // lines)
    panel = max(_PANEL, min(2.4, 7.0 / columns))
    longest = max((len(names.features[features]) for features, _ in rows), default=0)
    width = max(6.0, 0.6 + 0.075 * longest + panel * columns)
    with drawn(paths, width, lines * (ROW * len(rows) + 0.9) + 0.9) as figure:
        figure.suptitle(
            titled(f"F1 per site and experiment, split {split}", is_simulated(scores)),
            weight="bold",
        )
        grid = figure.subplots(lines, columns, sharex=True, squeeze=False)
        axes = iter(grid.flat)
        for number, role in enumerate(means):
            axis = next(axes)
            frame_rows(axis, rows, names, first=number % columns == 0, label="F1")
            _draw_role(axis, role, means[role], rows, names, values)
        for number, site in enumerate(single, len(means)):
            axis = next(axes)
            frame_rows(axis, rows, names, first=number % columns == 0, label="F1")
            axis.set_title(f"{names.site(site, int(13 * panel))}\n({roles[site]})", fontsize=7.5)
            _draw_site(axis, site, rows, names, values, marks)
        for axis in axes:
            axis.set_visible(False)
        _legend(figure, rows, names, {method for _, method in marks})


def _draw(axis: Axes, row: int, values: Sequence[float], colour: str) -> None:
    """One row: a small dot per value, a line over their range, a large dot at their mean."""
    if not values:
        return
    if len(values) > 1:
        axis.plot([min(values), max(values)], [row, row], color=colour, linewidth=1.2, alpha=0.6)
        axis.plot(values, [row] * len(values), ".", color=colour, markersize=3.5, alpha=0.6, mew=0)
    axis.plot(fmean(values), row, "o", color=colour, markersize=4.5, mec="white", mew=0.4)


def _draw_role(
    axis: Axes,
    role: str,
    sites: Sequence[str],
    rows: Sequence[Experiment],
    names: Names,
    values: Values,
) -> None:
    """The mean over the sites of one role, each site by its mean over seeds."""
    defined = {site for site, _ in values if site in sites}
    axis.set_title(f"mean of {len(defined)}\n{role}\nsites", style="italic", fontsize=7.5)
    for row, experiment in enumerate(rows):
        _draw(axis, row, at_sites(values, experiment, sites), names.group(experiment[0]).colour)


def _draw_site(
    axis: Axes,
    site: str,
    rows: Sequence[Experiment],
    names: Names,
    values: Values,
    marks: Mapping[tuple[str, str], float | None],
) -> None:
    for method, (dashes, colour, _) in _BASELINES.items():
        f1 = marks.get((site, method))
        if f1 is not None:
            axis.axvline(f1, color=colour, linestyle=dashes, linewidth=1.1, zorder=1.5)
    for row, experiment in enumerate(rows):
        _draw(axis, row, values.get((site, experiment), ()), names.group(experiment[0]).colour)
    if not any(key[0] == site for key in values):
        axis.text(0.5, 0.5, UNDEFINED, transform=axis.transAxes, ha="center", va="center")


def _legend(figure: Figure, rows: Sequence[Experiment], names: Names, methods: set[str]) -> None:
    groups = {names.groups[features] for features, _ in rows}
    handles: list[Patch | Line2D] = [
        Patch(color=group.colour, label=group.label)
        for key, group in GROUPS.items()
        if key in groups
    ]
    handles.append(Line2D([], [], color=GREY, marker="o", markersize=4.5, label="mean and range"))
    handles += [
        Line2D([], [], color=colour, linestyle=dashes, linewidth=1.1, label=label)
        for method, (dashes, colour, label) in _BASELINES.items()
        if method in methods
    ]
    per_line = int(figure.get_figwidth() / 1.75)
    figure.legend(handles=handles, loc="outside lower center", ncols=min(per_line, len(handles)))
