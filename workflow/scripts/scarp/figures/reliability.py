"""Whether probabilities mean what they say: observed share of landslide against probability."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from scarp.assessments import ReliabilityBin
from scarp.figures.select import Experiment
from scarp.figures.style import BLACK, GREY, Names, counted, drawn, titled, whole
from scarp.summary import Model

#: Bins of one map of probability, in order.
Curve = Sequence[ReliabilityBin]
_PER_LINE = 4
_PANEL, _HEIGHT = 1.85, 2.75  # inches
#: How a calibrated model is drawn: hollow, so that it shows where it covers the other.
_SCALED: Any = {
    "color": BLACK,
    "linestyle": "--",
    "marker": "s",
    "mfc": "white",
    "mew": 0.6,
    "markersize": 2.8,
}


def curves(
    rows: Iterable[ReliabilityBin], experiment: Experiment, calibrated: bool
) -> dict[Model, Curve]:
    """Bins of an experiment at the test sites, in order, model by model: seeds and folds."""
    found: dict[Model, list[ReliabilityBin]] = {}
    for row in rows:
        own = (row.model.features, row.model.scenario) == experiment
        if own and row.part == "test" and row.calibrated == calibrated:
            found.setdefault(row.model, []).append(row)
    return {model: sorted(bins, key=lambda row: row.bin) for model, bins in sorted(found.items())}


def calibration_error(curve: Curve) -> float | None:
    """Expected calibration error: `scarp.calibration.expected_calibration_error` of these bins.

    The first bin, of pixels below `scarp.calibration.LEAST`, is left out. None without a pixel in
    the others.
    """
    upper = [row for row in curve if row.bin > 0 and row.mean is not None]
    pixels = sum(row.pixels for row in upper)
    gaps = (abs(row.landslide - row.pixels * row.mean) for row in upper if row.mean is not None)
    return sum(gaps) / pixels if pixels else None


def mean_error(models: Iterable[Curve]) -> float | None:
    """Mean of the defined calibration errors of several models."""
    errors = [error for curve in models if (error := calibration_error(curve)) is not None]
    return fmean(errors) if errors else None


def reliability_figure(
    rows: Sequence[ReliabilityBin],
    paths: Sequence[str | Path],
    names: Names,
    split: str,
    shown: Sequence[Experiment],
    simulated: bool,
) -> None:
    """Draw observed share against mean probability at the test sites, a panel per experiment.

    A line per model, that is, seed and fold, as it is and after temperature scaling; below it the
    pixels of each bin.

    Parameters
    ----------
    rows: of `scarp.assessments.read_reliability`.
    paths: figures to write, .svg or .png.
    split: `roles`, or `leave-event-out` for all its folds together.
    shown: (features, scenario) to draw, in order; those without a row are left out.
    simulated: whether the title says so.
    """
    panels = [one for one in shown if curves(rows, one, calibrated=False)]
    lines = max(-(-len(panels) // _PER_LINE), 1)
    columns = max(-(-len(panels) // lines), 1)
    most = max((row.pixels for row in rows if row.part == "test"), default=1)
    with drawn(paths, max(5.5, _PANEL * columns + 0.6), _HEIGHT * lines + 1.1) as figure:
        figure.suptitle(
            titled(f"Reliability at the test sites, split {split}", simulated)
            + f"\n{_held(rows, panels)}",
            weight="bold",
        )
        grid = figure.subplots(
            2 * lines, columns, sharex=True, squeeze=False, height_ratios=[3, 1] * lines
        )
        for number in range(lines * columns):
            line, column = divmod(number, columns)
            upper, lower = grid[2 * line : 2 * line + 2, column]
            if number >= len(panels):
                upper.set_visible(False)
                lower.set_visible(False)
                continue
            experiment = panels[number]
            upper.set_title(
                names.experiment(*experiment, width=21),
                fontsize=7.5,
                color=names.group(experiment[0]).ink,
            )
            _draw(upper, lower, rows, experiment, names)
            lower.set_ylim(0.7, 4 * most)
            if column == 0:
                upper.set_ylabel("observed share")
                lower.set_ylabel("pixels")
            else:
                upper.tick_params(labelleft=False)
                lower.tick_params(labelleft=False)
        figure.legend(
            handles=[
                Line2D([], [], color=GREY, marker="o", markersize=4, label="as predicted"),
                Line2D([], [], **_SCALED, linewidth=0.8, label="after temperature scaling"),
                Line2D([], [], color=GREY, linewidth=0.8, linestyle=":", label="perfect"),
            ],
            loc="outside lower center",
            ncols=3,
        )


def _draw(
    upper: Axes,
    lower: Axes,
    rows: Sequence[ReliabilityBin],
    experiment: Experiment,
    names: Names,
) -> None:
    """Shares above, numbers of pixels below."""
    upper.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=":")
    colour = names.group(experiment[0]).colour
    raw = curves(rows, experiment, calibrated=False)
    scaled = curves(rows, experiment, calibrated=True)
    # Many models lie on each other.
    alpha = 1.0 if len(raw) == 1 else 0.6
    for curve in raw.values():
        mean, share, pixels = _drawn_of(curve)
        upper.plot(mean, share, "o-", color=colour, markersize=2.8, linewidth=1.0, alpha=alpha)
        lower.plot(mean, pixels, "o", color=colour, markersize=2.8, alpha=alpha)
    for curve in scaled.values():
        mean, share, pixels = _drawn_of(curve)
        upper.plot(mean, share, linewidth=0.8, alpha=alpha, **_SCALED)
        lower.plot(mean, pixels, alpha=alpha, **{**_SCALED, "linestyle": ""})
    upper.text(
        0.04,
        0.97,
        _errors(raw, scaled),
        transform=upper.transAxes,
        va="top",
        fontsize=7,
    )
    upper.set_xlim(-0.03, 1.03)
    upper.set_ylim(-0.03, 1.03)
    upper.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    upper.grid()
    lower.set_yscale("log")
    lower.minorticks_off()
    lower.grid(axis="x")
    lower.tick_params(labelbottom=True)
    lower.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    lower.set_xlabel("mean probability")


def _drawn_of(curve: Curve) -> tuple[list[float], list[float], list[int]]:
    """Mean probability, observed share and pixels of the bins that hold any."""
    points = [
        (row.mean, row.share, row.pixels)
        for row in curve
        if row.mean is not None and row.share is not None
    ]
    return [p[0] for p in points], [p[1] for p in points], [p[2] for p in points]


def _errors(raw: dict[Model, Curve], scaled: dict[Model, Curve]) -> str:
    """ECE before and after; of several models their mean."""
    before, after = mean_error(raw.values()), mean_error(scaled.values())
    fitted = "" if len(scaled) == len(raw) else f" ({len(scaled)} of {len(raw)} fitted)"
    mean = " (mean)" if len(raw) > 1 else ""
    return f"ECE{mean} {_shown(before)}\nafter scaling {_shown(after)}{fitted}"


def _shown(error: float | None) -> str:
    return "undefined" if error is None else f"{error:.3f}"


def _held(rows: Iterable[ReliabilityBin], panels: Sequence[Experiment]) -> str:
    """What each panel holds: the pixels of its models, which test the same sites."""
    if not panels:
        return "no experiment to show"
    models = curves(rows, panels[0], calibrated=False)
    seeds = {model.seed for model in models}
    every = [row for curve in models.values() for row in curve]
    pixels = sum(row.pixels for row in every) // len(seeds)
    landslide = sum(row.landslide for row in every) // len(seeds)
    return (
        f"{whole(pixels)} pixels, {whole(landslide)} of them landslide;"
        f" {counted(len(models), 'model')} per panel"
    )
