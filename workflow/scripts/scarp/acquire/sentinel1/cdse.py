"""The catalogue of the Copernicus Data Space Ecosystem, over OData.

Filter syntax, attributes and paging: documentation.dataspace.copernicus.eu/APIs/OData.html. Pages
follow `@odata.nextLink`; the order makes them complete, as that page says.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from scarp.acquire.sentinel1.ask import json_of
from scarp.acquire.sentinel1.ground import Area, Shape, box_wkt, from_geojson, from_wkt
from scarp.acquire.sentinel1.scene import Scene, is_wanted, moment, parse_name
from scarp.errors import DataError, Fault

_LOG = logging.getLogger("scarp")
_PAGE = 200
_CURE = "check the address of the catalogue, or run again later"
_DIRECTIONS = {"ASCENDING": "ASC", "DESCENDING": "DES"}


@dataclass(frozen=True)
class Cdse:
    """Addresses of the service; a mirror has others.

    Attributes
    ----------
    catalogue: OData products, to search.
    download: OData products, to fetch: ``{download}({id})/$value``.
    token: of the token service.
    """

    catalogue: str = "https://catalogue.dataspace.copernicus.eu/odata/v1/Products"
    download: str = "https://download.dataspace.copernicus.eu/odata/v1/Products"
    token: str = (
        "https://identity.dataspace.copernicus.eu/auth/realms/CDSE/protocol/openid-connect/token"
    )


def search(
    service: Cdse,
    area: Area,
    start: datetime,
    end: datetime,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Scene]:
    """IW SLC scenes in two polarisations over an area, as the catalogue has them.

    Parameters
    ----------
    area: west, south, east, north, degrees.
    start, end: the acquisition starts in between, UTC; `end` itself is not in it.
    """
    condition = " and ".join(
        (
            "Collection/Name eq 'SENTINEL-1'",
            "contains(Name,'_IW_SLC__1SD')",
            f"ContentDate/Start ge {stamp(start)}",
            f"ContentDate/Start lt {stamp(end)}",
            f"OData.CSC.Intersects(area=geography'SRID=4326;{box_wkt(area)}')",
        )
    )
    found = (_scene(service, row) for row in rows(service, condition, sleep))
    return [scene for scene in found if scene is not None]


def rows(
    service: Cdse, condition: str, sleep: Callable[[float], None] = time.sleep
) -> Iterator[Mapping[str, Any]]:
    """Products of all pages of a search.

    Parameters
    ----------
    condition: of OData's $filter.

    Raises
    ------
    DataError: the catalogue cannot be asked, answers something else, or leads in a circle.
    """
    query = {
        "$filter": condition,
        "$expand": "Attributes",
        "$orderby": "ContentDate/Start asc",
        "$top": str(_PAGE),
    }
    asked: list[dict[str, str]] = []
    while True:
        asked.append(query)
        found, answer = json_of(service.catalogue, query, "value", _CURE, sleep)
        yield from found
        link = answer.get("@odata.nextLink")
        if not link or not found:
            return
        # Only the query is followed: the link of a mirror may name the host that it mirrors.
        query = dict(parse_qsl(urlsplit(str(link)).query))
        if query in asked:
            raise DataError(
                Fault("its pages lead in a circle", service.catalogue, cure="run again later")
            )


def stamp(time_: datetime) -> str:
    """A time as OData has it."""
    return time_.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def md5_of(row: Mapping[str, Any]) -> str:
    """MD5 of a product, empty where there is none; BLAKE3, the other kind, is not used."""
    told = [e["Value"] for e in row.get("Checksum") or () if e.get("Algorithm") == "MD5"]
    return str(told[0]).lower() if told else ""


def address(service: Cdse, row: Mapping[str, Any]) -> str:
    """Where a product is fetched from."""
    return f"{service.download}({row['Id']})/$value"


def _scene(service: Cdse, row: Mapping[str, Any]) -> Scene | None:
    label = str(row.get("Name", "a product without a name"))
    try:
        name = parse_name(label)
    except DataError:
        return None  # such as a product in another format, which the filter cannot tell
    if not is_wanted(name):
        return None
    if row.get("Online") is False:
        _LOG.warning("%s: is not online in the catalogue, left out", label)
        return None
    try:
        attributes = {entry["Name"]: entry["Value"] for entry in row["Attributes"]}
        return Scene(
            name=name,
            relative_orbit=int(attributes["relativeOrbitNumber"]),
            direction=_DIRECTIONS[str(attributes["orbitDirection"]).upper()],
            start=moment(row["ContentDate"]["Start"]),
            stop=moment(row["ContentDate"]["End"]),
            footprint=_footprint(row),
            processed=moment(attributes.get("processingDate") or row["PublicationDate"]),
            url=address(service, row),
            size=int(row.get("ContentLength") or 0),
            md5=md5_of(row),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        _LOG.warning("%s: its entry is incomplete (%s), left out", label, error)
        return None


def _footprint(row: Mapping[str, Any]) -> Shape:
    told = row.get("GeoFootprint")
    # As text it reads geography'SRID=4326;POLYGON ((...))'.
    return from_geojson(told) if told else from_wkt(row["Footprint"].rpartition(";")[2].rstrip("'"))
