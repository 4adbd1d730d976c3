"""Search, tokens and ranges over HTTP: everything there is, nothing else, and no secrets told."""

from __future__ import annotations

import json
import logging
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from rasterio.io import DatasetReader
from rasterio.windows import Window

from file_server import Answer
from scarp.acquire.remote_raster import read_remote
from scarp.acquire.stac import Stac, StacAccess, search
from scarp.errors import DataError
from stac_server import SECRET, StacServer

BOX = (11.0, 46.0, 11.1, 46.1)
FIRST, LAST = date(2021, 6, 1), date(2021, 6, 30)
SOMEWHERE = rasterio.Affine(10, 0, 600_000, 0, -10, 5_200_020)
RUSTAC = Path(sys.executable).with_name("rustac")


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PC_SDK_SUBSCRIPTION_KEY", raising=False)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[StacServer]:
    with StacServer(tmp_path) as running:
        yield running


class Waits(list[float]):
    """Takes the place of sleeping."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def item(name: str, when: str = "2021-06-15T10:10:31Z", **other: Any) -> dict[str, Any]:
    west, south, east, north = other.pop("bbox", (10.5, 45.5, 11.5, 46.5))
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": name,
        "collection": "sentinel-2-l2a",
        "bbox": [west, south, east, north],
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {"datetime": when},
        "links": [],
        "assets": {},
        **other,
    }


def access_to(server: StacServer, waits: Waits | None = None, **settings: Any) -> StacAccess:
    api = Stac(server.url(), "sentinel-2-l2a", **settings)
    return StacAccess(api, sleep=Waits() if waits is None else waits, now=lambda: server.now())


def found(access: StacAccess) -> list[str]:
    return [one.id for one in search(access, BOX, FIRST, LAST)]


def refusal(access: StacAccess, *said: str) -> str:
    """The message of a search that fails."""
    with pytest.raises(DataError) as caught:
        found(access)
    for words in said:
        assert words in str(caught.value)
    return str(caught.value)


# --- search ---


@pytest.mark.parametrize("posts", [True, False])
def test_every_page_is_read(server: StacServer, posts: bool) -> None:
    names = [f"item-{n:02d}" for n in range(25)]
    server.items, server.posts = [item(name) for name in names], posts
    assert found(access_to(server)) == names
    methods = {one.method for one in server.asked if one.path == "/search"}
    assert methods == ({"POST"} if posts else {"GET"})
    assert server.count("/search") == 3


def test_what_a_server_sends_unasked_is_left_out(server: StacServer) -> None:
    server.filters = False
    span = {"start_datetime": "2021-06-03T00:00:00Z", "end_datetime": "2021-06-03T00:00:09Z"}
    server.items = [
        item("inside"),
        item("another-collection", collection="sentinel-2-l1c"),
        item("elsewhere", bbox=(20.0, 45.5, 21.0, 46.5)),
        item("just-too-early", "2021-05-31T23:59:59.9Z"),
        item("first-moment", "2021-06-01T00:00:00Z"),
        item("last-moment", "2021-06-30T23:59:59.9Z"),
        item("just-too-late", "2021-07-01T00:00:00Z"),
        item("across-the-180th-meridian", bbox=(179.0, 45.5, -179.0, 46.5)),
        item("of-a-span", properties={"datetime": None, **span}),
        item("timeless", properties={"datetime": None}),
    ]
    assert found(access_to(server)) == ["first-moment", "of-a-span", "inside", "last-moment"]


def test_a_server_whose_pages_never_end_is_left(
    server: StacServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.items, server.ends = [item("one"), item("two")], False
    assert found(access_to(server)) == ["one", "two"]
    assert "page 2 brings nothing new" in caplog.text


def test_patience_with_a_busy_server(server: StacServer) -> None:
    server.items = [item("one")]
    busy = [Answer(429, {"Retry-After": "7"}), Answer(503), Answer(502)]
    server.answers["/search"] = busy
    waits = Waits()
    assert found(access_to(server, waits)) == ["one"]
    assert waits == [7.0, 2.0, 4.0]


def test_patience_ends(server: StacServer) -> None:
    server.answers["/search"] = [Answer(503)] * 9
    waits = Waits()
    refusal(access_to(server, waits), "/search", "503 (Service Unavailable)", "acquire: stac")
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0]


def test_no_wait_of_an_hour(server: StacServer) -> None:
    server.answers["/search"] = [Answer(429, {"Retry-After": "3600"})]
    waits = Waits()
    refusal(access_to(server, waits), "asks to wait 60 min")
    assert waits == []


def test_a_refusal_is_not_repeated(server: StacServer) -> None:
    server.answers["/search"] = [Answer(400)]
    refusal(access_to(server), "400 (Bad Request)")
    assert server.count("/search") == 1


def test_a_server_that_is_not_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://user:secret@127.0.0.1:{free.getsockname()[1]}"
    waits = Waits()
    said = refusal(
        StacAccess(Stac(address, "sentinel-2-l2a"), sleep=waits), "no connection", "internet"
    )
    assert "secret" not in said
    assert waits == [1.0, 2.0]


@pytest.mark.parametrize(
    "answer",
    [
        b"<html>Please log in</html>",
        b"[]",
        b'{"type": "FeatureCollection", "features": [{"id": "half"}]}',
        b'{"type": "FeatureCollection", "features": [1]}',
        b"\xff\xfe",
    ],
)
def test_nonsense_is_called_so(
    server: StacServer, answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = (200, {"Content-Type": "application/json"}, answer)
    monkeypatch.setattr("stac_server._page", lambda *_: None)
    monkeypatch.setattr("stac_server._json", _json_or(reply))
    said = refusal(access_to(server), server.url(), "collection sentinel-2-l2a", "item search")
    assert "half" not in said


def _json_or(reply: Any) -> Any:
    def answer(content: object) -> Any:
        if content is None:
            return reply
        return 200, {"Content-Type": "application/json"}, json.dumps(content).encode()

    return answer


@pytest.mark.skipif(not RUSTAC.is_file(), reason="rustac is not installed")
def test_a_real_stac_server(tmp_path: Path) -> None:
    """rustac ignores what it does not know; what it sends is checked."""
    items = [item(f"item-{n:03d}") for n in range(120)]
    items += [item("elsewhere", bbox=(20.0, 45.5, 21.0, 46.5))]
    file = tmp_path / "items.json"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": items}))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(RUSTAC), "serve", "--create-collections", "--addr", f"127.0.0.1:{port}"]
    running = subprocess.Popen(
        [*command, str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        # It takes a moment to listen.
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        access = StacAccess(Stac(f"http://127.0.0.1:{port}", "sentinel-2-l2a"))
        assert found(access) == [f"item-{n:03d}" for n in range(120)]
    finally:
        running.terminate()
        running.wait()


# --- files, and the tokens that they need ---


def write_raster(path: Path, side: int = 512) -> NDArray[np.uint16]:
    """A Cloud-Optimised GeoTIFF of noise."""
    values = np.random.default_rng(1).integers(1, 5000, (side, side), dtype=np.uint16)
    profile = {
        "driver": "COG",
        "dtype": "uint16",
        "count": 1,
        "height": side,
        "width": side,
        "crs": "EPSG:32632",
        "transform": SOMEWHERE,
        "nodata": 0,
        "compress": "deflate",
        "blocksize": 128,
    }
    with rasterio.open(path, "w", **profile) as file:
        file.write(values, 1)
    return values


def corner(dataset: DatasetReader) -> NDArray[np.uint16]:
    values: NDArray[np.uint16] = dataset.read(1, window=Window(300, 300, 100, 100))
    return values


def signed(server: StacServer, waits: Waits | None = None) -> StacAccess:
    server.signed = True
    return access_to(server, waits, sign_url=server.url("/token"))


def test_only_a_window_is_fetched(server: StacServer, tmp_path: Path) -> None:
    values = write_raster(tmp_path / "a.tif", 1024)
    access = access_to(server)
    read = read_remote(access, server.url("/files/a.tif"), corner)
    assert np.array_equal(read, values[300:400, 300:400])
    whole = (tmp_path / "a.tif").stat().st_size
    assert server.sent("/files/a.tif") < 0.15 * whole
    assert access.received == server.sent("/")
    assert access.sizes == {server.url("/files/a.tif"): whole}
    assert server.count("/files/a.tif") <= 3


@pytest.mark.parametrize("form", ["{}", "file://{}"])
def test_files_on_disk_are_read_where_they_are(
    server: StacServer, tmp_path: Path, form: str
) -> None:
    values = write_raster(tmp_path / "a.tif")
    read = read_remote(access_to(server), form.format(tmp_path / "a.tif"), corner)
    assert np.array_equal(read, values[300:400, 300:400])


def test_a_token_is_used_until_shortly_before_its_end(server: StacServer, tmp_path: Path) -> None:
    write_raster(tmp_path / "a.tif")
    clock = datetime(2024, 1, 1, tzinfo=UTC)
    server.now = lambda: clock
    access, address = signed(server), server.url("/files/a.tif")
    for minutes, tokens in ((0, 1), (30, 1), (57, 1), (59, 2), (80, 2), (118, 3)):
        clock = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
        read_remote(access, address, corner)
        assert server.count("/token/sentinel-2-l2a") == tokens
    assert {one.status for one in server.asked} == {200, 206}


def test_a_token_that_has_ended_is_renewed_within_a_file(
    server: StacServer, tmp_path: Path
) -> None:
    values = write_raster(tmp_path / "a.tif")

    def corner_after_the_end(dataset: DatasetReader) -> NDArray[np.uint16]:
        server.expire()
        return corner(dataset)

    access = signed(server)
    read = read_remote(access, server.url("/files/a.tif"), corner_after_the_end)
    assert np.array_equal(read, values[300:400, 300:400])
    assert [one.status for one in server.asked if one.path == "/files/a.tif"].count(403) == 1
    assert server.count("/token/") == 2


def test_a_fresh_token_that_is_refused_is_a_fault(server: StacServer, tmp_path: Path) -> None:
    write_raster(tmp_path / "a.tif")
    server.answers["/files/a.tif"] = [Answer(403)] * 9
    with pytest.raises(DataError, match=r"a.tif: HTTP status 403"):
        read_remote(signed(server), server.url("/files/a.tif"), corner)
    assert server.count("/files/a.tif") == 2


def test_a_busy_token_service_is_waited_for(server: StacServer, tmp_path: Path) -> None:
    write_raster(tmp_path / "a.tif")
    server.answers["/token/sentinel-2-l2a"] = [Answer(429, {"Retry-After": "5"})]
    waits = Waits()
    read_remote(signed(server, waits), server.url("/files/a.tif"), corner)
    assert waits == [5.0]


def test_a_token_service_that_gives_none(server: StacServer) -> None:
    access = access_to(server, sign_url=server.url(""))
    server.items = []
    with pytest.raises(DataError, match="404"):
        read_remote(access, server.url("/files/a.tif"), corner)
    api = replace(access.api, sign_url=server.url("/"), collection="")
    with pytest.raises(DataError, match="something else than a token"):
        read_remote(StacAccess(api), server.url("/files/a.tif"), corner)


def test_tokens_go_to_files_and_nowhere_else(server: StacServer, tmp_path: Path) -> None:
    write_raster(tmp_path / "a.tif")
    server.items = [item("one")]
    access = signed(server)
    read_remote(access, server.url("/files/a.tif"), corner)
    found(access)
    for one in server.asked:
        assert (SECRET in one.query) == one.path.startswith("/files/")
    with StacServer(tmp_path) as other:
        # Another port is another host: what a catalogue names there gets no token.
        read_remote(access, other.url("/files/a.tif"), corner)
        assert all(one.query == "" for one in other.asked)


def test_azures_storage_gets_the_token_and_other_storage_does_not(
    server: StacServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stand-in plays the part of every host, as a proxy."""
    values = write_raster(tmp_path / "a.tif")
    monkeypatch.setenv("HTTP_PROXY", server.url())
    access = signed(server)
    storage = "http://sentinel2l2a01.blob.core.windows.net/files/a.tif"
    read = read_remote(access, storage, corner)
    assert np.array_equal(read, values[300:400, 300:400])
    server.asked.clear()
    for host in ("elsewhere.example", "blob.core.windows.net.elsewhere.example"):
        with pytest.raises(DataError, match="403"):
            read_remote(access, f"http://{host}/files/a.tif", corner)
    assert [one.query for one in server.asked] == ["", ""]


