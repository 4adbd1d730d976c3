"""Predict with one model at all its sites and on its validation patches, and score the sites."""

from pathlib import Path
from typing import TYPE_CHECKING

from scarp import log
from scarp.evaluate import Validation, evaluate

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
given, params = snakemake.input, snakemake.params
evaluate(
    given.model,
    dict(zip(params.sites, given.patches, strict=True)),
    dict(zip(params.sites, given.tests, strict=True)),
    Validation(given.validation, dict(zip(params.events, given.training, strict=True))),
    Path(snakemake.output.scores).parent,
    device=snakemake.config["training"]["device"],
    threads=snakemake.threads,
)
