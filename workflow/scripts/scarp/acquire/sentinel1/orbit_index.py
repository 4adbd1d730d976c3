"""Where orbit files of Sentinel-1 can be had, and which of them hold for a scene.

Three services have them: CDSE, as products of its catalogue, for which one must log in; ASF, as a
public bucket whose listing is that of Amazon's S3 (ListObjects); ESA's STEP, from which SNAP takes
them, as web pages by satellite, year and month, zipped.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Literal

from scarp.acquire.sentinel1.ask import answer_of, ask
from scarp.acquire.sentinel1.cdse import Cdse, address, md5_of, rows, stamp
from scarp.acquire.sentinel1.scene import moment_of_name
from scarp.acquire.web import status_text, without_secrets
from scarp.errors import DataError, Fault
from scarp.sentinel1.documents import parse
from scarp.sentinel1.orbit_name import ORBIT_NAME

Kind = Literal["POEORB", "RESORB"]

_CURE = "check the address of the orbit files, or run again later"


@dataclass(frozen=True)
class Bucket:
    """ASF's bucket, or a mirror of it: keys ``AUX_POEORB/<name>`` and ``AUX_RESORB/<name>``."""

    url: str = "https://s1-orbits.s3.amazonaws.com"


@dataclass(frozen=True)
class Pages:
    """STEP's pages, or a mirror of them: ``POEORB/S1A/2020/01/<name>.zip``."""

    url: str = "https://step.esa.int/auxdata/orbits/Sentinel-1"


Index = Cdse | Bucket | Pages


@dataclass(frozen=True)
class OrbitFile:
    """An orbit file of an index.

    Attributes
    ----------
    name: ends with .EOF.
    made, start, stop: when it was made, and for what time it holds, UTC.
    url: where it is fetched from; what comes may be zipped.
    size: in bytes; 0: unknown.
    md5: hexadecimal; empty: unknown.
    """

    name: str
    made: datetime
    start: datetime
    stop: datetime
    url: str
    size: int = 0
    md5: str = ""


def find_orbit(
    index: Index,
    kind: Kind,
    mission: str,
    start: datetime,
    stop: datetime,
    sleep: Callable[[float], None] = time.sleep,
) -> OrbitFile | None:
    """The orbit file that holds for a scene, of several the one made last.

    Parameters
    ----------
    index: the service.
    kind: precise, from three weeks after a scene on, or restituted, some hours after it.
    mission: "S1A" ... "S1D".
    start, stop: of the scene, UTC.
    sleep: waits for so many seconds.

    Raises
    ------
    DataError: the index cannot be read.
    """
    if isinstance(index, Cdse):
        files = _of_cdse(index, kind, mission, start, stop, sleep)
    elif isinstance(index, Bucket):
        files = _of_bucket(index, kind, mission, start, stop, sleep)
    else:
        files = _of_pages(index, kind, mission, start, sleep)
    return max(_holding(files, start, stop), key=lambda file: file.made, default=None)


def _holding(files: Iterable[OrbitFile], start: datetime, stop: datetime) -> list[OrbitFile]:
    return [file for file in files if file.start <= start and stop <= file.stop]


def _file(
    name: str, kind: Kind, mission: str, url: str, size: int = 0, md5: str = ""
) -> Iterator[OrbitFile]:
    """The file of a name, if it is one of this kind and satellite."""
    found = ORBIT_NAME.fullmatch(name)
    if found and (found["kind"], found["mission"]) == (kind, mission):
        try:
            made, start, stop = (moment_of_name(found[k]) for k in ("made", "start", "stop"))
        except ValueError:
            return
        yield OrbitFile(name, made, start, stop, url, size, md5)


def _of_cdse(
    index: Cdse,
    kind: Kind,
    mission: str,
    start: datetime,
    stop: datetime,
    sleep: Callable[[float], None],
) -> Iterator[OrbitFile]:
    condition = " and ".join(
        (
            "Collection/Name eq 'SENTINEL-1'",
            f"startswith(Name,'{mission}_OPER_AUX_{kind}')",
            f"ContentDate/Start le {stamp(start)}",
            f"ContentDate/End ge {stamp(stop)}",
        )
    )
    for row in rows(index, condition, sleep):
        if row.get("Online") is not False and row.get("Id"):
            size = int(row.get("ContentLength") or 0)
            name = str(row.get("Name"))
            yield from _file(name, kind, mission, address(index, row), size, md5_of(row))


def _of_bucket(
    index: Bucket,
    kind: Kind,
    mission: str,
    start: datetime,
    stop: datetime,
    sleep: Callable[[float], None],
) -> Iterator[OrbitFile]:
    prefix = f"AUX_{kind}/{mission}_OPER_AUX_{kind}_OPOD_"
    # Keys go by the time a file was made, which is after the scene.
    marker = f"{prefix}{stop:%Y%m%d}"
    while marker:
        text = answer_of(index.url, {"prefix": prefix, "marker": marker}, _CURE, sleep).content
        root = parse(text, without_secrets(index.url))
        last, held = "", False
        for entry in root.iterfind("{*}Contents"):
            last = entry.findtext("{*}Key") or ""
            etag = (entry.findtext("{*}ETag") or "").strip('"')
            # Of a file that was sent in parts the ETag is no MD5, and has a dash.
            md5 = etag if re.fullmatch(r"[0-9a-f]{32}", etag) else ""
            size = int(entry.findtext("{*}Size") or 0)
            name = last.rpartition("/")[2]
            for file in _file(name, kind, mission, f"{index.url}/{last}", size, md5):
                held = held or bool(_holding([file], start, stop))
                yield file
        more = (root.findtext("{*}IsTruncated") or "").lower() == "true"
        # Precise orbits were all made again in 2021; restituted ones come once, on the same day.
        marker = last if more and not (held and kind == "RESORB") else ""


def _of_pages(
    index: Pages, kind: Kind, mission: str, start: datetime, sleep: Callable[[float], None]
) -> Iterator[OrbitFile]:
    # A file lies in the month that it begins to hold in: precise ones begin the evening before.
    for month in sorted({f"{day:%Y/%m}" for day in (start - timedelta(days=1), start)}):
        page = f"{index.url}/{kind}/{mission}/{month}/"
        response = ask(page, _CURE, {}, sleep=sleep)
        if response.status_code == HTTPStatus.NOT_FOUND:
            continue  # nothing of that month yet
        if not response.ok:
            raise DataError(
                Fault(f"HTTP status {status_text(response.status_code)}", page, cure=_CURE)
            )
        for name in re.findall(r'href="(?:[^"]*/)?(\w+\.EOF)\.zip"', response.text):
            yield from _file(name, kind, mission, f"{page}{name}.zip")
