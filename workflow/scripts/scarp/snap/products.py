"""From what SNAP wrote to product files, the same as the embedded engine's (docs/products.md)."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Literal

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.crs import CRS

from scarp.errors import DataError, Fault
from scarp.grid import Grid
from scarp.product_write import write_product
from scarp.sentinel1.backscatter import looks_of
from scarp.sentinel1.passes import Pass
from scarp.sentinel1.settings import Processing
from scarp.snap.dimap import open_dimap
from scarp.snap.geotiff import open_geotiff
from scarp.snap.settings import Kind
from scarp.snap.written import SnapProduct

logger = logging.getLogger("scarp")

OrbitKind = Literal["POEORB", "RESORB", "annotation"]
#: What a product file is made of; the geometry comes with the backscatter.
BandSet = Kind | Literal["geometry"]
Bands = dict[str, NDArray[np.float32]]

#: Least share of the event's pixels that must have data.
FLOOR = 0.05
#: Largest shift between SNAP's pixels and the event's, in pixels.
_SHIFT = 0.01
#: Our name of a band -> its unit, lowest and highest value (docs/products.md), SNAP's name. The
#: name holds IWn where one subswath was processed, and coherence the dates of its pair.
_BANDS: dict[str, dict[str, tuple[str, float, float, str]]] = {
    "backscatter": {
        "VV": ("1", 0, 200, r"Gamma0_(IW\d_)?VV"),
        "VH": ("1", 0, 200, r"Gamma0_(IW\d_)?VH"),
    },
    "haalpha": {
        "entropy": ("1", 0, 1, "Entropy"),
        "anisotropy": ("1", 0, 1, "Anisotropy"),
        "alpha": ("degree", 0, 90, "Alpha"),
    },
    "coherence": {
        "VV": ("1", 0, 1, r"coh_(IW\d_)?VV_\d{2}[A-Z][a-z]{2}\d{4}_\d{2}[A-Z][a-z]{2}\d{4}")
    },
    "geometry": {
        "layover_shadow": ("1", 0, 3, r"layover_?[sS]hadow_?[mM]ask"),
        "local_incidence": ("degree", 0, 180, "localIncidenceAngle"),
    },
}
_MEDIAN_GAMMA0 = (1e-4, 10.0)


@dataclass(frozen=True)
class Made:
    """How a product of SNAP was asked for; it is checked against, and tagged with, this.

    Attributes
    ----------
    version: of SNAP, as `scarp.snap.gpt.version_of` tells it.
    dem: file that the graph names as external DEM.
    dem_origin: name of the DEM that it was made from; heights: what the heights of that refer to.
    orbit: kind of orbit file that was asked for.
    processing: numbers that the graph was composed with.
    """

    version: str
    dem: Path
    dem_origin: str
    heights: str
    orbit: OrbitKind
    processing: Processing


def write_snap_product(
    source: Path,
    kind: BandSet,
    path: Path,
    grid: Grid,
    passes: Sequence[Pass],
    epoch: str,
    made: Made,
    floor: float = FLOOR,
) -> None:
    """Check a product of SNAP and write it as a product file of the event.

    Nothing is resampled: the product must lie on the event's pixels, and is cut and filled up with
    no data to the event's grid. SNAP's 0 becomes NaN.

    Parameters
    ----------
    source: .dim or .tif that SNAP wrote; `geometry` comes with the backscatter.
    path: the product file, such as gamma0_PRE1.tif.
    grid: the event's.
    passes: the date; for coherence the earlier, then the later one.
    epoch: of the date, or of the later one.
    floor: least share of the event's pixels that must have data.

    Raises
    ------
    DataError: see `product_faults`, all at once; the product cannot be read. No file is written.
    """
    product = open_product(source)
    bands = read_bands(product, kind, grid)
    faults = product_faults(product, kind, bands, made, floor)
    if faults:
        raise DataError(faults)
    if product.metadata is None:
        logger.warning("%s does not tell its orbit and DEM; they are not checked", source)
    units = {name: _BANDS[kind][name][0] for name in bands}
    covered = float(np.isfinite(next(iter(bands.values()))).mean())
    tags = {**_tags(product, passes, epoch, made), **_about(kind, passes, made.processing)}
    write_product(path, grid, bands, units, {**tags, "covered_share": f"{covered:.4f}"})


def open_product(path: Path) -> SnapProduct:
    """Open what SNAP wrote, by the suffix of its name.

    Raises
    ------
    DataError: see `open_dimap` and `open_geotiff`; another suffix.
    """
    openers = {".dim": open_dimap, ".tif": open_geotiff, ".tiff": open_geotiff}
    if path.suffix.lower() not in openers:
        raise DataError(
            Fault(
                f"has the suffix '{path.suffix}'",
                str(path),
                ", ".join(openers),
                "give the .dim itself, not its folder; or write BEAM-DIMAP or GeoTIFF",
            )
        )
    return openers[path.suffix.lower()](path)


def read_bands(product: SnapProduct, kind: BandSet, grid: Grid) -> Bands:
    """Bands of a product on the event's grid, (y, x) float32, by our names, NaN without data.

    Raises
    ------
    DataError: a band is missing or ambiguous, or the product lies on other pixels.
    """
    names: dict[str, str] = {}
    faults = []
    for own, (*_, pattern) in _BANDS[kind].items():
        found = [name for name in product.bands if re.fullmatch(pattern, name)]
        if len(found) == 1:
            names[own] = found[0]
            continue
        faults.append(
            Fault(
                f"has {len(found) or 'no'} bands that are {own} of {kind}",
                f"{product.path}, bands {', '.join(product.bands) or 'none'}",
                f"one that matches {pattern}",
                "give the kind that it is; else check polarisations and nodes of the graph",
            )
        )
    faults += _grid_faults(product, grid)
    if faults:
        raise DataError(faults)
    bands = {own: _on_grid(product, name, grid) for own, name in names.items()}
    _blank(kind, bands)
    return bands


def product_faults(
    product: SnapProduct,
    kind: BandSet,
    bands: Mapping[str, NDArray[np.float32]],
    made: Made,
    floor: float = FLOOR,
) -> list[Fault]:
    """What a finished run of gpt may have got wrong without saying so.

    Too few pixels with data, values that are none of the kind's, all the same value, another orbit
    or another DEM than was asked for. A file without SNAP's header tells neither orbit nor DEM.

    Parameters
    ----------
    bands: of `read_bands`.
    """
    faults: list[Fault] = []
    if product.metadata is not None:
        faults = [*_orbit_faults(product, made.orbit), *_dem_faults(product, made.dem)]
    for name, values in bands.items():
        faults += _value_faults(f"{product.path}, band {name}", kind, name, values, floor)
    return faults


def _grid_faults(product: SnapProduct, grid: Grid) -> list[Fault]:
    crs, transform = product.geocoding
    where, wanted = str(product.path), CRS.from_user_input(grid.crs)
    if crs != wanted and (crs.to_epsg() is None or crs.to_epsg() != wanted.to_epsg()):
        told = f"EPSG:{crs.to_epsg()}" if crs.to_epsg() else crs.to_wkt()
        cure = "set mapProjection of Terrain-Correction to the event's EPSG code"
        return [Fault(f"is in {told}", where, grid.crs, cure)]
    step = grid.resolution
    square = rasterio.Affine(step, 0, transform.c, 0, -step, transform.f)
    if not transform.almost_equals(square, precision=step * _SHIFT / max(grid.height, grid.width)):
        fact = f"has pixels of {transform.a:g} by {-transform.e:g} {crs.linear_units}"
        if transform.b or transform.d:
            fact += ", rotated"
        cure = "set pixelSpacingInMeter of Terrain-Correction"
        return [Fault(fact, where, f"{step:g} by {step:g}, north up", cure)]
    column, row = (transform.c - grid.left) / step, (grid.top - transform.f) / step
    off = [value - round(value) for value in (column, row)]
    if max(map(abs, off)) > _SHIFT:
        return [
            Fault(
                f"its pixels lie {off[0]:+.3f} columns and {off[1]:+.3f} rows beside the event's",
                where,
                f"corners on {grid.left:.12g}, {grid.top:.12g} and every {step:g} from there",
                "set alignToStandardGrid of Terrain-Correction to true, standardGridOriginX to"
                f" {grid.x[0]:.12g} and -Y to {grid.y[0]:.12g}, the centre of a pixel",
            )
        ]
    if not (-product.width < round(column) < grid.width) or not (
        -product.height < round(row) < grid.height
    ):
        cure = "give the scenes and bursts that cover the event"
        return [Fault("lies beside the event's grid", where, "a product of the event", cure)]
    return []


def _on_grid(product: SnapProduct, name: str, grid: Grid) -> NDArray[np.float32]:
    """Cut a band to the grid, or fill it up; `_grid_faults` found none."""
    _, transform = product.geocoding
    column = round((transform.c - grid.left) / grid.resolution)
    row = round((grid.top - transform.f) / grid.resolution)
    rows = slice(max(0, row), min(grid.height, row + product.height))
    columns = slice(max(0, column), min(grid.width, column + product.width))
    values = np.full((grid.height, grid.width), np.nan, dtype=np.float32)
    values[rows, columns] = product.read(
        name,
        slice(rows.start - row, rows.stop - row),
        slice(columns.start - column, columns.stop - column),
    )
    return values


def _blank(kind: str, bands: Bands) -> None:
    """Turn what SNAP writes for no data into NaN, in place.

    Entropy, anisotropy and alpha may be 0 one by one. The mask is 0 for no data and for neither
    layover nor shadow; the angle beside it tells which.
    """
    for values in bands.values():
        values[~np.isfinite(values)] = np.nan
    if kind == "geometry":
        nothing = ~(bands["local_incidence"] > 0)
        mask = bands["layover_shadow"]
        mask[np.isnan(mask)] = 0
    elif kind == "haalpha":
        stack = np.stack([*bands.values()])
        nothing = np.isnan(stack).any(axis=0) | (stack == 0).all(axis=0)
    else:
        for values in bands.values():
            values[values == 0] = np.nan
        return
    for values in bands.values():
        values[nothing] = np.nan


def _value_faults(
    where: str, kind: str, name: str, values: NDArray[np.float32], floor: float
) -> list[Fault]:
    known = values[np.isfinite(values)]
    share = known.size / values.size
    if share < floor:
        return [
            Fault(
                "has no data in any pixel of the event"
                if not known.size
                else f"has data in {share:.1%} of the event's pixels",
                where,
                f"{floor:.0%} or more",
                "check DEM, bursts and area: SNAP ends with exit 0 without them",
            )
        ]
    _, least, most, _ = _BANDS[kind][name]
    low, high = float(known.min()), float(known.max())
    if kind == "backscatter" and low < 0:
        cure = "take LinearToFromdB out of the graph, outputImageScaleInDb to false"
        fact = f"holds values from {low:g} to {high:g}, seems to be in decibel"
        return [Fault(fact, where, "linear power, 0 to 200", cure)]
    # Interpolation rounds.
    if low < least - 1e-4 or high > most + 1e-4:
        fact = f"holds values from {low:g} to {high:g}"
        return [Fault(fact, where, f"{least:g} to {most:g}", "check the nodes of the graph")]
    if low == high and kind != "geometry":
        fact = f"is {low:g} in every pixel"
        return [Fault(fact, where, "values that vary", "read gpt's log, and run it again")]
    if kind == "backscatter":
        middle = float(np.median(known))
        if not _MEDIAN_GAMMA0[0] <= middle <= _MEDIAN_GAMMA0[1]:
            allowed = " to ".join(f"{bound:g}" for bound in _MEDIAN_GAMMA0)
            fact = f"its median is {middle:g}"
            return [Fault(fact, where, allowed, "check Calibration and Terrain-Flattening")]
    return []


def _orbit_faults(product: SnapProduct, asked: OrbitKind) -> list[Fault]:
    told = product.attributes("orbit_state_vector_file")
    faults = []
    for name in told or [""]:
        found = next((kind for kind in ("POEORB", "RESORB") if kind in name), "annotation")
        # A precise orbit is never worse than what was asked for.
        if found not in (asked, "POEORB"):
            faults.append(
                Fault(
                    f"was made with the orbit of {found}"
                    + (f" ({name})" if found != "annotation" else " of the product itself"),
                    f"{product.path}, orbit_state_vector_file",
                    asked,
                    f"put {asked} files into auxdata/Orbits/Sentinel-1/{asked} of SNAP's user"
                    " directory, and continueOnFail of Apply-Orbit-File to false",
                )
            )
    return faults


def _dem_faults(product: SnapProduct, asked: Path) -> list[Fault]:
    told = product.attribute("Abstracted_Metadata/DEM") or ""
    if PureWindowsPath(told).name == asked.name:  # SNAP may have run there; it knows both slashes
        return []
    return [
        Fault(
            f"was made with DEM '{told}'",
            f"{product.path}, Abstracted_Metadata/DEM",
            str(asked),
            "set demName to External DEM and externalDEMFile in every node that has them",
        )
    ]


def _tags(
    product: SnapProduct, passes: Sequence[Pass], epoch: str, made: Made
) -> dict[str, str | int | float]:
    first, last = passes[0], passes[-1]
    orbits = "; ".join(dict.fromkeys(product.attributes("orbit_state_vector_file")))
    return {
        "engine": "snap",
        "engine_version": made.version,
        "mission": ", ".join(dict.fromkeys(date.mission for date in passes)),
        "orbit": first.orbit_pass,
        "relative_orbit": first.relative_orbit,
        "orbit_source": orbits or ("unknown" if product.metadata is None else "annotation"),
        "products": ", ".join(name for date in passes for name in date.products),
        "dem": made.dem_origin,
        "dem_heights": made.heights,
        **({"simulated": "true"} if any(date.simulated for date in passes) else {}),
        "date": last.date,
        "epoch": epoch,
        **({"reference_date": first.date} if len(passes) > 1 else {}),
    }


def _about(kind: str, passes: Sequence[Pass], processing: Processing) -> dict[str, str]:
    swath = passes[0].bursts[0].swath
    azimuth, range_ = processing.azimuth_looks, processing.range_looks
    looks = f"{azimuth} azimuth x {range_} range"
    if kind == "backscatter":
        return {
            "quantity": "gamma nought, terrain-flattened (Small 2011), linear power",
            "looks": looks,
            "equivalent_looks": f"{looks_of(swath, azimuth, range_):.1f}",
            "thermal_noise": "removed",
        }
    if kind == "haalpha":
        side = processing.decomposition
        return {
            "quantity": "entropy, anisotropy and mean alpha angle of C2, sigma nought",
            "looks": f"{looks}, window {side} x {side} looks, speckle filter {processing.speckle}",
            "equivalent_looks": f"{looks_of(swath, side * azimuth, side * range_):.1f}",
            "thermal_noise": "not removed",
        }
    if kind == "coherence":
        azimuth, range_ = processing.coherence_azimuth, processing.coherence_range
        return {
            "quantity": "interferometric coherence, flat earth and topography removed,"
            " not corrected for bias",
            "window": f"{azimuth} azimuth x {range_} range",
            "equivalent_looks": f"{looks_of(swath, azimuth, range_):.1f}",
        }
    return {"layover_shadow_values": "0 none, 1 layover, 2 shadow, 3 both"}
