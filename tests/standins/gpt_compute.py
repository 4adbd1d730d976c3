"""What the stand-in for gpt computes: the graph's own nodes and numbers, with scarp's functions.

A node only notes what it was told; Write computes. Nodes refuse what SNAP refuses (Calibration
after the deburst, flattening without beta nought ...), and what the stand-in cannot play.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.warp import transform, transform_bounds

from gpt_dimap import Written
from scarp.grid import Grid
from scarp.sentinel1.engine import Ground, Layers, compute
from scarp.sentinel1.passes import BurstImage, Image, Pass, open_pass
from scarp.sentinel1.settings import Processing
from scarp.snap.facts import at_least

#: Pixels of the DEM that are left out beside what the engine needs around a grid.
_SPARE = 2
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Refusal(Exception):  # noqa: N818
    """What SNAP, or the stand-in, refuses."""


@dataclass(frozen=True, eq=False)
class Product:
    """What the nodes so far have made of a scene.

    Attributes
    ----------
    scenes: SAFE folders of one date; swaths: subswath -> bursts from 1, both included; empty: all.
    channels: polarisations that are left. steps: operators so far.
    told: parameters by operator. orbit: as Abstracted_Metadata names it.
    secondary: the other date of a stack.
    """

    scenes: tuple[Path, ...]
    swaths: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    channels: tuple[str, ...] = ("VV", "VH")
    steps: tuple[str, ...] = ()
    told: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    orbit: str = ""
    secondary: Product | None = None


def open_product(path: Path) -> Product:
    """What Read opens: a manifest, a SAFE folder or a zip."""
    scene = path.parent if path.name == "manifest.safe" else path
    if not scene.exists():
        raise Refusal(f"[NodeId: read] Specified 'file' [{path}] does not exist.")
    return Product((scene,))


def restituted(product: Product) -> Product:
    """The same with restituted orbits, of both dates."""
    other = product.secondary and restituted(product.secondary)
    return replace(product, orbit=product.orbit.replace("Precise", "Restituted"), secondary=other)


def product_of(
    name: str, node: str, sources: Sequence[Product], values: Mapping[str, str]
) -> Product:
    """What an operator makes of its sources, with its parameters and their defaults."""
    first = sources[0]
    _refuse(name, node, sources, values)
    made = replace(first, steps=(*first.steps, name), told={**first.told, name: values})
    if name == "SliceAssembly":
        return replace(made, scenes=tuple(scene for source in sources for scene in source.scenes))
    if name == "TOPSAR-Split":
        bursts = int(values.get("firstBurstIndex", 1)), int(values.get("lastBurstIndex", 9999))
        chosen = tuple(c for c in first.channels if c in values.get("selectedPolarisations", ""))
        swath = values.get("subswath", "IW1")
        return replace(made, swaths={swath: bursts}, channels=chosen or first.channels)
    if name == "Apply-Orbit-File":
        kind = "Restituted" if "Restituted" in values["orbitType"] else "Precise"
        return replace(made, orbit=f"Sentinel {kind}")
    if name == "Back-Geocoding":
        return replace(made, secondary=sources[1])
    if name == "TOPSAR-Merge":
        swaths = {n: b for source in sources for n, b in source.swaths.items()}
        other = first.secondary
        if other is not None:
            there = {n: b for s in sources if s.secondary for n, b in s.secondary.swaths.items()}
            other = replace(other, swaths=there)
        return replace(made, swaths=swaths, secondary=other)
    return made


def _refuse(name: str, node: str, sources: Sequence[Product], values: Mapping[str, str]) -> None:
    """The preconditions of SNAP's operators that graphs trip over."""
    steps = sources[0].steps
    calibration = sources[0].told.get("Calibration", {})
    wrong = ""
    if name == "Calibration" and "TOPSAR-Deburst" in steps:
        wrong = "Calibration should be applied before deburst"
    elif name == "Terrain-Flattening" and calibration.get("outputBetaBand") != "true":
        wrong = "Beta0 band is missing"
    elif name == "TOPSAR-Merge" and len(sources) < 2:
        wrong = "Please select two or more sub-swaths"
    elif name == "Back-Geocoding" and len(sources) < 2:
        wrong = "Please select two source products"
    elif name == "Back-Geocoding" and [*sources[0].swaths] != [*sources[1].swaths]:
        wrong = "Source products should be of the same sub-swath"
    elif name == "Coherence" and sources[0].secondary is None:
        wrong = "Input should be a coregistered stack"
    elif (
        name == "Polarimetric-Matrices" and calibration.get("outputImageInComplex") != "true"
    ) or (name.startswith("Polarimetric-") and "ThermalNoiseRemoval" in steps):
        wrong = "Input should be a complex product"
    elif name == "Terrain-Correction" and "TOPSAR-Deburst" not in steps:
        wrong = "Source product should first be deburst"
    if wrong:
        raise Refusal(f"[NodeId: {node}] Operator '{name}': {wrong}")
    told = {
        "Coherence": {"subtractFlatEarthPhase": "true", "subtractTopographicPhase": "true"},
        "Polarimetric-Matrices": {"matrix": "C2"},
        "Polarimetric-Decomposition": {"decomposition": "H-Alpha Dual Pol Decomposition"},
    }
    for key, value in told.get(name, {}).items():
        if values.get(key) != value:
            raise Refusal(f"[NodeId: {node}] the stand-in plays {key}={value} only")


