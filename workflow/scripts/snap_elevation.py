"""Write the elevation of an event as SNAP needs it."""

from pathlib import Path
from typing import TYPE_CHECKING

from scarp import log
from scarp.product_raster import read_raster
from scarp.snap.elevation import write_elevation

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
given, output = snakemake.input, Path(snakemake.output[0])
grid = read_raster(Path(given.terrain)).grid
write_elevation(Path(given.dem), snakemake.params.heights, grid, output)
log.logger.info("wrote %s", output)
