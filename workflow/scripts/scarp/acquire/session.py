"""Requests that carry a right of access, to the servers that it is for and to no others."""

from __future__ import annotations

from typing import Protocol

import requests


class Access(Protocol):
    """A right to fetch from some servers."""

    def authorization(self, url: str) -> str:
        """Value of the header Authorization for this address; empty: it is not sent there.

        Raises
        ------
        DataError: the right cannot be had, such as with a wrong password.
        """
        ...

    def renew(self) -> None:
        """Get another one the next time: the server did not accept it."""
        ...


class AccessSession(requests.Session):
    """A session that asks `access` anew for every address, also for those it is redirected to.

    User and password of a host in netrc are not sent by themselves: what is sent where is for
    `access` to say.
    """

    def __init__(self, access: Access) -> None:
        super().__init__()
        self._access = access
        self.auth = self._authorize

    def rebuild_auth(
        self, prepared_request: requests.PreparedRequest, response: requests.Response
    ) -> None:
        """Decide about the header when an answer leads to another address."""
        prepared_request.headers.pop("Authorization", None)
        self._authorize(prepared_request)

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        value = self._access.authorization(request.url or "")
        if value:
            request.headers["Authorization"] = value
        return request


def session_of(access: Access | None) -> requests.Session:
    """A session with this right; None: as requests does it, with netrc and addresses."""
    return requests.Session() if access is None else AccessSession(access)
