"""Make products of one date, of one pair, or the geometry of an event from its SLC scenes."""

from pathlib import Path
from typing import TYPE_CHECKING

from scarp import log
from scarp.sentinel1.job import Place, make_products

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
given, params, output = snakemake.input, snakemake.params, snakemake.output
make_products(
    Place(given.terrain, given.dem, **params.place),
    list(output.keys()),
    params.epoch,
    params.scenes,
    params.earlier,
    params.orbits,
    Path(output[0]).parent,
    params.processing,
    snakemake.threads,
)
