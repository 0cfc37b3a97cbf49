"""The server's edge: receives each request completely, within limits, before our code processes it.

granian's WSGI mode gives a request a thread, which waits for the body for as long as the client likes: with as many
slow clients as threads, no turn is answered. Here (RSGI, granian's own interface) bodies are awaited on the event
loop, thousands at once, with a limit and a deadline. The rules:

- What cannot be genuine is refused by its headers: no signature or a malformed one, too long an address or body.
- A turn is a computation and runs on the loop. Whatever may block (fetching a revision, rendering a page, a file) runs
  in one of two pools, turns apart from pages, so that neither waits for the other.
- A limit has a name. Whoever exceeds it gets a bare status, and costs nothing more.

`app.py` is the same application for any other WSGI server, which then has to enforce its own limits.
"""

import asyncio
import sys
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import IO, Any

from flask import Flask
from granian.rsgi import HTTPProtocol, ProtocolClosed, Scope

from phonetree import log
from phonetree.provider.signature import HEADER, could_be
from phonetree.web import context, create_app
from phonetree.web.headers import security_headers
from phonetree.web.limits import (
    BODY_SECONDS,
    MOST_ADDRESS_BYTES,
    MOST_BODY_BYTES,
    MOST_HEADER_CHARACTERS,
    MOST_WAITING_PAGES,
    READ_FIRST,
    USUAL_BODY_BYTES,
)
from phonetree.web.public import is_page

TURN_THREADS = 4
"""Turns that may wait for the database at the same time."""

PAGE_THREADS = 2
"""Pages and files that are rendered or sent at the same time."""

_READS = frozenset({"GET", "HEAD"})

_LEFT_OUT = frozenset({"content-length", "transfer-encoding", "range"})
"""The application sees a complete body, and sends complete files."""

Headers = list[tuple[str, str]]


class Edge:
    """A Flask application as granian runs it. `waits` says whether answering a path may block;
    `stop` ends the background work."""

    def __init__(
        self,
        application: Flask,
        waits: Callable[[str], bool],
        headers: Mapping[str, str],
        stop: Callable[[], object],
    ) -> None:
        self._application = application
        self._stop = stop
        self._waits = waits
        self._refusal = list(headers.items())
        self._turns = ThreadPoolExecutor(TURN_THREADS, "turns")
        self._pages = ThreadPoolExecutor(PAGE_THREADS, "pages")
        self._large = asyncio.Semaphore(1)
        self._page_slots = asyncio.Semaphore(PAGE_THREADS)
        self._waiting_pages = 0

    def __rsgi_del__(self, _loop: AbstractEventLoop) -> None:
        self._stop()
        self._turns.shutdown(wait=False, cancel_futures=True)
        self._pages.shutdown(wait=False, cancel_futures=True)

    async def __call__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """One request. Raises nothing that a client can cause."""
        signed = _is_signed(scope)
        if not signed and not _is_page(scope):
            return protocol.response_empty(403, self._refusal)
        try:
            body = await _body(scope, protocol) if signed else b""
        except TimeoutError:
            return protocol.response_empty(408, [*self._refusal, ("Connection", "close")])
        except ProtocolClosed:
            return None  # the client has gone
        if body is None:
            return protocol.response_empty(403, self._refusal)
        large = len(body) + len(scope.query_string) > USUAL_BODY_BYTES
        answer = await self._answered(_environ(scope, body), signed=signed, large=large)
        return answer.give(protocol)

    async def _answered(self, environ: dict[str, Any], *, signed: bool, large: bool) -> "_Answer":
        if signed and large:
            async with self._large:
                await asyncio.sleep(0)  # requests with usual bodies come first
                return await self._run(self._turns, environ)
        if signed:
            return await self._run(self._turns, environ)
        if self._waiting_pages >= MOST_WAITING_PAGES:
            return _Answer(503, self._refusal, b"", None)
        self._waiting_pages += 1
        try:
            async with self._page_slots:  # a few at a time, so that turns come in between, however many are queued
                return await self._run(self._pages, environ)
        finally:
            self._waiting_pages -= 1

    async def _run(self, pool: ThreadPoolExecutor, environ: dict[str, Any]) -> "_Answer":
        if not self._waits(environ["PATH_INFO"]):
            return self._call(environ)
        return await asyncio.get_running_loop().run_in_executor(pool, self._call, environ)

    def _call(self, environ: dict[str, Any]) -> "_Answer":
        """The application's answer (PEP 3333)."""
        began: list[tuple[str, Headers]] = []

        def start_response(status: str, headers: Headers, _error: object = None) -> Callable[[bytes], object]:
            began[:] = [(status, headers)]
            return _unwritten

        pieces: Iterable[bytes] = self._application(environ, start_response)
        try:
            file = pieces.file if isinstance(pieces, _File) else None
            body = b"" if file else b"".join(pieces)
        finally:
            getattr(pieces, "close", lambda: None)()
        status, headers = began[0]
        return _Answer(int(status[:3]), headers, body, file)


