"""Harmonise products of an event's own scenes into its cube."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from scarp import log
from scarp.products import make_cube

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
row: dict[str, Any] = snakemake.params.event
make_cube(
    Path(snakemake.input[0]).parent,
    row["event"],
    row["event_date"],
    row["dates"],
    snakemake.output[0],
    row["needs_labels"],
)
