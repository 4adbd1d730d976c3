"""Facts of an event from its cube: place, size, landslides, relief, treatment of Sentinel-2."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import xarray as xr
from numpy.typing import NDArray
from pyproj.exceptions import CRSError

from scarp.channels import EPOCHS, MASK, VALID, split_channel
from scarp.cube import CHUNK, channels_of, grid_of, open_cube
from scarp.description import LANDSLIDE, PERCENTILES, SCENE, Description, write_description
from scarp.errors import DataError, Fault
from scarp.grid import Grid

#: Percentiles are exact up to so many pixels; above, they are taken on every n-th valid pixel.
MOST_VALUES = 2**24
#: Rows that are read at once: whole chunks of storage, and little memory in the widest scene.
_ROWS = 8 * CHUNK
#: Its authors scaled every band by a factor of its own: neither metres nor degrees.
_UNITS_UNKNOWN = ("landslide4sense",)


def describe(cube_path: str | Path, path: str | Path) -> None:
    """Write the facts of the cube at `cube_path` to `path`; `Description` says what they are.

    The area of the landslides is that of the reference polygons where the cube carries it in its
    attributes `landslide_area_km2` and `landslides`, else that of the landslide pixels of the
    reference: on the plane of a projected CRS, on the ellipsoid for one in degrees.

    Raises
    ------
    DataError: the file is no cube, does not name its event and source, or has an unknown CRS.
    """
    with open_cube(cube_path) as cube:
        grid = grid_of(cube)
        crs = _crs(grid, cube_path)
        event, source = _identity(cube, cube_path)
        mask = np.asarray(cube[MASK].values)
        landslide = mask == 1
        valid = (np.asarray(cube[VALID].values) == 1) & (mask <= 1)
        longitude, latitude = _centre(grid, crs)
        landslides, area, area_from = _landslides(cube.attrs, landslide, grid, crs)
        relief = {
            name: _distribution(cube, channel, {SCENE: valid, LANDSLIDE: valid & landslide})
            for name, channel in (("elevation", "None_DEM"), ("slope", "None_SLOPE"))
        }
        write_description(
            path,
            Description(
                event=event,
                source=source,
                longitude=longitude,
                latitude=latitude,
                height=grid.height,
                width=grid.width,
                resolution=grid.resolution,
                valid_pixels=int(valid.sum()),
                landslide_pixels=int(landslide.sum()),
                landslides=landslides,
                landslide_area_km2=area,
                area_from=area_from,
                s2_offset=_offsets(cube.attrs),
                dates=_dates(cube),
                **relief,
            ),
        )


def _number(value: Any) -> float:
    # HDF5 returns a number as an array of one.
    return float(np.asarray(value).item())


def _identity(cube: xr.Dataset, path: str | Path) -> tuple[str, str]:
    missing = [name for name in ("event", "source") if name not in cube.attrs]
    if missing:
        raise DataError(
            Fault(
                f"lacks attribute {', '.join(missing)}",
                str(path),
                cure="delete it and let the workflow make it again",
            )
        )
    return str(cube.attrs["event"]), str(cube.attrs["source"])


def _crs(grid: Grid, path: str | Path) -> pyproj.CRS | None:
    try:
        return pyproj.CRS.from_user_input(grid.crs) if grid.crs else None
    except CRSError as error:
        raise DataError(
            Fault(
                f"has an unknown CRS ({error})",
                f"{path}, attribute grid_crs",
                "what PROJ reads, such as EPSG:32633",
                "delete the cube and let the workflow make it again",
            )
        ) from None


def _centre(grid: Grid, crs: pyproj.CRS | None) -> tuple[float | None, float | None]:
    """Longitude and latitude of the centre of the grid in degrees, WGS 84."""
    if crs is None:
        return None, None
    to_degrees = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    longitude, latitude = to_degrees.transform(
        grid.left + grid.resolution * grid.width / 2, grid.top - grid.resolution * grid.height / 2
    )
    return float(longitude), float(latitude)


def _landslides(
    attributes: Mapping[str, Any],
    landslide: NDArray[np.bool_],
    grid: Grid,
    crs: pyproj.CRS | None,
) -> tuple[int | None, float | None, str]:
    """Number of landslides, their area in km2, and what it was measured on."""
    if {"landslides", "landslide_area_km2"} <= set(attributes):
        number, area = (_number(attributes[key]) for key in ("landslides", "landslide_area_km2"))
        return int(number), area, "polygons"
    return None, _mask_area(landslide, grid, crs), "mask"


def _mask_area(landslide: NDArray[np.bool_], grid: Grid, crs: pyproj.CRS | None) -> float | None:
    """Area of the landslide pixels in km2; None where the CRS says nothing of it."""
    per_row = np.count_nonzero(landslide, axis=1)
    if crs is None or not (crs.is_projected or crs.is_geographic):
        return None
    if crs.is_projected:
        side = grid.resolution * crs.axis_info[0].unit_conversion_factor
        return float(per_row.sum() * side**2 / 1e6)
    geod = crs.get_geod()
    if geod is None:
        return None
    half = grid.resolution / 2
    total = 0.0
    for row in np.flatnonzero(per_row):
        north, south = grid.y[row] + half, grid.y[row] - half
        # Every pixel of a row has the same area, wherever it lies.
        corners = ([-half, half, half, -half], [south, south, north, north])
        total += per_row[row] * geod.polygon_area_perimeter(*corners)[0]
    return total / 1e6


def _windows(height: int) -> Iterator[slice]:
    return (slice(top, min(top + _ROWS, height)) for top in range(0, height, _ROWS))


def _distribution(
    cube: xr.Dataset, channel: str, areas: Mapping[str, NDArray[np.bool_]]
) -> dict[str, dict[str, float] | None]:
    """Percentiles of a channel in each area, on every n-th pixel above `MOST_VALUES`."""
    if channel not in cube or cube.attrs["source"] in _UNITS_UNKNOWN:
        return dict.fromkeys(areas)
    steps = {name: max(1, -(-int(area.sum()) // MOST_VALUES)) for name, area in areas.items()}
    seen = dict.fromkeys(areas, 0)
    sampled: dict[str, list[NDArray[np.float32]]] = {name: [] for name in areas}
    for rows in _windows(cube.sizes["y"]):
        values = np.asarray(cube[channel][rows].values, dtype=np.float32)
        for name, area in areas.items():
            own = values[area[rows]]
            # The stride goes on where the window above left it.
            sampled[name].append(own[-seen[name] % steps[name] :: steps[name]])
            seen[name] += own.size
    return {name: _percentiles(np.concatenate(parts)) for name, parts in sampled.items()}


def _percentiles(values: NDArray[np.float32]) -> dict[str, float] | None:
    """Percentiles of the values that are there, linear between ranks; None where none is."""
    there = values[np.isfinite(values)].astype(np.float64)
    if not there.size:
        return None
    found = np.percentile(there, list(PERCENTILES.values()))
    return dict(zip(PERCENTILES, found.tolist(), strict=True))


def _offsets(attributes: Mapping[str, Any]) -> dict[str, dict[str, float | str]]:
    """The offset of each Sentinel-2 image and how it is known, where the cube says it."""
    return {
        epoch: {
            "offset": _number(attributes[f"s2_offset_{epoch}"]),
            "evidence": str(attributes.get(f"s2_offset_{epoch}_evidence", "")),
        }
        for epoch in EPOCHS
        if f"s2_offset_{epoch}" in attributes
    }


def _dates(cube: xr.Dataset) -> dict[str, dict[str, str]]:
    """Dates of the images, as channels of one date tell them."""
    found: dict[str, dict[str, str]] = {"sentinel1": {}, "sentinel2": {}}
    for name in channels_of(cube):
        epoch, band = split_channel(name)
        day = cube[name].attrs.get("date", "")
        if band.sensor in found and epoch in EPOCHS and day:
            found[band.sensor][epoch] = str(day)
    return found
