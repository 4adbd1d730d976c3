"""Judge the planned contrasts of a split and estimate effects."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.assessments import read_strata
from scarp.conclusion_files import write_conclusions
from scarp.conclusions import conclude
from scarp.contrasts import Side, from_lists
from scarp.figures.select import of_split
from scarp.summary import Model, read_metrics
from scarp.tables import Experiment

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
params, given, split = snakemake.params, snakemake.input, snakemake.wildcards.family
scores, strata = of_split(read_metrics(given.metrics), split), read_strata(given.strata, split)
histories = dict(zip((Model(*one) for one in params.models), given.histories, strict=True))
sensors = {name: Side.of(*side) for name, side in params.sensors.items()}
experiments = [Experiment(a, b, tuple(channels)) for a, b, channels in params.experiments]
planned, groups, margin = from_lists(params.contrasts), params.groups, params.margin
found = conclude(scores, strata, histories, planned, sensors, experiments, groups, margin)
write_conclusions(dict(snakemake.output.items()), found, scores, split)
