"""Polygons of landslides: checked, of the right event, and on its grid pixel by pixel."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
import rasterio
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from scarp.acquire.landslides import read_landslides
from scarp.acquire.polygons import geodesic_km2, read_polygons
from scarp.errors import DataError
from scarp.grid import Grid
from scarp.labels import make_labels
from scarp.product_raster import read_raster
from scarp.product_values import read_flags

GRID = Grid("EPSG:32633", 500_000.0, 4_600_000.0, 10.0, 200, 240)
DATE = "2020-04-10"


def at(*corners: tuple[float, float]) -> Any:
    """A polygon by corners in pixels from the grid's north-western corner: (column, row)."""
    return shapely.Polygon([(GRID.left + 10 * x, GRID.top - 10 * y) for x, y in corners])


def box(left: float, top: float, right: float, bottom: float) -> Any:
    return at((left, top), (right, top), (right, bottom), (left, bottom))


def vector(path: Path, shapes: Sequence[Any], crs: str | None = GRID.crs, **columns: Any) -> Path:
    """A file of shapes that lie in the grid's CRS, saved in another."""
    table = geopandas.GeoDataFrame(columns, geometry=list(shapes), crs=GRID.crs)
    if crs is None:
        table = table.set_crs(None, allow_override=True)
    elif crs != GRID.crs:
        table = table.to_crs(crs)
    table.to_file(path)
    return path


def labels(path: Path, tmp_path: Path, **other: Any) -> NDArray[np.uint8]:
    """What the cube will read of the labels."""
    out = tmp_path / "labels.tif"
    make_labels(path, GRID, out, "BR0001", DATE, **other)
    raster = read_raster(out)
    assert raster.grid == GRID
    return read_flags(raster, {1: "landslide", 0: "none", 255: "unknown"}, 255)


def refusal(path: Path, tmp_path: Path, **other: Any) -> str:
    with pytest.raises(DataError) as caught:
        labels(path, tmp_path, **other)
    assert not (tmp_path / "labels.tif").exists()
    return str(caught.value)


# --- pixels ---


def test_a_pixel_is_landslide_where_its_middle_is(tmp_path: Path) -> None:
    """Edges a tenth of a pixel to either side of the middles."""
    file = vector(tmp_path / "a.gpkg", [box(10.4, 20.6, 14.6, 23.4)])
    expected = np.zeros((200, 240), np.uint8)
    expected[21:23, 10:15] = 1
    np.testing.assert_array_equal(labels(file, tmp_path), expected)


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "shp"])
@pytest.mark.parametrize("crs", ["EPSG:32633", "EPSG:4326", "EPSG:3857", "EPSG:3035"])
def test_any_format_and_crs_gives_the_pixels_of_the_rule(
    tmp_path: Path, suffix: str, crs: str
) -> None:
    """Stars with a hole, and two parts in one, against the middles asked one by one."""
    random = np.random.default_rng(5)
    shapes = []
    for x, y in random.uniform(30, 170, (12, 2)):
        angle = np.sort(random.uniform(0, 2 * np.pi, 11))
        reach = random.uniform(3, 14, 11)
        star = at(*zip(x + reach * np.cos(angle), y + reach * np.sin(angle), strict=True))
        shapes.append(star.buffer(0).difference(box(x - 1.2, y - 1.2, x + 1.2, y + 1.2)))
    shapes.append(shapely.MultiPolygon([box(200.3, 5.3, 210.3, 9.1), box(220, 5.2, 223, 9.2)]))
    file = vector(
        tmp_path / f"slides.{suffix}", shapes, "EPSG:4326" if suffix == "geojson" else crs
    )
    found = labels(file, tmp_path)
    x, y = np.meshgrid(GRID.x, GRID.y)
    union = shapely.union_all(shapes)
    expected = shapely.contains_xy(union, x, y)
    # Middles within a centimetre of an edge are nobody's.
    sure = shapely.distance(union.boundary, shapely.points(x, y)) > 0.01
    assert sure.mean() > 0.999 and expected.sum() > 500
    np.testing.assert_array_equal(found[sure], expected[sure])


