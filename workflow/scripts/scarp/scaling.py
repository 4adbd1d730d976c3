"""Bringing channels to 0..1, the same way at training, scoring and mapping.

The paper scales "to 0..1" and does not say over what. Three scopes are offered:

``train``
    Limits per physical band, shared by all its epochs, so that a change between dates stays a
    change. Fitted on training patches only: nothing of a test site enters the model.
``patch``
    Minimum and maximum of each channel in each patch. Levels, and with them the change between
    dates, are lost; one outlier sets the range.
``scene``
    Percentiles of each channel over all patches of its event. Needs no reference, so it can be done
    for a new event too, but a site's result then depends on what else lies in the scene, and
    scores are transductive: the test patches' own values, not their labels, set the limits.

In every scope gamma nought is taken in decibel first. Values beyond the limits become 0 or 1.
Pixels without data, and gamma nought of zero or less, become 0, after scaling. A channel whose
limits coincide says nothing and becomes 0 throughout.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from scarp.channels import BANDS, split_channel
from scarp.errors import DataError, Fault
from scarp.patches import read_channel, read_flags, read_table
from scarp.sentinel2 import S2Offset

logger = logging.getLogger("scarp")

Scope = Literal["train", "patch", "scene"]
Transform = Literal["identity", "decibel"]

#: Most values that percentiles are taken from: a band of a thousand events must fit into memory.
MOST_VALUES = 2**24


@dataclass(frozen=True)
class Limits:
    """What becomes 0 and what becomes 1, in the band's unit after `transform`."""

    transform: Transform
    low: float
    high: float


@dataclass(frozen=True)
class Scaling:
    """A way of scaling, complete enough to be applied.

    Attributes
    ----------
    scope: over what limits are taken; see the module.
    percentiles: lower and upper percentile that become 0 and 1.
    bands: limits by band name. Scopes `patch` and `scene` use their transform only.
    s2_offset: what is done about the offset that images of Sentinel-2 carry (`scarp.sentinel2`).
    """

    scope: Scope
    percentiles: tuple[float, float]
    bands: Mapping[str, Limits]
    s2_offset: S2Offset = "as-published"


