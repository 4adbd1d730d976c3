"""Check a node of a graph against what the installed SNAP says that its operator takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from scarp.errors import Fault, did_you_mean
from scarp.snap.facts import Parameter, is_tabled, operator, operator_names
from scarp.snap.graph import Node
from scarp.snap.installed import Asked
from scarp.snap.values import is_allowed
from scarp.snap.view import label

_CURE = "make the graphs for the version that is installed"


def node_faults(node: Node, answer: Asked, version: str) -> Iterator[Fault]:
    """An operator, parameters and values that the installed SNAP does not name.

    Offenders are called as in `scarp.snap.check`, so that what both find can be told once.

    Parameters
    ----------
    answer: of the node's operator; without an answer there is no fault.
    version: of the facts, for types and second names of parameters; blank: none counts.
    """
    if answer.fault:
        return
    if not answer.present:
        yield Fault(
            "the installed SNAP has no operator of this name",
            label(node),
            "an operator that it has",
            "install the Sentinel-1 Toolbox (from SNAP 10: Microwave Toolbox) with SNAP",
        )
        return
    for name, value in node.parameters.items():
        where = f"{label(node)}, parameter '{name}'"
        parameter = _parameter(node.operator, name, version)
        values = answer.parameters.get(name, answer.parameters.get(parameter.name))
        if values is None:
            yield Fault(
                "the installed SNAP has no parameter of this name",
                where,
                ", ".join(sorted(answer.parameters)),
                did_you_mean(name, answer.parameters) or _CURE,
            )
        elif values and not is_allowed(replace(parameter, values=values), value):
            yield Fault(
                "is no value of this parameter, says the installed SNAP",
                f"{where}: '{value}'",
                ", ".join(values),
                did_you_mean(value, values) or _CURE,
            )


def _parameter(name: str, element: str, version: str) -> Parameter:
    """What the facts say of an element, which may bear the name of Java's field."""
    if version and name in operator_names(version) and is_tabled(name):
        found = operator(name, version).parameters.get(element)
        if found:
            return found
    return Parameter(element, "String[]")
