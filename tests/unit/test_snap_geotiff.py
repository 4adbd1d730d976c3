"""GeoTIFF as SNAP writes it is read like the same product in BEAM-DIMAP, or refused."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio

from gpt_geotiff import add_tag, write_bigtiff, write_described, write_geotiff
from scarp.errors import DataError
from scarp.snap.dimap import open_dimap
from scarp.snap.geotiff import open_geotiff
from scarp.snap.products import open_product, product_faults, read_bands, write_snap_product
from snap_route import GRID, MADE, ORBIT, Bands, snap_product, tiny_scene
from tiny_slc import Tiny

COHERENCE = next(iter(Bands().coherence()))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return tiny_scene(tmp_path_factory.mktemp("scene"))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def mixed(path: Path) -> Path:
    """Backscatter with geometry: three bands of float32, one of uint8, a pixel without data."""
    bands = Bands().backscatter()
    bands["Gamma0_IW1_VV"][2, 3] = 0
    bands["localIncidenceAngle"] = Bands().noise(10, 60, 4)
    mask = np.arange(GRID.height * GRID.width).reshape(GRID.height, GRID.width) % 4
    bands["layoverShadowMask"] = mask.astype(np.uint8)  # type: ignore[assignment]
    return snap_product(path, bands)


WRITERS: dict[str, Callable[[Path, Path], Path]] = {
    "GeoTIFF": write_geotiff,
    "GeoTIFF-BigTIFF": write_bigtiff,
    "GeoTIFF-BigTIFF, a small one": lambda d, t: write_bigtiff(d, t, big=False),
    "GeoTIFF-BigTIFF, bytes reversed": lambda d, t: write_bigtiff(d, t, order="LITTLE"),
    "a small one, bytes reversed": lambda d, t: write_bigtiff(d, t, big=False, order="LITTLE"),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_both_formats_say_the_same(tmp_path: Path, writer: str) -> None:
    own = open_dimap(mixed(tmp_path / "g.dim"))
    product = open_geotiff(WRITERS[writer](own.path, tmp_path / "other.tif"))
    assert (product.name, product.height, product.width) == ("g", GRID.height, GRID.width)
    assert product.geocoding == own.geocoding
    assert [*product.bands] == [*own.bands]
    assert {band.dtype for band in product.bands.values()} == {"float32"}
    for path in ("Abstracted_Metadata/DEM", "Abstracted_Metadata/missing"):
        assert product.attribute(path) == own.attribute(path)
    assert product.attributes("orbit_state_vector_file") == [ORBIT]
    for name in own.bands:
        np.testing.assert_array_equal(product.read(name), own.read(name))
        window = slice(2, 9), slice(3, 6)
        np.testing.assert_array_equal(product.read(name, *window), own.read(name)[window])
    assert np.isnan(product.read("Gamma0_IW1_VV")[2, 3])


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("kind", ["backscatter", "geometry"])
def test_both_formats_become_the_same_file(
    tiny: Tiny, tmp_path: Path, kind: str, writer: str
) -> None:
    dim = mixed(tmp_path / "g.dim")
    tif = WRITERS[writer](dim, tmp_path / "g.tif")
    made = []
    for source in (dim, tif):
        path = tmp_path / source.suffix / f"{kind}.tif"
        write_snap_product(source, kind, path, GRID, tiny.passes()[:1], "PRE1", MADE)  # type: ignore[arg-type]
        made.append(path.read_bytes())
    assert made[0] == made[1]


def test_scale_offset_unit_and_no_data_are_the_headers(tmp_path: Path) -> None:
    dim = snap_product(tmp_path / "g.dim", Bands().coherence())
    for old, new in (
        ("<SCALING_FACTOR>1.0<", "<SCALING_FACTOR>2.0<"),
        ("<SCALING_OFFSET>0.0<", "<SCALING_OFFSET>0.5<"),
        ("<PHYSICAL_UNIT><", "<PHYSICAL_UNIT>coherence<"),
        ("<NO_DATA_VALUE>0.0<", f"<NO_DATA_VALUE>{Bands().coherence()[COHERENCE][4, 5]}<"),
    ):
        edit(dim, old, new)
    product = open_geotiff(write_geotiff(dim, tmp_path / "g.tif"))
    expected = 2 * Bands().coherence()[COHERENCE] + 0.5
    expected[4, 5] = np.nan
    np.testing.assert_allclose(product.read(COHERENCE), expected, rtol=1e-6)
    assert product.bands[COHERENCE].unit == "coherence"


def test_virtual_bands_are_not_in_the_file(tmp_path: Path) -> None:
    dim = snap_product(tmp_path / "g.dim", Bands().backscatter())
    # SNAP counts an expression among the bands, here as the first.
    for old, new in (("1", "2"), ("0", "1")):
        edit(dim, f"<BAND_INDEX>{old}<", f"<BAND_INDEX>{new}<")
    virtual = "<BAND_NAME>Intensity</BAND_NAME><VIRTUAL_BAND>true</VIRTUAL_BAND>"
    row = f"<Spectral_Band_Info><BAND_INDEX>0</BAND_INDEX>{virtual}</Spectral_Band_Info>"
    edit(dim, "<Image_Interpretation>", f"<Image_Interpretation>{row}")
    product = open_geotiff(write_geotiff(dim, tmp_path / "g.tif"))
    assert [*product.bands] == [*Bands().backscatter()]
    for name, values in Bands().backscatter().items():
        np.testing.assert_array_equal(product.read(name), values)


def test_the_tags_of_geotiff_say_where_it_lies(tmp_path: Path) -> None:
    dim = snap_product(tmp_path / "g.dim", Bands().coherence())
    header = dim.read_text().replace("Coordinate_Reference_System>", "Other>")
    product = open_geotiff(write_geotiff(dim, tmp_path / "g.tif", header))
    assert product.geocoding == open_dimap(dim).geocoding


# Without SNAP's header.


def test_bands_are_told_by_their_descriptions(
    tiny: Tiny, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own = open_dimap(snap_product(tmp_path / "g.dim", Bands().coherence()))
    product = open_geotiff(write_described(own.path, tmp_path / "g.tif"))
    found, expected = (read_bands(one, "coherence", GRID)["VV"] for one in (product, own))
    np.testing.assert_array_equal(found, expected)
    made = tmp_path / "coherence.tif"
    with caplog.at_level(logging.WARNING):
        write_snap_product(product.path, "coherence", made, GRID, tiny.passes(), "POST1", MADE)
    assert "does not tell its orbit and DEM" in caplog.text
    with rasterio.open(made) as file:
        assert file.tags()["orbit_source"] == "unknown"


def test_values_are_checked_all_the_same(tmp_path: Path) -> None:
    dim = snap_product(tmp_path / "g.dim", {k: 9 * v for k, v in Bands().coherence().items()})
    product = open_geotiff(write_described(dim, tmp_path / "g.tif"))
    faults = product_faults(product, "coherence", read_bands(product, "coherence", GRID), MADE)
    assert [fault.fact.split(" from")[0] for fault in faults] == ["holds values"]


def test_numbers_are_then_gdals(tmp_path: Path) -> None:
    values = Bands().coherence()[COHERENCE]
    dim = snap_product(tmp_path / "g.dim", Bands().coherence())
    path = write_described(dim, tmp_path / "g.tif")
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets, file.nodata = (2.0,), (0.5,), float(values[0, 0])
    expected = 2 * values + 0.5
    expected[0, 0] = np.nan
    np.testing.assert_allclose(open_geotiff(path).read(COHERENCE), expected, rtol=1e-6)


@pytest.mark.parametrize(("text", "kind"), [(b"<Other/>\0", 2), (b"<Dimap_Document/>", 7)])
def test_another_use_of_the_tag_is_left_alone(tmp_path: Path, text: bytes, kind: int) -> None:
    dim = snap_product(tmp_path / "g.dim", Bands().coherence())
    path = write_described(dim, tmp_path / "g.tif")
    add_tag(path, text, kind)
    product = open_geotiff(path)
    assert product.metadata is None
    assert [*product.bands] == [COHERENCE]


def test_a_file_on_no_map_says_so(tmp_path: Path) -> None:
    path = tmp_path / "g.tif"
    values = Bands().coherence()[COHERENCE]
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning):  # noqa: SIM117
        with rasterio.open(
            path, "w", driver="GTiff", dtype="float32", count=1, height=24, width=30
        ) as file:
            file.write(values, 1)
            file.set_band_description(1, COHERENCE)
    with pytest.raises(DataError, match="no map projection"):
        _ = open_geotiff(path).geocoding


# What is refused.


def one_file(header: str) -> str:
    """A header that names the raster of its first band only."""
    start = header.index("<Data_File>", header.index("<Data_File>") + 1)
    return header[:start] + header[header.index("</Data_Access>") :]


#: What is done to the header -> what is said of it.
HEADERS: dict[str, tuple[Callable[[str], str], str]] = {
    "none": (lambda h: "", r"tag 65000(.|\n)*write BEAM-DIMAP"),
    "cut": (lambda h: h[:900], "not a whole BEAM-DIMAP header"),
    "no size": (lambda h: h.replace("NROWS", "OTHER"), "lacks Raster_Dimensions/NROWS"),
    "a band less": (one_file, r"has 2 bands of 30 x 24 pixels(.|\n)*allowed: 1 bands of 30 x 24"),
    "another size": (
        lambda h: h.replace("<NCOLS>30", "<NCOLS>31"),
        r"has 2 bands of 30 x 24 pixels(.|\n)*allowed: 2 bands of 31 x 24",
    ),
    "endless": (
        lambda h: h.replace("FACTOR>1.0", "FACTOR>Infinity"),
        r"2 faults(.|\n)*no finite scale",
    ),
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_does_not_fit_is_refused(tmp_path: Path, name: str) -> None:
    dim = snap_product(tmp_path / "g.dim", Bands().backscatter())
    spoil, message = HEADERS[name]
    path = write_geotiff(dim, tmp_path / "g.tif", spoil(dim.read_text()))
    with pytest.raises(DataError, match=message):
        open_geotiff(path)


@pytest.mark.parametrize(
    ("length", "message"),
    [
        (0, "cannot be read as a GeoTIFF"),
        (60, "cannot be read as a GeoTIFF"),
        (1000, "cannot be read as a GeoTIFF|ends amid its tags"),
        (-5000, "half-written"),
        (-1, "half-written"),
    ],
)
def test_a_file_cut_short_is_refused(tmp_path: Path, length: int, message: str) -> None:
    dim = snap_product(tmp_path / "g.dim", Bands().backscatter())
    path = write_geotiff(dim, tmp_path / "g.tif")
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(DataError, match=message):
        open_geotiff(path)


def test_what_is_no_geotiff_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such product"):
        open_geotiff(tmp_path / "g.tif")
    (tmp_path / "g.tif").write_bytes(b"no TIFF" * 9)
    with pytest.raises(DataError, match="cannot be read as a GeoTIFF"):
        open_geotiff(tmp_path / "g.tif")


def test_complex_numbers_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "g.tif"
    form = {"driver": "GTiff", "dtype": "complex64", "count": 1, "height": 24, "width": 30}
    with rasterio.open(path, "w", crs=GRID.crs, transform=GRID.transform, **form) as file:
        file.set_band_description(1, COHERENCE)
    with pytest.raises(DataError, match="is of type complex64"):
        open_geotiff(path)


def test_a_product_is_opened_by_its_suffix(tmp_path: Path) -> None:
    dim = snap_product(tmp_path / "g.dim", Bands().coherence())
    assert open_product(dim).driver == "ENVI"
    for name in ("g.tif", "G.TIFF"):
        assert open_product(write_geotiff(dim, tmp_path / name)).driver == "GTiff"
    with pytest.raises(DataError, match=r"has the suffix '\.data'(.|\n)*give the \.dim itself"):
        open_product(tmp_path / "g.data")
