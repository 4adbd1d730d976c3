"""Wrong inputs, each with what its message must name; docs/wrong-inputs.md is written from them.

``python tests/unit/wrong_inputs.py`` writes the page anew; a test holds the page against the real
messages.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from scarp import configuration, study  # noqa: E402
from scarp.errors import ScarpError  # noqa: E402

Config = dict[str, Any]


@dataclass(frozen=True)
class Wrong:
    """A wrong input.

    Attributes
    ----------
    title: the mistake, as in the table of the docs.
    make: makes it, in the configuration or in the tables of the current folder.
    offender: must stand in the message: file, row and column, or the key.
    cure: must stand in the message's cure or list of what is allowed.
    """

    title: str
    make: Callable[[Config], None]
    offender: str
    cure: str


def _set(path: str, value: Any) -> Callable[[Config], None]:
    def make(config: Config) -> None:
        *parents, leaf = path.split("/")
        node = config
        for parent in parents:
            node = node.setdefault(parent, {})
        node[leaf] = value

    return make


def _replace(table: str, old: str, new: str) -> Callable[[Config], None]:
    def make(config: Config) -> None:
        path = Path("config", table)
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {path}: the case tests nothing"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return make


def _append(table: str, line: str) -> Callable[[Config], None]:
    def make(config: Config) -> None:
        with Path("config", table).open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    return make


def _role(event: str, role: str) -> Callable[[Config], None]:
    def make(config: Config) -> None:
        path = Path("config", "events.tsv")
        lines = path.read_text(encoding="utf-8").splitlines()
        header = next(line for line in lines if not line.startswith("#")).split("\t")
        for number, line in enumerate(lines):
            cells = line.split("\t")
            if cells[0] == event:
                cells[header.index("role")] = role
                lines[number] = "\t".join(cells)
        path.write_text("\n".join([*lines, ""]), encoding="utf-8")

    return make


def _without_rows(table: str, *texts: str) -> Callable[[Config], None]:
    """Take away the rows that hold all these texts."""

    def make(config: Config) -> None:
        path = Path("config", table)
        lines = path.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if not all(text in line for text in texts)]
        path.write_text("\n".join([*kept, ""]), encoding="utf-8")

    return make


def _own_grids(config: Config) -> None:
    """Every event has a terrain.tif of the user's."""
    for line in Path("config", "events.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        if not line.startswith("#"):
            folder = Path("results", "products", line.split("\t")[0])
            folder.mkdir(parents=True)
            (folder / "terrain.tif").touch()


def _write(table: str, text: str) -> Callable[[Config], None]:
    def make(config: Config) -> None:
        Path("config", table).write_text(text, encoding="utf-8")

    return make


def _all(*steps: Callable[[Config], None]) -> Callable[[Config], None]:
    def make(config: Config) -> None:
        for step in steps:
            step(config)

    return make


def _benchmark(area: str, area2: str = "300-400", **settings: str) -> Callable[[Config], None]:
    """Two sites of Landslide4Sense, with a feature set that its PNG pairs can serve."""

    def make(config: Config) -> None:
        _write(
            "events.tsv",
            "event\tdate\taoi\trole\n"
            f"L4S-1\t2020-01-01\t{area}\ttrain\nL4S-2\t2020-01-01\t{area2}\tindependent\n",
        )(config)
        _write("acquisitions.tsv", "event\tsensor\tepoch\tdate\n")(config)
        _append("feature_sets.tsv", "only-rgb\tRGB\t\tRGB\t\t\t\t\t\toptical\tfalse\t")(config)
        _append("scenarios.tsv", "0pre-1post\t0\t1")(config)
        config["source"] = "landslide4sense"
        config["landslide4sense"] = {"format": settings.get("format", "png")}
        config["study"] = {
            "features": [settings.get("features", "only-rgb")],
            "scenarios": [settings.get("scenario", "0pre-1post")],
        }
        config["simulate"] = {"without_optical_contrast": [], "without_radar_contrast": []}

    return make


FEW_EVENTS = (
    "event\tdate\trole\nAA0001\t2021-01-01\ttrain\nAA0002\t2021-01-01\ttrain\n"
    "AA0003\t2021-01-01\tindependent\n"
)

CASES: tuple[Wrong, ...] = (
    Wrong(
        "a key that does not exist",
        _set("trainig", {}),
        "configuration",
        "did you mean 'training'?",
    ),
    Wrong(
        "a key misspelt inside a section",
        _set("training/epoch", 3),
        "configuration, training",
        "did you mean 'epochs'?",
    ),
    Wrong(
        "a word where a number belongs",
        _set("training/epochs", "many"),
        "configuration, training: epochs",
        "Passes over the augmented training patches.",
    ),
    Wrong(
        "a number out of range",
        _set("threshold", 1.5),
        "configuration, threshold",
        "Probability from which a pixel counts as landslide.",
    ),
    Wrong(
        "a choice that does not exist",
        _set("augmentation", "papers"),
        "configuration, augmentation",
        "did you mean 'paper'?",
    ),
    Wrong(
        "a source that does not exist",
        _set("source", "simulate"),
        "configuration, source",
        "did you mean 'simulated'?",
    ),
    Wrong(
        "an event that trains without landslide polygons",
        _set("source", "scenes"),
        "config/events.tsv, event BR0001",
        "a GeoPackage, GeoJSON or Shapefile",
    ),
    Wrong(
        "an event to map without an area",
        _all(_set("source", "scenes"), _role("BR0001", "apply")),
        "config/events.tsv, event BR0001",
        "west,south,east,north in degrees",
    ),
    Wrong(
        "an own grid and not all own products",
        _all(_set("source", "scenes"), _own_grids),
        "config/events.tsv, event BR0001",
        "docs/products.md",
    ),
    Wrong(
        "SLC scenes that are not there, of an event with an own grid",
        _all(
            _set("source", "scenes"),
            _set("sentinel1", {"engine": "embedded"}),
            _own_grids,
        ),
        "config/acquisitions.tsv, event BR0001, epoch PRE3",
        "a .SAFE folder or a zip of one",
    ),
    Wrong(
        "products that nobody makes and that are not there",
        _all(_set("source", "scenes"), _set("sentinel1", {"engine": "files"})),
        "config/events.tsv, event BR0001",
        "files in results/products/BR0001",
    ),
    Wrong(
        "simulated scenes that nobody makes products of",
        _all(_set("simulate/scenes", ["BR0001"]), _set("sentinel1/engine", "files")),
        "configuration, sentinel1: engine",
        "embedded, snap",
    ),
    Wrong(
        "a simulated catalogue of an event that does not exist",
        _set("simulate/catalogue", ["BR001"]),
        "configuration, simulate: catalogue",
        "did you mean 'BR0001'?",
    ),
    Wrong(
        "a version of SNAP that is none",
        _set("sentinel1/snap/version", "latest"),
        "configuration, sentinel1: snap: version",
        "Version that graphs are composed for",
    ),
    Wrong(
        "an event to compare that does not exist",
        _set("parity/events", ["BR001"]),
        "configuration, parity: events",
        "did you mean 'BR0001'?",
    ),
    Wrong(
        "an event to compare without SLC scenes",
        _all(
            _set("source", "archive"),
            _set("archive/path", "simulated"),
            _set("parity", {"engines": ["snap", "archive"], "events": ["BR0001"]}),
        ),
        "configuration, parity: events",
        "put its SAFE folders or zips into resources/sentinel1",
    ),
    Wrong(
        "an archive that is not there",
        _all(_set("source", "archive"), _set("archive/path", "data/archive.zip")),
        "configuration, archive: path (data/archive.zip)",
        "blank (download it)",
    ),
    Wrong(
        "a folder that is no archive",
        _all(_set("source", "archive"), _set("archive/path", "config")),
        "configuration, archive: path (config)",
        "name the unpacked folder",
    ),
    Wrong(
        "a checksum that is none",
        _set("archive/md5", "abc"),
        "configuration, archive: md5",
        "Its MD5 sum",
    ),
    Wrong(
        "a published split of patches that were cut here",
        _all(_set("source", "archive"), _set("study/splits", ["published"])),
        "configuration, study: splits",
        "set patches: origin: published",
    ),
    Wrong(
        "published patches without an event of the archive",
        _set("patches/origin", "published"),
        "configuration, patches: origin",
        "source: archive",
    ),
    Wrong(
        "a choice about the offset that does not exist",
        _replace("feature_sets.tsv", "\ts2_offset", "\ts2_ofset"),
        "config/feature_sets.tsv",
        "did you mean 's2_offset'?",
    ),
    Wrong(
        "a split that does not exist",
        _set("study/splits", ["role"]),
        "configuration, study: splits: 0",
        "did you mean 'roles'?",
    ),
    Wrong(
        "the same seed twice",
        _set("study/seeds", [1, 1]),
        "configuration, study: seeds",
        "each experiment is trained once per seed",
    ),
    Wrong(
        "a patch that the U-Net cannot halve",
        _set("patches", {"size": 100, "stride": 100}),
        "configuration, patches: size",
        "multiples of 32",
    ),
    Wrong(
        "a stride that leaves gaps",
        _set("patches/stride", 256),
        "configuration, patches: stride",
        "set stride to size, or smaller",
    ),
    Wrong(
        "percentiles the wrong way round",
        _set("scaling/percentiles", [99, 1]),
        "configuration, scaling: percentiles",
        "swap them",
    ),
    Wrong(
        "a simulated world larger than its largest",
        _set("simulate/smallest", 2000),
        "configuration, simulate: smallest",
        "swap them",
    ),
    Wrong(
        "a feature set that has no row",
        _set("study/features", ["rgb-nri"]),
        "configuration, study: features",
        "did you mean 'rgb-nir'?",
    ),
    Wrong(
        "a scenario that has no row",
        _set("study/scenarios", ["3pre-3pst"]),
        "configuration, study: scenarios",
        "did you mean '3pre-3post'?",
    ),
    Wrong(
        "a simulated event that has no row",
        _set("simulate/without_optical_contrast", ["IE001"]),
        "configuration, simulate: without_optical_contrast",
        "did you mean 'IE0001'?",
    ),
    Wrong(
        "more folds than groups of events",
        _all(
            _write("events.tsv", FEW_EVENTS),
            _write("acquisitions.tsv", "event\tsensor\tepoch\tdate\n"),
            _set("study/splits", ["leave-event-out"]),
        ),
        "configuration, split: folds",
        "2 to 2",
    ),
    Wrong(
        "a table that is not there",
        _set("tables/events", "config/event.tsv"),
        "config/event.tsv",
        "set tables: events",
    ),
    Wrong(
        "a table without a header",
        _write("scenarios.tsv", ""),
        "config/scenarios.tsv",
        "write the column names first",
    ),
    Wrong(
        "a column misspelt",
        _replace("events.tsv", "role", "rol"),
        "config/events.tsv",
        "did you mean 'role'?",
    ),
    Wrong(
        "a column missing",
        _write("scenarios.tsv", "scenario\tpre\n1pre-1post\t1\n"),
        "config/scenarios.tsv",
        "column post is missing",
    ),
    Wrong(
        "a column twice",
        _replace("events.tsv", "letter", "name"),
        "config/events.tsv",
        "remove one of them",
    ),
    Wrong(
        "a cell too many",
        _append("scenarios.tsv", "2pre-2post\t2\t2\t\t\t"),
        "config/scenarios.tsv, row 6 (2pre-2post)",
        "separate cells by one tab each",
    ),
    Wrong(
        "an event twice",
        _append("events.tsv", "br0001\tA\tBrumadinho\tBrazil\t2019-01-25\tDES\t\t\t\t\t\ttrain\t"),
        "config/events.tsv, row 30 (br0001), column event",
        "rename or remove one of them",
    ),
    Wrong(
        "an id with a forbidden character",
        _replace("events.tsv", "CA0001", "CA_0001"),
        "config/events.tsv, row 3 (CA_0001), column event",
        "letters, digits and '-'",
    ),
    Wrong(
        "a role that does not exist",
        _replace("events.tsv", "dependent", "dependant"),
        "config/events.tsv, row 2 (BR0001), column role",
        "did you mean 'dependent'?",
    ),
    Wrong(
        "an orbit direction that does not exist",
        _replace("events.tsv", "DES", "DSC"),
        "config/events.tsv, row 2 (BR0001), column orbit",
        "did you mean 'DES'?",
    ),
    Wrong(
        "an event without a date",
        _replace("events.tsv", "2019-01-25", ""),
        "config/events.tsv, row 2 (BR0001), column date",
        "YYYY-MM-DD",
    ),
    Wrong(
        "a day that is not in the calendar",
        _replace("events.tsv", "2019-01-25", "2019-02-30"),
        "config/events.tsv, row 2 (BR0001), column date",
        "YYYY-MM-DD",
    ),
    Wrong(
        "an event in the future",
        _replace("events.tsv", "2019-01-25", "2999-01-25"),
        "config/events.tsv, row 2 (BR0001), column date",
        "correct the date",
    ),
    Wrong(
        "a Sentinel-1 engine where none is read",
        _replace("events.tsv", "DES\t\t\t\t\t\tdependent", "DES\t\t\t\tsnap\t\tdependent"),
        "config/events.tsv, row 2 (BR0001), column engine",
        "set source to scenes",
    ),
    Wrong(
        "no event that tests",
        _all(
            _write("events.tsv", FEW_EVENTS.replace("independent", "train")),
            _write("acquisitions.tsv", "event\tsensor\tepoch\tdate\n"),
            _set("simulate/without_optical_contrast", []),
            _set("simulate/without_radar_contrast", []),
        ),
        "config/events.tsv, column role",
        "dependent or independent",
    ),
    Wrong(
        "an image of an unknown event",
        _replace("acquisitions.tsv", "BR0001", "BR001"),
        "config/acquisitions.tsv, row 2 (BR001), column event",
        "did you mean 'BR0001'?",
    ),
    Wrong(
        "an epoch that does not exist",
        _replace("acquisitions.tsv", "PRE3", "PRE4"),
        "config/acquisitions.tsv, row 2 (BR0001), column epoch",
        "PRE3, PRE2, PRE1, POST1, POST2, POST3",
    ),
    Wrong(
        "an epoch that Sentinel-2 has not",
        _replace("acquisitions.tsv", "sentinel2\tPRE1", "sentinel2\tPRE2"),
        "config/acquisitions.tsv, row 8 (BR0001), column epoch",
        "PRE1, POST1",
    ),
    Wrong(
        "an image before the event that lies after it",
        _replace("acquisitions.tsv", "PRE1\t2019-01-22", "PRE1\t2019-01-26"),
        "config/acquisitions.tsv, row 4 (BR0001), column date",
        "correct the date or the epoch",
    ),
    Wrong(
        "epochs out of order",
        _replace("acquisitions.tsv", "POST2\t2019-02-15", "POST2\t2019-03-15"),
        "config/acquisitions.tsv, row 7 (BR0001), column date",
        "one day per epoch",
    ),
    Wrong(
        "a missing image that experiments need",
        _replace("acquisitions.tsv", "BR0001\tsentinel1\tPOST3\t2019-02-27\t\n", ""),
        "config/events.tsv, event BR0001",
        "add the missing acquisitions",
    ),
    Wrong(
        "a band that does not exist",
        _replace("feature_sets.tsv", "GAMMA0", "GAMA0"),
        "config/feature_sets.tsv, row 2 (gamma0), column sentinel1",
        "did you mean 'GAMMA0'?",
    ),
    Wrong(
        "a band in the wrong column",
        _replace("feature_sets.tsv", "\tRGB\tDEM", "\tRGB DEM\tDEM"),
        "config/feature_sets.tsv, row 6 (rgb), column sentinel2",
        "B04, B03, B02",
    ),
    Wrong(
        "a feature set without a band",
        _append("feature_sets.tsv", "none\tnothing\t\t\t\t\t\t\t\tsar\tfalse\t"),
        "config/feature_sets.tsv, row 31 (none)",
        "fill at least one of",
    ),
    Wrong(
        "a feature set twice",
        _append("feature_sets.tsv", "rgb\tRGB\t\tRGB\t\t\t\t\t\toptical\tfalse\t"),
        "config/feature_sets.tsv, row 31 (rgb), column features",
        "rename or remove one of them",
    ),
    Wrong(
        "a row for a scenario that does not exist",
        _write(
            "feature_sets.tsv",
            "features\tlabel\tsentinel2\tscenarios\tgroup\tin_paper\n"
            "rgb\tRGB\tRGB\t1pre-1pst\toptical\ttrue\n",
        ),
        "config/feature_sets.tsv, row 2 (rgb), column scenarios",
        "did you mean '1pre-1post'?",
    ),
    Wrong(
        "more dates than there are epochs",
        _append("scenarios.tsv", "4pre-1post\t4\t1"),
        "config/scenarios.tsv, row 6 (4pre-1post), column pre",
        "0, 1, 2, 3",
    ),
    Wrong(
        "a benchmark site without a block of numbers",
        _benchmark(""),
        "config/events.tsv, event L4S-1, column aoi",
        "train/1-540",
    ),
    Wrong(
        "benchmark sites that share tiles",
        _benchmark("1-350"),
        "config/events.tsv, event L4S-2, column aoi",
        "a tile must not stand at two sites",
    ),
    Wrong(
        "a benchmark that is not there",
        _benchmark("1-200"),
        "configuration, landslide4sense: path",
        "docs/landslide4sense.md says how",
    ),
    Wrong(
        "radar asked of the benchmark",
        _benchmark("1-200", features="gamma0"),
        "config/feature_sets.tsv, feature set gamma0",
        "the benchmark has no Sentinel-1 data",
    ),
    Wrong(
        "near infrared asked of the benchmark's PNG pairs",
        _benchmark("1-200", features="rgb-nir"),
        "config/feature_sets.tsv, feature set rgb-nir",
        "format: hdf5",
    ),
    Wrong(
        "a date before the event asked of the benchmark",
        _benchmark("1-200", scenario="1pre-1post"),
        "config/feature_sets.tsv, feature set only-rgb",
        "one image of each site, taken after the event",
    ),
    Wrong(
        "a map of an event that has no row",
        _all(_role("BR0001", "apply"), _set("event", "BR001")),
        "configuration, event: 'BR001'",
        "did you mean 'BR0001'?",
    ),
    Wrong(
        "a map of an event that trains",
        _all(_role("BR0001", "train"), _set("event", "BR0001")),
        "configuration, event: 'BR0001'",
        "give it role apply to map it",
    ),
    Wrong(
        "a map of an event without an image after it",
        _all(
            _role("BR0001", "apply"),
            _set("event", "BR0001"),
            _without_rows("acquisitions.tsv", "BR0001", "POST"),
        ),
        "acquisitions.tsv, event BR0001",
        "add the images that there are",
    ),
    Wrong(
        "a mask of water that is not there",
        _all(
            _role("BR0001", "apply"),
            _set("event", "BR0001"),
            _set("map", {"water": "resources/water/{event}.gpkg"}),
        ),
        "configuration, map: water: 'resources/water/BR0001.gpkg'",
        "put it there, or leave the setting blank",
    ),
)


def message(case: Wrong) -> str:
    """The message that a wrong input gets, with the tables in a scratch folder; '' if it passes."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copytree(ROOT / "config", Path(scratch, "config"))
        os.chdir(scratch)
        try:
            config = yaml.safe_load(Path("config/config.yaml").read_text(encoding="utf-8"))
            config["source"] = "simulated"
            case.make(config)
            study.load(configuration.check(config))
        except ScarpError as error:
            return str(error)
        finally:
            os.chdir(before)
    return ""


def _first_faults(text: str, most: int = 3) -> str:
    """A message without all faults but the first ones."""
    head, mark, _ = text.partition(f"\n{most + 1}. ")
    return f"{head}\n..." if mark else text


def page() -> str:
    """docs/wrong-inputs.md."""
    lines = [
        "# Wrong inputs and what they get",
        "",
        "Every fault of the configuration and its tables is found before the first job starts,",
        "all faults of a table at once (of many, three are shown here). A message names the place",
        "(file, row, column), the fact, what is allowed and the cure. Rows are numbered as lines",
        "of the file. This page is written by `python tests/unit/wrong_inputs.py` from real",
        "messages, and a test holds it against them.",
        "",
        "| input | message |",
        "|---|---|",
    ]
    for case in CASES:
        shown = _first_faults(message(case)).replace("|", "\\|").replace("\n", "<br>")
        lines.append(f"| {case.title} | {shown} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (ROOT / "docs" / "wrong-inputs.md").write_text(page(), encoding="utf-8")
