"""List the testing patches of one event."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.patches import read_table
from scarp.split_files import write_patch_list
from scarp.splits import patches_that_test

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
role: str = snakemake.params.role
test: float = snakemake.params.test
buffer: int = snakemake.params.buffer
event: str = snakemake.wildcards.event
whole = snakemake.wildcards.split != "roles"
patches = patches_that_test(role, read_table(snakemake.input[0]), whole, test, buffer)
write_patch_list(snakemake.output[0], ((event, patch) for patch in patches))
log.logger.info("%s: %d testing patches", event, len(patches))
