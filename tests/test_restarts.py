"""Restarts under load: no turn goes unanswered. `python -m bench.restarts` does it two hundred times."""

import signal
import socket
import time
from pathlib import Path
from shutil import copytree
from urllib.parse import urlencode

import pytest

from phonetree.simulator.transport import sign
from tests.support.programs import PROXIES, ROOT, SECONDS, TOKEN, environ, free_port, missing, start
from tests.support.restarting import WAYS, restarted


@pytest.mark.parametrize("way", WAYS)
def test_no_turn_goes_unanswered_while_servers_are_restarted(way: str, tmp_path: Path) -> None:
    if way in PROXIES and (what := missing(way)):
        pytest.skip(what)
    found = restarted(way, 2, tmp_path, pause=0.02)
    assert found["unanswered"] == 0
    assert found["answered at attempt 1"] > 50


def test_a_turn_that_is_under_way_is_answered_before_the_server_ends(tmp_path: Path) -> None:
    copytree(ROOT / "config", tmp_path / "config")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    server = start(tmp_path, port, environ(url))
    fields = {"CallSid": "CA" + "0" * 32, "From": "+16175550123"}
    body = urlencode(fields).encode()
    head = (
        f"POST /voice HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\nX-Twilio-Signature: {sign(TOKEN, f'{url}/voice', fields)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(head.encode() + body[:5])
        time.sleep(0.3)
        server.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", port)).close()
        line.sendall(body[5:])
        assert line.recv(100).startswith(b"HTTP/1.1 200 OK")
    assert server.wait(SECONDS) == 0
