"""The archive as a source: a whole run, what it costs to add an event, and its download."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess
import time
import zipfile
from pathlib import Path

import pytest

from file_server import Answer, FileServer
from project import Project
from scarp.product_files import required_files
from scarp.tsv import read_table

ARCHIVE = ("--configfile", "config/tiny.yaml", "config/tiny_archive.yaml")
RESULTS = Path("results/tiny_archive")
MODELS = [
    f"{features} in 1pre-1post, seed 1, split {split}"
    for features in ("gamma0-coh", "rgb-nir", "rgb-nir-corrected")
    for split in ("published", "roles")
]
OF_A_SPLIT = [
    "Drawing F1 by number of dates, split {}",
    "Drawing F1 per site, split {}",
    "Drawing hits and misses at SIM03, split {}",
    "Drawing hits and misses at SIM04, split {}",
    "Drawing landslides found and missed, split {}",
    "Drawing recall by radar geometry, slope and size, split {}",
    "Drawing scores by threshold, split {}",
    "Drawing what probabilities are worth, split {}",
    "Drawing the effect of the Sentinel-2 offset, split {}",
    "Drawing training curves, split {}",
    "Fitting the best single-band threshold of split {}",
    "Writing the tables of scores, split {}",
]
SUMMARY = [
    "Drawing elevation and slope of the events",
    "Drawing the days between events and images",
    "Drawing the map of events",
    "Gathering the scores of all models",
    "Gathering what was assessed of all models",
    "Writing a card for every trained model",
    "Writing the table of events",
    *(job.format(split) for job in OF_A_SPLIT for split in ("published", "roles")),
]
DATES = {
    "sentinel1": {"PRE2": "2021-04-20", "PRE1": "2021-05-02", "POST1": "2021-05-14"},
    "sentinel2": {"PRE1": "2021-04-30", "POST1": "2021-05-20"},
}


@pytest.fixture(scope="module")
def archived(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose tiny study of a simulated archive has run; tests copy it."""
    project = Project.create(tmp_path_factory.mktemp("archived") / "project")
    project.run("--cores", "2", *ARCHIVE)
    return project


@pytest.fixture
def own(archived: Project, tmp_path: Path) -> Project:
    """A copy to which an event of one's own, with its product files, can be added."""
    project = archived.copy(tmp_path / "project")
    products = project.folder / RESULTS / "products" / "OWN1"
    products.mkdir(parents=True)
    for name in required_files(DATES, needs_labels=True):
        (products / name).touch()
    # The published events name no source of their own.
    events = project.folder / "config/tiny_archive/events.tsv"
    header, *rows = events.read_text(encoding="utf-8").splitlines()
    lines = [f"{header}\tsource\tengine", *rows]
    events.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert project.jobs(*ARCHIVE) == []
    return project


def _add(project: Project, role: str) -> list[str]:
    row = f"OWN1\tOwn slope\t\t2021-05-05\tASC\t{role}\t\tscenes\tfiles"
    project.append("config/tiny_archive/events.tsv", [row])
    project.append(
        "config/tiny_archive/acquisitions.tsv",
        [
            f"OWN1\t{sensor}\t{epoch}\t{day}"
            for sensor, days in DATES.items()
            for epoch, day in days.items()
        ],
    )
    return project.jobs(*ARCHIVE)


def test_nothing_runs_twice(archived: Project) -> None:
    assert archived.jobs(*ARCHIVE) == []


def test_both_splits_are_scored_and_roles_recovered(archived: Project) -> None:
    summary = archived.folder / RESULTS / "summary"
    metrics = read_table(summary / "metrics.tsv", ("split", "site", "role", "source"))
    assert {(row["split"], row["site"], row["role"]) for row in metrics} == {
        (split, *site)
        for split in ("published", "roles")
        for site in (("SIM03", "dependent"), ("SIM04", "independent"))
    }
    assert {row["source"] for row in metrics} == {"simulated archive"}
    roles = read_table(summary / "published_roles.tsv", ("event", "role"))
    assert {row["event"]: row["role"] for row in roles} == {
        "SIM01": "train",
        "SIM02": "train",
        "SIM03": "dependent",
        "SIM04": "independent",
    }
    offsets = read_table(summary / "s2_offsets.tsv", ("event", "epoch", "offset_dn"))
    assert [(r["event"], r["epoch"]) for r in offsets if r["offset_dn"] != "0"] == [
        ("SIM04", "POST1")
    ]


def test_simulated_archives_are_called_so_wherever_they_show(archived: Project) -> None:
    results = archived.folder / RESULTS
    for path in sorted((results / "figures").glob("*.svg")):
        assert "(simulated data)" in path.read_text(encoding="utf-8"), path.name
    for path in sorted((results / "summary").glob("*.html")):
        assert "imulated" in path.read_text(encoding="utf-8"), path.name


