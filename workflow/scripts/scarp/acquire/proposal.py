"""The images that were chosen for an event, as rows of acquisitions.tsv for the user to pin."""

from __future__ import annotations

from pathlib import Path

from scarp.acquire.sentinel1.chosen import read_chosen
from scarp.tsv import read_table, write_table

#: Of acquisitions.tsv.
COLUMNS = ("event", "sensor", "epoch", "date", "product")


def write_proposal(path: str | Path, event: str, chosen: str | Path, quality: str | Path) -> None:
    """Write the rows: copied into acquisitions.tsv they pin what was chosen.

    Parameters
    ----------
    chosen: of `scarp.acquire.sentinel1.chosen`; scenes that were put there by hand are left out.
    quality: of `scarp.acquire.sentinel2.quality`.

    Raises
    ------
    DataError: a file is missing or damaged.
    """
    rows = [
        (event, "sentinel1", epoch, str(scenes[0].start.date()), scene.name.text)
        for epoch, scenes in read_chosen(chosen).items()
        for scene in scenes
    ]
    for image in read_table(quality, ("epoch", "date", "items")):
        rows += [
            (event, "sentinel2", image["epoch"], image["date"], item.strip())
            for item in image["items"].split(",")
        ]
    write_table(path, COLUMNS, rows)
