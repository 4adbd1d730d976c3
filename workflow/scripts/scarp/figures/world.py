"""Map and list of the events (Orynbaikyzy et al. 2025, figure 1).

Land: Natural Earth, 1:110m physical vectors, version 4.1.0 (public domain, naturalearthdata.com),
as redistributed by the package world-atlas 2.0.2 (github.com/topojson/world-atlas), cut at 180
degrees, rounded to 0.1 degree and kept as GeoJSON in ``land.geojson``. Longitude and latitude are
drawn as x and y.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline

from scarp.event_table import EventFacts, any_simulated, labels
from scarp.figures.labels import Box, Point, place_labels
from scarp.figures.listing import Listing
from scarp.figures.style import BLUE, GREEN, VERMILION, drawn, titled

#: More events than this are dots without a name, and are not listed below the map.
MOST_LISTED = 40
#: Role -> colour and marker.
ROLES = {
    "train": (BLUE, "o"),
    "dependent": (GREEN, "s"),
    "independent": (VERMILION, "D"),
}
#: Inches: margin, title, line below it, legend of the roles, smallest width of the figure.
_MARGIN, _TITLE, _NOTE, _LEGEND, _WIDTH = 0.12, 0.33, 0.17, 0.3, 7.6
#: Size of a dot in points; width of a letter of a label, its padding, its height in inches.
_DOT, _LETTER, _PADDING, _LABEL = 4.5, 0.072, 0.05, 0.125
#: Degrees north that the map shows, more where an event lies outside.
_SOUTH, _NORTH = -57.0, 79.0


@cache
def land() -> Outline:
    """Outline of the land, longitude and latitude in degrees."""
    polygons = json.loads(Path(__file__).with_name("land.geojson").read_text(encoding="utf-8"))
    return Outline.make_compound_path(
        *(Outline(ring, closed=True) for polygon in polygons["coordinates"] for ring in polygon)
    )


def events_map(events: Sequence[EventFacts], paths: Sequence[str | Path]) -> None:
    """Draw where the events lie, coloured by role, and list them below.

    With more than `MOST_LISTED` events the map stands alone. Events without a CRS are listed only.

    Parameters
    ----------
    events: in the order of the list.
    paths: figures to write, .svg or .png.
    """
    names = labels(events) if len(events) <= MOST_LISTED else []
    listing = Listing.of(events, names, [ROLES[e.row.role][0] for e in events]) if names else None
    width = max(_WIDTH, 2 * _MARGIN + (listing.width if listing else 0))
    foot = (listing.height if listing else 0) + _LEGEND
    latitudes = [facts.cube.position[1] for facts in events if facts.cube.position]
    south = max(-90.0, min([_SOUTH, *(latitude - 5 for latitude in latitudes)]))
    north = min(90.0, max([_NORTH, *(latitude + 5 for latitude in latitudes)]))
    across = width - 2 * _MARGIN
    up = across * (north - south) / 360
    note = _note(events)
    height = foot + up + _TITLE + (_NOTE if note else 0)
    with drawn(paths, width, height) as figure:
        figure.set_layout_engine("none")  # every part has its place in inches
        title = titled("Events", any_simulated(events))
        figure.text(0.5, 1 - 0.17 / height, title, ha="center", va="center", weight="bold", size=10)
        figure.text(0.5, 1 - 0.37 / height, note, ha="center", va="center", size=7)
        axis = figure.add_axes((_MARGIN / width, foot / height, across / width, up / height))
        axis.set(xlim=(-180, 180), ylim=(south, north), xticks=[], yticks=[], facecolor="#F4F7FA")
        axis.spines[:].set(visible=True, color="#B5B2A9")
        axis.add_patch(PathPatch(land(), facecolor="#DAD8D2", edgecolor="#B5B2A9", linewidth=0.3))
        _draw_dots(axis, events)
        if listing:
            _draw_names(axis, events, names, across / 360)
            listing.draw(figure)
        _legend(figure, events, (foot - _LEGEND / 2) / height)


def _note(events: Sequence[EventFacts]) -> str:
    """What the line below the title says."""
    homeless = sum(facts.cube.position is None for facts in events)
    notes = []
    if any_simulated(events):
        notes.append("places and landslides of simulated events are made up")
    if homeless == len(events):
        notes.append("no event has a georeference")
    elif homeless:
        notes.append(f"{homeless} of {len(events)} have no georeference and are not on the map")
    if len(events) > MOST_LISTED:
        notes.append(f"{len(events)} events, listed in summary/events.tsv")
    return "; ".join(notes)


def _draw_dots(axis: Axes, events: Sequence[EventFacts]) -> None:
    for facts in events:
        if facts.cube.position:
            colour, marker = ROLES[facts.row.role]
            x, y = facts.cube.position
            axis.plot(x, y, marker, color=colour, markersize=_DOT, mec="white", mew=0.5, zorder=4)


def _draw_names(
    axis: Axes, events: Sequence[EventFacts], names: Sequence[str], inch: float
) -> None:
    """Names beside the dots, with lines to them; `inch` is the length of a degree."""
    named = [
        (Point(*facts.cube.position), name)
        for facts, name in zip(events, names, strict=True)
        if facts.cube.position
    ]
    (west, east), (south, north) = axis.get_xlim(), axis.get_ylim()
    centres = place_labels(
        [point for point, _ in named],
        [(_LETTER * len(name) + _PADDING) / inch for _, name in named],
        _LABEL / inch,
        _DOT / 72 / inch,
        Box(west, south, east, north),
    )
    for (point, name), centre in zip(named, centres, strict=True):
        axis.plot((point.x, centre.x), (point.y, centre.y), color="#404040", lw=0.5, zorder=3)
        axis.text(
            *centre,
            name,
            ha="center",
            va="center_baseline",
            fontsize=7,
            weight="bold",
            zorder=5,
            # The line to the dot ends where the name begins.
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85},
        )


def _legend(figure: Figure, events: Sequence[EventFacts], y: float) -> None:
    roles = {facts.row.role for facts in events}
    handles = [
        Line2D([], [], linestyle="", marker=marker, color=colour, markersize=5, label=role)
        for role, (colour, marker) in ROLES.items()
        if role in roles
    ]
    figure.legend(
        handles=handles, loc="center", bbox_to_anchor=(0.5, y), ncols=3, handletextpad=0.1
    )
