"""All that can be known of the SNAP route before its first scene is processed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from scarp.errors import DataError, Fault
from scarp.snap.auxdata import Scene, orbit_findings
from scarp.snap.check import check_graph
from scarp.snap.facts import facts_version, versions
from scarp.snap.findings import Finding, finding, render, write_preflight
from scarp.snap.gpt import find_gpt, version_of
from scarp.snap.graph import Graph
from scarp.snap.installed import Asked, ask_gpt, ask_registry
from scarp.snap.installed_check import node_faults
from scarp.snap.machine import Diagnosis, Job, diagnose, machine_findings, this_machine

__all__ = ["Finding", "Scene", "preflight", "render", "write_preflight"]

#: Graphs that a fault names, of many.
_NAMED = 3
#: Faults of `scarp.snap.check` that the installed SNAP would only say again.
_SAID = re.compile(
    r"SNAP \S+ has no (operator|parameter) of this name|is no value of this parameter"
)


def preflight(
    gpt: str,
    version: str,
    graphs: Mapping[str, Graph],
    python: str,
    mem_mb: int,
    cores: int,
    auxdata: Path | None,
    scenes: Sequence[Scene],
    orbits: Path | None = None,
) -> list[Finding]:
    """Look at everything, and stop at nothing.

    Graphs are checked twice: against the facts about their version of SNAP, which were read from
    its public sources, and against what the installed SNAP itself says that its operators take.

    Parameters
    ----------
    gpt: the file or SNAP's folder; blank: gpt of the PATH.
    version: of SNAP that the graphs are meant for; blank: the installed one.
    graphs: as they will be run, by names such as "BR0001 backscatter PRE1".
    python: one that esa_snappy is configured for, to be asked in place of gpt; blank: gpt is asked.
    mem_mb, cores: of one job of gpt.
    auxdata, scenes, orbits: see `scarp.snap.auxdata.orbit_findings`.

    Returns
    -------
    Findings in the order of the checks; of the same fault in many graphs only one.
    """
    path, found = _gpt(gpt)
    starts, known, told = _versions(path, version)
    found += told
    facts = _by_facts(graphs, known)
    found += _once(facts)
    if graphs and known and not facts:
        number = f"{len(graphs)} graph{'s' * (len(graphs) > 1)}"
        found.append(Finding("ok", "graphs", f"the facts know of nothing against {number}"))
    job = Job(mem_mb, cores)
    diagnosis, told = _diagnosis(path if starts else None, job)
    found += told
    starts = starts and diagnosis is not None
    answers, told = _ask(path if starts else None, python, graphs)
    found += told
    said = {fault.offender for _, fault in facts if _SAID.fullmatch(fault.fact)}
    found += _by_installed(graphs, known, answers, said)
    found += machine_findings(path, diagnosis, job, this_machine())
    found += orbit_findings(auxdata, scenes, orbits)
    return found


def _gpt(configured: str) -> tuple[Path | None, list[Finding]]:
    try:
        path = find_gpt(configured)
    except DataError as error:
        return None, [finding("fault", fault) for fault in error.faults]
    return path, [Finding("ok", "gpt", str(path))]


def _versions(path: Path | None, configured: str) -> tuple[bool, str, list[Finding]]:
    """Whether gpt starts, the version of the facts that counts (blank: none), what there is to say.

    The configured version comes before the installed one.
    """
    installed, found = _installed(path)
    own = _facts_version(installed)
    known = own
    try:
        known = facts_version(configured) if configured else own
    except DataError as error:
        found += [finding("fault", fault) for fault in error.faults]
    if installed:
        found += _installed_findings(installed, own, known, configured)
    if known:
        fact = f"graphs are checked against the facts about {known}, read from its public sources"
        found.append(Finding("ok", f"SNAP {installed or configured}", fact))
    else:
        fact = "are not checked against the facts, since it is not known which version counts"
        found.append(Finding("warning", "graphs", fact, "", "set sentinel1: snap: version"))
    return bool(installed), known, found


def _installed(path: Path | None) -> tuple[str, list[Finding]]:
    try:
        return version_of(path) if path else "", []
    except DataError as error:
        return "", [finding("fault", fault) for fault in error.faults]


def _installed_findings(installed: str, own: str, known: str, configured: str) -> list[Finding]:
    """Versions that the facts do not compare, or that the graphs are not meant for."""
    subject, newest = f"installed SNAP {installed}", versions()[-1]
    if not (own or known):
        fact = "nothing is known of this version of SNAP"
        cure = (
            f"set sentinel1: snap: version to {newest}: graphs are then made for it, and each of"
            " their parameters is compared with what the installed SNAP takes"
        )
        return [Finding("fault", subject, fact, ", ".join(versions()), cure)]
    if not own or _numbers(installed) > _numbers(newest):
        fact = f"is not among those that the facts compare; graphs are checked for {known}"
        cure = "see what the installed SNAP itself says of the graphs"
        return [Finding("warning", subject, fact, f"up to {newest}", cure)]
    if own != known:
        fact = f"is another version than {configured}, which is configured"
        cure = "leave sentinel1: snap: version blank, unless that one is meant"
        return [Finding("warning", subject, fact, configured, cure)]
    return []


def _facts_version(version: str) -> str:
    try:
        return facts_version(version)
    except DataError:
        return ""


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version.split("-")[0])[:3]]


def _diagnosis(path: Path | None, job: Job) -> tuple[Diagnosis | None, list[Finding]]:
    if path is None:
        return None, []
    try:
        return diagnose(path, job), []
    except DataError as error:
        return None, [finding("fault", fault) for fault in error.faults]


def _ask(
    path: Path | None, python: str, graphs: Mapping[str, Graph]
) -> tuple[dict[str, Asked], list[Finding]]:
    """What the installed SNAP says of the operators of the graphs."""
    names = sorted({node.operator for graph in graphs.values() for node in graph.nodes})
    found: list[Finding] = []
    if python and names:
        try:
            answers = ask_registry(Path(python), names)
        except DataError as error:
            found += [finding("fault", fault) for fault in error.faults]
        else:
            fact = f"was asked through esa_snappy what {len(names)} operators take"
            return answers, [Finding("ok", "installed SNAP", fact)]
    if names and path is None:
        fact = "was not asked what its operators take, since gpt does not run"
        found.append(Finding("warning", "installed SNAP", fact, "", "cure gpt"))
    if path is None:
        return {}, found
    answers = ask_gpt(path, names)
    faults = dict.fromkeys(answer.fault for answer in answers.values() if answer.fault)
    found += [finding("fault", fault) for fault in faults]
    if names and not faults:
        fact = f"was asked by gpt OPERATOR -h what {len(names)} operators take"
        found.append(Finding("ok", "installed SNAP", fact))
    return answers, found


def _by_facts(graphs: Mapping[str, Graph], known: str) -> list[tuple[str, Fault]]:
    """Faults of graphs, each with the graph's name; none where no facts count."""
    if not known:
        return []
    return [(name, fault) for name, graph in graphs.items() for fault in check_graph(graph, known)]