def rendered(product: Product, version: str, name: str, unseen: bool = False) -> Written:
    """Compute a product that Terrain-Correction ended; `unseen`: all without data."""
    if "Terrain-Correction" not in product.steps:
        raise Refusal("the stand-in writes what Terrain-Correction ends only")
    told = product.told["Terrain-Correction"]
    dates = [_pass(p, product) for p in (product, product.secondary) if p is not None]
    external = told.get("demName") == "External DEM"
    dem = Path(told.get("externalDEMFile", ""))
    if external and not dem.is_file():
        raise Refusal(f"External DEM file {dem} does not exist")
    if not external:
        _warn("WARNING: no valid output was produced. Please verify the DEM")
    grid = _grid(dates[0], told, dem if external else None)
    processing = _processing(product, dates[0])
    layers = _layers(grid, dem, told, dates, product, processing) if external else None
    bands = _bands(product, dates, grid, None if unseen else layers, version)
    return Written(name, grid, bands, _metadata(product, dates, told, version))


def _layers(
    grid: Grid,
    dem: Path,
    told: Mapping[str, str],
    dates: Sequence[Pass],
    product: Product,
    processing: Processing,
) -> Layers:
    heights = "egm2008" if told.get("externalDEMApplyEGM", "true") == "true" else "ellipsoidal"
    passes = {str(number): own for number, own in enumerate(dates)}
    return compute(
        Ground(grid, dem, heights),  # type: ignore[arg-type]
        passes,
        [] if "Coherence" in product.steps else ["0"],
        [("0", "1")] if "Coherence" in product.steps else [],
        "0" if told.get("saveLayoverShadowMask") == "true" else None,
        processing,
        1,
    )


def _bands(
    product: Product, dates: Sequence[Pass], grid: Grid, layers: Layers | None, version: str
) -> dict[str, tuple[str, NDArray[np.generic]]]:
    swath = f"{next(iter(product.swaths))}_" if len(product.swaths) == 1 else ""
    nothing = np.zeros((grid.height, grid.width), np.float32)
    if "Coherence" in product.steps:
        first, second = (_named_date(own.date) for own in dates)
        values = nothing if layers is None else _zeros(layers.coherence["1"])
        told = product.told["Coherence"]
        if at_least(version, "14.0.0") and told.get("correctCoherenceBias", "true") == "true":
            window = _windows(told, dates[0])
            values = np.maximum(0, values - (1 - values**2) / (2 * window[0] * window[1]))
            values = np.where(values > 0, values, 0).astype(np.float32)
        return {f"coh_{swath}VV_{first}_{second}": ("coherence", values)}
    if "Polarimetric-Decomposition" in product.steps:
        found = [nothing] * 3 if layers is None else _zeros(layers.dates["0"].haalpha)
        names = {"Entropy": "entropy", "Anisotropy": "anisotropy", "Alpha": "deg"}
        return {n: (unit, v) for (n, unit), v in zip(names.items(), found, strict=True)}
    if "Terrain-Flattening" not in product.steps:
        raise Refusal("the stand-in plays backscatter, coherence and H/A/alpha only")
    found = [nothing] * 2 if layers is None else _zeros(layers.dates["0"].gamma0)
    bands: dict[str, tuple[str, NDArray[np.generic]]] = {
        f"Gamma0_{swath}{channel}": ("intensity", values)
        for channel, values in zip(("VV", "VH"), found, strict=True)
        if channel in product.channels
    }
    extra = product.told["Terrain-Correction"]
    if extra.get("saveLocalIncidenceAngle") == "true":
        angle = layers.geometry[1] if layers and layers.geometry is not None else nothing
        bands["localIncidenceAngle"] = ("deg", _zeros(angle))
    if extra.get("saveLayoverShadowMask") == "true":
        mask = layers.geometry[0] if layers and layers.geometry is not None else nothing
        bands["layoverShadowMask"] = ("", _zeros(mask).astype(np.uint8))
    return bands


