"""What the installed SNAP takes is asked of gpt's help or of esa_snappy, and read right.

Both are played by the stand-ins of tests/standins, which tell the facts of a version.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from scarp.errors import DataError, Fault
from scarp.snap.facts import operator
from scarp.snap.graph import Node
from scarp.snap.installed import Asked, ask_gpt, ask_registry, read_help
from scarp.snap.installed_check import node_faults
from snap_help import quick_gpt, standins

#: The form of SNAP's help: options in a column, a list that is wrapped, a description of two lines,
#: a parameter of elements that only the graph shows.
HELP = """Usage:
  gpt Smooth [options]\x20

Description:
  Makes smooth what is not.


Source Options:
  -Ssource=<file>    What to smooth.
                     This is a mandatory source.

Parameter Options:
  -Pbands=<string,string,string,...>    Which bands are smoothed, of those that
                                        the source has; see -Pkernel=<string>.
  -Pkernel=<string>                     With what.
                                        Value must be one of 'flat', 'two
                                        humps', '3x3', 'WGS84(DD)'.
                                        Default value is 'flat'.
  -Psize=<int>                          Of the kernel.
                                        Valid interval is (1, 90].
                                        Value must not be empty.

Graph XML Format:
  <graph id="someGraphId">
    <version>1.0</version>
    <node id="someNodeId">
      <operator>Smooth</operator>
      <sources>
        <source>${source}</source>
      </sources>
      <parameters>
        <size>int</size>
        <kernel>string</kernel>
        <bands>string,string,string,...</bands>
        <steps>
          <step>
            <weight>float</weight>
          </step>
          <.../>
        </steps>
        <last/>
      </parameters>
    </node>
  </graph>
