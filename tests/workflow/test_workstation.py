"""A workstation is used as far as its memory and its GPUs go (docs/workstation.md)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from project import TINY, Project
from scarp.pools import pools

#: In place of a rule's own script: how long a job takes is no matter here.
SCRIPT = """
from pathlib import Path
for path in snakemake.output:
    Path(path).touch()
print("memory", snakemake.resources.mem_mb, "gpu", snakemake.resources.get("gpu"))
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The tiny study with empty results, of which cubes and models are made anew in no time."""
    project = Project.create(tmp_path_factory.mktemp("workstation") / "project")
    for name in ("simulate_cube", "train"):
        path = project.folder / "workflow" / "scripts" / f"{name}.py"
        path.write_text(SCRIPT, encoding="utf-8")
    project.pretend_finished(*TINY)
    return project


def _run(project: Project, rule: str, *arguments: str) -> str:
    """Make anew whatever a rule makes, and nothing else."""
    return project.run("--cores", "2", "--forcerun", rule, "--until", rule, *TINY, *arguments)


def _at_once(output: str) -> int:
    """Most jobs that ran at the same time, by the order in which they were started and ended."""
    running = most = 0
    for line in output.splitlines():
        if started := re.match(r"Execute (\d+) jobs\.\.\.", line):
            running += int(started[1])
            most = max(most, running)
        elif line.startswith("Finished jobid"):
            running -= 1
    return most


def _provided(output: str) -> dict[str, int]:
    found = re.search(r"^Provided resources: (.*)$", output, flags=re.MULTILINE)
    assert found, output
    pairs = re.findall(r"(\w+)=(?:Resource\(\"\w+\", )?(\d+)", found[1])
    return {name: int(amount) for name, amount in pairs}


def test_a_run_is_granted_what_the_machine_has(
    finished: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert _provided(_run(finished, "simulate_cube")) == pools(cluster=False)


def test_what_the_user_grants_stands_and_the_rest_stays(finished: Project) -> None:
    output = _run(finished, "simulate_cube", "--resources", "mem_mb=5000")
    assert _provided(output) == {**pools(cluster=False), "mem_mb": 5000}


# A simulated cube asks for 4000 MB; one that asks for more than there is runs alone.
@pytest.mark.parametrize(
    ("memory", "at_once", "used"), [(8000, 2, 4000), (7999, 1, 4000), (500, 1, 500)]
)
def test_memory_limits_what_runs_at_once(
    finished: Project, memory: int, at_once: int, used: int
) -> None:
    output = _run(finished, "simulate_cube", "--resources", f"mem_mb={memory}")
    assert _at_once(output) == at_once
    assert f"memory {used} " in output


# Without a GPU trainings that would take one run on the CPU, as many as there are cores for.
@pytest.mark.parametrize(
    ("device", "gpus", "at_once"),
    [("auto", 0, 2), ("auto", 1, 1), ("auto", 2, 2), ("cpu", 1, 2)],
)
def test_trainings_take_turns_on_a_gpu(
    finished: Project, device: str, gpus: int, at_once: int
) -> None:
    granted = ("--resources", f"gpu={gpus}", "mem_mb=100000")
    output = _run(finished, "train", "--config", f"training={{device: {device}}}", *granted)
    assert _at_once(output) == at_once
    assert f"gpu {min(gpus, 1) if device == 'auto' else 0}" in output


def test_nodes_of_a_cluster_are_not_limited_by_this_machine(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project")
    project.append("workflow/Snakefile", ["print('GRANTED', *workflow.global_resources)"])
    for profile, names in (
        ((), "mem_mb gpu downloads"),
        (("--profile", "profiles/slurm"), "gpu downloads"),  # gpu: of each job
    ):
        output = project.run("-n", *profile, *TINY)
        granted = re.search(r"^GRANTED (.*)$", output, flags=re.MULTILINE)
        assert granted
        assert set(granted[1].split()) == {"_cores", "_nodes", *names.split()}
