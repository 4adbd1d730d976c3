"""Fetching a large file over HTTP, in as many attempts as it takes.

Ranges and their validators follow RFC 9110, sections 13 and 14.
"""

from __future__ import annotations

import hashlib
import http
import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import requests
import urllib3

from scarp.acquire.part import Origin, Part, open_part
from scarp.acquire.progress import Progress
from scarp.acquire.session import Access, session_of
from scarp.acquire.web import BUSY, cause, retry_after, status_text, without_secrets
from scarp.disk import readable_size, require_space
from scarp.errors import DataError, Fault

__all__ = ["Remote", "download"]

_LOG = logging.getLogger("scarp")
_CHUNK = 1 << 18
#: Seconds to wait for a connection, and for the next bytes.
_TIMEOUTS = (30.0, 60.0)
#: Attempts in a row without a new byte that are followed by another.
_RETRIES = 5
#: The same as long as the server has not answered once: a machine may have no internet at all.
_RETRIES_UNREACHED = 2
#: Answers of servers that do not know ranges, besides 416.
_NO_RANGES = frozenset({400, 405, 412, 501})


@dataclass(frozen=True)
class Remote:
    """A file on a server.

    Attributes
    ----------
    url: its address; credentials and query are used, and never shown.
    size: in bytes; 0: unknown.
    md5: hexadecimal; empty: unchecked.
    """

    url: str
    size: int
    md5: str


class _UnauthorizedError(Exception):
    """The server answered 401."""


