"""Scores as HTML tables that sort and filter in the browser, each one file without a network."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scarp.figures.select import Experiment, is_simulated, of_split, sites_by_role
from scarp.figures.style import Names, titled
from scarp.files import write_text
from scarp.metrics import Counts
from scarp.summary import HELD_OUT, SCORES, Average, average, mean_and_spread, read_metrics

_STYLE = """
body { font: 14px/1.4 Verdana, "DejaVu Sans", sans-serif; margin: 1.5em; color: #222 }
h1 { font-size: 1.2em }
input { font: inherit; width: 24em; padding: 0.2em }
table { border-collapse: collapse; margin-top: 1em }
th, td { padding: 0.25em 0.7em; text-align: left; border-bottom: 1px solid #ddd }
th { cursor: pointer; position: sticky; top: 0; background: #fff; white-space: nowrap }
th::after { content: " \\2195"; color: #999 }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
small { color: #666 }
"""
_SCRIPT = """
const body = document.querySelector("tbody");
document.querySelectorAll("th").forEach((head, column) => {
  let ascending = true;
  head.addEventListener("click", () => {
    ascending = !ascending;
    const key = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
    const rows = [...body.rows].sort((a, b) => {
      const [x, y] = [key(a), key(b)];
      if (x === "" || y === "") return (x === "") - (y === "");
      const order = isNaN(x) || isNaN(y) ? x.localeCompare(y) : x - y;
      return ascending ? order : -order;
    });
    body.append(...rows);
  });
});
document.querySelector("input").addEventListener("input", (event) => {
  const words = event.target.value.toLowerCase().split(/\\s+/);
  for (const row of body.rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
  }
});
"""
_NOTE = "Mean over seeds, ± standard deviation where there is more than one."
_EXPERIMENT = ("features", "dates", "group", "seeds")
_HEADS = ("precision", "recall", "F1", "IoU")


@dataclass(frozen=True)
class Cell:
    """A table cell: what it shows, and the number it sorts by (None where undefined)."""

    text: str
    value: float | None


def scores_table(metrics: str | Path, path: str | Path, names: Names, split: str = "roles") -> None:
    """Write precision, recall, F1 and IoU per site and experiment: mean over seeds, and spread.

    Parameters
    ----------
    metrics: metrics.tsv.
    path: the .html file to write.
    split: `roles`, or `leave-event-out` for all its folds together.
    """
    scores = of_split(read_metrics(metrics), split)
    seeds: dict[tuple[str, Experiment], list[Counts]] = {}
    for score in scores:
        key = (score.site, (score.model.features, score.model.scenario))
        seeds.setdefault(key, []).append(score.counts)
    rows: list[list[str | Cell]] = []
    for site, role in sites_by_role(scores).items():
        for experiment in names.experiments(scores):
            if own := seeds.get((site, experiment)):
                named = [names.site(site).replace("\n", ", "), role]
                shown = [_cell(map(score_of, own)) for score_of in SCORES.values()]
                rows.append([*named, *_experiment(names, experiment, len(own)), *shown])
    header = ["site", "role", *_EXPERIMENT, *_HEADS]
    title = titled(f"Scores per site and experiment, split {split}", is_simulated(scores))
    write_text(path, page(title, header, rows, _NOTE))


def averages_table(
    metrics: str | Path, path: str | Path, names: Names, split: str = "roles"
) -> None:
    """Write macro and micro averages per scope and experiment: mean over seeds, and spread.

    Parameters are those of `scores_table`.
    """
    scores = of_split(read_metrics(metrics), split)
    seeds: dict[tuple[str, str, Experiment], list[Average]] = {}
    for one in average(scores):
        key = (one.scope, one.average, (one.model.features, one.model.scenario))
        seeds.setdefault(key, []).append(one)
    rows: list[list[str | Cell]] = []
    for scope in ("independent", "dependent", "all", HELD_OUT):
        for kind in ("macro", "micro"):
            for experiment in names.experiments(scores):
                if own := seeds.get((scope, kind, experiment)):
                    named = [scope, kind, _share(own[0].with_landslide, own[0].sites)]
                    shown = [_cell(one.scores[name] for one in own) for name in SCORES]
                    rows.append([*named, *_experiment(names, experiment, len(own)), *shown])
    header = ["scope", "average", "sites with landslide", *_EXPERIMENT, *_HEADS]
    title = titled(f"Average scores per experiment, split {split}", is_simulated(scores))
    write_text(path, page(title, header, rows, _NOTE))


def _experiment(names: Names, experiment: Experiment, seeds: int) -> Sequence[str | Cell]:
    features, scenario = experiment
    dates = names.scenarios[scenario] if names.uses_radar(features) else ""
    return names.features[features], dates, names.group(features).label, Cell(str(seeds), seeds)


def _share(part: int, whole: int) -> Cell:
    return Cell(f"{part} of {whole}", part)


def _cell(values: Iterable[float | None]) -> Cell:
    mean, spread = mean_and_spread(values)
    if mean is None:
        return Cell("undefined", None)
    return Cell(f"{mean:.3f}" + (f" ± {spread:.3f}" if spread is not None else ""), mean)


def page(title: str, header: Sequence[str], rows: Iterable[Sequence[str | Cell]], note: str) -> str:
    """A table as a page of HTML with a title and a note above it; no text holds markup."""
    body = "\n".join("<tr>" + "".join(map(_td, row)) + "</tr>" for row in rows)
    heads = "".join(f"<th>{html.escape(name)}</th>" for name in header)
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{html.escape(title)}</title>
<style>{_STYLE}</style>
<h1>{html.escape(title)}</h1>
<p>{html.escape(note)} A click on a heading sorts.</p>
<input type="search" placeholder="show rows with these words" aria-label="filter">
<table>
<thead><tr>{heads}</tr></thead>
<tbody>
{body}
</tbody>
</table>
<script>{_SCRIPT}</script>
</html>
"""


def _td(cell: str | Cell) -> str:
    if isinstance(cell, str):
        return f"<td>{html.escape(cell)}</td>"
    value = "" if cell.value is None else f"{cell.value:.6g}"
    return f'<td class="number" data-value="{value}">{html.escape(cell.text)}</td>'
