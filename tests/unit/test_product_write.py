"""Product files: Cloud-Optimised GeoTIFFs that hold what they are given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio

from scarp.errors import DataError
from scarp.grid import Grid
from scarp.product_write import write_product

GRID = Grid("EPSG:32633", 500_000.0, 4_650_000.0, 10.0, 300, 280)


def _bands() -> dict[str, np.ndarray]:
    random = np.random.default_rng(1)
    bands = {name: random.random((300, 280), dtype=np.float32) for name in ("VV", "VH")}
    bands["VV"][:5] = np.nan
    return bands


def test_a_product_is_what_was_given(tmp_path: Path) -> None:
    bands, path = _bands(), tmp_path / "new" / "gamma0_PRE1.tif"
    write_product(path, GRID, bands, {"VV": "1", "VH": "1"}, {"engine": "embedded", "looks": 4})
    with rasterio.open(path) as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.descriptions == ("VV", "VH")
        assert file.units == ("1", "1")
        assert np.isnan(file.nodata)
        assert str(file.crs) == GRID.crs
        assert tuple(file.transform)[:6] == GRID.transform
        assert (file.tags()["engine"], file.tags()["looks"]) == ("embedded", "4")
        assert file.overviews(1)
        for number, values in enumerate(bands.values(), 1):
            np.testing.assert_array_equal(file.read(number), values)


def test_the_same_product_has_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.tif", "b.tif"):
        write_product(tmp_path / name, GRID, _bands(), {"VV": "1", "VH": "1"}, {"engine": "x"})
    assert (tmp_path / "a.tif").read_bytes() == (tmp_path / "b.tif").read_bytes()


def test_labels_keep_their_values_and_unknown_is_nodata(tmp_path: Path) -> None:
    labels = np.zeros((300, 280), np.uint8)
    labels[:3], labels[5:9] = 255, 1
    write_product(tmp_path / "labels.tif", GRID, {"MASK": labels}, {"MASK": "1"}, {})
    with rasterio.open(tmp_path / "labels.tif") as file:
        assert file.nodata == 255
        np.testing.assert_array_equal(file.read(1), labels)


def test_bands_off_the_grid_or_of_two_types_are_refused(tmp_path: Path) -> None:
    bands = _bands()
    with pytest.raises(DataError, match="VH are not of shape"):
        write_product(tmp_path / "x.tif", GRID, {**bands, "VH": bands["VH"][1:]}, {}, {})
    with pytest.raises(DataError, match="float32, uint8"):
        write_product(tmp_path / "x.tif", GRID, {**bands, "VH": np.zeros((300, 280), "u1")}, {}, {})
    assert not list(tmp_path.iterdir())
