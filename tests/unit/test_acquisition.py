"""Which events are acquired, what is looked for, and what they must have for that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scarp.acquisition import acquisition_faults, area_file, is_acquired, with_sought
from scarp.tables import Acquisition, Event


def event(**changes: str) -> Event:
    blank = dict.fromkeys(Event.__dataclass_fields__, "")
    usual = {"event": "E1", "source": "scenes", "role": "apply", "aoi": "13.2,42.6,13.3,42.7"}
    return Event(**{**blank, **usual, **changes})


CONFIG: dict[str, Any] = {
    "pathvars": {"resources": "resources", "results": "results"},
    "simulate": {"scenes": ["SIM"]},
    "sentinel1": {"engine": "embedded"},
    "acquire": {"inventory": "inventory/{event}.gpkg"},
    "tables": {"events": "events.tsv"},
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def touch(path: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).touch()


def test_an_event_of_scenes_is_acquired_unless_its_grid_is_there() -> None:
    assert is_acquired(event(), CONFIG)
    assert is_acquired(event(engine="snap"), CONFIG)
    assert not is_acquired(event(engine="files"), CONFIG)
    assert not is_acquired(event(source="archive"), CONFIG)
    assert not is_acquired(event(event="SIM"), CONFIG)
    touch("results/products/E1/terrain.tif")
    assert not is_acquired(event(), CONFIG)
    # Once the workflow has made the area, the grid is its own as well.
    touch(area_file("E1", CONFIG))
    assert is_acquired(event(), CONFIG)


def test_a_sensor_without_rows_is_looked_for_in_all_epochs() -> None:
    found = with_sought(event(), (), CONFIG)
    assert {(one.sensor, one.epoch) for one in found} == {
        *(("sentinel1", f"{side}{n}") for side in ("PRE", "POST") for n in (1, 2, 3)),
        ("sentinel2", "PRE1"),
        ("sentinel2", "POST1"),
    }
    assert not any(one.date or one.product for one in found)
    own = (Acquisition("E1", "sentinel1", "PRE1", "2020-01-01", ""),)
    found = with_sought(event(), own, CONFIG)
    assert [one for one in found if one.sensor == "sentinel1"] == [*own]
    assert with_sought(event(engine="files"), own, CONFIG) == own


def test_what_an_acquired_event_must_have() -> None:
    def facts(**changes: str) -> list[str]:
        return [fault.fact for fault in acquisition_faults({"E1": event(**changes)}, CONFIG)]

    assert facts() == []
    assert "names no area" in facts(aoi="")[0]
    assert "needs landslide polygons" in facts(role="train")[0]
    assert "there is no file 'area.geojson'" in facts(aoi="area.geojson")[0]
    touch("area.geojson")
    assert facts(aoi="area.geojson") == []
    touch("inventory/E1.gpkg")
    assert facts(role="train", aoi="") == []
    assert "there is no file 'nowhere.gpkg'" in facts(role="train", aoi="nowhere.gpkg")[0]
