"""How good the two images of an event are, from what their product files say of themselves."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError

from scarp.acquire.sentinel2.classes import USABLE
from scarp.errors import DataError, Fault
from scarp.parity.shift import find_shift
from scarp.tsv import write_table

_LOG = logging.getLogger("scarp")
COLUMNS = (
    *("event", "epoch", "date", "days", "items", "baseline", "offset", "catalogue"),
    *("cloud", "shadow", "snow", "covered", "usable"),
    *("shift_from", "shift_north_m", "shift_east_m"),
)
#: Band whose texture is compared: the sharpest at 10 m, and least veiled by haze.
_BAND = "B08"
#: Metres from which on a shift is warned of: one pixel.
_SUSPICIOUS = 10.0


@dataclass(frozen=True)
class _Product:
    tags: Mapping[str, str]
    band: NDArray[np.float32]
    pixel: float


def write_quality(
    path: str | Path, event: str, images: Mapping[str, tuple[str | Path, str | Path]]
) -> None:
    """Write a row for every image of an event.

    Shares are in per cent of the area, `usable` of what has data. The shift is how far the content
    of the image lies north and east of that of the first one, by usable pixels of band B08;
    blank for the first, and where too little is common to both.

    Parameters
    ----------
    images: epoch -> paths of optical_{epoch}.tif and optical_valid_{epoch}.tif, in time order.

    Raises
    ------
    DataError: a product cannot be read.
    """
    products = {epoch: _read(*paths) for epoch, paths in images.items()}
    first = next(iter(products))
    rows = []
    for epoch, product in products.items():
        shift = _shift(products[first], product) if epoch != first else None
        if shift is not None and max(map(abs, shift)) >= _SUSPICIOUS:
            _LOG.warning(
                "%s: %s lies %.1f m north and %.1f m east of %s", event, epoch, *shift, first
            )
        tags = product.tags
        rows.append(
            (
                event,
                epoch,
                *(tags.get(name, "") for name in ("date", "days_from_event", "products")),
                *(tags.get(name, "") for name in ("baseline", "offset_added", "catalogue")),
                *(
                    f"{100 * float(tags[f'{name}_share']):.2f}" if f"{name}_share" in tags else ""
                    for name in ("cloud", "shadow", "snow", "covered", "usable")
                ),
                *((first, *(f"{part:.1f}" for part in shift)) if shift else ("", "", "")),
            )
        )
    write_table(path, COLUMNS, rows)


def _read(path: str | Path, valid_path: str | Path) -> _Product:
    try:
        with rasterio.open(valid_path) as file:
            valid = file.read(1)
        with rasterio.open(path) as file:
            band = file.read(file.descriptions.index(_BAND) + 1)
            tags, pixel = file.tags(), float(file.transform.a)
    except (RasterioError, ValueError) as error:
        raise DataError(
            Fault(f"cannot be read ({error})", str(path), cure="delete it and make it again")
        ) from None
    band[valid != USABLE] = np.nan
    return _Product(tags, band, pixel)


def _shift(first: _Product, second: _Product) -> tuple[float, float] | None:
    """Metres north and east; + 0.0 turns -0 into 0."""
    found = find_shift(first.band, second.band)
    if found is None:
        return None
    return -found[0] * first.pixel + 0.0, found[1] * first.pixel + 0.0
