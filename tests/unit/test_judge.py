"""From scores of the whole study to a paragraph, with effects that are known."""

import numpy as np

from made_scores import ALONE, FEATURE_SETS, SCENARIOS, grid, made, scores
from scarp.contrasts import of_study, read_contrasts
from scarp.inference.comparison import judge
from scarp.inference.findings import findings
from scarp.summary import Model
from wrong_inputs import ROOT

PLANNED = read_contrasts(ROOT / "config" / "contrasts.tsv", FEATURE_SETS, SCENARIOS)
TRAINED = grid()


def judged(truth, validation, spread=0.01):
    f1 = made(TRAINED, truth, spread=spread, noise=0.01, seeds=3)
    seeds = (1, 2, 3)
    return judge(
        of_study(PLANNED, TRAINED),
        scores(f1, TRAINED, seeds=seeds),
        {
            Model("roles", one.features, one.scenario, seed): validation(one)
            for one in TRAINED
            for seed in seeds
        },
        ALONE,
    )


def fullest(experiment):
    return len(experiment.channels)


def test_the_papers_questions_get_the_answers_that_were_built_in():
    truth = {"coherence": 0.06, "SWIR": -0.05, "each date before": 0.02, "each date after": 0.02}
    results = {one.contrast.contrast: one for one in judged(truth, fullest)}
    assert set(results) == {one.contrast for one in PLANNED}
    assert results["coherence"].verdict == "better"
    assert results["dates-sar"].verdict == "better"
    assert abs(results["dates-sar"].difference - 0.08) < 0.03
    assert results["swir"].verdict == "worse"
    assert results["haa"].verdict == "equivalent"
    said = " ".join(findings(list(results.values())))
    assert "Adding coherence to gVV+gVH raises F1 by 0.0" in said
    assert "Adding SWIR to RGB+NIR lowers F1 by 0.0" in said


def test_other_effects_make_another_paragraph():
    said = " ".join(findings(judged({"SWIR": 0.05}, fullest)))
    assert "Adding SWIR to RGB+NIR raises F1 by 0.0" in said
    assert "Adding coherence to gVV+gVH raises" not in said


def test_events_that_disagree_leave_the_questions_open():
    results = judged({}, fullest, spread=0.1)
    (sentence,) = findings(results)
    assert sentence.startswith("Undecided")
    assert all(one.contrast.label in sentence for one in results)


def test_the_best_are_chosen_by_validation_whatever_the_test_says():
    best = ("gamma0-ndvi/1pre-3post", "ndvi/1pre-1post")

    def validation(experiment):
        return float(f"{experiment.features}/{experiment.scenario}" in best)

    # At the test sites SWIR is what helps, and neither of the two has it.
    results = judged({"SWIR": 0.3, "Sentinel-1": 0.05}, validation)
    (fusion,) = [one for one in results if one.contrast.question == "fusion"]
    assert (fusion.a, fusion.b) == ((best[0],), (best[1],))
    assert abs(fusion.difference - 0.05) < 0.03
    assert f"best-fusion: {best[0]}, best-optical: {best[1]}" in " ".join(findings(results))
    assert np.isfinite(fusion.interval).all()