def load(address: str) -> Edge:
    """The running application for one worker that listens at an address (host and port)."""
    log.write_apart()  # turns run on the loop: none may wait for the reader of the log
    return edge(create_app(address=address))


def edge(application: Flask) -> Edge:
    """The edge in front of an application from `create_app`."""
    shared = context.of(application)
    running, pages = shared.services, shared.pages

    def waits(path: str) -> bool:
        if path.startswith("/voice"):
            name = path.removeprefix("/voice").strip("/").partition("/")[0]
            return name not in ("", "status", "recording", "fallback") and running.sites.revision(name) is None
        if path == "/healthz" or path.startswith("/static/"):
            return False
        return not (is_page(running.sites.current, path) and pages.made(running.sites.current, running.now()))

    return Edge(application, waits, security_headers(running.settings.public_url), running.stop)


class _Answer:
    """An answer: bytes, or a file that the server sends itself, however slowly the client reads."""

    __slots__ = ("body", "file", "headers", "status")

    def __init__(self, status: int, headers: Headers, body: bytes, file: str | None) -> None:
        self.status, self.headers, self.body, self.file = status, headers, body, file

    def give(self, protocol: HTTPProtocol) -> None:
        if self.file:
            protocol.response_file(self.status, self.headers, self.file)
        elif self.body:
            protocol.response_bytes(self.status, self.headers, self.body)
        else:
            protocol.response_empty(self.status, self.headers)


class _File:
    """Marks a file to send (PEP 3333, `wsgi.file_wrapper`)."""

    def __init__(self, file: IO[bytes], _size: int = 0) -> None:
        self.file = str(file.name)
        self.close = file.close

    def __iter__(self) -> "_File":
        return self

    def __next__(self) -> bytes:
        raise StopIteration


def _unwritten(_piece: bytes) -> None:
    """PEP 3333 has a `write` for old applications; Flask does not use it."""


def _is_page(scope: Scope) -> bool:
    """Whether the request may be for something public. The application refuses the rest."""
    return scope.method in _READS and not scope.path.startswith("/voice") and _short(scope)


def _is_signed(scope: Scope) -> bool:
    """Whether the request may be one that the provider has signed."""
    return could_be(scope.headers.get(HEADER.lower(), "")) and _short(scope) and not _has_long_headers(scope)


def _has_long_headers(scope: Scope) -> bool:
    long = sum(len(value) for name, value in scope.headers.items() if name in READ_FIRST)
    return long > MOST_HEADER_CHARACTERS


def _short(scope: Scope) -> bool:
    return len(scope.path) + len(scope.query_string) <= MOST_ADDRESS_BYTES


async def _body(scope: Scope, protocol: HTTPProtocol) -> bytes | None:
    """The whole body; None when it is too large. Raises TimeoutError when it is too slow."""
    chunked = "transfer-encoding" in scope.headers
    length = scope.headers.get("content-length", "0")
    if not length.isdigit() or len(length) > 9 or int(length) > MOST_BODY_BYTES:
        return None
    async with asyncio.timeout(BODY_SECONDS):
        return await (_pieces(protocol) if chunked else protocol())  # chunks have to be awaited one by one


async def _pieces(protocol: HTTPProtocol) -> bytes | None:
    """A body without a length; None when it is too large."""
    body = b""
    async for piece in protocol:
        body += piece
        if len(body) > MOST_BODY_BYTES:
            return None
    return body


def _environ(scope: Scope, body: bytes) -> dict[str, Any]:
    """The request in WSGI form (PEP 3333)."""
    host, _, port = scope.server.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "REMOTE_ADDR": scope.client.rpartition(":")[0],
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": _File,
    }
    for name, value in scope.headers.items():
        if "_" in name or name in _LEFT_OUT:
            continue  # an underscore could pose as a hyphen
        key = f"HTTP_{name.upper().replace('-', '_')}"
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE", "")
    environ["CONTENT_LENGTH"] = str(len(body))
    return environ
