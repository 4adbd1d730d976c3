"""BEAM-DIMAP, the format that SNAP writes: a .dim of XML, and one ENVI raster per band.

The format: SNAP help, The BEAM-DIMAP Data Format
(https://step.esa.int/main/wp-content/help/versions/9.0.0/snap/org.esa.snap.snap.help/general/overview/BeamDimapFormat.html).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from lxml import etree
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from scarp.errors import DataError, Fault

_BYTES = {
    **dict.fromkeys(("int8", "uint8"), 1),
    **dict.fromkeys(("int16", "uint16"), 2),
    **dict.fromkeys(("int32", "uint32", "float32"), 4),
    "float64": 8,
}
_AGAIN = "run gpt again; what stopped it is in its log"


@dataclass(frozen=True)
class Band:
    """One raster of a product.

    Attributes
    ----------
    name, unit: as SNAP calls them.
    dtype: as stored; scale, offset: a physical value is stored value * scale + offset, and 10 to
        the power of that where `logarithmic`.
    nodata: stored value that means no data, None where the product does not use it.
    path: of the ENVI image.
    """

    name: str
    unit: str
    dtype: str
    scale: float
    offset: float
    logarithmic: bool
    nodata: float | None
    path: Path


@dataclass(frozen=True, eq=False)
class Dimap:
    """A product with a map projection or without one.

    Attributes
    ----------
    path: of the .dim; name: of the product.
    height, width: in pixels.
    bands: those with a raster, by name, in the product's order; virtual ones are left out.
    crs, transform: where pixel corners lie on the map; None where the product has none.
    metadata: the elements below Dataset_Sources.
    """

    path: Path
    name: str
    height: int
    width: int
    bands: Mapping[str, Band]
    crs: CRS | None
    transform: rasterio.Affine | None
    metadata: tuple[etree._Element, ...]

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
        found = list(self.metadata)
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
        for root in self.metadata:
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
                Fault(f"has no band '{name}'", str(self.path), ", ".join(self.bands), _AGAIN)
            )
        band = self.bands[name]
        rows, columns = rows or slice(0, self.height), columns or slice(0, self.width)
        window = Window.from_slices(rows, columns)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", NotGeoreferencedWarning)
                with rasterio.open(band.path, driver="ENVI") as file:
                    stored = file.read(1, window=window)
        except RasterioError as error:
            raise DataError(Fault(f"cannot be read: {error}", str(band.path), "", _AGAIN)) from None
        values: NDArray[np.float64] = stored.astype(np.float64) * band.scale + band.offset
        if band.logarithmic:
            values = 10.0**values
        if band.nodata is not None:
            values[stored == band.nodata] = np.nan
        return values.astype(np.float32)


def open_dimap(path: str | Path) -> Dimap:
    """Read the header of a product and check that all its rasters are there in full.

    Raises
    ------
    DataError: no such file, no BEAM-DIMAP, a raster missing or cut short.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(Fault("there is no such product", str(path), "a .dim file", _AGAIN))
    try:
        root = etree.parse(path, etree.XMLParser(resolve_entities=False, no_network=True)).getroot()
        height, width = (
            int(_text(root, f"Raster_Dimensions/{name}", path)) for name in ("NROWS", "NCOLS")
        )
        bands = _bands(root, path)
        crs, transform = _geocoding(root)
    except (etree.XMLSyntaxError, ValueError, RasterioError) as error:
        raise DataError(
            Fault(f"is not a whole BEAM-DIMAP header: {error}", str(path), "", _AGAIN)
        ) from None
    faults = [
        fault for band in bands.values() for fault in _raster_faults(band, height, width, path)
    ]
    if faults:
        raise DataError(faults)
    return Dimap(
        path,
        root.findtext("Dataset_Id/DATASET_NAME") or path.stem,
        height,
        width,
        bands,
        crs,
        transform,
        tuple(root.iterfind("Dataset_Sources/MDElem")),
    )


def _bands(root: etree._Element, path: Path) -> dict[str, Band]:
    files = {
        _text(file, "BAND_INDEX", path): file.find("DATA_FILE_PATH")
        for file in root.iterfind("Data_Access/Data_File")
    }
    bands: dict[str, Band] = {}
    for row in root.iterfind("Image_Interpretation/Spectral_Band_Info"):
        file = files.get(_text(row, "BAND_INDEX", path))
        if file is None:
            continue  # a virtual band is an expression
        name = _text(row, "BAND_NAME", path)
        used = row.findtext("NO_DATA_VALUE_USED") == "true"
        bands[name] = Band(
            name,
            row.findtext("PHYSICAL_UNIT") or "",
            _text(row, "DATA_TYPE", path),
            float(row.findtext("SCALING_FACTOR") or 1),
            float(row.findtext("SCALING_OFFSET") or 0),
            row.findtext("LOG10_SCALED") == "true",
            float(_text(row, "NO_DATA_VALUE", path)) if used else None,
            path.parent / Path(file.get("href", "")).with_suffix(".img"),
        )
    return bands


def _geocoding(root: etree._Element) -> tuple[CRS | None, rasterio.Affine | None]:
    wkt = root.findtext("Coordinate_Reference_System/WKT")
    numbers = root.findtext("Geoposition/IMAGE_TO_MODEL_TRANSFORM")
    if not wkt or not numbers:
        return None, None
    # Java's order: column by column.
    xx, yx, xy, yy, x, y = map(float, numbers.split(","))
    return CRS.from_wkt(wkt.strip()), rasterio.Affine(xx, xy, x, yx, yy, y)


def _raster_faults(band: Band, height: int, width: int, path: Path) -> list[Fault]:
    where = f"{path}, band {band.name}"
    if not band.path.parent.is_dir():
        return [Fault("its data folder is missing", f"{where}: {band.path.parent}", "", _AGAIN)]
    missing = [p for p in (band.path, band.path.with_suffix(".hdr")) if not p.is_file()]
    if missing:
        return [Fault(f"there is no {missing[0].name}", where, str(missing[0]), _AGAIN)]
    if band.dtype not in _BYTES:
        return [Fault(f"is of type {band.dtype}", where, ", ".join(_BYTES), "write other bands")]
    size, wanted = band.path.stat().st_size, height * width * _BYTES[band.dtype]
    if size != wanted:
        return [Fault(f"is half-written: {size} bytes", where, f"{wanted} bytes", _AGAIN)]
    if not math.isfinite(band.scale * band.offset):
        return [Fault("has no finite scale and offset", where, "finite numbers", _AGAIN)]
    return []


def _text(root: etree._Element, name: str, path: Path) -> str:
    text = (root.findtext(name) or "").strip()
    if not text:
        raise DataError(Fault(f"lacks {name}", str(path), "a BEAM-DIMAP header", _AGAIN))
    return text


def _named(parent: etree._Element, tag: str, name: str) -> list[etree._Element]:
    return [child for child in parent.iterfind(tag) if child.get("name") == name]


def _abstracted(name: str) -> bool:
    # Up to SNAP 13 Slave_Metadata, in 14 Secondary_Metadata.
    return name in ("Abstracted_Metadata", "Slave_Metadata", "Secondary_Metadata")
