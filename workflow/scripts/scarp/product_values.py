"""The physical values, labels and masks of a product file, checked band by band."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from scarp.channels import BANDS, Band
from scarp.errors import DataError, Fault, did_you_mean
from scarp.product_raster import Raster

#: How far values may pass a band's valid range, below and above, in its unit: rounding and
#: resampling. From processing baseline 04.00 on (25 January 2022) surface reflectance is
#: (DN - 1000) / 10000 and goes down to -0.0999; DN 0, which would be -0.1, stands for no data.
_OPTICAL_TOLERANCE = (0.09995, 0.0)
_TOLERANCES = {"ALPHA": (0.1, 0.1), "SLOPE": (0.1, 0.1), "gVV": (0.0, 0.0), "gVH": (0.0, 0.0)}
_USUAL_TOLERANCE = (1e-3, 1e-3)
_REFLECTANCE = (
    "divide by 10000; from processing baseline 04.00 on, subtract 1000 first; write float32"
)
_LOG = logging.getLogger("scarp")


def read_bands(raster: Raster, names: Mapping[str, str]) -> dict[str, NDArray[np.float32]]:
    """The physical values of a product's bands, checked.

    Bands are told by their descriptions, whatever their case, or by their order where no band of
    the file has one. Values that pass the valid range by no more than rounding are set to its end.

    Parameters
    ----------
    names: what the file calls a band -> the band (scarp.channels), in file order.

    Returns
    -------
    Band -> (y, x) float32 in the band's unit, NaN where there is no data.

    Raises
    ------
    DataError: with all faults: number or names of bands, dtype, values, no data at all.
    """
    stored = dict(zip(names.values(), _order(raster, tuple(names)), strict=True))
    faults: list[Fault] = []
    values: dict[str, NDArray[np.float32]] = {}
    integer = np.issubdtype(raster.values.dtype, np.integer)
    for name, index in stored.items():
        band = BANDS[name]
        where = f"{raster.path}, band {index + 1} ({band.name})"
        if integer and band.sensor != "terrain" and raster.scales[index] == 1.0:
            faults.append(
                Fault(
                    f"holds integers ({raster.values.dtype}) without a scale",
                    where,
                    f"{band.long_name} in float32, or integers with the file's scale and offset",
                    _cure_of_integers(band),
                )
            )
            continue
        values[name] = _physical(raster, index)
        faults += _value_faults(values[name], band, where)
        if band.scale == "decibel" and raster.nodata is None:
            _warn_of_zeros(values[name], where)
    if faults:
        raise DataError(faults)
    for name, layer in values.items():
        np.clip(layer, BANDS[name].low, BANDS[name].high, out=layer)
    return values


def _order(raster: Raster, names: tuple[str, ...]) -> list[int]:
    """Index in the file of each of the named bands."""
    count = len(raster.values)
    if count != len(names):
        raise DataError(
            Fault(
                f"has {count} band{'s' if count > 1 else ''}",
                str(raster.path),
                f"{len(names)}: {', '.join(names)}",
                "write these bands in this order, and nothing else",
            )
        )
    if not any(raster.descriptions):
        return list(range(count))
    wanted = [name.casefold() for name in names]
    if sorted(raster.descriptions) != sorted(wanted):
        strange = [text for text in raster.descriptions if text and text not in wanted]
        raise DataError(
            Fault(
                "its bands are described as "
                + ", ".join(f"'{text}'" for text in raster.descriptions),
                str(raster.path),
                f"each of {', '.join(names)} once, or no description at all and this order",
                " ".join(filter(None, (did_you_mean(text, names) for text in strange)))
                or "correct the descriptions of the bands, or remove them all",
            )
        )
    return [raster.descriptions.index(name) for name in wanted]


def _physical(raster: Raster, index: int) -> NDArray[np.float32]:
    values = raster.values[index]
    scale, offset = raster.scales[index], raster.offsets[index]
    if (scale, offset) != (1.0, 0.0):
        values = values.astype(np.float64) * scale + offset
    with np.errstate(over="ignore"):  # nodata of a float64 file may not fit
        return np.where(raster.data[index], values.astype(np.float32), np.float32(np.nan))


def _value_faults(values: NDArray[np.float32], band: Band, where: str) -> list[Fault]:
    seen = values[~np.isnan(values)]
    if not seen.size:
        return [
            Fault(
                "has no data in any pixel",
                where,
                cure="make the product again: its scene may not cover the event; or correct the"
                " file's nodata value",
            )
        ]
    below, above = _tolerance(band)
    low, high = band.low - below, band.high + above
    lowest, highest, middle = float(seen.min()), float(seen.max()), float(np.median(seen))
    unit = "" if band.unit == "1" else f" {band.unit}"
    allowed = f"{band.long_name}, {band.low:g} to {band.high:g}{unit}"
    if lowest < low or highest > high:
        outside = int(((seen < low) | (seen > high)).sum())
        return [
            Fault(
                f"holds values from {lowest:g} to {highest:g}, {outside} of {seen.size} pixels"
                " beyond the valid range" + (_suspicion(band, middle)),
                where,
                allowed,
                _cure_of_values(band, middle, lowest),
            )
        ]
    if band.name == "ALPHA" and highest <= math.pi / 2:
        return [
            Fault(
                f"holds no angle above {highest:g}: it seems to be in radians",
                where,
                allowed,
                "multiply it by 180 / pi",
            )
        ]
    return []


def _tolerance(band: Band) -> tuple[float, float]:
    if band.sensor == "sentinel2":
        return _OPTICAL_TOLERANCE
    return _TOLERANCES.get(band.name, _USUAL_TOLERANCE)


def _suspicion(band: Band, middle: float) -> str:
    if band.scale == "decibel" and middle < 0:
        return ": it seems to be in decibel"
    if band.sensor == "sentinel2" and middle > band.high:
        return ": it seems to hold digital numbers"
    return ""


def _cure_of_values(band: Band, middle: float, lowest: float) -> str:
    if band.scale == "decibel" and middle < 0:
        return "convert it to linear power, 10 ** (dB / 10)"
    if band.scale == "decibel" and lowest < 0:
        return "power is never negative: write nodata where noise removal left less than nothing"
    if band.sensor == "sentinel2" and middle > band.high:
        return _REFLECTANCE
    return "name the file's nodata value if that is what they are, or make the product again"


def _cure_of_integers(band: Band) -> str:
    if band.sensor == "sentinel2":
        return _REFLECTANCE
    return "write physical values as float32"


def _warn_of_zeros(values: NDArray[np.float32], where: str) -> None:
    zeros = int((values == 0).sum())
    if zeros:
        _LOG.warning(
            "%s: %d pixels are exactly 0 and count as data, since the file names no nodata value"
            " (SNAP writes 0 where it has none: gdal_edit.py -a_nodata 0)",
            where,
            zeros,
        )


def read_flags(raster: Raster, allowed: Mapping[int, str], missing: int) -> NDArray[np.uint8]:
    """The one band of labels or of a mask, as (y, x) uint8.

    Parameters
    ----------
    allowed: the values that may occur -> what they mean.
    missing: the value that stands for no data.

    Raises
    ------
    DataError: more than one band, other values, or a nodata value that has another meaning.
    """
    faults: list[Fault] = []
    count = len(raster.values)
    meanings = ", ".join(f"{value} {meaning}" for value, meaning in allowed.items())
    if count != 1:
        faults.append(
            Fault(f"has {count} bands", str(raster.path), "1", "write that one band only")
        )
    if raster.nodata in allowed and raster.nodata != missing:
        faults.append(
            Fault(
                f"its nodata value {raster.nodata:g} is one of the values that have a meaning",
                str(raster.path),
                meanings,
                f"set nodata to {missing}, or remove it (gdal_edit.py -unsetnodata)",
            )
        )
    values = np.where(raster.data[0], raster.values[0].astype(np.float64), missing)
    others = np.setdiff1d(values, list(allowed))
    if others.size and not faults:
        faults.append(
            Fault(
                f"holds {', '.join(f'{value:g}' for value in others[:5])}"
                + (" and other values" if others.size > 5 else ""),
                str(raster.path),
                meanings,
                "correct the values; resample such a file with -r near only",
            )
        )
    if faults:
        raise DataError(faults)
    return values.astype(np.uint8)
