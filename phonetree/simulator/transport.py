"""How the simulated network reaches the server: over HTTP, or in the same process."""

import base64
import hmac
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha1
from typing import Protocol
from urllib.parse import urlsplit

import requests
from werkzeug.test import Client
from werkzeug.wrappers import Response

from phonetree.errors import PhonetreeError


class Unreachable(PhonetreeError):  # noqa: N818 -- the network's term
    """No answer: the server is down, refuses, or is too slow. `kind` is the network's term (`ct`, `rt`, `5xx`),
    `seconds` how long the wait was."""

    def __init__(self, kind: str, text: str, seconds: float = 0.0) -> None:
        super().__init__(text)
        self.kind = kind
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answered; the names of `headers` are in Title-Case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def _reply(status: int, headers: Iterable[tuple[str, str]], body: bytes) -> Reply:
    return Reply(status, {name.title(): value for name, value in headers}, body)


class Transport(Protocol):
    """Sends one signed POST to the server. Raises Unreachable when there is no answer within `limit` seconds."""

    def post(self, url: str, fields: Mapping[str, str], headers: Mapping[str, str], limit: float) -> Reply: ...


def sign(token: str, url: str, fields: Mapping[str, str]) -> str:
    """The signature over an address and its fields (usage/security): computed here without the provider's library."""
    text = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), sha1).digest()).decode()


@dataclass(frozen=True, slots=True)
class InProcess:
    """Calls a WSGI application directly, however long it takes: time is virtual here."""

    application: object

    def post(self, url: str, fields: Mapping[str, str], headers: Mapping[str, str], limit: float) -> Reply:  # noqa: ARG002
        parts = urlsplit(url)
        client = Client(self.application, Response, use_cookies=False)  # type: ignore[arg-type]
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        response = client.post(path, data=dict(fields), headers=dict(headers))
        return _reply(response.status_code, response.headers.items(), response.get_data())


class OverHttp:
    """Calls a running server. Redirects are left to the network, which counts them.

    `at` is where the server really listens (http://127.0.0.1:8080), if that differs from its addresses; then each
    request opens a new connection, as a caller's does.
    """

    def __init__(self, at: str = "") -> None:
        self._at = at
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy from the environment

    def listens(self) -> bool:
        """Whether anything accepts connections at the server's address."""
        there = urlsplit(self._at)
        try:
            socket.create_connection((there.hostname or "", there.port or 80), 1).close()
        except OSError:
            return False
        return True

    def post(self, url: str, fields: Mapping[str, str], headers: Mapping[str, str], limit: float) -> Reply:
        sent = dict(headers)
        if self._at:
            parts = urlsplit(url)
            url = self._at + parts._replace(scheme="", netloc="").geturl()
            sent |= {"Host": parts.netloc, "Connection": "close"}
        try:
            response = self._session.post(url, data=dict(fields), headers=sent, timeout=limit, allow_redirects=False)
        except requests.ConnectionError:
            raise Unreachable("ct", "nothing answers at this address") from None
        except requests.Timeout:
            raise Unreachable("rt", "the server takes too long", limit) from None
        return _reply(response.status_code, response.headers.items(), response.content)
