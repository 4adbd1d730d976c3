"""What of an event can be seen: which channels its cube has, and how much each of them covers.

The area of an event is every pixel that has elevation, clouds and gaps of the images included.
``None_VALID`` is no measure of it: it is 0 wherever any one channel of the cube lacks data, so a
cloud in an optical image would count against a model that looks through clouds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from scarp.channels import NO_EPOCH, all_channels
from scarp.cube import CHUNK
from scarp.errors import DataError, Fault

_ELEVATION = f"{NO_EPOCH}_DEM"
#: Side in pixels of what is read at once: whole chunks of storage, in some 60 MB of memory.
_SIDE = 8 * CHUNK
_CURE = "delete it and let the workflow make it again"


@dataclass(frozen=True)
class Availability:
    """What the cube of an event holds.

    Attributes
    ----------
    event, source: as the cube says.
    engines: that made its Sentinel-1 channels, `archive` for the published ones; none where the
        cube does not say.
    channels: that it has, in manifest order.
    dates: channel -> ISO date, where it is known.
    reference_dates: coherence channel -> ISO date of the earlier scene, where it is known.
    pixels: of the area, see the module.
    patterns: which channels have data together -> pixels of the area where just these have. Bit n
        of a key stands for channel n.
    """

    event: str
    source: str
    engines: tuple[str, ...]
    channels: tuple[str, ...]
    dates: Mapping[str, str]
    reference_dates: Mapping[str, str]
    pixels: int
    patterns: Mapping[int, int]

    def coverage(self, channels: Iterable[str]) -> float:
        """Share of the area, 0 to 1, where all of these channels have data.

        1 for no channel, 0 where a channel is not in the cube.
        """
        wanted = set(channels)
        if not wanted <= set(self.channels):
            return 0.0
        bits = sum(1 << self.channels.index(name) for name in wanted)
        covered = sum(n for pattern, n in self.patterns.items() if pattern & bits == bits)
        return covered / self.pixels


def read_availability(path: str | Path) -> Availability:
    """Read which channels the cube at `path` has, and where they have data.

    Every channel is read once, a window at a time, so that memory does not grow with the scene.
    Where the cube has no elevation, its area is the whole grid.

    Raises
    ------
    DataError: the file is missing or no cube, or has no pixel with elevation.
    """
    try:
        with h5py.File(path, "r") as cube:
            return _availability(cube, path)
    except OSError as error:
        raise DataError(
            Fault(f"cannot be read as a cube ({error})", str(path), cure=_CURE)
        ) from error


def _availability(cube: h5py.File, path: str | Path) -> Availability:
    channels = tuple(name for name in all_channels() if name in cube)
    lacking = [name for name in ("event", "source") if name not in cube.attrs]
    if lacking or not channels:
        what = f"attribute {', '.join(lacking)}" if lacking else "every channel"
        raise DataError(Fault(f"lacks {what}", str(path), cure=_CURE))
    patterns: Counter[int] = Counter()
    for window in _windows(cube[channels[0]].shape):
        patterns.update(_patterns(cube, channels, window))
    if _ELEVATION in channels:
        bit = 1 << channels.index(_ELEVATION)
        patterns = Counter({key: n for key, n in patterns.items() if key & bit})
    if not patterns:
        raise DataError(Fault("has no pixel with elevation", str(path), cure=_CURE))
    return Availability(
        event=str(cube.attrs["event"]),
        source=str(cube.attrs["source"]),
        engines=tuple(str(cube.attrs.get("sentinel1_engine", "")).split()),
        channels=channels,
        dates=_attribute(cube, channels, "date"),
        reference_dates=_attribute(cube, channels, "reference_date"),
        pixels=patterns.total(),
        patterns=dict(sorted(patterns.items())),
    )


def _windows(shape: tuple[int, int]) -> Iterator[tuple[slice, slice]]:
    height, width = shape
    for row in range(0, height, _SIDE):
        for column in range(0, width, _SIDE):
            yield slice(row, min(row + _SIDE, height)), slice(column, min(column + _SIDE, width))


def _patterns(
    cube: h5py.File, channels: tuple[str, ...], window: tuple[slice, slice]
) -> dict[int, int]:
    """Which channels have data together in a window -> pixels."""
    seen: NDArray[np.uint64] | None = None
    for position, name in enumerate(channels):
        has = _has_data(cube[name], window).astype(np.uint64) << np.uint64(position)
        seen = has if seen is None else np.bitwise_or(seen, has, out=seen)
    keys, numbers = np.unique(np.asarray(seen), return_counts=True)
    return dict(zip(keys.tolist(), numbers.tolist(), strict=True))


def _has_data(channel: h5py.Dataset, window: tuple[slice, slice]) -> NDArray[np.bool_]:
    """Where a stored channel is not its fill value, (rows, columns); codes need no decoding."""
    stored = channel[window]
    if np.issubdtype(stored.dtype, np.floating):
        return np.asarray(np.isfinite(stored))
    fill = channel.attrs.get("_FillValue")
    if fill is None:
        return np.ones(stored.shape, dtype=np.bool_)
    return np.asarray(stored != np.asarray(fill).item())


def _attribute(cube: h5py.File, channels: tuple[str, ...], name: str) -> dict[str, str]:
    """An attribute of the channels that have it."""
    return {
        channel: str(cube[channel].attrs[name])
        for channel in channels
        if name in cube[channel].attrs
    }
