"""BEAM-DIMAP is read as it was written, and what is not whole is refused."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from rasterio.crs import CRS

from scarp.errors import DataError
from scarp.snap.dimap import open_dimap
from snap_route import GRID, ORBIT, Bands, snap_product

REAL = Path(os.environ.get("SCARP_TEST_DATA", "."), "dimap", "MER_FRS_L1B_SUBSET.dim")


def test_a_product_comes_back_as_it_was_written(tmp_path: Path) -> None:
    bands = Bands().backscatter()
    product = open_dimap(snap_product(tmp_path / "g.dim", bands))
    crs, transform = product.geocoding
    assert (product.name, product.height, product.width) == ("g", GRID.height, GRID.width)
    assert crs == CRS.from_user_input(GRID.crs)
    assert tuple(transform)[:6] == GRID.transform
    assert [*product.bands] == [*bands]
    for name, values in bands.items():
        np.testing.assert_array_equal(product.read(name), values)
        window = product.read(name, slice(3, 9), slice(5, 6))
        np.testing.assert_array_equal(window, values[3:9, 5:6])


def test_metadata_is_found_by_its_path(tmp_path: Path) -> None:
    product = open_dimap(snap_product(tmp_path / "g.dim", Bands().coherence()))
    assert product.attribute("Abstracted_Metadata/orbit_state_vector_file") == ORBIT
    assert product.attribute("Abstracted_Metadata/missing") is None
    assert product.attribute("Elsewhere/DEM") is None


def test_the_other_date_of_a_pair_is_told_too(tmp_path: Path) -> None:
    path = snap_product(tmp_path / "g.dim", Bands().coherence())
    own = '<MDElem name="S1"><MDATTR name="orbit_state_vector_file">RES</MDATTR></MDElem>'
    other = f'<MDElem name="Slave_Metadata">{own}</MDElem>'
    edit(path, "</MDElem></Dataset_Sources>", f"{other}</MDElem></Dataset_Sources>")
    assert open_dimap(path).attributes("orbit_state_vector_file") == [ORBIT, "RES"]


def test_scale_offset_and_no_data_are_applied(tmp_path: Path) -> None:
    bands = Bands().coherence()
    values = next(iter(bands.values()))
    values[2, 3] = 0
    path = snap_product(tmp_path / "g.dim", bands)
    edit(path, "<SCALING_FACTOR>1.0<", "<SCALING_FACTOR>2.0<")
    edit(path, "<SCALING_OFFSET>0.0<", "<SCALING_OFFSET>0.5<")
    found = open_dimap(path).read(next(iter(bands)))
    expected = 2 * values + 0.5
    expected[2, 3] = np.nan
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_product_on_no_map_says_so(tmp_path: Path) -> None:
    path = snap_product(tmp_path / "g.dim", Bands().coherence())
    path.write_text(re.sub("<WKT>.*</WKT>", "", path.read_text(), flags=re.DOTALL))
    product = open_dimap(path)
    assert product.crs is None
    with pytest.raises(DataError, match="no map projection"):
        _ = product.geocoding


def test_a_rotated_transform_keeps_javas_order(tmp_path: Path) -> None:
    path = snap_product(tmp_path / "g.dim", Bands().coherence())
    edit(path, re.search("M>(.*)</IMAGE", path.read_text())[1], "1.0,2.0,3.0,4.0,5.0,6.0")  # type: ignore[index]
    assert tuple(open_dimap(path).geocoding[1])[:6] == (1, 3, 5, 2, 4, 6)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "no header": (lambda p: p.unlink(), "no such product"),
    "header cut": (lambda p: p.write_bytes(p.read_bytes()[:900]), "not a whole BEAM-DIMAP header"),
    "no size": (lambda p: edit(p, "NROWS", "OTHER"), "lacks Raster_Dimensions/NROWS"),
    "bad transform": (lambda p: edit(p, ",0.0,0.0,", ",zero,0.0,"), "not a whole"),
    "no data folder": (lambda p: shutil.rmtree(p.with_suffix(".data")), "data folder is missing"),
    "no raster": (lambda p: image(p).unlink(), "there is no coh_"),
    "half a raster": (lambda p: image(p).write_bytes(image(p).read_bytes()[:99]), "half-written"),
}


def image(path: Path) -> Path:
    return next(path.with_suffix(".data").glob("*.img"))


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_not_whole_is_refused(tmp_path: Path, name: str) -> None:
    path = snap_product(tmp_path / "g.dim", Bands().coherence())
    spoil, message = FAULTS[name]
    spoil(path)
    with pytest.raises(DataError, match=message):
        open_dimap(path)


def test_an_unknown_band_is_refused(tmp_path: Path) -> None:
    product = open_dimap(snap_product(tmp_path / "g.dim", Bands().coherence()))
    with pytest.raises(DataError, match="has no band 'Sigma0_VV'"):
        product.read("Sigma0_VV")


@pytest.mark.skipif(not REAL.is_file(), reason="no real BEAM-DIMAP under SCARP_TEST_DATA/dimap")
def test_a_product_that_snap_wrote() -> None:
    product = open_dimap(REAL)
    assert (product.height, product.width) == (184, 221)
    assert product.crs is None  # it has tie points only
    band = product.bands["radiance_1"]
    assert (band.dtype, band.scale, band.nodata) == ("uint16", 0.009474839083850384, None)
    stored = np.fromfile(band.path, ">u2").reshape(184, 221)
    np.testing.assert_allclose(product.read("radiance_1"), stored * band.scale, rtol=1e-6)
    assert band.unit == "mW/(m^2*sr*nm)"
