"""Draw the planned contrasts of a split."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.figures.contrasts import contrasts_figure
from scarp.figures.select import is_simulated, of_split
from scarp.summary import read_metrics

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
given, split = snakemake.input, snakemake.wildcards.family
simulated = is_simulated(of_split(read_metrics(given.metrics), split))
contrasts_figure(given.contrasts, list(snakemake.output), split, simulated)
