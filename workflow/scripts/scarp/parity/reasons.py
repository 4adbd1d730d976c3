"""Why two sides differ, as far as it is known before they are compared.

What SNAP does is known from its public sources (docs/sentinel1.md and docs/snap-graphs.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from scarp.channels import split_channel
from scarp.parity.product_side import LOCAL_INCIDENCE
from scarp.parity.sides import ENGINES, Origin

_GAMMA0 = ("gVV", "gVH")
_COHERENCE = ("COHVV",)
_HAALPHA = ("ENTROPY", "ANISOTROPY", "ALPHA")
_CHANNELS = (*_GAMMA0, *_COHERENCE, *_HAALPHA)
_ALL = (*_CHANNELS, LOCAL_INCIDENCE)
#: The archive was made with SNAP 9.
_ARCHIVE_VERSION = (9,)
_AUXILIARY = re.compile(r"S1\w_OPER_AUX_(?:POE|RES)ORB_OPOD_[\w-]+")


class _Rule(NamedTuple):
    """A reason, the bands that it is about, and when it applies."""

    text: str
    bands: tuple[str, ...]
    applies: Callable[[Origin, Origin], bool]


def reasons(layer: str, a: Origin, b: Origin) -> tuple[str, ...]:
    """The known reasons for which a layer of one origin differs from that of another.

    Parameters
    ----------
    layer: a channel, or local_incidence.
    a, b: who made it, and what their files say of it.

    Returns
    -------
    Sentences without a full stop; empty where nothing is known.
    """
    band = layer if layer == LOCAL_INCIDENCE else split_channel(layer)[1].name
    ruled = [rule.text for rule in _RULES if band in rule.bands and rule.applies(a, b)]
    return (*ruled, *_by_tags(band, a, b))


def _is_snap(origin: Origin) -> bool:
    return origin.engine in ("snap", "archive")


def _version(origin: Origin) -> tuple[int, ...]:
    """Version of SNAP as numbers; () where it is not told."""
    if origin.engine == "archive":
        return _ARCHIVE_VERSION
    found = re.match(r"\d+(\.\d+)*", origin.version)
    return tuple(map(int, found[0].split("."))) if found and _is_snap(origin) else ()


def _snap_and_embedded(a: Origin, b: Origin) -> bool:
    return (_is_snap(a) and b.engine == "embedded") or (_is_snap(b) and a.engine == "embedded")


def _one_corrects_bias(a: Origin, b: Origin) -> bool:
    return _corrects_bias(a) != _corrects_bias(b)


def _corrects_bias(origin: Origin) -> bool:
    """SNAP 14 does unless it was told not to, as the graphs of this workflow do."""
    switched_off = "not corrected for bias" in origin.tags.get("quantity", "")
    return _version(origin) >= (14,) and not switched_off


def _across(version: tuple[int, ...]) -> Callable[[Origin, Origin], bool]:
    """Whether one side was made by SNAP before a version and the other by it or a later one."""

    def applies(a: Origin, b: Origin) -> bool:
        lower, upper = sorted((_version(a), _version(b)))
        return bool(lower) and lower < version <= upper

    return applies


def _unknown_maker(a: Origin, b: Origin) -> bool:
    return not {a.engine, b.engine} <= set(ENGINES)


_RULES = (
    _Rule(
        "SNAP sets noise-corrected power below 0 to a floor in every pixel, the embedded engine"
        " only after averaging: SNAP's mean of dark ground is higher",
        _GAMMA0,
        _snap_and_embedded,
    ),
    _Rule(
        "SNAP spreads the area of each facet of the DEM bilinearly over 2 x 2 pixels, the embedded"
        " engine gives each pixel what falls into it: SNAP's flattening is smoother",
        _GAMMA0,
        _snap_and_embedded,
    ),
    _Rule(
        "SNAP's looks begin at the edge of a subset, the embedded engine's at multiples of 4"
        " samples of the burst: windows hold other samples, so speckle differs",
        (*_GAMMA0, *_HAALPHA),
        _snap_and_embedded,
    ),
    _Rule(
        "SNAP merges bursts and subswaths before it averages and geocodes, the embedded engine"
        " after: near their edges SNAP's windows mix both",
        _CHANNELS,
        _snap_and_embedded,
    ),
    _Rule(
        "SNAP may refine the azimuth shift by enhanced spectral diversity, the embedded engine"
        " trusts the orbits; the magnitude of coherence hardly feels it",
        _COHERENCE,
        _snap_and_embedded,
    ),
    _Rule(
        "SNAP samples the DEM bilinearly, the embedded engine by cubic convolution",
        (*_GAMMA0, LOCAL_INCIDENCE),
        _snap_and_embedded,
    ),
    _Rule(
        "One side is SNAP 14 or later, which lowers coherence g estimated from N samples to"
        " max(0, g - (1 - g^2) / (2 N)) unless correctCoherenceBias is false; the other does not",
        _COHERENCE,
        _one_corrects_bias,
    ),
    _Rule(
        "SNAP until 9.0.3 oversamples an external DEM in another way than later versions, by a"
        " report of users",
        _GAMMA0,
        _across((9, 0, 4)),
    ),
    _Rule(
        "SNAP 14 leaves pixels as they are where the noise is 0, earlier versions do not",
        _GAMMA0,
        _across((14,)),
    ),
    _Rule(
        "The archive was made with SNAP 9 and settings of the study's own: looks, noise removal,"
        " speckle filter and DEM are not told",
        (*_GAMMA0, *_HAALPHA),
        lambda a, b: "archive" in (a.engine, b.engine),
    ),
    _Rule(
        "The archive was made with SNAP 9 and a window of the study's own, which is not told, nor"
        " whether the phase of flat earth and topography was removed; SNAP 9 does so only if asked",
        _COHERENCE,
        lambda a, b: "archive" in (a.engine, b.engine),
    ),
    _Rule(
        "One side was made by a program of which nothing is known here",
        _ALL,
        _unknown_maker,
    ),
    _Rule(
        "One side is simulated and the other is not: they do not show the same ground",
        _ALL,
        lambda a, b: a.simulated != b.simulated,
    ),
)
#: Tag -> what it tells, of which bands. A tag that only one side has proves nothing.
_TAGS = {
    "orbit_source": ("orbits", _ALL),
    "dem": ("the DEM", _ALL),
    "dem_heights": ("what the heights of the DEM refer to", _ALL),
    "looks": ("looks", (*_GAMMA0, *_HAALPHA)),
    "window": ("the window of coherence", _COHERENCE),
    "thermal_noise": ("thermal noise", (*_GAMMA0, *_HAALPHA)),
}


def _by_tags(band: str, a: Origin, b: Origin) -> list[str]:
    """Differences that the files themselves tell of."""
    found = []
    for tag, (what, bands) in _TAGS.items():
        first, second = a.tags.get(tag, ""), b.tags.get(tag, "")
        if (
            band in bands
            and _known(first)
            and _known(second)
            and _essence(first) != _essence(second)
        ):
            found.append(f"The two sides differ in {what}: {first} in a, {second} in b")
    return found


def _known(text: str) -> bool:
    return text not in ("", "unknown")


def _essence(text: str) -> object:
    """What of a tag counts: of orbits the files' names, which engines quote in different ways."""
    return sorted(set(_AUXILIARY.findall(text))) or text
