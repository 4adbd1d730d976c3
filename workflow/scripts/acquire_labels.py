"""Rasterise the landslide polygons of an event."""

from pathlib import Path
from typing import TYPE_CHECKING

from scarp import log
from scarp.labels import make_labels
from scarp.product_raster import read_raster

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
given, day, output = snakemake.input, snakemake.params.event_date, snakemake.output[0]
grid = read_raster(Path(given.terrain)).grid
mapped = given.mapped[0] if given.mapped else None
make_labels(given.polygons[0], grid, output, snakemake.wildcards.event, day, mapped)
