"""Train the U-Nets of one job."""

from pathlib import Path
from typing import TYPE_CHECKING

from scarp import log
from scarp.train import train
from scarp.training.settings import Experiment, ModelFiles, TrainingFiles, TrainingSettings

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
params, given, out = snakemake.params, snakemake.input, snakemake.output
choices = (params.augmentation, params.scope, params.s2_offset, params.code)
experiments = [
    Experiment(split, features, scenario, seed, tuple(channels), *choices)
    for split, features, scenario, seed, channels in params.models
]
written = [ModelFiles(Path(m), Path(h)) for m, h in zip(out.models, out.histories, strict=True)]
shaping = {**params.training, **params.network, "threshold": params.threshold}
chosen = snakemake.config["training"]
effort = {name: chosen[name] for name in ("device", "graphs", "checkpoint_minutes")}
settings = TrainingSettings(**shaping, **effort, threads=snakemake.threads)
patches = dict(zip(params.events, given.patches, strict=True))
files = TrainingFiles(patches, given.augmentation, given.validation, given.scaling)
train(dict(zip(experiments, written, strict=True)), settings, files)
