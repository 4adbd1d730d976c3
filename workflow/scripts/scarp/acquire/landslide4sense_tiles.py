"""Reading blocks of the Landslide4Sense benchmark into cubes.

The benchmark's tiles have no georeference, no date and no unit. A block of them is laid out as one
mosaic, row by row in the order of the numbers, so that every later stage meets a cube like any
other; the attributes say what it is and which number lies where.
"""

from __future__ import annotations

import csv
import logging
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from matplotlib.image import imread
from numpy.typing import NDArray

from scarp.acquire.landslide4sense import (
    HDF5_BANDS,
    PNG_BANDS,
    TILE,
    Block,
    Format,
    serves,
)
from scarp.channels import split_channel
from scarp.cube import write_cube
from scarp.errors import DataError, Fault
from scarp.grid import Grid

_LOG = logging.getLogger("scarp")
#: The authors resampled every band to about this pixel size, in metres.
_RESOLUTION = 10.0
_FOLDER_NAMES = {
    "train": ("TrainData", "train"),
    "validation": ("ValidData", "validation"),
    "test": ("TestData", "test"),
}
_UNITS: dict[Format, str] = {
    "hdf5": "unknown (as scaled by the benchmark's authors)",
    "png": "unknown (grey value / 255, stretched by whoever made the PNG)",
}
_HELP = "docs/landslide4sense.md says how the files must lie"


@dataclass(frozen=True)
class _Pair:
    number: int
    image: Path
    mask: Path


def make_cube(
    root: str | Path, file_format: Format, block: Block, event: str, path: str | Path
) -> None:
    """Read a block of tiles and write it as the cube of an event.

    Values are kept as they are in float32; PNG grey values are divided by 255. Cells of the mosaic
    that hold no tile are invalid, as are pixels in which a channel is not finite.

    Parameters
    ----------
    root: folder of the benchmark, or of image and mask PNG pairs.
    file_format: which of the two lies there.
    block: the numbers that make the site; numbers without files are passed over.
    event: id of the site.
    path: the cube to write.

    Raises
    ------
    DataError: no file of the block is there, an image or a mask lacks its partner, a file cannot be
        read, or its shape or content is not the benchmark's; all faults of the block at once.
    """
    pairs = _pairs(Path(root), file_format, block)
    channels = serves(file_format)
    columns = math.ceil(math.sqrt(len(pairs)))
    rows = math.ceil(len(pairs) / columns)
    shape = (rows * TILE, columns * TILE)
    image = np.full((len(channels), *shape), np.nan, dtype=np.float32)
    mask = np.full(shape, 255, dtype=np.uint8)
    faults: list[Fault] = []
    for position, pair in enumerate(pairs):
        row, column = (TILE * n for n in divmod(position, columns))
        window = (slice(row, row + TILE), slice(column, column + TILE))
        try:
            image[:, *window] = _read_image(pair.image, file_format, channels)
            mask[window] = _read_mask(pair.mask, file_format)
        except DataError as error:
            faults += error.faults
    if faults:
        raise DataError(faults)
    span = block.last - block.first + 1
    _LOG.info("%s: %d tiles of the block's %d numbers are there", event, len(pairs), span)
    valid = (mask <= 1) & np.isfinite(image).all(axis=0)
    write_cube(
        path,
        Grid("", 0.0, shape[0] * _RESOLUTION, _RESOLUTION, *shape),
        dict(zip(channels, image, strict=True)),
        mask,
        valid.astype(np.uint8),
        {
            "event": event,
            "source": "landslide4sense",
            "title": f"Landslide4Sense, block {block}, as a mosaic without georeference",
            "tile": TILE,
            "tile_columns": columns,
            "tile_numbers": " ".join(str(pair.number) for pair in pairs),
            "block": str(block),
            "format": file_format,
        },
        {
            channel: {
                "long_name": f"{split_channel(channel)[1].name} of Landslide4Sense",
                "units": _UNITS[file_format],
                "valid_range": [float(np.nanmin(values)), float(np.nanmax(values))],
                "date": "unknown, after the event",
            }
            for channel, values in zip(channels, image, strict=True)
        },
        storage="float",  # values in unknown units pass what a band's 16-bit code can hold
    )


def _pairs(root: Path, file_format: Format, block: Block) -> list[_Pair]:
    """Image and mask of every number of the block that has files, in the order of the numbers."""
    image_folder, mask_folder = _folders(root, block)
    if file_format == "hdf5":
        images = _numbered(image_folder.glob("image_*.h5"), r"image_([0-9]+)", block)
        masks = _numbered(mask_folder.glob("mask_*.h5"), r"mask_([0-9]+)", block)
    else:
        index = _read_index(root / "index.csv")
        images = _numbered(image_folder.glob("*.png"), r".*?([0-9]+)", block, index)
        masks = _numbered(mask_folder.glob("*.png"), r".*?([0-9]+)", block, index)
    faults = [
        Fault(
            f"image {number} has no mask in {mask_folder}",
            str(images[number]),
            cure="get its mask, or choose a block of labelled images",
        )
        for number in sorted(images.keys() - masks.keys())
    ] + [
        Fault(
            f"mask {number} has no image in {image_folder}",
            str(masks[number]),
            cure="get its image, or take the mask away",
        )
        for number in sorted(masks.keys() - images.keys())
    ]
    if not images and not masks:
        faults.append(
            Fault(
                f"holds no {file_format} image with a number from {block.first} to {block.last}",
                str(image_folder),
                cure="choose another block, set landslide4sense: format, or get the files;"
                f" {_HELP}",
            )
        )
    if faults:
        raise DataError(faults)
    return [_Pair(number, images[number], masks[number]) for number in sorted(images)]


