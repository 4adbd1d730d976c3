"""An image of Sentinel-2 as a product of an event: reflectance, and what of it can be used."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scarp import __version__
from scarp.acquire.sentinel2.candidates import Candidate, Rules, write_candidates
from scarp.acquire.sentinel2.choice import Pin, find_images, pick_image
from scarp.acquire.sentinel2.classes import UNKNOWN, UNUSABLE, usable
from scarp.acquire.sentinel2.items import offset
from scarp.acquire.sentinel2.read import Array, read_image
from scarp.acquire.stac_access import StacAccess
from scarp.acquire.web import without_secrets
from scarp.channels import BANDS
from scarp.disk import require_space
from scarp.errors import DataError, Fault
from scarp.grid import Grid
from scarp.product_write import write_product
from scarp.sentinel2 import from_values

_LOG = logging.getLogger("scarp")
#: Largest reflectance of a product; glints and saturated pixels pass it.
_BRIGHTEST = np.float32(BANDS["B04"].high)


def acquire_optical(
    access: StacAccess,
    grid: Grid,
    event: str,
    event_day: date,
    epoch: str,
    rules: Rules,
    pin: Pin,
    path: str | Path,
    valid_path: str | Path,
    candidates_path: str | Path,
    snow_is_usable: bool = False,
) -> Candidate:
    """Choose an image of an area and write its product, as docs/products.md describes it.

    Pixels brighter than a reflectance of 2 are set to 2 and called not usable.

    Parameters
    ----------
    grid: of the event, 10 m in a zone of UTM.
    epoch: PRE1 or POST1.
    path, valid_path: of optical_{epoch}.tif and optical_valid_{epoch}.tif.
    candidates_path: of a table of all images that were looked at; written even if none is good.

    Raises
    ------
    DataError: no image can be had (see `find_images` and `pick_image`), its files cannot be read,
        or the disk is full.
    """
    candidates = find_images(access, grid, event_day, epoch, rules, pin)
    picked = None
    try:
        picked = pick_image(candidates, epoch, rules, pin)
    finally:
        write_candidates(candidates_path, event, epoch, candidates, picked)
    write_optical(access, grid, picked, path, valid_path, snow_is_usable)
    _LOG.info("Sentinel-2 %s: fetched %s", epoch, access.summary())
    return picked


def write_optical(
    access: StacAccess,
    grid: Grid,
    image: Candidate,
    path: str | Path,
    valid_path: str | Path,
    snow_is_usable: bool,
) -> None:
    """Read an image and write its product; see `acquire_optical`."""
    size = grid.height * grid.width
    require_space(Path(path).parent, size * 41, f"{Path(path).name} and its mask")
    seen = read_image(access, image.tiles, grid)
    if not seen.classes.any():
        raise DataError(
            Fault("has no data in the area", ", ".join(image.items), cure="pin another image")
        )
    _question_offset(image, seen.bands)
    bands, valid = dict(seen.bands), usable(seen.classes, snow_is_usable)
    too_bright = np.any([values > _BRIGHTEST for values in bands.values()], axis=0)
    valid[too_bright] = UNUSABLE
    bands = {band: np.minimum(values, _BRIGHTEST) for band, values in bands.items()}
    tags = _tags(access, image, seen.classes, valid)
    write_product(valid_path, grid, {"valid": valid}, {"valid": "1"}, tags)
    write_product(path, grid, bands, {band: BANDS[band].unit for band in bands}, tags)


def _question_offset(image: Candidate, bands: Mapping[str, Array]) -> None:
    """Warn where pixels look as though the offset had been taken off already.

    Some catalogues take it off and say that they have not.
    """
    added = min(offset(tile) for tile in image.tiles)
    if not added:
        return
    stored = {band: values - added / np.float32(10_000) for band, values in bands.items()}
    found = from_values(stored, image.day.isoformat())
    if found.digital_numbers == 0 and found.evidence.startswith("data"):
        _LOG.warning(
            "%s: baseline %s carries an offset of 1000, but %s; has the catalogue taken it off?",
            ", ".join(image.items),
            image.baselines,
            found.evidence,
        )


def _tags(
    access: StacAccess, image: Candidate, classes: NDArray[np.uint8], valid: NDArray[np.uint8]
) -> dict[str, str | int | float]:
    # No tag ends with PROCESSING_BASELINE or BOA_ADD_OFFSET: those say that the offset is still in.
    tags: dict[str, str | int | float] = {
        "engine": "sentinel2-l2a",
        "engine_version": __version__,
        "date": image.day.isoformat(),
        "days_from_event": image.days,
        "products": ", ".join(image.items),
        "baseline": image.baselines,
        "offset_added": image.offsets,
        "catalogue": without_secrets(access.api.url),
        "collection": access.api.collection,
        "resampling": "bilinear where pixels differ, classes nearest",
        "covered_share": f"{(classes != 0).mean():.4f}",
        "usable_share": f"{(valid == 1).sum() / max((valid != UNKNOWN).sum(), 1):.4f}",
    }
    if image.shares is not None:
        shown = {
            "cloud": image.shares.cloud,
            "shadow": image.shares.shadow,
            "snow": image.shares.snow,
        }
        tags |= {f"{name}_share": f"{share:.4f}" for name, share in shown.items()}
    if any(tile.simulated for tile in image.tiles):
        tags["simulated"] = "true"
    return tags
