"""Requests to a STAC service and its storage, with patience and with the tokens they ask for."""

from __future__ import annotations

import http
import logging
import os
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import requests
import requests.auth
import urllib3

from scarp.acquire.sas_token import SasToken, SasTokens
from scarp.acquire.web import BUSY, cause, retry_after, status_text, without_secrets
from scarp.disk import readable_size
from scarp.errors import DataError, Fault

_LOG = logging.getLogger("scarp")
#: Seconds to wait for a connection, and for the next bytes.
_TIMEOUTS = (30.0, 60.0)
#: Failures in a row that are followed by another attempt; fewer where nothing ever answered.
_RETRIES, _RETRIES_UNREACHED = 5, 2
#: Storage that tokens of the Planetary Computer are for.
_SIGNED_STORAGE = ".blob.core.windows.net"
#: Lets the token service grant more requests; optional.
_KEY_VARIABLE, _KEY_HEADER = "PC_SDK_SUBSCRIPTION_KEY", "Ocp-Apim-Subscription-Key"
_REFUSED = frozenset({http.HTTPStatus.UNAUTHORIZED, http.HTTPStatus.FORBIDDEN})


@dataclass(frozen=True)
class Stac:
    """A collection of a STAC service.

    User and password of a host in netrc are sent to that host.

    Attributes
    ----------
    url: of the API.
    collection: its id.
    sign_url: of a token service as the Planetary Computer has it; its tokens are sent to Azure's
        blob storage and to the host of `sign_url`. Blank: files need no token.
    token_variable: environment variable that holds a bearer token; blank: there is none.
    token_hosts: hosts that the bearer token is sent to, beside that of `url`.
    s3_endpoint: host of the S3 storage of files with addresses ``s3://...``, whose keys come from
        AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Blank: such files are read over HTTP where the
        item has that too.
    connections: requests at a time.
    """

    url: str
    collection: str
    sign_url: str = ""
    token_variable: str = ""
    token_hosts: tuple[str, ...] = ()
    s3_endpoint: str = ""
    connections: int = 4


class _Bearer(requests.auth.AuthBase):
    """Sets the header in a way that entries of netrc do not replace."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class StacAccess:
    """Asks a service; safe to use from several threads.

    Attributes
    ----------
    api: the service.
    received: bytes of answers so far.
    requests: number of requests so far, repeated ones too.
    sizes: address of a file -> its whole size in bytes, as far as it was told.
    """

    def __init__(
        self,
        api: Stac,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.api = api
        self.received = self.requests = 0
        self.sizes: dict[str, int] = {}
        self.sleep = sleep
        self._session = requests.Session()
        self._lock = threading.Lock()
        self._tokens = SasTokens(
            f"{api.sign_url.rstrip('/')}/{api.collection}",
            lambda url, cure: self.send("GET", url, cure),
            now,
        )
        # At its most talkative level urllib3 writes addresses with their query.
        logging.getLogger("urllib3.connectionpool").addFilter(_drop_queries)

    def send(
        self,
        method: str,
        url: str,
        cure: str,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        is_file: bool = False,
    ) -> requests.Response:
        """Ask, again where that may help, and return the first answer of success.

        Parameters
        ----------
        cure: what to do where it fails for good, for the message.
        query, body: appended to the address, sent as JSON.
        is_file: whether a file of the collection is asked for, which may need a token.

        Raises
        ------
        DataError: the server cannot be reached, refuses, or stays busy.
        """
        shown = without_secrets(url)
        reached, failures, token = False, 0, None
        while True:
            response = None
            try:
                used = self._tokens.current() if is_file and self._is_signed(url) else None
                response = self._once(method, url, used, headers, query, body)
            except (requests.ConnectionError, requests.Timeout) as error:
                reason = cause(error)
            except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
                # Broken off within the body, or an address that is none; the message would tell it.
                reason = f"the answer cannot be used ({type(error).__name__})"
            else:
                if response.ok:
                    return response
                reached, reason = True, f"HTTP status {status_text(response.status_code)}"
                if response.status_code in _REFUSED and used and token is None:
                    token = used  # once: a second refusal of a fresh token means what it says
                    self._tokens.forget(used)
                    continue
                if response.status_code not in BUSY:
                    raise DataError(Fault(reason, shown, cure=self._cure(response, cure)))
            failures += 1
            if failures > (_RETRIES if reached else _RETRIES_UNREACHED):
                raise DataError(Fault(f"gives no answer: {reason}", shown, cure=cure))
            asked = None if response is None else retry_after(response, shown)
            wait = 2.0 ** (failures - 1) if asked is None else asked
            _LOG.warning("%s: %s; next attempt in %.0f s", shown, reason, wait)
            self.sleep(wait)

    def summary(self) -> str:
        """What was fetched so far, in words."""
        whole = sum(self.sizes.values())
        return (
            f"{readable_size(self.received)} in {self.requests} requests, of"
            f" {len(self.sizes)} files of {readable_size(whole)}"
        )

    def _once(
        self,
        method: str,
        url: str,
        token: SasToken | None,
        headers: Mapping[str, str] | None,
        query: Mapping[str, Any] | None,
        body: Any,
    ) -> requests.Response:
        if token is not None:
            url = f"{url}{'&' if urlsplit(url).query else '?'}{token.query}"
        response = self._session.request(
            method,
            url,
            params=query,
            json=body,
            headers={**(headers or {}), **self._key(url)},
            auth=self._bearer(url),
            timeout=_TIMEOUTS,
        )
        with self._lock:
            self.requests += 1
            self.received += len(response.content)
        return response

    def _bearer(self, url: str) -> requests.auth.AuthBase | None:
        """What adds the bearer token; None: what netrc has for the host, if anything."""
        bearer = os.environ.get(self.api.token_variable, "") if self.api.token_variable else ""
        if not bearer or _host(url) not in (_host(self.api.url), *self.api.token_hosts):
            return None
        return _Bearer(bearer)

    def _key(self, url: str) -> dict[str, str]:
        key = os.environ.get(_KEY_VARIABLE, "")
        signs = self.api.sign_url and url.startswith(self.api.sign_url)
        return {_KEY_HEADER: key} if key and signs else {}

    def _is_signed(self, url: str) -> bool:
        sign_url, host = self.api.sign_url, _host(url)
        return bool(sign_url) and (host.endswith(_SIGNED_STORAGE) or host == _host(sign_url))

    def _cure(self, response: requests.Response, cure: str) -> str:
        if response.status_code not in _REFUSED or not self.api.token_variable:
            return cure
        return f"put a valid token into the environment variable {self.api.token_variable}; {cure}"


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def _drop_queries(record: logging.LogRecord) -> bool:
    if isinstance(record.args, tuple):
        record.args = tuple(
            re.sub(r"\?\S*", "", part) if isinstance(part, str) else part for part in record.args
        )
    return True
