"""Train the U-Net of one experiment."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.train import Experiment, TrainingFiles, TrainingSettings, train

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
params, given, names = snakemake.params, snakemake.input, snakemake.wildcards
identity = (names.split, names.features, names.scenario, int(names.seed))
choices = (params.augmentation, params.scope, params.s2_offset, params.code)
experiment = Experiment(*identity, tuple(params.channels), *choices)
settings = TrainingSettings(
    **params.training,
    **params.network,
    threshold=params.threshold,
    device=snakemake.config["training"]["device"],
    threads=snakemake.threads,
)
patches = dict(zip(params.events, given.patches, strict=True))
files = TrainingFiles(patches, given.augmentation, given.validation, given.scaling)
train(experiment, settings, files, snakemake.output.model, snakemake.output.history)
