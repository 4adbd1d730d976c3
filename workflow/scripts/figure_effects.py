"""Draw the main effects of a split."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.figures.effects import effects_figure
from scarp.figures.select import is_simulated, of_split
from scarp.summary import read_metrics

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
given, split = snakemake.input, snakemake.wildcards.family
simulated = is_simulated(of_split(read_metrics(given.metrics), split))
effects_figure(given.effects, list(snakemake.output), split, simulated)
