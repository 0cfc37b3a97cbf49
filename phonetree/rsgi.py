"""A WSGI application behind granian's own interface (RSGI).

granian's WSGI mode gives a request a thread, which waits for the body for as long as the client likes. Here bodies are
awaited on the event loop, with a limit and a deadline, and the application gets a thread for a complete request.
"""

import asyncio
import sys
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import IO, Any

from flask import Flask
from granian.rsgi import HTTPProtocol, Scope

Headers = list[tuple[str, str]]

_LEFT_OUT = frozenset({"content-length", "transfer-encoding", "range"})
"""The application sees a complete body, and sends complete files."""


class Answer:
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


async def complete_body(scope: Scope, protocol: HTTPProtocol, most: int, seconds: float) -> bytes | None:
    """The whole body; None when it has more than `most` bytes. Raises TimeoutError when it takes longer than `seconds`,
    and ProtocolClosed when the client has gone."""
    chunked = "transfer-encoding" in scope.headers
    length = scope.headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()) or len(length) > 9 or int(length) > most:
        return None
    async with asyncio.timeout(seconds):
        return await (_pieces(protocol, most) if chunked else protocol())  # chunks have to be awaited one by one


async def _pieces(protocol: HTTPProtocol, most: int) -> bytes | None:
    """A body without a length; None when it is too large."""
    body = b""
    async for piece in protocol:
        body += piece
        if len(body) > most:
            return None
    return body


def environ(scope: Scope, body: bytes) -> dict[str, Any]:
    """The request in WSGI form (PEP 3333)."""
    host, _, port = scope.server.rpartition(":")
    found: dict[str, Any] = {
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
        found[key] = f"{found[key]},{value}" if key in found else value
    found["CONTENT_TYPE"] = found.pop("HTTP_CONTENT_TYPE", "")
    found["CONTENT_LENGTH"] = str(len(body))
    return found


def call(application: Flask, environ: dict[str, Any]) -> Answer:
    """The application's answer (PEP 3333)."""
    began: list[tuple[str, Headers]] = []

    def start_response(status: str, headers: Headers, _error: object = None) -> Callable[[bytes], object]:
        began[:] = [(status, headers)]
        return _unwritten

    pieces: Iterable[bytes] = application(environ, start_response)
    try:
        file = pieces.file if isinstance(pieces, _File) else None
        body = b"" if file else b"".join(pieces)
    finally:
        getattr(pieces, "close", lambda: None)()
    status, headers = began[0]
    return Answer(int(status[:3]), headers, body, file)


def _unwritten(_piece: bytes) -> None:
    """PEP 3333 has a `write` for old applications; Flask does not use it."""
