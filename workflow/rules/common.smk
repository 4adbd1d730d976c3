# Tables, wildcard constraints, input functions and code hashes. The only file here with functions.
import os
import re
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

# The library of this checkout, before any that is installed.
RULES = Path(workflow.current_basedir.get_path_or_uri(secret_free=True))
sys.path.insert(0, str(RULES.parent.resolve() / "scripts"))

from scarp import configuration, product_files, provenance, study as studies
from scarp.acquire.archive import (
    INVENTORY,
    NAME,
    SCENES,
    SIDES,
    SIMULATED,
    patches_name,
    top_of,
)
from scarp.channels import EPOCHS, all_channels, bands_of
from scarp.acquisition import inventory_file, is_acquired
from scarp.comparable import compared_events, compared_pairs, imaged_epochs, unproven
from scarp.errors import ScarpError
from scarp.mapping.asked import events_to_map
from scarp.model_header import fingerprints
from scarp.pools import pools
from scarp.scenes import (
    LIST,
    chained,
    earlier_epoch,
    engine_of,
    epochs_of_sentinel1,
    geometry_epoch,
    listed,
    scene_folder,
    scenes_of,
)
from scarp.sources import archive_file, dates_of, dem_path, is_downloaded

try:
    config.update(configuration.check(config))
    STUDY = studies.load(config)
except ScarpError as error:
    raise WorkflowError(
        f"The configuration or its tables are wrong.\n{error}"
    ) from None


def runs_on_cluster():
    """Whether jobs run on nodes of a cluster; `--jobs` says how many at a time."""
    return workflow.global_resources["_nodes"].value is not None


# What the user grants (--resources, a profile) stands before what this machine has. A request for
# more than there is becomes a request for all of it: such a job runs alone. Snakemake also starts
# itself for single jobs, which bring what they were granted.
if workflow.is_main_process:
    for name, amount in pools(runs_on_cluster()).items():
        workflow.global_resources.setdefault(name, amount)

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
    epoch=one_of(EPOCHS),
    seed=r"\d+",
    part=one_of(SIDES),


def events_of(source):
    """Pattern of the events of one source."""
    return one_of(row.event for row in STUDY.events.values() if row.source == source)


def code(script):
    """Hash of the library code that a script uses: editing it reruns that script's rule only."""
    return provenance.code_hash(script)


def growing(amount):
    """Resource function: memory or time of the first attempt, as much again at each further one.

    What Snakemake tries again (`retries`, as on a cluster) may have failed for want of either.
    """

    def of_attempt(wildcards, attempt):
        return amount * attempt

    return of_attempt


# --- cubes


def simulated_event(wildcards):
    """What the simulated cube of an event depends on: its own row and dates, nobody else's."""
    row = STUDY.events[wildcards.event]
    world = config["simulate"]
    return {
        "event": row.event,
        "event_date": row.date,
        "orbit": row.orbit,
        "dates": dates_of(STUDY.acquisitions[row.event]),
        "optical": row.event not in world["without_optical_contrast"],
        "radar": row.event not in world["without_radar_contrast"],
    }


def simulated_world():
    """Settings of the simulated world that all events share."""
    names = ("seed", "smallest", "largest", "optical_contrast", "shuffle_labels")
    return {name: config["simulate"][name] for name in names}


def events_simulated_as_scenes():
    """Pattern of the simulated events that start as SLC products beside optical products."""
    world = config["simulate"]
    return one_of(set(world["scenes"]) - set(world["catalogue"]))


def events_with_simulated_catalogue():
    """Pattern of the simulated events that start as SLC products beside optical tiles."""
    return one_of(config["simulate"]["catalogue"])


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


# --- archive

ARCHIVE = archive_file(config)
ARCHIVE_IS_ZIP = not Path(ARCHIVE).is_dir()


def archive_path(wildcards):
    """The archive's zip or folder."""
    return ARCHIVE


def archive_inputs(wildcards):
    """What the cube of a published event is read from: the zip, or its part of the folder."""
    if ARCHIVE_IS_ZIP:
        return [ARCHIVE]
    top = top_of(ARCHIVE)
    return [f"{top}/{SCENES}/{wildcards.event}", f"{top}/{INVENTORY}"]


def archive_event(wildcards):
    """What the cube of a published event depends on beside the archive: its own row and dates."""
    row = STUDY.events[wildcards.event]
    return {
        "event": row.event,
        "event_date": row.date,
        "orbit": row.orbit,
        "dates": dates_of(STUDY.acquisitions[row.event]),
        "channels": list(STUDY.channels_of(row.event)),
    }


def archive_remote():
    """Where the archive is fetched from, and what is to arrive."""
    return {name: config["archive"][name] for name in ("url", "size", "md5")}


def published_files():
    """The files of published patches, in the order of their parts."""
    if ARCHIVE_IS_ZIP:
        return [f"<results>/archive/{patches_name(part)}" for part in SIDES]
    return [f"{top_of(ARCHIVE)}/{patches_name(part)}" for part in SIDES]


