"""The table of offsets that Sentinel-2 images carry, from the facts of all events."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from scarp.sentinel2 import QUANTIFICATION
from scarp.tsv import write_table

COLUMNS = ("event", "epoch", "date", "offset_dn", "evidence")


def write_offsets(
    facts: Iterable[str | Path], dates: Mapping[str, Mapping[str, str]], path: str | Path
) -> None:
    """Write a row per image of Sentinel-2 whose source says or shows whether it carries an offset.

    Parameters
    ----------
    facts: results/events/{event}.json of every event (`scarp.describe`).
    dates: event -> epoch -> ISO date of its Sentinel-2 images.
    """
    rows: list[tuple[str, str, str, int, str]] = []
    for file in facts:
        event = json.loads(Path(file).read_text(encoding="utf-8"))
        name = event["event"]
        for epoch, found in sorted(event["s2_offset"].items(), reverse=True):
            added = round(found["offset"] * QUANTIFICATION)
            rows.append((name, epoch, dates[name].get(epoch, ""), added, found["evidence"]))
    rows.sort(key=lambda row: row[0])
    write_table(path, COLUMNS, rows)
