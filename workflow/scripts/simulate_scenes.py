"""Simulate the SLC scenes, DEM and other products of an event. Nothing in them is real."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from scarp import log
from scarp.simulate.scenes import settings_of, simulate_scenes

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
row: dict[str, Any] = snakemake.params.event
made, days, event = snakemake.output, row["dates"], row["event"]
settings = settings_of(row, snakemake.params.world)
paths = (Path(made.scenes), Path(made.dem), Path(made.terrain).parent)
drawn = (event, row["event_date"], row["orbit"], days["sentinel1"], days["sentinel2"])
simulate_scenes(*paths, *drawn, settings)
log.logger.info("simulated scenes of %s", event)
