"""The numbers that both Sentinel-1 engines compute with (docs/design.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SpeckleFilter = Literal["none", "boxcar", "refined-lee"]


@dataclass(frozen=True)
class Processing:
    """How products are made of pixels.

    Attributes
    ----------
    range_looks, azimuth_looks: that gamma nought and C2 are averaged over first.
    coherence_range, coherence_azimuth: window in full-resolution pixels.
    decomposition: side of the window that C2 is averaged over before it is decomposed.
    speckle: filter of C2 before that window.
    taps: of the interpolating kernel.
    """

    range_looks: int = 4
    azimuth_looks: int = 1
    coherence_range: int = 10
    coherence_azimuth: int = 3
    decomposition: int = 5
    speckle: SpeckleFilter = "none"
    taps: int = 8
