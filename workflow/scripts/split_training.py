"""Divide the patches of a split into training and validation, and fit the scaling."""

from typing import TYPE_CHECKING, Any

from scarp import log
from scarp.folds import Member, kind_of
from scarp.split_job import write_training_side

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
members: list[list[str]] = snakemake.params.members
settings: dict[str, Any] = snakemake.params.settings
percentiles: list[float] = snakemake.params.percentiles
physical_ranges: bool = snakemake.params.physical_ranges
write_training_side(
    dict(zip((member[0] for member in members), snakemake.input, strict=True)),
    [Member(*member) for member in members],
    kind=kind_of(snakemake.wildcards.split),
    settings=settings,
    percentiles=(percentiles[0], percentiles[1]),
    physical_ranges=physical_ranges,
    outputs={name: str(path) for name, path in snakemake.output.items()},
)
