"""Write how good the optical images of an event are."""

from pathlib import Path
from typing import TYPE_CHECKING

from scarp import log
from scarp.acquire.sentinel2.quality import write_quality

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
optical, valid = snakemake.input[::2], snakemake.input[1::2]
epochs = [Path(path).stem.rpartition("_")[2] for path in optical]
images = dict(zip(epochs, zip(optical, valid, strict=True), strict=True))
write_quality(snakemake.output[0], snakemake.wildcards.event, images)
