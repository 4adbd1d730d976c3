"""Facts of an event from its cube, held against plain numpy, and the table that joins them."""

import json

import h5py
import numpy as np
import pytest
from rasterio.warp import transform

from scarp import describe as describing
from scarp.cube import write_cube
from scarp.describe import describe
from scarp.description import PERCENTILES, read_description
from scarp.errors import DataError
from scarp.event_table import COLUMNS, EventRow, gather, labels, write_events
from scarp.grid import Grid
from scarp.tsv import read_table

HEIGHT, WIDTH = 40, 50
#: Its centre lies on the central meridian of zone 33, 15 degrees east.
UTM = Grid("EPSG:32633", 500_000.0 - 5 * WIDTH, 5_000_000.0, 10.0, HEIGHT, WIDTH)


def layers(height=HEIGHT, width=WIDTH):
    """Elevation with a hole, slope, a mask with all its codes, and validity."""
    random = np.random.default_rng(5)
    elevation = random.uniform(200, 1800, (height, width)).astype(np.float32)
    elevation[3, 4:9] = np.nan
    slope = random.uniform(0, 60, (height, width)).astype(np.float32)
    mask = np.zeros((height, width), dtype=np.uint8)
    mask[10:20, 10:25] = 1
    mask[30:32] = 255
    valid = np.ones((height, width), dtype=np.uint8)
    valid[:, 20:22] = 0
    return elevation, slope, mask, valid


def cube_file(folder, grid=UTM, source="archive", channels=None, mask=None, **attributes):
    elevation, slope, usual, valid = layers(grid.height, grid.width)
    path = folder / "cube.nc"
    write_cube(
        path,
        grid,
        {"None_DEM": elevation, "None_SLOPE": slope} if channels is None else channels,
        usual if mask is None else mask,
        valid,
        {"event": "EV01", "source": source, **attributes},
    )
    return path


def described(folder, *arguments, **options):
    path = folder / "EV01.json"
    describe(cube_file(folder, *arguments, **options), path)
    return json.loads(path.read_text(encoding="utf-8"))


def close(value):
    """To six significant digits, as files keep it."""
    return pytest.approx(value, rel=1e-5)


def test_size_and_pixels_are_those_of_the_cube(tmp_path):
    facts = described(tmp_path)
    *_, mask, valid = layers()
    assert (facts["event"], facts["source"]) == ("EV01", "archive")
    assert (facts["height"], facts["width"], facts["resolution"]) == (HEIGHT, WIDTH, 10.0)
    assert facts["landslide_pixels"] == int((mask == 1).sum()) == 150
    assert facts["valid_pixels"] == int(((valid == 1) & (mask != 255)).sum())


def test_dates_are_those_that_channels_tell(tmp_path):
    elevation, _, mask, valid = layers()
    power = np.abs(elevation) / 1e4
    channels = {"PRE1_gVV": power, "POST1_gVV": power, "POST1_B04": power, "None_DEM": elevation}
    path = tmp_path / "cube.nc"
    told = {"PRE1_gVV": {"date": "2020-01-01"}, "POST1_B04": {"date": "2020-01-09"}}
    about = {"event": "EV01", "source": "scenes"}
    write_cube(path, UTM, channels, mask, valid, about, told)
    describe(path, tmp_path / "EV01.json")
    assert read_description(tmp_path / "EV01.json").dates == {
        "sentinel1": {"PRE1": "2020-01-01"},
        "sentinel2": {"POST1": "2020-01-09"},
    }


def test_the_centre_is_in_degrees(tmp_path):
    facts = described(tmp_path)
    (longitude,), (latitude,) = transform(UTM.crs, "EPSG:4326", [500_000.0], [4_999_800.0])
    assert facts["longitude"] == close(15.0) == close(longitude)
    assert facts["latitude"] == close(latitude)


