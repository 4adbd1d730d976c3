"""The services that an acquisition asks, from the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scarp.acquire.sentinel1.asf import Asf
from scarp.acquire.sentinel1.cdse import Cdse
from scarp.acquire.sentinel1.epoch import Services
from scarp.acquire.sentinel1.orbit_index import Bucket, Index, Pages
from scarp.acquire.stac_access import Stac


def stac_of(settings: Mapping[str, Any]) -> Stac:
    """A STAC service, of `acquire: stac` or `acquire: elevation`."""
    return Stac(**{**settings, "token_hosts": tuple(settings["token_hosts"])})


def elevation_of(settings: Mapping[str, Any]) -> Stac | str:
    """Where tiles of the DEM come from: a STAC service, or the address of files."""
    return stac_of(settings) if settings["collection"] else str(settings["url"])


def catalogue_of(settings: Mapping[str, Any]) -> Cdse | Asf:
    """The catalogue of Sentinel-1, of `acquire: sentinel1`; what is blank is the service's own."""
    if settings["service"] == "cdse":
        names = ("catalogue", "download", "token")
        return Cdse(**{name: settings[name] for name in names if settings[name]})
    usual = Asf()
    return Asf(
        settings["catalogue"] or usual.catalogue,
        settings["login"] or usual.login,
        tuple(settings["hosts"]) or usual.hosts,
    )


def scene_services(acquire: Mapping[str, Any], orbits: str, locks: Path) -> Services:
    """What fetching scenes needs, of section `acquire`.

    Parameters
    ----------
    orbits: folder of orbit files.
    locks: folder of lock files, shared by all jobs.
    """
    chosen, scenes = acquire["orbits"], catalogue_of(acquire["sentinel1"])
    own = {"url": chosen["url"]} if chosen["url"] else {}
    index: Index | None = None
    if chosen["source"] == "asf":
        index = Bucket(**own)
    elif chosen["source"] == "step":
        index = Pages(**own)
    elif chosen["source"] == "cdse":
        index = scenes if isinstance(scenes, Cdse) else Cdse()
    connections = acquire["sentinel1"]["connections"]
    return Services(scenes, index, Path(orbits), locks, connections)
