"""Figures of calibration, thresholds, objects and strata: their numbers by hand, and texts."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import made_assessments as made
from scarp.assessments import (
    AtThreshold,
    Measures,
    ObjectRow,
    ReliabilityBin,
    StratumRow,
    by_model,
    is_simulated,
    read_measures,
    read_objects,
    read_reliability,
    read_strata,
    read_thresholds,
)
from scarp.calibration import expected_calibration_error, reliability
from scarp.classes import class_label, in_order, size_label, stratum_label
from scarp.errors import DataError
from scarp.figures.reliability import calibration_error, curves, mean_error, reliability_figure
from scarp.figures.sizes import false_density, found, sizes_figure
from scarp.figures.strata import size_of, standing, strata_figure
from scarp.figures.style import GROUPS, Names
from scarp.figures.thresholds import chosen, macro, thresholds_figure
from scarp.inference.grouped import average, by_group, matrix, mean_of
from scarp.metrics import Counts
from scarp.objects import AREA_EDGES, size_classes
from scarp.prediction import quantise
from scarp.probability import histogram
from scarp.summary import Model

STEMS = ("reliability", "thresholds", "sizes", "strata")
GAMMA0, RGB = ("gamma0", "1pre-1post"), ("rgb", "1pre-1post")
NAMES = Names(
    features={"gamma0": "gVV+gVH", "rgb": "RGB & <red>"},
    groups={"gamma0": "sar", "rgb": "optical"},
    scenarios={"1pre-1post": "1+1"},
    sites={},
)
ALONE = {"S1": "G1", "S2": "G2", "S3": "G3"}
#: Student's t of one degree of freedom: tan(pi 0.475).
T1 = np.tan(np.pi * 0.475)


def model(seed=1, split="roles", experiment=GAMMA0):
    return Model(split, *experiment, seed)


def bins(*rows, of=None, part="test", calibrated=False):
    """Bins of one model, from (pixels, landslide, mean probability)."""
    return [
        ReliabilityBin(
            *(of or model(), part, calibrated, place, mean, mean, pixels, landslide, mean),
            landslide / pixels if pixels else None,
        )
        for place, (pixels, landslide, mean) in enumerate(rows)
    ]


def at(site, tp, fp, fn, threshold=0.5, seed=1, role="independent"):
    return AtThreshold(model(seed), site, role, threshold, tp, fp, fn, 1000)


def objects(site, found, missed, false=0, km2=50.0, seed=1):
    return ObjectRow(
        model(seed), site, "independent", "any", "all", found, missed, found, false, km2
    )


def stratum(site, tp, fp, fn, seed=1, experiment=GAMMA0, kind="slope", name="<10"):
    own = model(seed, experiment=experiment)
    return StratumRow(own, site, "independent", kind, name, 3, tp, fp, fn, 900)


def measures_rows(folder, rows):
    path = made.write(folder / "measures.tsv", Measures, rows)
    return read_measures(path)


def base(site, role="independent", seed=1, split="roles", **values):
    """The cells of measures.tsv that are never empty, and others."""
    return {
        **{"split": split, "features": "gamma0", "scenario": "1pre-1post", "seed": seed},
        **{"site": site, "role": role, "source": "archive", "pixels": 9, "landslide": 3, **values},
    }


def texts(path):
    """Every text of an SVG file."""
    return [
        " ".join("".join(element.itertext()).split())
        for element in ElementTree.parse(path).iter()
        if element.tag.endswith("}text")
    ]


def draw(folder, tables, groups=made.GROUPS, shown=(GAMMA0, RGB), split="roles", stems=STEMS):
    """The figures of these stems in `folder`."""
    files = {stem: [folder / f"{stem}.svg"] for stem in STEMS}
    measures = read_measures(tables["measures"], split)
    simulated = is_simulated(measures)
    if "reliability" in stems:
        rows = read_reliability(tables["reliability"], split)
        reliability_figure(rows, files["reliability"], NAMES, split, shown, simulated)
    if "thresholds" in stems:
        rows = read_thresholds(tables["thresholds"], split)
        thresholds_figure(rows, measures, files["thresholds"], NAMES, split, 0.5)
    if "sizes" in stems:
        rows = read_objects(tables["objects"], split)
        sizes_figure(rows, files["sizes"], NAMES, split, groups, simulated)
    if "strata" in stems:
        rows = read_strata(tables["strata"], split)
        strata_figure(rows, files["strata"], NAMES, split, groups, shown, simulated)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Two experiments and two seeds at three sites of two groups."""
    return made.study(tmp_path_factory.mktemp("tables"), [GAMMA0, RGB], seeds=(1, 2))


