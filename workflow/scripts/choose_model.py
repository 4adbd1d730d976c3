"""Choose the models that map an event, and bring them where its map is made."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.comparable import compared_pairs
from scarp.mapping.selection import Wanted, select_models

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
given = snakemake.params
select_models(
    snakemake.input.cube,
    Wanted(**given.wanted),
    compared_pairs(given.parity),
    snakemake.output.record,
    snakemake.output.models,
)
