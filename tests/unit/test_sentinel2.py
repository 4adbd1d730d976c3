"""The offset of Sentinel-2's processing baseline: found in metadata or pixels, and taken off."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import rasterio

from scarp.cube import write_cube
from scarp.cutting import cut
from scarp.grid import Grid
from scarp.patches import read_channel, read_table
from scarp.scaling import fit
from scarp.sentinel2 import Offset, from_tags, from_values, ndvi, without_offset

DATA = os.environ.get("SCARP_TEST_DATA", "")


@pytest.mark.parametrize(
    "tags, added",
    [
        ({"PROCESSING_BASELINE": "04.00"}, 1000),
        ({"PROCESSING_BASELINE": "05.11"}, 1000),
        ({"PROCESSING_BASELINE": "03.01"}, 0),
        ({"s2:processing_baseline": "05.09"}, 1000),
        ({"BOA_ADD_OFFSET": "-1000"}, 1000),
        ({"BOA_ADD_OFFSET": "0", "AREA_OR_POINT": "Area"}, 0),
    ],
)
def test_metadata_decide(tags: dict[str, str], added: int) -> None:
    found = from_tags(tags)
    assert found is not None
    assert found.digital_numbers == added
    assert found.evidence.startswith("metadata")


@pytest.mark.parametrize("tags", [{}, {"AREA_OR_POINT": "Area"}, {"PROCESSING_BASELINE": "new"}])
def test_silent_metadata_say_nothing(tags: dict[str, str]) -> None:
    assert from_tags(tags) is None


def _image(floor: float) -> dict[str, np.ndarray]:
    random = np.random.default_rng(3)
    bands = {
        name: (random.uniform(low, low + 0.3, (60, 60))).astype(np.float32)
        for name, low in (("B04", floor), ("B08", floor + 0.1), ("B12", floor + 0.05))
    }
    bands["B04"][:5] = 0  # no data
    return bands


@pytest.mark.parametrize(
    "floor, day, added, how",
    [
        (0.02, "2019-05-01", 0, "data"),
        (0.02, "2022-05-16", 0, "data"),  # a service has taken it off
        (0.11, "2022-05-16", 1000, "data"),
        (0.11, "2019-05-01", 0, "open"),  # desert, or processed again
        (0.08, "2022-05-16", 1000, "open"),
        (0.08, "2022-01-24", 0, "open"),
    ],
)
def test_the_darkest_pixels_decide_and_the_date_where_they_do_not(
    floor: float, day: str, added: int, how: str
) -> None:
    found = from_values(_image(floor), day)
    assert found.digital_numbers == added
    assert found.evidence.startswith(how)


def test_an_image_without_data_carries_nothing() -> None:
    assert from_values({"B04": np.zeros((3, 3), np.float32)}, "2023-01-01") == Offset(0, "no data")


@pytest.mark.skipif(not DATA, reason="SCARP_TEST_DATA does not name the folder of real data")
def test_real_images_show_whether_they_carry_it() -> None:
    """Hokkaido before and after 2018-09-06, before the offset existed; and the same with it."""
    folder = Path(DATA, "iburi_s2_dem")
    for date in ("pre", "post"):
        bands = {}
        for path in sorted(folder.glob(f"{date}_B*.tif")):
            with rasterio.open(path) as file:
                bands[path.stem] = file.read(1).astype(np.float32) * np.float32(1e-4)
        assert len(bands) == 3
        assert from_values(bands, "2018-09-01").digital_numbers == 0
        assert from_values(bands, "2022-09-01").evidence.startswith("data")
        raised = {
            name: np.where(values > 0, values + np.float32(0.1), 0).astype(np.float32)
            for name, values in bands.items()
        }
        found = from_values(raised, "2022-09-01")
        assert found.digital_numbers == 1000 and found.evidence.startswith("data")


def test_ndvi_is_not_the_same_with_the_offset() -> None:
    infrared, red = np.array([0.4], np.float32), np.array([0.1], np.float32)
    assert ndvi(infrared, red) == pytest.approx(0.6)
    assert ndvi(infrared + np.float32(0.1), red + np.float32(0.1)) == pytest.approx(3 / 7)
    assert np.isnan(ndvi(np.zeros(1, np.float32), np.zeros(1, np.float32)))


def test_dark_pixels_keep_a_ratio() -> None:
    dark = np.array([0.09, 0.1, 0.35, np.nan], np.float32)
    np.testing.assert_allclose(without_offset(dark, 0.1), [1e-4, 1e-4, 0.25, np.nan], rtol=1e-5)


@pytest.fixture
def patches(tmp_path: Path) -> Path:
    """Two dates that are the same but for the offset of the second."""
    random = np.random.default_rng(4)
    true = {band: random.uniform(0.05, 0.4, (32, 32)).astype(np.float32) for band in ("B04", "B08")}
    channels = {}
    for epoch, added in (("PRE1", 0.0), ("POST1", 0.1)):
        stored = {band: values + np.float32(added) for band, values in true.items()}
        channels |= {f"{epoch}_{band}": values for band, values in stored.items()}
        channels[f"{epoch}_NDVI"] = ndvi(stored["B08"], stored["B04"])
    channels["POST1_gVV"] = random.uniform(0.1, 1, (32, 32)).astype(np.float32)
    mask = np.zeros((32, 32), np.uint8)
    mask[:4] = 1
    write_cube(
        tmp_path / "cube.nc",
        Grid("", 0, 0, 10, 32, 32),
        channels,
        mask,
        np.ones_like(mask),
        {"event": "A", "source": "archive", "s2_offset_PRE1": 0.0, "s2_offset_POST1": 0.1},
        storage="float",
    )
    cut(tmp_path / "cube.nc", tmp_path / "patches.nc", 32, 32)
    return tmp_path / "patches.nc"


def test_corrected_patches_of_both_dates_are_alike(patches: Path) -> None:
    for band in ("B04", "B08", "NDVI"):
        before, after = (
            read_channel(patches, f"{epoch}_{band}", None, "corrected")
            for epoch in ("PRE1", "POST1")
        )
        np.testing.assert_allclose(after, before, atol=1e-5)
        assert not np.allclose(read_channel(patches, f"POST1_{band}"), before, atol=0.01)
    assert read_table(patches).has_offset


def test_nothing_else_is_corrected(patches: Path) -> None:
    for channel in ("PRE1_B04", "PRE1_NDVI", "POST1_gVV"):
        np.testing.assert_array_equal(
            read_channel(patches, channel, None, "corrected"), read_channel(patches, channel)
        )


def test_limits_are_fitted_on_what_the_training_sees(patches: Path) -> None:
    published, corrected = (
        fit({"A": patches}, [("A", 0)], (1, 99), s2_offset=choice)
        for choice in ("as-published", "corrected")
    )
    assert published.bands["B04"].high == pytest.approx(corrected.bands["B04"].high + 0.1, abs=0.02)
    assert corrected.s2_offset == "corrected"
    assert published.bands["gVV"] == corrected.bands["gVV"]
