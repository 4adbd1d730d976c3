"""Sentinel-2 surface reflectance of the simulated world."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from scarp.simulate.landcover import Kind, LandCover
from scarp.simulate.landslides import Landslides
from scarp.simulate.noise import Field, smooth_field, white_noise
from scarp.simulate.terrain import Relief, incidence_cosine

#: Central wavelengths in nm (Sentinel-2 User Handbook, ESA 2015, table of spectral bands).
WAVELENGTHS = {
    "B04": 665.0,
    "B03": 560.0,
    "B02": 490.0,
    "B08": 842.0,
    "B05": 705.0,
    "B06": 740.0,
    "B07": 783.0,
    "B8A": 865.0,
    "B11": 1610.0,
    "B12": 2190.0,
}
#: Bands whose native pixel is 20 m.
_TWENTY_METRES = ("B05", "B06", "B07", "B8A", "B11", "B12")
_ORDER = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")
#: Reflectance in percent of pure covers in the order of `_ORDER`: rounded values with the shapes
#: that spectral libraries show (Kokaly et al. 2017, USGS Data Series 1035), not measurements.
_SPECTRA = {
    "leaves": (2.0, 4.0, 2.3, 7.5, 21.0, 26.0, 28.0, 30.0, 14.0, 6.5),
    "twigs": (4.5, 6.0, 7.0, 10.0, 13.5, 15.5, 17.0, 19.0, 21.0, 14.0),
    "grass": (3.2, 6.8, 4.5, 11.5, 27.0, 32.0, 34.0, 36.0, 21.0, 11.0),
    "straw": (6.5, 9.5, 12.5, 16.5, 20.5, 23.5, 26.0, 28.0, 33.0, 24.0),
    "soil": (7.5, 10.5, 14.5, 17.0, 19.0, 21.0, 22.5, 24.0, 31.0, 27.0),
    "rock": (13.0, 15.5, 17.5, 18.5, 19.5, 20.0, 20.5, 21.0, 24.0, 22.0),
    "water": (5.5, 6.5, 5.0, 3.8, 2.2, 1.9, 1.6, 1.4, 0.7, 0.5),
}
_COVERS = tuple(_SPECTRA)
#: Share of the light that comes from the sky, at 490 nm; it falls with wavelength.
_SKY_LIGHT = 0.3
#: Local solar time of the overpass in hours (Sentinel-2 User Handbook: 10:30, descending node).
_OVERPASS = 10.5


def sun_position(day: date, latitude: float) -> tuple[float, float]:
    """Azimuth (degree clockwise from north) and zenith angle (degree) of the sun at the overpass.

    Declination by Cooper 1969 (Solar Energy 12, 333-346); the rest is spherical trigonometry.
    """
    number = day.timetuple().tm_yday
    declination = np.deg2rad(23.45 * np.sin(np.deg2rad(360.0 * (284 + number) / 365.0)))
    hour = np.deg2rad(15.0 * (_OVERPASS - 12.0))
    north = np.deg2rad(latitude)
    east = -np.cos(declination) * np.sin(hour)
    noonward = np.cos(declination) * np.cos(hour)
    towards_north = np.cos(north) * np.sin(declination) - np.sin(north) * noonward
    up = np.sin(north) * np.sin(declination) + np.cos(north) * noonward
    azimuth = np.rad2deg(np.arctan2(east, towards_north)) % 360.0
    return float(azimuth), float(np.rad2deg(np.arccos(up)))


def greenness(day: date, latitude: float) -> float:
    """Share of the deciduous leaves that are out, 0 in winter to 1 in summer.

    Parameters
    ----------
    latitude: degree; its sign tells the hemisphere.
    """
    phase = 2.0 * np.pi * (day.timetuple().tm_yday - 200) / 365.0
    cycle = np.cos(phase) if latitude >= 0.0 else -np.cos(phase)
    return float(np.clip(0.5 + 0.9 * cycle, 0.0, 1.0))


def field_states(
    generator: np.random.Generator, cover: LandCover
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Green share of every field (by its number) before and after the event.

    Two fields in five are tilled, sown or harvested between the dates.
    """
    count = int(cover.field.max()) + 1
    before = generator.beta(0.8, 0.8, count)
    changed = generator.random(count) < 0.4
    after = np.where(changed, generator.beta(0.8, 0.8, count), before)
    return before.astype(np.float32), after.astype(np.float32)


