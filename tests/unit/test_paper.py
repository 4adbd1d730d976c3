"""The paper's numbers beside ours: each statistic by hand, and what is refused."""

import re
from pathlib import Path

import pytest

from scarp.errors import TableError
from scarp.figures.reference_table import reference_table
from scarp.figures.style import Names
from scarp.reference import COLUMNS, compare, read_reported, write_comparison
from scarp.summary import METRICS
from scarp.tsv import read_table, write_table

ROOT = Path(__file__).parents[2]
GROUPS = {"gamma0": "sar", "gamma0-coh": "sar", "ndvi": "optical", "fused": "fusion"}
NAMES = Names(
    features={"gamma0": "gVV+gVH", "gamma0-coh": "COH", "ndvi": "NDVI", "fused": "all & more"},
    groups=GROUPS,
    scenarios={"1pre-1post": "1+1", "3pre-3post": "3+3"},
    sites={},
)
ROLES = {"CN0001": "independent", "CO0001": "independent", "IE0001": "dependent"}
ONE, THREE = "1pre-1post", "3pre-3post"


def metrics(folder, f1, roles=ROLES, split="roles", source="archive", size=1000):
    """metrics.tsv of `f1`: (features, scenario, site, seed) -> hundredths, None without landslide.

    As many pixels are missed as are false alarms, so that the share found is precision, recall and
    F1. `size` is the landslide of a site in pixels, or one number per site.
    """
    rows = []
    for (features, scenario, site, seed), value in f1.items():
        pixels = size if isinstance(size, int) else size[site]
        found = 0 if value is None else pixels * value // 100
        wrong = pixels - found
        missed = 0 if value is None else wrong
        counts = (found, wrong, missed, 9000)
        where = (split, features, scenario, seed, site, roles[site], source)
        rows.append((*where, *counts, "", "", "", ""))
    path = folder / "metrics.tsv"
    write_table(path, METRICS, rows)
    return path


