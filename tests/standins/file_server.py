"""A file server on 127.0.0.1 that answers ranges (RFC 9110, section 14), and fails on demand."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from local_server import LocalServer


@dataclass(frozen=True)
class Answer:
    """How one request is answered; by default as it should be.

    Attributes
    ----------
    status: sent instead of the file; 0: none.
    headers: added to the answer, or put in the place of its own; None leaves one out.
    cut: bytes of the body after which the connection is closed.
    hold: bytes of the body after which the server waits for `FileServer.release`.
    """

    status: int = 0
    headers: Mapping[str, str | None] = field(default_factory=dict)
    cut: int | None = None
    hold: int | None = None


@dataclass(frozen=True)
class Request:
    """What a client asked for."""

    path: str
    headers: Mapping[str, str]

    @property
    def range_start(self) -> int | None:
        """First byte of the range, or None where the whole was asked for."""
        found = re.fullmatch(r"bytes=([0-9]+)-", self.headers.get("range", ""))
        return int(found[1]) if found else None


class FileServer(LocalServer):
    """Serves one file at any path while the context lasts.

    Attributes
    ----------
    content, etag: the file and its version; change both to publish another.
    ranges: whether parts of the file are served.
    if_range: whether the condition If-Range is heeded.
    redirects: path -> address that is sent with status 302.
    answers: taken from the front, one for each request of the file; afterwards there are no faults.
    requests: what was asked, in order.
    """

    def __init__(self, content: bytes, *answers: Answer) -> None:
        self.content = content
        self.etag = '"first"'
        self.ranges = True
        self.if_range = True
        self.redirects: dict[str, str] = {}
        self.answers = list(answers)
        self.requests: list[Request] = []
        self.released = threading.Event()
        super().__init__(_handler(self))

    def url(self, path: str = "/file.bin", user: str = "") -> str:
        """Address of a path, with `user` (and password) where given."""
        at = f"{user}@" if user else ""
        return f"http://{at}127.0.0.1:{self.port}{path}"

    def release(self) -> None:
        """Let the answers go on that wait."""
        self.released.set()


def _handler(server: FileServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            request = Request(
                self.path, {name.lower(): value for name, value in self.headers.items()}
            )
            server.requests.append(request)
            target = server.redirects.get(self.path)
            if target is not None:
                self._head(302, {"Location": target, "Content-Length": "0"}, {})
                return
            answer = server.answers.pop(0) if server.answers else Answer()
            if answer.status:
                self._head(answer.status, {"Content-Length": "0"}, answer.headers)
                return
            status, headers, body = _file(server, request)
            self._head(status, headers, answer.headers)
            self._body(body, answer)

        def _head(
            self, status: int, own: Mapping[str, str], other: Mapping[str, str | None]
        ) -> None:
            self.send_response(status)
            for name, value in {**own, **other}.items():
                if value is not None:
                    self.send_header(name, value)
            self.end_headers()

        def _body(self, body: bytes, answer: Answer) -> None:
            try:
                if answer.hold is not None:
                    self.wfile.write(body[: answer.hold])
                    server.released.wait()
                    body = body[answer.hold :]
                self.wfile.write(body[: answer.cut])
            except OSError:
                self.close_connection = True  # the client has gone
            if answer.cut is not None or "Content-Length" in answer.headers:
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            """Stay silent: `FileServer.requests` has it all."""

    return Handler


def _file(server: FileServer, request: Request) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an answer without faults."""
    content, total, start = server.content, len(server.content), request.range_start
    marks = {"ETag": server.etag}
    changed = request.headers.get("if-range", server.etag) != server.etag
    if not server.ranges or (changed and server.if_range):
        start = None
    if start is None:
        return 200, {**marks, "Content-Length": str(total)}, content
    if start >= total:
        return 416, {"Content-Range": f"bytes */{total}", "Content-Length": "0"}, b""
    span = {
        "Content-Range": f"bytes {start}-{total - 1}/{total}",
        "Content-Length": str(total - start),
    }
    return 206, {**marks, **span}, content[start:]
