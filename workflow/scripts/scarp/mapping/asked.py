"""Which events are to be mapped, checked before anything is made.

Imports nothing heavy: the workflow reads this while it is parsed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scarp.errors import Fault, TableError, did_you_mean
from scarp.tables import Acquisition, Event


def events_to_map(
    asked: str, events: Mapping[str, Event], acquisitions: Mapping[str, Sequence[Acquisition]]
) -> tuple[str, ...]:
    """The event that is asked for, or all of role apply where none is; sorted.

    Raises
    ------
    TableError: there is no such event, it has another role, or no image after the event is named.
    """
    apply = sorted(row.event for row in events.values() if row.role == "apply")
    where = f"configuration, event: '{asked}'"
    if not asked and not apply:
        raise TableError(
            Fault(
                "no event has role apply",
                "events.tsv",
                "an event that is to be mapped",
                "add a row with role apply; docs/new-event.md goes through it",
            )
        )
    if asked and asked not in events:
        raise TableError(
            Fault(
                "is no event of events.tsv",
                where,
                f"events of role apply: {', '.join(apply) or '(none)'}",
                did_you_mean(asked, apply or sorted(events)) or "add a row with role apply",
            )
        )
    if asked and asked not in apply:
        raise TableError(
            Fault(
                f"has role {events[asked].role}",
                where,
                f"events of role apply: {', '.join(apply) or '(none)'}",
                "give it role apply to map it; events of other roles are drawn by the study",
            )
        )
    wanted = (asked,) if asked else tuple(apply)
    nowhere = [event for event in wanted if events[event].source == "landslide4sense"]
    if nowhere:
        raise TableError(
            [
                Fault(
                    "consists of tiles of the benchmark, which lie nowhere in particular",
                    f"events.tsv, event {event}",
                    "events of another source",
                    "map an event that has images of its own",
                )
                for event in nowhere
            ]
        )
    blind = [event for event in wanted if not any(map(_is_after, acquisitions[event]))]
    if blind:
        raise TableError(
            [
                Fault(
                    "has no image after the event",
                    f"acquisitions.tsv, event {event}",
                    "a row of sentinel1 or sentinel2 with epoch POST1, POST2 or POST3",
                    "add the images that there are; docs/new-event.md says how to find them",
                )
                for event in blind
            ]
        )
    return wanted


def _is_after(row: Acquisition) -> bool:
    return row.epoch.startswith("POST")