@pytest.fixture(scope="module")
def figures(tables, tmp_path_factory):
    """All four figures of these tables."""
    folder = tmp_path_factory.mktemp("figures")
    draw(folder, tables)
    return folder


# --- reading


def test_an_empty_cell_is_undefined_and_never_zero(tmp_path):
    (row,) = measures_rows(tmp_path, [base("S1", f1=0.0, recall=0.25)])
    assert (row.model, row.site, row.landslide) == (model(), "S1", 3)
    assert (row.f1, row.recall, row.precision, row.temperature) == (0.0, 0.25, None, None)


def test_folds_are_read_as_one_family(tmp_path):
    splits = ("leave-event-out-1", "leave-event-out-2", "roles")
    rows = [base("S1", split=split) for split in splits]
    path = made.write(tmp_path / "measures.tsv", Measures, rows)
    assert [row.model.split for row in read_measures(path, "leave-event-out")] == list(splits[:2])
    assert [row.model.split for row in read_measures(path, "leave-event-out-2")] == [splits[1]]
    assert len(read_measures(path)) == 3
    assert set(by_model(read_measures(path))) == {model(split=split) for split in splits}


@pytest.mark.parametrize(
    ("column", "cell", "allowed"),
    [
        ("f1", "high", "a number, or nothing"),
        ("f1", "nan", "a number, or nothing"),
        ("pixels", "", "a whole number"),
        ("seed", "1.5", "a whole number"),
    ],
)
def test_a_cell_that_is_none_is_named(tmp_path, column, cell, allowed):
    path = made.write(
        tmp_path / "measures.tsv", Measures, [base("S1"), {**base("S2"), column: cell}]
    )
    with pytest.raises(DataError) as error:
        read_measures(path)
    (fault,) = error.value.faults
    assert fault.offender == f"{path}, line 3"
    assert fault.fact == f"column {column} holds '{cell}'"
    assert fault.allowed == allowed


def test_calibrated_is_yes_or_no(tmp_path):
    row = {**dict(zip(made.columns(ReliabilityBin), ("roles", *GAMMA0, 1), strict=False))}
    row |= {"part": "test", "bin": 0, "pixels": 0, "landslide": 0}
    path = made.write(tmp_path / "reliability.tsv", ReliabilityBin, [row | {"calibrated": "yes"}])
    assert read_reliability(path)[0].calibrated is True
    made.write(path, ReliabilityBin, [row | {"calibrated": "1"}])
    with pytest.raises(DataError, match="yes or no"):
        read_reliability(path)


def test_false_pixels_of_a_size_are_nothing(tmp_path):
    row = {**base("S1"), "kind": "size", "stratum": "<1000", "landslides": 2, "tp": 3, "fn": 1}
    (read,) = read_strata(made.write(tmp_path / "strata.tsv", StratumRow, [row]))
    assert (read.fp, read.tn, read.counts.recall) == (None, None, 0.75)


# --- names of classes


def test_classes_stand_from_small_to_large():
    classes = (*size_classes(AREA_EDGES), "cut", "all")
    assert in_order(reversed(classes)) == list(classes)
    assert in_order(["shadow", "none", "layover"]) == ["none", "layover", "shadow"]
    assert in_order(["certain", "possible", "none"]) == ["none", "possible", "certain"]
    assert in_order([">=40", "10-20", "<10", "30-40"]) == ["<10", "10-20", "30-40", ">=40"]


def test_classes_are_told_in_units_that_people_use():
    assert [size_label(name) for name in size_classes(AREA_EDGES)] == [
        *("under 0.25 ha", "0.25 to 1 ha", "1 to 5 ha", "5 to 50 ha", "from 50 ha")
    ]
    assert size_label("cut") == "cut by border"
    assert stratum_label("slope", ">=40") == "from 40°"
    assert stratum_label("layover_shadow", "shadow") == "shadow"
    assert class_label("<1e+12", " m²") == "under 1e+12 m²"


# --- means over groups


def test_the_counts_of_a_group_are_summed_before_its_score_is_formed():
    counts = [("S1", 1, Counts(1, 0, 1, 0)), ("S2", 1, Counts(9, 0, 1, 0))]
    together = by_group(counts, {"S1": "G", "S2": "G"}, lambda one: one.recall)
    assert together == {("G", 1): pytest.approx(10 / 12)}
    assert not by_group([("S1", 1, Counts(0, 3, 0, 9))], {"S1": "G"}, lambda one: one.recall)


