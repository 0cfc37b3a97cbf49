"""Clients that mean no good, and the callers who must be answered meanwhile."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import requests

from phonetree.simulator.transport import sign
from tests.support.programs import TOKEN

FIELDS = {"CallSid": "CA" + "0" * 32, "From": "+16175550123", "CallStatus": "ringing"}
ELSEWHERE = "127.0.0.2"
"""Where attackers come from: another address than the provider's, as a proxy sees it."""

SHAPED = sign("another token", "https://tree.example.org/voice", {})
"""A signature that only a look at the whole body can refuse."""


@dataclass(frozen=True, slots=True)
class Target:
    """A server under attack: its address, and for https what to trust."""

    url: str
    trusted: Path | None = None

    def turn(self, seconds: float = 4.0) -> float:
        """Seconds that a signed turn took, over a connection of its own. Fails when it is not answered in time."""
        headers = {"X-Twilio-Signature": sign(TOKEN, f"{self.url}/voice", FIELDS), "Connection": "close"}
        verify = str(self.trusted) if self.trusted else True
        began = time.perf_counter()
        answer = requests.post(f"{self.url}/voice", data=FIELDS, headers=headers, timeout=seconds, verify=verify)
        assert answer.status_code == 200
        assert b"<Gather" in answer.content
        return time.perf_counter() - began

    def connect(self) -> socket.socket:
        """A connection of one's own."""
        parts = urlsplit(self.url)
        assert parts.hostname
        assert parts.port
        line = socket.create_connection((parts.hostname, parts.port), timeout=10, source_address=(ELSEWHERE, 0))
        if not self.trusted:
            return line
        return ssl.create_default_context(cafile=self.trusted).wrap_socket(line, server_hostname=parts.hostname)

    def ask(self, data: bytes) -> bytes:
        """Everything that comes back until the server ends the connection."""
        with self.connect() as line:
            self.send(line, data)
            return everything(line)

    def send(self, line: socket.socket, data: bytes) -> None:
        """Sends a request, or a part of one, to this server by its name: a proxy answers for no other."""
        line.sendall(self.addressed(data))

    def addressed(self, data: bytes) -> bytes:
        """A request with this server's name in it."""
        return data.replace(b"Host: tree.example.org", b"Host: " + urlsplit(self.url).netloc.encode())


def everything(line: socket.socket) -> bytes:
    """What comes until the other side ends; it has ten seconds for each piece."""
    found = b""
    while piece := line.recv(65536):
        found += piece
    return found


def head(method: str = "POST", path: str = "/voice", **headers: object) -> bytes:
    """The first lines of a request."""
    named = {"Host": "tree.example.org", **{name.replace("_", "-"): value for name, value in headers.items()}}
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode()


def form(fields: dict[str, str], path: str = "/voice", signature: str = "") -> bytes:
    """A whole request with a form."""
    body = urlencode(fields).encode()
    given = {"X_Twilio_Signature": signature} if signature else {}
    kind = "application/x-www-form-urlencoded"
    return head(path=path, Content_Type=kind, Content_Length=len(body), Connection="close", **given) + body


STALLS: dict[str, bytes] = {
    "unsigned": head(Content_Length=1000) + b"a",
    "shaped": head(Content_Length=1000, X_Twilio_Signature=SHAPED) + b"a",
    "chunked": head(Transfer_Encoding="chunked", X_Twilio_Signature=SHAPED) + b"1\r\na\r\n",
    "expecting": head(Content_Length=1000, X_Twilio_Signature=SHAPED, Expect="100-continue"),
    "half a header": b"POST /voice HTTP/1.1\r\nHost: tree",
    "nothing": b"",
    "a page with a body": head("GET", "/", Content_Length=1000) + b"a",
}
"""What a client sends before it says nothing more."""


@contextmanager
def stalled(target: Target, sent: bytes, number: int) -> Iterator[list[socket.socket]]:
    """So many connections that have sent something, and wait."""
    with ExitStack() as stack:
        lines = [stack.enter_context(target.connect()) for _ in range(number)]
        for line in lines:
            target.send(line, sent)
        yield lines


def worst(turn: Callable[[], float], number: int = 20) -> float:
    """Seconds of the slowest of some turns, one after the other."""
    return max(turn() for _ in range(number))
