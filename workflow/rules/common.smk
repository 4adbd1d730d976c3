# Tables, wildcard constraints, input functions and code hashes. The only file here with functions.
import re
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

# The library of this checkout, before any that is installed.
RULES = Path(workflow.current_basedir.get_path_or_uri(secret_free=True))
sys.path.insert(0, str(RULES.parent.resolve() / "scripts"))

from scarp import configuration, provenance, study as studies
from scarp.channels import all_channels
from scarp.errors import ScarpError

try:
    config.update(configuration.check(config))
    STUDY = studies.load(config)
except ScarpError as error:
    raise WorkflowError(
        f"The configuration or its tables are wrong.\n{error}"
    ) from None

if "roles" in config["study"]["splits"]:
    for group, events in STUDY.shared_groups().items():
        logger.warning(
            f"Events {', '.join(events)} are one group ({group}), and some train while another"
            " tests: scores of that site may flatter (split roles)."
        )


def one_of(names):
    """A wildcard pattern that matches just these names, or nothing where there are none."""
    return "|".join(map(re.escape, sorted(names))) or "(?!)"


wildcard_constraints:
    event=one_of(STUDY.events),
    split=one_of(STUDY.splits),
    family=one_of(config["study"]["splits"]),
    features=one_of(STUDY.feature_sets),
    scenario=one_of(STUDY.scenarios),
    seed=r"\d+",


def events_of(source):
    """Pattern of the events of one source."""
    return one_of(row.event for row in STUDY.events.values() if row.source == source)


def code(script):
    """Hash of the library code that a script uses: editing it reruns that script's rule only."""
    return provenance.code_hash(script)


# --- cubes


def simulated_event(wildcards):
    """What the simulated cube of an event depends on: its own row and dates, nobody else's."""
    row = STUDY.events[wildcards.event]
    world = config["simulate"]
    return {
        "event": row.event,
        "event_date": row.date,
        "orbit": row.orbit,
        "dates": {
            sensor: {
                a.epoch: a.date
                for a in STUDY.acquisitions[row.event]
                if a.sensor == sensor
            }
            for sensor in ("sentinel1", "sentinel2")
        },
        "optical": row.event not in world["without_optical_contrast"],
        "radar": row.event not in world["without_radar_contrast"],
    }


def simulated_world():
    """Settings of the simulated world that all events share."""
    names = ("seed", "smallest", "largest", "optical_contrast", "shuffle_labels")
    return {name: config["simulate"][name] for name in names}


def landslide4sense_event(wildcards):
    """The block of benchmark numbers that an event stands for."""
    return {"event": wildcards.event, "block": STUDY.events[wildcards.event].aoi}


def cubes_to_map():
    """Cubes of events that only get a map."""
    return [
        f"<results>/cubes/{row.event}.nc"
        for row in STUDY.events.values()
        if row.role == "apply"
    ]


# --- splits


def patches_of(events):
    """Patches files of these events."""
    return [f"<results>/patches/{event}.nc" for event in events]


def training_patches(wildcards):
    """Patches of the events that train or validate in a split."""
    return patches_of(STUDY.training_events(wildcards.split))


def split_members(wildcards):
    """Role and group of the events that train in a split."""
    return [
        [event, STUDY.events[event].role, STUDY.events[event].group]
        for event in STUDY.training_events(wildcards.split)
    ]


def site_patches(wildcards):
    """Patches of the events that test a split."""
    return patches_of(STUDY.sites(wildcards.split))


def site_tests(wildcards):
    """Lists of testing patches of a split, one per site, in the order of `site_patches`."""
    return [
        f"<results>/splits/{wildcards.split}/test/{event}.tsv"
        for event in STUDY.sites(wildcards.split)
    ]


def site_roles(wildcards):
    """Role of each site in a split."""
    return {
        event: STUDY.site_role(wildcards.split, event)
        for event in STUDY.sites(wildcards.split)
    }


def event_role(wildcards):
    """Role of one event."""
    return STUDY.events[wildcards.event].role


# --- experiments


def manifest(wildcards):
    """Channel manifest of an experiment."""
    for experiment in STUDY.experiments:
        if (experiment.features, experiment.scenario) == (
            wildcards.features,
            wildcards.scenario,
        ):
            return list(experiment.channels)
    raise WorkflowError(
        f"{wildcards.features} in {wildcards.scenario} is no experiment of this configuration.\n"
        "  cure: name it under study: features and scenarios; a set without Sentinel-1 runs in the"
        " scenario with the fewest dates only"
    )


def augmentation_of(row):
    """Augmentation set of a feature set: the row's own or the configuration's."""
    return row.augmentation or config["augmentation"]


def scope_of(row):
    """Scaling scope of a feature set: the row's own or the configuration's."""
    return row.scaling or config["scaling"]["scope"]


def augmentation(wildcards):
    """Augmentation set of an experiment."""
    return augmentation_of(STUDY.feature_sets[wildcards.features])


def scaling_scope(wildcards):
    """Scaling scope of an experiment."""
    return scope_of(STUDY.feature_sets[wildcards.features])


