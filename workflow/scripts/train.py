"""Train the U-Net of one experiment."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.train import Experiment, TrainingFiles, TrainingSettings, train

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
params, given, names = snakemake.params, snakemake.input, snakemake.wildcards
experiment = Experiment(
    split=names.split,
    features=names.features,
    scenario=names.scenario,
    seed=int(names.seed),
    channels=tuple(params.channels),
    augmentation=params.augmentation,
    scope=params.scope,
    code=params.code,
)
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
