"""Days between each event and its images (Orynbaikyzy et al. 2025, figure 3)."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from scarp.event_table import EventFacts, any_simulated
from scarp.figures.style import BLACK, GREY, ORANGE, SKY, drawn, titled

_ROW = 0.17  # inches


@dataclass(frozen=True)
class Timing:
    """Days from an event to its images, negative before it.

    Attributes
    ----------
    before, after: the optical image on either side, None where no date is known.
    radar: the Sentinel-1 images, in time order.
    """

    before: int | None
    after: int | None
    radar: tuple[int, ...]

    @property
    def gap(self) -> int | None:
        """Days between the optical images; None where one is not known."""
        return None if self.before is None or self.after is None else self.after - self.before

    @classmethod
    def of(cls, dates: Mapping[str, Any]) -> Timing | None:
        """The timing of an event; None without its date, or without any dated image.

        Parameters
        ----------
        dates: `event`: its date; `sentinel1`, `sentinel2`: epoch -> date; YYYY-MM-DD or blank.
        """
        if not dates["event"]:
            return None
        day = datetime.date.fromisoformat(dates["event"])
        radar, optical = (
            {
                epoch: (datetime.date.fromisoformat(date) - day).days
                for epoch, date in dates[sensor].items()
                if date
            }
            for sensor in ("sentinel1", "sentinel2")
        )
        if not radar and not optical:
            return None
        return cls(optical.get("PRE1"), optical.get("POST1"), tuple(sorted(radar.values())))


def image_days(
    events: Sequence[EventFacts],
    dates: Mapping[str, Mapping[str, Any]],
    paths: Sequence[str | Path],
) -> None:
    """Draw the days from each event to its images, the shortest gap between optical images first.

    Parameters
    ----------
    events: with their names and sources.
    dates: event -> see `Timing.of`; a date that is blank there may be told by the event's cube.
        Events without dates are left out.
    paths: figures to write, .svg or .png.
    """
    found = [(facts, Timing.of(_filled(dates[facts.row.event], facts))) for facts in events]
    rows = [(facts, timing) for facts, timing in found if timing]
    rows.sort(key=lambda row: (row[1].gap is None, row[1].gap, row[0].row.event))
    simulated = any_simulated(facts for facts, _ in rows)
    with drawn(paths, 7.2, len(rows) * _ROW + 1.7) as figure:
        figure.suptitle(titled("Days from the event to its images", simulated), weight="bold")
        axis = figure.subplots()
        if not rows:
            axis.axis("off")
            axis.text(0.5, 0.5, "No event of this run has dates.", ha="center", va="center")
            return
        for number, (_, timing) in enumerate(rows):
            _draw(axis, number, timing)
        axis.axvline(0, color=BLACK, linewidth=0.8, zorder=1)
        axis.xaxis.set_major_locator(MaxNLocator(8, integer=True, steps=[1, 2, 5, 10]))
        axis.set_ylim(len(rows) - 0.4, -0.6)
        axis.set_yticks(range(len(rows)), [facts.row.caption for facts, _ in rows], fontsize=7)
        axis.tick_params(axis="y", length=0)
        axis.grid(axis="x")
        axis.set_axisbelow(True)
        axis.set_xlabel("days before (negative) and after the event")
        _write_right(axis, -0.85, "gap,\ndays", weight="bold", va="bottom")
        figure.legend(handles=_legend(), loc="outside lower center", ncols=4)


def _filled(dates: Mapping[str, Any], facts: EventFacts) -> dict[str, Any]:
    """Dates of the table, and where they are blank those of the cube."""
    told = facts.cube.dates
    sensors = {
        sensor: {
            epoch: day or told.get(sensor, {}).get(epoch, "")
            for epoch, day in dates[sensor].items()
        }
        for sensor in ("sentinel1", "sentinel2")
    }
    return {**dates, **sensors}


def _draw(axis: Axes, row: int, timing: Timing) -> None:
    if timing.before is not None and timing.after is not None:
        axis.plot([timing.before, timing.after], [row, row], color="#C8C8C8", linewidth=1.6)
    axis.plot(timing.radar, [row] * len(timing.radar), "|", color=GREY, markersize=6, mew=0.8)
    for day, colour in ((timing.before, SKY), (timing.after, ORANGE)):
        if day is not None:
            axis.plot(day, row, "o", color=colour, markersize=5, mec="white", mew=0.4, zorder=3)
    _write_right(axis, row, "-" if timing.gap is None else str(timing.gap), va="center")


def _write_right(axis: Axes, row: float, text: str, **style: Any) -> None:
    """A text in the column at the right edge."""
    axis.annotate(
        text,
        (1, row),
        (28, 0),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        ha="right",
        fontsize=7,
        annotation_clip=False,
        **style,
    )


def _legend() -> list[Line2D]:
    return [
        Line2D([], [], linestyle="", marker="o", color=SKY, label="Sentinel-2 before"),
        Line2D([], [], linestyle="", marker="o", color=ORANGE, label="Sentinel-2 after"),
        Line2D([], [], linestyle="", marker="|", color=GREY, label="Sentinel-1"),
        Line2D([], [], color=BLACK, linewidth=0.8, label="event"),
    ]
