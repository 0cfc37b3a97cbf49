"""The console's edge: a request has a thread once its body is there.

So clients that send slowly hold up nobody, with and without a proxy that waits for bodies.
"""

import asyncio
from asyncio import AbstractEventLoop
from concurrent.futures import ThreadPoolExecutor

from flask import Flask
from granian.rsgi import HTTPProtocol, ProtocolClosed, Scope

from phonetree.console import MOST_BODY_BYTES
from phonetree.console.headers import ALWAYS
from phonetree.console.trying import MOST_WAITING
from phonetree.rsgi import call, complete_body, environ

BODY_SECONDS = 10.0
"""How long a form may take to arrive."""

THREADS = 2 * MOST_WAITING + 12
"""Requests that are answered at once; others wait."""

MOST_REQUESTS = 200
"""Requests that are answered or wait for a thread; beyond that a client gets 503."""

_PLAIN = ("Content-Type", "text/plain; charset=utf-8")
_CLOSE = ("Connection", "close")

_REFUSED = {
    408: "What you sent did not arrive in time, so nothing was changed. Go back, and send it again where the network "
    "is better.",
    413: f"What you sent is larger than a form can be, which is {MOST_BODY_BYTES // 1024} kB. Nothing was changed. Go "
    "back and shorten it.",
    503: "Too much is being asked of this page at once. Nothing was changed. Wait a few seconds, go back, and try "
    "again.",
}
"""What somebody reads whose request does not reach the pages."""


class Edge:
    """The console as granian runs it."""

    def __init__(self, application: Flask) -> None:
        self._application = application
        self._pool = ThreadPoolExecutor(THREADS, "console")
        self._requests = 0

    def __rsgi_del__(self, _loop: AbstractEventLoop) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def __call__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """One request. Raises nothing that a client can cause."""
        try:
            body = await complete_body(scope, protocol, MOST_BODY_BYTES, BODY_SECONDS)
        except TimeoutError:
            return _refuse(protocol, 408)
        except ProtocolClosed:
            return None  # the client has gone
        if body is None:
            return _refuse(protocol, 413)
        if self._requests >= MOST_REQUESTS:
            return _refuse(protocol, 503)
        self._requests += 1
        try:
            loop = asyncio.get_running_loop()
            answer = await loop.run_in_executor(self._pool, call, self._application, environ(scope, body))
        finally:
            self._requests -= 1
        return answer.give(protocol)


def _refuse(protocol: HTTPProtocol, status: int) -> None:
    protocol.response_str(status, [*ALWAYS.items(), _PLAIN, _CLOSE], _REFUSED[status])