def paper(folder, *rows):
    """paper.tsv of rows (features, scenario, sites, statistic, low, high), named n0, n1 ..."""
    lines = ["id\twhat\tfeatures\tscenario\tsites\tstatistic\tf1_low\tf1_high"]
    lines += ["\t".join((f"n{n}", f"number {n}", *row)) for n, row in enumerate(rows)]
    path = folder / "paper.tsv"
    path.write_text("# second hand\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def compared(folder, f1, *rows, split="roles", **options):
    """What `compare` makes of these metrics and rows."""
    metrics_file = metrics(folder, f1, split=options.pop("fold", split), **options)
    return compare(metrics_file, paper(folder, *rows), GROUPS, "IE0001", split)


def at(features, scenario, *values, sites=ROLES, seed=1):
    return {
        (features, scenario, site, seed): value for site, value in zip(sites, values, strict=True)
    }


def test_mean_is_macro_over_all_sites_and_seeds(tmp_path):
    f1 = at("ndvi", ONE, 90, 60, 0) | at("ndvi", ONE, 80, 70, 30, seed=2)
    (row,) = compared(tmp_path, f1, ("ndvi", "", "all", "mean", "0.6", "0.6"))
    assert row.ours == pytest.approx((0.55, 0.55))  # of 0.5 and 0.6
    assert row.without_outlier == pytest.approx((0.75, 0.75))
    assert row.difference == pytest.approx((-0.05, -0.05))
    assert (row.sites, row.seeds, row.experiments) == (3, 2, (("ndvi", ONE),))


def test_micro_weighs_sites_by_their_pixels(tmp_path):
    size = {"CN0001": 3000, "CO0001": 1000, "IE0001": 1000}
    f1 = at("ndvi", ONE, 90, 60, 0)
    (row,) = compared(tmp_path, f1, ("ndvi", "", "all", "mean", "0.6", "0.6"), size=size)
    assert row.ours == pytest.approx((0.5, 0.5))
    assert row.micro == pytest.approx((0.66, 0.66))  # 2700 + 600 of 5000


@pytest.mark.parametrize(
    ("sites", "mean", "number"),
    [
        ("all", 0.5, 3),
        ("independent", 0.75, 2),
        ("dependent", 0.0, 1),
        ("CN0001", 0.9, 1),
        ("IN0001 CO0001", 0.6, 1),
        ("IE0001 CN0001", 0.45, 2),
    ],
)
def test_a_mean_takes_the_sites_of_its_scope(tmp_path, sites, mean, number):
    f1 = at("ndvi", ONE, 90, 60, 0)
    (row,) = compared(tmp_path, f1, ("ndvi", "", sites, "mean", "0.6", "0.6"))
    assert row.ours == pytest.approx((mean, mean))
    assert row.sites == number


def test_a_site_without_landslide_enters_no_macro_mean(tmp_path):
    f1 = at("ndvi", ONE, 90, None, 30)
    (row,) = compared(tmp_path, f1, ("ndvi", "", "all", "mean", "0.6", "0.6"))
    assert row.ours == pytest.approx((0.6, 0.6))
    assert row.micro[0] == pytest.approx(2400 / 5000)  # its 1000 false pixels count: 1200 of 2500
    assert row.sites == 2


def test_only_undefined_scores_are_no_number(tmp_path):
    rows = [("ndvi", "", "all", statistic, "0.6", "0.6") for statistic in ("mean", "best", "gain")]
    f1 = at("ndvi", ONE, None, None, None) | at("ndvi", THREE, None, None, None)
    for row in compared(tmp_path, f1, *rows):
        assert (row.ours, row.micro, row.without_outlier, row.difference) == (None,) * 4


def test_without_the_outlier_is_said_only_where_it_is_one_of_the_sites(tmp_path):
    f1 = at("ndvi", ONE, 90, 60, 0)
    independent, alone = compared(
        tmp_path,
        f1,
        ("ndvi", "", "independent", "mean", "0.6", "0.6"),
        ("ndvi", "", "dependent", "mean", "0.6", "0.6"),
    )
    assert independent.without_outlier is None
    assert alone.without_outlier is None


def test_of_several_scenarios_the_one_with_the_highest_mean_is_compared(tmp_path):
    f1 = at("gamma0", ONE, 90, 10, 20) | at("gamma0", THREE, 50, 50, 50)
    anywhere, named = compared(
        tmp_path,
        f1,
        ("gamma0", "", "all", "mean", "0.6", "0.6"),
        ("gamma0", ONE, "all", "mean", "0.6", "0.6"),
    )
    assert anywhere.experiments == (("gamma0", THREE),)
    # Of the same experiment, though 1+1 would be higher without that site.
    assert anywhere.without_outlier == pytest.approx((0.5, 0.5))
    assert named.experiments == (("gamma0", ONE),)
    assert named.ours == pytest.approx((0.4, 0.4))


def test_best_is_the_highest_mean_over_seeds_at_one_site(tmp_path):
    f1 = (
        at("gamma0", ONE, 60, 70, 0)
        | at("gamma0-coh", ONE, 75, 10, 0)
        | at("ndvi", ONE, 99, 99, 0)
        | at("gamma0", ONE, 60, 90, 0, seed=2)
        | at("gamma0-coh", ONE, 81, 10, 0, seed=2)
    )
    sar, china, anything, none = compared(
        tmp_path,
        f1,
        ("sar", "", "all", "best", "0.6", "0.6"),
        ("sar", "", "CN0001", "best", "0.6", "0.6"),
        ("", "", "CN0001 CO0001", "best", "0.6", "0.6"),
        ("", "", "IE0001", "best", "0", "0"),
    )
    assert (sar.site, sar.experiments) == ("CO0001", (("gamma0", ONE),))
    assert sar.ours == pytest.approx((0.8, 0.8))
    assert (china.site, china.experiments) == ("CN0001", (("gamma0-coh", ONE),))
    assert china.ours == pytest.approx((0.78, 0.78))
    assert anything.experiments == (("ndvi", ONE),)
    assert none.ours == none.difference == (0.0, 0.0)
    assert {row.micro for row in (sar, china, anything, none)} == {None}
    assert {row.without_outlier for row in (sar, china, anything, none)} == {None}


def test_gain_is_the_range_over_the_sets_that_ran_in_both_scenarios(tmp_path):
    f1 = (
        at("gamma0", ONE, 50, 50, 50)
        | at("gamma0", THREE, 60, 60, 30)
        | at("fused", ONE, 70, 80, 0)
        | at("fused", THREE, 80, 90, 40)
        | at("gamma0-coh", THREE, 99, 99, 99)
        | at("ndvi", ONE, 10, 10, 10)
    )
    (row,) = compared(tmp_path, f1, ("", "", "all", "gain", "0.02", "0.13"))
    assert row.ours == pytest.approx((0.0, 0.2))
    assert row.difference == pytest.approx((-0.02, 0.07))
    assert row.without_outlier == pytest.approx((0.1, 0.1))
    assert row.micro == pytest.approx((0.0, 0.2))
    assert {features for features, _ in row.experiments} == {"gamma0", "fused"}


@pytest.mark.parametrize(
    "reported",
    [
        ("rgb", "", "all", "mean", "0.6", "0.6"),
        ("ndvi", THREE, "all", "mean", "0.6", "0.6"),
        ("ndvi", "", "IN0001 IN0002", "best", "0.6", "0.6"),
        ("ndvi", "", "all", "gain", "0.6", "0.6"),
        ("fusion", "", "all", "best", "0.6", "0.6"),
    ],
)
def test_what_the_study_has_not_is_blank(tmp_path, reported):
    (row,) = compared(tmp_path, at("ndvi", ONE, 90, 60, 0), reported)
    path = tmp_path / "out.tsv"
    write_comparison([row], path)
    (written,) = read_table(path, COLUMNS)
    assert set(list(written.values())[COLUMNS.index("ours_low") :]) == {""}
    assert written["f1_low"] == "0.6"


def test_sets_that_are_not_the_papers_do_not_compete(tmp_path):
    f1 = at("ndvi", ONE, 50, 50, 50) | at("my-own", ONE, 99, 99, 99)
    (row,) = compared(tmp_path, f1, ("", "", "all", "best", "0.6", "0.6"))
    assert row.experiments == (("ndvi", ONE),)


def test_folds_are_taken_together_and_have_no_roles(tmp_path):
    roles = dict.fromkeys(ROLES, "held-out")
    rows = [("ndvi", "", sites, "mean", "0.6", "0.6") for sites in ("all", "independent")]
    options = {"roles": roles, "fold": "leave-event-out-2", "split": "leave-event-out"}
    everywhere, independent = compared(tmp_path, at("ndvi", ONE, 90, 60, 0), *rows, **options)
    assert everywhere.ours == pytest.approx((0.5, 0.5))
    assert independent.ours is None


def test_table_holds_both_sides(tmp_path):
    f1 = at("gamma0", ONE, 90, 60, 0) | at("gamma0", THREE, 90, 75, 0)
    rows = compared(
        tmp_path,
        f1,
        ("gamma0", "", "all", "mean", "0.5", "0.5"),
        ("gamma0", "", "CN0001", "best", "1", "1"),
        ("sar", "", "all", "gain", "0.02", "0.13"),
        source="simulated archive",
    )
    path = tmp_path / "out.tsv"
    write_comparison(rows, path)
    mean, best, gain = read_table(path, COLUMNS)
    assert [mean[f"{name}_low"] for name in ("ours", "micro", "without_outlier")] == [
        "0.55",
        "0.55",
        "0.825",
    ]
    assert mean["experiment"] == "gamma0/3pre-3post"
    assert (mean["sites_with_landslide"], mean["seeds"]) == ("3", "1")
    assert (best["site"], best["difference_low"], best["micro_low"]) == ("CN0001", "-0.1", "")
    assert (gain["ours_low"], gain["difference_high"]) == ("0.05", "-0.08")
    assert gain["experiment"] == "gamma0/1pre-1post gamma0/3pre-3post"
    assert {row["source"] for row in (mean, best, gain)} == {"simulated archive"}


@pytest.mark.parametrize("source", ["archive", "simulated", "simulated archive"])
def test_page_names_experiments_and_simulated_data(tmp_path, source):
    f1 = at("fused", ONE, 90, 60, 0) | at("fused", THREE, 90, 75, 0)
    rows = compared(
        tmp_path,
        f1,
        ("fused", "", "all", "mean", "0.5", "0.5"),
        ("fused", "", "CN0001", "best", "1", "1"),
        ("fusion", "", "all", "gain", "0.02", "0.13"),
        ("rgb", "", "all", "mean", "0.83", "0.83"),
        source=source,
    )
    path = tmp_path / "paper.html"
    reference_table(rows, path, NAMES, "IE0001")
    page = path.read_text(encoding="utf-8")
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", page)]
    assert cells[1][1:9] == [
        "0.50",
        "0.550",
        "+0.050",
        "0.825",
        "0.550",
        "3",
        "1",
        "all &amp; more, 3+3",
    ]
    assert cells[2][1:4] == ["1.00", "0.900", "\N{MINUS SIGN}0.100"]
    assert cells[2][8] == "all &amp; more, 1+1 at CN0001"
    assert cells[3][1:3] == ["0.02 to 0.13", "0.050"]
    assert cells[3][8] == "1 feature set"
    assert cells[4][1:9] == ["0.83", *[""] * 7]
    assert "without IE0001" in page
    assert ("simulated data" in page) == source.startswith("simulated")
    assert "http" not in page


def test_comparison_is_the_same_twice(tmp_path):
    f1 = at("fused", ONE, 90, 60, 0) | at("gamma0", ONE, 90, 60, 0)
    written = []
    for order in (f1, dict(reversed(f1.items()))):
        rows = compared(tmp_path, order, ("", "", "all", "best", "1", "1"))
        write_comparison(rows, tmp_path / "out.tsv")
        reference_table(rows, tmp_path / "out.html", NAMES, "IE0001")
        written.append([(tmp_path / f"out.{s}").read_bytes() for s in ("tsv", "html")])
    assert written[0] == written[1]


def test_the_papers_table_says_what_is_known_of_it():
    rows = {row.id: row for row in read_reported(ROOT / "config" / "paper.tsv")}
    assert {row.f1 for row in rows.values() if row.statistic == "gain"} == {(0.02, 0.13)}
    assert (rows["rgb-nir-swir"].features, rows["rgb-nir-swir"].f1) == ("rgb-nir-swir", (0.83,) * 2)
    assert "second hand" in (ROOT / "config" / "paper.tsv").read_text(encoding="utf-8")
    sets = (ROOT / "config" / "feature_sets.tsv").read_text(encoding="utf-8").splitlines()
    known = {line.split("\t")[0] for line in sets} | {"sar", "optical", "fusion", ""}
    assert {row.features for row in rows.values()} <= known
    events = (ROOT / "config" / "events.tsv").read_text(encoding="utf-8")
    sites = {site for row in rows.values() for site in row.sites.split()}
    for site in sites - {"all", "independent", "dependent"}:
        assert f"\n{site}\t" in events


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("ndvi", "", "all", "median", "0.6", "0.6"), r"row 3 .n0., column statistic.*'median'"),
        (("ndvi", "", "all", "mean", "0.6", "60"), r"column f1_high.*'60' is not allowed"),
        (("ndvi", "", "all", "mean", "", ""), r"column f1_low.*blank is not allowed"),
        (("ndvi", "", "all", "mean", "0.7", "0.6"), r"f1_low 0.7 exceeds f1_high 0.6"),
        (("ndvi", "", "", "mean", "0.6", "0.6"), r"column sites.*blank is not allowed"),
        (("", ONE, "all", "gain", "0", "0"), r"column scenario.*no meaning for statistic 'gain'"),
    ],
)
def test_a_wrong_row_is_refused(tmp_path, row, message):
    with pytest.raises(TableError, match=f"(?s){message}"):
        read_reported(paper(tmp_path, row))


def test_a_number_that_stands_twice_is_refused(tmp_path):
    path = paper(tmp_path, ("ndvi", "", "all", "mean", "0.6", "0.6"))
    text = path.read_text(encoding="utf-8")
    path.write_text(text + text.splitlines()[-1] + "\n", encoding="utf-8")
    with pytest.raises(TableError, match="'n0' stands twice"):
        read_reported(path)


def test_a_table_that_is_not_there_is_named(tmp_path):
    with pytest.raises(TableError, match=r"no\.tsv.*there is no such table"):
        read_reported(tmp_path / "no.tsv")
