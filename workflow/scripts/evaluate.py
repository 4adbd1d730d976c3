"""Score one model at all its sites."""

from pathlib import Path
from typing import TYPE_CHECKING

from scarp import log
from scarp.evaluate import evaluate

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
given = snakemake.input
sites: list[str] = snakemake.params.sites
evaluate(
    given.model,
    dict(zip(sites, given.patches, strict=True)),
    dict(zip(sites, given.tests, strict=True)),
    Path(snakemake.output.scores).parent,
    device=snakemake.config["training"]["device"],
    threads=snakemake.threads,
)
