"""Planned contrasts with their intervals, and the margin that does not matter."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.lines import Line2D

from scarp.figures.style import BLUE, GREEN, GREY, VERMILION, drawn, titled
from scarp.tsv import read_table

#: Verdict -> colour and mark, so that colour is not all that tells them apart.
_VERDICTS: Mapping[str, tuple[str, str]] = {
    "better": (BLUE, "^"),
    "worse": (VERMILION, "v"),
    "equivalent": (GREEN, "s"),
    "undecided": (GREY, "o"),
}
_COLUMNS = ("scope", "label", "difference", "low", "high", "verdict", "margin", "groups", "seeds")
_ROW, _WIDTH = 0.5, 7.0  # inches


def contrasts_figure(
    contrasts: str | Path, paths: Sequence[str | Path], split: str, simulated: bool
) -> None:
    """Draw the mean difference and the 95 % interval of every contrast, a panel per scope.

    Parameters
    ----------
    contrasts: contrasts.tsv of `scarp.conclusions`.
    paths: figures to write, .svg or .png.
    split: for the title.
    simulated: whether the title says so.
    """
    rows = read_table(contrasts, _COLUMNS)
    scopes = list(dict.fromkeys(row["scope"] for row in rows))
    each = len(rows) // max(len(scopes), 1)
    with drawn(paths, _WIDTH, max(len(scopes), 1) * (_ROW * each + 0.7) + 0.9) as figure:
        title = f"Planned contrasts, split {split}"
        figure.suptitle(titled(title, simulated), weight="bold")
        axes = figure.subplots(max(len(scopes), 1), sharex=True, squeeze=False)[:, 0]
        for axis, scope in zip(axes, scopes, strict=False):
            own = [row for row in rows if row["scope"] == scope]
            axis.set_title(f"{scope} sites")
            axis.set_yticks(range(len(own)), [_label(row) for row in own])
            axis.set_ylim(len(own) - 0.5, -0.5)
            axis.axvline(0, color="black", linewidth=0.8)
            margin = float(own[0]["margin"])
            axis.axvspan(-margin, margin, color="#EEEEEE", zorder=0)
            axis.grid(axis="x")
            for place, row in enumerate(own):
                if not row["difference"]:
                    axis.text(0, place, " no group", va="center", color=GREY)
                    continue
                colour, mark = _VERDICTS[row["verdict"]]
                if row["low"]:
                    ends = (float(row["low"]), float(row["high"]))
                    axis.plot(ends, (place, place), color=colour, linewidth=2)
                axis.plot(float(row["difference"]), place, marker=mark, color=colour)
        # Scores lie in 0 to 1: ends of an interval beyond that say no more.
        left, right = axes[-1].get_xlim()
        axes[-1].set_xlim(max(left, -1.03), min(right, 1.03))
        axes[-1].set_xlabel("difference of the score (grey band: does not matter in practice)")
        figure.legend(
            handles=[
                Line2D([], [], color=colour, marker=mark, label=verdict)
                for verdict, (colour, mark) in _VERDICTS.items()
            ],
            loc="outside lower center",
            ncols=len(_VERDICTS),
        )


def _label(row: Mapping[str, str]) -> str:
    label = textwrap.fill(row["label"], 44)
    counted = (f"{row[what]} {what}" for what in ("groups", "seeds"))
    size = ", ".join(text.rstrip("s") if text.startswith("1 ") else text for text in counted)
    return f"{label}\n({size})"
