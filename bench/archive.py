"""Time and memory of making cubes from an archive, on a simulated one of the real size.

``python bench/archive.py [--events 28] [--side 1000] [--folder F]`` writes an archive of simulated
events, makes every cube in a process of its own, one after the other, finds all published patches,
and prints seconds, peak memory and bytes. The archive is kept in the folder and used again.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from scarp.acquire.archive import SIDES, patches_name
from scarp.acquire.archive_cube import make_cube
from scarp.acquire.archive_files import open_archive, unpack
from scarp.acquire.published_positions import find_positions
from scarp.channels import all_channels
from scarp.simulate import SimulationSettings
from scarp.simulate.archive import ArchiveEvent, PatchLayout, simulate_archive

DATES = {
    "sentinel1": {
        "PRE3": "2020-03-13",
        "PRE2": "2020-03-25",
        "PRE1": "2020-04-06",
        "POST1": "2020-04-18",
        "POST2": "2020-04-30",
        "POST3": "2020-05-12",
    },
    "sentinel2": {"PRE1": "2020-04-01", "POST1": "2020-05-16"},
}


def _archive(path: Path, events: list[str], side: int) -> None:
    roles = ("train", "train", "dependent", "independent")
    rows = [
        ArchiveEvent(
            event, "2020-04-10", "DES", roles[n % 4], DATES["sentinel1"], DATES["sentinel2"]
        )
        for n, event in enumerate(events)
    ]
    settings = SimulationSettings(seed=1, smallest=side, largest=side)
    # Few enough patches that the four files are about as large as the published ones.
    layout = PatchLayout(128, 192, ids_order=False, valid_share=0.8)
    simulate_archive(path, rows, settings, layout)


def _cube(archive: Path, event: str, path: Path, answer: object) -> None:
    start = time.perf_counter()
    make_cube(archive, event, "2020-04-10", "DES", DATES, all_channels(), path)
    _tell(answer, start)


def _positions(archive: Path, files: dict[str, Path], answer: object) -> None:
    start = time.perf_counter()
    found = find_positions(archive, files)
    _tell(answer, start, len(found))


def _tell(answer: object, start: float, count: int = 0) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    answer.put((time.perf_counter() - start, peak, count))  # type: ignore[attr-defined]


def _measured(target: object, *arguments: object) -> tuple[float, float, int]:
    """Seconds, peak memory in GB and what was counted, of a call in a fresh process."""
    context = get_context("spawn")
    answer = context.Queue()
    process = context.Process(target=target, args=(*arguments, answer))  # type: ignore[arg-type]
    process.start()
    result: tuple[float, float, int] = answer.get()
    process.join()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=28)
    parser.add_argument("--side", type=int, default=1000, help="of a scene, in pixels")
    parser.add_argument("--folder", type=Path, default=Path("results/bench"))
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    events = [f"EV{n:04d}" for n in range(1, arguments.events + 1)]
    archive = folder / f"simulated-{arguments.events}-{arguments.side}.zip"
    if not archive.exists():
        start = time.perf_counter()
        _archive(archive, events, arguments.side)
        print(f"simulated the archive in {time.perf_counter() - start:.0f} s")
    print(f"archive: {os.path.getsize(archive) / 1e9:.2f} GB, {len(events)} events")
    seconds, peaks, size = [], [], 0
    for event in events:
        path = folder / "cube.nc"
        taken, peak, _ = _measured(_cube, archive, event, path)
        seconds.append(taken)
        peaks.append(peak)
        size += path.stat().st_size
        path.unlink()
    print(
        f"cubes: {sum(seconds):.0f} s, one after the other ({max(seconds):.1f} s the slowest),"
        f" peak memory {max(peaks):.2f} GB, {size / 1e9:.2f} GB on disk"
    )
    files = {part: folder / patches_name(part) for part in SIDES}
    with open_archive(archive) as opened:
        for part, path in files.items():
            if not path.exists():
                unpack(opened, patches_name(part), path)
    taken, peak, count = _measured(_positions, archive, files)
    print(f"{count} patches found without ids: {taken:.0f} s, peak memory {peak:.2f} GB")


if __name__ == "__main__":
    main()
