# Tables, wildcard constraints, input functions and code hashes. The only file here with functions.
import re
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

# The library, for where it is not installed.
sys.path.insert(0, str(Path(workflow.basedir, "scripts").resolve()))

from scarp import configuration, provenance, study as studies
from scarp.channels import all_channels
from scarp.errors import ScarpError

try:
    config.update(configuration.check(config))
    STUDY = studies.load(config)
except ScarpError as error:
    raise WorkflowError(f"The configuration or its tables are wrong.\n{error}") from None


def one_of(names):
    """A wildcard pattern that matches just these names, or nothing where there are none."""
    return "|".join(map(re.escape, sorted(names))) or "(?!)"


wildcard_constraints:
    event=one_of(STUDY.events),
    split=one_of(STUDY.splits),
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
            sensor: {a.epoch: a.date for a in STUDY.acquisitions[row.event] if a.sensor == sensor}
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
        f"<results>/cubes/{row.event}.nc" for row in STUDY.events.values() if row.role == "apply"
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
    return {event: STUDY.site_role(wildcards.split, event) for event in STUDY.sites(wildcards.split)}


def event_role(wildcards):
    """Role of one event."""
    return STUDY.events[wildcards.event].role


# --- experiments


def manifest(wildcards):
    """Channel manifest of an experiment."""
    for experiment in STUDY.experiments:
        if (experiment.features, experiment.scenario) == (wildcards.features, wildcards.scenario):
            return list(experiment.channels)
    raise WorkflowError(
        f"{wildcards.features} in {wildcards.scenario} is no experiment of this configuration.\n"
        "  cure: name it under study: features and scenarios; a set without Sentinel-1 runs in the"
        " scenario with the fewest dates only"
    )


def augmentation(wildcards):
    """Augmentation set of an experiment: the row's own or the configuration's."""
    return STUDY.feature_sets[wildcards.features].augmentation or config["augmentation"]


def scaling_scope(wildcards):
    """Scaling scope of an experiment: the row's own or the configuration's."""
    return STUDY.feature_sets[wildcards.features].scaling or config["scaling"]["scope"]


def training_events(wildcards):
    """Ids of the events that train or validate in a split, in the order of `training_patches`."""
    return list(STUDY.training_events(wildcards.split))


def learning():
    """Settings of a training that shape its result; threads and device do not."""
    return {k: v for k, v in config["training"].items() if k not in ("threads", "device")}


def gpus():
    """GPUs that a training or scoring job asks for."""
    return 0 if config["training"]["device"] == "cpu" else 1


def trained():
    """(split, features, scenario, seed) of every model, in the tables' order."""
    return [
        (split, experiment.features, experiment.scenario, seed)
        for split in STUDY.splits
        for experiment in STUDY.experiments
        for seed in config["study"]["seeds"]
    ]


def of_models(name):
    """One file of every model's folder, in the order of `trained`."""
    return [
        f"<results>/models/{split}/{features}/{scenario}/seed{seed}/{name}"
        for split, features, scenario, seed in trained()
    ]


def of_splits(name):
    """One file of every split's folder."""
    return [f"<results>/splits/{split}/{name}" for split in STUDY.splits]


def all_manifests():
    """Every channel that some experiment uses, in manifest order."""
    used = {name for experiment in STUDY.experiments for name in experiment.channels}
    return [name for name in all_channels() if name in used]


def summaries():
    """Tables of scores."""
    return [f"<results>/summary/{name}.tsv" for name in ("metrics", "averages", "baselines")]


def figures():
    """Figures of the report."""
    return []
