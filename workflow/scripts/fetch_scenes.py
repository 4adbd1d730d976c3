"""Fetch the Sentinel-1 scenes of an epoch and their orbit files."""

from pathlib import Path
from typing import TYPE_CHECKING

from scarp import log
from scarp.acquire.sentinel1.epoch import fetch_epoch
from scarp.acquire.services import scene_services

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
config, folder = snakemake.config, Path(snakemake.output[0]).parent
locks = Path(config["pathvars"]["resources"], "sentinel1", ".connections")
services = scene_services(config["acquire"], config["sentinel1"]["orbits"], locks)
fetch_epoch(snakemake.input[0], snakemake.wildcards.epoch, folder, services)
