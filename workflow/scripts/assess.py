"""Say of one model's stored predictions what its scores do not."""

from pathlib import Path
from typing import TYPE_CHECKING

from scarp import log
from scarp.assess import SiteFiles, Tables, assess

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
given, params = snakemake.input, snakemake.params
strata = dict(zip(params.stratified, given.strata, strict=True))
files = zip(params.sites, given.patches, given.tests, strict=True)
assess(
    Path(given.model).parent,
    {site: SiteFiles(patches, tests, strata.get(site)) for site, patches, tests in files},
    given.validation,
    dict(zip(params.events, given.training, strict=True)),
    Tables(**dict(snakemake.output.items())),
)
