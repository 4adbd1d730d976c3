"""Make what a map of an event is beside its rasters."""

from pathlib import Path
from typing import TYPE_CHECKING

from scarp import log
from scarp.mapping.products import ProductFiles, make_products
from scarp.mapping.rasters import Rasters
from scarp.mapping.settings import MapSettings

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
given, out = snakemake.input, {name: Path(path) for name, path in snakemake.output.items()}
names = ("probability", "uncertainty", "valid", "cube", "strata")
make_products(
    Rasters(**{name: Path(given[name]) for name in names}),
    Path(given.record),
    MapSettings(**snakemake.params.settings),
    out["page"].parent / "versions",
    ProductFiles(**out),
)
