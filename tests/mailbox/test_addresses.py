"""Where reminders go: a fixed request to a server on the public internet, or to one that the operator named."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Event

import pytest
from werkzeug.wrappers import Request, Response

from phonetree.errors import EditError
from phonetree.mailbox import addresses
from phonetree.mailbox.addresses import address_of, deliver, public, usable
from phonetree.mailbox.notices import channels
from tests.support.programs import certificate
from tests.support.serving import served, serving

SAID = "First advocate: the next shift is soon."


@dataclass
class Target:
    """A server that writes down what it is asked, and may send elsewhere."""

    asked: list[tuple[str, str, dict[str, str], str]] = field(default_factory=list)
    status: int = 200
    elsewhere: str = ""

    def __call__(self, environ, start_response):  # type: ignore[no-untyped-def]
        request = Request(environ)
        kept = {name: value for name, value in request.headers.items() if name in ("Title", "X-Gotify-Key")}
        self.asked.append((request.method, request.full_path.rstrip("?"), kept, request.get_data(as_text=True)))
        headers = {"Location": self.elsewhere} if self.elsewhere else {}
        return Response(status=self.status, headers=headers)(environ, start_response)


@pytest.fixture
def target() -> Target:
    return Target()


@pytest.fixture
def here(target: Target) -> Iterator[str]:
    """The target's host and port, on this machine."""
    with served(target) as url:
        yield url.removeprefix("http://")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense-with-a-secret",
        "syslog://",
        "json://example.org/x?method=DELETE&+Authorization=secret",
        "ntfys://push.example.org/x?click=http://10.0.0.1",
        "ntfys://push.example.org/x#secret",
        "ntfys://push.example.org/x,syslog://",
        "ntfys://push.example.org/x ntfys://push.example.org/y",
        "ntfys://push.example.org/x\nntfys://push.example.org/y",
        "ntfys://user:secret@push.example.org/x",
        "ntfys://push.example.org/a/b",
        "ntfys://push.example.org:99999999/x",
        "ntfys://[::1]/x",
        "ntfys://push.example.org\\@10.0.0.1/x",
        "ntfys://push.example.org/x%0d%0a",
        "ntfys://push.example.org/\u0661",
        "gotifys://push.example.org",
        "pover://user@token@10.0.0.1",
        "a@example.org,b@example.org",
        "a@example.org?cc=b@example.org",
        "mailto://user:secret@example.org",
        "ntfys://" + "x" * 500 + "/x",
    ],
)
def test_what_is_no_single_address_of_a_known_way_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(EditError) as error:
        usable(text, channels("mailto://me:pw@example.org"))
    assert list(error.value.problems) == ["address"]
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        " ntfy://topic-of-ada\n",
        "ntfys://push.example.org/x",
        "gotifys://push.example.org/A.token",
        "pover://user@token",
        "ada@example.org",
        "mailto://ada@example.org",
    ],
)
def test_an_address_is_kept_as_it_is_without_spaces_around_it(text: str) -> None:
    assert usable(text, channels("mailto://me:pw@example.org")) == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "ntfy://push.example.org/x",
        "ntfys://push.example.org:8443/x",
        "ntfys://127.0.0.1/x",
        "gotifys://169.254.169.254/x",
        "gotifys://localhost/x",
        "ntfys://push.internal/x",
        "ntfys://2130706433/x",
    ],
)
def test_a_server_inside_the_network_is_taken_only_if_the_operator_named_it(text: str) -> None:
    for ours in ((), channels("mailto://me:pw@example.org"), channels("ntfys://other.example.org/x")):
        with pytest.raises(EditError, match="only be used if PHONETREE_NOTIFY names it"):
            usable(text, ours)
    assert usable(text, channels(text)) == text


def test_a_topic_of_the_operators_names_no_server() -> None:
    with pytest.raises(EditError):
        usable("ntfy://redis/x", channels("ntfy://redis"))


def test_e_mail_needs_a_mail_server_of_the_operators() -> None:
    with pytest.raises(EditError, match="sends no e-mail"):
        usable("ada@example.org", channels("ntfys://push.example.org/x"))


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",  # noqa: S104
        "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1", "ff02::1",
        "::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "2001:0:a00:1::", "nonsense",
    ],
)  # fmt: skip
def test_addresses_inside_a_network_are_not_public(text: str) -> None:
    assert not public(text)


@pytest.mark.parametrize("text", ["18.9.22.69", "2606:4700::1", "::ffff:18.9.22.69"])
def test_others_are(text: str) -> None:
    assert public(text)


