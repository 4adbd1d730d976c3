"""Say which event does what in the published split."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.acquire.published_positions import read_positions, write_roles

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
roles: dict[str, str] = snakemake.params.roles
write_roles(snakemake.output[0], read_positions(snakemake.input[0]), roles)
