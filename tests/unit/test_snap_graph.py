"""Graphs of gpt: read, written, and refused."""

from __future__ import annotations

import pytest

from scarp.errors import DataError
from scarp.snap.graph import Graph, Node, Source, read_xml, sources_of, to_xml, unset_names
from scarp.snap.settings import KINDS, Kind
from tiny_snap import tiny_graph


@pytest.mark.parametrize("subswaths", [1, 2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_xml_gives_the_graph_back(kind: Kind, subswaths: int) -> None:
    graph = tiny_graph(kind, subswaths=subswaths)
    text = to_xml(graph)
    assert read_xml(text) == graph
    assert to_xml(read_xml(text)) == text


def test_values_that_xml_must_escape_survive() -> None:
    parameters = {"file": "/a & b/<c>.zip", "formatName": "é ]]> \"'"}
    graph = Graph((Node("read", "Read", (), parameters),))
    assert read_xml(to_xml(graph)) == graph


def test_sources_keep_their_order_and_names() -> None:
    assert sources_of(["b", "a"]) == (Source("sourceProduct", "b"), Source("sourceProduct.1", "a"))


def test_what_interfaces_add_is_left_out() -> None:
    text = """<graph id="g"><version>1.0</version><!-- said -->
      <node id="n"><operator>Read</operator><sources/><parameters class="x">
        <file> a.zip </file><!-- said --></parameters></node>
      <applicationData id="Presentation"><node id="n"/></applicationData></graph>"""
    assert read_xml(text) == Graph((Node("n", "Read", (), {"file": "a.zip"}),))


def test_unset_names_are_found_once_in_both_spellings() -> None:
    assert unset_names("${out}/$name/${out} costs 5 $") == ["out", "name"]
    assert unset_names("EPSG:32645") == []


_NODE = '<graph><node id="n"><operator>Read</operator>{}</node></graph>'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<graph><node>", "is no XML"),
        ("<grap/>", "root element is 'grap'"),
        ("<graph><nodes/></graph>", "holds an element 'nodes'"),
        ("<graph><node><operator>Read</operator></node></graph>", "has no id"),
        ('<graph><node id="n"/></graph>', "names no operator"),
        (_NODE.format("<parameter/>"), "holds an element 'parameter'"),
        (_NODE.format("<sources><sourceProduct/></sources>"), "has no refid"),
        (_NODE.format("<parameters><file/><file/></parameters>"), "stands twice"),
        (_NODE.format("<parameters><file><a/></file></parameters>"), "holds elements"),
    ],
)
def test_what_is_no_graph_is_refused(text: str, told: str) -> None:
    with pytest.raises(DataError, match=told) as caught:
        read_xml(text, "own.xml")
    assert "own.xml" in str(caught.value)
