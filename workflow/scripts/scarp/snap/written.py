"""A product that SNAP wrote, in whichever format: its bands, its place on the map, its metadata."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import rasterio
from lxml import etree
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from scarp.errors import DataError, Fault

#: Bytes of a pixel, by type as both formats name it.
BYTES = {
    **dict.fromkeys(("int8", "uint8"), 1),
    **dict.fromkeys(("int16", "uint16"), 2),
    **dict.fromkeys(("int32", "uint32", "float32"), 4),
    "float64": 8,
}
AGAIN = "run gpt again; what stopped it is in its log"


@dataclass(frozen=True)
class Band:
    """One raster of a product.

    Attributes
    ----------
    name, unit: as SNAP calls them.
    dtype: as stored; scale, offset: a physical value is stored value * scale + offset, and 10 to
        the power of that where `logarithmic`.
    nodata: stored value that means no data, None where the product does not use it.
    path: of the file; number: of the band in it, from 1.
    """

    name: str
    unit: str
    dtype: str
    scale: float
    offset: float
    logarithmic: bool
    nodata: float | None
    path: Path
    number: int


@dataclass(frozen=True, eq=False)
class SnapProduct:
    """A product with a map projection or without one.

    Attributes
    ----------
    path: of the .dim or .tif; name: of the product.
    driver: GDAL's, for the files of its bands.
    height, width: in pixels.
    bands: those with a raster, by name, in the product's order; virtual ones are left out.
    crs, transform: where pixel corners lie on the map; None where the product has none.
    metadata: the elements below Dataset_Sources; None in a file without SNAP's header.
    """

    path: Path
    name: str
    driver: Literal["ENVI", "GTiff"]
    height: int
    width: int
    bands: Mapping[str, Band]
    crs: CRS | None
    transform: rasterio.Affine | None
    metadata: tuple[etree._Element, ...] | None

    @property
    def geocoding(self) -> tuple[CRS, rasterio.Affine]:
        """CRS, and affine transform from (column, row) of pixel corners.

        Raises
        ------
        DataError: the product lies on no map.
        """
        if self.crs is None or self.transform is None:
            raise DataError(
                Fault(
                    "has no map projection",
                    str(self.path),
                    "a product that Terrain-Correction has put on a map",
                    "end the graph with Terrain-Correction, then Write",
                )
            )
        return self.crs, self.transform

    def attribute(self, path: str) -> str | None:
        """A metadata attribute such as "Abstracted_Metadata/DEM"; None where there is none."""
        *elements, name = path.split("/")
        found = list(self.metadata or ())
        for element in elements:
            found = [child for parent in found for child in _named(parent, "MDElem", element)]
        for parent in found:
            for attribute in _named(parent, "MDATTR", name):
                return (attribute.text or "").strip()
        return None

    def attributes(self, name: str) -> list[str]:
        """Values of the attributes of a name in abstracted metadata, those of a pair included.

        A stack keeps those of its other date in an element of its own, below the same root.
        """
        found = []
        for root in self.metadata or ():
            for attribute in root.iter("MDATTR"):
                above = [element.get("name", "") for element in attribute.iterancestors("MDElem")]
                own = attribute.get("name") == name
                if own and any(_abstracted(element) for element in above):
                    found.append((attribute.text or "").strip())
        return found

    def read(
        self, name: str, rows: slice | None = None, columns: slice | None = None
    ) -> NDArray[np.float32]:
        """Physical values of a window of a band, (y, x) float32, NaN where it says no data.

        Parameters
        ----------
        rows, columns: with start and stop inside the raster; None: all.

        Raises
        ------
        DataError: there is no such band, or its raster cannot be read.
        """
        if name not in self.bands:
            raise DataError(
                Fault(f"has no band '{name}'", str(self.path), ", ".join(self.bands), AGAIN)
            )
        band = self.bands[name]
        rows, columns = rows or slice(0, self.height), columns or slice(0, self.width)
        window = Window.from_slices(rows, columns)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", NotGeoreferencedWarning)
                with rasterio.open(band.path, driver=self.driver) as file:
                    stored = file.read(band.number, window=window)
        except RasterioError as error:
            raise DataError(Fault(f"cannot be read: {error}", str(band.path), "", AGAIN)) from None
        values: NDArray[np.float64] = stored.astype(np.float64) * band.scale + band.offset
        if band.logarithmic:
            values = 10.0**values
        if band.nodata is not None:
            values[stored == band.nodata] = np.nan
        return values.astype(np.float32)


def _named(parent: etree._Element, tag: str, name: str) -> list[etree._Element]:
    return [child for child in parent.iterfind(tag) if child.get("name") == name]


def _abstracted(name: str) -> bool:
    # Up to SNAP 13 Slave_Metadata, in 14 Secondary_Metadata.
    return name in ("Abstracted_Metadata", "Slave_Metadata", "Secondary_Metadata")
