"""Draw what augmentation does, for feature sets that ran with and without it."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.figures.pairs import paired
from scarp.figures.style import Names

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
paired(
    snakemake.input.metrics,
    list(snakemake.output),
    Names(**snakemake.params.names),
    [(without, augmented) for without, augmented in snakemake.params.pairs],
    split=snakemake.wildcards.family,
)
