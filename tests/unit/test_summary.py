"""Tables of scores: every number in them against a count by hand."""

import pytest

from scarp.errors import DataError
from scarp.metrics import Counts
from scarp.summary import (
    METRICS,
    Model,
    Score,
    average,
    collect,
    family,
    mean_and_spread,
    read_metrics,
    write_averages,
    write_seeds,
)
from scarp.tsv import read_table, write_table

HEADER = ("site", "role", "source", "patches", "tp", "fp", "fn", "tn")
#: 3 of 4 landslide pixels and 1 false; 1 of 2; none there, 10 false.
SITES = (
    ("C", "dependent", "archive", 2, 3, 1, 1, 95),
    ("A", "independent", "archive", 2, 1, 0, 1, 98),
    ("B", "independent", "simulated", 2, 0, 10, 0, 90),
)


def scores_file(folder, name, rows=SITES, header=HEADER):
    path = folder / f"{name}.tsv"
    write_table(path, header, rows)
    return path


def collected(folder, models, rows=SITES):
    path = folder / "metrics.tsv"
    collect([(model, scores_file(folder, f"{n}", rows)) for n, model in enumerate(models)], path)
    return path


def one(rows, **wanted):
    found = [row for row in rows if all(row[key] == value for key, value in wanted.items())]
    assert len(found) == 1, found
    return found[0]


def test_metrics_hold_a_sorted_row_per_model_and_site(tmp_path):
    models = [Model("roles", "rgb", "1pre-1post", 10), Model("roles", "rgb", "1pre-1post", 9)]
    rows = read_table(collected(tmp_path, models), METRICS)
    assert [(row["seed"], row["site"]) for row in rows] == [
        (seed, site) for seed in ("9", "10") for site in "ABC"
    ]
    assert list(rows[0]) == list(METRICS)


def test_scores_are_those_of_the_counts_and_undefined_is_empty(tmp_path):
    path = collected(tmp_path, [Model("roles", "rgb", "1pre-1post", 1)])
    rows = read_table(path, METRICS)
    names = ("precision", "recall", "f1", "iou")
    assert [rows[2][name] for name in names] == ["0.75", "0.75", "0.75", "0.6"]
    assert [rows[0][name] for name in names] == ["1", "0.5", "0.666667", "0.5"]
    assert [rows[1][name] for name in names] == ["0", "", "", ""]


def test_metrics_are_read_back_as_written(tmp_path):
    model = Model("roles", "rgb", "1pre-1post", 1)
    scores = read_metrics(collected(tmp_path, [model]))
    assert scores[2] == Score(model, "C", "dependent", "archive", Counts(3, 1, 1, 95))


def test_macro_leaves_undefined_scores_out_and_says_how_many_sites(tmp_path):
    path = collected(tmp_path, [Model("roles", "rgb", "1pre-1post", 1)])
    write_averages(path, tmp_path / "averages.tsv")
    rows = read_table(tmp_path / "averages.tsv", ())
    everything = one(rows, scope="all", average="macro")
    assert everything["sites"] == "3"
    assert everything["sites_with_landslide"] == "2"
    assert everything["sites_with_prediction"] == "3"
    assert float(everything["f1"]) == pytest.approx((0.75 + 2 / 3) / 2, abs=1e-6)
    assert float(everything["precision"]) == pytest.approx((0.75 + 1 + 0) / 3, abs=1e-6)
    assert one(rows, scope="independent", average="macro")["f1"] == "0.666667"
    assert one(rows, scope="dependent", average="macro")["f1"] == "0.75"


def test_micro_counts_false_positives_of_a_site_without_landslide(tmp_path):
    path = collected(tmp_path, [Model("roles", "rgb", "1pre-1post", 1)])
    write_averages(path, tmp_path / "averages.tsv")
    rows = read_table(tmp_path / "averages.tsv", ())
    independent = one(rows, scope="independent", average="micro")
    assert float(independent["f1"]) == pytest.approx(2 / (2 + 10 + 1), abs=1e-6)
    assert float(independent["precision"]) == pytest.approx(1 / 11, abs=1e-6)
    everything = one(rows, scope="all", average="micro")
    assert float(everything["iou"]) == pytest.approx(4 / (4 + 11 + 2), abs=1e-6)


