"""Cut the cube of an event into patches."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.cutting import cut

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
size: int = snakemake.params.size
stride: int = snakemake.params.stride
table = cut(snakemake.input[0], snakemake.output[0], size, stride)
empty = int((table.landslide_pixels == 0).sum())
log.logger.info("%d patches of %d pixels, %d without landslide", len(table), size, empty)
