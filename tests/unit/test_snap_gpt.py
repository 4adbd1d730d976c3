"""gpt is found, asked for its version and run; each of its ways to fail is noticed.

What is run is the stand-in of tests/standins, which fails on demand as SNAP is known to.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from scarp.errors import DataError
from scarp.sentinel1.passes import open_pass
from scarp.snap.facts import facts_version
from scarp.snap.gpt import find_gpt, run_gpt, version_of
from scarp.snap.products import write_snap_product
from snap_route import MADE, graph_of, launcher, tiny_scene
from tiny_slc import Tiny


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return tiny_scene(tmp_path_factory.mktemp("scene"))


def make(tiny: Tiny, folder: Path, timeout: float = 60, text: str = "") -> Path:
    """Backscatter of the first date, from graph to product; returns the product's path."""
    final, job = folder / "gamma0_PRE1.tif", folder / "job"
    job.mkdir()
    graph = folder / "graph.xml"
    graph.write_text(text or graph_of("backscatter", tiny, Path("out.dim")), encoding="utf-8")
    gpt = launcher(folder)
    run_gpt(gpt, graph, job, 1000, 1, timeout, folder / "gpt.log")
    made = replace(MADE, dem=tiny.dem, dem_origin=tiny.dem.name)
    passes = [open_pass(tiny.products[:1])]
    write_snap_product(job / "out.dim", "backscatter", final, tiny.grid, passes, "PRE1", made)
    return final


def test_a_whole_run_makes_a_product(tiny: Tiny, tmp_path: Path) -> None:
    final = make(tiny, tmp_path)
    assert final.is_file()
    log = (tmp_path / "gpt.log").read_text()
    assert "-c 400M -q 1" in log
    assert "100% done." in log
    assert "SEVERE: org.esa.s2tbx.dataio.gdal" in log  # harmless, and not taken for an error


