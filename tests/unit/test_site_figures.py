"""Features of an event and overview of the test sites: windows, stretches, and what is written."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from scarp.channels import MASK, split_channel
from scarp.cube import open_cube, write_cube
from scarp.errors import DataError
from scarp.figures import features, marks, scene, sites
from scarp.grid import Grid
from scarp.split_files import write_test_list
from tiny import tiny_patches

RGB = ("B04", "B03", "B02")
BOTH = tuple(f"{epoch}_{band}" for epoch in ("PRE1", "POST1") for band in (*RGB, "gVV"))
TERRAIN = ("None_DEM", "None_SLOPE")


def texts(path):
    return [
        "".join(element.itertext())
        for element in ElementTree.parse(path).iter()
        if element.tag.endswith("}text")
    ]


def cube_file(folder, channels=(*BOTH, *TERRAIN), mask=None, source="archive", **attributes):
    """A cube of 200 x 160 pixels with one landslide; its channels are random."""
    if mask is None:
        mask = np.zeros((200, 160), dtype=np.uint8)
        mask[40:80, 60:80] = 1
    random = np.random.default_rng(1)
    path = folder / "cube.nc"
    write_cube(
        path,
        Grid("EPSG:32633", 500000.0, 5000000.0, 10.0, *mask.shape),
        {name: random.random(mask.shape, dtype=np.float32) for name in channels},
        mask,
        np.ones(mask.shape, np.uint8),
        {"event": "EV01", "source": source, **attributes},
        {name: {"date": "2020-05-17"} for name in channels if name.startswith("POST1_g")},
    )
    return path


def rectangles(shape, *boxes):
    mask = np.zeros(shape, dtype=bool)
    for top, left, height, width in boxes:
        mask[top : top + height, left : left + width] = True
    return mask


@pytest.mark.parametrize(
    ("boxes", "window"),
    [
        # Three times 60 pixels, around the middle of the larger one.
        ([(200, 300, 60, 20), (10, 10, 5, 5)], (slice(140, 320), slice(220, 400))),
        # Small: 128 pixels. At a corner: moved into the scene.
        ([(300, 300, 4, 4)], (slice(238, 366), slice(238, 366))),
        ([(0, 596, 4, 4)], (slice(0, 128), slice(472, 600))),
        # Larger than what is shown: the middle of it.
        ([(50, 50, 500, 500)], (slice(100, 500), slice(100, 500))),
        # Two that touch at a corner are one, and larger than the third.
        ([(100, 100, 40, 40), (140, 140, 40, 40), (500, 10, 45, 45)], (slice(20, 260),) * 2),
        ([], (slice(100, 500), slice(100, 500))),
    ],
)
def test_window_lies_around_the_largest_landslide(boxes, window):
    assert features.landslide_window(rectangles((600, 600), *boxes)) == window


def test_a_scene_smaller_than_the_window_is_shown_whole():
    mask = rectangles((90, 300), (10, 250, 10, 10))
    assert features.landslide_window(mask) == (slice(0, 90), slice(172, 300))


def test_of_a_mosaic_the_tile_with_most_landslide_is_shown():
    mask = rectangles((128, 192), (60, 60, 8, 8), (100, 100, 5, 5))
    assert features.landslide_window(mask, 64) == (slice(64, 128), slice(64, 128))


@given(
    st.tuples(st.integers(1, 700), st.integers(1, 700)),
    st.tuples(*[st.integers(0, 699)] * 2, *[st.integers(1, 300)] * 2),
)
def test_window_is_within_its_limits_and_the_scene(shape, box):
    window = features.landslide_window(rectangles(shape, box))
    for part, size in zip(window, shape, strict=True):
        assert 0 <= part.start < part.stop <= size
        assert min(size, features.SMALLEST) <= part.stop - part.start <= features.LARGEST


def test_both_dates_are_stretched_alike():
    low, high = np.linspace(0, 1, 101, dtype=np.float32), np.linspace(1, 2, 101, dtype=np.float32)
    assert features.limits([low, high]) == pytest.approx((0.0302, 1.97), abs=0.02)
    assert features.limits([low, np.full(101, np.nan, np.float32)]) == pytest.approx((0.02, 0.98))


def test_limits_are_two_different_numbers_even_of_a_flat_image_or_none():
    assert features.limits([np.full(9, 3, np.float32)]) == (2.5, 3.5)
    assert features.limits([np.full(9, np.nan, np.float32)]) == (0.0, 1.0)


def test_stretch_may_differ_by_band():
    image = np.array([[[0.0, 5.0, 2.0]]], dtype=np.float32)
    low, high = np.array([0, 0, 1], np.float32), np.array([1, 10, 2], np.float32)
    assert scene.stretched(image, low, high).tolist() == [[[0.0, 0.5, 1.0]]]


def test_every_layer_is_made_of_bands_that_exist():
    for layer in features.LAYERS:
        assert len(layer.bands) in (1, 3)
        for band in layer.bands:
            assert split_channel(f"POST1_{band}")[1].name == band


def test_features_are_named_dated_and_scaled(tmp_path):
    path = tmp_path / "features.svg"
    features.event_features(cube_file(tmp_path), [path], "EV01\nSichuan, China")
    told = texts(path)
    assert "EV01, Sichuan, China: features around the largest landslide" in told
    shown = {"true colour", "gamma0 VV (dB)", "elevation (m)", "slope (degrees)", "reference"}
    assert shown | {"place in the scene", scene.BEFORE, scene.AFTER, "2020-05-17"} <= set(told)
    assert {"N", "200 m"} <= set(told)
    assert not {"NDVI", "gamma0 VH (dB)", "coherence VV", "entropy H"} & set(told)


@pytest.mark.parametrize("source", ["simulated", "simulated archive"])
def test_simulated_features_are_called_so(tmp_path, source):
    cube = cube_file(tmp_path, ["POST1_gVV"], source=source)
    features.event_features(cube, [tmp_path / "features.svg"], "EV01")
    assert any(text.endswith("(simulated data)") for text in texts(tmp_path / "features.svg"))


def test_an_event_without_image_before_has_one_row(tmp_path):
    cube = cube_file(tmp_path, [f"POST1_{band}" for band in RGB])
    features.event_features(cube, [tmp_path / "features.svg"], "EV01")
    told = texts(tmp_path / "features.svg")
    assert scene.AFTER in told
    assert scene.BEFORE not in told


def test_a_feature_of_one_date_only_keeps_its_name_and_the_rows_theirs(tmp_path):
    channels = [*(f"POST1_{band}" for band in RGB), "PRE1_gVV", "POST1_gVV", "PRE1_COHVV"]
    features.event_features(cube_file(tmp_path, channels), [tmp_path / "features.svg"], "EV01")
    told = texts(tmp_path / "features.svg")
    for text in ("true colour", "gamma0 VV (dB)", "coherence VV", scene.BEFORE, scene.AFTER, "N"):
        assert told.count(text) == 1, text


def test_rows_of_the_terrain_are_no_dates(tmp_path):
    bands = ("gVV", "gVH", "COHVV", "ENTROPY", "ANISOTROPY", "ALPHA")
    channels = [f"{epoch}_{band}" for epoch in ("PRE1", "POST1") for band in bands]
    cube = cube_file(tmp_path, [*channels, *TERRAIN])
    features.event_features(cube, [tmp_path / "features.svg"], "EV01")
    told = texts(tmp_path / "features.svg")
    assert told.count(scene.BEFORE) == 1  # the second line holds terrain and reference only


def test_an_event_without_images_or_landslide_shows_the_terrain(tmp_path):
    cube = cube_file(tmp_path, TERRAIN, np.full((60, 70), 255, np.uint8))
    features.event_features(cube, [tmp_path / "features.svg"], "EV01")
    told = texts(tmp_path / "features.svg")
    assert "EV01: features in the middle, no landslide known" in told
    assert {"elevation (m)", "slope (degrees)", "place in the scene"} <= set(told)


def test_features_are_the_same_twice(tmp_path):
    cube = cube_file(tmp_path, ["PRE1_COHVV", "POST1_COHVV"])
    for name in ("a", "b"):
        features.event_features(cube, [tmp_path / f"{name}.png"], "EV01")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_outline_runs_along_the_edges_of_pixels():
    axis = Figure().subplots()
    marks.outline(axis, np.array([[False, True, True]]), "yellow")
    dark, light = axis.collections
    for collection in (dark, light):
        found = {tuple(map(tuple, np.sort(line, axis=0))) for line in collection.get_segments()}
        assert found == {
            ((0.5, -0.5), (1.5, -0.5)),
            ((1.5, -0.5), (2.5, -0.5)),
            ((0.5, 0.5), (1.5, 0.5)),
            ((1.5, 0.5), (2.5, 0.5)),
            ((0.5, -0.5), (0.5, 0.5)),
            ((2.5, -0.5), (2.5, 0.5)),
        }


def test_nothing_is_outlined_where_nothing_is_known():
    axis = Figure().subplots()
    marks.outline(axis, np.zeros((3, 3), dtype=bool), "yellow")
    assert not any(len(collection.get_segments()) for collection in axis.collections)


def test_a_part_of_the_scene_on_a_thinned_image():
    window = slice(100, 300), slice(50, 250)
    assert scene.box_of((slice(120, 184), slice(50, 114)), window, 2) == (10.0, 0.0, 32.0, 32.0)


@pytest.mark.parametrize(
    ("crs", "step"), [("EPSG:32633", 10.0), ("EPSG:4326", 1_113_200.0), ("", 10.0)]
)
def test_relief_is_shaded_in_metres(crs, step):
    assert scene.ground_step(Grid(crs, 0.0, 0.0, 10.0, 5, 5)) == pytest.approx(step)


def site(folder, event, tested, role="independent", label=None, **options):
    """A site of six patches of 32 pixels, in two rows, of which some test."""
    patches = tiny_patches(folder, event, **options)
    tests = folder / f"{event}.tsv"
    write_test_list(tests, event, tested, role)
    return sites.Site(label or event, folder / f"{event}-cube.nc", patches, tests)


def test_sites_are_shown_by_role_with_what_tests(tmp_path):
    rows = [
        site(tmp_path, "EV01", [0, 1], "dependent"),
        site(tmp_path, "EV02", [], ""),
        site(tmp_path, "EV03", [5], "independent", "EV03\nSichuan, China", crs="EPSG:32633"),
    ]
    path = tmp_path / "sites.svg"
    sites.test_sites(rows, [path], "roles")
    told = texts(path)
    assert "Test sites, split roles (simulated data)" in told
    assert {"dependent, 2 patches", "independent, 1 patch", "Sichuan, China"} <= set(told)
    assert told.index("EV03") < told.index("EV01")
    assert "EV02" not in told
    assert told.count("N") == 1  # one has a georeference


def test_only_what_the_testing_patches_cover_is_shown(tmp_path):
    shown = site(tmp_path, "EV01", [1, 4])
    boxes, role = sites._tested(shown)
    view = sites._view(shown, boxes, role)
    # Both lie in the second column of windows; the margin is one pixel.
    assert view.image.shape == (64, 34, 3)
    assert view.boxes == ((0.0, 1.0, 32.0, 32.0), (32.0, 1.0, 32.0, 32.0))
    with open_cube(shown.cube) as cube:
        mask = np.asarray(cube[MASK].values)[:, 31:65] == 1
    assert (view.reference == mask).all()


def test_windows_that_stick_out_are_cut_off(tmp_path):
    shown = site(tmp_path, "EV01", [1], height=20, width=50)
    view = sites._view(shown, *sites._tested(shown))
    assert view.boxes == ((0.0, 0.0, 20.0, 18.0),)


def test_more_sites_than_fit_are_named(tmp_path):
    one = site(tmp_path, "EV01", [0])
    rows = [one] * sites.MOST_SITES + [site(tmp_path, "EV77", [0], "other")] * 2
    path = tmp_path / "sites.svg"
    sites.test_sites(rows, [path], "roles")
    told = texts(path)
    assert "not drawn: EV77, EV77" in told
    assert told.count("EV01") == sites.MOST_SITES


def test_a_split_that_tests_nothing_says_so(tmp_path):
    sites.test_sites([site(tmp_path, "EV01", [], "")], [tmp_path / "sites.svg"], "roles")
    assert "No patch of any site tests." in texts(tmp_path / "sites.svg")


@pytest.mark.parametrize("source", ["archive", "simulated archive"])
def test_only_simulated_sites_are_called_so(tmp_path, source):
    path = tmp_path / "sites.svg"
    sites.test_sites([site(tmp_path, "EV01", [0], source=source)], [path], "roles")
    assert ("simulated data" in " ".join(texts(path))) == source.startswith("simulated")


def test_a_list_that_names_a_patch_too_many_is_refused(tmp_path):
    wrong = site(tmp_path, "EV01", [0, 6])
    with pytest.raises(DataError, match=r"EV01\.tsv: names patch 6, .* has 6"):
        sites.test_sites([wrong], [tmp_path / "sites.png"], "roles")
    assert not (tmp_path / "sites.png").exists()


def test_sites_are_the_same_twice(tmp_path):
    row = site(tmp_path, "EV01", [0, 3])
    for name in ("a", "b"):
        sites.test_sites([row], [tmp_path / f"{name}.png"], "roles")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
