"""Catalogues are searched over all pages, and only what the engines take is given."""

from __future__ import annotations

import json
import logging
import math
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest

from catalogue_rows import Slice, asf_feature, odata_row
from catalogue_server import CatalogueServer
from file_server import Answer
from odata_filter import parse_filter
from scarp.acquire.sentinel1 import cdse
from scarp.acquire.sentinel1.asf import Asf
from scarp.acquire.sentinel1.catalogue import search_scenes
from scarp.acquire.sentinel1.cdse import Cdse
from scarp.acquire.sentinel1.ground import from_wkt, heading, incidence, look_azimuth
from scarp.acquire.sentinel1.scene import newest, parse_name
from scarp.errors import DataError

NAME = "S1A_IW_SLC__1SDV_20230916T063730_20230916T063757_050349_060FCD_6814"
START = datetime(2021, 7, 1, 17, 5, 0, tzinfo=UTC)
AREA = (9.98, 44.98, 10.02, 45.02)
FROM, TO = datetime(2021, 6, 1, tzinfo=UTC), datetime(2021, 9, 1, tzinfo=UTC)
DATA = os.environ.get("SCARP_TEST_DATA", "")
needs_data = pytest.mark.skipif(not DATA, reason="SCARP_TEST_DATA is not set")


@pytest.fixture
def server() -> Iterator[CatalogueServer]:
    with CatalogueServer() as running:
        yield running


def _cdse(server: CatalogueServer) -> Cdse:
    return Cdse(server.url("/odata/v1/Products"), server.url("/odata/v1/Products"), "")


def _asf(server: CatalogueServer) -> Asf:
    return Asf(server.url("/services/search/param"), server.login, (server.host,))


def _names(server: CatalogueServer, service: str = "cdse", **more: object) -> list[str]:
    found = search_scenes(
        _cdse(server) if service == "cdse" else _asf(server),
        AREA,
        FROM,
        TO,
        **more,  # type: ignore[arg-type]
    )
    return [scene.name.text for scene in found]


# ---------------------------------------------------------------- names


def test_a_name_is_taken_apart() -> None:
    name = parse_name(f"{NAME}.SAFE.zip")
    assert (name.text, name.mission, name.mode, name.kind) == (NAME, "S1A", "IW", "SLC")
    assert (name.polarisation, name.orbit, name.datatake) == ("DV", 50349, "060FCD")
    assert name.start == datetime(2023, 9, 16, 6, 37, 30, tzinfo=UTC)
    assert name.stop - name.start == timedelta(seconds=27)


@pytest.mark.parametrize(
    "text",
    [
        "",
        NAME.lower(),
        f"{NAME}x",
        f"x{NAME}",
        NAME.replace("S1A", "S1E"),
        NAME.replace("_1SDV", "_1SXV"),
        NAME.replace("20230916T063730", "20231316T063730"),
        NAME.replace("20230916T063757", "20230916T063700"),
        NAME.replace("_6814", ""),
        f"../{NAME}",
    ],
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="is not the name of a Sentinel-1 product") as caught:
        parse_name(text)
    assert f"'{text}'" in str(caught.value)


# ---------------------------------------------------------------- what is found


@pytest.mark.parametrize("service", ["cdse", "asf"])
def test_a_scene_is_as_the_catalogue_has_it(server: CatalogueServer, service: str) -> None:
    one = Slice(START, relative_orbit=117, direction="DES", content=b"x" * 10)
    server.add([one])
    scenes = search_scenes(_cdse(server) if service == "cdse" else _asf(server), AREA, FROM, TO)
    (scene,) = scenes
    assert scene.name.text == one.name
    assert (scene.relative_orbit, scene.direction) == (117, "DES")
    assert scene.polarisations == ("VV", "VH")
    assert (scene.start, scene.stop) == (START, START + timedelta(seconds=27))
    assert (scene.size, scene.md5) == (10, "336311a016184326ddbdd61edd4eeb52")
    url = f"/odata/v1/Products({one.id})/$value" if service == "cdse" else f"/SLC/{one.name}.zip"
    assert scene.url == server.url(url)
    west, south, east, north = scene.footprint.bounds
    assert west < 9 < 11 < east and south < 44.2 < 45.8 < north


@pytest.mark.parametrize("service", ["cdse", "asf"])
def test_only_iw_slc_of_two_polarisations_in_area_and_time_are_given(
    server: CatalogueServer, service: str
) -> None:
    wanted = [Slice(START), Slice(START + timedelta(days=6), mission="S1B")]
    others = [
        Slice(START, relative_orbit=16, centre=(14.0, 45.0)),
        Slice(START, relative_orbit=17, polarisation="SV"),
        Slice(FROM - timedelta(seconds=1), relative_orbit=18),
        Slice(TO, relative_orbit=19),
    ]
    server.add([*wanted, *others])
    odd = Slice(START, relative_orbit=20)
    server.rows += [
        {**odata_row(odd), "Name": name, "Id": name, "collection": "SENTINEL-1"}
        for name in (
            odd.name.replace("IW_SLC_", "IW_GRDH"),
            odd.name.replace("_IW_", "_EW_"),
            f"{odd.name}_COG.SAFE",
        )
    ]
    metadata = asf_feature(odd, "")
    metadata["properties"]["processingLevel"] = "METADATA_SLC"
    server.features.append(metadata)
    assert _names(server, service) == [one.name for one in wanted]
    # A mirror that ignores the question changes nothing.
    server.ignore_filter = True
    assert _names(server, service) == [one.name for one in wanted]


