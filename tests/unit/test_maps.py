"""Maps of hits and misses: their arrays by hand, and what the picture shows."""

import warnings
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from matplotlib.colors import to_rgb
from PIL import Image
from rasterio.errors import NotGeoreferencedWarning

from scarp.channels import MASK
from scarp.cube import open_cube, write_cube
from scarp.errors import DataError
from scarp.figures import scene
from scarp.figures.maps import site_map
from scarp.figures.style import BLACK, BLUE, VERMILION
from scarp.grid import Grid
from scarp.metrics import Counts
from scarp.prediction import at_least

RGB = ("B04", "B03", "B02")
H, F, M, N, U = scene.HIT, scene.FALSE, scene.MISSED, scene.NEGATIVE, scene.UNSCORED


def cube_file(folder, channels, mask, valid=None, crs="EPSG:32633", source="archive"):
    """A cube whose channels are random numbers in 0..1."""
    random = np.random.default_rng(1)
    shape = mask.shape
    path = folder / "cube.nc"
    write_cube(
        path,
        Grid(crs, 500000.0, 5000000.0, 10.0, *shape),
        {name: random.random(shape, dtype=np.float32) for name in channels},
        mask.astype(np.uint8),
        np.ones(shape, np.uint8) if valid is None else valid.astype(np.uint8),
        {"event": "EV01", "source": source},
    )
    return path


def prediction_file(folder, stored, name="prediction", **tags):
    path = folder / f"{name}.tif"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        height, width = stored.shape
        with rasterio.open(
            path, "w", driver="GTiff", dtype="uint16", count=1, height=height, width=width
        ) as file:
            file.write(stored.astype(np.uint16), 1)
            file.update_tags(**tags)
    return path


def site(folder, channels=(f"POST1_{band}" for band in RGB), **options):
    """A 60 x 80 cube with one landslide, and a map that finds its left half and shifts it."""
    mask = np.zeros((60, 80))
    mask[20:40, 30:50] = 1
    stored = np.zeros((60, 80))
    stored[20:40, 20:40] = scene.CERTAIN
    cube = cube_file(folder, channels, mask, **options)
    return cube, prediction_file(folder, stored, threshold="0.5")


def texts(path):
    return [
        "".join(element.itertext())
        for element in ElementTree.parse(path).iter()
        if element.tag.endswith("}text")
    ]


def test_classes_and_counts_by_hand(tmp_path):
    mask = np.array([[1, 1, 0, 0], [1, 0, 255, 1]])
    valid = np.array([[1, 1, 1, 1], [1, 1, 1, 0]])
    stored = np.array([[65534, 100, 40000, 0], [scene.NODATA, 32767, 65534, 65534]])
    with open_cube(cube_file(tmp_path, (), mask, valid)) as cube:
        found = scene.classify(cube, scene.Prediction(stored.astype(np.uint16), 0.5))
    assert found[0].tolist() == [[H, M, F, N], [U, F, U, U]]
    assert found[1] == Counts(tp=1, fp=2, fn=1, tn=1)


@given(
    hnp.arrays(np.uint16, 50, elements=st.integers(0, 65535)),
    st.floats(0.001, 0.999),
)
def test_a_pixel_is_landslide_on_a_map_where_it_is_in_the_scores(stored, threshold):
    shown = (stored != scene.NODATA) & (stored / scene.CERTAIN >= threshold)
    assert (shown == at_least(stored, threshold)).all()


def test_thinning_keeps_a_landslide_of_one_pixel():
    classes = np.full((4, 6), N, dtype=np.uint8)
    classes[0, 1] = M
    classes[1, 2:4] = F
    classes[0, 2] = H
    classes[2:, 4:] = U
    classes[2:, :2] = U
    classes[3, 1] = N
    assert scene.thin_classes(classes, 2).tolist() == [[M, F, N], [N, N, U]]


def test_a_block_that_sticks_out_is_judged_by_what_it_holds():
    classes = np.array([[N, N, H]], dtype=np.uint8)
    assert scene.thin_classes(classes, 2).tolist() == [[N, H]]


