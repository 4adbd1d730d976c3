"""Compare the Sentinel-1 layers of an event as two makers made them."""

from typing import TYPE_CHECKING, Any

from scarp import log
from scarp.parity.event import compare_event
from scarp.parity.sides import Source

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
pair: dict[str, Any] = snakemake.params.pair
compare_event(
    pair["event"],
    Source(**pair["a"]),
    Source(**pair["b"]),
    pair["epochs"],
    snakemake.output.table,
    snakemake.output.page,
)
