"""The unfinished file of a download: its bytes, where they come from, and a lock."""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from scarp.errors import DataError, Fault
from scarp.files import write_text

_LOG = logging.getLogger("scarp")
_READ = 1 << 22


@dataclass(frozen=True)
class Origin:
    """What a part was begun from.

    Attributes
    ----------
    url: address without credentials and query.
    request: digest of the address with its query, so that another query is another file.
    size, md5: what was expected of the whole; 0 and empty where it is unknown.
    etag, last_modified: the server's marks of this version; empty where it gave none.
    total: size of the whole in bytes by the server's first answer; 0 where it gave none.
    """

    url: str
    request: str
    size: int
    md5: str
    etag: str = ""
    last_modified: str = ""
    total: int = 0


class Part:
    """An open part: `<name>.part` beside the final name, and its origin in `<name>.part.json`.

    Attributes
    ----------
    path: of the part.
    size: bytes that are there.
    """

    def __init__(self, final: Path, descriptor: int) -> None:
        self.path = _part_path(final)
        self.size = os.fstat(descriptor).st_size
        self._final = final
        self._notes = self.path.with_name(f"{self.path.name}.json")
        self._descriptor = descriptor
        self._md5 = hashlib.md5(usedforsecurity=False)

    def origin(self) -> Origin | None:
        """What the part was begun from; None where that is not known."""
        try:
            return Origin(**json.loads(self._notes.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def resume(self) -> None:
        """Take up the part where it ends: its MD5 is computed from what lies there."""
        self._md5 = hashlib.md5(usedforsecurity=False)
        position = 0
        while piece := os.pread(self._descriptor, _READ, position):
            self._md5.update(piece)
            position += len(piece)
        self.size = os.lseek(self._descriptor, position, os.SEEK_SET)

    def clear(self) -> None:
        """Throw away what was fetched."""
        # Emptied before a new origin is noted: bytes never lie beside an origin of others.
        os.ftruncate(self._descriptor, 0)
        self.size = os.lseek(self._descriptor, 0, os.SEEK_SET)
        self._md5 = hashlib.md5(usedforsecurity=False)

    def begin(self, origin: Origin) -> None:
        """Start anew with what `origin` says."""
        self.clear()
        write_text(self._notes, json.dumps(asdict(origin), indent=1, sort_keys=True) + "\n")

    def append(self, chunk: bytes) -> None:
        """Write bytes at the end, at once: what a killed process leaves behind is whole.

        Raises
        ------
        DataError: they cannot be written; what lies there already stays.
        """
        rest = memoryview(chunk)
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError as error:
            raise _unwritable(self.path, error) from None
        self._md5.update(chunk)
        self.size += len(chunk)

    def md5(self) -> str:
        """MD5 of what is there, in hexadecimal."""
        return self._md5.hexdigest()

    def publish(self) -> None:
        """Give the part its final name."""
        os.fsync(self._descriptor)
        os.replace(self.path, self._final)
        self._notes.unlink(missing_ok=True)

    def remove(self) -> None:
        """Take the part and its origin away."""
        self.path.unlink(missing_ok=True)
        self._notes.unlink(missing_ok=True)


@contextmanager
def open_part(final: str | Path) -> Iterator[Part]:
    """Open the part of `final`, new or as an earlier attempt left it, for this process alone.

    A part that is still empty at the end is taken away.

    Raises
    ------
    DataError: another process holds the part, or it cannot be written.
    """
    path = Path(final)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = _open_locked(_part_path(path))
    except OSError as error:
        raise _unwritable(path.parent, error) from None
    try:
        part = Part(path, descriptor)
        yield part
    finally:
        if os.fstat(descriptor).st_size == 0 and _is_at(descriptor, part.path):
            part.remove()
        os.close(descriptor)


def _part_path(final: Path) -> Path:
    return final.with_name(f"{final.name}.part")


def _open_locked(path: Path) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise DataError(
                Fault(
                    "another process is downloading this file",
                    str(path),
                    cure="wait until that process has ended, or end it; then run again",
                )
            ) from None
        except OSError as error:
            _LOG.warning(
                "%s: this file system has no locks (%s); let no other run download this file",
                path,
                error.strerror,
            )
        # The holder before us may have renamed or removed the part after we had opened it.
        if _is_at(descriptor, path):
            return descriptor
        os.close(descriptor)


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _unwritable(path: Path, error: OSError) -> DataError:
    return DataError(
        Fault(
            f"cannot be written ({error.strerror})",
            str(path),
            cure="make room or correct the rights there, then run again; what was fetched is kept",
        )
    )
