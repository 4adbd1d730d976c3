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


#: Images of the event by the tiny study's feature set that needs them.
IMAGES = {
    "gamma0": [
        "NEW\tsentinel1\tPRE2\t2021-04-20",
        "NEW\tsentinel1\tPRE1\t2021-05-02",
        "NEW\tsentinel1\tPOST1\t2021-05-14",
    ],
    "rgb-nir": ["NEW\tsentinel2\tPRE1\t2021-04-30", "NEW\tsentinel2\tPOST1\t2021-05-20"],
}


def _event(project: Project) -> None:
    project.append("config/tiny/events.tsv", ["NEW\tNew\t\t2021-05-05\tASC\tapply\t"])


def _images(project: Project, features: str) -> None:
    project.append("config/tiny/acquisitions.tsv", IMAGES[features])


def _read(project: Project, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(project.read(f"results/tiny/maps/NEW/{name}"))
    return found


def _validation(project: Project, features: str) -> float:
    """Validation F1 of the kept epoch."""
    history = f"results/tiny/models/roles/{features}/1pre-1post/seed1/history.tsv"
    header, *rows = (line.split("\t") for line in project.read(history).decode().splitlines())
    (kept,) = [
        dict(zip(header, row, strict=True)) for row in rows if row[header.index("kept")] == "1"
    ]
    return float(kept["validation_f1"])


def test_an_event_is_mapped_and_again_when_images_arrive(scratch: Project) -> None:
    """First with the images of the worse model, then with those of both.

    Of equal scores the one with fewer channels is the better, which is radar.
    """
    worse, better = sorted(IMAGES, key=lambda name: (_validation(scratch, name), name == "gamma0"))
    _event(scratch)
    _images(scratch, worse)
    assert scratch.jobs(*MAP) == sorted([*MADE, *MAPPING])
    scratch.run("--cores", "2", *MAP)
    model = _read(scratch, "model.json")
    assert model["models"] == [f"roles/{worse}/1pre-1post/seed1"]
    assert any("no uncertainty" in warning for warning in model["warnings"])
    (lacking,) = [one for one in model["candidates"] if not one["fits"]]
    assert lacking["id"] == f"roles/{better}/1pre-1post" and lacking["missing"]
    assert _read(scratch, "changes.json")["then"] is None

    _images(scratch, better)
    assert scratch.jobs(*MAP) == sorted([*MADE, *MAPPING])
    scratch.run("--cores", "2", *MAP)
    assert scratch.jobs(*MAP) == []
    model = _read(scratch, "model.json")
    assert model["models"] == [f"roles/{better}/1pre-1post/seed1"]
    scores = [one["validation_f1"] for one in model["candidates"]]
    assert scores == sorted(scores, reverse=True)
    changes = _read(scratch, "changes.json")
    assert changes["then"]["models"] == [f"roles/{worse}/1pre-1post/seed1"]
    assert changes["now"]["models"] == model["models"]
    page = scratch.read("results/tiny/maps/NEW/map.html").decode()
    assert "simulated data" in page and "2021-05" in page
    versions = sorted((scratch.folder / "results/tiny/maps/NEW/versions").iterdir())
    assert [path.name[:4] for path in versions] == ["0001", "0002"]


def test_models_of_another_folder_map_without_training(scratch: Project) -> None:
    _event(scratch)
    _images(scratch, "gamma0")
    scratch.run("--cores", "1", "index_models", *TINY)
    shutil.move(scratch.folder / "results/tiny/models", scratch.folder / "shelf")
    assert not any("Training" in job for job in scratch.jobs(*MAP))
    chosen = ("results/tiny/maps/NEW/model.json", *TINY, "--config")
    alone = scratch.run("--cores", "2", *chosen, "event=NEW", check=False)
    assert "nothing is trained yet" in alone and "map: train: true" in alone

    elsewhere = (*chosen, "map={models: shelf}")
    scratch.run("--cores", "1", *elsewhere)
    record = _read(scratch, "model.json")
    assert (record["shelf"], record["checked"]) == ("shelf", True)
    assert not (scratch.folder / "results/tiny/models").exists()
    (model,) = (scratch.folder / "results/tiny/maps/NEW/models").rglob("model.safetensors")
    assert (
        model.read_bytes() == (scratch.folder / "shelf" / record["files"][0]["path"]).read_bytes()
    )
    trained = scratch.jobs(*MAP, "map={train: true}")
    assert sum(job.startswith("Training ") for job in trained) == 2


def test_what_cannot_be_mapped_is_told_before_anything_is_planned(scratch: Project) -> None:
    _event(scratch)
    _images(scratch, "gamma0")
    output = scratch.run("-n", "map", *TINY, "--config", "event=NWE", check=False)
    assert "is no event of events.tsv" in output and "did you mean 'NEW'?" in output
    output = scratch.run("-n", "map", *TINY, "--config", "event=SIM01", check=False)
    assert "has role train" in output
