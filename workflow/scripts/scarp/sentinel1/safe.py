"""Sentinel-1 IW SLC products in the SAFE format, as a folder or as a zip of one.

The manifest says what a product is and which files belong to it; a file is looked for when it is
needed, so that a folder which holds one subswath of three can be used for that one.
"""

from __future__ import annotations

import re
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import rasterio
from lxml import etree
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from scarp.errors import DataError, Fault
from scarp.sentinel1.annotation import Burst, Swath, read_annotation
from scarp.sentinel1.documents import elements, instant, integer, midnight, parse, text

Part = Literal["annotation", "calibration", "noise", "measurement"]

_MANIFEST = "manifest.safe"
_BASE = r"s1[a-d]-(?P<swath>iw[1-3])-slc-(?P<polarisation>vv|vh|hh|hv)-[0-9a-z-]+"
_MEMBERS: dict[Part, re.Pattern[str]] = {
    "annotation": re.compile(rf"annotation/{_BASE}\.xml"),
    "calibration": re.compile(rf"annotation/calibration/calibration-{_BASE}\.xml"),
    "noise": re.compile(rf"annotation/calibration/noise-{_BASE}\.xml"),
    "measurement": re.compile(rf"measurement/{_BASE}\.tiff?"),
}
_PASSES = {"ASCENDING": "ASC", "DESCENDING": "DES"}
_FETCH = "fetch the product again"


@dataclass(frozen=True, eq=False)
class Safe:
    """What a product's manifest says.

    Attributes
    ----------
    path: the folder or the zip.
    name: the product's name, without .SAFE.
    mission: "S1A" ... "S1D".
    start, stop: of the acquisition, UTC.
    absolute_orbit, relative_orbit: numbers.
    orbit_pass: "ASC" or "DES".
    ipf: version of the processor, such as (3, 61).
    simulated: whether the product says that it is simulated.
    swaths: each subswath and polarisation it has, sorted: ("IW1", "VH"), ("IW1", "VV") ...
    members: the file of each part, subswath and polarisation, relative to the SAFE folder.
    """

    path: Path
    name: str
    mission: str
    start: np.datetime64
    stop: np.datetime64
    absolute_orbit: int
    relative_orbit: int
    orbit_pass: str
    ipf: tuple[int, int]
    simulated: bool
    swaths: tuple[tuple[str, str], ...]
    members: Mapping[tuple[Part, str, str], str]

    @property
    def reference_time(self) -> np.datetime64:
        """Midnight before the acquisition's start, from which times are counted."""
        return midnight(self.start)

    def member(self, part: Part, swath: str, polarisation: str) -> str:
        """The file of a part of the product, relative to the SAFE folder.

        Raises
        ------
        DataError: the product has no such subswath and polarisation, or its manifest lists no such
            part of it.
        """
        if (swath, polarisation) not in self.swaths:
            raise DataError(
                Fault(
                    f"has no {polarisation} image of {swath}",
                    str(self.path),
                    ", ".join(f"{name} {channel}" for name, channel in self.swaths),
                    "fetch a product of this polarisation",
                )
            )
        if (part, swath, polarisation) not in self.members:
            raise DataError(
                Fault(
                    f"its manifest lists no {part} file for {swath} {polarisation}",
                    str(self.path),
                    "annotation, calibration, noise and measurement of each subswath",
                    _FETCH,
                )
            )
        return self.members[part, swath, polarisation]

    def read(self, member: str) -> bytes:
        """What a file of the product holds.

        Raises
        ------
        DataError: it is missing, unreadable, or its place in the zip is damaged.
        """
        return _read(self.path, self.name, member)


def open_safe(path: str | Path) -> Safe:
    """Read the manifest of a product.

    Parameters
    ----------
    path: a .SAFE folder, or a zip file with one at its top.

    Raises
    ------
    DataError: it is no SAFE product, its manifest is damaged, or it is no IW SLC.
    """
    path = Path(path)
    name = _product_name(path)
    label = f"{path}/{_MANIFEST}"
    root = parse(_read(path, name, _MANIFEST), label)
    mode = text(root, ".//{*}instrumentMode/{*}mode", label)
    kind = text(root, ".//{*}productType", label)
    if (mode, kind) != ("IW", "SLC"):
        raise DataError(
            Fault(
                f"is a product of mode {mode} and type {kind}",
                str(path),
                "mode IW, type SLC",
                "fetch the IW SLC product of this date",
            )
        )
    members = _members(root)
    swaths = {(swath, polarisation) for part, swath, polarisation in members}
    if not swaths:
        raise DataError(Fault("its manifest lists no image", str(path), cure=_FETCH))
    direction = text(root, ".//{*}orbitProperties/{*}pass", label)
    if direction not in _PASSES:
        raise DataError(Fault(f"names a pass '{direction}'", label, ", ".join(_PASSES)))
    return Safe(
        path=path,
        name=name,
        mission="S1" + text(root, ".//{*}platform/{*}number", label),
        start=instant(text(root, ".//{*}startTime", label), "startTime", label),
        stop=instant(text(root, ".//{*}stopTime", label), "stopTime", label),
        absolute_orbit=integer(root, ".//{*}orbitNumber", label),
        relative_orbit=integer(root, ".//{*}relativeOrbitNumber", label),
        orbit_pass=_PASSES[direction],
        ipf=_ipf(root, label),
        simulated=_is_simulated(root),
        swaths=tuple(sorted(swaths)),
        members=members,
    )


