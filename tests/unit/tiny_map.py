"""Rasters of a small map for tests, as whole-scene inference and the cube would give them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray

from scarp.cube import write_cube
from scarp.grid import Grid
from scarp.mapping.rasters import Rasters
from scarp.mapping.settings import MapModel
from scarp.prediction import quantise, write_prediction
from scarp.strata import OUTSIDE

MODEL = MapModel(
    models=("roles/all/1pre-1post/seed1", "roles/all/1pre-1post/seed2"),
    features="all",
    scenario="1pre-1post",
    threshold=0.5,
    validation_f1=0.7,
    why="It has the highest validation score of 2 that fit.",
    improve=("A cloud-free image after the event.",),
    warnings=("Clouds hide 12 % of the event.",),
)
CRS = "EPSG:32633"
#: Dates of the cube's epochs.
DATES = {"PRE1": "2020-06-01", "POST1": "2020-06-13"}


def grid_for(shape: tuple[int, int], crs: str = CRS) -> Grid:
    """A grid of 10 m near the middle of a UTM zone."""
    return Grid(crs, 500_000.0, 5_000_000.0, 10.0, *shape)


def drawn(*lines: str) -> NDArray[np.float32]:
    """Probability as drawn: # 0.9, + 0.6, - 0.3, . 0, ? no data."""
    values = {"#": 0.9, "+": 0.6, "-": 0.3, ".": 0.0, "?": np.nan}
    return np.array([[values[one] for one in line] for line in lines], dtype=np.float32)


def write_map(
    folder: Path,
    probability: NDArray[np.float32],
    *,
    uncertainty: NDArray[np.float32] | None = None,
    channels: dict[str, NDArray[np.float32]] | None = None,
    strata: NDArray[np.uint8] | None = None,
    kind: str = "layover_shadow",
    names: str = "none,layover,shadow",
    source: str = "simulated",
    event: str = "XX0001",
    grid: Grid | None = None,
    mask: NDArray[np.uint8] | None = None,
) -> Rasters:
    """Write the rasters of a map, and a cube of these channels and a slope of 30 degrees.

    `mask` is the reference, unknown everywhere where it is None.
    """
    shape = probability.shape
    grid = grid or grid_for((shape[0], shape[1]))
    nothing = np.full(shape, np.nan, dtype=np.float32)
    write_prediction(folder / "probability.tif", quantise(probability), grid, source, {})
    write_prediction(
        folder / "uncertainty.tif",
        quantise(nothing if uncertainty is None else uncertainty),
        grid,
        source,
        {},
    )
    valid = np.isfinite(probability).astype(np.uint8)
    _write(folder / "valid.tif", grid, valid)
    if strata is not None:
        _write(folder / "strata.tif", grid, strata, {"names": names, "kind": kind}, OUTSIDE)
    layers = {"None_SLOPE": np.full(shape, 30, dtype=np.float32), **(channels or {})}
    write_cube(
        folder / "cube.nc",
        grid,
        layers,
        np.full(shape, 255, dtype=np.uint8) if mask is None else mask,
        valid,
        {"event": event, "source": source},
        {name: {"date": day} for name in layers if (day := DATES.get(name.split("_")[0]))},
    )
    return Rasters(
        folder / "probability.tif",
        folder / "uncertainty.tif",
        folder / "valid.tif",
        folder / "cube.nc",
        None if strata is None else folder / "strata.tif",
    )


def _write(
    path: Path,
    grid: Grid,
    values: NDArray[np.uint8],
    tags: dict[str, Any] | None = None,
    nodata: int | None = None,
) -> None:
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        dtype="uint8",
        count=1,
        height=grid.height,
        width=grid.width,
        crs=grid.crs,
        transform=rasterio.Affine(*grid.transform),
        nodata=nodata,
    ) as file:
        file.write(values, 1)
        if tags:
            file.set_band_description(1, "geometry")
            file.update_tags(1, **tags)
