"""Events and files of an archive in the layout of the published one, and what may be asked of them.

Names and columns follow Zenodo 10.5281/zenodo.15284357: an event has 60 single-band files, named
``<EID>__<sensor>__<date>__<band>`` and listed in its ``<EID>__files_meta.csv``.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from scarp.channels import BAND_GROUPS, EPOCHS, MASK, NO_EPOCH, bands_of
from scarp.errors import Fault, TableError

OPTICAL_EPOCHS = ("PRE1", "POST1")
_COLUMNS = ("file_name", "band", "sensor", "date", "patch_type", "EID")
_ROLES = ("train", "dependent", "independent", "apply")
_ORBITS = ("ASC", "DES", "")
#: Two underscores part the fields of a file name.
_ID = re.compile(r"[A-Za-z0-9-]+")


@dataclass(frozen=True)
class ArchiveEvent:
    """An event that an archive is to hold.

    Attributes
    ----------
    event: its id (EID). event_date: ISO date.
    orbit: ASC or DES; empty: drawn.
    role: train, dependent (one part trains, another tests), independent (tests only) or apply (has
        scenes and no patches).
    dates: all six Sentinel-1 epochs -> ISO date.
    optical_dates: PRE1 and POST1 -> ISO date of Sentinel-2.
    name, country: place, as the inventory shall name it.
    """

    event: str
    event_date: str
    orbit: str
    role: str
    dates: Mapping[str, str]
    optical_dates: Mapping[str, str]
    name: str = ""
    country: str = ""


@dataclass(frozen=True)
class PatchLayout:
    """How the patches of an archive lie.

    Attributes
    ----------
    size, stride: in pixels.
    ids_order: whether each file of patches names the event of every patch (the published archive
        does since its newest version).
    valid_share: share of a window's pixels where every channel must have data, above 0 to 1. Below
        1, patches hold what the scenes hold there: DN 0 and NaN.
    """

    size: int = 128
    stride: int = 128
    ids_order: bool = True
    valid_share: float = 1.0


@dataclass(frozen=True)
class ArchiveFile:
    """A row of an event's list of files: name without suffix, band, sensor, ISO date, epoch."""

    file_name: str
    band: str
    sensor: str
    date: str
    patch_type: str
    event: str

    @property
    def key(self) -> str:
        """The channel's name, which is also its key in the files of patches."""
        return f"{self.patch_type}_{self.band}"


def archive_files(
    event: str, orbit: str, dates: Mapping[str, str], optical_dates: Mapping[str, str]
) -> tuple[ArchiveFile, ...]:
    """The 60 files of an event, sorted by name as in the published lists.

    Parameters
    ----------
    orbit: ASC or DES.
    dates, optical_dates: as in `ArchiveEvent`. Coherence is named by both of its dates, and listed
        by the later one.
    """
    mask = MASK.removeprefix(f"{NO_EPOCH}_")
    files = [ArchiveFile(f"{event}__None__None__{mask}", mask, "None", "", NO_EPOCH, event)]
    for band in bands_of("terrain"):
        files.append(ArchiveFile(f"{event}__CDEM__None__{band}", band, "CDEM", "", NO_EPOCH, event))
    of_one_date = BAND_GROUPS["GAMMA0"] + BAND_GROUPS["HAA"]
    for epoch in EPOCHS:
        for band in of_one_date:
            name = f"{event}__S1SLC__{dates[epoch]}__{orbit}_{band}"
            files.append(ArchiveFile(name, band, "S1SLC", dates[epoch], epoch, event))
    for first, second in pairwise(EPOCHS):
        for band in BAND_GROUPS["COH"]:
            name = f"{event}__S1SLC__{dates[first]}_{dates[second]}__{orbit}_{band}"
            files.append(ArchiveFile(name, band, "S1SLC", dates[second], second, event))
    for epoch in OPTICAL_EPOCHS:
        for band in bands_of("sentinel2"):
            name = f"{event}__S2L2A__{optical_dates[epoch]}__{band}"
            files.append(ArchiveFile(name, band, "S2L2A", optical_dates[epoch], epoch, event))
    return tuple(sorted(files, key=lambda file: file.file_name))


