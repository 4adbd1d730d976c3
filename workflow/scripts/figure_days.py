"""Draw the days between each event and its images."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.event_table import gather
from scarp.figures.days import image_days

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
image_days(
    gather(snakemake.params.events, snakemake.input),
    snakemake.params.dates,
    list(snakemake.output),
)
