"""Fit and score the baselines of a split."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.baselines import write_baselines

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
params, given = snakemake.params, snakemake.input
sites: list[str] = params.sites
patches = dict(zip(params.events, given.training, strict=True))
patches |= dict(zip(sites, given.patches, strict=True))
write_baselines(
    patches,
    given.train,
    dict(zip(sites, given.tests, strict=True)),
    params.channels,
    snakemake.wildcards.split,
    snakemake.output[0],
    params.s2_offset,
)