def test_an_own_event_to_map_costs_its_own_cube(own: Project) -> None:
    assert _add(own, "apply") == ["Harmonising the products of OWN1"]


def test_an_own_event_that_tests_beside_published_ones_retrains_nothing(own: Project) -> None:
    assert _add(own, "independent") == sorted(
        [
            "Harmonising the products of OWN1",
            "Cutting OWN1 into patches",
            "Describing event OWN1",
            "Drawing the features of OWN1",
            "Dividing OWN1 by radar geometry, slope and size of landslide",
            *(f"Scoring {model}" for model in MODELS),
            *(f"Assessing {model}" for model in MODELS),
            *SUMMARY,
            *(
                job.format(split)
                for split in ("published", "roles")
                for job in (
                    "Drawing hits and misses at OWN1, split {}",
                    "Drawing the test sites of split {}",
                    "Listing the testing patches of OWN1 for split {}",
                )
            ),
        ]
    )


def test_an_own_event_that_trains_touches_no_published_event(own: Project) -> None:
    assert _add(own, "train") == sorted(
        [
            "Harmonising the products of OWN1",
            "Cutting OWN1 into patches",
            "Describing event OWN1",
            *(f"Dividing patches for split {split}" for split in ("published", "roles")),
            *(f"Training {model}" for model in MODELS),
            *(f"Scoring {model}" for model in MODELS),
            *(f"Assessing {model}" for model in MODELS),
            *SUMMARY,
        ]
    )


def test_the_choice_about_the_offset_retrains_optical_sets_only(archived: Project) -> None:
    jobs = archived.jobs(*ARCHIVE, "--config", "archive={path: simulated, s2_offset: corrected}")
    trained = {job for job in jobs if job.startswith("Training ")}
    assert trained == {f"Training {model}" for model in MODELS if model.startswith("rgb-nir in")}
    assert not any(job.startswith(("Reading ", "Taking ", "Cutting ")) for job in jobs)


def _download(server: FileServer, content: bytes) -> tuple[str, ...]:
    md5 = hashlib.md5(content).hexdigest()
    settings = f"archive={{path: '', url: '{server.url()}', size: {len(content)}, md5: {md5}}}"
    return (*ARCHIVE, "--config", settings)


def test_a_killed_download_goes_on_and_is_never_made_again(
    archived: Project, tmp_path: Path
) -> None:
    project = Project.create(tmp_path / "project")
    content = (archived.folder / RESULTS / "resources/simulated_archive.zip").read_bytes()
    name = "s1s2_landslide_reference_data.zip"
    folder = project.folder / RESULTS / "resources/archive"
    with FileServer(content, Answer(hold=len(content) // 2)) as server:
        settings = _download(server, content)
        target = str(RESULTS / "resources/archive" / name)
        running = subprocess.Popen(
            project.command("--cores", "1", target, *settings),
            cwd=project.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        part = folder / f"{name}.part"
        while running.poll() is None and not (part.exists() and part.stat().st_size > 0):
            time.sleep(0.05)
        assert running.poll() is None, "the download ended before it could be killed"
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        assert not (folder / name).exists()
        fetched = part.stat().st_size
        server.release()
        server.requests.clear()
        project.run("--unlock", *settings)
        # The cube needs the archive: one run goes on with the download and reads what it fetched.
        project.run("--cores", "1", str(RESULTS / "cubes/SIM01.nc"), *settings)
        assert [request.range_start for request in server.requests] == [fetched]
        assert (folder / name).read_bytes() == content
        assert zipfile.is_zipfile(folder / name)
        # Snakemake would delete what an edited rule had made, and fetch 6 GB again.
        project.append("workflow/scripts/scarp/acquire/download.py", ["", "EXTRA = 1"])
        project.append("workflow/scripts/download_archive.py", ["", "EXTRA = 1"])
        jobs = project.jobs(*settings)
        assert not any(job.startswith("Downloading") for job in jobs)
        assert sum(bool(re.match("Reading SIM0. from the archive", job)) for job in jobs) == 3


def test_a_wrong_checksum_ends_the_run_and_leaves_no_archive(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project")
    with FileServer(b"another file") as server:
        settings = _download(server, b"the archive!")
        output = project.run(
            *("--cores", "1", "--retries", "0", *settings[:-2]),
            *("--until", "download_archive", *settings[-2:]),
            check=False,
        )
    assert "MD5" in output and "cure" in output
    assert not list((project.folder / RESULTS / "resources/archive").glob("*.zip"))
