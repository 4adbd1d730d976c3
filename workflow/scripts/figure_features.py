"""Draw the features of an event before and after it."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.figures.features import event_features

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
event_features(snakemake.input[0], list(snakemake.output), snakemake.params.label)
