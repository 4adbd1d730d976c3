"""BEAM-DIMAP, the format that SNAP writes: a .dim of XML, and one ENVI raster per band.

The format: SNAP help, The BEAM-DIMAP Data Format
(https://step.esa.int/main/wp-content/help/versions/9.0.0/snap/org.esa.snap.snap.help/general/overview/BeamDimapFormat.html).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import rasterio
from lxml import etree
from rasterio.crs import CRS
from rasterio.errors import RasterioError

from scarp.errors import DataError, Fault
from scarp.snap.written import AGAIN, BYTES, Band, SnapProduct


@dataclass(frozen=True, eq=False)
class Header:
    """What the XML tells.

    Attributes
    ----------
    name: of the product, None where it has none.
    height, width: in pixels.
    bands: those with a raster, in order; `path` is the ENVI header that the XML names, relative to
        the .dim, `number` counts them.
    crs, transform: where pixel corners lie on the map; None where the product has none.
    metadata: the elements below Dataset_Sources.
    """

    name: str | None
    height: int
    width: int
    bands: tuple[Band, ...]
    crs: CRS | None
    transform: rasterio.Affine | None
    metadata: tuple[etree._Element, ...]


def open_dimap(path: str | Path) -> SnapProduct:
    """Read the header of a product and check that all its rasters are there in full.

    Raises
    ------
    DataError: no such file, no BEAM-DIMAP, a raster missing or cut short.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(Fault("there is no such product", str(path), "a .dim file", AGAIN))
    header = read_header(path.read_bytes(), path)
    bands = [
        replace(band, path=path.parent / band.path.with_suffix(".img"), number=1)
        for band in header.bands
    ]
    faults = [
        fault for band in bands for fault in _raster_faults(band, header.height, header.width, path)
    ]
    if faults:
        raise DataError(faults)
    return SnapProduct(
        path,
        header.name or path.stem,
        "ENVI",
        header.height,
        header.width,
        {band.name: band for band in bands},
        header.crs,
        header.transform,
        header.metadata,
    )


def read_header(text: bytes, path: Path) -> Header:
    """Read the XML of a product.

    Parameters
    ----------
    path: of the file that it stands in, for messages.

    Raises
    ------
    DataError: it is cut short, or lacks what a header must have.
    """
    try:
        root = etree.fromstring(text, etree.XMLParser(resolve_entities=False, no_network=True))
        height, width = (
            int(_text(root, f"Raster_Dimensions/{name}", path)) for name in ("NROWS", "NCOLS")
        )
        bands = _bands(root, path)
        crs, transform = _geocoding(root)
    except (etree.XMLSyntaxError, ValueError, RasterioError) as error:
        raise DataError(
            Fault(f"is not a whole BEAM-DIMAP header: {error}", str(path), "", AGAIN)
        ) from None
    name = root.findtext("Dataset_Id/DATASET_NAME")
    metadata = tuple(root.iterfind("Dataset_Sources/MDElem"))
    return Header(name, height, width, bands, crs, transform, metadata)


def _bands(root: etree._Element, path: Path) -> tuple[Band, ...]:
    files = {
        _text(file, "BAND_INDEX", path): file.find("DATA_FILE_PATH")
        for file in root.iterfind("Data_Access/Data_File")
    }
    bands: list[Band] = []
    for row in root.iterfind("Image_Interpretation/Spectral_Band_Info"):
        file = files.get(_text(row, "BAND_INDEX", path))
        if file is None:
            continue  # a virtual band is an expression
        used = row.findtext("NO_DATA_VALUE_USED") == "true"
        bands.append(
            Band(
                _text(row, "BAND_NAME", path),
                row.findtext("PHYSICAL_UNIT") or "",
                _text(row, "DATA_TYPE", path),
                float(row.findtext("SCALING_FACTOR") or 1),
                float(row.findtext("SCALING_OFFSET") or 0),
                row.findtext("LOG10_SCALED") == "true",
                float(_text(row, "NO_DATA_VALUE", path)) if used else None,
                Path(file.get("href", "")),
                len(bands) + 1,
            )
        )
    return tuple(bands)


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
        return [Fault("its data folder is missing", f"{where}: {band.path.parent}", "", AGAIN)]
    missing = [p for p in (band.path, band.path.with_suffix(".hdr")) if not p.is_file()]
    if missing:
        return [Fault(f"there is no {missing[0].name}", where, str(missing[0]), AGAIN)]
    faults = number_faults(band, path)
    if faults:
        return faults
    size, wanted = band.path.stat().st_size, height * width * BYTES[band.dtype]
    if size != wanted:
        return [Fault(f"is half-written: {size} bytes", where, f"{wanted} bytes", AGAIN)]
    return []


def number_faults(band: Band, path: Path) -> list[Fault]:
    """A type, scale or offset from which no physical values come; `path` is the product's."""
    where = f"{path}, band {band.name}"
    if band.dtype not in BYTES:
        return [Fault(f"is of type {band.dtype}", where, ", ".join(BYTES), "write other bands")]
    if not math.isfinite(band.scale * band.offset):
        return [Fault("has no finite scale and offset", where, "finite numbers", AGAIN)]
    return []


def _text(root: etree._Element, name: str, path: Path) -> str:
    text = (root.findtext(name) or "").strip()
    if not text:
        raise DataError(Fault(f"lacks {name}", str(path), "a BEAM-DIMAP header", AGAIN))
    return text
