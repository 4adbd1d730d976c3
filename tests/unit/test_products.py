"""Cubes of an event's own scenes: what the product files hold comes through, faults are told."""

from __future__ import annotations

import ast
import itertools
import logging
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray

from scarp import product_files, study
from scarp.channels import EPOCHS, all_channels, split_channel
from scarp.cube import channels_of, grid_of, open_cube
from scarp.errors import DataError, Fault
from scarp.grid import Grid
from scarp.product_files import Dates, optional_files, products_of, required_files
from scarp.products import make_cube

SIDE = 32
SHAPE = (SIDE, SIDE)
GRID = Grid("EPSG:32633", 500_000.0, 5_000_000.0, 10.0, *SHAPE)
DATES = {
    "sentinel1": {"PRE2": "2019-01-10", "PRE1": "2019-01-22", "POST1": "2019-02-03"},
    "sentinel2": {"POST1": "2019-02-01"},
}
#: Parts of them, for tests that need no more: fewer channels are written in less time.
NONE: dict[str, dict[str, str]] = {}
PRE1 = {"sentinel1": {"PRE1": "2019-01-22"}}
POST1 = {"sentinel1": {"POST1": "2019-02-03"}}
BEFORE = {"sentinel1": {"PRE2": "2019-01-10", "PRE1": "2019-01-22"}}
CLEAR = {"sentinel2": {"POST1": "2019-02-01"}}
OPTICAL = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")
pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
#: Lowest and highest value of a stand-in for each band of a file.
RANGES = {
    "VV": (0.01, 0.9),
    "VH": (0.001, 0.2),
    "entropy": (0.1, 1.0),
    "anisotropy": (0.0, 0.9),
    "alpha": (5.0, 60.0),
    "elevation": (300.0, 900.0),
    "slope": (0.0, 60.0),
    **dict.fromkeys(OPTICAL, (0.02, 0.5)),
}

Layers = dict[str, NDArray[Any]]


def write(path: Path, layers: Mapping[str, NDArray[Any]], **changes: Any) -> None:
    """Write a product; `changes` replace parts of the profile, or say what else it carries."""
    changes = {"described": True, "tags": {}, "scale": 1.0, **changes}
    described, tags, scale = (changes.pop(name) for name in ("described", "tags", "scale"))
    stack = np.stack(list(layers.values()))
    profile = {
        "driver": "GTiff",
        "dtype": stack.dtype.name,
        "count": len(stack),
        "height": stack.shape[1],
        "width": stack.shape[2],
        "crs": GRID.crs,
        "transform": rasterio.Affine(*GRID.transform),
        **changes,
    }
    with rasterio.open(path, "w", **profile) as file:
        file.write(stack)
        if described:
            file.descriptions = tuple(layers)
        if scale != 1.0:
            file.scales = (scale,) * len(stack)
        file.update_tags(**tags)


def layers_of(file: str, bands: Iterable[str]) -> Layers:
    """A smooth field for each band, another for every file."""
    random = np.random.default_rng([*file.encode()])
    found: Layers = {}
    for band in bands:
        low, high = RANGES[band]
        found[band] = random.uniform(low, high, SHAPE).astype(np.float32)
    return found


def write_products(folder: Path, dates: Dates = DATES) -> dict[str, Layers]:
    """Write every product that the dates call for, and labels; file -> band -> values."""
    folder.mkdir()
    written = {
        product.file: layers_of(product.file, product.bands) for product in products_of(dates)
    }
    labels = np.zeros(SHAPE, np.uint8)
    labels[4:9, 4:9], labels[0] = 1, 255
    written["labels.tif"] = {"landslide": labels}
    for name, layers in written.items():
        write(folder / name, layers)
    return written


