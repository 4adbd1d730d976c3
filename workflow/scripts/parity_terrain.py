"""Write the grid of a published event as a file that engines read."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.parity.ground import write_terrain

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
write_terrain(snakemake.input[0], snakemake.output[0])
log.logger.info("wrote %s", snakemake.output[0])
