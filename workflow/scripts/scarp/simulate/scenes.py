"""An event of the simulated world as a satellite would deliver it: SLC products, DEM, the rest.

Its Sentinel-1 channels are not drawn but have to be computed from complex pixels by the engine; its
optical images, terrain and reference come as product files.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scarp.channels import BANDS, EPOCHS, MASK
from scarp.product_write import write_product
from scarp.simulate.landcover import Kind
from scarp.simulate.radar import CROSS_CORRELATION, DEBRIS, ROUGHNESS, SIGNATURES, Signature
from scarp.simulate.slc import SlcDate, SlcScene, SlcSettings, simulate_slc
from scarp.simulate.world import (
    SimulatedEvent,
    SimulationSettings,
    World,
    make_world,
    observe,
    seen_by_radar,
)

#: Pixels around the event that scatter too, and that the DEM reaches beyond it.
_SCATTERING, _ELEVATION = 40, 200
#: Bands of an optical product file, in its order.
_OPTICAL = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")
#: A first orbit number; a repeat cycle has 175.
_ORBIT, _CYCLE, _DAYS = 40_000, 175, 12


def settings_of(row: Mapping[str, Any], world: Mapping[str, Any]) -> SimulationSettings:
    """Settings of a world for one event, of which `optical` and `radar` say what shows there."""
    event = row["event"]
    return SimulationSettings(
        **world,
        without_optical_contrast=() if row["optical"] else (event,),
        without_radar_contrast=() if row["radar"] else (event,),
    )


def simulate_scenes(
    scenes: Path,
    dem: Path,
    products: Path,
    event: str,
    event_date: str,
    orbit: str,
    dates: Mapping[str, str],
    optical_dates: Mapping[str, str],
    settings: SimulationSettings,
) -> None:
    """Write an event's scenes, DEM and product files.

    Parameters
    ----------
    scenes: folder that gets `{epoch}.SAFE` of every epoch; one that exists is replaced.
    dem: raster of ellipsoidal heights, larger than the event.
    products: folder that gets terrain.tif, labels.tif and, for each of `optical_dates`,
        optical_{epoch}.tif.
    event, event_date, orbit, dates, optical_dates, settings: as in `scarp.simulate.draw_event`.
    """
    world = make_world(event, orbit, settings)
    drawn = observe(world, event_date, {}, optical_dates, settings)
    _write_products(products, drawn, optical_dates)
    _write_dem(dem, world)
    scene = _scene(world, dates, seen_by_radar(world, settings))
    epochs = [epoch for epoch in EPOCHS if epoch in dates]
    random = world.draw("passes")
    first = date.fromisoformat(dates[epochs[0]])
    passes = [
        SlcDate(
            dates[epoch],
            _ORBIT + _CYCLE * (date.fromisoformat(dates[epoch]) - first).days // _DAYS,
            perpendicular_baseline=float(random.uniform(-80, 80)),
            azimuth_offset=float(random.uniform(-0.5, 0.5)),
        )
        for epoch in epochs
    ]
    product = SlcSettings(
        seed=int(random.integers(2**31)),
        swaths=("IW2",),
        bursts=2,
        lines=240,
        overlap=80,
        incidence=world.incidence,
        scatterers=2,
    )
    scenes.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=scenes.parent, prefix=f".{scenes.name}.") as scratch:
        folder = Path(scratch, "scenes")
        for epoch, path in zip(epochs, simulate_slc(folder, scene, passes, product), strict=True):
            path.rename(folder / f"{epoch}.SAFE")
        if scenes.exists():
            shutil.rmtree(scenes)
        folder.rename(scenes)


def _write_products(folder: Path, drawn: SimulatedEvent, optical_dates: Mapping[str, str]) -> None:
    tags: dict[str, str | int | float] = {"simulated": "true", "engine": "simulated"}
    layers = {"elevation": drawn.channels["None_DEM"], "slope": drawn.channels["None_SLOPE"]}
    units = {"elevation": "m", "slope": "degree"}
    write_product(folder / "terrain.tif", drawn.grid, layers, units, tags)
    labels = {MASK.removeprefix("None_"): drawn.mask}
    write_product(folder / "labels.tif", drawn.grid, labels, {"MASK": "1"}, tags)
    for epoch, day in optical_dates.items():
        bands = {band: drawn.channels[f"{epoch}_{band}"] for band in _OPTICAL}
        about = {**tags, "date": day}
        units = {band: BANDS[band].unit for band in _OPTICAL}
        write_product(folder / f"optical_{epoch}.tif", drawn.grid, bands, units, about)


def _write_dem(path: Path, world: World) -> None:
    # Mirrored beyond the event, so that the ground goes on without a step.
    heights = np.pad(world.relief.elevation, _ELEVATION, mode="reflect")
    grid = world.grid.padded(_ELEVATION)
    about: dict[str, str | int | float] = {"simulated": "true", "heights": "ellipsoidal"}
    write_product(path, grid, {"elevation": heights}, {"elevation": "m"}, about)


def _scene(world: World, dates: Mapping[str, str], visible: NDArray[np.bool_]) -> SlcScene:
    """Zones of one history each: kind before and after, field, landslide."""
    cover, slides = world.cover, world.landslides
    slid = np.where(visible[slides.number] & (slides.bared > 0.5), slides.number, 0)
    layers = np.stack([cover.before, cover.after, cover.field, slid]).astype(np.int64)
    padded = np.pad(layers, ((0, 0), (_SCATTERING,) * 2, (_SCATTERING,) * 2), mode="reflect")
    histories, zones = np.unique(padded.reshape(4, -1), axis=1, return_inverse=True)
    random = world.draw("backscatter of zones")
    epochs = [epoch for epoch in EPOCHS if epoch in dates]
    states = {
        epoch: [
            _signature(before, after, slide, epoch, slides.roughness)
            for before, after, _, slide in histories.T
        ]
        for epoch in epochs
    }
    co, cross = [], []
    for epoch in epochs:
        weather = random.normal(0, 0.7)
        own = random.standard_normal((2, histories.shape[1]))
        drift = np.array([state.drift for state in states[epoch]])
        vv = np.array([state.vv for state in states[epoch]]) + weather + drift * own[0]
        vh = np.array([state.vh for state in states[epoch]]) + weather
        co.append(10 ** (vv / 10))
        cross.append(10 ** ((vh + drift * (0.6 * own[0] + 0.6 * own[1])) / 10))
    replaced = (histories[0] != histories[1]) | (histories[3] > 0)
    coherence = []
    for first, second in pairwise(epochs):
        days = (date.fromisoformat(dates[second]) - date.fromisoformat(dates[first])).days
        pairs = zip(states[first], states[second], strict=True)
        lasting = np.array([min(a.coherence, b.coherence) for a, b in pairs])
        spans = first.startswith("PRE") and second.startswith("POST")
        kept = np.where(replaced & spans, 0.0, lasting ** (days / 12))
        coherence.append(np.clip(kept * random.uniform(0.6, 1.0), 0, 0.98))
    shape = (world.grid.height + 2 * _SCATTERING, world.grid.width + 2 * _SCATTERING)
    count = (len(epochs), histories.shape[1])
    return SlcScene(
        world.grid.padded(_SCATTERING),
        np.pad(world.relief.elevation, _SCATTERING, mode="reflect").astype(np.float64),
        zones.reshape(shape),
        world.orbit,
        np.array(co),
        np.array(cross),
        np.full(count, CROSS_CORRELATION, dtype=np.complex128),
        np.array(coherence).reshape(len(epochs) - 1, histories.shape[1]),
    )


def _signature(
    before: int, after: int, slide: int, epoch: str, roughness: NDArray[np.float32]
) -> Signature:
    """How a zone looks to the radar at an epoch."""
    if epoch.startswith("PRE"):
        return SIGNATURES[Kind(before)]
    if not slide:
        return SIGNATURES[Kind(after)]
    rough = float(roughness[slide])
    return Signature(
        DEBRIS.vv + ROUGHNESS[0] * rough,
        DEBRIS.vh + ROUGHNESS[1] * rough,
        DEBRIS.drift,
        DEBRIS.coherence,
    )
