"""Write elevation and slope of an event on its grid."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.acquire.area import read_area
from scarp.terrain import make_terrain

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
given, output = snakemake.input, snakemake.output[0]
make_terrain(given.dem, read_area(given.area).grid, output, snakemake.params.heights)
log.logger.info("wrote %s", output)
