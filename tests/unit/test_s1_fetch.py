"""Scenes arrive whole and right or not at all, over tokens that end and servers that fail."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

import tiny_safe
from catalogue_rows import Slice, zip_of
from catalogue_server import EARTHDATA_TOKEN, PASSWORD, USER, CatalogueServer
from file_server import Answer, FileServer
from scarp.acquire.sentinel1.access import CdseAccess, EarthdataAccess, access_of
from scarp.acquire.sentinel1.asf import Asf
from scarp.acquire.sentinel1.catalogue import search_scenes
from scarp.acquire.sentinel1.cdse import Cdse
from scarp.acquire.sentinel1.connections import connection
from scarp.acquire.sentinel1.credentials import Credentials
from scarp.acquire.sentinel1.fetch import Way, fetch_scenes
from scarp.acquire.sentinel1.scene import Scene
from scarp.errors import DataError
from scarp.scenes import scenes_of
from scarp.sentinel1.safe import open_safe
from scarp.tables import Acquisition
from wrong_inputs import ROOT

START = datetime(2021, 7, 1, 17, 5, tzinfo=UTC)
AREA = (9.98, 44.98, 10.02, 45.02)
SIZE = 600_000
BLANK = Slice(START)
ONE = replace(BLANK, content=zip_of(BLANK.name, SIZE))
SECRETS = (PASSWORD, "heron", USER, "access-", "refresh-", EARTHDATA_TOKEN, "Signature")


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No credentials and no netrc of whoever runs the tests."""
    for name in ("CDSE", "EARTHDATA"):
        for part in ("USERNAME", "PASSWORD", "TOKEN"):
            monkeypatch.delenv(f"{name}_{part}", raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))


@pytest.fixture
def server() -> Iterator[CatalogueServer]:
    with CatalogueServer() as running:
        running.add([ONE])
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "sentinel1" / "X1" / "PRE1"


def _cdse(server: CatalogueServer) -> Cdse:
    products = server.url("/odata/v1/Products")
    return Cdse(products, products, server.url("/token"))


def _asf(server: CatalogueServer) -> Asf:
    return Asf(server.url("/services/search/param"), server.login, (server.host,))


def _scenes(server: CatalogueServer, asf: bool = False) -> list[Scene]:
    service = _asf(server) if asf else _cdse(server)
    return search_scenes(
        service, AREA, START - timedelta(days=1), START + timedelta(days=99), sleep=_never
    )


def _never(_: float) -> None:
    pytest.fail("nothing should be waited for")


def _way(server: CatalogueServer, folder: Path, clock: list[float] | None = None) -> Way:
    now = clock if clock is not None else [0.0]
    access = CdseAccess(_cdse(server), Credentials(USER, PASSWORD), clock=lambda: now[0])
    return Way(access, folder.parent / "locks")


def _fetch(
    server: CatalogueServer, folder: Path, way: Way | None = None
) -> tuple[list[Path], list[float]]:
    """Fetch what the catalogue has; gives paths and the waits asked for."""
    waits: list[float] = []
    paths = fetch_scenes(_scenes(server), folder, way or _way(server, folder), sleep=waits.append)
    return paths, waits


def _fails(server: CatalogueServer, folder: Path, *said: str, way: Way | None = None) -> str:
    """Fetch in vain; the message says all of `said`, and nothing stands under a final name."""
    with pytest.raises(DataError) as caught:
        fetch_scenes(_scenes(server), folder, way or _way(server, folder), sleep=lambda _: None)
    for words in said:
        assert words in str(caught.value)
    assert list(folder.glob("*.zip")) == []
    return str(caught.value)


def _is_whole(folder: Path, one: Slice = ONE) -> bool:
    return (folder / f"{one.name}.zip").read_bytes() == one.content and list(folder.iterdir()) == [
        folder / f"{one.name}.zip"
    ]


def _downloads(server: CatalogueServer) -> list[int | None]:
    """First byte of each range that was asked for; None: the whole."""
    return [r.range_start for r in server.requests if r.path.endswith("/$value")]


