"""Draw the training curves of a split."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.figures.style import Names
from scarp.figures.training import training_curves
from scarp.summary import Model

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
models = [Model(*identity) for identity in snakemake.params.models]
training_curves(
    zip(models, snakemake.input, strict=True),
    list(snakemake.output),
    Names(**snakemake.params.names),
    snakemake.params.simulated,
    snakemake.wildcards.family,
)
