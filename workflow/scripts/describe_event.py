"""Write the facts of an event that its cube tells."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.describe import describe

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
describe(snakemake.input[0], snakemake.output[0])
