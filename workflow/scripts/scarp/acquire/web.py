"""What can be said of a request without its secrets, and how long to wait for a server."""

from __future__ import annotations

import http
from urllib.parse import urlsplit, urlunsplit

import requests
import urllib3

from scarp.errors import DataError, Fault

#: Answers that ask for patience.
BUSY = frozenset({429, 500, 502, 503, 504})
#: Longest wait in seconds that a server is granted.
LONGEST_WAIT = 600.0


def without_secrets(url: str) -> str:
    """An address without user, password, query and fragment."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def status_text(code: int) -> str:
    """A status code with its name, such as ``404 (Not Found)``."""
    names = {status.value: status.phrase for status in http.HTTPStatus}
    return f"{code} ({names[code]})" if code in names else str(code)


def retry_after(response: requests.Response, shown: str) -> float | None:
    """Seconds that a server asks to wait; None where it does not say (RFC 9110, 10.2.3).

    Parameters
    ----------
    shown: the address as a message may show it.

    Raises
    ------
    DataError: it asks for more than ten minutes.
    """
    text = response.headers.get("Retry-After")
    if text is None:
        return None
    try:
        wait = urllib3.Retry().parse_retry_after(text)
    except urllib3.exceptions.InvalidHeader:
        return None
    if wait > LONGEST_WAIT:
        raise DataError(
            Fault(
                f"the server asks to wait {wait / 60:.0f} min"
                f" (HTTP status {status_text(response.status_code)})",
                shown,
                cure="run again then; what is there already is kept",
            )
        )
    return wait


def cause(error: BaseException) -> str:
    """Why a connection failed, in words that hold no address."""
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy cannot be used"
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, OSError) and not isinstance(link, requests.RequestException):
            if link.strerror:
                return f"no connection ({link.strerror})"
            if isinstance(link, TimeoutError):
                return "no answer in time"
        link = link.__cause__ or link.__context__
    return "the connection broke"
