"""What the stand-in for gpt prints of operators and of itself, in the form of SNAP's own help.

Test equipment; what it tells are the facts that ship with scarp (scarp.snap.facts).
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence

from scarp.snap.facts import Parameter, is_tabled, operator, operator_names


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Answer `gpt --diag` and `gpt OPERATOR -h`; returns the exit code.

    Nothing is loaded that the stand-in computes with, since there may be many such questions.
    """
    version = environment.get("SCARP_GPT_VERSION", "13.0.0")
    if "--diag" in arguments:
        print(*diagnosis(version, arguments, environment), sep="\n")
        return 0
    name = next((word for word in arguments if not word.startswith("-")), "")
    if name in operator_names(version) and not is_tabled(name):
        print(f"Error: the stand-in does not play '{name}'", file=sys.stderr)
        return 1
    print(describe(name, version))
    return 0


def diagnosis(version: str, arguments: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """What `gpt --diag` prints; the heap is that of JAVA_TOOL_OPTIONS, and 1 GB without."""
    options = dict(zip(arguments, [*arguments[1:], ""], strict=True))
    heap = re.search(r"-Xmx(\d+)m", environment.get("JAVA_TOOL_OPTIONS", ""))
    return [
        f"SNAP Release version {version} (test stand-in, not SNAP)",
        "SNAP home: null",
        f"Processors: {os.cpu_count()}",
        f"Max memory: {in_words(heap[1] + 'M' if heap else '1024M')}",
        f"Cache size: {in_words(options.get('-c', '512M'))}",
        f"Tile parallelism: {options.get('-q', os.cpu_count())}",
        "Tile size: 512 x 512 pixels",
    ]


def in_words(size: str) -> str:
    """A size such as "6400M" as SNAP prints it."""
    number = int(size[:-1]) * (1024 if size.endswith("G") else 1)
    return f"{number / 1024:.1f} GB" if number > 1024 else f"{number:.1f} MB"


def describe(name: str, version: str) -> str:
    """What `gpt OPERATOR -h` prints: lines are not wrapped; of an unknown operator it says so.

    The facts have no descriptions: each parameter has the one that SNAP gives where there is none.
    """
    if name not in operator_names(version):
        return f"Unknown operator '{name}'."
    known = operator(name, version)
    several = any(slot.many for slot in known.sources)
    head = ["Usage:", f"  gpt {name} [options] {'<source-file-1> <source-file-2> ...' * several}"]
    head += ["", "Description:", "  (test stand-in, not SNAP)", "", ""]
    sources = {
        f"  -S{slot.name}=<file>": [
            f"Sets source '{slot.name}' to <filepath>.",
            f"This is {'an optional' if slot.optional else 'a mandatory'} source.",
        ]
        for slot in known.sources
        if not slot.many
    }
    own = [one for key, one in known.parameters.items() if key == one.name]
    options = {f"  -P{one.name}=<{type_name(one.type)}>": option_lines(one) for one in own}
    graph = ['<graph id="someGraphId">', "  <version>1.0</version>", '  <node id="someNodeId">']
    graph += [f"    <operator>{name}</operator>", "    <sources>"]
    graph += [f"      <{slot.name}>${{{slot.name}}}</{slot.name}>" for slot in known.sources]
    graph += ["    </sources>", "    <parameters>"]
    graph += [f"      <{one.name}>{type_name(one.type)}</{one.name}>" for one in own]
    graph += ["    </parameters>", "  </node>", "</graph>"]
    lines = [*head, *section("Source Options:", sources), *section("Parameter Options:", options)]
    return "\n".join([*lines, "Graph XML Format:", *(f"  {line}" for line in graph)])


def section(title: str, options: Mapping[str, Sequence[str]]) -> list[str]:
    """Options in the order of the alphabet, what is said of them in a column beside."""
    column = max(map(len, options), default=0) + 4
    lines = [title]
    for option in sorted(options, key=str.lower):
        first, *rest = options[option]
        lines += [f"{option:<{column}}{first}", *(f"{'':{column}}{line}" for line in rest)]
    return [*lines, ""] if options else []


def option_lines(parameter: Parameter) -> list[str]:
    """What the help says of a parameter."""
    lines = [f"Sets parameter '{parameter.name}' to <{type_name(parameter.type)}>."]
    if parameter.interval:
        lines.append(f"Valid interval is {parameter.interval}.")
    if parameter.values:
        allowed = ", ".join(f"'{value}'" for value in parameter.values)
        lines.append(f"Value must be one of {allowed}.")
    if parameter.default is not None:
        lines.append(f"Default value is '{parameter.default}'.")
    return lines


def type_name(java: str) -> str:
    """Java's type as the help calls it."""
    name = java.removesuffix("[]")
    name = name[:1].lower() + name[1:]
    return ",".join([name] * 3 + ["..."]) if java.endswith("[]") else name
