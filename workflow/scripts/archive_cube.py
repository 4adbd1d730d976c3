"""Bring the GeoTIFFs of a published event into its cube."""

from typing import TYPE_CHECKING, Any

from scarp import log
from scarp.acquire.archive_cube import make_cube

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
row: dict[str, Any] = snakemake.params.event
make_cube(
    snakemake.params.archive,
    row["event"],
    row["event_date"],
    row["orbit"],
    row["dates"],
    tuple(row["channels"]),
    snakemake.output[0],
)
log.logger.info("%s: %d channels", row["event"], len(row["channels"]))
