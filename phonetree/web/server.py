"""The server's edge: receives each request completely, within limits, before our code processes it.

With a thread for each request, which waits for the body, as many slow clients as threads would leave no turn answered
(`phonetree.rsgi`). Here bodies are awaited on the event loop, thousands at once. The rules:

- What cannot be genuine is refused by its headers: no signature or a malformed one, too long an address or body.
- A turn is a computation and runs on the loop. Whatever may block (fetching a revision, rendering a page, a file) runs
  in one of two pools, turns apart from pages, so that neither waits for the other.
- A limit has a name. Whoever exceeds it gets a bare status, and costs nothing more.

`app.py` is the same application for any other WSGI server, which then has to enforce its own limits.
"""

import asyncio
from asyncio import AbstractEventLoop
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask
from granian.rsgi import HTTPProtocol, ProtocolClosed, Scope

from phonetree import log
from phonetree.provider.signature import HEADER, could_be
from phonetree.rsgi import Answer, call, complete_body, environ
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
            body = await complete_body(scope, protocol, MOST_BODY_BYTES, BODY_SECONDS) if signed else b""
        except TimeoutError:
            return protocol.response_empty(408, [*self._refusal, ("Connection", "close")])
        except ProtocolClosed:
            return None  # the client has gone
        if body is None:
            return protocol.response_empty(403, self._refusal)
        large = len(body) + len(scope.query_string) > USUAL_BODY_BYTES
        answer = await self._answered(environ(scope, body), signed=signed, large=large)
        return answer.give(protocol)

    async def _answered(self, environ: dict[str, Any], *, signed: bool, large: bool) -> Answer:
        if signed and large:
            async with self._large:
                await asyncio.sleep(0)  # requests with usual bodies come first
                return await self._run(self._turns, environ)
        if signed:
            return await self._run(self._turns, environ)
        if self._waiting_pages >= MOST_WAITING_PAGES:
            return Answer(503, self._refusal, b"", None)
        self._waiting_pages += 1
        try:
            async with self._page_slots:  # a few at a time, so that turns come in between, however many are queued
                return await self._run(self._pages, environ)
        finally:
            self._waiting_pages -= 1

    async def _run(self, pool: ThreadPoolExecutor, environ: dict[str, Any]) -> Answer:
        if not self._waits(environ["PATH_INFO"]):
            return self._answer(environ)
        return await asyncio.get_running_loop().run_in_executor(pool, self._answer, environ)

    def _answer(self, environ: dict[str, Any]) -> Answer:
        return call(self._application, environ)


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