def test_missions_can_be_fixed(server: CatalogueServer) -> None:
    slices = [Slice(START), Slice(START + timedelta(days=6), mission="S1B")]
    server.add(slices)
    assert _names(server, missions=("S1A",)) == [slices[0].name]


def test_all_pages_are_read(server: CatalogueServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cdse, "_PAGE", 5)
    slices = [
        Slice(START + timedelta(days=12 * n), relative_orbit=track)
        for n in range(5)
        for track in (15, 117)
    ]
    server.add(slices)
    assert sorted(_names(server)) == sorted(one.name for one in slices)
    # Ten rows: the second page is full and links to a third, which is empty.
    assert len(server.asked("/odata")) == 3


def test_the_question_is_in_the_documented_syntax(server: CatalogueServer) -> None:
    server.add([Slice(START)])
    assert _names(server)
    with pytest.raises(ValueError, match="no such filter"):
        parse_filter("Name like 'S1A'")


def test_links_that_lead_in_a_circle_are_noticed(
    server: CatalogueServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.add([Slice(START)])
    search = server.search

    def circling(query: dict[str, str], path: str) -> tuple[int, dict[str, object]]:
        status, answer = search(query, path)
        answer["@odata.nextLink"] = f"https://catalogue.example.org{path}?{urlencode(query)}"
        return status, answer

    monkeypatch.setattr(server, "search", circling)
    with pytest.raises(DataError, match="lead in a circle"):
        _names(server)


@pytest.mark.parametrize("service", ["cdse", "asf"])
def test_of_a_slice_processed_twice_the_newest_is_given(
    server: CatalogueServer, service: str
) -> None:
    first = Slice(START)
    again = replace(first, start=START + timedelta(seconds=1), processed=datetime(2024, 1, 1))
    neighbour = replace(first, start=START + timedelta(seconds=25), centre=(9.8, 45.7))
    server.add([again, first, neighbour])
    if service == "asf":
        server.features[0]["properties"]["processingDate"] = "2024-01-01T00:00:00Z"
    assert _names(server, service) == [again.name, neighbour.name]


def test_newest_keeps_slices_of_other_satellites_and_datatakes(server: CatalogueServer) -> None:
    server.add([Slice(START), Slice(START, datatake="ABCDEF"), Slice(START, mission="S1B")])
    scenes = search_scenes(_cdse(server), AREA, FROM, TO)
    assert len(scenes) == 3
    assert newest(scenes[::-1]) == newest(scenes)


def test_an_older_product_has_neither_size_nor_checksum_and_a_footprint_as_text(
    server: CatalogueServer,
) -> None:
    server.add([Slice(START, content=b"x")], told=False)
    server.rows[0]["GeoFootprint"] = None
    server.ignore_filter = True
    (scene,) = search_scenes(_cdse(server), AREA, FROM, TO)
    assert (scene.size, scene.md5) == (0, "")


@pytest.mark.parametrize(
    "spoil",
    [
        {"Attributes": []},
        {"ContentDate": {"Start": "soon", "End": "later"}},
        {"Footprint": "nowhere", "GeoFootprint": None},
        {"GeoFootprint": {"type": "Polygon", "coordinates": [[[1, 2]]]}},
        {"Online": False},
    ],
)
def test_an_incomplete_entry_is_left_out_and_told(
    server: CatalogueServer, caplog: pytest.LogCaptureFixture, spoil: dict[str, object]
) -> None:
    whole, bad = Slice(START), Slice(START + timedelta(days=12))
    server.add([whole, bad])
    server.rows[1].update(spoil)
    server.ignore_filter = True
    assert _names(server) == [whole.name]
    assert bad.name in caplog.text and "left out" in caplog.text


# ---------------------------------------------------------------- faults of a service


def test_a_busy_catalogue_is_waited_for(server: CatalogueServer) -> None:
    server.add([Slice(START)])
    server.answers["search"] = [
        Answer(status=429, headers={"Retry-After": "7"}),
        Answer(status=503),
    ]
    waits: list[float] = []
    assert len(_names(server, sleep=waits.append)) == 1
    assert waits == [7.0, 2.0]


def test_a_catalogue_that_stays_busy_is_told(server: CatalogueServer) -> None:
    server.answers["search"] = [Answer(status=503) for _ in range(9)]
    waits: list[float] = []
    with pytest.raises(DataError, match="gives no answer: HTTP status 503") as caught:
        _names(server, sleep=waits.append)
    assert server.url("/odata/v1/Products") in str(caught.value)
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0]


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_is_told_at_once(server: CatalogueServer, status: int) -> None:
    server.answers["search"] = [Answer(status=status)]
    with pytest.raises(DataError, match=f"refuses the search: HTTP status {status}"):
        _names(server)


