"""Everything that is wrong with the SNAP route is found at once, before the first scene.

gpt and esa_snappy are the stand-ins of tests/standins, which tell the facts of a version.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from scarp.errors import DataError
from scarp.snap.findings import COLUMNS
from scarp.snap.graph import Graph
from scarp.snap.machine import Machine
from scarp.snap.preflight import Finding, Scene, preflight, render, write_preflight
from scarp.snap.settings import KINDS
from scarp.tsv import read_table
from snap_help import graph_for, quick_gpt, standins
from snap_route import launcher

Run = Callable[..., list[Finding]]
Play = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A preflight on a machine of 32 GB, with settings that nothing is wrong with."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr("scarp.snap.preflight.this_machine", lambda: Machine(32000, 8))

    def flight(gpt: str, graphs: Mapping[str, Graph], **changes: object) -> list[Finding]:
        given: dict[str, object] = {"version": "", "python": "", "mem_mb": 16000, "cores": 4}
        given |= {"auxdata": None, "scenes": (), **changes}
        return preflight(gpt, graphs=graphs, **given)  # type: ignore[arg-type]

    return flight


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    """SNAP's folder, with a gpt of a version of the facts that says it is `installed`."""

    def snap(version: str, installed: str = "") -> str:
        gpt = quick_gpt(tmp_path)
        monkeypatch.setenv("SCARP_GPT_VERSION", version)
        folder = gpt.parent.parent
        (folder / "VERSION.txt").write_text(f"{installed or version}\n")
        return str(folder)

    return snap


def of(level: str, findings: list[Finding]) -> list[Finding]:
    return [one for one in findings if one.level == level]


def facts(level: str, findings: list[Finding]) -> list[tuple[str, str]]:
    return [(one.subject, one.fact) for one in of(level, findings)]


def flattening(version: str) -> dict[str, Graph]:
    return {"BR0001 backscatter PRE1": graph_for("backscatter", version)}


@pytest.mark.parametrize(
    ("version", "installed"), [("9.0.0", "9.0"), ("13.0.x", "13.0.4"), ("14.0.0", "14.0.0")]
)
def test_all_graphs_of_a_version_pass(run: Run, play: Play, version: str, installed: str) -> None:
    graphs = {f"BR0001 {kind} PRE1": graph_for(kind, installed) for kind in KINDS}
    found = run(play(version, installed), graphs)
    assert {one.level for one in found} == {"ok"}
    used = {node.operator for graph in graphs.values() for node in graph.nodes}
    assert {f"operator {name}" for name in used} <= {one.subject for one in found}
    text = " ".join(render(found).split())
    assert f"the facts about {version}, read from its public sources" in text
    assert f"was asked by gpt OPERATOR -h what {len(used)} operators take" in text
    assert text.endswith(f"preflight: 0 faults, 0 warnings, {len(found)} checks passed")


def test_the_whole_stand_in_is_asked_as_well(run: Run, tmp_path: Path) -> None:
    graph = graph_for("backscatter", "13.0.0")
    ends = Graph(tuple(node for node in graph.nodes if node.operator in ("Read", "Write")))
    ends = Graph((ends.nodes[0], replace(ends.nodes[1], sources=graph.nodes[1].sources)))
    found = run(str(launcher(tmp_path)), {"copy": ends})
    assert of("fault", found) == of("warning", found) == []
    assert "SNAP 13.0.0 (test stand-in, not SNAP)" in {one.subject for one in found}


WHERE = "node 'flatten' (Terrain-Flattening), parameter 'nodataValueAtSea'"


def test_what_the_facts_know_is_not_said_again_by_the_installed(run: Run, play: Play) -> None:
    found = run(play("9.0.0"), flattening("14.0.0"))
    (fault,) = (one for one in found if WHERE in one.subject)
    assert fault.level == "fault"
    assert fault.subject == f"graph BR0001 backscatter PRE1: {WHERE}"
    assert fault.fact == "SNAP 9.0.0 has no parameter of this name"


