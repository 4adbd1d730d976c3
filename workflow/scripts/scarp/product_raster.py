"""Reading one product file, and what can be wrong with its grid."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from scarp.errors import DataError, Fault
from scarp.grid import Grid

#: Pixel size of every event, in metres.
RESOLUTION = 10.0
#: Largest shift of the origin between two files of one grid, in pixels.
_SHIFT = 0.01


@dataclass(frozen=True)
class Raster:
    """A product file as it is stored.

    Attributes
    ----------
    path: of the file.
    crs, transform: its georeference; None and the identity where it has none.
    values: (band, y, x) in the file's dtype.
    data: (band, y, x), False where the file says that there is no data.
    scales, offsets: per band; a physical value is stored value * scale + offset.
    descriptions: per band, lower case, "" where there is none.
    nodata: the file's nodata value, None where it names none.
    tags: of the file, names in lower case.
    """

    path: Path
    crs: CRS | None
    transform: rasterio.Affine
    values: NDArray[np.generic]
    data: NDArray[np.bool_]
    scales: tuple[float, ...]
    offsets: tuple[float, ...]
    descriptions: tuple[str, ...]
    nodata: float | None
    tags: Mapping[str, str]

    @property
    def grid(self) -> Grid:
        """The file's grid; only meaningful where `frame_faults` finds nothing."""
        height, width = self.values.shape[1:]
        crs = self.crs.to_string() if self.crs else ""
        return Grid(crs, self.transform.c, self.transform.f, self.transform.a, height, width)

    @property
    def is_simulated(self) -> bool:
        """Whether the file's tag says that nothing in it was observed."""
        return self.tags.get("simulated", "").strip().casefold() == "true"


def read_raster(path: Path) -> Raster:
    """Read all bands of a GeoTIFF.

    Raises
    ------
    DataError: it cannot be opened or read to its end, or holds complex values.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path, driver="GTiff") as file:
                if any(dtype.startswith("complex") for dtype in file.dtypes):
                    raise DataError(
                        Fault(
                            f"holds complex values ({', '.join(sorted(set(file.dtypes)))})",
                            str(path),
                            "real values",
                            "give the product made from the complex image: power, coherence"
                            " magnitude or decomposition",
                        )
                    )
                return Raster(
                    path,
                    file.crs,
                    file.transform,
                    file.read(),
                    file.read_masks() > 0,
                    file.scales,
                    file.offsets,
                    tuple((text or "").strip().casefold() for text in file.descriptions),
                    file.nodata,
                    {name.casefold(): text for name, text in file.tags().items()},
                )
    except RasterioError as error:
        raise DataError(
            Fault(
                f"cannot be read as a GeoTIFF ({error.__cause__ or error})",
                str(path),
                cure="write the file again; it may be cut short or of another format",
            )
        ) from error


def frame_faults(raster: Raster, terrain: Raster | None) -> list[Fault]:
    """What is wrong with a file's grid.

    Parameters
    ----------
    terrain: the file whose grid is the event's; None for itself, or where it cannot be read.
    """
    if terrain is None:
        return _own_frame_faults(raster)
    differences = _differences(raster, terrain)
    if not differences:
        return []  # what is wrong with both is said once, of terrain.tif
    own = _own_frame_faults(raster)
    if own or _own_frame_faults(terrain):
        return own
    grid = terrain.grid
    bottom = grid.top - grid.height * grid.resolution
    right = grid.left + grid.width * grid.resolution
    return [
        Fault(
            f"stands on another grid than {terrain.path.name}: {'; '.join(differences)}",
            str(raster.path),
            f"the grid of {terrain.path.name}",
            f"resample it: gdalwarp -t_srs {grid.crs} -te {grid.left:.12g} {bottom:.12g}"
            f" {right:.12g} {grid.top:.12g} -ts {grid.width} {grid.height}"
            " -r bilinear (labels and masks: -r near)",
        )
    ]


def _own_frame_faults(raster: Raster) -> list[Fault]:
    crs, transform = raster.crs, raster.transform
    cure = "reproject all products of the event to one UTM grid of 10 m, for example with gdalwarp"
    allowed = "a projected CRS in metres, north up, square pixels of 10 m"
    facts = []
    if crs is None:
        facts.append("has no coordinate reference system")
    elif not crs.is_projected:
        facts.append(f"lies in {crs.to_string()}, which is not projected")
    elif not math.isclose(crs.linear_units_factor[1], 1.0):
        facts.append(f"lies in {crs.to_string()}, whose unit is the {crs.linear_units}")
    if transform.b or transform.d or transform.a <= 0 or transform.e >= 0:
        facts.append("is not north-up")
    elif not math.isclose(transform.a, -transform.e, rel_tol=1e-6):
        facts.append(f"has pixels of {transform.a:g} x {-transform.e:g}, which are not square")
    elif not facts and not math.isclose(transform.a, RESOLUTION, rel_tol=1e-6):
        facts.append(f"has pixels of {transform.a:g} m")
    return [Fault(fact, str(raster.path), allowed, cure) for fact in facts]


def _differences(raster: Raster, terrain: Raster) -> list[str]:
    found = []
    if raster.crs != terrain.crs:
        found.append(f"CRS {raster.crs or 'none'}, not {terrain.crs or 'none'}")
    here, there = raster.transform, terrain.transform
    # The origins may differ a little, the far edges no more than that.
    longest, pixel = max(terrain.values.shape[1:]), abs(there.a) or 1.0
    shifts = [abs(a - b) for a, b in zip(here[:6], there[:6], strict=True)]
    shifts = [shift if n in (2, 5) else shift * longest for n, shift in enumerate(shifts)]
    if max(shifts) > _SHIFT * pixel:
        found.append(
            f"origin {here.c:.12g}, {here.f:.12g} and pixels of {here.a:g} x {-here.e:g}, not"
            f" {there.c:.12g}, {there.f:.12g} and {there.a:g} x {-there.e:g}"
        )
    if raster.values.shape[1:] != terrain.values.shape[1:]:
        rows, columns = raster.values.shape[1:]
        height, width = terrain.values.shape[1:]
        found.append(f"{columns} x {rows} pixels, not {width} x {height}")
    return found
