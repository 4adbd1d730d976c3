"""The orbit file of a scene is found in each kind of index, looked into, and fetched once."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

import catalogue_server
from catalogue_server import PASSWORD, USER, CatalogueServer, Orbit
from file_server import Answer
from scarp.acquire.sentinel1.access import CdseAccess
from scarp.acquire.sentinel1.cdse import Cdse
from scarp.acquire.sentinel1.credentials import Credentials
from scarp.acquire.sentinel1.orbit_index import Bucket, Index, Pages, find_orbit
from scarp.acquire.sentinel1.orbits import fetch_orbit
from scarp.errors import DataError
from scarp.sentinel1.orbit import choose_orbit, read_orbit

DATA = os.environ.get("SCARP_TEST_DATA", "")
needs_data = pytest.mark.skipif(not DATA, reason="SCARP_TEST_DATA is not set")
START = datetime(2021, 7, 1, 17, 5, tzinfo=UTC)
STOP = START + timedelta(seconds=27)
KINDS = ("cdse", "bucket", "pages")


@pytest.fixture
def server() -> Iterator[CatalogueServer]:
    with CatalogueServer() as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "orbits"


def _name(
    kind: str = "POEORB", mission: str = "S1A", made: str = "20210721T121523", day: int = 0
) -> str:
    """A file's name; precise ones hold from the evening before to the night after."""
    first = datetime(2021, 6, 30, 22, 59, 42) + timedelta(days=day)
    last = first + timedelta(hours=26)
    if kind == "RESORB":
        first, last = datetime(2021, 7, 1, 14, 30, 2), datetime(2021, 7, 1, 17, 47, 32)
    return f"{mission}_OPER_AUX_{kind}_OPOD_{made}_V{first:%Y%m%dT%H%M%S}_{last:%Y%m%dT%H%M%S}.EOF"


def _eof(name: str) -> bytes:
    """An orbit file with the header of its name and one state vector; simulated."""
    first, last = (
        datetime.strptime(part.strip("V"), "%Y%m%dT%H%M%S").isoformat()
        for part in name.removesuffix(".EOF").split("_")[-2:]
    )
    vector = "".join(f"<{axis}>1.0</{axis}>" for axis in ("X", "Y", "Z", "VX", "VY", "VZ"))
    return f"""<?xml version="1.0"?>
<Earth_Explorer_File><Earth_Explorer_Header><Fixed_Header>
<File_Name>{name.removesuffix(".EOF")}</File_Name><Mission>Sentinel-1{name[2]}</Mission>
<File_Type>AUX_{name[13:19]}</File_Type>
<Validity_Period><Validity_Start>UTC={first}</Validity_Start>
<Validity_Stop>UTC={last}</Validity_Stop></Validity_Period></Fixed_Header>
<Variable_Header><Ref_Frame>EARTH_FIXED</Ref_Frame><Time_Reference>UTC</Time_Reference>
</Variable_Header></Earth_Explorer_Header>
<Data_Block type="xml"><List_of_OSVs count="1"><OSV><UTC>UTC={first}</UTC>{vector}</OSV>
</List_of_OSVs></Data_Block></Earth_Explorer_File>""".encode()


def _put(server: CatalogueServer, *names: str, content: bytes | None = None) -> None:
    """Put orbit files into all three indices."""
    for name in names:
        body = _eof(name) if content is None else content
        server.orbits.append(Orbit(name, body))
        key = str(uuid.uuid5(uuid.NAMESPACE_URL, name))
        first, last = (
            datetime.strptime(part.strip("V"), "%Y%m%dT%H%M%S").isoformat() + "Z"
            for part in name.removesuffix(".EOF").split("_")[-2:]
        )
        server.files[key] = body
        server.rows.append(
            {
                "Id": key,
                "Name": name,
                "ContentLength": len(body),
                "Checksum": [{"Value": hashlib.md5(body).hexdigest(), "Algorithm": "MD5"}],
                "ContentDate": {"Start": first, "End": last},
                "Online": True,
                "GeoFootprint": None,
                "collection": "SENTINEL-1",
            }
        )


def _index(server: CatalogueServer, kind: str) -> Index:
    products = server.url("/odata/v1/Products")
    return {
        "cdse": Cdse(products, products, server.url("/token")),
        "bucket": Bucket(server.url("/bucket")),
        "pages": Pages(server.url("/pages")),
    }[kind]


def _fetch(server: CatalogueServer, kind: str, folder: Path) -> Path | None:
    index = _index(server, kind)
    access = CdseAccess(index, Credentials(USER, PASSWORD)) if isinstance(index, Cdse) else None
    return fetch_orbit(index, "S1A", START, STOP, folder, access, sleep=lambda _: None)


def _fails(server: CatalogueServer, kind: str, folder: Path, *said: str) -> None:
    with pytest.raises(DataError) as caught:
        _fetch(server, kind, folder)
    for words in said:
        assert words in str(caught.value)
    assert list(folder.iterdir()) == []


# ---------------------------------------------------------------- found


