"""Parity of one event: from two sides to a table and a page."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from scarp.channels import split_channel
from scarp.errors import DataError, Fault
from scarp.parity.compare import compare, unit_of
from scarp.parity.page import write_page
from scarp.parity.pairing import Pair, pair_layers, undated
from scarp.parity.picture import picture
from scarp.parity.product_side import LOCAL_INCIDENCE
from scarp.parity.sides import Side, Source, read_side
from scarp.parity.table import Row, write_parity
from scarp.parity.tolerances import verdict

_LOG = logging.getLogger("scarp")


def compare_event(
    event: str,
    a: Source,
    b: Source,
    epochs: Sequence[str],
    table: str | Path,
    page: str | Path,
) -> None:
    """Compare the Sentinel-1 layers of an event as two makers made them.

    Parameters
    ----------
    event: its id.
    a, b: the sides; differences are b less a.
    epochs: of the event's Sentinel-1 dates.
    table: .tsv to write. page: .html to write.

    Raises
    ------
    DataError: the sides have one label, or cannot be read or compared (`read_side`,
        `pair_layers`), or files hold what they should not; nothing is written.
    """
    if a.label == b.label:
        raise DataError(
            Fault("is the label of both sides", f"{event}, '{a.label}'", "two names", "rename one")
        )
    sides = read_side(a, epochs), read_side(b, epochs)
    pairs = pair_layers(*sides)
    rows: list[Row] = []
    pictures: dict[str, bytes] = {}
    faults: list[Fault] = []
    for pair in pairs:
        try:
            images = pair.read()
        except DataError as error:
            faults += [fault for fault in error.faults if fault not in faults]
            continue
        unit, origins = unit_of(pair.name), (pair.a.origin, pair.b.origin)
        row = Row(event, (a.label, b.label), origins, pair.name, compare(*images, unit))
        rows.append(row)
        pictures[pair.name] = picture(images, row.labels, _title(pair.name), unit, row.simulated)
        _LOG.info("%s %s: %s", event, pair.name, verdict(pair.name, row.parity))
    if faults:
        raise DataError(faults)
    notes = _notes(sides, pairs)
    for note in notes:
        _LOG.warning("%s: %s", event, note)
    write_parity(rows, table)
    write_page(rows, pictures, notes, page)


def _title(layer: str) -> str:
    if layer == LOCAL_INCIDENCE:
        return "local incidence"
    epoch, band = split_channel(layer)
    return f"{epoch} {band.long_name.removesuffix(', linear power')}"


def _notes(sides: tuple[Side, Side], pairs: Sequence[Pair]) -> list[str]:
    """What could not be compared, or not be checked."""
    notes: list[str] = []
    names = {pair.name for pair in pairs}
    for side in sides:
        alone = [name for name in side.layers if name not in names]
        if alone:
            notes.append(f"Only {side.label} has {', '.join(alone)}: not compared.")
        if epochs := undated(side, pairs):
            notes.append(
                f"{side.label} does not tell the dates of {', '.join(epochs)}: whether both sides"
                " show the same dates could not be checked."
            )
    if any(grid != pair.grid for pair in pairs for grid in (pair.a.grid, pair.b.grid)):
        sizes = dict.fromkeys(f"{pair.grid.width} x {pair.grid.height}" for pair in pairs)
        notes.append(f"Compared on the {', '.join(sizes)} pixels that both sides cover.")
    return notes
