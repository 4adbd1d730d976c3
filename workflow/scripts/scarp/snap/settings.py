"""What the graph of a product is made for: dates, subswaths, grid, elevation, numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from scarp.errors import Fault
from scarp.sentinel1.settings import Processing

Kind = Literal["backscatter", "coherence", "haalpha"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SUBSWATHS = ("IW1", "IW2", "IW3")
#: Values of Apply-Orbit-File.
PRECISE = "Sentinel Precise (Auto Download)"
RESTITUTED = "Sentinel Restituted (Auto Download)"
_NEIGHBOURS = {SUBSWATHS[i:j] for i in range(3) for j in range(i + 1, 4)}


@dataclass(frozen=True)
class Swath:
    """A subswath (IW1, IW2, IW3) and its bursts, counted from 1 as SNAP does, both included."""

    name: str
    first_burst: int
    last_burst: int


@dataclass(frozen=True)
class Date:
    """One pass.

    Attributes
    ----------
    products: SAFE folders or zips; several are slices, whose bursts are counted through.
    swaths: that image the area; neighbours.
    orbit_type: a value of Apply-Orbit-File; of a fresh date precise orbits do not exist yet.
    """

    products: tuple[str, ...]
    swaths: tuple[Swath, ...]
    orbit_type: str = PRECISE


@dataclass(frozen=True)
class GraphSettings:
    """What a template's ${parameters} stand for; gpt reads relative paths where it is started.

    Attributes
    ----------
    dates: one; for coherence the reference, then the secondary.
    epsg: of the event's UTM grid.
    origin: easting and northing of the centre of any pixel of that grid, m; SNAP aligns centres.
    dem: raster of heights above the WGS84 ellipsoid in metres; dem_nodata: its value for none.
    output: .dim file to write.
    geometry: whether backscatter comes with layover and shadow, and the local incidence angle.
    spectral_diversity: whether the azimuth shift of a pair is refined where bursts overlap.
    """

    dates: tuple[Date, ...]
    epsg: int
    dem: str
    output: str
    origin: tuple[float, float] = (5.0, 5.0)
    processing: Processing = field(default_factory=Processing)
    dem_nodata: float = -32768.0
    geometry: bool = False
    spectral_diversity: bool = False


def settings_faults(kind: Kind, settings: GraphSettings) -> list[Fault]:
    """Dates, subswaths, bursts and an output that no graph of this kind can be made for."""
    where = f"graph {kind}"
    wanted = 2 if kind == "coherence" else 1
    faults = []
    if len(settings.dates) != wanted:
        count = len(settings.dates)
        faults.append(Fault(f"{count} dates are given", where, str(wanted), "give as many"))
    if not settings.output.endswith(".dim"):
        faults.append(
            Fault("writes no BEAM-DIMAP", f"{where}, {settings.output}", ".dim", "name it so")
        )
    for n, date in enumerate(settings.dates, 1):
        own = f"{where}, date {n}"
        if not date.products:
            faults.append(Fault("no product is given", own, "SAFE folders or zips", "give one"))
        names = [swath.name for swath in date.swaths]
        if tuple(names) not in _NEIGHBOURS:
            faults.append(
                Fault(
                    f"subswaths {', '.join(names) or 'none'}",
                    own,
                    f"neighbours among {', '.join(SUBSWATHS)}, in that order",
                    "give the subswaths that image the area",
                )
            )
        faults += [
            Fault(
                f"bursts {swath.first_burst} to {swath.last_burst}",
                f"{own}, {swath.name}",
                "counted from 1, the first not after the last",
                "correct them",
            )
            for swath in date.swaths
            if not 1 <= swath.first_burst <= swath.last_burst
        ]
    if len({tuple(swath.name for swath in date.swaths) for date in settings.dates}) > 1:
        faults.append(
            Fault("the dates are of different subswaths", where, "the same", "give the same")
        )
    return faults
