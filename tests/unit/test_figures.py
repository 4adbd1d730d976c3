"""Figures and tables of the report: what they say, where their points lie, the same bytes twice."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from scarp.figures.dates import f1_by_dates
from scarp.figures.pairs import paired
from scarp.figures.scores import MOST_SITES, f1_per_site, read_baselines
from scarp.figures.style import BLUE, GROUPS, Names, drawn, wrapped
from scarp.figures.table import averages_table, scores_table
from scarp.figures.training import training_curves
from scarp.summary import METRICS, Model
from scarp.tsv import write_table

MEANING = ("not augmented", "augmented")
NAMES = Names(
    features={
        "gamma0": "gVV+gVH",
        "gamma0-plain": "gVV+gVH, plain",
        "rgb": "RGB & <red>",
        "fused": "gVV+gVH+RGB",
        "terrain": "terrain alone",
    },
    groups={
        "gamma0": "sar",
        "gamma0-plain": "sar",
        "rgb": "optical",
        "fused": "fusion",
        "terrain": "control",
    },
    scenarios={"1pre-1post": "1+1", "3pre-3post": "3+3"},
    sites={"S1": "Sichuan, China", "S2": "San Antonio de Prado, Colombia"},
)
EXPERIMENTS = (
    ("gamma0", "1pre-1post"),
    ("gamma0", "3pre-3post"),
    ("gamma0-plain", "1pre-1post"),
    ("rgb", "1pre-1post"),
    ("fused", "1pre-1post"),
    ("terrain", "1pre-1post"),
)
SITES = {"S1": "independent", "S2": "dependent", "S3": "independent"}


def metrics_file(
    folder,
    experiments=EXPERIMENTS,
    sites=SITES,
    seeds=(1, 2),
    source="archive",
    empty=(),
    split="roles",
):
    """A metrics.tsv in which F1 rises by 0.1 per experiment, by site, and by 0.02 per seed."""
    rows = []
    for number, (features, scenario) in enumerate(experiments):
        for place, (site, role) in enumerate(sites.items()):
            for seed in seeds:
                landslide = 0 if site in empty else 1000
                found = landslide * (10 + 10 * number + place + 2 * seed) // 100
                counts = (found, landslide - found, landslide - found, 9000)
                rows.append(
                    (split, features, scenario, seed, site, role, source, *counts, "", "", "", "")
                )
    path = folder / "metrics.tsv"
    write_table(path, METRICS, rows)
    return path


def baselines_file(folder, sites=SITES):
    columns = ("split", "site", "role", "method", "channel", "threshold", "direction")
    rows = [
        ("roles", site, role, method, "", "", "", 1000, wrong, 0, 0, "", "", "", "")
        for site, role in sites.items()
        for method, wrong in (("everywhere", 9000), ("single-band", 2000))
    ]
    path = folder / "baselines.tsv"
    scores = ("tp", "fp", "fn", "tn", "precision", "recall", "f1", "iou")
    write_table(path, (*columns, *scores), rows)
    return path


def history_file(folder, name="history", epochs=5, kept=3):
    columns = ("epoch", "loss", "validation_loss", "validation_precision", "validation_recall")
    rows = [
        (n, 1 / n, 1.1 / n, "", "", "" if n == 1 else 0.1 * n, int(n == kept))
        for n in range(1, epochs + 1)
    ]
    path = folder / f"{name}.tsv"
    write_table(path, (*columns, "validation_f1", "kept"), rows)
    return path


def texts(path):
    """Every text of an SVG file, lines of one label joined by a blank."""
    found = []
    for element in ElementTree.parse(path).iter():
        if element.tag.endswith("}text"):
            found.append(" ".join("".join(element.itertext()).split()))
    return found


def axis_scale(path, low="0", high="1"):
    """Function from x in an SVG file to F1, by the first panel's tick labels."""
    places = {}
    for element in ElementTree.parse(path).iter():
        if element.tag.endswith("}text") and element.text in (low, high):
            where = (
                element.get("x") or re.findall(r"translate\(([\d.]+)", element.get("transform"))[0]
            )
            places.setdefault(element.text, float(where))
    left, right = places[low], places[high]
    return lambda x: (x - left) / (right - left)


def marks(path, colour):
    """x of the markers of a colour in an SVG file."""
    return [
        float(element.get("x"))
        for element in ElementTree.parse(path).iter()
        if element.tag.endswith("}use") and colour.lower() in element.get("style", "")
    ]


def draw_all(folder, metrics, baselines, suffixes=("svg",)):
    """Every figure and table of the report in `folder`."""

    def files(stem):
        return [folder / f"{stem}.{suffix}" for suffix in suffixes]

    f1_per_site(metrics, files("sites"), NAMES, baselines=baselines)
    f1_by_dates(metrics, files("dates"), NAMES)
    paired(metrics, files("pairs"), NAMES, [("gamma0-plain", "gamma0")], MEANING)
    histories = [
        (Model("roles", "gamma0", "1pre-1post", seed), history_file(folder, f"h{seed}"))
        for seed in (1, 2)
    ]
    training_curves(histories, files("training"), NAMES, simulated=False)
    scores_table(metrics, folder / "scores.html", NAMES)
    averages_table(metrics, folder / "averages.html", NAMES)