def read_swath(safe: Safe, swath: str, polarisation: str) -> Swath:
    """Read the annotation of a subswath and polarisation of a product.

    Times count from the product's `reference_time`; relative orbit and IPF are the manifest's.

    Raises
    ------
    DataError: the product has no such image, the file is missing or damaged, or it describes
        another image than its name says.
    """
    member = safe.member("annotation", swath, polarisation)
    label = f"{safe.path}/{member}"
    read = read_annotation(
        safe.read(member), label, safe.reference_time, safe.relative_orbit, safe.ipf
    )
    described = (read.mission, read.name, read.polarisation, read.absolute_orbit)
    if described != (safe.mission, swath, polarisation, safe.absolute_orbit):
        raise DataError(
            Fault(
                "describes {} {} {} of orbit {}".format(*described),
                label,
                f"{safe.mission} {swath} {polarisation} of orbit {safe.absolute_orbit}, "
                "as manifest and file name say",
                _FETCH,
            )
        )
    return read


def read_window(
    safe: Safe, swath: Swath, burst: Burst, lines: slice, samples: slice
) -> NDArray[np.complex64]:
    """Read a window of a burst's pixels.

    From a folder only the bytes of the window are read. In a zip the measurement is deflated and
    has no random access: every call inflates the file up to the window, some seconds for a real
    subswath of 1.3 GB, so unpack products that are read often. What inflates without complaint is
    not checked against the zip's checksum, which would mean reading all of it.

    Parameters
    ----------
    safe, swath, burst: the product, one of its subswaths (`read_swath`), one of its bursts.
    lines, samples: of the burst, counted from 0, without a step.

    Returns
    -------
    (line, sample) complex64 digital numbers, 0 where the burst has no valid pixel.

    Raises
    ------
    DataError: the measurement is missing, truncated, damaged, or not what the annotation says.
    ValueError: the window is not within the burst.
    """
    top, height = _extent(lines, burst.lines)
    left, width = _extent(samples, burst.samples)
    member = safe.member("measurement", swath.name, swath.polarisation)
    label = f"{safe.path}/{member}"
    size = _size(safe, member)
    try:
        # Direct input leaves out the rest of each line; GDAL falls back where it cannot.
        with (
            warnings.catch_warnings(),
            rasterio.Env(GTIFF_DIRECT_IO="YES", GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"),
        ):
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(_gdal_path(safe, member), driver="GTiff") as measurement:
                _check_measurement(measurement, swath, size, label)
                pixels: NDArray[np.complex64] = measurement.read(
                    1, window=Window(left, burst.first_line + top, width, height)
                )
    except RasterioError as error:
        raise DataError(
            Fault(f"cannot be read, it is damaged or truncated ({error})", label, cure=_FETCH)
        ) from None
    return pixels.astype(np.complex64, copy=False)


def _product_name(path: Path) -> str:
    """The name of the SAFE folder, without its suffix."""
    if path.is_dir():
        if not (path / _MANIFEST).is_file():
            raise _not_safe(path, f"holds no {_MANIFEST}")
        return path.name.removesuffix(".SAFE")
    if not path.is_file():
        raise _not_safe(path, "does not exist")
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError) as error:
        raise _not_safe(path, f"is neither a folder nor a whole zip file ({error})") from None
    tops = sorted(
        name.removesuffix(f".SAFE/{_MANIFEST}")
        for name in names
        if name.count("/") == 1 and name.endswith(f".SAFE/{_MANIFEST}")
    )
    if len(tops) != 1:
        raise _not_safe(path, f"holds {len(tops)} SAFE folders at its top, not one")
    return tops[0]


