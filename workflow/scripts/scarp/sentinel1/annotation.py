"""What the annotation of one subswath and polarisation says about its image.

Formats: Sentinel-1 Product Specification (S1-RS-MDA-52-7441); elements of products before 2015 that
were named otherwise are read too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from scarp.errors import DataError, Fault
from scarp.sentinel1.documents import (
    elements,
    instant,
    integer,
    midnight,
    number,
    numbers,
    parse,
    same_length,
    seconds,
    text,
)
from scarp.sentinel1.orbit import StateVectors

_PASSES = {"ASCENDING": "ASC", "DESCENDING": "DES"}


@dataclass(frozen=True)
class Polynomial:
    """A quantity along range at one azimuth time: sum of coefficients[k] (tau - t0)^k.

    Attributes
    ----------
    time: azimuth time it holds for, s since the swath's reference time.
    t0: its own origin of two-way range time tau, s.
    coefficients: Hz/s^k for a Doppler centroid, Hz/s^(k+1) for an FM rate; lowest power first.
    """

    time: float
    t0: float
    coefficients: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Burst:
    """One burst of a subswath; samples and lines count from 0.

    Attributes
    ----------
    azimuth_time: zero-Doppler time of line 0, s since the swath's reference time.
    sensing_time: when line 0 was sensed, s.
    lines, samples: its size.
    first_line: its line 0 in the measurement file.
    byte_offset: of its first pixel in the measurement file.
    first_valid_sample, last_valid_sample: (lines,) int32, both included; -1 where a line has none.
    """

    azimuth_time: float
    sensing_time: float
    lines: int
    samples: int
    first_line: int
    byte_offset: int
    first_valid_sample: NDArray[np.int32]
    last_valid_sample: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class GeolocationGrid:
    """Points that the annotation geolocates, each array (rows, columns).

    Their azimuth times are not those of the lines: they differ by (tau - tau_mid) / 2, what the
    processor's bistatic correction, made for one range tau_mid, leaves at the others (Gisinger et
    al. 2021, IEEE TGRS 59); in the subswath IW1 that is 0.04 to 0.13 of a line.

    Attributes
    ----------
    azimuth_time, slant_range_time: s (two-way).
    line, sample: in the measurement file.
    longitude, latitude, height: degrees, degrees, m above the WGS84 ellipsoid.
    incidence_angle, elevation_angle: degrees.
    """

    azimuth_time: NDArray[np.float64]
    slant_range_time: NDArray[np.float64]
    line: NDArray[np.float64]
    sample: NDArray[np.float64]
    longitude: NDArray[np.float64]
    latitude: NDArray[np.float64]
    height: NDArray[np.float64]
    incidence_angle: NDArray[np.float64]
    elevation_angle: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Swath:
    """A subswath in one polarisation.

    Attributes
    ----------
    name, polarisation: "IW1" ... "IW3"; "VV", "VH", "HH" or "HV".
    mission: "S1A" ... "S1D".
    orbit_pass: "ASC" or "DES".
    absolute_orbit: orbit number since launch.
    relative_orbit, ipf: from the manifest, since an annotation has neither; 0 and (0, 0) without.
    reference_time: what all times count from, UTC, a midnight.
    bursts: in time order.
    lines, samples: size of the measurement file.
    slant_range_time: two-way time of sample 0, s.
    range_sampling_rate, radar_frequency: Hz.
    azimuth_time_interval: between lines, s.
    azimuth_steering_rate: of the antenna beam, rad/s.
    range_spacing, azimuth_spacing: of pixels, m (slant range; ground).
    incidence_mid: incidence angle at mid swath, degrees.
    range_bandwidth, azimuth_bandwidth: that the processor kept, Hz.
    range_window, azimuth_window: coefficient of the Hamming window it laid over them.
    fm_rates, doppler_centroids: in time order.
    orbit_state: the annotation's own orbit.
    geolocation: the annotation's own geolocation grid.
    """

    name: str
    polarisation: str
    mission: str
    orbit_pass: str
    absolute_orbit: int
    relative_orbit: int
    ipf: tuple[int, int]
    reference_time: np.datetime64
    bursts: tuple[Burst, ...]
    lines: int
    samples: int
    slant_range_time: float
    range_sampling_rate: float
    radar_frequency: float
    azimuth_time_interval: float
    azimuth_steering_rate: float
    range_spacing: float
    azimuth_spacing: float
    incidence_mid: float
    range_bandwidth: float
    azimuth_bandwidth: float
    range_window: float
    azimuth_window: float
    fm_rates: tuple[Polynomial, ...]
    doppler_centroids: tuple[Polynomial, ...]
    orbit_state: StateVectors
    geolocation: GeolocationGrid


def read_annotation(
    xml: bytes,
    label: str,
    reference_time: np.datetime64 | None = None,
    relative_orbit: int = 0,
    ipf: tuple[int, int] = (0, 0),
) -> Swath:
    """Read the annotation of a subswath.

    Parameters
    ----------
    xml: what the file in the product's annotation folder holds.
    label: its name, for errors.
    reference_time: what times shall count from; the midnight before the image's first line by
        default. Subswaths of a product that starts before midnight need one for all.
    relative_orbit, ipf: what the manifest says.

    Raises
    ------
    DataError: an element is missing or makes no sense (its path is named), the image is not an IW
        SLC, or the document has a document type declaration.
    """
    root = parse(xml, label)
    mode = text(root, "adsHeader/mode", label), text(root, "adsHeader/productType", label)
    if mode != ("IW", "SLC"):
        raise DataError(
            Fault(
                f"describes an image of mode {mode[0]} and type {mode[1]}",
                label,
                "mode IW, type SLC",
                "fetch the IW SLC product of this date",
            )
        )
    image = "imageAnnotation/imageInformation/"
    product = "generalAnnotation/productInformation/"
    processing = "imageAnnotation/processingInformation/swathProcParamsList/swathProcParams/"
    start = instant(text(root, image + "productFirstLineUtcTime", label), "first line", label)
    reference = midnight(start) if reference_time is None else reference_time
    direction = text(root, product + "pass", label)
    if direction.upper() not in _PASSES:
        raise DataError(Fault(f"names a pass '{direction}'", label, "Ascending, Descending"))
    lines = _positive(root, image + "numberOfLines", label)
    samples = _positive(root, image + "numberOfSamples", label)
    return Swath(
        name=text(root, "adsHeader/swath", label),
        polarisation=text(root, "adsHeader/polarisation", label),
        mission=text(root, "adsHeader/missionId", label),
        orbit_pass=_PASSES[direction.upper()],
        absolute_orbit=integer(root, "adsHeader/absoluteOrbitNumber", label),
        relative_orbit=relative_orbit,
        ipf=ipf,
        reference_time=reference,
        bursts=_bursts(root, label, reference, lines, samples),
        lines=lines,
        samples=samples,
        slant_range_time=_above_zero(root, image + "slantRangeTime", label),
        range_sampling_rate=_above_zero(root, product + "rangeSamplingRate", label),
        radar_frequency=_above_zero(root, product + "radarFrequency", label),
        azimuth_time_interval=_above_zero(root, image + "azimuthTimeInterval", label),
        azimuth_steering_rate=float(
            np.radians(_above_zero(root, product + "azimuthSteeringRate", label))
        ),
        range_spacing=_above_zero(root, image + "rangePixelSpacing", label),
        azimuth_spacing=_above_zero(root, image + "azimuthPixelSpacing", label),
        incidence_mid=_above_zero(root, image + "incidenceAngleMidSwath", label),
        range_bandwidth=_above_zero(
            root, processing + "rangeProcessing/processingBandwidth", label
        ),
        azimuth_bandwidth=_above_zero(
            root, processing + "azimuthProcessing/processingBandwidth", label
        ),
        range_window=_above_zero(root, processing + "rangeProcessing/windowCoefficient", label),
        azimuth_window=_above_zero(root, processing + "azimuthProcessing/windowCoefficient", label),
        fm_rates=_polynomials(
            root, "generalAnnotation/azimuthFmRateList/azimuthFmRate", _FM_RATE, label, reference
        ),
        doppler_centroids=_polynomials(
            root, "dopplerCentroid/dcEstimateList/dcEstimate", _DOPPLER, label, reference
        ),
        orbit_state=_orbit_state(root, label, reference),
        geolocation=_geolocation(root, label, reference),
    )


def nearest(polynomials: Sequence[Polynomial], time: float) -> Polynomial:
    """The polynomial whose azimuth time is nearest to `time` (s); the earlier of two as near."""
    return min(polynomials, key=lambda polynomial: abs(polynomial.time - time))


_FM_RATE = "azimuthFmRatePolynomial"
_DOPPLER = "dataDcPolynomial"


def _positive(root: etree._Element, path: str, label: str) -> int:
    value = integer(root, path, label)
    if value < 1:
        raise DataError(Fault(f"has {path} = {value}", label, "1 or more"))
    return value


def _above_zero(root: etree._Element, path: str, label: str) -> float:
    value = number(root, path, label)
    if value <= 0:
        raise DataError(Fault(f"has {path} = {value}", label, "more than 0"))
    return value


def _time(parent: etree._Element, path: str, label: str, reference: np.datetime64) -> float:
    return seconds(instant(text(parent, path, label), path, label), reference)


def _bursts(
    root: etree._Element, label: str, reference: np.datetime64, lines: int, samples: int
) -> tuple[Burst, ...]:
    size = _positive(root, "swathTiming/linesPerBurst", label)
    found = elements(root, "swathTiming/burstList/burst", label)
    if size * len(found) != lines:
        raise DataError(
            Fault(
                f"has {len(found)} bursts of {size} lines in an image of {lines} lines",
                label,
                "an image that is its bursts one below the other",
                "fetch the product again: the file is damaged",
            )
        )
    return tuple(
        Burst(
            azimuth_time=_time(burst, "azimuthTime", label, reference),
            sensing_time=_time(burst, "sensingTime", label, reference),
            lines=size,
            samples=samples,
            first_line=n * size,
            byte_offset=integer(burst, "byteOffset", label),
            first_valid_sample=_valid(burst, "firstValidSample", size, samples, label),
            last_valid_sample=_valid(burst, "lastValidSample", size, samples, label),
        )
        for n, burst in enumerate(found)
    )


def _valid(
    burst: etree._Element, name: str, lines: int, samples: int, label: str
) -> NDArray[np.int32]:
    values = numbers(text(burst, name, label), name, label)
    if values.size != lines or values.min() < -1 or values.max() >= samples:
        raise DataError(
            Fault(
                f"has {values.size} values from {values.min():.0f} to {values.max():.0f} in "
                f"burst/{name}",
                label,
                f"{lines} values from -1 to {samples - 1}",
                "fetch the product again: the file is damaged",
            )
        )
    return values.astype(np.int32)


def _polynomials(
    root: etree._Element, path: str, name: str, label: str, reference: np.datetime64
) -> tuple[Polynomial, ...]:
    return tuple(
        Polynomial(
            _time(record, "azimuthTime", label, reference),
            number(record, "t0", label),
            _coefficients(record, name, label),
        )
        for record in elements(root, path, label)
    )


def _coefficients(record: etree._Element, name: str, label: str) -> tuple[float, ...]:
    # Products before 2015 have the FM rate's coefficients in elements of their own.
    if record.find(name) is None and record.find("c0") is not None:
        return tuple(number(record, part, label) for part in ("c0", "c1", "c2"))
    return tuple(numbers(text(record, name, label), name, label).tolist())


def _orbit_state(root: etree._Element, label: str, reference: np.datetime64) -> StateVectors:
    found = elements(root, "generalAnnotation/orbitList/orbit", label)
    frames = {text(vector, "frame", label) for vector in found}
    if frames != {"Earth Fixed"}:
        raise DataError(
            Fault(f"has an orbit in frame {', '.join(sorted(frames))}", label, "Earth Fixed")
        )
    times, positions, velocities = (
        np.array([_time(vector, "time", label, reference) for vector in found]),
        *(
            np.array([[number(v, f"{part}/{axis}", label) for axis in "xyz"] for v in found])
            for part in ("position", "velocity")
        ),
    )
    order = np.argsort(times, kind="stable")
    return StateVectors(times[order], positions[order], velocities[order])


def _geolocation(root: etree._Element, label: str, reference: np.datetime64) -> GeolocationGrid:
    path = "geolocationGrid/geolocationGridPointList/geolocationGridPoint"
    found = elements(root, path, label)
    columns = {
        name: np.array([number(point, name, label) for point in found])
        for name in (
            "slantRangeTime",
            "line",
            "pixel",
            "longitude",
            "latitude",
            "height",
            "incidenceAngle",
            "elevationAngle",
        )
    }
    times = np.array([_time(point, "azimuthTime", label, reference) for point in found])
    same_length({"azimuthTime": times, **columns}, label)
    rows = np.unique(columns["line"]).size
    shape = (rows, len(found) // rows)
    if shape[0] * shape[1] != len(found) or (np.ptp(columns["line"].reshape(shape), axis=1)).any():
        raise DataError(
            Fault(
                f"has {len(found)} geolocation points that form no grid of lines",
                label,
                cure="fetch the product again: the file is damaged",
            )
        )
    grid = {name: values.reshape(shape) for name, values in columns.items()}
    return GeolocationGrid(
        azimuth_time=times.reshape(shape),
        slant_range_time=grid["slantRangeTime"],
        line=grid["line"],
        sample=grid["pixel"],
        longitude=grid["longitude"],
        latitude=grid["latitude"],
        height=grid["height"],
        incidence_angle=grid["incidenceAngle"],
        elevation_angle=grid["elevationAngle"],
    )
