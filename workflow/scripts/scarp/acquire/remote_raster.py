"""Reading a part of a raster where it lies: on a server, in S3 storage or on disk.

A Cloud-Optimised GeoTIFF keeps its directory at the front and its pixels in tiles, so that a window
costs a few ranges of bytes (cogeo.org). Ranges over HTTP are asked for by `StacAccess` and not by
GDAL: a token is renewed between two of them, Retry-After is heeded, and no address with a token in
it comes into GDAL's messages. S3 storage is left to GDAL, which signs its requests itself.
"""

from __future__ import annotations

import io
import itertools
import logging
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import rasterio
from rasterio.abc import MultiByteRangeResourceContainer
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader

from scarp.acquire.stac_access import StacAccess
from scarp.acquire.web import without_secrets
from scarp.errors import DataError, Fault

_LOG = logging.getLogger("scarp")
#: The first request, which holds the directory of most files; what later ones are rounded to.
_HEAD, _BLOCK = 1 << 16, 1 << 14
_ATTEMPTS = 3
_CURE = (
    "run again later, where there is internet; if this repeats, the file is damaged: pin"
    " another product, or use another catalogue"
)
#: GDAL: look for no files beside, retry, ask for neighbouring ranges at once (S3 only).
_OPTIONS: dict[str, Any] = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_HTTP_MAX_RETRY": 5,
    "GDAL_HTTP_RETRY_DELAY": 1,
    "GDAL_HTTP_MERGE_CONSECUTIVE_RANGES": "YES",
    "GDAL_INGESTED_BYTES_AT_OPEN": _HEAD,
    "VSI_CACHE": True,
}
_numbers = itertools.count()
T = TypeVar("T")


def read_remote(access: StacAccess, address: str, read: Callable[[DatasetReader], T]) -> T:
    """Open a raster, let `read` take from it what it needs, and begin anew where bytes are wrong.

    Parameters
    ----------
    address: ``https://...``, ``s3://...``, ``file://...`` or a path.
    read: gets the open raster; may be called several times.

    Raises
    ------
    DataError: the file cannot be had, or not be read in three attempts.
    """
    shown = without_secrets(address)
    for attempt in range(1, _ATTEMPTS + 1):
        file = _RemoteFile(access, address) if address.startswith(("http://", "https://")) else None
        try:
            with rasterio.Env(**_OPTIONS, **_storage(access)), _open(address, file) as dataset:
                found = read(dataset)
            if file is None or file.fault is None:
                return found
            raise file.fault
        except RasterioError as error:
            if file is not None and file.fault is not None:
                raise file.fault from None
            reason = str(error.__cause__ or error)
        _LOG.warning("%s: cannot be read (%s), attempt %d", shown, reason, attempt)
        if attempt < _ATTEMPTS:
            access.sleep(2.0 ** (attempt - 1))
    raise DataError(
        Fault(f"cannot be read as a raster in {_ATTEMPTS} attempts ({reason})", shown, cure=_CURE)
    )


def _open(address: str, file: _RemoteFile | None) -> AbstractContextManager[DatasetReader]:
    # Nothing but these: a VRT from elsewhere could name files of this machine.
    jp2 = ".jp2" in urlsplit(address).path
    driver = "JP2OpenJPEG" if jp2 else "GTiff"
    if file is None:
        parts = urlsplit(address)
        path = {
            "s3": f"/vsis3/{parts.netloc}{parts.path}",
            "file": unquote(parts.path),
        }.get(parts.scheme, address)
        opened: AbstractContextManager[DatasetReader] = rasterio.open(path, driver=driver)
        return opened
    name = f"remote-{next(_numbers)}{'.jp2' if jp2 else '.tif'}"
    opened = rasterio.open(name, driver=driver, opener=_OnlyFile(file, name))
    return opened


def _storage(access: StacAccess) -> dict[str, str]:
    endpoint = access.api.s3_endpoint
    if not endpoint:
        return {}
    parts = urlsplit(endpoint if "//" in endpoint else f"https://{endpoint}")
    return {
        "AWS_S3_ENDPOINT": parts.netloc,
        "AWS_HTTPS": "YES" if parts.scheme == "https" else "NO",
        "AWS_VIRTUAL_HOSTING": "FALSE",
    }


