"""What a machine grants: memory within limits, GPUs that programs may use."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from scarp import pools as module
from scarp.pools import (
    DOWNLOADS,
    gpu_devices,
    granted_memory,
    installed_memory,
    memory_limits,
    pools,
    usable_gpus,
)

GB = 10**9


@pytest.mark.parametrize(
    ("installed", "limits", "granted"),
    [
        (64 * GB, [], 57_600),
        (64 * GB, [32 * GB, 2**63 - 4096], 28_800),
        # At least 1 GB is left to the system.
        (8 * GB, [], 7_000),
        (GB // 2, [], 1),
    ],
)
def test_a_tenth_of_memory_is_left_to_the_system(
    installed: int, limits: Sequence[int], granted: int
) -> None:
    assert granted_memory(installed, limits) == granted


def _groups(tmp_path: Path, membership: str, limits: dict[str, str]) -> list[int]:
    file = tmp_path / "cgroup"
    file.write_text(membership, encoding="utf-8")
    for name, text in limits.items():
        path = tmp_path / "sys" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return sorted(memory_limits(file, tmp_path / "sys"))


def test_every_control_group_above_a_process_limits_it(tmp_path: Path) -> None:
    limits = {
        "slurm/memory.max": "8000\n",
        "slurm/job_1/memory.max": "4000\n",
        "slurm/job_1/step_0/memory.max": "max\n",
        "slurm/job_2/memory.max": "7\n",
    }
    assert _groups(tmp_path, "0::/slurm/job_1/step_0\n", limits) == [4000, 8000]


def test_a_container_sees_its_limit_at_the_top(tmp_path: Path) -> None:
    assert _groups(tmp_path, "0::/\n", {"memory.max": "4000\n"}) == [4000]


def test_control_groups_of_the_first_version_limit_as_well(tmp_path: Path) -> None:
    limits = {
        "memory/docker/a/memory.limit_in_bytes": "4000\n",
        "cpu/docker/a/memory.limit_in_bytes": "1\n",
        "memory/memory.limit_in_bytes": "9223372036854771712\n",
    }
    membership = "5:cpu,cpuacct:/docker/a\n4:memory:/docker/a\n1:name=systemd:/\n0::/\n"
    assert _groups(tmp_path, membership, limits) == [4000, 9223372036854771712]


def test_a_system_without_control_groups_has_no_limit(tmp_path: Path) -> None:
    assert list(memory_limits(tmp_path / "none", tmp_path)) == []


@pytest.mark.parametrize(
    ("names", "number"),
    [
        ([], 0),
        (["nvidiactl", "nvidia-uvm", "nvidia-modeset"], 0),
        (["nvidia0", "nvidia3", "nvidia11", "nvidiactl"], 3),
        (["dxg"], 1),
    ],
)
def test_gpus_are_their_device_files(tmp_path: Path, names: Sequence[str], number: int) -> None:
    for name in names:
        (tmp_path / name).touch()
    assert gpu_devices(tmp_path) == number


@pytest.mark.parametrize(
    ("devices", "visible", "number"),
    [
        (4, None, 4),
        (4, "", 0),
        (4, "-1", 0),
        (4, "NoDevFiles", 0),
        (4, "2", 1),
        (4, "0, 3", 2),
        (4, "0,-1,1", 1),
        (1, "0,1", 1),
        (2, "GPU-4a5b,GPU-6c7d", 2),
        # Two parts of one GPU: one training, which is slower and safe.
        (1, "MIG-1,MIG-2", 1),
        (0, "0", 0),
        (0, "GPU-4a5b", 0),
    ],
)
def test_cuda_may_see_less_than_is_there(devices: int, visible: str | None, number: int) -> None:
    assert usable_gpus(devices, visible) == number


def test_this_machine_grants_less_memory_than_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "gpu_devices", lambda: 2)
    here = pools(cluster=False, environment={"CUDA_VISIBLE_DEVICES": "1"})
    assert 0 < here["mem_mb"] < installed_memory() / 10**6
    assert (here["gpu"], here["downloads"]) == (1, DOWNLOADS)


def test_of_a_cluster_only_downloads_are_counted() -> None:
    assert pools(cluster=True) == {"downloads": DOWNLOADS}
