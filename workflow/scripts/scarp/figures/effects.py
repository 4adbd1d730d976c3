"""What each part of the input adds to F1, with its interval."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

from scarp.figures.style import BLUE, GREY, counted, drawn, titled
from scarp.tsv import read_table

_COLUMNS = ("scope", "effect", "difference", "low", "high", "groups", "scores", "remark")
_ROW, _WIDTH = 0.27, 7.0  # inches


def effects_figure(
    effects: str | Path, paths: Sequence[str | Path], split: str, simulated: bool
) -> None:
    """Draw the main effects and their 95 % intervals, a panel per scope.

    An effect that the experiments cannot tell from others has no mark; its row says so.

    Parameters
    ----------
    effects: effects.tsv of `scarp.conclusion_files`.
    paths: figures to write, .svg or .png.
    split: for the title.
    simulated: whether the title says so.
    """
    rows = read_table(effects, _COLUMNS)
    scopes = list(dict.fromkeys(row["scope"] for row in rows))
    each = max((sum(row["scope"] == scope for row in rows) for scope in scopes), default=1)
    with drawn(paths, _WIDTH, max(len(scopes), 1) * (_ROW * each + 0.7) + 0.7) as figure:
        title = f"Main effects on F1, split {split}"
        figure.suptitle(titled(title, simulated), weight="bold")
        axes = figure.subplots(max(len(scopes), 1), sharex=True, squeeze=False)[:, 0]
        for axis, scope in zip(axes, scopes, strict=False):
            own = [row for row in rows if row["scope"] == scope]
            size = (counted(int(own[0][f"{what}s"]), what) for what in ("group", "score"))
            axis.set_title(f"{scope} sites ({', '.join(size)})")
            axis.set_yticks(range(len(own)), [row["effect"] for row in own])
            axis.set_ylim(len(own) - 0.5, -0.5)
            axis.axvline(0, color="black", linewidth=0.8)
            axis.grid(axis="x")
            for place, row in enumerate(own):
                if not row["difference"]:
                    said = textwrap.shorten(row["remark"], 70, placeholder=" ...")
                    axis.annotate(
                        said,
                        (0.01, place),
                        xycoords=("axes fraction", "data"),
                        va="center",
                        color=GREY,
                    )
                    continue
                colour = BLUE if _is_told(row) else GREY
                if row["low"]:
                    ends = (float(row["low"]), float(row["high"]))
                    axis.plot(ends, (place, place), color=colour, linewidth=2)
                mark = "D" if _is_told(row) else "o"
                axis.plot(float(row["difference"]), place, marker=mark, color=colour)
        axes[-1].set_xlabel("difference of F1, the others being equal (blue: interval excludes 0)")
        left, right = axes[-1].get_xlim()
        axes[-1].set_xlim(max(left, -1.03), min(right, 1.03))


def _is_told(row: Mapping[str, str]) -> bool:
    """Whether the interval excludes zero."""
    return bool(row["low"]) and (float(row["low"]) > 0 or float(row["high"]) < 0)
