"""Choose and fetch an image of a simulated event, from its own catalogue instead of a real one."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.acquire.sentinel2.job import make_optical
from scarp.acquire.stac_access import Stac
from scarp.simulate.l2a import COLLECTION
from scarp.simulate.stac_server import catalogue

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
given, at, params = snakemake.input, snakemake.wildcards, snakemake.params
wanted = (given.terrain, at.event, at.epoch, params.sought, params.rules)
with catalogue(given.tiles) as address:
    make_optical(Stac(address, COLLECTION), *wanted, snakemake.output)