@pytest.fixture(scope="module")
def products(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("good") / "products"
    write_products(folder)
    return folder


@pytest.fixture
def folder(products: Path, tmp_path: Path) -> Path:
    """Products without a fault, to be spoilt."""
    return Path(shutil.copytree(products, tmp_path / "products"))


def make(folder: Path, dates: Dates = DATES, needs_labels: bool = True) -> Path:
    path = folder.parent / "cube.nc"
    make_cube(folder, "X1", "2019-01-25", dates, path, needs_labels)
    return path


def faults_of(folder: Path, dates: Dates = DATES, needs_labels: bool = True) -> list[Fault]:
    """The faults of these products; nothing stands under the cube's name or beside it."""
    with pytest.raises(DataError) as caught:
        make(folder, dates, needs_labels)
    assert [path.name for path in folder.parent.iterdir()] == ["products"]
    return list(caught.value.faults)


def the_fault(folder: Path, name: str, fact: str, cure: str, **options: Any) -> Fault:
    """The only fault of these products, which names the file, the fact and the cure."""
    (fault,) = faults_of(folder, **options)
    assert fault.offender.startswith(str(folder / name))
    assert fact in fault.fact
    assert cure in fault.cure
    return fault


def rewrite(folder: Path, name: str, change: Callable[[Layers], None], **changes: Any) -> None:
    """Write a product again with other values or another profile."""
    product = {product.file: product for product in products_of(DATES)}[name]
    layers = layers_of(name, product.bands)
    change(layers)
    write(folder / name, layers, **changes)


def as_they_were(_: Layers) -> None:
    """No change of values."""


# ---------------------------------------------------------------- which files


def test_acquisitions_call_for_files() -> None:
    assert required_files(DATES, needs_labels=True) == (
        "terrain.tif",
        "gamma0_PRE2.tif",
        "haalpha_PRE2.tif",
        "gamma0_PRE1.tif",
        "coherence_PRE1.tif",
        "haalpha_PRE1.tif",
        "gamma0_POST1.tif",
        "coherence_POST1.tif",
        "haalpha_POST1.tif",
        "optical_POST1.tif",
        "labels.tif",
    )
    assert optional_files(DATES, needs_labels=True) == ("optical_valid_POST1.tif",)
    assert "labels.tif" not in required_files(DATES, needs_labels=False)
    assert "labels.tif" in optional_files(DATES, needs_labels=False)
    assert required_files({}, needs_labels=False) == ("terrain.tif",)


def test_products_and_study_agree_on_the_channels() -> None:
    """The workflow asks an event for the channels that its products can serve, no other."""
    for count in range(len(EPOCHS) + 1):
        for radar in itertools.combinations(EPOCHS, count):
            for optical in ((), ("PRE1",), ("PRE1", "POST1")):
                dates = {
                    "sentinel1": dict.fromkeys(radar, ""),
                    "sentinel2": dict.fromkeys(optical, ""),
                }
                served = {
                    f"{product.epoch}_{band}"
                    for product in products_of(dates)
                    for band in product.bands.values()
                } | {f"{epoch}_NDVI" for epoch in optical}
                acquired = {(sensor, epoch) for sensor, own in dates.items() for epoch in own}
                assert served == {
                    name for name in all_channels() if study._is_acquired(name, acquired)
                }


def test_file_names_are_known_without_heavy_imports() -> None:
    """The workflow reads the module while it is parsed."""
    tree = ast.parse(Path(product_files.__file__).read_bytes())
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported == {"__future__", "collections.abc", "dataclasses", "scarp.channels"}
    assert not any(isinstance(node, ast.Import) for node in ast.walk(tree))


# ---------------------------------------------------------------- the cube


def test_values_come_through(tmp_path: Path) -> None:
    written = write_products(tmp_path / "products")
    with open_cube(make(tmp_path / "products")) as cube:
        assert grid_of(cube) == GRID
        expected = {
            f"{product.epoch}_{band}": written[product.file][name]
            for product in products_of(DATES)
            for name, band in product.bands.items()
        }
        red, infrared = expected["POST1_B04"], expected["POST1_B08"]
        expected["POST1_NDVI"] = (infrared - red) / (infrared + red)
        assert channels_of(cube) == tuple(name for name in all_channels() if name in expected)
        for name, values in expected.items():
            step = split_channel(name)[1].step
            if step:
                np.testing.assert_allclose(cube[name], values, rtol=0, atol=0.51 * step)
            else:
                np.testing.assert_array_equal(cube[name], values)
        labels = written["labels.tif"]["landslide"]
        np.testing.assert_array_equal(cube["None_MASK"], labels)
        assert (cube["None_VALID"] == 1).all()
        assert (cube.attrs["event"], cube.attrs["event_date"]) == ("X1", "2019-01-25")
        assert cube.attrs["source"] == "scenes"


def test_channels_say_where_they_come_from(folder: Path) -> None:
    rewrite(folder, "coherence_POST1.tif", as_they_were, tags={"engine": "snap 13.0.0"})
    with open_cube(make(folder)) as cube:
        coherence = cube["POST1_COHVV"].attrs
        assert coherence["date"] == "2019-02-03"
        assert coherence["reference_date"] == "2019-01-22"
        assert coherence["days_apart"] == 12
        assert coherence["product"] == "coherence_POST1.tif"
        assert coherence["engine"] == "snap 13.0.0"
        assert cube.attrs["sentinel1_engine"] == "files snap"
        ndvi = cube["POST1_NDVI"].attrs
        assert (ndvi["date"], ndvi["product"]) == ("2019-02-01", "optical_POST1.tif")
        assert not {"reference_date", "days_apart", "engine"} & ndvi.keys()
        terrain = cube["None_DEM"].attrs
        assert terrain["product"] == "terrain.tif" and "date" not in terrain


def test_unknown_dates_are_left_out(folder: Path) -> None:
    dates = {"sentinel1": {**DATES["sentinel1"], "PRE1": ""}}
    with open_cube(make(folder, dates)) as cube:
        attributes = cube["POST1_COHVV"].attrs
        assert attributes["date"] == "2019-02-03"
        assert not {"reference_date", "days_apart"} & attributes.keys()
        assert "date" not in cube["PRE1_gVV"].attrs


def test_same_products_give_the_same_bytes(folder: Path) -> None:
    first = make(folder, POST1).read_bytes()
    assert make(folder, POST1).read_bytes() == first


def test_simulated_products_make_a_simulated_cube(folder: Path) -> None:
    rewrite(folder, "gamma0_PRE1.tif", as_they_were, tags={"simulated": "true"})
    with open_cube(make(folder, BEFORE)) as cube:
        assert cube.attrs["source"] == "simulated scenes"
        assert cube.attrs["simulated_products"] == "gamma0_PRE1.tif"
        assert cube["PRE1_gVV"].attrs["long_name"].startswith("simulated ")
        assert not cube["PRE2_gVV"].attrs["long_name"].startswith("simulated")


def test_simulated_labels_make_a_simulated_cube(folder: Path) -> None:
    labels = {"landslide": np.zeros(SHAPE, np.uint8)}
    write(folder / "labels.tif", labels, tags={"SIMULATED": "TRUE"})
    with open_cube(make(folder, NONE)) as cube:
        assert cube.attrs["source"] == "simulated scenes"


def test_nodata_becomes_nan_and_invalid(folder: Path) -> None:
    def spoil(layers: Layers) -> None:
        layers["VV"][20, 20], layers["VH"][21, 21] = -9999.0, np.nan

    rewrite(folder, "gamma0_POST1.tif", spoil, nodata=-9999.0)
    with open_cube(make(folder, POST1)) as cube:
        assert np.argwhere(np.isnan(cube["POST1_gVV"].values)).tolist() == [[20, 20]]
        assert np.argwhere(np.isnan(cube["POST1_gVH"].values)).tolist() == [[21, 21]]
        valid = cube["None_VALID"].values
        assert valid[20, 20] == valid[21, 21] == 0
        assert np.argwhere(valid[1:] == 0).tolist() == [[19, 20], [20, 21]]


def test_internal_mask_is_nodata_too(folder: Path) -> None:
    mask = np.full(SHAPE, 255, np.uint8)
    mask[7, 8] = 0
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        rewrite(folder, "coherence_PRE1.tif", as_they_were)
        with rasterio.open(folder / "coherence_PRE1.tif", "r+") as file:
            file.write_mask(mask)
    with open_cube(make(folder, BEFORE)) as cube:
        assert np.argwhere(np.isnan(cube["PRE1_COHVV"].values)).tolist() == [[7, 8]]


def test_optical_mask_makes_pixels_invalid_and_keeps_values(folder: Path) -> None:
    usable = np.ones(SHAPE, np.uint8)
    usable[10:12, 3] = 0
    write(folder / "optical_valid_POST1.tif", {"valid": usable}, nodata=0)
    with open_cube(make(folder, CLEAR)) as cube:
        valid = cube["None_VALID"].values
        assert np.argwhere(valid[1:] == 0).tolist() == [[9, 3], [10, 3]]
        assert np.isfinite(cube["POST1_B04"].values).all()


def test_clouds_over_an_event_to_map_blank_that_image_and_no_other_channel(folder: Path) -> None:
    usable = np.ones(SHAPE, dtype=np.uint8)
    usable[2, 3] = 0
    write(folder / "optical_valid_POST1.tif", {"valid": usable}, nodata=0)
    with open_cube(make(folder, needs_labels=False)) as cube:
        blank = [name for name in channels_of(cube) if np.isnan(cube[name].values[2, 3])]
        assert "POST1_B04" in blank and "POST1_NDVI" in blank
        assert {name.partition("_")[0] for name in blank} == {"POST1"}
        assert not {"POST1_gVV", "PRE1_B04"} & set(blank)
        assert np.isfinite(cube["POST1_B04"].values[2, 4])


def test_event_to_map_needs_no_labels(folder: Path) -> None:
    (folder / "labels.tif").unlink()
    with open_cube(make(folder, POST1, needs_labels=False)) as cube:
        assert (cube["None_MASK"].values == 255).all()
        assert cube["None_VALID"].values.any()  # what was observed, for the map
        assert np.isfinite(cube["POST1_gVV"].values).all()


def test_event_to_map_keeps_labels_that_are_there(folder: Path) -> None:
    with open_cube(make(folder, NONE, needs_labels=False)) as cube:
        assert (cube["None_MASK"].values == 1).sum() == 25
        assert cube["None_VALID"].values.any()


def test_nodata_of_labels_is_unknown(folder: Path) -> None:
    labels = np.zeros(SHAPE, np.float32)
    labels[3, 3], labels[5, 5] = 1, -1
    write(folder / "labels.tif", {"landslide": labels}, nodata=-1)
    with open_cube(make(folder, NONE)) as cube:
        mask = cube["None_MASK"].values
        assert (mask[3, 3], mask[5, 5], mask[0, 0]) == (1, 255, 0)


def test_bands_are_told_by_their_descriptions(tmp_path: Path) -> None:
    written = write_products(tmp_path / "products")
    for name, upper in (("haalpha_PRE1.tif", True), ("optical_POST1.tif", False)):
        layers = written[name]
        backwards = {
            (band.upper() if upper else band.lower()): layers[band] for band in reversed(layers)
        }
        write(tmp_path / "products" / name, backwards)
    with open_cube(make(tmp_path / "products", PRE1 | CLEAR)) as cube:
        for band in OPTICAL:
            expected = written["optical_POST1.tif"][band]
            np.testing.assert_allclose(cube[f"POST1_{band}"], expected, rtol=0, atol=5.1e-5)
        alpha = written["haalpha_PRE1.tif"]["alpha"]
        np.testing.assert_allclose(cube["PRE1_ALPHA"], alpha, rtol=0, atol=5.1e-3)


def test_bands_without_descriptions_are_told_by_order(tmp_path: Path) -> None:
    written = write_products(tmp_path / "products")
    layers = written["gamma0_PRE2.tif"]
    write(tmp_path / "products" / "gamma0_PRE2.tif", layers, described=False)
    with open_cube(make(tmp_path / "products", BEFORE)) as cube:
        np.testing.assert_array_equal(cube["PRE2_gVV"], layers["VV"])
        np.testing.assert_array_equal(cube["PRE2_gVH"], layers["VH"])


def test_scale_of_the_file_is_applied(folder: Path) -> None:
    numbers = {band: np.full(SHAPE, 100 * n + 1, np.uint16) for n, band in enumerate(OPTICAL)}
    numbers["B02"][6, 6] = 0
    write(folder / "optical_POST1.tif", numbers, scale=1e-4, nodata=0)
    with open_cube(make(folder, CLEAR)) as cube:
        np.testing.assert_allclose(cube["POST1_B12"], 0.0901, atol=1e-7)
        assert np.isnan(cube["POST1_B02"].values[6, 6])
        np.testing.assert_allclose(cube["POST1_NDVI"], 400 / 802, atol=5.1e-5)


def test_slightly_negative_reflectance_is_set_to_zero(folder: Path) -> None:
    def darken(layers: Layers) -> None:
        layers["B04"][2, 2], layers["B08"][2, 2] = -0.0999, 0.2
        layers["B04"][3, 3], layers["B08"][3, 3] = -0.01, -0.02

    rewrite(folder, "optical_POST1.tif", darken)
    with open_cube(make(folder, CLEAR)) as cube:
        assert cube["POST1_B04"].values[2, 2] == 0
        assert cube["POST1_NDVI"].values[2, 2] == pytest.approx(1.0, abs=1e-6)
        assert np.isnan(cube["POST1_NDVI"].values[3, 3])
        assert cube["None_VALID"].values[3, 3] == 0


def test_rounding_beyond_the_range_is_set_to_its_end(folder: Path) -> None:
    def overshoot(layers: Layers) -> None:
        layers["VV"][5, 5] = 1.0005

    rewrite(folder, "coherence_PRE1.tif", overshoot)
    with open_cube(make(folder, BEFORE)) as cube:
        assert cube["PRE1_COHVV"].values[5, 5] == pytest.approx(1.0, abs=1e-6)


def test_geometry_may_lie_there_and_strangers_are_told(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("geometry.tif", "gamma0_POST3.tif", "optical_valid_PRE1.tif"):
        (folder / name).write_bytes(b"never opened")
    with caplog.at_level(logging.WARNING, "scarp"):
        make(folder)
    (record,) = caplog.records
    assert "not read: gamma0_POST3.tif, optical_valid_PRE1.tif" in record.getMessage()
    assert "geometry.tif" not in record.getMessage()


def test_zero_power_without_nodata_is_told(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    def blank(layers: Layers) -> None:
        layers["VH"][:3] = 0

    def told() -> list[str]:
        return [text for text in caplog.messages if "exactly 0" in text]

    rewrite(folder, "gamma0_PRE1.tif", blank, nodata=0)
    make(folder, PRE1)
    assert not told()
    rewrite(folder, "gamma0_PRE1.tif", blank)
    make(folder, PRE1)
    (text,) = told()
    assert "band 2 (gVH): 96 pixels are exactly 0" in text


# ---------------------------------------------------------------- files that are not there


def test_missing_folder_is_one_fault(folder: Path) -> None:
    with pytest.raises(DataError, match="there is no such folder"):
        make_cube(folder / "no", "X1", "2019-01-25", DATES, folder.parent / "cube.nc", True)


@pytest.mark.parametrize(
    ("name", "cure"),
    [
        ("coherence_POST1.tif", "take the acquisition that calls for it out"),
        ("terrain.tif", "its grid is the event's"),
        ("labels.tif", "role apply"),
    ],
)
def test_missing_file_is_named(folder: Path, name: str, cure: str) -> None:
    (folder / name).unlink()
    the_fault(folder, name, "there is no such file", cure)


def test_misspelt_file_is_recognised(folder: Path) -> None:
    (folder / "labels.tif").rename(folder / "lables.tif")
    the_fault(folder, "labels.tif", "there is no such file", "did you mean 'lables.tif'?")


def test_faults_of_all_files_come_at_once(folder: Path) -> None:
    def negative(layers: Layers) -> None:
        layers["VV"] = 10 * np.log10(layers["VV"])

    def flat(layers: Layers) -> None:
        layers["entropy"][:] = np.nan

    (folder / "gamma0_PRE2.tif").unlink()
    (folder / "coherence_PRE1.tif").write_bytes(b"")
    rewrite(folder, "gamma0_PRE1.tif", negative)
    rewrite(folder, "haalpha_PRE1.tif", flat, crs="EPSG:32634")
    write(folder / "labels.tif", {"landslide": np.full(SHAPE, 7, np.uint8)})
    found = {
        (Path(fault.offender.partition(",")[0]).name, fault.fact.split()[0])
        for fault in faults_of(folder)
    }
    assert found == {
        ("gamma0_PRE2.tif", "there"),
        ("coherence_PRE1.tif", "cannot"),
        ("gamma0_PRE1.tif", "holds"),
        ("haalpha_PRE1.tif", "stands"),
        ("haalpha_PRE1.tif", "has"),
        ("labels.tif", "holds"),
    }


# ---------------------------------------------------------------- files that cannot be read


@pytest.mark.parametrize("compress", ["none", "deflate"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.95])
def test_truncated_file_is_named(folder: Path, compress: str, share: float) -> None:
    path = folder / "optical_POST1.tif"
    rewrite(folder, path.name, as_they_were, compress=compress)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    the_fault(folder, path.name, "cannot be read as a GeoTIFF", "write the file again")


def test_other_format_is_named(folder: Path) -> None:
    image = {"1": np.ones(SHAPE, np.uint8), "2": np.ones(SHAPE, np.uint8)}
    write(folder / "terrain.tif", image, driver="PNG", described=False)
    the_fault(folder, "terrain.tif", "cannot be read as a GeoTIFF", "another format")


@pytest.mark.parametrize("dtype", ["complex64", "complex_int16"])
def test_complex_image_is_refused(folder: Path, dtype: str) -> None:
    values = {"VV": np.ones(SHAPE, np.complex64)}
    write(folder / "coherence_PRE1.tif", values, dtype=dtype)
    the_fault(folder, "coherence_PRE1.tif", f"complex values ({dtype})", "magnitude")


# ---------------------------------------------------------------- grids


def _shifted(columns: float = 0, rows: float = 0, size: float = 10.0) -> rasterio.Affine:
    return rasterio.Affine(size, 0, GRID.left + 10 * columns, 0, -size, GRID.top - 10 * rows)


@pytest.mark.parametrize(
    ("changes", "fact"),
    [
        ({"crs": "EPSG:32634"}, "CRS EPSG:32634, not EPSG:32633"),
        ({"transform": _shifted(columns=1)}, "origin 500010, 5000000"),
        ({"transform": _shifted(rows=0.5)}, "origin 500000, 4999995"),
    ],
)
def test_other_grid_is_refused(folder: Path, changes: dict[str, Any], fact: str) -> None:
    rewrite(folder, "optical_POST1.tif", as_they_were, **changes)
    cure = "gdalwarp -t_srs EPSG:32633 -te 500000 4999680 500320 5000000"
    the_fault(folder, "optical_POST1.tif", fact, cure)


def test_other_pixel_size_is_refused(folder: Path) -> None:
    rewrite(folder, "gamma0_PRE1.tif", as_they_were, transform=_shifted(size=10.01))
    the_fault(folder, "gamma0_PRE1.tif", "has pixels of 10.01 m", "of 10 m")


def test_other_size_is_refused(folder: Path) -> None:
    labels = {"landslide": np.zeros((SIDE, SIDE - 1), np.uint8)}
    write(folder / "labels.tif", labels)
    the_fault(folder, "labels.tif", "31 x 32 pixels, not 32 x 32", "-ts 32 32")


def test_shift_below_a_hundredth_of_a_pixel_passes(folder: Path) -> None:
    rewrite(folder, "gamma0_PRE1.tif", as_they_were, transform=_shifted(columns=0.005))
    with open_cube(make(folder, PRE1)) as cube:
        assert grid_of(cube) == GRID


@pytest.mark.parametrize(
    ("changes", "fact"),
    [
        ({"transform": rasterio.Affine(10, 0, 5e5, 0, 10, 5e6)}, "is not north-up"),
        ({"transform": rasterio.Affine(9, 1, 5e5, 1, -9, 5e6)}, "is not north-up"),
        ({"transform": rasterio.Affine(10, 0, 5e5, 0, -12, 5e6)}, "pixels of 10 x 12"),
        ({"transform": rasterio.Affine(20, 0, 5e5, 0, -20, 5e6)}, "pixels of 20 m"),
        ({"crs": None}, "no coordinate reference system"),
        ({"crs": "EPSG:4326"}, "EPSG:4326, which is not projected"),
        ({"crs": "EPSG:2225"}, "unit is the US survey foot"),
    ],
)
def test_wrong_frame_is_told_once_of_terrain(
    tmp_path: Path, changes: dict[str, Any], fact: str
) -> None:
    """Where all products share a wrong grid, one message says so."""
    folder = tmp_path / "products"
    for name, layers in write_products(folder).items():
        write(folder / name, layers, **changes)
    the_fault(folder, "terrain.tif", fact, "reproject all products")


def test_south_up_product_is_told_as_such(folder: Path) -> None:
    upside = rasterio.Affine(10, 0, GRID.left, 0, 10, GRID.top - 10 * SIDE)
    rewrite(folder, "gamma0_PRE1.tif", as_they_were, transform=upside)
    the_fault(folder, "gamma0_PRE1.tif", "is not north-up", "reproject")


# ---------------------------------------------------------------- bands and values


def test_wrong_number_of_bands_is_refused(folder: Path) -> None:
    write(folder / "gamma0_PRE1.tif", {"VV": np.ones(SHAPE, np.float32)})
    fault = the_fault(folder, "gamma0_PRE1.tif", "has 1 band", "these bands in this order")
    assert fault.allowed == "2: VV, VH"


@pytest.mark.parametrize(
    ("names", "cure"),
    [
        (("entrophy", "anisotropy", "alpha"), "did you mean 'entropy'?"),
        (("entropy", "entropy", "alpha"), "correct the descriptions"),
        (("entropy", "", "alpha"), "correct the descriptions"),
    ],
)
def test_strange_descriptions_are_refused(folder: Path, names: tuple[str, ...], cure: str) -> None:
    with rasterio.open(folder / "haalpha_PRE1.tif", "r+") as file:
        file.descriptions = names
    the_fault(folder, "haalpha_PRE1.tif", f"described as '{names[0]}'", cure)


@pytest.mark.parametrize("name", ["gamma0_PRE1.tif", "coherence_PRE1.tif"])
def test_integers_without_a_scale_are_refused(folder: Path, name: str) -> None:
    product = {product.file: product for product in products_of(DATES)}[name]
    write(folder / name, {band: np.ones(SHAPE, np.uint8) for band in product.bands})
    faults = faults_of(folder)
    assert len(faults) == len(product.bands)
    for fault in faults:
        assert "integers (uint8)" in fault.fact and "float32" in fault.cure


def test_whole_metres_of_elevation_pass(folder: Path) -> None:
    layers = {"elevation": np.full(SHAPE, 512, np.int16), "slope": np.full(SHAPE, 30, np.int16)}
    write(folder / "terrain.tif", layers)
    with open_cube(make(folder, NONE)) as cube:
        assert (cube["None_DEM"].values == 512).all()


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_digital_numbers_are_no_reflectance(folder: Path, dtype: str) -> None:
    def number(layers: Layers) -> None:
        for band, values in layers.items():
            layers[band] = (values * 10000).astype(dtype)

    rewrite(folder, "optical_POST1.tif", number)
    faults = faults_of(folder)
    assert len(faults) == len(OPTICAL)
    for fault in faults:
        assert "divide by 10000" in fault.cure


@pytest.mark.parametrize(
    ("name", "band", "value", "fact", "cure"),
    [
        ("gamma0_PRE1.tif", "VV", 201.0, "1 of 1024 pixels", "nodata"),
        ("gamma0_PRE1.tif", "VH", -0.001, "1 of 1024 pixels", "power is never negative"),
        ("coherence_PRE1.tif", "VV", 1.01, "1 of 1024 pixels", "nodata"),
        ("coherence_PRE1.tif", "VV", np.inf, "to inf", "nodata"),
        ("haalpha_PRE1.tif", "entropy", -0.1, "from -0.1", "nodata"),
        ("haalpha_PRE1.tif", "alpha", 91.0, "to 91", "nodata"),
        ("optical_POST1.tif", "B04", 2.1, "to 2.1", "nodata"),
        ("optical_POST1.tif", "B04", -0.1, "from -0.1", "nodata"),
        ("terrain.tif", "elevation", -32768.0, "from -32768", "nodata"),
        ("terrain.tif", "slope", 120.0, "to 120", "nodata"),
    ],
)
def test_values_beyond_the_range_are_refused(
    folder: Path, name: str, band: str, value: float, fact: str, cure: str
) -> None:
    def spoil(layers: Layers) -> None:
        layers[band][9, 9] = value

    rewrite(folder, name, spoil)
    the_fault(folder, name, fact, cure)


def test_decibel_is_recognised(folder: Path) -> None:
    def convert(layers: Layers) -> None:
        for band, values in layers.items():
            layers[band] = 10 * np.log10(values)

    rewrite(folder, "gamma0_POST1.tif", convert)
    faults = faults_of(folder)
    assert [fault.offender.rpartition(", ")[2] for fault in faults] == [
        "band 1 (gVV)",
        "band 2 (gVH)",
    ]
    for fault in faults:
        assert "in decibel" in fault.fact and "10 ** (dB / 10)" in fault.cure


def test_radians_are_recognised(folder: Path) -> None:
    def convert(layers: Layers) -> None:
        layers["alpha"] = np.radians(layers["alpha"])

    rewrite(folder, "haalpha_PRE2.tif", convert)
    the_fault(folder, "haalpha_PRE2.tif", "in radians", "180 / pi")


def test_band_without_data_is_refused(folder: Path) -> None:
    def empty(layers: Layers) -> None:
        layers["B11"][:] = -1

    rewrite(folder, "optical_POST1.tif", empty, nodata=-1)
    the_fault(folder, "optical_POST1.tif, band 9 (B11)", "no data in any pixel", "nodata value")


# ---------------------------------------------------------------- labels and masks


@pytest.mark.parametrize("value", [2, 100, 254])
def test_other_labels_are_refused(folder: Path, value: int) -> None:
    labels = np.zeros(SHAPE, np.uint8)
    labels[3, 3] = value
    write(folder / "labels.tif", {"landslide": labels})
    fault = the_fault(folder, "labels.tif", f"holds {value}", "-r near")
    assert fault.allowed == "1 landslide, 0 none, 255 unknown"


def test_labels_whose_nodata_means_none_are_refused(folder: Path) -> None:
    write(folder / "labels.tif", {"landslide": np.eye(SIDE, dtype=np.uint8)}, nodata=0)
    the_fault(folder, "labels.tif", "nodata value 0", "-unsetnodata")


def test_labels_that_know_nothing_are_refused_where_they_are_needed(folder: Path) -> None:
    write(folder / "labels.tif", {"landslide": np.full(SHAPE, 255, np.uint8)})
    the_fault(folder, "labels.tif", "unknown of every pixel", "write 0")
    make(folder, NONE, needs_labels=False)


def test_labels_of_several_bands_are_refused(folder: Path) -> None:
    zeros = np.zeros(SHAPE, np.uint8)
    write(folder / "labels.tif", {"a": zeros, "b": zeros})
    the_fault(folder, "labels.tif", "has 2 bands", "that one band only")


def test_other_values_of_an_optical_mask_are_refused(folder: Path) -> None:
    write(folder / "optical_valid_POST1.tif", {"valid": np.full(SHAPE, 4, np.uint8)})
    fault = the_fault(folder, "optical_valid_POST1.tif", "holds 4", "correct")
    assert fault.allowed == "1 usable, 0 cloud or shadow"
