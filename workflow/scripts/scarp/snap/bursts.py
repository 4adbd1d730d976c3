"""Which subswaths and bursts of a date image an event, counted as SNAP counts them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from scarp.errors import DataError, Fault
from scarp.grid import Grid
from scarp.sentinel1.area import Area, prepare_area
from scarp.sentinel1.engine import outside
from scarp.sentinel1.passes import BurstImage, Pass
from scarp.sentinel1.safe import Safe
from scarp.sentinel1.settings import Processing
from scarp.sentinel1.view import look
from scarp.snap.settings import Date, Swath

#: Pixels of the event in a step of the coarse grid: 100 m, a burst is 20 km long.
_EVERY = 10


def burst_choice(grid: Grid, dem: Path, passes: Mapping[str, Pass]) -> tuple[Date, ...]:
    """The slices, subswaths and bursts of one or two dates that image an event.

    Bursts are found by range-Doppler with the elevation: footprints of the metadata are too coarse.
    Of a pair only the subswaths are taken that both dates have.

    Parameters
    ----------
    grid: the event's.
    dem: heights above the ellipsoid, that cover it.
    passes: epoch -> its pass.

    Raises
    ------
    DataError: no burst of a date images the area, or two dates have no subswath in common.
    """
    area = prepare_area(_coarse(grid), dem, "ellipsoidal", pad=0)
    found = {epoch: _imaging(area, epoch, date) for epoch, date in passes.items()}
    common = set.intersection(*({image.swath.name for image in own} for own in found.values()))
    if not common:
        told = [
            f"{epoch}: {', '.join(sorted({image.swath.name for image in own}))}"
            for epoch, own in found.items()
        ]
        raise DataError(
            Fault(
                "the dates image the area in different subswaths",
                "; ".join(told),
                "one subswath that both have",
                "give the slices of both dates that cover the area",
            )
        )
    return tuple(_date(passes[epoch], own, sorted(common)) for epoch, own in found.items())


def _coarse(grid: Grid) -> Grid:
    """A grid of fewer points that reaches a little beyond the event's edge on every side."""
    step = grid.resolution * _EVERY
    return Grid(
        grid.crs,
        grid.left - step,
        grid.top + step,
        step,
        math.ceil(grid.height / _EVERY) + 2,
        math.ceil(grid.width / _EVERY) + 2,
    )


def _imaging(area: Area, epoch: str, date: Pass) -> list[BurstImage]:
    found = [window.image for window in look(area, date, Processing()).windows]
    if not found:
        raise outside(date, epoch)
    return found


def _date(date: Pass, imaging: Sequence[BurstImage], names: Sequence[str]) -> Date:
    """Count the bursts through the slices from the first to the last that image the area."""
    own = [image for image in imaging if image.swath.name in names]
    starts = [_slice(image).start for image in own]
    slices = {
        _slice(image).start: _slice(image)
        for image in date.bursts
        if min(starts) <= _slice(image).start <= max(starts)
    }
    swaths = []
    for name in names:
        through = [
            image.start
            for image in date.bursts
            if image.swath.name == name and _slice(image).start in slices
        ]
        through.sort()
        numbers = [through.index(image.start) + 1 for image in own if image.swath.name == name]
        swaths.append(Swath(name, min(numbers), max(numbers)))
    paths = [str(slices[start].path.absolute()) for start in sorted(slices)]
    return Date(tuple(paths), tuple(swaths))


def _slice(image: BurstImage) -> Safe:
    return next(iter(image.images.values())).safe
