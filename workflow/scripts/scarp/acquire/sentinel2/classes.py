"""What the scene classification (SCL) of Sentinel-2 Level-2A says about a pixel's use.

Classes: Sentinel-2 Products Specification Document, issue 14.9, section 5.5.3, and Main-Knorn et
al. 2017, "Sen2Cor for Sentinel-2" (Proc. SPIE 10427).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NO_DATA, SATURATED, SHADOW, SNOW = 0, 1, 3, 11
#: Medium and high probability, thin cirrus.
CLOUD = (8, 9, 10)
#: In a mask: usable, not usable, no data.
USABLE, UNUSABLE, UNKNOWN = 1, 0, 255


@dataclass(frozen=True)
class Shares:
    """Shares of an area, 0 to 1.

    Attributes
    ----------
    cloud, shadow, snow: of its pixels, by class; shadow is that of clouds.
    missing: of its pixels, without data.
    """

    cloud: float
    shadow: float
    snow: float
    missing: float

    @property
    def covered(self) -> float:
        """Share of the area that has data."""
        return 1.0 - self.missing

    @property
    def hidden(self) -> float:
        """Share of the area that shows no ground: cloud, its shadow, no data."""
        return self.cloud + self.shadow + self.missing


def shares(classes: NDArray[np.uint8]) -> Shares:
    """Count the classes of an area, (y, x) uint8 with 0 for no data."""
    counts = np.bincount(classes.ravel(), minlength=256) / classes.size
    return Shares(
        float(counts[list(CLOUD)].sum()),
        float(counts[SHADOW]),
        float(counts[SNOW]),
        float(counts[NO_DATA]),
    )


def usable(classes: NDArray[np.uint8], snow_is_usable: bool) -> NDArray[np.uint8]:
    """A mask of what can be used: 1 yes, 0 no, 255 no data.

    Clouds, thin cirrus, shadows of clouds and saturated or defective pixels cannot be used; snow
    hides the ground too, unless the user wants it. Dark areas (class 2) can: the class takes in
    wet peat, burnt and basaltic ground, such as slides lay bare, and shadows of relief, which lie
    on both dates. Unclassified pixels (class 7) can as well: the class is what the others leave.

    Parameters
    ----------
    classes: (y, x) uint8.
    """
    refused = [SATURATED, SHADOW, *CLOUD, *([] if snow_is_usable else [SNOW])]
    mask = np.full(classes.shape, USABLE, dtype=np.uint8)
    mask[np.isin(classes, refused)] = UNUSABLE
    mask[classes == NO_DATA] = UNKNOWN
    return mask
