"""Write the tables of scores and averages as pages to sort and read."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.figures.style import Names
from scarp.figures.table import averages_table, scores_table

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
metrics: str = snakemake.input.metrics
family: str = snakemake.wildcards.family
names = Names(**snakemake.params.names)
scores_table(metrics, snakemake.output.scores, names, family)
averages_table(metrics, snakemake.output.averages, names, family)