def published_scenes():
    """Where the elevation of all published events is read from."""
    return [ARCHIVE if ARCHIVE_IS_ZIP else f"{top_of(ARCHIVE)}/{SCENES}"]


def published_events():
    """Pattern of the events whose patches come from the archive rather than from their cubes."""
    if config["patches"]["origin"] == "own":
        return one_of(())
    return events_of("archive")


def cut_events():
    """Pattern of the events whose patches are cut from their cubes."""
    published = re.compile(published_events())
    return one_of(event for event in STUDY.events if not published.fullmatch(event))


def any_published():
    """Whether any patches come from the archive."""
    return config["patches"]["origin"] == "published"


def published_in_table():
    """Role in the table of every event that comes from the archive."""
    return {event: STUDY.events[event].role for event in events_from_archive()}


def archive_events():
    """Published events as a simulated archive needs them."""
    return [
        {
            "event": row.event,
            "event_date": row.date,
            "orbit": row.orbit,
            "role": row.role,
            "dates": dates_of(STUDY.acquisitions[row.event])["sentinel1"],
            "optical_dates": dates_of(STUDY.acquisitions[row.event])["sentinel2"],
            "name": row.name,
            "country": row.country,
        }
        for row in STUDY.events.values()
        if row.source == "archive"
    ]


def events_from_archive():
    """Events of source archive that train or test, sorted."""
    return sorted(
        row.event
        for row in STUDY.events.values()
        if row.source == "archive" and row.role != "apply"
    )


def archive_facts():
    """Facts of the events that come from the archive."""
    return [f"<results>/events/{event}.json" for event in events_from_archive()]


def archive_optical_dates():
    """Event -> epoch -> date of the Sentinel-2 images that come from the archive."""
    return {
        event: dates_of(STUDY.acquisitions[event])["sentinel2"]
        for event in events_from_archive()
    }


def archive_layout():
    """How the patches of a simulated archive are cut; radar shadow and cloud leave few whole ones."""
    layout = {name: config["patches"][name] for name in ("size", "stride")}
    return {**layout, "valid_share": 0.5}


def archive_hidden():
    """Events of a simulated archive whose landslides a sensor does not show."""
    world = config["simulate"]
    return {
        "optical": world["without_optical_contrast"],
        "radar": world["without_radar_contrast"],
    }


def downloads():
    """What is still to be fetched: what it is -> bytes. Images and elevation hardly count."""
    found = {}
    fetched = config["archive"]["path"] == "" and events_from_archive()
    if fetched and not is_downloaded(config):
        found["the published archive"] = config["archive"]["size"]
    for event in sorted(ACQUIRED):
        dates = dates_of(STUDY.acquisitions[event])["sentinel1"]
        folder = Path(config["pathvars"]["resources"], "sentinel1", event)
        left = [epoch for epoch in dates if not (folder / epoch / LIST).is_file()]
        if left:
            what = f"Sentinel-1 of {event}, {len(left)} dates of one product each"
            found[what] = len(left) * SLC_BYTES
    return found


# --- products


def scenes_event(wildcards):
    """What an event's cube depends on beside its products: its own row and dates."""
    row = STUDY.events[wildcards.event]
    return {
        "event": row.event,
        "event_date": row.date,
        "dates": dates_of(STUDY.acquisitions[row.event]),
        "needs_labels": row.role != "apply",
    }


def products_of_event(wildcards):
    """Files that an event's acquisitions call for, terrain first, and what is there of the rest."""
    row = scenes_event(wildcards)
    folder = f"<results>/products/{wildcards.event}"
    there = Path(workflow.pathvars.apply(folder))
    chosen = (row["dates"], row["needs_labels"])
    made = set()
    if wildcards.event in ACQUIRED:
        made.update(product_files.optional_files(*chosen))
        if not polygons_of(wildcards.event):
            made.discard(product_files.LABELS)
    if wildcards.event in config["simulate"]["catalogue"]:
        made.update(product_files.optional_files(*chosen))
    return [f"{folder}/{name}" for name in product_files.required_files(*chosen)] + [
        f"{folder}/{name}"
        for name in product_files.optional_files(*chosen)
        if name in made or (there / name).is_file()
    ]


# --- acquisition

ACQUIRE = config["acquire"]
#: A Sentinel-1 IW SLC product, zipped: about 4 GB.
SLC_BYTES = 4_000_000_000
ACQUIRED = {row.event for row in STUDY.events.values() if is_acquired(row, config)}


def acquired_events():
    """Pattern of the events of which the workflow finds and fetches what they need."""
    return one_of(ACQUIRED)


def labelled_events():
    """Pattern of the acquired events whose polygons become labels."""
    return one_of(event for event in ACQUIRED if polygons_of(event))


def polygons_of(event):
    """The landslide polygons of an event: a list of one file, or of none."""
    path = inventory_file(event, config)
    return [path] if Path(path).is_file() else []


def polygons_of_event(wildcards):
    """The landslide polygons of a job's event."""
    return polygons_of(wildcards.event)


