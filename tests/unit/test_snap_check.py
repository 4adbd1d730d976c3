"""The checker: the graphs pass for every version, every mutation and every trap is refused.

`pytest -s tests/unit/test_snap_check.py` prints the list of mutations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from scarp.errors import DataError, Fault
from scarp.sentinel1.settings import Processing
from scarp.snap.check import check_graph
from scarp.snap.compose import TEMPLATES, compose
from scarp.snap.facts import Parameter, operator, versions
from scarp.snap.graph import Graph, Node, Source, read_xml
from scarp.snap.settings import KINDS, Kind
from scarp.snap.values import is_allowed
from tiny_snap import (
    edited,
    moved_behind,
    node_of,
    reading,
    settings,
    tiny_graph,
    with_value,
    without,
)


@pytest.mark.parametrize("version", versions())
@pytest.mark.parametrize("subswaths", [1, 2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_the_graphs_pass_for_every_version(kind: Kind, subswaths: int, version: str) -> None:
    assert check_graph(tiny_graph(kind, version, subswaths), version) == []


@pytest.mark.parametrize("version", versions())
def test_optional_nodes_pass_for_every_version(version: str) -> None:
    pair = settings("coherence", 2, first=2)
    slices = tuple(replace(date, products=("/a.zip", "/b.zip")) for date in pair.dates)
    pair = replace(pair, dates=slices, spectral_diversity=True)
    assert check_graph(compose("coherence", version, pair), version) == []
    scene = replace(settings("backscatter"), geometry=True)
    assert check_graph(compose("backscatter", version, scene), version) == []
    for numbers in (Processing(speckle="boxcar"), Processing(speckle="refined-lee")):
        given = replace(settings("haalpha", 3), processing=numbers)
        assert check_graph(compose("haalpha", version, given), version) == []


Mutation = tuple[str, str, str, Graph]


def _outside(name: str, parameter: Parameter) -> str:
    """A value that a parameter does not take."""
    if parameter.type in ("int", "Integer"):
        return "-1" if parameter.interval else "2.5"
    if parameter.type in ("double", "Double", "float"):
        return "far"
    if parameter.type.lower() == "boolean":
        return "perhaps"
    words = parameter.values or name in ("subswath", "selectedPolarisations", "mapProjection")
    return "nothing of the kind" if words else ""


def _mutations(graph: Graph, version: str) -> Iterator[Mutation]:
    """Every single mutation: what was done, the node, the parameter or source, the graph."""
    for node in graph.nodes:
        wrong = edited(graph, node.id, lambda own: replace(own, operator=f"{own.operator}s"))
        yield f"operator {node.operator}s", node.id, "", wrong
        for source in node.sources:
            left = tuple(end for end in node.sources if end != source)
            wrong = edited(graph, node.id, lambda own, left=left: replace(own, sources=left))
            yield f"source {source.name} removed", node.id, "source", wrong
            ends = tuple(replace(e, node="nowhere") if e == source else e for e in node.sources)
            wrong = edited(graph, node.id, lambda own, ends=ends: replace(own, sources=ends))
            yield f"source {source.name} of no node", node.id, source.name, wrong
        for name in node.parameters:
            renamed = {(f"{n}X" if n == name else n): v for n, v in node.parameters.items()}
            wrong = edited(graph, node.id, lambda own, p=renamed: replace(own, parameters=p))
            yield f"{name}X for {name}", node.id, f"{name}X", wrong
            value = _outside(name, operator(node.operator, version).parameters[name])
            yield f"{name}={value!r}", node.id, name, with_value(graph, node.id, name, value)
            unset = with_value(graph, node.id, name, f"${{{name}Of}}")
            yield f"{name}=${{{name}Of}}", node.id, name, unset


def _names(fault: Fault, node: str, part: str) -> bool:
    own = f"node '{node}'" in fault.offender
    return own and (not part or f" '{part}'" in fault.offender or f", {part} " in fault.offender)


@pytest.mark.parametrize(
    ("version", "subswaths"),
    [*((version, 1) for version in versions()), ("9.0.0", 3), ("14.0.0", 3)],
)
def test_every_single_mutation_is_refused(version: str, subswaths: int) -> None:
    count = expected = 0
    for kind in KINDS:
        graph = tiny_graph(kind, version, subswaths)
        expected += sum(1 + 2 * len(n.sources) + 3 * len(n.parameters) for n in graph.nodes)
        for what, node, part, wrong in _mutations(graph, version):
            faults = check_graph(wrong, version)
            told = [fault for fault in faults if _names(fault, node, part)]
            assert told, f"{kind}, {version}, node {node}, {what}: {faults}"
            assert all(fault.allowed and fault.cure for fault in told)
            print(f"{kind}, SNAP {version}, node {node}: {what} -> {told[0].fact}")
            count += 1
    print(f"{count} mutations refused on SNAP {version}, {subswaths} subswaths")
    assert count == expected > 300


@pytest.mark.parametrize("kind", KINDS)
def test_a_template_that_nothing_was_filled_in_is_refused_name_by_name(kind: Kind) -> None:
    graph = read_xml((TEMPLATES / f"{kind}.xml").read_text(encoding="utf-8"))
    told = [str(fault) for fault in check_graph(graph, "9.0.0")]
    for node in graph.nodes:
        for name, value in node.parameters.items():
            if "${" in value:
                where = f"node '{node.id}' ({node.operator}), parameter '{name}'"
                assert any(where in text and "has no value" in text for text in told)


def _told(graph: Graph, version: str = "14.0.0") -> str:
    return "\n".join(str(fault) for fault in check_graph(graph, version))


def _renamed(graph: Graph, name: str, operator_name: str) -> Graph:
    return edited(graph, name, lambda node: replace(node, operator=operator_name))


def test_an_operator_of_another_version_or_misspelt_is_told_so() -> None:
    graph = tiny_graph("haalpha", "9.0.0")
    assert "only: from 14.0.0" in _told(_renamed(graph, "matrix", "PhaseLinking"), "9.0.0")
    assert "did you mean 'TOPSAR-Deburst'?" in _told(_renamed(graph, "deburst", "TOPSAR-Debrust"))
    assert "nothing is known of this operator's" in _told(_renamed(graph, "matrix", "BandMaths"))


def test_a_parameter_of_another_version_or_misspelt_is_told_so() -> None:
    graph = tiny_graph("coherence", "13.0.x")
    later = with_value(graph, "estimate", "correctCoherenceBias", "false")
    assert "only: from 14.0.0" in _told(later, "13.0.x")
    wrong = with_value(graph, "estimate", "cohWinAzz", "3")
    assert "did you mean 'cohWinAz'?" in _told(wrong, "13.0.x")


def test_an_installed_version_is_composed_and_checked_as_the_one_that_stands_for_it() -> None:
    graph = tiny_graph("backscatter", "9.0.8")
    assert graph == tiny_graph("backscatter", "9.0.x")
    assert check_graph(graph, "9.0.8") == []
    assert "no parameter of this name" in _told(graph, "9.0.0")
    with pytest.raises(DataError, match="nothing is known"):
        check_graph(graph, "8.0.0")


def test_a_java_name_is_taken_but_not_beside_the_element() -> None:
    graph = with_value(tiny_graph("haalpha"), "multilook", "sourceBandNames", "C11")
    assert check_graph(graph, "14.0.0") == []
    both = with_value(graph, "multilook", "sourceBands", "C11")
    assert "is the same parameter as 'sourceBandNames'" in _told(both)


def _more_nodes(graph: Graph, *nodes: Node) -> Graph:
    return Graph((*graph.nodes, *nodes))


def _in_circle(graph: Graph) -> Graph:
    return reading(graph, "orbit", "deburst")


_WRITE = Node("again", "Write", (Source("sourceProduct", "geocode"),), {"file": "b.dim"})


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda g: _more_nodes(g, node_of(g, "orbit")), "2 nodes have this id"),
        (lambda g: _more_nodes(g, _WRITE), "2 nodes write"),
        (lambda g: Graph(g.nodes[:-1]), "0 nodes write"),
        (lambda g: Graph(()), "0 nodes write"),
        (_in_circle, "read each other in a circle"),
        (lambda g: reading(g, "split", "split"), "read each other in a circle"),
        (
            lambda g: reading(g, "write", "multilook"),
            "node 'geocode' (Terrain-Correction): is read",
        ),
        (lambda g: reading(g, "orbit", "split", "read"), "reads 2 nodes"),
        (lambda g: reading(g, "read", "orbit"), "node 'read' (Read), source 'sourceProduct'"),
        (
            lambda g: edited(g, "orbit", lambda n: replace(n, sources=(Source("slave", "split"),))),
            "has no source of this name",
        ),
        (
            lambda g: edited(
                g, "orbit", lambda n: replace(n, sources=(Source("sourceProduct.1", "split"),))
            ),
            "has no source of this name",
        ),
    ],
)
def test_nodes_that_do_not_hang_together_are_refused(
    spoil: Callable[[Graph], Graph], told: str
) -> None:
    assert told in _told(spoil(tiny_graph("haalpha")))


def test_a_circle_names_its_own_nodes_only() -> None:
    told = _told(_in_circle(tiny_graph("haalpha")))
    circle = next(line for line in told.splitlines() if "in a circle" in line)
    assert all(f"'{name}'" in circle for name in ("orbit", "calibrate", "deburst"))
    assert not any(f"'{name}'" in circle for name in ("split", "matrix", "write"))


def test_two_sources_of_one_name_are_refused() -> None:
    twice = tuple(Source("sourceProduct", f"orbit-{one}") for one in ("reference", "secondary"))
    wrong = edited(tiny_graph("coherence"), "coregister", lambda n: replace(n, sources=twice))
    assert "source 'sourceProduct': stands 2 times" in _told(wrong)


def _noise_in(kind: Kind) -> Callable[[str], Graph]:
    def spoil(version: str) -> Graph:
        graph = tiny_graph(kind, version)
        split = next(node for node in graph.nodes if node.operator == "TOPSAR-Split")
        noise = Node("noise", "ThermalNoiseRemoval", split.sources)
        return reading(_more_nodes(graph, noise), split.id, "noise")

    return spoil


def _valued(kind: Kind, node: str, name: str, value: str | None) -> Callable[[str], Graph]:
    return lambda version: with_value(tiny_graph(kind, version), node, name, value)


def _lone_merge(version: str) -> Graph:
    graph = tiny_graph("haalpha", version)
    merge = Node("merge", "TOPSAR-Merge", (Source("sourceProduct", "deburst"),))
    return reading(_more_nodes(graph, merge), "matrix", "merge")


def _same_subswath_twice(version: str) -> Graph:
    return with_value(tiny_graph("haalpha", version, 2), "split-IW2", "subswath", "IW1")


def _gap(version: str) -> Graph:
    return with_value(tiny_graph("haalpha", version, 2), "split-IW2", "subswath", "IW3")


def _subset(copied: str | None) -> Callable[[str], Graph]:
    def spoil(version: str) -> Graph:
        graph = tiny_graph("backscatter", version)
        chosen = {} if copied is None else {"copyMetadata": copied}
        subset = Node("subset", "Subset", (Source("sourceProduct", "deburst"),), chosen)
        return reading(_more_nodes(graph, subset), "multilook", "subset")

    return spoil


def _one_burst_with_diversity(version: str) -> Graph:
    given = replace(settings("coherence"), spectral_diversity=True)
    return with_value(
        compose("coherence", version, given), "split-secondary", "lastBurstIndex", "2"
    )


def _mixed_subswaths(version: str) -> Graph:
    return with_value(tiny_graph("coherence", version), "split-secondary", "subswath", "IW2")


def _without(kind: Kind, node: str) -> Callable[[str], Graph]:
    return lambda version: without(tiny_graph(kind, version), node)


def _moved(kind: Kind, node: str, anchor: str) -> Callable[[str], Graph]:
    return lambda version: moved_behind(tiny_graph(kind, version), node, anchor)


TRAPS: list[tuple[Callable[[str], Graph], str, str]] = [
    # What destroys the phase, and bursts.
    (_noise_in("coherence"), "14.0.0", "node 'noise' (ThermalNoiseRemoval): leaves intensities"),
    (_noise_in("haalpha"), "9.0.0", "node 'noise' (ThermalNoiseRemoval): leaves intensities"),
    (_moved("backscatter", "noise", "split"), "12.0.0", "node 'noise' (ThermalNoiseRemoval): rem"),
    (_moved("backscatter", "calibrate", "deburst"), "9.0.0", "node 'calibrate' (Calibration): com"),
    (_without("backscatter", "deburst"), "13.0.0", "node 'multilook' (Multilook): comes before"),
    (_without("haalpha", "deburst"), "13.0.0", "node 'matrix' (Polarimetric-Matrices): comes bef"),
    (_without("coherence", "deburst"), "13.0.0", "node 'geocode' (Terrain-Correction): comes bef"),
    # The split.
    (_valued("haalpha", "split", "subswath", None), "13.0.x", "'subswath': is not named"),
    (_valued("haalpha", "split", "selectedPolarisations", None), "9.0.0", "SNAP takes all"),
    (_valued("haalpha", "split", "lastBurstIndex", "1"), "9.0.0", "before the first burst"),
    # Orbits.
    (_valued("coherence", "orbit-secondary", "continueOnFail", "true"), "9.0.x", "ends well"),
    # Gamma nought.
    (_without("backscatter", "calibrate"), "9.0.0", "node 'flatten' (Terrain-Flattening): reads n"),
    (_valued("backscatter", "calibrate", "outputBetaBand", "false"), "9.0.0", "'outputBetaBand'"),
    (_valued("backscatter", "calibrate", "outputBetaBand", None), "9.0.0", "'outputBetaBand'"),
    (
        _valued("backscatter", "calibrate", "outputImageInComplex", "true"),
        "9.0.0",
        "'outputImageInComplex': 'true'",
    ),
    (_valued("backscatter", "calibrate", "outputImageScaleInDb", "true"), "9.0.0", "decibels"),
    (_valued("backscatter", "multilook", "grSquarePixel", "true"), "9.0.0", "'grSquarePixel'"),
    (_valued("backscatter", "multilook", "grSquarePixel", None), "9.0.0", "'grSquarePixel'"),
    (_valued("backscatter", "flatten", "outputSimulatedImage", "true"), "9.0.0", "fails on SLC"),
    (
        _valued("backscatter", "flatten", "demResamplingMethod", "DELAUNAY_INTERPOLATION"),
        "9.0.0",
        "'demResamplingMethod'",
    ),
    (_subset(None), "13.0.x", "'copyMetadata': drops"),
    (_subset("false"), "9.0.0", "'copyMetadata': 'false': drops"),
    # Coherence.
    (_valued("coherence", "estimate", "squarePixel", "true"), "9.0.0", "'squarePixel'"),
    (_valued("coherence", "estimate", "squarePixel", None), "9.0.0", "'squarePixel'"),
    (_valued("coherence", "estimate", "subtractFlatEarthPhase", None), "9.0.0", "changes with"),
    (_valued("coherence", "estimate", "subtractTopographicPhase", None), "14.0.0", "changes with"),
    (_valued("coherence", "estimate", "correctCoherenceBias", None), "14.0.0", "changes with"),
    (_without("coherence", "coregister"), "9.0.0", "reads no coregistered pair"),
    (_one_burst_with_diversity, "9.0.0", "nothing to estimate from"),
    (_mixed_subswaths, "9.0.0", "joins subswaths IW1, IW2"),
    # Merging.
    (_lone_merge, "9.0.0", "joins 1 branches"),
    (_same_subswath_twice, "9.0.0", "joins 2 branches of subswaths IW1"),
    (_gap, "9.0.0", "neighbours without a gap"),
    # Polarimetry.
    (_valued("haalpha", "calibrate", "outputImageInComplex", "false"), "9.0.0", "complex samples"),
    (_valued("haalpha", "calibrate", "outputSigmaBand", "false"), "9.0.0", "'outputSigmaBand'"),
    (_valued("haalpha", "matrix", "matrix", "T3"), "9.0.0", "'matrix': 'T3'"),
    (_valued("haalpha", "matrix", "matrix", None), "9.0.0", "'matrix': node"),
    (_valued("haalpha", "multilook", "outputIntensity", "true"), "9.0.0", "'outputIntensity'"),
    (_valued("haalpha", "decompose", "decomposition", None), "9.0.0", "four polarisations"),
    (_without("haalpha", "calibrate"), "9.0.0", "reads uncalibrated samples"),
    (_without("haalpha", "matrix"), "9.0.0", "reads no C2"),
    # Elevation and grid.
    (
        _valued("haalpha", "geocode", "demName", "SRTM 3Sec"),
        "9.0.0",
        "node 'geocode' (Terrain-Correction), parameter 'demName': 'SRTM 3Sec'",
    ),
    (_valued("coherence", "coregister", "demName", None), "9.0.0", "depends on the version"),
    (_valued("haalpha", "geocode", "externalDEMFile", None), "9.0.0", "names no file"),
    (_valued("haalpha", "geocode", "externalDEMApplyEGM", "true"), "9.0.0", "adds a geoid"),
    (_valued("coherence", "estimate", "externalDEMApplyEGM", None), "9.0.0", "adds a geoid"),
    (_valued("haalpha", "geocode", "mapProjection", "AUTO:42001"), "9.0.0", "'mapProjection'"),
    (_valued("haalpha", "geocode", "mapProjection", None), "9.0.0", "'mapProjection'"),
    (_valued("haalpha", "geocode", "alignToStandardGrid", "false"), "9.0.0", "on one grid"),
    (_valued("haalpha", "geocode", "alignToStandardGrid", None), "9.0.0", "on one grid"),
    (_valued("haalpha", "geocode", "pixelSpacingInMeter", None), "9.0.0", "that of the scene"),
    (
        _valued("backscatter", "geocode", "applyRadiometricNormalization", "true"),
        "9.0.0",
        "'applyRadiometricNormalization'",
    ),
    # Files.
    (_valued("haalpha", "read", "file", None), "9.0.0", "node 'read' (Read), parameter 'file'"),
    (_valued("haalpha", "write", "file", None), "9.0.0", "node 'write' (Write), parameter 'file'"),
]


@pytest.mark.parametrize(("spoil", "version", "told"), TRAPS)
def test_traps_are_refused(spoil: Callable[[str], Graph], version: str, told: str) -> None:
    assert told in _told(spoil(version), version)


def test_coregistration_and_coherence_come_before_the_deburst() -> None:
    graph = tiny_graph("coherence")
    whole = Node("whole", "TOPSAR-Deburst", (Source("sourceProduct", "orbit-reference"),))
    early = reading(_more_nodes(graph, whole), "coregister", "whole", "orbit-secondary")
    assert "node 'coregister' (Back-Geocoding): comes after node 'whole'" in _told(early)
    late = reading(reading(graph, "estimate", "deburst"), "deburst", "coregister")
    late = reading(late, "geocode", "estimate")
    assert "node 'estimate' (Coherence): comes after node 'deburst'" in _told(late)


def test_noise_may_follow_the_split_from_13_on() -> None:
    for version in ("13.0.0", "13.0.x", "14.0.0"):
        assert check_graph(_moved("backscatter", "noise", "split")(version), version) == []


def test_what_one_version_lacks_another_may_default_to() -> None:
    assert (
        "correctCoherenceBias"
        not in node_of(tiny_graph("coherence", "13.0.x"), "estimate").parameters
    )
    simulated = _valued("backscatter", "flatten", "outputSimulatedImage", "true")
    assert check_graph(simulated("9.0.x"), "9.0.x") == []


@pytest.mark.parametrize(
    ("parameter", "taken", "refused"),
    [
        (Parameter("n", "int", interval="(1, 90]"), ["2", "90", "+3"], ["1", "91", "2.0", "", "x"]),
        (Parameter("n", "int", interval="[1, *)"), ["1", "99999"], ["0", "-1"]),
        (Parameter("x", "double", interval="(0, 1]"), ["0.3", "1", "1e-3"], ["0", "1.1", "0,3"]),
        (Parameter("x", "double"), ["-32768.0", "NaN", ".5"], ["1_000", "inf", "1 m"]),
        (Parameter("n", "int", values=("1", "2")), ["1"], ["3"]),
        (Parameter("b", "Boolean"), ["true", "false"], ["True", "1", "yes"]),
        (Parameter("s", "String", values=("a", "b")), ["a"], ["c", "A", "a,b"]),
        (Parameter("selectedPolarisations", "String[]"), ["VV", "VV, VH"], ["VX", "VV;VH", "VV,"]),
        (Parameter("subswath", "String"), ["IW1", "EW5"], ["IW4", "iw1"]),
        (
            Parameter("mapProjection", "String"),
            ["EPSG:32645", "32645", "AUTO:42001", "WGS84(DD)", 'PROJCS["x"]'],
            ["UTM", "EPSG:", "EPSG:32645N"],
        ),
        (
            Parameter("demName", "String", values=("SRTM 3Sec",)),
            ["SRTM 3Sec", "SRTM 3Sec (Auto Download)"],
            ["SRTM"],
        ),
        (Parameter("file", "File"), ["/a"], [""]),
    ],
)
def test_values_are_told_apart(parameter: Parameter, taken: list[str], refused: list[str]) -> None:
    assert [text for text in taken if not is_allowed(parameter, text)] == []
    assert [text for text in refused if is_allowed(parameter, text)] == []
