"""A launcher of the stand-in for gpt, a small product of SNAP, and what asked for it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gpt_dimap import Written, write_dimap
from scarp.grid import Grid
from scarp.sentinel1.settings import Processing
from scarp.simulate.slc import SlcDate, SlcScene, SlcSettings
from scarp.snap.compose import compose
from scarp.snap.graph import to_xml
from scarp.snap.products import Made
from scarp.snap.settings import Date, GraphSettings, Kind, Swath
from tiny_slc import CRS, Tiny, simulate

STANDIN = Path(__file__).parents[1] / "standins" / "gpt"
GRID = Grid("EPSG:32633", 500_000.0, 4_650_000.0, 10.0, 24, 30)
DEM = Path("dem_ellipsoidal.tif")
MADE = Made("13.0.0", DEM, DEM.name, "ellipsoidal", "POEORB", Processing())
ORBIT = "Sentinel Precise S1A_OPER_AUX_POEORB_OPOD_20210121.EOF.zip"


def launcher(folder: Path) -> Path:
    """A gpt that runs the stand-in with this Python, as SNAP's launcher runs Java."""
    path = folder / "snap" / "bin" / "gpt"
    path.parent.mkdir(parents=True)
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{STANDIN}" "$@"\n', encoding="utf-8")
    path.chmod(0o755)
    return path


@dataclass(frozen=True)
class Bands:
    """Names and values that a product of each kind may have."""

    grid: Grid = GRID

    def noise(self, low: float, high: float, seed: int) -> NDArray[np.float32]:
        shape = (self.grid.height, self.grid.width)
        return np.random.default_rng(seed).uniform(low, high, shape).astype(np.float32)

    def backscatter(self, swath: str = "IW1_") -> dict[str, NDArray[np.float32]]:
        return {
            f"Gamma0_{swath}VV": self.noise(0.1, 0.4, 1),
            f"Gamma0_{swath}VH": self.noise(0.01, 0.1, 2),
        }

    def haalpha(self) -> dict[str, NDArray[np.float32]]:
        names = {"Entropy": 1, "Anisotropy": 1, "Alpha": 90}
        return {name: self.noise(0.05, most, n) for n, (name, most) in enumerate(names.items())}

    def coherence(self, swath: str = "IW1_") -> dict[str, NDArray[np.float32]]:
        return {f"coh_{swath}VV_01Jan2021_13Jan2021": self.noise(0.1, 0.9, 3)}


def snap_product(
    path: Path,
    bands: dict[str, NDArray[np.float32]],
    grid: Grid = GRID,
    orbit: str = ORBIT,
    dem: str = f"/somewhere/{DEM}",
    cut: bool = False,
) -> Path:
    """Write a product with SNAP's names."""
    told = {"Abstracted_Metadata": {"orbit_state_vector_file": orbit, "DEM": dem}}
    named = {name: ("", values) for name, values in bands.items()}
    write_dimap(path, Written(path.stem, grid, named, told), cut)
    return path


def tiny_scene(folder: Path, swaths: tuple[str, ...] = ("IW1",)) -> Tiny:
    """Two simulated dates of two bursts over two halves of a gentle slope."""
    side = 150
    _, x = np.mgrid[:side, :side] * 10.0
    scene = SlcScene(
        Grid(CRS, 500_000.0, 4_650_000.0, 10.0, side, side),
        300 + 20 * np.sin(x / 260),
        (x > 700).astype(int),
        "DES",
        np.array([(0.15, 0.4)] * 2),
        np.array([(0.05, 0.1)] * 2),
        np.array([(0.1 + 0.1j, 0.4)] * 2),
        np.array([(0.8, 0.3)]),
    )
    dates = [
        SlcDate("2021-01-01", 100),
        SlcDate("2021-01-13", 200, perpendicular_baseline=80.0),
    ]
    return simulate(
        folder, scene, dates, SlcSettings(swaths=swaths, bursts=2, lines=200, overlap=60)
    )


def graph_of(
    kind: Kind, tiny: Tiny, output: Path, version: str = "13.0.0", bursts: tuple[int, int] = (1, 2)
) -> str:
    """The graph of a kind for the tiny scene; backscatter comes with geometry."""
    names = sorted({burst.swath.name for burst in tiny.passes()[0].bursts})
    swaths = tuple(Swath(name, *bursts) for name in names)
    products = tiny.products if kind == "coherence" else tiny.products[:1]
    dates = tuple(Date((str(product),), swaths) for product in products)
    settings = GraphSettings(dates, 32633, str(tiny.dem), str(output), geometry=True)
    return to_xml(compose(kind, version, settings))
