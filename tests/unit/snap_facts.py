"""Derive the table of SNAP operators that ships with scarp from the full facts.

The full facts, operators.json, were read from the annotations in SNAP's public Java sources; they
are not part of the repository. `python tests/unit/snap_facts.py operators.json` prints the table.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

NESTED = ("BandMaths",)
ORIGIN = (
    "Facts about operators of ESA SNAP (names, types, defaults, allowed values), read from the"
    " annotations in the public sources of snap-engine, s1tbx and microwave-toolbox at the tags"
    " named under versions; no source code. Nothing of it was asked of an installed SNAP."
    " since: the first version compared that has it (absent: the first of all); removed: the first"
    " without it; earlier: what held up to the version named, without it."
)


def derive(full: dict[str, Any]) -> dict[str, Any]:
    """The compact table: every operator's name, and all of those that SAR graphs are made of."""
    first = next(iter(full["meta"]["versions_compared"]))
    lists = {
        "dem_names": [row["name"] for row in full["dem_names"]["values"]] + ["External DEM"],
        "resampling_names": full["resampling_names"],
        "write_formats": [name for name in full["write_formats"] if not {"<", "/"} & set(name)],
    }
    operators = full["operators"]
    return {
        "origin": ORIGIN,
        "versions": {
            version: " and ".join(f"{name} {row['tag']}" for name, row in parts.items())
            for version, parts in full["meta"]["versions_compared"].items()
        },
        "lists": lists,
        "names": {name: _life(operators[name], first) for name in sorted(operators)},
        "operators": {
            name: _operator(operators[name], first, lists)
            for name in sorted(operators)
            if operators[name]["requested"] and name not in NESTED
        },
    }


def render(table: dict[str, Any]) -> str:
    """JSON with one line for each name, operator's sources and parameter."""
    head = [f' "{key}": {json.dumps(table[key], indent=1)}' for key in ("origin", "versions")]
    lists = _lines(table["lists"], 2)
    names = _lines(table["names"], 2)
    operators = ",\n".join(
        f'  "{name}": {{\n   "sources": {json.dumps(row["sources"])},\n'
        f'   "parameters": {{\n{_lines(row["parameters"], 4)}\n   }}\n  }}'
        for name, row in table["operators"].items()
    )
    body = [
        *head,
        f' "lists": {{\n{lists}\n }}',
        f' "names": {{\n{names}\n }}',
        f' "operators": {{\n{operators}\n }}',
    ]
    return "{\n" + ",\n".join(body) + "\n}\n"


def _lines(rows: dict[str, Any], indent: int) -> str:
    return ",\n".join(f'{" " * indent}"{key}": {json.dumps(row)}' for key, row in rows.items())


def _life(row: dict[str, Any], first: str) -> dict[str, str]:
    since = {} if row.get("since", first).endswith(first) else {"since": row["since"]}
    return since | ({"removed": row["removed"]} if "removed" in row else {})


def _operator(row: dict[str, Any], first: str, lists: dict[str, list[str]]) -> dict[str, Any]:
    return {
        "sources": [
            {"name": source["id"], "many": source["many"], "optional": source["optional"]}
            | _life(source, first)
            for source in row["sources"]
        ],
        "parameters": {
            name: _parameter(facts, first, lists) for name, facts in row["parameters"].items()
        },
    }


def _parameter(facts: dict[str, Any], first: str, lists: dict[str, list[str]]) -> dict[str, Any]:
    found: dict[str, Any] = {"type": facts["type"]}
    if "javaField" in facts:
        found["alias"] = facts["javaField"]
    if facts["default"] is not None:
        found["default"] = facts["default"]
    if "values" in facts:
        found["values"] = facts["values"]
    elif facts.get("valuesRuntime") in lists:
        found["list"] = facts["valuesRuntime"]
    if "interval" in facts:
        found["interval"] = facts["interval"]
    earlier = [
        {"until": change["version"], change["what"]: change["from"]}
        for change in facts.get("changes", [])
    ]
    return found | ({"earlier": earlier} if earlier else {}) | _life(facts, first)


if __name__ == "__main__":
    sys.stdout.write(render(derive(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))))
