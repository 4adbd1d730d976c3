"""What a catalogue says of a Sentinel-1 scene, and what its name says."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from scarp.acquire.sentinel1.ground import Shape
from scarp.errors import DataError, Fault

#: Polarisations by the code in a product's name; the engines take what has two.
DUAL: dict[str, tuple[str, str]] = {"DV": ("VV", "VH"), "DH": ("HH", "HV")}
#: Slices of one datatake start 25 s apart; a reprocessed slice starts within a second of its first.
_SAME_SLICE = timedelta(seconds=10)

_NAME = re.compile(
    r"(?P<mission>S1[A-D])_(?P<mode>[A-Z0-9]{2})_(?P<type>[A-Z]{3})(?P<resolution>[FHM_])_"
    r"(?P<level>[012])(?P<class>[SA])(?P<polarisation>SH|SV|DH|DV|VV|HH|HV|VH)_"
    r"(?P<start>\d{8}T\d{6})_(?P<stop>\d{8}T\d{6})_"
    r"(?P<orbit>\d{6})_(?P<datatake>[0-9A-F]{6})_(?P<unique>[0-9A-F]{4})"
)


@dataclass(frozen=True)
class Name:
    """A product's name, taken apart.

    Attributes
    ----------
    text: the name, without .SAFE or .zip.
    mission: "S1A" ... "S1D".
    mode, kind: such as "IW" and "SLC".
    polarisation: code such as "DV".
    start, stop: of the acquisition, UTC, whole seconds.
    orbit: absolute orbit number.
    datatake: six hexadecimal digits, the same for all slices of one switching-on of the radar.
    """

    text: str
    mission: str
    mode: str
    kind: str
    polarisation: str
    start: datetime
    stop: datetime
    orbit: int
    datatake: str


@dataclass(frozen=True)
class Scene:
    """A scene that can be fetched: one slice of a pass.

    Attributes
    ----------
    name: of the product.
    relative_orbit: number of the track, 1 to 175.
    direction: "ASC" or "DES".
    start, stop: of the acquisition, UTC.
    footprint: longitude and latitude, degrees.
    processed: when the product was made, as far as the catalogue says.
    url: where it is fetched from.
    size: of the zip in bytes; 0 where the catalogue does not say.
    md5: of the zip, hexadecimal; empty where the catalogue does not say.
    """

    name: Name
    relative_orbit: int
    direction: str
    start: datetime
    stop: datetime
    footprint: Shape = field(repr=False)
    processed: datetime
    url: str
    size: int
    md5: str

    @property
    def polarisations(self) -> tuple[str, str]:
        """Like, cross."""
        return DUAL[self.name.polarisation]


def parse_name(text: str) -> Name:
    """Take the name of a Sentinel-1 product apart; a suffix .SAFE, .zip or .SAFE.zip may follow.

    Source: Sentinel-1 Product Specification (S1-RS-MDA-52-7441), section 3.4.1.

    Raises
    ------
    DataError: it is no such name, or its times are none.
    """
    base = text.removesuffix(".zip").removesuffix(".SAFE")
    found = _NAME.fullmatch(base)
    try:
        if not found:
            raise ValueError
        start, stop = (moment_of_name(found[which]) for which in ("start", "stop"))
        if stop < start:
            raise ValueError
    except ValueError:
        raise DataError(
            Fault(
                "is not the name of a Sentinel-1 product",
                f"'{text}'",
                "such as S1A_IW_SLC__1SDV_20230916T063730_20230916T063757_050349_060FCD_6814",
                "write the name as the catalogue has it",
            )
        ) from None
    return Name(
        text=base,
        mission=found["mission"],
        mode=found["mode"],
        kind=found["type"],
        polarisation=found["polarisation"],
        start=start,
        stop=stop,
        orbit=int(found["orbit"]),
        datatake=found["datatake"],
    )


def moment_of_name(stamp: str) -> datetime:
    """The UTC time that 20230916T063730 stands for; ValueError where it is none."""
    return datetime.strptime(stamp, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)


def moment(text: str) -> datetime:
    """A time of a catalogue, such as 2023-09-16T06:37:30.123Z, in UTC; ValueError where none."""
    told = datetime.fromisoformat(text)
    return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)


def is_wanted(name: Name) -> bool:
    """Whether it is an IW SLC in two polarisations, which is what the engines take."""
    return (name.mode, name.kind) == ("IW", "SLC") and name.polarisation in DUAL


def newest(scenes: Iterable[Scene]) -> list[Scene]:
    """Scenes in order of time, of a slice that was processed several times only the newest."""
    kept: list[Scene] = []
    for scene in sorted(scenes, key=lambda s: (s.start, s.name.text)):
        earlier = next((n for n, other in enumerate(kept) if _is_same(scene, other)), None)
        if earlier is None:
            kept.append(scene)
        else:
            kept[earlier] = max(kept[earlier], scene, key=lambda s: (s.processed, s.name.text))
    return kept


def _is_same(one: Scene, other: Scene) -> bool:
    return (one.name.mission, one.name.datatake) == (
        other.name.mission,
        other.name.datatake,
    ) and abs(one.start - other.start) < _SAME_SLICE
