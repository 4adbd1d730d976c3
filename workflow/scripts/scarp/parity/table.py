"""Parity as tables: one row per event, pair of sides and layer; then over all events."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from scarp.errors import DataError, Fault
from scarp.parity.compare import LayerParity, unit_of
from scarp.parity.sides import Origin, layer_order
from scarp.parity.tolerances import exceeded, verdict
from scarp.tsv import read_table, write_table

_NUMBERS = ("bias", "median_difference", "rms", "spread", "correlation")
_SIDES = ("a", "a_made_by", "b", "b_made_by")
#: `a` and `b` are the sides' labels; `exceeds` says which of bias, correlation and shift do.
COLUMNS = (
    *("event", *_SIDES, "layer", "date", "reference_date", "simulated", "unit"),
    *("pixels", "only_a", "only_b", *_NUMBERS, "shift_row", "shift_column"),
    *("verdict", "exceeds"),
)
SUMMARY = (
    *(*_SIDES, "layer", "simulated", "unit", "events", "within", "beyond", "undefined"),
    *("median_bias", "median_correlation", "worst_shift"),
)


@dataclass(frozen=True)
class Row:
    """A layer of an event on both sides, and how they differ."""

    event: str
    labels: tuple[str, str]
    origins: tuple[Origin, Origin]
    layer: str
    parity: LayerParity

    @property
    def simulated(self) -> bool:
        """Whether either side is."""
        return any(origin.simulated for origin in self.origins)

    def told(self, tag: str) -> str:
        """What the first side that tells it says of a tag."""
        return next((text for one in self.origins if (text := one.tags.get(tag, ""))), "")


def write_parity(rows: Iterable[Row], path: str | Path) -> None:
    """Write the rows of an event; what is undefined is an empty cell, never 0."""
    write_table(path, COLUMNS, map(_cells, rows))


def _cells(row: Row) -> Sequence[object]:
    parity, (first, second) = row.parity, row.origins
    numbers = (parity.bias, parity.median, parity.rms, parity.spread, parity.correlation)
    shift = parity.shift or (None, None)
    return (
        *(row.event, row.labels[0], first.name, row.labels[1], second.name, row.layer),
        *(row.told("date"), row.told("reference_date"), "yes" if row.simulated else "no"),
        *(unit_of(row.layer), parity.pixels, _short(parity.only_a), _short(parity.only_b)),
        *(*map(_short, numbers), *map(_short, shift)),
        *(verdict(row.layer, parity), ", ".join(exceeded(row.layer, parity))),
    )


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.5g}"


def parity_summary(tables: Sequence[str | Path], path: str | Path) -> None:
    """Write one table over events: a row per pair of sides and layer, simulated events apart.

    `median_bias` and `median_correlation` are over the events where they are defined,
    `worst_shift` is the longest (root of the squares of row and column) of any event in pixels.

    Parameters
    ----------
    tables: that `write_parity` wrote; none gives a table without rows.

    Raises
    ------
    DataError: a table cannot be read, or an event and layer of a pair stands twice.
    """
    groups: dict[tuple[str, ...], list[dict[str, str]]] = {}
    seen: dict[tuple[str, ...], str] = {}
    for table in tables:
        for row in read_table(table, COLUMNS):
            place = (*(row[name] for name in _SIDES), row["layer"])
            own = (row["event"], *place)
            if own in seen:
                raise DataError(
                    Fault(
                        f"event {row['event']} stands twice: {', '.join(place)}",
                        f"{seen[own]} and {table}",
                        "one row per event, pair and layer",
                        "give each table once",
                    )
                )
            seen[own] = str(table)
            groups.setdefault((*place, row["simulated"], row["unit"]), []).append(row)
    ordered = sorted(groups, key=lambda key: (key[:4], layer_order(key[4]), key[5:]))
    write_table(path, SUMMARY, ((*key, *_over_events(groups[key])) for key in ordered))


def _over_events(rows: Sequence[dict[str, str]]) -> Sequence[object]:
    shifts = [
        math.hypot(*pair)
        for pair in zip(_values(rows, "shift_row"), _values(rows, "shift_column"), strict=True)
    ]
    middle = [
        _short(median(values)) if values else ""
        for values in (_values(rows, "bias"), _values(rows, "correlation"))
    ]
    verdicts = [row["verdict"] for row in rows]
    return (
        len(rows),
        *(verdicts.count(name) for name in ("within", "beyond", "undefined")),
        *middle,
        _short(max(shifts)) if shifts else "",
    )


def _values(rows: Iterable[dict[str, str]], column: str) -> list[float]:
    """The defined numbers of a column; DataError where a cell is none."""
    try:
        return [float(row[column]) for row in rows if row[column]]
    except ValueError:
        raise DataError(
            Fault(
                f"holds something that is no number in column {column}",
                f"parity of {', '.join(dict.fromkeys(row['event'] for row in rows))}",
                "numbers and empty cells",
                "delete the event's table and let the workflow make it again",
            )
        ) from None