def written_date(day: str) -> str:
    """An ISO date as the published tables write it, DD.MM.YYYY; empty stays empty."""
    return ".".join(reversed(day.split("-")))


def files_table(files: Iterable[ArchiveFile]) -> str:
    """The list of an event's files as text: semicolons, and an index without a name in front."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(("", *_COLUMNS))
    for number, file in enumerate(files):
        day = written_date(file.date)
        writer.writerow(
            (number, file.file_name, file.band, file.sensor, day, file.patch_type, file.event)
        )
    return text.getvalue()


def check_request(
    events: Sequence[ArchiveEvent], layout: PatchLayout, offsets: Collection[tuple[str, str]]
) -> None:
    """Check all that is asked of a simulated archive before anything is drawn.

    Raises
    ------
    TableError: no event, or an event twice; an id, role, orbit or date that no archive has; windows
        without pixels; an offset of an image that is not there. All faults at once.
    """
    place = "simulated archive"
    faults = [] if events else [Fault("has no event", place, cure="name at least one event")]
    ids = [event.event for event in events]
    for name in sorted({name for name in ids if ids.count(name) > 1}):
        faults.append(Fault("stands there twice", f"{place}, event {name}", cure="keep one"))
    for event in events:
        faults += _faults_of(event, f"{place}, event {event.event}")
    for side in ("size", "stride"):
        if getattr(layout, side) < 1:
            faults.append(
                Fault(f"{side} is {getattr(layout, side)}", f"{place}, patches", "1 or more pixels")
            )
    if not 0.0 < layout.valid_share <= 1.0:
        faults.append(
            Fault(f"valid_share is {layout.valid_share}", f"{place}, patches", "above 0, up to 1")
        )
    for name, epoch in sorted(offsets):
        if name not in ids or epoch not in OPTICAL_EPOCHS:
            faults.append(
                Fault(
                    "is no Sentinel-2 image of this archive",
                    f"{place}, offset of ({name}, {epoch})",
                    f"events {', '.join(sorted(ids))}; epochs {', '.join(OPTICAL_EPOCHS)}",
                )
            )
    if faults:
        raise TableError(faults)


def _faults_of(event: ArchiveEvent, place: str) -> list[Fault]:
    faults = []
    if not _ID.fullmatch(event.event):
        faults.append(Fault("is no id", place, "letters, digits and -"))
    for column, allowed in (("role", _ROLES), ("orbit", _ORBITS)):
        value = getattr(event, column)
        if value not in allowed:
            known = ", ".join(word or "empty" for word in allowed)
            faults.append(Fault(f"'{value}' is not allowed", f"{place}, {column}", known))
    if not _is_date(event.event_date):
        faults.append(Fault(f"'{event.event_date}' is no date", f"{place}, date", "YYYY-MM-DD"))
    for sensor, dates, epochs in (
        ("Sentinel-1", event.dates, EPOCHS),
        ("Sentinel-2", event.optical_dates, OPTICAL_EPOCHS),
    ):
        where = f"{place}, {sensor}"
        if set(dates) != set(epochs):
            has = ", ".join(sorted(dates)) or "none"
            faults.append(
                Fault(f"has the epochs {has}", where, ", ".join(epochs), "give each of them a date")
            )
            continue
        days = [dates[epoch] for epoch in epochs]
        if not all(map(_is_date, days)):
            faults.append(Fault(f"one of {', '.join(days)} is no date", where, "YYYY-MM-DD"))
        elif any(second <= first for first, second in pairwise(days)):
            faults.append(
                Fault(f"dates are not in order: {', '.join(days)}", where, f"{' < '.join(epochs)}")
            )
    return faults


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
