"""What SNAP's operators are called, and what they take, in each version (facts.json)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from scarp.errors import DataError, Fault


@dataclass(frozen=True)
class Slot:
    """One source of an operator: its name, whether it takes several, whether it may be absent."""

    name: str
    many: bool
    optional: bool


@dataclass(frozen=True)
class Parameter:
    """One parameter of an operator in one version.

    Attributes
    ----------
    name: of the XML element.
    type: Java's, such as "int", "Boolean", "String[]", "File".
    default: as text; None where there is none.
    values: those allowed; empty where the facts list none.
    interval: of numbers, such as "(1, 90]"; empty where there is none.
    """

    name: str
    type: str
    default: str | None = None
    values: tuple[str, ...] = ()
    interval: str = ""


@dataclass(frozen=True)
class Operator:
    """One operator in one version; `parameters` also has the Java names that SNAP accepts."""

    name: str
    sources: tuple[Slot, ...]
    parameters: Mapping[str, Parameter]


@cache
def _table() -> dict[str, Any]:
    text = resources.files("scarp.snap").joinpath("facts.json").read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


def versions() -> tuple[str, ...]:
    """Versions of SNAP that the facts compare, oldest first.

    "9.0.x" and "13.0.x" are the last updates of their line.
    """
    return tuple(_table()["versions"])


def facts_version(version: str) -> str:
    """The version of the facts that stands for an installed one, such as 13.0.x for "13.0.4".

    Raises
    ------
    DataError: the facts say nothing about this version's line.
    """
    known = versions()
    if version in known:
        return version
    found = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", version)
    lines = {name.split(".")[0] for name in known}
    if found is None or found[1] not in lines:
        raise DataError(
            Fault(
                "nothing is known of this version of SNAP",
                f"SNAP version '{version}'",
                ", ".join(known),
                "name one of these, or use one of these lines",
            )
        )
    first = f"{found[1]}.0.0"
    updates = f"{found[1]}.0.x"
    later = int(found[2]) > 0 or int(found[3] or 0) > 0
    return updates if later and updates in known else first


def at_least(version: str, bound: str) -> bool:
    """Whether a version of the facts is `bound` or later."""
    order = versions()
    return order.index(version) >= order.index(bound)


@cache
def operator_names(version: str) -> frozenset[str]:
    """Names of all operators of a version."""
    return frozenset(name for name, life in _table()["names"].items() if _lives(life, version))


def lives_of(name: str) -> str:
    """In which versions there is an operator, in words; empty for a name of no version."""
    life = _table()["names"].get(name)
    return "" if life is None else _span(life)


def is_tabled(name: str) -> bool:
    """Whether the facts that ship tell an operator's sources and parameters."""
    return name in _table()["operators"]


@cache
def operator(name: str, version: str) -> Operator:
    """What a tabled operator takes in a version."""
    row = _table()["operators"][name]
    parameters: dict[str, Parameter] = {}
    for element, facts in row["parameters"].items():
        if _lives(facts, version):
            parameter = _parameter(element, facts, version)
            parameters[element] = parameter
            if "alias" in facts:
                parameters[facts["alias"]] = parameter
    slots = tuple(
        Slot(slot["name"], slot["many"], slot["optional"])
        for slot in row["sources"]
        if _lives(slot, version)
    )
    return Operator(name, slots, parameters)


def parameter_lives(name: str, element: str) -> str:
    """In which versions a tabled operator has a parameter, in words; empty: in none."""
    facts = _table()["operators"][name]["parameters"].get(element)
    return "" if facts is None else _span(facts)


def _lives(life: dict[str, Any], version: str) -> bool:
    order = versions()
    first, end = life.get("since", order[0]), life.get("removed")
    return at_least(version, first) and (end is None or not at_least(version, end))


def _span(life: dict[str, Any]) -> str:
    since = f"from {life['since']}" if "since" in life else ""
    until = f"before {life['removed']}" if "removed" in life else ""
    return " and ".join(part for part in (since, until) if part) or "every version"


def _parameter(element: str, facts: dict[str, Any], version: str) -> Parameter:
    told = dict(facts)
    # The entry that was true until the nearest later version wins, so the latest is applied first.
    for change in sorted(
        facts.get("earlier", []), key=lambda row: versions().index(row["until"]), reverse=True
    ):
        if not at_least(version, change["until"]):
            told |= change
    values = told.get("values", _table()["lists"].get(told.get("list"), ()))
    return Parameter(
        element, told["type"], told.get("default"), tuple(values), told.get("interval", "")
    )
