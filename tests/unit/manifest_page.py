"""docs/experiments.md: the channels of every experiment of config/, in their order."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from scarp.channels import NO_EPOCH
from scarp.tables import Experiment, FeatureSet, experiments, read_feature_sets, read_scenarios
from wrong_inputs import ROOT


def tables() -> tuple[tuple[Experiment, ...], dict[str, FeatureSet]]:
    """The experiments that a run of config/config.yaml trains, and the feature sets."""
    scenarios = read_scenarios(ROOT / "config" / "scenarios.tsv")
    sets = read_feature_sets(ROOT / "config" / "feature_sets.tsv", scenarios)
    chosen = [name for name, row in sets.items() if row.group != "control"]
    return experiments(sets, scenarios, chosen, list(scenarios)), sets


def compact(channels: Sequence[str]) -> str:
    """Neighbours of one epoch share its name, as in `PRE1: gVV gVH`; a dot parts the epochs."""
    parts = (channel.partition("_")[::2] for channel in channels)
    return " · ".join(
        " ".join([*([] if epoch == NO_EPOCH else [f"{epoch}:"]), *(band for _, band in block)])
        for epoch, block in itertools.groupby(parts, key=lambda part: part[0])
    )


def expand(text: str) -> tuple[str, ...]:
    """The channels that `compact` wrote."""
    found = []
    for block in text.split(" · "):
        epoch, colon, bands = block.rpartition(": ")
        found += [f"{epoch if colon else NO_EPOCH}_{band}" for band in bands.split()]
    return tuple(found)


def page() -> str:
    """docs/experiments.md."""
    listed, sets = tables()
    counts = [len(experiment.channels) for experiment in listed]
    lines = [
        "# The experiments and their channels",
        "",
        f"{len(listed)} experiments with {min(counts)} to {max(counts)} channels, as",
        "`config/feature_sets.tsv` and `config/scenarios.tsv` give them. The order is that of the",
        "network's input; it is stored with every model and checked when the model is used.",
        "",
        "A channel's name is epoch and band (`PRE1_gVV`). Here neighbours of one epoch share its",
        "name: `PRE1: gVV gVH` stands for `PRE1_gVV`, `PRE1_gVH`. `DEM` and `SLOPE` have no epoch",
        "(`None_DEM`). Coherence is dated by its later scene: `PRE1_COHVV` needs the scene of PRE2",
        "too. A set without Sentinel-1 has the same channels in every scenario and runs once.",
        "",
        "Written by `python tests/unit/manifest_page.py`; a test holds it against the tables.",
    ]
    for features, rows in itertools.groupby(listed, key=lambda experiment: experiment.features):
        lines += [
            "",
            f"## {features}",
            "",
            f"{sets[features].label} ({sets[features].group})",
            "",
            "| scenario | channels | in this order |",
            "|---|---:|---|",
            *(
                f"| {row.scenario} | {len(row.channels)} | {compact(row.channels)} |"
                for row in rows
            ),
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (ROOT / "docs" / "experiments.md").write_text(page(), encoding="utf-8")
