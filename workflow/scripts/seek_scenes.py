"""Choose the Sentinel-1 scenes of an event: one track, dates before and after."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from scarp import log
from scarp.acquire.area import read_area
from scarp.acquire.sentinel1.candidate import Target
from scarp.acquire.sentinel1.chosen import write_chosen
from scarp.acquire.sentinel1.seek import Sought, seek_scenes, wishes_of, write_tracks
from scarp.acquire.services import catalogue_of

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
given, params, made = snakemake.input, snakemake.params, snakemake.output
area, told, event = read_area(given.area), params.sought, snakemake.wildcards.event
track = (told["orbit"], int(told["relative_orbit"]) if told["relative_orbit"] else None)
target = Target(event, date.fromisoformat(told["event_date"]), area.bbox, *track)
window = (params.search["days"], tuple(params.search["missions"]))
sought = Sought(target, wishes_of(told["rows"]), *window, Path(made.chosen).parent)
service = catalogue_of(snakemake.config["acquire"]["sentinel1"])
scenes, choice = seek_scenes(sought, service, area.grid, Path(given.dem))
write_tracks(made.tracks, event, choice)
write_chosen(made.chosen, scenes)