def test_percentiles_are_those_of_valid_pixels(tmp_path):
    facts = described(tmp_path)
    elevation, slope, mask, valid = layers()
    there = (valid == 1) & (mask != 255)
    packed = np.rint(slope / np.float32(0.01)) * np.float32(0.01)
    for name, values in (("elevation", elevation), ("slope", packed)):
        for kind, area in (("scene", there), ("landslide", there & (mask == 1))):
            own = values[area & np.isfinite(values)].astype(np.float64)
            expected = np.percentile(own, [5, 25, 50, 75, 95])
            found = [facts[name][kind][percentile] for percentile in PERCENTILES]
            assert found == pytest.approx(expected, rel=1e-4), (name, kind)


def test_nothing_stands_where_there_is_no_channel_and_no_landslide(tmp_path):
    elevation, *_, mask, _ = layers()
    facts = described(tmp_path, channels={"None_DEM": elevation}, mask=np.zeros_like(mask))
    assert facts["slope"] == {"scene": None, "landslide": None}
    assert facts["elevation"]["scene"]["p50"] > 0
    assert facts["elevation"]["landslide"] is None
    assert facts["landslide_area_km2"] == 0


def test_units_that_nobody_knows_are_not_shown(tmp_path):
    facts = described(tmp_path, source="landslide4sense")
    assert facts["slope"] == facts["elevation"] == {"scene": None, "landslide": None}


@pytest.mark.parametrize("most", [1, 37, 150])
def test_large_scenes_are_sampled_evenly_across_windows(tmp_path, monkeypatch, most):
    monkeypatch.setattr(describing, "MOST_VALUES", most)
    monkeypatch.setattr(describing, "_ROWS", 7)
    facts = described(tmp_path)
    elevation, _, mask, valid = layers()
    there = (valid == 1) & (mask != 255)
    for kind, area in (("scene", there), ("landslide", there & (mask == 1))):
        step = -(-int(area.sum()) // most)
        sample = elevation[area][::step].astype(np.float64)
        expected = np.percentile(sample[np.isfinite(sample)], 25)
        assert facts["elevation"][kind]["p25"] == close(expected), kind


def test_area_of_the_mask_counts_its_pixels(tmp_path):
    facts = described(tmp_path)
    assert facts["landslide_area_km2"] == close(150 * 100 / 1e6)
    assert (facts["area_from"], facts["landslides"]) == ("mask", None)


def test_area_in_feet_is_area_in_metres(tmp_path):
    grid = Grid("EPSG:2229", 6_500_000.0, 1_900_000.0, 30.0, HEIGHT, WIDTH)  # US survey feet
    facts = described(tmp_path, grid)
    assert facts["landslide_area_km2"] == close(150 * (30 * 1200 / 3937) ** 2 / 1e6)


def test_area_in_degrees_is_that_on_the_ellipsoid(tmp_path):
    step, north = 1e-4, 60.0
    grid = Grid("EPSG:4326", 10.0, north, step, HEIGHT, WIDTH)
    facts = described(tmp_path, grid)
    # Radii of curvature of WGS 84: of the meridian, and across it.
    a, e2 = 6378137.0, 0.00669437999014
    area = 0.0
    for row in range(10, 20):
        latitude = np.radians(north - step * (row + 0.5))
        root = np.sqrt(1 - e2 * np.sin(latitude) ** 2)
        meridian, across = a * (1 - e2) / root**3, a / root
        area += 15 * meridian * across * np.cos(latitude) * np.radians(step) ** 2 / 1e6
    assert facts["landslide_area_km2"] == close(area)
    assert facts["longitude"] == close(10.0 + step * WIDTH / 2)


def test_polygons_count_before_the_mask(tmp_path):
    facts = described(tmp_path, landslides=17, landslide_area_km2=0.25)
    assert facts["landslides"] == 17
    assert facts["landslide_area_km2"] == 0.25
    assert facts["area_from"] == "polygons"


def test_without_a_crs_there_is_neither_place_nor_area(tmp_path):
    facts = described(tmp_path, Grid("", 0.0, 400.0, 10.0, HEIGHT, WIDTH))
    assert facts["longitude"] is facts["latitude"] is facts["landslide_area_km2"] is None
    assert read_description(tmp_path / "EV01.json").position is None


def test_offsets_of_sentinel2_are_those_that_the_cube_names(tmp_path):
    facts = described(tmp_path, s2_offset_POST1=0.1, s2_offset_POST1_evidence="dark water")
    assert facts["s2_offset"] == {"POST1": {"offset": 0.1, "evidence": "dark water"}}
    assert described(tmp_path)["s2_offset"] == {}


def test_keys_are_sorted_floats_are_short_and_bytes_the_same(tmp_path):
    facts = described(tmp_path, landslides=1, landslide_area_km2=1 / 3)
    text = (tmp_path / "EV01.json").read_text(encoding="utf-8")
    assert list(facts) == sorted(facts)
    assert '"landslide_area_km2": 0.333333,' in text
    described(tmp_path, landslides=1, landslide_area_km2=1 / 3)
    assert (tmp_path / "EV01.json").read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("attribute", "value", "told"),
    [("event", None, "lacks attribute event"), ("grid_crs", "EPSG:99", "unknown CRS")],
)
def test_a_cube_that_does_not_say_what_it_is_is_refused(tmp_path, attribute, value, told):
    cube = cube_file(tmp_path, Grid("", 0.0, 400.0, 10.0, HEIGHT, WIDTH))
    with h5py.File(cube, "r+") as file:
        del file.attrs[attribute]
        if value:
            file.attrs[attribute] = value
    with pytest.raises(DataError, match=told):
        describe(cube, tmp_path / "EV01.json")
    assert not (tmp_path / "EV01.json").exists()


