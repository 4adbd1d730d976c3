"""Which events are to be mapped, checked before anything is made.

Imports nothing heavy: the workflow reads this while it is parsed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scarp.errors import Fault, TableError, did_you_mean
from scarp.tables import Acquisition, Event


def events_to_map(
    asked: str, events: Mapping[str, Event], acquisitions: Mapping[str, Sequence[Acquisition]]
) -> tuple[str, ...]:
    """The event that is asked for, or all of role apply where none is; sorted.

    Raises
    ------
    TableError: with what `map_faults` finds.
    """
    faults = map_faults(asked, events, acquisitions)
    if faults:
        raise TableError(faults)
    return (asked,) if asked else _to_map(events)


def map_faults(
    asked: str, events: Mapping[str, Event], acquisitions: Mapping[str, Sequence[Acquisition]]
) -> list[Fault]:
    """Why what is asked for cannot be mapped: no such event, another role, no image after it."""
    apply = _to_map(events)
    where = f"configuration, event: '{asked}'"
    if not asked and not apply:
        return [
            Fault(
                "no event has role apply",
                "events.tsv",
                "an event that is to be mapped",
                "add a row with role apply; docs/new-event.md goes through it",
            )
        ]
    if asked and asked not in events:
        return [
            Fault(
                "is no event of events.tsv",
                where,
                f"events of role apply: {', '.join(apply) or '(none)'}",
                did_you_mean(asked, apply or sorted(events)) or "add a row with role apply",
            )
        ]
    if asked and asked not in apply:
        return [
            Fault(
                f"has role {events[asked].role}",
                where,
                f"events of role apply: {', '.join(apply) or '(none)'}",
                "give it role apply to map it; events of other roles are drawn by the study",
            )
        ]
    wanted = (asked,) if asked else apply
    return [
        *(
            Fault(
                "consists of tiles of the benchmark, which lie nowhere in particular",
                f"events.tsv, event {event}",
                "events of another source",
                "map an event that has images of its own",
            )
            for event in wanted
            if events[event].source == "landslide4sense"
        ),
        *(
            Fault(
                "has no image after the event",
                f"acquisitions.tsv, event {event}",
                "a row of sentinel1 or sentinel2 with epoch POST1, POST2 or POST3",
                "add the images that there are; docs/new-event.md says how to find them",
            )
            for event in wanted
            if not any(map(_is_after, acquisitions[event]))
        ),
    ]


def mask_faults(settings: Mapping[str, Any], wanted: Sequence[str]) -> list[Fault]:
    """Files of water or glaciers that are named under `map` and are not there."""
    return [
        Fault(
            "there is no such file",
            f"configuration, map: {name}: '{path}'",
            "a vector file; {event} in its path stands for the event's id",
            "put it there, or leave the setting blank",
        )
        for name in ("water", "glacier")
        for path in dict.fromkeys(settings[name].format(event=event) for event in wanted)
        if path and not Path(path).is_file()
    ]


def _to_map(events: Mapping[str, Event]) -> tuple[str, ...]:
    return tuple(sorted(row.event for row in events.values() if row.role == "apply"))


def _is_after(row: Acquisition) -> bool:
    return row.epoch.startswith("POST")
