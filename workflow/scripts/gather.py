"""Gather one kind of table from all models."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.gather import gather
from scarp.summary import Model

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
models = [Model(*identity) for identity in snakemake.params.models]
for name, path in snakemake.output.items():
    gather(zip(models, snakemake.input[name], strict=True), path)
