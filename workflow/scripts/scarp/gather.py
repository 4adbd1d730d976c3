"""One table of all models from one of each."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from scarp.errors import DataError, Fault
from scarp.summary import Model
from scarp.tsv import read_header, read_table, write_table


def gather(files: Iterable[tuple[Model, str | Path]], path: str | Path) -> None:
    """Write the rows of all tables, in their order, each after the model that it belongs to.

    Raises
    ------
    DataError: a table is missing, or its columns are not those of the first.
    """
    columns: tuple[str, ...] | None = None
    rows: list[tuple[object, ...]] = []
    for model, file in files:
        own = read_header(file)
        columns = columns or own
        if own != columns:
            raise DataError(
                Fault(
                    f"has columns {', '.join(own)}",
                    str(file),
                    ", ".join(columns),
                    "delete it and let the workflow make it again",
                )
            )
        rows += ((*model, *row.values()) for row in read_table(file, columns))
    write_table(path, (*Model._fields, *(columns or ())), rows)
