"""A catalogue of simulated tiles: a STAC API and its files on this machine, while a job runs.

Item search by GET, as stac-api-spec 1.0 demands it of every API, all items on one page; files by
ranges (RFC 9110, section 14). It only serves a folder of `scarp.simulate.catalogue`.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

#: Where a job finds the catalogue. No such name can exist (RFC 6761, section 6.4), so that nothing
#: is asked of another machine, and products name an address that is the same in every run.
ADDRESS = "http://simulated.invalid"
_CONFORMS = [
    "https://api.stacspec.org/v1.0.0/core",
    "https://api.stacspec.org/v1.0.0/item-search",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
]
_JSON, _GEOJSON = "application/json", "application/geo+json"
#: Environment variables that say through which server requests go, and which do not.
_PROXY = ("http_proxy", "no_proxy", "NO_PROXY")
_Reply = tuple[int, dict[str, str], bytes]


@contextmanager
def catalogue(folder: str | Path) -> Iterator[str]:
    """Let this process find a folder of tiles at `ADDRESS`, which is yielded.

    The requests go to the server as to a proxy, which is how they reach an address without a host.
    """
    with serve(folder) as server:
        before = {name: os.environ.get(name) for name in _PROXY}
        os.environ.update(dict(zip(_PROXY, (server, "", ""), strict=True)))
        try:
            yield ADDRESS
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


@contextmanager
def serve(folder: str | Path) -> Iterator[str]:
    """Serve a folder of tiles on a free port of 127.0.0.1; yields the server's address."""
    with _Server(Path(folder)) as server:
        # Waits for a request at most so many seconds before it looks whether it is to stop.
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.items = {
            path.relative_to(folder).parent.as_posix(): json.loads(path.read_text(encoding="utf-8"))
            for path in sorted(folder.glob("*/*.json"))
        }
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer a request: the landing page, a search, or a file or a part of it."""
        parts = urlsplit(self.path)  # a proxy is asked for whole addresses
        base = f"http://{self.headers.get('Host', '')}"
        if parts.path in ("", "/"):
            status, headers, body = _json(_landing(base), _JSON)
        elif parts.path == "/search":
            found = _search(self.server.items, dict(parse_qsl(parts.query)), base)
            status, headers, body = _json(found, _GEOJSON)
        else:
            status, headers, body = self._file(unquote(parts.path).lstrip("/"))
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _file(self, name: str) -> _Reply:
        path = (self.server.folder / name).resolve()
        if not path.is_relative_to(self.server.folder) or not path.is_file():
            return 404, {}, b""
        size = path.stat().st_size
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if asked is None:
            return 200, {"Accept-Ranges": "bytes"}, path.read_bytes()
        first, last = int(asked[1]), min(int(asked[2] or size), size - 1)
        if first > last:
            return 416, {"Content-Range": f"bytes */{size}"}, b""
        with path.open("rb") as file:
            file.seek(first)
            return (
                206,
                {"Content-Range": f"bytes {first}-{last}/{size}"},
                file.read(last - first + 1),
            )

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent: who asks keeps its own log."""


def _json(content: object, kind: str) -> _Reply:
    return 200, {"Content-Type": kind}, json.dumps(content).encode()


def _landing(base: str) -> dict[str, Any]:
    return {
        "type": "Catalog",
        "id": "simulated",
        "stac_version": "1.0.0",
        "description": "Simulated tiles. Nothing here was observed.",
        "conformsTo": _CONFORMS,
        "links": [
            {"rel": "self", "type": _JSON, "href": f"{base}/"},
            {"rel": "root", "type": _JSON, "href": f"{base}/"},
            {"rel": "search", "type": _GEOJSON, "href": f"{base}/search", "method": "GET"},
        ],
    }


def _search(
    items: Mapping[str, dict[str, Any]], asked: Mapping[str, str], base: str
) -> dict[str, Any]:
    """The items that a search means, addresses of their files made whole."""
    found = []
    for folder, item in items.items():
        if _is_meant(item, asked):
            assets = {
                key: {**asset, "href": f"{base}/{folder}/{asset['href'].removeprefix('./')}"}
                for key, asset in item["assets"].items()
            }
            found.append({**item, "assets": assets})
    return {"type": "FeatureCollection", "features": found, "links": []}


def _is_meant(item: Mapping[str, Any], asked: Mapping[str, str]) -> bool:
    collections = asked.get("collections")
    if collections and item["collection"] not in collections.split(","):
        return False
    if "bbox" in asked:
        west, south, east, north = (float(side) for side in asked["bbox"].split(","))
        own = item["bbox"]
        if own[0] > east or own[2] < west or own[1] > north or own[3] < south:
            return False
    first, _, last = asked.get("datetime", "../..").partition("/")
    when = datetime.fromisoformat(item["properties"]["datetime"])
    return _moment(first, when) <= when <= _moment(last or first, when)


def _moment(text: str, otherwise: datetime) -> datetime:
    """A moment in UTC; an end that is left open is any."""
    return otherwise if text in ("", "..") else datetime.fromisoformat(text).astimezone(UTC)
