"""Find event and place of every published patch, and the role of every event."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.acquire.archive import SIDES
from scarp.acquire.published_positions import find_positions, write_positions

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
archive: str = snakemake.params.archive
files = dict(zip(SIDES, snakemake.input.patches, strict=True))
write_positions(snakemake.output[0], find_positions(archive, files))
