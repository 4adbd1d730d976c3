"""The annotation document of a simulated measurement file.

Names and order of the elements are those of the Sentinel-1 product specification
(S1-RS-MDA-52-7441); what an instrument would have measured on board is left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from scarp.simulate.slc_pass import Pass, TiePoint, span
from scarp.simulate.slc_radar import (
    FREQUENCY,
    LINE_INTERVAL,
    RANGE_SPACING,
    SAMPLING,
    BurstPlan,
    Polynomial,
    SwathPlan,
)
from scarp.simulate.slc_xml import listing, node, number, timestamp

Array = NDArray[np.float64]

#: State vectors: seconds between them, and before the first and after the last burst.
_STATE_STEP = 10.0
_STATE_MARGIN = 70.0
#: Raw data of a burst are about 0.8 s long; they end and start nearer to its centre than its image.
_HALF_ILLUMINATION = 0.4


def annotation_document(
    head: etree._Element,
    flight: Pass,
    swath: SwathPlan,
    tie_points: Sequence[TiePoint],
    first_byte: int,
) -> etree._Element:
    """The annotation of a measurement file whose pixels start at byte `first_byte`."""
    return node(
        "product",
        head,
        node("qualityInformation", node("productQualityIndex", number(0.0))),
        _general(flight, swath),
        _image(flight, swath, tie_points),
        node("dopplerCentroid", _centroids(flight.day, swath)),
        node("antennaPattern", listing("antennaPatternList", [])),
        _timing(flight, swath, first_byte),
        node(
            "geolocationGrid",
            listing("geolocationGridPointList", [_tie(flight.day, p) for p in tie_points]),
        ),
        node("coordinateConversion", listing("coordinateConversionList", [])),
        node("swathMerging", listing("swathMergeList", [])),
    )


def _general(flight: Pass, swath: SwathPlan) -> etree._Element:
    radar = swath.subswath
    first, _ = span(swath)
    return node(
        "generalAnnotation",
        node(
            "productInformation",
            node("pass", flight.direction),
            node("timelinessCategory", "Fast-24h"),
            node("platformHeading", number(flight.heading)),
            node("projection", "Slant Range"),
            node("rangeSamplingRate", number(SAMPLING)),
            node("radarFrequency", number(FREQUENCY)),
            node("azimuthSteeringRate", number(radar.steering)),
        ),
        listing(
            "downlinkInformationList",
            [
                node(
                    "downlinkInformation",
                    node("swath", radar.name),
                    node("azimuthTime", timestamp(flight.day, first)),
                    node("prf", number(radar.prf)),
                    node("downlinkValues", node("pri", number(1.0 / radar.prf))),
                )
            ],
        ),
        listing("orbitList", _states(flight, swath)),
        listing("attitudeList", []),
        listing("rawDataAnalysisList", []),
        listing("replicaInformationList", []),
        listing("noiseList", []),
        listing(
            "terrainHeightList",
            [
                node(
                    "terrainHeight",
                    node("azimuthTime", timestamp(flight.day, first)),
                    node("value", number(swath.height)),
                )
            ],
        ),
        listing(
            "azimuthFmRateList",
            [
                node(
                    "azimuthFmRate",
                    node("azimuthTime", timestamp(flight.day, time)),
                    node("t0", number(burst.fm_rate.t0)),
                    _coefficients("azimuthFmRatePolynomial", burst.fm_rate),
                )
                for time, burst in _records(swath, 0.014)
            ],
        ),
    )


def _states(flight: Pass, swath: SwathPlan) -> list[etree._Element]:
    first, last = span(swath)
    start = np.floor(first - _STATE_MARGIN)
    times = np.arange(start, last + _STATE_MARGIN + _STATE_STEP, _STATE_STEP)
    positions = flight.orbit.position(times - flight.epoch)
    velocities = flight.orbit.velocity(times - flight.epoch)
    return [
        node(
            "orbit",
            node("time", timestamp(flight.day, time)),
            node("frame", "Earth Fixed"),
            node("position", *_vector(position)),
            node("velocity", *_vector(velocity)),
        )
        for time, position, velocity in zip(times, positions, velocities, strict=True)
    ]


def _vector(values: Array) -> list[etree._Element]:
    return [node(axis, number(value)) for axis, value in zip("xyz", values, strict=True)]


def _records(swath: SwathPlan, after: float) -> list[tuple[float, BurstPlan]]:
    """Time and burst of the records of a list: one by each burst's centre, one more at each end.

    Those at the ends hold what the nearest burst has, as where a product goes on.
    """
    centre = 0.5 * (swath.lines - 1) * LINE_INTERVAL + after
    times = [(burst.azimuth_time + centre, burst) for burst in swath.bursts]
    cycle = swath.lines * LINE_INTERVAL
    return [
        (times[0][0] - cycle, swath.bursts[0]),
        *times,
        (times[-1][0] + cycle, swath.bursts[-1]),
    ]


def _coefficients(tag: str, polynomial: Polynomial) -> etree._Element:
    return node(tag, " ".join(number(value) for value in polynomial.coefficients), count="3")


def _image(flight: Pass, swath: SwathPlan, tie_points: Sequence[TiePoint]) -> etree._Element:
    first, last = span(swath)
    radar = swath.subswath
    middle = tie_points[len(tie_points) // 2].incidence
    processing = [
        node(
            name,
            node("windowType", "Hamming"),
            node("windowCoefficient", number(window)),
            node("totalBandwidth", number(bandwidth)),
            node("processingBandwidth", number(bandwidth)),
            node("lookBandwidth", number(bandwidth)),
            node("numberOfLooks", "1"),
            node("lookOverlap", number(0.0)),
        )
        for name, window, bandwidth in (
            ("rangeProcessing", radar.range_window, radar.range_bandwidth),
            ("azimuthProcessing", radar.azimuth_window, radar.azimuth_bandwidth),
        )
    ]
    return node(
        "imageAnnotation",
        node(
            "imageInformation",
            node("productFirstLineUtcTime", timestamp(flight.day, first)),
            node("productLastLineUtcTime", timestamp(flight.day, last)),
            node("ascendingNodeTime", timestamp(flight.day, flight.node_time)),
            node("anchorTime", timestamp(flight.day, first)),
            node("productComposition", "Slice"),
            node("sliceNumber", "1"),
            node("slantRangeTime", number(swath.slant_range_time)),
            node("pixelValue", "Complex"),
            node("outputPixels", "16 bit Signed Integer"),
            node("rangePixelSpacing", number(RANGE_SPACING)),
            node("azimuthPixelSpacing", number(swath.azimuth_spacing)),
            node("azimuthTimeInterval", number(LINE_INTERVAL)),
            node("azimuthFrequency", number(1.0 / LINE_INTERVAL)),
            node("numberOfSamples", str(swath.samples)),
            node("numberOfLines", str(swath.lines * len(swath.bursts))),
            node("zeroDopMinusAcqTime", number(0.0)),
            node("incidenceAngleMidSwath", number(middle)),
        ),
        node(
            "processingInformation",
            node("thermalNoiseCorrectionPerformed", "false"),
            node("rangeSpreadingLossCompensationApplied", "true"),
            node("srgrConversionApplied", "false"),
            node("detectionPerformed", "false"),
            listing(
                "swathProcParamsList",
                [node("swathProcParams", node("swath", radar.name), *processing)],
            ),
            node("ellipsoidName", "WGS84"),
            node("ellipsoidSemiMajorAxis", number(6378137.0)),
            node("ellipsoidSemiMinorAxis", number(6356752.314245)),
        ),
    )


def _centroids(day: str, swath: SwathPlan) -> etree._Element:
    half = 0.5 * swath.lines * LINE_INTERVAL
    return listing(
        "dcEstimateList",
        [
            node(
                "dcEstimate",
                node("azimuthTime", timestamp(day, time)),
                node("t0", number(burst.doppler.t0)),
                _coefficients("geometryDcPolynomial", burst.doppler),
                _coefficients("dataDcPolynomial", burst.doppler),
                node("dataDcRmsError", number(0.0)),
                node("dataDcRmsErrorAboveThreshold", "false"),
                node("fineDceAzimuthStartTime", timestamp(day, time - half)),
                node("fineDceAzimuthStopTime", timestamp(day, time + half)),
            )
            for time, burst in _records(swath, 0.052)
        ],
    )


def _timing(flight: Pass, swath: SwathPlan, first_byte: int) -> etree._Element:
    line = np.arange(swath.lines)
    inside = (line >= swath.edge_lines) & (line < swath.lines - swath.edge_lines)
    first = np.where(inside, swath.edge_samples, -1)
    last = np.where(inside, swath.samples - 1 - swath.edge_samples, -1)
    size = str(swath.lines)
    sensing = 0.5 * (swath.lines - 1) * LINE_INTERVAL - _HALF_ILLUMINATION
    bursts = [
        node(
            "burst",
            node("azimuthTime", timestamp(flight.day, burst.azimuth_time)),
            node("azimuthAnxTime", number(burst.azimuth_time - flight.node_time)),
            node("sensingTime", timestamp(flight.day, burst.azimuth_time + sensing)),
            node("byteOffset", str(first_byte + index * swath.lines * swath.samples * 4)),
            node("firstValidSample", " ".join(map(str, first)), count=size),
            node("lastValidSample", " ".join(map(str, last)), count=size),
        )
        for index, burst in enumerate(swath.bursts)
    ]
    return node(
        "swathTiming",
        node("linesPerBurst", str(swath.lines)),
        node("samplesPerBurst", str(swath.samples)),
        listing("burstList", bursts),
    )


def _tie(day: str, point: TiePoint) -> etree._Element:
    return node(
        "geolocationGridPoint",
        node("azimuthTime", timestamp(day, point.time)),
        node("slantRangeTime", number(point.delay)),
        node("line", str(point.line)),
        node("pixel", str(point.pixel)),
        node("latitude", number(point.latitude)),
        node("longitude", number(point.longitude)),
        node("height", number(point.height)),
        node("incidenceAngle", number(point.incidence)),
        node("elevationAngle", number(point.elevation)),
    )
