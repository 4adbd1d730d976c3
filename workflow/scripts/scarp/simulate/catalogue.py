"""What a catalogue of Sentinel-2 has of an event of the simulated world: several images to choose.

Before and after the event there are three: a clear one, one nearer to the event that clouds hide,
and a clear one a month farther off. What the tiles say of their clouds would mislead: most is told
of the clear one, whose tile would be cloudy beyond the event. The image before the event is as it
was processed at first; the one after it was processed again, and its digital numbers carry an
offset.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from scarp.grid import Grid
from scarp.simulate.l2a import PIXELS, Tile, write_tile
from scarp.simulate.noise import smooth_field
from scarp.simulate.optical import sun_position
from scarp.simulate.world import SimulationSettings, World, make_world, observe

#: Metres around the event that a tile shows too.
_MARGIN = 1000
#: Days from the event to the clear image; from there nearer to the clouded, and to the far one.
_CLEAR, _NEARER, _FARTHER = 13, 5, 25
#: Percentages of cloud that the tiles of the clear, the clouded and the far image tell.
_TOLD = (43.0, 2.0, 1.0)
#: Share of the clouded image that shows no ground.
_CLOUDED = 0.7
#: Metres from a cloud down to the ground.
_HEIGHT = 600.0
#: Baseline and days from image to processing, before the event and after it.
_PROCESSING = {"PRE1": ("03.00", 0), "POST1": ("05.00", 800)}
Mask = NDArray[np.bool_]


def simulate_catalogue(
    tiles: Path,
    event: str,
    event_date: str,
    orbit: str,
    optical_dates: Mapping[str, str],
    settings: SimulationSettings,
) -> None:
    """Write the tiles of an event, with their STAC items; equal input gives equal bytes.

    Parameters
    ----------
    tiles: folder that gets a folder of each tile; one that exists is replaced.
    event, event_date, orbit, settings: as in `scarp.simulate.draw_event`.
    optical_dates: PRE1 and POST1, or one of them, -> ISO date of the clear image; blank: it is 13
        days from the event.
    """
    world = make_world(event, orbit, settings)
    day = date.fromisoformat(event_date)
    tiles.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=tiles.parent, prefix=f".{tiles.name}.") as scratch:
        folder = Path(scratch, "tiles")
        for epoch, asked in optical_dates.items():
            away = timedelta(-1 if epoch.startswith("PRE") else 1)
            clear = date.fromisoformat(asked) if asked else day + _CLEAR * away
            days = (clear, clear - _NEARER * away, clear + _FARTHER * away)
            for number, (taken, told) in enumerate(zip(days, _TOLD, strict=True)):
                _write_image(folder, world, day, epoch, taken, told, number == 1, settings)
        if tiles.exists():
            shutil.rmtree(tiles)
        folder.rename(tiles)


def _write_image(
    folder: Path,
    world: World,
    event_day: date,
    epoch: str,
    day: date,
    told: float,
    is_clouded: bool,
    settings: SimulationSettings,
) -> None:
    baseline, later = _PROCESSING[epoch]
    drawn = observe(world, event_day.isoformat(), {}, {epoch: day.isoformat()}, settings)
    seen = {band: drawn.channels[f"{epoch}_{band}"] for band in PIXELS}
    cloud = np.isnan(seen["B02"])
    if is_clouded:
        thickness = smooth_field(world.draw(f"cloud bank {epoch}"), cloud.shape, 20.0)
        cloud |= thickness > np.quantile(thickness, 1 - _CLOUDED)
    shadow = _shadow(cloud, *sun_position(day, world.latitude))
    grid, margins = _frame(world.grid)
    # Mirrored beyond the event, as its elevation is.
    bands = {band: np.pad(values, margins, mode="reflect") for band, values in seen.items()}
    hidden = (np.pad(mask, margins, mode="reflect") for mask in (cloud, shadow))
    tile = Tile(day, baseline, day + timedelta(later), told, grid)
    write_tile(folder, tile, bands, *hidden)


def _frame(grid: Grid) -> tuple[Grid, tuple[tuple[int, int], tuple[int, int]]]:
    """The grid of a tile around an event's, and the pixels around it: above, below; left, right."""
    # Edges on multiples of 20 m, where real tiles have theirs.
    west, north = (grid.left - _MARGIN) % 20, -(grid.top + _MARGIN) % 20
    left, top = grid.left - _MARGIN - west, grid.top + _MARGIN + north
    before, above = (round((_MARGIN + more) / grid.resolution) for more in (west, north))
    after, below = (
        # As far on the other side, and to an even number of pixels.
        _MARGIN // 10 + (first + size + _MARGIN // 10) % 2
        for first, size in ((before, grid.width), (above, grid.height))
    )
    height, width = above + grid.height + below, before + grid.width + after
    framed = Grid(grid.crs, left, top, grid.resolution, height, width)
    return framed, ((above, below), (before, after))


def _shadow(cloud: Mask, azimuth: float, zenith: float) -> Mask:
    """What clouds shade: they, away from the sun; the sky beyond the edges repeats."""
    length = _HEIGHT * math.tan(math.radians(zenith)) / 10
    down, left = (length * part(math.radians(azimuth)) for part in (math.cos, math.sin))
    return np.roll(cloud, (round(down), -round(left)), axis=(0, 1))