def _metadata(
    product: Product, dates: Sequence[Pass], told: Mapping[str, str], version: str
) -> dict[str, dict[str, str]]:
    external = told.get("demName") == "External DEM"
    own = {
        "PRODUCT": dates[0].products[0],
        "MISSION": dates[0].mission,
        "orbit_state_vector_file": _orbit_file(product, dates[0]),
        "DEM": told.get("externalDEMFile", "") if external else told.get("demName", ""),
        "Processing_system_identifier": f"test stand-in for gpt {version}, not SNAP",
    }
    found = {"Abstracted_Metadata": own}
    if product.secondary is not None:
        name = "Secondary_Metadata" if at_least(version, "14.0.0") else "Slave_Metadata"
        found[name] = {"orbit_state_vector_file": _orbit_file(product.secondary, dates[1])}
    return found


def _orbit_file(product: Product, own: Pass) -> str:
    if not product.orbit:
        return ""
    kind = "RESORB" if "Restituted" in product.orbit else "POEORB"
    return f"{product.orbit} {own.mission}_OPER_AUX_{kind}_OPOD_stand-in.EOF.zip"


def _pass(product: Product, whole: Product) -> Pass:
    """The bursts that the splits left, with or without the noise of the product."""
    found = open_pass(product.scenes)
    bursts: list[BurstImage] = []
    for name in sorted({burst.swath.name for burst in found.bursts}):
        own = sorted((b for b in found.bursts if b.swath.name == name), key=lambda b: b.start)
        if not product.swaths:
            bursts += own
        elif name in product.swaths:
            first, last = product.swaths[name]
            bursts += own[first - 1 : last]
    absent = set(product.swaths) - {burst.swath.name for burst in bursts}
    if absent:
        raise Refusal(f"Operator 'TOPSAR-Split': {', '.join(sorted(absent))} has no such bursts")
    if "ThermalNoiseRemoval" not in whole.steps:
        bursts = [
            replace(b, images={c: _Noisy(i.safe, i.swath) for c, i in b.images.items()})
            for b in bursts
        ]
    return replace(found, bursts=tuple(bursts))


class _Noisy(Image):
    """An image whose thermal noise nobody removes."""

    @property
    def noise(self) -> _Noisy:  # type: ignore[override]
        return self

    def evaluate(self, lines: NDArray[np.float64], samples: NDArray[np.float64]) -> float:
        return 0.0


def _processing(product: Product, own: Pass) -> Processing:
    looks = product.told.get("Multilook", {})
    range_, azimuth = int(looks.get("nRgLooks", 1)), int(looks.get("nAzLooks", 1))
    if looks.get("grSquarePixel", "false") == "true":
        azimuth = max(1, round(range_ * _square(own)))
    window = (3, 10)
    if "Coherence" in product.told:
        window = _windows(product.told["Coherence"], own)
    side = product.told.get("Polarimetric-Decomposition", {}).get("windowSize", "5")
    return Processing(
        range_looks=range_,
        azimuth_looks=azimuth,
        coherence_azimuth=window[0],
        coherence_range=window[1],
        decomposition=int(side),
    )