def test_another_service_at_the_address_is_told(server: CatalogueServer) -> None:
    service = replace(_asf(server), catalogue=server.url("/odata/v1/Products"))
    server.ignore_filter = True
    with pytest.raises(DataError, match="something else than a catalogue does") as caught:
        search_scenes(service, AREA, FROM, TO)
    assert "a list 'features'" in str(caught.value)


def test_a_machine_without_connection_is_told_soon() -> None:
    waits: list[float] = []
    with pytest.raises(DataError, match="Connection refused"):
        search_scenes(Cdse("http://127.0.0.1:9/odata"), AREA, FROM, TO, sleep=waits.append)
    assert waits == [1.0, 2.0]


def test_what_netrc_has_for_a_catalogue_is_not_sent(
    server: CatalogueServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password hidden\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server.add([Slice(START)])
    assert _names(server) and _names(server, "asf")
    assert not any("authorization" in request.headers for request in server.requests)


# ---------------------------------------------------------------- real records


@needs_data
def test_a_real_scene_of_the_stac_catalogue_fits_what_is_computed(
    server: CatalogueServer, caplog: pytest.LogCaptureFixture
) -> None:
    """The recorded item in the form of OData: name, track and the swath's direction agree."""
    path = Path(DATA, "catalogue_responses", "cdse_stac_s1a_iw_slc.json")
    item = json.loads(path.read_text(encoding="utf-8"))
    properties = item["properties"]
    start = datetime.fromisoformat(properties["start_datetime"])
    row = odata_row(Slice(start))
    row.update(
        Name=f"{item['id']}.SAFE",
        GeoFootprint=item["geometry"],
        ContentDate={"Start": properties["start_datetime"], "End": properties["end_datetime"]},
        collection="SENTINEL-1",
    )
    row["Attributes"][0]["Value"] = properties["sat:relative_orbit"]
    row["Attributes"][1]["Value"] = properties["sat:orbit_state"].upper()
    server.rows = [row]
    area = (-88.2, 21.3, -88.1, 21.4)
    (scene,) = search_scenes(
        _cdse(server), area, start - timedelta(days=1), start + timedelta(days=1)
    )
    name = parse_name(item["id"])
    assert scene.name == name and abs(scene.start - name.start) < timedelta(seconds=1)
    assert name.orbit == properties["sat:absolute_orbit"]
    assert (name.orbit - 73) % 175 + 1 == scene.relative_orbit == 165
    assert scene.direction == "ASC"
    # The near edge of the footprint runs as the satellite flies, within the roundness of the Earth.
    (x1, y1), (x0, y0) = (
        item["geometry"]["coordinates"][0][0],
        item["geometry"]["coordinates"][0][3],
    )
    edge = math.degrees(math.atan2((x1 - x0) * math.cos(math.radians(21)), y1 - y0))
    assert edge % 360 == pytest.approx(heading("ASC", 21.2), abs=2.5)


@needs_data
def test_incidence_and_heading_agree_with_real_annotation() -> None:
    """Within 1.5 degrees of the geolocation grid of IW1, from the footprint of the manifest."""
    safe = next(Path(DATA, "s1_safe_annotation").glob("*20230916*.SAFE"))
    manifest = (safe / "manifest.safe").read_text(encoding="utf-8")
    told = re.search(r"<gml:coordinates>([^<]*)", manifest)
    assert told
    pairs = [pair.split(",") for pair in told[1].split()]
    ring = ", ".join(f"{x} {y}" for y, x in (*pairs, pairs[0]))
    footprint = from_wkt(f"POLYGON (({ring}))")
    annotation = next(safe.glob("annotation/*iw1-slc-vv*.xml")).read_text(encoding="utf-8")
    heading_told = re.search(r"<platformHeading>([^<]*)", annotation)
    assert heading_told
    assert heading("DES", 31) == pytest.approx(float(heading_told[1]) % 360, abs=0.5)
    grid = re.findall(
        r"<latitude>([^<]*)</latitude>\s*<longitude>([^<]*)</longitude>.*?<incidenceAngle>([^<]*)",
        annotation,
        re.DOTALL,
    )
    assert len(grid) == 210
    look = look_azimuth("DES", 31)
    for latitude, longitude, angle in grid[21:189:20]:
        y, x = float(latitude), float(longitude)
        box = (x - 0.01, y - 0.01, x + 0.01, y + 0.01)
        assert incidence([footprint], box, look) == pytest.approx(float(angle), abs=1.5)


def test_logs_of_a_search_hold_no_question(
    server: CatalogueServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "scarp")
    server.answers["search"] = [Answer(status=503)]
    server.add([Slice(START)])
    assert _names(server, sleep=lambda _: None)
    assert "filter" not in caplog.text
