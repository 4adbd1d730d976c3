"""Epochs, bands and channels: their names, units and ranges, and the order of a manifest.

A channel is a band at an epoch and is named as in the published archive (Orynbaikyzy et al. 2025,
Zenodo 10.5281/zenodo.15284357): ``PRE1_gVV``, ``POST3_COHVV``, ``POST1_B02``, ``None_DEM``. This
module imports nothing heavy: the workflow reads it while it is parsed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Sensor = Literal["sentinel1", "sentinel2", "terrain"]
Scale = Literal["decibel", "percentile", "fixed"]

#: In time order; PRE1 and POST1 stand next to the event.
EPOCHS: tuple[str, ...] = ("PRE3", "PRE2", "PRE1", "POST1", "POST2", "POST3")
#: The epoch of bands that have none, as the published archive writes it.
NO_EPOCH = "None"
#: Reference: 1 landslide, 0 none, 255 unknown.
MASK = "None_MASK"
#: Where every observation and the reference may be used: 1 yes, 0 no.
VALID = "None_VALID"


@dataclass(frozen=True)
class Band:
    """A physical quantity, whatever the epoch.

    Attributes
    ----------
    name: as in the published archive.
    sensor: where it comes from.
    long_name, unit: for people and for CF attributes.
    low, high: the valid range in that unit.
    scale: how it is brought to 0..1: `fixed` by its valid range, `percentile` by percentiles of the
        training patches, `decibel` likewise after 10 log10.
    step: quantum of 16-bit storage in the cube; 0 stores float32.
    """

    name: str
    sensor: Sensor
    long_name: str
    unit: str
    low: float
    high: float
    scale: Scale
    step: float = 0.0


def _optical(name: str, wavelength: str) -> Band:
    return Band(
        name, "sentinel2", f"surface reflectance, {wavelength}", "1", 0.0, 2.0, "percentile", 1e-4
    )


# gamma nought spans five decades, elevation needs centimetres over kilometres: float32.
_BANDS: tuple[Band, ...] = (
    Band("DEM", "terrain", "elevation", "m", -500.0, 9000.0, "percentile"),
    Band("SLOPE", "terrain", "slope", "degree", 0.0, 90.0, "fixed", 0.01),
    Band("gVV", "sentinel1", "gamma nought VV, linear power", "1", 0.0, 200.0, "decibel"),
    Band("gVH", "sentinel1", "gamma nought VH, linear power", "1", 0.0, 200.0, "decibel"),
    Band("COHVV", "sentinel1", "interferometric coherence VV", "1", 0.0, 1.0, "fixed", 1e-4),
    Band("ENTROPY", "sentinel1", "dual-pol entropy H", "1", 0.0, 1.0, "fixed", 1e-4),
    Band("ANISOTROPY", "sentinel1", "dual-pol anisotropy A", "1", 0.0, 1.0, "fixed", 1e-4),
    Band("ALPHA", "sentinel1", "dual-pol mean alpha angle", "degree", 0.0, 90.0, "fixed", 0.01),
    _optical("B04", "red 665 nm"),
    _optical("B03", "green 560 nm"),
    _optical("B02", "blue 490 nm"),
    _optical("B08", "near infrared 842 nm"),
    Band(
        "NDVI", "sentinel2", "normalised difference vegetation index", "1", -1.0, 1.0, "fixed", 1e-4
    ),
    _optical("B05", "red edge 705 nm"),
    _optical("B06", "red edge 740 nm"),
    _optical("B07", "red edge 783 nm"),
    _optical("B8A", "narrow near infrared 865 nm"),
    _optical("B11", "short-wave infrared 1610 nm"),
    _optical("B12", "short-wave infrared 2190 nm"),
)
#: Every band by its name, in manifest order.
BANDS: dict[str, Band] = {band.name: band for band in _BANDS}
#: Names that stand for several bands in config/feature_sets.tsv.
BAND_GROUPS: dict[str, tuple[str, ...]] = {
    "GAMMA0": ("gVV", "gVH"),
    "COH": ("COHVV",),
    "HAA": ("ENTROPY", "ANISOTROPY", "ALPHA"),
    "RGB": ("B04", "B03", "B02"),
    "NIR": ("B08",),
    "RE": ("B05", "B06", "B07", "B8A"),
    "SWIR": ("B11", "B12"),
}
#: Sentinel-1 bands stand together in a manifest: all epochs of one group, then the next group.
_SENTINEL1_BLOCKS = ("GAMMA0", "COH", "HAA")


def bands_of(sensor: Sensor) -> tuple[str, ...]:
    """Names of a sensor's bands, in manifest order."""
    return tuple(name for name, band in BANDS.items() if band.sensor == sensor)


def expand(names: Iterable[str]) -> tuple[str, ...]:
    """Replace group names by their bands and put the bands in manifest order, each once."""
    wanted = {band for name in names for band in BAND_GROUPS.get(name, (name,))}
    return tuple(name for name in BANDS if name in wanted)


def epochs_of(pre: int, post: int) -> tuple[str, ...]:
    """The epochs of a scenario with `pre` dates before and `post` after, in time order."""
    return tuple(
        epoch
        for epoch in EPOCHS
        if epoch
        in {f"PRE{n}" for n in range(1, pre + 1)} | {f"POST{n}" for n in range(1, post + 1)}
    )


def has_band(epoch: str, band: str) -> bool:
    """Whether the published scheme has this band at this epoch.

    Coherence is dated by its later scene, so the first date has none; Sentinel-2 has one date on
    either side of the event.
    """
    if band == "COHVV":
        return epoch != "PRE3"
    if BANDS[band].sensor == "sentinel2":
        return epoch in ("PRE1", "POST1")
    return True


def manifest(bands: Sequence[str], pre: int, post: int) -> tuple[str, ...]:
    """Channels of an experiment in their one and only order.

    Parameters
    ----------
    bands: band names (see `expand`).
    pre, post: dates before and after the event, 0 to 3.

    Returns
    -------
    None_DEM, None_SLOPE; gVV, gVH of every epoch in time order; COHVV of every epoch that has one;
    ENTROPY, ANISOTROPY, ALPHA of every epoch; the optical bands of PRE1, then of POST1.
    """
    chosen = set(bands)
    epochs = epochs_of(pre, post)
    blocks = [(NO_EPOCH, bands_of("terrain"))]
    for group in _SENTINEL1_BLOCKS:
        blocks += [(epoch, BAND_GROUPS[group]) for epoch in epochs]
    blocks += [(epoch, bands_of("sentinel2")) for epoch in epochs]
    return tuple(
        f"{epoch}_{band}"
        for epoch, names in blocks
        for band in names
        if band in chosen and (epoch == NO_EPOCH or has_band(epoch, band))
    )


def split_channel(channel: str) -> tuple[str, Band]:
    """The epoch and the band of a channel name; KeyError for an unknown band."""
    epoch, _, band = channel.partition("_")
    return epoch, BANDS[band]


def all_channels() -> tuple[str, ...]:
    """Every channel that an event of the published scheme has, in manifest order (59)."""
    return manifest(tuple(BANDS), 3, 3)
