"""The table of SNAP operators: what ships is what the full facts say, version by version."""

from __future__ import annotations

import json
import os
from importlib import resources
from pathlib import Path

import pytest

from scarp.errors import DataError
from scarp.snap.facts import (
    facts_version,
    is_tabled,
    lives_of,
    operator,
    operator_names,
    parameter_lives,
    versions,
)
from snap_facts import derive, render

FULL = Path(os.environ.get("SCARP_TEST_DATA", "absent"), "..", "snap", "operators.json")
real = pytest.mark.skipif(not FULL.is_file(), reason="SCARP_TEST_DATA/../snap is not there")


@real
def test_what_ships_is_what_the_full_facts_give() -> None:
    shipped = resources.files("scarp.snap").joinpath("facts.json").read_text(encoding="utf-8")
    assert shipped == render(derive(json.loads(FULL.read_text(encoding="utf-8"))))


@real
def test_every_version_has_the_operators_and_parameters_of_the_full_facts() -> None:
    full = json.loads(FULL.read_text(encoding="utf-8"))
    order = list(full["meta"]["versions_compared"])

    def lives(row: dict[str, str], version: str) -> bool:
        since = row.get("since", "<=9.0.0").removeprefix("<=")
        end = row.get("removed")
        now = order.index(version)
        return order.index(since) <= now and (end is None or now < order.index(end))

    assert versions() == tuple(order)
    for version in order:
        alive = {name for name, row in full["operators"].items() if lives(row, version)}
        assert operator_names(version) == alive
        for name in sorted(alive):
            if is_tabled(name):
                rows = full["operators"][name]["parameters"]
                own = {element for element, row in rows.items() if lives(row, version)}
                java = {rows[element].get("javaField", element) for element in own}
                assert set(operator(name, version).parameters) == own | java


def test_operators_come_and_go_with_versions() -> None:
    assert len(operator_names("14.0.0")) > len(operator_names("9.0.0")) > 100
    assert lives_of("TOPSAR-Split") == "every version"
    assert lives_of("TOPSAR-Splitt") == ""


@pytest.mark.parametrize(
    ("name", "element", "version", "is_there"),
    [
        ("Terrain-Flattening", "nodataValueAtSea", "9.0.0", False),
        ("Terrain-Flattening", "nodataValueAtSea", "9.0.x", True),
        ("Coherence", "correctCoherenceBias", "13.0.x", False),
        ("Coherence", "correctCoherenceBias", "14.0.0", True),
        ("TOPSAR-Split", "enableSingleSwathMode", "13.0.0", False),
        ("TOPSAR-Split", "enableSingleSwathMode", "13.0.x", True),
        ("Collocate", "masterProductName", "9.0.x", True),
        ("Collocate", "masterProductName", "10.0.0", False),
    ],
)
def test_parameters_come_and_go_with_versions(
    name: str, element: str, version: str, is_there: bool
) -> None:
    assert (element in operator(name, version).parameters) is is_there


def test_defaults_and_values_are_those_of_the_version() -> None:
    def default(version: str, element: str) -> str | None:
        return operator("Coherence", version).parameters[element].default

    assert default("13.0.x", "subtractFlatEarthPhase") == "false"
    assert default("14.0.0", "subtractFlatEarthPhase") == "true"
    assert default("13.0.0", "demName") == "SRTM 3Sec"
    assert default("13.0.x", "demName") == "Copernicus 30m Global DEM"
    kinds = [operator("Polarimetric-Decomposition", v).parameters for v in ("10.0.0", "11.0.0")]
    older, newer = ({*kind["decomposition"].values} for kind in kinds)
    assert older < newer


def test_an_alias_is_the_same_parameter() -> None:
    known = operator("Multilook", "9.0.0").parameters
    assert known["sourceBandNames"] is known["sourceBands"]


def test_spans_are_told_in_words() -> None:
    assert parameter_lives("Coherence", "correctCoherenceBias") == "from 14.0.0"
    assert parameter_lives("Collocate", "masterProductName") == "before 10.0.0"
    assert parameter_lives("Coherence", "nothing") == ""


@pytest.mark.parametrize(
    ("installed", "stands_for"),
    [
        ("9.0.0", "9.0.0"),
        ("9.0.8", "9.0.x"),
        ("11.0.1", "11.0.0"),
        ("13.0.0", "13.0.0"),
        ("13.0.4", "13.0.x"),
        ("14.0.0-RC1", "14.0.0"),
        ("13.0.x", "13.0.x"),
    ],
)
def test_an_installed_version_has_one_that_stands_for_it(installed: str, stands_for: str) -> None:
    assert facts_version(installed) == stands_for


@pytest.mark.parametrize("version", ["8.0.0", "15.0.0", "new", ""])
def test_versions_that_nothing_is_known_of_are_refused(version: str) -> None:
    with pytest.raises(DataError, match="nothing is known"):
        facts_version(version)
