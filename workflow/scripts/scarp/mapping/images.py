"""Which images of an event a map was made from, in words."""

from __future__ import annotations

from collections.abc import Sequence

import xarray as xr

from scarp.channels import EPOCHS, split_channel
from scarp.cube import channels_of

_SENSORS = {"sentinel1": "Sentinel-1", "sentinel2": "Sentinel-2"}


def images_used(cube: xr.Dataset, channels: Sequence[str] = ()) -> str:
    """Sensors, epochs and dates of these channels, or of all that the cube has.

    Returns
    -------
    Such as "Sentinel-1: PRE1 2020-06-01, POST1 2020-06-13; Sentinel-2: POST1 2020-06-20"; an epoch
    whose date is not told stands alone.
    """
    wanted = [name for name in channels or channels_of(cube) if name in cube]
    told = []
    for sensor, title in _SENSORS.items():
        dates: dict[str, str] = {}
        for name in wanted:
            epoch, band = split_channel(name)
            if band.sensor == sensor:
                dates[epoch] = dates.get(epoch) or date_of(cube, name)
        shown = ", ".join(f"{epoch} {dates[epoch]}".strip() for epoch in EPOCHS if epoch in dates)
        told += [f"{title}: {shown}"] if shown else []
    return "; ".join(told)


def date_of(cube: xr.Dataset, channel: str) -> str:
    """ISO date of a channel, "" where it is not told."""
    return str(cube[channel].attrs.get("date", ""))
