"""Fetching whole Sentinel-1 scenes, as the zips that the services have."""

from __future__ import annotations

import time
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scarp.acquire.download import Remote, download
from scarp.acquire.sentinel1.connections import connection
from scarp.acquire.sentinel1.scene import Scene
from scarp.acquire.session import Access
from scarp.disk import require_space
from scarp.errors import DataError, Fault
from scarp.log import logger

__all__ = ["CONNECTIONS", "Way", "fetch_scenes"]

#: Connections at a time that CDSE grants a user (Quotas.html of its documentation).
CONNECTIONS = 4
#: Attempts in a row without a new byte: with the pauses between them, up to 8 minutes.
_RETRIES = 9


@dataclass(frozen=True)
class Way:
    """How scenes are fetched.

    Attributes
    ----------
    access: to the service that they were found with.
    locks: folder of the lock files that keep all processes together below `connections`.
    connections: files that are fetched at a time.
    """

    access: Access
    locks: Path
    connections: int = CONNECTIONS


def fetch_scenes(
    scenes: Sequence[Scene],
    folder: str | Path,
    way: Way,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Path]:
    """Fetch scenes into a folder; one that is there is not fetched again.

    A scene gets its name `{name}.zip` once size and MD5 are as the catalogue says. Where it says no
    MD5, every file in the zip is read and held against its checksum there. What was fetched of an
    interrupted one stays beside it as `{name}.zip.part`, and is gone on with. A scene that fails
    does not keep the others from being fetched.

    Parameters
    ----------
    scenes: of one date.
    folder: where they come to lie.
    way: how they are fetched.
    sleep: waits for so many seconds.

    Returns
    -------
    Their zips, or the .SAFE folders that were there already, in the order of `scenes`.

    Raises
    ------
    DataError: with the faults of all scenes that could not be fetched, or if there is no room.
    """
    target = Path(folder)
    paths = [_there(scene, target) for scene in scenes]
    missing = [scene for scene, path in zip(scenes, paths, strict=True) if path is None]
    needed = sum(max(s.size - _part_size(target / f"{s.name.text}.zip"), 0) for s in missing)
    require_space(target, needed, f"download of {len(missing)} Sentinel-1 scenes")
    faults: list[Fault] = []
    for number, scene in enumerate(scenes):
        if paths[number] is None:
            try:
                paths[number] = _fetch(scene, target, way, sleep)
            except DataError as error:
                faults += error.faults
    if faults:
        raise DataError(faults)
    return [path for path in paths if path is not None]


def _there(scene: Scene, folder: Path) -> Path | None:
    base = folder / scene.name.text
    return next((p for p in (Path(f"{base}{s}") for s in (".SAFE", ".zip")) if p.exists()), None)


def _part_size(path: Path) -> int:
    """Bytes of what an interrupted download left."""
    part = path.with_name(f"{path.name}.part")
    return part.stat().st_size if part.is_file() else 0


def _fetch(scene: Scene, folder: Path, way: Way, sleep: Callable[[float], None]) -> Path:
    path = folder / f"{scene.name.text}.zip"
    if not scene.md5:
        logger.info("%s: the catalogue has no MD5 of it, its files are checked", scene.name.text)
    with connection(way.locks, way.connections, sleep):
        download(
            Remote(scene.url, scene.size, scene.md5),
            path,
            f"fetch {scene.name.text} elsewhere and lay it into {folder}; a refusal (401, 403) may"
            " mean wrong credentials, or terms that the account has not accepted",
            sleep,
            way.access,
            lambda part: _check(part, scene),
            _RETRIES,
        )
    return path


def _check(part: Path, scene: Scene) -> None:
    """Look whether a file is the zip of a scene, and a sound one where no MD5 says so.

    Raises
    ------
    DataError: it is not.
    """
    label = f"{scene.name.text}.zip, as it was fetched"
    cure = "run again to fetch it anew"
    try:
        with zipfile.ZipFile(part) as archive:
            if f"{scene.name.text}.SAFE/manifest.safe" not in archive.namelist():
                raise DataError(
                    Fault(
                        "holds another product",
                        label,
                        f"a folder {scene.name.text}.SAFE with its manifest.safe",
                        cure,
                    )
                )
            bad = None if scene.md5 else archive.testzip()
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise DataError(Fault(f"is no sound zip file ({error})", label, cure=cure)) from None
    if bad is not None:
        raise DataError(Fault(f"is damaged: {bad} has not its checksum", label, cure=cure))
