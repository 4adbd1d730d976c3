"""What differences are expected to stay within, and the verdict.

These are expectations, from how the engines compute and from what the estimates carry of noise.
They were not measured: no product of an installed SNAP could be had. Where a first comparison with
real ones tells otherwise, the numbers here are to be changed, with what was seen as their reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from scarp.channels import split_channel
from scarp.parity.compare import LayerParity
from scarp.parity.product_side import LOCAL_INCIDENCE

Verdict = Literal["within", "beyond", "undefined"]


@dataclass(frozen=True)
class Tolerance:
    """Largest absolute bias (in the unit of the comparison), least correlation, and why."""

    bias: float
    correlation: float
    reason: str


_POWER = Tolerance(
    0.5,
    0.9,
    "both sides apply the same calibration tables; flattening and noise removal are expected to"
    " differ by a few tenths of a decibel on open slopes",
)
#: Band -> tolerance.
TOLERANCES: Mapping[str, Tolerance] = {
    "gVV": _POWER,
    "gVH": _POWER,
    "COHVV": Tolerance(
        0.05,
        0.8,
        "the estimate of no coherence at all moves by 0.05 between 14 and 22 looks; over ground"
        " without coherence nothing but noise is left to correlate",
    ),
    "ENTROPY": Tolerance(0.02, 0.9, "what 25 and 45 looks differ by, at middling anisotropy"),
    "ANISOTROPY": Tolerance(0.04, 0.9, "what 25 and 45 looks differ by, at middling anisotropy"),
    "ALPHA": Tolerance(1.5, 0.9, "about the most that 15 and 45 looks differ by"),
    LOCAL_INCIDENCE: Tolerance(
        0.5, 0.9, "both follow from one DEM, which they resample in different ways"
    ),
}
#: Largest shift in any direction, in pixels: what a landslide of a few pixels can bear.
SHIFT = 0.25


def tolerance_of(layer: str) -> Tolerance:
    """What a layer is held against."""
    return TOLERANCES[layer if layer == LOCAL_INCIDENCE else split_channel(layer)[1].name]


def exceeded(layer: str, parity: LayerParity) -> tuple[str, ...]:
    """Which of bias, correlation and shift are beyond their tolerance."""
    limit, found = tolerance_of(layer), []
    if parity.bias is not None and abs(parity.bias) > limit.bias:
        found.append("bias")
    if parity.correlation is not None and parity.correlation < limit.correlation:
        found.append("correlation")
    if parity.shift is not None and max(map(abs, parity.shift)) > SHIFT:
        found.append("shift")
    return tuple(found)


def verdict(layer: str, parity: LayerParity) -> Verdict:
    """Whether a layer is within all its tolerances.

    `beyond` where one is exceeded; `undefined` where none is but bias, correlation or shift could
    not be told.
    """
    if exceeded(layer, parity):
        return "beyond"
    if None in (parity.bias, parity.correlation, parity.shift):
        return "undefined"
    return "within"
