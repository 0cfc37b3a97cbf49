"""Nobody can silence the line: whatever clients do to the server's socket, signed turns are answered."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from shutil import copytree

import pytest
import requests

from phonetree.simulator.transport import sign
from phonetree.web.limits import BODY_SECONDS, HEADER_SECONDS, MOST_BODY_BYTES, MOST_FIELDS
from tests.support.attacks import FIELDS, SHAPED, STALLS, Target, everything, form, head, stalled, worst
from tests.support.lines import VPR
from tests.support.programs import TOKEN, answers, environ, free_port, start, stop, until

pytestmark = pytest.mark.slow

MANY = 64
SOON_SECONDS = 3.0
"""An answer after this long is a failure of the server, however busy the machine of the test is."""


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """One server, with one worker."""
    folder = tmp_path_factory.mktemp("attacked")
    copytree(VPR, folder / "config")
    (folder / "config" / "audio").mkdir()
    (folder / "config" / "audio" / "hello.mp3").write_bytes(bytes(range(256)) * 4096)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    server = start(folder, port, environ(url))
    yield Target(url)
    assert stop(server) == 0, (folder / "log").read_text()
    assert '"error"' not in (folder / "log").read_text()


@pytest.mark.parametrize("kind", STALLS)
def test_turns_are_answered_while_clients_stall(target: Target, kind: str) -> None:
    with stalled(target, STALLS[kind], MANY):
        assert worst(target.turn) < SOON_SECONDS
        assert requests.get(f"{target.url}/healthz", timeout=SOON_SECONDS).ok


def test_clients_that_stall_are_let_go(target: Target) -> None:
    with ExitStack() as stack:
        lines = {kind: stack.enter_context(stalled(target, sent, 3)) for kind, sent in STALLS.items()}
        began = time.monotonic()
        for kind, each in lines.items():
            for line in each:
                assert b"200 OK" not in everything(line) or kind == "a page with a body"
        assert time.monotonic() - began < max(BODY_SECONDS, HEADER_SECONDS) + SOON_SECONDS


def test_a_body_that_trickles_is_cut_off(target: Target) -> None:
    with target.connect() as line:
        line.sendall(head(Content_Length=10_000, X_Twilio_Signature=SHAPED))
        line.settimeout(0.1)
        began, answer = time.monotonic(), b""
        while not answer and time.monotonic() - began < BODY_SECONDS + SOON_SECONDS:
            with suppress(OSError):
                line.sendall(b"a")
                answer = line.recv(1000)
        assert answer.startswith(b"HTTP/1.1 408")


def test_what_cannot_be_genuine_is_refused_before_its_body_is_there(target: Target) -> None:
    large = str(MOST_BODY_BYTES + 1)
    for sent in (
        head(Content_Length=1000),
        head(Content_Length=1000, X_Twilio_Signature="x"),
        head(Content_Length=large, X_Twilio_Signature=SHAPED),
        head(Content_Length="9" * 30, X_Twilio_Signature=SHAPED),
        head(Content_Length=10, X_Twilio_Signature=SHAPED, path="/voice?" + "a" * 9000),
    ):
        began = time.monotonic()
        answer = target.ask(sent)
        assert answer.split(b"\r\n")[0].split()[1] in (b"403", b"400"), answer
        assert time.monotonic() - began < SOON_SECONDS


def test_a_chunked_body_has_the_same_limit(target: Target) -> None:
    piece = b"1000\r\n" + b"a" * 4096 + b"\r\n"
    sent = head(Transfer_Encoding="chunked", X_Twilio_Signature=SHAPED, Connection="close") + piece * 5 + b"0\r\n\r\n"
    assert target.ask(sent).startswith(b"HTTP/1.1 403")


def test_forms_of_thousands_of_fields_cost_nothing(target: Target) -> None:
    fields = {f"f{number}": "" for number in range(MOST_FIELDS + 1)}
    signed = sign(TOKEN, f"{target.url}/voice", fields)
    assert target.ask(form(fields, signature=signed)).startswith(b"HTTP/1.1 403"), "signed, but no request of theirs"
    huge = form({f"f{number}": "" for number in range(2000)}, signature=SHAPED)
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(target.ask, huge) for _ in range(200)]
        assert worst(target.turn, 10) < SOON_SECONDS
        assert {each.result()[:12] for each in asked} == {b"HTTP/1.1 403"}


def test_as_many_fields_as_the_provider_ever_sends_are_taken(target: Target) -> None:
    fields = FIELDS | {f"Parameter{number}": "x" * 40 for number in range(MOST_FIELDS - len(FIELDS))}
    signed = sign(TOKEN, f"{target.url}/voice", fields)
    assert target.ask(form(fields, signature=signed)).startswith(b"HTTP/1.1 200")


def test_a_signed_turn_comes_through_in_pieces(target: Target) -> None:
    sent = form(FIELDS, signature=sign(TOKEN, f"{target.url}/voice", FIELDS))
    with target.connect() as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in range(0, len(sent), 40):
            line.sendall(sent[byte : byte + 40])
        assert everything(line).startswith(b"HTTP/1.1 200")


def test_chunked_is_as_good_as_whole(target: Target) -> None:
    whole = form(FIELDS).partition(b"\r\n\r\n")[2]
    signed = sign(TOKEN, f"{target.url}/voice", FIELDS)
    kind = "application/x-www-form-urlencoded"
    sent = head(Transfer_Encoding="chunked", X_Twilio_Signature=signed, Content_Type=kind, Connection="close")
    assert target.ask(sent + b"%x\r\n%b\r\n0\r\n\r\n" % (len(whole), whole)).startswith(b"HTTP/1.1 200")


@pytest.mark.long
def test_many_who_read_the_page_leave_turns_alone(target: Target) -> None:
    over = False

    def read() -> int:
        pages = 0
        with requests.Session() as session:
            while not over:
                assert session.get(f"{target.url}/?language=es", timeout=30).status_code in (200, 503)
                pages += 1
        return pages

    with ThreadPoolExecutor(MANY) as pool:
        readers = [pool.submit(read) for _ in range(MANY)]
        try:
            slowest = worst(target.turn)
        finally:
            over = True
        assert sum(reader.result() for reader in readers) > 0
    assert slowest < SOON_SECONDS


def test_clients_that_do_not_read_what_they_asked_for_hold_nobody_up(target: Target) -> None:
    with ExitStack() as stack:
        for path in ("/audio/hello.mp3", "/", "/metrics"):
            for _ in range(20):
                line = stack.enter_context(target.connect())
                line.sendall(head("GET", path))
        assert worst(target.turn) < SOON_SECONDS


def test_a_file_goes_out_whole(target: Target) -> None:
    for headers in ({}, {"Range": "bytes=5-9"}):
        answer = requests.get(f"{target.url}/audio/hello.mp3", headers=headers, timeout=5)
        assert answer.content == bytes(range(256)) * 4096
        assert answer.headers["Content-Type"] == "audio/mpeg"
    assert requests.head(f"{target.url}/audio/hello.mp3", timeout=5).content == b""


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PURGE"])
@pytest.mark.parametrize(
    "path",
    ["/voice", "/voice/", "//voice", "/voice//x", "/voice/a/b/c/ask", "/voice/%0a", "/voice%0a/x", "/voice/../x",
     "/voice/fallback", "/voice/status", "/voice/recording", "/VOICE", "/x", "/voice%2Fx", "*", "/%2e%2e/voice"],
)  # fmt: skip
def test_what_is_not_signed_gets_403_and_nothing_else(target: Target, method: str, path: str) -> None:
    for headers in ({}, {"X_Twilio_Signature": SHAPED}):
        answer = target.ask(head(method, path, Content_Length=0, Connection="close", **headers))
        assert answer.startswith(b"HTTP/1.1 403"), answer
        assert answer.endswith(b"\r\n\r\n"), "no body"
        assert b"\r\nx-content-type-options: nosniff\r\n" in answer.lower()


def test_pages_take_no_other_method(target: Target) -> None:
    for path in ("/", "/en", "/status.json", "/static/page.css", "/healthz", "/readyz", "/metrics", "/audio/hello.mp3"):
        for method in ("POST", "OPTIONS", "DELETE", "TRACE"):
            sent = head(method, path, Content_Length=0, Connection="close")
            assert target.ask(sent).startswith(b"HTTP/1.1 403"), (method, path)


def test_a_header_with_an_underscore_poses_as_no_other(target: Target) -> None:
    whole = form(FIELDS, signature=sign(TOKEN, f"{target.url}/voice", FIELDS))
    assert target.ask(whole).startswith(b"HTTP/1.1 200")
    assert target.ask(whole.replace(b"X-Twilio-Signature", b"X_Twilio_Signature")).startswith(b"HTTP/1.1 403")


def test_two_signatures_are_none(target: Target) -> None:
    whole = form(FIELDS, signature=sign(TOKEN, f"{target.url}/voice", FIELDS))
    twice = whole.replace(b"Connection:", b"X-Twilio-Signature: %b\r\nConnection:" % SHAPED.encode())
    assert twice.count(b"X-Twilio-Signature") == 2
    assert target.ask(twice).startswith((b"HTTP/1.1 403", b"HTTP/1.1 200"))


@pytest.mark.long
def test_a_database_that_never_answers_holds_up_those_alone_who_need_it(tmp_path: Path) -> None:
    """A call of an unknown revision is looked up for a second at most, and no other call waits for that."""
    copytree(VPR, tmp_path / "config")
    with socket.create_server(("127.0.0.1", 0), backlog=128) as hole:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        database = f"postgresql://nobody@127.0.0.1:{hole.getsockname()[1]}/none"
        server = start(tmp_path, port, environ(url, DATABASE_URL=database))
        try:
            target = Target(url)
            paths = [f"/voice/{number:012x}/en/welcome/ask" for number in range(8)]
            with ThreadPoolExecutor(8) as pool:
                lost = [pool.submit(target.ask, form(FIELDS, path, sign(TOKEN, url + path, FIELDS))) for path in paths]
                assert worst(target.turn) < SOON_SECONDS
                assert all(b"I lost my place" in each.result() for each in lost)
        finally:
            stop(server)


def test_the_servers_own_call_goes_through_its_socket(tmp_path: Path) -> None:
    """The first one waits until the server listens, so that no start is told as a failure."""
    copytree(VPR, tmp_path / "config")
    port = free_port()
    url = "https://tree.example.org"
    server = start(tmp_path, port, environ(url))
    try:
        until(lambda: "phonetree_canary_ok" in requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text)
        assert "phonetree_canary_ok 1.0" in requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
        assert "canary" not in (tmp_path / "log").read_text()
    finally:
        stop(server)


def test_a_log_that_nobody_takes_holds_up_no_turn(tmp_path: Path) -> None:
    """Each failed turn writes a line; the pipe it goes to is full."""
    copytree(VPR, tmp_path / "config")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    taken, written = os.pipe()
    command = [sys.executable, "-m", "phonetree", "serve", "--port", str(port)]
    server = subprocess.Popen(command, cwd=tmp_path, env=environ(url), stderr=written)  # noqa: S603
    try:
        until(lambda: answers(url))
        os.set_blocking(written, False)
        with suppress(BlockingIOError):
            while True:
                os.write(written, b"x" * 4096)
        os.set_blocking(written, True)
        target, path = Target(url), "/voice/fallback"
        for _ in range(20):
            assert target.ask(form(FIELDS, path, sign(TOKEN, url + path, FIELDS))).startswith(b"HTTP/1.1 200")
        assert worst(target.turn, 5) < SOON_SECONDS
    finally:
        server.terminate()
        os.close(written)
        os.close(taken)
        assert server.wait(30) == 0


@pytest.mark.long
@pytest.mark.parametrize("header", ["Content-Type", "Host"])
def test_headers_that_take_long_to_read_are_refused_unread(target: Target, header: str) -> None:
    """A forged request may cost what a genuine one does, and no more: as many as there are connections queue up."""
    usual = {"Content-Type": "application/x-www-form-urlencoded", "Host": "tree.example.org"}
    long = usual | {header: usual[header] + ';a="x"' * 4500}
    lines = [
        *(f"{name}: {value}" for name, value in long.items()),
        f"X-Twilio-Signature: {SHAPED}",
        "Content-Length: 3",
    ]
    sent = ("POST /voice HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\na=b").encode()

    def flood() -> None:
        with target.connect() as line, suppress(OSError):
            for _ in range(40):
                line.sendall(sent)
                assert line.recv(4096).startswith(b"HTTP/1.1 4")

    with ThreadPoolExecutor(MANY) as pool:
        flooding = [pool.submit(flood) for _ in range(MANY)]
        assert worst(target.turn) < SOON_SECONDS
        for each in flooding:
            each.result()
