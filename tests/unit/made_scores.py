"""Scores of the study's experiments, made of effects that are known."""

import numpy as np

from scarp.inference.factorial import EFFECTS
from scarp.metrics import Counts
from scarp.summary import Model, Score
from scarp.tables import experiments, read_feature_sets, read_scenarios
from wrong_inputs import ROOT

SCENARIOS = read_scenarios(ROOT / "config" / "scenarios.tsv")
FEATURE_SETS = read_feature_sets(ROOT / "config" / "feature_sets.tsv", SCENARIOS)
PIXELS = 10**9
SITES = tuple("ABCDEFGH")
#: Every event a group of its own.
ALONE = {site: site for site in SITES}


def grid(*features, scenarios=tuple(SCENARIOS)):
    usual = [name for name, row in FEATURE_SETS.items() if row.group != "control"]
    return experiments(FEATURE_SETS, SCENARIOS, features or usual, scenarios)


def scores(f1, trained, sites=SITES, seeds=(1,)):
    """A score of each experiment, site and seed; f1 of shape (experiment, site, seed)."""
    found = []
    for e, experiment in enumerate(trained):
        for s, site in enumerate(sites):
            for k, seed in enumerate(seeds):
                tp = round(PIXELS * f1[e, s, k])
                counts = Counts(tp, 0, 2 * (PIXELS - tp), 0)
                model = Model("roles", experiment.features, experiment.scenario, seed)
                found.append(Score(model, site, "independent", "archive", counts))
    return found


def made(trained, truth, sites=8, spread=0.0, noise=0.0, seeds=1, seed=0):
    """F1 of known effects, which differ between sites by `spread`."""
    generator = np.random.default_rng(seed)
    design = np.array([[of(one) for of in EFFECTS.values()] for one in trained])
    effects = np.array([truth.get(name, 0.0) for name in EFFECTS])
    own = effects + spread * generator.normal(size=(sites, len(EFFECTS)))
    level = generator.uniform(0.3, 0.5, sites)
    f1 = level + design @ own.T
    return f1[..., np.newaxis] + noise * generator.normal(size=(*f1.shape, seeds))
