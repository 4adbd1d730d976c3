"""All Sentinel-1 products of an event, block by block of its grid."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scarp.errors import DataError, Fault
from scarp.grid import Grid
from scarp.sentinel1.area import Area, Heights, prepare_area
from scarp.sentinel1.backscatter import DateLayers, date_layers
from scarp.sentinel1.dem import VoidError
from scarp.sentinel1.facets import local_incidence
from scarp.sentinel1.interferometry import pair_coherence
from scarp.sentinel1.passes import Pass, refuse_other_track
from scarp.sentinel1.settings import Processing
from scarp.sentinel1.view import View, look

logger = logging.getLogger("scarp")

#: Side of a block in pixels: what is held at once does not grow with the area.
BLOCK = 1024


@dataclass(frozen=True)
class Ground:
    """Where the pixels of an event come to lie.

    Attributes
    ----------
    grid: the event's.
    dem: a raster that covers it and its surroundings; heights: what its heights refer to.
    """

    grid: Grid
    dem: Path
    heights: Heights


@dataclass(eq=False)
class Layers:
    """Products of an event, each (y, x) or (band, y, x) float32 on its grid, NaN without data.

    Attributes
    ----------
    dates: epoch -> gamma nought and H/A/alpha.
    coherence: later epoch -> coherence.
    geometry: (2, y, x): layover and shadow (0 none, 1 layover, 2 shadow, 3 both), local incidence
        angle in degrees; None where it was not asked for.
    """

    dates: dict[str, DateLayers] = field(default_factory=dict)
    coherence: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    geometry: NDArray[np.float32] | None = None


def compute(
    ground: Ground,
    passes: Mapping[str, Pass],
    dates: Sequence[str],
    pairs: Sequence[tuple[str, str]],
    geometry: str | None = None,
    processing: Processing | None = None,
    threads: int | None = None,
) -> Layers:
    """Compute products of an event.

    Parameters
    ----------
    passes: epoch -> its pass, of every epoch named below.
    dates: epochs that get gamma nought and H/A/alpha.
    pairs: (earlier, later) epochs that get coherence.
    geometry: epoch whose orbit the geometry is made with.
    threads: dates and pairs computed at a time, all cores by default; results are the same.

    Raises
    ------
    DataError: dates of different tracks, an area that no burst holds, a DEM that does not cover
        it, or a product that cannot be read.
    """
    processing = processing or Processing()
    needed = [*dict.fromkeys([*dates, *(e for pair in pairs for e in pair)])]
    if geometry and geometry not in needed:
        needed.append(geometry)
    for epoch in needed[1:]:
        refuse_other_track(passes[needed[0]], passes[epoch])
    layers = _empty(ground.grid, dates, pairs, geometry)
    covered = dict.fromkeys(needed, 0.0)
    blocks = list(_blocks(ground.grid))
    nowhere: list[VoidError] = []  # blocks of open sea stay without data
    with ThreadPoolExecutor(threads or os.cpu_count()) as pool:
        for number, (rows, columns) in enumerate(blocks, 1):
            if len(blocks) > 1:
                logger.info("block %d of %d", number, len(blocks))
            part = ground.grid.part(rows, columns)
            try:
                area = prepare_area(part, ground.dem, ground.heights)
            except VoidError as error:
                nowhere.append(error)
                continue
            views = _views(area, {e: passes[e] for e in needed}, processing, pool)
            share = part.height * part.width / (ground.grid.height * ground.grid.width)
            for epoch, view in views.items():
                covered[epoch] += share * view.covered
            found = _layers(views, dates, pairs, geometry, processing, pool)
            _put(found, layers, rows, columns)
    if len(nowhere) == len(blocks):
        raise nowhere[0]
    for epoch, share in covered.items():
        logger.info("%s (%s): %.1f %% of the area covered", epoch, passes[epoch].date, 100 * share)
        if share == 0:
            raise outside(passes[epoch], epoch)
    return layers


def _views(
    area: Area, passes: Mapping[str, Pass], processing: Processing, pool: Executor
) -> dict[str, View]:
    found = pool.map(lambda date: look(area, date, processing), passes.values())
    return dict(zip(passes, found, strict=True))


def _layers(
    views: Mapping[str, View],
    dates: Sequence[str],
    pairs: Sequence[tuple[str, str]],
    geometry: str | None,
    processing: Processing,
    pool: Executor,
) -> Layers:
    """The products of a block, each date and pair by a thread of its own."""
    of_dates = pool.map(lambda epoch: date_layers(views[epoch], processing), dates)
    of_pairs = pool.map(
        lambda pair: pair_coherence(views[pair[0]], views[pair[1]], processing), pairs
    )
    return Layers(
        dict(zip(dates, of_dates, strict=True)),
        dict(zip((later for _, later in pairs), of_pairs, strict=True)),
        _geometry(views[geometry]) if geometry else None,
    )


def _put(found: Layers, layers: Layers, rows: slice, columns: slice) -> None:
    for epoch, date in found.dates.items():
        layers.dates[epoch].gamma0[:, rows, columns] = date.gamma0
        layers.dates[epoch].haalpha[:, rows, columns] = date.haalpha
    for later, coherence in found.coherence.items():
        layers.coherence[later][rows, columns] = coherence
    if found.geometry is not None and layers.geometry is not None:
        layers.geometry[:, rows, columns] = found.geometry


def outside(date: Pass, epoch: str) -> DataError:
    """What is raised for a date none of whose bursts images the area."""
    return DataError(
        Fault(
            f"no burst of {epoch} ({date.date}) holds any of the area",
            ", ".join(date.products),
            "scenes whose bursts image the area",
            "give the slices of this pass that cover the area, or correct the area",
        )
    )


def _empty(
    grid: Grid,
    dates: Sequence[str],
    pairs: Sequence[tuple[str, str]],
    geometry: str | None,
) -> Layers:
    def bands(*shape: int) -> NDArray[np.float32]:
        return np.full((*shape, grid.height, grid.width), np.nan, dtype=np.float32)

    return Layers(
        {epoch: DateLayers(bands(2), bands(3)) for epoch in dates},
        {later: bands() for _, later in pairs},
        bands(2) if geometry else None,
    )


def _blocks(grid: Grid) -> Iterator[tuple[slice, slice]]:
    for top in range(0, grid.height, BLOCK):
        for left in range(0, grid.width, BLOCK):
            yield (
                slice(top, min(top + BLOCK, grid.height)),
                slice(left, min(left + BLOCK, grid.width)),
            )


def _geometry(view: View) -> NDArray[np.float32]:
    area = view.area
    incidence = local_incidence(area.points, view.satellite)[area.core]
    mask = view.shadow[area.core].astype(np.float32)
    mask[~np.isfinite(view.time[area.core])] = np.nan
    return np.stack([mask, incidence])