def test_thinned_images_are_means_of_what_has_data():
    values = np.array([[1, 3, np.nan, np.nan], [np.nan, np.nan, np.nan, np.nan]], dtype=np.float32)
    thin = scene.thin_image(values, 2)
    assert thin[0, 0] == 2
    assert np.isnan(thin[0, 1])


@given(hnp.arrays(np.uint8, (7, 9), elements=st.sampled_from([H, F, M, N, U])))
def test_without_thinning_nothing_changes(classes):
    assert (scene.thin_classes(classes, 1) == classes).all()


@given(hnp.arrays(bool, (30, 40)))
def test_bounds_hold_every_scored_pixel(scored):
    rows, columns = scene.bounds(scored)
    assert scored[rows, columns].sum() == scored.sum()
    assert 0 <= rows.start < rows.stop <= 30
    assert 0 <= columns.start < columns.stop <= 40


def test_bounds_are_tight_but_for_the_margin():
    scored = np.zeros((300, 300), dtype=bool)
    scored[100:200, 50:150] = True
    assert scene.bounds(scored, margin=0.04) == (slice(96, 204), slice(46, 154))


@pytest.mark.parametrize(("longest", "factor"), [(10, 1), (1000, 1), (1001, 2), (2600, 3)])
def test_scenes_are_thinned_to_a_thousand_pixels(longest, factor):
    assert scene.thinning((slice(5, 15), slice(7, 7 + longest))) == factor


@pytest.mark.parametrize(
    ("channels", "name", "titles"),
    [
        (
            [f"{epoch}_{band}" for epoch in ("PRE1", "POST1") for band in (*RGB, "gVV")],
            "Sentinel-2 true colour",
            [scene.BEFORE, scene.AFTER],
        ),
        ([f"POST1_{band}" for band in RGB], "Sentinel-2 true colour", [scene.AFTER]),
        (
            ["PRE1_gVV", "POST1_gVV", "POST1_B04", "None_DEM"],
            "gamma nought VV in dB",
            [scene.BEFORE, scene.AFTER],
        ),
        (["None_DEM", "PRE1_gVV"], "relief", ["relief"]),
        (["None_SLOPE"], "relief", ["relief"]),
        ([], "relief", ["relief"]),
    ],
)
def test_background_is_the_best_image_that_there_is(tmp_path, channels, name, titles):
    with open_cube(cube_file(tmp_path, channels, np.zeros((20, 30)))) as cube:
        back = scene.background(cube, (slice(2, 18), slice(0, 30)), 2)
    assert back.name == name
    assert list(back.images) == titles
    for image in back.images.values():
        assert image.shape == (8, 15, 3)
        assert image.min() >= 0
        assert image.max() <= 1


def test_relief_is_lit_from_the_north_west(tmp_path):
    elevation = np.zeros((9, 9), dtype=np.float32)
    elevation[3:6, 3:6] = 5
    path = tmp_path / "cube.nc"
    flat = np.zeros((9, 9), dtype=np.uint8)
    grid = Grid("EPSG:32633", 0.0, 0.0, 10.0, 9, 9)
    facts = {"event": "EV01", "source": "archive"}
    write_cube(path, grid, {"None_DEM": elevation}, flat, flat, facts)
    with open_cube(path) as cube:
        image = scene.background(cube, (slice(0, 9), slice(0, 9)), 1).latest
    assert image[3, 3, 0] > image[0, 0, 0] > image[5, 5, 0]


@pytest.mark.parametrize(
    ("crs", "metres"),
    [("EPSG:32633", 10.0), ("EPSG:2225", 3.048006), ("EPSG:4326", None), ("", None)],
)
def test_ground_size_of_a_pixel(crs, metres):
    found = scene.metres_per_pixel(Grid(crs, 0.0, 0.0, 10.0, 5, 5))
    assert found == (pytest.approx(metres, rel=1e-6) if metres else None)


