"""Draw scores by layover and shadow, slope and size."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.assessments import is_simulated, read_measures, read_strata
from scarp.figures.strata import strata_figure
from scarp.figures.style import Names

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
given, params, split = snakemake.input, snakemake.params, snakemake.wildcards.family
strata_figure(
    read_strata(given.strata, split),
    list(snakemake.output),
    Names(**params.names),
    split,
    params.groups,
    [(features, scenario) for features, scenario in params.shown],
    is_simulated(read_measures(given.measures, split)),
)
