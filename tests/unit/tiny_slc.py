"""Simulated Sentinel-1 scenes a few hundred pixels wide, their truth, and the engine run on them.

What is expected of a pixel (SLC pixels in it, illuminated area, incidence) is taken from the
simulator's own orbit, not from the engine; only the noise tables are read as the engine reads them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import Transformer
from scipy import ndimage

from scarp.grid import Grid
from scarp.sentinel1.engine import Ground, Layers, compute
from scarp.sentinel1.looks import equivalent_looks
from scarp.sentinel1.passes import Pass, open_pass
from scarp.sentinel1.settings import Processing
from scarp.simulate.slc import SlcDate, SlcScene, SlcSettings, simulate_slc
from scarp.simulate.slc_orbit import CircularOrbit, earth_fixed, place_orbit
from scarp.simulate.slc_radar import LINE_INTERVAL, RANGE_SPACING, SAMPLING, SUBSWATHS

Array = NDArray[np.float64]

CRS = "EPSG:32633"
#: Pixels that the DEM reaches beyond the scatterers, flat outwards: what the engine pads with.
BEYOND = 60
#: Pixels at the edge of the scatterers where impulse responses and windows find nothing.
RIM = 8


@dataclass(frozen=True, eq=False)
class Tiny:
    """A scene, its products and the grid it is asked for on.

    Attributes
    ----------
    folder: of products and `dem.tif`. scene, dates, settings: what was simulated.
    products: SAFE folders, by date. grid: the scene's without its rim.
    """

    folder: Path
    scene: SlcScene
    dates: tuple[SlcDate, ...]
    settings: SlcSettings
    products: tuple[Path, ...]

    @property
    def grid(self) -> Grid:
        return cut(self.scene.grid, RIM)

    @property
    def dem(self) -> Path:
        return self.folder / "dem.tif"

    @property
    def zones(self) -> NDArray[np.integer]:
        return self.inner(self.scene.zones)

    def inner(self, layer: NDArray[np.generic]) -> NDArray[np.generic]:
        """A layer of the scene on the grid."""
        return layer[RIM:-RIM, RIM:-RIM]

    def passes(self) -> list[Pass]:
        return [open_pass([product]) for product in self.products]

    def run(
        self,
        dem: Path | None = None,
        grid: Grid | None = None,
        processing: Processing | None = None,
        coherence: bool = True,
        gamma0: bool = True,
    ) -> Layers:
        """All layers; the epochs are PRE1, and POST1 where there is a second date."""
        passes = dict(zip(("PRE1", "POST1"), self.passes(), strict=False))
        return compute(
            Ground(grid or self.grid, dem or self.dem, "ellipsoidal"),
            passes,
            list(passes) if gamma0 else [],
            [("PRE1", "POST1")] if coherence and len(passes) == 2 else [],
            "PRE1",
            processing,
        )

    def zone(self, number: int, away: int = 5) -> NDArray[np.bool_]:
        """Pixels of a zone that lie at least so many pixels inside it."""
        inside = ndimage.binary_erosion(self.scene.zones == number, iterations=away)
        return np.asarray(self.inner(inside), dtype=bool)


def cut(grid: Grid, rim: int) -> Grid:
    """The grid without a rim; with a negative one it is larger."""
    return grid.padded(-rim)


def simulate(
    folder: Path, scene: SlcScene, dates: Sequence[SlcDate], settings: SlcSettings
) -> Tiny:
    """Write products and a DEM."""
    products = simulate_slc(folder, scene, dates, settings)
    write_dem(folder / "dem.tif", scene.grid, scene.elevation)
    return Tiny(folder, scene, tuple(dates), settings, tuple(products))


def write_dem(path: Path, grid: Grid, elevation: Array, beyond: int = BEYOND) -> Path:
    """Write heights, carried on beyond the grid's edge."""
    wide = cut(grid, -beyond)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=wide.width,
        height=wide.height,
        count=1,
        dtype="float32",
        crs=wide.crs,
        transform=rasterio.Affine(*wide.transform),
    ) as file:
        file.write(np.pad(elevation, beyond, mode="edge").astype(np.float32), 1)
    return path


@dataclass(frozen=True, eq=False)
class Sight:
    """How the first date sees each grid pixel, from the simulator's orbit; (y, x) float64.

    Attributes
    ----------
    distance: slant range, m.
    pixels: SLC pixels per grid pixel.
    ratio: ground across the look direction over the reference area of beta nought.
    incidence: local incidence angle, degrees.
    """

    distance: Array
    pixels: Array
    ratio: Array
    incidence: Array