def test_map_shows_hits_misses_and_false_alarms_in_their_colours(tmp_path):
    cube, prediction = site(tmp_path, [f"{e}_{b}" for e in ("PRE1", "POST1") for b in RGB])
    site_map(cube, [("gVV+gVH, 1+1", prediction)], [tmp_path / "map.png"], "EV01")
    pixels = np.asarray(Image.open(tmp_path / "map.png").convert("RGB")).astype(int)
    legend = pixels.shape[0] * 5 // 6
    area = {
        colour: (np.abs(pixels[:legend] - np.array(to_rgb(colour)) * 255).max(axis=2) < 3).sum()
        for colour in (BLUE, VERMILION, BLACK)
    }
    # 200 pixels are found, 200 false; 200 missed and the reference's 400 are black, with all text.
    assert area[BLUE] == pytest.approx(area[VERMILION], rel=0.05)
    assert area[BLACK] > 2.5 * area[BLUE] > 0


def test_map_names_site_panels_and_scores(tmp_path):
    cube, prediction = site(tmp_path, [f"{e}_{b}" for e in ("PRE1", "POST1") for b in RGB])
    path = tmp_path / "map.svg"
    site_map(cube, [("gVV+gVH, 1+1", prediction)], [path], "EV01\nSichuan, China")
    told = texts(path)
    assert {"before (PRE1)", "after (POST1)", "reference", "gVV+gVH, 1+1", "F1 0.50"} <= set(told)
    assert "EV01, Sichuan, China on Sentinel-2 true colour" in told
    assert {"200 m", "N", "not scored"} <= set(told)


def test_map_of_simulated_data_says_so(tmp_path):
    cube, prediction = site(tmp_path, source="simulated")
    site_map(cube, [("RGB", prediction)], [tmp_path / "map.svg"], "EV01")
    assert "EV01 on Sentinel-2 true colour (simulated data)" in texts(tmp_path / "map.svg")


def test_map_without_georeference_has_no_scale(tmp_path):
    cube, prediction = site(tmp_path, crs="", source="landslide4sense")
    site_map(cube, [("RGB", prediction)], [tmp_path / "map.svg"], "EV01")
    told = texts(tmp_path / "map.svg")
    assert "N" not in told
    assert "before (PRE1)" not in told


def test_map_of_a_site_without_landslide_has_no_f1(tmp_path):
    cube = cube_file(tmp_path, ["None_DEM"], np.zeros((30, 30)))
    prediction = prediction_file(tmp_path, np.zeros((30, 30)), threshold="0.5")
    site_map(cube, [("RGB", prediction)], [tmp_path / "map.svg"], "EV01")
    assert "F1 undefined" in texts(tmp_path / "map.svg")


def test_map_shows_only_the_part_that_was_scored(tmp_path):
    cube, _ = site(tmp_path)
    with open_cube(cube) as data:
        stored = np.where(np.asarray(data[MASK].values) == 1, scene.CERTAIN, scene.NODATA)
    prediction = prediction_file(tmp_path, stored, "part", threshold="0.5")
    site_map(cube, [("RGB", prediction)], [tmp_path / "map.svg"], "EV01")
    told = texts(tmp_path / "map.svg")
    assert "F1 1.00" in told
    assert "50 m" in told  # of 200 m shown


def test_map_is_the_same_twice(tmp_path):
    cube, prediction = site(tmp_path)
    for name in ("a", "b"):
        site_map(
            cube, [("RGB", prediction)], [tmp_path / f"{name}.{s}" for s in ("svg", "png")], "EV01"
        )
    for suffix in ("svg", "png"):
        first, second = (tmp_path / f"{name}.{suffix}" for name in ("a", "b"))
        assert first.read_bytes() == second.read_bytes()


def test_a_prediction_without_threshold_is_refused(tmp_path):
    cube, _ = site(tmp_path)
    prediction = prediction_file(tmp_path, np.zeros((60, 80)), "bare")
    with pytest.raises(DataError, match=r"bare\.tif.*threshold"):
        site_map(cube, [("RGB", prediction)], [tmp_path / "map.png"], "EV01")
    assert not (tmp_path / "map.png").exists()


def test_a_prediction_that_is_no_image_is_refused(tmp_path):
    cube, _ = site(tmp_path)
    broken = tmp_path / "broken.tif"
    broken.write_text("no image")
    with pytest.raises(DataError, match=r"broken\.tif"):
        site_map(cube, [("RGB", broken)], [tmp_path / "map.png"], "EV01")
