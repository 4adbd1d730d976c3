"""Tab-separated tables: a header row, newline line ends, an empty cell for None."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from scarp.errors import DataError, Fault
from scarp.files import write_text


def write_table(path: str | Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table in one step; None becomes an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    write_text(path, text.getvalue())


def read_table(path: str | Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """Read a table that the workflow made; every row holds at least `columns`.

    Raises
    ------
    DataError: the file is missing, a column is not there, or a row is short.
    """
    cure = "delete it and let the workflow make it again"
    try:
        with Path(path).open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, delimiter="\t", restval=None)
            header = reader.fieldnames or ()
            rows = list(reader)
    except OSError as error:
        raise DataError(Fault(f"cannot be read ({error.strerror})", str(path), cure=cure)) from None
    missing = [name for name in columns if name not in header]
    if missing:
        raise DataError(
            Fault(f"lacks column {', '.join(missing)}", str(path), ", ".join(columns), cure)
        )
    short = [n for n, row in enumerate(rows, 2) if any(row[name] is None for name in columns)]
    if short:
        raise DataError(Fault("ends before its last column", f"{path}, line {short[0]}", cure=cure))
    return rows


def read_header(path: str | Path) -> tuple[str, ...]:
    """The columns of a table. Raises DataError where the file is missing."""
    try:
        with Path(path).open(encoding="utf-8", newline="") as file:
            return tuple(next(csv.reader(file, delimiter="\t"), ()))
    except OSError as error:
        cure = "delete it and let the workflow make it again"
        raise DataError(Fault(f"cannot be read ({error.strerror})", str(path), cure=cure)) from None


def join_tables(paths: Sequence[str | Path], path: str | Path) -> None:
    """Write the rows of tables with one header into one table.

    Raises
    ------
    DataError: a table is missing, or its columns are not those of the first.
    """
    first = read_table(paths[0], ())
    header = list(first[0]) if first else []
    rows = [*first, *(row for other in paths[1:] for row in read_table(other, header))]
    write_table(path, header, ([row[name] for name in header] for row in rows))