# ---------------------------------------------------------------- it arrives, once


def test_a_scene_arrives_and_is_not_fetched_again(server: CatalogueServer, folder: Path) -> None:
    paths, waits = _fetch(server, folder)
    assert paths == [folder / f"{ONE.name}.zip"] and waits == []
    assert _is_whole(folder)
    assert _fetch(server, folder)[0] == paths
    assert _downloads(server) == [None]


def test_an_unpacked_scene_that_is_there_is_enough(server: CatalogueServer, folder: Path) -> None:
    (folder / f"{ONE.name}.SAFE").mkdir(parents=True)
    assert _fetch(server, folder)[0] == [folder / f"{ONE.name}.SAFE"]
    assert _downloads(server) == []


def test_the_engine_reads_what_was_fetched(
    server: CatalogueServer, folder: Path, tmp_path: Path
) -> None:
    safe = tiny_safe.write_safe(tmp_path / "made")
    content = Path(shutil.make_archive(str(tmp_path / "made"), "zip", safe.parent)).read_bytes()
    start = datetime(2023, 9, 16, 6, 37, 30, tzinfo=UTC)
    one = Slice(start, content=content)
    server.rows.clear()
    server.add([one])
    server.rows[0]["Name"] = safe.name
    scenes = search_scenes(_cdse(server), AREA, start, start + timedelta(days=1))
    (path,) = fetch_scenes(scenes, folder, _way(server, folder))
    assert path == folder / f"{tiny_safe.NAME}.zip"
    assert open_safe(path).name == scenes[0].name.text == tiny_safe.NAME
    assert scenes_of(str(tmp_path), "X1", "PRE1", [_row(tiny_safe.NAME)]) == ([str(path)], [])


def _row(product: str) -> Acquisition:
    return Acquisition("X1", "sentinel1", "PRE1", "2023-09-16", product)


def test_one_bad_scene_does_not_keep_the_others(server: CatalogueServer, folder: Path) -> None:
    blank = Slice(START + timedelta(days=12))
    other = replace(blank, content=zip_of(blank.name, 1000))
    server.add([other])
    del server.files[ONE.id]
    with pytest.raises(DataError, match="404") as caught:
        _fetch(server, folder)
    assert ONE.name in str(caught.value) and len(caught.value.faults) == 1
    assert _is_whole(folder, other)


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_waited_for(server: CatalogueServer, folder: Path, status: int) -> None:
    server.answers["file"] = [
        Answer(status=status, headers={"Retry-After": "11"}),
        *(Answer(status=status) for _ in range(7)),
    ]
    _, waits = _fetch(server, folder)
    assert waits == [11.0, *(2.0**n for n in range(1, 8))]
    assert _is_whole(folder)


def test_a_full_disk_is_told_before_anything_is_fetched(
    server: CatalogueServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=500_000))
    _fails(server, folder, "download of 1 Sentinel-1 scenes needs 60", "make room")
    assert _downloads(server) == [] and server.forms == []


# ---------------------------------------------------------------- it goes on


