"""Run SNAP for one product of an event, check what it made, and write the product file."""

from pathlib import Path
from typing import TYPE_CHECKING

from scarp import log
from scarp.snap.job import Installation, Run, make_products
from scarp.snap.resolve import request_from

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log.job)
params, resources = snakemake.params, snakemake.resources
settings = snakemake.config["sentinel1"]["snap"]
outputs = {kind: Path(path) for kind, path in snakemake.output.items()}
elevation = Path(snakemake.input.dem)
folder = elevation.parent / f"{params.kind}_{params.epoch}"
logs = (Path(snakemake.log.graph), Path(snakemake.log.gpt))
run = Run(folder, *logs, resources.mem_mb, snakemake.threads, resources.runtime)
snap = Installation(settings["gpt"], settings["version"], settings["auxdata"])
request = request_from(params.kind, snakemake.input.terrain, elevation, params)
make_products(request, outputs, snap, run, settings["valid_share"])