#: What the stand-in is told to do -> what must be said of it.
FAILURES = {
    "exit1": "gpt failed with exit 1: Error: .*told to fail",
    "empty": "no usable elevation",
    "restituted": "a restituted one was taken",
    "oom": "for want of memory twice",
    "killed": "for want of memory twice",
    "no-intersection": "outside the scene",
    "exit-0-missing-output": "wrote no such product",
    "exit-0-half-written": "is half-written",
    "severe": "SNAP logged an error: SEVERE",
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_is_noticed_and_leaves_no_product(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    monkeypatch.setenv("SCARP_GPT_FAIL", failure)
    with pytest.raises(DataError, match=FAILURES[failure]):
        make(tiny, tmp_path)
    assert not [*tmp_path.glob("*.tif"), *tmp_path.glob(".*.tif")]
    if failure != "exit-0-half-written":  # there gpt itself did not tell
        assert not [*(tmp_path / "job").glob("out.*")]


def test_what_takes_too_long_is_killed_with_its_children(tiny: Tiny, tmp_path: Path) -> None:
    gpt, graph, log = tmp_path / "gpt", tmp_path / "graph.xml", tmp_path / "gpt.log"
    gpt.write_text("#!/bin/sh\nsleep 3600 &\necho child $!\nwait\n")
    gpt.chmod(0o755)
    graph.write_text(graph_of("backscatter", tiny, Path("out.dim")), encoding="utf-8")
    with pytest.raises(DataError, match="did not end within 2 s"):
        run_gpt(gpt, graph, tmp_path / "job", 1000, 1, 2, log)
    gone(int(log.read_text().split("child ")[1]))


def test_a_job_that_is_ended_takes_gpt_with_it(tiny: Tiny, tmp_path: Path) -> None:
    graph, log = tmp_path / "graph.xml", tmp_path / "gpt.log"
    graph.write_text(graph_of("backscatter", tiny, Path("out.dim")), encoding="utf-8")
    paths = [launcher(tmp_path), graph, tmp_path / "job", log]
    code = (
        "from pathlib import Path; from scarp.snap.gpt import run_gpt;"
        "g, x, f, l = map(Path, __import__('sys').argv[1:]); run_gpt(g, x, f, 1000, 1, 3600, l)"
    )
    told = {**os.environ, "SCARP_GPT_FAIL": "hang", "PYTHONPATH": os.pathsep.join(sys.path)}
    job = subprocess.Popen([sys.executable, "-c", code, *map(str, paths)], env=told)
    child = None
    while child is None and job.poll() is None:
        child = re.search(r"child (\d+)\n", log.read_text()) if log.is_file() else None
        time.sleep(0.05)
    job.terminate()
    assert job.wait() == 128 + signal.SIGTERM
    assert child is not None
    gone(int(child[1]))


def gone(pid: int) -> None:
    """A killed process may take a moment to end."""
    for _ in range(100):
        if not running(pid):
            return
        time.sleep(0.1)
    raise AssertionError(f"{pid} still runs")


def running(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    return status.is_file() and "State:\tZ" not in status.read_text()


def test_a_smaller_cache_helps_once(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SCARP_GPT_FAIL", "oom-large-cache")
    assert make(tiny, tmp_path).is_file()
    assert "trying once more with a smaller one" in caplog.text
    log = (tmp_path / "gpt.log").read_text()
    assert "-c 400M" in log
    assert "-c 100M" in log
    assert "OutOfMemoryError" in log  # the log keeps the first run


def test_an_unset_name_is_refused_before_gpt_starts(tiny: Tiny, tmp_path: Path) -> None:
    text = graph_of("backscatter", tiny, Path("out.dim")).replace("EPSG:32633", "EPSG:${epsg}")
    with pytest.raises(DataError, match="leaves epsg unset"):
        make(tiny, tmp_path, text=text)
    assert not (tmp_path / "gpt.log").exists()


def test_an_unknown_parameter_names_its_cure(tiny: Tiny, tmp_path: Path) -> None:
    text = graph_of("backscatter", tiny, Path("out.dim")).replace("nRgLooks", "nRangeLooks")
    with pytest.raises(DataError, match="Unknown element 'nRangeLooks'") as caught:
        make(tiny, tmp_path, text=text)
    assert "compose the graph for the version that is installed" in str(caught.value)


def test_each_job_has_a_user_directory_of_its_own(tiny: Tiny, tmp_path: Path) -> None:
    gpt = tmp_path / "gpt"
    gpt.write_text(
        '#!/bin/sh\necho "$JAVA_TOOL_OPTIONS" > seen\npwd >> seen\nls userdir/auxdata >> seen\n'
        "mkdir out.data && touch out.dim\n"
    )
    gpt.chmod(0o755)
    shared = tmp_path / "shared" / "Orbits"
    shared.mkdir(parents=True)
    graph = tmp_path / "graph.xml"
    graph.write_text(graph_of("backscatter", tiny, Path("out.dim")), encoding="utf-8")
    job = tmp_path / "job"
    run_gpt(gpt, graph, job, 1000, 1, 60, tmp_path / "gpt.log", shared.parent)
    options, place, auxdata = (job / "seen").read_text().split("\n")[:3]
    assert f'-Dsnap.userdir="{job}/userdir"' in options
    assert "-Xmx800m" in options
    assert (place, auxdata) == (str(job), "Orbits")


def test_what_an_earlier_run_left_is_not_taken_for_this_one(tiny: Tiny, tmp_path: Path) -> None:
    gpt, job = tmp_path / "gpt", tmp_path / "job"
    gpt.write_text("#!/bin/sh\nexit 0\n")
    gpt.chmod(0o755)
    (job / "out.data").mkdir(parents=True)
    (job / "out.dim").write_text("old")
    graph = tmp_path / "graph.xml"
    graph.write_text(graph_of("backscatter", tiny, Path("out.dim")), encoding="utf-8")
    with pytest.raises(DataError, match="wrote no such product"):
        run_gpt(gpt, graph, job, 1000, 1, 60, tmp_path / "gpt.log")


def test_gpt_is_found_by_folder_by_file_and_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpt = launcher(tmp_path)
    assert find_gpt(str(tmp_path / "snap")) == find_gpt(str(gpt)) == gpt
    monkeypatch.setenv("PATH", f"{gpt.parent}{os.pathsep}{os.environ['PATH']}")
    assert find_gpt() == gpt


def test_no_gpt_and_one_that_cannot_run_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError, match="there is no gpt"):
        find_gpt(str(tmp_path / "nowhere"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DataError, match="PATH: there is no gpt"):
        find_gpt()
    (tmp_path / "gpt").write_text("#!/bin/sh\n")
    with pytest.raises(DataError, match="cannot be run"):
        find_gpt(str(tmp_path))


def test_the_version_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCARP_GPT_VERSION", "11.0.0")
    gpt = launcher(tmp_path)
    told = version_of(gpt)
    assert told == "11.0.0 (test stand-in, not SNAP)"
    assert facts_version(told) == "11.0.0"
    (tmp_path / "snap" / "VERSION.txt").write_text("9.0.0\n")
    assert version_of(gpt) == "9.0.0"


def test_a_gpt_without_a_version_is_refused(tmp_path: Path) -> None:
    gpt = tmp_path / "gpt"
    gpt.write_text("#!/bin/sh\necho No suitable Java Virtual Machine\nexit 83\n")
    gpt.chmod(0o755)
    with pytest.raises(DataError, match="No suitable Java Virtual Machine"):
        version_of(gpt)
