"""Searching a STAC API (stac-api-spec 1.0, item search) for what a collection has of an area."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pystac
import requests
from pystac_client import Client, ItemSearch
from pystac_client.exceptions import APIError
from pystac_client.stac_api_io import StacApiIO

from scarp.acquire.stac_access import Stac, StacAccess
from scarp.acquire.web import without_secrets
from scarp.errors import DataError, Fault

__all__ = ["Stac", "StacAccess", "search"]

_LOG = logging.getLogger("scarp")
#: Items asked for per page.
_PAGE = 100
#: What a wrong answer makes of code that takes it for a right one.
_NONSENSE = (
    *(KeyError, TypeError, ValueError, AttributeError, requests.RequestException),
    *(APIError, pystac.STACError, pystac.STACTypeError),
)
_CURE = "check acquire: stac: url and collection, or whether this machine has internet"


def search(
    access: StacAccess, box: tuple[float, float, float, float], first: date, last: date
) -> list[pystac.Item]:
    """All items of the collection that touch a box within days, each once, by time.

    What comes back is checked here too: not every server heeds all that it is asked.

    Parameters
    ----------
    box: west, south, east, north in degrees.
    first, last: both included, in UTC.

    Raises
    ------
    DataError: the server cannot be reached, refuses, or answers something else than items.
    """
    api = access.api
    start, end = _at(first), _at(last + timedelta(days=1))
    found: dict[str, pystac.Item] = {}
    pages = 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of extensions that a server does not announce
            for page in _search(access, box, start, end).pages_as_dicts():
                pages += 1
                on_page = _items(page)
                if not set(on_page) - set(found):
                    _LOG.warning("%s: page %d brings nothing new", without_secrets(api.url), pages)
                    break
                found |= on_page
    except _NONSENSE as error:
        raise DataError(
            Fault(
                f"answers something else than a page of items ({type(error).__name__})",
                f"{without_secrets(api.url)}, collection {api.collection}",
                "a STAC API with item search",
                _CURE,
            )
        ) from None
    items = [
        item
        for item in found.values()
        if item.collection_id in (None, api.collection)
        and (when := moment(item)) is not None
        and start <= when < end
        and _overlap(item.bbox, box)
    ]
    _LOG.info(
        "%s, %s: %d items of %d on %d pages from %s to %s",
        without_secrets(api.url),
        api.collection,
        len(items),
        len(found),
        pages,
        first,
        last,
    )
    return sorted(items, key=lambda item: (moment(item) or start, item.id))


def _items(page: Mapping[str, Any]) -> dict[str, pystac.Item]:
    """The items of a page by their ids; one that is none is left out, as long as others are."""
    found: dict[str, pystac.Item] = {}
    problem: Exception | None = None
    for feature in page["features"]:
        try:
            found[feature["id"]] = pystac.Item.from_dict(feature, migrate=False)
        except _NONSENSE as error:
            problem = error
            _LOG.warning("an item is left out, it is none (%s)", type(error).__name__)
    if problem and not found:
        raise problem
    return found


def moment(item: pystac.Item) -> datetime | None:
    """When an item was taken, in UTC; None where it does not say."""
    when = item.datetime or item.common_metadata.start_datetime
    if when is None:
        return None
    return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)


class _PatientIO(StacApiIO):
    """How pystac-client asks: with the patience, and the silence, of `StacAccess`."""

    def __init__(self, access: StacAccess) -> None:
        super().__init__(max_retries=None)
        self._access = access

    def request(
        self,
        href: str,
        method: str | None = None,
        headers: dict[str, str] | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> str:
        posts = (method or "GET").upper() == "POST"
        response = self._access.send(
            "POST" if posts else "GET",
            href,
            _CURE,
            headers,
            query=None if posts else parameters,
            body=parameters if posts else None,
        )
        return response.content.decode("utf-8")


def _search(access: StacAccess, box: Sequence[float], start: datetime, end: datetime) -> ItemSearch:
    client = Client.open(access.api.url, stac_io=_PatientIO(access))
    methods = {
        str(link.extra_fields.get("method", "GET")).upper() for link in client.get_links("search")
    }
    return client.search(
        method="POST" if "POST" in methods else "GET",
        collections=[access.api.collection],
        bbox=list(box),
        datetime=(start, end),
        limit=_PAGE,
    )


def _at(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _overlap(one: Sequence[float] | None, other: Sequence[float]) -> bool:
    """Whether two boxes in degrees meet; one across the 180th meridian has its west in the east."""
    if one is None:
        return False
    west, south, east, north = (*one[:2], *one[len(one) // 2 :][:2])
    if south > other[3] or north < other[1]:
        return False
    if west <= east:
        return west <= other[2] and east >= other[0]
    return west <= other[2] or east >= other[0]
