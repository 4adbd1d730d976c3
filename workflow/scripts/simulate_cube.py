"""Simulate the cube of an event. Nothing in it is real."""

from typing import TYPE_CHECKING, Any

from scarp import log
from scarp.simulate import SimulationSettings, simulate_event

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
row: dict[str, Any] = snakemake.params.event
event: str = row["event"]
settings = SimulationSettings(
    **snakemake.params.world,
    without_optical_contrast=() if row["optical"] else (event,),
    without_radar_contrast=() if row["radar"] else (event,),
)
simulate_event(
    snakemake.output[0],
    event,
    row["event_date"],
    row["orbit"],
    row["dates"]["sentinel1"],
    row["dates"]["sentinel2"],
    settings,
)
log.logger.info("simulated %s", event)
