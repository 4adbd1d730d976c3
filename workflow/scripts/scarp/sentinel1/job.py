"""One job of the workflow: the products of a date, of a pair, or the geometry of an event."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scarp.errors import DataError, Fault
from scarp.product_raster import read_raster
from scarp.scenes import earlier_epoch, listed
from scarp.sentinel1.area import Heights
from scarp.sentinel1.engine import Ground, compute
from scarp.sentinel1.passes import Pass, open_pass
from scarp.sentinel1.products import write_layers
from scarp.sentinel1.settings import Processing

logger = logging.getLogger("scarp")


@dataclass(frozen=True)
class Place:
    """What the tables say of an event.

    Attributes
    ----------
    terrain: the event's terrain.tif, whose grid is the event's.
    dem, dem_heights: as in `scarp.sentinel1.area.prepare_area`.
    orbit: ASC, DES or blank; relative_orbit: number or blank.
    """

    terrain: str
    dem: str
    dem_heights: Heights
    orbit: str
    relative_orbit: str


def make_products(
    place: Place,
    kinds: Sequence[str],
    epoch: str,
    scenes: Sequence[str],
    earlier: Sequence[str],
    orbits: str,
    folder: Path,
    processing: Mapping[str, Any],
    threads: int = 1,
) -> None:
    """Make `gamma0` with `haalpha`, `coherence`, or `geometry`, and write them to `folder`.

    Parameters
    ----------
    kinds: what is made.
    epoch: of the scenes; its coherence is with the epoch before.
    scenes, earlier: SAFE folders or zips of the epoch, and of the epoch before for coherence.
    orbits: folder of orbit files; where it does not exist, orbits of the products are used.
    processing: fields of `Processing`.
    threads: of this job.

    Raises
    ------
    DataError: see `scarp.sentinel1.engine.compute`; scenes of another track than the table says.
    """
    settings = Processing(**processing)
    ground = Ground(read_raster(Path(place.terrain)).grid, Path(place.dem), place.dem_heights)
    given = Path(orbits) if orbits and Path(orbits).is_dir() else None
    passes = {epoch: open_pass(listed(scenes), given)}
    pairs: list[tuple[str, str]] = []
    if "coherence" in kinds:
        before = earlier_epoch(epoch)
        passes = {before: open_pass(listed(earlier), given), **passes}
        pairs = [(before, epoch)]
    for date in passes.values():
        refuse_other_orbit(date, place)
        logger.info("%s: orbit from %s", date.date, date.orbit.source)
    dates = [epoch] if "gamma0" in kinds else []
    geometry = epoch if "geometry" in kinds else None
    layers = compute(ground, passes, dates, pairs, geometry, settings, threads)
    for path in write_layers(folder, ground, passes, layers, settings, geometry):
        logger.info("wrote %s", path)


def refuse_other_orbit(date: Pass, place: Place) -> None:
    """Check that a date is of the track that the tables name.

    Raises
    ------
    DataError: it is of another direction or relative orbit.
    """
    told = {
        "orbit": (place.orbit, date.orbit_pass),
        "relative_orbit": (place.relative_orbit, str(date.relative_orbit)),
    }
    for column, (wanted, found) in told.items():
        if wanted and wanted != found:
            raise DataError(
                Fault(
                    f"is of {column.replace('_', ' ')} {found}",
                    f"{date.date}: {', '.join(date.products)}",
                    f"{wanted}, as column {column} of the events table says",
                    "give scenes of that track, or correct the table",
                )
            )