def sight(tiny: Tiny) -> Sight:
    """Look at a scene as the simulator does."""
    scene = tiny.scene
    grid = scene.grid
    orbit = orbit_of(scene, tiny.settings.centre_incidence)
    points, base, up = earth_points(grid, scene.elevation)
    time, distance = (
        values.reshape(points.shape[:2]) for values in orbit.zero_doppler(points.reshape(-1, 3))
    )
    south, east = np.gradient(points, axis=0), np.gradient(points, axis=1)
    normal = np.cross(south, east)  # upwards
    towards = orbit.position(time.ravel()).reshape(points.shape) - points
    towards /= np.linalg.norm(towards, axis=-1, keepdims=True)
    seen = (normal * towards).sum(axis=-1)
    line, sample = (np.gradient(v) for v in (time / LINE_INTERVAL, distance / RANGE_SPACING))
    pixels = np.abs(line[0] * sample[1] - line[1] * sample[0])
    # The simulator's reference area: ground spacing of lines at mid-range times range spacing.
    height = float(scene.elevation.mean())
    middle = grid.height // 2, grid.width // 2
    spot = base[middle] + height * up[middle]
    speed = np.linalg.norm(orbit.velocity(np.zeros(1))[0])
    turned = speed * np.linalg.norm(spot) / orbit.radius  # of the ground below a circling orbit
    reference = turned * LINE_INTERVAL * RANGE_SPACING
    cosine = seen / np.linalg.norm(normal, axis=-1)
    return Sight(distance, pixels, seen / pixels / reference, np.degrees(np.arccos(cosine)))


def lines_of(tiny: Tiny, grid: Grid, heights: Array) -> Array:
    """Zero-Doppler time of the first date in lines from its epoch, (y, x) of any grid."""
    orbit = orbit_of(tiny.scene, tiny.settings.centre_incidence)
    points = earth_points(grid, heights)[0]
    return orbit.zero_doppler(points.reshape(-1, 3))[0].reshape(heights.shape) / LINE_INTERVAL


def earth_points(grid: Grid, heights: Array) -> tuple[Array, Array, Array]:
    """Points, the same on the ellipsoid, and unit vectors upwards, each (y, x, 3)."""
    to_degrees = Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True)
    base, up = earth_fixed(*to_degrees.transform(*np.meshgrid(grid.x, grid.y)))
    return base + heights[..., None] * up, base, up


def orbit_of(scene: SlcScene, incidence: float) -> CircularOrbit:
    """The orbit of the first date, as the simulator places it."""
    row, column = scene.grid.height // 2, scene.grid.width // 2
    _, base, up = earth_points(scene.grid, scene.elevation)
    centre = base[row, column] + float(scene.elevation.mean()) * up[row, column]
    return place_orbit(centre, up[row, column], scene.direction, incidence)


def noise_equivalent(product: Path, seen: Sight, channel: str = "VV") -> Array:
    """Thermal noise as beta nought at every pixel of the scene, mean over a burst, (y, x)."""
    image = open_pass([product]).bursts[0].images[channel]
    lines = np.arange(image.swath.bursts[0].lines, dtype=np.float64)
    samples = np.arange(image.swath.samples, dtype=np.float64)
    noise = image.noise.evaluate(lines, samples).mean(axis=0)
    beta = image.calibration.evaluate("betaNought", lines, samples).mean(axis=0)
    sample = seen.distance / RANGE_SPACING - image.swath.slant_range_time * SAMPLING
    return np.interp(sample, samples, noise / beta**2)


def looks_per_pixel(name: str) -> float:
    """Independent looks that an SLC pixel adds to a large mean."""
    return looks(name, 400, 400) / 400**2


def looks(name: str, azimuth: int, range_: int) -> float:
    """Equivalent looks of a window of a subswath, by the simulator's spectrum."""
    swath = SUBSWATHS[name]
    return equivalent_looks(
        azimuth,
        range_,
        1 / LINE_INTERVAL / swath.azimuth_bandwidth,
        SAMPLING / swath.range_bandwidth,
        swath.azimuth_window,
        swath.range_window,
    )


def decibel(value: float | Array) -> Array:
    return 10 * np.log10(np.asarray(value, dtype=np.float64))
