"""CDSE, ASF and the indices of orbit files on 127.0.0.1, with the faults that they have.

Forms and paths follow the services: OData with $filter, $top, $skip and @odata.nextLink; a token
service with tokens that end; downloads by id with a token and ranges; ASF's Search API, whose
downloads lead to a login page and on to a storage that takes no Authorization; the listing of a
bucket; web pages of zipped orbit files.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import threading
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from catalogue_rows import Slice, asf_feature, odata_row
from file_server import Answer, Request
from local_server import LocalServer
from odata_filter import parse_filter

USER, PASSWORD = "someone@example.org", "heron at dusk"
EARTHDATA_TOKEN = "eyJ0-earthdata"
#: A listing has so many keys at most.
KEYS = 3


@dataclass(frozen=True)
class Orbit:
    """An orbit file: its content, and its row in CDSE's catalogue where that has it."""

    name: str
    content: bytes
    row: Mapping[str, Any] | None = None


class CatalogueServer(LocalServer):
    """All services at once while the context lasts.

    Attributes
    ----------
    rows: products of CDSE's catalogue.
    features: of ASF's.
    files: id or name -> content.
    orbits: orbit files by what the bucket and the pages hold of them.
    storage: where ASF leads downloads to in the end: an address up to the name.
    ranges: whether parts of files are served.
    refusal: status that a range is answered with instead; 0: none.
    ignore_filter: whether $filter is ignored, as a poor mirror does.
    lifetime: seconds that a token is said to last.
    answers: how the next requests are answered, by kind: search, token, file, page.
    requests: what was asked, in order.
    forms: what the token service was sent.
    open_now, peak: files that are being sent, now and at most.
    gate: while it is cleared, files are held back after their first byte.
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.features: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        self.orbits: list[Orbit] = []
        self.storage = ""
        self.ranges = True
        self.refusal = 0
        self.ignore_filter = False
        self.lifetime = 600.0
        self.answers: dict[str, list[Answer]] = {"search": [], "token": [], "file": [], "page": []}
        self.requests: list[Request] = []
        self.forms: list[dict[str, str]] = []
        self.open_now = self.peak = 0
        self.gate = threading.Event()
        self.gate.set()
        self.tokens: set[str] = set()
        self.refreshes: set[str] = set()
        self._lock = threading.Lock()
        super().__init__(_handler(self))

    @property
    def host(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    @property
    def login(self) -> str:
        """Host and port of Earthdata Login: the same machine by another name."""
        return f"localhost:{self.port}"

    def url(self, path: str) -> str:
        """Address of a path."""
        return f"http://{self.host}{path}"

    def add(self, slices: Iterable[Slice], told: bool = True) -> None:
        """Put scenes into both catalogues."""
        for one in slices:
            self.rows.append({**odata_row(one, told), "collection": "SENTINEL-1"})
            self.features.append(asf_feature(one, self.url(f"/SLC/{one.name}.zip")))
            self.files[one.id] = self.files[one.name] = one.content

    def expire(self) -> None:
        """Take back all tokens, also those that could be refreshed."""
        self.tokens.clear()
        self.refreshes.clear()

    def asked(self, start: str) -> list[Request]:
        """Requests whose path starts so."""
        return [request for request in self.requests if request.path.startswith(start)]

    def release(self) -> None:
        """Let files go on that are held back."""
        self.gate.set()

    def count(self, change: int) -> None:
        """Note that the sending of a file begins or ends."""
        with self._lock:
            self.open_now += change
            self.peak = max(self.peak, self.open_now)

    def token(self, form: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """Status and answer of the token service."""
        if form.get("client_id") != "cdse-public":
            return 401, {"error": "invalid_client"}
        if form.get("grant_type") == "password":
            known = (form.get("username"), form.get("password")) == (USER, PASSWORD)
        else:
            known = form.get("refresh_token") in self.refreshes
        if not known:
            return 401, {"error": "invalid_grant", "error_description": "Invalid user credentials"}
        number = len(self.forms)
        self.tokens.add(f"access-{number}")
        self.refreshes.add(f"refresh-{number}")
        return 200, {
            "access_token": f"access-{number}",
            "expires_in": self.lifetime,
            "refresh_token": f"refresh-{number}",
            "refresh_expires_in": 6 * self.lifetime,
            "token_type": "Bearer",
        }

    def search(self, query: Mapping[str, str], path: str) -> tuple[int, dict[str, Any]]:
        """Status and answer of the OData catalogue."""
        try:
            conditions = [] if self.ignore_filter else parse_filter(query["$filter"])
        except (KeyError, ValueError) as error:
            return 400, {"detail": str(error)}
        found = [row for row in self.rows if all(holds(row) for holds in conditions)]
        found.sort(key=lambda row: (row["ContentDate"]["Start"], row["Id"]))
        skip, top = int(query.get("$skip", 0)), int(query.get("$top", 20))
        page = found[skip : skip + top]
        answer: dict[str, Any] = {
            "@odata.context": "$metadata#Products(Attributes())",
            "value": [{k: v for k, v in row.items() if k != "collection"} for row in page],
        }
        if len(page) == top:
            # As recorded: the link is there whenever the page is full, and names the real host.
            link = {**query, "$skip": str(skip + top)}
            answer["@odata.nextLink"] = f"https://catalogue.example.org{path}?{urlencode(link)}"
        return 200, answer

    def found_by_asf(self, query: Mapping[str, str]) -> list[dict[str, Any]]:
        """Features of a search; time alone is looked at: the client filters the rest."""
        start, end = (datetime.fromisoformat(query[key]) for key in ("start", "end"))
        return [
            feature
            for feature in self.features
            if start <= datetime.fromisoformat(feature["properties"]["startTime"]) < end
        ]

    def listing(self, query: Mapping[str, str]) -> str:
        """The bucket's answer: `KEYS` keys behind the marker."""
        by_key = {f"AUX_{o.name[13:19]}/{o.name}": o for o in self.orbits}
        after = [
            key
            for key in sorted(by_key)
            if key.startswith(query["prefix"]) and key > query.get("marker", "")
        ]
        entries = "".join(
            f"<Contents><Key>{key}</Key><ETag>&quot;{_md5(by_key[key].content)}&quot;</ETag>"
            f"<Size>{len(by_key[key].content)}</Size></Contents>"
            for key in after[:KEYS]
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<IsTruncated>{str(len(after) > KEYS).lower()}</IsTruncated>{entries}"
            "</ListBucketResult>"
        )


