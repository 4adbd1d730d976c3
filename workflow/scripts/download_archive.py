"""Download the published archive."""

from typing import TYPE_CHECKING, Any

from scarp import log
from scarp.acquire.download import Remote, download

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
remote: dict[str, Any] = snakemake.params.remote
download(
    Remote(**remote),
    snakemake.output[0],
    offline_cure="without internet here: fetch that file elsewhere and set archive: path to it",
)
