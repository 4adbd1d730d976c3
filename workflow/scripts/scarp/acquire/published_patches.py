"""The published patches of one event, in the form in which patches are cut here."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scarp.acquire.archive import SIDES
from scarp.acquire.archive_cube import in_unit, valid_pixels
from scarp.acquire.published_h5 import describe, read
from scarp.acquire.published_positions import Position
from scarp.channels import MASK, split_channel
from scarp.cube import channels_of, grid_of, open_cube
from scarp.errors import DataError, Fault
from scarp.patch_file import Windows, write_patches

logger = logging.getLogger("scarp")


def write_published(
    cube_path: str | Path,
    event: str,
    positions: Sequence[Position],
    files: Mapping[str, str | Path],
    size: int,
    path: str | Path,
) -> None:
    """Write the published patches of an event to `path`, with their place on its grid.

    Pixels are those of the HDF5 files, in the cube's units; the order is by side, then by index.

    Parameters
    ----------
    cube_path: the event's cube, for its grid, channels and attributes.
    positions: of all published patches; other events' are left out.
    files: part (key of `SIDES`) -> its HDF5 file.
    size: side of a patch that the configuration expects.

    Raises
    ------
    DataError: there is no patch of this event, patches have another size, or the mask has values
        other than 0 and 1.
    """
    own = [position for position in positions if position.place.event == event]
    if not own:
        raise DataError(
            Fault(
                f"no published patch is of event {event}",
                ", ".join(str(file) for file in files.values()),
                cure=f"give event {event} role apply, remove it, or set patches: origin: own",
            )
        )
    parts = tuple(dict.fromkeys(position.part for position in own))
    events = sorted({position.place.event for position in positions})
    sides = {part: describe(files[part], events) for part in parts}
    for side in sides.values():
        if side.size != size:
            raise DataError(
                Fault(
                    f"has patches of {side.size} pixels, the configuration says {size}",
                    str(side.path),
                    cure=f"set patches: size: {side.size}",
                )
            )
    with open_cube(cube_path) as cube:
        grid, channels, attributes = grid_of(cube), channels_of(cube), dict(cube.attrs)
        reference = np.asarray(cube[MASK].values)
    indices = {
        part: np.array([p.index for p in own if p.part == part], dtype=np.int64) for part in parts
    }

    def stacked(channel: str) -> NDArray[np.float32]:
        return np.concatenate([read(sides[part], channel, indices[part]) for part in parts])

    def converted(channel: str) -> NDArray[np.float32]:
        return in_unit(split_channel(channel)[1], stacked(channel), f"{event}, {channel}")

    mask = stacked(MASK)
    if not np.isin(mask, (0, 1)).all():
        raise DataError(
            Fault(
                f"None_MASK of event {event} has values other than 0 and 1",
                ", ".join(str(side.path) for side in sides.values()),
                "0 (none) and 1 (landslide)",
                "unpack or fetch the archive again",
            )
        )
    # Patches are few: all channels of an event are held at once to see where each has data.
    values = {channel: converted(channel) for channel in channels}
    in_order = [p for part in parts for p in own if p.part == part]
    origins = [(p.place.row, p.place.column) for p in in_order]
    differ = sum(
        int((reference[row : row + size, column : column + size] != mask[number]).sum())
        for number, (row, column) in enumerate(origins)
    )
    if differ:
        logger.warning("%s: %d mask pixels differ between patches and scene", event, differ)
    write_patches(
        path,
        attributes,
        grid,
        Windows(
            origins,
            mask.astype(np.uint8),
            valid_pixels(values).astype(np.uint8),
            [SIDES[p.part] for p in in_order],
        ),
        channels,
        values.__getitem__,
    )
