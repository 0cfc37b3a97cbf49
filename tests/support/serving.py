"""Applications served on this machine while a test lasts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socketserver import BaseServer
from threading import Thread
from typing import Any

from werkzeug.serving import make_server

from phonetree.simulator.provider import _Quiet

POLL_SECONDS = 0.01
"""How soon a server ends that is told to; by default half a second passes."""


@contextmanager
def serving(server: BaseServer) -> Iterator[None]:
    """A server runs in the background until the end of the block."""
    Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def served(application: Callable[..., Any], port: int = 0, secret: tuple[str, str] | None = None) -> Iterator[str]:
    """The address of a WSGI application, which is served until the end of the block; over https with the files of a
    certificate and its key."""
    server = make_server(
        "127.0.0.1", port, application, threaded=True, request_handler=_Quiet, ssl_context=secret
    )  # fmt: skip
    with serving(server):
        yield f"{'https' if secret else 'http'}://127.0.0.1:{server.server_port}"
