"""Choose an image of Sentinel-2 before or after an event, fetch its window, and write products."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.acquire.sentinel2.job import make_optical
from scarp.acquire.services import stac_of

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
given, at, params = snakemake.input, snakemake.wildcards, snakemake.params
service = stac_of(snakemake.config["acquire"]["stac"])
wanted = (given.terrain, at.event, at.epoch, params.sought, params.rules)
make_optical(service, *wanted, snakemake.output)