class _RemoteFile(io.RawIOBase):
    """A file on a server, fetched where it is read.

    Attributes
    ----------
    size: in bytes.
    fault: why bytes could not be fetched; GDAL gets too few, or zeros, in their place.
    """

    def __init__(self, access: StacAccess, url: str) -> None:
        self.fault: DataError | None = None
        self.size = 0
        self._access, self._url = access, url
        self._etag, self._position = "", 0
        self._blocks: dict[int, bytes] = {}
        self._keep(0, self._fetch(0, _HEAD))

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where the next read begins."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move; nothing is fetched."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        self._position = base + offset
        return self._position

    def read(self, size: int = -1) -> bytes:
        """So many bytes, fewer at the end of the file or after a fault."""
        start = self._position
        stop = self.size if size < 0 else min(start + size, self.size)
        if start >= stop:
            return b""
        first, last = start // _BLOCK, (stop - 1) // _BLOCK
        missing = [n for n in range(first, last + 1) if n not in self._blocks]
        if missing:
            try:
                content = self._fetch(missing[0] * _BLOCK, (missing[-1] + 1) * _BLOCK)
            except DataError as error:
                self.fault = error
                return b""
            self._keep(missing[0], content)
        self._position = stop
        return self._kept(start, stop)

    def get_byte_ranges(self, offsets: Sequence[int], sizes: Sequence[int]) -> list[bytes]:
        """The tiles of a window: GDAL asks for them at once, neighbours as one range."""
        found = []
        for offset, size in zip(offsets, sizes, strict=True):
            try:
                content = self._kept(offset, offset + size) or self._fetch(offset, offset + size)
            except DataError as error:
                self.fault, content = error, b""
            found.append(content.ljust(size, b"\0"))
        return found

    def _kept(self, start: int, stop: int) -> bytes:
        """Bytes from `start` to before `stop`; none where one of them was not fetched yet."""
        first, last = start // _BLOCK, (stop - 1) // _BLOCK
        if any(n not in self._blocks for n in range(first, last + 1)):
            return b""
        joined = b"".join(self._blocks[n] for n in range(first, last + 1))
        return joined[start - first * _BLOCK : stop - first * _BLOCK]

    def _keep(self, first: int, content: bytes) -> None:
        for n in range(-(-len(content) // _BLOCK)):
            self._blocks[first + n] = content[n * _BLOCK : (n + 1) * _BLOCK]

    def _fetch(self, start: int, stop: int) -> bytes:
        """Bytes from `start` to before `stop`, or to the end of the file, in one request."""
        end = min(stop, self.size or stop) - 1
        # Ranges count the bytes of the file, not those of a compressed transfer.
        headers = {"Range": f"bytes={start}-{end}", "Accept-Encoding": "identity"}
        answer = self._access.send("GET", self._url, _CURE, headers, is_file=True)
        told, content = answer.headers.get("Content-Range", ""), answer.content
        match = re.fullmatch(r"bytes ([0-9]+)-([0-9]+)/([0-9]+)", told.strip())
        first, last, total = map(int, match.groups()) if match else (-1, -1, 0)
        if first != start or last != min(end, total - 1) or len(content) != last + 1 - first:
            raise self._wrong(
                f"was asked for bytes {start}-{end}, answers with {len(content)} bytes and"
                f" {f'Content-Range {told}' if told else 'no Content-Range'}"
            )
        etag = answer.headers.get("ETag", "")
        if self.size and (total, etag) != (self.size, self._etag):
            raise self._wrong("has changed while it was read")
        self.size, self._etag = total, etag
        self._access.sizes[without_secrets(self._url)] = total
        return content

    def _wrong(self, fact: str) -> DataError:
        return DataError(
            Fault(
                fact,
                without_secrets(self._url),
                "a server that sends the parts of a file it is asked for",
                _CURE,
            )
        )


class _OnlyFile(MultiByteRangeResourceContainer):  # type: ignore[misc]
    """A folder with one file in it, which is what GDAL may open."""

    def __init__(self, file: _RemoteFile, name: str) -> None:
        self._file, self._name = file, name

    def open(self, path: str, mode: str = "r", **kwds: Any) -> _RemoteFile:
        """The file, whatever the mode: it cannot be written."""
        if not self.isfile(path):
            raise FileNotFoundError(path)
        return self._file

    def isfile(self, path: str) -> bool:
        """Whether it is the file; GDAL asks for others beside it."""
        return path.endswith(self._name)

    def isdir(self, path: str) -> bool:
        """It is none."""
        return False

    def ls(self, path: str) -> list[str]:
        """Nothing to see."""
        return []

    def mtime(self, path: str) -> int:
        """Never changed."""
        return 0

    def rm(self, path: str) -> None:
        """Nothing is removed."""

    def size(self, path: str) -> int:
        """Of the file, in bytes."""
        return self._file.size
