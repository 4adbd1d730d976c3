"""Searching for Sentinel-1 scenes."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from datetime import datetime

from scarp.acquire.sentinel1 import asf, cdse
from scarp.acquire.sentinel1.asf import Asf
from scarp.acquire.sentinel1.cdse import Cdse
from scarp.acquire.sentinel1.ground import Area, meets
from scarp.acquire.sentinel1.scene import Scene, newest
from scarp.acquire.web import without_secrets


def search_words(
    service: Cdse | Asf, area: Area, start: datetime, end: datetime, missions: Collection[str] = ()
) -> str:
    """What `search_scenes` searches, in words, for messages."""
    west, south, east, north = area
    of = "/".join(sorted(missions)) or "all satellites"
    return (
        f"{without_secrets(service.catalogue)}, {start:%Y-%m-%d} to {end:%Y-%m-%d}, {of},"
        f" {west:.3f} to {east:.3f} east, {south:.3f} to {north:.3f} north"
    )


def search_scenes(
    service: Cdse | Asf,
    area: Area,
    start: datetime,
    end: datetime,
    missions: Collection[str] = (),
    sleep: Callable[[float], None] = time.sleep,
) -> list[Scene]:
    """IW SLC scenes in two polarisations that meet an area, in order of time.

    What the service filters is filtered again here: a mirror may ignore parts of the question. Of
    a slice that was processed several times only the newest product is given.

    Parameters
    ----------
    service: whose catalogue is searched.
    area: west, south, east, north, degrees.
    start, end: the acquisition starts in between, UTC; `end` itself is not in it.
    missions: such as ("S1A",); empty: all.
    sleep: waits for so many seconds.

    Raises
    ------
    DataError: the catalogue cannot be reached, refuses, or answers something else.
    """
    if isinstance(service, Cdse):
        found = cdse.search(service, area, start, end, sleep)
    else:
        found = asf.search(service, area, start, end, sleep)
    return newest(
        scene
        for scene in found
        if start <= scene.start < end
        and (not missions or scene.name.mission in missions)
        and meets(scene.footprint, area)
    )
