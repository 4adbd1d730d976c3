"""Which layers of two sides can be compared, and on which pixels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scarp.channels import split_channel
from scarp.errors import DataError, Fault
from scarp.grid import Grid
from scarp.parity.product_side import LOCAL_INCIDENCE
from scarp.parity.sides import Layer, Side

Window = tuple[slice, slice]
#: Largest distance between the pixels of two sides, in pixels, as between the files of an event.
_BESIDE = 0.01


@dataclass(frozen=True)
class Pair:
    """A layer that both sides have, on the pixels that both have.

    Attributes
    ----------
    a, b: the layer of either side.
    grid: of the shared pixels.
    windows: where these lie in `a` and in `b`: rows and columns.
    """

    a: Layer
    b: Layer
    grid: Grid
    windows: tuple[Window, Window]

    @property
    def name(self) -> str:
        """Of the layer."""
        return self.a.name

    def read(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Both images, (y, x) of one shape. Raises DataError where a file is wrong."""
        first, second = self.windows
        return self.a.read()[first], self.b.read()[second]


def pair_layers(a: Side, b: Side) -> list[Pair]:
    """The layers that both sides have.

    Raises
    ------
    DataError: with all faults: no layer in common; other pixels, or none in common; other dates,
        or another orbit, as far as both sides tell them.
    """
    names = [name for name in a.layers if name in b.layers]
    if not names:
        raise DataError(
            Fault(
                "have no layer in common",
                f"{a.label} ({', '.join(a.layers)}) and {b.label} ({', '.join(b.layers)})",
                "one of the same name at least",
                "make the products of the same epochs",
            )
        )
    faults = list(_date_faults(a, b, names))
    pairs: list[Pair] = []
    apart: dict[tuple[Grid, Grid], list[str]] = {}
    for name in names:
        first, second = a.layers[name], b.layers[name]
        windows = overlap(first.grid, second.grid)
        if windows is None:
            apart.setdefault((first.grid, second.grid), []).append(name)
        else:
            pairs.append(Pair(first, second, first.grid.part(*windows[0]), windows))
    faults += [
        Fault(
            f"have no pixels in common: {a.label} lies on {_words(first)}, {b.label} on"
            f" {_words(second)}",
            f"layers {', '.join(own)}",
            "one CRS and size of pixels, corners a whole number of pixels apart, and an area that"
            " both cover",
            "make both on the event's grid",
        )
        for (first, second), own in apart.items()
    ]
    if faults:
        raise DataError(faults)
    return pairs


def overlap(a: Grid, b: Grid) -> tuple[Window, Window] | None:
    """Rows and columns of the shared pixels in either grid; None where there are none.

    The pixels of both must coincide, to a hundredth of one.
    """
    step, longest = a.resolution, max(a.height, a.width, b.height, b.width)
    if not _same_crs(a.crs, b.crs) or abs(step - b.resolution) * longest > _BESIDE * step:
        return None
    down, right = (a.top - b.top) / step, (b.left - a.left) / step
    row, column = round(down), round(right)  # of the first pixel of b, in a
    if max(abs(down - row), abs(right - column)) > _BESIDE:
        return None
    top, left = max(0, row), max(0, column)
    bottom, end = min(a.height, row + b.height), min(a.width, column + b.width)
    if top >= bottom or left >= end:
        return None
    return (
        (slice(top, bottom), slice(left, end)),
        (slice(top - row, bottom - row), slice(left - column, end - column)),
    )


def _same_crs(a: str, b: str) -> bool:
    if a == b or not (a and b):
        return a == b
    from rasterio.crs import CRS  # slow to import, needed for other spellings only

    return bool(CRS.from_user_input(a) == CRS.from_user_input(b))


def _words(grid: Grid) -> str:
    return (
        f"{grid.crs or 'no CRS'}, {grid.width} x {grid.height} pixels of {grid.resolution:g} from"
        f" {grid.left:.12g}, {grid.top:.12g}"
    )


def _date_faults(a: Side, b: Side, names: Iterable[str]) -> Iterator[Fault]:
    """One fault for each epoch and tag that tells of other scenes."""
    unequal: dict[tuple[str, str, str, str], list[str]] = {}
    for name in names:
        if name == LOCAL_INCIDENCE:
            continue  # of one track it is the same on all dates
        tags = ["date", "relative_orbit", "orbit"]
        if split_channel(name)[1].name == "COHVV":
            tags.append("reference_date")
        for tag in tags:
            told = [_told(layer, tag) for layer in (a.layers[name], b.layers[name])]
            if all(told) and told[0] != told[1]:
                epoch = split_channel(name)[0]
                unequal.setdefault((epoch, tag, told[0], told[1]), []).append(name)
    for (epoch, tag, first, second), own in unequal.items():
        what = tag.replace("_", " ")
        yield Fault(
            f"{what} of {epoch} is {first} in {a.label} and {second} in {b.label}",
            f"layers {', '.join(own)}",
            f"the same {what}: other scenes show another state of the ground",
            "make both sides from the scenes that the table of acquisitions names",
        )


def _told(layer: Layer, tag: str) -> str:
    """A tag; of the orbit's direction, ASCENDING or ASC, the first three letters."""
    text = layer.origin.tags.get(tag, "").strip()
    return text[:3].upper() if tag == "orbit" else text


def undated(side: Side, pairs: Iterable[Pair]) -> list[str]:
    """Epochs of the compared layers whose dates a side does not tell, in time order."""
    epochs = dict.fromkeys(
        split_channel(pair.name)[0]
        for pair in pairs
        if pair.name != LOCAL_INCIDENCE and not _told(side.layers[pair.name], "date")
    )
    return list(epochs)
