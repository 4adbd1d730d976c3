"""Write the published patches of one event."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.acquire.archive import SIDES
from scarp.acquire.published_patches import write_published
from scarp.acquire.published_positions import read_positions

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
given, size = snakemake.input, snakemake.params.size
write_published(
    given.cube,
    snakemake.wildcards.event,
    read_positions(given.positions),
    dict(zip(SIDES, given.patches, strict=True)),
    size,
    snakemake.output[0],
)
log.logger.info("published patches of %s", snakemake.wildcards.event)
