"""Downloads end with the very bytes, whatever breaks, or say what is wrong and what to do."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import logging
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from file_server import Answer, FileServer
from scarp.acquire import download as module
from scarp.acquire.download import Remote, download
from scarp.acquire.part import Part, open_part
from scarp.acquire.progress import Progress
from scarp.disk import readable_size, require_space
from scarp.errors import DataError
from wrong_inputs import ROOT

CONTENT = random.Random(1).randbytes(1_000_000)
OTHER = random.Random(2).randbytes(1_000_000)
CURE = "fetch it elsewhere and set archive: path"


@pytest.fixture
def server() -> Iterator[FileServer]:
    with FileServer(CONTENT) as running:
        yield running


@pytest.fixture
def final(tmp_path: Path) -> Path:
    return tmp_path / "downloads" / "file.bin"


def _remote(server: FileServer, content: bytes = CONTENT, url: str = "") -> Remote:
    return Remote(url or server.url(), len(content), hashlib.md5(content).hexdigest())


def _fetch(remote: Remote, final: Path) -> list[float]:
    """Download without sleeping; gives the waits asked for."""
    waits: list[float] = []
    download(remote, final, CURE, sleep=waits.append)
    return waits


def _fails(remote: Remote, final: Path, *said: str) -> list[float]:
    """Download in vain; the message says all of `said` and no final file stands."""
    waits: list[float] = []
    with pytest.raises(DataError) as caught:
        download(remote, final, CURE, sleep=waits.append)
    for words in said:
        assert words in str(caught.value)
    assert not final.exists()
    return waits


def _part(final: Path) -> Path:
    return final.with_name("file.bin.part")


def _alone(final: Path, content: bytes = CONTENT) -> bool:
    """The file is there with its bytes, and nothing else beside it."""
    return final.read_bytes() == content and list(final.parent.iterdir()) == [final]


def _leave_part(server: FileServer, remote: Remote, final: Path, size: int = 300_000) -> int:
    """Let a download fail for good after `size` bytes; gives the size of the part."""
    cut = Answer(cut=size)
    kept = server.answers
    server.answers = [cut, *(Answer(status=503) for _ in range(6))]
    _fails(remote, final, "503", CURE)
    server.answers = kept
    server.requests.clear()
    left = _part(final).stat().st_size
    assert 0 < left <= size
    return left


# ---------------------------------------------------------------- it arrives


def test_a_whole_file_arrives_in_one_request(server: FileServer, final: Path) -> None:
    assert _fetch(_remote(server), final) == []
    assert _alone(final)
    assert [request.range_start for request in server.requests] == [None]


def test_a_file_of_unknown_size_and_md5_arrives(server: FileServer, final: Path) -> None:
    server.answers = [Answer(cut=300_000)]
    assert _fetch(Remote(server.url(), 0, ""), final) == [1.0]
    assert _alone(final)


def test_an_empty_file_arrives(final: Path) -> None:
    with FileServer(b"") as server:
        _fetch(_remote(server, b""), final)
    assert _alone(final, b"")


def test_redirects_are_followed_also_with_a_range(server: FileServer, final: Path) -> None:
    server.redirects = {"/moved": server.url("/file.bin")}
    server.answers = [Answer(cut=300_000)]
    _fetch(_remote(server, url=server.url("/moved")), final)
    assert _alone(final)
    assert [request.path for request in server.requests] == ["/moved", "/file.bin"] * 2


# ---------------------------------------------------------------- it breaks and goes on


def test_after_breaks_it_goes_on_with_the_missing_bytes(server: FileServer, final: Path) -> None:
    server.answers = [Answer(cut=300_000), Answer(cut=0), Answer(cut=400_000)]
    waits = _fetch(_remote(server), final)
    assert _alone(final)
    starts = [request.range_start for request in server.requests]
    assert starts[0] is None
    assert starts[1] == starts[2]
    assert 0 < (starts[2] or 0) < (starts[3] or 0) < len(CONTENT)
    assert all(request.headers["if-range"] == server.etag for request in server.requests[1:])
    # New bytes make the series of failures begin again.
    assert waits == [1.0, 2.0, 1.0]


def test_an_early_end_is_noticed_where_the_server_tells_no_length(
    server: FileServer, final: Path
) -> None:
    server.answers = [Answer(headers={"Content-Length": None, "Connection": "close"}, cut=300_000)]
    assert _fetch(_remote(server), final) == [1.0]
    assert _alone(final)
    assert [request.range_start for request in server.requests] == [None, 300_000]


def test_a_stalled_connection_is_given_up_and_goes_on(
    server: FileServer, final: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_TIMEOUTS", (5.0, 0.2))
    server.answers = [Answer(hold=600_000)]
    assert _fetch(_remote(server), final)
    assert _alone(final)
    assert server.requests[-1].range_start


def test_it_ends_after_five_vain_attempts_and_the_next_run_goes_on(
    server: FileServer, final: Path
) -> None:
    server.answers = [Answer(cut=300_000), *(Answer(cut=0) for _ in range(5))]
    waits = _fails(_remote(server), final, server.url(), "run again to go on", CURE)
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0]
    size = _part(final).stat().st_size
    assert _part(final).read_bytes() == CONTENT[:size]
    server.requests.clear()
    _fetch(_remote(server), final)
    assert _alone(final)
    assert [request.range_start for request in server.requests] == [size]


def test_after_a_killed_process_it_goes_on(server: FileServer, final: Path) -> None:
    server.answers = [Answer(hold=600_000)]
    remote = _remote(server)
    code = f"""