def _windows(told: Mapping[str, str], own: Pass) -> tuple[int, int]:
    """Lines and samples of the window of coherence; square pixels override the lines."""
    range_ = int(told["cohWinRg"])
    if told.get("squarePixel") == "true":
        return max(2, round(range_ * _square(own))), range_
    return int(told["cohWinAz"]), range_


def _square(own: Pass) -> float:
    """Ground range spacing over azimuth spacing."""
    swath = own.bursts[0].swath
    ground = swath.range_spacing / math.sin(math.radians(swath.incidence_mid))
    return ground / swath.azimuth_spacing


def _grid(own: Pass, told: Mapping[str, str], dem: Path | None) -> Grid:
    """What Terrain-Correction spans: the bursts, as far as the DEM tells what the engine needs."""
    step = float(told.get("pixelSpacingInMeter", 0)) or 10.0
    longitude, latitude = _outline(own)
    projection = told.get("mapProjection", "WGS84(DD)")
    found = re.fullmatch(r"(?:EPSG:)?(\d+)", projection)
    if projection.startswith("AUTO:42001"):
        zone = int((longitude.mean() + 180) // 6) + 1
        epsg = (32600 if latitude.mean() >= 0 else 32700) + zone
    elif found:
        epsg = int(found[1])
    else:
        raise Refusal(f"the stand-in plays metric projections only, not {projection}")
    crs = CRS.from_epsg(epsg)
    image = (longitude.min(), latitude.min(), longitude.max(), latitude.max())
    left, bottom, right, top = transform_bounds("EPSG:4326", crs, *image)
    if dem is not None:
        with rasterio.open(dem) as file:
            heights = file.read(1, masked=True)
            bounds = _inner(file.crs, crs, file.bounds)
        # As scarp.sentinel1.area pads; where the DEM ends SNAP has no data either.
        relief = float(heights.max() - heights.min())
        pad = min(max(math.ceil(1.75 * relief / step), 40), 400) + _SPARE
        left, bottom = max(left, bounds[0] + pad * step), max(bottom, bounds[1] + pad * step)
        right, top = min(right, bounds[2] - pad * step), min(top, bounds[3] - pad * step)
    if left >= right or bottom >= top:
        raise Refusal("No intersection of the DEM with the source product boundary")
    # SNAP places the centre of the first pixel there, not its corner.
    if told.get("alignToStandardGrid", "false") == "true":
        x, y = (float(told.get(f"standardGridOrigin{axis}", 0)) for axis in "XY")
        left = x + math.floor((left - x) / step) * step
        top = y + math.ceil((top - y) / step) * step
    height, width = math.ceil((top - bottom) / step), math.ceil((right - left) / step)
    left, top = left - step / 2, top + step / 2
    return Grid(f"EPSG:{epsg}", left, top, step, height, width)


def _inner(
    crs: CRS, other: CRS, bounds: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    """The upright rectangle within a raster that stands askew in another projection."""
    left, bottom, right, top = bounds
    x, y = np.linspace(left, right, 21), np.linspace(bottom, top, 21)
    edges = {
        "left": transform(crs, other, np.full(21, left), y)[0],
        "bottom": transform(crs, other, x, np.full(21, bottom))[1],
        "right": transform(crs, other, np.full(21, right), y)[0],
        "top": transform(crs, other, x, np.full(21, top))[1],
    }
    return max(edges["left"]), max(edges["bottom"]), min(edges["right"]), min(edges["top"])


def _outline(own: Pass) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitudes and latitudes of the geolocation points around the bursts."""
    longitudes, latitudes = [], []
    for burst in own.bursts:
        grid, lines = burst.swath.geolocation, burst.burst.lines
        first = burst.burst.first_line
        rows = (grid.line[:, 0] >= first - lines) & (grid.line[:, 0] <= first + 2 * lines)
        longitudes.append(grid.longitude[rows].ravel())
        latitudes.append(grid.latitude[rows].ravel())
    return np.concatenate(longitudes), np.concatenate(latitudes)


def _zeros(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """SNAP's no data."""
    return np.nan_to_num(values, nan=0.0).astype(np.float32)


def _named_date(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{day.day:02d}{_MONTHS[day.month - 1]}{day.year}"


def _warn(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
