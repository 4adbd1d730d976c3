"""Check a graph against the facts about a version of SNAP, before gpt sees it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from scarp.errors import Fault, did_you_mean
from scarp.snap.facts import (
    Operator,
    facts_version,
    is_tabled,
    lives_of,
    operator,
    operator_names,
    parameter_lives,
)
from scarp.snap.graph import Graph, Node, unset_names
from scarp.snap.traps import trap_faults
from scarp.snap.values import allowed_values, is_allowed
from scarp.snap.view import label


def check_graph(graph: Graph, version: str) -> list[Fault]:
    """Everything for which a version of SNAP refuses a graph, or takes it and computes nonsense.

    Nodes and their sources come first, then operators and parameters, then the order of operators
    (`scarp.snap.traps`), which is looked at only when the nodes hang together.

    Parameters
    ----------
    version: of SNAP, installed ("13.0.4") or of the facts ("13.0.x").

    Returns
    -------
    Faults, each naming the node and the parameter or source; empty for a graph that passes.

    Raises
    ------
    DataError: an unknown version.
    """
    version = facts_version(version)
    broken = [*_reference_faults(graph), *_cycle_faults(graph)]
    faults = [*broken, *_end_faults(graph)]
    for node in graph.nodes:
        faults += _operator_faults(node, version)
    return faults if broken else [*faults, *trap_faults(graph, version)]


def _reference_faults(graph: Graph) -> Iterator[Fault]:
    """Ids that stand twice, and sources that are no node."""
    counts = Counter(node.id for node in graph.nodes)
    for name, count in counts.items():
        if count > 1:
            yield Fault(
                f"{count} nodes have this id", f"node '{name}'", "one", "rename all but one"
            )
    for node in graph.nodes:
        for source in node.sources:
            if source.node not in counts:
                yield Fault(
                    "reads a node that is not in the graph",
                    f"{label(node)}, source '{source.name}': '{source.node}'",
                    ", ".join(counts),
                    did_you_mean(source.node, counts) or "name a node of the graph",
                )


def _end_faults(graph: Graph) -> Iterator[Fault]:
    """Nodes that lead nowhere, and any number of Write but one."""
    read = {source.node for node in graph.nodes for source in node.sources}
    for node in graph.nodes:
        if node.operator != "Write" and node.id not in read:
            yield Fault(
                "is read by no node",
                label(node),
                "every node leads to Write",
                "make a node read it, or take it out",
            )
    writes = [node for node in graph.nodes if node.operator == "Write"]
    if len(writes) != 1:
        yield Fault(
            f"{len(writes)} nodes write",
            ", ".join(label(node) for node in writes) or "graph",
            "one node Write: a graph is run once for each size of raster that it writes",
            "give the graph one Write",
        )


def _cycle_faults(graph: Graph) -> list[Fault]:
    reads = {node.id: [source.node for source in node.sources] for node in graph.nodes}
    try:
        TopologicalSorter(reads).prepare()
    except CycleError as error:
        circle = error.args[1]
        named = [label(node) for node in graph.nodes if node.id in circle]
        return [
            Fault(
                "nodes read each other in a circle",
                ", ".join(named),
                "a graph without a cycle",
                "correct the sources",
            )
        ]
    return []


def _operator_faults(node: Node, version: str) -> Iterator[Fault]:
    names = operator_names(version)
    if node.operator not in names:
        lives = lives_of(node.operator)
        yield Fault(
            f"SNAP {version} has no operator of this name",
            label(node),
            f"in other versions only: {lives}" if lives else "an operator of that version",
            did_you_mean(node.operator, names) or "name another operator",
        )
    elif not is_tabled(node.operator):
        yield Fault(
            "nothing is known of this operator's sources and parameters",
            label(node),
            "the operators of the table scarp/snap/facts.json",
            "use one of these, or run the graph by hand",
        )
    else:
        known = operator(node.operator, version)
        yield from _source_faults(node, known)
        yield from _parameter_faults(node, known, version)


def _source_faults(node: Node, known: Operator) -> Iterator[Fault]:
    several = any(slot.many for slot in known.sources)
    names = [slot.name for slot in known.sources]
    if len(names) == 1:
        # An operator of one source takes it under the names that SNAP's own graphs use, too.
        names = list(dict.fromkeys([*names, "sourceProduct", "source"]))
    for source in node.sources:
        stem, _, number = source.name.partition(".")
        if stem not in names or (number and not (several and number.isdigit())):
            yield Fault(
                "the operator has no source of this name",
                f"{label(node)}, source '{source.name}'",
                ", ".join(names) or "no source",
                "rename or remove the source",
            )
    for name, count in Counter(source.name for source in node.sources).items():
        if count > 1:
            yield Fault(
                f"stands {count} times",
                f"{label(node)}, source '{name}'",
                "each source once",
                f"number them: {name}, {name}.1, ..." if several else "remove all but one",
            )
    wanted = sum(not slot.optional for slot in known.sources)
    if len(node.sources) < wanted or (len(node.sources) > len(known.sources) and not several):
        yield Fault(
            f"reads {len(node.sources)} nodes",
            f"{label(node)}, source '{names[0] if names else 'sourceProduct'}'",
            f"{wanted} or more" if several else str(wanted),
            "add or remove sources",
        )


def _parameter_faults(node: Node, known: Operator, version: str) -> Iterator[Fault]:
    for name, value in node.parameters.items():
        where = f"{label(node)}, parameter '{name}'"
        unset = unset_names(value)
        if name not in known.parameters:
            lives = parameter_lives(node.operator, name)
            yield Fault(
                f"SNAP {version} has no parameter of this name",
                where,
                f"in other versions only: {lives}" if lives else ", ".join(known.parameters),
                did_you_mean(name, known.parameters) or "remove it",
            )
        elif unset:
            yield Fault(
                f"${{{unset[0]}}} has no value, and gpt would take it for text",
                f"{where}: '{value}'",
                "a value",
                f"give -P{unset[0]}=...",
            )
        elif not is_allowed(known.parameters[name], value):
            allowed = allowed_values(known.parameters[name])
            close = did_you_mean(value, known.parameters[name].values)
            yield Fault(
                "is no value of this parameter",
                f"{where}: '{value}'",
                allowed,
                close or "correct it",
            )
    for first, second in _same(node, known):
        yield Fault(
            f"is the same parameter as '{first}'",
            f"{label(node)}, parameter '{second}'",
            "each parameter once",
            "remove one",
        )


def _same(node: Node, known: Operator) -> Iterator[tuple[str, str]]:
    seen: dict[str, str] = {}
    for name in node.parameters:
        if name in known.parameters:
            own = known.parameters[name].name
            if own in seen:
                yield seen[own], name
            seen.setdefault(own, name)
