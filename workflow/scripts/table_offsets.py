"""Write which Sentinel-2 images carry the offset of their processing baseline."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.offset_table import write_offsets

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
dates: dict[str, dict[str, str]] = snakemake.params.dates
write_offsets(snakemake.input, dates, snakemake.output[0])
