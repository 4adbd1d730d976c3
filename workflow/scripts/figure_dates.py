"""Draw F1 against the number of Sentinel-1 dates."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.figures.dates import f1_by_dates
from scarp.figures.style import Names

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
f1_by_dates(
    snakemake.input.metrics,
    list(snakemake.output),
    Names(**snakemake.params.names),
    snakemake.wildcards.family,
)
