"""The offset that Sentinel-2 images of processing baseline 04.00 and later carry.

Since 25 January 2022 ESA adds 1000 to every digital number of a Level-2A product (0 stays "no
data"), so that reflectance = (DN - 1000) / 10000; archives that were processed again carry it for
earlier dates too, and some services take it off. A date alone therefore says nothing: the image's
own metadata decide, and where they are silent, its darkest pixels. Sources: Sentinel-2 Products
Specification Document, issue 14.9 and later, BOA_ADD_OFFSET; Copernicus announcement of processing
baseline 04.00.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

#: What to do about it where a source left it in.
S2Offset = Literal["as-published", "corrected"]
#: Digital numbers that are added, and per unit of reflectance.
OFFSET, QUANTIFICATION = 1000, 10_000
#: First day of processing baseline 04.00.
SINCE = "2022-01-25"
#: Of the darkest band's valid pixels, the share below which its floor lies.
_SHARE = 0.001
#: Floors below `_DARK` cannot carry the offset, floors from `_RAISED` on may (reflectance).
_DARK, _RAISED = 0.07, 0.09


@dataclass(frozen=True)
class Offset:
    """What an image carries.

    Attributes
    ----------
    digital_numbers: 0 or 1000.
    evidence: where that is known from, for people.
    """

    digital_numbers: int
    evidence: str

    @property
    def reflectance(self) -> float:
        """The offset in units of reflectance."""
        return self.digital_numbers / QUANTIFICATION


def from_tags(tags: Mapping[str, str]) -> Offset | None:
    """What an image's own metadata say; None when they say nothing.

    Read are PROCESSING_BASELINE (also with a prefix, as GDAL and STAC write it) and BOA_ADD_OFFSET.
    """
    lower = {name.lower().replace(":", "_"): value for name, value in tags.items()}
    for name, value in lower.items():
        try:
            if name.endswith("boa_add_offset"):
                return Offset(-round(float(value)), f"metadata: BOA_ADD_OFFSET {value}")
            if name.endswith("processing_baseline"):
                added = OFFSET if float(value) >= 4 else 0
                return Offset(added, f"metadata: processing baseline {value}")
        except ValueError:
            continue
    return None


def from_values(bands: Mapping[str, NDArray[np.float32]], day: str) -> Offset:
    """Judge by the darkest pixels of an image.

    Without the offset some band of nearly every scene has pixels of a reflectance below 0.07:
    vegetation in red, water and shadow in the infrared. With it nothing but noise lies below
    DN 1000. A scene without anything dark (desert, salt, snow) leaves it open; there the date
    decides, and the evidence says so.

    Parameters
    ----------
    bands: name -> (y, x) float32 of one date, DN / 10000; 0 and NaN are no data.
    day: ISO date of the image.
    """
    floors = {
        name: float(np.quantile(seen, _SHARE))
        for name, values in bands.items()
        if (seen := values[values > 0]).size
    }
    if not floors:
        return Offset(0, "no data")
    band = min(floors, key=lambda name: (floors[name], name))
    floor = f"0.1 % of {band} lie below DN {floors[band] * QUANTIFICATION:.0f}"
    if floors[band] < _DARK:
        return Offset(0, f"data: {floor}")
    recent = day >= SINCE
    if floors[band] >= _RAISED and recent:
        return Offset(OFFSET, f"data: {floor}, date from {SINCE} on")
    return Offset(OFFSET if recent else 0, f"open, decided by the date: {floor}")


def without_offset(reflectance: NDArray[np.float32], offset: float) -> NDArray[np.float32]:
    """Reflectance with the offset taken off, NaN kept; not below one digital number.

    Dark pixels may come out at 0 or below, where ratios of bands have no meaning.
    """
    least = np.float32(1 / QUANTIFICATION)
    corrected: NDArray[np.float32] = np.maximum(reflectance - np.float32(offset), least)
    return corrected


def ndvi(near_infrared: NDArray[np.float32], red: NDArray[np.float32]) -> NDArray[np.float32]:
    """Normalised difference vegetation index (Rouse et al. 1974); NaN where both bands are 0."""
    total = near_infrared + red
    found = np.full_like(total, np.nan)
    np.divide(near_infrared - red, total, out=found, where=total != 0)
    return found
