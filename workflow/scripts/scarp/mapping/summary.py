"""A map in numbers: how many landslides, how large, on what ground, and what was left out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scarp.cube import open_cube
from scarp.errors import DataError, Fault
from scarp.files import write_text
from scarp.mapping.images import images_used
from scarp.mapping.polygons import MapPolygons
from scarp.mapping.rasters import (
    Rasters,
    bands_of_rows,
    check_grid,
    grid_of_raster,
    opened,
    pixel_m2,
    read_rows,
)
from scarp.mapping.settings import MapModel, MapSettings
from scarp.mapping.terrain_mask import Removal
from scarp.simulated import is_simulated
from scarp.strata import SLOPE_EDGES, slope_strata

#: Class of the landslides whose slope is not known.
UNKNOWN = "unknown"


@dataclass(frozen=True)
class SlopeClass:
    """Landslides whose mean slope lies in a class; areas in m2."""

    degrees: str
    landslides: int
    area_m2: float


@dataclass(frozen=True)
class MapSummary:
    """Numbers of a map; areas in m2, of pixels on the plane of the event's CRS.

    Attributes
    ----------
    event, simulated: which, and whether it is made up.
    models, threshold: who made the map, and from which probability a pixel is landslide.
    images: sensors, epochs and dates.
    landslides, area_m2, largest_m2: how many, together, and of the largest; 0 without one.
    by_slope: by the mean slope of a landslide.
    event_m2: of the event's whole grid.
    valid_share: of the grid's pixels those that the map says something of, 0 to 1.
    minimum_m2, dropped, dropped_m2: minimum mapping unit, and what is smaller.
    removed, removed_m2: what was taken off by reason, and by all reasons together.
    warnings: what a reader must know beside the model's warnings.
    """

    event: str
    simulated: bool
    models: tuple[str, ...]
    threshold: float
    images: str
    landslides: int
    area_m2: float
    largest_m2: float
    by_slope: tuple[SlopeClass, ...]
    event_m2: float
    valid_share: float
    minimum_m2: float
    dropped: int
    dropped_m2: float
    removed: tuple[Removal, ...]
    removed_m2: float
    warnings: tuple[str, ...]


def summarise(
    polygons: MapPolygons, rasters: Rasters, model: MapModel, settings: MapSettings
) -> MapSummary:
    """Sum up a map.

    Raises
    ------
    DataError: a raster cannot be read or lies on another grid.
    """
    grid = grid_of_raster(rasters.probability)
    check_grid(rasters.valid, grid)
    with opened(rasters.valid) as file:
        valid = sum(
            int(np.count_nonzero(read_rows(file, rows) == 1)) for rows in bands_of_rows(grid.height)
        )
    with open_cube(rasters.cube) as cube:
        event, source = str(cube.attrs.get("event", "")), cube.attrs.get("source", "")
        images = images_used(cube, model.channels)
    area = polygons.table["area_m2"].to_numpy(dtype=np.float64)
    return MapSummary(
        event=event,
        simulated=is_simulated(source),
        models=model.models,
        threshold=model.threshold,
        images=images,
        landslides=len(area),
        area_m2=float(area.sum()),
        largest_m2=float(area.max(initial=0.0)),
        by_slope=by_slope(polygons.table),
        event_m2=grid.height * grid.width * pixel_m2(grid),
        valid_share=valid / (grid.height * grid.width),
        minimum_m2=settings.minimum_m2,
        dropped=polygons.dropped,
        dropped_m2=polygons.dropped_m2,
        removed=polygons.removed,
        removed_m2=polygons.removed_pixels * pixel_m2(grid),
        warnings=polygons.warnings,
    )


def by_slope(table: Any, edges: Sequence[float] = SLOPE_EDGES) -> tuple[SlopeClass, ...]:
    """Landslides by the class of their mean slope; an edge belongs to the class above it.

    Parameters
    ----------
    table: see `scarp.mapping.polygons.MapPolygons`.
    edges: growing, degrees.
    """
    strata = slope_strata(table["slope_mean"].to_numpy(dtype=np.float32)[np.newaxis], edges)
    area = table["area_m2"].to_numpy(dtype=np.float64)
    classes = []
    for number, name in enumerate(strata.names):
        own = strata.labels[0] == number
        classes.append(SlopeClass(name, int(own.sum()), float(area[own].sum())))
    rest = strata.labels[0] >= len(strata.names)
    if rest.any():
        classes.append(SlopeClass(UNKNOWN, int(rest.sum()), float(area[rest].sum())))
    return tuple(classes)


def write_summary(summary: MapSummary, path: str | Path) -> None:
    """Write a summary as JSON; equal input gives equal bytes."""
    write_text(path, json.dumps(asdict(summary), indent=2, ensure_ascii=False) + "\n")


def read_summary(path: str | Path) -> MapSummary:
    """Read what `write_summary` wrote.

    Raises
    ------
    DataError: it cannot be read, or an entry is missing or unknown.
    """
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
        return MapSummary(
            **{
                **found,
                "models": tuple(found["models"]),
                "by_slope": tuple(SlopeClass(**one) for one in found["by_slope"]),
                "removed": tuple(Removal(**one) for one in found["removed"]),
                "warnings": tuple(found["warnings"]),
            }
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            Fault(
                f"cannot be read as the summary of a map ({error})",
                str(path),
                cure="delete it and let the workflow make it again",
            )
        ) from None
