"""Write the strata of an event's pixels."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.stratify import stratify

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
given = snakemake.input
product = given.geometry[0] if given.geometry else None
stratify(given.cube, product, snakemake.params.orbit, snakemake.output[0])