def test_groups_that_lack_a_seed_are_left_out():
    values = matrix({("A", 1): 0.1, ("A", 2): 0.3, ("B", 1): 0.9})
    assert values.tolist() == [[0.1, 0.3]]
    mean, interval, groups = mean_of({("A", 1): 0.1, ("A", 2): 0.3, ("B", 1): 0.9})
    assert (mean, interval, groups) == (pytest.approx(0.2), None, 1)
    assert mean_of({}) == (None, None, 0)


def test_two_groups_give_the_interval_of_one_degree_of_freedom():
    mean, interval, groups = mean_of({("A", 1): 0.75, ("B", 1): 0.25})
    assert (mean, groups) == (0.5, 2)
    assert interval == pytest.approx((0.5 - 0.25 * T1, 0.5 + 0.25 * T1))


def test_experiments_are_averaged_where_all_have_a_score():
    assert average([{("A", 1): 0.2, ("B", 1): 0.4}, {("A", 1): 0.6}]) == {("A", 1): 0.4}
    assert average([]) == {}


# --- reliability


def test_calibration_error_leaves_the_first_bin_out():
    curve = bins((1000, 500, 0.001), (10, 5, 0.4), (10, 9, 0.8))
    assert calibration_error(curve) == pytest.approx((1 + 1) / 20)
    assert calibration_error(bins((1000, 500, 0.001))) is None
    assert calibration_error(bins((1000, 500, 0.001), (0, 0, None))) is None
    assert mean_error([curve, bins((3, 1, 0.001)), bins((9, 0, 0.0), (5, 0, 0.3))]) == (
        pytest.approx((0.1 + 0.3) / 2)
    )
    assert mean_error([]) is None


def test_calibration_error_is_that_of_the_pixels():
    draw = np.random.default_rng(3)
    truth = draw.random(5000) < 0.2
    stored = quantise(draw.random(5000).astype(np.float32))
    pixels = histogram(stored, truth, np.ones_like(truth))
    curve = bins(*((one.pixels, one.landslide, one.mean) for one in reliability(pixels)))
    assert calibration_error(curve) == pytest.approx(expected_calibration_error(pixels))


def test_a_curve_is_one_model_at_the_test_sites():
    folds = [model(split=f"leave-event-out-{fold}") for fold in (2, 1)]
    rows = [row for fold in folds for row in reversed(bins((9, 0, 0.0), (5, 2, 0.3), of=fold))]
    rows += bins((9, 0, 0.0), of=model(), part="validation")
    rows += bins((9, 0, 0.0), of=model(), calibrated=True)
    rows += bins((9, 0, 0.0), of=model(experiment=RGB))
    found_ = curves(rows, GAMMA0, calibrated=False)
    assert list(found_) == list(reversed(folds))
    assert [[row.bin for row in curve] for curve in found_.values()] == [[0, 1], [0, 1]]
    assert list(curves(rows, GAMMA0, calibrated=True)) == [model()]


# --- thresholds


def test_a_curve_is_the_mean_over_sites_then_seeds():
    rows = [
        *(at("S1", 8, 2, 2), at("S2", 2, 2, 6)),
        *(at("S1", 10, 0, 0, seed=2), at("S2", 4, 0, 4, seed=2)),
        at("S1", 1, 0, 9, threshold=0.9),
    ]
    f1 = macro(rows, lambda counts: counts.f1)
    assert list(f1) == [0.5, 0.9]
    assert f1[0.5] == pytest.approx(((0.8 + 1 / 3) / 2 + (1 + 2 / 3) / 2) / 2)
    assert f1[0.9] == pytest.approx(2 / 11)


def test_sites_without_landslide_enter_no_curve():
    rows = [at("S1", 8, 2, 2), at("S2", 0, 50, 0)]
    assert macro(rows, lambda counts: counts.precision) == {0.5: pytest.approx(0.8)}


def test_precision_ends_where_a_site_has_none():
    rows = [at("S1", 8, 2, 2), at("S2", 0, 0, 6)]
    assert macro(rows, lambda counts: counts.precision) == {0.5: None}
    assert macro(rows, lambda counts: counts.f1) == {0.5: pytest.approx(0.4)}


