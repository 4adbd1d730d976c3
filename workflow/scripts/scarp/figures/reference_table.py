"""The paper's numbers beside ours as an HTML table, one file without a network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from scarp.figures.style import Names, titled
from scarp.figures.table import Cell, page
from scarp.files import write_text
from scarp.reference import Range, Row
from scarp.simulated import is_simulated

_NOTE = (
    "Mean over seeds. Blank: this study has no such experiment or site. Ours: means are macro"
    " averages (each site counts the same); micro: from the counts summed over the sites."
)
_HEADER = ("F1", "paper", "ours", "difference", "without {}", "micro")
_CONTEXT = ("sites", "seeds", "experiment", "place in the paper; remark")


def reference_table(
    rows: Sequence[Row], path: str | Path, names: Names, outlier: str, split: str = "roles"
) -> None:
    """Write the comparison (see scarp.reference) as a page to sort and read.

    Parameters
    ----------
    path: the .html file to write.
    outlier: the site that one of the columns leaves out.
    split: for the title.
    """
    simulated = any(is_simulated(source) for row in rows for source in row.sources)
    title = titled(f"Scores of the paper beside this study's, split {split}", simulated)
    header = [name.format(outlier) for name in (*_HEADER, *_CONTEXT)]
    write_text(path, page(title, header, (_cells(row, names) for row in rows), _NOTE))


def _cells(row: Row, names: Names) -> list[str | Cell]:
    there = row.ours is not None
    return [
        row.reported.what,
        _number(row.reported.f1, 2),
        _number(row.ours),
        _number(row.difference, sign="+"),
        _number(row.without_outlier),
        _number(row.micro),
        Cell(str(row.sites), row.sites) if there else Cell("", None),
        Cell(str(row.seeds), row.seeds) if there else Cell("", None),
        _experiment(row, names),
        "; ".join(filter(None, (row.reported.place, row.reported.remark))),
    ]


def _number(ends: Range | None, digits: int = 3, sign: str = "") -> Cell:
    """A number or a range, sorted by its lower end."""
    if ends is None:
        return Cell("", None)
    low, high = (f"{end:{sign}.{digits}f}".replace("-", "\N{MINUS SIGN}") for end in ends)
    return Cell(low if ends[0] == ends[1] else f"{low} to {high}", ends[0])


def _experiment(row: Row, names: Names) -> str:
    """Label of the experiment; of many only their number, which stand in the table beside."""
    if not row.experiments:
        return ""
    if row.reported.statistic == "gain":
        sets = len({features for features, _ in row.experiments})
        return f"{sets} feature set{'s' if sets > 1 else ''}"
    label = names.experiment(*row.experiments[0], width=200)
    return f"{label} at {row.site}" if row.site else label
