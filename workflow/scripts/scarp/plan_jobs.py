"""What Snakemake would still run, asked of Snakemake itself by a dry run."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scarp.errors import Fault, ScarpError

#: Split, features, scenario and seed of a model.
ModelId = tuple[str, str, str, int]

# As the rules that train word their messages.
_TRAINING = re.compile(r"^Job \d+: Training (\S+) in (.+), split (\S+)$", re.MULTILINE)
_MEMBER = re.compile(r"(\S+), seed (\d+)")
_TRAINER = re.compile(r"train(_together_\d+)?")
_JOB_TABLE = re.compile(r"^Job stats:\n.*\n-[- ]+\n((?:\S+ +\d+\n)+)", re.MULTILINE)
_DONE = "Nothing to be done"


class PlanError(ScarpError):
    """The jobs that are left cannot be found out."""


@dataclass(frozen=True)
class Left:
    """Jobs that are left.

    Attributes
    ----------
    jobs: rule -> number of jobs, in the order of Snakemake's table, without targets and total.
    trainings: models to train.
    """

    jobs: Mapping[str, int]
    trainings: frozenset[ModelId]

    @property
    def total(self) -> int:
        return sum(self.jobs.values())


def dry_run(python: str, snakefile: str | Path, target: str, config: Mapping[str, Any]) -> str:
    """What a dry run of `target` prints, in the folder in which this process runs.

    Parameters
    ----------
    python: interpreter with Snakemake.
    config: the whole configuration, pathvars included.

    Raises
    ------
    PlanError: with what the dry run printed, when it fails.
    """
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "config.json")
        path.write_text(json.dumps(config), encoding="utf-8")
        # The run that asks holds the lock; a dry run writes nothing, so that it needs none.
        command = [python, "-m", "snakemake", target, "--dry-run", "--nolock", "--nocolor"]
        command += ["--quiet", "host", "reason", "--snakefile", str(snakefile)]
        command += ["--configfile", str(path)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise PlanError(
            Fault(
                f"fails:\n{done.stdout.strip()}",
                f"dry run of {target}",
                cure="correct what it says; snakemake -n shows the same",
            )
        )
    return done.stdout


def read_dry_run(output: str) -> Left:
    """Read the job table and the trainings from what a dry run printed.

    Raises
    ------
    PlanError: there is no job table, or it counts other trainings than the list of jobs.
    """
    table = _JOB_TABLE.search(output)
    if table is None and _DONE not in output:
        raise PlanError(
            Fault("holds no table of jobs", "dry run", cure=f"it printed:\n{output.strip()}")
        )
    rows = (line.rsplit(maxsplit=1) for line in table[1].splitlines()) if table else ()
    jobs = {rule: int(count) for rule, count in rows if rule not in ("all", "study", "total")}
    messages = _TRAINING.findall(output)
    training = sum(count for rule, count in jobs.items() if _TRAINER.fullmatch(rule))
    if len(messages) != training:
        raise PlanError(
            Fault(
                f"names {len(messages)} jobs that train",
                "dry run",
                f"{training}, as its table of jobs says",
                "let the messages of these rules read 'Training F in S, seed N, split P', where"
                " 'S, seed N' may stand several times, with '; ' between",
            )
        )
    trainings = frozenset(
        (split, features, scenario, int(seed))
        for features, members, split in messages
        for scenario, seed in _MEMBER.findall(members)
    )
    return Left(jobs, trainings)
