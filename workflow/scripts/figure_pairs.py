"""Draw F1 of feature sets that differ in one choice."""

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
    [(first, second) for first, second in snakemake.params.pairs],
    (snakemake.params.meaning[0], snakemake.params.meaning[1]),
    split=snakemake.wildcards.family,
)
