"""A map of probability on an event's grid, and the file that keeps it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from scarp.errors import DataError, Fault
from scarp.files import beside
from scarp.grid import Grid
from scarp.patches import PatchTable, read_flags, read_table
from scarp.simulated import is_simulated

#: Digital number of probability 1, and of no data.
CERTAIN = 65534
NODATA = 65535


def assemble(
    table: PatchTable,
    patches: NDArray[np.int64],
    values: NDArray[np.float32],
    valid: NDArray[np.bool_],
) -> NDArray[np.float32]:
    """Put patches back on the event's grid; where several overlap, their mean.

    Parameters
    ----------
    patches: indices in the event's patches file.
    values, valid: (patch, y, x) of these patches.

    Returns
    -------
    (height, width) float32, NaN where no valid pixel of these patches lies.
    """
    shape = (table.grid.height, table.grid.width)
    total = np.zeros(shape, dtype=np.float64)
    times = np.zeros(shape, dtype=np.uint16)
    for position, patch in enumerate(patches):
        window = window_of(table, int(patch))
        height, width = total[window].shape  # windows may stick out of the grid
        usable = valid[position, :height, :width]
        total[window] += np.where(usable, values[position, :height, :width], 0)
        times[window] += usable
    mean = np.full(shape, np.nan, dtype=np.float32)
    np.divide(total, times, out=mean, where=times > 0, casting="same_kind")
    return mean


def reference_of(
    path: str | Path, patches: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The reference on an event's grid as far as these patches tell it: landslide, and scored.

    Parameters
    ----------
    path: the event's patches file.
    patches: indices in it.

    Returns
    -------
    landslide: (height, width) bool, False where nothing is scored.
    scored: (height, width) bool, where a valid pixel of these patches lies.
    """
    mask, valid = read_flags(path, patches)
    reference = assemble(read_table(path), patches, mask.astype(np.float32), valid == 1)
    return reference == 1, np.isfinite(reference)


def read_prediction(path: str | Path) -> NDArray[np.uint16]:
    """Read a stored map of probability, (height, width), see `quantise`.

    Raises
    ------
    DataError: the file is missing or is no such map.
    """
    cure = "delete it and let the workflow make it again"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as file:
                stored = file.read(1)
    except RasterioError as error:
        raise DataError(Fault(f"cannot be read ({error})", str(path), cure=cure)) from None
    if stored.dtype != np.uint16:
        raise DataError(Fault(f"holds {stored.dtype}", str(path), "uint16", cure))
    return np.asarray(stored)


def window_of(table: PatchTable, patch: int) -> tuple[slice, slice]:
    """Rows and columns of a patch on the event's grid."""
    row, column = int(table.row[patch]), int(table.column[patch])
    return slice(row, row + table.size), slice(column, column + table.size)


def quantise(probability: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Probability as stored: round(65534 p), 65535 for NaN."""
    scaled = np.rint(np.nan_to_num(probability, nan=0.0).astype(np.float64) * CERTAIN)
    return np.where(np.isnan(probability), NODATA, scaled).astype(np.uint16)


def at_least(stored: NDArray[np.uint16], threshold: float) -> NDArray[np.bool_]:
    """Where a stored probability is `threshold` or more; nowhere that there is no data."""
    found: NDArray[np.bool_] = (stored != NODATA) & (stored / CERTAIN >= threshold)
    return found


def write_prediction(
    path: str | Path,
    stored: NDArray[np.uint16],
    grid: Grid,
    source: str,
    tags: Mapping[str, str],
) -> None:
    """Write quantised probability as a tiled, compressed GeoTIFF in one step.

    Parameters
    ----------
    stored: (height, width), see `quantise`; the file's scale turns it into probability.
    source: of the event; the description of a simulated one says so.
    tags: such as model and event.
    """
    profile = {
        "driver": "GTiff",
        "dtype": "uint16",
        "count": 1,
        "height": grid.height,
        "width": grid.width,
        "nodata": NODATA,
        "tiled": True,
        "blockxsize": 256,
        "blockysize": 256,
        "compress": "deflate",
        "predictor": 2,
    }
    if grid.crs:
        profile |= {"crs": grid.crs, "transform": rasterio.Affine(*grid.transform)}
    simulated = ", simulated event" if is_simulated(source) else ""
    with warnings.catch_warnings(), beside(path) as partial:
        warnings.simplefilter(
            "ignore", NotGeoreferencedWarning
        )  # some sources have no georeference
        with rasterio.open(partial, "w", **profile) as file:
            file.write(stored, 1)
            file.scales = (1 / CERTAIN,)
            file.set_band_description(1, f"probability of landslide{simulated}")
            file.update_tags(source=source, **tags)
