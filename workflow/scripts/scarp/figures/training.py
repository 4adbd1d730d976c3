"""Training curves: loss and validation F1 per epoch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from scarp.figures.select import Experiment
from scarp.figures.style import BLUE, SKY, VERMILION, Names, drawn, titled
from scarp.summary import Model, family
from scarp.tsv import read_table

_PANEL, _HEIGHT = 1.9, 1.75  # inches
_PER_LINE = 6
#: Column of history.tsv -> colour, line style and label.
_CURVES: dict[str, tuple[str, Literal["-", "--"], str]] = {
    "loss": (SKY, "-", "training loss"),
    "validation_loss": (BLUE, "--", "validation loss"),
    "validation_f1": (VERMILION, "-", "validation F1"),
}


def training_curves(
    histories: Iterable[tuple[Model, str | Path]],
    paths: Sequence[str | Path],
    names: Names,
    simulated: bool,
    split: str = "roles",
) -> None:
    """Draw loss and validation F1 per epoch: a panel per experiment, a line per seed and fold.

    A dot marks the epoch that became the model.

    Parameters
    ----------
    histories: models and their history.tsv.
    paths: figures to write, .svg or .png.
    simulated: whether any training event is simulated.
    split: `roles`, or `leave-event-out` for all its folds together.
    """
    panels: dict[Experiment, list[str | Path]] = {
        (features, scenario): [] for features in names.features for scenario in names.scenarios
    }
    for model, path in histories:
        if split in (model.split, family(model.split)):
            panels[model.features, model.scenario].append(path)
    shown = {experiment: files for experiment, files in panels.items() if files}
    lines = -(-len(shown) // _PER_LINE)
    columns = -(-len(shown) // lines)
    width = max(5.5, _PANEL * columns + 0.5)
    with drawn(paths, width, _HEIGHT * lines + 0.9) as figure:
        figure.suptitle(titled(f"Training, split {split}", simulated), weight="bold")
        grid = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
        for axis, (experiment, files) in zip(grid.flat, shown.items(), strict=False):
            axis.set_title(
                names.experiment(*experiment, width=24),
                fontsize=7.5,
                color=names.group(experiment[0]).ink,
            )
            for file in files:
                _draw(axis, file)
            axis.grid(axis="y")
            axis.set_ylim(-0.03, 1.03)  # soft Dice loss lies between 0 and 1, as F1 does
            axis.tick_params(labelbottom=True)
        for axis in grid.flat[len(shown) :]:
            axis.set_visible(False)
        for axis in grid.flat[max(0, len(shown) - columns) : len(shown)]:
            axis.set_xlabel("epoch")
        grid[0, 0].xaxis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=1))
        handles = [
            Line2D([], [], color=colour, linestyle=style, label=label)
            for colour, style, label in _CURVES.values()
        ]
        handles.append(
            Line2D([], [], color=VERMILION, linestyle="", marker="o", label="epoch that was kept")
        )
        figure.legend(handles=handles, loc="outside lower center", ncols=min(4, int(width / 1.4)))


def _draw(axis: Axes, path: str | Path) -> None:
    rows = read_table(path, ("epoch", *_CURVES, "kept"))
    for column, (colour, style, _) in _CURVES.items():
        # Undefined (no landslide in the validation patches) leaves a gap.
        values = [float(row[column] or "nan") for row in rows]
        epochs = [int(row["epoch"]) for row in rows]
        marker = "." if len(rows) == 1 else ""
        axis.plot(epochs, values, color=colour, linestyle=style, linewidth=0.9, marker=marker)
    for row in rows:
        if row["kept"] == "1" and row["validation_f1"]:
            f1 = float(row["validation_f1"])
            axis.plot(int(row["epoch"]), f1, "o", color=VERMILION, markersize=4, mec="white")
