"""Windows of a cube: channels, and which pixels are usable, without the rest of the scene.

Plain HDF5 rather than xarray: a window costs what its storage chunks cost.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from scarp.channels import MASK, VALID
from scarp.cube import CHUNK
from scarp.errors import DataError, Fault, did_you_mean
from scarp.grid import Grid
from scarp.patches import with_offset_choice
from scarp.sentinel2 import S2Offset

_AGAIN = "delete it and let the workflow make it again"


class CubeWindows:
    """An open cube (see `scarp.cube`).

    Attributes
    ----------
    path: of the cube. event, source: of the event.
    grid: of the scene.
    channels: names, in alphabetical order.
    """

    def __init__(self, path: str | Path, file: h5py.File) -> None:
        self.path = path
        self._file = file
        lacking = [
            name
            for name, there in (
                (MASK, MASK in file),
                (VALID, VALID in file),
                ("attribute event", "event" in file.attrs),
            )
            if not there
        ]
        if lacking:
            raise DataError(Fault(f"lacks {', '.join(lacking)}", str(path), cure=_AGAIN))
        self.event = str(file.attrs["event"])
        self.source = str(file.attrs["source"])
        self.grid = Grid.from_attributes(file.attrs, *file[VALID].shape)
        self.channels = tuple(
            name for name, stored in file.items() if stored.ndim == 2 and name not in (MASK, VALID)
        )
        tile = int(np.asarray(file.attrs.get("tile", 0)).item())
        if tile:
            raise DataError(
                Fault(
                    f"is a mosaic of unrelated {tile} x {tile} tiles; a map of it as one scene"
                    " would mix them",
                    str(path),
                    "a cube of one scene",
                    "score its tiles by giving the event role independent",
                )
            )

    def channel(
        self, name: str, rows: slice, columns: slice, s2_offset: S2Offset
    ) -> NDArray[np.float32]:
        """Read a window of a channel, (y, x) float32 in the band's unit, NaN without data.

        Parameters
        ----------
        rows, columns: within the scene; both have a start and a stop.
        s2_offset: as in `scarp.patches.read_channel`.

        Raises
        ------
        DataError: the cube has no such channel.
        """
        return with_offset_choice(
            name, self._file.attrs, s2_offset, lambda own: self._stored(own, rows, columns)
        )

    def _stored(self, name: str, rows: slice, columns: slice) -> NDArray[np.float32]:
        if name not in self.channels:
            raise DataError(
                Fault(
                    f"has no channel {name}",
                    str(self.path),
                    f"{len(self.channels)} channels: {', '.join(self.channels)}",
                    did_you_mean(name, self.channels) or "add the missing acquisition",
                )
            )
        variable = self._file[name]
        stored = variable[rows, columns]
        if "scale_factor" not in variable.attrs:
            return np.asarray(stored, dtype=np.float32)
        # In float32 throughout, as xarray decodes it when patches are cut.
        values: NDArray[np.float32] = stored.astype(np.float32)
        values *= np.float32(np.asarray(variable.attrs["scale_factor"]).item())
        values[stored == np.asarray(variable.attrs["_FillValue"]).item()] = np.nan
        return values

    def usable(self, rows: slice, columns: slice) -> NDArray[np.bool_]:
        """Where patches of this cube are valid, (y, x) bool: what limits of a scaling come from.

        None_VALID and, as in `scarp.cutting`, of known reference. An event to map may have no
        reference at all: there every pixel is usable that has data, whatever other channels lack.
        """
        if not self._has_reference:
            return np.ones((rows.stop - rows.start, columns.stop - columns.start), dtype=np.bool_)
        valid = self._file[VALID][rows, columns] == 1
        return np.asarray(valid & (self._file[MASK][rows, columns] <= 1), dtype=np.bool_)

    @cached_property
    def _has_reference(self) -> bool:
        mask = self._file[MASK]
        return any(bool((mask[rows] <= 1).any()) for rows in self.bands())

    def bands(self) -> Iterator[slice]:
        """Rows of the scene in bands that do not cut storage chunks."""
        for start in range(0, self.grid.height, CHUNK):
            yield slice(start, min(start + CHUNK, self.grid.height))


@contextmanager
def open_windows(path: str | Path) -> Iterator[CubeWindows]:
    """Open a cube to read windows of it.

    Raises
    ------
    DataError: the file is missing or no cube, or a mosaic of unrelated tiles.
    """
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise DataError(
            Fault(f"cannot be read as a cube ({error})", str(path), cure=_AGAIN)
        ) from error
    with file:
        yield CubeWindows(path, file)
