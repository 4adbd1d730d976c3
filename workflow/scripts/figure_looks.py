"""Draw the optical images of an event side by side, with its polygons where there are any."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.acquire.sentinel2.seen import draw_products

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
optical, polygons = snakemake.input.optical, snakemake.input.polygons
pairs = list(zip(optical[::2], optical[1::2], strict=True))
event, title = snakemake.wildcards.event, snakemake.params.label.replace("\n", ", ")
draw_products(snakemake.output[0], pairs, polygons[0] if polygons else None, event, title)
