"""Fetching the orbit file of a scene: a precise one, else a restituted one."""

from __future__ import annotations

import io
import time
import zipfile
import zlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
from lxml import etree

from scarp.acquire.download import Remote, download
from scarp.acquire.sentinel1.orbit_index import Index, OrbitFile, find_orbit
from scarp.acquire.session import Access
from scarp.errors import DataError, Fault
from scarp.files import beside
from scarp.log import logger
from scarp.sentinel1.documents import parse, text
from scarp.sentinel1.orbit import choose_orbit, read_eof

_CURE = "fetch it again; if this repeats, the service has a wrong file: take another one"
#: Bytes; the largest orbit file has 5 million.
_LARGEST = 50_000_000


def fetch_orbit(
    index: Index,
    mission: str,
    start: datetime,
    stop: datetime,
    folder: str | Path,
    access: Access | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Path | None:
    """See that the orbit file of a scene lies in a folder; nothing there is fetched again.

    Where a precise orbit lies there, the service is not asked. Where a restituted one does, a
    precise one is looked for. A file gets its name once its header says that it is of this
    satellite and holds for all of the scene.

    Parameters
    ----------
    index: where orbit files are had.
    mission: "S1A" ... "S1D".
    start, stop: of the scene, UTC.
    folder: of all orbit files.
    access: to CDSE; the other services are open.
    sleep: waits for so many seconds.

    Returns
    -------
    The file; None, with a warning, where there is none yet and the product's own orbit remains.

    Raises
    ------
    DataError: the service cannot be asked, or what it has is damaged or not what its name says.
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    first, last = (np.datetime64(t.replace(tzinfo=None), "ns") for t in (start, stop))
    there = choose_orbit(folder, mission, first, last)
    if there is not None and "_POEORB_" in there.name:
        return there
    found = find_orbit(index, "POEORB", mission, start, stop, sleep)
    scene = f"the scene of {mission} at {start:%Y-%m-%d %H:%M:%S}"
    if found is None:
        logger.warning(
            "there is no precise orbit for %s: it comes three weeks later; a restituted one is"
            " worse by some centimetres",
            scene,
        )
        if there is not None:
            return there
        found = find_orbit(index, "RESORB", mission, start, stop, sleep)
    if found is None:
        logger.warning("there is no orbit file at all for %s: its own orbit remains", scene)
        return None
    return _fetch(found, mission, (first, last), Path(folder), access, sleep)


def _fetch(
    file: OrbitFile,
    mission: str,
    times: tuple[np.datetime64, np.datetime64],
    folder: Path,
    access: Access | None,
    sleep: Callable[[float], None],
) -> Path:
    # Hidden, so that it is no orbit file for anyone before it has been looked into.
    fetched = folder / f".{file.name}.fetched"
    download(
        Remote(file.url, file.size, file.md5),
        fetched,
        f"fetch {file.name} elsewhere and lay it into {folder}",
        sleep,
        access,
    )
    try:
        xml = _unpacked(fetched.read_bytes(), file.name)
        _check(xml, file.name, mission, times)
        with beside(folder / file.name) as partial:
            partial.write_bytes(xml)
    finally:
        fetched.unlink(missing_ok=True)
    return folder / file.name


def _unpacked(content: bytes, name: str) -> bytes:
    """The orbit file itself, of what came: zipped or not."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return content
    label = f"{name}, zipped"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [m for m in archive.infolist() if Path(m.filename).name == name]
            if len(members) != 1 or members[0].file_size > _LARGEST:
                raise DataError(
                    Fault("does not hold this one file", label, f"one file {name}", _CURE)
                )
            return archive.read(members[0])
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise DataError(Fault(f"is damaged ({error})", label, cure=_CURE)) from None


def _check(xml: bytes, name: str, mission: str, times: tuple[np.datetime64, np.datetime64]) -> None:
    """Refuse what is not the orbit file of this name, or does not hold for the scene."""
    root = parse(xml, name)
    kind = etree.QName(root).localname
    if kind != "Earth_Explorer_File":
        raise DataError(Fault(f"is a document '{kind}'", name, "Earth_Explorer_File", _CURE))
    own = text(root, "Earth_Explorer_Header/Fixed_Header/File_Name", name)
    if own != name.removesuffix(".EOF"):
        raise DataError(Fault(f"calls itself {own}", name, name.removesuffix(".EOF"), _CURE))
    read_eof(xml, name, mission, *times)
