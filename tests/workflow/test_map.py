"""The map of a new event, from rows in two tables; and again when images arrive."""

from __future__ import annotations

import json
import shutil
from typing import Any

from project import TINY, Project

MAP = ("map", *TINY, "--config", "event=NEW")
#: What every map of the event costs.
MAPPING = [
    "Choosing the models that map NEW",
    "Drawing polygons and page of the map of NEW",
    "Mapping NEW",
]
MADE = [
    "Dividing NEW by radar geometry, slope and size of landslide",
    "Simulating event NEW",
]


def _radar_alone(project: Project) -> None:
    """An event with one pass of Sentinel-1 after it and no optical image."""
    project.append("config/tiny/events.tsv", ["NEW\tNew\t\t2021-05-05\tASC\tapply\t"])
    days = {"PRE2": "2021-04-20", "PRE1": "2021-05-02", "POST1": "2021-05-14"}
    project.append(
        "config/tiny/acquisitions.tsv",
        [f"NEW\tsentinel1\t{epoch}\t{day}" for epoch, day in days.items()],
    )


def _read(project: Project, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(project.read(f"results/tiny/maps/NEW/{name}"))
    return found


def test_an_event_is_mapped_and_again_when_images_arrive(scratch: Project) -> None:
    _radar_alone(scratch)
    assert scratch.jobs(*MAP) == sorted([*MADE, *MAPPING])
    scratch.run("--cores", "2", *MAP)
    model = _read(scratch, "model.json")
    assert model["models"] == ["roles/gamma0/1pre-1post/seed1"]
    assert any("no uncertainty" in warning for warning in model["warnings"])
    (better,) = [one for one in model["candidates"] if not one["fits"]]
    assert better["id"] == "roles/rgb-nir/1pre-1post"
    assert _read(scratch, "changes.json")["then"] is None
    assert scratch.jobs(*MAP) == []

    scratch.append(
        "config/tiny/acquisitions.tsv",
        ["NEW\tsentinel2\tPRE1\t2021-04-30", "NEW\tsentinel2\tPOST1\t2021-05-20"],
    )
    assert scratch.jobs(*MAP) == sorted([*MADE, *MAPPING])
    scratch.run("--cores", "2", *MAP)
    scores = {one["id"]: one["validation_f1"] for one in _read(scratch, "model.json")["candidates"]}
    best = max(scores, key=lambda name: scores[name])
    assert [name.rpartition("/")[0] for name in _read(scratch, "model.json")["models"]] == [best]
    changes = _read(scratch, "changes.json")
    assert changes["then"]["images"].startswith("Sentinel-1") and changes["then"] != changes["now"]
    page = scratch.read("results/tiny/maps/NEW/map.html").decode()
    assert "simulated data" in page and "2021-05-14" in page
    versions = sorted((scratch.folder / "results/tiny/maps/NEW/versions").iterdir())
    assert [path.name[:4] for path in versions] == ["0001", "0002"]


def test_models_of_another_folder_map_without_training(scratch: Project) -> None:
    _radar_alone(scratch)
    scratch.run("--cores", "1", "index_models", *TINY)
    shutil.move(scratch.folder / "results/tiny/models", scratch.folder / "shelf")
    assert not any("Training" in job for job in scratch.jobs(*MAP))
    alone = scratch.run("--cores", "1", *MAP, check=False)
    assert "nothing is trained yet" in alone and "map: train: true" in alone

    elsewhere = (*MAP, "map={models: shelf}")
    scratch.run("--cores", "2", *elsewhere)
    record = _read(scratch, "model.json")
    assert (record["shelf"], record["checked"]) == ("shelf", True)
    assert not (scratch.folder / "results/tiny/models").exists()
    assert scratch.jobs(*elsewhere) == []
    trained = scratch.jobs(*MAP, "map={train: true}")
    assert sum(job.startswith("Training ") for job in trained) == 2


def test_what_cannot_be_mapped_is_told_before_anything_is_planned(scratch: Project) -> None:
    _radar_alone(scratch)
    output = scratch.run("-n", "map", *TINY, "--config", "event=NWE", check=False)
    assert "is no event of events.tsv" in output and "did you mean 'NEW'?" in output
    output = scratch.run("-n", "map", *TINY, "--config", "event=SIM01", check=False)
    assert "has role train" in output
