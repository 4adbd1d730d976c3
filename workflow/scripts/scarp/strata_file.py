"""The strata of an event's pixels in one GeoTIFF: a band per stratification."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import cast, get_args

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from scarp.errors import DataError, Fault
from scarp.files import beside
from scarp.grid import Grid
from scarp.strata import OUTSIDE, Kind, Strata

#: Description of a band by the kind of its stratification.
BANDS = {
    "layover_shadow": "geometry",
    "layover_shadow_approximate": "geometry",
    "slope": "slope",
    "size": "size",
}


def write_strata(path: str | Path, grid: Grid, strata: Sequence[Strata]) -> None:
    """Write stratifications of one grid, each as a uint8 band of labels.

    A band is described as geometry, slope or size; its tags hold the kind and the names of the
    labels, separated by commas. 255 is no data: a pixel in no stratum.

    Parameters
    ----------
    strata: one or more, labels (height, width).
    """
    profile = {
        "driver": "GTiff",
        "dtype": "uint8",
        "count": len(strata),
        "height": grid.height,
        "width": grid.width,
        "nodata": OUTSIDE,
        "tiled": True,
        "blockxsize": 256,
        "blockysize": 256,
        "compress": "deflate",
        "interleave": "band",
    }
    if grid.crs:
        profile |= {"crs": grid.crs, "transform": rasterio.Affine(*grid.transform)}
    with warnings.catch_warnings(), beside(path) as partial:
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(partial, "w", **profile) as file:
            for band, one in enumerate(strata, 1):
                file.write(one.labels, band)
                file.set_band_description(band, BANDS[one.kind])
                file.update_tags(band, kind=one.kind, names=",".join(one.names))


def read_strata(path: str | Path) -> list[Strata]:
    """Read what `write_strata` wrote.

    Raises
    ------
    DataError: the file is missing or is no file of strata.
    """
    cure = "delete it and let the workflow make it again"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as file:
                labels = file.read()
                tags = [file.tags(band) for band in file.indexes]
    except RasterioError as error:
        raise DataError(
            Fault(f"cannot be read as strata ({error})", str(path), cure=cure)
        ) from None
    kinds = get_args(Kind)
    if labels.dtype != np.uint8 or any(one.get("kind") not in kinds for one in tags):
        raise DataError(
            Fault(
                "is no file of strata", str(path), f"uint8 bands of kind {', '.join(kinds)}", cure
            )
        )
    return [
        Strata(cast(Kind, one["kind"]), tuple(one["names"].split(",")), band)
        for one, band in zip(tags, labels, strict=True)
    ]