def test_the_choice_of_validation_is_that_of_every_fold(tmp_path):
    rows = [
        base("S1", split="leave-event-out-1", threshold=0.3, f1_chosen=0.2),
        base("S2", split="leave-event-out-2", threshold=0.7, f1_chosen=0.6),
        base("S3", split="leave-event-out-2", threshold=0.7),
    ]
    choice = chosen(measures_rows(tmp_path, rows))
    assert choice.thresholds == [0.3, 0.7]
    assert choice.f1 == pytest.approx(0.4)
    assert chosen(measures_rows(tmp_path, [base("S1", f1_chosen=0.2)])) is None
    assert chosen([]) is None


# --- sizes


def test_found_is_a_share_of_all_and_a_mean_of_groups():
    rows = [objects("S1", 3, 1), objects("S2", 1, 1), objects("S3", 0, 2)]
    result = found(rows, {"S1": "G1", "S2": "G2", "S3": "G2"})
    assert (result.landslides, result.share) == (8, 0.5)
    assert (result.groups.value, result.groups.groups) == (0.5, 2)
    assert result.groups.interval == pytest.approx((0.5 - 0.25 * T1, 0.5 + 0.25 * T1))


def test_seeds_find_the_same_landslides_again():
    rows = [objects("S1", 3, 1), objects("S1", 1, 3, seed=2)]
    result = found(rows, ALONE)
    assert (result.landslides, result.share) == (4, 0.5)
    assert result.groups == (0.5, None, 1)


def test_a_group_without_landslides_of_a_class_is_no_group():
    result = found([objects("S1", 3, 1), objects("S2", 0, 0)], ALONE)
    assert result.groups == (0.75, None, 1)
    assert found([objects("S1", 0, 0)], ALONE) == (0, None, (None, None, 0))


def test_false_objects_are_those_of_the_summed_area():
    rows = [objects("S1", 0, 0, 3, 50.0), objects("S2", 0, 0, 1, 150.0)]
    assert false_density(rows) == pytest.approx(2.0)
    rows += [objects("S1", 0, 0, 9, 50.0, 2), objects("S2", 0, 0, 3, 150.0, 2)]
    assert false_density(rows) == pytest.approx(4.0)
    assert false_density([objects("S1", 0, 0, 3, 0.0)]) is None


# --- strata


def test_a_sensor_group_is_the_mean_of_its_experiments():
    one = [stratum("S1", 8, 2, 2), stratum("S2", 2, 2, 6)]
    other = [stratum("S1", 6, 2, 4, experiment=RGB), stratum("S2", 4, 2, 4, experiment=RGB)]
    result = standing([one, other], ALONE, lambda counts: counts.recall)
    assert list(result.single) == pytest.approx([0.525, 0.55])
    assert result.mean.value == pytest.approx((0.7 + 0.375) / 2)
    reach = T1 * (0.7 - 0.375) / 2
    assert result.mean.interval == pytest.approx((0.5375 - reach, 0.5375 + reach))


def test_a_stratum_without_landslide_has_no_score():
    result = standing([[stratum("S1", 0, 5, 0)]], ALONE, lambda counts: counts.f1)
    assert (list(result.single), result.mean) == ([], (None, None, 0))


def test_the_pixels_of_a_stratum_are_counted_once():
    rows = [
        *(stratum("S1", 8, 2, 2), stratum("S1", 3, 2, 7, seed=2)),
        *(stratum("S1", 1, 0, 9, experiment=RGB), stratum("S2", 0, 4, 0), stratum("S3", 4, 0, 1)),
    ]
    assert size_of(rows, ALONE) == (15, 2)


# --- the figures


def test_every_figure_comes_out_the_same_twice(figures, tables, tmp_path):
    draw(tmp_path, tables)
    written = sorted(path.name for path in figures.iterdir())
    assert len(written) == 4
    for name in written:
        assert (figures / name).read_bytes() == (tmp_path / name).read_bytes(), name


def test_figures_name_experiments_split_seeds_and_what_is_simulated(figures):
    for stem in STEMS:
        told = texts(figures / f"{stem}.svg")
        (title,) = [text for text in told if "split roles" in text]
        assert "(simulated data)" in title, stem
        if stem != "strata":
            assert any(text.startswith("RGB & <red>") for text in told), stem
    told = texts(figures / "reliability.svg")
    assert "12 600 pixels, 600 of them landslide; 2 models per panel" in " ".join(told)
    assert "mean of 3 sites (2 independent, 1 dependent) and 2 seeds" in texts(
        figures / "thresholds.svg"
    )
    told = texts(figures / "sizes.svg")
    assert {"under 0.25 ha", "cut by border", "n = 120", "n = 0", "2 groups"} <= set(told)
    told = texts(figures / "strata.svg")
    assert {"SAR (1)", "optical (1)", "3 000 px", "from 40°", "under 0.1 ha"} <= set(told)


