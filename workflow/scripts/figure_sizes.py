"""Draw what was found of the landslides of each size."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.assessments import is_simulated, read_measures, read_objects
from scarp.figures.sizes import sizes_figure
from scarp.figures.style import Names

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
given, params, split = snakemake.input, snakemake.params, snakemake.wildcards.family
sizes_figure(
    read_objects(given.objects, split),
    list(snakemake.output),
    Names(**params.names),
    split,
    params.groups,
    is_simulated(read_measures(given.measures, split)),
)
