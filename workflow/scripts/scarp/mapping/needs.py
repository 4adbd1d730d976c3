"""What an event lacks for a set of channels, in words for those who can order images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from scarp.channels import NO_EPOCH, split_channel
from scarp.mapping.availability import Availability
from scarp.mapping.image_names import SENSORS, Image, images_of, images_there
from scarp.scenes import earlier_epoch


class Lack(NamedTuple):
    """Something that an event lacks; `key` is the same whatever it is needed for."""

    key: str
    words: str


class _Part(NamedTuple):
    """Channels that are made together: of an image, of a pair of passes, of the terrain."""

    sensor: str
    epoch: str
    is_coherence: bool

    @property
    def passes(self) -> str:
        return f"{earlier_epoch(self.epoch)} and {self.epoch}"


def _part_of(channel: str) -> _Part:
    epoch, band = split_channel(channel)
    return _Part(band.sensor, epoch, band.name == "COHVV")


def missing_images(channels: Sequence[str], available: Availability) -> tuple[Lack, ...]:
    """What must be added so that the cube has all of these channels; empty: nothing.

    An image that is not there at all is named once, whatever it is needed for. Of an image that is
    there the bands that were not made of it are named.
    """
    there = images_there(available)
    absent: dict[Image, list[str]] = {}
    unmade: dict[_Part, list[str]] = {}
    for name in channels:
        if name in available.channels:
            continue
        lacking = [image for image in images_of(name) if image not in there]
        for image in lacking:
            absent.setdefault(image, []).append(name)
        if not lacking:
            unmade.setdefault(_part_of(name), []).append(split_channel(name)[1].name)
    return (
        *(
            Lack(f"{image.sensor} {image.epoch}", f"{image.words}{_purpose(image, names)}")
            for image, names in sorted(absent.items(), key=lambda item: item[0].in_time)
        ),
        *(_unmade(part, bands) for part, bands in unmade.items()),
    )


def _purpose(image: Image, channels: Sequence[str]) -> str:
    """What an image is needed for where that is the coherence of the next pass alone."""
    epochs = {split_channel(name)[0] for name in channels}
    if image.epoch in epochs:
        return ""
    return f" for the coherence of {' and '.join(sorted(epochs))}"


def _unmade(part: _Part, bands: Sequence[str]) -> Lack:
    if part.epoch == NO_EPOCH:
        source = "of the terrain"
    elif part.is_coherence:
        source = f"of the Sentinel-1 passes {part.passes}"
    else:
        source = f"of the {SENSORS[part.sensor]} {part.epoch}"
    words = f"{', '.join(bands)} {source}"
    return Lack(words, words)


def weak_images(channels: Sequence[str], available: Availability, least: float) -> tuple[Lack, ...]:
    """What must be replaced so that these channels cover `least` of the area; empty: nothing.

    Images are given up one by one, each time the one without which the others cover most, until
    the others cover enough.

    Parameters
    ----------
    channels: all of them in the cube.
    least: share of the area, 0 to 1.
    """
    parts: dict[_Part, list[str]] = {}
    for name in channels:
        parts.setdefault(_part_of(name), []).append(name)
    given_up = []
    while available.coverage(_joined(parts)) < least:
        worst = max(parts, key=lambda part: available.coverage(_joined(parts, part)))
        given_up.append(_weak(worst, available.coverage(parts.pop(worst))))
    return tuple(given_up)


def _joined(parts: dict[_Part, list[str]], without: _Part | None = None) -> list[str]:
    return [name for part, names in parts.items() if part != without for name in names]


def _weak(part: _Part, coverage: float) -> Lack:
    """What would be better than images that cover so much."""
    share = percent(coverage)
    if part.epoch == NO_EPOCH:
        words = f"elevation and slope of all of the area (they cover {share})"
        return Lack("terrain", words)
    if part.is_coherence:
        words = f"coherence of more of the area ({part.passes} cover {share})"
        return Lack(f"coherence {part.epoch}", words)
    image = Image(part.sensor, part.epoch)
    plain = image.plain
    if part.sensor == "sentinel2":
        plain = plain.replace("a ", "a cloud-free ", 1)
    else:
        plain += " that shows more of the area"
    return Lack(f"{part.sensor} {part.epoch}", f"{plain} ({part.epoch} covers {share})")


def percent(share: float) -> str:
    """A share as whole per cent, rounded down: what is told as 80 % is 80 % at least."""
    return f"{int(100 * share + 1e-9)} %"
