"""The tables that users edit, and the experiments that follow from them.

Nothing heavy is imported: the workflow reads this while it is parsed. All faults of a table are
found and reported together.
"""

from __future__ import annotations

import csv
import datetime
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scarp.channels import BAND_GROUPS, Sensor, bands_of, expand, manifest
from scarp.errors import Fault, TableError, did_you_mean
from scarp.schema import faults_of, load_schema, with_defaults


@dataclass(frozen=True)
class Event:
    """A row of events.tsv; `source` and `group` are filled in where the row leaves them blank."""

    event: str
    letter: str
    name: str
    country: str
    date: str
    orbit: str
    relative_orbit: str
    aoi: str
    source: str
    engine: str
    group: str
    role: str


@dataclass(frozen=True)
class Acquisition:
    """A row of acquisitions.tsv."""

    event: str
    sensor: str
    epoch: str
    date: str
    product: str


@dataclass(frozen=True)
class FeatureSet:
    """A row of feature_sets.tsv.

    `bands` holds all its bands in manifest order, `scenarios` the only ones it is run in (all
    where empty).
    """

    features: str
    label: str
    bands: tuple[str, ...]
    scenarios: tuple[str, ...]
    augmentation: str
    scaling: str
    s2_offset: str
    group: str
    in_paper: str

    @property
    def is_ablation(self) -> bool:
        """Whether it is there to show what a choice beside its bands does to another set."""
        return bool(self.augmentation or self.scaling or self.s2_offset)


@dataclass(frozen=True)
class Scenario:
    """A row of scenarios.tsv: dates before and after the event."""

    scenario: str
    pre: int
    post: int


@dataclass(frozen=True)
class Experiment:
    """A feature set in a scenario, with its channel manifest."""

    features: str
    scenario: str
    channels: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """A row of a table as read: `where` names file and line for error messages."""

    where: str
    values: dict[str, str]


def read_rows(path: str | Path, name: str) -> tuple[list[Row], list[Fault]]:
    """Read a tab-separated table and check it against schema `name`.

    Lines that start with '#' are comments. Columns that the schema does not know are the user's own
    and are left out, unless they look like a misspelt known one.

    Raises
    ------
    TableError: the file is missing, has no header, or rows that the schema refuses.
    """
    file = Path(path)
    if not file.is_file():
        raise TableError(
            Fault(
                "there is no such table",
                str(path),
                cure=f"create it, or set tables: {name} in the configuration",
            )
        )
    schema = load_schema(name)
    known: dict[str, Any] = schema["properties"]
    lines = [
        (number, line)
        for number, line in enumerate(file.read_text(encoding="utf-8-sig").splitlines(), 1)
        if line.strip() and not line.startswith("#")
    ]
    if not lines:
        raise TableError(
            Fault("has no header row", str(path), "\\t".join(known), "write the column names first")
        )
    table = list(csv.reader((line for _, line in lines), delimiter="\t", quoting=csv.QUOTE_NONE))
    header = [title.strip() for title in table[0]]
    faults = _header_faults(header, str(path), schema)
    if faults:
        raise TableError(faults)
    rows = []
    for (number, _), cells in zip(lines[1:], table[1:], strict=True):
        where = f"{path}, row {number} ({cells[0].strip()})"
        if len(cells) > len(header):
            faults.append(
                Fault(
                    f"has {len(cells)} cells for {len(header)} columns",
                    where,
                    cure="separate cells by one tab each",
                )
            )
            continue
        cells += [""] * (len(header) - len(cells))
        values = {
            title: cell.strip() for title, cell in zip(header, cells, strict=True) if title in known
        }
        row = Row(where, with_defaults(values, schema))
        found = list(faults_of(row.values, name, where, ", column "))
        faults += found
        if not found:
            rows.append(row)
    return rows, faults


def _header_faults(header: Sequence[str], path: str, schema: Mapping[str, Any]) -> list[Fault]:
    known = list(schema["properties"])
    faults = []
    for title in sorted({title for title in header if header.count(title) > 1}):
        faults.append(Fault(f"column '{title}' stands twice", path, cure="remove one of them"))
    for title in header:
        hint = did_you_mean(title, known)
        if title not in known and hint:
            faults.append(Fault(f"column '{title}' is not known", path, ", ".join(known), hint))
    absent = [title for title in schema["required"] if title not in header]
    if absent and not faults:
        faults.append(
            Fault(
                f"column {', '.join(absent)} is missing",
                path,
                ", ".join(known),
                "add it; cells are separated by tabs",
            )
        )
    return faults


def duplicates(rows: Sequence[Row], key: str) -> list[Fault]:
    """A fault for every row whose id, in column `key`, an earlier row has."""
    seen: dict[str, str] = {}
    faults = []
    for row in rows:
        # Folders of some file systems do not tell upper from lower case.
        value = row.values[key]
        if value.casefold() in seen:
            faults.append(
                Fault(
                    f"'{value}' stands twice (first: {seen[value.casefold()]})",
                    f"{row.where}, column {key}",
                    "each id once, also when upper and lower case are not told apart",
                    "rename or remove one of them",
                )
            )
        seen.setdefault(value.casefold(), row.where)
    return faults


