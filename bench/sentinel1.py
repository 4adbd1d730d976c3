"""Time and memory of the embedded Sentinel-1 engine, on simulated SLC products.

``python bench/sentinel1.py [--threads N] [--folder F]`` simulates six dates in VV and VH over
hills (10 km, one subswath; kept in the folder and used again) and makes all products of areas in
them, each as one library call in a process of its own, where the call is made twice: cold with
compiled code cached, then warm. It prints the share of each stage, time against area, dates and
threads, bytes read, peak memory, and the machine.
"""

from __future__ import annotations

import argparse
import functools
import os
import platform
import resource
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

import numba
import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import Transformer

from scarp.files import beside
from scarp.grid import Grid
from scarp.sentinel1.run import run
from scarp.simulate.slc import SlcDate, SlcScene, SlcSettings, simulate_slc

CRS, EAST, NORTH = "EPSG:32633", 500_000.0, 4_650_000.0
#: Kilometres that the DEM reaches beyond the ground that scatters, on every side.
BEYOND = 1.0
DAYS = ("2020-03-13", "2020-03-25", "2020-04-06", "2020-04-18", "2020-04-30", "2020-05-12")
EVENT_DATE = "2020-04-10"

#: Stage -> functions whose time it is, less that of other stages inside them.
STAGES = {
    "opening, annotation, orbit": ("passes.open_pass", "safe.open_safe"),
    "DEM onto the grid": ("area.prepare_area",),
    "range-Doppler": ("geometry.zero_doppler", "orbit.Orbit.position"),
    "choice of bursts": ("view.look",),
    "reading pixels": ("safe.read_window",),
    "calibration and noise": ("lookup.Calibration.evaluate", "lookup.Noise.evaluate"),
    "looks": ("looks.multilook",),
    "illuminated area": ("facets.illuminated_area", "facets.area_ratio"),
    "layover, shadow, incidence": ("facets.layover_shadow", "facets.local_incidence"),
    "C2, H/A/alpha": (
        "polarimetry.c2",
        "polarimetry.boxcar_c2",
        "polarimetry.entropy_anisotropy_alpha",
    ),
    "rest of gamma nought": ("backscatter.date_layers",),
    "heights and offsets": (
        "regrid.heights_on_radar_grid",
        "interferometry.fit_offsets",
        "interferometry.Offsets.__call__",
    ),
    "deramp, resample, reramp": ("resample.resample_slc",),
    "coherence": ("coherence.coherence",),
    "rest of coherence": ("interferometry.pair_coherence",),
    "onto the grid": ("regrid.to_grid", "regrid.merge"),
    "writing": ("products.write_layers",),
}


@dataclass(frozen=True)
class Case:
    """What is measured.

    Attributes
    ----------
    scene: folder of the products. side: of the area, km. dates: so many, nearest to the event.
    threads: of the engine. calls: one, or more to have warm ones.
    stages: whether to time them, which slows the last call by little.
    """

    scene: Path
    side: float = 5.0
    dates: int = 6
    threads: int = 1
    calls: int = 4
    stages: bool = False


@dataclass(frozen=True)
class Measured:
    """Seconds of the first and of the fastest later call; GB; MB; seconds by stage."""

    cold: float
    warm: float
    peak: float
    read: float
    stages: dict[str, float]


@dataclass(frozen=True)
class Scene:
    """Simulated products, and their folder.

    Attributes
    ----------
    side: of the square that scatters, km. spacing: of its grid, m.
    bursts, lines: of every product. The centre lies in an overlap where bursts are even.
    """

    folder: Path
    side: float
    spacing: int
    bursts: int
    lines: int


def _simulate(scene: Scene) -> None:
    """In a process of its own, so that its memory is not counted."""
    if (scene.folder / "simulated_truth.npz").exists():
        return
    start = time.perf_counter()
    process = get_context("spawn").Process(target=_write_scene, args=(scene,))
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit("the simulation failed")
    print(f"simulated {scene.folder} in {time.perf_counter() - start:.0f} s", flush=True)