def mapped_area_of_event(wildcards):
    """The ground of a job's event that was searched for landslides: one file, or none."""
    path = ACQUIRE["mapped_area"].format(event=wildcards.event)
    return [path] if path else []


def event_date(wildcards):
    """Day of a job's event."""
    return STUDY.events[wildcards.event].date


def area_of_event(wildcards):
    """What an event's area is made of."""
    row = STUDY.events[wildcards.event]
    return {"aoi": row.aoi, "margin": ACQUIRE["margin"]}


def events_without_dem():
    """Pattern of the acquired events whose elevation is not there yet.

    What lies there is not fetched again, whoever put it there.
    """
    return one_of(
        event for event in ACQUIRED if not Path(dem_path(event, config)).is_file()
    )


def sought_scenes(wildcards):
    """What of Sentinel-1 an event looks for: its date and track, and rows (epoch, day, product)."""
    row = STUDY.events[wildcards.event]
    rows = [
        [one.epoch, one.date, one.product]
        for one in STUDY.acquisitions[wildcards.event]
        if one.sensor == "sentinel1"
    ]
    return {"event_date": row.date, "rows": rows, **track_of_event(wildcards)}


def sought_image(wildcards):
    """What of Sentinel-2 an event looks for in an epoch: its date, and day and products if named."""
    rows = [
        one
        for one in STUDY.acquisitions[wildcards.event]
        if (one.sensor, one.epoch) == ("sentinel2", wildcards.epoch)
    ]
    return {
        "event_date": STUDY.events[wildcards.event].date,
        "day": next((one.date for one in rows if one.date), ""),
        "products": [one.product for one in rows if one.product],
    }


def optical_products(wildcards):
    """Optical products of an acquired event, with their masks, in the order of epochs."""
    epochs = dates_of(STUDY.acquisitions[wildcards.event])["sentinel2"]
    return [
        f"<results>/products/{wildcards.event}/{name}_{epoch}.tif"
        for epoch in EPOCHS
        if epoch in epochs
        for name in ("optical", "optical_valid")
    ]


def proposals():
    """What there is to check of the acquired events before anything large is fetched."""
    return [
        f"<results>/acquired/{event}/{name}"
        for event in sorted(ACQUIRED)
        for name in ("acquisitions.tsv", "sentinel1.tsv", "looks.png")
    ]


def acquired_files():
    """All that is fetched: the published archive, and what acquired events need."""
    files = []
    if config["archive"]["path"] == "" and events_from_archive():
        files.append(ARCHIVE)
    for event in sorted(ACQUIRED):
        dates = dates_of(STUDY.acquisitions[event])
        files += [f"<results>/products/{event}/terrain.tif"]
        files += [
            f"<results>/products/{event}/optical_{epoch}.tif"
            for epoch in dates["sentinel2"]
        ]
        files += [
            f"<resources>/sentinel1/{event}/{epoch}/{LIST}"
            for epoch in dates["sentinel1"]
        ]
        if polygons_of(event):
            files.append(f"<results>/products/{event}/labels.tif")
    return files


# --- Sentinel-1


def events_of_engine(*engines):
    """Pattern of the events whose Sentinel-1 products one of these engines makes."""
    return one_of(row.event for row in rows_of_engine(*engines))


def rows_of_engine(*engines):
    """Events that have Sentinel-1 epochs, whose products one of these engines makes."""
    return [
        row
        for row in STUDY.events.values()
        if row.source == "scenes"
        and engine_of(row, config) in engines
        and epochs_of_sentinel1(STUDY.acquisitions[row.event])
    ]


def geometries():
    """Layover, shadow and local incidence of the events that an engine works on."""
    return [
        f"<results>/products/{row.event}/geometry.tif"
        for row in rows_of_engine("embedded", "snap")
    ]


def track_of_event(wildcards):
    """The track that an event's scenes must be of, as far as the table says."""
    row = STUDY.events[wildcards.event]
    return {"orbit": row.orbit, "relative_orbit": row.relative_orbit}


def place_of_event(wildcards):
    """What an event's Sentinel-1 products depend on beside scenes and DEM."""
    heights = config["sentinel1"]["dem_heights"]
    return {"dem_heights": heights, **track_of_event(wildcards)}


def dem_of_event(wildcards):
    """Elevation that an event's Sentinel-1 products are made with."""
    return dem_path(wildcards.event, config)


def terrain_of_event(wildcards):
    """The file whose grid is the event's; of a published event it is made for parity only."""
    if STUDY.events[wildcards.event].source == "archive":
        return f"<results>/parity/{wildcards.event}/terrain.tif"
    return f"<results>/products/{wildcards.event}/terrain.tif"


def own_epoch(wildcards):
    """The epoch of a job."""
    return wildcards.epoch


def imaged(event):
    """Epochs of which an event's scenes are there."""
    return imaged_epochs(STUDY.events[event], STUDY.acquisitions[event], config)


def epoch_of_geometry(wildcards):
    """The epoch whose orbit an event's geometry is made with."""
    return geometry_epoch(epochs_of_sentinel1(STUDY.acquisitions[wildcards.event]))


