"""Simulated SLC products, read back with plain numpy: geometry, radiometry, Doppler, coherence."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from lxml import etree
from numpy.typing import NDArray
from pyproj import Transformer
from scipy import ndimage

from scarp.errors import ScarpError
from scarp.grid import Grid
from scarp.simulate.slc import TRUTH, SlcDate, SlcScene, SlcSettings, simulate_slc
from scarp.simulate.slc_focus import focus
from scarp.simulate.slc_radar import SUBSWATHS, WAVELENGTH, BurstPlan, Polynomial, SwathPlan
from scarp.simulate.slc_scatter import Echo

C = 299792458.0
INTERVAL = 2.055556299999998e-3
SIDE = 220
GRID = Grid("EPSG:32633", 560_000.0, 4_650_000.0, 10.0, SIDE, SIDE)
GAMMA0_CO = np.array([[0.10, 0.30], [0.20, 0.30]])
GAMMA0_CROSS = np.array([[0.02, 0.06], [0.03, 0.06]])
CORRELATION = np.array([[0.5, 0.3j], [0.1, -0.3]])
COHERENCE = np.array([[0.8, 0.4]])
DATES = (SlcDate("2023-09-04", 50174), SlcDate("2023-09-16", 50349))
QUIET = SlcSettings(bursts=1, lines=240, overlap=40, scatterers=2, noise_factor=0.0)


def scene(elevation: NDArray[np.float64] | None = None, direction: str = "DES") -> SlcScene:
    """Two zones, the second in the east; flat at 400 m unless told otherwise."""
    zones = np.zeros((SIDE, SIDE), dtype=np.int16)
    zones[:, SIDE // 2 :] = 1
    return SlcScene(
        GRID,
        np.full((SIDE, SIDE), 400.0) if elevation is None else elevation,
        zones,
        direction,
        GAMMA0_CO,
        GAMMA0_CROSS,
        CORRELATION,
        COHERENCE,
    )


def zeroed(ground: SlcScene) -> SlcScene:
    """The scene without backscatter."""
    return replace(ground, gamma0_co=0.0 * GAMMA0_CO, gamma0_cross=0.0 * GAMMA0_CROSS)


def one_date(ground: SlcScene) -> SlcScene:
    return replace(
        ground,
        gamma0_co=ground.gamma0_co[:1],
        gamma0_cross=ground.gamma0_cross[:1],
        correlation=ground.correlation[:1],
        coherence=ground.coherence[:0],
    )


@dataclass
class Read:
    """A measurement file with its documents."""

    annotation: Any
    calibration: Any
    noise: Any
    pixels: NDArray[np.complex64]

    def number(self, tag: str) -> float:
        return float(self.annotation.findtext(f".//{tag}"))

    def table(self, document: Any, tag: str) -> NDArray[np.float64]:
        """A look-up table over range, interpolated to every sample."""
        vector = next(document.iter(tag)).getparent()
        pixel = np.array(vector.findtext("pixel").split(), dtype=float)
        values = np.array(vector.findtext(tag).split(), dtype=float)
        return np.interp(np.arange(self.pixels.shape[1]), pixel, values)

    def bursts(self) -> list[float]:
        return [seconds(b.findtext("azimuthTime")) for b in self.annotation.iter("burst")]


def seconds(text: str) -> float:
    instant = np.datetime64(text, "us")
    return float((instant - instant.astype("datetime64[D]")) / np.timedelta64(1, "us")) * 1e-6


def read(product: Path, polarisation: str = "vv", swath: str = "iw1") -> Read:
    name = f"*{swath}-slc-{polarisation}-*"
    (annotation,) = (product / "annotation").glob(f"s1{name}.xml")
    folder = product / "annotation" / "calibration"
    (calibration,) = folder.glob(f"calibration-{name}.xml")
    (noise,) = folder.glob(f"noise-{name}.xml")
    (measurement,) = (product / "measurement").glob(f"{name}.tiff")
    with rasterio.open(measurement) as file:
        assert "Simulated" in file.tags()["TIFFTAG_IMAGEDESCRIPTION"]
        pixels = file.read(1)
    documents = (etree.parse(str(path)).getroot() for path in (annotation, calibration, noise))
    return Read(*documents, pixels)


def radar_position(
    image: Read, points: NDArray[np.float64], burst: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Line in a burst and sample of Earth-fixed points, from the annotated orbit alone.

    Each coordinate of position and of velocity is a polynomial through the state vectors; the zero
    of (P - S) . V is found by secants.
    """
    states = list(image.annotation.iter("orbit"))
    time = np.array([seconds(s.findtext("time")) for s in states])
    middle = time.mean()
    position, velocity = (
        np.polynomial.polynomial.polyfit(
            (time - middle) / 50.0,
            [[float(s.findtext(f"{kind}/{axis}")) for axis in "xyz"] for s in states],
            9,
        )
        for kind in ("position", "velocity")
    )

    def at(coefficients: NDArray[np.float64], t: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.moveaxis(
            np.polynomial.polynomial.polyval((t - middle) / 50.0, coefficients), 0, -1
        )

    def ahead(t: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.sum((points - at(position, t)) * at(velocity, t), axis=-1))

    before, now = np.full(len(points), middle - 5.0), np.full(len(points), middle)
    value_before = ahead(before)
    for _ in range(4):
        value = ahead(now)
        step = value * (now - before) / (value - value_before)
        before, value_before, now = now, value, now - step
    assert np.abs(step).max() < 1e-7
    distance = np.linalg.norm(points - at(position, now), axis=-1)
    line = (now - image.bursts()[burst]) / image.number("azimuthTimeInterval")
    sample = (2.0 * distance / C - image.number("imageInformation/slantRangeTime")) * image.number(
        "rangeSamplingRate"
    )
    return line, sample


def earth_fixed(x: Any, y: Any, height: Any) -> NDArray[np.float64]:
    """Points (n, 3) of UTM coordinates and ellipsoidal heights, m."""
    geographic = Transformer.from_crs(GRID.crs, "EPSG:4979", always_xy=True)
    geocentric = Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
    return np.stack(geocentric.transform(*geographic.transform(x, y, height)), axis=-1)


def zone_map(image: Read, ground: SlcScene, burst: int = 0, margin: int = 60) -> NDArray[np.int8]:
    """Zone of the pixels of a burst whose surroundings are of one zone, else -1; flat ground."""
    y, x = np.meshgrid(GRID.y, GRID.x, indexing="ij")
    corners = earth_fixed(x.ravel(), y.ravel(), ground.elevation.ravel())
    line, sample = radar_position(image, corners, burst)
    # On flat ground over a kilometre, map coordinates are smooth functions of line and sample.
    terms = np.stack([np.ones_like(line), line, sample, line * sample, line**2, sample**2])
    to_map = np.linalg.lstsq(terms.T, np.stack([x.ravel(), y.ravel()], axis=1), rcond=None)[0]
    lines = int(image.annotation.findtext(".//linesPerBurst"))
    i, j = np.mgrid[:lines, : image.pixels.shape[1]].astype(float)
    basis = np.stack([np.ones_like(i), i, j, i * j, i**2, j**2], axis=-1)
    east, north = np.moveaxis(basis @ to_map, -1, 0)
    east, north = east - GRID.left, GRID.top - north
    size, middle = 10.0 * SIDE, 10.0 * (SIDE // 2)
    inside = (east > margin) & (east < size - margin) & (north > margin) & (north < size - margin)
    starts, ends = (
        np.array(image.annotation.findtext(f".//burst/{tag}").split(), dtype=int)[:, None]
        for tag in ("firstValidSample", "lastValidSample")
    )
    valid = (starts >= 0) & (j >= starts) & (j <= ends)
    zone = np.full(i.shape, -1, dtype=np.int8)
    zone[inside & valid & (east < middle - margin)] = 0
    zone[inside & valid & (east > middle + margin)] = 1
    return zone


def decibels(ratio: Any) -> float:
    return float(10.0 * np.log10(ratio))


def polynomial(record: Any, tag: str, tau: Any) -> Any:
    coefficients = [float(word) for word in record.findtext(tag).split()]
    return np.polynomial.polynomial.polyval(tau - float(record.findtext("t0")), coefficients)


def esa_phase(image: Read, burst: int) -> NDArray[np.float64]:
    """Deramping and demodulation phase by ESA-EOPG-CSCOP-TN-0025, from the annotation alone."""
    lines = int(image.annotation.findtext(".//linesPerBurst"))
    interval = image.number("azimuthTimeInterval")
    centre = image.bursts()[burst] + 0.5 * lines * interval
    delay = image.number("imageInformation/slantRangeTime")
    samples = image.pixels.shape[1]
    tau = delay + np.arange(samples) / image.number("rangeSamplingRate")

    def nearest(tag: str) -> Any:
        records = image.annotation.iter(tag)
        return min(records, key=lambda r: abs(seconds(r.findtext("azimuthTime")) - centre))

    ka = polynomial(nearest("azimuthFmRate"), "azimuthFmRatePolynomial", tau)
    fdc = polynomial(nearest("dcEstimate"), "dataDcPolynomial", tau)
    states = list(image.annotation.iter("orbit"))
    state = min(states, key=lambda s: abs(seconds(s.findtext("time")) - centre))
    speed = np.linalg.norm([float(state.findtext(f"velocity/{axis}")) for axis in "xyz"])
    steering = np.deg2rad(image.number("azimuthSteeringRate"))
    ks = 2.0 * speed / C * image.number("radarFrequency") * steering
    kt = ka * ks / (ka - ks)
    crossing = -fdc / ka
    eta = (np.arange(lines)[:, None] - 0.5 * lines) * interval
    away = eta - (crossing - crossing[samples // 2])
    return np.asarray(-np.pi * kt * away**2 - 2.0 * np.pi * fdc * away)


def doppler(pixels: NDArray[np.complex64], interval: float) -> tuple[float, float]:
    """Mean Doppler frequency (Hz) by the phase of the first lag along azimuth, and its line.

    White noise has no such lag.
    """
    lag = pixels[1:] * pixels[:-1].conj()
    weight = np.abs(lag).sum(axis=1)
    line = np.sum(weight * np.arange(len(weight))) / np.sum(weight)
    return float(np.angle(np.sum(lag)) / (2.0 * np.pi * interval)), float(line)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two dates of flat ground without baseline, offset or noise."""
    return simulate_slc(tmp_path_factory.mktemp("pair"), scene(), DATES, QUIET)


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One ascending date with noise over two subswaths of two bursts."""
    settings = SlcSettings(
        swaths=("IW1", "IW2"), lines=200, overlap=90, scatterers=2, swath_overlap=250.0
    )
    ground = one_date(scene(direction="ASC"))
    return simulate_slc(tmp_path_factory.mktemp("wide"), ground, DATES[:1], settings)[0]


def test_tie_points_are_where_the_annotated_orbit_sees_them(pair: list[Path], wide: Path) -> None:
    for product, swath in ((pair[1], "iw1"), (wide, "iw2")):
        image = read(product, swath=swath)
        ties = list(image.annotation.iter("geolocationGridPoint"))
        place = [[float(t.findtext(n)) for n in ("longitude", "latitude", "height")] for t in ties]
        geocentric = Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
        points = np.stack(geocentric.transform(*np.array(place).T), axis=-1)
        line, sample = radar_position(image, points)
        interval = image.number("azimuthTimeInterval")
        time = np.array([seconds(t.findtext("azimuthTime")) for t in ties])
        expected = (time - image.bursts()[0]) / interval
        assert np.abs(line - expected).max() < 0.002
        assert np.abs(sample - [float(t.findtext("pixel")) for t in ties]).max() < 0.002


@pytest.mark.parametrize(("polarisation", "truth"), [("vv", GAMMA0_CO), ("vh", GAMMA0_CROSS)])
def test_calibrated_power_of_a_zone_is_its_gamma_nought(
    pair: list[Path], polarisation: str, truth: NDArray[np.float64]
) -> None:
    for date, product in enumerate(pair):
        image = read(product, polarisation)
        zone = zone_map(image, scene())
        gamma0 = np.abs(image.pixels / image.table(image.calibration, "gamma")) ** 2
        for number in (0, 1):
            assert np.sum(zone == number) > 20_000
            mean = gamma0[zone == number].mean()
            assert abs(decibels(mean / truth[date, number])) < 0.1
        sigma0 = np.abs(image.pixels / image.table(image.calibration, "sigmaNought")) ** 2
        angle = np.deg2rad(image.number("incidenceAngleMidSwath"))
        assert decibels(sigma0.mean() / gamma0.mean()) == pytest.approx(
            decibels(np.cos(angle)), abs=0.05
        )


def test_speckle_is_circular_gaussian(pair: list[Path]) -> None:
    image = read(pair[0])
    power = np.abs(image.pixels[zone_map(image, scene()) == 1]) ** 2
    # Exponential: the standard deviation is the mean.
    assert power.std() / power.mean() == pytest.approx(1.0, abs=0.05)


def test_coherence_of_a_zone_is_its_own_in_both_polarisations(pair: list[Path]) -> None:
    for polarisation in ("vv", "vh"):
        first, second = (read(product, polarisation) for product in pair)
        zone = zone_map(first, scene())
        for number in (0, 1):
            m, s = first.pixels[zone == number], second.pixels[zone == number]
            gamma = np.sum(m * s.conj()) / np.sqrt(np.sum(np.abs(m) ** 2) * np.sum(np.abs(s) ** 2))
            expected = COHERENCE[0, number]
            if polarisation == "vh":
                # The mixture changes with the correlation between the dates.
                a, b = CORRELATION[:, number]
                mixed = np.conj(a) * b + np.sqrt((1 - abs(a) ** 2) * (1 - abs(b) ** 2))
                expected *= abs(mixed)
            assert abs(gamma) == pytest.approx(expected, abs=0.02)
            if polarisation == "vv":
                assert abs(np.angle(gamma)) < 0.05


def test_polarimetric_correlation_has_its_phase(pair: list[Path]) -> None:
    for date, product in enumerate(pair):
        co, cross = read(product, "vv"), read(product, "vh")
        zone = zone_map(co, scene())
        for number in (0, 1):
            a, b = co.pixels[zone == number], cross.pixels[zone == number]
            rho = np.sum(a * b.conj()) / np.sqrt(np.sum(np.abs(a) ** 2) * np.sum(np.abs(b) ** 2))
            assert abs(rho - CORRELATION[date, number]) < 0.03


def test_doppler_drifts_along_the_burst_and_the_published_phase_removes_it(wide: Path) -> None:
    ground = one_date(scene(direction="ASC"))
    for swath in ("iw1", "iw2"):
        image = read(wide, swath=swath)
        interval = image.number("azimuthTimeInterval")
        lines = int(image.annotation.findtext(".//linesPerBurst"))
        for burst in (0, 1):
            within = zone_map(image, ground, burst) >= 0
            pixels = image.pixels[burst * lines : (burst + 1) * lines] * within
            rows = np.flatnonzero(within.any(axis=1))
            first, last = (part for part in (rows[: rows.size // 2], rows[rows.size // 2 :]))
            phase = esa_phase(image, burst)
            flat = pixels * np.exp(1j * phase)
            (f1, l1), (f2, l2) = (doppler(pixels[part], interval) for part in (first, last))
            rate = (f2 - f1) / ((l2 + last[0] - l1 - first[0]) * interval)
            # The phase's own second derivative along azimuth is -2 pi kt.
            column = phase[:, phase.shape[1] // 2]
            kt = -np.diff(column, 2).mean() / (2.0 * np.pi * interval**2)
            assert 900.0 < kt < 1900.0
            assert rate == pytest.approx(kt, rel=0.06)
            for part in (first, last):
                assert abs(doppler(flat[part], interval)[0]) < 10.0
            # 327 or 313 Hz of 486 Hz are filled.
            spectrum = np.mean(np.abs(np.fft.fft(flat[rows], axis=0)) ** 2, axis=1)
            frequency = np.abs(np.fft.fftfreq(rows.size, interval))
            filled, empty = spectrum[frequency < 120.0], spectrum[frequency > 200.0]
            assert empty.mean() < 0.2 * filled.mean()


def test_power_goes_on_across_bursts_and_subswaths(wide: Path) -> None:
    ground = one_date(scene(direction="ASC"))
    for swath in ("iw1", "iw2"):
        image = read(wide, swath=swath)
        lines = int(image.annotation.findtext(".//linesPerBurst"))
        azimuth = next(image.noise.iter("noiseAzimuthVector"))
        along = np.interp(
            np.arange(len(image.pixels)),
            np.array(azimuth.findtext("line").split(), dtype=float),
            np.array(azimuth.findtext("noiseAzimuthLut").split(), dtype=float),
        )
        noise = along[:, None] * image.table(image.noise, "noiseRangeLut")
        gamma0 = (np.abs(image.pixels) ** 2 - noise) / image.table(image.calibration, "gamma") ** 2
        for burst in (0, 1):
            part = gamma0[burst * lines : (burst + 1) * lines]
            zone = zone_map(image, ground, burst)
            chosen = zone >= 0
            assert np.sum(chosen) > 8000
            ratio = part[chosen] / GAMMA0_CO[0][zone[chosen]]
            assert abs(decibels(ratio.mean())) < 0.2


def test_bursts_and_subswaths_overlap_on_the_ground(wide: Path) -> None:
    near, far = read(wide, swath="iw1"), read(wide, swath="iw2")
    interval = near.number("azimuthTimeInterval")
    first, second = near.bursts()
    assert (second - first) / interval == pytest.approx(110, abs=0.001)
    start = far.number("imageInformation/slantRangeTime")
    end = near.number("imageInformation/slantRangeTime") + near.pixels.shape[1] / near.number(
        "rangeSamplingRate"
    )
    assert 0.5 * C * (end - start) == pytest.approx(250.0, abs=10.0)


def test_noise_alone_has_the_power_of_its_tables(tmp_path: Path) -> None:
    settings = replace(QUIET, noise_factor=1.0)
    (product,) = simulate_slc(tmp_path, one_date(zeroed(scene())), DATES[:1], settings)
    for polarisation in ("vv", "vh"):
        image = read(product, polarisation)
        azimuth = next(image.noise.iter("noiseAzimuthVector"))
        along = np.interp(
            np.arange(240),
            np.array(azimuth.findtext("line").split(), dtype=float),
            np.array(azimuth.findtext("noiseAzimuthLut").split(), dtype=float),
        )
        expected = along[:, None] * image.table(image.noise, "noiseRangeLut")
        ratio = np.abs(image.pixels) ** 2 / expected
        for part in (ratio[15:60, 15:-15], ratio[100:140, 15:-15], ratio[15:-15, 15:60]):
            assert part.mean() == pytest.approx(1.0, abs=0.05)
        assert np.ptp(along) > 0.1


def test_edges_are_empty_where_the_annotation_says_so(pair: list[Path]) -> None:
    image = read(pair[0])
    starts, ends = (
        np.array(image.annotation.findtext(f".//burst/{tag}").split(), dtype=int)
        for tag in ("firstValidSample", "lastValidSample")
    )
    column = np.arange(image.pixels.shape[1])
    valid = (starts[:, None] >= 0) & (column >= starts[:, None]) & (column <= ends[:, None])
    assert not image.pixels[~valid].any()
    assert np.mean(image.pixels[zone_map(image, scene()) >= 0] != 0) > 0.99


def test_older_processors_have_noise_over_range_only(tmp_path: Path) -> None:
    settings = replace(QUIET, ipf="002.84", noise_factor=1.0, polarisations=("HH",))
    (product,) = simulate_slc(tmp_path, one_date(zeroed(scene())), DATES[:1], settings)
    assert "_1SSH_" in product.name
    image = read(product, "hh")
    assert image.noise.find("noiseAzimuthVectorList") is None
    expected = image.table(image.noise, "noiseLut")
    ratio = np.abs(image.pixels[15:-15, 15:-15]) ** 2 / expected[15:-15]
    assert ratio.mean() == pytest.approx(1.0, abs=0.02)
    assert ratio[:40].mean() == pytest.approx(1.0, abs=0.05)


def test_byte_offsets_lead_to_the_first_pixel_of_a_burst(wide: Path) -> None:
    image = read(wide)
    lines = int(image.annotation.findtext(".//linesPerBurst"))
    (path,) = (wide / "measurement").glob("*iw1-slc-vv*.tiff")
    content = path.read_bytes()
    for burst, record in enumerate(image.annotation.iter("burst")):
        row = burst * lines + lines // 2
        start = int(record.findtext("byteOffset")) + lines // 2 * image.pixels.shape[1] * 4
        words = np.frombuffer(content, "<i2", image.pixels.shape[1] * 2, start)
        assert np.array_equal(words[::2] + 1j * words[1::2], image.pixels[row])
        assert words.any()


def test_manifest_lists_every_file_with_its_checksum(pair: list[Path]) -> None:
    root = etree.parse(str(pair[0] / "manifest.safe")).getroot()
    listed = {}
    for entry in root.iter("dataObject"):
        path = entry.find(".//fileLocation").get("href").removeprefix("./")
        listed[path] = entry.findtext(".//checksum")
    files = {str(p.relative_to(pair[0])): p for p in pair[0].rglob("*") if p.is_file()}
    assert set(listed) == set(files) - {"manifest.safe"}
    for name, checksum in listed.items():
        assert hashlib.md5(files[name].read_bytes()).hexdigest() == checksum
    for name, path in files.items():
        if not name.endswith(".tiff"):
            assert "Simulated by scarp" in path.read_text()


def point_target(line: float, sample: float) -> tuple[NDArray[np.complex64], complex]:
    """The image of a scatterer of amplitude 3j, and the value that its peak should have."""
    centroid = Polynomial(5.5e-3, (30.0, 0.0, 0.0))
    burst = BurstPlan(100.0, 7590.0, Polynomial(5.5e-3, (-2300.0, 0.0, 0.0)), centroid)
    plan = SwathPlan(SUBSWATHS["IW1"], 101, 64, 5.5e-3, (burst,), 0, 0, 14.0, 0.0)
    distance = 0.5 * C * (5.5e-3 + sample / 64.34523812571428e6)
    time = 100.0 + line * INTERVAL
    echo = Echo(np.array([time]), np.array([distance]), np.ones(1, dtype=np.float32))
    image = focus(plan, burst, 0.0, echo, np.full((1, 1), 3.0j, dtype=np.complex64))[0]
    return image, 3.0j * np.exp(-4j * np.pi * distance / WAVELENGTH)


def test_one_scatterer_has_its_phase_and_doppler() -> None:
    image, peak = point_target(70.0, 30.0)
    assert np.unravel_index(np.argmax(np.abs(image)), image.shape) == (70, 30)
    assert np.angle(image[70, 30] / peak) == pytest.approx(0.0, abs=1e-3)
    # Beam and scatterer meet at ka (fdc + ks (eta - t0)) / (ka - ks), with t0 = fdc / ka.
    ks = 2.0 * 7590.0 / WAVELENGTH * np.deg2rad(1.590368784)
    eta = 20.0 * INTERVAL
    frequency = -2300.0 * (30.0 + ks * (eta + 30.0 / 2300.0)) / (-2300.0 - ks)
    step = image[71, 30] / image[69, 30]
    turn = np.exp(4j * np.pi * frequency * INTERVAL)
    assert np.angle(step / turn) == pytest.approx(0.0, abs=0.01)


def test_one_scatterer_between_pixels_keeps_place_and_power() -> None:
    image, _ = point_target(40.3, 30.6)
    power = np.abs(image) ** 2
    assert power.sum() == pytest.approx(9.0, rel=1e-3)
    assert np.sum(power.sum(axis=1) * np.arange(101)) / power.sum() == pytest.approx(40.3, abs=0.01)
    assert np.sum(power.sum(axis=0) * np.arange(64)) / power.sum() == pytest.approx(30.6, abs=0.01)


def test_power_on_relief_is_that_of_the_illuminated_area(tmp_path: Path) -> None:
    y, x = np.meshgrid(GRID.y - GRID.y[0], GRID.x - GRID.x[0], indexing="ij")
    elevation = 500.0 + 60.0 * np.sin(x / 90.0) * np.cos(y / 110.0)
    ground = one_date(scene(elevation))
    even = replace(ground, gamma0_co=np.full((1, 2), 0.2))
    settings = replace(QUIET, scatterers=3, polarisations=("VV",))
    (product,) = simulate_slc(tmp_path, even, DATES[:1], settings)
    image = read(product)
    # Facets of a quarter of a pixel, each as two edges of a parallelogram seen along the look.
    fine = np.linspace(0.0, SIDE - 1.0, 4 * (SIDE - 1) + 1)
    i, j = np.meshgrid(fine, fine, indexing="ij")
    r, c = np.minimum(i.astype(int), SIDE - 2), np.minimum(j.astype(int), SIDE - 2)
    v, u = i - r, j - c
    height = (1 - v) * ((1 - u) * elevation[r, c] + u * elevation[r, c + 1]) + v * (
        (1 - u) * elevation[r + 1, c] + u * elevation[r + 1, c + 1]
    )
    points = earth_fixed(GRID.x[0] + 10.0 * j, GRID.y[0] - 10.0 * i, height)
    normal = np.cross(points[1:, :-1] - points[:-1, :-1], points[:-1, 1:] - points[:-1, :-1])
    middle = 0.25 * (points[1:, 1:] + points[:-1, :-1] + points[1:, :-1] + points[:-1, 1:])
    line, sample = radar_position(image, middle.reshape(-1, 3))
    states = list(image.annotation.iter("orbit"))
    centre = image.bursts()[0] + 120 * image.number("azimuthTimeInterval")
    # Between two state vectors the satellite is close enough to the chord for a look direction.
    time = np.array([seconds(s.findtext("time")) for s in states])
    place = np.array([[float(s.findtext(f"position/{a}")) for a in "xyz"] for s in states])
    satellite = np.array([np.interp(centre, time, place[:, axis]) for axis in range(3)])
    look = satellite - middle
    look /= np.linalg.norm(look, axis=-1, keepdims=True)
    area = np.maximum(np.sum(normal * look, axis=-1), 0.0)
    lines, samples = image.pixels.shape
    summed, _, _ = np.histogram2d(
        line,
        sample,
        (np.arange(lines + 1) - 0.5, np.arange(samples + 1) - 0.5),
        weights=area.ravel(),
    )
    spacing = image.number("rangePixelSpacing") * image.number("azimuthPixelSpacing")
    beta0 = np.abs(image.pixels / image.table(image.calibration, "betaNought")) ** 2
    # Over some pixels, since the impulse response reaches over its neighbours.
    beta0, expected, inner = (
        ndimage.uniform_filter(layer, (3, 9))
        for layer in (beta0.astype(float), 0.2 * summed / spacing, (summed > 0).astype(float))
    )
    inside = ndimage.binary_erosion(inner > 0.99, iterations=12)
    inside[:20] = inside[-20:] = False
    edges = np.quantile(expected[inside], [0.0, 0.25, 0.5, 0.75, 1.0])
    assert np.sum(inside) > 30_000 and edges[3] > 1.8 * edges[1]
    for low, high in pairwise(edges):
        chosen = inside & (expected >= low) & (expected <= high)
        assert abs(decibels(beta0[chosen].mean() / expected[chosen].mean())) < 0.2


def test_a_wall_casts_a_shadow_of_its_height_times_the_tangent(tmp_path: Path) -> None:
    elevation = np.full((SIDE, SIDE), 100.0)
    elevation[:, 90:] = 400.0
    settings = replace(QUIET, incidence=40.0, polarisations=("VV",))
    # A descending satellite stands in the east: the plateau's edge shades what lies west of it.
    simulate_slc(tmp_path, one_date(scene(elevation)), DATES[:1], settings)
    with np.load(tmp_path / TRUTH) as truth:
        dark = ~truth["lit"][SIDE // 2]
        assert str(truth["source"]) == "simulated"
    assert dark[89] and not dark[:40].any() and not dark[90:].any()
    # West-north-west of the track, so a few per cent shorter along the row.
    assert dark.sum() * 10.0 == pytest.approx(300.0 * np.tan(np.deg2rad(40.0)), rel=0.1)


def test_baseline_and_offset_shift_what_they_should(tmp_path: Path) -> None:
    dates = (DATES[0], replace(DATES[1], perpendicular_baseline=150.0, azimuth_offset=0.5))
    products = simulate_slc(tmp_path, zeroed(scene()), dates, QUIET)
    first, second = (read(product) for product in products)
    row, column = SIDE // 2, SIDE // 2
    place = np.full(2, GRID.x[column]), np.full(2, GRID.y[row])
    point = earth_fixed(*place, np.array([400.0, 900.0]))
    position = np.array([radar_position(image, point) for image in (first, second)])
    assert position[0, 0, 0] - position[1, 0, 0] == pytest.approx(0.5, abs=0.002)
    # Raised by h, a point moves h sin(incidence) across the line of sight.
    spacing = first.number("rangePixelSpacing")
    parallax = np.diff(position[1, 1] - position[0, 1])[0] * spacing
    incidence = np.deg2rad(first.number("incidenceAngleMidSwath"))
    distance = 0.5 * C * first.number("imageInformation/slantRangeTime")
    assert abs(parallax) == pytest.approx(500.0 * np.sin(incidence) * 150.0 / distance, rel=0.05)


def test_offset_and_baseline_matter_as_they_do_in_real_pairs(tmp_path: Path) -> None:
    """Coherent ground, half a line off and 150 m apart: what it takes to see it coherent."""
    ground = replace(scene(), coherence=np.ones((1, 2)))
    dates = (DATES[0], replace(DATES[1], perpendicular_baseline=150.0, azimuth_offset=0.5))
    settings = replace(QUIET, lines=400, polarisations=("VV",))
    first, second = (read(path) for path in simulate_slc(tmp_path, ground, dates, settings))
    y, x = np.meshgrid(GRID.y[::5], GRID.x[::5], indexing="ij")
    points = earth_fixed(x.ravel(), y.ravel(), np.full(x.size, 400.0))
    (l1, s1), (l2, s2) = (radar_position(image, points) for image in (first, second))
    delays = [
        sample / image.number("rangeSamplingRate") + image.number("imageInformation/slantRangeTime")
        for image, sample in ((first, s1), (second, s2))
    ]
    shifts = np.stack([l2 - l1, s2 - s1, 0.5 * C * (delays[1] - delays[0])], axis=1)

    def terms(line: NDArray[np.float64], sample: NDArray[np.float64]) -> NDArray[np.float64]:
        a, b = line / 200.0 - 1.0, sample / 150.0 - 1.0
        return np.stack([a**m * b**n for m in range(4) for n in range(4 - m)], axis=-1)

    fit = np.linalg.lstsq(terms(l1, s1), shifts, rcond=None)[0]
    line, sample = np.mgrid[: first.pixels.shape[0], : first.pixels.shape[1]].astype(float)
    down, right, longer = np.moveaxis(terms(line, sample) @ fit, -1, 0)
    place = [line + down, sample + right]
    phase = esa_phase(second, 0)
    zone = zone_map(first, ground) == 1

    def coherence(deramped: bool, sign: float) -> float:
        pixels = second.pixels * np.exp(1j * phase * deramped)
        moved = ndimage.map_coordinates(pixels.real, place, order=5) + 1j * (
            ndimage.map_coordinates(pixels.imag, place, order=5)
        )
        moved *= np.exp(-1j * ndimage.map_coordinates(phase, place, order=3) * deramped)
        moved *= np.exp(sign * 4j * np.pi * longer / WAVELENGTH)
        a, b = first.pixels[zone], moved[zone]
        return float(
            np.abs(np.sum(a * b.conj())) / np.sqrt(np.sum(np.abs(a) ** 2) * np.sum(np.abs(b) ** 2))
        )

    assert coherence(True, 1.0) > 0.99
    assert coherence(False, 1.0) < 0.85
    assert coherence(True, -1.0) < 0.1
    assert coherence(True, 0.0) < 0.1


def bytes_of(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_same_seed_same_bytes(tmp_path: Path, pair: list[Path]) -> None:
    simulate_slc(tmp_path / "again", scene(), DATES, QUIET)
    simulate_slc(tmp_path / "other", scene(), DATES, replace(QUIET, seed=2))
    once, again, other = (
        bytes_of(folder) for folder in (pair[0].parent, tmp_path / "again", tmp_path / "other")
    )
    assert once == again
    pixels = [
        [content for name, content in sorted(files.items()) if name.endswith(".tiff")]
        for files in (once, other)
    ]
    assert len(pixels[0]) == 4
    assert all(a != b for a, b in zip(*pixels, strict=True))


@pytest.mark.parametrize(
    ("ground", "dates", "settings", "word"),
    [
        (scene(), DATES, replace(QUIET, swaths=("IW1", "IW3")), "neighbours"),
        (scene(), DATES, replace(QUIET, swaths=()), "neighbours"),
        (scene(), DATES, replace(QUIET, polarisations=("VV", "HH")), "polarisations"),
        (scene(), DATES, replace(QUIET, overlap=240), "overlap"),
        (scene(), DATES[::-1], QUIET, "in order"),
        (scene(), DATES[:1], QUIET, "gamma0_co"),
        (scene(), (DATES[0], replace(DATES[1], mission="S2A")), QUIET, "mission"),
        (scene(), (DATES[0], replace(DATES[1], date="2023-9-16")), QUIET, "no date"),
        (scene(direction="UP"), DATES, QUIET, "direction"),
        (scene(np.full((SIDE, SIDE), np.nan)), DATES, QUIET, "elevation"),
        (scene(np.zeros((SIDE, 3))), DATES, QUIET, "elevation"),
        (replace(scene(), coherence=np.array([[1.2, 0.0]])), DATES, QUIET, "coherence"),
        (replace(scene(), grid=replace(GRID, crs="EPSG:4326")), DATES, QUIET, "CRS"),
    ],
)
def test_impossible_requests_name_what_is_wrong_and_write_nothing(
    tmp_path: Path,
    ground: SlcScene,
    dates: Sequence[SlcDate],
    settings: SlcSettings,
    word: str,
) -> None:
    with pytest.raises(ScarpError, match=word):
        simulate_slc(tmp_path / "out", ground, dates, settings)
    assert not (tmp_path / "out").exists()


def test_a_product_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("scarp.simulate.slc_product.manifest", fail)
    with pytest.raises(OSError, match="disk full"):
        simulate_slc(tmp_path, one_date(scene()), DATES[:1], QUIET)
    assert not list(tmp_path.iterdir())


def test_another_reader_finds_what_was_written(wide: Path) -> None:
    sentinel1 = pytest.importorskip("xarray_sentinel.sentinel1")
    image = read(wide, "vh", "iw2")
    data = sentinel1.open_sentinel1_dataset(str(wide), group="IW2/VH")
    assert data.sizes == {"line": image.pixels.shape[0], "pixel": image.pixels.shape[1]}
    burst = sentinel1.crop_burst_dataset(data, burst_index=1)
    lines = int(image.annotation.findtext(".//linesPerBurst"))
    assert np.array_equal(burst.measurement.values, image.pixels[lines:])
    tables = sentinel1.open_sentinel1_dataset(str(wide), group="IW2/VH/calibration")
    power = sentinel1.calibrate_intensity(burst.measurement, tables.betaNought)
    own = np.abs(image.pixels[lines:] / image.table(image.calibration, "betaNought")) ** 2
    assert np.allclose(power.values, own, rtol=1e-3, atol=1e-9)
