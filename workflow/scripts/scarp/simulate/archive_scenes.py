"""Scenes of a simulated archive: one GeoTIFF per channel, and landslide polygons."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pyogrio
import rasterio
import rasterio.features
import rasterio.warp
from numpy.typing import NDArray

from scarp.channels import BANDS, MASK
from scarp.files import write_text
from scarp.grid import Grid
from scarp.simulate.archive_files import ArchiveEvent, ArchiveFile, files_table, written_date
from scarp.simulate.noise import Field
from scarp.simulate.world import SimulatedEvent

#: Sentinel-2 Level-2A digital numbers: reflectance = (DN + offset) / 10000 with an offset of -1000
#: since processing baseline 04.00, and DN 0 for no data (ESA, Sentinel-2 Products Specification
#: Document: BOA_ADD_OFFSET, QUANTIFICATION_VALUE).
QUANTIFICATION = 10_000
BASELINE_OFFSET = 1_000
#: What stands for the time of writing in a GeoPackage, so that equal input gives equal bytes.
_WRITTEN = "2000-01-01T00:00:00Z"
_LAYER = "landslide_inventory"
_INVENTORY = ("EID", "country", "region", "date", "trigger", "type")
_LONGITUDE_LATITUDE = "EPSG:4326"


def digital_numbers(reflectance: Field, offset: int) -> NDArray[np.uint16]:
    """Reflectance as Sentinel-2 stores it: DN = round(10000 reflectance) + offset, NaN as 0."""
    seen = np.isfinite(reflectance)
    numbers = np.rint(np.where(seen, reflectance, 0.0) * QUANTIFICATION) + offset
    return np.where(seen, numbers, 0).astype(np.uint16)


def vegetation_index(near_infrared: NDArray[np.uint16], red: NDArray[np.uint16]) -> Field:
    """NDVI of digital numbers as they are, whatever their offset; NaN where one of them is 0."""
    seen = (near_infrared > 0) & (red > 0)
    high, low = near_infrared.astype(np.float64), red.astype(np.float64)
    with np.errstate(invalid="ignore"):
        index = (high - low) / (high + low)
    return np.where(seen, index, np.nan).astype(np.float32)


def write_scene(
    folder: Path,
    drawn: SimulatedEvent,
    files: Sequence[ArchiveFile],
    offset_epochs: Collection[str],
) -> None:
    """Write the files of an event and their list into `folder`.

    Sentinel-2 bands are uint16 DN with nodata 0, the mask is uint8, all else float32 with nodata
    NaN. Every file says in its tags and its description that it is simulated.

    Parameters
    ----------
    files: as from `archive_files`.
    offset_epochs: epochs of Sentinel-2 whose DN are stored 1000 higher.
    """
    folder.mkdir(parents=True)
    crs = rasterio.CRS.from_user_input(drawn.grid.crs)
    for file in files:
        offset = BASELINE_OFFSET if file.patch_type in offset_epochs else 0
        values, nodata = _stored(drawn, file, offset)
        _write_band(folder / f"{file.file_name}.tif", values, nodata, drawn.grid, crs, file.band)
    write_text(folder / f"{files[0].event}__files_meta.csv", files_table(files))


def _stored(
    drawn: SimulatedEvent, file: ArchiveFile, offset: int
) -> tuple[NDArray[Any], float | None]:
    """The pixels of a file, and what stands for no data in it."""
    if file.key == MASK:
        return drawn.mask, None
    if file.sensor != "S2L2A":
        return drawn.channels[file.key], np.nan
    if file.band != "NDVI":
        return digital_numbers(drawn.channels[file.key], offset), 0
    near_infrared, red = (
        digital_numbers(drawn.channels[f"{file.patch_type}_{band}"], offset)
        for band in ("B08", "B04")
    )
    return vegetation_index(near_infrared, red), np.nan


def _write_band(
    path: Path,
    values: NDArray[Any],
    nodata: float | None,
    grid: Grid,
    crs: rasterio.CRS,
    band: str,
) -> None:
    what = BANDS[band].long_name if band in BANDS else "landslide reference"
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=grid.height,
        width=grid.width,
        count=1,
        dtype=values.dtype,
        crs=crs,
        transform=rasterio.Affine(*grid.transform),
        nodata=nodata,
        compress="deflate",
        zlevel=1,
    ) as target:
        target.write(values, 1)
        target.set_band_description(1, f"simulated {what}")
        target.update_tags(
            simulated="true", TIFFTAG_IMAGEDESCRIPTION="Simulated: no sensor has observed this."
        )


def landslide_polygons(event: ArchiveEvent, drawn: SimulatedEvent) -> list[dict[str, Any]]:
    """One GeoJSON feature per connected landslide of an event's mask, in longitude and latitude.

    Connected along edges: a polygon that closes over a corner would cross itself. Its attributes
    are those of the published inventory.
    """
    values = (
        event.event,
        event.country,
        event.name,
        written_date(event.event_date),
        "simulated",
        "simulated landslide",
    )
    properties = dict(zip(_INVENTORY, values, strict=True))
    shapes = rasterio.features.shapes(
        drawn.mask,
        mask=drawn.mask == 1,
        connectivity=4,
        transform=rasterio.Affine(*drawn.grid.transform),
    )
    outlines = rasterio.warp.transform_geom(
        drawn.grid.crs, _LONGITUDE_LATITUDE, [outline for outline, _ in shapes]
    )
    return [
        {"type": "Feature", "geometry": outline, "properties": properties} for outline in outlines
    ]


def write_inventory(path: Path, polygons: Sequence[dict[str, Any]]) -> None:
    """Write features of `landslide_polygons` as the one layer of a GeoPackage."""
    path.parent.mkdir(parents=True)
    frame = geopandas.GeoDataFrame.from_features(
        polygons, crs=_LONGITUDE_LATITUDE, columns=["geometry", *_INVENTORY]
    )
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _WRITTEN})
    try:
        pyogrio.write_dataframe(
            frame,
            path,
            layer=_LAYER,
            driver="GPKG",
            geometry_type="Polygon",
            layer_options={"DESCRIPTION": "Simulated landslides: none of them is real."},
        )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