@pytest.mark.parametrize("kind", KINDS)
def test_the_precise_orbit_of_the_scene_is_fetched_once(
    server: CatalogueServer, folder: Path, kind: str
) -> None:
    """Of many files: other days, another satellite, restituted, and one made before."""
    wanted = _name()
    _put(
        server,
        *(_name(day=day) for day in (-2, -1, 1, 2)),
        _name(mission="S1B"),
        _name(made="20210714T120000"),
        _name("RESORB", made="20210701T200000"),
        wanted,
    )
    assert _fetch(server, kind, folder) == folder / wanted
    assert (folder / wanted).read_bytes() == _eof(wanted)
    assert [p.name for p in folder.iterdir()] == [wanted]
    asked = len(server.requests)
    assert _fetch(server, kind, folder) == folder / wanted
    assert len(server.requests) == asked


@pytest.mark.parametrize("kind", KINDS)
def test_else_a_restituted_one_with_a_warning(
    server: CatalogueServer, folder: Path, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    restituted = _name("RESORB", made="20210701T200000")
    _put(server, restituted, _name(day=3))
    assert _fetch(server, kind, folder) == folder / restituted
    assert "no precise orbit for the scene of S1A at 2021-07-01 17:05:00" in caplog.text
    # Once the precise one is there it is fetched too, and chosen by the engine.
    _put(server, _name())
    assert _fetch(server, kind, folder) == folder / _name()
    moments = [np.datetime64(t.replace(tzinfo=None), "ns") for t in (START, STOP)]
    chosen = choose_orbit(folder, "S1A", moments[0], moments[1])
    assert chosen == folder / _name()


def test_a_restituted_one_that_is_there_is_not_fetched_again(
    server: CatalogueServer, folder: Path
) -> None:
    restituted = _name("RESORB", made="20210701T200000")
    _put(server, restituted)
    assert _fetch(server, "bucket", folder) == _fetch(server, "bucket", folder)
    assert len([r for r in server.requests if r.path.endswith(".EOF")]) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_without_any_the_products_own_orbit_remains(
    server: CatalogueServer, folder: Path, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    _put(server, _name(day=2), _name(mission="S1B"))
    assert _fetch(server, kind, folder) is None
    assert "its own orbit remains" in caplog.text
    assert list(folder.iterdir()) == []


def test_a_listing_is_read_to_its_end(server: CatalogueServer, folder: Path) -> None:
    """The file was made long after the scene, behind many keys."""
    late = _name(made="20230301T120000")
    others = [_name(day=d, made=f"202108{d + 10:02d}T120000") for d in range(2, 12)]
    _put(server, late, *others)
    assert _fetch(server, "bucket", folder) == folder / late
    assert len(server.asked("/bucket?")) > len(others) // catalogue_server.KEYS


def test_a_restituted_orbit_is_looked_for_no_further_than_needed(
    server: CatalogueServer, folder: Path
) -> None:
    wanted = _name("RESORB", made="20210701T200000")
    _put(server, wanted, *(_name("RESORB", made=f"202109{d:02d}T120000") for d in range(1, 20)))
    index = _index(server, "bucket")
    found = find_orbit(index, "RESORB", "S1A", START, STOP)
    assert found is not None and found.name > wanted
    assert len(server.asked("/bucket?")) == 1


@pytest.mark.parametrize(("day", "hour"), [(1, 12), (1, 0), (15, 12)])
def test_pages_of_two_months_are_looked_at_around_the_first_of_a_month(
    server: CatalogueServer, day: int, hour: int
) -> None:
    start = datetime(2021, 7, day, hour, 5, tzinfo=UTC)
    _put(server, _name(day=day - 1), _name(day=day - 2))
    found = find_orbit(_index(server, "pages"), "POEORB", "S1A", start, start)
    assert found is not None and found.start <= start <= found.stop
    assert len(server.asked("/pages/")) == (2 if day == 1 else 1)


def test_a_mirror_that_ignores_the_filter_changes_nothing(
    server: CatalogueServer, folder: Path
) -> None:
    server.ignore_filter = True
    _put(server, _name(day=1, made="20220101T000000"), _name(mission="S1B"), _name())
    assert _fetch(server, "cdse", folder) == folder / _name()


# ---------------------------------------------------------------- looked into


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ((b"<Earth_Explorer_File>", b"<html>"), "no well-formed XML"),
        ((b"Earth_Explorer_File", b"Another_File"), "is a document 'Another_File'"),
        ((b"Sentinel-1A", b"Sentinel-1B"), "is of satellite S1B"),
        ((b"2021-06-30T22", b"2021-07-01T22"), "orbit file of another time"),
        ((b"POEORB_OPOD_20210721", b"POEORB_OPOD_20210722"), "calls itself S1A_OPER"),
        ((b"EARTH_FIXED", b"TRUE_OF_DATE"), "TRUE_OF_DATE"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_not_accepted(
    server: CatalogueServer, folder: Path, kind: str, spoil: tuple[bytes, bytes], said: str
) -> None:
    _put(server, _name(), content=_eof(_name()).replace(*spoil))
    _fails(server, kind, folder, said)


def test_a_damaged_zip_is_not_accepted(
    server: CatalogueServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _put(server, _name())
    whole = catalogue_server.zip_one(_name(), _eof(_name()))
    bad = bytearray(whole)
    bad[60 + len(_name())] ^= 0xFF
    monkeypatch.setattr(catalogue_server, "zip_one", lambda *_: bytes(bad))
    _fails(server, "pages", folder, "is damaged")
    monkeypatch.setattr(
        catalogue_server, "zip_one", lambda name, body: whole.replace(b"S1A", b"S1C")
    )
    _fails(server, "pages", folder, "does not hold this one file")


@pytest.mark.parametrize("kind", ["cdse", "bucket"])
def test_corrupt_bytes_are_found_by_their_md5(
    server: CatalogueServer, folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _put(server, _name())
    bad = _eof(_name()).replace(b"<X>1.0</X>", b"<X>1.1</X>")
    for key in server.files:
        server.files[key] = bad
    monkeypatch.setattr(catalogue_server, "_named", lambda *_: bad)
    _fails(server, kind, folder, "MD5", hashlib.md5(_eof(_name())).hexdigest())


# ---------------------------------------------------------------- faults of a service


@pytest.mark.parametrize("kind", KINDS)
def test_a_cut_off_download_goes_on(server: CatalogueServer, folder: Path, kind: str) -> None:
    _put(server, _name())
    server.answers["file"] = [Answer(cut=300), Answer(status=503)]
    assert _fetch(server, kind, folder) == folder / _name()
    assert any(r.range_start for r in server.requests)


def test_a_token_that_has_ended_is_renewed(server: CatalogueServer, folder: Path) -> None:
    _put(server, _name())
    index = _index(server, "cdse")
    assert isinstance(index, Cdse)
    access = CdseAccess(index, Credentials(USER, PASSWORD))
    access.authorization(index.download)
    server.expire()
    path = fetch_orbit(index, "S1A", START, STOP, folder, access)
    assert path == folder / _name() and len(server.forms) == 2


def test_a_page_that_is_refused_is_no_missing_month(server: CatalogueServer, folder: Path) -> None:
    _put(server, _name())
    server.answers["page"] = [Answer(status=403)]
    _fails(server, "pages", folder, "403 (Forbidden)", "/pages/POEORB/S1A/2021/06/")
    assert _fetch(server, "pages", folder) == folder / _name()


@pytest.mark.parametrize("index", [Cdse, Bucket, Pages])
def test_a_machine_without_connection_is_told(index: type) -> None:
    with pytest.raises(DataError, match="Connection refused"):
        find_orbit(index("http://127.0.0.1:9"), "POEORB", "S1A", START, STOP, lambda _: None)


# ---------------------------------------------------------------- real records


@needs_data
def test_recorded_pages_of_cdse_give_the_orbit_by_id(
    server: CatalogueServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two pages of a real search, with other products among the orbits."""
    for number in (3, 4):
        page = Path(DATA, "catalogue_responses", f"cdse_odata_s1_page_{number}.json")
        for row in json.loads(page.read_text(encoding="utf-8"))["value"]:
            server.rows.append({**row, "collection": "SENTINEL-1"})
    assert len(server.rows) == 20
    monkeypatch.setattr("scarp.acquire.sentinel1.cdse._PAGE", 2)
    server.ignore_filter = True
    start = datetime(2014, 4, 8, 23, 30, tzinfo=UTC)
    found = find_orbit(_index(server, "cdse"), "POEORB", "S1A", start, start)
    assert found is not None
    # Two hold; the one made later is taken.
    assert found.name == (
        "S1A_OPER_AUX_POEORB_OPOD_20210301T134450_V20140408T225944_20140410T005944.EOF"
    )
    assert found.url.endswith("Products(2d6d706a-5048-4bd7-b4b3-98b2e018073e)/$value")
    assert (found.size, found.md5) == (4409836, "dce236f8c1eeff55470fb499e9930118")
    assert len(server.asked("/odata")) == 11
    # The filter that is sent finds the same on its own.
    server.ignore_filter = False
    assert find_orbit(_index(server, "cdse"), "POEORB", "S1A", start, start) == found
    assert find_orbit(_index(server, "cdse"), "RESORB", "S1A", start, start) is None


@needs_data
@pytest.mark.parametrize("kind", KINDS)
def test_a_real_orbit_file_is_fetched_and_read(
    server: CatalogueServer, folder: Path, kind: str
) -> None:
    real = next(Path(DATA, "s1_orbit").glob("*.EOF"))
    _put(server, real.name, content=real.read_bytes())
    start = datetime(2023, 8, 23, 14, 0, tzinfo=UTC)
    index = _index(server, kind)
    access = CdseAccess(index, Credentials(USER, PASSWORD)) if isinstance(index, Cdse) else None
    path = fetch_orbit(index, "S1A", start, start + timedelta(seconds=27), folder, access)
    assert path is not None and path.read_bytes() == real.read_bytes()
    first = np.datetime64("2023-08-23T14:00:00", "ns")
    orbit = read_orbit(path, "S1A", first, first + np.timedelta64(27, "s"))
    assert orbit.source == f"RESORB {real.name}"
