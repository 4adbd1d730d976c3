"""A job's memory and cores, the traps of SNAP's own settings, and the orbits that it needs."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from scarp.errors import DataError
from scarp.snap.auxdata import Scene, orbit_findings
from scarp.snap.findings import Finding
from scarp.snap.gpt import run_gpt
from scarp.snap.machine import (
    Diagnosis,
    Job,
    Machine,
    diagnose,
    machine_findings,
    this_machine,
)
from scarp.snap.userdir import orbit_folder
from snap_help import quick_gpt

MACHINE = Machine(32000, 8)
JOB = Job(16000, 4)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("HOME", str(folder))
    return folder


def installed(folder: Path, options: str = "", properties: str = "") -> Path:
    """A gpt that is never run, with the files of an install."""
    gpt = folder / "snap" / "bin" / "gpt"
    gpt.parent.mkdir(parents=True)
    gpt.touch()
    (gpt.parent / "gpt.vmoptions").write_text(options)
    (folder / "snap" / "etc").mkdir()
    (folder / "snap" / "etc" / "snap.properties").write_text(properties)
    return gpt


def troubles(found: list[Finding]) -> list[tuple[str, str, str]]:
    return [(one.level, Path(one.subject).name, one.fact) for one in found if one.level != "ok"]


def test_gpt_tells_what_a_job_has_in_force(tmp_path: Path) -> None:
    assert diagnose(quick_gpt(tmp_path), Job(10240, 3)) == Diagnosis(8192, 4096, 3)


def test_a_job_has_what_gpt_is_run_with(tmp_path: Path) -> None:
    gpt, graph = tmp_path / "gpt", tmp_path / "graph.xml"
    gpt.write_text('#!/bin/sh\necho "$JAVA_TOOL_OPTIONS" "$@"\nexit 1\n')
    gpt.chmod(0o755)
    graph.write_text(
        '<graph><node id="w"><operator>Write</operator><parameters><file>out.dim</file>'
        "</parameters></node></graph>"
    )
    with pytest.raises(DataError):
        run_gpt(gpt, graph, tmp_path / "job", 10001, 3, 60, tmp_path / "log")
    job = Job(10001, 3)
    said = (tmp_path / "log").read_text()
    assert f"-Xmx{job.heap_mb}m" in said
    assert f"-c {job.cache_mb}M -q 3" in said


def test_gpt_that_does_not_start_is_refused(tmp_path: Path) -> None:
    gpt = tmp_path / "gpt"
    gpt.write_text("#!/bin/sh\necho No suitable Java Virtual Machine\nexit 83\n")
    gpt.chmod(0o755)
    with pytest.raises(DataError, match="does not start: No suitable Java Virtual Machine"):
        diagnose(gpt, JOB)


def test_this_machine_has_memory_and_processors() -> None:
    assert this_machine().memory_mb > 256
    assert this_machine().processors >= 1


def test_a_clean_install_has_nothing_to_warn_of(tmp_path: Path) -> None:
    gpt = installed(tmp_path, "# -Xmx1G\n", "snap.parallelism=8\n#snap.jai.tileCacheSize=99999\n")
    found = machine_findings(gpt, Diagnosis(11800, 6400, 4), JOB, MACHINE)
    assert troubles(found) == []
    assert [one.fact for one in found] == [
        "16000 MB and 4 cores, of 32000 MB and 8",
        "12800 MB, of that 6400 MB tile cache; gpt --diag tells 11800 and 6400 MB, 4 tiles at once",
        "is 8 tiles at once",
    ]


@pytest.mark.parametrize(
    ("options", "level", "fact"),
    [
        ("-Xmx64G", "fault", "lets Java take 65536 MB, and this machine has 32000 MB"),
        (
            "-Xms1G\n-Xmx1G\n-Xmx20g # more",
            "warning",
            "lets Java take 20480 MB, and a job has 16000 MB",
        ),
        ("-Xmx10240m", "warning", "gives Java 10240 MB"),
        (
            "-Xmx6442450944",
            "fault",
            "gives Java 6144 MB, no more than the tile cache of a job (6400 MB)",
        ),
    ],
)
def test_a_heap_that_comes_before_that_of_jobs(
    tmp_path: Path, options: str, level: str, fact: str
) -> None:
    found = machine_findings(installed(tmp_path, options), Diagnosis(1, 1, 1), JOB, MACHINE)
    assert troubles(found) == [(level, "gpt.vmoptions, -Xmx", fact)]
    trouble = next(one for one in found if one.level == level)
    assert trouble.cure.startswith("delete that line")
    assert trouble.allowed == "12800 MB, which the workflow asks for and this comes before"


def test_a_heap_that_something_else_sets_shows_in_the_diagnosis(tmp_path: Path) -> None:
    found = machine_findings(installed(tmp_path), Diagnosis(910, 6400, 4), JOB, MACHINE)
    assert troubles(found) == [
        (
            "fault",
            "gpt --diag, Max memory",
            "gives Java 910 MB, no more than the tile cache of a job (6400 MB)",
        ),
        (
            "warning",
            "heap of a job of gpt",
            "is 910 MB; SNAP crawls, or ends for want of memory",
        ),
    ]
    assert found[1].cure == "find what else sets -Xmx, and remove it"


def test_a_job_beyond_the_machine_and_one_too_small() -> None:
    found = machine_findings(None, None, Job(64000, 16), MACHINE)
    assert troubles(found) == [
        ("fault", "mem_mb of a job of gpt", "is 64000 MB, more than this machine has"),
        ("warning", "cores of a job of gpt", "are 16, more than this machine has"),
    ]


def test_a_small_heap_is_warned_of_with_the_memory_that_cures_it(tmp_path: Path) -> None:
    gpt = installed(tmp_path)
    found = machine_findings(gpt, None, Job(5119, 4), MACHINE)
    assert "mem_mb to 5120 or more" in found[-1].cure
    assert troubles(machine_findings(gpt, None, Job(5120, 4), MACHINE)) == []


def test_settings_of_the_install_and_of_the_user(tmp_path: Path, home: Path) -> None:
    gpt = installed(tmp_path, "-Dsnap.userdir=/scratch/snap\n", "snap.jai.tileCacheSize = 9601\n")
    (home / ".snap" / "etc").mkdir(parents=True)
    (home / ".snap" / "etc" / "snap.properties").write_text(
        "snap.jai.tileCacheSize=9600\nsnap.parallelism=9\n"
    )
    (home / ".snap" / "system" / "modules").mkdir(parents=True)
    (home / ".snap" / "system" / "modules" / "eu-esa-sar-insar.jar").touch()
    found = machine_findings(gpt, None, JOB, MACHINE)
    assert [one[:2] for one in troubles(found)] == [
        ("warning", "gpt.vmoptions, -Dsnap.userdir"),
        ("warning", "snap.properties, snap.jai.tileCacheSize"),
        ("warning", "snap.properties, snap.parallelism"),
    ]
    assert str(home) not in found[3].subject
    assert str(home) in found[5].subject
    assert (found[6].level, found[6].subject) == ("ok", str(home / ".snap" / "system"))
    assert "update centre (1)" in found[6].fact


def orbit(folder: Path, mission: str = "S1A", kind: str = "POEORB", end: str = ".EOF") -> Path:
    """An orbit file valid from 11 January 2020, 22:59:42, to 13 January, 00:59:42."""
    name = f"{mission}_OPER_AUX_{kind}_OPOD_20200201T121212_V20200111T225942_20200113T005942{end}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).touch()
    return folder / name


COVERED = Scene("S1A", datetime(2020, 1, 12, 12, 30))


def folder_of(auxdata: Path, scene: Scene) -> Path:
    return orbit_folder(auxdata, scene.orbit, scene.mission, f"{scene.start:%Y-%m-%d}")


@pytest.mark.parametrize("end", [".EOF", ".EOF.zip"])
def test_an_orbit_is_found_where_snap_looks(tmp_path: Path, end: str) -> None:
    folder = tmp_path / "Orbits" / "Sentinel-1" / "POEORB" / "S1A" / "2020" / "01"
    assert folder_of(tmp_path, COVERED) == folder
    orbit(folder, end=end)
    found = orbit_findings(tmp_path, [COVERED, COVERED])
    assert found == [Finding("ok", "orbits", "of all scenes (1) are on disk")]
    assert orbit_findings(tmp_path, []) == []


@pytest.mark.parametrize(
    "scene",
    [
        Scene("S1A", datetime(2020, 1, 11, 22, 59, 41)),
        Scene("S1A", datetime(2020, 1, 13, 0, 59, 42)),
        Scene("S1B", datetime(2020, 1, 12, 12, 30)),
        Scene("S1A", datetime(2020, 1, 12, 12, 30), "RESORB"),
    ],
)
def test_an_orbit_that_is_not_that_of_the_scene_is_missed(tmp_path: Path, scene: Scene) -> None:
    orbit(folder_of(tmp_path, scene))
    (found,) = orbit_findings(tmp_path, [scene])
    assert found.level == "warning"
    assert "step.esa.int, which nodes without internet cannot" in found.fact
    assert found.cure == f"put the files into {folder_of(tmp_path, scene)}"


def test_scenes_of_one_month_are_told_together(tmp_path: Path) -> None:
    days = [datetime(2020, 1, 12), datetime(2020, 2, 5), datetime(2020, 1, 24)]
    found = orbit_findings(tmp_path, [Scene("S1A", day) for day in days])
    assert [one.subject for one in found] == [
        "orbits of S1A 2020-01-12, S1A 2020-01-24",
        "orbits of S1A 2020-02-05",
    ]


def test_orbits_that_the_workflow_links_need_no_auxiliary_data(tmp_path: Path) -> None:
    orbit(tmp_path / "orbits")
    later = Scene("S1A", datetime(2020, 3, 1))
    assert [one.level for one in orbit_findings(None, [COVERED], tmp_path / "orbits")] == ["ok"]
    (found,) = orbit_findings(None, [COVERED, later], tmp_path / "orbits")
    assert found.subject == "orbits of scenes (1)"
    assert "<auxdata>/Orbits/Sentinel-1/POEORB/S1A/2020/03" in found.cure


def test_auxiliary_data_that_are_configured_must_be_there(tmp_path: Path) -> None:
    (found,) = orbit_findings(tmp_path / "auxdata", [COVERED])
    assert (found.level, found.fact) == ("fault", "is no folder")
