"""Write the table of events: what the user's table and the cubes say of them."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.event_table import gather, write_events

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
write_events(snakemake.output[0], gather(snakemake.params.events, snakemake.input))