def test_outside_of_the_mapped_area_all_is_unknown(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = vector(tmp_path / "a.gpkg", [box(10, 20, 14, 24), box(200, 20, 204, 24)])
    mapped = vector(tmp_path / "mapped.gpkg", [box(0, 0, 100, 200)], "EPSG:4326")
    found = labels(file, tmp_path, mapped_area=mapped)
    assert (found[:, 101:] == 255).all()
    assert (found[20:24, 10:14] == 1).all() and found[:, :99].sum() == 16
    assert "16 pixels of landslides lie outside" in caplog.text
    beyond = vector(tmp_path / "beyond.gpkg", [box(900, 0, 1000, 200)])
    (tmp_path / "labels.tif").unlink()
    assert "covers nothing of the event's area" in refusal(file, tmp_path, mapped_area=beyond)


def test_polygons_without_a_pixel_are_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tiny = [box(10.6, 10.6, 11.4, 11.4), box(30.1, 30.1, 30.4, 30.4), box(239.6, 5, 239.9, 6)]
    beneath = box(51.0, 51.0, 53.0, 53.0)
    shapes = [*tiny, beneath, box(50, 50, 60, 60)]
    found = labels(vector(tmp_path / "a.gpkg", shapes), tmp_path)
    assert found.sum() == 100
    assert "3 of 5 polygons hold no middle of a pixel and leave none (largest 64 m2)" in caplog.text
    (tmp_path / "labels.tif").unlink()
    only = vector(tmp_path / "tiny.gpkg", [box(10.6, 10.6, 11.4, 11.4), box(12.6, 1, 13.4, 5)])
    assert "none of the 2 polygons in the area holds the middle" in refusal(only, tmp_path)


def test_areas_are_compared_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """On the central meridian a metre of the grid is 1 / 0.9996 of the ground."""
    caplog.set_level(logging.INFO)
    shapes = [box(10, 10, 60, 60), box(30, 10, 90, 60), box(200, 150, 300, 250)]
    labels(vector(tmp_path / "a.gpkg", shapes), tmp_path)
    ground = (80 * 50 + 40 * 50) * 1e-4 / 0.9996**2
    assert f"3 polygons in the area, {ground:.4f} km2; 6000 pixels, 0.6000 km2 (-0.1 %)" in (
        caplog.text
    )
    assert "1 of 3 polygons lie on its edge and are cut" in caplog.text


def test_what_is_recorded(tmp_path: Path) -> None:
    shapes = [box(10, 10, 20, 20), box(40, 40, 50, 50)]
    labels(vector(tmp_path / "slides.gpkg", shapes, simulated=["false", "true"]), tmp_path)
    with rasterio.open(tmp_path / "labels.tif") as file:
        assert file.descriptions == ("MASK",) and file.nodata == 255 and file.dtypes == ("uint8",)
        tags = file.tags()
    assert tags["inventory"] == "slides.gpkg" and tags["polygons"] == "2"
    assert tags["simulated"] == "true" and "middle of a pixel" in tags["rule"]
    first = (tmp_path / "labels.tif").read_bytes()
    labels(tmp_path / "slides.gpkg", tmp_path)
    assert (tmp_path / "labels.tif").read_bytes() == first
    labels(vector(tmp_path / "real.gpkg", shapes), tmp_path)
    with rasterio.open(tmp_path / "labels.tif") as file:
        assert "simulated" not in file.tags()


# --- where polygons lie ---


def test_polygons_elsewhere_are_counted_and_all_of_them_a_fault(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    far = [box(500 + n, 0, 501 + n, 5) for n in range(3)]
    found = labels(vector(tmp_path / "a.gpkg", [*far, box(10, 10, 20, 20)]), tmp_path)
    assert found.sum() == 100
    assert "3 of 4 polygons lie outside of the event's area and are left out" in caplog.text
    (tmp_path / "labels.tif").unlink()
    said = refusal(vector(tmp_path / "b.gpkg", far), tmp_path)
    assert "no polygon lies in the event's area" in said and "column aoi" in said


def test_the_edge_of_a_wide_grid_is_bent_in_degrees(tmp_path: Path) -> None:
    """The middle of its northern edge lies 300 m north of the line between its ends."""
    grid = Grid("EPSG:32633", 450_000.0, 6_740_000.0, 10.0, 40, 10_000)
    slide = shapely.box(500_000, 6_739_850, 500_100, 6_739_950)
    make_labels(vector(tmp_path / "a.gpkg", [slide]), grid, tmp_path / "b.tif", "BR0001", DATE)
    with rasterio.open(tmp_path / "b.tif") as file:
        found = file.read(1)
    assert found.sum() == 100 and found[5:15, 5000:5010].all()


def test_latitude_before_longitude_is_noticed(tmp_path: Path) -> None:
    to_degrees = Transformer.from_crs(GRID.crs, 4326, always_xy=True)
    right = shapely.transform(
        box(10, 10, 20, 20), lambda xy: np.column_stack(to_degrees.transform(*xy.T))
    )
    turned = shapely.transform(right, lambda xy: xy[:, ::-1])
    file = tmp_path / "a.geojson"
    geopandas.GeoDataFrame(geometry=[turned], crs="EPSG:4326").to_file(file)
    assert "longitude has to come before latitude" in refusal(file, tmp_path)


# --- files ---


def test_polygons_that_cross_themselves_are_repaired(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bow = at((10, 10), (20, 20), (20, 10), (10, 20))
    spike = at((40, 40), (50, 40), (50, 50), (40, 50), (40, 40), (30, 40), (40, 40))
    file = vector(tmp_path / "a.gpkg", [bow, spike, box(80, 80, 90, 90)])
    polygons = read_polygons(file)
    assert polygons.shapes.is_valid.all()
    assert "2 of 3 shapes cross themselves and were repaired" in caplog.text
    assert polygons.area_km2 == pytest.approx(250e-4, rel=2e-3)
    found = labels(file, tmp_path)
    assert found[10:20, 10:20].sum() == pytest.approx(50, abs=10)
    assert found[40:50, 40:50].all() and found[:, 30:40].sum() == 0


def test_holes_that_touch_an_edge_stay_valid_in_degrees(tmp_path: Path) -> None:
    """In another CRS a corner of a hole may come to lie beyond the edge that it touches."""
    shapes = []
    for n in range(40):
        x, y = 5 * (n % 8) + 10, 5 * (n // 8) + 10
        shell = at((x, y), (x + 4, y + 0.3 * n / 40), (x + 4, y + 4), (x, y + 4))
        touch = 1 + n / 25
        hole = at((x, y + touch), (x + 2, y + 1.3), (x + 2, y + 2.7))
        shapes.append(shapely.Polygon(shell.exterior, [hole.exterior]))
    assert shapely.is_valid(shapes).all()
    for crs in ("EPSG:32633", "EPSG:3035", "EPSG:32632"):
        file = vector(tmp_path / f"{crs[5:]}.gpkg", shapes, crs)
        assert read_polygons(file).shapes.is_valid.all()
        labels(file, tmp_path)


def test_the_area_is_that_of_the_ellipsoid_whatever_way_rings_turn() -> None:
    """A degree at the equator: 12 309 km2 of the WGS84 ellipsoid."""
    square = shapely.box(0, 0, 1, 1)
    assert geodesic_km2(square) == pytest.approx(12308.8, abs=0.1)
    hole = shapely.Polygon(
        square.exterior.coords, [shapely.box(0.4, 0.4, 0.6, 0.6).exterior.coords]
    )
    assert geodesic_km2(hole) == pytest.approx(12308.8 * 0.96, rel=1e-4)
    other = shapely.Polygon(shapely.box(2, 0, 3, 1).exterior.coords[::-1])
    assert geodesic_km2(shapely.MultiPolygon([square, other])) == pytest.approx(24617.5, abs=0.2)


def test_features_without_a_shape_are_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = vector(tmp_path / "a.gpkg", [box(10, 10, 20, 20), None, shapely.Polygon()])
    assert len(read_landslides(file, "BR0001").shapes) == 1
    assert "2 features have no usable geometry" in caplog.text
    assert "holds no geometry" in refusal(vector(tmp_path / "b.gpkg", [None, None]), tmp_path)


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_files_that_hold_something_else_are_refused(tmp_path: Path) -> None:
    slide = box(10, 10, 20, 20)
    assert "there is no such file" in refusal(tmp_path / "absent.gpkg", tmp_path)
    text = tmp_path / "text.geojson"
    text.write_text('{"type": "FeatureCollection", "features": [')
    assert "cannot be read" in refusal(text, tmp_path)
    no_crs = vector(tmp_path / "bare.shp", [slide], None)
    assert "no coordinate reference system" in refusal(no_crs, tmp_path)
    mixed = vector(tmp_path / "mixed.gpkg", [slide, slide.centroid, slide.exterior, slide.centroid])
    assert "1 LineString and 2 Point" in refusal(mixed, tmp_path)
    metres = tmp_path / "metres.geojson"
    geopandas.GeoDataFrame(geometry=[slide]).to_file(metres)
    assert "coordinates that are none in its CRS" in refusal(metres, tmp_path)


def test_of_several_layers_the_one_with_polygons_is_read(tmp_path: Path) -> None:
    slide = box(10, 10, 20, 20)
    path = tmp_path / "a.gpkg"
    for layer, shape in (("crowns", slide.centroid), ("slides", slide)):
        geopandas.GeoDataFrame(geometry=[shape], crs=GRID.crs).to_file(path, layer=layer)
    assert labels(path, tmp_path).sum() == 100
    geopandas.GeoDataFrame(geometry=[slide], crs=GRID.crs).to_file(path, layer="lakes")
    (tmp_path / "labels.tif").unlink()
    said = refusal(path, tmp_path)
    assert "2 layers" in said and "slides" in said and "lakes" in said and "crowns" not in said


# --- events and dates ---


@pytest.mark.parametrize("column", ["EID", "event", "Event_ID"])
def test_of_a_file_of_several_events_its_own_is_taken(tmp_path: Path, column: str) -> None:
    shapes = [box(10, 10, 20, 20), box(30, 10, 40, 20), box(50, 10, 60, 20)]
    ids = {column: ["BR0001", "IN0002", " BR0001 "]}
    assert labels(vector(tmp_path / "a.gpkg", shapes, **ids), tmp_path).sum() == 200
    (tmp_path / "labels.tif").unlink()
    ids = {column: ["BR0010", "IN0002", "IN0002"]}
    said = refusal(vector(tmp_path / "b.gpkg", shapes, **ids), tmp_path)
    assert "names no row of event BR0001" in said and "did you mean 'BR0010'?" in said


def test_polygons_of_other_dates_are_a_fault(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shapes = [box(10, 10, 20, 20), box(30, 10, 40, 20), box(50, 10, 60, 20)]
    near = vector(tmp_path / "a.gpkg", shapes, date=["2020-04-10", "2020-05-10", "10 April"])
    assert labels(near, tmp_path).sum() == 300
    assert "1 features are dated up to 30 days off the event" in caplog.text
    assert "1 of 3 features have no ISO date" in caplog.text
    (tmp_path / "labels.tif").unlink()
    far = vector(tmp_path / "b.gpkg", shapes, Event_Date=["2020/04/10", "20200511", "2018-07-06"])
    said = refusal(far, tmp_path)
    assert "2 of 3 polygons are dated 2018-07-06 to 2020-05-11, the event 2020-04-10" in said
    assert "rename the column" in said
    assert len(read_landslides(far, "BR0001").shapes) == 3, "without a date none is looked at"


def test_the_dates_of_other_events_do_not_matter(tmp_path: Path) -> None:
    shapes = [box(10, 10, 20, 20), box(30, 10, 40, 20)]
    columns = {"event": ["BR0001", "IN0002"], "date": ["2020-04-10", "2018-07-06"]}
    assert labels(vector(tmp_path / "a.gpkg", shapes, **columns), tmp_path).sum() == 100


def test_shapes_of_unlikely_size_are_refused(tmp_path: Path) -> None:
    whole = vector(tmp_path / "a.gpkg", [box(10, 10, 20, 20), box(-1500, -1500, 1500, 1500)])
    said = refusal(whole, tmp_path)
    assert "polygon 2 has 90" in said and "outline of a region" in said
    marks = vector(tmp_path / "b.gpkg", [box(10, 10, 10.5, 10.5)])
    assert "all polygons together have 25 m2" in refusal(marks, tmp_path)


def test_a_pixel_of_every_polygon(tmp_path: Path) -> None:
    """A checkerboard: every polygon is one pixel, and half of the pixels have one."""
    shapes = [box(c, r, c + 1, r + 1) for r in range(30) for c in range(r % 2, 200, 2)]
    found = labels(vector(tmp_path / "a.gpkg", shapes), tmp_path)
    row, column = np.indices(found.shape)
    np.testing.assert_array_equal(found, ((row + column) % 2 == 0) & (row < 30) & (column < 200))
