"""A flood of requests, most of them from clients that have gone already, takes next to nothing from turns."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from phonetree.core.schedule import Kind, Override
from phonetree.provider.signature import HEADER
from phonetree.simulator.transport import sign
from phonetree.web.limits import MOST_PAGE_QUERY_CHARACTERS, MOST_READY, MOST_WAITING_PAGES, MOST_WAITING_TURNS
from phonetree.web.server import PAGE_THREADS, Edge, edge
from tests.support.attacks import SHAPED
from tests.support.lines import TOKEN, URL, VPR
from tests.support.server import Server

FLOOD = 1000


@dataclass
class Request:
    """A request as granian passes it, and what became of it."""

    path: str
    query_string: str = ""
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    server: str = "127.0.0.1:80"
    client: str = "127.0.0.2:1"
    http_version: str = "1.1"
    scheme: str = "http"
    sent: bytes = b""
    status: int = 0
    given: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    made_before: int = -1
    order: list[str] = field(default_factory=list)

    async def __call__(self) -> bytes:
        return self.sent

    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.response_bytes(status, headers, b"")

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status, self.given, self.body = status, dict(headers), body
        self.order.append(self.client)


class Flooded:
    """A server's edge, and how many answers its application has made."""

    def __init__(self, server: Server, runner: asyncio.Runner) -> None:
        self.server, self.made, self._runner = server, 0, runner
        self.edge: Edge = edge(server.app)
        application: Callable[..., Iterable[bytes]] = server.app.wsgi_app

        def counted(*given: Any) -> Iterable[bytes]:
            self.made += 1
            return application(*given)

        server.app.wsgi_app = counted  # type: ignore[method-assign, assignment]

    def ask(self, requests: list[Request]) -> list[Request]:
        """All of them, in this order and at once."""

        async def one(request: Request) -> None:
            given: Any = request
            await self.edge(given, given)
            request.made_before = self.made

        async def together(asking: Iterable[Coroutine[Any, Any, None]]) -> None:
            await asyncio.gather(*asking)

        self._runner.run(together(map(one, requests)))
        return requests


@pytest.fixture
def flooded() -> Iterator[Flooded]:
    with asyncio.Runner() as runner:
        flooded = Flooded(Server(VPR), runner)
        yield flooded
        flooded.edge.__rsgi_del__(runner.get_loop())


def pages(number: int = FLOOD, query: str = "") -> list[Request]:
    return [Request("/", query) for _ in range(number)]


def test_no_more_pages_are_made_than_may_wait(flooded: Flooded) -> None:
    flooded.ask(pages(1))
    flood = flooded.ask([Request("/", f"a={number}") for number in range(FLOOD)])
    assert flooded.made == MOST_WAITING_PAGES + 1
    assert [each.status for each in flood] == [200] * MOST_WAITING_PAGES + [503] * (FLOOD - MOST_WAITING_PAGES)
    assert flood[-1].given["Retry-After"] == "1"
    assert flooded.ask([Request("/", "b=1")])[0].status == 200, "and then there is room again"


def test_a_turn_overtakes_the_pages_that_came_before_it(flooded: Flooded) -> None:
    flooded.ask(pages(1))
    *_, last = flooded.ask([*(Request("/", f"a={number}") for number in range(FLOOD)), signed()])
    assert last.status == 200
    assert b"<Response>" in last.body
    assert last.made_before <= 2 + 2 * PAGE_THREADS


def turn(signature: str, client: str) -> Request:
    return Request("/voice", method="POST", headers={HEADER.lower(): signature}, client=client)


def forged(number: int = FLOOD, client: str = "127.0.0.2:1") -> list[Request]:
    return [turn(SHAPED, client) for _ in range(number)]


def signed(client: str = "127.0.0.2:1") -> Request:
    return turn(sign(TOKEN, f"{URL}/voice", {}), client)


def test_forged_turns_never_come_to_the_application(flooded: Flooded) -> None:
    flood = flooded.ask([*forged(), signed()])
    assert [each.status for each in flood] == [403] * FLOOD + [200]
    assert flooded.made == 1


def test_a_turn_overtakes_the_forged_ones_of_others(flooded: Flooded) -> None:
    order: list[str] = []
    floods = [each for client in ("127.0.0.2:1", "127.0.0.3:1") for each in forged(client=client)]
    for each in (asked := [*floods, signed(client="127.0.0.4:1")]):
        each.order = order
    flooded.ask(asked)
    assert order.index("127.0.0.4:1") <= 10


