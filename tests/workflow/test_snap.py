"""The SNAP route through the workflow: the runs a study needs, what makes them again, failures.

gpt is the stand-in of tests/standins, which is test equipment and not SNAP.
"""

from __future__ import annotations

import csv
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import rasterio

from project import TINY, Project
from scarp.snap.check import check_graph
from scarp.snap.graph import read_xml
from snap_route import launcher

EVENT = "SIM01"
PRODUCTS = Path("results/tiny/products", EVENT)
SETTINGS = """
pathvars: {{resources: results/tiny/resources}}
simulate: {{scenes: [SIM01]}}
sentinel1:
  engine: snap
  dem: results/tiny/resources/dem/{{event}}.tif
  dem_heights: ellipsoidal
  snap: {{gpt: "{gpt}", mem_mb: 6000, threads: 1}}
"""


@pytest.fixture(scope="module")
def gpt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return launcher(tmp_path_factory.mktemp("installed"))


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory, gpt: Path) -> Project:
    """A project in which an event was made by the stand-in and by the embedded engine."""
    project = Project.create(tmp_path_factory.mktemp("snap") / "project")
    (project.folder / "snap.yaml").write_text(SETTINGS.format(gpt=gpt), encoding="utf-8")
    project.run("--cores", "2", *SNAP, "--", "parity", str(PRODUCTS / "geometry.tif"))
    return project


SNAP = (*TINY, "snap.yaml")


@pytest.fixture
def scratch_snap(compared: Project, tmp_path: Path) -> Project:
    return compared.copy(tmp_path / "project")


