"""Draw F1 of every experiment at every site."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.figures.scores import f1_per_site
from scarp.figures.style import Names

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
f1_per_site(
    snakemake.input.metrics,
    list(snakemake.output),
    Names(**snakemake.params.names),
    snakemake.wildcards.family,
    snakemake.input.baselines,
)
