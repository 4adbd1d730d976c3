"""The cube of an event from products of its own scenes, whatever software made them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scarp.channels import all_channels, split_channel
from scarp.cube import write_cube
from scarp.errors import DataError, Fault, did_you_mean
from scarp.grid import Grid
from scarp.product_files import (
    GEOMETRY,
    LABELS,
    TERRAIN,
    Dates,
    Product,
    optional_files,
    products_of,
    required_files,
)
from scarp.product_raster import Raster, frame_faults, read_raster
from scarp.product_values import read_bands, read_flags
from scarp.sentinel2 import ndvi

_LOG = logging.getLogger("scarp")
_LABEL_VALUES = {1: "landslide", 0: "none", 255: "unknown"}
_MASK_VALUES = {1: "usable", 0: "cloud or shadow"}
#: Who made products that have no tag `engine`, as the configuration calls products from elsewhere.
_UNNAMED = "files"


def make_cube(
    folder: str | Path,
    event: str,
    event_date: str,
    dates: Dates,
    path: str | Path,
    needs_labels: bool,
) -> None:
    """Harmonise the product files of an event into its cube.

    Values stay as they are, in float32 and 16-bit codes as the cube stores them, with NaN for the
    files' nodata. NDVI = (B08 - B04) / (B08 + B04) (Rouse et al. 1974), NaN where both are 0.
    ``None_VALID`` is 1 where every channel is finite and the optical masks that are there say
    usable. Without labels ``None_MASK`` is 255 everywhere: unknown, never trained or scored on.

    Parameters
    ----------
    folder: where the products lie (docs/products.md).
    event: its id. event_date: ISO date.
    dates: `sentinel1` and `sentinel2` -> epoch -> ISO date, blank where it is not known.
    path: of the cube.
    needs_labels: whether the event trains or tests; labels that are there are read anyway.

    Raises
    ------
    DataError: a file is missing, unreadable, on another grid than terrain.tif, or its bands or
        values are not what they should be; all faults of all files at once.
    """
    found = _read_all(Path(folder), dates, needs_labels)
    grid, mask = found.grid, found.mask
    if mask is None:
        mask = np.full((grid.height, grid.width), 255, dtype=np.uint8)
    valid = np.ones(mask.shape, dtype=np.bool_)
    for usable in found.usable.values():
        valid &= usable
    if not needs_labels:
        _blank_clouds(found)
    for values in found.channels.values():
        valid &= np.isfinite(values)
    _LOG.info("%s: %d channels", event, len(found.channels))
    _LOG.info("%s: %d of %d pixels valid", event, valid.sum(), valid.size)
    about = {"event": event, "event_date": event_date, "source": "scenes"}
    if found.simulated:
        about["source"] = "simulated scenes"
        about["simulated_products"] = " ".join(sorted(found.simulated))
    if engines := _engines(found.attributes):
        about["sentinel1_engine"] = " ".join(engines)
    write_cube(
        path,
        grid,
        {name: found.channels[name] for name in all_channels() if name in found.channels},
        mask,
        valid.astype(np.uint8),
        about,
        found.attributes,
    )


def _blank_clouds(found: _Found) -> None:
    """Take away what an optical image shows of clouds.

    Of an event that only gets a map: there, which pixels a model may use depends on its channels,
    and a cloud must not cost a radar model its pixels.
    """
    for name, values in found.channels.items():
        epoch, band = split_channel(name)
        if band.sensor == "sentinel2" and epoch in found.usable:
            values[~found.usable[epoch]] = np.nan


@dataclass
class _Found:
    """What the product files of an event hold.

    `mask` is None where there are no labels; `usable` says by epoch where its optical image is.
    """

    grid: Grid
    channels: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    attributes: dict[str, dict[str, Any]] = field(default_factory=dict)
    mask: NDArray[np.uint8] | None = None
    usable: dict[str, NDArray[np.bool_]] = field(default_factory=dict)
    simulated: list[str] = field(default_factory=list)

    def add(self, name: str, raster: Raster, product: Product | None, needs_labels: bool) -> None:
        """Take in one file; DataError when its bands or values are not what they should be."""
        if raster.is_simulated:
            self.simulated.append(name)
        if name == LABELS:
            self.mask = _labels(raster, needs_labels)
        elif product is None:
            epoch = Path(name).stem.rpartition("_")[2]
            self.usable[epoch] = read_flags(raster, _MASK_VALUES, 0) == 1
        else:
            channels = _channels(raster, product)
            self.channels |= channels
            self.attributes |= _attributes(raster, product, channels)


def _read_all(folder: Path, dates: Dates, needs_labels: bool) -> _Found:
    """Read every file, one at a time, since all of them together may fill the memory."""
    present, faults = _present(folder, dates, needs_labels)
    products = {product.file: product for product in products_of(dates)}
    terrain: Raster | None = None
    found = _Found(Grid("", 0.0, 0.0, 0.0, 0, 0))
    for name in present:
        try:
            raster = read_raster(folder / name)
            faults += frame_faults(raster, terrain)
            if name == TERRAIN.file:
                terrain, found.grid = raster, raster.grid
            found.add(name, raster, products.get(name), needs_labels)
        except DataError as error:
            faults += error.faults
    if faults:
        raise DataError(faults)
    return found


def _present(folder: Path, dates: Dates, needs_labels: bool) -> tuple[list[str], list[Fault]]:
    """Names of the files to read, terrain first, and the faults of those that are not there."""
    if not folder.is_dir():
        raise DataError(
            Fault(
                "there is no such folder",
                str(folder),
                cure="put the event's products there; docs/products.md says which",
            )
        )
    lying = sorted(file.name for file in folder.glob("*.tif*"))
    required = required_files(dates, needs_labels)
    optional = optional_files(dates, needs_labels)
    unused = [name for name in lying if name not in {*required, *optional, GEOMETRY}]
    if unused:
        _LOG.warning("%s: not called for and not read: %s", folder, ", ".join(unused))
    return (
        [name for name in (*required, *optional) if name in lying],
        [_missing(folder / name, unused) for name in required if name not in lying],
    )


def _missing(path: Path, unused: list[str]) -> Fault:
    if path.name == LABELS:
        cure = "put the reference there, or give the event role apply"
    elif path.name == TERRAIN.file:
        cure = "put it there: its grid is the event's"
    else:
        cure = "put it there, or take the acquisition that calls for it out of the table"
    meant = did_you_mean(path.name, unused)
    return Fault(
        "there is no such file", str(path), cure=f"{meant} then rename it" if meant else cure
    )


def _labels(raster: Raster, needed: bool) -> NDArray[np.uint8]:
    mask = read_flags(raster, _LABEL_VALUES, 255)
    if needed and not (mask <= 1).any():
        raise DataError(
            Fault(
                "says unknown of every pixel",
                str(raster.path),
                "1 landslide, 0 none, 255 unknown",
                "write 0 where it is known that there is no landslide",
            )
        )
    return mask


def _channels(raster: Raster, product: Product) -> dict[str, NDArray[np.float32]]:
    bands = read_bands(raster, product.bands)
    if {"B04", "B08"} <= bands.keys():
        bands["NDVI"] = ndvi(bands["B08"], bands["B04"])
    return {f"{product.epoch}_{name}": values for name, values in bands.items()}


def _engines(attributes: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Who made the channels of Sentinel-1, sorted: the first word of their tag, without version."""
    return sorted(
        {
            str(about.get("engine", _UNNAMED)).split()[0].lower()
            for name, about in attributes.items()
            if split_channel(name)[1].sensor == "sentinel1"
        }
    )


def _attributes(
    raster: Raster, product: Product, channels: Iterable[str]
) -> dict[str, dict[str, Any]]:
    # A date that the table leaves blank may be told by the file.
    told = {name: raster.tags[name] for name in ("date", "reference_date") if name in raster.tags}
    dates = {**told, **product.dates}
    shared: dict[str, Any] = {**dates, "product": product.file}
    if {"date", "reference_date"} <= dates.keys():
        later, earlier = (dates[name] for name in ("date", "reference_date"))
        shared["days_apart"] = (date.fromisoformat(later) - date.fromisoformat(earlier)).days
    if "engine" in raster.tags:
        shared["engine"] = raster.tags["engine"]
    if not raster.is_simulated:
        return dict.fromkeys(channels, shared)
    return {
        name: {**shared, "long_name": f"simulated {split_channel(name)[1].long_name}"}
        for name in channels
    }
