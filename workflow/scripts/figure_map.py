"""Draw hits and misses of some models over an image of a site."""

from pathlib import Path
from typing import TYPE_CHECKING

from scarp import log
from scarp.figures.maps import site_map
from scarp.figures.style import Names

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
names = Names(**snakemake.params.names)
site: str = snakemake.wildcards.event
models: list[tuple[str, str, int]] = snakemake.params.models
folders: list[str] = list(snakemake.input.predictions)
predictions = [
    (names.experiment(features, scenario), f"{folder}/{site}.tif")
    for (features, scenario, _), folder in zip(models, folders, strict=True)
    if Path(folder, f"{site}.tif").exists()  # a published event that is not tested has none
]
site_map(snakemake.input.cube, predictions, list(snakemake.output), names.site(site))
