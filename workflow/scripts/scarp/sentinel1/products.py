"""The product files of the embedded engine: names, bands, units and tags (docs/products.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scarp import __version__
from scarp.grid import Grid
from scarp.product_write import write_product
from scarp.scenes import chained
from scarp.sentinel1.backscatter import looks_of
from scarp.sentinel1.engine import Ground, Layers
from scarp.sentinel1.passes import Pass
from scarp.sentinel1.settings import Processing

Tags = Mapping[str, str | int | float]


def write_layers(
    folder: Path,
    ground: Ground,
    passes: Mapping[str, Pass],
    layers: Layers,
    processing: Processing,
    geometry: str | None = None,
) -> list[Path]:
    """Write the layers of an event as product files; returns their paths.

    Parameters
    ----------
    folder: of the event's products.
    passes: epoch -> its pass.
    geometry: epoch whose orbit the geometry was made with.
    """
    grid, written = ground.grid, []
    for epoch, found in layers.dates.items():
        date = passes[epoch]
        tags = {**_tags(ground, [date]), "date": date.date, "epoch": epoch}
        gamma0 = folder / f"gamma0_{epoch}.tif"
        bands = dict(zip(date.polarisations, found.gamma0, strict=True))
        looks = f"{processing.azimuth_looks} azimuth x {processing.range_looks} range"
        about = {
            "quantity": "gamma nought, terrain-flattened (Small 2011), linear power",
            "looks": looks,
            "equivalent_looks": _looks(date, processing.azimuth_looks, processing.range_looks),
            "thermal_noise": "removed",
        }
        _write(gamma0, grid, bands, dict.fromkeys(bands, "1"), {**tags, **about})
        haalpha = folder / f"haalpha_{epoch}.tif"
        names = ("entropy", "anisotropy", "alpha")
        side = processing.decomposition
        about = {
            "quantity": "entropy, anisotropy and mean alpha angle of C2, sigma nought",
            "looks": f"{looks}, window {side} x {side} looks, speckle filter {processing.speckle}",
            "equivalent_looks": _looks(
                date, side * processing.azimuth_looks, side * processing.range_looks
            ),
            "thermal_noise": "not removed",
        }
        units = {"entropy": "1", "anisotropy": "1", "alpha": "degree"}
        bands = dict(zip(names, found.haalpha, strict=True))
        _write(haalpha, grid, bands, units, {**tags, **about})
        written += [gamma0, haalpha]
    for earlier, later in chained([*passes]):
        if later not in layers.coherence:
            continue
        path = folder / f"coherence_{later}.tif"
        pair = [passes[earlier], passes[later]]
        channel = pair[0].polarisations[0]
        azimuth, range_ = processing.coherence_azimuth, processing.coherence_range
        about_pair: Tags = {
            **_tags(ground, pair),
            "epoch": later,
            "reference_date": pair[0].date,
            "date": pair[1].date,
            "quantity": "interferometric coherence, flat earth and topography removed,"
            " not corrected for bias",
            "window": f"{azimuth} azimuth x {range_} range",
            "equivalent_looks": _looks(pair[0], azimuth, range_),
        }
        _write(path, grid, {channel: layers.coherence[later]}, {channel: "1"}, about_pair)
        written.append(path)
    if layers.geometry is not None and geometry:
        path = folder / "geometry.tif"
        mask, incidence = layers.geometry
        about_geometry: Tags = {
            **_tags(ground, [passes[geometry]]),
            "epoch": geometry,
            "date": passes[geometry].date,
            "layover_shadow_values": "0 none, 1 layover, 2 shadow, 3 both",
        }
        units = {"layover_shadow": "1", "local_incidence": "degree"}
        bands = {"layover_shadow": mask, "local_incidence": incidence}
        _write(path, grid, bands, units, about_geometry)
        written.append(path)
    return written


def _write(
    path: Path,
    grid: Grid,
    bands: Mapping[str, NDArray[np.float32]],
    units: Mapping[str, str],
    tags: Tags,
) -> None:
    first = next(iter(bands.values()))
    covered = float(np.isfinite(first).mean())
    write_product(path, grid, bands, units, {**tags, "covered_share": f"{covered:.4f}"})


def _looks(date: Pass, azimuth: int, range_: int) -> str:
    return f"{looks_of(date.bursts[0].swath, azimuth, range_):.1f}"


def _tags(ground: Ground, dates: Sequence[Pass]) -> Tags:
    simulated = any(date.simulated for date in dates)
    first = dates[0]
    return {
        "engine": "embedded",
        "engine_version": __version__,
        "mission": ", ".join(dict.fromkeys(date.mission for date in dates)),
        "orbit": first.orbit_pass,
        "relative_orbit": first.relative_orbit,
        "orbit_source": "; ".join(dict.fromkeys(date.orbit.source for date in dates)),
        "products": ", ".join(name for date in dates for name in date.products),
        "dem": ground.dem.name,
        "dem_heights": ground.heights,
        **({"simulated": "true"} if simulated else {}),
    }