def _ground(
    kinds: NDArray[np.uint8],
    cover: LandCover,
    green: float,
    crops: NDArray[np.float32],
    grassy: Field,
) -> dict[str, Field]:
    """Share of every pure cover in each pixel."""
    leaf = cover.evergreen + (1.0 - cover.evergreen) * np.float32(green)
    lush = np.clip(grassy * np.float32(0.35 + 0.65 * green), 0.0, 1.0)
    crop = crops[cover.field]
    stone = np.clip(1.1 - 0.25 * grassy, 0.6, 1.0)
    shares = {name: np.zeros(kinds.shape, dtype=np.float32) for name in _COVERS}
    mixtures: dict[Kind, dict[str, NDArray[np.floating[Any]] | float]] = {
        Kind.FOREST: {"leaves": 0.92 * leaf, "twigs": 0.92 * (1.0 - leaf), "grass": 0.08},
        Kind.GRASS: {"grass": 0.9 * lush, "straw": 0.9 * (1.0 - lush), "soil": 0.1},
        Kind.ROCK: {
            "rock": stone,
            "grass": (1.0 - stone) * lush,
            "straw": (1.0 - stone) * (1.0 - lush),
        },
        Kind.WATER: {"water": 1.0},
        Kind.GRAVEL: {"rock": 0.75, "soil": 0.15, "grass": 0.1},
        Kind.FIELD: {"grass": crop, "soil": 0.7 * (1.0 - crop), "straw": 0.3 * (1.0 - crop)},
        Kind.REGROWTH: {
            "grass": 0.6 * lush,
            "straw": 0.6 * (1.0 - lush),
            "leaves": 0.2,
            "soil": 0.2,
        },
        Kind.FELLED: {"soil": 0.4, "twigs": 0.35, "straw": 0.15, "grass": 0.1},
    }
    for kind, mixture in mixtures.items():
        here = kinds == kind
        for name, share in mixture.items():
            shares[name][here] = share[here] if isinstance(share, np.ndarray) else share
    return shares


def observe_optical(
    generator: np.random.Generator,
    day: date,
    latitude: float,
    relief: Relief,
    cover: LandCover,
    crops: NDArray[np.float32],
    grassy: Field,
    landslides: Landslides | None,
    contrast: float,
) -> dict[str, Field]:
    """Draw one Sentinel-2 date.

    The reflectance of a pixel is the mixture of its covers' spectra, times its illumination (sun by
    the cosine of the local solar incidence, Teillet et al. 1982, Canadian Journal of Remote Sensing
    8(2), 84-106, and skylight), seen through residual haze, blurred to the band's native pixel,
    shifted by a fraction of a pixel and with noise; clouds leave gaps. Cast shadow is left out.

    Parameters
    ----------
    day, latitude: give season and sun.
    crops: green share of every field on this day.
    grassy: (rows, columns), how lush grass is, about 1.
    landslides: None before the event.
    contrast: factor on what landslides change; 0 leaves them invisible.

    Returns
    -------
    Reflectance by band name, and NDVI; NaN under cloud.
    """
    shape = relief.slope.shape
    kinds = cover.before if landslides is None else cover.after
    shares = _ground(kinds, cover, greenness(day, latitude), crops, grassy)
    if landslides is not None:
        bared = np.clip(landslides.bared * np.float32(contrast), 0.0, 1.0)
        rocky = (0.25 + 0.25 * landslides.roughness)[landslides.number]
        for name, share in shares.items():
            share *= 1.0 - bared
            if name == "rock":
                share += bared * rocky
            elif name == "soil":
                share += bared * (1.0 - rocky)
    azimuth, zenith = sun_position(day, latitude)
    flat = np.cos(np.deg2rad(zenith))
    direct = np.clip(incidence_cosine(relief, azimuth, zenith), 0.0, None) / np.float32(flat)
    haze = 0.004 + 0.006 * generator.random() + 0.002 * smooth_field(generator, shape, 30.0)
    shift = generator.normal(0.0, 0.25, 2)
    clear = _clear_sky(generator, shape)
    stack = np.stack([shares[name] for name in _COVERS])
    bands: dict[str, Field] = {}
    for number, name in enumerate(_ORDER):
        spectrum = np.array([_SPECTRA[cover_name][number] for cover_name in _COVERS]) / 100.0
        scattering = (490.0 / WAVELENGTHS[name]) ** 1.5
        sky = _SKY_LIGHT * scattering
        light = (1.0 - sky) * direct + sky
        reflectance = np.tensordot(spectrum.astype(np.float32), stack, axes=1)
        reflectance *= cover.texture * light.astype(np.float32)
        reflectance += (haze * scattering).astype(np.float32)
        pixel = 1.0 if name in _TWENTY_METRES else 0.5
        seen = ndimage.gaussian_filter(reflectance, pixel, truncate=2.5)
        seen = ndimage.shift(seen, shift, order=1, mode="nearest")
        seen += 0.003 * white_noise(generator, shape)
        bands[name] = np.clip(seen, 1e-4, 1.5)
    red, near_infrared = bands["B04"], bands["B08"]
    bands["NDVI"] = (near_infrared - red) / (near_infrared + red)
    for values in bands.values():
        values[~clear] = np.nan
    return bands


def _clear_sky(generator: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Where no cloud stands: clouds take 0 to 4 % of the scene."""
    thickness = smooth_field(generator, shape, 7.0)
    return thickness <= np.quantile(thickness, 1.0 - generator.uniform(0.0, 0.04))