def _day(row: Row, today: datetime.date) -> list[Fault]:
    """Faults of a row's date, which matches YYYY-MM-DD or is blank."""
    text = row.values["date"]
    try:
        day = datetime.date.fromisoformat(text) if text else None
    except ValueError:
        return [
            Fault(
                f"'{text}' is no day of the calendar",
                f"{row.where}, column date",
                "YYYY-MM-DD",
                "correct the date",
            )
        ]
    if day and day > today:
        return [
            Fault(
                f"'{text}' lies in the future",
                f"{row.where}, column date",
                "today, or a day before it",
                "correct the date",
            )
        ]
    return []


def read_events(
    path: str | Path, source: str, today: datetime.date | None = None
) -> dict[str, Event]:
    """Read events.tsv; `source` stands in for a blank one. Raises TableError with all faults."""
    rows, faults = read_rows(path, "events")
    today = today or datetime.datetime.now(datetime.UTC).date()
    faults += duplicates(rows, "event") + [fault for row in rows for fault in _day(row, today)]
    for row in rows:
        if not row.values["date"] and (row.values["source"] or source) != "landslide4sense":
            faults.append(
                Fault(
                    "is blank",
                    f"{row.where}, column date",
                    "YYYY-MM-DD; blank for source 'landslide4sense' only",
                    "write the day of the event",
                )
            )
        if row.values["engine"] and (row.values["source"] or source) != "scenes":
            faults.append(
                Fault(
                    f"'{row.values['engine']}' has no meaning for source"
                    f" '{row.values['source'] or source}'",
                    f"{row.where}, column engine",
                    "an engine is read for source 'scenes' only",
                    "leave the cell blank, or set source to scenes",
                )
            )
    if not rows and not faults:
        faults.append(Fault("has no event", str(path), cure="add a row"))
    if faults:
        raise TableError(faults)
    names = Event.__dataclass_fields__
    return {
        row.values["event"]: Event(
            **{
                **{key: value for key, value in row.values.items() if key in names},
                "source": row.values["source"] or source,
                "group": row.values["group"] or row.values["event"],
            }
        )
        for row in rows
    }


def read_acquisitions(
    path: str | Path, events: Mapping[str, Event], today: datetime.date | None = None
) -> dict[str, tuple[Acquisition, ...]]:
    """Read acquisitions.tsv: per event its images, sorted. Raises TableError with all faults."""
    rows, faults = read_rows(path, "acquisitions")
    today = today or datetime.datetime.now(datetime.UTC).date()
    faults += [fault for row in rows for fault in _day(row, today)]
    for row in rows:
        values = row.values
        if values["event"] not in events:
            faults.append(
                Fault(
                    f"'{values['event']}' is no event of the events table",
                    f"{row.where}, column event",
                    cure=did_you_mean(values["event"], events)
                    or "add the event, or remove the row",
                )
            )
            continue
        if values["sensor"] == "sentinel2" and values["epoch"] not in ("PRE1", "POST1"):
            faults.append(
                Fault(
                    f"sentinel2 has no epoch '{values['epoch']}'",
                    f"{row.where}, column epoch",
                    "PRE1, POST1",
                    "Sentinel-2 is used once before and once after the event",
                )
            )
        event = events[values["event"]]
        before = values["epoch"].startswith("PRE")
        if values["date"] and event.date and (values["date"] < event.date) != before:
            faults.append(
                Fault(
                    f"{values['date']} does not lie {'before' if before else 'on or after'}"
                    f" the event's day {event.date}",
                    f"{row.where}, column date",
                    "PRE epochs before that day, POST epochs on it or after",
                    "correct the date or the epoch",
                )
            )
    faults += _order_faults([row for row in rows if row.values["event"] in events])
    if faults:
        raise TableError(faults)
    images: dict[str, set[Acquisition]] = {event: set() for event in events}
    names = Acquisition.__dataclass_fields__
    for row in rows:
        images[row.values["event"]].add(
            Acquisition(**{key: value for key, value in row.values.items() if key in names})
        )
    return {
        event: tuple(sorted(found, key=lambda a: (a.sensor, a.epoch, a.date, a.product)))
        for event, found in images.items()
    }


def _order_faults(rows: Sequence[Row]) -> list[Fault]:
    """Epochs of one event and sensor must follow each other in time."""
    faults = []
    order = ("PRE3", "PRE2", "PRE1", "POST1", "POST2", "POST3")
    stacks: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.values["date"]:
            stacks.setdefault((row.values["event"], row.values["sensor"]), []).append(row)
    for stack in stacks.values():
        stack.sort(key=lambda row: (order.index(row.values["epoch"]), row.values["date"]))
        for earlier, later in itertools.pairwise(stack):
            same = earlier.values["epoch"] == later.values["epoch"]
            days = earlier.values["date"], later.values["date"]
            if (days[0] != days[1]) if same else (days[0] >= days[1]):
                faults.append(
                    Fault(
                        f"{later.values['epoch']} of {days[1]} and {earlier.values['epoch']} of"
                        f" {days[0]}"
                        f" ({earlier.where}) contradict each other",
                        f"{later.where}, column date",
                        "one day per epoch, in the order " + ", ".join(order),
                        "correct a date or an epoch",
                    )
                )
    return faults


