"""Conclusions of a study whose truth is known: tables, page, and who chooses the best set."""

import csv
import html
import re
from dataclasses import replace

import numpy as np
import pytest

from made_scores import ALONE, FEATURE_SETS, SCENARIOS, SITES, grid, scores
from scarp.conclusions import conclude, kept_f1, write_contrasts, write_effects, write_findings
from scarp.contrasts import of_study, read_contrasts
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


def study(folder, effect, validated="rgb-nir", dependent="AB"):
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
    return rows, conclude(rows, histories, planned, TRAINED, ALONE, 0.02)


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
