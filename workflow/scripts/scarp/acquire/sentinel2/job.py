"""One job of the workflow: an optical image of an event, from its search to its products."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from scarp.acquire.sentinel2.candidates import Rules
from scarp.acquire.sentinel2.choice import Pin
from scarp.acquire.sentinel2.product import acquire_optical
from scarp.acquire.stac_access import Stac, StacAccess
from scarp.product_raster import read_raster


def make_optical(
    service: Stac,
    terrain: str | Path,
    event: str,
    epoch: str,
    sought: Mapping[str, Any],
    rules: Mapping[str, Any],
    made: Any,
) -> None:
    """Choose an image, fetch its window, and write its products.

    Parameters
    ----------
    terrain: of the event; its grid counts.
    sought: `event_date`, and `day` and `products` where the table names any.
    rules: section `acquire: sentinel2`.
    made: has the paths `optical`, `valid` and `candidates`.

    Raises
    ------
    DataError: see `scarp.acquire.sentinel2.product.acquire_optical`.
    """
    chosen = dict(rules)
    snow_is_usable = chosen.pop("snow_is_usable")
    day = date.fromisoformat(sought["day"]) if sought["day"] else None
    acquire_optical(
        StacAccess(service),
        read_raster(Path(terrain)).grid,
        event,
        date.fromisoformat(sought["event_date"]),
        epoch,
        Rules(**chosen),
        Pin(day, tuple(sought["products"])),
        made.optical,
        made.valid,
        made.candidates,
        snow_is_usable,
    )
