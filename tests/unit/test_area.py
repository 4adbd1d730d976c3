"""The area of an event: from the table, from a file, from polygons; what is no area."""

from __future__ import annotations

from pathlib import Path

import geopandas
import pytest
import shapely
from pyproj import Geod, Transformer

from scarp.acquire.area import Area, area_of, box_around, read_area, write_area
from scarp.errors import DataError
from scarp.event_grid import utm_grid
from scarp.grid import Grid

AOI = "13.20,42.60,13.30,42.70"
BOX = (13.2, 42.6, 13.3, 42.7)


def vector(
    path: Path, crs: str, *boxes: tuple[float, float, float, float], **columns: object
) -> Path:
    """A file of boxes."""
    shapes = [shapely.box(*box) for box in boxes]
    geopandas.GeoDataFrame(columns, geometry=shapes, crs=crs).to_file(path)
    return path


def refusal(aoi: str, polygons: Path | None = None, margin_m: float = 0.0) -> str:
    with pytest.raises(DataError) as caught:
        area_of(aoi, polygons, margin_m, "BR0001")
    assert "event BR0001" in str(caught.value)
    return str(caught.value)


def test_a_box_is_taken_as_it_is_written() -> None:
    area = area_of(" 13.20, 42.60,13.30 ,42.70", None, 0.0)
    assert area == Area(BOX, utm_grid(*BOX), "column aoi")
    assert area.grid.crs == "EPSG:32633"


def test_of_a_file_in_any_crs_the_bounds_count(tmp_path: Path) -> None:
    corners = (350_000.0, 4_720_000.0, 356_000.0, 4_727_000.0)
    file = vector(tmp_path / "area.gpkg", "EPSG:32633", corners)
    area = area_of(str(file), None, 0.0)
    to_degrees = Transformer.from_crs("EPSG:32633", 4326, always_xy=True)
    assert area.bbox == pytest.approx(
        to_degrees.transform_bounds(*corners, densify_pts=99), abs=1e-6
    )
    assert area.origin == "bounds of area.gpkg"


def test_a_long_edge_bulges_in_another_crs(tmp_path: Path) -> None:
    """Corners alone would leave out what lies between them: here some 300 m in the north."""
    left, bottom, right, top = 450_000.0, 6_700_000.0, 550_000.0, 6_740_000.0
    file = vector(tmp_path / "area.gpkg", "EPSG:32633", (left, bottom, right, top))
    to_degrees = Transformer.from_crs("EPSG:32633", 4326, always_xy=True)
    middle, corner = (to_degrees.transform(x, top)[1] for x in (500_000.0, left))
    assert middle - corner > 300 / 111_000
    assert area_of(str(file), None, 0.0).bbox[3] == pytest.approx(middle, abs=1e-6)


def test_without_an_area_polygons_and_a_margin_are_it(tmp_path: Path) -> None:
    file = vector(
        tmp_path / "slides.gpkg", "EPSG:4326",
        (13.20, 42.60, 13.201, 42.601), (13.29, 42.69, 13.3, 42.7), (80.0, 30.0, 80.1, 30.1),
        EID=["BR0001", "BR0001", "IN0002"],
    )  # fmt: skip
    west, south, east, north = area_of("", file, 1500.0, "BR0001").bbox
    geod = Geod(ellps="WGS84")
    for ends in (
        (west, 42.65, 13.2, 42.65),
        (13.3, 42.65, east, 42.65),
        (13.25, south, 13.25, 42.6),
        (13.25, 42.7, 13.25, north),
    ):
        assert geod.inv(*ends)[2] == pytest.approx(1500, rel=0.01)
    assert "slides.gpkg and 1500 m around" in area_of("", file, 1500.0, "BR0001").origin


def test_what_is_no_box_is_told_with_all_that_is_wrong() -> None:
    assert "'1,2,3' is not four numbers" in refusal("1,2,3")
    assert "'1,2,3,north' is not four numbers" in refusal("1,2,3,north")
    assert "no number" in refusal("nan,42.6,13.3,42.7")
    said = refusal("13.3,42.7,13.2,42.6")
    assert "empty from west to east" in said and "empty from south to north" in said
    assert "empty from west to east" in refusal("13.2,42.6,13.2,42.7")
    assert "neither an area nor polygons" in refusal("")


