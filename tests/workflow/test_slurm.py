"""The workflow on a real SLURM of one node, with pretend GPUs: tests/slurm/up.sh starts it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from project import ROOT, TINY, Project

#: What up.sh ends with where SLURM cannot be started here.
REFUSED = 77
PROFILE = ("--profile", "profiles/slurm")
#: One node has no accounting, and its file system shows files at once.
ONE_NODE = (
    *("--slurm-no-account", "--slurm-status-command", "squeue"),
    *("--slurm-init-seconds-before-status-checks", "5", "--latency-wait", "10"),
)
ASKS_FOR_GPU = ("--config", "training={device: auto}")
BASELINES = "results/tiny/splits/roles/baselines.tsv"


@pytest.fixture(scope="module")
def slurm() -> Iterator[None]:
    scripts = ROOT / "tests" / "slurm"
    up = subprocess.run(["sh", scripts / "up.sh"], stderr=subprocess.PIPE, text=True)
    if up.returncode == REFUSED:
        pytest.skip(up.stderr.strip())
    assert up.returncode == 0, up.stderr
    with pytest.MonkeyPatch.context() as patch:
        # A real GPU of this machine is not what SLURM gives, and rounds in its own way.
        patch.setenv("CUDA_VISIBLE_DEVICES", "")
        yield
    subprocess.run(["sh", scripts / "down.sh"], check=True)


def slurm_jobs() -> list[dict[str, str]]:
    """All jobs that SLURM has seen; `Comment` names the rule or group."""
    shown = subprocess.run(
        ["scontrol", "--oneliner", "show", "jobs"], stdout=subprocess.PIPE, text=True, check=True
    )
    return [dict(re.findall(r"(\S+?)=(\S*)", line)) for line in shown.stdout.splitlines() if line]


def placed(jobs: list[dict[str, str]]) -> list[tuple[str, str, str, str]]:
    """Rule or group, partition, what SLURM gave of GPUs, and state of jobs, sorted."""
    return sorted(
        (
            re.sub("^rule_|_wildcards_.*", "", job["Comment"]),
            job["Partition"],
            job.get("TresPerJob", "no GPU"),
            job["JobState"],
        )
        for job in jobs
    )


def models(project: Project) -> list[str]:
    """Folders of the project's models."""
    found = project.folder.glob("results/tiny/models/*/*/*/*/model.safetensors")
    return sorted(str(path.parent.relative_to(project.folder)) for path in found)


def differing(project: Project, other: Project) -> list[str]:
    """Results that two projects do not share byte for byte."""
    ours, others = project.results(), other.results()
    return [name for name in sorted({*ours, *others}) if ours.get(name) != others.get(name)]


def lists_of_rules(project: Project, *arguments: str) -> list[tuple[str, bool, set[str]]]:
    """Every rule, whether it stays where Snakemake runs, and what it asks for.

    Snakemake calls every rule local as long as it runs none.
    """
    probe = project.folder / "probe.smk"
    probe.write_text(
        'include: "Snakefile"\n'
        "for rule in workflow.rules:\n"
        '    print("RULE", rule.name, rule.name in workflow._localrules, *rule.resources.keys())\n',
        encoding="utf-8",
    )
    output = project.run("--list-rules", "--snakefile", "probe.smk", *PROFILE, *arguments)
    rows = (line.split()[1:] for line in output.splitlines() if line.startswith("RULE "))
    return [(name, local == "True", set(asked)) for name, local, *asked in rows]


def test_what_needs_the_internet_stays_where_snakemake_runs(tmp_path: Path) -> None:
    """With the settings of a fresh clone, whose archive is still to be fetched."""
    rules = lists_of_rules(Project.create(tmp_path / "project"))
    downloads = {name: local for name, local, asked in rules if "downloads" in asked}
    assert downloads == dict.fromkeys(
        ("acquire_dem", "acquire_optical", "download_archive", "fetch_scenes", "seek_scenes"), True
    )
    assert [name for name, local, asked in rules if local and "gpu" in asked] == ["plan"]


def test_every_job_of_a_node_states_its_time(tmp_path: Path) -> None:
    for name, local, asked in lists_of_rules(Project.create(tmp_path / "project")):
        assert local or "runtime" in asked, name


def test_jobs_come_to_their_partitions_and_give_the_same_bytes(
    slurm: None, scratch: Project, finished: Project
) -> None:
    """Trainings, scoring and a baseline; the cubes and patches are there."""
    shutil.rmtree(scratch.folder / "results/tiny/models")
    (scratch.folder / BASELINES).unlink()
    targets = [f"{model}/scores.tsv" for model in models(finished)]
    scratch.run(*PROFILE, *ONE_NODE, *TINY, *ASKS_FOR_GPU, "--", BASELINES, *targets)
    assert differing(scratch, finished) == []
    assert placed(slurm_jobs()) == [
        ("baselines", "cpu", "no GPU", "COMPLETED"),
        ("scoring_evaluate", "gpu", "gres:gpu:1", "COMPLETED"),
        ("train", "gpu", "gres:gpu:1", "COMPLETED"),
        ("train", "gpu", "gres:gpu:1", "COMPLETED"),
    ]
