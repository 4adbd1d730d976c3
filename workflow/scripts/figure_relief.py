"""Draw elevation and slope of the events."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.event_table import gather
from scarp.figures.relief import relief

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
relief(gather(snakemake.params.events, snakemake.input), list(snakemake.output))
