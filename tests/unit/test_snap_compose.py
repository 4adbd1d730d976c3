"""The composer: subswaths, versions, slices and numbers in the graphs of workflow/graphs."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from scarp.errors import DataError
from scarp.sentinel1.settings import Processing
from scarp.snap.compose import ELEMENTS, TEMPLATES, compose
from scarp.snap.facts import operator, versions
from scarp.snap.graph import Graph, read_xml, to_xml
from scarp.snap.settings import KINDS, PRECISE, RESTITUTED, Date, GraphSettings, Kind, Swath
from tiny_snap import DATES, node_of, settings, tiny_graph

BY_HAND = {
    "subswath": "IW1",
    "dem": "/dem/ellipsoidal.tif",
    "demNoData": "-32768.0",
    "epsg": "32645",
    "originX": "5.0",
    "originY": "5.0",
}
BURSTS = {"firstBurst": "2", "lastBurst": "4"}
LOOKS = {"rangeLooks": "4", "azimuthLooks": "1"}
SCENES = [f"/scenes/S1A_IW_SLC_{date}.zip" for date in DATES]
PARAMETERS: dict[Kind, dict[str, str]] = {
    "backscatter": {
        "scene": SCENES[0],
        "orbitType": PRECISE,
        **BURSTS,
        **LOOKS,
        "geometry": "false",
    },
    "coherence": {
        "reference": SCENES[0],
        "secondary": SCENES[1],
        "referenceOrbitType": PRECISE,
        "secondaryOrbitType": PRECISE,
        **{
            f"{one}{end}": text
            for one in ("reference", "secondary")
            for end, text in (("FirstBurst", "2"), ("LastBurst", "4"))
        },
        "coherenceRange": "10",
        "coherenceAzimuth": "3",
    },
    "haalpha": {"scene": SCENES[0], "orbitType": PRECISE, **BURSTS, **LOOKS, "decomposition": "5"},
}


def _operators(graph: Graph) -> list[str]:
    return [node.operator for node in graph.nodes]


@pytest.mark.parametrize("version", versions())
@pytest.mark.parametrize("kind", KINDS)
def test_the_template_by_hand_is_the_composed_graph_of_one_subswath(
    kind: Kind, version: str
) -> None:
    text = (TEMPLATES / f"{kind}.xml").read_text(encoding="utf-8")
    for name, value in {**BY_HAND, **PARAMETERS[kind], "output": f"/out/{kind}.dim"}.items():
        assert f"${{{name}}}" in text
        assert f"-P{name}=" in text, f"the template's own example leaves {name} out"
        text = text.replace(f"${{{name}}}", value)
    by_hand = read_xml(text)
    composed = compose(kind, version, settings(kind))
    for own, other in zip(by_hand.nodes, composed.nodes, strict=True):
        added = {
            element: value
            for name, element, value in ELEMENTS
            if name == own.operator and element in operator(name, version).parameters
        }
        assert replace(own, parameters={**own.parameters, **added}) == other


@pytest.mark.parametrize("version", versions())
def test_elements_stand_where_the_version_has_them(version: str) -> None:
    def has(kind: Kind, name: str, element: str) -> bool:
        return element in node_of(tiny_graph(kind, version), name).parameters

    assert has("backscatter", "flatten", "nodataValueAtSea") is (version != "9.0.0")
    assert has("backscatter", "noise", "clipNegativeValues") is (version == "14.0.0")
    assert has("coherence", "estimate", "correctCoherenceBias") is (version == "14.0.0")
    assert has("coherence", "estimate", "removeLocalPhaseRamp") is (version == "14.0.0")


def test_a_template_may_name_an_element_that_a_version_lacks(tmp_path: Path) -> None:
    text = (TEMPLATES / "coherence.xml").read_text(encoding="utf-8")
    own = "<correctCoherenceBias>false</correctCoherenceBias><singleMaster>"
    (tmp_path / "coherence.xml").write_text(text.replace("<singleMaster>", own), encoding="utf-8")
    made = compose("coherence", "9.0.0", settings("coherence"), tmp_path)
    assert made == tiny_graph("coherence", "9.0.0")


@pytest.mark.parametrize("kind", KINDS)
def test_several_subswaths_have_a_branch_each_and_are_merged(kind: Kind) -> None:
    one = tiny_graph(kind)
    assert "TOPSAR-Merge" not in _operators(one)
    for count in (2, 3):
        graph = tiny_graph(kind, subswaths=count)
        names = [f"IW{n + 1}" for n in range(count)]
        merge = node_of(graph, "merge")
        assert [source.node for source in merge.sources] == [f"deburst-{name}" for name in names]
        for name in names:
            assert node_of(graph, f"deburst-{name}").operator == "TOPSAR-Deburst"
        splits = [node for node in graph.nodes if node.operator == "TOPSAR-Split"]
        dates = 2 if kind == "coherence" else 1
        assert [s.parameters["subswath"] for s in splits] == sorted(names * dates)
        for name in ("Read", "Terrain-Correction", "Write", "ThermalNoiseRemoval"):
            assert _operators(graph).count(name) == _operators(one).count(name)
        # Below the merge the chain is that of one subswath, which reads the merge.
        tail = [node.id for node in graph.nodes[[*graph.nodes].index(merge) + 1 :]]
        assert tail == [node.id for node in one.nodes][-len(tail) :]
        assert node_of(graph, tail[0]).sources[0].node == "merge"


def test_a_branch_reads_its_own_subswath_only() -> None:
    graph = tiny_graph("coherence", subswaths=3)
    for node in graph.nodes:
        if "-IW" in node.id:
            own = node.id[-3:]
            assert all(s.node.endswith(own) or s.node.startswith("read-") for s in node.sources)


def test_the_reference_is_the_first_date_and_bursts_are_each_dates_own() -> None:
    dates = (Date(("/a.SAFE",), (Swath("IW2", 3, 5),)), Date(("/b.zip",), (Swath("IW2", 2, 4),)))
    graph = compose("coherence", "12.0.0", replace(settings("coherence"), dates=dates))
    ends = node_of(graph, "coregister").sources
    assert [end.node for end in ends] == ["orbit-reference", "orbit-secondary"]
    assert node_of(graph, "read-reference").parameters["file"] == "/a.SAFE/manifest.safe"
    assert node_of(graph, "read-secondary").parameters["file"] == "/b.zip"
    for name, first, last in (("reference", "3", "5"), ("secondary", "2", "4")):
        chosen = node_of(graph, f"split-{name}").parameters
        assert (chosen["subswath"], chosen["firstBurstIndex"], chosen["lastBurstIndex"]) == (
            "IW2",
            first,
            last,
        )


def test_slices_are_assembled_before_anything_else() -> None:
    given = settings("coherence", 2)
    second = replace(given.dates[1], products=("/b.zip", "/c.zip"))
    graph = compose("coherence", "13.0.0", replace(given, dates=(given.dates[0], second)))
    made = node_of(graph, "read-secondary")
    assert (made.operator, made.parameters) == ("SliceAssembly", {"selectedPolarisations": "VV"})
    files = [node_of(graph, end.node).parameters["file"] for end in made.sources]
    assert files == ["/b.zip", "/c.zip"]
    assert node_of(graph, "split-secondary-IW2").sources[0].node == "read-secondary"
    assert node_of(graph, "read-reference").operator == "Read"


def test_spectral_diversity_is_for_branches_of_several_bursts() -> None:
    swaths = (Swath("IW1", 2, 2), Swath("IW2", 2, 3))
    dates = tuple(Date((scene,), swaths) for scene in SCENES)
    given = replace(settings("coherence"), dates=dates, spectral_diversity=True)
    graph = compose("coherence", "9.0.0", given)
    assert _operators(graph).count("Enhanced-Spectral-Diversity") == 1
    assert node_of(graph, "diversity-IW2").sources[0].node == "coregister-IW2"
    assert node_of(graph, "estimate-IW2").sources[0].node == "diversity-IW2"
    assert node_of(graph, "estimate-IW1").sources[0].node == "coregister-IW1"
    plain = compose("coherence", "9.0.0", replace(given, spectral_diversity=False))
    assert "Enhanced-Spectral-Diversity" not in _operators(plain)


@pytest.mark.parametrize(
    ("speckle", "looks", "filtered"),
    [
        ("boxcar", 4, {"filter": "Box Car Filter", "filterSize": "3"}),
        (
            "refined-lee",
            3,
            {"filter": "Refined Lee Filter", "windowSize": "7x7", "numLooksStr": "3"},
        ),
        (
            "refined-lee",
            8,
            {"filter": "Refined Lee Filter", "windowSize": "7x7", "numLooksStr": "4"},
        ),
    ],
)
def test_a_speckle_filter_stands_between_looks_and_decomposition(
    speckle: str, looks: int, filtered: dict[str, str]
) -> None:
    numbers = Processing(range_looks=looks, speckle=speckle)  # type: ignore[arg-type]
    graph = compose("haalpha", "11.0.0", replace(settings("haalpha"), processing=numbers))
    made = node_of(graph, "filter")
    assert made.parameters == filtered
    assert made.sources[0].node == "multilook"
    assert node_of(graph, "decompose").sources[0].node == "filter"


def test_numbers_of_the_configuration_arrive() -> None:
    numbers = Processing(5, 2, 12, 4, 7)
    made = {
        kind: compose(
            kind,
            "9.0.x",
            replace(settings(kind), processing=numbers, geometry=True, origin=(5.0, 2.5)),
        )
        for kind in KINDS
    }
    for kind in ("backscatter", "haalpha"):
        looks = node_of(made[kind], "multilook").parameters
        assert (looks["nRgLooks"], looks["nAzLooks"]) == ("5", "2")
    window = node_of(made["coherence"], "estimate").parameters
    assert (window["cohWinRg"], window["cohWinAz"]) == ("12", "4")
    assert node_of(made["haalpha"], "decompose").parameters["windowSize"] == "7"
    ground = node_of(made["backscatter"], "geocode").parameters
    assert ground["mapProjection"] == "EPSG:32645"
    assert ground["saveLayoverShadowMask"] == ground["saveLocalIncidenceAngle"] == "true"
    assert (ground["standardGridOriginX"], ground["standardGridOriginY"]) == ("5.0", "2.5")
    plain = node_of(tiny_graph("backscatter"), "geocode").parameters
    assert plain["saveLayoverShadowMask"] == plain["saveLocalIncidenceAngle"] == "false"
    for kind, graph in made.items():
        assert node_of(graph, "write").parameters["file"] == f"/out/{kind}.dim"


def test_every_date_has_an_orbit_type_of_its_own() -> None:
    one, two = settings("coherence").dates
    pair = replace(settings("coherence"), dates=(one, replace(two, orbit_type=RESTITUTED)))
    made = compose("coherence", "9.0.x", pair)
    types = [
        node_of(made, f"orbit-{name}").parameters["orbitType"]
        for name in ("reference", "secondary")
    ]
    assert types == [PRECISE, RESTITUTED]


def test_a_path_that_looks_like_a_parameter_is_left_as_it_is() -> None:
    given = replace(settings("backscatter"), output="/${subswath}/${dem}.dim")
    made = compose("backscatter", "9.0.0", given)
    assert node_of(made, "write").parameters["file"] == "/${subswath}/${dem}.dim"


def test_the_same_settings_give_the_same_text() -> None:
    texts = {to_xml(tiny_graph("coherence", subswaths=3)) for _ in range(3)}
    assert len(texts) == 1


_SWATH = (Swath("IW1", 1, 2),)


def _given(*dates: Date, output: str = "o.dim") -> GraphSettings:
    return GraphSettings(dates, 32645, "dem.tif", output)


@pytest.mark.parametrize(
    ("kind", "given", "told"),
    [
        ("coherence", _given(Date(("a",), _SWATH)), "1 dates are given"),
        ("haalpha", _given(), "0 dates are given"),
        ("haalpha", _given(Date((), _SWATH)), "no product is given"),
        ("haalpha", _given(Date(("a",), ())), "subswaths none"),
        (
            "haalpha",
            _given(Date(("a",), (Swath("IW1", 1, 2), Swath("IW3", 1, 2)))),
            "subswaths IW1, IW3",
        ),
        ("haalpha", _given(Date(("a",), (*_SWATH, *_SWATH))), "subswaths IW1, IW1"),
        ("haalpha", _given(Date(("a",), (Swath("IW4", 1, 2),))), "subswaths IW4"),
        ("haalpha", _given(Date(("a",), (Swath("W1IW", 1, 2),))), "subswaths W1IW"),
        ("haalpha", _given(Date(("a",), (Swath("IW1", 3, 2),))), "bursts 3 to 2"),
        ("haalpha", _given(Date(("a",), (Swath("IW1", 0, 2),))), "bursts 0 to 2"),
        ("haalpha", _given(Date(("a",), _SWATH), output="o.tif"), "writes no BEAM-DIMAP"),
        (
            "coherence",
            _given(Date(("a",), _SWATH), Date(("b",), (Swath("IW2", 1, 2),))),
            "of different subswaths",
        ),
    ],
)
def test_settings_that_no_graph_can_be_made_for_are_refused(
    kind: Kind, given: GraphSettings, told: str
) -> None:
    with pytest.raises(DataError, match=re.escape(told)):
        compose(kind, "9.0.0", given)


def test_a_template_that_is_missing_or_not_built_that_way_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such graph"):
        compose("haalpha", "9.0.0", settings("haalpha"), tmp_path)
    text = (TEMPLATES / "haalpha.xml").read_text(encoding="utf-8")
    (tmp_path / "haalpha.xml").write_text(text.replace("TOPSAR-Deburst", "Deburst"))
    with pytest.raises(DataError, match="0 nodes TOPSAR-Deburst"):
        compose("haalpha", "9.0.0", settings("haalpha"), tmp_path)