def training_events(wildcards):
    """Ids of the events that train or validate in a split, in the order of `training_patches`."""
    return list(STUDY.training_events(wildcards.split))


def learning():
    """Settings of a training that shape its result; threads and device do not."""
    return {
        k: v for k, v in config["training"].items() if k not in ("threads", "device")
    }


def gpus():
    """GPUs that a training or scoring job asks for."""
    return 0 if config["training"]["device"] == "cpu" else 1


def trained():
    """(split, features, scenario, seed) of every model, sorted: the tables' order says nothing."""
    return sorted(
        (split, experiment.features, experiment.scenario, seed)
        for split in STUDY.splits
        for experiment in STUDY.experiments
        for seed in config["study"]["seeds"]
    )


def of_model(split, features, scenario, seed, name):
    """One file of a model's folder."""
    return f"<results>/models/{split}/{features}/{scenario}/seed{seed}/{name}"


def of_models(name):
    """One file of every model's folder, in the order of `trained`."""
    return [of_model(*model, name) for model in trained()]


def of_splits(name):
    """One file of every split's folder."""
    return [f"<results>/splits/{split}/{name}" for split in STUDY.splits]


def all_manifests():
    """Every channel that some experiment uses, in manifest order."""
    used = {name for experiment in STUDY.experiments for name in experiment.channels}
    return [name for name in all_channels() if name in used]


def summaries():
    """Tables of scores."""
    return [
        f"<results>/summary/{name}.tsv"
        for name in ("metrics", "averages", "seeds", "baselines")
    ]


# --- report


def names():
    """What feature sets, scenarios and sites are called in figures and tables."""
    used = {experiment.features for experiment in STUDY.experiments}
    sets = {name: row for name, row in STUDY.feature_sets.items() if name in used}
    return {
        "features": {name: row.label for name, row in sets.items()},
        "groups": {name: row.group for name, row in sets.items()},
        "scenarios": {
            name: f"{row.pre}+{row.post}" for name, row in STUDY.scenarios.items()
        },
        "sites": {
            row.event: ", ".join(filter(None, (row.name, row.country)))
            for row in sorted(STUDY.events.values(), key=lambda row: row.event)
            if row.role != "apply"
        },
    }


def families():
    """The splits asked for; the folds of leave-event-out are one."""
    return list(config["study"]["splits"])


def in_family(split, family):
    """Whether a split is this one or a fold of it."""
    return split == family or split.startswith(f"{family}-")


def trained_in_family(wildcards):
    """(split, features, scenario, seed) of the models of a split or of all its folds."""
    return [model for model in trained() if in_family(model[0], wildcards.family)]


def of_family(name):
    """Input function: one file of every model of a split or of all its folds."""

    def files(wildcards):
        return [of_model(*model, name) for model in trained_in_family(wildcards)]

    return files


def augmentation_pairs():
    """Feature sets that differ in nothing but augmentation: (without, with) each."""
    by_rest = {}
    for name in names()["features"]:
        row = STUDY.feature_sets[name]
        by_rest.setdefault((row.bands, scope_of(row)), {}).setdefault(
            augmentation_of(row), name
        )
    return [
        [kinds["none"], kinds[kind]]
        for kinds in by_rest.values()
        if "none" in kinds
        for kind in kinds
        if kind != "none"
    ]


def any_simulated():
    """Whether any event that trains or tests is simulated."""
    return any(
        row.source == "simulated"
        for row in STUDY.events.values()
        if row.role != "apply"
    )


def is_shown(row, group):
    """Whether a feature set belongs to a group and is no ablation of another row."""
    return row.group == group and not row.augmentation and not row.scaling


def mapped_models(wildcards):
    """(features, scenario, seed) of the models drawn on a site's map: one seed, few experiments.

    Of each sensor group the experiments with the fewest and the most channels, first seed, without
    the rows that are there for an ablation.
    """
    seed = config["study"]["seeds"][0]
    chosen = []
    for group in ("sar", "optical", "fusion", "control"):
        own = sorted(
            (
                e
                for e in STUDY.experiments
                if is_shown(STUDY.feature_sets[e.features], group)
            ),
            key=lambda e: len(e.channels),
        )
        chosen += own[:1] + own[-1:]
    return [[e.features, e.scenario, seed] for e in dict.fromkeys(chosen)]


def predictions_of_site(wildcards):
    """Folders of predictions of the models on a site's map."""
    return [
        of_model(wildcards.split, *model, "predictions")
        for model in mapped_models(wildcards)
    ]


def figures():
    """Figures and tables of the report."""
    stems = ["f1_per_site", "training"]
    if any(
        STUDY.feature_sets[e.features].group in ("sar", "fusion")
        for e in STUDY.experiments
    ):
        stems.append("f1_by_dates")
    if augmentation_pairs():
        stems.append("augmentation")
    return [
        *(f"<results>/summary/{family}_scores.html" for family in families()),
        *(
            f"<results>/figures/{family}_{stem}.svg"
            for family in families()
            for stem in stems
        ),
        *(
            f"<results>/figures/maps/{split}_{event}.png"
            for split in STUDY.splits
            for event in STUDY.sites(split)
        ),
    ]
