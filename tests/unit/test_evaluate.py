import csv
import logging
from dataclasses import replace

import numpy as np
import pytest
import rasterio

from scarp.errors import DataError, ModelError
from scarp.evaluate import PATCHES_COLUMNS, SCORES_COLUMNS, Validation, evaluate
from scarp.model_file import save
from scarp.patches import read_flags, read_table
from scarp.predict import predict_patches
from tiny import tiny_patches, write_patch_list, write_test_list
from tiny_model import DESCRIPTION, network

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")

CHANNELS = ("POST1_B04", "None_SLOPE")
ROLES = {"A": "dependent", "B": "independent", "E": "independent"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("evaluate")


@pytest.fixture(scope="module")
def sites(folder):
    """A dependent site tested in part, one whose windows overlap, and one without landslide."""
    valid = np.ones((64, 96), dtype=np.uint8)
    valid[40:44] = 0
    return {
        "A": tiny_patches(folder, "A", channels=CHANNELS, valid=valid),
        "B": tiny_patches(
            folder, "B", channels=CHANNELS, height=40, width=50, stride=16, valid=valid[:40, :50]
        ),
        "E": tiny_patches(folder, "E", channels=CHANNELS, landslide=False, source="archive"),
    }


@pytest.fixture(scope="module")
def tests(folder, sites):
    tested = {"A": [0, 4, 5], "B": range(len(read_table(sites["B"]))), "E": [2]}
    (folder / "test").mkdir()
    return {
        site: write_test_list(folder / "test" / f"{site}.tsv", site, patches, ROLES[site])
        for site, patches in tested.items()
    }


@pytest.fixture(scope="module")
def model(folder, sites):
    """Random weights, and a threshold amid the probabilities that they give."""
    path = folder / "model.safetensors"
    found = predict_patches(network(), DESCRIPTION, sites["A"], np.arange(6))
    threshold = round(float(np.quantile(found, 0.3)), 4)
    save(path, network().state_dict(), replace(DESCRIPTION, threshold=threshold))
    return path


@pytest.fixture(scope="module")
def validation(folder, sites):
    """Patches of two events, of one of them such as overlap."""
    rows = [("B", 0), ("A", 1), ("B", 1)]
    return Validation(write_patch_list(folder / "validation.tsv", rows), sites)


@pytest.fixture(scope="module")
def out(folder, sites, tests, model, validation):
    evaluate(model, sites, tests, validation, folder / "out")
    return folder / "out"


def test_validation_patches_are_predicted_as_test_patches_are(
    tmp_path, out, sites, model, validation
):
    """As if they tested: the same map, of these patches alone."""
    assert sorted(path.name for path in (out / "validation").iterdir()) == ["A.tif", "B.tif"]
    for event, patches in {"A": [1], "B": [0, 1]}.items():
        listed = write_test_list(tmp_path / f"{event}.tsv", event, patches, "independent")
        evaluate(model, sites, {event: listed}, validation, tmp_path)
        with (
            rasterio.open(out / "validation" / f"{event}.tif") as kept,
            rasterio.open(tmp_path / "predictions" / f"{event}.tif") as expected,
        ):
            np.testing.assert_array_equal(kept.read(), expected.read())
            assert kept.read_masks(1).any() and not kept.read_masks(1).all()


def test_without_validation_patches_there_is_an_empty_folder(tmp_path, sites, tests, model):
    nothing = Validation(write_patch_list(tmp_path / "none.tsv", []), {})
    evaluate(model, sites, tests, nothing, tmp_path / "out")
    assert list((tmp_path / "out" / "validation").iterdir()) == []


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def numbers(row):
    return [int(row[name]) for name in ("tp", "fp", "fn", "tn")]


def recount(sites, folder, site, patches):
    """Count from the stored map and the reference, pixel by pixel."""
    table = read_table(sites[site])
    mask, valid = read_flags(sites[site])
    with rasterio.open(folder / "predictions" / f"{site}.tif") as file:
        probability = file.read(1) * file.scales[0]
        threshold = float(file.tags()["threshold"])
        known = file.read_masks(1) > 0
    pixels = {}
    for patch in patches:
        for y, x in np.argwhere(valid[patch] == 1):
            pixels[table.row[patch] + y, table.column[patch] + x] = mask[patch, y, x]
    counts = [0, 0, 0, 0]
    for place, true in pixels.items():
        assert known[place]
        found = probability[place] >= threshold - 1e-9
        counts[0 if true and found else 1 if found else 2 if true else 3] += 1
    return counts, known.sum()


def test_every_site_is_scored_on_its_stored_map_each_valid_pixel_once(sites, out):
    scores = rows(out / "scores.tsv")
    assert tuple(scores[0]) == SCORES_COLUMNS
    assert [(row["site"], row["role"], row["source"], row["patches"]) for row in scores] == [
        ("A", "dependent", "simulated", "3"),
        ("B", "independent", "simulated", str(len(read_table(sites["B"])))),
        ("E", "independent", "archive", "1"),
    ]
    tested = {"A": [0, 4, 5], "B": range(len(read_table(sites["B"]))), "E": [2]}
    for row in scores:
        expected, known = recount(sites, out, row["site"], tested[row["site"]])
        assert numbers(row) == expected
        assert sum(expected) == known  # nothing else was predicted
    for row in scores[:2]:
        tp, fp, fn, _ = numbers(row)
        assert tp and fp and fn  # else the scores below would be trivial
        assert float(row["precision"]) == pytest.approx(tp / (tp + fp), abs=1e-5)
        assert float(row["recall"]) == pytest.approx(tp / (tp + fn), abs=1e-5)
        assert float(row["f1"]) == pytest.approx(2 * tp / (2 * tp + fp + fn), abs=1e-5)
        assert float(row["iou"]) == pytest.approx(tp / (tp + fp + fn), abs=1e-5)


def test_a_site_without_landslide_has_false_positives_but_no_recall_f1_or_iou(out):
    row = rows(out / "scores.tsv")[2]
    assert int(row["fp"]) > 0
    assert row["precision"] == "0"
    assert (row["recall"], row["f1"], row["iou"]) == ("", "", "")


def test_every_patch_has_its_own_counts(sites, out):
    patches = rows(out / "scores_patches.tsv")
    assert tuple(patches[0]) == PATCHES_COLUMNS
    own = [row for row in patches if row["site"] == "A"]
    assert [(row["patch"], row["row"], row["column"]) for row in own] == [
        ("0", "0", "0"),
        ("4", "32", "32"),
        ("5", "32", "64"),
    ]
    site = rows(out / "scores.tsv")[0]
    assert np.sum([numbers(row) for row in own], axis=0).tolist() == numbers(site)
    for row in patches:
        if row["site"] == "B":
            expected, _ = recount(sites, out, "B", [int(row["patch"])])
            assert numbers(row) == expected


def test_the_map_names_its_model_and_event(out):
    with rasterio.open(out / "predictions" / "A.tif") as file:
        assert file.tags()["model"] == "roles/rgb/1pre-1post/seed7"
        assert file.tags()["event"] == "A"
        assert "simulated" in file.descriptions[0]
    with rasterio.open(out / "predictions" / "E.tif") as file:
        assert "simulated" not in file.descriptions[0]


def test_a_site_of_a_source_that_training_did_not_have_is_warned_of(
    tmp_path, sites, tests, model, validation, caplog
):
    with caplog.at_level(logging.WARNING, "scarp"):
        evaluate(model, sites, tests, validation, tmp_path / "out")
    (warning,) = caplog.messages
    assert "site E comes from source 'archive'" in warning and "simulated only" in warning


def test_equal_runs_write_equal_bytes(tmp_path, sites, tests, model, validation, out):
    evaluate(model, sites, tests, validation, tmp_path)
    written = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.t*"))
    assert len(written) == 7
    for path in written:
        assert (tmp_path / path).read_bytes() == (out / path).read_bytes()


def test_a_site_that_lacks_a_channel_is_refused_before_anything_is_predicted(
    tmp_path, sites, tests, model, validation
):
    lacking = {**sites, "E": tiny_patches(tmp_path, "E2", channels=("POST1_B04",))}
    with pytest.raises(ModelError) as error:
        evaluate(model, lacking, tests, validation, tmp_path / "out")
    (fault,) = error.value.faults
    assert fault.offender == str(lacking["E"])
    assert "lacks None_SLOPE" in fault.fact and str(model) in fault.fact
    assert not (tmp_path / "out").exists()


def test_a_site_without_a_patch_to_test_is_named(tmp_path, sites, tests, model, validation):
    empty = write_test_list(tmp_path / "empty.tsv", "A", [], "")
    with pytest.raises(DataError) as error:
        evaluate(model, sites, {"A": empty}, validation, tmp_path / "out")
    assert error.value.faults[0].offender == str(empty)


def test_a_published_site_on_which_nobody_tests_gets_no_score(
    tmp_path, sites, tests, model, validation
):
    empty = write_test_list(tmp_path / "empty.tsv", "B", [], "")
    evaluate(model, sites, {"A": tests["A"], "B": empty}, validation, tmp_path / "out")
    assert [row["site"] for row in rows(tmp_path / "out" / "scores.tsv")] == ["A"]
    assert [path.name for path in (tmp_path / "out" / "predictions").iterdir()] == ["A.tif"]
