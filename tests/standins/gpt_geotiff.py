"""Writing GeoTIFF as both writers of SNAP do: bands of one type, the DIMAP header in tag 65000."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray

from scarp.snap.dimap import open_dimap
from scarp.snap.written import SnapProduct

_HEADER = 65000
_ASCII, _SHORT, _LONG, _DOUBLE = 2, 3, 4, 12
_FORMS = {_ASCII: "s", _SHORT: "H", _LONG: "I", _DOUBLE: "d"}
_FIRST_DIRECTORY = 10


def write_geotiff(dim: Path, path: Path, header: str | None = None) -> Path:
    """Write a product that is there as BEAM-DIMAP as SNAP's format GeoTIFF.

    Big-endian; directory and header in front, then one strip per band, uncompressed; neither
    descriptions nor a value for no data.

    Parameters
    ----------
    header: in place of the product's own; empty: no such tag.
    """
    product = open_dimap(dim)
    stack = _stack(product)
    crs, at = product.geocoding
    count, height, width = stack.shape
    strips = [len(band.tobytes()) for band in stack]
    entries: list[tuple[int, int, Sequence[int | float] | bytes]] = [
        (256, _LONG, [width]),
        (257, _LONG, [height]),
        (258, _SHORT, [8 * stack.itemsize] * count),
        (259, _SHORT, [1]),  # uncompressed
        (262, _SHORT, [1]),  # black is zero
        (273, _LONG, strips),  # in place of offsets, which are as many
        (277, _SHORT, [count]),
        (278, _LONG, [height]),
        (279, _LONG, strips),
        (284, _SHORT, [2]),  # band after band
        (339, _SHORT, [3 if stack.dtype.kind == "f" else 1] * count),
        (34264, _DOUBLE, [at.a, at.b, 0, at.c, at.d, at.e, 0, at.f, *[0] * 7, 1]),
        # A projected CRS of an EPSG code; a pixel is an area.
        (
            34735,
            _SHORT,
            [1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, crs.to_epsg() or 0],
        ),
    ]
    text = _header(dim) if header is None else header
    if text:
        entries.append((_HEADER, _ASCII, text.encode("iso-8859-1") + b"\0"))
    begin = _FIRST_DIRECTORY + len(_directory(entries))
    offsets = [begin + sum(strips[:n]) for n in range(count)]
    entries = [(tag, kind, offsets if tag == 273 else values) for tag, kind, values in entries]
    start = struct.pack(">2sHIH", b"MM", 42, _FIRST_DIRECTORY, 0)
    path.write_bytes(
        start + _directory(entries) + stack.astype(stack.dtype.newbyteorder(">")).tobytes()
    )
    return path


def _directory(entries: Sequence[tuple[int, int, Sequence[int | float] | bytes]]) -> bytes:
    """A directory at its usual place, and what its entries refer to."""
    rows, values = b"", b""
    behind = _FIRST_DIRECTORY + 2 + 12 * len(entries) + 4
    for tag, kind, content in entries:
        one = isinstance(content, bytes)
        form = f">{len(content)}{_FORMS[kind]}"
        packed = struct.pack(form, content) if one else struct.pack(form, *content)
        row = struct.pack(">HHI", tag, kind, len(content))
        if len(packed) <= 4:
            rows += row + packed.ljust(4, b"\0")
        else:
            rows += row + struct.pack(">I", behind + len(values))
            values += packed
    return struct.pack(">H", len(entries)) + rows + bytes(4) + values


def write_bigtiff(dim: Path, path: Path, big: bool = True, order: str = "BIG") -> Path:
    """Write a product that is there as BEAM-DIMAP as SNAP's format GeoTIFF-BigTIFF.

    Tiles of all bands together, LZW; a BigTIFF only where it must be. GDAL writes the file, the tag
    is added.

    Parameters
    ----------
    order: of bytes, BIG or LITTLE; Java's own is BIG.
    """
    product = open_dimap(dim)
    _write_with_gdal(
        path,
        product,
        {
            "interleave": "pixel",
            "compress": "lzw",
            "tiled": True,
            "blockxsize": 16,
            "blockysize": 16,
            "bigtiff": "YES" if big else "NO",
            "endianness": order,
        },
    )
    add_tag(path, _header(dim).encode("iso-8859-1") + b"\0")
    return path


def write_described(dim: Path, path: Path) -> Path:
    """Write a product as gdal_merge or gdal_translate would: names of bands, no header of SNAP."""
    product = open_dimap(dim)
    _write_with_gdal(path, product, {})
    with rasterio.open(path, "r+") as file:
        file.descriptions = tuple(product.bands)
    return path


def add_tag(path: Path, value: bytes, kind: int = _ASCII) -> None:
    """Add tag 65000 to a TIFF or BigTIFF: a new directory, and the value, at its end."""
    old = path.read_bytes()
    order = "<" if old[:2] == b"II" else ">"
    big = struct.unpack_from(f"{order}H", old, 2) == (43,)
    offset, entries, place = ("Q", "Q", 8) if big else ("I", "H", 4)
    (start,) = struct.unpack_from(order + offset, old, place)
    (count,) = struct.unpack_from(order + entries, old, start)
    first = start + struct.calcsize(f"={entries}")
    last = first + count * struct.calcsize(f"=HH{offset}{offset}")
    entry = struct.pack(f"{order}HH{offset}{offset}", _HEADER, kind, len(value), len(old))
    value += b"\0" * (-(len(old) + len(value)) % 8)
    moved = struct.pack(order + offset, len(old) + len(value))
    directory = struct.pack(order + entries, count + 1) + old[first:last] + entry
    end = struct.pack(order + offset, 0)
    path.write_bytes(old[:place] + moved + old[place + len(moved) :] + value + directory + end)


def _write_with_gdal(
    path: Path, product: SnapProduct, options: dict[str, str | int | bool]
) -> None:
    stack = _stack(product)
    crs, transform = product.geocoding
    count, height, width = stack.shape
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        dtype=stack.dtype.name,
        count=count,
        height=height,
        width=width,
        crs=crs,
        transform=transform,
        **options,
    ) as file:
        file.write(stack)


def _stack(product: SnapProduct) -> NDArray[np.generic]:
    """Stored values of all bands, (band, y, x), of a type that holds them."""
    bands = []
    for band in product.bands.values():
        with rasterio.open(band.path, driver="ENVI") as source:
            bands.append(source.read(band.number))
    return np.stack(bands)


def _header(dim: Path) -> str:
    """What the .dim holds; SNAP has no folder of data to name in a GeoTIFF."""
    return dim.read_text(encoding="iso-8859-1").replace(f'href="{dim.stem}.data/', 'href="/')