def test_scopes_do_not_mix_and_folds_are_averaged_as_one():
    def score(split, site, role, tp):
        model = Model(split, "rgb", "1pre-1post", 1)
        return Score(model, site, role, "archive", Counts(tp, 0, 4 - tp, 10))

    found = average(
        [
            score("leave-event-out-1", "A", "held-out", 4),
            score("leave-event-out-2", "B", "held-out", 1),
            score("roles", "A", "dependent", 2),
        ]
    )
    told = {(row.model.split, row.scope, row.average): row for row in found}
    assert set(told) == {
        ("leave-event-out", "held-out", "macro"),
        ("leave-event-out", "held-out", "micro"),
        *(("roles", scope, kind) for scope in ("all", "dependent") for kind in ("macro", "micro")),
    }
    pooled = told["leave-event-out", "held-out", "micro"]
    assert pooled.sites == 2
    assert pooled.scores["recall"] == pytest.approx(5 / 8)
    assert told["leave-event-out", "held-out", "macro"].scores["f1"] == pytest.approx(
        (1 + 2 / 5) / 2
    )


def test_an_average_over_sites_without_landslide_is_undefined():
    model = Model("roles", "rgb", "1pre-1post", 1)
    (macro, micro) = (
        row
        for row in average([Score(model, "B", "independent", "archive", Counts(0, 2, 0, 9))])
        if row.scope == "independent"
    )
    assert macro.scores == micro.scores == {"precision": 0, "recall": None, "f1": None, "iou": None}


def test_seeds_give_mean_and_sample_standard_deviation(tmp_path):
    path = tmp_path / "metrics.tsv"
    files = []
    for seed, found in ((1, 1), (2, 2), (3, 3)):
        rows = [("A", "independent", "archive", 1, found, 0, 4 - found, 10)]
        files.append((Model("roles", "rgb", "1pre-1post", seed), scores_file(tmp_path, seed, rows)))
    collect(files, path)
    write_seeds(path, tmp_path / "seeds.tsv")
    row = one(read_table(tmp_path / "seeds.tsv", ()), scope="independent", average="macro")
    assert (row["seeds"], row["sites"], row["sites_with_landslide"]) == ("3", "1", "1")
    assert float(row["recall"]) == pytest.approx(0.5)
    assert float(row["recall_sd"]) == pytest.approx(0.25)


def test_one_seed_has_no_spread(tmp_path):
    path = collected(tmp_path, [Model("roles", "rgb", "1pre-1post", 1)])
    write_seeds(path, tmp_path / "seeds.tsv")
    row = one(read_table(tmp_path / "seeds.tsv", ()), scope="dependent", average="micro")
    assert (row["f1"], row["f1_sd"]) == ("0.75", "")


def test_seeds_tested_at_different_sites_are_refused(tmp_path):
    path = tmp_path / "metrics.tsv"
    files = [
        (Model("roles", "rgb", "1pre-1post", 1), scores_file(tmp_path, 1)),
        (Model("roles", "rgb", "1pre-1post", 2), scores_file(tmp_path, 2, SITES[:2])),
    ]
    collect(files, path)
    with pytest.raises(DataError, match="different sites"):
        write_seeds(path, tmp_path / "seeds.tsv")
    assert not (tmp_path / "seeds.tsv").exists()


def test_spread_of_undefined_values():
    assert mean_and_spread([None, None]) == (None, None)
    assert mean_and_spread([None, 0.5]) == (0.5, None)
    assert mean_and_spread([0.25, None, 0.75]) == (0.5, pytest.approx(0.3535534))


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        ("roles", "roles"),
        ("leave-event-out-3", "leave-event-out"),
        ("leave-event-out-12", "leave-event-out"),
        ("leave-event-out", "leave-event-out"),
    ],
)
def test_a_fold_belongs_to_its_split(split, expected):
    assert family(split) == expected


@pytest.mark.parametrize(
    ("header", "rows", "told"),
    [
        (HEADER[:-1], [row[:-1] for row in SITES], "lacks column tn"),
        (HEADER, [("A", "independent", "archive", 2, 1, 0, "x", 98)], "'x'"),
        (HEADER, [SITES[0], SITES[0]], "site C is scored twice"),
        (HEADER, [SITES[0][:-1]], "ends before its last column"),
    ],
)
def test_a_malformed_scores_file_is_named(tmp_path, header, rows, told):
    path = scores_file(tmp_path, "scores", rows, header)
    with pytest.raises(DataError, match=told):
        collect([(Model("roles", "rgb", "1pre-1post", 1), path)], tmp_path / "metrics.tsv")
    assert not (tmp_path / "metrics.tsv").exists()


def test_a_missing_scores_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"gone\.tsv"):
        collect(
            [(Model("roles", "rgb", "1pre-1post", 1), tmp_path / "gone.tsv")], tmp_path / "m.tsv"
        )


def test_the_order_of_files_does_not_matter(tmp_path):
    files = [
        (Model(split, "rgb", "1pre-1post", seed), scores_file(tmp_path, f"{split}{seed}"))
        for split in ("roles", "other")
        for seed in (1, 2)
    ]
    for path, ordered in ((tmp_path / "a", files), (tmp_path / "b", files[::-1])):
        collect(ordered, path)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
