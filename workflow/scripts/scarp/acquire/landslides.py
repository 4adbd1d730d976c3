"""The landslides of an event from a file of polygons: those of its id and date, of likely size."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from scarp.acquire.polygons import Polygons, geodesic_km2, polygons_of, read_vector
from scarp.errors import DataError, Fault, did_you_mean

_LOG = logging.getLogger("scarp")
#: Names of columns, in any case and without "_", "-" and blanks.
_EVENT_COLUMNS = ("event", "eventid", "eid")
_DATE_COLUMNS = ("date", "eventdate", "dateevent", "landslidedate")
#: A polygon may be dated so many days away from its event: by the image it was mapped from.
_DAYS = 30
#: Larger than any landslide that was ever mapped; smaller than a pixel.
_LARGEST_KM2, _SMALLEST_KM2 = 500.0, 1e-4


def read_landslides(path: str | Path, event: str, event_date: str = "") -> Polygons:
    """The landslides of an event.

    In a file with a column event, event_id or EID only rows of the event count. Where there is a
    column date, event_date or landslide_date, a polygon may be dated up to 30 days off the event,
    which gives a warning: many are dated by the image that they were mapped from.

    Parameters
    ----------
    path: see `scarp.acquire.polygons.read_vector`.
    event: id in the events table.
    event_date: ISO date; blank: dates are not looked at.

    Raises
    ------
    DataError: see `scarp.acquire.polygons.read_polygons`; no row is of the event; polygons are of
        other dates; one is larger than 500 km2, or all together are smaller than a pixel.
    """
    table = _of_event(read_vector(path), event, path)
    polygons = polygons_of(table, Path(path))
    faults = [*_date_faults(table, event_date, path), *_size_faults(polygons)]
    if faults:
        raise DataError(faults)
    _LOG.info("%s: %d polygons, %.4f km2", path, len(polygons.shapes), polygons.area_km2)
    return polygons


def _column(table: Any, names: Sequence[str]) -> str | None:
    known = {re.sub(r"[\s_-]", "", str(name)).casefold(): str(name) for name in table.columns}
    return next((known[name] for name in names if name in known), None)


def _of_event(table: Any, event: str, path: str | Path) -> Any:
    column = _column(table, _EVENT_COLUMNS)
    if column is None:
        return table
    ids = table[column].astype(str).str.strip()
    own = table[ids == event]
    if own.empty:
        known = sorted(set(ids))
        raise DataError(
            Fault(
                f"column {column} names no row of event {event}",
                str(path),
                f"ids of the events table; here are {', '.join(known[:8])}"
                f"{' ...' if len(known) > 8 else ''}",
                did_you_mean(event, known) or "write the id there, or rename the column",
            )
        )
    _LOG.info("%s: %d of %d features are of %s", path, len(own), len(table), event)
    return own


def _date_faults(table: Any, event_date: str, path: str | Path) -> list[Fault]:
    column = _column(table, _DATE_COLUMNS)
    if column is None or not event_date:
        return []
    days = [_day(value) for value in table[column]]
    known = [day for day in days if day is not None]
    if len(known) < len(days):
        _LOG.warning(
            "%s, column %s: %d of %d features have no ISO date",
            path,
            column,
            len(days) - len(known),
            len(days),
        )
    apart = [abs((day - date.fromisoformat(event_date)).days) for day in known]
    other = sorted(day for day, n in zip(known, apart, strict=True) if n > _DAYS)
    if not other:
        if any(apart):
            _LOG.warning(
                "%s, column %s: %d features are dated up to %d days off the event",
                path,
                column,
                sum(n > 0 for n in apart),
                max(apart),
            )
        return []
    return [
        Fault(
            f"{len(other)} of {len(days)} polygons are dated {other[0]} to {other[-1]}, the event"
            f" {event_date}",
            f"{path}, column {column}",
            f"dates within {_DAYS} days of the event",
            "keep the polygons of this event, or correct the dates here or in the events table;"
            " rename the column where it tells something else",
        )
    ]


def _day(value: Any) -> date | None:
    found = re.match(r"\d{4}-\d{2}-\d{2}|\d{8}", str(value).strip().replace("/", "-"))
    try:
        return date.fromisoformat(found[0]) if found else None
    except ValueError:
        return None


def _size_faults(polygons: Polygons) -> list[Fault]:
    where = str(polygons.path)
    areas = [geodesic_km2(shape) for shape in polygons.shapes]
    faults = [
        Fault(
            f"polygon {number} has {area:.0f} km2",
            where,
            f"landslides of up to {_LARGEST_KM2:.0f} km2",
            "take it out where it is the outline of a region, or correct the file's CRS",
        )
        for number, area in enumerate(areas, 1)
        if area > _LARGEST_KM2
    ]
    if polygons.area_km2 < _SMALLEST_KM2:
        faults.append(
            Fault(
                f"all polygons together have {polygons.area_km2 * 1e6:.2g} m2",
                where,
                "a pixel, 100 m2, or more",
                "correct the file's CRS, or give polygons rather than marks",
            )
        )
    return faults
