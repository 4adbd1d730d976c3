"""Write the graph that makes one product of an event, and run nothing."""

from pathlib import Path
from typing import TYPE_CHECKING

from scarp import log
from scarp.snap.job import Installation, write_graph
from scarp.snap.resolve import request_from

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
given, params = snakemake.input, snakemake.params
request = request_from(snakemake.wildcards.kind, given.terrain, given.dem, params)
write_graph(request, Installation(**params.snap), Path(snakemake.output[0]))
