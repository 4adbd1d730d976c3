"""Conclusions of a study whose truth is known: tables, page, and who chooses the best set."""

import csv
import html
import re
from dataclasses import replace

import numpy as np
import pytest

from made_scores import ALONE, FEATURE_SETS, SCENARIOS, SITES, grid, scores
from scarp.assessments import StratumRow
from scarp.conclusion_files import write_conclusions, write_contrasts, write_effects, write_findings
from scarp.conclusions import conclude, kept_f1
from scarp.contrasts import Side, of_study, read_contrasts
from scarp.errors import DataError
from scarp.figures.contrasts import contrasts_figure
from scarp.tsv import write_table

TRAINED = grid("gamma0", "gamma0-coh", "rgb-nir", "ndvi", "gamma0-rgb-nir")
SEEDS = (1, 2, 3)
TABLE = (
    "contrast\tquestion\tlabel\ta\tb\tmetric\n"
    "coherence\tfeatures\tadding coherence\tgamma0-coh/3pre-3post\tgamma0/3pre-3post\tf1\n"
    "fusion\tfusion\tusing both\tbest-fusion\tbest-optical\tf1\n"
)


def study(folder, effect, validated="rgb-nir", dependent="AB", shadowed=0.3):
    """Rows and conclusions; coherence adds `effect`, NDVI tests 0.3 above all others."""
    random = np.random.default_rng(1)
    shape = (len(TRAINED), len(SITES), len(SEEDS))
    f1 = 0.4 + 0.004 * random.normal(size=shape)
    for number, one in enumerate(TRAINED):
        f1[number] += effect if one.features == "gamma0-coh" else 0
        f1[number] += 0.3 if one.features == "ndvi" else 0
    rows = [
        replace(one, role="dependent" if one.site in dependent else "independent")
        for one in scores(f1, TRAINED, seeds=SEEDS)
    ]
    histories = {}
    for model in {one.model for one in rows}:
        histories[model] = folder / f"{'_'.join(map(str, model))}.tsv"
        best = 0.9 if model.features == validated else 0.5
        table = ((1, 0.99, 0), (2, best, 1))
        write_table(histories[model], ("epoch", "validation_f1", "kept"), table)
    (folder / "contrasts.tsv").write_text(TABLE, encoding="utf-8")
    planned = of_study(read_contrasts(folder / "contrasts.tsv", FEATURE_SETS, SCENARIOS), TRAINED)
    sensors = {
        "sar": Side("best-sar", (("gamma0", "3pre-3post"), ("gamma0-coh", "3pre-3post"))),
        "optical": Side("best-optical", (("ndvi", "1pre-1post"), ("rgb-nir", "1pre-1post"))),
    }
    geometry = [row for one in rows for row in strata(one, shadowed)]
    return rows, conclude(rows, geometry, histories, planned, sensors, TRAINED, ALONE, 0.02)


def strata(score, shadowed):
    """Recall 0.8, less by `shadowed` for SAR inside of certain layover or shadow."""
    sar = score.model.features.startswith("gamma0")
    for stratum, pixels in (("none", 900), ("possible", 5000), ("certain", 100)):
        recall = 0.8 - (shadowed if sar and stratum == "certain" else 0)
        recall += 0.01 * (ord(score.site) % 3) - 0.003 * score.model.seed
        tp = round(pixels * recall) if stratum != "possible" else 0
        kind = "layover_shadow_approximate"
        yield StratumRow(
            score.model, score.site, score.role, kind, stratum, 3, tp, 5, pixels - tp, 99
        )


def table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def paragraph(folder, rows, found):
    write_findings(folder / "findings.html", found, rows, "roles")
    page = (folder / "findings.html").read_text(encoding="utf-8")
    return html.unescape(re.search(r"<h2>All sites</h2>\n<p>(.*?)</p>", page)[1])


def test_the_paragraph_follows_the_truth(tmp_path):
    told = {}
    for effect in (0.1, 0.0, -0.1):
        rows, found = study(tmp_path, effect)
        told[effect] = paragraph(tmp_path, rows, found)
    assert re.search(r"Adding coherence raises F1 by 0\.(09|10)\d \(95 % interval", told[0.1])
    assert "Adding coherence changes F1 by less than 0.02" in told[0.0]
    assert "Adding coherence lowers F1 by" in told[-0.1]
    assert "8 groups, 3 seeds" in told[0.1]