def test_the_published_events_need_17_runs_each(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project")
    with (project.folder / "config/acquisitions.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader((line for line in file if line[0] != "#"), delimiter="\t"))
    for event, sensor, epoch in {(r["event"], r["sensor"], r["epoch"]) for r in rows}:
        products = project.folder / "results/products" / event
        products.mkdir(parents=True, exist_ok=True)
        if sensor == "sentinel1":
            (project.folder / f"resources/sentinel1/{event}/{epoch}/S1A.SAFE").mkdir(parents=True)
        else:
            (products / f"optical_{epoch}.tif").touch()
        for name in ("terrain.tif", "labels.tif"):
            (products / name).touch()
        dem = project.folder / f"resources/dem/{event}.tif"
        dem.parent.mkdir(parents=True, exist_ok=True)
        dem.touch()
    jobs = project.jobs("--config", "source=scenes")
    runs = Counter(job.split(" of ")[0] for job in jobs if job.startswith("SNAP: "))
    assert runs == {
        "SNAP: gamma nought": 28 * 6,
        "SNAP: coherence": 28 * 5,
        "SNAP: H/A/alpha": 28 * 6,
    }
    per_event = Counter(
        re.search(r" of (\w+), ", job)[1]  # type: ignore[index]
        for job in jobs
        if job.startswith("SNAP: ")
    )
    assert set(per_event.values()) == {17} and len(per_event) == 28
    assert jobs.count("Checking SNAP before its first run") == 1
    graphs = project.jobs("--config", "source=scenes", "--", "snap_graphs")
    assert sum(job.startswith("Graph of ") for job in graphs) == 28 * 17
    assert not any(job.startswith("SNAP: ") for job in graphs)


def test_a_published_event_can_be_compared_with_an_engine(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project")
    study = (*TINY, "config/tiny_archive.yaml", "--config")
    pair = "parity={engines: [embedded, archive]}"
    output = project.run("-n", *study, pair, "--", "parity", check=False)
    assert "No event has products of both embedded and archive" in output
    for epoch in ("PRE1", "POST1"):
        scenes = f"results/tiny_archive/resources/sentinel1/SIM01/{epoch}/S1A.SAFE"
        (project.folder / scenes).mkdir(parents=True)
    (project.folder / "resources/dem").mkdir(parents=True)
    (project.folder / "resources/dem/SIM01.tif").touch()
    assert project.jobs(*study, pair, "--", "parity") == sorted(
        [
            "Simulating an archive in the layout of the published one",
            "Reading SIM01 from the archive",
            "Grid of the published event SIM01",
            "Gamma nought and H/A/alpha of SIM01, PRE1",
            "Gamma nought and H/A/alpha of SIM01, POST1",
            "Coherence of SIM01, POST1 and the date before",
            "Comparing the products of SIM01",
            "Summing up the comparison of engines",
            "The comparison lies in results/parity",
        ]
    )


def test_models_of_the_archive_warn_of_an_engine_that_nobody_compared(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project")
    events = project.folder / "config/tiny_archive/events.tsv"
    header, *rows = events.read_text(encoding="utf-8").splitlines()
    columns = dict.fromkeys(header.split("\t"), "")
    own = columns | {"event": "OWN1", "date": "2021-05-05", "role": "apply"}
    lines = ["\t".join([*row.split("\t"), "", ""]) for row in rows]
    lines = [f"{header}\tsource\tengine", *lines, "\t".join([*own.values(), "scenes", "snap"])]
    events.write_text("\n".join([*lines, ""]), encoding="utf-8")
    products = project.folder / "results/tiny_archive/products/OWN1"
    products.mkdir(parents=True)
    (products / "terrain.tif").touch()
    warning = "no result of archive and snap"
    study = (*TINY, "config/tiny_archive.yaml")
    assert warning in project.run("-n", *study)
    compared = project.folder / "results/tiny_archive/parity/parity.tsv"
    compared.parent.mkdir()
    compared.write_text("a\tb\tlayer\nsnap\tarchive\tPRE1_gVV\n", encoding="utf-8")
    assert warning not in project.run("-n", *study)


def table(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        yield from csv.DictReader(file, delimiter="\t")


def test_both_engines_make_the_same_products(compared: Project) -> None:
    """As far as the elevation, which SNAP's way resamples once more, lets them."""
    path = compared.folder / f"results/tiny/parity/{EVENT}/parity.tsv"
    rows = {row["layer"]: row for row in table(path)}
    epochs = ("PRE2", "PRE1", "POST1")
    wanted = {f"{epoch}_{name}" for epoch in epochs for name in ("gVV", "gVH", "ENTROPY", "ALPHA")}
    assert wanted | {"PRE1_COHVV", "POST1_COHVV"} <= set(rows)
    most = {"dB": 0.02, "1": 0.002, "degree": 0.02}
    for name, row in rows.items():
        assert float(row["correlation"]) > 0.97, name
        assert abs(float(row["bias"])) < most[row["unit"]], name
        assert max(abs(float(row["shift_row"])), abs(float(row["shift_column"]))) < 0.1, name


def test_every_run_leaves_its_graph_beside_its_log(compared: Project) -> None:
    logs = compared.folder / "results/tiny/logs"
    graph = read_xml((logs / f"snap_coherence/{EVENT}_POST1.xml").read_text(encoding="utf-8"))
    assert check_graph(graph, "13.0.0") == []
    files = {n.parameters["file"] for n in graph.nodes if n.operator in ("Read", "Write")}
    assert all(Path(file).is_absolute() for file in files)
    assert "100% done." in (logs / f"snap_coherence/{EVENT}_POST1_gpt.log").read_text()
    left = sorted(path.name for path in (compared.folder / f"results/tiny/snap/{EVENT}").iterdir())
    geometry = [f"geometry_{epoch}.tif" for epoch in ("POST1", "PRE1", "PRE2")]
    assert left == ["elevation.tif", *geometry]


def test_graphs_are_written_without_a_snap(scratch_snap: Project) -> None:
    """For the version that is configured, in place of one that is installed."""
    settings = scratch_snap.folder / "snap.yaml"
    text = settings.read_text(encoding="utf-8")
    text = re.sub(r"gpt: \"[^\"]*\"", 'gpt: "/nowhere", version: "9.0.0"', text)
    settings.write_text(text, encoding="utf-8")
    scratch_snap.run("--cores", "1", *SNAP, "--", "results/tiny/graphs/SIM01/backscatter_PRE1.xml")
    path = scratch_snap.folder / "results/tiny/graphs/SIM01/backscatter_PRE1.xml"
    graph = read_xml(path.read_text(encoding="utf-8"))
    assert check_graph(graph, "9.0.0") == []
    flatten = next(node for node in graph.nodes if node.operator == "Terrain-Flattening")
    assert "nodataValueAtSea" not in flatten.parameters
    assert graph.nodes[-1].parameters["file"] == str(path.with_suffix(".dim"))


def jobs(project: Project) -> list[str]:
    return project.jobs(*SNAP, "--", *(str(PRODUCTS / name) for name in FILES))


FILES = ("gamma0_PRE1.tif", "haalpha_PRE1.tif", "coherence_PRE1.tif", "geometry.tif")
RUNS = [
    f"SNAP: H/A/alpha of {EVENT}, PRE1",
    f"SNAP: coherence of {EVENT}, PRE1 and the date before",
    f"SNAP: gamma nought of {EVENT}, PRE1",
]


def test_what_makes_a_product_again(scratch_snap: Project) -> None:
    assert jobs(scratch_snap) == []
    # What is installed where, memory, and the check itself do not.
    limits = "mem_mb: 7000, threads: 2, minutes: 9"
    scratch_snap.edit("snap.yaml", "mem_mb: 6000, threads: 1", limits)
    (scratch_snap.folder / "results/tiny/snap/preflight.tsv").touch()
    assert jobs(scratch_snap) == []
    # A template does, for its own kind.
    scratch_snap.edit("workflow/graphs/haalpha.xml", "<polyDegree>3<", "<polyDegree>4<")
    assert jobs(scratch_snap) == RUNS[:1]
    # What shapes all products does.
    scratch_snap.edit("snap.yaml", "snap: {", "snap: {orbit: restituted, ")
    assert [job for job in jobs(scratch_snap) if job.startswith("SNAP: ")] == RUNS


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        ("exit1", "gpt failed with exit 1"),
        pytest.param("empty", "found no usable elevation", marks=pytest.mark.full),
        pytest.param("restituted", "restituted", marks=pytest.mark.full),
        ("exit-0-half-written", "is half-written"),
    ],
)
def test_a_failed_run_leaves_no_product(
    compared: Project,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    failure: str,
    message: str,
) -> None:
    project = compared.copy(tmp_path / "project")
    product = PRODUCTS / "haalpha_PRE1.tif"
    (project.folder / product).unlink()
    monkeypatch.setenv("SCARP_GPT_FAIL", failure)
    output = project.run("--cores", "1", *SNAP, "--", str(product), check=False)
    assert message in output
    assert "cure: " in output
    assert not (project.folder / product).exists()
    assert not [*(project.folder / PRODUCTS).glob(".*")]
    assert (project.folder / f"results/tiny/logs/snap_haalpha/{EVENT}_PRE1.xml").is_file()
    monkeypatch.delenv("SCARP_GPT_FAIL")
    project.run("--cores", "1", *SNAP, "--", str(product))
    assert project.read(str(product)) == compared.read(str(product))


def test_without_snap_nothing_starts_and_the_cure_is_told(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project")
    (project.folder / "snap.yaml").write_text(SETTINGS.format(gpt="/no/snap"), encoding="utf-8")
    output = project.run("--cores", "1", *SNAP, "--", "snap_preflight", check=False)
    assert "there is no gpt" in output
    assert "install SNAP, and name its folder as sentinel1: snap: gpt" in output
    output = project.run("--cores", "1", *SNAP, "--", str(PRODUCTS / "geometry.tif"), check=False)
    assert "there is no gpt" in output
    assert not (project.folder / PRODUCTS / "gamma0_PRE1.tif").exists()
    assert not (project.folder / "results/tiny/snap/preflight.tsv").exists()
    assert os.listdir(project.folder / "results/tiny/logs/") != []


def test_the_check_runs_whenever_it_is_asked_for(compared: Project) -> None:
    output = compared.run("--cores", "1", *SNAP, "--", "snap_preflight")
    assert "installed SNAP: was asked by gpt OPERATOR -h" in output
    assert "preflight: 0 faults" in output


def test_a_product_names_what_made_it(compared: Project) -> None:
    with rasterio.open(compared.folder / PRODUCTS / "gamma0_PRE1.tif") as file:
        tags = file.tags()
    assert (tags["engine"], tags["engine_version"]) == ("snap", "13.0.0 (test stand-in, not SNAP)")
    assert (tags["dem"], tags["simulated"]) == (f"{EVENT}.tif", "true")
