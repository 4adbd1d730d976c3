"""Strata of an event: radar geometry, slope and size of landslide, pixel by pixel."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import cast, get_args

import numpy as np
import rasterio
from numpy.typing import NDArray

from scarp.channels import MASK
from scarp.cube import grid_of, open_cube
from scarp.errors import DataError, Fault
from scarp.grid import Grid
from scarp.look_direction import Direction, headings_on
from scarp.radar_geometry import layover_or_shadow
from scarp.strata import (
    Strata,
    approximate_geometry_strata,
    geometry_strata,
    size_strata,
    slope_strata,
)
from scarp.strata_file import write_strata

logger = logging.getLogger("scarp")


def stratify(
    cube_path: str | Path, geometry_path: str | Path | None, orbit: str, path: str | Path
) -> None:
    """Write the strata of the event at `cube_path` to `path` (`scarp.strata_file`).

    Slope is that of the cube, and size that of the landslides of its whole reference. Layover and
    shadow come from the geometry product where there is one, else, approximately, from elevation
    and the direction of the orbit; where that is not known either, there is no band of geometry.

    Parameters
    ----------
    geometry_path: geometry product of the event, None where there is none.
    orbit: ASC, DES, or blank.

    Raises
    ------
    DataError: the cube has no projected CRS or no elevation; the product lies on another grid.
    """
    with open_cube(cube_path) as cube:
        grid = grid_of(cube)
        missing = [name for name in ("None_DEM", "None_SLOPE") if name not in cube]
        if missing or not grid.is_metric:
            fact = f"lacks {' and '.join(missing)}" if missing else "has no CRS in metres"
            cure = "leave source of this event to archive, scenes or simulated"
            raise DataError(Fault(fact, str(cube_path), "elevation on a grid in metres", cure))

        def read(name: str) -> NDArray[np.float32]:
            return np.asarray(cube[name].values, dtype=np.float32)

        strata = [
            slope_strata(read("None_SLOPE")),
            size_strata(np.asarray(cube[MASK].values) == 1, grid.resolution),
        ]
        geometry = _geometry(geometry_path, orbit, grid, lambda: read("None_DEM"))
    if geometry:
        strata.insert(0, geometry)
    write_strata(path, grid, strata)


def _geometry(
    product: str | Path | None,
    orbit: str,
    grid: Grid,
    elevation: Callable[[], NDArray[np.float32]],
) -> Strata | None:
    """Layover and shadow of the product, else by elevation and direction, else None."""
    if product is not None:
        with rasterio.open(product) as file:
            names = [str(name).lower() for name in file.descriptions]
            if file.shape != (grid.height, grid.width) or "layover_shadow" not in names:
                raise DataError(
                    Fault(
                        f"holds bands {', '.join(names)} of {file.height} x {file.width} pixels",
                        str(product),
                        f"layover_shadow on the cube's {grid.height} x {grid.width} pixels",
                        "delete it and let the workflow make it again",
                    )
                )
            return geometry_strata(file.read(names.index("layover_shadow") + 1))
    if orbit not in get_args(Direction):
        logger.info("the direction of the orbit is not known: no strata of layover and shadow")
        return None
    headings = headings_on(grid, cast(Direction, orbit))
    return approximate_geometry_strata(layover_or_shadow(elevation(), grid.resolution, headings))
