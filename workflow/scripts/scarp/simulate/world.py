"""One event of the simulated world, from its terrain to what the sensors see of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scarp.channels import EPOCHS, NO_EPOCH, all_channels, has_band, split_channel
from scarp.cube import write_cube
from scarp.grid import Grid
from scarp.simulate.landcover import LandCover, make_land_cover
from scarp.simulate.landslides import Landslides, make_landslides
from scarp.simulate.noise import Field, generator_for, smooth_field
from scarp.simulate.optical import field_states, observe_optical
from scarp.simulate.radar import (
    ground_after,
    ground_before,
    look,
    observe_backscatter,
    observe_coherence,
)
from scarp.simulate.terrain import RESOLUTION, Relief, make_relief

_TITLE = "simulated landslide event"
_COMMENT = (
    "Every value in this file is simulated: no sensor has observed it, and the place is made up."
    " It serves to try and to test the workflow, not to study landslides."
)


@dataclass(frozen=True)
class SimulationSettings:
    """What the simulated world is made with.

    Attributes
    ----------
    seed: of everything that is drawn.
    smallest, largest: sides of an event in pixels, both included.
    optical_contrast: factor on what landslides change in the optical bands; 0: nothing.
    shuffle_labels: permute the reference over the valid pixels, so that nothing can be learned.
    without_optical_contrast: events whose landslides the optical bands do not show (peat).
    without_radar_contrast: events whose largest landslide the radar does not show.
    """

    seed: int
    smallest: int
    largest: int
    optical_contrast: float = 1.0
    shuffle_labels: bool = False
    without_optical_contrast: tuple[str, ...] = ()
    without_radar_contrast: tuple[str, ...] = ()


@dataclass(frozen=True)
class World:
    """An event before anything has looked at it."""

    event: str
    seed: int
    grid: Grid
    latitude: float
    orbit: str
    incidence: float
    relief: Relief
    cover: LandCover
    landslides: Landslides

    def draw(self, subject: str) -> np.random.Generator:
        return generator_for(self.seed, self.event, subject)


@dataclass(frozen=True)
class SimulatedEvent:
    """What the sensors saw of an event of the simulated world, and what is true.

    Attributes
    ----------
    grid: height and width are the arrays' shape.
    channels: name -> (y, x) float32 in the band's unit, NaN where there is no data; in manifest
        order.
    mask: (y, x) uint8, 1 landslide, 0 none.
    valid: (y, x) uint8, 1 where every channel has data.
    attributes: of the event, such as `event`, `source` and `orbit`.
    channel_attributes: per channel, such as `date`.
    """

    grid: Grid
    channels: dict[str, Field]
    mask: NDArray[np.uint8]
    valid: NDArray[np.uint8]
    attributes: dict[str, Any]
    channel_attributes: dict[str, dict[str, Any]]


def simulate_event(
    path: str | Path,
    event: str,
    event_date: str,
    orbit: str,
    dates: Mapping[str, str],
    optical_dates: Mapping[str, str],
    settings: SimulationSettings,
) -> None:
    """Draw an event of the simulated world (see `draw_event`) and write its cube to `path`."""
    drawn = draw_event(event, event_date, orbit, dates, optical_dates, settings)
    write_cube(
        path,
        drawn.grid,
        drawn.channels,
        drawn.mask,
        drawn.valid,
        drawn.attributes,
        drawn.channel_attributes,
    )


def draw_event(
    event: str,
    event_date: str,
    orbit: str,
    dates: Mapping[str, str],
    optical_dates: Mapping[str, str],
    settings: SimulationSettings,
) -> SimulatedEvent:
    """Draw an event of the simulated world.

    The event depends on the settings, its id, its dates and its orbit, and on no other event.
    Settings that concern one sensor, or the labels, leave everything else as it was, bit by bit.

    Parameters
    ----------
    event: its id. event_date: ISO date.
    orbit: ASC or DES; empty: drawn.
    dates: Sentinel-1 epoch -> ISO date. An epoch has coherence when one before it is given.
    optical_dates: PRE1 and POST1, or one of them, -> ISO date of Sentinel-2.
    settings: see `SimulationSettings`.
    """
    return observe(make_world(event, orbit, settings), event_date, dates, optical_dates, settings)


def observe(
    world: World,
    event_date: str,
    dates: Mapping[str, str],
    optical_dates: Mapping[str, str],
    settings: SimulationSettings,
) -> SimulatedEvent:
    """What the sensors see of a place on these dates; parameters as in `draw_event`."""
    event = world.event
    contrast = 0.0 if event in settings.without_optical_contrast else settings.optical_contrast
    visible = seen_by_radar(world, settings)
    channels: dict[str, Field] = {
        f"{NO_EPOCH}_DEM": world.relief.elevation,
        f"{NO_EPOCH}_SLOPE": world.relief.slope,
    }
    attributes: dict[str, dict[str, Any]] = {name: {} for name in channels}
    _add_radar(channels, attributes, world, dates, visible)
    _add_optical(channels, attributes, world, optical_dates, contrast)
    valid = np.all([np.isfinite(values) for values in channels.values()], axis=0)
    mask = (world.landslides.number > 0).astype(np.uint8)
    if settings.shuffle_labels:
        mask[valid] = world.draw("shuffled labels").permutation(mask[valid])
    for name, of_channel in attributes.items():
        of_channel["long_name"] = f"simulated {split_channel(name)[1].long_name}"
        of_channel["product"] = of_channel["engine"] = "simulated"
    return SimulatedEvent(
        world.grid,
        {name: channels[name] for name in all_channels() if name in channels},
        mask,
        valid.astype(np.uint8),
        {
            "title": _TITLE,
            "comment": _COMMENT,
            "event": event,
            "event_date": event_date,
            "source": "simulated",
            "orbit": world.orbit,
            "incidence_angle": world.incidence,
            "seed": settings.seed,
            "optical_contrast": contrast,
            "landslides": len(visible) - 1,
            "landslides_without_radar_contrast": int((~visible).sum()),
            "labels": "shuffled" if settings.shuffle_labels else "true",
        },
        attributes,
    )


def seen_by_radar(world: World, settings: SimulationSettings) -> NDArray[np.bool_]:
    """(landslides + 1,) by number: false for a landslide that the radar is not to see."""
    visible = np.ones(len(world.landslides.roughness), dtype=np.bool_)
    if world.event in settings.without_radar_contrast:
        visible[world.landslides.largest] = False
    return visible


def make_world(event: str, orbit: str, settings: SimulationSettings) -> World:
    """Draw what there is at an event's place, and from where the radar looks."""
    frame = generator_for(settings.seed, event, "frame")
    sides = np.arange(settings.smallest, settings.largest + 1)
    height, width = (int(side) for side in frame.choice(sides, 2, replace=len(sides) < 2))
    latitude = float(frame.uniform(15.0, 45.0))
    zone = int(frame.integers(1, 61))
    # Metres per degree of a sphere: the place is made up, it only has to lie in its zone.
    northing = RESOLUTION * round(latitude * 111_000.0 / RESOLUTION)
    easting = 300_000.0 + RESOLUTION * float(frame.integers(0, 30_000))
    grid = Grid(f"EPSG:{32600 + zone}", easting, northing, RESOLUTION, height, width)
    drawn_orbit = str(frame.choice(["ASC", "DES"]))
    incidence = float(frame.uniform(34.0, 43.0))  # of the interferometric wide swath on land
    relief = make_relief(generator_for(settings.seed, event, "terrain"), (height, width))
    cover = make_land_cover(generator_for(settings.seed, event, "land cover"), relief)
    slides = make_landslides(generator_for(settings.seed, event, "landslides"), relief, cover)
    return World(
        event, settings.seed, grid, latitude, orbit or drawn_orbit, incidence, relief, cover, slides
    )