# --- the table


def row(event="EV01", **cells):
    blank = dict.fromkeys(("letter", "name", "country", "date", "orbit", "role", "group"), "")
    return {**blank, "event": event, **cells}


def test_the_table_joins_rows_and_cubes(tmp_path):
    facts = described(tmp_path, source="simulated archive", landslides=3, landslide_area_km2=0.5)
    rows = [row(letter="Z1", name="Naltar", country="Pakistan", role="train", group="G")]
    write_events(tmp_path / "events.tsv", gather(rows, [tmp_path / "EV01.json"]))
    (found,) = read_table(tmp_path / "events.tsv", COLUMNS)
    assert list(found) == list(COLUMNS)
    assert (found["letter"], found["event"], found["name"]) == ("Z1", "EV01", "Naltar")
    assert (found["source"], found["date"]) == ("simulated archive", "")
    assert (found["landslides"], found["area_km2"], found["area_from"]) == ("3", "0.5", "polygons")
    assert float(found["elevation_median"]) == facts["elevation"]["scene"]["p50"]
    assert float(found["slope_median"]) == facts["slope"]["scene"]["p50"]


def test_what_is_not_known_is_an_empty_cell(tmp_path):
    described(tmp_path, Grid("", 0.0, 400.0, 10.0, HEIGHT, WIDTH), channels={})
    write_events(tmp_path / "events.tsv", gather([row()], [tmp_path / "EV01.json"]))
    (found,) = read_table(tmp_path / "events.tsv", COLUMNS)
    unknown = ("longitude", "latitude", "landslides", "area_km2", "area_from")
    assert {found[name] for name in (*unknown, "elevation_median", "slope_median")} == {""}


def test_events_of_table_and_cubes_are_the_same(tmp_path):
    described(tmp_path)
    with pytest.raises(DataError, match="EV02"):
        gather([row("EV01"), row("EV02")], [tmp_path / "EV01.json"])


@pytest.mark.parametrize("text", ["", "[]", '{"event": "EV01"}'])
def test_a_file_that_is_no_description_is_refused(tmp_path, text):
    (tmp_path / "EV01.json").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="let the workflow make it again"):
        read_description(tmp_path / "EV01.json")


def test_letters_are_labels_only_where_every_event_has_its_own(tmp_path):
    described(tmp_path)
    (facts,) = gather([row(letter="A")], [tmp_path / "EV01.json"])
    other = type(facts)(EventRow(**row("EV02", letter="B")), facts.cube)
    blank = type(facts)(EventRow(**row("EV03")), facts.cube)
    assert labels([facts, other]) == ["A", "B"]
    assert labels([facts, facts]) == labels([facts, blank]) == ["1", "2"]
