"""From a template for one subswath to the graph of an event: subswaths, version, numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from scarp.errors import DataError, Fault
from scarp.places import workflow_folder
from scarp.sentinel1.settings import Processing
from scarp.snap.facts import facts_version, operator
from scarp.snap.graph import Graph, Node, Source, read_xml, sources_of
from scarp.snap.settings import GraphSettings, Kind, Swath, settings_faults

TEMPLATES = workflow_folder("graphs")

# Written where a version has them, so that no version's default decides: which values 9 gave
# without them is told in docs/snap-graphs.md.
ELEMENTS = (
    ("ThermalNoiseRemoval", "clipNegativeValues", "true"),
    ("Terrain-Flattening", "nodataValueAtSea", "true"),
    ("Coherence", "correctCoherenceBias", "false"),
    ("Coherence", "removeLocalPhaseRamp", "false"),
)

_DIVERSITY = {
    "fineWinWidthStr": "512",
    "fineWinHeightStr": "512",
    "fineWinAccAzimuth": "16",
    "fineWinAccRange": "16",
    "fineWinOversampling": "128",
    "xCorrThreshold": "0.1",
    "cohThreshold": "0.3",
    "numBlocksPerOverlap": "10",
    "esdEstimator": "Periodogram",
    "weightFunc": "Inv Quadratic",
}


def compose(
    kind: Kind, version: str, settings: GraphSettings, templates: Path = TEMPLATES
) -> Graph:
    """The graph that makes a product, from the template of its kind.

    What stands between the split and the deburst is repeated for each subswath; TOPSAR-Merge joins
    several. Several products of a date are assembled first.

    Parameters
    ----------
    version: of SNAP, installed ("13.0.4") or of the facts ("13.0.x").
    templates: folder of {kind}.xml.

    Raises
    ------
    DataError: an unknown version; dates, subswaths or bursts that no graph can be made for; the
    template is missing, is no graph, or is not built around one split per date and one deburst.
    """
    known = facts_version(version)
    faults = settings_faults(kind, settings)
    if faults:
        raise DataError(faults)
    path = templates / f"{kind}.xml"
    if not path.is_file():
        raise DataError(
            Fault(
                "there is no such graph", str(path), "the graphs of workflow/graphs", "restore it"
            )
        )
    nodes = list(read_xml(path.read_text(encoding="utf-8"), str(path)).nodes)
    nodes = _with_subswaths(nodes, settings, str(path))
    nodes = _with_slices(nodes, settings)
    if kind == "haalpha":
        nodes = _with_speckle_filter(nodes, settings.processing)
    nodes = [_of_version(node, known) for node in nodes]
    values = _values(settings)
    return Graph(tuple(_filled(node, values) for node in nodes))


def _with_subswaths(nodes: list[Node], settings: GraphSettings, name: str) -> list[Node]:
    """Repeat the branch from split to deburst for each subswath, and join several."""
    own = _branch(nodes)
    ends = [node for node in nodes if node.id in own and node.operator == "TOPSAR-Deburst"]
    if len(ends) != 1:
        raise DataError(
            Fault(
                f"{len(ends)} nodes TOPSAR-Deburst follow TOPSAR-Split",
                name,
                "one, so that what stands between can be repeated for each subswath",
                "correct the template, or restore it",
            )
        )
    end = ends[0]
    branch = [node for node in nodes if node.id in own]
    start = nodes.index(branch[0])
    before = [node for node in nodes[:start] if node.id not in own]
    after = [node for node in nodes[start:] if node.id not in own]
    many = len(settings.dates[0].swaths) > 1
    made: list[Node] = []
    for index, swath in enumerate(settings.dates[0].swaths):
        bursts = [date.swaths[index] for date in settings.dates]
        copy = [_filled(node, _burst_values(bursts)) for node in branch]
        if settings.spectral_diversity and all(one.last_burst > one.first_burst for one in bursts):
            copy = _with_diversity(copy)
        made += [_suffixed(node, f"-{swath.name}", copy) for node in copy] if many else copy
    if many:
        joined = [f"{end.id}-{swath.name}" for swath in settings.dates[0].swaths]
        merge = Node("merge", "TOPSAR-Merge", sources_of(joined), dict(end.parameters))
        made.append(merge)
        after = [_redirected(node, end.id, merge.id) for node in after]
    return [*before, *made, *after]


def _branch(nodes: Sequence[Node]) -> set[str]:
    """Ids of the nodes from TOPSAR-Split to TOPSAR-Deburst, both included."""
    reads = {node.id: [source.node for source in node.sources] for node in nodes}
    read_by: dict[str, list[str]] = {node.id: [] for node in nodes}
    for node, sources in reads.items():
        for source in sources:
            read_by.setdefault(source, []).append(node)
    after = _reached([n.id for n in nodes if n.operator == "TOPSAR-Split"], read_by)
    before = _reached([n.id for n in nodes if n.operator == "TOPSAR-Deburst"], reads)
    return after & before


def _reached(starts: list[str], edges: Mapping[str, list[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(starts)
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += edges.get(node, [])
    return found


def _with_diversity(branch: list[Node]) -> list[Node]:
    """Refine the azimuth shift of what Back-Geocoding has coregistered."""
    for anchor in [node.id for node in branch if node.operator == "Back-Geocoding"]:
        added = Node(
            "diversity", "Enhanced-Spectral-Diversity", sources_of([anchor]), dict(_DIVERSITY)
        )
        branch = _inserted_after(branch, anchor, added)
    return branch


def _with_slices(nodes: list[Node], settings: GraphSettings) -> list[Node]:
    """One Read per product of a date, and SliceAssembly where there are several."""
    names = _scene_names(settings)
    made: list[Node] = []
    for node in nodes:
        scene = next((n for n in names if node.parameters.get("file") == f"${{{n}}}"), None)
        products = settings.dates[names.index(scene)].products if scene else ()
        if node.operator != "Read" or len(products) < 2:
            made.append(node)
            continue
        reads = [
            replace(node, id=f"{node.id}-{n}", parameters={"file": _file_of(product)})
            for n, product in enumerate(products, 1)
        ]
        chosen = _polarisations(nodes)
        made += reads
        made.append(Node(node.id, "SliceAssembly", sources_of([read.id for read in reads]), chosen))
    return made


def _polarisations(nodes: Sequence[Node]) -> dict[str, str]:
    """What the splits select, so that nothing else is assembled."""
    name = "selectedPolarisations"
    for node in nodes:
        if node.operator == "TOPSAR-Split" and name in node.parameters:
            return {name: node.parameters[name]}
    return {}


def _with_speckle_filter(nodes: list[Node], processing: Processing) -> list[Node]:
    """Filter C2 before it is decomposed, with the windows of the embedded engine."""
    if processing.speckle == "none":
        return nodes
    # SNAP knows no more than four looks here.
    looks = str(min(4, processing.range_looks * processing.azimuth_looks))
    chosen = {
        "boxcar": {"filter": "Box Car Filter", "filterSize": "3"},
        "refined-lee": {
            "filter": "Refined Lee Filter",
            "windowSize": "7x7",
            "numLooksStr": looks,
        },
    }[processing.speckle]
    for anchor in [n.sources[0].node for n in nodes if n.operator == "Polarimetric-Decomposition"]:
        added = Node("filter", "Polarimetric-Speckle-Filter", sources_of([anchor]), chosen)
        nodes = _inserted_after(nodes, anchor, added)
    return nodes


def _of_version(node: Node, version: str) -> Node:
    parameters = dict(node.parameters)
    for name, element, value in ELEMENTS:
        if node.operator == name:
            parameters.pop(element, None)
            if element in operator(name, version).parameters:
                parameters[element] = value
    return replace(node, parameters=parameters)


def _scene_names(settings: GraphSettings) -> list[str]:
    return ["scene"] if len(settings.dates) == 1 else ["reference", "secondary"]


def _burst_values(bursts: Sequence[Swath]) -> dict[str, str]:
    values = {"subswath": bursts[0].name}
    names = [("firstBurst", "lastBurst")]
    if len(bursts) > 1:
        names = [
            ("referenceFirstBurst", "referenceLastBurst"),
            ("secondaryFirstBurst", "secondaryLastBurst"),
        ]
    for (first, last), swath in zip(names, bursts, strict=True):
        values |= {first: str(swath.first_burst), last: str(swath.last_burst)}
    return values


def _values(settings: GraphSettings) -> dict[str, str]:
    processing = settings.processing
    products = [date.products[0] for date in settings.dates]
    orbits = ["orbitType"]
    if len(settings.dates) > 1:
        orbits = ["referenceOrbitType", "secondaryOrbitType"]
    return {
        **dict(zip(_scene_names(settings), map(_file_of, products), strict=True)),
        **dict(zip(orbits, (date.orbit_type for date in settings.dates), strict=True)),
        "rangeLooks": str(processing.range_looks),
        "azimuthLooks": str(processing.azimuth_looks),
        "coherenceRange": str(processing.coherence_range),
        "coherenceAzimuth": str(processing.coherence_azimuth),
        "decomposition": str(processing.decomposition),
        "dem": settings.dem,
        "demNoData": str(settings.dem_nodata),
        "epsg": str(settings.epsg),
        "originX": str(settings.origin[0]),
        "originY": str(settings.origin[1]),
        "geometry": "true" if settings.geometry else "false",
        "output": settings.output,
    }


def _file_of(product: str) -> str:
    """What SNAP opens of a product: the manifest of a folder, or the zip."""
    return f"{product}/manifest.safe" if product.endswith(".SAFE") else product


def _filled(node: Node, values: Mapping[str, str]) -> Node:
    def fill(text: str) -> str:
        return re.sub(r"\$\{(\w+)\}", lambda found: values.get(found[1], found[0]), text)

    return replace(node, parameters={name: fill(text) for name, text in node.parameters.items()})


def _suffixed(node: Node, suffix: str, branch: Sequence[Node]) -> Node:
    own = {other.id for other in branch}
    sources = tuple(
        Source(source.name, source.node + suffix) if source.node in own else source
        for source in node.sources
    )
    return replace(node, id=node.id + suffix, sources=sources)


def _inserted_after(nodes: Sequence[Node], anchor: str, added: Node) -> list[Node]:
    """Put a node behind another: all that read the other read the added one."""
    made = []
    for node in nodes:
        made.append(_redirected(node, anchor, added.id))
        if node.id == anchor:
            made.append(added)
    return made


def _redirected(node: Node, old: str, new: str) -> Node:
    sources = tuple(
        Source(source.name, new) if source.node == old else source for source in node.sources
    )
    return replace(node, sources=sources)
