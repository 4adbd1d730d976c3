"""Lay the tiles of a block of the benchmark side by side in a cube."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.acquire.landslide4sense import parse_block
from scarp.acquire.landslide4sense_tiles import make_cube

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
row: dict[str, str] = snakemake.params.event
block = parse_block(row["block"], f"event {row['event']}, column aoi")
make_cube(snakemake.input[0], snakemake.params.format, block, row["event"], snakemake.output[0])
log.logger.info("%s: tiles %s", row["event"], block)
