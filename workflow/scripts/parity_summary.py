"""Bring the comparisons of all events into one table."""

from typing import TYPE_CHECKING

from scarp import log
from scarp.parity.table import parity_summary

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
parity_summary(list(snakemake.input), snakemake.output[0])
