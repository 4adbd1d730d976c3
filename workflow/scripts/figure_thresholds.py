"""Draw precision, recall and F1 against the threshold."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.assessments import read_measures, read_thresholds
from scarp.figures.style import Names
from scarp.figures.thresholds import thresholds_figure

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
given, params, split = snakemake.input, snakemake.params, snakemake.wildcards.family
thresholds_figure(
    read_thresholds(given.thresholds, split),
    read_measures(given.measures, split),
    list(snakemake.output),
    Names(**params.names),
    split,
    params.threshold,
)
