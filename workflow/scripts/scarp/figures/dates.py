"""F1 against the number of Sentinel-1 dates (Orynbaikyzy et al. 2025, figure 13)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from matplotlib.axes import Axes

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
    BLUE,
    GREEN,
    GROUPS,
    ORANGE,
    PURPLE,
    SKY,
    UNDEFINED,
    VERMILION,
    Names,
    drawn,
    titled,
)
from scarp.summary import read_metrics

#: More sites than this are not shown one by one, only the mean of their role.
MOST_SITES = 32
_PER_LINE = 5
_PANEL, _HEIGHT = 2.2, 2.4  # inches
_COLOURS = (BLUE, VERMILION, GREEN, BLACK, PURPLE, ORANGE, SKY)
_MARKERS = "osD^vPX*<>"


def f1_by_dates(
    metrics: str | Path, paths: Sequence[str | Path], names: Names, split: str = "roles"
) -> None:
    """Draw F1 over the scenarios, a line per feature set that uses Sentinel-1.

    Each sensor group has its own rows of panels; each panel is a site, or the mean over the sites
    of one role. A point is the mean over seeds, an upright line their range.

    Parameters
    ----------
    metrics: metrics.tsv.
    paths: figures to write, .svg or .png.
    split: `roles`, or `leave-event-out` for all its folds together.
    """
    scores = of_split(read_metrics(metrics), split)
    experiments = [one for one in names.experiments(scores) if names.uses_radar(one[0])]
    values = f1_values(scores)
    roles = sites_by_role(scores)
    means = averaged_roles(roles)
    panels = {f"mean of the\n{role} sites": sites for role, sites in means.items()}
    if len(roles) <= MOST_SITES:
        panels |= {f"{names.site(site, 22)}\n({roles[site]})": [site] for site in roles}
    sensors = [
        key for key in GROUPS if any(names.groups[features] == key for features, _ in experiments)
    ]
    scenarios = [one for one in names.scenarios if one in {scenario for _, scenario in experiments}]
    lines = -(-len(panels) // _PER_LINE)
    columns = -(-len(panels) // lines)
    width = max(5.5, _PANEL * columns + 0.6)
    longest = max((len(names.features[features]) for features, _ in experiments), default=0)
    in_legend = max(1, int(width / (0.6 + 0.07 * longest)))
    title = titled(f"F1 against Sentinel-1 dates, split {split}", is_simulated(scores))
    if not experiments:
        with drawn(paths, 6, 1) as figure:
            figure.suptitle(title, weight="bold")
            figure.text(0.5, 0.3, "No experiment of this study uses Sentinel-1.", ha="center")
        return
    with drawn(paths, width, 0.3 + (_HEIGHT * lines + 0.9) * len(sensors)) as figure:
        figure.suptitle(title, weight="bold")
        for part, sensor in zip(
            figure.subfigures(len(sensors), squeeze=False)[:, 0], sensors, strict=True
        ):
            part.suptitle(GROUPS[sensor].label, x=0.01, ha="left", color=GROUPS[sensor].ink)
            own = [one for one in experiments if names.groups[one[0]] == sensor]
            axes = part.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
            for axis, (label, sites) in zip(axes.flat, panels.items(), strict=False):
                axis.set_title(label, style="italic" if len(sites) > 1 else "normal")
                _draw(axis, own, scenarios, values, sites)
                axis.tick_params(labelbottom=True)
                axis.set_xlabel("dates before + after the event")
                axis.set_xticks(range(len(scenarios)), [names.scenarios[s] for s in scenarios])
            for axis in axes.flat[len(panels) :]:
                axis.set_visible(False)
            for axis in axes[:, 0]:
                axis.set_ylabel("F1")
            handles, labels = axes.flat[0].get_legend_handles_labels()
            part.legend(
                handles,
                [names.features[features] for features in labels],
                loc="outside lower center",
                ncols=in_legend,
            )


def _draw(
    axis: Axes,
    experiments: Sequence[Experiment],
    scenarios: Sequence[str],
    values: Values,
    sites: Sequence[str],
) -> None:
    axis.set_ylim(-0.03, 1.03)
    axis.set_xlim(-0.3, len(scenarios) - 0.7)
    axis.grid(axis="y")
    sets = list(dict.fromkeys(features for features, _ in experiments))
    for number, features in enumerate(sets):
        # Side by side, so that lines of nearly the same height do not hide each other.
        aside = (number + 0.5 - len(sets) / 2) * min(0.06, 0.5 / len(sets))
        colour = _COLOURS[number % len(_COLOURS)]
        points = {
            position + aside: found
            for position, scenario in enumerate(scenarios)
            if (
                found := values.get((sites[0], (features, scenario)), ())
                if len(sites) == 1
                else at_sites(values, (features, scenario), sites)
            )
        }
        axis.plot(
            list(points),
            [fmean(found) for found in points.values()],
            color=colour,
            marker=_MARKERS[number % len(_MARKERS)],
            linestyle="-" if number < len(_COLOURS) else "--",
            markersize=3.5,
            linewidth=1.0,
            label=features,
        )
        if len(sites) == 1:
            for position, found in points.items():
                axis.plot([position] * 2, [min(found), max(found)], color=colour, linewidth=0.8)
    if not any(site in sites for site, _ in values):
        axis.text(0.5, 0.5, UNDEFINED, transform=axis.transAxes, ha="center", va="center")
