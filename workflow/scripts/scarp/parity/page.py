"""The comparison of an event as a page of HTML: one file, pictures within, no network."""

from __future__ import annotations

import base64
import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from scarp.channels import BANDS, EPOCHS, split_channel
from scarp.figures.style import titled
from scarp.files import write_text
from scarp.html_page import document
from scarp.parity.compare import unit_of
from scarp.parity.product_side import LOCAL_INCIDENCE
from scarp.parity.reasons import reasons
from scarp.parity.sides import Origin
from scarp.parity.table import Row
from scarp.parity.tolerances import SHIFT, TOLERANCES, exceeded, verdict

_STYLE = """
body { font: 14px/1.45 Verdana, "DejaVu Sans", sans-serif; margin: 1.5em auto; padding: 0 1em;
  max-width: 1400px; color: #222; overflow-wrap: break-word }
h1 { font-size: 1.3em }
h2 { font-size: 1.1em; margin-top: 2em }
p, li { max-width: 62em }
.note { border-left: 4px solid #E69F00; padding-left: 0.8em }
.wide { overflow-x: auto }
table { border-collapse: collapse }
th, td { padding: 0.25em 0.6em; text-align: left; vertical-align: top;
  border-bottom: 1px solid #ddd }
.sides td + td { overflow-wrap: anywhere }
.tolerances td:last-child { min-width: 18em }
.numbers th, .numbers td { white-space: nowrap }
.numbers td:first-child { position: sticky; left: 0; background: #fff }
td.number { text-align: right; font-variant-numeric: tabular-nums }
.within { color: #00694D } .beyond { color: #A33F00; font-weight: bold } .undefined { color: #666 }
.layers { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 600px), 1fr));
  gap: 1.5em }
.layers img { width: 100%; max-width: 720px; height: auto }
@media (max-width: 600px) {
  body { margin: 0.5em auto }
  th, td { padding: 0.25em 0.4em }
}
"""
_SNAP = (
    "The SNAP graphs are verified against facts from SNAP's public sources, not yet on an installed"
    " SNAP."
)
_SIMULATED = "Simulated data: scenes of at least one side were made by a simulator, not observed."
_EXPECTED = (
    "The tolerances are expectations, from how the engines compute and from the noise of the"
    " estimates. They were not measured against real products of SNAP."
)
_HEADS = (
    *("layer", "verdict", "bias", "median", "RMS", "spread", "unit", "correlation"),
    *("shift, rows", "columns", "shared pixels", "only a", "only b", "known reasons"),
)
_FACTS = {
    "DEM": "dem",
    "heights of the DEM": "dem_heights",
    "orbits": "orbit_source",
    "looks": "looks",
    "window of coherence": "window",
}


def write_page(
    rows: Sequence[Row], pictures: Mapping[str, bytes], notes: Iterable[str], path: str | Path
) -> None:
    """Write the comparison of an event as a page.

    Parameters
    ----------
    rows: of one event and one pair of sides, one at least.
    pictures: layer -> PNG.
    notes: what a reader must know besides, such as layers that one side lacks.
    path: the .html file to write; equal input gives equal bytes.
    """
    first, (a, b) = rows[0], rows[0].labels
    simulated = any(row.simulated for row in rows)
    by_snap = any(one.engine == "snap" for row in rows for one in row.origins)
    told = [_SIMULATED] * simulated + [_SNAP] * by_snap + list(notes)
    known = {row.layer: reasons(row.layer, *row.origins) for row in rows}
    numbered = list(dict.fromkeys(text for texts in known.values() for text in texts))
    title = titled(f"Parity of {first.event}: {a} and {b}", simulated)
    images = "\n".join(_image(row, pictures[row.layer]) for row in rows)
    reasoned = "".join(f"<li>{html.escape(text)}.</li>\n" for text in numbered)
    write_text(
        path,
        document(
            title,
            _STYLE,
            f"""{"".join(f'<p class="note">{html.escape(text)}</p>' for text in told)}
{_sides(rows)}
<h2>Dates</h2>
{_dates(rows)}
<h2>Numbers</h2>
<p>Differences are {html.escape(f"{b} (b) less {a} (a)")}. Bias: of the means; of gamma nought, of
the mean power. Median, RMS and spread (interquartile range / 1.349): of the differences of single
pixels. Shift: pixels by which the content of b lies further south (rows) and east (columns) than
that of a. Shared pixels have data in both; beside them stands the share of all pixels that have
data in one alone. An empty cell is undefined: too few pixels, no texture, or nothing in common.</p>
<div class="wide">{_numbers(rows, known, numbered)}</div>
<h2>Known reasons for differences</h2>
<p>Their numbers stand in the last column of the table above. They follow from engines, versions and
tags alone, before anything is compared.</p>
<ol>
{reasoned or "<li>None is known.</li>"}</ol>
<h2>Tolerances</h2>
<p>{_EXPECTED}</p>
<div class="wide">{_tolerances()}</div>
<h2>Layers</h2>
<p>Maps show means of square blocks where the event is large; sand has no data. The dashed line is
where both sides agree.</p>
<div class="layers">
{images}
</div>
""",
        ),
    )


