"""Writing a product: one Cloud-Optimised GeoTIFF of an event on its own grid."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray

from scarp.errors import DataError, Fault
from scarp.files import beside
from scarp.grid import Grid


def write_product(
    path: str | Path,
    grid: Grid,
    bands: Mapping[str, NDArray[Any]],
    units: Mapping[str, str],
    tags: Mapping[str, str | int | float],
) -> None:
    """Write bands of one type as a Cloud-Optimised GeoTIFF in one step.

    Parameters
    ----------
    grid: the event's, with a CRS.
    bands: name -> (y, x) float32 with NaN for no data, or uint8 with 255 for no data.
    units: of the bands, by name.
    tags: of the file; equal input gives equal bytes.

    Raises
    ------
    DataError: a band's shape is not the grid's, or bands have several types.
    """
    shape, types = (grid.height, grid.width), {values.dtype for values in bands.values()}
    odd = [name for name, values in bands.items() if values.shape != shape]
    if odd or len(types) != 1:
        raise DataError(
            Fault(
                f"bands {', '.join(odd)} are not of shape {shape}"
                if odd
                else f"bands have types {', '.join(sorted(map(str, types)))}",
                str(path),
                cure="give all bands on the event's grid and of one type",
            )
        )
    dtype = types.pop()
    floating = dtype.kind == "f"
    profile = {
        "driver": "COG",
        "dtype": dtype.name,
        "count": len(bands),
        "height": grid.height,
        "width": grid.width,
        "crs": grid.crs,
        "transform": rasterio.Affine(*grid.transform),
        "nodata": np.nan if floating else 255,
        "compress": "deflate",
        "predictor": "yes",
        "level": 1,  # twice as fast as the usual 6, and speckle becomes 2 % larger
        "blocksize": 256,
        "overview_resampling": "average" if floating else "nearest",
    }
    with beside(path) as partial, rasterio.open(partial, "w", **profile) as file:
        for number, (name, values) in enumerate(bands.items(), 1):
            file.write(values, number)
            file.set_band_description(number, name)
        file.units = tuple(units[name] for name in bands)
        file.update_tags(**tags)
