"""The command line of the stand-in for gpt, its graphs, and the ways in which it can fail.

Test equipment. It plays gpt as far as the facts that ship with scarp tell (scarp.snap.facts): what
it computes comes from the nodes and parameters of the graph alone (gpt_compute.py), its help from
gpt_help.py. Environment: SCARP_GPT_VERSION, one of the facts' versions, and SCARP_GPT_FAIL, one of
`FAILURES`.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import gpt_help
from gpt_compute import Product, Refusal, open_product, product_of, rendered, restituted
from gpt_dimap import write_dimap
from scarp.errors import ScarpError
from scarp.snap.facts import is_tabled, operator, operator_names
from scarp.snap.graph import Graph, Node, read_xml

#: Exit 1; exit 0 with no data; a restituted orbit; never ending; out of memory, always or with a
#: large cache; killed while writing; no intersection; nothing written; a raster cut short;
#: an error that is only logged.
FAILURES = (
    "exit1",
    "empty",
    "restituted",
    "hang",
    "oom",
    "oom-large-cache",
    "killed",
    "no-intersection",
    "exit-0-missing-output",
    "exit-0-half-written",
    "severe",
)
_WITH_VALUE = ("-c", "-q", "-t", "-f", "-p", "-m")
_FLAGS = ("-e", "-x", "-h", "--diag")


@dataclass
class Command:
    """What the command line asks for."""

    words: list[str] = field(default_factory=list)
    parameters: dict[str, str] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)


def parse(arguments: Sequence[str]) -> Command:
    """Read a command line; options may stand before or after the graph."""
    command, rest = Command(), list(arguments)
    while rest:
        word = rest.pop(0)
        if word.startswith("-P"):
            name, equals, value = word[2:].partition("=")
            if not equals:
                raise Refusal(f"Parameter '{word}' lacks a value")
            command.parameters[name] = value
        elif word in _FLAGS or word.startswith(("-D", "-J", "-S")):
            command.options[word] = ""
        elif word in _WITH_VALUE:
            if not rest:
                raise Refusal(f"Option '{word}' lacks a value")
            command.options[word] = rest.pop(0)
        elif word.startswith("-"):
            raise Refusal(f"Unknown option '{word}'")
        else:
            command.words.append(word)
    return command


def main(arguments: Sequence[str], environment: Mapping[str, str], folder: Path) -> int:
    """Play gpt in a working directory; returns its exit code."""
    version = environment.get("SCARP_GPT_VERSION", "13.0.0")
    failure = environment.get("SCARP_GPT_FAIL", "")
    try:
        if failure and failure not in FAILURES:
            raise Refusal(f"SCARP_GPT_FAIL is none of {', '.join(FAILURES)}")
        command = parse(arguments)
        if {"--diag", "-h"} & set(command.options):
            return gpt_help.main(arguments, environment)
        if not command.words:
            raise Refusal("Either operator name or graph XML file must be given")
        first = command.words[0]
        if not (first.endswith(".xml") or "/" in first):
            raise Refusal(f"the stand-in runs graphs, not the operator '{first}'")
        warn("INFO: test stand-in for gpt; nothing of this is SNAP")
        warn(
            "SEVERE: org.esa.s2tbx.dataio.gdal.activator.GDALDistributionInstaller: The environment"
            " variable LD_LIBRARY_PATH is not set."
        )
        play(read_graph(folder / first, command.parameters), version, failure, command, folder)
    except (Refusal, ScarpError) as error:
        warn(f"Error: {error}")
        return 1
    return 0


def read_graph(path: Path, parameters: Mapping[str, str]) -> Graph:
    """Put values for ${k} and $k into the text; what has no value stays as it is."""
    if not path.is_file():
        raise Refusal(f"{path} (No such file or directory)")

    def put(found: re.Match[str]) -> str:
        return parameters.get(found[1] or found[2], found[0])

    text = re.sub(r"\$\{(\w+)\}|\$(\w+)", put, path.read_text(encoding="utf-8"))
    return read_xml(text, str(path))


def check(node: Node, version: str) -> None:
    """Refuse what an operator of this version does not take."""
    where = f"[NodeId: {node.id}]"
    if node.operator not in operator_names(version):
        raise Refusal(f"{where} Operator '{node.operator}' not found: no operator of this name")
    if not is_tabled(node.operator):
        raise Refusal(f"{where} the stand-in does not play '{node.operator}'")
    known = operator(node.operator, version)
    least = sum(not slot.optional for slot in known.sources)
    if len(node.sources) < least:
        raise Refusal(f"{where} Operator '{node.operator}': Missing source product")
    for name, value in node.parameters.items():
        if name not in known.parameters:
            raise Refusal(f"{where} Operator '{node.operator}': Unknown element '{name}'")
        parameter = known.parameters[name]
        wrong = [v for v in value.split(",") if parameter.values and v not in parameter.values]
        if wrong and value not in parameter.values:
            raise Refusal(
                f"{where} Operator '{node.operator}': Value for '{name}' is invalid: {value}"
            )
        if parameter.type in ("int", "Integer") and not re.fullmatch(r"[+-]?\d+", value):
            raise Refusal(f"{where} Operator '{node.operator}': Cannot set '{name}' to '{value}'")


def play(graph: Graph, version: str, failure: str, command: Command, folder: Path) -> None:
    """Run a graph: every node in turn, then what it writes."""
    if failure == "exit1":
        raise Refusal("[NodeId: orbit] Operator 'ApplyOrbitFileOp': told to fail")
    if failure == "hang":
        hang()
    starve(failure, command.options.get("-c", "512M"))
    made: dict[str, Product] = {}
    waiting = list(graph.nodes)
    while waiting:
        ready = [node for node in waiting if all(s.node in made for s in node.sources)]
        if not ready:
            raise Refusal(
                f"[NodeId: {waiting[0].id}] a source is missing, or sources form a circle"
            )
        for node in ready:
            check(node, version)
            sources = [made[source.node] for source in node.sources]
            defaults = {
                name: parameter.default
                for name, parameter in operator(node.operator, version).parameters.items()
                if parameter.default is not None
            }
            values = {**defaults, **node.parameters}
            if node.operator == "Read":
                made[node.id] = open_product(folder / values.get("file", ""))
            elif node.operator == "Write":
                write(sources[0], values, version, failure, folder)
                made[node.id] = sources[0]
            else:
                made[node.id] = product_of(node.operator, node.id, sources, values)
        waiting = [node for node in waiting if node.id not in made]


def write(
    product: Product, values: Mapping[str, str], version: str, failure: str, folder: Path
) -> None:
    """Compute and write a product; this is where most failures show."""
    if values.get("formatName", "BEAM-DIMAP") != "BEAM-DIMAP":
        raise Refusal("the stand-in writes BEAM-DIMAP only")
    path = (folder / values["file"]).with_suffix(".dim")
    if failure == "no-intersection":
        warn("WARNING: No intersection with source product boundary")
    if failure == "restituted":
        warn("WARNING: No valid orbit file found; using Sentinel Restituted instead")
        product = restituted(product)
    if failure == "exit-0-missing-output":
        return
    unseen = failure in ("empty", "no-intersection", "killed", "exit-0-half-written")
    written = rendered(product, version, path.stem, unseen)
    if failure == "empty":
        warn(
            "WARNING: RangeDopplerGeocodingOp: no valid output was produced. Please verify the DEM"
        )
    if failure == "severe":
        warn("SEVERE: org.esa.snap.core: a tile could not be computed")
    write_dimap(path, written, cut=failure in ("killed", "exit-0-half-written"))
    if failure == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    say("100% done.")


def hang() -> None:
    """Wait for ever, with a child that does so too."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
    say(f"10% child {child.pid}")
    while True:
        time.sleep(60)


def starve(failure: str, cache: str) -> None:
    """Run out of memory: always, or with a tile cache of a quarter of the heap or more."""
    heap = re.search(r"-Xmx(\d+)m", os.environ.get("JAVA_TOOL_OPTIONS", ""))
    sizes = {"M": 1, "G": 1024}
    large = heap is not None and int(cache[:-1]) * sizes[cache[-1]] * 4 >= int(heap[1])
    if failure == "oom" or (failure == "oom-large-cache" and large):
        raise Refusal("java.lang.OutOfMemoryError: Java heap space")


def say(*lines: str) -> None:
    """Print to standard output, at once."""
    print(*lines, sep="\n", flush=True)


def warn(line: str) -> None:
    """Print to standard error, where SNAP logs."""
    print(line, file=sys.stderr, flush=True)
