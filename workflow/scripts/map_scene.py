"""Map an event with the models that were chosen for it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from scarp import log
from scarp.mapping.scene import MapFiles, map_scene

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
given, out = snakemake.input, snakemake.output
files = json.loads(Path(given.record).read_text(encoding="utf-8"))["files"]
map_scene(
    [Path(given.models) / file["path"] for file in files],
    given.cube,
    MapFiles(Path(out.probability), Path(out.uncertainty), Path(out.valid)),
    device=snakemake.config["training"]["device"],
    threads=snakemake.threads,
)
