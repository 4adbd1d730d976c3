"""The workflow on a real SLURM of one node, with pretend GPUs: tests/slurm/up.sh starts it."""

from __future__ import annotations

import re
import subprocess
import time
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
METRICS = "results/demo/summary/metrics.tsv"
TINY_METRICS = "results/tiny/summary/metrics.tsv"
#: One job of a node, in place of the profile's own groups.
PREPARING = ("baselines", "cut_patches", "simulate_cube", "split_testing", "split_training")
GROUPS = ("--groups", "evaluate=scoring", *(f"{rule}=prepare" for rule in PREPARING))


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


def scontrol(*arguments: str) -> str:
    command = ["scontrol", *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def slurm_jobs() -> list[dict[str, str]]:
    """All jobs that SLURM has seen; `Comment` names the rule or group."""
    shown = scontrol("--oneliner", "show", "jobs")
    return [dict(re.findall(r"(\S+?)=(\S*)", line)) for line in shown.splitlines() if "=" in line]


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


def differing(project: Project, other: Project, study: str = "tiny") -> list[str]:
    """Results that two projects do not share byte for byte."""
    ours, others = project.results(study), other.results(study)
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
        (
            *("acquire_dem", "acquire_optical", "choose_model"),
            *("download_archive", "fetch_scenes", "seek_scenes"),
        ),
        True,
    )
    assert [name for name, local, asked in rules if local and "gpu" in asked] == ["plan"]


def test_every_job_of_a_node_states_its_time(tmp_path: Path) -> None:
    for name, local, asked in lists_of_rules(Project.create(tmp_path / "project")):
        assert local or "runtime" in asked, name


def test_the_study_comes_to_its_partitions_and_gives_the_same_bytes(
    slurm: None, finished: Project, tmp_path: Path
) -> None:
    """From cubes to metrics.tsv. What comes before the trainings is one job, to save time."""
    project = Project.create(tmp_path / "project")
    before = len(slurm_jobs())
    project.run(*PROFILE, *ONE_NODE, *GROUPS, *TINY, *ASKS_FOR_GPU, "--", TINY_METRICS)
    made = project.results()
    assert {"summary/metrics.tsv", "splits/roles/baselines.tsv"} <= set(made)
    assert {name.split("/")[0] for name in made} == {
        *("cubes", "patches", "splits", "models", "summary"),
    }
    ours, others = made, finished.results()
    assert [name for name in ours if ours[name] != others[name]] == []
    assert placed(slurm_jobs()[before:]) == [
        ("_".join(("prepare", *PREPARING)), "cpu", "no GPU", "COMPLETED"),
        ("scoring_evaluate", "gpu", "gres:gpu:1", "COMPLETED"),
        ("summarise", "cpu", "no GPU", "COMPLETED"),
        ("train", "gpu", "gres:gpu:1", "COMPLETED"),
        ("train", "gpu", "gres:gpu:1", "COMPLETED"),
    ]


@pytest.mark.full
def test_a_node_that_goes_down_in_a_training_changes_nothing(
    slurm: None, finished: Project, tmp_path: Path
) -> None:
    """The training is so long that the node is down before it ends."""
    model = "roles/gamma0/1pre-1post/seed1"
    scores = f"results/tiny/models/{model}/scores.tsv"
    long = (*TINY, "--config", "training={device: auto, epochs: 150}", "--", scores)
    undisturbed, project = finished.copy(tmp_path / "one"), finished.copy(tmp_path / "other")
    undisturbed.run("--cores", "2", *long)
    log = project.folder / f"results/tiny/logs/train/{model.replace('/', '_')}.log"
    log.unlink()
    before = len(slurm_jobs())
    command = project.command(*PROFILE, *ONE_NODE, *long)
    with (tmp_path / "output").open("w") as output:
        running = subprocess.Popen(
            command, cwd=project.folder, stdout=output, stderr=subprocess.STDOUT
        )
        while running.poll() is None and not (log.is_file() and "epoch 1/150" in log.read_text()):
            time.sleep(0.1)
        training = slurm_jobs()[before]
        node = f"nodename={training['NodeList']}"
        scontrol("update", node, "state=down", "reason=test")
        while subprocess.run(["pidof", "slurmstepd"], stdout=subprocess.DEVNULL).returncode == 0:
            time.sleep(0.1)
        scontrol("update", node, "state=resume")
        # SLURM would start it again after two minutes.
        scontrol("update", f"jobid={training['JobId']}", "starttime=now")
        assert running.wait() == 0, (tmp_path / "output").read_text()
    assert placed(slurm_jobs()[before:]) == [
        ("scoring_evaluate", "gpu", "gres:gpu:1", "COMPLETED"),
        ("train", "gpu", "gres:gpu:1", "COMPLETED"),
    ]
    assert slurm_jobs()[before]["Restarts"] == "1"
    # SLURM tells what runs on a node that is taken down.
    assert "going on from" in log.read_text(encoding="utf-8")
    assert differing(project, undisturbed) == []


@pytest.mark.full
def test_the_demo_gives_the_same_bytes(slurm: None, tmp_path: Path) -> None:
    demo = ("--configfile", "config/demo.yaml", *ASKS_FOR_GPU, "--", METRICS)
    local = Project.create(tmp_path / "local")
    local.run("--cores", "2", *demo)
    project = Project.create(tmp_path / "slurm")
    project.run(*PROFILE, *ONE_NODE, *demo)
    assert METRICS.removeprefix("results/demo/") in project.results("demo")
    assert differing(project, local, "demo") == []