def test_every_figure_comes_out_the_same_twice(tmp_path):
    metrics, baselines = metrics_file(tmp_path), baselines_file(tmp_path)
    for folder in ("a", "b"):
        draw_all(tmp_path / folder, metrics, baselines, ("svg", "png"))
    written = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert len(written) == 12
    for name in written:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_svg_files_carry_no_date(tmp_path):
    path = tmp_path / "sites.svg"
    f1_per_site(metrics_file(tmp_path), [path], NAMES)
    assert "dc:date" not in path.read_text(encoding="utf-8")


def test_a_figure_that_fails_leaves_no_file(tmp_path):
    with pytest.raises(RuntimeError), drawn([tmp_path / "figure.svg"], 1, 1):
        raise RuntimeError
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("source", ["archive", "simulated"])
def test_simulated_data_is_called_so_and_real_data_is_not(tmp_path, source):
    metrics = metrics_file(tmp_path, source=source)
    draw_all(tmp_path, metrics, baselines_file(tmp_path))
    for stem in ("sites", "dates", "pairs"):
        title = " ".join(texts(tmp_path / f"{stem}.svg"))
        assert ("simulated data" in title) == (source == "simulated"), stem
    for stem in ("scores", "averages"):
        page = (tmp_path / f"{stem}.html").read_text(encoding="utf-8")
        assert ("simulated data" in page) == (source == "simulated"), stem


def test_one_simulated_site_among_real_ones_is_enough(tmp_path):
    metrics = metrics_file(tmp_path)
    text = metrics.read_text(encoding="utf-8")
    metrics.write_text(text.replace("\tarchive\t", "\tsimulated\t", 1), encoding="utf-8")
    f1_per_site(metrics, [tmp_path / "sites.svg"], NAMES)
    assert "simulated data" in " ".join(texts(tmp_path / "sites.svg"))


def test_sites_experiments_roles_and_baselines_are_named(tmp_path):
    path = tmp_path / "sites.svg"
    f1_per_site(metrics_file(tmp_path), [path], NAMES, baselines=baselines_file(tmp_path))
    told = texts(path)
    for label in (*NAMES.features.values(), *(g.label for g in GROUPS.values()), *SITES):
        assert label in told, label
    assert "(dependent)" in told
    assert "landslide everywhere" in told
    assert "best threshold on one band" in told
    assert {"mean of 2", "1+1", "3+3"} <= set(told)
    assert told.count("dependent") == 0  # one dependent site: its mean would be itself


def test_dots_lie_at_their_f1(tmp_path):
    path = tmp_path / "sites.svg"
    metrics = metrics_file(tmp_path, [("gamma0", "1pre-1post")], {"S1": "independent"}, (1, 6))
    f1_per_site(metrics, [path], NAMES)
    scale = axis_scale(path)
    found = sorted(scale(x) for x in marks(path, f"fill: {BLUE}"))
    assert found == pytest.approx([0.12, 0.17, 0.22], abs=1e-4)  # seed, mean, seed


def test_baselines_are_f1_from_their_counts(tmp_path):
    found = read_baselines(baselines_file(tmp_path), "roles")
    assert found["S1", "everywhere"] == pytest.approx(2000 / 11000)
    assert found["S2", "single-band"] == pytest.approx(2000 / 4000)
    assert not read_baselines(baselines_file(tmp_path), "leave-event-out")


def test_a_site_without_landslide_is_said_to_have_no_f1(tmp_path):
    metrics = metrics_file(tmp_path, empty=("S3",))
    f1_per_site(metrics, [tmp_path / "sites.svg"], NAMES)
    f1_by_dates(metrics, [tmp_path / "dates.svg"], NAMES)
    told = texts(tmp_path / "sites.svg")
    assert "F1 is undefined:" in told
    assert "mean of 1" in told
    assert "F1 is undefined:" in texts(tmp_path / "dates.svg")


def test_many_sites_are_shown_by_their_mean_only(tmp_path):
    sites = {f"E{n:03d}": "held-out" for n in range(MOST_SITES + 1)}
    metrics = metrics_file(tmp_path, sites=sites, seeds=(1,), split="leave-event-out-2")
    f1_per_site(metrics, [tmp_path / "sites.svg"], NAMES, "leave-event-out")
    told = texts(tmp_path / "sites.svg")
    assert f"mean of {len(sites)}" in told
    assert "E000" not in told