def _write_scene(scene: Scene) -> None:
    grid = _square(scene.side, scene.spacing)
    row, column = np.mgrid[: grid.height, : grid.width] * scene.spacing // 1500
    gamma0 = np.tile([0.05, 0.12, 0.25], (len(DAYS), 1))
    ground = SlcScene(
        grid,
        _elevation(grid),
        ((row + column) % 3).astype(np.int64),
        "DES",
        gamma0,
        0.2 * gamma0,
        np.full(gamma0.shape, 0.2 + 0.1j),
        np.tile([0.3, 0.6, 0.85], (len(DAYS) - 1, 1)),
    )
    dates = [
        SlcDate(day, 100 + 175 * n, perpendicular_baseline=30.0 * n, azimuth_offset=0.1 * n)
        for n, day in enumerate(DAYS)
    ]
    _write_dem(scene.folder / "dem.tif", _square(scene.side + 2 * BEYOND, 10))
    settings = SlcSettings(
        scatterers=2 if scene.spacing == 10 else 1, bursts=scene.bursts, lines=scene.lines
    )
    simulate_slc(scene.folder, ground, dates, settings)


def _square(side: float, spacing: int) -> Grid:
    half = side * 500
    size = round(side * 1000 / spacing)
    return Grid(CRS, EAST - half, NORTH + half, spacing, size, size)


def _write_dem(path: Path, grid: Grid) -> None:
    profile = {
        "driver": "GTiff",
        "width": grid.width,
        "height": grid.height,
        "count": 1,
        "dtype": "float32",
        "crs": CRS,
        "transform": rasterio.Affine(*grid.transform),
    }
    with beside(path) as partial, rasterio.open(partial, "w", **profile) as file:
        file.write(_elevation(grid).astype(np.float32), 1)


def _elevation(grid: Grid) -> NDArray[np.float64]:
    """Hills of 400 m over valleys of a kilometre or two, a function of the place alone."""
    x = grid.left + grid.resolution * (np.arange(grid.width)[None] + 0.5) - EAST
    y = grid.top - grid.resolution * (np.arange(grid.height)[:, None] + 0.5) - NORTH
    hills = 150 * np.sin(x / 700) * np.cos(y / 900) + 50 * np.sin(x / 230 + 1) * np.sin(y / 270)
    return np.asarray(500 + hills)


def _products(case: Case, out: Path) -> None:
    half = case.side * 500
    to_degrees = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    west, south, east, north = to_degrees.transform_bounds(
        EAST - half, NORTH - half, EAST + half, NORTH + half
    )
    before = [day for day in DAYS if day < EVENT_DATE]
    first = len(before) - case.dates // 2
    days = DAYS[first : first + case.dates]
    safes = [next(case.scene.glob(f"*_{day.replace('-', '')}T*.SAFE")) for day in days]
    run(
        safes,
        case.scene / "dem.tif",
        "ellipsoidal",
        (west, south, east, north),
        EVENT_DATE,
        out,
        threads=case.threads,
    )


def _measure(case: Case, answer: Connection) -> None:
    """In a process of its own: one call, then two more."""
    out = case.scene.parent / "products"
    seconds = []
    read = 0.0
    stages: dict[str, float] = {}
    for call in range(case.calls):
        if case.stages and call == case.calls - 1:
            stages = _time_stages()
        before = _bytes_read()
        start = time.perf_counter()
        _products(case, out)
        seconds.append(time.perf_counter() - start)
        read = (_bytes_read() - before) / 1e6
    if stages:
        stages["other"] = seconds[-1] - sum(stages.values())
    shutil.rmtree(out)
    answer.send(Measured(seconds[0], min(seconds[1:], default=np.nan), _peak(), read, stages))


def _measured(case: Case) -> Measured:
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(case, sender))
    process.start()
    sender.close()
    try:
        result: Measured = receiver.recv()
    except EOFError:
        raise SystemExit("the measured process failed") from None
    process.join()
    return result


def _peak() -> float:
    """Peak memory of this process, GB."""
    status = Path("/proc/self/status")
    if status.exists():  # the general call would count what the parent held when it forked
        return float(status.read_text().split("VmHWM:")[1].split()[0]) / 1e6
    unit = 1e9 if sys.platform == "darwin" else 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def _bytes_read() -> int:
    """Bytes that this process asked the system for so far; 0 where the system does not tell."""
    counters = Path("/proc/self/io")
    if not counters.exists():
        return 0
    return int(counters.read_text().split("rchar:")[1].split()[0])


