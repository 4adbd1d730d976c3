"""What a node of a graph depends on, and what its parameters are in a version of SNAP."""

from __future__ import annotations

from dataclasses import dataclass

from scarp.snap.facts import operator
from scarp.snap.graph import Node


@dataclass(frozen=True)
class View:
    """A graph that hangs together, and the version that it is meant for."""

    nodes: dict[str, Node]
    version: str

    def upstream(self, node: Node, name: str = "") -> list[Node]:
        """All nodes that a node depends on, nearest first; only those of one operator if named."""
        found: dict[str, Node] = {}
        waiting = [source.node for source in node.sources]
        while waiting:
            one = self.nodes[waiting.pop(0)]
            if one.id not in found:
                found[one.id] = one
                waiting += [source.node for source in one.sources]
        return [one for one in found.values() if name in ("", one.operator)]

    def value(self, node: Node, name: str) -> str:
        """What a parameter is: as written, or the version's default; empty if it has none."""
        parameter = operator(node.operator, self.version).parameters.get(name)
        return node.parameters.get(name, (parameter.default if parameter else "") or "")

    def subswaths(self, node: Node) -> list[str]:
        """The subswaths that a node's data come from, each once."""
        splits = self.upstream(node, "TOPSAR-Split")
        return sorted({self.value(split, "subswath") for split in splits})


def label(node: Node) -> str:
    """A node as faults name it."""
    return f"node '{node.id}' ({node.operator})"
