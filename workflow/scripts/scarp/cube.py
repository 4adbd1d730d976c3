"""The cube of an event: every channel on one grid in one NetCDF file.

It is the only thing that later stages read, whatever made it. Each channel is a variable with
dimensions (y, x); channels whose physics allows it are stored in 16 bit by CF scale and offset.
``None_MASK`` is the reference (1 landslide, 0 none, 255 unknown), ``None_VALID`` says which pixels
may be trained and scored on (1) or not (0).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from scarp import __version__
from scarp.channels import BANDS, MASK, VALID, Band, all_channels, split_channel
from scarp.errors import DataError, Fault, did_you_mean
from scarp.files import beside
from scarp.grid import Grid

#: How values are stored: `packed` in 16 bit wherever the band allows, `lossless` only where that
#: gives back every value, `float` never (for values that are not in the band's unit).
Storage = Literal["packed", "lossless", "float"]
#: Side of a storage chunk in pixels: the size of a patch, so that reading one touches at most four.
CHUNK = 128
#: 16-bit codes that stand for "no data".
_NODATA = {"uint16": 65535, "int16": -32768}


def _encoding(band: Band, values: NDArray[np.float32], storage: Storage) -> dict[str, Any]:
    shape = values.shape
    compression = {
        "zlib": True,
        "complevel": 1,
        "shuffle": True,
        "chunksizes": (min(CHUNK, shape[0]), min(CHUNK, shape[1])),
    }
    packed = band.step and (
        storage == "packed" or (storage == "lossless" and _survives(band, values))
    )
    if not packed:
        return {"dtype": "float32", "_FillValue": np.float32(np.nan), **compression}
    dtype = _code(band)
    return {
        "dtype": dtype,
        "scale_factor": np.float32(band.step),  # so that it decodes to float32
        "_FillValue": _NODATA[dtype],
        **compression,
    }


def _code(band: Band) -> str:
    return "int16" if band.low < 0 else "uint16"


def _limits(band: Band) -> tuple[int, int]:
    """What a band's 16-bit code can hold, one code short of nodata."""
    return (-32767, 32767) if band.low < 0 else (0, 65534)


def _survives(band: Band, values: NDArray[np.float32]) -> bool:
    """Whether 16-bit codes decode to these very values."""
    seen = values[~np.isnan(values)]
    step = np.float32(band.step)
    codes = np.rint(seen / step)
    lowest, highest = _limits(band)
    if codes.size and (codes.min() < lowest or codes.max() > highest):
        return False
    return bool((codes * step == seen).all())


def _storable(band: Band, values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Keep values inside what their 16-bit code can hold."""
    if not band.step:
        return values
    lowest, highest = _limits(band)
    return np.clip(values, np.float32(lowest * band.step), np.float32(highest * band.step))


def write_cube(
    path: str | Path,
    grid: Grid,
    channels: Mapping[str, NDArray[np.float32]],
    mask: NDArray[np.uint8],
    valid: NDArray[np.uint8],
    attributes: Mapping[str, Any],
    channel_attributes: Mapping[str, Mapping[str, Any]] | None = None,
    storage: Storage = "packed",
) -> None:
    """Write the cube of an event.

    Parameters
    ----------
    grid: the event's grid; height and width are the arrays' shape.
    channels: name -> (y, x) float32 in the band's unit, NaN where there is no data.
    mask: (y, x) uint8: 1 landslide, 0 none, 255 unknown.
    valid: (y, x) uint8: 1 where training and scoring may use the pixel.
    attributes: global attributes; at least `event` and `source`.
    channel_attributes: per channel, such as `date`, `product`, `engine`.
    storage: see `Storage`.

    Raises
    ------
    DataError: a channel is unknown, or its shape is not the grid's.
    """
    shape = (grid.height, grid.width)
    arrays: dict[str, NDArray[Any]] = {**channels, MASK: mask, VALID: valid}
    faults = [
        Fault(
            f"{name} has shape {array.shape}, the grid {shape}",
            str(path),
            cure="resample the channel to the event's grid first",
        )
        for name, array in arrays.items()
        if array.shape != shape
    ]
    faults += [
        Fault(
            f"'{name}' is no channel",
            str(path),
            "an epoch and a band, such as PRE1_gVV or None_DEM",
            did_you_mean(name, all_channels()),
        )
        for name in channels
        if name.partition("_")[2] not in BANDS
    ]
    if faults:
        raise DataError(faults)
    variables: dict[str, Any] = {}
    encoding: dict[str, dict[str, Any]] = {}
    for name, array in channels.items():
        _, band = split_channel(name)
        encoding[name] = _encoding(band, array, storage)
        variables[name] = (
            ("y", "x"),
            _storable(band, array) if storage == "packed" else array,
            {
                "long_name": band.long_name,
                "units": band.unit,
                "valid_range": [band.low, band.high],
                **(channel_attributes or {}).get(name, {}),
            },
        )
    flags = {
        "dtype": "uint8",
        "zlib": True,
        "complevel": 1,
        "chunksizes": (min(CHUNK, shape[0]), min(CHUNK, shape[1])),
    }
    variables[MASK] = (
        ("y", "x"),
        mask,
        {"long_name": "reference: 1 landslide, 0 none, 255 unknown"},
    )
    variables[VALID] = (("y", "x"), valid, {"long_name": "usable for training and scoring"})
    encoding[MASK] = {**flags}
    encoding[VALID] = {**flags}
    cube = xr.Dataset(
        variables,
        coords={
            "y": ("y", grid.y, {"standard_name": "projection_y_coordinate", "units": "m"}),
            "x": ("x", grid.x, {"standard_name": "projection_x_coordinate", "units": "m"}),
        },
        attrs={
            "Conventions": "CF-1.11",
            "scarp_version": __version__,
            **grid.attributes,
            **attributes,
        },
    )
    if grid.crs:
        import rioxarray  # noqa: F401  (registers .rio; slow to import, needed for the CRS only)

        cube = cube.rio.write_crs(grid.crs)
        for settings in encoding.values():
            settings["grid_mapping"] = "spatial_ref"
    with beside(path) as partial:
        cube.to_netcdf(partial, engine="h5netcdf", encoding=encoding)


def open_cube(path: str | Path) -> xr.Dataset:
    """Open a cube lazily; channels decode to float32 with NaN for no data.

    Raises
    ------
    DataError: the file is missing or no cube.
    """
    try:
        cube = xr.open_dataset(path, engine="h5netcdf", mask_and_scale=True)
    except (OSError, ValueError) as error:
        raise DataError(
            Fault(
                f"cannot be read as a cube ({error})",
                str(path),
                cure="delete it and let the workflow make it again",
            )
        ) from error
    missing = {MASK, VALID} - set(cube.variables)
    if missing:
        raise DataError(
            Fault(
                f"lacks {', '.join(sorted(missing))}",
                str(path),
                cure="delete it and let the workflow make it again",
            )
        )
    return cube


def grid_of(cube: xr.Dataset) -> Grid:
    """The grid that a cube stands on."""
    return Grid.from_attributes(cube.attrs, cube.sizes["y"], cube.sizes["x"])


def channels_of(cube: xr.Dataset) -> tuple[str, ...]:
    """The channels that a cube holds, without reference and validity, in stored order."""
    return tuple(str(name) for name in cube.data_vars if name not in (MASK, VALID, "spatial_ref"))
