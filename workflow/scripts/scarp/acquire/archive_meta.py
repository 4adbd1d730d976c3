"""The table of an event's files in the archive: which file is which channel of which date.

A file is named ``<EID>__<SENSOR>__<DATE>__<BAND>``; the date of coherence names both of its scenes,
and Sentinel-1 bands carry the orbit's direction. The table repeats all that, and where name and
table, or table and acquisitions, do not agree, nobody can say which is right: an error.
"""

from __future__ import annotations

import csv
import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass

from scarp.channels import BANDS, EPOCHS, MASK, NO_EPOCH, has_band, split_channel
from scarp.errors import DataError, Fault, did_you_mean

COLUMNS = ("file_name", "band", "sensor", "date", "patch_type", "EID")
_SENSORS = {"sentinel1": "S1SLC", "sentinel2": "S2L2A", "terrain": "CDEM"}
_DAY = r"\d{4}-\d{2}-\d{2}"
_NAME = re.compile(
    rf"(?P<event>[^_]+)__(?P<sensor>[^_]+)__"
    rf"(?:None|(?:(?P<earlier>{_DAY})_)?(?P<date>{_DAY}))__(?:(?P<orbit>ASC|DES)_)?(?P<band>[^_]+)"
)


@dataclass(frozen=True)
class SceneFile:
    """A row of the table.

    Attributes
    ----------
    channel: such as PRE1_gVV, or None_MASK.
    stem: file name without suffix.
    date: ISO date, blank for terrain and mask.
    reference_date: of the earlier scene, for coherence only.
    orbit: ASC, DES, or blank.
    """

    channel: str
    stem: str
    date: str
    reference_date: str
    orbit: str


def read_metadata(
    text: bytes,
    where: str,
    event: str,
    orbit: str,
    dates: Mapping[str, Mapping[str, str]],
) -> dict[str, SceneFile]:
    """Read the table of an event's files: channel -> file.

    Parameters
    ----------
    text: of the table. where: its name, for messages.
    event: its id; orbit: its direction in events.tsv, or blank.
    dates: sensor -> epoch -> ISO date as in acquisitions.tsv, blank where it does not say.

    Raises
    ------
    DataError: with all faults: columns that are not there, rows that cannot be read, that name a
        channel twice, or that contradict their file's name, each other or the acquisitions.
    """
    rows = _rows(text, where)
    faults: list[Fault] = []
    found: dict[str, SceneFile] = {}
    for line, row in rows:
        place = f"{where}, line {line} ({row['file_name']})"
        file = _parse(row, place, event, faults)
        if file is None:
            continue
        if file.channel in found:
            faults.append(
                Fault(
                    f"{file.channel} stands twice (first: {found[file.channel].stem})",
                    place,
                    "one file per band and date",
                    "remove the row that is wrong",
                )
            )
            continue
        found[file.channel] = file
        if orbit and file.orbit and file.orbit != orbit:
            faults.append(
                Fault(
                    f"the file is of orbit {file.orbit}, the events table says {orbit}",
                    place,
                    cure=f"correct column orbit of event {event}, or leave it blank",
                )
            )
    faults += _date_faults(found, where, event, dates)
    if faults:
        raise DataError(faults)
    return found


def _rows(text: bytes, where: str) -> list[tuple[int, dict[str, str]]]:
    try:
        lines = text.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise DataError(
            Fault(f"is no text in UTF-8 ({error})", where, cure="unpack the archive again")
        ) from None
    table = csv.DictReader(lines, delimiter=";", restval="")
    header = [title or "" for title in table.fieldnames or ()]
    absent = [title for title in COLUMNS if title not in header]
    if absent:
        raise DataError(
            Fault(
                f"lacks column {', '.join(absent)}",
                where,
                "; ".join(COLUMNS) + ", separated by semicolons",
                "unpack the archive again",
            )
        )
    return [
        (line, {title: (row[title] or "").strip() for title in COLUMNS})
        for line, row in enumerate(table, 2)
    ]


