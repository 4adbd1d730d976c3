"""The events of a run side by side: rows of the user's table joined with what the cubes tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scarp.description import SCENE, Description, read_description
from scarp.errors import DataError, Fault
from scarp.tsv import write_table

COLUMNS = (
    *("letter", "event", "name", "country", "date", "orbit", "role", "group", "source"),
    *("longitude", "latitude", "landslides", "area_km2", "area_from"),
    *("elevation_median", "slope_median"),
)


@dataclass(frozen=True)
class EventRow:
    """What the user's table says of an event; see config/README.md."""

    event: str
    letter: str
    name: str
    country: str
    date: str
    orbit: str
    role: str
    group: str

    @property
    def place(self) -> str:
        """Name and country, as far as they are known."""
        return ", ".join(filter(None, (self.name, self.country)))

    @property
    def caption(self) -> str:
        """Letter, event and place in one line, as far as they are known."""
        return "  ".join(filter(None, (self.letter, self.event, self.place)))


@dataclass(frozen=True)
class EventFacts:
    """An event: its row, and the description of its cube."""

    row: EventRow
    cube: Description


def gather(
    rows: Iterable[Mapping[str, str]], descriptions: Iterable[str | Path]
) -> list[EventFacts]:
    """Join rows of the table with the descriptions of the same events, sorted by event.

    Parameters
    ----------
    rows: the fields of `EventRow` each.
    descriptions: files of the same events, in any order.

    Raises
    ------
    DataError: a description cannot be read, or the events of the two differ.
    """
    listed = {row["event"]: EventRow(**row) for row in rows}
    described = {cube.event: cube for cube in map(read_description, descriptions)}
    strangers = sorted(set(listed) ^ set(described))
    if strangers:
        raise DataError(
            Fault(
                "stands in the table of events or among the described cubes, not in both",
                f"event {', '.join(strangers)}",
                cure="delete the files in the folder events and let the workflow make them again",
            )
        )
    return [EventFacts(listed[event], described[event]) for event in sorted(listed)]


def labels(events: Sequence[EventFacts]) -> list[str]:
    """What stands for each event on a map: its letter, or a number where not all have their own."""
    letters = [facts.row.letter for facts in events]
    if all(letters) and len(set(letters)) == len(letters):
        return letters
    return [str(number) for number in range(1, len(events) + 1)]


def any_simulated(events: Iterable[EventFacts]) -> bool:
    """Whether the cube of any event was simulated."""
    return any(facts.cube.is_simulated for facts in events)


def write_events(path: str | Path, events: Iterable[EventFacts]) -> None:
    """Write summary/events.tsv: a row per event, an empty cell for what is not known."""
    write_table(path, COLUMNS, (_cells(facts) for facts in events))


def _cells(facts: EventFacts) -> list[object]:
    row, cube = facts.row, facts.cube
    elevation, slope = cube.elevation[SCENE], cube.slope[SCENE]
    known = cube.landslide_area_km2 is not None
    return [
        *(row.letter, row.event, row.name, row.country, row.date, row.orbit, row.role, row.group),
        *(cube.source, cube.longitude, cube.latitude, cube.landslides, cube.landslide_area_km2),
        cube.area_from if known else None,
        elevation["p50"] if elevation else None,
        slope["p50"] if slope else None,
    ]
