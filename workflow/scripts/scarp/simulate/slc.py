"""Simulated Sentinel-1 IW SLC products: SAFE folders of a scene whose truth is known.

Point scatterers lie densely on the terrain, each with a complex Gaussian reflectivity that follows
the zone's backscatter, polarimetric correlation and coherence from date to date. Layover,
foreshortening, shadow and the pixel's illuminated area come out of where the scatterers fall; the
interferometric phase comes out of each one's own slant ranges. A perpendicular baseline therefore
costs coherence by itself, 0.5 % for 150 m on flat ground in IW1 and more on slopes towards the
radar, and so does thermal noise: the coherence that a scene states is that of zero baseline
without noise.

Orbit, Doppler history and calibration are derived here and shared with no reader of products.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scarp.files import beside
from scarp.simulate.noise import generator_for
from scarp.simulate.slc_calibration import Tables, make_tables
from scarp.simulate.slc_focus import focus
from scarp.simulate.slc_orbit import CircularOrbit, place_orbit, shift_orbit
from scarp.simulate.slc_pass import Pass
from scarp.simulate.slc_plan import Layout, incidence_of, plan_swaths, tie_points, windows
from scarp.simulate.slc_product import Product, folder_beside
from scarp.simulate.slc_radar import SwathPlan
from scarp.simulate.slc_scatter import Echo, Ground, lay_ground, lit, observe
from scarp.simulate.slc_scene import SlcDate, SlcScene, SlcSettings, check

__all__ = ["TRUTH", "SlcDate", "SlcScene", "SlcSettings", "simulate_slc"]

Array = NDArray[np.float64]
Complex = NDArray[np.complex64]

#: Name of the file of truth beside the products.
TRUTH = "simulated_truth.npz"


def simulate_slc(
    folder: str | Path,
    scene: SlcScene,
    dates: Sequence[SlcDate],
    settings: SlcSettings | None = None,
) -> list[Path]:
    """Write one SAFE folder per date, and the truth beside them.

    The slant range window of every date is that of the first, as all passes of a track share one.
    The bursts of a date lie by its own zero-Doppler time of the scene's centre, moved by its
    offset.

    Returns
    -------
    The SAFE folders in the order of the dates. `simulated_truth.npz` holds elevation, zones,
    gamma0_co, gamma0_cross, correlation and coherence as the scene states them, lit (rows,
    columns; false in cast shadow of the first date), the grid's transform and crs, and per date
    dates, baselines, offsets and products.

    Raises
    ------
    TableError: settings, dates or look direction are not possible.
    DataError: the scene's arrays do not fit each other or hold impossible values.
    """
    settings = settings or SlcSettings()
    check(scene, dates, settings)
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    elevation = np.asarray(scene.elevation, dtype=np.float64)
    zones = np.asarray(scene.zones, dtype=np.intp)
    ground = lay_ground(scene.grid, elevation, zones, settings.scatterers, settings.seed)
    row, column = scene.grid.height // 2, scene.grid.width // 2
    height = float(elevation.mean())
    centre = ground.base[row, column] + height * ground.up[row, column]
    reference = place_orbit(
        centre, ground.up[row, column], scene.direction, settings.centre_incidence
    )
    seen = lit(ground, reference, scene.grid.resolution)
    layout = Layout(
        settings.swaths,
        settings.bursts,
        settings.lines,
        settings.overlap,
        settings.swath_overlap,
    )
    edge = np.concatenate([ground.nodes[::8, ::8].reshape(-1, 3), ground.nodes[-1, -1:]])
    window = windows(layout, reference.zero_doppler(edge)[1])
    products = []
    reflectivities = _reflectivities(scene, ground, len(dates), settings)
    for date, amplitudes in zip(dates, reflectivities, strict=True):
        orbit = shift_orbit(reference, centre, date.perpendicular_baseline)
        plans = plan_swaths(
            layout,
            window,
            orbit,
            settings.time_of_day,
            centre,
            height,
            date.azimuth_offset,
        )
        flight = _flight(scene, date, settings, orbit)
        echo = observe(ground, orbit, seen)
        with folder_beside(target, f"{date.mission}_{date.date}") as partial:
            product = Product(partial, flight, settings.polarisations, settings.ipf)
            for plan in plans:
                _add_swath(product, plan, flight, echo, amplitudes, centre, settings)
            products.append(product.finish(target))
    _write_truth(target / TRUTH, scene, dates, products, seen)
    return products


def _reflectivities(
    scene: SlcScene, ground: Ground, dates: int, settings: SlcSettings
) -> Iterator[Complex]:
    """Per date: (polarisations, scatterers) complex, of power gamma nought.

    Two independent unit variables per scatterer follow a Markov chain over the dates,
    s2 = g s1 + sqrt(1 - g^2) n; the crossed polarisation mixes them so that <co cross*> is the
    scene's correlation.
    """
    zone = ground.zone
    units = _circular(generator_for(settings.seed, "slc", "scatterers 0"), zone.size)
    for date in range(dates):
        if date:
            kept = scene.coherence[date - 1].astype(np.float32)
            fresh = generator_for(settings.seed, "slc", f"scatterers {date}")
            units *= kept[zone]
            units += np.sqrt(1.0 - kept**2)[zone] * _circular(fresh, zone.size)
        co = np.sqrt(scene.gamma0_co[date]).astype(np.float32)
        cross = np.sqrt(scene.gamma0_cross[date])
        common = (cross * np.conj(scene.correlation[date])).astype(np.complex64)
        own = (cross * np.sqrt(1.0 - np.abs(scene.correlation[date]) ** 2)).astype(np.float32)
        values = [co[zone] * units[0]]
        if len(settings.polarisations) == 2:
            values.append(common[zone] * units[0] + own[zone] * units[1])
        yield np.stack(values)


def _circular(generator: np.random.Generator, count: int) -> Complex:
    """(2, count) circular complex Gaussian variables of unit power."""
    parts = generator.standard_normal((2, count, 2), dtype=np.float32)
    parts *= np.float32(np.sqrt(0.5))
    return parts.view(np.complex64)[..., 0]


def _flight(scene: SlcScene, date: SlcDate, settings: SlcSettings, orbit: CircularOrbit) -> Pass:
    position, velocity = orbit.position(np.zeros(1))[0], orbit.velocity(np.zeros(1))[0]
    east = np.array([-position[1], position[0], 0.0])
    east /= np.linalg.norm(east)
    north = np.cross(position / np.linalg.norm(position), east)
    return Pass(
        mission=date.mission,
        day=date.date,
        absolute_orbit=date.absolute_orbit,
        relative_orbit=settings.relative_orbit,
        datatake=8 * date.absolute_orbit + 1,
        direction="Ascending" if scene.direction == "ASC" else "Descending",
        heading=float(np.rad2deg(np.arctan2(velocity @ east, velocity @ north))),
        orbit=orbit,
        epoch=settings.time_of_day,
    )


def _add_swath(
    product: Product,
    plan: SwathPlan,
    flight: Pass,
    echo: Echo,
    reflectivity: Complex,
    centre: Array,
    settings: SlcSettings,
) -> None:
    ties = tie_points(plan, flight.orbit, flight.epoch, centre)
    incidence = incidence_of(plan, ties)
    amplitude = reflectivity * np.sqrt(echo.area / np.float32(plan.reference_area))
    images = [focus(plan, burst, flight.epoch, echo, amplitude) for burst in plan.bursts]
    for index, polarisation in enumerate(settings.polarisations):
        tables = make_tables(
            plan, incidence, index == 1, settings.noise_factor, settings.azimuth_noise
        )
        subject = f"noise {flight.day} {plan.subswath.name} {polarisation}"
        generator = generator_for(settings.seed, "slc", subject)
        beta = np.concatenate([image[index] for image in images])
        pixels = _digital_numbers(beta, plan, tables, generator)
        product.add(plan, polarisation, ties, tables, pixels, settings.azimuth_noise)


def _digital_numbers(
    beta: Complex, plan: SwathPlan, tables: Tables, generator: np.random.Generator
) -> Complex:
    """Scale amplitudes of beta nought (lines, samples), add thermal noise, empty the edges."""
    lines, samples = beta.shape
    pixels = beta * tables.beta_of(samples).astype(np.float32)
    noise = np.sqrt(tables.noise_of(np.arange(lines), samples)).astype(np.float32)
    pixels += noise * _circular(generator, lines * samples)[0].reshape(beta.shape)
    within = np.arange(lines) % plan.lines
    pixels[(within < plan.edge_lines) | (within >= plan.lines - plan.edge_lines)] = 0.0
    pixels[:, : plan.edge_samples] = 0.0
    pixels[:, samples - plan.edge_samples :] = 0.0
    return pixels


def _write_truth(
    path: Path,
    scene: SlcScene,
    dates: Sequence[SlcDate],
    products: Sequence[Path],
    seen: NDArray[np.bool_],
) -> None:
    with beside(path) as partial:
        np.savez_compressed(
            partial,
            source=np.array("simulated"),
            crs=np.array(scene.grid.crs),
            transform=np.array(scene.grid.transform),
            elevation=scene.elevation,
            zones=scene.zones,
            gamma0_co=scene.gamma0_co,
            gamma0_cross=scene.gamma0_cross,
            correlation=scene.correlation,
            coherence=scene.coherence,
            lit=seen,
            dates=np.array([date.date for date in dates]),
            baselines=np.array([date.perpendicular_baseline for date in dates]),
            offsets=np.array([date.azimuth_offset for date in dates]),
            products=np.array([product.name for product in products]),
        )
