"""From a list of products to the product files of an area, in one call."""

from __future__ import annotations

import datetime
import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from scarp.errors import DataError, Fault
from scarp.event_grid import utm_grid
from scarp.grid import Grid
from scarp.scenes import chained, geometry_epoch
from scarp.sentinel1.area import Heights
from scarp.sentinel1.engine import Ground, compute
from scarp.sentinel1.passes import Pass, open_pass
from scarp.sentinel1.products import write_layers
from scarp.sentinel1.safe import open_safe
from scarp.sentinel1.settings import Processing

logger = logging.getLogger("scarp")

#: Pixels, times dates, whose gamma nought and H/A/alpha are held at once: 1 GB.
HELD = 50_000_000


def run(
    products: Sequence[str | Path],
    dem: str | Path,
    dem_heights: Heights,
    bbox: tuple[float, float, float, float],
    event_date: str,
    out: str | Path,
    orbits: str | Path | None = None,
    processing: Processing | None = None,
    threads: int | None = None,
) -> list[Path]:
    """Make all Sentinel-1 products of an area: gamma nought, coherence, H/A/alpha, geometry.

    Parameters
    ----------
    products: SAFE folders or zips, slices and dates in any order. Up to three dates before the
        event and three from its day on are used, those nearest to it.
    dem: a raster of heights in m that covers the area and its surroundings.
    dem_heights: what they refer to.
    bbox: west, south, east, north in degrees.
    event_date: ISO date; a scene of that day counts as after the event.
    out: folder of the product files; they are named as in docs/products.md.
    orbits: folder of orbit files; the products' own orbits where none covers a scene.
    threads: dates and pairs computed at a time, all cores by default.

    Returns
    -------
    The paths of the files.

    Raises
    ------
    DataError: see `scarp.sentinel1.engine.compute`; the date is none, no product was given.
    """
    if Path(out).exists() and not Path(out).is_dir():
        raise DataError(
            Fault("is a file", str(out), "a folder, which need not exist", "name another folder")
        )
    processing = processing or Processing()
    ground = Ground(utm_grid(*bbox), Path(dem), dem_heights)
    passes = assign_epochs(_passes(products, orbits), event_date)
    epochs = list(passes)
    geometry = geometry_epoch(epochs)
    for epoch, date in passes.items():
        logger.info("%s: %s, %s", epoch, date.date, ", ".join(date.products))
    written = []
    with _inside(Path(out)) as partial:
        for dates, pairs, shown in _portions(ground.grid, epochs, geometry):
            layers = compute(ground, passes, dates, pairs, shown, processing, threads)
            written += write_layers(partial, ground, passes, layers, processing, shown)
            del layers  # before the next ones are made
        return [path.replace(Path(out) / path.name) for path in written]


@contextmanager
def _inside(folder: Path) -> Iterator[Path]:
    """Yield the path of a hidden folder in `folder` that is removed at the end.

    What a later portion is refused for must leave nothing of an earlier one. The folder itself may
    be a mounted volume: files are moved within it only.
    """
    partial = folder / ".partial"
    fresh = not folder.exists()
    try:
        yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        if fresh and folder.exists() and not any(folder.iterdir()):
            folder.rmdir()


def _portions(
    grid: Grid, epochs: Sequence[str], geometry: str
) -> Iterator[tuple[Sequence[str], Sequence[tuple[str, str]], str | None]]:
    """Dates, pairs and geometry that are held in memory together: all, unless the area is large."""
    together = max(1, HELD // (grid.height * grid.width))
    if together >= len(epochs):
        yield epochs, chained(epochs), geometry
        return
    # Every date takes part in the first portion: what is wrong with one is found before all else.
    yield [], chained(epochs), geometry
    for first in range(0, len(epochs), together):
        yield epochs[first : first + together], [], None


def _passes(products: Sequence[str | Path], orbits: str | Path | None) -> list[Pass]:
    groups: dict[tuple[str, int], list[Path]] = {}
    for path in products:
        safe = open_safe(path)
        groups.setdefault((safe.mission, safe.absolute_orbit), []).append(Path(path))
    return sorted((open_pass(g, orbits) for g in groups.values()), key=lambda p: p.date)


def assign_epochs(dates: Sequence[Pass], event_date: str) -> dict[str, Pass]:
    """Name the dates PRE3 ... POST3, PRE1 and POST1 next to the event, in time order.

    Raises
    ------
    DataError: the event's date is none, or no date was given.
    """
    try:
        day = datetime.date.fromisoformat(event_date).isoformat()
    except ValueError:
        raise DataError(
            Fault(f"'{event_date}' is no date", "event date", "YYYY-MM-DD", "correct it")
        ) from None
    if not dates:
        raise DataError(Fault("is empty", "list of products", cure="give at least one product"))
    before = [d for d in dates if d.date < day][::-1]
    after = [d for d in dates if d.date >= day]
    for unused in (*before[3:], *after[3:]):
        logger.warning("%s is not used: three dates are on either side", unused.date)
    named = {f"PRE{n}": d for n, d in enumerate(before[:3], 1)}
    found = dict(sorted(named.items(), reverse=True))
    return {**found, **{f"POST{n}": d for n, d in enumerate(after[:3], 1)}}
