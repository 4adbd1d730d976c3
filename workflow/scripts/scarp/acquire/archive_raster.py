"""A GeoTIFF of the archive as an array, checked."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader, MemoryFile

from scarp.channels import Band
from scarp.errors import DataError, Fault
from scarp.grid import Grid

_AGAIN = "unpack or fetch the archive again"


@dataclass(frozen=True)
class Raster:
    """A band.

    Attributes
    ----------
    values: (y, x) float32 as in the file, NaN where there is no data.
    grid: that it lies on.
    tags: of the file.
    """

    values: NDArray[np.float32]
    grid: Grid
    tags: dict[str, str]

    @property
    def simulated(self) -> bool:
        """Whether the file says that its pixels are simulated."""
        return self.tags.get("simulated", "").lower() == "true"


def read_raster(content: bytes, label: str, band: Band) -> Raster:
    """Read a band from the bytes of its file.

    Raises
    ------
    DataError: it is unreadable, cut short, has several bands, a type that cannot hold the band, no
        square pixels with north up, or no data at all.
    """
    with _opened(content, label) as file:
        # Ratios and angles of small range, stored as whole numbers, have lost what they say.
        whole = band.high <= 200 and band.name != "SLOPE"
        reflectance = band.sensor == "sentinel2" and band.name != "NDVI"
        _check_type(file, label, whole and not reflectance)
        values = _values(file, label)
        raster = Raster(values, _grid(file, label), dict(file.tags()))
    if not np.isfinite(raster.values).any():
        raise DataError(Fault("holds no data at all", label, cure=_AGAIN))
    return raster


def read_mask(content: bytes, label: str) -> Raster:
    """Read a mask of 0 and 1.

    Raises
    ------
    DataError: as `read_raster`, or it has other values.
    """
    with _opened(content, label) as file:
        _check_type(file, label, fractions=False)
        # A nodata value of 0 would hide what is no landslide.
        raster = Raster(_values(file, label, masked=False), _grid(file, label), dict(file.tags()))
    others = np.setdiff1d(raster.values, (0, 1))
    if others.size:
        shown = ", ".join(f"{value:g}" for value in others[:5])
        raise DataError(
            Fault(
                f"holds {shown}{' and more' if others.size > 5 else ''}",
                label,
                "0 (none) and 1 (landslide)",
                _AGAIN,
            )
        )
    return raster


@contextmanager
def _opened(content: bytes, label: str) -> Iterator[DatasetReader]:
    """Open a file of bytes as a raster."""
    if not content:
        raise _unreadable(label, "it is empty")
    with MemoryFile(content) as memory:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", NotGeoreferencedWarning)
                file = memory.open()
        except RasterioError as error:
            raise _unreadable(label, error) from None
        with file:
            yield file


def _unreadable(label: str, error: object) -> DataError:
    return DataError(Fault(f"cannot be read ({error})", label, "a whole GeoTIFF", _AGAIN))


def _check_type(file: DatasetReader, label: str, fractions: bool) -> None:
    if file.count != 1:
        raise DataError(Fault(f"has {file.count} bands", label, "one band", _AGAIN))
    kind = np.dtype(file.dtypes[0]).kind
    if kind not in "iuf" or (fractions and kind != "f"):
        raise DataError(
            Fault(
                f"has type {file.dtypes[0]}",
                label,
                "floating point" if fractions else "whole numbers or floating point",
                _AGAIN,
            )
        )


def _values(file: DatasetReader, label: str, masked: bool = True) -> NDArray[np.float32]:
    try:
        stored = file.read(1)
    except RasterioError as error:
        raise _unreadable(label, error.__cause__ or error) from None
    values: NDArray[np.float32] = stored.astype(np.float32)
    if masked and file.nodata is not None and not np.isnan(file.nodata):
        values[stored == file.nodata] = np.nan
    return values


def _grid(file: DatasetReader, label: str) -> Grid:
    step = file.transform
    if file.crs is None or step.b or step.d or step.a <= 0 or step.e >= 0:
        raise DataError(
            Fault(
                "has no CRS" if file.crs is None else "is not north-up",
                label,
                "a georeferenced, north-up GeoTIFF",
                _AGAIN,
            )
        )
    if not np.isclose(step.a, -step.e, rtol=1e-6):
        raise DataError(
            Fault(f"has pixels of {step.a:g} by {-step.e:g}", label, "square pixels", _AGAIN)
        )
    code = file.crs.to_epsg()
    crs = f"EPSG:{code}" if code else file.crs.to_wkt()
    return Grid(crs, step.c, step.f, step.a, file.height, file.width)
