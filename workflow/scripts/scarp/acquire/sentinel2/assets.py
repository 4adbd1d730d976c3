"""Which file of a STAC item holds which band of Sentinel-2, in the words of several catalogues."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import pystac

#: Bands of an optical product, in its order, with the size of their pixels in metres.
BANDS: Mapping[str, int] = {
    "B02": 10,
    "B03": 10,
    "B04": 10,
    "B05": 20,
    "B06": 20,
    "B07": 20,
    "B08": 10,
    "B8A": 20,
    "B11": 20,
    "B12": 20,
}
#: Scene classification.
SCL = "SCL"
#: Keys of catalogues that name bands by their colour.
_COLOURS = {
    "blue": "B02",
    "green": "B03",
    "red": "B04",
    "rededge1": "B05",
    "rededge2": "B06",
    "rededge3": "B07",
    "nir": "B08",
    "nir08": "B8A",
    "swir16": "B11",
    "swir22": "B12",
}
_KNOWN = {name.lower(): name for name in (*BANDS, SCL)} | _COLOURS


def asset_addresses(item: pystac.Item, over_s3: bool) -> tuple[dict[str, str], list[str]]:
    """Addresses of the ten bands and of SCL, and what is not there.

    A band is told by its asset's key (``B02``, ``B02_10m``, ``blue``), else by the one band that
    the asset says to hold. Of several the finest counts, and a GeoTIFF before a JPEG 2000.
    """
    found: dict[str, tuple[tuple[float, bool], str]] = {}
    for key, asset in item.assets.items():
        band, address = _band(key, asset), _address(asset, over_s3)
        if band and address:
            rank = (_pixel(key, asset), ".jp2" in address)
            if band not in found or rank < found[band][0]:
                found[band] = (rank, address)
    wanted = (*BANDS, SCL)
    addresses = {band: found[band][1] for band in wanted if band in found}
    return addresses, [band for band in wanted if band not in found]


def _band(key: str, asset: pystac.Asset) -> str:
    named = _KNOWN.get(re.sub(r"_\d+m$", "", key.lower()), "")
    if named:
        return named
    fields = asset.extra_fields
    names = [str(band.get("name", "")) for band in _bands(fields)]
    return _KNOWN.get(names[0].lower(), "") if len(names) == 1 else ""


def _bands(fields: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    found = fields.get("eo:bands") or fields.get("bands") or ()
    return [band for band in found if isinstance(band, Mapping)]


def _pixel(key: str, asset: pystac.Asset) -> float:
    """Size of a pixel in metres; 0 where neither the key nor the asset tells."""
    suffix = re.search(r"_(\d+)m$", key)
    told = suffix[1] if suffix else asset.extra_fields.get("gsd", 0)
    return float(told)


def _address(asset: pystac.Asset, over_s3: bool) -> str:
    address = asset.get_absolute_href() or ""
    if not address.startswith("s3://") or over_s3:
        return address
    alternates = asset.extra_fields.get("alternate")
    others = alternates.values() if isinstance(alternates, Mapping) else ()
    return next(
        (
            str(other["href"])
            for other in others
            if isinstance(other, Mapping) and str(other.get("href", "")).startswith("http")
        ),
        address,
    )
