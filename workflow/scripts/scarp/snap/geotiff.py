"""GeoTIFF as SNAP writes it: all bands in one file, and the BEAM-DIMAP header in a private tag.

Both of SNAP's writers, GeoTIFF and GeoTIFF-BigTIFF, convert the bands to one type, write them
unscaled, name no value for no data, and put the header that the .dim would hold into tag 65000
(snap-engine, modules snap-geotiff and snap-bigtiff; SNAP help, Export GeoTIFF). GDAL's GTiff driver
does not hand that tag out, so it is read here: TIFF 6.0, section 2, and BigTIFF
(http://bigtiff.org). Java writes bytes big-endian, BigTIFF too, which not every reader knows.
"""

from __future__ import annotations

import struct
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from scarp.errors import DataError, Fault
from scarp.snap.dimap import Header, number_faults, read_header
from scarp.snap.written import Band, SnapProduct

_HEADER = 65000
#: Offsets and byte counts of strips, and of tiles.
_PIECES = ((273, 279), (324, 325))
#: Types of TIFF that the tags above may have: ASCII, SHORT, LONG, LONG8.
_TYPES = {2: "s", 3: "H", 4: "I", 16: "Q"}
_AGAIN = "run gpt again, or copy the file again if it was made on another machine"
_WRITERS = "write BEAM-DIMAP, or GeoTIFF with SNAP's own writer (formatName of Write: GeoTIFF)"


def open_geotiff(path: str | Path) -> SnapProduct:
    """Read what a GeoTIFF says of itself and check that it is there in full.

    Names, units, scale and no data come from SNAP's header; the place on the map from the tags of
    GeoTIFF, as SNAP itself reads them. Bands lie in the file in the header's order, without
    virtual ones. A file without that header must have descriptions of its bands, as GDAL writes
    them; it then tells no metadata.

    Raises
    ------
    DataError: no such file, no GeoTIFF, cut short, neither header nor descriptions, or a header
        that does not fit its bands.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(Fault("there is no such product", str(path), "a .tif file", _AGAIN))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path, driver="GTiff") as file:
                tags = _read_tags(path)
                header = _header(tags, path)
                bands = _described(file, path) if header is None else _bands(file, header, path)
                faults = [*_size_faults(tags, path), *_frame_faults(file, header, path)]
                on_map = file.crs is not None and file.transform != rasterio.Affine.identity()
                crs, transform = (file.crs, file.transform) if on_map else (None, None)
                height, width = file.height, file.width
    except RasterioError as error:
        raise DataError(
            Fault(f"cannot be read as a GeoTIFF: {error}", str(path), "", _AGAIN)
        ) from None
    except struct.error:
        raise DataError(Fault("ends amid its tags", str(path), "", _AGAIN)) from None
    faults += [fault for band in bands for fault in number_faults(band, path)]
    if faults:
        raise DataError(faults)
    return SnapProduct(
        path,
        (header.name if header else None) or path.stem,
        "GTiff",
        height,
        width,
        {band.name: band for band in bands},
        crs,
        transform,
        header.metadata if header else None,
    )


def _header(tags: Mapping[int, tuple[Any, ...]], path: Path) -> Header | None:
    """What the private tag holds, if it is SNAP's: other software may use its number."""
    text: bytes = tags.get(_HEADER, (b"",))[0]
    if b"<Dimap_Document" not in text:
        return None
    return read_header(text.strip(b"\0 \t\r\n"), path)


def _bands(file: rasterio.DatasetReader, header: Header, path: Path) -> list[Band]:
    """Bands of the header, of the type and in the place that they have in the file."""
    return [replace(band, dtype=file.dtypes[0], path=path) for band in header.bands]


def _described(file: rasterio.DatasetReader, path: Path) -> list[Band]:
    """Bands of a file without SNAP's header, by their descriptions."""
    names = [text or "" for text in file.descriptions]
    if "" in names or len(set(names)) < len(names):
        raise DataError(
            Fault(
                "has no header of SNAP in tag 65000, and no different names of its bands",
                str(path),
                "a product whose bands have SNAP's names",
                _WRITERS,
            )
        )
    return [
        Band(name, unit or "", dtype, scale, offset, False, nodata, path, number)
        for number, (name, unit, dtype, scale, offset, nodata) in enumerate(
            zip(
                names,
                file.units,
                file.dtypes,
                file.scales,
                file.offsets,
                file.nodatavals,
                strict=True,
            ),
            1,
        )
    ]


def _frame_faults(file: rasterio.DatasetReader, header: Header | None, path: Path) -> list[Fault]:
    """Where the header tells another number of bands or pixels than the file has."""
    if header is None:
        return []
    found = f"{file.count} bands of {file.width} x {file.height} pixels"
    told = f"{len(header.bands)} bands of {header.width} x {header.height} pixels"
    if found == told:
        return []
    allowed = f"{told}, as its header of SNAP tells"
    cure = f"take the file as SNAP left it, or {_WRITERS}"
    return [Fault(f"has {found}", str(path), allowed, cure)]


def _size_faults(tags: Mapping[int, tuple[Any, ...]], path: Path) -> list[Fault]:
    """Pixels that lie behind the end of the file: GDAL finds out only when it reads them."""
    ends = [
        offset + count
        for offsets, counts in _PIECES
        for offset, count in zip(tags.get(offsets, ()), tags.get(counts, ()), strict=True)
    ]
    size, wanted = path.stat().st_size, max(ends, default=0)
    if size >= wanted:
        return []
    return [Fault(f"is half-written: {size} bytes", str(path), f"{wanted} bytes", _AGAIN)]


def _read_tags(path: Path) -> dict[int, tuple[Any, ...]]:
    """SNAP's header and the places of pixels, from the first directory of a TIFF or BigTIFF.

    Raises
    ------
    struct.error: the directory or a value lies behind the end of the file.
    """
    wanted = {_HEADER, *_PIECES[0], *_PIECES[1]}
    found: dict[int, tuple[Any, ...]] = {}
    with path.open("rb") as file:
        order = "<" if file.read(2) == b"II" else ">"

        def read(form: str) -> tuple[Any, ...]:
            return struct.unpack(order + form, file.read(struct.calcsize(order + form)))

        big = read("H") == (43,)
        if big:
            read("HH")  # the size of an offset, always 8, and nothing
        offset = "Q" if big else "I"
        file.seek(read(offset)[0])
        for _ in range(read("Q" if big else "H")[0]):
            tag, kind, count = read(f"HH{offset}")
            behind = file.tell() + struct.calcsize(f"={offset}")
            if tag in wanted and kind in _TYPES:
                form = f"{count}{_TYPES[kind]}"
                if struct.calcsize(f"={form}") > struct.calcsize(f"={offset}"):
                    file.seek(read(offset)[0])
                found[tag] = read(form)
            file.seek(behind)
    return found
