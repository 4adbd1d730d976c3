"""Draw whether the probabilities of some experiments mean what they say."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.assessments import is_simulated, read_measures, read_reliability
from scarp.figures.reliability import reliability_figure
from scarp.figures.style import Names

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
given, params, split = snakemake.input, snakemake.params, snakemake.wildcards.family
reliability_figure(
    read_reliability(given.reliability, split),
    list(snakemake.output),
    Names(**params.names),
    split,
    [(features, scenario) for features, scenario in params.shown],
    is_simulated(read_measures(given.measures, split)),
)