def _words(cell: str) -> list[str]:
    """The words of a cell, which spaces or commas separate."""
    return [word for word in re.split(r"[\s,]+", cell) if word]


def read_feature_sets(path: str | Path, scenarios: Mapping[str, Scenario]) -> dict[str, FeatureSet]:
    """Read feature_sets.tsv. Raises TableError with all faults."""
    rows, faults = read_rows(path, "feature_sets")
    faults += duplicates(rows, "features")
    sets = {}
    columns: tuple[Sensor, ...] = ("sentinel1", "sentinel2", "terrain")
    for row in rows:
        words = {column: _words(row.values[column]) for column in columns}
        own_scenarios = _words(row.values["scenarios"])
        faults += [
            Fault(
                f"'{name}' is no scenario",
                f"{row.where}, column scenarios",
                ", ".join(scenarios),
                did_you_mean(name, scenarios) or "choose among these, or add the scenario",
            )
            for name in own_scenarios
            if name not in scenarios
        ]
        for column in columns:
            own = bands_of(column)
            known = [*own, *(name for name, bands in BAND_GROUPS.items() if set(bands) <= set(own))]
            for word in words[column]:
                if word not in known:
                    faults.append(
                        Fault(
                            f"'{word}' is no {column} band",
                            f"{row.where}, column {column}",
                            ", ".join(known),
                            did_you_mean(word, known) or "choose among these",
                        )
                    )
        if not any(words.values()):
            faults.append(
                Fault(
                    "names no band",
                    row.where,
                    cure="fill at least one of sentinel1, sentinel2, terrain",
                )
            )
        sets[row.values["features"]] = FeatureSet(
            row.values["features"],
            row.values["label"],
            expand(word for column in columns for word in words[column]),
            tuple(own_scenarios),
            row.values["augmentation"],
            row.values["scaling"],
            row.values["s2_offset"],
            row.values["group"],
            row.values["in_paper"],
        )
    if not rows and not faults:
        faults.append(Fault("has no feature set", str(path), cure="add a row"))
    if faults:
        raise TableError(faults)
    return sets


def read_scenarios(path: str | Path) -> dict[str, Scenario]:
    """Read scenarios.tsv. Raises TableError with all faults."""
    rows, faults = read_rows(path, "scenarios")
    faults += duplicates(rows, "scenario")
    if not rows and not faults:
        faults.append(Fault("has no scenario", str(path), cure="add a row"))
    if faults:
        raise TableError(faults)
    return {
        row.values["scenario"]: Scenario(
            row.values["scenario"], int(row.values["pre"]), int(row.values["post"])
        )
        for row in rows
    }


def select(names: Iterable[str], known: Iterable[str], where: str) -> tuple[str, ...]:
    """The chosen `names`, or all `known` where none is chosen; TableError if one is unknown."""
    chosen, choices = tuple(names), tuple(known)
    faults = [
        Fault(
            f"'{name}' stands in no row of the table",
            where,
            ", ".join(choices),
            did_you_mean(name, choices) or "add the row, or choose among these",
        )
        for name in chosen
        if name not in choices
    ]
    if faults:
        raise TableError(faults)
    return chosen or choices


def experiments(
    feature_sets: Mapping[str, FeatureSet],
    scenarios: Mapping[str, Scenario],
    chosen_features: Sequence[str],
    chosen_scenarios: Sequence[str],
) -> tuple[Experiment, ...]:
    """Cross feature sets and scenarios.

    Scenarios that give a feature set the same channels are one experiment: a set without
    Sentinel-1 uses PRE1 and POST1 however many dates there are. It is named by the scenario with
    the fewest dates, and runs when any of the equal scenarios is chosen and is the row's.

    Raises
    ------
    TableError: a feature set has no channel in a chosen scenario.
    """
    by_dates = sorted(scenarios.values(), key=lambda s: (s.pre + s.post, s.pre, s.scenario))
    found = []
    for features in chosen_features:
        named: dict[tuple[str, ...], str] = {}
        wanted = set()
        own = feature_sets[features].scenarios
        for scenario in by_dates:
            channels = manifest(feature_sets[features].bands, scenario.pre, scenario.post)
            name = named.setdefault(channels, scenario.scenario)
            if scenario.scenario in chosen_scenarios and scenario.scenario in (own or scenarios):
                wanted.add(name)
        for channels, name in named.items():
            if name in wanted and not channels:
                raise TableError(
                    Fault(
                        f"feature set '{features}' has no channel in scenario '{name}'",
                        "feature_sets and scenarios",
                        cure="leave that scenario out, or add a band that it has",
                    )
                )
        found += [
            Experiment(features, name, channels)
            for channels, name in named.items()
            if name in wanted
        ]
    return tuple(found)
