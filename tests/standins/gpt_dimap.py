"""Writing BEAM-DIMAP as SNAP does: a .dim of XML and one big-endian ENVI raster per band."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from numpy.typing import NDArray
from rasterio.crs import CRS

from scarp.grid import Grid

_TYPES = {"float32": (4, ">f4"), "uint8": (1, "u1")}


@dataclass(frozen=True, eq=False)
class Written:
    """What is written: bands name -> (unit, (y, x) values), on a grid; metadata by element."""

    name: str
    grid: Grid
    bands: Mapping[str, tuple[str, NDArray[np.generic]]]
    metadata: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def write_dimap(path: Path, product: Written, cut: bool = False) -> None:
    """Write a product; `cut` leaves its last raster half-written."""
    data = path.with_suffix(".data")
    data.mkdir(parents=True, exist_ok=True)
    path.write_text(_header(product, data.name), encoding="iso-8859-1")
    for number, (name, (_, values)) in enumerate(product.bands.items(), 1):
        code, dtype = _TYPES[values.dtype.name]
        (data / f"{name}.hdr").write_text(
            f"ENVI\ndescription = {{{name}}}\nsamples = {product.grid.width}\n"
            f"lines = {product.grid.height}\nbands = 1\nheader offset = 0\n"
            f"file type = ENVI Standard\ndata type = {code}\ninterleave = bsq\nbyte order = 1\n"
            f"band names = {{ {name} }}\n",
            encoding="ascii",
        )
        raw = values.astype(dtype).tobytes()
        last = number == len(product.bands)
        (data / f"{name}.img").write_bytes(raw[: len(raw) // 2] if cut and last else raw)


def _header(product: Written, data: str) -> str:
    grid, step = product.grid, product.grid.resolution
    files = "".join(
        f'<Data_File><DATA_FILE_PATH href="{data}/{name}.hdr" /><BAND_INDEX>{n}</BAND_INDEX>'
        "</Data_File>\n"
        for n, name in enumerate(product.bands)
    )
    bands = "".join(
        f"<Spectral_Band_Info><BAND_INDEX>{n}</BAND_INDEX><BAND_NAME>{name}</BAND_NAME>"
        f"<DATA_TYPE>{values.dtype.name}</DATA_TYPE><PHYSICAL_UNIT>{unit}</PHYSICAL_UNIT>"
        "<SCALING_FACTOR>1.0</SCALING_FACTOR><SCALING_OFFSET>0.0</SCALING_OFFSET>"
        "<LOG10_SCALED>false</LOG10_SCALED><NO_DATA_VALUE_USED>true</NO_DATA_VALUE_USED>"
        "<NO_DATA_VALUE>0.0</NO_DATA_VALUE></Spectral_Band_Info>\n"
        for n, (name, (unit, values)) in enumerate(product.bands.items())
    )
    elements = "".join(
        f"<MDElem name={quoteattr(element)}>\n"
        + "".join(
            f'<MDATTR name={quoteattr(name)} type="ascii">{escape(value)}</MDATTR>\n'
            for name, value in attributes.items()
        )
        + "</MDElem>\n"
        for element, attributes in product.metadata.items()
    )
    wkt = escape(CRS.from_user_input(grid.crs).to_wkt())
    return f"""<?xml version="1.0" encoding="ISO-8859-1"?>
<Dimap_Document name="{escape(product.name)}.dim">
<Metadata_Id><METADATA_FORMAT version="2.12.1">DIMAP</METADATA_FORMAT>
<METADATA_PROFILE>BEAM-DATAMODEL-V1</METADATA_PROFILE></Metadata_Id>
<Dataset_Id><DATASET_SERIES>BEAM-PRODUCT</DATASET_SERIES>
<DATASET_NAME>{escape(product.name)}</DATASET_NAME></Dataset_Id>
<Production><DATASET_PRODUCER_NAME>test stand-in for gpt, not SNAP</DATASET_PRODUCER_NAME>
<PRODUCT_TYPE>SLC</PRODUCT_TYPE></Production>
<Coordinate_Reference_System><WKT>{wkt}</WKT></Coordinate_Reference_System>
<Geoposition><IMAGE_TO_MODEL_TRANSFORM>{step},0.0,0.0,{-step},{grid.left},{grid.top}\
</IMAGE_TO_MODEL_TRANSFORM></Geoposition>
<Raster_Dimensions><NCOLS>{grid.width}</NCOLS><NROWS>{grid.height}</NROWS>
<NBANDS>{len(product.bands)}</NBANDS></Raster_Dimensions>
<Data_Access><DATA_FILE_FORMAT>ENVI</DATA_FILE_FORMAT>
<DATA_FILE_ORGANISATION>BAND_SEPARATE</DATA_FILE_ORGANISATION>
{files}</Data_Access>
<Image_Interpretation>
{bands}</Image_Interpretation>
<Dataset_Sources><MDElem name="metadata">
{elements}</MDElem></Dataset_Sources>
</Dimap_Document>
"""