def _folders(root: Path, block: Block) -> tuple[Path, Path]:
    """The folders of images and masks: as the authors or a mirror lay them, or one for all."""
    if block.folder:
        choices = [
            (root / name / "img", root / name / "mask") for name in _FOLDER_NAMES[block.folder]
        ]
        choices.append((root / "images" / block.folder, root / "annotations" / block.folder))
    else:
        choices = [(root / "img", root / "mask"), (root, root)]
    for images, masks in choices:
        if images.is_dir():
            return images, masks
    raise DataError(
        Fault(
            f"there is no folder {' or '.join(str(images) for images, _ in choices)}",
            f"Landslide4Sense block {block}",
            cure=f"set landslide4sense: path, or get the benchmark ({_HELP})",
        )
    )


def _numbered(
    files: Iterable[Path], pattern: str, block: Block, index: dict[str, int] | None = None
) -> dict[int, Path]:
    """The files whose number lies in the block, by that number.

    The number stands in `index` by file name, or else where `pattern` finds it in the stem.
    """
    found: dict[int, Path] = {}
    faults = []
    for file in sorted(files):
        match = re.fullmatch(pattern, file.stem)
        number = index.get(file.name) if index else int(match[1]) if match else None
        if number is None:
            faults.append(
                Fault(
                    "its number is not known",
                    str(file),
                    "names that end in the number, or a row in index.csv where there is one",
                    "rename the file, add the row, or take the file away",
                )
            )
        elif number in block and number in found:
            faults.append(
                Fault(
                    f"has the same number {number} as {found[number].name}",
                    str(file),
                    cure="take one of them away",
                )
            )
        elif number in block:
            found[number] = file
    if faults:
        raise DataError(faults)
    return found


def _read_index(path: Path) -> dict[str, int]:
    """File name -> Landslide4Sense number, from a table with the columns file and l4s_number."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        absent = {"file", "l4s_number"} - set(rows.fieldnames or ())
        if absent:
            raise DataError(
                Fault(
                    f"lacks the column {', '.join(sorted(absent))}",
                    str(path),
                    "file, l4s_number",
                    "correct the table, or take it away so that file names give the numbers",
                )
            )
        numbers = {}
        for line, row in enumerate(rows, 2):
            text = (row["l4s_number"] or "").strip()
            if not text.isascii() or not text.isdecimal():
                raise DataError(
                    Fault(
                        f"'{text}' is no number",
                        f"{path}, row {line}, column l4s_number",
                        "whole numbers from 1",
                        "correct the row",
                    )
                )
            numbers[row["file"]] = int(text)
    return numbers


def _read_image(path: Path, file_format: Format, channels: tuple[str, ...]) -> NDArray[np.float32]:
    """An image as (channel, y, x) float32."""
    if file_format == "hdf5":
        values, stored = _read_dataset(path, "img", (TILE, TILE, len(HDF5_BANDS))), HDF5_BANDS
    else:
        values, stored = _read_png(path), PNG_BANDS
        _check_shape(path, values, {(TILE, TILE, 3), (TILE, TILE, 4)})
    order = [stored.index(split_channel(channel)[1].name) for channel in channels]
    return np.moveaxis(values[:, :, order].astype(np.float32), -1, 0)


def _read_mask(path: Path, file_format: Format) -> NDArray[np.uint8]:
    """A mask as (y, x) uint8, 1 landslide, 0 none."""
    if file_format == "hdf5":
        values = _read_dataset(path, "mask", (TILE, TILE))
    else:
        values = _read_png(path)
        _check_shape(path, values, {(TILE, TILE), (TILE, TILE, 3), (TILE, TILE, 4)})
        if values.ndim == 3:
            values = values[:, :, :3].max(axis=2)  # alpha is no label
    if not np.isin(values, (0, 1)).all():
        raise DataError(
            Fault(
                "holds other values than landslide and none",
                str(path),
                "0 and 1 in HDF5, 0 and 255 in PNG",
                "take masks that were not resampled or compressed with loss",
            )
        )
    return values.astype(np.uint8)


def _read_dataset(path: Path, name: str, shape: tuple[int, ...]) -> NDArray[np.generic]:
    try:
        with h5py.File(path, "r") as file:
            if name not in file:
                raise DataError(
                    Fault(
                        f"has no dataset '{name}'",
                        str(path),
                        f"it holds {', '.join(sorted(file)) or 'nothing'}",
                        "get the file again from the benchmark",
                    )
                )
            values = np.asarray(file[name][()])
    except OSError as error:
        raise _unreadable(path, error) from error
    _check_shape(path, values, {shape})
    return values


def _read_png(path: Path) -> NDArray[np.generic]:
    """Grey values as fractions of the largest, (y, x) or (y, x, colour)."""
    try:
        return np.asarray(imread(path))
    except (OSError, SyntaxError, ValueError) as error:  # SyntaxError is Pillow's for a broken PNG
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> DataError:
    return DataError(
        Fault(
            f"cannot be read ({error})", str(path), cure="get the file again; it may be cut short"
        )
    )


def _check_shape(path: Path, values: NDArray[np.generic], allowed: set[tuple[int, ...]]) -> None:
    if values.shape not in allowed:
        raise DataError(
            Fault(
                f"has shape {values.shape}",
                str(path),
                " or ".join(str(shape) for shape in sorted(allowed)),
                "give the benchmark's own tiles, neither cropped nor resized",
            )
        )