def _handler(server: CatalogueServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self._note()
            length = int(self.headers.get("Content-Length", 0))
            form = dict(parse_qsl(self.rfile.read(length).decode()))
            server.forms.append(form)
            if not self._faulty("token"):
                # Keycloak takes a Basic header for the client's own login.
                status, answer = (
                    (401, {"error": "invalid_client"})
                    if "authorization" in self.headers
                    else server.token(form)
                )
                self._json(status, answer)

        def do_GET(self) -> None:
            request = self._note()
            parts = urlsplit(self.path)
            path, query = parts.path, dict(parse_qsl(parts.query))
            if path == "/odata/v1/Products" and not self._faulty("search"):
                self._json(*server.search(query, path))
            elif path == "/services/search/param" and not self._faulty("search"):
                found = server.found_by_asf(query)
                self._json(200, {"type": "FeatureCollection", "features": found})
            elif found := re.fullmatch(r"/odata/v1/Products\((.*)\)/\$value", path):
                if request.headers.get("authorization", "")[7:] in server.tokens:
                    self._file(server.files.get(found[1]), request)
                else:
                    self._json(401, {"detail": "Expired signature!"})
            elif path.startswith("/SLC/"):
                self._asf(path, request)
            elif path == "/login":
                self._login(query, request)
            elif path == "/bucket":
                self._text(200, server.listing(query))
            elif path.startswith("/bucket/"):
                self._file(_named(server.orbits, path.rpartition("/")[2]), request)
            elif path.startswith("/pages/"):
                self._pages(path, request)
            elif path not in ("/odata/v1/Products", "/services/search/param"):
                self._text(404, "")

        def _note(self) -> Request:
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.path, headers)
            server.requests.append(request)
            return request

        def _asf(self, path: str, request: Request) -> None:
            known = request.headers.get("authorization") == f"Bearer {EARTHDATA_TOKEN}"
            if known or "asf-urs=in" in request.headers.get("cookie", ""):
                self._redirect(f"{server.storage}{path.rpartition('/')[2]}?Signature=secret")
            else:
                self._redirect(f"http://{server.login}/login?next={path}")

        def _login(self, query: Mapping[str, str], request: Request) -> None:
            pair = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
            if request.headers.get("authorization") != f"Basic {pair}":
                self._text(401, "")
            else:
                # The login page and ASF are one machine here, by two names: back by this one.
                self._redirect(
                    f"http://{server.login}/SLC/{query['next'].rpartition('/')[2]}",
                    {"Set-Cookie": "asf-urs=in; Path=/"},
                )

        def _pages(self, path: str, request: Request) -> None:
            name = path.rpartition("/")[2]
            if name:
                self._file(_zipped(server.orbits, name), request)
                return
            if self._faulty("page"):
                return
            kind, mission, year, month = path.split("/")[2:6]
            names = [
                o.name
                for o in server.orbits
                if o.name.startswith(f"{mission}_OPER_AUX_{kind}") and f"_V{year}{month}" in o.name
            ]
            links = "".join(f'<tr><td><a href="{n}.zip">{n}.zip</a></td></tr>' for n in names)
            self._text(200 if names else 404, f"<html><table>{links}</table></html>")

        def _file(self, content: bytes | None, request: Request) -> None:
            if content is None:
                self._text(404, "")
                return
            start = request.range_start
            if start is not None and server.refusal:
                self._text(server.refusal, "")
                return
            server.count(1)
            try:
                answer = server.answers["file"].pop(0) if server.answers["file"] else Answer()
                if answer.status:
                    self._text(answer.status, "", answer.headers)
                    return
                marks = {"ETag": f'"{_md5(content)}"'}
                if start is None or not server.ranges:
                    self._head(200, {**marks, "Content-Length": str(len(content))})
                else:
                    span = f"bytes {start}-{len(content) - 1}/{len(content)}"
                    length = str(len(content) - start)
                    self._head(206, {**marks, "Content-Range": span, "Content-Length": length})
                    content = content[start:]
                self._send(content, answer)
            finally:
                server.count(-1)

        def _send(self, content: bytes, answer: Answer) -> None:
            try:
                self.wfile.write(content[:1])
                server.gate.wait()
                self.wfile.write(content[1 : answer.cut])
            except OSError:
                self.close_connection = True  # the client has gone
            if answer.cut is not None:
                self.close_connection = True

        def _faulty(self, kind: str) -> bool:
            if not server.answers[kind]:
                return False
            answer = server.answers[kind].pop(0)
            self._text(answer.status, "", answer.headers)
            return True

        def _redirect(self, url: str, headers: Mapping[str, str] | None = None) -> None:
            self._head(302, {"Location": url, "Content-Length": "0", **(headers or {})})

        def _json(self, status: int, answer: object) -> None:
            self._text(status, json.dumps(answer))

        def _text(
            self, status: int, text: str, headers: Mapping[str, str | None] | None = None
        ) -> None:
            body = text.encode()
            self._head(status, {"Content-Length": str(len(body)), **(headers or {})})
            self.wfile.write(body)

        def _head(self, status: int, headers: Mapping[str, str | None]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                if value is not None:
                    self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Stay silent: `CatalogueServer.requests` has it all."""

    return Handler


def _named(orbits: Iterable[Orbit], name: str) -> bytes | None:
    return next((orbit.content for orbit in orbits if orbit.name == name), None)


def _zipped(orbits: Iterable[Orbit], name: str) -> bytes | None:
    content = _named(orbits, name.removesuffix(".zip"))
    return None if content is None else zip_one(name.removesuffix(".zip"), content)


def zip_one(name: str, content: bytes) -> bytes:
    """A zip with one file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def _md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()
