"""The pixel grid of an event: a north-up grid of square pixels, usually UTM at 10 m."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Grid:
    """A north-up pixel grid.

    Attributes
    ----------
    crs: a CRS that rasterio reads ("EPSG:32633"), or "" where there is no georeference.
    left, top: outer edge of the first pixel, in CRS units.
    resolution: pixel size in CRS units.
    height, width: in pixels.
    """

    crs: str
    left: float
    top: float
    resolution: float
    height: int
    width: int

    @classmethod
    def from_attributes(cls, attributes: Mapping[str, Any], height: int, width: int) -> Grid:
        """The grid that a cube or a patches file carries in its attributes (see `attributes`)."""
        # HDF5 returns a number as an array of one.
        left, top, resolution = (
            float(np.asarray(attributes[name]).item()) for name in ("left", "top", "resolution")
        )
        return cls(str(attributes["grid_crs"]), left, top, resolution, height, width)

    @property
    def attributes(self) -> dict[str, str | float]:
        """What a file needs to carry, beside height and width."""
        return {
            # Not "crs": rioxarray removes an attribute of that name.
            "grid_crs": self.crs,
            "left": self.left,
            "top": self.top,
            "resolution": self.resolution,
        }

    def agrees(self, other: Grid) -> bool:
        """Whether two grids have the same pixels, but for a thousandth of one."""
        slack = self.resolution / 1000
        return (
            (self.crs, self.height, self.width) == (other.crs, other.height, other.width)
            and abs(self.left - other.left) < slack
            and abs(self.top - other.top) < slack
            and abs(self.resolution - other.resolution) * max(self.height, self.width) < slack
        )

    def padded(self, pixels: int) -> Grid:
        """This grid with so many pixels more on every side."""
        margin = pixels * self.resolution
        return Grid(
            self.crs,
            self.left - margin,
            self.top + margin,
            self.resolution,
            self.height + 2 * pixels,
            self.width + 2 * pixels,
        )

    def part(self, rows: slice, columns: slice) -> Grid:
        """A part of this grid; both slices have a start and a stop."""
        return Grid(
            self.crs,
            self.left + columns.start * self.resolution,
            self.top - rows.start * self.resolution,
            self.resolution,
            rows.stop - rows.start,
            columns.stop - columns.start,
        )

    @property
    def is_metric(self) -> bool:
        """Whether the CRS is projected, so that its units are metres; False without a CRS."""
        if not self.crs:
            return False
        from rasterio.crs import CRS  # slow to import, needed here only

        return bool(CRS.from_user_input(self.crs).is_projected)

    @property
    def x(self) -> NDArray[np.float64]:
        """Eastings of pixel centres, west to east."""
        return self.left + self.resolution * (np.arange(self.width, dtype=np.float64) + 0.5)

    @property
    def y(self) -> NDArray[np.float64]:
        """Northings of pixel centres, north to south."""
        return self.top - self.resolution * (np.arange(self.height, dtype=np.float64) + 0.5)

    @property
    def transform(self) -> tuple[float, float, float, float, float, float]:
        """Affine coefficients (a, b, c, d, e, f) from (column, row) to (x, y)."""
        return (self.resolution, 0.0, self.left, 0.0, -self.resolution, self.top)
