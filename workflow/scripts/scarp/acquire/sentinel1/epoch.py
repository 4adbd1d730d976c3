"""Fetching the scenes and orbit files of one epoch of an event."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from scarp.acquire.sentinel1.access import access_of
from scarp.acquire.sentinel1.asf import Asf
from scarp.acquire.sentinel1.cdse import Cdse
from scarp.acquire.sentinel1.chosen import begin_fetching, list_scenes, read_chosen
from scarp.acquire.sentinel1.fetch import Way, fetch_scenes
from scarp.acquire.sentinel1.orbit_index import Index
from scarp.acquire.sentinel1.orbits import fetch_orbit
from scarp.acquire.sentinel1.scene import Scene
from scarp.log import logger
from scarp.scenes import SUFFIXES


@dataclass(frozen=True)
class Services:
    """Where scenes and orbit files come from, and where orbit files come to lie.

    Attributes
    ----------
    scenes: that the scenes were found with; index: of orbit files; None: none are fetched.
    orbits: folder of all orbit files.
    locks: folder of the lock files that limit connections; connections: at a time.
    """

    scenes: Cdse | Asf
    index: Index | None
    orbits: Path
    locks: Path
    connections: int


def fetch_epoch(chosen: str | Path, epoch: str, folder: Path, services: Services) -> list[str]:
    """Fetch what was chosen for an epoch and list it, or list what the user put there.

    Orbit files that cannot be had are warned of: the products' own orbits remain.

    Returns
    -------
    Names of the scenes.

    Raises
    ------
    DataError: see `fetch_scenes`; there are no credentials.
    """
    scenes = read_chosen(chosen).get(epoch)
    if scenes is None:
        return list_scenes(folder)
    begin_fetching(folder)
    if all(_is_there(scene, folder) for scene in scenes):
        paths = [_path(scene, folder) for scene in scenes]
    else:
        access = access_of(services.scenes)
        paths = fetch_scenes(scenes, folder, Way(access, services.locks, services.connections))
    if services.index is not None:
        for scene in scenes:
            access_to_orbits = (
                access_of(services.index) if isinstance(services.index, Cdse) else None
            )
            fetch_orbit(
                services.index,
                scene.name.mission,
                scene.start,
                scene.stop,
                services.orbits,
                access_to_orbits,
            )
    names = list_scenes(folder, paths)
    logger.info("%s: %s", epoch, ", ".join(names))
    return names


def _path(scene: Scene, folder: Path) -> Path:
    paths = [folder / f"{scene.name.text}{suffix}" for suffix in SUFFIXES]
    return next((path for path in paths if path.exists()), paths[-1])


def _is_there(scene: Scene, folder: Path) -> bool:
    return _path(scene, folder).exists()
