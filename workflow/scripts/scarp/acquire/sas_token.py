"""Tokens of the Planetary Computer's token service, which lend access to files for a while.

`GET {sign_url}/{collection}` answers with `token`, a shared access signature that is appended to
addresses as their query, and `msft:expiry`, when it ends ("Using tokens for data access",
planetarycomputer.microsoft.com/docs/concepts/sas).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import requests

from scarp.acquire.web import without_secrets
from scarp.errors import DataError, Fault

#: A token is not used when it ends within this time.
_MARGIN = timedelta(minutes=2)
_CURE = "check acquire: stac: sign_url, or run again later"


@dataclass(frozen=True)
class SasToken:
    """A token, to be appended to an address as its query, and when it ends."""

    query: str = field(repr=False)
    end: datetime


class SasTokens:
    """Gives one token to all that ask, as long as it is valid; safe to use from several threads.

    Parameters
    ----------
    url: of the token service, with the collection.
    ask: gets an address and a cure for messages, gives the answer to GET.
    now: gives the time, with its zone.
    """

    def __init__(
        self,
        url: str,
        ask: Callable[[str, str], requests.Response],
        now: Callable[[], datetime],
    ) -> None:
        self._url, self._ask, self._now = url, ask, now
        self._token: SasToken | None = None
        self._lock = threading.Lock()

    def current(self) -> SasToken:
        """A token that is valid for some more minutes.

        Raises
        ------
        DataError: the service cannot be reached, refuses, or answers something else.
        """
        with self._lock:
            if self._token is None or self._token.end - _MARGIN <= self._now():
                self._token = self._new()
            return self._token

    def forget(self, token: SasToken) -> None:
        """Do not give out this token any more: it was refused."""
        with self._lock:
            if self._token is token:  # else another thread has fetched a new one already
                self._token = None

    def _new(self) -> SasToken:
        answer = self._ask(self._url, _CURE)
        try:
            told = answer.json()
            end = datetime.fromisoformat(told["msft:expiry"])
            return SasToken(str(told["token"]), end if end.tzinfo else end.replace(tzinfo=UTC))
        except (ValueError, KeyError, TypeError):
            raise DataError(
                Fault(
                    "answers something else than a token",
                    without_secrets(self._url),
                    "JSON with 'token' and 'msft:expiry'",
                    _CURE,
                )
            ) from None
