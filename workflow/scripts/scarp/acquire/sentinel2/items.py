"""What a STAC item of Sentinel-2 Level-2A says, whichever catalogue it comes from.

Names of products follow the Sentinel-2 Products Specification Document, issue 14.9, section 3.4:
``S2A_MSIL2A_20220217T183431_N0510_R027_T13VEK_20240516T022440.SAFE`` is mission, level, start of
the datatake, processing baseline, relative orbit, tile and a discriminator, here the time of
processing.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import pystac

from scarp.acquire.sentinel2.assets import asset_addresses
from scarp.acquire.stac import moment
from scarp.errors import DataError, Fault
from scarp.sentinel2 import OFFSET

_LOG = logging.getLogger("scarp")
#: Properties that catalogues give a fact under, the first that is there counts.
_BASELINE = ("s2:processing_baseline", "sentinel:processing_baseline")
_NAMES = ("s2:product_uri", "sentinel:product_id", "s2:datatake_id", "eopf:datatake_id")
_HARMONISED = ("earthsearch:boa_offset_applied", "sentinel:boa_offset_applied")
_GENERATED = ("s2:generation_time", "processing:datetime")
_TILE = ("s2:mgrs_tile", "grid:code")
_DATASTRIP = ("s2:datastrip_id", "eopf:datastrip_id")
#: First processing baseline whose digital numbers carry an offset.
_OFFSET_SINCE = (4, 0)
#: Major number that processors outside of ESA's ground segment write; it tells nothing.
_HOME_MADE = 99
_SIMULATED = "scarp:simulated"


@dataclass(frozen=True)
class Tile:
    """One tile of one datatake.

    Attributes
    ----------
    item: id in the catalogue. product: name of the product where it is told, else the id.
    day: when it was taken, in UTC.
    datatake: mission and start of the datatake, equal for all its tiles and processings.
    tile: of the Military Grid Reference System, such as 13VEK.
    datastrip: start of the part of the datatake that went down to one station; blank where unknown.
    crs: of the tile.
    box: west, south, east and north of its data, in degrees.
    baseline: of its processing, major and minor number.
    generated: when it was processed, as text that sorts; blank where unknown.
    harmonised: whether the catalogue has taken the offset off the digital numbers already.
    cloud: percentage of the whole tile as the catalogue has it, None where it has none.
    addresses: band, or SCL -> address of its file.
    simulated: whether the item says that its pixels are simulated.
    """

    item: str
    product: str
    day: date
    datatake: str
    tile: str
    datastrip: str
    crs: str
    box: tuple[float, float, float, float]
    baseline: tuple[int, int]
    generated: str
    harmonised: bool
    cloud: float | None
    addresses: Mapping[str, str]
    simulated: bool

    @property
    def baseline_text(self) -> str:
        """The processing baseline as ESA writes it, such as 05.10."""
        return "{:02d}.{:02d}".format(*self.baseline)


def offset(tile: Tile) -> int:
    """What is to be added to a tile's digital numbers: -1000 or 0.

    Its processing baseline decides and never its date: archives that were processed again carry the
    offset for dates before January 2022 too. A catalogue that says it has taken it off is believed.
    """
    return -OFFSET if tile.baseline >= _OFFSET_SINCE and not tile.harmonised else 0


def read_tile(item: pystac.Item, over_s3: bool = False) -> Tile:
    """Read an item.

    Parameters
    ----------
    over_s3: whether files with addresses ``s3://`` can be read; else their address for HTTP is
        taken where the item has one.

    Raises
    ------
    DataError: the item lacks something that nothing else in it tells.
    """
    properties, name = item.properties, _product(item)
    when, tile = moment(item), _tile(item, name)
    baseline, datatake = _baseline(item, name), _datatake(item, name)
    addresses, missing = asset_addresses(item, over_s3)
    facts = [
        ("its date", when),
        ("its tile", tile),
        ("its processing baseline", baseline),
        *((f"band {band}", "") for band in missing),
    ]
    lacking = [what for what, found in facts if not found]
    if when is None or baseline is None or lacking:
        raise DataError(
            Fault(
                f"says nothing of {', '.join(lacking)}; its assets are {', '.join(item.assets)}",
                f"item {item.id}",
                "an item of Sentinel-2 Level-2A",
                "check acquire: stac: collection",
            )
        )
    strip = re.search(r"_S(\d{8}T\d{6})", _first(properties, _DATASTRIP))
    generated = _first(properties, _GENERATED) or name.removesuffix(".SAFE").rpartition("_")[2]
    cloud = properties.get("eo:cloud_cover")
    return Tile(
        item.id,
        name,
        when.date(),
        datatake,
        tile,
        strip[1] if strip else "",
        _crs(item, tile),
        _box(item),
        baseline,
        re.sub(r"[^0-9T]", "", generated)[:15],
        any(str(properties.get(key)).lower() == "true" for key in _HARMONISED),
        float(cloud) if isinstance(cloud, int | float) else None,
        addresses,
        str(properties.get(_SIMULATED)).lower() == "true",
    )


def newest(tiles: Iterable[Tile]) -> list[Tile]:
    """Of several processings of one tile of one datatake the newest, by baseline, then by time."""
    kept: dict[tuple[str, str, str], Tile] = {}
    for tile in tiles:
        # Two stations may each have received a part of a tile: those are no repetitions.
        key = (tile.datatake, tile.tile, tile.datastrip)
        known = kept.get(key)
        if known is None or _age(tile) > _age(known):
            kept[key] = tile
    return list(kept.values())


def read_tiles(items: Iterable[pystac.Item], over_s3: bool = False) -> list[Tile]:
    """Read items, the newest processing of each; one that lacks something is left out and said."""

    def readable() -> Iterator[Tile]:
        for item in items:
            try:
                yield read_tile(item, over_s3)
            except DataError as error:
                _LOG.warning("%s", error)

    return newest(readable())


def is_named(tile: Tile, name: str) -> bool:
    """Whether a product's name or an item's id means a tile; catalogues leave parts of it out."""
    wanted = _bare(name)
    return wanted in (_bare(tile.item), _bare(tile.product))


def _bare(name: str) -> str:
    return re.sub(r"_N\d{4}(?=_)", "", re.sub(r"(\.SAFE)?(\.zip)?/?$", "", name.strip())).upper()


def _age(tile: Tile) -> tuple[tuple[int, int], str, str]:
    return tile.baseline, tile.generated, tile.item


def _first(properties: Mapping[str, object], keys: Iterable[str]) -> str:
    return next((str(properties[key]) for key in keys if properties.get(key)), "")


def _product(item: pystac.Item) -> str:
    return _first(item.properties, ("s2:product_uri", "sentinel:product_id")) or item.id


def _names(item: pystac.Item, name: str) -> str:
    """Everything in an item that may hold the parts of a product's name, in one text."""
    known = [str(item.properties[key]) for key in _NAMES if item.properties.get(key)]
    return " ".join([name, item.id, *known])