def _not_safe(path: Path, fact: str) -> DataError:
    return DataError(
        Fault(
            fact,
            str(path),
            f"a .SAFE folder with its {_MANIFEST}, or a zip file with one such folder at its top",
            "give the Sentinel-1 product as it was downloaded",
        )
    )


def _read(path: Path, name: str, member: str) -> bytes:
    try:
        if path.is_dir():
            return (path / member).read_bytes()
        with zipfile.ZipFile(path) as archive:
            return archive.read(f"{name}.SAFE/{member}")
    except (FileNotFoundError, KeyError):
        raise _missing(path, member) from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise DataError(
            Fault(f"cannot be read ({error})", f"{path}/{member}", cure=_FETCH)
        ) from None


def _size(safe: Safe, member: str) -> int:
    """Bytes of a file of the product, unpacked."""
    try:
        if safe.path.is_dir():
            return (safe.path / member).stat().st_size
        with zipfile.ZipFile(safe.path) as archive:
            return archive.getinfo(f"{safe.name}.SAFE/{member}").file_size
    except (FileNotFoundError, KeyError):
        raise _missing(safe.path, member) from None
    except (zipfile.BadZipFile, OSError) as error:
        raise DataError(Fault(f"cannot be read ({error})", str(safe.path), cure=_FETCH)) from None


def _missing(path: Path, member: str) -> DataError:
    return DataError(
        Fault(f"lacks {member}, which its manifest lists or needs", str(path), cure=_FETCH)
    )


def _gdal_path(safe: Safe, member: str) -> str:
    if safe.path.is_dir():
        return str(safe.path / member)
    # The braces mark where the archive's own name ends, whatever its suffix.
    return f"/vsizip/{{{safe.path.resolve()}}}/{safe.name}.SAFE/{member}"


def _members(root: etree._Element) -> dict[tuple[Part, str, str], str]:
    found: dict[tuple[Part, str, str], str] = {}
    for place in root.iterfind(".//{*}fileLocation"):
        member = place.get("href", "").removeprefix("./")
        for part, pattern in _MEMBERS.items():
            match = pattern.fullmatch(member)
            if match:
                found[part, match["swath"].upper(), match["polarisation"].upper()] = member
    return found


def _is_simulated(root: etree._Element) -> bool:
    """Whether the product says that no satellite has made it."""
    told = root.findtext(".//{*}productClassDescription") or ""
    return told.lower().startswith("simulated")


def _ipf(root: etree._Element, label: str) -> tuple[int, int]:
    # A product names the software of its inputs too; the processor's own stands first.
    for software in elements(root, ".//{*}software", label):
        version = re.fullmatch(r"0*(\d+)\.(\d+)", software.get("version", ""))
        if version:
            return int(version[1]), int(version[2])
    raise DataError(
        Fault("names no version of the processor (IPF)", label, "such as 003.61", _FETCH)
    )


def _extent(part: slice, size: int) -> tuple[int, int]:
    """First index and length of a slice that must lie within 0 ... size."""
    start, stop = part.start, part.stop
    if part.step not in (None, 1) or start is None or stop is None or not 0 <= start < stop <= size:
        raise ValueError(f"{part} is no part of 0 ... {size}")
    return int(start), int(stop) - int(start)


def _check_measurement(
    measurement: rasterio.DatasetReader, swath: Swath, size: int, label: str
) -> None:
    if (measurement.height, measurement.width) != (swath.lines, swath.samples):
        raise DataError(
            Fault(
                f"has {measurement.height} lines of {measurement.width} samples",
                label,
                f"{swath.lines} lines of {swath.samples} samples, as the annotation says",
                _FETCH,
            )
        )
    if measurement.count != 1 or measurement.dtypes[0] != "complex_int16":
        raise DataError(
            Fault(
                f"has {measurement.count} band(s) of type {measurement.dtypes[0]}",
                label,
                "one band of complex 16-bit integers",
                "fetch the SLC product itself, not a conversion of it",
            )
        )
    needed = _end_of_pixels(measurement)
    if size < needed:
        raise DataError(
            Fault(
                f"is truncated: it has {size} bytes, its pixels go on to byte {needed}",
                label,
                cure=_FETCH,
            )
        )


def _end_of_pixels(measurement: rasterio.DatasetReader) -> int:
    """Where the last strip of a TIFF ends in the file, in bytes; 0 if it was never written."""
    lines, samples = measurement.block_shapes[0]
    last = f"{(measurement.width - 1) // samples}_{(measurement.height - 1) // lines}"
    place = (
        measurement.get_tag_item(f"BLOCK_{what}_{last}", "TIFF", bidx=1)
        for what in ("OFFSET", "SIZE")
    )
    return sum(int(number or 0) for number in place)
