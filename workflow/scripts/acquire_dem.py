"""Fetch the elevation of an event and its surroundings."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.acquire.area import box_around, read_area
from scarp.acquire.copdem import fetch_dem
from scarp.acquire.services import elevation_of

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
#: Metres around the event: terrain that lays itself over it, and what SNAP looks at.
margin = 11_000.0
box = box_around(read_area(snakemake.input[0]).grid, margin)
fetch_dem(box, elevation_of(snakemake.params.source), snakemake.output[0])
