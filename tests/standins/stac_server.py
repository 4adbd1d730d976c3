"""A STAC API, its storage and its token service on 127.0.0.1, which fail on demand.

Item search as in stac-api-spec 1.0: POST and GET, pages by `next` links. Files come by ranges
(RFC 9110, section 14). The token service answers as that of the Planetary Computer does.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from file_server import Answer
from local_server import LocalServer

JSON = "application/json"
#: What a token begins with; it is never to be seen anywhere.
SECRET = "sv=2024&sig=SECRETSIGNATURE"


@dataclass(frozen=True)
class Asked:
    """A request, and how many bytes of body were sent back."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    status: int
    sent: int


class StacServer(LocalServer):
    """Serves items, and the files of a folder below ``/files/``, while the context lasts.

    Attributes
    ----------
    folder: of the files.
    items: all items, as dictionaries.
    page: items on a page.
    posts: whether a search may be a POST; else only GET is announced and answered.
    filters: whether a search heeds box, dates and collection.
    ends: whether the last page has no `next` link; else it leads to itself.
    signed: whether files need a token of the token service.
    life: of a token; by the clock that `now` is.
    bearer: what a search and files need in the header Authorization; blank: nothing.
    answers: path -> faults, taken from the front, one for each request of it.
    asked: what was asked, in order of the answers.
    """

    def __init__(self, folder: Path, items: Sequence[Mapping[str, Any]] = ()) -> None:
        self.folder = folder
        self.items: list[Mapping[str, Any]] = list(items)
        self.page, self.posts, self.filters, self.ends = 10, True, True, True
        self.signed, self.life = False, timedelta(hours=1)
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.bearer = ""
        self.answers: dict[str, list[Answer]] = {}
        self.asked: list[Asked] = []
        self.tokens: list[tuple[str, datetime]] = []
        self._lock = threading.Lock()
        super().__init__(_handler(self))

    def url(self, path: str = "") -> str:
        """Address of a path."""
        return f"http://127.0.0.1:{self.port}{path}"

    def expire(self) -> None:
        """Let no token be valid that was given out so far."""
        self.tokens = []

    def count(self, start: str) -> int:
        """How many requests there were of paths that begin so."""
        return sum(one.path.startswith(start) for one in self.asked)

    def sent(self, start: str) -> int:
        """How many bytes were sent of paths that begin so."""
        return sum(one.sent for one in self.asked if one.path.startswith(start))

    def fault(self, path: str) -> Answer:
        """What is to go wrong with the next request of a path."""
        with self._lock:
            waiting = self.answers.get(path)
            return waiting.pop(0) if waiting else Answer()


Reply = tuple[int, dict[str, str], bytes]


def _handler(server: StacServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

        def _answer(self, body: bytes) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            fault = server.fault(parts.path)
            if fault.status:
                status, own, content = fault.status, {}, b""
            else:
                status, own, content = _reply(
                    server, self.command, parts.path, parts.query, headers, body
                )
            sent = content[: fault.cut]
            # Noted before it is sent: whoever has the answer finds it in the list.
            server.asked.append(
                Asked(self.command, parts.path, parts.query, headers, status, len(sent))
            )
            self.send_response(status)
            for name, value in {
                "Content-Length": str(len(content)),
                **own,
                **fault.headers,
            }.items():
                if value is not None:
                    self.send_header(name, value)
            self.end_headers()
            try:
                self.wfile.write(sent)
            except OSError:
                self.close_connection = True  # the client has gone
            if fault.cut is not None:
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            """Stay silent: `StacServer.asked` has it all."""

    return Handler


def _reply(
    server: StacServer,
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    body: bytes,
) -> Reply:
    if path.startswith("/token/"):
        return _token(server)
    if server.bearer and headers.get("authorization") != f"Bearer {server.bearer}":
        return 401, {}, b""
    if path.startswith("/files/"):
        return _file(server, path, query, headers)
    if path == "/search":
        if method == "POST" and not server.posts:
            return 405, {}, b""
        asked = json.loads(body) if method == "POST" else dict(parse_qsl(query))
        return _json(_page(server, method, asked))
    return _json(_landing(server)) if path in ("", "/") else (404, {}, b"")


def _json(content: object) -> Reply:
    return 200, {"Content-Type": JSON}, json.dumps(content).encode()


def _landing(server: StacServer) -> dict[str, Any]:
    methods = ("GET", "POST") if server.posts else ("GET",)
    search = [
        {
            "rel": "search",
            "type": "application/geo+json",
            "href": server.url("/search"),
            "method": m,
        }
        for m in methods
    ]
    own = {"rel": "self", "type": JSON, "href": server.url("/")}
    return {
        "type": "Catalog",
        "id": "stand-in",
        "stac_version": "1.0.0",
        "description": "A stand-in.",
        "conformsTo": [
            "https://api.stacspec.org/v1.0.0/core",
            "https://api.stacspec.org/v1.0.0/item-search",
        ],
        "links": [own, {**own, "rel": "root"}, *search],
    }


def _page(server: StacServer, method: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    found = [item for item in server.items if not server.filters or _wanted(item, asked)]
    start = int(asked.get("token", 0))
    stop = start + min(server.page, int(asked.get("limit", server.page)))
    links = []
    if stop < len(found) or not server.ends:
        more = {**asked, "token": str(stop if stop < len(found) else start)}
        link: dict[str, Any] = {"rel": "next", "type": JSON, "method": method}
        link |= (
            {"href": server.url("/search"), "body": more}
            if method == "POST"
            else {"href": server.url(f"/search?{urlencode(more)}")}
        )
        links.append(link)
    return {"type": "FeatureCollection", "features": found[start:stop], "links": links}


def _wanted(item: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    box, when, collections = asked.get("bbox"), asked.get("datetime"), asked.get("collections")
    if isinstance(box, str):
        box = [float(side) for side in box.split(",")]
    if isinstance(collections, str):
        collections = collections.split(",")
    own = item["bbox"]
    first, last = (datetime.fromisoformat(end) for end in str(when).split("/"))
    return (
        (not collections or item["collection"] in collections)
        and (not when or first <= datetime.fromisoformat(item["properties"]["datetime"]) <= last)
        and (
            not box
            or (own[0] <= box[2] and own[2] >= box[0] and own[1] <= box[3] and own[3] >= box[1])
        )
    )


def _token(server: StacServer) -> Reply:
    end = server.now() + server.life
    token = f"{SECRET}{len(server.tokens)}x{server.count('/token/')}"
    server.tokens.append((token, end))
    return _json({"token": token, "msft:expiry": end.isoformat().replace("+00:00", "Z")})


def _file(server: StacServer, path: str, query: str, headers: Mapping[str, str]) -> Reply:
    if server.signed:
        valid = [token for token, end in server.tokens if server.now() < end]
        if query not in valid:
            return 403, {}, b""
    file = server.folder / path.removeprefix("/files/")
    if not file.is_file():
        return 404, {}, b""
    content = file.read_bytes()
    marks = {"ETag": f'"{file.stat().st_mtime_ns}"'}
    asked = re.fullmatch(r"bytes=(\d+)-(\d*)", headers.get("range", ""))
    if not asked:
        return 200, marks, content
    first = int(asked[1])
    last = min(int(asked[2] or len(content)), len(content) - 1)
    if first >= len(content):
        return 416, {"Content-Range": f"bytes */{len(content)}"}, b""
    marks["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
    return 206, marks, content[first : last + 1]