def fit(
    patch_files: Mapping[str, str | Path],
    rows: Sequence[tuple[str, int]],
    percentiles: tuple[float, float],
    physical_ranges: bool = True,
    s2_offset: S2Offset = "as-published",
) -> Scaling:
    """Fit limits for every band on the given patches.

    One band is read at a time. Where it has more than `MOST_VALUES` pixels, evenly spaced ones are
    taken. A band without a single usable pixel gets no limits.

    Parameters
    ----------
    patch_files: event -> its patches file.
    rows: training patches (event, index in its file).
    percentiles: lower and upper, 0..100.
    physical_ranges: scale bands of a fixed physical range (slope, coherence, H, A, alpha, NDVI) by
        that range; percentiles otherwise.
    s2_offset: see `Scaling`.
    """
    chosen: dict[str, NDArray[np.int64]] = {
        event: np.array(sorted(patch for own, patch in rows if own == event), dtype=np.int64)
        for event in sorted({event for event, _ in rows})
    }
    channels = {event: read_table(patch_files[event]).channels for event in chosen}
    valid = {
        event: read_flags(patch_files[event], patches)[1] == 1 for event, patches in chosen.items()
    }
    present = {split_channel(name)[1].name for names in channels.values() for name in names}
    limits: dict[str, Limits] = {}
    for name, band in BANDS.items():
        if name not in present:
            continue
        if band.scale == "fixed" and physical_ranges:
            limits[name] = Limits("identity", band.low, band.high)
            continue
        transform: Transform = "decibel" if band.scale == "decibel" else "identity"
        sources = [
            (event, channel)
            for event, names in channels.items()
            for channel in names
            if split_channel(channel)[1] is band
        ]
        step = -(-sum(valid[event].size for event, _ in sources) // MOST_VALUES)
        values = np.concatenate(
            [
                _usable(
                    _in_unit(
                        read_channel(patch_files[event], channel, chosen[event], s2_offset),
                        transform,
                    ),
                    valid[event],
                )[::step]
                for event, channel in sources
            ]
        )
        if not values.size:
            logger.warning("band %s has no usable pixel in the training patches", name)
            continue
        low, high = _percentiles(values, percentiles)
        if low == high:
            logger.warning("band %s is constant in the training patches: scaled to 0", name)
        limits[name] = Limits(transform, low, high)
    return Scaling("train", percentiles, limits, s2_offset)


def scene_limits(
    path: str | Path, channels: Sequence[str], scaling: Scaling
) -> dict[str, tuple[float, float]]:
    """Percentiles of each channel over all patches of an event; empty unless the scope is `scene`.

    A channel without a usable pixel gets coinciding limits.
    """
    if scaling.scope != "scene":
        return {}
    valid = read_flags(path)[1] == 1
    found: dict[str, tuple[float, float]] = {}
    for channel in channels:
        stored = read_channel(path, channel, None, scaling.s2_offset)
        found[channel] = limits_of(usable_values(stored, valid, channel, scaling), scaling)
    return found


def usable_values(
    values: NDArray[np.float32], valid: NDArray[np.bool_], channel: str, scaling: Scaling
) -> NDArray[np.float32]:
    """What limits of a channel are taken from: its valid, finite values, after the transform.

    Parameters
    ----------
    values: float32 in the band's unit, NaN where there is no data. valid: bool of that shape.

    Returns
    -------
    (pixel,) float32 in the order of the array.

    Raises
    ------
    DataError: the scaling does not know the channel's band.
    """
    return _usable(_in_unit(values, _limits_of(channel, scaling).transform), valid)


def limits_of(values: NDArray[np.float32], scaling: Scaling) -> tuple[float, float]:
    """Percentiles of what `usable_values` returned, which is put out of order; 0, 0 of nothing."""
    return _percentiles(values, scaling.percentiles) if values.size else (0.0, 0.0)


def scale(
    values: NDArray[np.float32],
    valid: NDArray[np.bool_],
    channel: str,
    scaling: Scaling,
    scene: Mapping[str, tuple[float, float]],
) -> NDArray[np.float32]:
    """Scale one channel of patches to 0..1.

    Parameters
    ----------
    values: (patch, y, x) float32 in the band's unit, NaN where there is no data.
    valid: (patch, y, x), the pixels that minima and maxima of scope `patch` are taken from.
    channel: its name, such as PRE1_gVV.
    scene: what `scene_limits` returned for this event.

    Returns
    -------
    (patch, y, x) float32 in 0..1 without NaN.

    Raises
    ------
    DataError: the scaling has no limits for the channel's band.
    """
    limits = _limits_of(channel, scaling)
    physical = _in_unit(values, limits.transform)
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    if scaling.scope == "patch":
        usable = valid & np.isfinite(physical)
        low = np.where(usable, physical, np.inf).min(axis=(1, 2), keepdims=True)
        high = np.where(usable, physical, -np.inf).max(axis=(1, 2), keepdims=True)
    else:
        pair = scene[channel] if scaling.scope == "scene" else (limits.low, limits.high)
        low, high = np.float32(pair[0]).reshape(1, 1, 1), np.float32(pair[1]).reshape(1, 1, 1)
    informative = high > low
    offset = np.where(informative, low, np.float32(0))
    span = np.where(informative, high - offset, np.float32(1))
    scaled = np.clip((physical - offset) / span, np.float32(0), np.float32(1)) * informative
    return np.nan_to_num(scaled, copy=False, nan=0.0).astype(np.float32, copy=False)


def to_json(scalings: Sequence[Scaling]) -> str:
    """The text of scaling.json: percentiles, and bands for each choice about the offset.

    The scope is the training's own choice.
    """
    fields = {
        "percentiles": scalings[0].percentiles,
        "bands": {
            scaling.s2_offset: {name: asdict(limits) for name, limits in scaling.bands.items()}
            for scaling in scalings
        },
    }
    return json.dumps(fields, indent=2) + "\n"


def from_json(text: str, scope: Scope = "train", s2_offset: S2Offset = "as-published") -> Scaling:
    """Read what `to_json` wrote, to be applied in `scope` with a choice about the offset."""
    fields = json.loads(text)
    bands = fields["bands"][s2_offset]
    return from_dict({**fields, "bands": bands, "scope": scope, "s2_offset": s2_offset})


def from_dict(fields: Mapping[str, Any]) -> Scaling:
    """Read a scaling from the fields of `Scaling`, as a stored model holds them.

    Raises
    ------
    KeyError, TypeError: a field is missing or unknown.
    """
    low, high = fields["percentiles"]
    bands = {name: Limits(**values) for name, values in fields["bands"].items()}
    return Scaling(fields["scope"], (low, high), bands, fields["s2_offset"])


def _limits_of(channel: str, scaling: Scaling) -> Limits:
    band = split_channel(channel)[1].name
    if band not in scaling.bands:
        raise DataError(
            Fault(
                f"band {band} has no scaling limits",
                channel,
                f"bands with limits: {', '.join(scaling.bands)}",
                f"{band} has no usable pixel in the training patches: choose a feature set without"
                " it, or check the cubes of the training events",
            )
        )
    return scaling.bands[band]


def _in_unit(values: NDArray[np.float32], transform: Transform) -> NDArray[np.float32]:
    if transform == "identity":
        return values
    decibel = np.full_like(values, np.nan)
    np.log10(values, out=decibel, where=values > 0)
    decibel *= np.float32(10)
    return decibel


def _usable(values: NDArray[np.float32], valid: NDArray[np.bool_]) -> NDArray[np.float32]:
    return values[valid & np.isfinite(values)]


def _percentiles(
    values: NDArray[np.float32], percentiles: tuple[float, float]
) -> tuple[float, float]:
    low, high = np.percentile(values, percentiles, overwrite_input=True)
    return float(low), float(high)
