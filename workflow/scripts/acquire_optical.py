"""Choose an image of Sentinel-2 before or after an event, fetch its window, and write products."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from scarp import log
from scarp.acquire.sentinel2.candidates import Rules
from scarp.acquire.sentinel2.choice import Pin
from scarp.acquire.sentinel2.product import acquire_optical
from scarp.acquire.services import stac_of
from scarp.acquire.stac_access import StacAccess
from scarp.product_raster import read_raster

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
sought, rules, at = snakemake.params.sought, dict(snakemake.params.rules), snakemake.wildcards
snow = rules.pop("snow_is_usable")
access = StacAccess(stac_of(snakemake.config["acquire"]["stac"]))
grid = read_raster(Path(snakemake.input.terrain)).grid
pin = Pin(date.fromisoformat(sought["day"]) if sought["day"] else None, tuple(sought["products"]))
day, made = date.fromisoformat(sought["event_date"]), snakemake.output
wanted = (access, grid, at.event, day, at.epoch, Rules(**rules), pin)
acquire_optical(*wanted, made.optical, made.valid, made.candidates, snow)
