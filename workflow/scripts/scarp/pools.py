"""What a machine grants to the jobs that run on it at the same time.

This module imports nothing heavy: the workflow reads it while it is parsed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

#: Services are asked for so many things at a time.
DOWNLOADS = 4
#: Left for the system, Snakemake and whoever works there: a tenth, at least so many MB.
_SHARE, _LEAST = 0.1, 1000


def pools(cluster: bool, environment: Mapping[str, str] = os.environ) -> dict[str, int]:
    """What is granted where the user says nothing: resource -> amount.

    Nodes of a cluster have memory and GPUs of their own: there only downloads are counted, which
    run where Snakemake does.
    """
    if cluster:
        return {"downloads": DOWNLOADS}
    return {
        "mem_mb": granted_memory(installed_memory(), memory_limits()),
        "gpu": usable_gpus(gpu_devices(), environment.get("CUDA_VISIBLE_DEVICES")),
        "downloads": DOWNLOADS,
    }


def granted_memory(installed: int, limits: Iterable[int]) -> int:
    """MB for jobs, of bytes that are installed and bytes that control groups allow at most."""
    memory = min([installed, *limits]) // 10**6
    return max(memory - max(int(_SHARE * memory), _LEAST), 1)


def installed_memory() -> int:
    """Bytes."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def memory_limits(
    membership: Path = Path("/proc/self/cgroup"), top: Path = Path("/sys/fs/cgroup")
) -> Iterator[int]:
    """Bytes that this process's control groups and those above them allow; none where none limits.

    Containers, and jobs of a cluster in which Snakemake is started, are limited in this way. A
    container may not see its own place among the groups: the top is then its own.
    https://docs.kernel.org/admin-guide/cgroup-v2.html, https://docs.kernel.org/admin-guide/cgroup-v1
    """
    if not membership.is_file():
        return
    for line in membership.read_text(encoding="utf-8").splitlines():
        _, controllers, place = line.split(":", 2)
        if controllers == "":
            root, name = top, "memory.max"
        elif "memory" in controllers.split(","):
            root, name = top / "memory", "memory.limit_in_bytes"
        else:
            continue
        group = root / place.lstrip("/")
        for folder in (group, *group.parents):
            if folder.is_relative_to(root) and (folder / name).is_file():
                text = (folder / name).read_text(encoding="utf-8").strip()
                if text != "max":
                    yield int(text)


def gpu_devices(folder: Path = Path("/dev")) -> int:
    """NVIDIA's GPUs whose driver is loaded; Windows shows Linux all of its own as one device."""
    found = [path for path in folder.glob("nvidia*") if re.fullmatch(r"nvidia\d+", path.name)]
    return len(found) or int((folder / "dxg").exists())


def usable_gpus(devices: int, visible: str | None) -> int:
    """GPUs of so many devices that CUDA_VISIBLE_DEVICES, if it is set, lets programs use.

    It lists numbers or ids; the first that is no device ends the list.
    https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#cuda-environment-variables
    """
    if visible is None:
        return devices
    count = 0
    for name in map(str.strip, visible.split(",")):
        known = int(name) < devices if name.isdecimal() else name.startswith(("GPU-", "MIG-"))
        if not known:
            break
        count += 1
    return min(count, devices)