from scarp.acquire.download import Remote, download
from scarp.acquire.part import Part
append = Part.append
def tell(self, chunk):
    append(self, chunk)
    print(self.size, flush=True)
Part.append = tell
download(Remote({remote.url!r}, {remote.size}, {remote.md5!r}), {str(final)!r}, "")
"""
    scripts = str(ROOT / "workflow" / "scripts")
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": scripts},
    ) as process:
        assert process.stdout is not None
        assert int(process.stdout.readline()) > 0
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not final.exists()
    size = _part(final).stat().st_size
    assert 0 < size < len(CONTENT)
    server.release()
    server.requests.clear()
    _fetch(remote, final)
    assert _alone(final)
    assert [request.range_start for request in server.requests] == [size]


def test_a_complete_part_needs_no_request(server: FileServer, final: Path) -> None:
    remote = _remote(server)
    _leave_part(server, remote, final)
    _part(final).write_bytes(CONTENT)
    _fetch(remote, final)
    assert _alone(final)
    assert server.requests == []


@pytest.mark.parametrize(("total", "starts"), [(0, [1_000_000]), (1_000_001, [1_000_000, None])])
def test_a_range_behind_the_end_is_the_end_or_a_new_start(
    server: FileServer, final: Path, total: int, starts: list[int | None]
) -> None:
    """Size unknown: the server's 416 says whether the part is the whole."""
    remote = Remote(server.url(), 0, hashlib.md5(CONTENT).hexdigest())
    _leave_part(server, remote, final)
    notes = final.with_name("file.bin.part.json")
    notes.write_text(json.dumps({**json.loads(notes.read_text()), "total": 0}))
    _part(final).write_bytes(CONTENT)
    if total:
        server.answers = [Answer(status=416, headers={"Content-Range": f"bytes */{total}"})]
    _fetch(remote, final)
    assert _alone(final)
    assert [request.range_start for request in server.requests] == starts


# ---------------------------------------------------------------- it starts anew


def test_a_server_without_ranges_sends_it_all_again(
    server: FileServer, final: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.ranges = False
    server.answers = [Answer(cut=300_000)]
    _fetch(_remote(server), final)
    assert _alone(final)
    assert "sends no parts of files, starts anew" in caplog.text


def test_a_server_without_ranges_that_always_breaks_does_not_go_on_for_ever(
    server: FileServer, final: Path
) -> None:
    server.ranges = False
    server.answers = [Answer(cut=300_000) for _ in range(50)]
    waits = _fails(_remote(server), final, server.url(), CURE)
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0]


