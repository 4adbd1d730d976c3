"""Elevation and slope on an event's grid: right in degrees, recorded, complete."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from pyproj import Transformer

from scarp.acquire.area import box_around
from scarp.acquire.copdem import fetch_dem, tiles_for
from scarp.errors import DataError
from scarp.event_grid import utm_grid
from scarp.grid import Grid
from scarp.terrain import make_terrain
from tiny_copdem import Points, write_tile

DATA = Path(os.environ.get("SCARP_TEST_DATA", "absent")) / "copdem"
real = pytest.mark.skipif(not DATA.is_dir(), reason="SCARP_TEST_DATA/copdem is not there")
GRID = Grid("EPSG:32633", 500_000.0, 4_600_000.0, 10.0, 150, 140)
WIDE = GRID.padded(30)


def write_dem(
    path: Path,
    values: NDArray[np.float64],
    grid: Grid = WIDE,
    **tags: str,
) -> Path:
    """A DEM of the pixels of a grid."""
    with rasterio.open(
        path, "w", driver="GTiff", dtype="float32", count=1, height=grid.height, width=grid.width,
        crs=grid.crs, transform=rasterio.Affine(*grid.transform), nodata=np.nan,
    ) as file:  # fmt: skip
        file.write(values.astype(np.float32), 1)
        file.update_tags(**tags)
    return path


def places(grid: Grid) -> tuple[Points, Points]:
    x, y = np.meshgrid(grid.x, grid.y)
    return x, y


def made(
    dem: Path, grid: Grid, path: Path, heights: str = "egm2008"
) -> tuple[Points, Points, dict[str, str]]:
    """Elevation, slope and tags of a terrain.tif."""
    make_terrain(dem, grid, path, heights)  # type: ignore[arg-type]
    with rasterio.open(path) as file:
        assert file.descriptions == ("elevation", "slope")
        assert file.units == ("m", "degree")
        assert file.dtypes == ("float32", "float32") and np.isnan(file.nodata)
        assert tuple(file.transform)[:6] == grid.transform and str(file.crs) == grid.crs
        elevation, slope = file.read()
        tags = file.tags()
    assert elevation.shape == (grid.height, grid.width)
    return elevation, slope, tags


@pytest.mark.parametrize("latitude, longitude", [(0, 37), (45, 7), (60, 10), (70, 25), (-45, -73)])
@pytest.mark.parametrize("east, north", [(0.3, 0.0), (0.0, -0.5), (0.2, 0.4)])
def test_the_slope_of_a_tilted_plane_is_right_at_every_latitude(
    tmp_path: Path, latitude: float, longitude: float, east: float, north: float
) -> None:
    """From tiles in degrees: a slope taken there would be wrong by the ratio of the sides."""
    grid = utm_grid(longitude + 0.43, latitude + 0.44, longitude + 0.47, latitude + 0.46)
    to_grid = Transformer.from_crs(4326, grid.crs, always_xy=True)
    middle = (grid.left + grid.width * 5, grid.top - grid.height * 5)

    def plane(longitudes: Points, latitudes: Points) -> Points:
        x, y = to_grid.transform(longitudes, latitudes)
        return 3000 + east * (x - middle[0]) + north * (y - middle[1])

    box = box_around(grid, 1000.0)
    assert len(tiles_for(box)) == 1
    write_tile(tmp_path / "tiles", int(latitude), longitude, plane)
    fetch_dem(box, str(tmp_path / "tiles"), tmp_path / "dem.tif")
    elevation, slope, tags = made(tmp_path / "dem.tif", grid, tmp_path / "terrain.tif")
    expected = np.degrees(np.arctan(np.hypot(east, north)))
    assert np.abs(slope - expected).max() < 0.1
    x, y = places(grid)
    plane_here = 3000 + east * (x - middle[0]) + north * (y - middle[1])
    assert elevation == pytest.approx(plane_here, abs=0.2)
    assert tags["heights"] == "egm2008" and tags["dem"] == "dem.tif"
    assert "Copernicus" in tags["attribution"]
    assert tags["engine"].startswith("gdaldem ")


def test_curved_ground_has_the_slope_of_its_formula(tmp_path: Path) -> None:
    """Also at the edge of the grid, whose neighbours come from the DEM beyond."""
    x, y = places(WIDE)
    dem = write_dem(tmp_path / "dem.tif", 500 + 90 * np.sin(x / 150) + 60 * np.cos(y / 130))
    _, slope, _ = made(dem, GRID, tmp_path / "terrain.tif")
    x, y = places(GRID)
    expected = np.degrees(
        np.arctan(np.hypot(90 / 150 * np.cos(x / 150), 60 / 130 * np.sin(y / 130)))
    )
    assert np.abs(slope - expected).max() < 0.2
    edge = np.ones(slope.shape, dtype=bool)
    edge[1:-1, 1:-1] = False
    assert np.abs(slope - expected)[edge].max() < 0.2


def test_small_voids_are_filled_and_large_ones_stay(tmp_path: Path) -> None:
    x, _ = places(WIDE)
    heights = 0.5 * (x - 499_000)
    heights[60:66, 60:66] = np.nan
    heights[100:140, 100:140] = np.nan
    elevation, slope, _ = made(
        write_dem(tmp_path / "dem.tif", heights), GRID, tmp_path / "terrain.tif"
    )
    plane = (0.5 * (places(GRID)[0] - 499_000)).astype(np.float32)
    assert elevation[28:38, 28:38] == pytest.approx(plane[28:38, 28:38], abs=0.1)
    assert np.isnan(elevation[72:108, 72:108]).all()
    np.testing.assert_array_equal(np.isnan(elevation), np.isnan(slope))
    far = np.ones(slope.shape, dtype=bool)
    far[66:114, 66:114] = False
    assert slope[far] == pytest.approx(np.full(far.sum(), 26.565), abs=0.05)
    assert np.nanmax(slope) < 60, "no cliff where heights end"


def test_sea_is_flat_and_zero(tmp_path: Path) -> None:
    x, _ = places(WIDE)
    heights = np.maximum(x - 500_700, 0)
    elevation, slope, _ = made(
        write_dem(tmp_path / "dem.tif", heights), GRID, tmp_path / "terrain.tif"
    )
    assert (elevation[:, :65] == 0).all() and (slope[:, :65] == 0).all()
    assert slope[:, 80:] == pytest.approx(np.full((150, 60), 45.0), abs=0.05)


def test_what_the_dem_says_of_itself_is_passed_on(tmp_path: Path) -> None:
    flat = np.full((210, 200), 5.0)
    told = {"simulated": "true", "heights": "ellipsoidal", "source": "somewhere"}
    dem = write_dem(tmp_path / "dem.tif", flat, **told)
    tags = made(dem, GRID, tmp_path / "terrain.tif", "ellipsoidal")[2]
    assert told.items() <= tags.items()
    dem = write_dem(tmp_path / "plain.tif", flat)
    tags = made(dem, GRID, tmp_path / "terrain.tif")[2]
    assert tags["heights"] == "egm2008" and "simulated" not in tags


def test_the_same_terrain_has_the_same_bytes(tmp_path: Path) -> None:
    x, y = places(WIDE)
    dem = write_dem(tmp_path / "dem.tif", 500 + 90 * np.sin(x / 150) + 60 * np.cos(y / 130))
    for name in ("a.tif", "b.tif"):
        make_terrain(dem, GRID, tmp_path / name, "egm2008")
    assert (tmp_path / "a.tif").read_bytes() == (tmp_path / "b.tif").read_bytes()


def refusal(dem: Path, path: Path) -> str:
    with pytest.raises(DataError) as caught:
        make_terrain(dem, GRID, path, "egm2008")
    assert not path.exists()
    return str(caught.value)


def test_a_dem_that_does_not_serve_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "terrain.tif"
    flat = np.full((210, 200), 5.0)
    assert "cannot be read" in refusal(tmp_path / "absent.tif", out)
    exact = write_dem(tmp_path / "exact.tif", np.zeros((150, 140)), grid=GRID)
    assert "covers 93.9 %" in refusal(exact, out), "a pixel around is needed"
    small = write_dem(
        tmp_path / "small.tif", np.zeros((150, 70)), grid=GRID.part(slice(0, 150), slice(0, 70))
    )
    assert "covers 47.7 %" in refusal(small, out)
    void = write_dem(tmp_path / "void.tif", np.full((210, 200), np.nan))
    assert "no height anywhere" in refusal(void, out)
    other = write_dem(tmp_path / "other.tif", flat, heights="ellipsoidal")
    assert "heights are ellipsoidal, the configuration egm2008" in refusal(other, out)


def test_without_gdaldem_it_is_told_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dem = write_dem(tmp_path / "dem.tif", np.full((210, 200), 5.0))
    monkeypatch.setenv("PATH", str(tmp_path))
    said = refusal(dem, tmp_path / "terrain.tif")
    assert "program gdaldem: is not installed" in said and "conda-forge gdal" in said


@pytest.mark.parametrize(
    "does", ["exit 3", "exit 0", 'touch "$3"', 'cp "$2" "$3"; echo broken >&2; exit 1']
)
def test_a_gdaldem_that_fails_or_lies_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str
) -> None:
    program = tmp_path / "bin" / "gdaldem"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{does}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    dem = write_dem(tmp_path / "dem.tif", np.full((210, 200), 5.0))
    said = refusal(dem, tmp_path / "terrain.tif")
    assert "no slope of every pixel" in said
    assert "broken" in said or "broken" not in does


@real
@pytest.mark.parametrize(
    "name, box",
    [
        ("los_angeles_glo30_geoid.tif", (-118.03, 33.97, -117.97, 34.03)),
        ("pyrenees_east_1arcsec.tif", (3.065, 42.419, 3.094, 42.440)),
    ],
)
def test_real_ground_has_the_slope_of_its_elevation(
    tmp_path: Path, name: str, box: tuple[float, float, float, float]
) -> None:
    """Against the formula of Horn 1981, written here with numpy."""
    grid = utm_grid(*box)
    elevation, slope, _ = made(DATA / name, grid, tmp_path / "terrain.tif")
    z = elevation.astype(np.float64)
    right = z[:-2, 2:] + 2 * z[1:-1, 2:] + z[2:, 2:] - z[:-2, :-2] - 2 * z[1:-1, :-2] - z[2:, :-2]
    up = z[:-2, :-2] + 2 * z[:-2, 1:-1] + z[:-2, 2:] - z[2:, :-2] - 2 * z[2:, 1:-1] - z[2:, 2:]
    expected = np.degrees(np.arctan(np.hypot(right, up) / 80))
    assert slope[1:-1, 1:-1] == pytest.approx(expected, abs=0.01)
    assert np.isfinite(slope).all()
    with rasterio.open(DATA / name) as chip:
        to_degrees = Transformer.from_crs(grid.crs, 4326, always_xy=True)
        x, y = places(grid)
        at = zip(*to_degrees.transform(x[::7, ::7].ravel(), y[::7, ::7].ravel()), strict=True)
        nearest = np.array([value[0] for value in chip.sample(at)])
    assert abs((elevation[::7, ::7].ravel() - nearest).mean()) < 0.5
