"""Gather the scores of all models, average them, and join the baselines."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.summary import Model, collect, write_averages, write_seeds
from scarp.tsv import join_tables

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
models = [Model(*identity) for identity in snakemake.params.models]
given, made = snakemake.input, snakemake.output
collect(zip(models, given.scores, strict=True), made.metrics)
write_averages(made.metrics, made.averages)
write_seeds(made.metrics, made.seeds)
join_tables(given.baselines, made.baselines)
