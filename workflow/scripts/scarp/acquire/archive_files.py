"""Reading the files of the archive where they lie: in its zip, or in the folder it was unpacked to.

Nothing is unpacked that can be read in place, so only what is asked for is ever decompressed.
"""

from __future__ import annotations

import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from scarp.acquire.archive import NAME, SCENES, top_of
from scarp.disk import require_space
from scarp.errors import DataError, Fault, did_you_mean
from scarp.files import beside

_AGAIN = "fetch the archive again: leave archive: path blank, and the workflow checks what it gets"


class Archive(Protocol):
    """The archive's files by their names below its own folder, such as ``reference_data/...``."""

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        ...

    def label(self, name: str) -> str:
        """What a message calls a file."""
        ...

    def events(self) -> tuple[str, ...]:
        """Ids of the events that have scenes, sorted."""
        ...

    def read(self, name: str) -> bytes:
        """A whole file; DataError when it is missing or damaged."""
        ...


@dataclass(frozen=True)
class _Folder:
    top: Path

    def has(self, name: str) -> bool:
        return (self.top / name).is_file()

    def label(self, name: str) -> str:
        return str(self.top / name)

    def events(self) -> tuple[str, ...]:
        return tuple(sorted(p.name for p in (self.top / SCENES).iterdir() if p.is_dir()))

    def read(self, name: str) -> bytes:
        try:
            return (self.top / name).read_bytes()
        except OSError as error:
            raise DataError(
                Fault(
                    f"cannot be read ({error.strerror})",
                    self.label(name),
                    cure="unpack the archive again",
                )
            ) from None


@dataclass(frozen=True)
class _Zip:
    path: Path
    file: zipfile.ZipFile
    members: dict[str, zipfile.ZipInfo]

    def has(self, name: str) -> bool:
        return name in self.members

    def label(self, name: str) -> str:
        return f"{self.path}, {name}"

    def events(self) -> tuple[str, ...]:
        parts = (PurePosixPath(name).parts for name in self.members)
        return tuple(sorted({p[1] for p in parts if len(p) > 2 and p[0] == SCENES}))

    def read(self, name: str) -> bytes:
        with _reading(self, name):
            return self.file.read(self._member(name))

    def _member(self, name: str) -> zipfile.ZipInfo:
        if name not in self.members:
            raise DataError(
                Fault("is not in the zip", self.label(name), cure=did_you_mean(name, self.members))
            )
        return self.members[name]


@contextmanager
def open_archive(path: str | Path) -> Iterator[Archive]:
    """Open the archive's zip, or the folder that it was unpacked to.

    Raises
    ------
    DataError: there is no archive, the zip is damaged, or one of its entries would leave the folder
        that it is unpacked to.
    """
    place = Path(path)
    if place.is_dir():
        yield _Folder(top_of(place))
        return
    try:
        file = zipfile.ZipFile(place)
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(
            Fault(f"cannot be read as a zip ({error})", str(place), cure=_AGAIN)
        ) from None
    with file:
        _refuse_escapes(place, file)
        yield _Zip(place, file, _members(place, file))


def unpack(archive: Archive, name: str, path: str | Path) -> None:
    """Write one file of a zip to `path` in one step, after a look at the space on the disk.

    Raises
    ------
    DataError: it is missing or damaged, or there is no room for it.
    """
    if not isinstance(archive, _Zip):
        raise TypeError("only a zip is unpacked")
    member = archive._member(name)
    require_space(Path(path).parent, member.file_size, f"unpacking {name}")
    with (
        beside(path) as partial,
        _reading(archive, name),
        archive.file.open(member) as source,
        partial.open("wb") as target,
    ):
        shutil.copyfileobj(source, target, 1 << 20)


def _members(path: Path, file: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The zip's files by their names below the archive's own folder."""
    files = [info for info in file.infolist() if not info.is_dir()]
    for prefix in (f"{NAME}/", ""):
        found = {i.filename.removeprefix(prefix): i for i in files if i.filename.startswith(prefix)}
        if any(name.startswith(f"{SCENES}/") for name in found):
            return found
    raise DataError(
        Fault(
            f"holds no folder {SCENES}",
            str(path),
            f"{NAME}/{SCENES}/... as in the published archive",
            "name the archive's own zip",
        )
    )


def _refuse_escapes(path: Path, file: zipfile.ZipFile) -> None:
    faults = []
    for info in file.infolist():
        # The separator of the system that wrote the zip does not matter: both are refused.
        parts = info.filename.replace("\\", "/").split("/")
        link = stat.S_ISLNK(info.external_attr >> 16)
        if link or ".." in parts or not parts[0] or parts[0].endswith(":"):
            faults.append(
                Fault(
                    "is a link" if link else "would be unpacked outside of the archive's folder",
                    f"{path}, entry {info.filename}",
                    "plain files below the archive's own folder",
                    "do not use this zip; fetch the archive from Zenodo",
                )
            )
    if faults:
        raise DataError(faults)


@contextmanager
def _reading(archive: _Zip, name: str) -> Iterator[None]:
    """Turn what a damaged or foreign zip raises into an error that names the entry."""
    try:
        yield
    except NotImplementedError as error:
        raise DataError(
            Fault(
                f"is compressed in a way that Python does not read ({error})",
                archive.label(name),
                cure="unpack the zip with another program and set archive: path to the folder",
            )
        ) from None
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise DataError(Fault(f"is damaged ({error})", archive.label(name), cure=_AGAIN)) from None