def test_what_the_installed_lacks_is_named_with_node_and_cure(run: Run, play: Play) -> None:
    found = run(play("9.0.0"), flattening("14.0.0"), version="14.0.0")
    fault = next(one for one in found if WHERE in one.subject)
    assert fault.level == "fault"
    assert fault.fact == "the installed SNAP has no parameter of this name"
    assert fault.cure == "make the graphs for the version that is installed"
    assert "additionalOverlap" in fault.allowed
    assert facts("warning", found) == [
        ("installed SNAP 9.0.0", "is another version than 14.0.0, which is configured")
    ]
    assert "operator Terrain-Flattening" not in {one.subject for one in found}
    assert "operator TOPSAR-Deburst" in {one.subject for one in of("ok", found)}


def test_the_same_fault_of_many_graphs_is_told_once(run: Run, play: Play) -> None:
    graphs = {f"BR000{n} backscatter PRE1": graph_for("backscatter", "14.0.0") for n in range(5)}
    found = run(play("9.0.0"), graphs)
    (fault,) = (one for one in found if WHERE in one.subject)
    names = ", ".join(list(graphs)[:3])
    assert fault.subject == f"5 graphs ({names}, ...): {WHERE}"


def test_no_gpt_and_what_cannot_be_asked_then(run: Run, tmp_path: Path) -> None:
    nowhere = str(tmp_path / "nowhere")
    found = run(nowhere, flattening("14.0.0"))
    assert facts("fault", found) == [(nowhere, "there is no gpt")]
    assert facts("warning", found) == [
        (
            "graphs",
            "are not checked against the facts, since it is not known which version counts",
        ),
        ("installed SNAP", "was not asked what its operators take, since gpt does not run"),
    ]
    found = run(nowhere, flattening("14.0.0"), version="9.0.0")
    assert any(WHERE in one.subject for one in of("fault", found))
    assert len(of("warning", found)) == 1


def test_a_gpt_that_may_not_be_run(run: Run, play: Play) -> None:
    gpt = Path(play("13.0.0"), "bin", "gpt")
    gpt.chmod(0o644)
    (fault,) = of("fault", run(str(gpt), flattening("13.0.0")))
    assert (fault.fact, fault.cure) == ("cannot be run", f"chmod +x {gpt}")


def test_a_gpt_that_does_not_start_is_told_once(run: Run, play: Play) -> None:
    snap = play("13.0.0")
    Path(snap, "bin", "gpt").write_text("#!/bin/sh\necho No suitable Java Virtual Machine\n")
    for told in (True, False):
        found = run(snap, flattening("13.0.0"))
        assert len(of("fault", found)) == 1
        assert "No suitable Java Virtual Machine" in of("fault", found)[0].fact
        assert ("SNAP 13.0.0" in {one.subject for one in found}) == told
        Path(snap, "VERSION.txt").unlink(missing_ok=True)


def test_a_gpt_that_only_tells_its_version(run: Run, play: Play) -> None:
    snap = play("13.0.0")
    Path(snap, "bin", "gpt").write_text("#!/bin/sh\necho SNAP Release version 13.0.0\n")
    assert facts("fault", run(snap, flattening("13.0.0"))) == [
        (
            f"{snap}/bin/gpt OPERATOR -h",
            "does not tell what an operator takes: SNAP Release version 13.0.0",
        )
    ]


def test_a_version_that_nothing_is_known_of(run: Run, play: Play) -> None:
    snap = play("14.0.0", "15.0.0")
    found = run(snap, flattening("14.0.0"))
    (fault,) = of("fault", found)
    assert fault.subject == "installed SNAP 15.0.0"
    assert fault.cure.startswith("set sentinel1: snap: version to 14.0.0")
    assert of("warning", found)[0].subject == "graphs"
    found = run(snap, flattening("14.0.0"), version="14.0.0")
    assert of("fault", found) == []
    assert facts("warning", found) == [
        (
            "installed SNAP 15.0.0",
            "is not among those that the facts compare; graphs are checked for 14.0.0",
        )
    ]


