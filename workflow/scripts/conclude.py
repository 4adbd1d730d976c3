"""Judge the planned contrasts of a split and estimate main effects."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.conclusions import conclude, write_contrasts, write_effects, write_findings
from scarp.contrasts import Contrast, Side
from scarp.figures.select import of_split
from scarp.summary import Model, read_metrics
from scarp.tables import Experiment

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
params, given, out = snakemake.params, snakemake.input, snakemake.output
models = [Model(*identity) for identity in params.models]
contrasts = [
    Contrast(name, question, label, Side.of(*a), Side.of(*b), metric)
    for name, question, label, a, b, metric in params.contrasts
]
experiments = [Experiment(a, b, tuple(channels)) for a, b, channels in params.experiments]
split: str = snakemake.wildcards.family
histories = dict(zip(models, given.histories, strict=True))
scores = of_split(read_metrics(given.metrics), split)
found = conclude(scores, histories, contrasts, experiments, params.groups, params.margin)
write_contrasts(out.contrasts, found)
write_effects(out.effects, found)
write_findings(out.findings, found, scores, split)
