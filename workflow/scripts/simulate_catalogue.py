"""Simulate SLC scenes, DEM and a catalogue of optical images of an event. Nothing in it is real."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from scarp import log
from scarp.simulate.catalogue import simulate_catalogue
from scarp.simulate.scenes import settings_of, simulate_scenes

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
row: dict[str, Any] = snakemake.params.event
made, days, event = snakemake.output, row["dates"], row["event"]
settings = settings_of(row, snakemake.params.world)
place = (event, row["event_date"], row["orbit"])
paths = (Path(made.scenes), Path(made.dem), Path(made.terrain).parent)
simulate_scenes(*paths, *place, days["sentinel1"], {}, settings)
simulate_catalogue(Path(made.tiles), *place, days["sentinel2"], settings)
log.logger.info("simulated scenes and optical tiles of %s", event)
