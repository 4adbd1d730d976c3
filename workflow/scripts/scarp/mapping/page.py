"""The map of an event as a page of HTML: one file that opens from disk, on a phone and on paper."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from scarp.cube import open_cube
from scarp.figures.style import titled
from scarp.files import write_text
from scarp.html_page import document
from scarp.mapping.changes import Changes
from scarp.mapping.page_style import STYLE
from scarp.mapping.page_viewer import viewer
from scarp.mapping.pictures import thinned
from scarp.mapping.polygons import SHARES, MapPolygons
from scarp.mapping.rasters import Rasters, grid_of_raster
from scarp.mapping.settings import MapModel
from scarp.mapping.summary import UNKNOWN, MapSummary
from scarp.mapping.words import attributes_of, counted, number, size

#: Pixels along a side of the images, at most; landslides laid over them; rows of their table.
MOST_PIXELS, MOST_SHAPES, MOST_ROWS = 1400, 2000, 50
#: Values shown in a table of ids, at most.
_MOST_IDS = 30
_SIMULATED = "Simulated: the event and all that is shown of it are made up, nothing was observed."
_QGIS = (
    "In QGIS, drag landslides.gpkg into the window: it is drawn in its colours at once. Drag"
    " probability.tif below it; with probability.qml beside it, it has its colours too. Other"
    " programs read both: a GeoPackage and a Cloud-Optimised GeoTIFF."
)


def write_page(
    rasters: Rasters,
    polygons: MapPolygons,
    model: MapModel,
    summary: MapSummary,
    changes: Changes,
    path: str | Path,
    scores: Sequence[tuple[str, str]] = (),
    downloads: Sequence[tuple[str, str]] = (),
) -> None:
    """Write the map of an event as a page.

    Parameters
    ----------
    scores: name and value, when reference polygons of the event are known.
    downloads: path of a file as seen from the page, and what it is.
    path: the .html file; equal input gives equal bytes.

    Raises
    ------
    DataError: a raster cannot be read.
    """
    grid = grid_of_raster(rasters.probability)
    with open_cube(rasters.cube) as cube:
        pictures = thinned(cube, grid, rasters.probability, MOST_PIXELS)
    shown = polygons.table.head(MOST_SHAPES)
    body = [
        _notes([_SIMULATED] * summary.simulated + [*model.warnings, *summary.warnings]),
        _facts(summary, model),
        "<h2>Look at it</h2>",
        viewer(pictures, shown),
        _part_shown(len(shown), summary.landslides),
        "<h2>Largest landslides</h2>",
        _largest(polygons.table.head(MOST_ROWS), summary.landslides),
        "<h2>By slope</h2>",
        _by_slope(summary),
        "<h2>Left out</h2>",
        _left_out(summary),
        "<h2>Which model, and why</h2>",
        _model(model),
        "<h2>Since the last map</h2>",
        _changes(changes),
    ]
    if scores:
        body += [
            "<h2>Scores</h2>",
            "<p>Against reference polygons of the event, at the threshold above.</p>",
            _table(("score", "value"), scores),
        ]
    body += ["<h2>Files</h2>", _files(downloads), f"<p>{_QGIS}</p>"]
    title = titled(f"Landslides of {summary.event}", summary.simulated)
    write_text(path, document(title, STYLE, "\n".join(part for part in body if part) + "\n"))


def _notes(texts: Iterable[str]) -> str:
    return "\n".join(f'<p class="note">{html.escape(text)}</p>' for text in texts)


def _facts(summary: MapSummary, model: MapModel) -> str:
    """What the map is, and its main numbers."""
    main = (
        (number(summary.landslides), "landslide" + "s" * (summary.landslides != 1)),
        (size(summary.area_m2), "together"),
        (size(summary.largest_m2), "the largest"),
        (f"{summary.valid_share:.0%}", f"of {size(summary.event_m2)} mapped"),
    )
    items = "".join(
        f"<div><dt>{html.escape(told)}</dt><dd>{html.escape(value)}</dd></div>"
        for value, told in main
    )
    return (
        "<p>Landslides that a neural network found in satellite images, not checked on the ground."
        " A landslide is shown from a probability of"
        f" {summary.threshold:g} and {summary.minimum_m2:g} m² on.</p>\n"
        f'<dl class="facts">{items}</dl>\n'
        f"<p>Images: {html.escape(summary.images or 'not told')}.</p>\n"
        f"<p>Model: {html.escape(model.name)}.</p>"
    )


def _part_shown(shown: int, there: int) -> str:
    if shown == there:
        return ""
    return (
        f"<p>The image shows the {number(shown)} largest of {counted(there)};"
        " all are in landslides.gpkg.</p>"
    )


def _largest(table: Any, there: int) -> str:
    """The largest landslides; the number of each is a button that shows it in the image."""
    if not there:
        return "<p>No landslide was found.</p>"
    rows = [attributes_of(row, table.columns) for _, row in table.iterrows()]
    heads = "".join(f"<th scope=col>{html.escape(name)}</th>" for name, _ in rows[0])
    lines = []
    for row in rows:
        cells = [
            f'<th scope=row><button type="button" data-show="{row[0][1]}">{row[0][1]}</button>'
            "</th>",
            *(f"<td>{html.escape(value)}</td>" for _, value in row[1:]),
        ]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    told = f"The {number(len(rows))} largest of {number(there)}. " if len(rows) < there else ""
    return (
        f"<p>{told}Choose a number to see it in the image. Area is that of the landslide's pixels."
        f" {_radar_told(table.columns)}</p>\n"
        f'<div class="wide"><table class="numbers">\n<tr>{heads}</tr>\n'
        + "\n".join(lines)
        + "\n</table></div>"
    )


def _radar_told(columns: Iterable[str]) -> str:
    if SHARES["layover_shadow_approximate"] in columns:
        return (
            "What lies in radar layover or shadow, possibly or certainly, is known from elevation"
            " and the direction of view alone."
        )
    return ""


def _by_slope(summary: MapSummary) -> str:
    lines = [
        (
            one.degrees if one.degrees == UNKNOWN else f"{one.degrees}°",
            number(one.landslides),
            size(one.area_m2),
        )
        for one in summary.by_slope
    ]
    return _table(("mean slope", "landslides", "area"), lines, "numbers")


def _left_out(summary: MapSummary) -> str:
    """What is not in the polygons though the model found it, and what it could not see."""
    unseen = f"The map says nothing of {1 - summary.valid_share:.1%} of the event's area."
    were = "was" if summary.dropped == 1 else "were"
    small = (
        f"{counted(summary.dropped)} below {summary.minimum_m2:g} m² {were} dropped,"
        f" {size(summary.dropped_m2)} together."
        if summary.dropped
        else f"None was smaller than {summary.minimum_m2:g} m²."
    )
    told = f"<p>{unseen} {small}</p>"
    if not summary.removed:
        return told + "\n<p>No mask took anything off.</p>"
    lines = [
        (one.reason, size(one.area_m2), number(one.pixels), number(one.covered_pixels))
        for one in summary.removed
    ]
    heads = ("mask", "landslide taken off", "pixels", "pixels of the event that it covers")
    return (
        f"{told}\n<p>Masks took {size(summary.removed_m2)} of landslide off the map. Where several"
        " hold, each counts it.</p>\n" + _table(heads, lines, "numbers")
    )


def _model(model: MapModel) -> str:
    score = "undefined" if model.validation_f1 is None else f"{model.validation_f1:.3f}"
    lines = [
        ("models", ", ".join(model.models)),
        ("features", model.features),
        ("dates", model.scenario),
        ("threshold", f"{model.threshold:g}"),
        ("validation F1", score),
    ]
    better = "".join(f"<li>{html.escape(text)}</li>\n" for text in model.improve)
    return (
        f"<p>{html.escape(model.why)}</p>\n{_table(('', ''), lines, 'sides')}\n"
        "<h3>What would make a better map</h3>\n"
        + (f"<ul>\n{better}</ul>" if better else "<p>Nothing that is known of.</p>")
    )


def _changes(changes: Changes) -> str:
    now, then = changes.now, changes.then
    if then is None:
        return "<p>This is the first map of the event.</p>"
    lines = [
        ("models", ", ".join(then.models), ", ".join(now.models)),
        ("images", then.images, now.images),
        ("landslides", number(then.landslides), number(now.landslides)),
        ("area", size(then.area_m2), size(now.area_m2)),
    ]
    told = [
        f"{number(len(changes.new))} new{_ids(changes.new)}",
        f"{number(len(changes.kept))} that share area with one of the last map",
        f"{number(len(changes.gone))} of the last map gone"
        f"{_ids(changes.gone, 'by their numbers then')}",
    ]
    return (
        _table(("", "last map", "this map"), lines, "sides")
        + f"\n<p>{html.escape('; '.join(told))}.</p>"
    )


def _ids(ids: Sequence[int], how: str = "") -> str:
    """Ids in brackets, as many as fit."""
    if not ids:
        return ""
    shown = ", ".join(map(str, ids[:_MOST_IDS])) + (", ..." if len(ids) > _MOST_IDS else "")
    return f" ({how + ': ' if how else ''}{shown})"


def _files(downloads: Sequence[tuple[str, str]]) -> str:
    lines = "".join(
        f'<li><a href="{html.escape(quote(name))}">{html.escape(name)}</a>:'
        f" {html.escape(told)}</li>\n"
        for name, told in downloads
    )
    return f"<ul>\n{lines}</ul>" if lines else ""


def _table(heads: Sequence[str], lines: Iterable[Sequence[str]], kind: str = "sides") -> str:
    """A table of text; none of it holds markup. Each line begins with what it is about."""
    told = "".join(f"<th scope=col>{html.escape(text)}</th>" for text in heads)
    head = f"<tr>{told}</tr>\n" if any(heads) else ""
    body = "\n".join(
        f"<tr><th scope=row>{html.escape(line[0])}</th>"
        + "".join(f"<td>{html.escape(text)}</td>" for text in line[1:])
        + "</tr>"
        for line in lines
    )
    return f'<div class="wide"><table class="{kind}">\n{head}{body}\n</table></div>'