def test_a_version_that_is_newer_than_the_facts(run: Run, play: Play) -> None:
    found = run(play("14.0.0", "14.1.0"), flattening("14.0.0"))
    assert [one.subject for one in of("warning", found)] == ["installed SNAP 14.1.0"]
    assert of("fault", found) == []


def test_a_configured_version_that_there_is_not(run: Run, play: Play) -> None:
    found = run(play("13.0.0"), flattening("13.0.0"), version="newest")
    assert [one.subject for one in of("fault", found)] == ["SNAP version 'newest'"]


def test_esa_snappy_is_asked_in_place_of_gpt(
    run: Run, play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, standins())))
    found = run(play("9.0.0"), flattening("14.0.0"), version="14.0.0", python=sys.executable)
    assert any(WHERE in one.subject for one in of("fault", found))
    assert "was asked through esa_snappy" in render(found)
    assert "gpt OPERATOR -h" not in render(found)


def test_where_esa_snappy_is_not_configured_gpt_is_asked(
    run: Run, play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "esa_snappy.py").write_text("import jpyutil\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    found = run(play("13.0.0"), flattening("13.0.0"), python=sys.executable)
    (fault,) = of("fault", found)
    assert "No module named 'jpyutil'" in fault.fact
    assert "run <SNAP>/bin/snappy-conf with this Python" in fault.cure
    assert "was asked by gpt OPERATOR -h" in render(found)


def test_all_faults_are_told_at_once_and_nothing_is_written(
    run: Run, play: Play, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    snap = play("9.0.0")
    Path(snap, "bin", "gpt.vmoptions").write_text("-Xmx64G\n")
    found = run(
        snap,
        flattening("14.0.0"),
        python=str(tmp_path / "python"),
        mem_mb=33000,
        auxdata=tmp_path / "auxdata",
        scenes=[Scene("S1A", datetime(2020, 1, 12))],
    )
    caplog.set_level(logging.INFO, "scarp")
    with pytest.raises(DataError) as caught:
        write_preflight(tmp_path / "preflight.tsv", found)
    with pytest.raises(DataError):
        write_preflight(None, found)
    assert not list(tmp_path.glob("*preflight*"))
    told = [fault.offender for fault in caught.value.faults]
    for part in (WHERE, "'clipNegativeValues'", "python", "mem_mb", "-Xmx", "auxdata"):
        assert sum(part in offender for offender in told) == 1, part
    assert len(told) == 6
    assert "preflight: 6 faults, 0 warnings" in caplog.text


def test_what_passes_is_written_as_a_table(run: Run, play: Play, tmp_path: Path) -> None:
    found = run(play("13.0.0"), flattening("13.0.0"), scenes=[Scene("S1A", datetime(2020, 1, 12))])
    write_preflight(tmp_path / "preflight.tsv", found)
    rows = read_table(tmp_path / "preflight.tsv", COLUMNS)
    assert [row["level"] for row in rows].count("warning") == 1
    assert [Finding(**row) for row in rows] == found  # type: ignore[arg-type]


def test_the_text_is_wrapped_and_the_worst_comes_first() -> None:
    path = "/a" * 60
    found = [
        Finding("ok", "gpt", "is there"),
        Finding("warning", "memory", "is little", cure="give more"),
        Finding("fault", "a graph", "is wrong " * 12, f"as in {path} and so on", "correct it"),
    ]
    assert render(found).splitlines() == [
        "fault    a graph",
        f"         {' '.join(['is wrong'] * 10)}",
        "         is wrong is wrong",
        "         allowed: as in",
        f"         {path}",
        "         and so on",
        "         cure: correct it",
        "warning  memory",
        "         is little",
        "         cure: give more",
        "ok       gpt: is there",
        "preflight: 1 fault, 1 warning, 1 check passed",
    ]