@pytest.mark.parametrize("if_range", [True, False])
def test_a_changed_file_is_fetched_anew(
    server: FileServer, final: Path, if_range: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Both by If-Range, and where a server does not heed it, by the ETag of its answer."""
    remote = Remote(server.url(), len(CONTENT), "")
    size = _leave_part(server, remote, final)
    server.content, server.etag, server.if_range = OTHER, '"second"', if_range
    _fetch(remote, final)
    assert _alone(final, OTHER)
    assert server.requests[0].range_start == size
    assert "the file has changed, starts anew" in caplog.text


@pytest.mark.parametrize("change", ["url", "query", "size", "md5", "notes", "larger"])
def test_a_part_of_something_else_is_not_gone_on_with(
    server: FileServer, final: Path, change: str
) -> None:
    begun = _remote(server)
    if change == "url":
        begun = replace(begun, url=server.url("/other.bin"))
    elif change == "query":
        begun = replace(begun, url=server.url("/file.bin?version=1"))
    elif change == "size":
        begun = replace(begun, size=0)
    elif change == "md5":
        begun = replace(begun, md5="0" * 32)
    _leave_part(server, begun, final)
    if change == "notes":
        final.with_name("file.bin.part.json").write_text("{", encoding="utf-8")
    elif change == "larger":
        _part(final).write_bytes(CONTENT + b"x")
    _fetch(_remote(server), final)
    assert _alone(final)
    assert [request.range_start for request in server.requests] == [None]


@pytest.mark.parametrize(("md5", "start"), [("", None), ("known", 300_000)])
def test_without_a_mark_of_the_version_only_a_known_md5_lets_it_go_on(
    server: FileServer, final: Path, md5: str, start: int | None
) -> None:
    remote = replace(_remote(server), md5=hashlib.md5(CONTENT).hexdigest() if md5 else "")
    # A weak mark, which If-Range does not allow.
    server.etag = 'W/"weak"'
    size = _leave_part(server, remote, final)
    _fetch(remote, final)
    assert _alone(final)
    assert server.requests[0].range_start == (start and size)
    assert "if-range" not in server.requests[0].headers


# ---------------------------------------------------------------- it is refused


def test_a_wrong_md5_is_told_and_the_part_removed(server: FileServer, final: Path) -> None:
    right, wrong = hashlib.md5(CONTENT).hexdigest(), "0" * 32
    _fails(replace(_remote(server), md5=wrong), final, server.url(), right, wrong, CURE)
    assert list(final.parent.iterdir()) == []


def test_wrong_bytes_in_a_part_are_found(server: FileServer, final: Path) -> None:
    size = _leave_part(server, _remote(server), final)
    _part(final).write_bytes(OTHER[:size])
    _fails(_remote(server), final, hashlib.md5(CONTENT).hexdigest())
    _fetch(_remote(server), final)
    assert _alone(final)


def test_a_wrong_size_is_told_before_anything_is_fetched(
    server: FileServer, final: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Part, "append", lambda *_: pytest.fail("bytes were fetched"))
    _fails(replace(_remote(server), size=999_999), final, server.url(), "1000000", "999999", CURE)
    assert list(final.parent.iterdir()) == []


def test_a_wrong_size_is_found_where_the_server_does_not_tell_it(
    server: FileServer, final: Path
) -> None:
    server.answers = [Answer(headers={"Content-Length": None, "Connection": "close"}, cut=10**6)]
    _fails(replace(_remote(server), size=999_999), final, server.url(), "1000000", "999999", CURE)
    assert list(final.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("span", "said"),
    [
        ("bytes 7-999999/1000000", "bytes 7-999999/1000000"),
        (None, "without Content-Range"),
        ("bytes {}-999998/999999", "999999"),
    ],
)
def test_a_wrong_range_is_refused(
    server: FileServer, final: Path, span: str | None, said: str
) -> None:
    size = _leave_part(server, _remote(server), final)
    server.answers = [Answer(headers={"Content-Range": span and span.format(size)})]
    _fails(_remote(server), final, server.url(), said, CURE)


@pytest.mark.parametrize(("status", "name"), [(404, "404 (Not Found)"), (403, "403 (Forbidden)")])
def test_a_refusal_is_told_at_once(server: FileServer, final: Path, status: int, name: str) -> None:
    server.answers = [Answer(status=status)]
    assert _fails(_remote(server), final, server.url(), name, CURE) == []
    assert list(final.parent.iterdir()) == []


def test_a_busy_server_is_waited_for_as_it_asks(server: FileServer, final: Path) -> None:
    server.answers = [
        Answer(status=429, headers={"Retry-After": "7"}),
        Answer(status=503),
        Answer(status=503, headers={"Retry-After": "soon"}),
    ]
    assert _fetch(_remote(server), final) == [7.0, 2.0, 4.0]
    assert _alone(final)


def test_a_server_that_asks_for_too_much_patience_is_told(server: FileServer, final: Path) -> None:
    server.answers = [Answer(status=429, headers={"Retry-After": "7200"})]
    assert _fails(_remote(server), final, server.url(), "120 min", "429") == []


def test_a_machine_without_connection_is_told_soon(final: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/file.bin"
        waits = _fails(Remote(url, 10, ""), final, url, "Connection refused", CURE)
    assert waits == [1.0, 2.0]
    assert list(final.parent.iterdir()) == []


@pytest.mark.parametrize("url", ["nonsense?token=hidden", "ftp://me:hidden@127.0.0.1/file.bin"])
def test_an_address_that_is_none_is_told(final: Path, url: str) -> None:
    with pytest.raises(DataError, match="correct the address") as caught:
        download(Remote(url, 10, ""), final, CURE)
    assert "hidden" not in str(caught.value)


def test_too_many_redirects_are_told(server: FileServer, final: Path) -> None:
    server.redirects = {"/round": server.url("/round")}
    _fails(_remote(server, url=server.url("/round")), final, "/round", "TooManyRedirects")


def test_secrets_of_an_address_are_used_and_never_shown(
    server: FileServer,
    final: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.INFO)
    url = server.url("/file.bin?token=hidden", user="me:swordfish")
    remote = _remote(server, url=url)
    size = _leave_part(server, remote, final)
    notes = final.with_name("file.bin.part.json").read_text(encoding="utf-8")
    server.answers = [Answer(status=503), Answer(cut=300_000), Answer(status=404)]
    _fails(remote, final, server.url())
    _fetch(remote, final)
    request = server.requests[0]
    assert request.range_start == size
    assert request.path == "/file.bin?token=hidden"
    assert request.headers["authorization"].startswith("Basic ")
    with pytest.raises(DataError) as caught:
        download(replace(remote, md5="0" * 32), final, CURE)
    captured = capfd.readouterr()
    scarp = "".join(
        record.getMessage() for record in caplog.records if record.name.startswith("scarp")
    )
    assert server.url() in scarp
    for text in (notes, scarp, str(caught.value), captured.out, captured.err):
        assert "swordfish" not in text
        assert "hidden" not in text
        assert "me:" not in text


# ---------------------------------------------------------------- the disk and other processes


def test_a_full_disk_is_told_before_any_request(
    server: FileServer, final: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_040_000))
    _fails(_remote(server), final, "1.0 MB", str(final.parent), "make room")
    assert server.requests == []
    # Of an unknown file the size is told by the answer.
    _fails(Remote(server.url(), 0, ""), final, "make room")
    assert list(final.parent.iterdir()) == []
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_060_000))
    _fetch(_remote(server), final)


def test_only_what_is_missing_needs_room(
    server: FileServer, final: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = _leave_part(server, _remote(server), final)
    free = int((len(CONTENT) - size) * 1.06)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    _fetch(_remote(server), final)
    assert _alone(final)


def test_room_is_looked_up_at_the_nearest_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def usage(path: Path) -> SimpleNamespace:
        asked.append(path)
        return SimpleNamespace(free=105)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    require_space(tmp_path / "not" / "yet", 100, "a test")
    with pytest.raises(DataError, match="a test needs 101 bytes and 5 % more, 105 bytes are free"):
        require_space(tmp_path / "not" / "yet", 101, "a test")
    assert asked == [tmp_path, tmp_path]


def test_a_disk_that_fills_up_meanwhile_leaves_what_was_fetched(
    server: FileServer, final: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, written = os.write, 0

    def until_full(descriptor: int, data: memoryview) -> int:
        nonlocal written
        # A system may take less than it was given at a time.
        some = data[: min(30_000, 400_000 - written)]
        if not some:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done = write(descriptor, some)
        written += done
        return done

    with monkeypatch.context() as patch:
        patch.setattr("scarp.acquire.part.os.write", until_full)
        _fails(_remote(server), final, str(_part(final)), "No space left", "is kept")
    assert _part(final).read_bytes() == CONTENT[:400_000]
    server.requests.clear()
    _fetch(_remote(server), final)
    assert _alone(final)
    assert [request.range_start for request in server.requests] == [400_000]


def test_a_folder_that_cannot_be_made_is_told(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    _fails(_remote(server), tmp_path / "taken" / "file.bin", str(tmp_path / "taken"))


def test_a_second_download_of_the_same_file_is_refused(server: FileServer, final: Path) -> None:
    with open_part(final) as part:
        part.append(b"begun")
        _fails(_remote(server), final, str(part.path), "another process", "wait")
        assert part.path.read_bytes() == b"begun"
    _fetch(_remote(server), final)
    assert _alone(final)


def test_a_part_that_was_published_while_it_was_opened_is_left_alone(
    server: FileServer, final: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first process ends between the second one's opening and its lock."""
    lock = fcntl.flock

    def after_the_first(descriptor: int, operation: int) -> None:
        monkeypatch.setattr(fcntl, "flock", lock)
        _part(final).write_bytes(CONTENT)
        os.replace(_part(final), final)
        lock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", after_the_first)
    with open_part(final) as part:
        part.append(b"second")
    assert final.read_bytes() == CONTENT
    assert _part(final).read_bytes() == b"second"


def test_a_file_system_without_locks_is_worked_with(
    server: FileServer,
    final: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def none(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", none)
    _fetch(_remote(server), final)
    assert _alone(final)
    assert "has no locks" in caplog.text


# ---------------------------------------------------------------- what is told on the way


def test_progress_is_told_at_most_every_ten_seconds(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "scarp")
    now = 0.0
    progress = Progress("file.bin", lambda: now)
    for second in range(1, 26):
        now = float(second)
        progress.add(35_000_000, 1_000_000_000 + 35_000_000 * second, 6_000_000_000)
    progress.end(6_000_000_000, ", MD5 as expected")
    assert caplog.messages == [
        "file.bin: 1.4 GB of 6.0 GB (22 %), 35.0 MB/s, about 2 min left",
        "file.bin: 1.7 GB of 6.0 GB (28 %), 35.0 MB/s, about 2 min left",
        "file.bin: 6.0 GB are there after 25 s, MD5 as expected",
    ]


def test_progress_of_an_unknown_size_has_no_end(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "scarp")
    now = 0.0
    progress = Progress("file.bin", lambda: now)
    now = 10.0
    progress.add(5_000, 5_000, 0)
    assert caplog.messages == ["file.bin: 5.0 kB, 500 bytes/s"]


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_960, "1.0 MB"),
        (5_991_736_566, "6.0 GB"),
        (12 * 10**18, "12000.0 PB"),
    ],
)
def test_sizes_are_written_in_decimal_units(size: int, text: str) -> None:
    assert readable_size(size) == text
