"""Settings and graphs of the SNAP route for tests, and ways to spoil a graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from scarp.snap.compose import compose
from scarp.snap.graph import Graph, Node, Source
from scarp.snap.settings import Date, GraphSettings, Kind, Swath

DATES = ("20200101", "20200113")


def settings(kind: Kind, subswaths: int = 1, first: int = 1) -> GraphSettings:
    """Settings of a kind for some subswaths from IW{first} on, bursts 2 to 4."""
    swaths = tuple(Swath(f"IW{first + n}", 2, 4) for n in range(subswaths))
    names = DATES if kind == "coherence" else DATES[:1]
    dates = tuple(Date((f"/scenes/S1A_IW_SLC_{name}.zip",), swaths) for name in names)
    return GraphSettings(dates, 32645, "/dem/ellipsoidal.tif", f"/out/{kind}.dim")


def tiny_graph(kind: Kind, version: str = "14.0.0", subswaths: int = 1) -> Graph:
    """The graph of a kind for some subswaths."""
    return compose(kind, version, settings(kind, subswaths))


def node_of(graph: Graph, name: str) -> Node:
    """The node of an id."""
    return next(node for node in graph.nodes if node.id == name)


def edited(graph: Graph, name: str, edit: Callable[[Node], Node]) -> Graph:
    """The graph with one node changed."""
    assert any(node.id == name for node in graph.nodes)
    return Graph(tuple(edit(node) if node.id == name else node for node in graph.nodes))


def with_value(graph: Graph, name: str, parameter: str, value: str | None) -> Graph:
    """The graph with one parameter set, or taken out if None."""

    def edit(node: Node) -> Node:
        left = {key: text for key, text in node.parameters.items() if key != parameter}
        return replace(node, parameters=left | ({} if value is None else {parameter: value}))

    return edited(graph, name, edit)


def reading(graph: Graph, name: str, *sources: str) -> Graph:
    """The graph with one node reading these, under SNAP's names."""
    made = tuple(
        Source(f"sourceProduct.{n}" if n else "sourceProduct", source)
        for n, source in enumerate(sources)
    )
    return edited(graph, name, lambda node: replace(node, sources=made))


def without(graph: Graph, name: str) -> Graph:
    """The graph without a node of one source; what read it reads its source."""
    source = node_of(graph, name).sources[0].node
    nodes = []
    for node in graph.nodes:
        if node.id != name:
            ends = tuple(
                Source(end.name, source if end.node == name else end.node) for end in node.sources
            )
            nodes.append(replace(node, sources=ends))
    return Graph(tuple(nodes))


def moved_behind(graph: Graph, name: str, anchor: str) -> Graph:
    """The graph with a node of one source taken out and put behind another."""
    own = node_of(graph, name)
    nodes = []
    for node in without(graph, name).nodes:
        ends = tuple(
            Source(end.name, name if end.node == anchor else end.node) for end in node.sources
        )
        nodes.append(replace(node, sources=ends))
        if node.id == anchor:
            nodes.append(replace(own, sources=(Source("sourceProduct", anchor),)))
    return Graph(tuple(nodes))
