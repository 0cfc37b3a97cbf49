"""The confirming call: placed, asked, answered, by every kind of phone; and what the provider says against it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest
from werkzeug.wrappers import Request, Response

from phonetree.config.site import load
from phonetree.errors import ProviderError
from phonetree.mailbox.collector import Collector
from phonetree.provider.confirming import CONFIRM_PATH, ENDED_PATH, TOKEN, Ended, confirming, how_it_ended
from phonetree.provider.request import read
from phonetree.provider.rest import Provider
from phonetree.provider.signature import HEADER, Verifier
from phonetree.simulator.provider import MOST_TWIML, Failing, Fault, HeldCall, TestProvider, serve
from phonetree.simulator.world import parse_world
from phonetree.store.phones import Progress
from tests.support.lines import RULES, VPR
from tests.support.mail import ACCOUNT, HELPLINE, mailbox
from tests.support.mail import TOKEN as SECRET
from tests.support.programs import until
from tests.support.serving import served

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PHONE = "+16175550133"
SITE = load(VPR, RULES).site


@dataclass
class Console:
    """What answers the provider in the console's place: it verifies, and notes."""

    provider: TestProvider
    url: str = ""
    keys: list[str] = field(default_factory=list)
    ends: list[Ended] = field(default_factory=list)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        query = request.query_string.decode()
        fields = list(request.form.items(multi=True))
        verifier = Verifier(self.url, SECRET)
        assert verifier.accepts(request.headers[HEADER], request.path, query, fields, request.get_data())
        assert parse_qs(query)[TOKEN] == ["a token"]
        if request.path == ENDED_PATH:
            self.ends.append(how_it_ended(request.form))
            return Response(status=204)(environ, start_response)
        assert request.path == CONFIRM_PATH
        self.keys.append(read(request.form).keys)
        answer = confirming(SITE, self.url).told("Thank you & goodbye.")
        return Response(answer, content_type="text/xml")(environ, start_response)

    def call(self, world: str) -> None:
        self.provider.world = parse_world(world)
        confirming(SITE, self.url).place(Provider(serve(self.provider), ACCOUNT, SECRET), PHONE, "a token")
        until(lambda: bool(self.ends))


@pytest.fixture
def console() -> Iterator[Console]:
    made = Console(TestProvider(ACCOUNT, SECRET))
    with served(made) as made.url:
        yield made


@pytest.mark.parametrize(
    ("world", "keys", "ended"),
    [
        ("*=accepts after 0", ["1"], Ended.NO_KEY),
        ("*=answers after 0", [], Ended.NO_KEY),
        ("*=declines after 0", [], Ended.NO_KEY),
        ("*=machine after 0", [], Ended.NO_KEY),
        ("*=wrong-key after 0", ["5"], Ended.NO_KEY),
        ("*=busy after 0", [], Ended.BUSY),
        ("*=no-answer after 0", [], Ended.NO_ANSWER),
        ("*=fails after 0", [], Ended.FAILED),
    ],
)
def test_every_kind_of_phone(console: Console, world: str, keys: list[str], ended: Ended) -> None:
    console.call(world)
    assert (console.keys, console.ends) == (keys, [ended])
    (held,) = console.provider.calls.values()
    assert (held.to, held.caller) == (PHONE, SITE.helpline.caller_id)
    heard = console.provider.heard
    assert all("(" not in words for words in heard), heard
    assert bool(heard) is (ended is Ended.NO_KEY)


def test_whoever_picks_up_hears_at_once_who_calls_and_is_asked_twice(console: Console) -> None:
    console.call("*=answers after 0")
    first, again, last = console.provider.heard
    assert first == f"This is {SITE.helpline.name}. If calls to the helpline should ring on this phone, press 1."
    assert again.startswith("Again: This is")
    assert "No key was pressed" in last


def test_the_answer_is_heard(console: Console) -> None:
    console.call("*=accepts after 0")
    assert console.provider.heard[-1] == "Thank you & goodbye."


def test_each_end_is_a_progress() -> None:
    assert {Progress(each) for each in Ended}
    assert how_it_ended({}) is Ended.FAILED


def test_the_document_is_small_enough_with_the_longest_name() -> None:
    long = replace(SITE, helpline=replace(SITE.helpline, name="&" * 100))
    assert len(confirming(long, "https://" + "a" * 200).question("t" * 43)) < MOST_TWIML


@pytest.mark.parametrize(
    ("number", "why"),
    [("617", "there is no such number"), (PHONE, "the provider does not let the helpline show its number")],
)
def test_a_call_that_is_refused_says_why_without_the_number(number: str, why: str) -> None:
    provider = TestProvider(ACCOUNT, SECRET, verified={"+16175550199"})
    with pytest.raises(ProviderError, match=f"^placing the call: .*{why}") as caught:
        confirming(SITE, "http://127.0.0.1:9").place(Provider(serve(provider), ACCOUNT, SECRET), number, "t")
    assert number not in str(caught.value)
    assert not provider.calls


@pytest.mark.parametrize(
    ("fault", "why"), [(Fault.SERVER_ERROR, "answered 500"), (Fault.UNAUTHORIZED, "answered 401"),
                       (Fault.TIMEOUT, "cannot be reached")]
)  # fmt: skip
def test_a_provider_that_fails_says_so(fault: Fault, why: str) -> None:
    provider = TestProvider(ACCOUNT, SECRET, failing=[Failing(fault, "POST .*")], stall_seconds=2)
    client = Provider(serve(provider), ACCOUNT, SECRET, (1.0, 0.5))
    with pytest.raises(ProviderError, match=why):
        confirming(SITE, "http://127.0.0.1:9").place(client, PHONE, "t")


def test_the_record_of_such_a_call_is_deleted_and_counted_as_nobodys(tmp_path: Path) -> None:
    began: list[int] = []
    with mailbox("sqlite", tmp_path) as box:
        box.provider.calls["CA" + "1" * 32] = HeldCall(
            "CA" + "1" * 32, PHONE, HELPLINE.provider_number, direction="outbound-api"
        )
        old = box.collector
        Collector(old.provider, old.voicemails, old.helpline, old.keys, ended=began.append).round(1_800_000_000)
        assert (box.provider.calls, began) == ({}, [])