def test_a_bearer_token_comes_from_the_environment(
    server: StacServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_raster(tmp_path / "a.tif")
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server.bearer, server.items = "BEARERSECRET", [item("one")]
    access = access_to(server, token_variable="SCARP_TEST_TOKEN")
    refusal(access, "401 (Unauthorized)", "environment variable SCARP_TEST_TOKEN")
    monkeypatch.setenv("SCARP_TEST_TOKEN", "BEARERSECRET")
    assert found(access) == ["one"]
    read_remote(access, server.url("/files/a.tif"), corner)
    with StacServer(tmp_path) as other:
        read_remote(access, other.url("/files/a.tif"), corner)
        assert not any("BEARERSECRET" in str(one.headers) for one in other.asked)


def test_secrets_are_never_told(
    server: StacServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """In logs of all levels and of all packages, in errors, in what objects say of themselves."""
    caplog.set_level(logging.DEBUG)
    write_raster(tmp_path / "a.tif")
    damage(tmp_path / "a.tif")
    monkeypatch.setenv("SCARP_TEST_TOKEN", "BEARERSECRET")
    monkeypatch.setenv("PC_SDK_SUBSCRIPTION_KEY", "KEYSECRET")
    server.signed, server.items = True, [item("one")]
    access = access_to(server, sign_url=server.url("/token"), token_variable="SCARP_TEST_TOKEN")
    said = []
    with pytest.raises(DataError) as damaged:
        read_remote(access, server.url("/files/a.tif"), corner)
    with pytest.raises(DataError) as absent:
        read_remote(access, server.url("/files/b.tif"), corner)
    server.answers["/files/a.tif"] = [Answer(cut=10)] * 9
    with pytest.raises(DataError) as broken:
        read_remote(access, server.url("/files/a.tif"), corner)
    found(access)
    said += [str(damaged.value), str(absent.value), str(broken.value)]
    said += [repr(vars(access)), repr(access.api), caplog.text, *capfd.readouterr()]
    sent = [str(one.headers) + one.query for one in server.asked]
    for secret in (SECRET, "SECRETSIGNATURE", "BEARERSECRET", "KEYSECRET"):
        assert any(secret in text for text in sent), "it was used"
        assert not any(secret in text for text in said)


def damage(path: Path) -> None:
    """Turn bytes around in the first tile of the whole image, which lies last in the file."""
    content = bytearray(path.read_bytes())
    middle = len(content) * 3 // 4
    content[middle : middle + 3000] = bytes(255 - byte for byte in content[middle : middle + 3000])
    path.write_bytes(bytes(content))


def test_damaged_bytes_are_fetched_again_then_named(server: StacServer, tmp_path: Path) -> None:
    write_raster(tmp_path / "a.tif")
    damage(tmp_path / "a.tif")
    waits = Waits()

    def whole(dataset: DatasetReader) -> Any:
        return dataset.read(1)

    with pytest.raises(DataError, match=r"/files/a.tif: cannot be read as a raster in 3 attempts"):
        read_remote(access_to(server, waits), server.url("/files/a.tif"), whole)
    assert waits == [1.0, 2.0]


def test_bytes_damaged_once_do_no_harm(server: StacServer, tmp_path: Path) -> None:
    values = write_raster(tmp_path / "a.tif")
    shutil.copy(tmp_path / "a.tif", tmp_path / "whole.tif")
    damage(tmp_path / "a.tif")

    def mend(seconds: float) -> None:
        shutil.copy(tmp_path / "whole.tif", tmp_path / "a.tif")

    access = StacAccess(Stac(server.url(), "c"), sleep=mend)
    read = read_remote(access, server.url("/files/a.tif"), lambda dataset: dataset.read(1))
    assert np.array_equal(read, values)


def test_answers_that_break_off_are_asked_for_again(server: StacServer, tmp_path: Path) -> None:
    values = write_raster(tmp_path / "a.tif")
    server.answers["/files/a.tif"] = [Answer(cut=1000), Answer(), Answer(cut=0), Answer(503)]
    waits = Waits()
    read = read_remote(access_to(server, waits), server.url("/files/a.tif"), corner)
    assert np.array_equal(read, values[300:400, 300:400])
    assert waits == [1.0, 1.0, 2.0]


def test_a_fault_within_a_file_is_told_as_it_is(server: StacServer, tmp_path: Path) -> None:
    write_raster(tmp_path / "a.tif")
    server.answers["/files/a.tif"] = [Answer(), Answer(404)]
    with pytest.raises(DataError, match=r"a.tif: HTTP status 404 \(Not Found\)"):
        read_remote(access_to(server), server.url("/files/a.tif"), corner)


def test_zeros_in_the_place_of_a_fault_are_not_taken_for_data(
    server: StacServer, tmp_path: Path
) -> None:
    """Without compression any bytes are pixels."""
    values = np.ones((512, 512), dtype=np.uint16)
    profile = {"driver": "GTiff", "dtype": "uint16", "count": 1, "height": 512, "width": 512}
    with rasterio.open(
        tmp_path / "a.tif", "w", tiled=True, crs="EPSG:32632", transform=SOMEWHERE, **profile
    ) as file:
        file.write(values, 1)
    server.answers["/files/a.tif"] = [Answer(), Answer(404)]
    with pytest.raises(DataError, match="404"):
        read_remote(access_to(server), server.url("/files/a.tif"), corner)


def test_a_server_without_ranges_is_refused(server: StacServer, tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(b"0" * 100)
    server.answers["/files/a.tif"] = [Answer(headers={"Content-Range": None})]
    with pytest.raises(DataError, match="no Content-Range"):
        read_remote(access_to(server), server.url("/files/a.tif"), corner)


def test_a_file_that_changes_meanwhile_is_refused(server: StacServer, tmp_path: Path) -> None:
    write_raster(tmp_path / "a.tif")

    def corner_of_another(dataset: DatasetReader) -> Any:
        write_raster(tmp_path / "a.tif", 768)
        return corner(dataset)

    with pytest.raises(DataError, match="has changed while it was read"):
        read_remote(access_to(server), server.url("/files/a.tif"), corner_of_another)


def test_what_is_no_raster_is_refused(server: StacServer, tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_text("<VRTDataset rasterXSize='1' rasterYSize='1'/>")
    with pytest.raises(DataError, match="cannot be read as a raster"):
        read_remote(access_to(server), server.url("/files/a.tif"), corner)


def test_s3_storage_is_read_with_keys_of_the_environment(
    server: StacServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stand-in's folder of files stands for a bucket of that name."""
    values = write_raster(tmp_path / "a.tif", 1024)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key-of-a-test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "S3SECRET")
    access = access_to(server, s3_endpoint=server.url())
    read = read_remote(access, "s3://files/a.tif", corner)
    assert np.array_equal(read, values[300:400, 300:400])
    assert server.sent("/files/a.tif") < 0.5 * (tmp_path / "a.tif").stat().st_size
    headers = str([one.headers for one in server.asked])
    assert "Credential=key-of-a-test/" in headers
    assert "S3SECRET" not in headers