def scenes(event, epoch):
    """SAFE folders and zips of an event's epoch, or the folder that they are fetched into."""
    resources = config["pathvars"]["resources"]
    if event in config["simulate"]["scenes"]:
        return [f"{resources}/sentinel1/{event}/{epoch}.SAFE"]
    if event in ACQUIRED:
        return [str(scene_folder(resources, event, epoch))]
    return scenes_of(resources, event, epoch, STUDY.acquisitions[event])[0]


def inputs(event, epoch):
    """What a job that reads an epoch waits for: its scenes, their list where they are fetched, or
    all simulated ones of the event."""
    if event in config["simulate"]["scenes"]:
        return [f"<resources>/sentinel1/{event}"]
    if event in ACQUIRED:
        return [f"<resources>/sentinel1/{event}/{epoch}/{LIST}"]
    return scenes(event, epoch)


def inputs_of_epoch(wildcards):
    """What a job waits for, for its own epoch."""
    return inputs(wildcards.event, wildcards.epoch)


def inputs_of_earlier_epoch(wildcards):
    """What a job waits for, for the epoch before its own."""
    return inputs(wildcards.event, earlier_epoch(wildcards.epoch))


def inputs_of_geometry(wildcards):
    """What a job waits for, for the epoch that the geometry is made with."""
    return inputs(wildcards.event, epoch_of_geometry(wildcards))


def scenes_of_epoch(wildcards):
    """Scenes of a job's epoch."""
    return scenes(wildcards.event, wildcards.epoch)


def scenes_of_earlier_epoch(wildcards):
    """Scenes of the epoch before a job's."""
    return scenes(wildcards.event, earlier_epoch(wildcards.epoch))


def scenes_of_geometry(wildcards):
    """Scenes of the epoch that the geometry is made with."""
    return scenes(wildcards.event, epoch_of_geometry(wildcards))


def sentinel1_orbits():
    """Folder of orbit files; it need not exist."""
    return config["sentinel1"]["orbits"]


def sentinel1_processing():
    """The numbers that Sentinel-1 products are computed with."""
    return config["sentinel1"]["processing"]


# --- SNAP

SNAP = config["sentinel1"]["snap"]


def snap_choices():
    """Settings of SNAP that shape a product; where it is installed does not."""
    return {name: SNAP[name] for name in ("orbit", "spectral_diversity")}


def snap_installation():
    """Which SNAP runs; read by scripts, no reason to make a product again."""
    return {name: SNAP[name] for name in ("gpt", "version", "auxdata")}


def snap_scenes():
    """Names of the scenes that SNAP will read, as far as they are there."""
    return sorted(
        {
            Path(scene).name
            for row in rows_of_engine("snap")
            for epoch in imaged(row.event)
            for scene in listed(scenes(row.event, epoch))
        }
    )


def graphs_of_snap():
    """The resolved graph of every run of SNAP that the events of engine snap need."""
    return [
        f"<results>/graphs/{row.event}/{kind}_{epoch}.xml"
        for row in rows_of_engine("snap")
        for kind, epoch in runs_of(row.event)
    ]


def runs_of(event):
    """Runs of SNAP that an event's products need: (kind, epoch), in time order."""
    epochs = epochs_of_sentinel1(STUDY.acquisitions[event])
    later = [pair[1] for pair in chained(epochs)]
    for epoch in epochs:
        yield "backscatter", epoch
        if epoch in later:
            yield "coherence", epoch
        yield "haalpha", epoch


def template(kind):
    """Hash of a graph's template: editing it makes the products of its kind anew."""
    return provenance.file_hash(RULES.parent / "graphs" / f"{kind}.xml")


def template_of_graph(wildcards):
    """Hash of the template of a graph."""
    return template(wildcards.kind)


def inputs_of_graph(wildcards):
    """Scenes that a graph reads."""
    epochs = [wildcards.epoch]
    if wildcards.kind == "coherence":
        epochs.append(earlier_epoch(wildcards.epoch))
    return [path for epoch in epochs for path in inputs(wildcards.event, epoch)]


def scenes_before_graph(wildcards):
    """Scenes of the earlier date of a graph of coherence; none for the other kinds."""
    if wildcards.kind != "coherence":
        return []
    return scenes_of_earlier_epoch(wildcards)


def snap_geometry_of_event(wildcards):
    """The geometry that came with the backscatter of one epoch."""
    epoch = epoch_of_geometry(wildcards)
    return f"<results>/snap/{wildcards.event}/geometry_{epoch}.tif"


# --- parity

PARITY_EVENTS = compared_events(STUDY.events, STUDY.acquisitions, config)


def compared_with(engine):
    """Pattern of the compared events for which an engine makes products for that reason alone."""
    chosen = config["parity"]["engines"]
    own = {row.event for row in rows_of_engine(engine)}
    return one_of(set(PARITY_EVENTS) - own if engine in chosen else ())


