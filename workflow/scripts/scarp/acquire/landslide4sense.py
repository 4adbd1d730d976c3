"""What the Landslide4Sense benchmark holds, known without opening a file.

Ghorbanzadeh et al. 2022, "Landslide4Sense: Reference Benchmark Data and Deep Learning Models for
Landslide Detection", IEEE TGRS 60, doi:10.1109/TGRS.2022.3215209: 128 x 128 pixel tiles of about
10 m with one Sentinel-2 image after the event, slope and elevation. The workflow reads this module
while it is parsed, so nothing heavy is imported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from scarp.channels import NO_EPOCH, bands_of, manifest, split_channel
from scarp.errors import Fault, TableError, did_you_mean

#: hdf5: the authors' files; png: pairs of image and mask with red, green and blue only.
Format = Literal["hdf5", "png"]
#: Side of a tile in pixels.
TILE = 128
#: The benchmark's folders: tiles in each (README of iarai/Landslide4Sense-2022).
SIZES: dict[str, int] = {"train": 3799, "validation": 245, "test": 800}
#: Last axis of the dataset `img`: the Sentinel-2 bands in the order of their numbers without B8A,
#: then slope and elevation.
HDF5_BANDS: tuple[str, ...] = (
    *("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B09", "B10", "B11", "B12"),
    *("SLOPE", "DEM"),
)
#: Colour channels of a PNG image.
PNG_BANDS: tuple[str, ...] = ("B04", "B03", "B02")
_BANDS: dict[Format, tuple[str, ...]] = {"hdf5": HDF5_BANDS, "png": PNG_BANDS}


@dataclass(frozen=True)
class Block:
    """A site: consecutive numbers of the benchmark.

    Attributes
    ----------
    folder: `train`, `validation` or `test`; empty where the files lie in no such folder.
    first, last: numbers, both included.
    """

    folder: str
    first: int
    last: int

    def __str__(self) -> str:
        numbers = f"{self.first}-{self.last}"
        return f"{self.folder}/{numbers}" if self.folder else numbers

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and self.first <= number <= self.last


def parse_block(text: str, offender: str) -> Block:
    """Read a block such as ``1-540`` or ``train/1-540``.

    Parameters
    ----------
    text: the cell `aoi` of an event.
    offender: where that cell stands, for the message.

    Raises
    ------
    TableError: the text is no block, or its numbers are not those of the benchmark.
    """
    allowed = "first-last, or folder/first-last with folder " + ", ".join(SIZES)
    found = re.fullmatch(r"(?:([^/\s]+)/)?([0-9]{1,6})-([0-9]{1,6})", text.strip())
    if not found:
        shown = f"'{text}'" if text.strip() else "a blank cell"
        raise TableError(
            Fault(
                f"{shown} names no block of Landslide4Sense numbers",
                offender,
                allowed,
                "write the numbers of the site's first and last image, for example train/1-540",
            )
        )
    folder, first, last = found[1] or "", int(found[2]), int(found[3])
    if folder and folder not in SIZES:
        raise TableError(
            Fault(
                f"'{folder}' is no folder of Landslide4Sense",
                offender,
                allowed,
                did_you_mean(folder, SIZES) or "name one of these folders",
            )
        )
    size = SIZES[folder] if folder else max(SIZES.values())
    if not 1 <= first <= last <= size:
        problem = "runs backwards" if first > last else "leaves the benchmark"
        raise TableError(
            Fault(
                f"block {first}-{last} {problem}",
                offender,
                f"numbers from 1 to {size}, first up to last",
                "correct the numbers",
            )
        )
    return Block(folder, first, last)


def serves(file_format: Format) -> tuple[str, ...]:
    """The channels that files of this format give, in manifest order."""
    optical = set(bands_of("sentinel2"))
    terrain = set(bands_of("terrain"))
    return manifest([band for band in _BANDS[file_format] if band in optical | terrain], 0, 1)


def _reason(channel: str, file_format: Format) -> str:
    """Why the benchmark cannot serve a channel; empty when it can."""
    epoch, band = split_channel(channel)
    if channel in serves(file_format):
        return ""
    if band.sensor == "sentinel1":
        return "the benchmark has no Sentinel-1 data"
    if epoch not in (NO_EPOCH, "POST1"):
        return "the benchmark has one image of each site, taken after the event"
    if band.name == "NDVI":
        return "its authors scaled every band by a factor of its own, which no index survives"
    if channel in serves("hdf5"):
        return "the PNG pairs hold red, green and blue only"
    return f"its authors left out band {band.name}"


def refusals(channels: Iterable[str], file_format: Format, offender: str) -> tuple[Fault, ...]:
    """One fault per reason for which the benchmark cannot serve some of the channels.

    Parameters
    ----------
    channels: those of an experiment.
    file_format: of the files at hand.
    offender: the feature set and scenario that want them, for the message.
    """
    reasons: dict[str, list[str]] = {}
    for channel in channels:
        reason = _reason(channel, file_format)
        if reason:
            reasons.setdefault(reason, []).append(channel)
    return tuple(
        Fault(
            f"landslide4sense cannot serve {', '.join(names)}: {reason}",
            offender,
            ", ".join(serves(file_format)),
            "get the benchmark's HDF5 files and set landslide4sense: format: hdf5"
            if set(names) <= set(serves("hdf5"))
            else "take them out of the feature set, or choose another scenario or feature set",
        )
        for reason, names in reasons.items()
    )
