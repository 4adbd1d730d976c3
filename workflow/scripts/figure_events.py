"""Draw the map and list of the events."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.event_table import gather
from scarp.figures.world import events_map

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
events_map(gather(snakemake.params.events, snakemake.input), list(snakemake.output))
