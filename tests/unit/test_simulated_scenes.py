"""An event that starts as SLC scenes: its products belong together and tell its landslides."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio

from scarp.cube import open_cube
from scarp.products import make_cube
from scarp.sentinel1.job import Place, make_products
from scarp.simulate import SimulationSettings, draw_event
from scarp.simulate.scenes import simulate_scenes

EVENT, DAY = "SIM02", "2020-06-15"
DATES = {
    "sentinel1": {"PRE1": "2020-06-11", "POST1": "2020-06-23", "POST2": "2020-07-05"},
    "sentinel2": {"PRE1": "2020-05-29", "POST1": "2020-06-26"},
}
SETTINGS = SimulationSettings(seed=1, smallest=120, largest=120)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scenes, DEM and products, those of Sentinel-1 made by the engine."""
    folder = tmp_path_factory.mktemp("scenes")
    simulate_scenes(
        folder / "scenes",
        folder / "dem.tif",
        folder / "products",
        EVENT,
        DAY,
        "DES",
        DATES["sentinel1"],
        DATES["sentinel2"],
        SETTINGS,
    )
    place = Place(
        str(folder / "products/terrain.tif"), str(folder / "dem.tif"), "ellipsoidal", "DES", ""
    )
    epochs = list(DATES["sentinel1"])
    scenes = {epoch: [str(folder / f"scenes/{epoch}.SAFE")] for epoch in epochs}
    for epoch, earlier in zip(epochs, [None, *epochs[:-1]], strict=True):
        make_products(place, ["gamma0"], epoch, scenes[epoch], [], "", folder / "products", {})
        if earlier:
            make_products(
                place,
                ["coherence"],
                epoch,
                scenes[epoch],
                scenes[earlier],
                "",
                folder / "products",
                {},
            )
    return folder


def test_the_products_make_a_cube_that_is_called_simulated(folder: Path, tmp_path: Path) -> None:
    make_cube(folder / "products", EVENT, DAY, DATES, tmp_path / "cube.nc", needs_labels=True)
    with open_cube(tmp_path / "cube.nc") as cube:
        assert cube.attrs["source"] == "simulated scenes"
        assert cube["POST1_COHVV"].attrs["days_apart"] == 12
        assert cube["POST1_gVV"].attrs["engine"] == "embedded"
        assert float(cube["None_VALID"].mean()) > 0.5


def test_the_ground_is_that_of_the_drawn_event(folder: Path) -> None:
    drawn = draw_event(EVENT, DAY, "DES", {}, DATES["sentinel2"], SETTINGS)
    with rasterio.open(folder / "products/terrain.tif") as file:
        np.testing.assert_array_equal(file.read(1), drawn.channels["None_DEM"])
        terrain = file.transform
    with rasterio.open(folder / "products/labels.tif") as file:
        np.testing.assert_array_equal(file.read(1), drawn.mask)
    with rasterio.open(folder / "products/gamma0_PRE1.tif") as file:
        assert file.transform == terrain
        assert file.tags()["simulated"] == "true"
    with rasterio.open(folder / "dem.tif") as file:
        inner = file.read(1)[200:-200, 200:-200]
        np.testing.assert_array_equal(inner, drawn.channels["None_DEM"])


def test_landslides_lose_coherence_over_the_event_only(folder: Path) -> None:
    with rasterio.open(folder / "products/labels.tif") as file:
        slides = file.read(1) == 1
    means = {}
    for epoch in ("POST1", "POST2"):
        with rasterio.open(folder / f"products/coherence_{epoch}.tif") as file:
            coherence = file.read(1)
        means[epoch] = np.nanmean(coherence[slides]) / np.nanmean(coherence[~slides])
    assert means["POST1"] < 0.95
    assert means["POST2"] > means["POST1"] + 0.05


def test_the_same_event_has_the_same_scenes(folder: Path, tmp_path: Path) -> None:
    dates = {"PRE1": DATES["sentinel1"]["PRE1"]}
    for name in ("one", "two"):
        simulate_scenes(
            tmp_path / name,
            tmp_path / "dem.tif",
            tmp_path / "products",
            EVENT,
            DAY,
            "DES",
            dates,
            DATES["sentinel2"],
            SETTINGS,
        )
    first, second = (
        {p.relative_to(tmp_path / n): p.read_bytes() for p in sorted((tmp_path / n).rglob("*.*"))
         if p.is_file() and p.suffix != ".npz"}
        for n in ("one", "two")
    )  # fmt: skip
    assert first == second and len(first) >= 9
