"""Set the scores that the paper reports beside ours."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.figures.reference_table import reference_table
from scarp.figures.style import Names
from scarp.reference import compare, write_comparison

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
family: str = snakemake.wildcards.family
outlier: str = snakemake.params.outlier
rows = compare(
    snakemake.input.metrics, snakemake.input.paper, snakemake.params.groups, outlier, family
)
write_comparison(rows, snakemake.output.tsv)
reference_table(rows, snakemake.output.html, Names(**snakemake.params.names), outlier, family)