@pytest.mark.parametrize("aoi", ["179.9,-17,-179.9,-16.8", "179.9,-17,180.1,-16.8"])
def test_the_180th_meridian_is_not_crossed(aoi: str) -> None:
    said = refusal(aoi)
    assert "crosses the 180th meridian" in said and "two events" in said
    assert "empty" not in said


def test_utm_ends_towards_the_poles() -> None:
    assert "beyond UTM" in refusal("13.2,83.9,13.3,84.1")
    said = refusal("-85.3,-85.2,-85.2,-85.1")
    assert "beyond UTM" in said and "wrong order" in said


def test_areas_of_unlikely_size_are_refused(tmp_path: Path) -> None:
    assert "make the box or the margin larger" in refusal("13.2,42.6,13.21,42.7")
    assert area_of("13.2,42.6,13.2165,42.62", None, 0.0).grid.width >= 128
    assert "1.28 km" in refusal("13.2,42.6,13.3,42.605")
    assert "is 223 km wide or high" in refusal("13.2,42.6,13.3,44.6")
    assert "is one polygon far" in refusal("10,42.6,13.3,44")
    file = vector(
        tmp_path / "a.gpkg", "EPSG:4326", (13.2, 42.6, 13.21, 42.61), (0.0, 0.0, 0.01, 0.01)
    )
    assert "is one polygon far" in refusal("", file, 100.0)
    around = vector(
        tmp_path / "b.gpkg", "EPSG:4326", (-179.9, -17, -179.8, -16.9), (179.8, -17, 179.9, -16.9)
    )
    assert "km wide or high" in refusal("", around, 100.0)


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"absent\.gpkg: there is no such file"):
        area_of(str(tmp_path / "absent.gpkg"), None, 0.0)
    text = tmp_path / "text.gpkg"
    text.write_text("no vectors")
    with pytest.raises(DataError, match="cannot be read"):
        area_of(str(text), None, 0.0)


def test_an_area_is_written_and_read(tmp_path: Path) -> None:
    area = area_of(AOI, None, 0.0)
    write_area(tmp_path / "areas" / "a.json", area)
    write_area(tmp_path / "areas" / "b.json", area_of(AOI, None, 99.0))
    assert read_area(tmp_path / "areas" / "a.json") == area
    assert (tmp_path / "areas/a.json").read_bytes() == (tmp_path / "areas/b.json").read_bytes()


@pytest.mark.parametrize("content", [None, "", "{}", "[1]", '{"bbox": [1, 2, 3], "grid": {}}'])
def test_what_is_no_area_file(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "area.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(DataError, match=r"area\.json: cannot be read as an area"):
        read_area(path)


@pytest.mark.parametrize("aoi", [AOI, "25.0,69.9,25.2,70.0", "-72.3,-45.1,-72.1,-45.0"])
def test_a_box_around_a_grid_holds_it_and_its_margin(aoi: str) -> None:
    grid = area_of(aoi, None, 0.0).grid
    box = box_around(grid, 3000.0)
    wide = grid.padded(300)
    to_degrees = Transformer.from_crs(grid.crs, 4326, always_xy=True)
    bottom, right = wide.top - wide.height * 10, wide.left + wide.width * 10
    corners = [(x, y) for x in (wide.left, right) for y in (bottom, wide.top)]
    for x, y in corners:
        longitude, latitude = to_degrees.transform(x, y)
        assert box[0] - 1e-9 <= longitude <= box[2] + 1e-9
        assert box[1] - 1e-9 <= latitude <= box[3] + 1e-9
    assert box[3] - box[1] < (wide.height * 10 + 0.1 * wide.width * 10) / 111_000


@pytest.mark.parametrize(
    "west, south, ends", [(179.9, -17.0, (179.8, 180.0)), (-179.99, 51.5, (-180.0, -179.8))]
)
def test_a_margin_ends_at_the_180th_meridian(
    west: float, south: float, ends: tuple[float, float]
) -> None:
    grid: Grid = utm_grid(west, south, west + 0.09, south + 0.1)
    box = box_around(grid, 10_000.0)
    assert -180 <= box[0] < box[2] <= 180
    assert (box[0], box[2]) == pytest.approx(ends, abs=0.08)
