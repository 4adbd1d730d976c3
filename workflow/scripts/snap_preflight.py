"""Check SNAP, its graphs, memory and auxiliary data: what is wrong, and how to cure it."""

from pathlib import Path
from typing import TYPE_CHECKING

from scarp import log
from scarp.sentinel1.settings import Processing
from scarp.snap.auxdata import scenes_of_names
from scarp.snap.nominal import checkable_graphs
from scarp.snap.preflight import preflight, write_preflight

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
config, job = snakemake.config["sentinel1"], (snakemake.resources.mem_mb, snakemake.threads)
snap, processing = config["snap"], Processing(**config["processing"])
wanted = (snap["gpt"], snap["version"])
graphs = checkable_graphs(*wanted, processing, snap["orbit"], snap["spectral_diversity"])
auxdata = Path(snap["auxdata"]) if snap["auxdata"] else None
scenes = scenes_of_names(snakemake.params.scenes, snap["orbit"])
found = preflight(*wanted, graphs, snap["python"], *job, auxdata, scenes, Path(config["orbits"]))
write_preflight(snakemake.output[0] if snakemake.output else None, found)
