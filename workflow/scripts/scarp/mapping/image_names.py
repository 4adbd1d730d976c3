"""From channels to the images that they are made of, and to what a person would call these."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from scarp.channels import EPOCHS, split_channel
from scarp.mapping.availability import Availability
from scarp.scenes import earlier_epoch

_ORDER = {"1": "a", "2": "a second", "3": "a third"}
#: What an image of a sensor is called.
SENSORS = {"sentinel1": "Sentinel-1 pass", "sentinel2": "Sentinel-2 image"}


class Image(NamedTuple):
    """A pass of Sentinel-1 or an image of Sentinel-2, before or after the event."""

    sensor: str
    epoch: str

    @property
    def words(self) -> str:
        """What it is, such as "a second Sentinel-1 pass after the event (POST2)"."""
        return f"{self.plain} ({self.epoch})"

    @property
    def plain(self) -> str:
        """The same without its epoch."""
        side = "after" if sees_event(self.epoch) else "before"
        return f"{_ORDER[self.epoch[-1]]} {SENSORS[self.sensor]} {side} the event"

    @property
    def in_time(self) -> tuple[str, int]:
        """What images are sorted by: sensor, then epoch in time order."""
        return self.sensor, EPOCHS.index(self.epoch)


def sees_event(epoch: str) -> bool:
    """Whether an epoch lies after the event."""
    return epoch.startswith("POST")


def shows_event(channels: Iterable[str]) -> bool:
    """Whether any of these channels was observed after the event.

    A model without one, such as the control that sees terrain alone, draws where landslides may
    be, not where this event left some.
    """
    return any(sees_event(split_channel(name)[0]) for name in channels)


def images_of(channel: str) -> tuple[Image, ...]:
    """The images that a channel is made of, its own first: two for coherence, none for terrain."""
    epoch, band = split_channel(channel)
    if band.sensor == "terrain":
        return ()
    own = Image(band.sensor, epoch)
    return (own, Image(band.sensor, earlier_epoch(epoch))) if band.name == "COHVV" else (own,)


def images_there(available: Availability) -> set[Image]:
    """The images that any channel of a cube is made of."""
    return {image for name in available.channels for image in images_of(name)}


def dates_of_images(channels: Iterable[str], available: Availability) -> dict[str, dict[str, str]]:
    """Dates of the images that these channels are made of: sensor -> epoch -> ISO date.

    In time order; blank where the cube does not tell it.
    """
    found: dict[Image, str] = {}
    for name in channels:
        told = (available.dates.get(name, ""), available.reference_dates.get(name, ""))
        for image, date in zip(images_of(name), told, strict=False):
            found[image] = found.get(image) or date
    dates: dict[str, dict[str, str]] = {}
    for image in sorted(found, key=lambda one: one.in_time):
        dates.setdefault(image.sensor, {})[image.epoch] = found[image]
    return dates