def _time_stages() -> dict[str, float]:
    """Wrap the functions of every stage; the seconds fill as they are called, in one thread."""
    seconds = dict.fromkeys(STAGES, 0.0)
    inner = [0.0]
    for stage, names in STAGES.items():
        for name in names:
            _wrap(name, functools.partial(_timed, seconds, inner, stage))
    return seconds


def _timed(
    seconds: dict[str, float], inner: list[float], stage: str, function: Callable[..., Any]
) -> Callable[..., Any]:
    @functools.wraps(function)
    def timed(*arguments: Any, **named: Any) -> Any:
        inner.append(0.0)
        start = time.perf_counter()
        try:
            return function(*arguments, **named)
        finally:
            taken = time.perf_counter() - start
            seconds[stage] += taken - inner.pop()
            inner[-1] += taken

    return timed


def _wrap(name: str, wrapper: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Replace a function of the engine in every module that has it, or a method of a class."""
    home, *path, last = name.split(".")
    owner: Any = sys.modules[f"scarp.sentinel1.{home}"]
    for part in path:
        owner = getattr(owner, part)
    function = getattr(owner, last)
    wrapped = wrapper(function)
    if path:
        setattr(owner, last, wrapped)
        return
    for module in _engine():
        if getattr(module, last, None) is function:
            setattr(module, last, wrapped)


def _engine() -> Iterator[Any]:
    for name, module in list(sys.modules.items()):
        if name.startswith("scarp.sentinel1.") or name == "__mp_main__":
            yield module


def _machine() -> str:
    model = platform.processor() or platform.machine()
    described = Path("/proc/cpuinfo")
    if described.exists():
        lines = described.read_text().splitlines()
        model = next((s.split(":")[1].strip() for s in lines if s.startswith("model name")), model)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    load = os.getloadavg()[0]
    return (
        f"{model}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()};"
        f" load {load:.1f} before; Python {platform.python_version()}, numpy {np.__version__},"
        f" numba {numba.__version__}"
    )


def _row(name: str, found: Measured) -> None:
    warm = "" if np.isnan(found.warm) else f"{found.warm:6.2f} s warm"
    print(
        f"{name:<34}{found.cold:6.1f} s cold {warm:<13} {found.peak:6.2f} GB"
        f" {found.read:8.1f} MB read",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--folder", type=Path, default=Path("results/bench"))
    parser.add_argument("--large", action="store_true", help="an area of 50 km instead (minutes)")
    arguments = parser.parse_args()
    many = arguments.threads
    print(_machine())
    scenes = [
        Scene(arguments.folder / "simulated-slc-burst", 10.8, 10, 1, 1500),
        Scene(arguments.folder / "simulated-slc-overlap", 10.8, 10, 2, 800),
    ]
    if arguments.large:
        # Sparse scatterers, in an image of the full size: here time and memory count.
        scenes.append(Scene(arguments.folder / "simulated-slc-large", 51.0, 30, 4, 1300))
    for scene in scenes:
        _simulate(scene)
    one, two = scenes[0].folder, scenes[1].folder
    if arguments.large:
        _row("50 km, 6 dates", _measured(Case(scenes[2].folder, 50.0, threads=many, calls=1)))
        return
    _measured(Case(one, 2.5, 2))  # compiles what is not in the cache yet
    whole = _measured(Case(one, threads=many))
    _row(f"event: 5 km, 6 dates, {many} threads", whole)
    staged = _measured(Case(one, stages=True))
    _row("the same, 1 thread", staged)
    _row("across two bursts", _measured(Case(two, threads=many)))
    for side in (2.5, 10.0):
        _row(f"{side:g} km, 6 dates", _measured(Case(one, side, threads=many)))
    for dates in (2, 4):
        _row(f"5 km, {dates} dates", _measured(Case(one, dates=dates, threads=many)))
    total = sum(staged.stages.values())
    print(f"\nstages of the event, 1 thread, {total:.2f} s:")
    for stage, seconds in Counter(staged.stages).most_common():
        print(f"  {stage:<28}{seconds:6.2f} s {100 * seconds / total:5.1f} %")


if __name__ == "__main__":
    main()
