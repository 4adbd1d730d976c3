"""Questions to a catalogue or a token service: small answers, asked for with patience."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

import requests
import urllib3

from scarp.acquire.web import BUSY, cause, retry_after, status_text, without_secrets
from scarp.errors import DataError, Fault

_LOG = logging.getLogger("scarp")
#: Seconds to wait for a connection, and for the answer: a catalogue may think for a while.
_TIMEOUTS = (30.0, 120.0)
#: Failures in a row that are followed by another attempt; fewer where nothing ever answered.
_RETRIES, _RETRIES_UNREACHED = 5, 2


def ask(
    url: str,
    cure: str,
    query: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> requests.Response:
    """Ask until the server is neither busy nor out of reach.

    Parameters
    ----------
    url: without a query.
    cure: what to do where it fails for good, for the message.
    query: GET with these parameters.
    form: POST of these fields instead; they never show.
    sleep: waits for so many seconds.

    Returns
    -------
    The answer, of whatever status that does not ask for patience.

    Raises
    ------
    DataError: the server cannot be reached or stays busy.
    """
    shown = without_secrets(url)
    method = "GET" if form is None else "POST"
    reached, failures = False, 0
    while True:
        asked: float | None = None
        try:
            # Without `auth` requests would send what netrc has for this host, also to a token
            # service, which takes it for another kind of login.
            response = requests.request(
                method, url, params=query, data=form, timeout=_TIMEOUTS, auth=_nothing
            )
        except (requests.ConnectionError, requests.Timeout) as error:
            reason = cause(error)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            # Their messages hold addresses with a query.
            raise DataError(
                Fault(f"cannot be asked ({type(error).__name__})", shown, cure=cure)
            ) from None
        else:
            if response.status_code not in BUSY:
                return response
            reached, reason = True, f"HTTP status {status_text(response.status_code)}"
            asked = retry_after(response, shown)
        failures += 1
        if failures > (_RETRIES if reached else _RETRIES_UNREACHED):
            raise DataError(Fault(f"gives no answer: {reason}", shown, cure=cure))
        wait = 2.0 ** (failures - 1) if asked is None else asked
        _LOG.warning("%s: %s; next attempt in %.0f s", shown, reason, wait)
        sleep(wait)


def answer_of(
    url: str,
    query: Mapping[str, str],
    cure: str,
    sleep: Callable[[float], None] = time.sleep,
) -> requests.Response:
    """The answer to a question that must be answered; parameters as `ask`.

    Raises
    ------
    DataError: besides what `ask` finds, the server refuses.
    """
    response = ask(url, cure, query, sleep=sleep)
    if not response.ok:
        raise DataError(
            Fault(
                f"refuses the search: HTTP status {status_text(response.status_code)}",
                without_secrets(url),
                cure=cure,
            )
        )
    return response


def json_of(
    url: str,
    query: Mapping[str, str],
    key: str,
    cure: str,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[list[Any], dict[str, Any]]:
    """The list at `key` of a JSON answer, and the answer; parameters as `ask`.

    Raises
    ------
    DataError: besides what `answer_of` finds, the answer is not JSON or has no such list.
    """
    response = answer_of(url, query, cure, sleep)
    try:
        told = response.json()
        found = told[key]
        if not isinstance(found, list):
            raise TypeError
    except (ValueError, KeyError, TypeError):
        raise DataError(
            Fault(
                "answers something else than a catalogue does",
                without_secrets(url),
                f"JSON with a list '{key}'",
                cure,
            )
        ) from None
    return found, told


def _nothing(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