def parity_side(event, engine):
    """What of an event is compared: {kind, path, label}, paths as they are on disk."""
    if engine == "archive":
        kind, path = "cube", f"<results>/cubes/{event}.nc"
    elif event in {row.event for row in rows_of_engine(engine)}:
        kind, path = "products", f"<results>/products/{event}"
    else:
        kind, path = "products", f"<results>/parity/{event}/{engine}"
    return {"kind": kind, "path": workflow.pathvars.apply(path), "label": engine}


def parity_pair(wildcards):
    """What of an event is compared, and which epochs."""
    first, second = config["parity"]["engines"]
    return {
        "event": wildcards.event,
        "a": parity_side(wildcards.event, first),
        "b": parity_side(wildcards.event, second),
        "epochs": imaged(wildcards.event),
    }


def parity_inputs(wildcards):
    """Files of both sides."""
    event, epochs = wildcards.event, imaged(wildcards.event)
    files = []
    for engine in config["parity"]["engines"]:
        side = parity_side(event, engine)
        if side["kind"] == "cube":
            files.append(side["path"])
            continue
        for epoch in epochs:
            files += [
                f"{side['path']}/{name}_{epoch}.tif" for name in ("gamma0", "haalpha")
            ]
        files += [
            f"{side['path']}/coherence_{later}.tif" for _, later in chained(epochs)
        ]
        if "archive" not in config["parity"]["engines"]:
            files.append(f"{side['path']}/geometry.tif")
    return files


def warn_of_engines():
    """Say which events meet models of the archive with products nobody has compared with it."""
    splits = STUDY.splits
    trained = {event for split in splits for event in STUDY.training_events(split)}
    used = {event for split in splits for event in STUDY.sites(split)}
    used |= {row.event for row in STUDY.events.values() if row.role == "apply"}
    table = workflow.pathvars.apply("<results>/parity/parity.tsv")
    found = unproven(
        [STUDY.events[event] for event in sorted(trained)],
        [STUDY.events[event] for event in sorted(used)],
        compared_pairs(table),
        config,
    )
    for engine, events in found.items():
        logger.warning(
            f"Models train on the archive, and Sentinel-1 products of {', '.join(events)} are made by"
            f" engine {engine}: whether both are alike is not known, since {table} has no result of"
            f" archive and {engine}. Compare them: snakemake parity --config"
            f" 'parity={{engines: [{engine}, archive]}}' (docs/snap.md)."
        )


warn_of_engines()


