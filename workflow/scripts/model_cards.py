"""Write the model card of every trained model."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.model_card import write_cards

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
given = snakemake.input
write_cards(
    given.models,
    list(snakemake.output),
    given.measures,
    given.objects,
    given.strata,
    snakemake.params.groups,
)
