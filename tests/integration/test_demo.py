"""The demo says what its simulated world was built to say, and nothing where there is nothing."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from project import Project

pytestmark = pytest.mark.full

DEMO = ("--cores", "2", "--configfile", "config/demo.yaml")
FEW = "study={features: [gamma0-coh, rgb-nir], scenarios: [3pre-3post], controls: false}"
#: F1 of a random map scatters about its expectation, the more the smaller the site.
NOISE = 0.005


def _rows(project: Project, table: str) -> list[dict[str, str]]:
    path = project.folder / "results" / "demo" / "summary" / f"{table}.tsv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def _macro_f1(project: Project) -> dict[str, list[float]]:
    """Macro F1 over all sites of every experiment, one value per seed."""
    found: dict[str, list[float]] = {}
    for row in _rows(project, "averages"):
        if row["average"] == "macro" and row["scope"] == "all":
            found.setdefault(f"{row['features']} {row['scenario']}", []).append(float(row["f1"]))
    return found


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.create(tmp_path_factory.mktemp("demo") / "project")
    project.run(*DEMO)
    project.run(*DEMO, "--report", "results/demo/report.html")
    return project


def test_report_and_metrics_are_there_and_call_the_data_simulated(demo: Project) -> None:
    assert b"imulated" in demo.read("results/demo/report.html")
    sources = {row["source"] for row in _rows(demo, "metrics")}
    assert sources == {"simulated", "simulated scenes"}
    assert len(_macro_f1(demo)) == 6


def test_the_order_of_the_sensors_exceeds_the_spread_over_seeds(demo: Project) -> None:
    f1 = _macro_f1(demo)
    optical = f1["rgb-nir 1pre-1post"]
    one, three = f1["gamma0-coh 1pre-1post"], f1["gamma0-coh 3pre-3post"]
    terrain = f1["terrain 1pre-1post"]
    # Every seed of the better beats every seed of the worse.
    assert min(optical) > max(three)
    assert min(three) > max(one)
    assert min(one) > 1.5 * max(terrain)


def test_a_new_event_is_mapped_and_better_with_the_date_that_was_missing(
    demo: Project, tmp_path: Path
) -> None:
    """Of the event to map the third date after it is not there; with it the fused set can map."""
    project = demo.copy(tmp_path / "project")
    mapping = (*DEMO, "--config", "event=SIM09", "--", "map")

    def mapped() -> tuple[dict[str, Any], dict[str, str]]:
        project.run(*mapping)
        folder = project.folder / "results" / "demo" / "maps" / "SIM09"
        record = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        table = (folder / "scores.tsv").read_text(encoding="utf-8").splitlines()[1:]
        return record, dict(line.split("\t") for line in table)

    record, scores = mapped()
    best = record["candidates"][0]
    assert record["features"] == "rgb-nir" and not best["fits"]
    assert "POST3" in record["improve"][0] and best["id"] in record["improve"][0]
    assert float(scores["f1"]) > 0.6 and int(scores["landslides_found"]) > 10
    project.append("config/demo/acquisitions.tsv", ["SIM09\tsentinel1\tPOST3\t2022-12-13"])
    record, scores = mapped()
    assert record["models"][0].startswith(best["id"]) and len(record["models"]) == 2
    assert float(scores["f1"]) > 0.6
    page = project.read("results/demo/maps/SIM09/map.html").decode()
    assert "last map" in page and "POST3 2022-12-13" in page


def test_without_optical_contrast_the_radar_wins(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project")
    project.run(*DEMO, "--config", "simulate={optical_contrast: 0}", FEW)
    f1 = _macro_f1(project)
    assert min(f1["gamma0-coh 3pre-3post"]) > max(f1["rgb-nir 1pre-1post"])


def test_shuffled_labels_teach_nothing(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project")
    project.run(*DEMO, "--config", "simulate={shuffle_labels: true}", FEW)
    everywhere = {
        row["site"]: float(row["f1"])
        for row in _rows(project, "baselines")
        if row["method"] == "everywhere"
    }
    scores = [(row["site"], float(row["f1"])) for row in _rows(project, "metrics")]
    assert scores
    for site, f1 in scores:
        assert f1 <= everywhere[site] + NOISE, site
