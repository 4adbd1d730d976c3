"""The pass of a simulated product: what its documents share."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from scarp.simulate.slc_orbit import CircularOrbit
from scarp.simulate.slc_radar import LINE_INTERVAL, SwathPlan
from scarp.simulate.slc_xml import node, timestamp


@dataclass(frozen=True)
class Pass:
    """What all measurement files of a product share.

    Attributes
    ----------
    mission: S1A ... day: ISO date, from whose midnight times count.
    absolute_orbit, relative_orbit, datatake: numbers.
    direction: Ascending or Descending. heading: of the track, degree clockwise from north.
    orbit: the satellite's. epoch: of the orbit, s of the day.
    """

    mission: str
    day: str
    absolute_orbit: int
    relative_orbit: int
    datatake: int
    direction: str
    heading: float
    orbit: CircularOrbit
    epoch: float

    @property
    def node_time(self) -> float:
        """When the satellite crossed its ascending node, s of the day."""
        return self.epoch - self.orbit.since_node


@dataclass(frozen=True)
class TiePoint:
    """A point of the geolocation grid: time in s of the day, delay in s, angles in degree, m."""

    time: float
    delay: float
    line: int
    pixel: int
    latitude: float
    longitude: float
    height: float
    incidence: float
    elevation: float


def header(flight: Pass, swath: SwathPlan, polarisation: str, image_number: int) -> etree._Element:
    """The header that annotation, calibration and noise documents share."""
    first, last = span(swath)
    return node(
        "adsHeader",
        node("missionId", flight.mission),
        node("productType", "SLC"),
        node("polarisation", polarisation),
        node("mode", "IW"),
        node("swath", swath.subswath.name),
        node("startTime", timestamp(flight.day, first)),
        node("stopTime", timestamp(flight.day, last)),
        node("absoluteOrbitNumber", str(flight.absolute_orbit)),
        node("missionDataTakeId", str(flight.datatake)),
        node("imageNumber", f"{image_number:03d}"),
    )


def span(swath: SwathPlan) -> tuple[float, float]:
    """Zero-Doppler time of the first and of the last line, s of the day."""
    last = swath.bursts[-1].azimuth_time + (swath.lines - 1) * LINE_INTERVAL
    return swath.bursts[0].azimuth_time, last