def _baseline(item: pystac.Item, name: str) -> tuple[int, int] | None:
    told = re.fullmatch(r"0?(\d{1,2})\.(\d{1,2})", _first(item.properties, _BASELINE))
    found = told or re.search(r"_N(\d\d)\.?(\d\d)(?:_|\b)", _names(item, name))
    if found is None or int(found[1]) == _HOME_MADE:
        return None
    return int(found[1]), int(found[2])


def _datatake(item: pystac.Item, name: str) -> str:
    found = re.search(r"\bG?(S2[A-Z])_(?:MSIL2A_)?(\d{8}T\d{6})_", _names(item, name))
    if found:
        return f"{found[1]}_{found[2]}"
    when = moment(item)
    return f"{item.properties.get('platform', '')}_{when:%Y%m%d}" if when else ""


def _tile(item: pystac.Item, name: str) -> str:
    told = _first(item.properties, _TILE).removeprefix("MGRS-")
    pattern = r"\d{1,2}[C-HJ-NP-X][A-Z]{2}"
    if re.fullmatch(pattern, told):
        return told.zfill(5)
    found = re.search(rf"_T?({pattern})(?:_|\b)", _names(item, name))
    return found[1].zfill(5) if found else ""


def _box(item: pystac.Item) -> tuple[float, float, float, float]:
    sides = item.bbox or [0.0] * 4  # a search lets none through that has no box
    half = len(sides) // 2
    return sides[0], sides[1], sides[half], sides[half + 1]


def _crs(item: pystac.Item, tile: str) -> str:
    """As the item or its assets say; else from the tile, which lies in one zone of UTM."""
    for told in (item.properties, *(asset.extra_fields for asset in item.assets.values())):
        if told.get("proj:code"):
            return str(told["proj:code"])
        if told.get("proj:epsg"):
            return f"EPSG:{told['proj:epsg']}"
    return f"EPSG:{326 if tile[2:3] >= 'N' else 327}{tile[:2]}" if tile else ""