def test_layover_and_shadow_are_told_as_they_are(tmp_path):
    """Where radar loses recall there, where it does not, and where optical images lose as much."""
    for shadowed, said in (
        (
            0.3,
            r"In layover or radar shadow the SAR set gamma0/3pre-3post finds 0\.(29|30)\d less of"
            r" the landslide pixels than outside \(recall \N{MINUS SIGN}0\.(29|30)\d, 95 % .*"
            r"There SAR loses 0\.(29|30)\d more recall than optical images do",
        ),
        (0.0, r"Layover and radar shadow change by less than the margin what the SAR set"),
        (-0.1, r"There SAR loses 0\.(09|10)\d less recall than optical images do"),
    ):
        rows, found = study(tmp_path, 0.0, shadowed=shadowed)
        paths = {name: tmp_path / name for name in ("contrasts", "effects", "geometry")}
        paths |= {name: tmp_path / name for name in ("findings", "front")}
        write_conclusions(paths, found, rows, "roles")
        page = html.unescape(paths["findings"].read_text(encoding="utf-8"))
        assert re.search(said, page)
        assert "At 8 sites layover and shadow are approximate" in page
        front = paths["front"].read_text(encoding="utf-8").replace("\\", "")
        assert re.search(said, front)
        sar = table(paths["geometry"])[0]
        assert (sar["scope"], sar["sensor"], sar["groups"]) == ("all", "sar", "8")
        assert (sar["pixels_inside"], sar["pixels_outside"]) == ("800", "7200")
        assert float(sar["difference"]) == pytest.approx(-shadowed, abs=0.01)


def test_validation_chooses_and_the_test_scores_do_not(tmp_path):
    """NDVI tests best by far; where validation prefers RGB+NIR that is what fusion is held to."""
    _, found = study(tmp_path, 0.0)
    (fusion,) = [r for r in found[0].results if r.contrast.contrast == "fusion"]
    assert fusion.b == ("rgb-nir/1pre-1post",)
    assert fusion.verdict == "equivalent"
    _, found = study(tmp_path, 0.0, validated="ndvi")
    (fusion,) = [r for r in found[0].results if r.contrast.contrast == "fusion"]
    assert fusion.b == ("ndvi/1pre-1post",)
    assert fusion.verdict == "worse"


def test_tables_have_a_row_per_scope_and_contrast_or_effect(tmp_path):
    _, found = study(tmp_path, 0.1)
    assert [one.scope for one in found] == ["all", "independent", "dependent"]
    write_contrasts(tmp_path / "contrasts.out", found)
    rows = table(tmp_path / "contrasts.out")
    assert [(row["scope"], row["contrast"]) for row in rows] == [
        (scope, contrast)
        for scope in ("all", "independent", "dependent")
        for contrast in ("coherence", "fusion")
    ]
    first = rows[0]
    assert float(first["low"]) < float(first["difference"]) < float(first["high"])
    assert (first["verdict"], first["groups"], first["seeds"]) == ("better", "8", "3")
    assert float(first["smallest_p"]) == 2**-7
    write_effects(tmp_path / "effects.out", found)
    effects = {
        row["effect"]: row for row in table(tmp_path / "effects.out") if row["scope"] == "all"
    }
    assert float(effects["coherence"]["difference"]) == pytest.approx(0.1, abs=0.01)
    assert effects["H/A/alpha"]["remark"] == "the same in every experiment"
    assert effects["H/A/alpha"]["difference"] == ""


def test_a_role_that_all_sites_have_is_not_told_twice(tmp_path):
    _, found = study(tmp_path, 0.1, dependent="")
    assert [one.scope for one in found] == ["all"]


def test_the_figure_says_what_it_shows(tmp_path):
    _, found = study(tmp_path, 0.1)
    write_contrasts(tmp_path / "contrasts.out", found)
    figures = tmp_path / "contrasts.svg", tmp_path / "contrasts.png"
    contrasts_figure(tmp_path / "contrasts.out", figures, "roles", simulated=True)
    drawn = figures[0].read_text(encoding="utf-8")
    for text in ("adding coherence", "(8 groups, 3 seeds)", "independent sites", "undecided"):
        assert text in drawn
    assert "simulated" in drawn
    again = tmp_path / "again.svg"
    contrasts_figure(tmp_path / "contrasts.out", [again], "roles", simulated=True)
    assert again.read_bytes() == figures[0].read_bytes()


def test_a_history_without_a_kept_epoch_is_refused(tmp_path):
    path = tmp_path / "history.tsv"
    write_table(path, ("epoch", "validation_f1", "kept"), [(1, 0.5, 0)])
    with pytest.raises(DataError, match="0 epochs are marked as kept"):
        kept_f1(path)
    write_table(path, ("epoch", "validation_f1", "kept"), [(1, "", 1)])
    assert kept_f1(path) is None
