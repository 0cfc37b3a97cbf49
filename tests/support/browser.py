"""A real browser in front of the public page. Nothing that it asks for leaves this machine."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Playwright

from tests.support.chromium import CHROMIUM, WHOLE
from tests.support.programs import certificate, free_port
from tests.support.server import Server
from tests.support.serving import served, serving

ELSEWHERE = "Weather"
"""What stands on the page that Quick Exit leads to, and on every other site."""


NOWHERE = "https://nowhere.example/"
"""A site that has nothing to show, so that a browser stays where it is (RFC 9110, 15.3.5)."""


_BODY = f"<!doctype html><title>{ELSEWHERE}</title><h1>{ELSEWHERE}</h1>".encode()


class _Elsewhere(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.headers["Host"] in NOWHERE:
            self.send_response(204)
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(_BODY)))
        self.end_headers()
        self.wfile.write(_BODY)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- as the library calls it
        pass


@dataclass
class Sites:
    """The helpline's page at `url`, and every https site there is: all the same page."""

    server: Server
    url: str
    https_port: int

    @property
    def arguments(self) -> list[str]:
        """How a browser finds them, and nothing else."""
        rules = f"MAP *:443 127.0.0.1:{self.https_port}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
        return ["--no-sandbox", f"--host-resolver-rules={rules}", "--ignore-certificate-errors"]


@contextmanager
def sites(config: Path, folder: Path) -> Iterator[Sites]:
    """Both kinds of sites, on this machine."""
    port = free_port()
    server = Server(config, public_url=f"http://127.0.0.1:{port}")
    elsewhere = ThreadingHTTPServer(("127.0.0.1", 0), _Elsewhere)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(folder), folder / "privkey.pem")
    elsewhere.socket = context.wrap_socket(elsewhere.socket, server_side=True, do_handshake_on_connect=False)
    with served(server.app, port) as ours, serving(elsewhere):
        yield Sites(server, ours, elsewhere.server_port)


def launch(playwright: Playwright, found: Sites, chromium: str | None = CHROMIUM) -> Browser:
    """The system's Chromium. The whole one has the pages that it keeps for Back, as people have them."""
    return playwright.chromium.launch(
        executable_path=chromium, args=found.arguments, ignore_default_args=["--disable-back-forward-cache"]
    )


def restorable(playwright: Playwright, found: Sites, profile: Path, *more: str) -> BrowserContext:
    """A Chromium with a profile of its own, whose tabs can be restored after it is closed."""
    return playwright.chromium.launch_persistent_context(profile, executable_path=WHOLE, args=[*found.arguments, *more])
