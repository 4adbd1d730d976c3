"""Sentinel-1 gamma nought, coherence and H/A/alpha of the simulated world."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from scarp.simulate.landcover import Kind, LandCover
from scarp.simulate.landslides import Landslides
from scarp.simulate.noise import Field, smooth_field
from scarp.simulate.terrain import Relief, incidence_cosine

#: Looks of gamma nought: 4 in range by 1 in azimuth.
LOOKS = 4
#: Window of H/A/alpha, rows and columns in pixels.
_DECOMPOSITION = (5, 5)
#: Window of coherence in pixels, and looks per pixel: 30 looks, as 10 in range by 3 in azimuth,
#: over about 50 m by 30 m.
_COHERENCE = (5, 3)
_COHERENCE_LOOKS = 2
#: Azimuth of the line from the ground to the sensor: Sentinel-1 looks to the right of a heading of
#: about 348 degrees (ascending) or 192 degrees (descending).
_TO_SENSOR = {"ASC": 258.0, "DES": 102.0}


@dataclass(frozen=True)
class Signature:
    """How a kind of ground looks to the radar.

    Attributes
    ----------
    vv, vh: mean gamma nought, dB.
    drift: dB, standard deviation of gamma nought from date to date (moisture, wind).
    coherence: VV, of a pair 12 days apart.
    """

    vv: float
    vh: float
    drift: float
    coherence: float


#: Rounded C-band means in the order that clutter statistics give (Ulaby & Dobson 1989, Handbook of
#: Radar Scattering Statistics for Terrain), not measurements.
SIGNATURES = {
    Kind.FOREST: Signature(-8.5, -14.0, 1.1, 0.15),
    Kind.GRASS: Signature(-11.0, -18.0, 1.2, 0.34),
    Kind.ROCK: Signature(-9.0, -17.0, 0.8, 0.70),
    Kind.WATER: Signature(-18.0, -26.0, 1.5, 0.03),
    Kind.GRAVEL: Signature(-11.5, -20.0, 1.1, 0.55),
    Kind.FIELD: Signature(-11.0, -18.5, 1.8, 0.35),
    Kind.REGROWTH: Signature(-10.0, -16.5, 1.0, 0.30),
    Kind.FELLED: Signature(-10.5, -17.0, 1.2, 0.35),
}
#: Debris of mean roughness, and what the roughness from -1 to 1 adds to VV and VH in dB.
DEBRIS = Signature(-9.2, -15.0, 1.2, 0.26)
ROUGHNESS = (1.6, 1.2)
#: Complex correlation of VV and VH; slopes break the symmetry that would make it 0.
CROSS_CORRELATION = 0.1


@dataclass(frozen=True)
class Geometry:
    """How the radar looks at an event; every array is (rows, columns).

    Attributes
    ----------
    gain: dB, what terrain flattening leaves of the dependence on the local incidence angle.
    seen: false in layover and shadow.
    """

    gain: Field
    seen: NDArray[np.bool_]


def look(relief: Relief, orbit: str, incidence: float) -> Geometry:
    """Layover, shadow and residual radiometry for an orbit direction.

    Layover where the ground rises towards the far range more steeply than the incidence angle,
    shadow where it faces away from the sensor: active areas only.

    Parameters
    ----------
    orbit: ASC or DES. incidence: angle on flat ground, degree.
    """
    azimuth = _TO_SENSOR[orbit]
    away_east, away_north = -np.sin(np.deg2rad(azimuth)), -np.cos(np.deg2rad(azimuth))
    rise = relief.rise_east * away_east + relief.rise_north * away_north
    cosine = incidence_cosine(relief, azimuth, incidence)
    hidden = (rise > np.tan(np.deg2rad(incidence))) | (cosine <= 0.0)
    local = np.rad2deg(np.arccos(np.clip(cosine, -1.0, 1.0)))
    gain = np.clip(0.04 * (incidence - local), -1.5, 1.5).astype(np.float32)
    return Geometry(gain, ~hidden)


@dataclass(frozen=True)
class Ground:
    """What the radar sees of the ground in one state; every array is (rows, columns) float32.

    Attributes are those of a `Signature`.
    """

    vv: Field
    vh: Field
    drift: Field
    coherence: Field


def ground_before(cover: LandCover) -> Ground:
    """The ground before the event."""
    return _ground(cover.before)


def ground_after(cover: LandCover, landslides: Landslides, visible: NDArray[np.bool_]) -> Ground:
    """The ground after the event.

    Parameters
    ----------
    visible: (landslides + 1,) by number, false for a landslide that the radar does not see.
    """
    plain = _ground(cover.after)
    bared = np.where(visible[landslides.number], landslides.bared, np.float32(0.0))
    roughness = landslides.roughness[landslides.number]
    return Ground(
        vv=_mix(plain.vv, DEBRIS.vv + ROUGHNESS[0] * roughness, bared),
        vh=_mix(plain.vh, DEBRIS.vh + ROUGHNESS[1] * roughness, bared),
        drift=plain.drift + bared * (DEBRIS.drift - plain.drift),
        coherence=plain.coherence + bared * (DEBRIS.coherence - plain.coherence),
    )


def _ground(kinds: NDArray[np.uint8]) -> Ground:
    table = np.array(
        [[s.vv, s.vh, s.drift, s.coherence] for s in (SIGNATURES[kind] for kind in Kind)],
        dtype=np.float32,
    )
    return Ground(*(np.ascontiguousarray(table[:, column][kinds]) for column in range(4)))


def _mix(ground: Field, debris: Field, share: Field) -> Field:
    """Mix two decibel values in linear power."""
    power = (1.0 - share) * linear(ground) + share * linear(debris)
    return np.asarray(10.0 * np.log10(power), dtype=np.float32)


def linear(decibel: Field) -> Field:
    """Power of a value in dB."""
    return np.asarray(np.exp(decibel * np.float32(np.log(10.0) / 10.0)), dtype=np.float32)


def observe_backscatter(
    generator: np.random.Generator,
    ground: Ground,
    cover: LandCover,
    geometry: Geometry,
) -> dict[str, Field]:
    """Draw one Sentinel-1 date: gVV, gVH, ENTROPY, ANISOTROPY and ALPHA.

    The means of the ground drift from date to date: with the weather of the whole scene, in patches
    (a shower, a stand of trees), and by field. Speckle is that of a 2 x 2 covariance matrix with
    `LOOKS` looks, so that all five channels of a date share it.

    Returns
    -------
    Channels without the epoch's name, NaN in layover and shadow.
    """
    shape = ground.vv.shape
    weather = generator.normal(0.0, 0.7)
    tilled = generator.standard_normal(int(cover.field.max()) + 1).astype(np.float32)
    tilled[0] = 0.0
    patches = smooth_field(generator, shape, 5.0) + np.float32(weather) + tilled[cover.field]
    leaves = smooth_field(generator, shape, 5.0)
    drift_vv = ground.drift * patches
    drift_vh = ground.drift * (0.6 * patches + 0.6 * leaves)
    power_vv = linear(ground.vv + geometry.gain + drift_vv)
    power_vh = linear(ground.vh + 0.5 * geometry.gain + drift_vh)
    c11, c22, c12 = sample_covariance(
        generator, power_vv, power_vh, np.full(shape, CROSS_CORRELATION, dtype=np.float32), LOOKS
    )
    # Four looks in range make a pixel of about 15 m by 14 m, which is resampled to 10 m.
    elements = [ndimage.gaussian_filter(e, 0.45, truncate=3.0) for e in (c11, c22, *c12)]
    windowed = [ndimage.uniform_filter(e, _DECOMPOSITION) for e in elements]
    entropy, anisotropy, alpha = decompose(*windowed)
    channels = {
        "gVV": elements[0],
        "gVH": elements[1],
        "ENTROPY": entropy,
        "ANISOTROPY": anisotropy,
        "ALPHA": alpha,
    }
    for values in channels.values():
        values[~geometry.seen] = np.nan
    return channels


def observe_coherence(
    generator: np.random.Generator,
    first: Ground,
    second: Ground,
    days: int,
    lost: Field,
    geometry: Geometry,
) -> Field:
    """Draw the VV coherence of a pair of dates, NaN in layover and shadow.

    The true coherence falls exponentially with the days between the dates (Rocca 2007, Modeling
    interferogram stacks, IEEE Transactions on Geoscience and Remote Sensing 45(10)), times a factor
    for the weather; it vanishes where the ground was replaced in between. The estimate is the
    sample coherence of 30 looks, which is biased upwards where there is little (Touzi et al. 1999,
    IEEE Transactions on Geoscience and Remote Sensing 37(1), 135-149).

    Parameters
    ----------
    first, second: the ground at both dates.
    days: between the dates.
    lost: (rows, columns), share of the ground that was replaced between the dates.
    """
    shape = lost.shape
    twelve_days = np.minimum(first.coherence, second.coherence)
    weather = generator.uniform(0.6, 1.0) + 0.15 * smooth_field(generator, shape, 6.0)
    true = np.clip(twelve_days ** np.float32(days / 12.0) * weather * (1.0 - lost), 0.0, 0.98)
    ones = np.ones(shape, dtype=np.float32)
    elements = sample_covariance(generator, ones, ones, true.astype(np.float32), _COHERENCE_LOOKS)
    c11, c22, real, imaginary = (
        ndimage.uniform_filter(e, _COHERENCE) for e in (elements[0], elements[1], *elements[2])
    )
    coherence = np.clip(np.hypot(real, imaginary) / np.sqrt(c11 * c22), 0.0, 1.0)
    coherence[~geometry.seen] = np.nan
    return np.asarray(coherence, dtype=np.float32)


def sample_covariance(
    generator: np.random.Generator, power1: Field, power2: Field, correlation: Field, looks: int
) -> tuple[Field, Field, tuple[Field, Field]]:
    """Draw a 2 x 2 sample covariance matrix per pixel: complex Wishart, by Bartlett's factors.

    With the Cholesky factor L of the true matrix and a lower triangular T with
    |t11|^2 ~ Gamma(n), |t22|^2 ~ Gamma(n - 1) and t21 complex normal, L T T^H L^H / n has n looks
    (Goodman 1963, Annals of Mathematical Statistics 34, 152-177, for the distribution). Its
    diagonal is gamma distributed: multi-look speckle.

    Parameters
    ----------
    power1, power2: true mean powers. correlation: true correlation, real, 0 to below 1.
    looks: independent looks, at least 2.

    Returns
    -------
    C11, C22 and the real and imaginary part of C12 (all in units of power).
    """
    shape = power1.shape
    t11 = np.sqrt(generator.standard_gamma(looks, shape, dtype=np.float32))
    t22_squared = generator.standard_gamma(looks - 1, shape, dtype=np.float32)
    half = np.float32(np.sqrt(0.5))
    real = half * generator.standard_normal(shape, dtype=np.float32)
    imaginary = half * generator.standard_normal(shape, dtype=np.float32)
    rest = np.sqrt(1.0 - correlation**2)
    low_real = correlation * t11 + rest * real
    low_imaginary = rest * imaginary
    c22 = low_real**2 + low_imaginary**2 + rest**2 * t22_squared
    root = np.sqrt(power1 * power2) / np.float32(looks)
    return (
        power1 * t11**2 / np.float32(looks),
        power2 * c22 / np.float32(looks),
        (root * t11 * low_real, -root * t11 * low_imaginary),
    )


def decompose(c11: Field, c22: Field, real: Field, imaginary: Field) -> tuple[Field, Field, Field]:
    """Entropy, anisotropy and mean alpha angle (degree) of dual-pol covariance matrices.

    Eigenvalues l1 >= l2 of the 2 x 2 matrix in closed form, p_i = l_i / (l1 + l2):
    H = -sum p_i log2 p_i, A = p1 - p2, alpha = sum p_i alpha_i (Cloude & Pottier 1997, IEEE
    Transactions on Geoscience and Remote Sensing 35(1), 68-78; dual-pol as in Cloude 2007, The
    dual polarisation entropy/alpha decomposition, POLinSAR). The vector is (VV, VH): alpha_1 is the
    angle of the first eigenvector to VV, and alpha_2 its complement.

    Parameters
    ----------
    c11, c22: mean power of VV and VH. real, imaginary: of C12.
    """
    half_difference = 0.5 * (c11 - c22)
    root = np.sqrt(half_difference**2 + real**2 + imaginary**2)
    p1 = np.clip(0.5 + root / (c11 + c22), 0.5, 1.0)
    p2 = 1.0 - p1
    entropy = -(p1 * np.log2(p1) + p2 * np.log2(np.maximum(p2, np.float32(1e-12))))
    cosine_squared = np.clip(
        0.5 + 0.5 * half_difference / np.maximum(root, np.float32(1e-12)), 0, 1
    )
    alpha1 = np.rad2deg(np.arccos(np.sqrt(cosine_squared)))
    alpha = p1 * alpha1 + p2 * (90.0 - alpha1)
    return entropy, p1 - p2, alpha
