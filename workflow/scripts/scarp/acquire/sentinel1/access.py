"""Rights to fetch from CDSE and ASF.

CDSE: documentation.dataspace.copernicus.eu/APIs/Token.html; a token stays valid for 10 minutes and
can be refreshed for 60 (its Quotas.html). Every new login counts as a session, of which 100 are
allowed: a token is refreshed as long as that is possible.
ASF: docs.asf.alaska.edu, "Earthdata Login": a token as bearer, or user and password at the login
page that a download leads to.
"""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests

from scarp.acquire.sentinel1.asf import Asf
from scarp.acquire.sentinel1.ask import ask
from scarp.acquire.sentinel1.cdse import Cdse
from scarp.acquire.sentinel1.credentials import Credentials, credentials_of
from scarp.acquire.web import status_text, without_secrets
from scarp.errors import DataError, Fault

#: Client that CDSE has for programs of its users.
_CLIENT = "cdse-public"
#: A token is not used when it ends within so many seconds.
_MARGIN = 60.0
_CDSE = "the Copernicus Data Space Ecosystem (dataspace.copernicus.eu)"
_CDSE_VARIABLES = ("CDSE_USERNAME", "CDSE_PASSWORD")
_CDSE_MACHINES = ("identity.dataspace.copernicus.eu", "dataspace.copernicus.eu")
_EARTHDATA = "NASA Earthdata (urs.earthdata.nasa.gov)"
_EARTHDATA_VARIABLES = ("EARTHDATA_USERNAME", "EARTHDATA_PASSWORD")
_EARTHDATA_TOKEN = "EARTHDATA_TOKEN"


@dataclass(frozen=True)
class _Token:
    """What the token service gave; times are those of the clock."""

    access: str = field(repr=False)
    access_end: float
    refresh: str = field(repr=False)
    refresh_end: float


class CdseAccess:
    """Access to CDSE with a token, which is sent to the download server only.

    Parameters
    ----------
    service: its addresses.
    credentials: of the user.
    clock: gives seconds.
    sleep: waits for so many seconds.
    """

    def __init__(
        self,
        service: Cdse,
        credentials: Credentials,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._service = service
        self._credentials = credentials
        self._clock = clock
        self._sleep = sleep
        self._token: _Token | None = None

    def authorization(self, url: str) -> str:
        """The token for the download server; empty for others. Raises DataError as `Access`."""
        if _origin(url) != _origin(self._service.download):
            return ""
        token = self._token
        if token is None or token.access_end - _MARGIN <= self._clock():
            token = self._token = self._new(token)
        return f"Bearer {token.access}"

    def renew(self) -> None:
        """Log in anew the next time: the server took back what it gave."""
        self._token = None

    def _new(self, old: _Token | None) -> _Token:
        if old is not None and old.refresh and old.refresh_end - _MARGIN > self._clock():
            response = self._ask({"grant_type": "refresh_token", "refresh_token": old.refresh})
            if response.ok:
                return self._read(response)
        response = self._ask(
            {
                "grant_type": "password",
                "username": self._credentials.user,
                "password": self._credentials.password,
            }
        )
        if not response.ok:
            raise DataError(
                Fault(
                    f"refuses user and password: HTTP status {status_text(response.status_code)}",
                    without_secrets(self._service.token),
                    "the account's own, without a second factor",
                    f"correct {' and '.join(_CDSE_VARIABLES)}, or netrc, and log in once at"
                    f" dataspace.copernicus.eu to see whether the account is in order",
                )
            )
        return self._read(response)

    def _ask(self, form: dict[str, str]) -> requests.Response:
        cure = "check the address of the token service, or run again later"
        return ask(
            self._service.token, cure, form={"client_id": _CLIENT, **form}, sleep=self._sleep
        )

    def _read(self, response: requests.Response) -> _Token:
        now = self._clock()
        try:
            told = response.json()
            return _Token(
                access=str(told["access_token"]),
                access_end=now + float(told["expires_in"]),
                refresh=str(told.get("refresh_token", "")),
                refresh_end=now + float(told.get("refresh_expires_in", 0)),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            # The answer may hold a token: it is not shown.
            raise DataError(
                Fault(
                    "answers something else than a token",
                    without_secrets(self._service.token),
                    "JSON with access_token and expires_in",
                    "check the address of the token service",
                )
            ) from None


class EarthdataAccess:
    """Access to ASF: a token for its hosts, or user and password for the login page.

    Parameters
    ----------
    service: its addresses.
    token: of Earthdata Login; empty: there is none.
    credentials: of the user; None: there are none.
    """

    def __init__(self, service: Asf, token: str, credentials: Credentials | None) -> None:
        self._service = service
        self._token = token
        self._credentials = credentials

    def authorization(self, url: str) -> str:
        """What this address gets: the token, user and password, or nothing."""
        scheme, host = _origin(url)
        if scheme != _origin(self._service.catalogue)[0]:
            return ""  # not over an open line
        if self._token and any(
            host == own or host.endswith(f".{own}") for own in self._service.hosts
        ):
            return f"Bearer {self._token}"
        if self._credentials is not None and host == self._service.login:
            pair = f"{self._credentials.user}:{self._credentials.password}"
            return f"Basic {base64.b64encode(pair.encode()).decode()}"
        return ""

    def renew(self) -> None:
        """Nothing to renew: the user makes the token."""


def access_of(service: Cdse | Asf) -> CdseAccess | EarthdataAccess:
    """The access to a service, with credentials from the environment or netrc.

    CDSE: CDSE_USERNAME and CDSE_PASSWORD, or netrc's identity.dataspace.copernicus.eu or
    dataspace.copernicus.eu. ASF: EARTHDATA_TOKEN, else EARTHDATA_USERNAME and EARTHDATA_PASSWORD,
    or netrc's urs.earthdata.nasa.gov.

    Raises
    ------
    DataError: there are none; it says where they are looked for.
    """
    if isinstance(service, Cdse):
        own = urlsplit(service.token).hostname or ""
        return CdseAccess(service, credentials_of(_CDSE, _CDSE_VARIABLES, (*_CDSE_MACHINES, own)))
    token = os.environ.get(_EARTHDATA_TOKEN, "")
    if token:
        return EarthdataAccess(service, token, None)
    return EarthdataAccess(
        service,
        "",
        credentials_of(_EARTHDATA, _EARTHDATA_VARIABLES, (Asf().login, service.login)),
    )


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.rpartition("@")[2]