def parity_reports(wildcards):
    """Reports of all compared events, and the table that sums them up."""
    if not PARITY_EVENTS:
        raise WorkflowError(
            f"No event has products of both {' and '.join(config['parity']['engines'])}.\n"
            "  allowed: events of source scenes, and with archive published events, whose SLC scenes"
            " and elevation are there\n"
            "  cure: docs/snap.md says where they come to lie; or name two other engines under"
            " parity: engines"
        )
    return [
        "<results>/parity/parity.tsv",
        *(f"<results>/parity/{event}/parity.html" for event in PARITY_EVENTS),
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


def sites(wildcards):
    """Events that may test a split, in the order of `site_patches`."""
    return list(STUDY.sites(wildcards.split))


def is_stratified(event):
    """Whether an event has strata: tiles of the benchmark lie nowhere in particular."""
    return STUDY.events[event].source != "landslide4sense"


def stratified_sites(wildcards):
    """Events that may test a split and have strata."""
    return [event for event in STUDY.sites(wildcards.split) if is_stratified(event)]


def site_strata(wildcards):
    """Strata of these events, in their order."""
    return [f"<results>/strata/{event}.tif" for event in stratified_sites(wildcards)]


def geometry_of_event(wildcards):
    """Layover and shadow of a job's event as an engine found them: one file, or none."""
    path = f"<results>/products/{wildcards.event}/geometry.tif"
    return [path] if path in geometries() else []


def orbit_of_event(wildcards):
    """Direction of a job's event's orbit, blank where it is not known or geometry tells more."""
    return "" if geometry_of_event(wildcards) else STUDY.events[wildcards.event].orbit


def event_role(wildcards):
    """Role of one event."""
    return STUDY.events[wildcards.event].role


# --- paper


def site_cubes(wildcards):
    """Cubes of the events that may test a split, in the order of `site_patches`."""
    return [f"<results>/cubes/{event}.nc" for event in STUDY.sites(wildcards.split)]


def event_label(wildcards):
    """An event's id and, in the next line, its place where that is known."""
    return label_of(wildcards.event)


def site_labels(wildcards):
    """Labels of the events that may test a split, in the order of `site_patches`."""
    return [label_of(event) for event in STUDY.sites(wildcards.split)]


def label_of(event):
    """An event's id and, in the next line, its place."""
    return "\n".join(filter(None, (event, place_of(STUDY.events[event]))))


def paper_groups():
    """Sensor group of every feature set that is one of the paper's and is run."""
    used = {experiment.features for experiment in STUDY.experiments}
    return {
        name: row.group
        for name, row in sorted(STUDY.feature_sets.items())
        if name in used and row.in_paper != "false"
    }


# --- experiments


def manifest(features, scenario):
    """Channel manifest of an experiment."""
    for experiment in STUDY.experiments:
        if (experiment.features, experiment.scenario) == (features, scenario):
            return list(experiment.channels)
    raise WorkflowError(
        f"{features} in {scenario} is no experiment of this configuration.\n"
        "  cure: name it under study: features and scenarios; a set without Sentinel-1 runs in the"
        " scenario with the fewest dates only"
    )


def trainers():
    """The rules that train: one for any model, or one for each set of models of a job.

    A job trains models of one split and feature set, so that another feature set or another fold
    changes no job that is there. Feature sets with the same scenarios share their rules.
    """
    together = config["training"]["models_per_job"]
    if together == 1:
        return [
            trainer("train", one_of(STUDY.feature_sets), [("{scenario}", "{seed}")])
        ]
    of_features = {}
    for experiment in STUDY.experiments:
        of_features.setdefault(experiment.features, []).append(experiment.scenario)
    sharing = {}
    for features, scenarios in of_features.items():
        sharing.setdefault(tuple(sorted(scenarios)), []).append(features)
    sets = [
        (features, members[start : start + together])
        for scenarios, features in sorted(sharing.items())
        for members in [
            [(name, seed) for seed in config["study"]["seeds"] for name in scenarios]
        ]
        for start in range(0, len(members), together)
    ]
    return [
        trainer(f"train_together_{number}", one_of(features), members)
        for number, (features, members) in enumerate(sets, 1)
    ]


def trainer(name, features, members):
    """Names and files of a rule that trains these (scenario, seed) of each of its feature sets."""

    def files(kind):
        return [of_model("{split}", "{features}", *member, kind) for member in members]

    ends = [members[0], *members[1:][-1:]]
    span = "_to_".join(f"{scenario}_seed{seed}" for scenario, seed in ends)
    named = "; ".join(f"{scenario}, seed {seed}" for scenario, seed in members)
    if name == "train":
        named = "{wildcards.scenario}, seed {wildcards.seed}"
    return {
        "name": name,
        "features": features,
        "members": members,
        "models": files("model.safetensors"),
        "histories": files("history.tsv"),
        "log": f"<logs>/train/{{split}}_{{features}}_{span}.log",
        "message": f"Training {{wildcards.features}} in {named}, split {{wildcards.split}}",
    }


def models_of_job(members):
    """Identity and channels of the models that a job trains, in the order of its outputs."""

    def models(wildcards):
        named = [
            (scenario.format(**wildcards), int(str(seed).format(**wildcards)))
            for scenario, seed in members
        ]
        return [
            [
                wildcards.split,
                wildcards.features,
                scenario,
                seed,
                manifest(wildcards.features, scenario),
            ]
            for scenario, seed in named
        ]

    return models


def augmentation_of(row):
    """Augmentation set of a feature set: the row's own or the configuration's."""
    return row.augmentation or config["augmentation"]


def scope_of(row):
    """Scaling scope of a feature set: the row's own or the configuration's."""
    return row.scaling or config["scaling"]["scope"]


def offset_of(row):
    """What is done about the offset of Sentinel-2: the row's own choice or the configuration's.

    To a set without optical bands it is nothing, and no reason to train again.
    """
    if not set(row.bands) & set(bands_of("sentinel2")):
        return "as-published"
    return row.s2_offset or config["archive"]["s2_offset"]


def s2_offset(wildcards):
    """What an experiment does about the offset of Sentinel-2 images."""
    return offset_of(STUDY.feature_sets[wildcards.features])


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
    """Settings of a training that shape its result."""
    others = (
        "threads",
        "device",
        "graphs",
        "models_per_job",
        "checkpoint_minutes",
        "minutes",
        "mem_mb",
    )
    return {k: v for k, v in config["training"].items() if k not in others}


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
    """Tables of scores, and of what is known of the archive's events."""
    tables = ["events", "metrics", "averages", "seeds", "baselines", "measures"]
    if events_from_archive():
        tables.append("s2_offsets")
    if any_published():
        tables.append("published_roles")
    return [f"<results>/summary/{name}.tsv" for name in tables]


# --- events


def shown_events():
    """Events that train or test, sorted."""
    return sorted(
        (row for row in STUDY.events.values() if row.role != "apply"),
        key=lambda row: row.event,
    )


def described():
    """Facts of every event that trains or tests, sorted."""
    return [f"<results>/events/{row.event}.json" for row in shown_events()]


def event_facts():
    """What the table says of every event that trains or tests, sorted."""
    columns = ("event", "letter", "name", "country", "date", "orbit", "role", "group")
    return [{name: getattr(row, name) for name in columns} for row in shown_events()]


def event_dates():
    """Days of every event that trains or tests, and of its images; blank where not known."""
    return {
        row.event: {"event": row.date, **dates_of(STUDY.acquisitions[row.event])}
        for row in shown_events()
    }


# --- report


def place_of(row):
    """Place and country of an event, as far as its row tells."""
    return ", ".join(filter(None, (row.name, row.country)))


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
            row.event: place_of(row)
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


def choices_of(row):
    """What a feature set chooses beside its bands, the configuration's where the row says nothing."""
    return {
        "augmentation": augmentation_of(row),
        "scaling": scope_of(row),
        "s2_offset": offset_of(row),
    }


def pairs(choice, base):
    """Feature sets that differ in one choice only: [the one with `base`, the other] each."""
    by_rest = {}
    for name in names()["features"]:
        row = STUDY.feature_sets[name]
        rest = choices_of(row)
        own = rest.pop(choice)
        by_rest.setdefault((row.bands, *rest.values()), {}).setdefault(own, name)
    return [
        [kinds[base], kinds[kind]]
        for kinds in by_rest.values()
        if base in kinds
        for kind in kinds
        if kind != base
    ]


def any_simulated():
    """Whether any event that trains or tests is simulated."""
    simulated = {"simulated"}
    if config["archive"]["path"] == SIMULATED:
        simulated.add("archive")
    scenes = config["simulate"]["scenes"]
    return any(row.source in simulated or row.event in scenes for row in shown_events())


def is_shown(row, group):
    """Whether a feature set belongs to a group and is no ablation of another row."""
    return row.group == group and not row.is_ablation


def mapped_models(wildcards):
    """(features, scenario, seed) of the models drawn on a site's map."""
    return chosen_models()


def chosen_models():
    """(features, scenario, seed) of few models that stand for all: one seed, few experiments.

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


def mapped_sites(split):
    """Sites of a split that get a map.

    In split `published` the table may say `train` of an event that tests (it is not known before
    the archive has been read): such a site is scored, and gets its map when the table says so.
    """
    return [
        event
        for event in STUDY.sites(split)
        if split != "published" or STUDY.events[event].role != "train"
    ]


def predictions_of_site(wildcards):
    """Folders of predictions of the models on a site's map."""
    return [
        of_model(wildcards.split, *model, "predictions")
        for model in mapped_models(wildcards)
    ]


def figures_of_events():
    """Figures that show the events themselves.

    Tiles of the benchmark have neither dates nor a place nor elevation in a known unit.
    """
    stems = ["events_map", "optical_days", "relief"]
    placed = any(row.source != "landslide4sense" for row in shown_events())
    tested = {event for split in STUDY.splits for event in mapped_sites(split)}
    return [
        *(f"<results>/figures/{stem}.svg" for stem in stems if placed),
        *(f"<results>/figures/features/{event}.png" for event in sorted(tested)),
        *(f"<results>/figures/{split}_sites.png" for split in STUDY.splits),
    ]


def figures_of_scores():
    """Figures and pages that show scores, and the paper's numbers where the tables name them."""
    stems = ["f1_per_site", "training", "reliability", "thresholds", "sizes", "strata"]
    if any(
        STUDY.feature_sets[e.features].group in ("sar", "fusion")
        for e in STUDY.experiments
    ):
        stems.append("f1_by_dates")
    if pairs("augmentation", "none"):
        stems.append("augmentation")
    if pairs("s2_offset", "as-published"):
        stems.append("s2_offset")
    if pairs("scaling", "train"):
        stems.append("scaling")
    pages = ["scores", "paper"] if config["tables"]["paper"] else ["scores"]
    if STUDY.contrasts:
        pages.append("findings")
        stems += ["contrasts", "effects"]
    return [
        *(
            f"<results>/summary/{family}_{page}.html"
            for family in families()
            for page in pages
        ),
        *(
            f"<results>/figures/{family}_{stem}.svg"
            for family in families()
            for stem in stems
        ),
        *(
            f"<results>/figures/maps/{split}_{event}.png"
            for split in STUDY.splits
            for event in mapped_sites(split)
        ),
    ]


def shown_experiments():
    """Experiments that are drawn where there is room for all but ablations, sorted."""
    return sorted(
        [one.features, one.scenario]
        for one in STUDY.experiments
        if not STUDY.feature_sets[one.features].is_ablation
    )


def shown_models():
    """Experiments that are drawn where there is room for few: those on the maps."""
    return [[features, scenario] for features, scenario, _ in chosen_models()]


def groups_of_all_sites():
    """Group of every event that may test some split."""
    tested = {event for split in STUDY.splits for event in STUDY.sites(split)}
    return {event: STUDY.events[event].group for event in sorted(tested)}


# --- conclusions


def planned_contrasts():
    """Contrasts that this study can compare: identity, two sides with their candidates, metric."""
    return [
        [
            row.contrast,
            row.question,
            row.label,
            *(
                [side.text, sorted(map(list, side.candidates))]
                for side in (row.a, row.b)
            ),
            row.metric,
        ]
        for row in STUDY.contrasts
    ]


def compared_sensors():
    """Experiments of SAR and of optical sets among which validation chooses one each.

    Both sides are named as in contrasts.tsv; a sensor without an experiment is left out.
    """
    found = {}
    for group in ("sar", "optical"):
        candidates = sorted(
            [one.features, one.scenario]
            for one in STUDY.experiments
            if is_shown(STUDY.feature_sets[one.features], group)
        )
        if candidates:
            found[group] = [f"best-{group}", candidates]
    return found


def compared_experiments():
    """Features, scenario and channels of every experiment, sorted: their order says nothing."""
    return sorted(
        [one.features, one.scenario, list(one.channels)] for one in STUDY.experiments
    )


def groups_of_sites(wildcards):
    """Group of every event that may test a split or one of its folds."""
    tested = {
        event
        for split in STUDY.splits
        if in_family(split, wildcards.family)
        for event in STUDY.sites(split)
    }
    return {event: STUDY.events[event].group for event in sorted(tested)}


# --- map


def events_asked_for():
    """Events that `snakemake map` maps."""
    try:
        return events_to_map(config["event"], STUDY.events, STUDY.acquisitions)
    except ScarpError as error:
        raise WorkflowError(f"There is nothing to map.\n{error}") from None


def maps(wildcards):
    """What a map consists of."""
    names = ("landslides.gpkg", "probability.tif", "summary.json", "map.html")
    return [
        f"<results>/maps/{event}/{name}"
        for event in events_asked_for()
        for name in names
    ]


def models_folder():
    """Where this workflow's models lie."""
    return workflow.pathvars.apply("<results>/models")


def models_to_train():
    """Models that are trained before one is chosen: none, unless that is asked for."""
    asked = config["map"]["train"] and not config["map"]["models"]
    return of_models("model.safetensors") if asked else []


def models_there(wildcards):
    """What says that other models are there than before: they are no inputs, lest they be trained."""
    return fingerprints(config["map"]["models"] or models_folder())


def models_listed(wildcards):
    """Likewise of this workflow's own models."""
    return fingerprints(models_folder())


def wanted_models():
    """Where models are looked for, and what they must do."""
    choices = {name: config["map"][name] for name in ("models", "split", "coverage")}
    downloads = workflow.pathvars.apply("<resources>/models")
    return {**choices, "own": models_folder(), "downloads": downloads}


def parity_table():
    """Where it stands which engines were compared; it need not be there."""
    return workflow.pathvars.apply("<results>/parity/parity.tsv")


def map_settings(wildcards):
    """How polygons are made of a job's map."""
    numbers = ("minimum_m2", "simplify_m", "slope_below")
    masks = {
        name: config["map"][name].format(event=wildcards.event)
        for name in ("water", "glacier")
    }
    return {**{name: config["map"][name] for name in numbers}, **masks}


def masks_of_map(wildcards):
    """Files of what cannot be a landslide."""
    chosen = map_settings(wildcards)
    return [chosen[name] for name in ("water", "glacier") if chosen[name]]


# --- plan


def planned_source(row):
    """Source of an event as far as its size matters: an archive may be simulated."""
    simulated = row.source == "archive" and config["archive"]["path"] == SIMULATED
    simulated |= row.event in config["simulate"]["scenes"]
    return "simulated" if simulated else row.source


def planned_events():
    """Events as far as their size matters."""
    return [
        {
            "event": row.event,
            "role": row.role,
            "source": planned_source(row),
            "block": row.aoi,
            "channels": len(STUDY.channels_of(row.event)),
        }
        for row in sorted(STUDY.events.values(), key=lambda row: row.event)
    ]


def planned_splits():
    """Events that train and that test each split."""
    return {
        split: {
            "train": list(STUDY.training_events(split)),
            "test": list(STUDY.sites(split)),
        }
        for split in STUDY.splits
    }


def planned_models():
    """Models as far as their cost matters, in the order of `trained`."""
    channels = {(e.features, e.scenario): len(e.channels) for e in STUDY.experiments}
    return [
        {
            "split": split,
            "features": features,
            "scenario": scenario,
            "seed": seed,
            "channels": channels[features, scenario],
            "augmentation": augmentation_of(STUDY.feature_sets[features]),
            "own_augmentation": bool(STUDY.feature_sets[features].augmentation),
        }
        for split, features, scenario, seed in trained()
    ]


def smaller_choices():
    """Among which seeds, splits, scenarios (fewest dates first) and feature sets to choose fewer."""
    rows = [
        STUDY.scenarios[name]
        for name in config["study"]["scenarios"] or STUDY.scenarios
    ]
    rows.sort(key=lambda row: (row.pre + row.post, row.pre, row.scenario))
    return {
        "seeds": config["study"]["seeds"],
        "splits": families(),
        "scenarios": [row.scenario for row in rows],
        "features": {
            name: group
            for name, group in names()["groups"].items()
            if is_shown(STUDY.feature_sets[name], group)
        },
    }


def machine():
    """What this run of Snakemake may use at a time; 0 where nothing limits it."""

    def amount(resources, name):
        found = resources.get(name)
        return 0 if found.is_evaluable() else found.value or 0

    granted, there = workflow.global_resources, os.cpu_count() or 1
    return {
        "cores": min(amount(granted, "_cores") or there, there),
        "there": there,
        "gpus": amount(granted, "gpu"),
        "memory": amount(granted, "mem_mb"),
        "asked": config["training"]["mem_mb"],
        "nodes": amount(granted, "_nodes"),
    }
