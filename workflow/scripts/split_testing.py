"""List the testing patches of one event."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.folds import kind_of
from scarp.patches import read_table
from scarp.split_files import write_test_list
from scarp.splits import patches_that_test

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
event, kind = snakemake.wildcards.event, kind_of(snakemake.wildcards.split)
role: str = snakemake.params.role
test: float = snakemake.params.test
buffer: int = snakemake.params.buffer
table = read_table(snakemake.input[0])
patches, acting = patches_that_test(role, table, kind, test, buffer)
write_test_list(snakemake.output[0], event, patches, acting)
log.logger.info("%s: %d testing patches", event, len(patches))
