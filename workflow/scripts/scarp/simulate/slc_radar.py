"""What the simulated radar is: its subswaths, the bursts of a product, its impulse response."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scarp.simulate.slc_orbit import LIGHT

Array = NDArray[np.float64]

#: From the annotation of a Sentinel-1A product: Hz, Hz, s.
FREQUENCY = 5.405000454334350e9
SAMPLING = 6.434523812571428e7
LINE_INTERVAL = 2.055556299999998e-3
WAVELENGTH = LIGHT / FREQUENCY
RANGE_SPACING = LIGHT / (2.0 * SAMPLING)
#: Taps of the impulse response on each side of a scatterer, and sub-pixel positions tabulated.
HALF = 8
POSITIONS = 512


@dataclass(frozen=True)
class Subswath:
    """A subswath of the interferometric wide swath mode, as products annotate it.

    Attributes
    ----------
    name: IW1, IW2 or IW3. incidence: at its middle, degree.
    steering: rate of the antenna's azimuth steering, degree/s. prf: Hz.
    azimuth_bandwidth, range_bandwidth: processed, Hz.
    azimuth_window, range_window: coefficient of the Hamming window.
    """

    name: str
    incidence: float
    steering: float
    prf: float
    azimuth_bandwidth: float
    range_bandwidth: float
    azimuth_window: float
    range_window: float


SUBSWATHS = {
    swath.name: swath
    for swath in (
        Subswath("IW1", 33.5, 1.590368784, 1717.128973878037, 327.0, 56.50e6, 0.70, 0.75),
        Subswath("IW2", 38.8, 0.979863841, 1451.627164032550, 313.0, 48.30e6, 0.75, 0.75),
        Subswath("IW3", 43.5, 1.397440818, 1685.817304492702, 314.0, 42.79e6, 0.75, 0.75),
    )
}


@dataclass(frozen=True)
class Polynomial:
    """c0 + c1 (tau - t0) + c2 (tau - t0)^2 over two-way slant range time tau, s."""

    t0: float
    coefficients: tuple[float, float, float]

    def __call__(self, tau: Array | float) -> Array:
        """Its value at times tau, s."""
        return np.asarray(np.polynomial.polynomial.polyval(tau - self.t0, self.coefficients))

    @property
    def numbers(self) -> Array:
        """(4,) t0, c0, c1, c2."""
        return np.array([self.t0, *self.coefficients])


@dataclass(frozen=True)
class BurstPlan:
    """One burst: times are seconds of the product's first day.

    Attributes
    ----------
    azimuth_time: zero-Doppler time of its first line.
    speed: of the satellite at the burst's centre, Earth-fixed, m/s.
    fm_rate: azimuth FM rate (negative), Hz/s. doppler: Doppler centroid at the burst's centre, Hz.
    """

    azimuth_time: float
    speed: float
    fm_rate: Polynomial
    doppler: Polynomial


@dataclass(frozen=True)
class SwathPlan:
    """What one measurement file holds.

    Attributes
    ----------
    lines: of a burst. samples: of a line. slant_range_time: two-way, of the first sample, s.
    edge_lines, edge_samples: at each side of a burst that hold no image.
    azimuth_spacing: on the ground, m. height: mean height of the scene, m.
    """

    subswath: Subswath
    lines: int
    samples: int
    slant_range_time: float
    bursts: tuple[BurstPlan, ...]
    edge_lines: int
    edge_samples: int
    azimuth_spacing: float
    height: float

    @property
    def middle(self) -> float:
        """Two-way time of the middle sample, s."""
        return self.slant_range_time + 0.5 * (self.samples - 1) / SAMPLING

    @property
    def reference_area(self) -> float:
        """Area of a pixel in the plane of slant range and azimuth, m2: that of beta nought."""
        return RANGE_SPACING * self.azimuth_spacing

    def steering(self, burst: BurstPlan) -> tuple[float, float]:
        """Doppler rate of the steered beam (Hz/s) and the time it looks straight (s).

        A beam that turns by psi = rate * time sees the Doppler frequency 2 v psi / wavelength. The
        time runs from the burst's centre. The beam looks straight ahead of that centre by so much
        that a scatterer of the middle sample, imaged at the centre, is seen at the centroid of
        `doppler`.
        """
        rate = 2.0 * burst.speed / WAVELENGTH * float(np.deg2rad(self.subswath.steering))
        return rate, float(burst.doppler(self.middle) / burst.fm_rate(self.middle))


def pulse_table(bandwidth: float, sampling: float, window: float) -> NDArray[np.float32]:
    """Impulse response of a Hamming-windowed band, tabulated over sub-pixel positions.

    The spectrum a + (1 - a) cos(2 pi f / B) over |f| < B / 2 is the sum of three sincs in time.
    The outermost taps are tapered to zero and every row has unit energy, so a scatterer keeps its
    power wherever it lies between the pixels; white scatterers give pixels of that same power.

    Parameters
    ----------
    bandwidth, sampling: Hz. window: the coefficient a.

    Returns
    -------
    (POSITIONS + 1, 2 HALF): row r is for a scatterer r / POSITIONS pixels after a pixel; tap k
    is k - HALF + 1 pixels after that pixel.
    """
    behind = np.arange(POSITIONS + 1)[:, None] / POSITIONS
    distance = np.arange(2 * HALF)[None, :] - (HALF - 1) - behind
    lobes = distance * bandwidth / sampling
    response = window * np.sinc(lobes)
    response += 0.5 * (1.0 - window) * (np.sinc(lobes - 1.0) + np.sinc(lobes + 1.0))
    taper = np.clip((HALF - np.abs(distance)) / (HALF / 2), 0.0, 1.0)
    response *= np.sin(0.5 * np.pi * taper) ** 2
    response /= np.sqrt(np.sum(response**2, axis=1, keepdims=True))
    return response.astype(np.float32)
