"""Choose and fetch an image of a simulated event, from its own catalogue instead of a real one."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from scarp import log
from scarp.acquire.sentinel2.candidates import Rules
from scarp.acquire.sentinel2.choice import Pin
from scarp.acquire.sentinel2.product import acquire_optical
from scarp.acquire.stac_access import Stac, StacAccess
from scarp.product_raster import read_raster
from scarp.simulate.l2a import COLLECTION
from scarp.simulate.stac_server import catalogue

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
sought, rules, at = snakemake.params.sought, dict(snakemake.params.rules), snakemake.wildcards
snow = rules.pop("snow_is_usable")
grid = read_raster(Path(snakemake.input.terrain)).grid
pin = Pin(date.fromisoformat(sought["day"]) if sought["day"] else None, tuple(sought["products"]))
day, made = date.fromisoformat(sought["event_date"]), snakemake.output
with catalogue(snakemake.input.tiles) as address:
    access = StacAccess(Stac(address, COLLECTION))
    wanted = (access, grid, at.event, day, at.epoch, Rules(**rules), pin)
    acquire_optical(*wanted, made.optical, made.valid, made.candidates, snow)
