"""Scenes as the catalogues of CDSE and ASF describe them; simulated, in the recorded forms."""

from __future__ import annotations

import hashlib
import io
import math
import uuid
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

#: Kilometres of a slice along and across its track; a degree of latitude.
LENGTH, WIDTH, DEGREE = 185.0, 250.0, 111.2
_FIRST_ORBIT = {"S1A": 73, "S1B": 27, "S1C": 172, "S1D": 42}
_DIRECTIONS = {"ASC": "ASCENDING", "DES": "DESCENDING"}
_LOOKS = {"ASC": 78.0, "DES": 282.0}


@dataclass(frozen=True)
class Slice:
    """A simulated scene.

    Attributes
    ----------
    start: of the acquisition, UTC.
    centre: longitude, latitude of its footprint.
    processed: when it was made; by default four hours later.
    content: of its zip.
    """

    start: datetime
    relative_orbit: int = 15
    direction: str = "ASC"
    centre: tuple[float, float] = (10.0, 45.0)
    mission: str = "S1A"
    polarisation: str = "DV"
    processed: datetime | None = None
    datatake: str = ""
    content: bytes = field(default=b"", repr=False)

    @property
    def name(self) -> str:
        """Of the product, without suffix."""
        day = (self.start - datetime(2014, 4, 3, tzinfo=UTC)).days
        orbit = _FIRST_ORBIT[self.mission] + self.relative_orbit - 1 + 175 * (day // 12)
        take = self.datatake or _digest(self.mission, self.relative_orbit, self.start.date())[:6]
        made = _digest(self.start, self.made, self.polarisation)[:4]
        stop = self.start + timedelta(seconds=27)
        return (
            f"{self.mission}_IW_SLC__1S{self.polarisation}_{self.start:%Y%m%dT%H%M%S}_"
            f"{stop:%Y%m%dT%H%M%S}_{orbit:06d}_{take}_{made}"
        )

    @property
    def made(self) -> datetime:
        """When it was processed."""
        return self.processed or self.start + timedelta(hours=4)

    @property
    def id(self) -> str:
        """Of the product in CDSE."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, self.name))

    @property
    def corners(self) -> list[list[float]]:
        """Its footprint, closed."""
        look = math.radians(_LOOKS[self.direction])
        x, y = self.centre
        ring = []
        for across, along in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)):
            # Along is a quarter turn left of the look.
            e = across * WIDTH / 2 * math.sin(look) - along * LENGTH / 2 * math.cos(look)
            n = across * WIDTH / 2 * math.cos(look) + along * LENGTH / 2 * math.sin(look)
            ring.append([x + e / DEGREE / math.cos(math.radians(y)), y + n / DEGREE])
        return ring


def odata_row(one: Slice, told: bool = True) -> dict[str, Any]:
    """As CDSE's OData has it; `told`: with size and checksums, which older products lack."""
    sums = [
        {"Value": hashlib.md5(one.content).hexdigest(), "Algorithm": "MD5"},
        {"Value": "ab" * 32, "Algorithm": "BLAKE3"},
    ]
    return {
        "@odata.mediaContentType": "application/octet-stream",
        "Id": one.id,
        "Name": f"{one.name}.SAFE",
        "ContentLength": len(one.content) if told else 0,
        "PublicationDate": _iso(one.made + timedelta(hours=1)),
        "Online": True,
        "Checksum": sums if told else [],
        "ContentDate": {"Start": _iso(one.start), "End": _iso(one.start + timedelta(seconds=27))},
        "Footprint": f"geography'SRID=4326;POLYGON (({_ring(one.corners)}))'",
        "GeoFootprint": {"type": "Polygon", "coordinates": [one.corners]},
        "Attributes": [
            _attribute("relativeOrbitNumber", one.relative_orbit, "Integer"),
            _attribute("orbitDirection", _DIRECTIONS[one.direction], "String"),
            _attribute("polarisationChannels", "VV&VH", "String"),
            _attribute("processingDate", _iso(one.made), "DateTimeOffset"),
        ],
    }


def asf_feature(one: Slice, url: str) -> dict[str, Any]:
    """As ASF's Search API has it in its geojson; `url` is where it is fetched from."""
    return {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [one.corners]},
        "properties": {
            "sceneName": one.name,
            "fileID": f"{one.name}-SLC",
            "fileName": f"{one.name}.zip",
            "processingLevel": "SLC",
            "beamModeType": "IW",
            "flightDirection": _DIRECTIONS[one.direction],
            "pathNumber": one.relative_orbit,
            "polarization": "VV+VH",
            "startTime": _iso(one.start),
            "stopTime": _iso(one.start + timedelta(seconds=27)),
            "processingDate": _iso(one.start),
            "bytes": len(one.content),
            "md5sum": hashlib.md5(one.content).hexdigest(),
            "url": url,
        },
    }


def zip_of(name: str, size: int = 0) -> bytes:
    """A zip with the SAFE folder of a product; pixels are noise of `size` bytes, not deflated."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(f"{name}.SAFE/manifest.safe", "<xfdu/>")
        noise = b"".join(
            hashlib.sha256(f"{name}{n}".encode()).digest() for n in range(size // 32 + 1)
        )
        archive.writestr(f"{name}.SAFE/measurement/pixels.tiff", noise[:size])
    return content.getvalue()


def _attribute(name: str, value: object, kind: str) -> dict[str, object]:
    return {
        "@odata.type": f"#OData.CSC.{kind}Attribute",
        "Name": name,
        "Value": value,
        "ValueType": kind,
    }


def _iso(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _ring(corners: Iterable[Iterable[float]]) -> str:
    return ", ".join(" ".join(f"{value:.6f}" for value in corner) for corner in corners)


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest().upper()
