"""Unpack a file of published patches."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.acquire.archive import patches_name
from scarp.acquire.archive_files import open_archive, unpack

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
name = patches_name(snakemake.wildcards.part)
with open_archive(snakemake.input[0]) as archive:
    unpack(archive, name, snakemake.output[0])
log.logger.info("unpacked %s", name)