def test_a_server_that_the_operator_named_gets_one_fixed_request(target: Target, here: str) -> None:
    ours = channels(f"ntfy://{here}/staff gotify://{here}/staff")
    assert deliver(SAID, address_of(f"ntfy://{here}/ada"), ours)
    assert deliver(SAID, address_of(f"gotify://{here}/A.token"), ours)
    form = "title=Helpline&message=First+advocate%3A+the+next+shift+is+soon."
    assert target.asked == [
        ("POST", "/ada", {"Title": "Helpline"}, SAID),
        ("POST", "/message", {"X-Gotify-Key": "A.token"}, form),
    ]


@pytest.mark.parametrize("ours", ["", "json://{here}/x", "ntfy://127.0.0.1:9/x", "gotify://{here}/x"])
def test_one_that_the_operator_did_not_name_gets_nothing(target: Target, here: str, ours: str) -> None:
    assert not deliver(SAID, address_of(f"ntfy://{here}/ada"), channels(ours.format(here=here)))
    assert target.asked == []


@pytest.mark.parametrize("found", ["127.0.0.1", "::ffff:127.0.0.1"])
def test_a_name_that_leads_into_the_network_when_something_is_sent_is_not_followed(
    found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a name leads to is looked at in the same step as it is connected to."""
    family = socket.AF_INET6 if ":" in found else socket.AF_INET
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(family, 1, 6, "", (found, 443))])
    made: list[object] = []
    monkeypatch.setattr(socket, "socket", lambda *given: made.append(given))
    assert not deliver(SAID, address_of("ntfys://push.example.org/ada"), ())
    assert made == []


def test_a_redirect_is_not_followed(target: Target, here: str) -> None:
    inside = Target()
    with served(inside) as url:
        target.status, target.elsewhere = 307, f"{url}/_cluster/settings"
        assert not deliver(SAID, address_of(f"ntfy://{here}/ada"), channels(f"ntfy://{here}/staff"))
    assert len(target.asked) == 1
    assert inside.asked == []


def test_a_certificate_has_to_be_good(target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chain = certificate(tmp_path)
    with served(target, secret=(str(chain), str(tmp_path / "privkey.pem"))) as url:
        to = f"ntfys://localhost:{url.rpartition(':')[2]}/ada"
        assert not deliver(SAID, address_of(to), channels(to))
        assert target.asked == []
        monkeypatch.setenv("SSL_CERT_FILE", str(chain))
        assert deliver(SAID, address_of(to), channels(to))


def test_a_server_that_never_finishes_its_answer_keeps_nothing_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "SECONDS", 0.5)
    with _slow_server() as (port, over):
        to = f"ntfy://127.0.0.1:{port}/ada"
        assert not deliver(SAID, address_of(to), channels(to))
        assert over.wait(5)


@contextmanager
def _slow_server() -> Iterator[tuple[int, Event]]:
    """A server that sends a byte of its answer now and then, and sets the event when it cannot any more."""
    over, ends = Event(), Event()

    class Slow(StreamRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                self.request.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                while not ends.wait(0.05):
                    self.request.sendall(b"x")
            over.set()

    server = ThreadingTCPServer(("127.0.0.1", 0), Slow)
    with serving(server):
        yield server.server_address[1], over
        ends.set()


def test_e_mail_goes_through_the_operators_server_to_nobody_else() -> None:
    with _mail_server() as (port, letters):
        more = "from=line@example.org&to=staff@example.org&cc=boss@example.org&bcc=log@example.org"
        ours = channels(f"mailto://127.0.0.1:{port}?smtp=127.0.0.1&mode=insecure&{more}")
        assert deliver(SAID, address_of("ada@example.org"), ours)
    ((to, text),) = letters
    assert to == ["ada@example.org"]
    assert SAID in text
    assert not [who for who in ("staff", "boss", "log") if f"{who}@example.org" in text]


@contextmanager
def _mail_server() -> Iterator[tuple[int, list[tuple[list[str], str]]]]:
    """A mail server, and what was delivered there: to whom, and the text."""
    letters: list[tuple[list[str], str]] = []

    class Session(StreamRequestHandler):
        def handle(self) -> None:
            to: list[str] = []
            self.wfile.write(b"220 here\r\n")
            for line in iter(self.rfile.readline, b""):
                word = line.strip().upper()
                if word.startswith(b"RCPT TO:"):
                    to.append(line.decode().partition("<")[2].partition(">")[0])
                if word == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    text = b"".join(iter(self.rfile.readline, b".\r\n"))
                    letters.append((to, text.decode()))
                self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")

    server = ThreadingTCPServer(("127.0.0.1", 0), Session)
    with serving(server):
        yield server.server_address[1], letters