def test_killed_at_ten_offsets_it_goes_on_and_fetches_nothing_twice(
    server: CatalogueServer, folder: Path
) -> None:
    """A process that is killed right after a byte, ten times; what it left is gone on with."""
    offsets = [1 + n * len(ONE.content) // 10 for n in range(10)]
    (scene,) = _scenes(server)
    code = f"""
import os, signal, sys
from scarp.acquire.download import Remote, download
from scarp.acquire.part import Part
from scarp.acquire.sentinel1.access import CdseAccess
from scarp.acquire.sentinel1.cdse import Cdse
from scarp.acquire.sentinel1.credentials import Credentials
append, last = Part.append, int(sys.argv[1])
def until(self, chunk):
    append(self, chunk[:last - self.size])
    if self.size == last:
        os.kill(os.getpid(), signal.SIGKILL)
Part.append = until
products = {server.url("/odata/v1/Products")!r}
access = CdseAccess(Cdse(products, products, {server.url("/token")!r}),
                    Credentials({USER!r}, {PASSWORD!r}))
download(Remote({scene.url!r}, {scene.size}, {scene.md5!r}),
         {str(folder / f"{ONE.name}.zip")!r}, "", access=access)
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "workflow" / "scripts")}
    for offset in offsets:
        done = subprocess.run([sys.executable, "-c", code, str(offset)], env=environment)
        assert done.returncode == -signal.SIGKILL
        assert (folder / f"{ONE.name}.zip.part").stat().st_size == offset
        assert not (folder / f"{ONE.name}.zip").exists()
    _fetch(server, folder)
    assert _is_whole(folder)
    content = (folder / f"{ONE.name}.zip").read_bytes()
    assert hashlib.sha256(content).digest() == hashlib.sha256(ONE.content).digest()
    # Each run asked for what was missing and for no byte before it.
    assert _downloads(server) == [None, *offsets]


@pytest.mark.parametrize("refusal", [400, 416, 501])
def test_a_server_that_refuses_parts_sends_it_all_again(
    server: CatalogueServer, folder: Path, refusal: int
) -> None:
    server.answers["file"] = [Answer(cut=100_000)]
    server.refusal = refusal
    _, waits = _fetch(server, folder)
    assert _is_whole(folder)
    starts = _downloads(server)
    assert starts[0] is None and 0 < (starts[1] or 0) <= 100_000 and starts[2] is None
    assert waits == [1.0, 2.0]


# ---------------------------------------------------------------- tokens


def test_one_token_serves_several_scenes(server: CatalogueServer, folder: Path) -> None:
    blank = Slice(START + timedelta(days=12))
    server.add([replace(blank, content=zip_of(blank.name, 1000))])
    _fetch(server, folder)
    assert [form["grant_type"] for form in server.forms] == ["password"]
    assert server.forms[0]["client_id"] == "cdse-public"


def test_a_token_is_renewed_before_it_ends(server: CatalogueServer, folder: Path) -> None:
    """Refreshed within its hour, without the password; a login anew after it."""
    now = [0.0]
    way = _way(server, folder, now)
    for seconds, grants in (
        (0, ["password"]),
        (539, ["password"]),
        (541, ["password", "refresh_token"]),
        (541 + 3600, ["password", "refresh_token", "password"]),
    ):
        now[0] = float(seconds)
        shutil.rmtree(folder, ignore_errors=True)
        _fetch(server, folder, way)
        assert [form["grant_type"] for form in server.forms] == grants
    assert "password" not in server.forms[1]


def test_a_token_that_ends_on_the_way_is_renewed_and_the_rest_fetched(
    server: CatalogueServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers["file"] = [Answer(cut=200_000)]
    way = _way(server, folder)
    sent = server.count

    def then_expire(change: int) -> None:
        sent(change)
        if change < 0 and len(server.forms) == 1:
            server.expire()

    monkeypatch.setattr(server, "count", then_expire)
    _, waits = _fetch(server, folder, way)
    assert _is_whole(folder)
    starts = _downloads(server)
    # Cut, refused with the old token, gone on with the new one: nothing is fetched twice.
    assert starts[0] is None and starts[1] == starts[2] == min(200_000, starts[1] or 0)
    assert [form["grant_type"] for form in server.forms] == ["password", "password"]
    assert waits == [1.0]


def test_a_refresh_that_is_refused_falls_back_to_the_password(
    server: CatalogueServer, folder: Path
) -> None:
    now = [0.0]
    way = _way(server, folder, now)
    _fetch(server, folder, way)
    server.expire()
    now[0] = 550.0
    shutil.rmtree(folder)
    _fetch(server, folder, way)
    grants = [form["grant_type"] for form in server.forms]
    assert grants == ["password", "refresh_token", "password"]


def test_a_server_that_takes_no_token_is_told_after_one_renewal(
    server: CatalogueServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "tokens", frozenset())
    monkeypatch.setattr(
        server, "token", lambda _: (200, {"access_token": "access-9", "expires_in": 600})
    )
    _fails(server, folder, "401 (Unauthorized)", "wrong credentials")
    assert len(server.forms) == 2


def test_a_refusal_of_the_account_is_told_at_once(server: CatalogueServer, folder: Path) -> None:
    server.answers["file"] = [Answer(status=403)]
    _fails(server, folder, "403 (Forbidden)", "terms that the account has not accepted")
    assert len(_downloads(server)) == 1


def test_a_wrong_password_is_told(server: CatalogueServer, folder: Path) -> None:
    access = CdseAccess(_cdse(server), Credentials(USER, "wrong"))
    message = _fails(
        server,
        folder,
        server.url("/token"),
        "refuses user and password: HTTP status 401",
        "CDSE_USERNAME and CDSE_PASSWORD",
        way=Way(access, folder.parent / "locks"),
    )
    assert "wrong" not in message.replace("wrong credentials", "")


def test_a_busy_token_service_is_waited_for(server: CatalogueServer, folder: Path) -> None:
    server.answers["token"] = [Answer(status=503, headers={"Retry-After": "3"})]
    waits: list[float] = []
    access = CdseAccess(_cdse(server), Credentials(USER, PASSWORD), sleep=waits.append)
    _fetch(server, folder, Way(access, folder.parent / "locks"))
    assert waits == [3.0] and _is_whole(folder)


def test_another_answer_than_a_token_is_told(
    server: CatalogueServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "token", lambda _: (200, {"access": "access-1"}))
    assert "access-1" not in _fails(server, folder, "something else than a token")


# ---------------------------------------------------------------- what arrived is looked at


@pytest.mark.parametrize("told", [True, False])
def test_corrupt_bytes_are_never_accepted(
    server: CatalogueServer, folder: Path, told: bool
) -> None:
    """By the catalogue's MD5, or where it has none by the checksums in the zip."""
    server.rows.clear()
    server.add([ONE], told)
    for position in (40, len(ONE.content) // 2, len(ONE.content) - 30):
        bad = bytearray(ONE.content)
        bad[position] ^= 1
        server.files[ONE.id] = bytes(bad)
        _fails(server, folder, "run again")
        assert list(folder.iterdir()) == []
    server.files[ONE.id] = ONE.content
    _fetch(server, folder)
    assert _is_whole(folder)


def test_a_wrong_size_is_told(server: CatalogueServer, folder: Path) -> None:
    server.files[ONE.id] = ONE.content + b"x"
    _fails(server, folder, f"{len(ONE.content)} bytes", "another version")


def test_the_zip_of_another_product_is_not_accepted(server: CatalogueServer, folder: Path) -> None:
    server.rows.clear()
    server.add([ONE], told=False)
    server.files[ONE.id] = zip_of(ONE.name.replace("S1A", "S1B"))
    _fails(server, folder, "holds another product", f"{ONE.name}.SAFE")


# ---------------------------------------------------------------- ASF


def test_from_asf_with_a_token(server: CatalogueServer, folder: Path) -> None:
    """The token goes to ASF and not on to the storage, which takes none."""
    with FileServer(ONE.content) as storage:
        server.storage = storage.url("/")
        storage.answers = [Answer(cut=100_000)]
        access = EarthdataAccess(_asf(server), EARTHDATA_TOKEN, None)
        fetch_scenes(
            _scenes(server, asf=True),
            folder,
            Way(access, folder.parent / "locks"),
            sleep=lambda _: None,
        )
        assert _is_whole(folder)
        assert [r.range_start is None for r in storage.requests] == [True, False]
        assert not any("authorization" in r.headers for r in storage.requests)
    assert len(server.asked("/SLC/")) == 2


def test_from_asf_with_user_and_password(server: CatalogueServer, folder: Path) -> None:
    """They go to the login page and nowhere else."""
    with FileServer(ONE.content) as storage:
        server.storage = storage.url("/")
        access = EarthdataAccess(_asf(server), "", Credentials(USER, PASSWORD))
        fetch_scenes(_scenes(server, asf=True), folder, Way(access, folder.parent / "locks"))
        assert _is_whole(folder)
        assert not any("authorization" in r.headers for r in storage.requests)
    told = [r.path.split("?")[0] for r in server.requests if "authorization" in r.headers]
    # The page lies on another port of the name that it sends back to: the name decides.
    assert set(told) <= {"/login", f"/SLC/{ONE.name}.zip"}
    first = server.asked("/SLC/")[0]
    assert "authorization" not in first.headers


def test_asf_refuses_a_wrong_token(server: CatalogueServer, folder: Path) -> None:
    server.storage = server.url("/nowhere/")
    access = EarthdataAccess(_asf(server), "another", None)
    with pytest.raises(DataError, match="401") as caught:
        fetch_scenes(_scenes(server, asf=True), folder, Way(access, folder.parent / "locks"))
    assert "another" not in str(caught.value)


def test_credentials_do_not_go_over_an_open_line() -> None:
    access = EarthdataAccess(Asf(), EARTHDATA_TOKEN, Credentials(USER, PASSWORD))
    assert access.authorization("https://sentinel1.asf.alaska.edu/SLC/x.zip").startswith("Bearer")
    assert access.authorization("https://urs.earthdata.nasa.gov/oauth").startswith("Bearer")
    for url in (
        "http://sentinel1.asf.alaska.edu/SLC/x.zip",
        "https://asf.alaska.edu.example.org/x.zip",
        "https://d2.cloudfront.net/x.zip",
    ):
        assert access.authorization(url) == ""
    login = EarthdataAccess(Asf(), "", Credentials(USER, PASSWORD))
    assert login.authorization("https://urs.earthdata.nasa.gov/oauth").startswith("Basic")
    assert login.authorization("https://sentinel1.asf.alaska.edu/SLC/x.zip") == ""
    cdse = CdseAccess(Cdse(), Credentials(USER, PASSWORD))
    assert cdse.authorization("https://example.org/odata/v1/Products(1)/$value") == ""
    assert cdse.authorization(Cdse().download.replace("https", "http")) == ""


# ---------------------------------------------------------------- credentials


def test_credentials_come_from_the_environment_or_netrc(
    server: CatalogueServer, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError) as caught:
        access_of(_cdse(server))
    for words in ("CDSE_USERNAME and CDSE_PASSWORD", "machine identity.dataspace.copernicus.eu"):
        assert words in str(caught.value)
    netrc = tmp_path / "netrc"
    netrc.write_text(
        f'machine dataspace.copernicus.eu login {USER} password "{PASSWORD}"\n'
        "machine 127.0.0.1 login other password other\n"
        "default login other password other\n"
    )
    netrc.chmod(0o600)
    _fetch(server, folder, Way(access_of(_cdse(server)), folder.parent / "locks"))
    assert _is_whole(folder)
    # The environment goes before it.
    monkeypatch.setenv("CDSE_USERNAME", "someone else")
    with pytest.raises(DataError, match="only CDSE_USERNAME of"):
        access_of(_cdse(server))
    monkeypatch.setenv("CDSE_PASSWORD", "wrong")
    shutil.rmtree(folder)
    _fails(server, folder, "401", way=Way(access_of(_cdse(server)), folder.parent / "locks"))


def test_a_damaged_netrc_is_told_without_what_it_holds(
    server: CatalogueServer, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text(f'machine x\nlogin y\n"{PASSWORD}" z\n')
    with pytest.raises(DataError, match="cannot be read as netrc") as caught:
        access_of(_cdse(server))
    assert "heron" not in str(caught.value)


def test_earthdata_takes_a_token_first(
    server: CatalogueServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError, match="EARTHDATA_USERNAME and EARTHDATA_PASSWORD"):
        access_of(_asf(server))
    monkeypatch.setenv("EARTHDATA_USERNAME", USER)
    monkeypatch.setenv("EARTHDATA_PASSWORD", PASSWORD)
    page = f"http://{server.login}/login"
    assert access_of(_asf(server)).authorization(page).startswith("Basic ")
    monkeypatch.setenv("EARTHDATA_TOKEN", EARTHDATA_TOKEN)
    assert access_of(_asf(server)).authorization(page) == ""
    assert access_of(_asf(server)).authorization(server.url("/SLC/")).startswith("Bearer ")


def test_secrets_show_nowhere(
    server: CatalogueServer,
    folder: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Not in logs, messages, representations, nor in what lies on the disk."""
    caplog.set_level(logging.INFO)
    access = CdseAccess(_cdse(server), Credentials(USER, PASSWORD))
    way = Way(access, folder.parent / "locks")
    server.answers["file"] = [Answer(status=503), Answer(cut=1000), *(Answer(status=404),) * 2]
    messages = [_fails(server, folder, "404", way=way)]
    server.answers["file"] = [Answer(cut=50_000), Answer(status=404)]
    messages.append(_fails(server, folder, "404", way=way))
    left = [p for p in folder.parent.rglob("*") if p.is_file()]
    assert any(p.suffix == ".json" for p in left)
    disk = [p.name + p.read_bytes().decode(errors="replace") for p in left]
    server.storage = server.url("/nowhere/")
    asf = EarthdataAccess(_asf(server), EARTHDATA_TOKEN, None)
    with pytest.raises(DataError, match="404") as caught:
        fetch_scenes(_scenes(server, asf=True), folder, Way(asf, folder.parent / "locks"))
    assert server.asked("/nowhere/")[0].path.endswith("?Signature=secret")
    messages += [str(caught.value), repr(asf)]
    shown = [repr(way), repr(access), repr(Credentials(USER, PASSWORD)), repr(access._token)]
    shown += [*disk, caplog.text, *messages, *capfd.readouterr()]
    for secret in SECRETS:
        for text in shown:
            assert secret not in text
    assert server.tokens and server.forms


# ---------------------------------------------------------------- connections


def test_no_more_than_four_files_are_fetched_at_a_time(
    server: CatalogueServer, tmp_path: Path
) -> None:
    """Seven at once, each as a process of its own would: four go on, three wait."""
    slices = [Slice(START + timedelta(days=12 * n)) for n in range(1, 7)]
    server.add([replace(one, content=zip_of(one.name, 1000)) for one in slices])
    server.gate.clear()
    waiting: list[float] = []

    def pause(seconds: float) -> None:
        waiting.append(seconds)
        time.sleep(0.01)

    def fetch(scene: Scene) -> None:
        fetch_scenes([scene], tmp_path / "scenes", _way(server, tmp_path / "x"), sleep=pause)

    threads = [threading.Thread(target=fetch, args=(s,)) for s in _scenes(server)]
    assert len(threads) == 7
    for thread in threads:
        thread.start()
    _until(lambda: server.open_now == 4 and len(waiting) > 30)
    assert server.peak == 4
    server.gate.set()
    for thread in threads:
        thread.join()
    assert server.peak == 4
    assert len(list((tmp_path / "scenes").glob("*.zip"))) == 7


def test_a_killed_process_gives_its_place_back(tmp_path: Path) -> None:
    code = f"""
import os, signal
from scarp.acquire.sentinel1.connections import connection
with connection({str(tmp_path)!r}, 1):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "workflow" / "scripts")}
    subprocess.run([sys.executable, "-c", code], env=environment)
    assert [p.name for p in tmp_path.iterdir()] == ["connection-1.lock"]
    with connection(tmp_path, 1, _never):
        pass


def test_a_folder_for_locks_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    with pytest.raises(DataError, match="cannot be written"), connection(tmp_path / "taken", 4):
        pytest.fail("it was entered")


def _until(holds: object) -> None:
    for _ in range(2000):
        if holds():  # type: ignore[operator]
            return
        time.sleep(0.01)
    pytest.fail("it never came true")
