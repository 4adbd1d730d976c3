"""Simulate an archive in the layout of the published one. Nothing in it is real."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.simulate import SimulationSettings
from scarp.simulate.archive import ArchiveEvent, PatchLayout, simulate_archive, with_offset

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
events = [ArchiveEvent(**row) for row in snakemake.params.events]
layout = PatchLayout(**snakemake.params.layout)
hidden: dict[str, list[str]] = snakemake.params.hidden
settings = SimulationSettings(
    **snakemake.params.world,
    without_optical_contrast=tuple(hidden["optical"]),
    without_radar_contrast=tuple(hidden["radar"]),
)
simulate_archive(snakemake.output[0], events, settings, layout, with_offset(events))
log.logger.info("simulated an archive of %d events", len(events))
