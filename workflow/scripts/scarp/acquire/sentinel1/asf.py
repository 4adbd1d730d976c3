"""The catalogue of the Alaska Satellite Facility, over its Search API.

Keywords: docs.asf.alaska.edu/api/keywords. It has no pages: one answer holds all.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scarp.acquire.sentinel1.ask import json_of
from scarp.acquire.sentinel1.ground import Area, box_wkt, from_geojson
from scarp.acquire.sentinel1.scene import Scene, is_wanted, moment, parse_name
from scarp.errors import DataError

_LOG = logging.getLogger("scarp")
_CURE = "check the address of the catalogue, or run again later"
_DIRECTIONS = {"ASCENDING": "ASC", "DESCENDING": "DES"}


@dataclass(frozen=True)
class Asf:
    """Addresses of the service; a mirror has others.

    Attributes
    ----------
    catalogue: to search.
    login: host of Earthdata Login, which downloads are led to and which gets user and password.
    hosts: ends of the names of hosts that get the Earthdata token.
    """

    catalogue: str = "https://api.daac.asf.alaska.edu/services/search/param"
    login: str = "urs.earthdata.nasa.gov"
    hosts: tuple[str, ...] = ("asf.alaska.edu", "earthdata.nasa.gov")


def search(
    service: Asf,
    area: Area,
    start: datetime,
    end: datetime,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Scene]:
    """IW SLC scenes in two polarisations over an area; parameters as `cdse.search`."""
    query = {
        "platform": "Sentinel-1",
        "processingLevel": "SLC",
        "beamMode": "IW",
        "intersectsWith": box_wkt(area),
        "start": start.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "end": end.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "output": "geojson",
    }
    found, _ = json_of(service.catalogue, query, "features", _CURE, sleep)
    scenes = [_scene(feature) for feature in found]
    return [scene for scene in scenes if scene is not None]


def _scene(feature: Mapping[str, Any]) -> Scene | None:
    properties = feature.get("properties") or {}
    label = str(properties.get("sceneName", "a scene without a name"))
    try:
        name = parse_name(label)
    except DataError:
        return None
    # Metadata of a scene are products too, of level METADATA_SLC.
    if not is_wanted(name) or properties.get("processingLevel") != "SLC":
        return None
    try:
        return Scene(
            name=name,
            relative_orbit=int(properties["pathNumber"]),
            direction=_DIRECTIONS[str(properties["flightDirection"]).upper()],
            start=moment(properties["startTime"]),
            stop=moment(properties["stopTime"]),
            footprint=from_geojson(feature["geometry"]),
            processed=moment(properties.get("processingDate") or properties["startTime"]),
            url=str(properties["url"]),
            size=int(properties.get("bytes") or 0),
            md5=str(properties.get("md5sum") or "").lower(),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        _LOG.warning("%s: its entry is incomplete (%s), left out", label, error)
        return None