def _sides(rows: Sequence[Row]) -> str:
    """What is told of either side: engine and version, DEM, orbits, looks."""
    lines: list[tuple[str, ...]] = [
        ("made by", *_of_both(rows, lambda origin: origin.name)),
        ("simulated", *_of_both(rows, lambda origin: "yes" if origin.simulated else "no")),
    ]
    for name, tag in _FACTS.items():
        told = _of_both(rows, partial(_tag, tag))
        if any(told):
            lines.append((name, *(text or "not told" for text in told)))
    a, b = rows[0].labels
    return _table(("", f"a: {a}", f"b: {b}"), lines, "sides")


def _tag(name: str, origin: Origin) -> str:
    return origin.tags.get(name, "")


def _of_both(rows: Sequence[Row], told: Callable[[Origin], str]) -> list[str]:
    """What is told of the layers of either side, each text once."""
    return [
        "; ".join(dict.fromkeys(filter(None, (told(row.origins[side]) for row in rows))))
        for side in (0, 1)
    ]


def _dates(rows: Sequence[Row]) -> str:
    """The dates of every epoch, as far as they are told."""
    epochs: dict[str, dict[str, str]] = {}
    for row in rows:
        if row.layer != LOCAL_INCIDENCE:
            own = epochs.setdefault(split_channel(row.layer)[0], {})
            for tag in ("date", "reference_date"):
                own[tag] = own.get(tag) or row.told(tag)
    lines = [
        (epoch, epochs[epoch]["date"] or "not told", epochs[epoch]["reference_date"])
        for epoch in EPOCHS
        if epoch in epochs
    ]
    return _table(("epoch", "date", "coherence with"), lines)


def _numbers(
    rows: Sequence[Row], known: Mapping[str, Sequence[str]], numbered: Sequence[str]
) -> str:
    lines = []
    for row in rows:
        parity = row.parity
        told = verdict(row.layer, parity)
        beyond = ", ".join(exceeded(row.layer, parity))
        judged = f'<td class="{told}">{told}{": " * bool(beyond)}{beyond}</td>'
        digits = 3 if unit_of(row.layer) == "1" else 2
        cells = [
            *(_number(value, digits, "+") for value in (parity.bias, parity.median)),
            *(_number(value, digits) for value in (parity.rms, parity.spread)),
            f"<td>{unit_of(row.layer)}</td>",
            _number(parity.correlation, 3),
            *(_number(value, 2, "+") for value in parity.shift or (None, None)),
            f'<td class="number">{parity.pixels:,}</td>'.replace(",", "\N{THIN SPACE}"),
            *(f'<td class="number">{share:.1%}</td>' for share in (parity.only_a, parity.only_b)),
        ]
        own = ", ".join(str(numbered.index(text) + 1) for text in known[row.layer])
        lines.append(f"<tr><td>{row.layer}</td>{judged}{''.join(cells)}<td>{own}</td></tr>")
    head = "".join(f"<th>{html.escape(name)}</th>" for name in _HEADS)
    return f'<table class="numbers">\n<tr>{head}</tr>\n' + "\n".join(lines) + "\n</table>"


def _number(value: float | None, digits: int, sign: str = "") -> str:
    text = ""
    if value is not None:
        rounded = round(value, digits) or 0.0  # no -0
        text = f"{rounded:{sign if rounded else ''}.{digits}f}".replace("-", "\N{MINUS SIGN}")
    return f'<td class="number">{text}</td>'


def _tolerances() -> str:
    lines = [
        (
            _long_name(band),
            f"{own.bias:g} {_unit(band)}".strip(),
            f"{own.correlation:g}",
            own.reason,
        )
        for band, own in TOLERANCES.items()
    ]
    table = _table(("layer", "bias up to", "correlation from", "why"), lines, "tolerances")
    return f"{table}\n<p>Shift up to {SHIFT:g} pixel in either direction.</p>"


def _long_name(band: str) -> str:
    return BANDS[band].long_name if band in BANDS else band.replace("_", " ")


def _unit(band: str) -> str:
    unit = unit_of(band if band == LOCAL_INCIDENCE else f"PRE1_{band}")
    return "" if unit == "1" else unit


def _table(head: Sequence[str], lines: Iterable[Sequence[str]], kind: str = "text") -> str:
    """A table of text; none of it holds markup."""
    heads = "".join(f"<th>{html.escape(text)}</th>" for text in head)
    body = "\n".join(
        "<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in line) + "</tr>"
        for line in lines
    )
    return f'<table class="{kind}">\n<tr>{heads}</tr>\n{body}\n</table>'


def _image(row: Row, png: bytes) -> str:
    said = f"{row.layer}: {row.labels[0]}, {row.labels[1]}, their difference, and their histogram"
    data = base64.b64encode(png).decode("ascii")
    return f'<img alt="{html.escape(said)}" src="data:image/png;base64,{data}">'
