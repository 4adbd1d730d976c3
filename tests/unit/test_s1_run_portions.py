"""The Sentinel-1 engine gives the same whatever it computes at a time: threads, portions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pyproj import Transformer

from scarp.errors import DataError
from scarp.grid import Grid
from scarp.sentinel1 import run as running
from scarp.simulate.slc import SlcDate, SlcScene, SlcSettings
from tiny_slc import CRS, Tiny, simulate

LEFT, TOP, SIDE = 500_000.0, 4_650_000.0, 160
DAYS = ("2021-01-01", "2021-01-13", "2021-01-25")


def scene(dates: int) -> SlcScene:
    y, x = np.mgrid[:SIDE, :SIDE] * 10.0
    return SlcScene(
        Grid(CRS, LEFT, TOP, 10.0, SIDE, SIDE),
        200 + 30 * np.sin(x / 300) * np.cos(y / 250),
        np.zeros((SIDE, SIDE), dtype=np.int16),
        "DES",
        np.full((dates, 1), 0.2),
        np.full((dates, 1), 0.05),
        np.zeros((dates, 1), dtype=np.complex128),
        np.full((dates - 1, 1), 0.6),
    )


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    folder = tmp_path_factory.mktemp("portions")
    dates = [SlcDate(day, 36_001 + 175 * n) for n, day in enumerate(DAYS)]
    return simulate(folder, scene(3), dates, SlcSettings(bursts=2, lines=140, overlap=60))


def products(tiny: Tiny, out: Path, threads: int, more: tuple[Path, ...] = ()) -> dict[str, bytes]:
    to_degrees = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    box = to_degrees.transform_bounds(LEFT + 500, TOP - 1100, LEFT + 1100, TOP - 500)
    written = running.run(
        (*tiny.products, *more),
        tiny.dem,
        "ellipsoidal",
        box,
        "2021-01-20",
        out,
        threads=threads,
    )
    assert sorted(written) == sorted(out.glob("*"))
    return {path.name: path.read_bytes() for path in written}


def test_threads_and_portions_change_no_byte(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = products(tiny, tmp_path / "whole", threads=1)
    assert len(whole) == 3 + 2 + 3 + 1
    assert products(tiny, tmp_path / "threads", threads=4) == whole
    monkeypatch.setattr(running, "HELD", 2 * 62 * 62)  # two dates at a time
    calls = []
    compute = running.compute

    def counted(*arguments: object) -> object:
        calls.append(arguments[2])
        return compute(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(running, "compute", counted)
    assert products(tiny, tmp_path / "portions", threads=2) == whole
    assert calls == [[], ["PRE2", "PRE1"], ["POST1"]]


def test_a_date_that_does_not_fit_leaves_no_file_of_the_portions_before(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = simulate(
        tmp_path / "other",
        scene(2),
        [SlcDate("2021-02-06", 36_500), SlcDate("2021-02-18", 36_675)],
        SlcSettings(bursts=2, lines=140, overlap=60, relative_orbit=99),
    )
    monkeypatch.setattr(running, "HELD", 1)
    with pytest.raises(DataError, match="relative orbit 99"):
        products(tiny, tmp_path / "out", 1, other.products[:1])
    assert not list((tmp_path / "out").glob("*"))