"""
NAMES = ("Coherence", "TOPSAR-Deburst", "TOPSAR-Unburst")


def test_help_is_read_with_wrapped_lines_and_nested_elements() -> None:
    told = read_help(HELP)
    assert told is not None
    assert told.present
    assert told.parameters == {
        "size": (),
        "kernel": ("flat", "two humps", "3x3", "WGS84(DD)"),
        "bands": (),
        "steps": (),
        "last": (),
    }


def test_an_operator_without_parameters_takes_none() -> None:
    head, _, tail = HELP.partition("Parameter Options:")
    tail = tail[tail.index("Graph XML Format:") : tail.index("<parameters>")]
    assert read_help(f"{head}{tail}<parameters/>\n    </node>\n  </graph>\n") == Asked(True)


def test_an_unknown_operator_is_an_answer_and_other_text_is_none() -> None:
    assert read_help("Unknown operator 'Smooth'.") == Asked(False)
    assert read_help("No suitable Java Virtual Machine could be found") is None


def facts_of(name: str, version: str) -> dict[str, tuple[str, ...]]:
    return {one.name: one.values for one in operator(name, version).parameters.values()}


@pytest.mark.parametrize("version", ["9.0.0", "14.0.0"])
def test_gpt_tells_what_the_version_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setenv("SCARP_GPT_VERSION", version)
    told = ask_gpt(quick_gpt(tmp_path), NAMES)
    assert told["TOPSAR-Unburst"] == Asked(False)
    for name in NAMES[:2]:
        assert told[name] == Asked(True, facts_of(name, version))
    assert ("correctCoherenceBias" in told["Coherence"].parameters) == (version == "14.0.0")


def test_each_question_has_a_user_directory_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Dmine=1")
    gpt = script(tmp_path, f'echo "$JAVA_TOOL_OPTIONS" >> {tmp_path}/seen; cat; echo Usage:')
    assert ask_gpt(gpt, ["Read", "Write", "Read"]) == {"Read": Asked(True), "Write": Asked(True)}
    first, second = (tmp_path / "seen").read_text().splitlines()
    assert first != second
    for line in (first, second):
        own = line.split('-Dsnap.userdir="')[1].split('"')[0]
        assert line.startswith("-Dmine=1 ")
        assert not Path(own).parent.exists()


def test_gpt_that_does_not_answer_is_a_fault_of_each_operator(tmp_path: Path) -> None:
    told = ask_gpt(script(tmp_path, "echo Picked up JAVA_TOOL_OPTIONS: x >&2; echo Java? no"), "AB")
    assert [one.fault.fact for one in told.values() if one.fault] == [
        "does not tell what an operator takes: Java? no"
    ] * 2
    assert list(node_faults(Node("a", "A", (), {"x": "1"}), told["A"], "")) == []


def test_gpt_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    gpt = script(tmp_path, f"sleep 3600 &\necho $! > {pids}; wait")
    fault = ask_gpt(gpt, ["Read"], 1)["Read"].fault
    assert fault is not None
    assert "did not answer within 1 s" in fault.fact
    status = Path(f"/proc/{pids.read_text().strip()}/status")
    ended = False
    for _ in range(100):  # a killed process may take a moment to end
        ended = ended or not status.is_file() or "State:\tZ" in status.read_text()
        time.sleep(0 if ended else 0.1)
    assert ended


def test_gpt_that_is_no_program_is_a_fault(tmp_path: Path) -> None:
    gpt = tmp_path / "gpt"
    gpt.write_text("\x00")
    fault = ask_gpt(gpt, ["Read"])["Read"].fault
    assert fault is not None
    assert "cannot be started" in fault.fact


def python_path(monkeypatch: pytest.MonkeyPatch, *folders: Path) -> Path:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, folders)))
    return Path(sys.executable)


def test_esa_snappy_tells_what_the_version_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCARP_GPT_VERSION", "9.0.0")
    told = ask_registry(python_path(monkeypatch, *standins()), [*NAMES, "Multilook"])
    assert told["TOPSAR-Unburst"] == Asked(False)
    assert told["Coherence"] == Asked(True, facts_of("Coherence", "9.0.0"))
    # The registry also tells the names of Java's fields.
    assert {"sourceBands", "sourceBandNames"} < set(told["Multilook"].parameters)


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("import jpyutil", "not configured: run <SNAP>/bin/snappy-conf with this Python"),
        ('raise IOError("Can\'t find SNAP distribution directory.")', "in SNAP_HOME"),
        ('raise ImportError("libjvm.so: cannot open shared object file")', "LD_LIBRARY_PATH"),
        ("1 / 0", "run it by hand: import esa_snappy"),
    ],
)
def test_esa_snappy_that_fails_names_its_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, cure: str
) -> None:
    (tmp_path / "esa_snappy.py").write_text(text)
    with pytest.raises(DataError) as caught:
        ask_registry(python_path(monkeypatch, tmp_path), ["Read"])
    assert cure in caught.value.faults[0].cure
    assert caught.value.faults[0].cure.endswith("then gpt is asked")


def test_a_python_without_esa_snappy_and_one_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError, match="install esa-snappy into this Python"):
        ask_registry(python_path(monkeypatch, tmp_path), ["Read"])
    with pytest.raises(DataError, match="cannot be started: No such file"):
        ask_registry(tmp_path / "python", ["Read"])


def test_a_node_is_compared_with_the_answer() -> None:
    told = Asked(True, {"sourceBands": (), "kernel": ("flat", "two humps"), "sizes": ("3", "5")})
    given = {"kernel": "flatt", "sizes": "3,5", "kernal": "flat"}
    faults = list(node_faults(Node("smooth", "Smooth", (), given), told, "13.0.0"))
    where = "node 'smooth' (Smooth), parameter"
    assert faults == [
        Fault(
            "is no value of this parameter, says the installed SNAP",
            f"{where} 'kernel': 'flatt'",
            "flat, two humps",
            "did you mean 'flat'?",
        ),
        Fault(
            "the installed SNAP has no parameter of this name",
            f"{where} 'kernal'",
            "kernel, sizes, sourceBands",
            "did you mean 'kernel'?",
        ),
    ]


def test_the_name_of_javas_field_is_taken_for_the_element() -> None:
    node = Node("looks", "Multilook", (), {"sourceBandNames": "i_VV,q_VV"})
    told = Asked(True, {"sourceBands": ()})
    assert list(node_faults(node, told, "13.0.0")) == []
    assert len(list(node_faults(node, told, ""))) == 1


def script(folder: Path, text: str) -> Path:
    path = folder / "gpt"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path
