"""Polygons of a map, their file and style, what masks take off, and what changed since."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import geopandas
import numpy as np
import pyogrio
import pytest
import rasterio
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from scipy import ndimage

import scarp.mapping.outlines
from scarp.errors import DataError
from scarp.mapping.changes import changes_since, read_changes, shared, write_changes
from scarp.mapping.geopackage import read_landslides, write_geopackage
from scarp.mapping.outlines import outlines, simplified
from scarp.mapping.polygons import MapPolygons, label, map_polygons
from scarp.mapping.qgis_style import FIELD, polygon_style, probability_style
from scarp.mapping.settings import MapSettings, model_from_dict
from scarp.mapping.summary import read_summary, summarise, write_summary
from tiny_map import CRS, MODEL, drawn, grid_for, write_map

ALL = MapSettings(minimum_m2=0, simplify_m=0)


def polygons_of(tmp_path: Path, *lines: str, settings: MapSettings = ALL) -> MapPolygons:
    return map_polygons(write_map(tmp_path, drawn(*lines)), MODEL, settings)


def blobs(side: int, seed: int, size: float = 3.0) -> NDArray[np.bool_]:
    field = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(side, side)), size)
    found: NDArray[np.bool_] = field > 1.6 * field.std()
    return found


def shapes_of(found: NDArray[np.bool_]) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    labels, pixels, _ = label(found, 0, 100)
    return outlines(labels, len(pixels), grid_for((found.shape[0], found.shape[1]))), pixels


def test_corners_join_and_holes_stay_open(tmp_path: Path) -> None:
    table = polygons_of(
        tmp_path,
        "####....#.",
        "#..#...#..",
        "####......",
        "......++++",
        "-.?...++++",
    ).table
    assert list(table["id"]) == [1, 2, 3]
    assert list(table["area_m2"]) == [1000, 800, 200]
    assert list(table.geometry.area) == [1000, 800, 200]
    ring, block, diagonal = table.geometry
    assert len(ring.geoms[0].interiors) == 1
    assert shapely.equals(block, shapely.box(500_060, 4_999_950, 500_100, 4_999_970))
    assert len(diagonal.geoms) == 2  # joined by a corner alone
    assert table.is_valid.all()


def test_a_pixel_at_the_threshold_is_landslide_and_one_without_data_is_not(tmp_path: Path) -> None:
    rasters = write_map(tmp_path, drawn("+?-"))
    stored = round(0.6 * 65534)
    for threshold, number in ((stored / 65534, 1), ((stored + 1) / 65534, 0), (0.29, 2)):
        found = map_polygons(rasters, replace(MODEL, threshold=threshold), ALL).table
        assert len(found) == number


def test_the_minimum_is_kept_and_smaller_ones_are_counted(tmp_path: Path) -> None:
    found = polygons_of(tmp_path, "##.#.#", "##.#..", "......", settings=MapSettings(400, 0))
    assert list(found.table["area_m2"]) == [400]
    assert (found.dropped, found.dropped_m2) == (2, 300)


def test_equal_sizes_go_from_north_to_south_and_west_to_east() -> None:
    labels, pixels, _ = label(drawn("..#", "...", "#.#") > 0, 0, 100)
    assert labels.tolist() == [[0, 0, 1], [0, 0, 0], [2, 0, 3]]
    assert pixels.tolist() == [1, 1, 1]


def test_attributes_are_those_of_the_pixels(tmp_path: Path) -> None:
    probability = drawn("#+.", "...", "..#")
    slope = np.array([[10, 20, 0], [0, 0, 0], [0, 0, np.nan]], dtype=np.float32)
    rasters = write_map(
        tmp_path,
        probability,
        uncertainty=np.array([[0.1, 0.3, 0], [0, 0, 0], [0, 0, np.nan]], dtype=np.float32),
        channels={
            "None_SLOPE": slope,
            "PRE1_gVV": np.ones((3, 3), dtype=np.float32),
            "POST1_B04": np.ones((3, 3), dtype=np.float32),
        },
        strata=np.array([[1, 0, 0], [0, 0, 0], [0, 0, 255]], dtype=np.uint8),
    )
    table = map_polygons(rasters, MODEL, ALL).table
    large, small = (row for _, row in table.iterrows())
    assert large["probability_mean"] == pytest.approx(0.75, abs=1e-4)
    assert large["probability_max"] == pytest.approx(0.9, abs=1e-4)
    assert large["uncertainty_mean"] == pytest.approx(0.2, abs=1e-4)
    assert large["slope_mean"] == pytest.approx(15)
    assert large["layover_shadow_share"] == 0.5
    assert np.isnan([small["uncertainty_mean"], small["slope_mean"]]).all()
    assert np.isnan(small["layover_shadow_share"])  # the radar's geometry does not know it
    assert large["images"] == "Sentinel-1: PRE1 2020-06-01; Sentinel-2: POST1 2020-06-13"
    assert large["model"] == "all/1pre-1post, ensemble of 2"
    assert large["simulated"]
    assert large["longitude"] == pytest.approx(15.0001, abs=1e-3)
    assert large["latitude"] == pytest.approx(45.153, abs=1e-2)


def test_an_approximate_geometry_is_called_so(tmp_path: Path) -> None:
    rasters = write_map(
        tmp_path,
        drawn("###"),
        strata=np.array([[0, 1, 2]], dtype=np.uint8),
        kind="layover_shadow_approximate",
        names="none,possible,certain",
    )
    table = map_polygons(rasters, MODEL, ALL).table
    assert "layover_shadow_share" not in table.columns
    assert table["layover_shadow_share_approximate"][0] == pytest.approx(2 / 3)


def test_a_geometry_that_says_nothing_of_its_labels_is_refused(tmp_path: Path) -> None:
    rasters = write_map(tmp_path, drawn("#"), strata=np.zeros((1, 1), dtype=np.uint8), names="a")
    with pytest.raises(DataError, match="does not tell what its labels mean"):
        map_polygons(rasters, MODEL, ALL)


def test_a_raster_of_another_grid_is_refused(tmp_path: Path) -> None:
    rasters = write_map(tmp_path, drawn("##"))
    (tmp_path / "other").mkdir()
    other = write_map(tmp_path / "other", drawn("###"))
    with pytest.raises(DataError, match="lies on another grid"):
        map_polygons(replace(rasters, uncertainty=other.uncertainty), MODEL, ALL)
    with pytest.raises(DataError, match="lies on another grid"):
        map_polygons(replace(rasters, cube=other.cube), MODEL, ALL)


def test_a_map_in_degrees_is_refused(tmp_path: Path) -> None:
    rasters = write_map(tmp_path, drawn("##"), grid=replace(grid_for((1, 2)), crs="EPSG:4326"))
    with pytest.raises(DataError, match="areas cannot be measured"):
        map_polygons(rasters, MODEL, ALL)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_outlines_of_noise_are_valid_and_have_the_area_of_the_pixels(share: float) -> None:
    found = np.random.default_rng(7).random((120, 90)) < share
    shapes, pixels = shapes_of(found)
    assert shapely.is_valid(shapes).all()
    np.testing.assert_allclose(shapely.area(shapes), pixels * 100)
    made = simplified(shapes, 5, 10)
    assert shapely.is_valid(made).all()
    np.testing.assert_allclose(shapely.area(made), pixels * 100, rtol=0.01)


@pytest.mark.parametrize("tolerance", [1.0, 5.0, 10.0, 40.0])
def test_simplified_outlines_keep_area_place_and_distance(tolerance: float) -> None:
    shapes, pixels = shapes_of(blobs(300, 3))
    made = simplified(shapes, tolerance, 10)
    assert shapely.is_valid(made).all()
    np.testing.assert_allclose(shapely.area(made), pixels * 100, rtol=0.01)
    one, other = shapely.STRtree(made).query(made, predicate="intersects")
    assert (one == other).all()  # no two touch
    if tolerance == 5:
        assert shapely.get_num_coordinates(made).sum() < 0.6 * (
            shapely.get_num_coordinates(shapes).sum()
        )
        assert shapely.hausdorff_distance(made, shapes).max() < 15


def test_what_has_too_many_points_keeps_the_edges_of_pixels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shapes, _ = shapes_of(blobs(120, 3))
    points = shapely.get_num_coordinates(shapes)
    monkeypatch.setattr(scarp.mapping.outlines, "MOST_POINTS", int(np.median(points)))
    kept = shapely.equals_exact(simplified(shapes, 5, 10), shapes)
    assert kept[points > np.median(points)].all()
    assert not kept[(points > 20) & (points <= np.median(points))].any()
    monkeypatch.setattr(scarp.mapping.outlines, "MOST_POINTS", 0)
    assert shapely.equals_exact(simplified(shapes, 5, 10), shapes).all()


def test_area_is_that_of_the_ground() -> None:
    # UTM's scale is 0.9996 at its central meridian, where this grid begins: 0.08 % in area.
    shapes, pixels = shapes_of(blobs(200, 5))
    made = geopandas.GeoSeries(simplified(shapes, 5, 10), crs=CRS).to_crs("EPSG:4326")
    geod = Geod(ellps="WGS84")
    ground = [
        sum(
            abs(geod.geometry_area_perimeter(shapely.geometry.polygon.orient(part))[0])
            for part in shape.geoms
        )
        for shape in made
    ]
    np.testing.assert_allclose(ground, pixels * 100, rtol=0.01)
    assert sum(ground) == pytest.approx(pixels.sum() * 100 / 0.9996**2, rel=2e-4)


def test_a_geopackage_opens_with_its_style(tmp_path: Path) -> None:
    table = polygons_of(tmp_path, "###...", "###...", "....##").table
    path = tmp_path / "landslides.gpkg"
    write_geopackage(table, path, 0.5)
    info = pyogrio.read_info(path, layer="landslides")
    assert (info["crs"], info["geometry_type"], info["features"]) == (CRS, "MultiPolygon", 2)
    read = read_landslides(path)
    assert read.is_valid.all()
    assert list(read.columns) == list(table.columns)
    assert shapely.equals(read.geometry.to_numpy(), table.geometry.to_numpy()).all()
    assert read["uncertainty_mean"].isna().all()
    style = pyogrio.read_dataframe(path, layer="layer_styles")
    assert (style["f_table_name"][0], style["f_geometry_column"][0]) == ("landslides", "geom")
    assert style["useAsDefault"][0]
    with closing(sqlite3.connect(path)) as file:  # GDAL reads any time zone
        assert file.execute("SELECT update_time FROM layer_styles").fetchone()[0].endswith(".000Z")
    assert style["styleQML"][0] == path.with_suffix(".qml").read_text(encoding="utf-8")
    assert [p.name for p in tmp_path.glob(".*")] == []


def test_a_geopackage_has_equal_bytes_whenever_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = polygons_of(tmp_path, "###...", "....##").table
    written = []
    for name in ("one", "two"):
        write_geopackage(table, tmp_path / f"{name}.gpkg", 0.5)
        written.append((tmp_path / f"{name}.gpkg").read_bytes())
        time.sleep(0.01)  # GDAL tells milliseconds
    assert written[0] == written[1]
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None


def test_an_event_without_a_landslide_gives_an_empty_layer(tmp_path: Path) -> None:
    some = polygons_of(tmp_path, "#.").table
    rasters = write_map(tmp_path, drawn("..", ".?"))
    found = map_polygons(rasters, MODEL, MapSettings())
    assert len(found.table) == 0
    write_geopackage(found.table, tmp_path / "none.gpkg", 0.5)
    write_geopackage(some, tmp_path / "some.gpkg", 0.5)
    fields = [
        list(zip(info["fields"], info["dtypes"], strict=True))
        for name in ("none", "some")
        if (info := pyogrio.read_info(tmp_path / f"{name}.gpkg", layer="landslides"))
    ]
    assert fields[0] == fields[1]
    summary = summarise(found, rasters, MODEL, MapSettings())
    assert (summary.landslides, summary.area_m2, summary.largest_m2) == (0, 0, 0)
    assert summary.valid_share == 0.75


def test_styles_are_xml_and_name_fields_that_are_there(tmp_path: Path) -> None:
    columns = [name for name in polygons_of(tmp_path, "#").table.columns if name != "geometry"]
    root = ElementTree.fromstring(polygon_style(0.4, columns))
    renderer = root.find("renderer-v2")
    assert renderer is not None and renderer.get("attr") == FIELD
    assert FIELD in columns
    assert [alias.get("field") for alias in root.iter("alias")] == columns
    ranges = [(float(r.attrib["lower"]), float(r.attrib["upper"])) for r in root.iter("range")]
    assert ranges[0][0] == 0 and ranges[-1][1] == 1
    assert [low for low, _ in ranges[1:]] == [high for _, high in ranges[:-1]]
    assert ranges[0][1] == pytest.approx(0.4 + 0.12)
    symbols = {symbol.get("name") for symbol in root.iter("symbol")}
    assert symbols == {one.get("symbol") for one in root.iter("range")}
    raster = ElementTree.fromstring(probability_style())
    items = [float(item.attrib["value"]) for item in raster.iter("item")]
    assert items == sorted(items) and (items[0], items[-1]) == (0, 1)


def test_masks_take_off_what_they_say(tmp_path: Path) -> None:
    # Row 0 is gentle, water covers the first two columns, the glacier lies elsewhere.
    slope = np.full((3, 4), 30, dtype=np.float32)
    slope[0] = 3
    slope[1, 3] = np.nan
    rasters = write_map(tmp_path, drawn("####", "##.#", "...#"), channels={"None_SLOPE": slope})
    box = shapely.box(500_000, 4_999_900, 500_020, 5_000_000)
    water = geopandas.GeoSeries([box], crs=CRS).to_crs("EPSG:4326")
    water.to_file(tmp_path / "lakes.geojson")
    away = geopandas.GeoSeries([shapely.box(10, 46, 10.1, 46.1)], crs="EPSG:4326")
    away.to_file(tmp_path / "ice.gpkg")
    settings = replace(
        ALL,
        slope_below=5,
        water=str(tmp_path / "lakes.geojson"),
        glacier=str(tmp_path / "ice.gpkg"),
    )
    found = map_polygons(rasters, MODEL, settings)
    assert [(one.reason, one.covered_pixels, one.pixels, one.area_m2) for one in found.removed] == [
        ("slope below 5 degrees", 4, 4, 400),
        ("water (lakes.geojson)", 6, 4, 400),
        ("glacier (ice.gpkg)", 0, 0, 0),
    ]
    assert found.removed_pixels == 6  # two pixels are gentle and water
    assert list(found.table["area_m2"]) == [200]
    assert found.warnings == ("ice.gpkg: no glacier of this file lies in the event's area",)
    summary = summarise(found, rasters, MODEL, settings)
    assert (summary.removed_m2, summary.removed) == (600, found.removed)


def test_masks_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    rasters = write_map(tmp_path, drawn("##"))
    with pytest.raises(DataError, match="there is no such file"):
        map_polygons(rasters, MODEL, replace(ALL, water=str(tmp_path / "no.gpkg")))
    shape = geopandas.GeoSeries([shapely.box(0, 0, 1, 1)])
    with pytest.warns(UserWarning, match="crs"):
        shape.to_file(tmp_path / "bare.shp")
    with pytest.raises(DataError, match="no coordinate reference system"):
        map_polygons(rasters, MODEL, replace(ALL, water=str(tmp_path / "bare.shp")))
    line = geopandas.GeoSeries([shapely.LineString([(0, 0), (1, 1)])], crs="EPSG:4326")
    line.to_file(tmp_path / "river.geojson")
    with pytest.raises(DataError, match="holds LineString"):
        map_polygons(rasters, MODEL, replace(ALL, glacier=str(tmp_path / "river.geojson")))


def test_a_summary_counts_by_slope_and_comes_back_from_its_file(tmp_path: Path) -> None:
    slope = np.array([[5, 0, 20, 0, np.nan]], dtype=np.float32)
    rasters = write_map(tmp_path, drawn("#.#.#"), channels={"None_SLOPE": slope})
    summary = summarise(map_polygons(rasters, MODEL, ALL), rasters, MODEL, ALL)
    assert {one.degrees: one.landslides for one in summary.by_slope} == {
        "<10": 1,
        "10-20": 0,
        "20-30": 1,  # an edge belongs to the class above it
        "30-40": 0,
        ">=40": 0,
        "unknown": 1,
    }
    assert (summary.area_m2, summary.event_m2, summary.valid_share) == (300, 500, 1)
    path = tmp_path / "summary.json"
    write_summary(summary, path)
    assert read_summary(path) == summary
    assert json.loads(path.read_text(encoding="utf-8"))["simulated"] is True
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(DataError, match="cannot be read as the summary"):
        read_summary(path)


def test_changes_tell_new_kept_and_gone(tmp_path: Path) -> None:
    def version(folder: str, *lines: str) -> tuple[Any, Any]:
        (tmp_path / folder).mkdir()
        rasters = write_map(tmp_path / folder, drawn(*lines))
        found = map_polygons(rasters, MODEL, ALL)
        summary = summarise(found, rasters, MODEL, ALL)
        write_summary(summary, tmp_path / folder / "summary.json")
        write_geopackage(found.table, tmp_path / folder / "landslides.gpkg", 0.5)
        return summary, found.table

    version("previous", "###...#", ".......", "....#..")
    summary, table = version("now", "#.#...#", ".......", "##...#.")
    files = tmp_path / "previous" / "summary.json", tmp_path / "previous" / "landslides.gpkg"
    changes = changes_since(summary, table, *files)
    # 1 is the pair of pixels in the south; 2 to 4 those of the first row, of which two were one.
    # The last one touches at a corner what is gone, and is new.
    assert (changes.new, changes.kept, changes.gone) == ((1, 5), (2, 3, 4), (3,))
    assert changes.then is not None
    assert (changes.then.area_m2, changes.now.area_m2) == (500, 600)
    write_changes(changes, tmp_path / "changes.json")
    assert read_changes(tmp_path / "changes.json") == changes

    first = changes_since(summary, table, tmp_path / "no.json", tmp_path / "no.gpkg")
    assert (first.then, first.new, first.gone) == (None, (1, 2, 3, 4, 5), ())
    write_changes(first, tmp_path / "changes.json")
    assert read_changes(tmp_path / "changes.json") == first
    with pytest.raises(DataError, match="without its other half"):
        changes_since(summary, table, files[0], None)


def test_shapes_that_touch_share_nothing() -> None:
    one = np.array([shapely.box(0, 0, 1, 1), shapely.box(5, 5, 6, 6)], dtype=np.object_)
    other = np.array([shapely.box(1, 0, 2, 1), shapely.box(5.5, 5, 7, 6)], dtype=np.object_)
    mine, theirs = shared(one, other)
    assert (mine.tolist(), theirs.tolist()) == ([False, True], [False, True])


def test_a_model_that_is_not_described_is_refused() -> None:
    with pytest.raises(DataError, match="KeyError"):
        model_from_dict({"models": ["a"]}, "model.json")


def test_labels_over_several_bands_of_rows(tmp_path: Path) -> None:
    # A landslide across the rows that are read at once is one, with the mean over all its pixels.
    probability = np.zeros((2100, 3), dtype=np.float32)
    probability[1000:1100, 1] = np.linspace(0.6, 0.8, 100)
    probability[2098:, 0] = 0.9
    table = map_polygons(write_map(tmp_path, probability), MODEL, ALL).table
    assert list(table["area_m2"]) == [10_000, 200]
    np.testing.assert_allclose(table["probability_mean"], [0.7, 0.9], atol=1e-4)
    with rasterio.open(tmp_path / "probability.tif") as file:
        assert table.total_bounds[1] == file.bounds.bottom
