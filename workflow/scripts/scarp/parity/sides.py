"""The two sides of a comparison: the Sentinel-1 layers of an event as one maker made them.

A side is a folder of product files (docs/products.md) or a cube, such as that of the published
archive. It is opened without reading pixels; a layer is read when it is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scarp.channels import EPOCHS, bands_of, split_channel
from scarp.cube import channels_of, grid_of, open_cube
from scarp.errors import DataError, Fault
from scarp.grid import Grid
from scarp.parity.product_side import (
    LOCAL_INCIDENCE,
    Header,
    read_band,
    read_header,
    read_incidence,
)
from scarp.product_files import GEOMETRY, SENTINEL1, products_of
from scarp.simulated import is_simulated

Kind = Literal["products", "cube"]
#: Makers that something is known of; a label that is one of these must be true.
ENGINES = ("snap", "embedded", "archive")


class Source(NamedTuple):
    """Where a side lies and what it is called.

    Attributes
    ----------
    kind: `products` for a folder of product files, `cube` for a NetCDF.
    path: of the folder or the cube.
    label: for people; one of `ENGINES`, or any other name.
    """

    kind: Kind
    path: str
    label: str


@dataclass(frozen=True)
class Origin:
    """Who made a layer, and of what.

    Attributes
    ----------
    engine: one of `ENGINES`, another program, or "" where it is not told.
    version: of the engine, "" where it is not told.
    simulated: whether nothing in it was observed.
    tags: what else the file says, such as `date`, `reference_date`, `dem`, `orbit_source`.
    """

    engine: str
    version: str
    simulated: bool
    tags: Mapping[str, str]

    @property
    def name(self) -> str:
        """Engine and version, as far as they are told."""
        return f"{self.engine} {self.version}".strip() or "not told"


@dataclass(frozen=True)
class Layer:
    """One layer of a side.

    Attributes
    ----------
    name: a channel, such as PRE1_gVV, or `LOCAL_INCIDENCE`.
    grid: that it stands on.
    origin: who made it.
    read: gives (y, x) float32 in the band's own unit (gamma nought in linear power), NaN without
        data; raises DataError where the file is damaged or holds other values.
    """

    name: str
    grid: Grid
    origin: Origin
    read: Callable[[], NDArray[np.float32]]


@dataclass(frozen=True)
class Side:
    """All layers of a side: name -> layer, in the order of the manifest."""

    label: str
    layers: Mapping[str, Layer]


def read_side(source: Source, epochs: Sequence[str]) -> Side:
    """Open a side.

    Parameters
    ----------
    epochs: of the event's Sentinel-1 dates.

    Returns
    -------
    The layers that are there, of these epochs; a folder need not hold all products.

    Raises
    ------
    DataError: the folder or the cube is not there or unreadable, has no layer of Sentinel-1, or was
        made by another engine than its label says.
    """
    path = Path(source.path)
    found = (_cube_layers if source.kind == "cube" else _product_layers)(path, source.label, epochs)
    if not found:
        raise DataError(
            Fault(
                f"has no layer of Sentinel-1 at {', '.join(epochs) or 'no epoch'}",
                str(path),
                "gamma nought, coherence, entropy, anisotropy or alpha of one epoch at least",
                "make the event's Sentinel-1 products first",
            )
        )
    makers = {layer.origin.engine for layer in found} - {source.label, ""}
    if source.label in ENGINES and makers:
        raise DataError(
            Fault(
                f"was made by {', '.join(sorted(makers))}, not by {source.label}",
                str(path),
                f"layers whose engine is {source.label}",
                "name the side for what made it, or make its products again",
            )
        )
    layers = {layer.name: layer for layer in found}
    return Side(source.label, {name: layers[name] for name in sorted(layers, key=layer_order)})


def layer_order(name: str) -> tuple[int, int]:
    """What layers are sorted by: the bands in manifest order, each in time order."""
    if name == LOCAL_INCIDENCE:
        return len(bands_of("sentinel1")), 0
    epoch, band = split_channel(name)
    return bands_of("sentinel1").index(band.name), EPOCHS.index(epoch)


def _product_layers(folder: Path, label: str, epochs: Sequence[str]) -> list[Layer]:
    """Layers of the product files of a folder; all faults of all files at once."""
    dates = {"sentinel1": dict.fromkeys(epochs, "")}
    readers: dict[Path, dict[str, Callable[[], NDArray[np.float32]]]] = {
        folder / product.file: {
            f"{product.epoch}_{band}": partial(read_band, folder / product.file, product, band)
            for band in product.bands.values()
        }
        for product in products_of(dates)
        if product.file.startswith(SENTINEL1)
    }
    readers[folder / GEOMETRY] = {LOCAL_INCIDENCE: partial(read_incidence, folder / GEOMETRY)}
    layers: list[Layer] = []
    faults: list[Fault] = []
    for path in filter(Path.is_file, readers):
        try:
            header = read_header(path)
        except DataError as error:
            faults += error.faults
            continue
        origin = _origin(header, label)
        layers += [Layer(name, header.grid, origin, read) for name, read in readers[path].items()]
    if faults:
        raise DataError(faults)
    return layers


def _origin(header: Header, label: str) -> Origin:
    """Maker of a file; its tag may hold the version too, as in `engine=snap 13.0.0`."""
    told = header.tags.get("engine", label if label in ENGINES else "")
    engine, _, rest = told.strip().partition(" ")
    version = header.tags.get("engine_version", rest)
    return Origin(engine.casefold(), version.strip(), header.simulated, header.tags)


def _cube_layers(path: Path, label: str, epochs: Sequence[str]) -> list[Layer]:
    with open_cube(path) as cube:
        grid = grid_of(cube)
        shared = {"orbit": str(cube.attrs.get("orbit", ""))}
        simulated = is_simulated(cube.attrs.get("source", ""))
        attributes = {name: cube[name].attrs for name in channels_of(cube)}
    layers = []
    for name, own in attributes.items():
        epoch, band = split_channel(name)
        if band.sensor != "sentinel1" or epoch not in epochs:
            continue
        tags = shared | {key: str(value) for key, value in own.items()}
        origin = _origin(Header(grid, tags, simulated), label)
        read = partial(_read_channel, path, name, origin.engine == "archive")
        layers.append(Layer(name, grid, origin, read))
    return layers


def _read_channel(path: Path, name: str, zero_is_nodata: bool) -> NDArray[np.float32]:
    """A channel of a cube; the archive has SNAP's 0 where SNAP had no data."""
    with open_cube(path) as cube:
        values = np.asarray(cube[name].values, dtype=np.float32)
    return np.where(values == 0, np.float32(np.nan), values) if zero_is_nodata else values
