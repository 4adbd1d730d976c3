"""Write the images that were chosen for an event as rows of acquisitions.tsv, to check and pin."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.acquire.proposal import write_proposal

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
given, event = snakemake.input, snakemake.wildcards.event
write_proposal(snakemake.output[0], event, given.chosen, given.quality)