def _by_installed(
    graphs: Mapping[str, Graph], known: str, answers: Mapping[str, Asked], said: set[str]
) -> list[Finding]:
    """What the installed SNAP refuses of the graphs, without offenders of which that is `said`."""
    faults = [
        (name, node.operator, fault)
        for name, graph in graphs.items()
        for node in graph.nodes
        if node.operator in answers
        for fault in node_faults(node, answers[node.operator], known)
    ]
    found = _once((name, fault) for name, _, fault in faults if fault.offender not in said)
    refused = {operator for _, operator, _ in faults}
    return found + [
        Finding("ok", f"operator {name}", "the installed SNAP takes what the graphs give it")
        for name, answer in answers.items()
        if name not in refused and not answer.fault
    ]


def _once(faults: Iterable[tuple[str, Fault]]) -> list[Finding]:
    """The same fault of many graphs as one, with their number."""
    names: dict[Fault, list[str]] = {}
    for name, fault in faults:
        names.setdefault(fault, []).append(name)
    return [
        finding("fault", replace(fault, offender=f"{_graphs(own)}: {fault.offender}"))
        for fault, own in names.items()
    ]


def _graphs(names: Sequence[str]) -> str:
    names = list(dict.fromkeys(names))
    if len(names) == 1:
        return f"graph {names[0]}"
    more = ", ..." if len(names) > _NAMED else ""
    return f"{len(names)} graphs ({', '.join(names[:_NAMED])}{more})"
