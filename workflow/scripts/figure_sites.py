"""Draw the test sites of a split."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.figures.sites import Site, test_sites

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
labels: list[str] = snakemake.params.labels
files = (snakemake.input.cubes, snakemake.input.patches, snakemake.input.tests)
sites = [Site(label, *own) for label, *own in zip(labels, *files, strict=True)]
test_sites(sites, list(snakemake.output), snakemake.wildcards.split)
