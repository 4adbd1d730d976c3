"""What SNAP takes without a word and then computes wrongly, or refuses in the middle of a run.

Every rule was read in SNAP's public sources; docs/snap-graphs.md lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from scarp.errors import Fault
from scarp.snap.facts import at_least, is_tabled, operator
from scarp.snap.graph import Graph, Node
from scarp.snap.view import View, label

_PHASE = (
    "Back-Geocoding",
    "Coherence",
    "Enhanced-Spectral-Diversity",
    "Interferogram",
    "Polarimetric-Matrices",
    "Polarimetric-Speckle-Filter",
    "Polarimetric-Decomposition",
)
_BURSTS = ("Back-Geocoding", "Calibration", "Coherence", "Enhanced-Spectral-Diversity")
_WHOLE = (
    "TOPSAR-Merge",
    "Multilook",
    "Terrain-Flattening",
    "Terrain-Correction",
    "Polarimetric-Matrices",
    "Polarimetric-Decomposition",
)


def trap_faults(graph: Graph, version: str) -> list[Fault]:
    """Faults of the order of operators and of values that contradict each other.

    The nodes must hang together: ids once, references that exist, no cycle.
    """
    view = View({node.id: node for node in graph.nodes}, version)
    faults: list[Fault] = []
    for node in graph.nodes:
        if not is_tabled(node.operator):
            continue
        for rule in (_phase, _bursts, _elevation, *_RULES.get(node.operator, ())):
            faults += rule(view, node)
    return faults


def _at(node: Node, name: str, fact: str, allowed: str, cure: str) -> Fault:
    value = node.parameters.get(name)
    told = "" if value is None else f": '{value}'"
    return Fault(fact, f"{label(node)}, parameter '{name}'{told}", allowed, cure)


def _wanted(view: View, node: Node, name: str, value: str, why: str) -> Iterator[Fault]:
    """A fault unless a parameter is `value`, as written or by default."""
    if view.value(node, name) != value:
        yield _at(node, name, why, value, f"write {name} as {value}")


def _written(node: Node, name: str, why: str, allowed: str) -> Iterator[Fault]:
    if name not in node.parameters:
        yield _at(node, name, why, allowed, "write it out")


def _phase(view: View, node: Node) -> Iterator[Fault]:
    if node.operator in _PHASE:
        for noise in view.upstream(node, "ThermalNoiseRemoval"):
            yield Fault(
                f"leaves intensities, and {label(node)} needs the phase",
                label(noise),
                "before calibration to intensities only",
                "take it out",
            )


def _bursts(view: View, node: Node) -> Iterator[Fault]:
    before = view.upstream(node, "TOPSAR-Deburst")
    if node.operator in _BURSTS and before:
        yield Fault(
            f"comes after {label(before[0])}",
            label(node),
            f"{node.operator} works on bursts",
            "put it before TOPSAR-Deburst",
        )
    if node.operator in _WHOLE and not before and view.upstream(node, "TOPSAR-Split"):
        yield Fault(
            "comes before the bursts are joined",
            label(node),
            f"TOPSAR-Deburst before {node.operator}",
            "put TOPSAR-Deburst before it",
        )


def _elevation(view: View, node: Node) -> Iterator[Fault]:
    if "demName" not in operator(node.operator, view.version).parameters:
        return
    name, file = node.parameters.get("demName"), node.parameters.get("externalDEMFile")
    if name is None:
        yield from _written(node, "demName", "its default depends on the version", "External DEM")
    if file and name != "External DEM":
        yield _at(
            node,
            "demName",
            f"another elevation than the file '{file}'",
            "External DEM with externalDEMFile; Terrain-Correction would not read the file",
            "write demName as External DEM",
        )
    if name == "External DEM" and not file:
        yield _at(node, "externalDEMFile", "names no file", "a file", "give one")
    if not file:
        return
    if "externalDEMApplyEGM" in operator(node.operator, view.version).parameters:
        why = "adds a geoid to heights that are above the ellipsoid, as Back-Geocoding does not"
        yield from _wanted(view, node, "externalDEMApplyEGM", "false", why)
    if node.parameters.get("demResamplingMethod") == "DELAUNAY_INTERPOLATION":
        yield _at(
            node,
            "demResamplingMethod",
            "is refused for an external DEM",
            "another value",
            "write BILINEAR_INTERPOLATION",
        )


def _split(view: View, node: Node) -> Iterator[Fault]:
    yield from _written(node, "subswath", "is not named, and SNAP takes IW1", "IW1, IW2, IW3")
    yield from _written(
        node, "selectedPolarisations", "is not named, and SNAP takes all", "VV; VV,VH"
    )
    first, last = _bursts_of(view, node)
    if last < first:
        yield _at(
            node, "lastBurstIndex", "comes before the first burst", f"{first} or more", "correct it"
        )


def _noise(view: View, node: Node) -> Iterator[Fault]:
    splits = view.upstream(node, "TOPSAR-Split")
    if splits and not at_least(view.version, "13.0.0"):
        yield Fault(
            f"removes wrong noise from the bursts that {label(splits[0])} has chosen",
            label(node),
            "before TOPSAR-Split, until SNAP 13.0.0",
            "put it before TOPSAR-Split",
        )


def _orbit(view: View, node: Node) -> Iterator[Fault]:
    why = "keeps the orbit of the annotation when there is no orbit file, and ends well"
    yield from _wanted(view, node, "continueOnFail", "false", why)


def _calibration(view: View, node: Node) -> Iterator[Fault]:
    if view.value(node, "outputImageInComplex") == "true":
        why = "the table that complex values are scaled with is not loaded"
        yield from _wanted(view, node, "outputSigmaBand", "true", why)
    yield from _wanted(
        view, node, "outputImageScaleInDb", "false", "averages of decibels are no averages of power"
    )


def _coregistration(view: View, node: Node) -> Iterator[Fault]:
    if len(node.sources) < 2:
        yield Fault(
            "has no secondary",
            f"{label(node)}, source 'sourceProduct.1'",
            "the reference first, then secondaries",
            "add a source",
        )
    names = view.subswaths(node)
    if len(names) > 1:
        yield Fault(
            f"joins subswaths {', '.join(names)}",
            f"{label(node)}, source '{node.sources[-1].name}'",
            "dates of one subswath",
            "correct the subswath of the splits",
        )


def _diversity(view: View, node: Node) -> Iterator[Fault]:
    for split in view.upstream(node, "TOPSAR-Split"):
        first, last = _bursts_of(view, split)
        if first == last:
            yield _at(
                split,
                "lastBurstIndex",
                f"one burst overlaps no other, and {label(node)} has nothing to estimate from",
                "two bursts or more",
                "take Enhanced-Spectral-Diversity out",
            )


def _coherence(view: View, node: Node) -> Iterator[Fault]:
    if not view.upstream(node, "Back-Geocoding"):
        yield Fault(
            "reads no coregistered pair",
            label(node),
            "Back-Geocoding before Coherence",
            "put it before",
        )
    why = "puts a number of its own in place of cohWinAz"
    yield from _wanted(view, node, "squarePixel", "false", why)
    for name in ("subtractFlatEarthPhase", "subtractTopographicPhase", "correctCoherenceBias"):
        if name in operator("Coherence", view.version).parameters:
            why = "its default changes with SNAP 14"
            yield from _written(node, name, why, "true, false")


def _merge(view: View, node: Node) -> Iterator[Fault]:
    source = f"{label(node)}, source '{node.sources[-1].name if node.sources else ''}'"
    own = view.subswaths(node)
    if len(node.sources) < 2 or len(own) < len(node.sources):
        yield Fault(
            f"joins {len(node.sources)} branches of subswaths {', '.join(own)}",
            source,
            "two or three different subswaths",
            "take TOPSAR-Merge out where there is one, and correct the subswaths otherwise",
        )
    splits = [one for one in view.nodes.values() if one.operator == "TOPSAR-Split"]
    missing = sorted({view.value(split, "subswath") for split in splits} - set(own))
    if missing:
        yield Fault(
            f"does not read {', '.join(missing)}", source, "every subswath", "add the source"
        )
    gap = [int(name[-1]) for name in own if name[-1:].isdigit()]
    if gap and max(gap) - min(gap) >= len(gap):
        yield Fault(
            f"joins {', '.join(own)}", source, "neighbours without a gap", "add the one between"
        )


def _multilook(view: View, node: Node) -> Iterator[Fault]:
    why = "puts a number of its own in place of nAzLooks"
    yield from _wanted(view, node, "grSquarePixel", "false", why)


def _flattening(view: View, node: Node) -> Iterator[Fault]:
    calibrations = view.upstream(node, "Calibration")
    if not calibrations:
        yield Fault(
            "reads no beta nought",
            label(node),
            "Calibration with outputBetaBand before it",
            "put it before TOPSAR-Deburst",
        )
    for one in calibrations:
        why = f"{label(node)} uses bands of beta nought and skips others without a word"
        yield from _wanted(view, one, "outputBetaBand", "true", why)
        yield from _wanted(view, one, "outputImageInComplex", "false", why)
    if view.version == "9.0.0" and view.value(node, "outputSimulatedImage") == "true":
        yield _at(
            node, "outputSimulatedImage", "fails on SLC in SNAP 9.0.0", "false", "write false"
        )


def _matrices(view: View, node: Node) -> Iterator[Fault]:
    yield from _complex(view, node)


def _decomposition(view: View, node: Node) -> Iterator[Fault]:
    yield from _complex(view, node)
    if "Dual Pol" not in view.value(node, "decomposition"):
        yield _at(
            node,
            "decomposition",
            "needs four polarisations, Sentinel-1 has two",
            "H-Alpha Dual Pol Decomposition",
            "write that",
        )
    matrices = view.upstream(node, "Polarimetric-Matrices")
    if not matrices:
        yield Fault("reads no C2", label(node), "Polarimetric-Matrices before it", "put it before")
    for one in matrices:
        why = f"{label(node)} of two polarisations reads C2"
        yield from _wanted(view, one, "matrix", "C2", why)
    for one in view.upstream(node, "Multilook"):
        why = f"leaves intensities, and {label(node)} needs complex samples"
        yield from _wanted(view, one, "outputIntensity", "false", why)


def _complex(view: View, node: Node) -> Iterator[Fault]:
    calibrations = view.upstream(node, "Calibration")
    if not calibrations:
        yield Fault(
            "reads uncalibrated samples",
            label(node),
            "Calibration with outputImageInComplex before it",
            "put it before TOPSAR-Deburst",
        )
    for one in calibrations:
        why = f"leaves intensities, and {label(node)} needs complex samples"
        yield from _wanted(view, one, "outputImageInComplex", "true", why)


def _correction(view: View, node: Node) -> Iterator[Fault]:
    if view.upstream(node, "Terrain-Flattening"):
        why = "normalises what Terrain-Flattening has normalised"
        yield from _wanted(view, node, "applyRadiometricNormalization", "false", why)
    projection = node.parameters.get("mapProjection", "")
    if not projection.removeprefix("EPSG:").isdigit():
        yield _at(
            node,
            "mapProjection",
            "is not the zone of an event but of a scene, or in degrees",
            "EPSG:nnnnn",
            "write the code of the event's UTM zone",
        )
    why = "starts the grid where the scene starts, so that dates do not lie on one grid"
    yield from _wanted(view, node, "alignToStandardGrid", "true", why)
    yield from _written(node, "pixelSpacingInMeter", "is that of the scene", "10.0")


def _subset(view: View, node: Node) -> Iterator[Fault]:
    why = "drops what radar operators need to know, and its default depends on the version"
    if node.parameters.get("copyMetadata") != "true":
        yield _at(node, "copyMetadata", why, "true", "write copyMetadata as true")


def _write(view: View, node: Node) -> Iterator[Fault]:
    yield from _written(node, "file", "names no file", "a file")


def _read(view: View, node: Node) -> Iterator[Fault]:
    yield from _written(node, "file", "names no file", "a product")


def _bursts_of(view: View, split: Node) -> tuple[int, int]:
    first, last = (view.value(split, f"{end}BurstIndex") for end in ("first", "last"))
    return (int(first), int(last)) if first.isdigit() and last.isdigit() else (1, 9999)


_RULES: dict[str, tuple[Callable[[View, Node], Iterator[Fault]], ...]] = {
    "Apply-Orbit-File": (_orbit,),
    "Back-Geocoding": (_coregistration,),
    "Calibration": (_calibration,),
    "Coherence": (_coherence,),
    "Enhanced-Spectral-Diversity": (_diversity,),
    "Multilook": (_multilook,),
    "Polarimetric-Decomposition": (_decomposition,),
    "Polarimetric-Matrices": (_matrices,),
    "Read": (_read,),
    "Subset": (_subset,),
    "TOPSAR-Merge": (_merge,),
    "TOPSAR-Split": (_split,),
    "Terrain-Correction": (_correction,),
    "Terrain-Flattening": (_flattening,),
    "ThermalNoiseRemoval": (_noise,),
    "Write": (_write,),
}