class _InterruptedError(Exception):
    """An attempt ended before the file was there, and another may help."""

    def __init__(self, reason: str, wait: float | None = None, reached: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait
        self.reached = reached


def download(
    remote: Remote,
    path: str | Path,
    offline_cure: str,
    sleep: Callable[[float], None] = time.sleep,
    access: Access | None = None,
    check: Callable[[Path], None] | None = None,
    retries: int = _RETRIES,
) -> None:
    """Fetch a file; an interrupted download goes on where it ended, in this run or the next.

    Until size and MD5 are found right, the file lies beside as `<name>.part`. It is begun anew when
    `remote` or the server's version of the file has changed.

    Parameters
    ----------
    remote: what to fetch.
    path: where it comes to lie.
    offline_cure: what to do on a machine that cannot fetch it, for the messages.
    sleep: waits for so many seconds.
    access: the right to fetch it; renewed once when the server answers 401.
    check: looks into the whole file before it gets its name; raises DataError where it is wrong.
    retries: attempts in a row without a new byte that are followed by another.

    Raises
    ------
    DataError: the server cannot be reached or refuses, the transfer broke too often, size or MD5
        are wrong, `check` refuses, the disk is full, or another process is downloading the file.
        What was fetched is kept, unless it is the whole and wrong.
    """
    shown = without_secrets(remote.url)
    with open_part(path) as part, session_of(access) as session:
        # Ranges and checks count the bytes of the file, not those of a compressed transfer.
        session.headers["Accept-Encoding"] = "identity"
        _take_up(part, remote)
        require_space(part.path.parent, max(remote.size - part.size, 0), f"download of {shown}")
        progress = Progress(Path(path).name)
        reached, failures, furthest, renewed = False, 0, part.size, -1
        while True:
            try:
                _attempt(session, remote, part, progress, offline_cure)
                break
            except _UnauthorizedError:
                if access is None or renewed == part.size:
                    raise _refused(http.HTTPStatus.UNAUTHORIZED, shown, offline_cure) from None
                _LOG.info("%s: the access has run out, it is renewed", shown)
                renewed = part.size
                access.renew()
            except _InterruptedError as stop:
                reached = reached or stop.reached
                # Bytes fetched again after a new start are no progress: that could go on forever.
                failures = 1 if part.size > furthest else failures + 1
                furthest = max(part.size, furthest)
                if failures > (retries if reached else _RETRIES_UNREACHED):
                    raise _given_up(shown, stop.reason, part, offline_cure) from None
                wait = 2.0 ** (failures - 1) if stop.wait is None else stop.wait
                _LOG.warning("%s: %s; next attempt in %.0f s", shown, stop.reason, wait)
                sleep(wait)
        _verify(part, remote, shown, offline_cure)
        if check is not None:
            _look_into(part, check)
        part.publish()
        progress.end(part.size, ", MD5 as expected" if remote.md5 else "")


def _take_up(part: Part, remote: Remote) -> None:
    """Keep what an earlier run fetched, if it is of this file and can be gone on with."""
    if part.size == 0:
        return
    origin = part.origin()
    if origin is None or _origin(remote) != _origin_asked(origin):
        reason = "was begun from another file"
    elif part.size > (remote.size or origin.total or part.size):
        reason = "is larger than the file"
    elif not (remote.md5 or _validator(origin)):
        reason = "cannot be told from an older version of the file"
    else:
        _LOG.info("%s: goes on after %s", part.path, readable_size(part.size))
        part.resume()
        return
    _LOG.info("%s: %s, starts anew", part.path, reason)
    part.clear()


def _attempt(
    session: requests.Session, remote: Remote, part: Part, progress: Progress, offline_cure: str
) -> None:
    """Ask once for what is missing; returns when nothing is."""
    shown = without_secrets(remote.url)
    origin = (part.origin() if part.size else None) or _origin(remote)
    if part.size and part.size == (remote.size or origin.total):
        return
    response = _ask(session, remote, part, origin)
    with response:
        status = response.status_code
        if status in BUSY:
            raise _InterruptedError(
                f"HTTP status {status_text(status)}", retry_after(response, shown)
            )
        if status == http.HTTPStatus.UNAUTHORIZED:
            raise _UnauthorizedError
        if status == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and part.size:
            if _match(r"bytes \*/([0-9]+)", response) == (part.size,):
                return
            part.clear()
            raise _InterruptedError("the server's file ends before the part, starts anew")
        if status in _NO_RANGES and part.size:
            part.clear()
            raise _InterruptedError(f"parts are refused ({status_text(status)}), starts anew")
        if status == http.HTTPStatus.OK:
            total = _begin(response, remote, part, origin, offline_cure)
        elif status == http.HTTPStatus.PARTIAL_CONTENT:
            total = _go_on(response, remote, part, origin, offline_cure)
        else:
            raise _refused(status, shown, offline_cure)
        try:
            for chunk in response.raw.stream(_CHUNK, decode_content=False):
                part.append(chunk)
                progress.add(len(chunk), part.size, total)
        except urllib3.exceptions.HTTPError as error:
            raise _InterruptedError(cause(error)) from None
    if part.size < total:
        raise _InterruptedError("the answer ended early")


def _ask(
    session: requests.Session, remote: Remote, part: Part, origin: Origin
) -> requests.Response:
    headers = {}
    if part.size:
        headers["Range"] = f"bytes={part.size}-"
        if _validator(origin):
            headers["If-Range"] = _validator(origin)
    try:
        return session.get(remote.url, headers=headers, stream=True, timeout=_TIMEOUTS)
    except (requests.ConnectionError, requests.Timeout) as error:
        raise _InterruptedError(cause(error), reached=False) from None
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        # Their messages hold the address with its query: only the kind is told.
        raise DataError(
            Fault(
                f"cannot be requested ({type(error).__name__})",
                without_secrets(remote.url),
                cure="correct the address",
            )
        ) from None


def _begin(
    response: requests.Response, remote: Remote, part: Part, origin: Origin, offline_cure: str
) -> int:
    """Start the part from an answer with the whole file; gives its size, 0 where unknown."""
    shown = without_secrets(remote.url)
    length = response.headers.get("Content-Length", "")
    total = int(length) if length.isascii() and length.isdecimal() else 0
    if total and remote.size and total != remote.size:
        raise _wrong_size(shown, remote.size, total, offline_cure)
    new = replace(
        _origin(remote),
        etag=response.headers.get("ETag", ""),
        last_modified=response.headers.get("Last-Modified", ""),
        total=total,
    )
    if part.size:
        changed = (new.etag, new.last_modified) != (origin.etag, origin.last_modified)
        reason = "the file has changed" if changed else "the server sends no parts of files"
        _LOG.warning("%s: %s, starts anew", shown, reason)
    part.begin(new)
    if not remote.size:
        require_space(part.path.parent, total, f"download of {shown}")
    return total or remote.size


def _go_on(
    response: requests.Response, remote: Remote, part: Part, origin: Origin, offline_cure: str
) -> int:
    """Check that an answer goes on where the part ends; gives the size of the whole file."""
    shown = without_secrets(remote.url)
    etag = response.headers.get("ETag", "")
    if etag and origin.etag and etag != origin.etag:
        part.clear()
        raise _InterruptedError("the file has changed, starts anew")
    first, _, total = _match(r"bytes ([0-9]+)-([0-9]+)/([0-9]+)", response) or (-1, -1, -1)
    if first != part.size or not part.size:
        raise DataError(
            Fault(
                f"the server was asked for what follows byte {part.size} and answered"
                f" '{response.headers.get('Content-Range', 'without Content-Range')}'",
                shown,
                cure=f"delete {part.path} and run again; {offline_cure}",
            )
        )
    expected = remote.size or origin.total or total
    if total != expected:
        raise _wrong_size(shown, expected, total, offline_cure)
    return total


def _verify(part: Part, remote: Remote, shown: str, offline_cure: str) -> None:
    size, md5 = part.size, part.md5()
    if remote.size and size != remote.size:
        part.remove()
        raise _wrong_size(shown, remote.size, size, offline_cure)
    if remote.md5 and md5 != remote.md5.lower():
        # Going on with wrong bytes would never make them right.
        part.remove()
        raise DataError(
            Fault(
                f"what was fetched has MD5 {md5}",
                shown,
                f"MD5 {remote.md5}",
                "run again to fetch it anew; if this repeats, the server has another version:"
                f" {offline_cure}",
            )
        )


def _look_into(part: Part, check: Callable[[Path], None]) -> None:
    try:
        check(part.path)
    except DataError:
        # Going on with a wrong file would never make it right.
        part.remove()
        raise


def _refused(status: int, shown: str, offline_cure: str) -> DataError:
    return DataError(Fault(f"HTTP status {status_text(status)}", shown, cure=offline_cure))


def _wrong_size(shown: str, expected: int, found: int, offline_cure: str) -> DataError:
    return DataError(
        Fault(
            f"the server's file has {found} bytes",
            shown,
            f"{expected} bytes",
            f"the server has another version of the file: {offline_cure}",
        )
    )


def _given_up(shown: str, reason: str, part: Part, offline_cure: str) -> DataError:
    cure = offline_cure
    if part.size:
        cure = f"run again to go on after {readable_size(part.size)}, kept in {part.path}; {cure}"
    return DataError(Fault(f"cannot be downloaded: {reason}", shown, cure=cure))


def _origin(remote: Remote) -> Origin:
    """What a part of `remote` is begun from, as far as it is known before an answer."""
    url = urlsplit(remote.url)
    host = url.netloc.rpartition("@")[2]
    request = hashlib.sha256(urlunsplit(url._replace(netloc=host)).encode()).hexdigest()
    return Origin(without_secrets(remote.url), request, remote.size, remote.md5.lower())


def _origin_asked(origin: Origin) -> Origin:
    """The part of an origin that was known before an answer."""
    return Origin(origin.url, origin.request, origin.size, origin.md5)


def _validator(origin: Origin) -> str:
    """Mark for If-Range: a weak ETag is not allowed there."""
    weak = origin.etag.startswith("W/")
    return origin.last_modified if weak or not origin.etag else origin.etag


def _match(pattern: str, response: requests.Response) -> tuple[int, ...]:
    """The numbers in Content-Range; empty where it has another form."""
    found = re.fullmatch(pattern, response.headers.get("Content-Range", "").strip())
    return tuple(int(number) for number in found.groups()) if found else ()