def test_when_many_wait_to_be_verified_nobody_has_more_than_their_share(flooded: Flooded) -> None:
    most = MOST_WAITING_TURNS
    flood = flooded.ask([*forged(most + 1), *(signed(f"127.0.0.{each}:1") for each in (4, 5, 2))])
    assert [each.status for each in flood] == [403] * most + [503, 200, 200, 503]
    assert flood[-1].given["Retry-After"] == "1"
    assert flooded.ask([signed("127.0.0.2:3")])[0].status == 200, "and then there is room again"


def test_whoever_has_nothing_waiting_is_let_in_however_many_clients_there_are(flooded: Flooded) -> None:
    floods = [each for number in range(MOST_WAITING_TURNS + 1) for each in forged(1, f"127.1.{number}:1")]
    assert flooded.ask([*floods, signed("127.0.0.4:1")])[-1].status == 200


def test_what_was_signed_without_its_body_is_not_signed(flooded: Flooded) -> None:
    headers = {HEADER.lower(): sign(TOKEN, f"{URL}/audio/a/b", {}), "content-type": "application/x-www-form-urlencoded"}
    whole, other = flooded.ask([Request("/audio/a/b", headers=headers, sent=sent) for sent in (b"", b"Digits=1")])
    assert (whole.status, other.status) == (200, 403)


@pytest.mark.parametrize("length", ["²", "1e3", "-1", "", " 1", "9" * 5000])
def test_a_length_that_is_no_number_is_refused(flooded: Flooded, length: str) -> None:
    assert flooded.ask([replace(signed(), headers={**signed().headers, "content-length": length})])[0].status == 403


def test_a_page_with_a_forged_signature_is_a_page(flooded: Flooded) -> None:
    page, other = flooded.ask([Request(path, headers={HEADER.lower(): SHAPED}) for path in ("/", "/none")])
    assert (page.status, other.status) == (200, 403)
    assert page.body == flooded.ask(pages(1))[0].body


def test_a_page_is_made_once_and_then_given_to_all(flooded: Flooded) -> None:
    for each in flooded.ask(pages(MOST_WAITING_PAGES)) + flooded.ask(pages()):
        assert each.status == 200
        assert each.body.startswith(b"<!doctype html>")
        assert each.given["Vary"] == "Accept-Language"
    assert flooded.made <= PAGE_THREADS


def test_it_is_another_for_another_language_minute_or_site(flooded: Flooded) -> None:
    def body(**headers: str) -> bytes:
        return flooded.ask([Request("/", headers=headers)])[0].body

    first = body()
    assert b'lang="es"' in body(**{"accept-language": "es"})[:100]
    flooded.server.now += timedelta(hours=12)
    night = body()
    assert night != first
    now = flooded.server.now
    flooded.server.sites.override((Override(now, now + timedelta(hours=1), Kind.OPEN, {}),))
    assert body() != night
    assert flooded.made == 4


def test_what_is_kept_is_limited(flooded: Flooded) -> None:
    for number in range(MOST_READY + 1):
        flooded.ask([Request("/", f"a={number}")])
    flooded.ask([Request("/", f"a={MOST_READY}")])
    assert flooded.made == MOST_READY + 1
    flooded.ask([Request("/", "a=0")])
    assert flooded.made == MOST_READY + 2
    for _ in range(2):
        assert flooded.ask([Request("/", headers={"accept-language": "x" * 1000})])[0].status == 200
    assert flooded.made == MOST_READY + 4


@pytest.mark.parametrize("path", ["/x", "/audio", "//", "/en/x", "/static/", "/status", "/zz", "*"])
def test_what_there_is_not_is_refused_by_its_path(flooded: Flooded, path: str) -> None:
    assert flooded.ask([Request(path)])[0].status == 403
    assert flooded.made == 0


def test_every_public_address_passes(flooded: Flooded) -> None:
    for path in ("/", "/en", "/ES/", "/status.json", "/static/page.css", "/healthz", "/readyz"):
        for method in ("GET", "HEAD"):
            assert flooded.ask([Request(path, method=method)])[0].status == 200, path
    assert flooded.ask([Request("/audio/none.mp3")])[0].status == 404
    assert flooded.ask([Request("/metrics")])[0].status == 404


def test_a_long_query_is_no_pages(flooded: Flooded) -> None:
    assert flooded.ask(pages(1, "a" * MOST_PAGE_QUERY_CHARACTERS))[0].status == 200
    assert flooded.ask(pages(1, "a" * (MOST_PAGE_QUERY_CHARACTERS + 1)))[0].status == 403
    assert flooded.made == 1
