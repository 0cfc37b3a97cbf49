"""The server's edge: receives each request completely, within limits, before our code processes it.

With a thread for each request, which waits for the body, as many slow clients as threads would leave no turn answered
(`phonetree.rsgi`). Here bodies are awaited on the event loop, thousands at once. The rules:

- What cannot be genuine is refused by its headers: no signature or a malformed one, too long an address or body.
- What can never be public is refused by its path, and a public answer that is ready is given before anything is made.
- Requests that may be turns are let in one by one, each client's in turn, and verified before Flask hears of them.
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
from phonetree.config.site import Loaded
from phonetree.provider.signature import HEADER, Verifier, could_be
from phonetree.rsgi import Answer, call, complete_body, environ
from phonetree.web import context, create_app
from phonetree.web.fair import FairQueue
from phonetree.web.headers import security_headers
from phonetree.web.limits import (
    BODY_SECONDS,
    MOST_ADDRESS_BYTES,
    MOST_BODY_BYTES,
    MOST_PAGE_QUERY_CHARACTERS,
    MOST_PATH_CHARACTERS,
    MOST_WAITING_PAGES,
    MOST_WAITING_TURNS,
    RETRY_SECONDS,
    USUAL_BODY_BYTES,
)
from phonetree.web.public import is_page
from phonetree.web.ready import Ready, asked_by, keep
from phonetree.web.signed import FORM, signed_form

TURN_THREADS = 4
"""Turns that may wait for the database at the same time."""

PAGE_THREADS = 2
"""Pages and files that are rendered or sent at the same time."""

_READS = frozenset({"GET", "HEAD"})


class Edge:
    """A Flask application as granian runs it. `verifier` tells what the provider has signed, `is_public` whether a path
    may be asked for without that, `waits` whether answering it may block, `ready` what is known already; `stop` ends
    the background work."""

    def __init__(
        self,
        application: Flask,
        verifier: Verifier,
        is_public: Callable[[str], bool],
        waits: Callable[[str], bool],
        ready: Ready,
        headers: Mapping[str, str],
        stop: Callable[[], object],
    ) -> None:
        self._application = application
        self._verifier = verifier
        self._stop = stop
        self._is_public = is_public
        self._waits = waits
        self._ready = ready
        self._refusal = list(headers.items())
        self._busy = Answer(503, [*self._refusal, ("Retry-After", str(RETRY_SECONDS))], b"", None)
        self._turns = ThreadPoolExecutor(TURN_THREADS, "turns")
        self._pages = ThreadPoolExecutor(PAGE_THREADS, "pages")
        self._asking = FairQueue(MOST_WAITING_TURNS)
        self._large = asyncio.Semaphore(1)
        self._page_slots = asyncio.Semaphore(PAGE_THREADS)
        self._waiting_pages = 0

    def __rsgi_del__(self, _loop: AbstractEventLoop) -> None:
        self._stop()
        self._turns.shutdown(wait=False, cancel_futures=True)
        self._pages.shutdown(wait=False, cancel_futures=True)

    async def __call__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """One request. Raises nothing that a client can cause."""
        if _may_be_signed(scope):
            return await self._give_turn(scope, protocol)
        return await self._give_page(scope, protocol)

    async def _give_turn(self, scope: Scope, protocol: HTTPProtocol) -> None:
        try:
            body = await complete_body(scope, protocol, MOST_BODY_BYTES, BODY_SECONDS)
        except TimeoutError:
            return protocol.response_empty(408, [*self._refusal, ("Connection", "close")])
        except ProtocolClosed:
            return None  # the client has gone
        if body is None:
            return protocol.response_empty(403, self._refusal)
        if not await self._asking.next(scope.client.rpartition(":")[0]):
            return self._busy.give(protocol)
        if len(body) + len(scope.query_string) > USUAL_BODY_BYTES:
            async with self._large:
                await asyncio.sleep(0)  # requests with usual bodies come first
                answer = await self._turn(environ(scope, body), body)
        else:
            answer = await self._turn(environ(scope, body), body)
        return answer.give(protocol) if answer else await self._give_page(scope, protocol)

    async def _turn(self, environ: dict[str, Any], body: bytes) -> Answer | None:
        """The answer to a request; None when the provider has not signed it."""
        try:
            form = signed_form(self._verifier, environ, lambda: body)
        except ValueError:
            return None
        return None if form is None else await self._run(self._turns, environ | {FORM: form})

    async def _give_page(self, scope: Scope, protocol: HTTPProtocol) -> None:
        if not _is_page(scope):
            return protocol.response_empty(403, self._refusal)
        ready = self._ready.answers().get(asked_by(scope))
        if ready:
            return ready.give(protocol)
        if not self._is_public(scope.path):
            return protocol.response_empty(403, self._refusal)
        if self._waiting_pages >= MOST_WAITING_PAGES:
            return self._busy.give(protocol)
        self._waiting_pages += 1
        try:
            async with self._page_slots:  # a few at a time, so that turns come in between, however many are queued
                answer = await self._page(scope)
        finally:
            self._waiting_pages -= 1
        return answer.give(protocol)

    async def _page(self, scope: Scope) -> Answer:
        """An answer that was made meanwhile, or else a new one."""
        await asyncio.sleep(0)  # keeps the slot for one round of the loop: the pages that arrive in it are queued
        answers, asked = self._ready.answers(), asked_by(scope)
        if asked in answers:
            return answers[asked]
        answer = await self._run(self._pages, environ(scope, b"") | {FORM: None})
        if not self._waits(scope.path):
            keep(answers, asked, answer)
        return answer

    async def _run(self, pool: ThreadPoolExecutor, environ: dict[str, Any]) -> Answer:
        if not self._waits(environ["PATH_INFO"]):
            return self._answer(environ)
        return await asyncio.get_running_loop().run_in_executor(pool, self._answer, environ)

    def _answer(self, environ: dict[str, Any]) -> Answer:
        return call(self._application, environ)


def load(address: str, at_start: Loaded) -> Edge:
    """The running application for one worker that listens at an address (host and port); `at_start` as in `Sites`."""
    log.write_apart()  # turns run on the loop: none may wait for the reader of the log
    return edge(create_app(address=address, at_start=at_start))


def edge(application: Flask) -> Edge:
    """The edge in front of an application from `create_app`."""
    shared = context.of(application)
    running, pages = shared.services, shared.pages

    addresses = frozenset(rule.rule for rule in application.url_map.iter_rules() if not rule.arguments)

    def is_public(path: str) -> bool:
        return path in addresses or path.startswith("/audio/") or is_page(running.sites.current, path)

    def waits(path: str) -> bool:
        if path.startswith("/voice"):
            name = path.removeprefix("/voice").strip("/").partition("/")[0]
            return name not in ("", "status", "recording", "fallback") and running.sites.revision(name) is None
        if path == "/healthz" or path.startswith("/static/"):
            return False
        return not (is_page(running.sites.current, path) and pages.made(running.sites.current, running.now()))

    ready = Ready(lambda: (running.sites.current, running.now()))
    headers = security_headers(running.settings.public_url)
    return Edge(application, running.verifier, is_public, waits, ready, headers, running.stop)


def _is_page(scope: Scope) -> bool:
    """Whether the request may be for something public. The application refuses the rest."""
    short = _short(scope) and len(scope.query_string) <= MOST_PAGE_QUERY_CHARACTERS
    return short and scope.method in _READS and not scope.path.startswith("/voice")


def _may_be_signed(scope: Scope) -> bool:
    """Whether the request may be one that the provider has signed."""
    return could_be(scope.headers.get(HEADER.lower(), "")) and _short(scope)


def _short(scope: Scope) -> bool:
    path, query = len(scope.path), len(scope.query_string)
    return path <= MOST_PATH_CHARACTERS and path + query <= MOST_ADDRESS_BYTES