def test_dates_show_only_feature_sets_that_use_the_radar(tmp_path):
    f1_by_dates(metrics_file(tmp_path), [tmp_path / "dates.svg"], NAMES)
    told = texts(tmp_path / "dates.svg")
    assert {"gVV+gVH", "gVV+gVH+RGB", "SAR", "SAR and optical"} <= set(told)
    assert not {"RGB & <red>", "terrain alone", "optical"} & set(told)


def test_a_study_without_radar_says_so(tmp_path):
    metrics = metrics_file(tmp_path, [("rgb", "1pre-1post")])
    f1_by_dates(metrics, [tmp_path / "dates.svg"], NAMES)
    assert "No experiment of this study uses Sentinel-1." in texts(tmp_path / "dates.svg")


def test_pairs_need_both_feature_sets_in_a_scenario(tmp_path):
    paired(
        metrics_file(tmp_path),
        [tmp_path / "pairs.svg"],
        NAMES,
        [("gamma0-plain", "gamma0")],
        MEANING,
    )
    told = texts(tmp_path / "pairs.svg")
    assert "gVV+gVH, 1+1" in told
    assert "gVV+gVH, 3+3" not in told
    assert {"not augmented", "augmented", "S2 (dependent)"} <= set(told)


def test_training_curves_name_experiments_and_take_folds_together(tmp_path):
    histories = [
        (Model(f"leave-event-out-{n}", *EXPERIMENTS[n], 1), history_file(tmp_path, f"h{n}"))
        for n in (1, 3)
    ]
    histories.append((Model("roles", *EXPERIMENTS[4], 1), history_file(tmp_path)))
    path = tmp_path / "training.svg"
    training_curves(histories, [path], NAMES, simulated=True, split="leave-event-out")
    told = texts(path)
    assert {"gVV+gVH, 3+3", "RGB & <red>", "validation F1", "epoch"} <= set(told)
    assert "gVV+gVH+RGB, 1+1" not in told
    assert "simulated data" in " ".join(told)


def test_table_shows_mean_and_spread_over_seeds(tmp_path):
    path = tmp_path / "scores.html"
    scores_table(metrics_file(tmp_path, empty=("S3",)), path, NAMES)
    rows = [
        re.findall(r"<td[^>]*>(.*?)</td>", row)
        for row in re.findall(r"<tr>(.*?)</tr>", path.read_text(encoding="utf-8"))
    ]
    found = next(row for row in rows if row[:1] == ["S1, Sichuan, China"])
    # F1 0.12 and 0.14, precision and recall alike; IoU 120 / 1880 and 140 / 1860.
    assert found == [
        *("S1, Sichuan, China", "independent", "gVV+gVH", "1+1", "SAR", "2"),
        *("0.130 ± 0.014", "0.130 ± 0.014", "0.130 ± 0.014", "0.070 ± 0.008"),
    ]
    nothing = next(row for row in rows if row[:1] == ["S3"])
    assert nothing[6:] == ["undefined"] * 4


def test_table_escapes_labels_and_needs_no_network(tmp_path):
    path = tmp_path / "scores.html"
    scores_table(metrics_file(tmp_path), path, NAMES)
    page = path.read_text(encoding="utf-8")
    assert "RGB &amp; &lt;red&gt;" in page
    assert "<red>" not in page
    assert "http" not in page.replace("<!doctype html>", "").replace("</html>", "")


def test_averages_of_roles_stand_apart(tmp_path):
    path = tmp_path / "averages.html"
    averages_table(metrics_file(tmp_path, seeds=(1,)), path, NAMES)
    page = path.read_text(encoding="utf-8")
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", page)]
    first = {(row[0], row[1]): row for row in rows if row and row[3] == "RGB &amp; &lt;red&gt;"}
    assert list(first) == [
        (scope, kind)
        for scope in ("independent", "dependent", "all")
        for kind in ("macro", "micro")
    ]
    # S1 0.42, S2 0.43, S3 0.44.
    assert first["independent", "macro"][9] == "0.430"
    assert first["independent", "macro"][2] == "2 of 2"
    assert first["dependent", "macro"][9] == "0.430"
    assert first["dependent", "macro"][2] == "1 of 1"


@pytest.mark.parametrize(
    ("label", "width", "lines"),
    [
        ("gVV+gVH+COH, 1+1", 60, ["gVV+gVH+COH, 1+1"]),
        ("gVV+gVH+COH", 8, ["gVV+gVH+", "COH"]),
        ("gVV+gVH, 1+1", 10, ["gVV+gVH,", "1+1"]),
        ("terrain alone", 8, ["terrain", "alone"]),
    ],
)
def test_labels_break_after_a_band(label, width, lines):
    assert wrapped(label, width).split("\n") == lines


def test_no_figure_uses_pyplot():
    """Its global state would make figures depend on each other, and on a display."""
    import scarp.figures

    for file in Path(scarp.figures.__file__).parent.glob("*.py"):
        assert "pyplot" not in file.read_text(encoding="utf-8"), file
