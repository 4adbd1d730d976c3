"""A graph of SNAP's Graph Processing Tool: nodes, and its XML."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from scarp.errors import DataError, Fault

_SKIPPED = ("version", "applicationData")


@dataclass(frozen=True)
class Source:
    """Where a node reads: the element's name, such as "sourceProduct.1", and a node's id."""

    name: str
    node: str


@dataclass(frozen=True)
class Node:
    """One operator of a graph, with its sources and its parameters as text, both in order."""

    id: str
    operator: str
    sources: tuple[Source, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Graph:
    """The nodes of a graph, in the order in which they are written."""

    nodes: tuple[Node, ...]


def sources_of(nodes: Sequence[str]) -> tuple[Source, ...]:
    """Sources in the given order, named as SNAP's own graphs name them."""
    names = ["sourceProduct" if n == 0 else f"sourceProduct.{n}" for n in range(len(nodes))]
    return tuple(Source(name, node) for name, node in zip(names, nodes, strict=True))


def to_xml(graph: Graph) -> str:
    """The XML that gpt reads: UTF-8, indented, the same text for the same graph."""
    root = etree.Element("graph", id="scarp")
    etree.SubElement(root, "version").text = "1.0"
    for node in graph.nodes:
        element = etree.SubElement(root, "node", id=node.id)
        etree.SubElement(element, "operator").text = node.operator
        sources = etree.SubElement(element, "sources")
        for source in node.sources:
            etree.SubElement(sources, source.name, refid=source.node)
        parameters = etree.SubElement(element, "parameters")
        for name, value in node.parameters.items():
            etree.SubElement(parameters, name).text = value
    etree.indent(root, space="  ")
    text: str = etree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def read_xml(text: str, name: str = "graph") -> Graph:
    """Read the XML of a graph; comments and what user interfaces add to it are left out.

    Parameters
    ----------
    name: what errors call the text, such as the file's path.

    Raises
    ------
    DataError: no XML, no graph, an element of another kind, a node without id or operator, a
    source without refid, a parameter that stands twice or holds elements.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    try:
        root = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise DataError(
            Fault("is no XML", f"{name}: {error}", "a graph of gpt", "correct that line")
        ) from error
    if root.tag != "graph":
        raise _error(name, f"the root element is '{root.tag}'", "graph")
    nodes = []
    for element in root:
        if element.tag == "node":
            nodes.append(_node(element, name))
        elif element.tag not in _SKIPPED:
            raise _error(name, f"holds an element '{element.tag}'", f"node, {', '.join(_SKIPPED)}")
    return Graph(tuple(nodes))


def unset_names(text: str) -> list[str]:
    """Names of ${x} and $x in a text, each once; gpt leaves those without a -P as they are."""
    found = re.findall(r"\$\{([^{}]*)\}|\$(\w+)", text)
    return list(dict.fromkeys(braced or plain for braced, plain in found))


def _node(element: etree._Element, name: str) -> Node:
    where = f"{name}, node '{element.get('id', '')}'"
    if not element.get("id"):
        raise _error(where, "has no id", "an attribute id")
    operator = (element.findtext("operator") or "").strip()
    if not operator:
        raise _error(where, "names no operator", "an element operator")
    for child in element:
        if child.tag not in ("operator", "sources", "parameters"):
            raise _error(where, f"holds an element '{child.tag}'", "operator, sources, parameters")
    sources = []
    for source in element.iterfind("sources/*"):
        if not source.get("refid"):
            raise _error(f"{where}, source '{source.tag}'", "has no refid", "a node's id")
        sources.append(Source(str(source.tag), source.get("refid", "")))
    parameters: dict[str, str] = {}
    for parameter in element.iterfind("parameters/*"):
        tag = str(parameter.tag)
        if tag in parameters:
            raise _error(f"{where}, parameter '{tag}'", "stands twice", "each parameter once")
        if len(parameter):
            raise _error(f"{where}, parameter '{tag}'", "holds elements", "text")
        parameters[tag] = (parameter.text or "").strip()
    return Node(element.get("id", ""), operator, tuple(sources), parameters)


def _error(where: str, fact: str, allowed: str) -> DataError:
    return DataError(Fault(fact, where, allowed, "correct the graph"))
