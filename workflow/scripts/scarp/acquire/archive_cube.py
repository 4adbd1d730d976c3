"""The cube of a published event, from its GeoTIFFs in the archive.

Pixels are taken as they are. Digital numbers of Sentinel-2 become reflectance by the factor 1e-4,
an offset of the processing baseline is found and noted but not taken off (`scarp.sentinel2`): that
is a choice of each experiment.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scarp.acquire.archive import metadata_name, scene_name
from scarp.acquire.archive_files import Archive, open_archive
from scarp.acquire.archive_meta import SceneFile, read_metadata
from scarp.acquire.archive_raster import Raster, read_mask, read_raster
from scarp.acquire.inventory import Landslides, landslides_of
from scarp.channels import BANDS, MASK, Band, bands_of, split_channel
from scarp.cube import write_cube
from scarp.errors import DataError, Fault
from scarp.grid import Grid
from scarp.sentinel2 import QUANTIFICATION, Offset, from_tags, from_values

logger = logging.getLogger("scarp")

#: Share of valid pixels that may lie outside of a band's range before its unit is in doubt.
_OUTLIERS = 0.01


def make_cube(
    archive_path: str | Path,
    event: str,
    event_date: str,
    orbit: str,
    dates: Mapping[str, Mapping[str, str]],
    channels: tuple[str, ...],
    path: str | Path,
) -> None:
    """Write the cube of a published event.

    Values stay exact: a band is stored in 16 bit only where that gives back every value. None_VALID
    is 1 where every channel has data; a date of Sentinel-2 has none where all its bands are 0, a
    date of Sentinel-1 where gamma nought is 0 in all its polarisations.

    Parameters
    ----------
    archive_path: the zip, or the folder that it was unpacked to.
    event: its id; event_date: ISO date; orbit: ASC, DES or blank.
    dates: sensor -> epoch -> ISO date, as in acquisitions.tsv.
    channels: that the cube is to have, in manifest order.
    path: of the cube.

    Raises
    ------
    DataError: with all faults of the first stage that has any: the table of files, files that are
        missing, files that cannot be read, have another grid than the elevation or unlikely values.
    """
    with open_archive(archive_path) as archive:
        name = metadata_name(event)
        if not archive.has(name):
            raise DataError(
                Fault(
                    "is not there",
                    archive.label(name),
                    f"the archive has events {', '.join(archive.events())}",
                    f"correct the id of event {event}, or give it another source",
                )
            )
        files = read_metadata(archive.read(name), archive.label(name), event, orbit, dates)
        _refuse_missing(archive, files, event, channels)
        slides = landslides_of(archive, event)
        rasters, mask = _read(archive, files, event, channels)
    grid = rasters[channels[0]].grid
    offsets = _offsets(rasters, files)
    arrays = {name: raster.values for name, raster in rasters.items()}
    simulated = any(raster.simulated for raster in rasters.values())
    _compare_areas(event, grid, mask, slides)
    write_cube(
        path,
        grid,
        arrays,
        mask,
        valid_pixels(arrays).astype(np.uint8),
        {
            "title": f"{'simulated' if simulated else 'published'} landslide event",
            "references": "Orynbaikyzy et al. 2025, doi:10.5281/zenodo.15284357",
            "event": event,
            "event_date": event_date,
            "source": "simulated archive" if simulated else "archive",
            "sentinel1_engine": "archive",
            "orbit": orbit,
            "landslides": slides.number,
            "landslide_area_km2": slides.area_km2,
            **{f"s2_offset_{epoch}": found.reflectance for epoch, found in offsets.items()},
            **{f"s2_offset_{epoch}_evidence": found.evidence for epoch, found in offsets.items()},
        },
        {name: _attributes(files[name]) for name in arrays},
        storage="lossless",
    )


def _refuse_missing(
    archive: Archive, files: Mapping[str, SceneFile], event: str, channels: tuple[str, ...]
) -> None:
    faults = [
        Fault(
            f"has no row for {channel}",
            archive.label(metadata_name(event)),
            cure=f"unpack the archive again, or take the image out of the acquisitions of {event}",
        )
        for channel in (*channels, MASK)
        if channel not in files
    ]
    for channel in (*channels, MASK):
        name = scene_name(event, files[channel].stem) if channel in files else ""
        if name and not archive.has(name):
            faults.append(
                Fault(
                    f"is not there ({channel})",
                    archive.label(name),
                    cure="unpack or fetch the archive again",
                )
            )
    if faults:
        raise DataError(faults)


def _read(
    archive: Archive, files: Mapping[str, SceneFile], event: str, channels: tuple[str, ...]
) -> tuple[dict[str, Raster], NDArray[np.uint8]]:
    """All channels and the mask on one grid; all faults of all files at once."""
    rasters: dict[str, Raster] = {}
    faults: list[Fault] = []
    grid: Grid | None = None
    mask: NDArray[np.uint8] | None = None
    for channel in (*channels, MASK):
        name = scene_name(event, files[channel].stem)
        label = archive.label(name)
        try:
            if channel == MASK:
                found = read_mask(archive.read(name), label)
                mask, own = found.values.astype(np.uint8), found.grid
            else:
                band = split_channel(channel)[1]
                raster = read_raster(archive.read(name), label, band)
                rasters[channel] = replace(raster, values=in_unit(band, raster.values, label))
                own = raster.grid
        except DataError as error:
            faults += error.faults
            continue
        grid = grid or own
        if not own.agrees(grid):
            faults.append(
                Fault(
                    f"lies on another grid than the event's other files: {_words(own)}",
                    label,
                    _words(grid),
                    "unpack or fetch the archive again; files of an event are never resampled here",
                )
            )
    if faults or mask is None:
        raise DataError(faults)
    return rasters, mask


def _words(grid: Grid) -> str:
    return (
        f"{grid.crs or 'no CRS'}, {grid.height} x {grid.width} pixels of {grid.resolution:g},"
        f" corner {grid.left:.10g} {grid.top:.10g}"
    )


def in_unit(band: Band, values: NDArray[np.float32], label: str) -> NDArray[np.float32]:
    """Reflectance from digital numbers, everything else as it is.

    Raises
    ------
    DataError: so many pixels lie outside of the band's range that the unit must be another.
    """
    if is_reflectance(band.name):
        # The product with the factor is what a 16-bit code decodes to, bit by bit.
        values = values * np.float32(1 / QUANTIFICATION)
    seen = values[np.isfinite(values)]
    # Three decimal places: rounding may put a ratio just outside of its range.
    outside = int(((seen < band.low - 1e-3) | (seen > band.high + 1e-3)).sum())
    if outside > _OUTLIERS * seen.size:
        raise DataError(
            Fault(
                f"{outside} of {seen.size} pixels lie outside of the range of {band.name}"
                f" ({seen.min():.4g} to {seen.max():.4g})",
                label,
                f"{band.low:g} to {band.high:g} {band.unit}",
                "the file is not in the archive's unit; unpack or fetch it again",
            )
        )
    if outside:
        logger.warning("%s: %d pixels outside of the range of %s", label, outside, band.name)
    return values


def is_reflectance(band: str) -> bool:
    """Whether the archive holds a band as digital numbers of reflectance."""
    return band in bands_of("sentinel2") and band != "NDVI"


def valid_pixels(channels: Mapping[str, NDArray[np.float32]]) -> NDArray[np.bool_]:
    """Where every channel has data, same shape as the channels; see `make_cube`."""
    valid = np.all([np.isfinite(values) for values in channels.values()], axis=0)
    for bands in ([b for b in BANDS if is_reflectance(b)], ["gVV", "gVH"]):
        for epoch in {split_channel(name)[0] for name in channels}:
            own = [channels[f"{epoch}_{b}"] for b in bands if f"{epoch}_{b}" in channels]
            if own:
                valid &= np.any([values != 0 for values in own], axis=0)
    return np.asarray(valid)


def _offsets(rasters: Mapping[str, Raster], files: Mapping[str, SceneFile]) -> dict[str, Offset]:
    """Epoch of Sentinel-2 -> the offset that its image carries."""
    images: dict[str, dict[str, str]] = {}
    for channel in rasters:
        epoch, band = split_channel(channel)
        if is_reflectance(band.name):
            images.setdefault(epoch, {})[band.name] = channel
    found = {}
    for epoch, image in images.items():
        first = next(iter(image.values()))
        told = from_tags(rasters[first].tags)
        bands = {band: rasters[channel].values for band, channel in image.items()}
        found[epoch] = told or from_values(bands, files[first].date)
        logger.info("Sentinel-2 %s: %s", epoch, found[epoch])
    return found


def _attributes(file: SceneFile) -> dict[str, Any]:
    attributes: dict[str, Any] = {"product": file.stem, "engine": "archive"}
    if file.date:
        attributes["date"] = file.date
    if file.reference_date:
        apart = date.fromisoformat(file.date) - date.fromisoformat(file.reference_date)
        attributes |= {"reference_date": file.reference_date, "days_apart": apart.days}
    return attributes


def _compare_areas(event: str, grid: Grid, mask: NDArray[np.uint8], slides: Landslides) -> None:
    """Warn where mask and polygons can hardly be of the same landslides."""
    if not grid.is_metric:
        return
    area = float(mask.sum()) * grid.resolution**2 / 1e6
    logger.info(
        "%s: %d polygons of %.4f km2, mask %.4f km2", event, slides.number, slides.area_km2, area
    )
    if not 0.5 < area / slides.area_km2 < 2:
        logger.warning("%s: areas of mask and polygons differ by more than a factor 2", event)
