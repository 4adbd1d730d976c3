"""List the models of a folder with their checksums, so that others can use it."""

from pathlib import Path
from typing import TYPE_CHECKING

from scarp import log
from scarp.mapping.shelf_index import write_index

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
path = Path(snakemake.output[0])
write_index(path.parent, path)