def _add_radar(
    channels: dict[str, Field],
    attributes: dict[str, dict[str, Any]],
    world: World,
    dates: Mapping[str, str],
    visible: NDArray[np.bool_],
) -> None:
    """Add gamma nought, H/A/alpha and coherence of the given epochs."""
    geometry = look(world.relief, world.orbit, world.incidence)
    before = ground_before(world.cover)
    after = ground_after(world.cover, world.landslides, visible)
    replaced = np.maximum(
        np.where(visible[world.landslides.number], world.landslides.bared, 0.0),
        world.cover.before != world.cover.after,
    ).astype(np.float32)
    epochs = [epoch for epoch in EPOCHS if epoch in dates]
    ground = {epoch: after if epoch.startswith("POST") else before for epoch in epochs}
    for epoch in epochs:
        observed = observe_backscatter(
            world.draw(f"backscatter {epoch}"), ground[epoch], world.cover, geometry
        )
        for band, values in observed.items():
            channels[f"{epoch}_{band}"] = values
            attributes[f"{epoch}_{band}"] = {"date": dates[epoch]}
    for first, second in pairwise(epochs):
        if not has_band(second, "COHVV"):
            continue
        days = (date.fromisoformat(dates[second]) - date.fromisoformat(dates[first])).days
        spans_event = first.startswith("PRE") and second.startswith("POST")
        channels[f"{second}_COHVV"] = observe_coherence(
            world.draw(f"coherence {second}"),
            ground[first],
            ground[second],
            days,
            replaced if spans_event else np.zeros_like(replaced),
            geometry,
        )
        attributes[f"{second}_COHVV"] = {
            "date": dates[second],
            "reference_date": dates[first],
            "days_apart": days,
        }


def _add_optical(
    channels: dict[str, Field],
    attributes: dict[str, dict[str, Any]],
    world: World,
    dates: Mapping[str, str],
    contrast: float,
) -> None:
    """Add the reflectance bands and NDVI of the given epochs."""
    ground = world.draw("fields and grass")
    crops = dict(zip(("PRE1", "POST1"), field_states(ground, world.cover), strict=True))
    grassy = 1.0 + 0.15 * smooth_field(ground, world.relief.slope.shape, 10.0)
    for epoch, day in dates.items():
        observed = observe_optical(
            world.draw(f"optical {epoch}"),
            date.fromisoformat(day),
            world.latitude,
            world.relief,
            world.cover,
            crops[epoch],
            grassy,
            world.landslides if epoch == "POST1" else None,
            contrast,
        )
        for band, values in observed.items():
            channels[f"{epoch}_{band}"] = values
            attributes[f"{epoch}_{band}"] = {"date": day}
