"""Print what the configuration will still cost."""

from pathlib import Path
from typing import TYPE_CHECKING

from scarp import log
from scarp.plan import Machine
from scarp.plan_jobs import dry_run, read_dry_run
from scarp.plan_study import PlannedStudy, plan_study
from scarp.plan_text import render

if TYPE_CHECKING:
    from snakemake.script import snakemake

log.start(snakemake.log[0])
config, params = snakemake.config, snakemake.params
rows = (params.events, params.splits, params.models, params.choices, params.downloads)
left = read_dry_run(dry_run(params.python, params.snakefile, params.target, config))
plan = plan_study(PlannedStudy.from_rows(config, *rows), left, Machine(**params.machine))
text = render(plan)
print(text, flush=True)
with Path(snakemake.log[0]).open("a", encoding="utf-8") as file:
    file.write(text)