def _parse(row: Mapping[str, str], place: str, event: str, faults: list[Fault]) -> SceneFile | None:
    """A row as a file, or None with its faults added."""
    before = len(faults)
    stem = row["file_name"].removesuffix(".tif")
    name = _NAME.fullmatch(stem)
    band, epoch = row["band"], row["patch_type"] or NO_EPOCH
    channel = f"{epoch}_{band}"
    try:
        day = _iso(row["date"])
    except ValueError:
        day = ""
        faults.append(
            Fault(
                f"'{row['date']}' is no date", f"{place}, column date", "DD.MM.YYYY", "correct it"
            )
        )
    if not _is_known(epoch, band):
        faults.append(
            Fault(
                f"{channel} is no channel of the archive",
                place,
                f"epochs {', '.join(EPOCHS)}, {NO_EPOCH}; bands {', '.join(BANDS)}, MASK",
                did_you_mean(band, BANDS) or "correct columns band and patch_type",
            )
        )
    elif name is None:
        faults.append(
            Fault(
                "its name cannot be read",
                place,
                "<EID>__<SENSOR>__<DATE>__<BAND>, dates as YYYY-MM-DD",
                "correct the file's name and the row",
            )
        )
    else:
        sensor = "None" if channel == MASK else _SENSORS[split_channel(channel)[1].sensor]
        told = {
            "event": (name["event"], row["EID"], event),
            "sensor": (name["sensor"], row["sensor"] or "None", sensor),
            "date": (name["date"] or "", day),
            "band": (name["band"], band),
        }
        faults += [
            Fault(
                f"file name and table do not agree on the {what}: {' / '.join(map(repr, values))}",
                place,
                cure="correct the row; the name, the row and the event must say the same",
            )
            for what, values in told.items()
            if len(set(values)) > 1
        ]
        if (band == "COHVV") != bool(name["earlier"]):
            faults.append(
                Fault(
                    "names two dates" if name["earlier"] else "names one date",
                    place,
                    "two dates for coherence, one for every other band",
                    "correct the file's name and the row",
                )
            )
    if len(faults) > before or name is None:
        return None
    return SceneFile(channel, stem, day, name["earlier"] or "", name["orbit"] or "")


def _iso(text: str) -> str:
    """DD.MM.YYYY or YYYY-MM-DD as the latter; blank stays blank."""
    if not text or text == "None":
        return ""
    form = "%d.%m.%Y" if "." in text else "%Y-%m-%d"
    return datetime.datetime.strptime(text, form).date().isoformat()


def _is_known(epoch: str, band: str) -> bool:
    if f"{epoch}_{band}" == MASK:
        return True
    if band not in BANDS:
        return False
    if BANDS[band].sensor == "terrain" or epoch == NO_EPOCH:
        return BANDS[band].sensor == "terrain" and epoch == NO_EPOCH
    return epoch in EPOCHS and has_band(epoch, band)


def _date_faults(
    found: Mapping[str, SceneFile], where: str, event: str, dates: Mapping[str, Mapping[str, str]]
) -> list[Fault]:
    """Epochs whose bands have several dates, or another than in acquisitions.tsv."""
    days: dict[tuple[str, str], dict[str, list[str]]] = {}
    for file in found.values():
        if file.date:
            epoch, band = split_channel(file.channel)
            own = days.setdefault((band.sensor, epoch), {})
            own.setdefault(file.date, []).append(file.stem)
    faults = [
        Fault(
            f"{epoch} of {sensor} has several dates: "
            + "; ".join(f"{day} ({stems[0]})" for day, stems in sorted(own.items())),
            where,
            "one date per sensor and epoch",
            "correct the rows and file names that are wrong",
        )
        for (sensor, epoch), own in days.items()
        if len(own) > 1
    ]
    if faults:
        return faults
    day_of = {key: next(iter(own)) for key, own in days.items()}
    for file in found.values():
        if not file.reference_date:
            continue
        epoch = split_channel(file.channel)[0]
        earlier = EPOCHS[EPOCHS.index(epoch) - 1]
        expected = day_of.get(("sentinel1", earlier), file.reference_date)
        if file.reference_date != expected:
            faults.append(
                Fault(
                    f"its earlier scene is of {file.reference_date}, {earlier} is of {expected}",
                    f"{where} ({file.stem})",
                    "coherence of consecutive dates",
                    "correct the file's name and the row",
                )
            )
    for (sensor, epoch), day in day_of.items():
        asked = dates.get(sensor, {}).get(epoch, "")
        if asked and asked != day:
            faults.append(
                Fault(
                    f"{epoch} of {sensor} is of {day}, acquisitions.tsv says {asked}",
                    where,
                    cure=f"correct the date of event {event} in the acquisitions table",
                )
            )
    return faults