def test_dots_of_sizes_lie_at_the_means_of_groups(figures, tables):
    rows = [
        row
        for row in read_objects(tables["objects"])
        if (row.model.features, row.rule, row.size_class) == ("gamma0", "any", "<2500")
    ]
    elements = list(ElementTree.parse(figures / "sizes.svg").iter())
    ink = f"fill: {GROUPS['sar'].ink.lower()}"
    dots = [
        float(element.get("x"))
        for element in elements
        if element.tag.endswith("}use")
        and {ink, "stroke: #ffffff"} <= set(element.get("style", "").split("; "))
    ]
    left, right = (
        min(
            float(element.get("x"))
            for element in elements
            if element.tag.endswith("}text") and element.text == tick
        )
        for tick in ("0", "1")
    )
    places = [(dot - left) / (right - left) for dot in dots]
    assert found(rows, made.GROUPS).groups.value == pytest.approx(places[0], abs=1e-3)


def test_one_seed_and_one_group_have_no_interval_and_say_so(tmp_path):
    tables = made.study(tmp_path, [GAMMA0], {"S1": "independent"}, source="archive")
    draw(tmp_path, tables, stems=("thresholds", "sizes"))
    told = texts(tmp_path / "sizes.svg")
    assert "1 group" in told
    assert "2 groups" not in told
    assert "mean of 1 site (1 independent) and 1 seed" in texts(tmp_path / "thresholds.svg")
    assert "simulated" not in " ".join(told)


def test_folds_are_drawn_together(tmp_path):
    splits = {"leave-event-out-1": "S1", "leave-event-out-2": "S2"}
    tables = {}
    for split, site in splits.items():
        folder = tmp_path / split
        one = made.study(folder, [GAMMA0], {site: "held-out"}, splits=(split,))
        for name, path in one.items():
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            tables.setdefault(name, tmp_path / f"{name}.tsv")
            with tables[name].open("a", encoding="utf-8") as file:
                file.writelines(lines if split.endswith("1") else lines[1:])
    draw(tmp_path, tables, made.GROUPS, [GAMMA0], "leave-event-out", STEMS[:3])
    assert "2 models per panel" in " ".join(texts(tmp_path / "reliability.svg"))
    assert "mean of 2 sites (2 held-out) and 1 seed" in texts(tmp_path / "thresholds.svg")
    assert {"n = 80", "2 groups"} <= set(texts(tmp_path / "sizes.svg"))


def test_what_could_not_be_fitted_or_chosen_is_said(tmp_path):
    rows = bins((9, 0, 0.0), (5, 2, 0.3))
    reliability_figure(rows, [tmp_path / "r.svg"], NAMES, "roles", [GAMMA0, RGB], False)
    told = texts(tmp_path / "r.svg")
    assert "ECE 0.100" in told
    assert "after scaling undefined (0 of 1 fitted)" in told
    measures = measures_rows(tmp_path, [base("S1")])
    thresholds_figure([at("S1", 8, 2, 2)], measures, [tmp_path / "t.svg"], NAMES, "roles", 0.5)
    assert "no threshold chosen" in texts(tmp_path / "t.svg")


def test_approximate_layover_is_called_so(tmp_path):
    rows = [
        stratum("S1", 8, 2, 2, kind="layover_shadow_approximate", name="possible"),
        stratum("S1", 0, 2, 0, kind="layover_shadow_approximate", name="certain"),
    ]
    strata_figure(rows, [tmp_path / "s.svg"], NAMES, "roles", ALONE, [GAMMA0], False)
    told = texts(tmp_path / "s.svg")
    assert "layover or shadow, approximate" in told
    assert {"possible", "10 px", "1 group", "certain", "no landslide"} <= set(told)


def test_a_study_without_rows_is_drawn_without_them(tmp_path):
    reliability_figure([], [tmp_path / "r.svg"], NAMES, "roles", [GAMMA0], False)
    thresholds_figure([], [], [tmp_path / "t.svg"], NAMES, "roles", 0.5)
    sizes_figure([], [tmp_path / "o.svg"], NAMES, "roles", ALONE, False)
    strata_figure([], [tmp_path / "s.svg"], NAMES, "roles", ALONE, [], False)
    assert "No stratum was counted in this study." in texts(tmp_path / "s.svg")
