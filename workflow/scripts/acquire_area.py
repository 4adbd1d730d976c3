"""Write the area of an event: the box that its table row or its polygons name, and its grid."""

from pathlib import Path
from typing import TYPE_CHECKING

from scarp import log
from scarp.acquire.area import area_of, write_area

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
told, event = snakemake.params.area, snakemake.wildcards.event
polygons = Path(snakemake.input[0]) if snakemake.input else None
area = area_of(told["aoi"], polygons, told["margin"], event)
write_area(snakemake.output[0], area)
log.logger.info("%s: %s, from %s", event, area.bbox, area.origin)
