"""Call back: from the form to both phones; asserted by what was dialled, said and deleted, and by what is left."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import copytree
from threading import Thread
from typing import Any
from urllib.parse import quote

import pytest

from phonetree.console.calling_back import (
    ANSWER_SECONDS,
    CALLS_SECONDS,
    FORGET_SECONDS,
    LOOK_SECONDS,
    MOST_CALLS,
    Progress,
    Ticket,
    Tickets,
)
from phonetree.mailbox.collector import Collector
from phonetree.provider.calling_back import CALL_SECONDS, CONNECT_PATH, ENDED_PATH, OVER_PATH, TALK_SECONDS, WORDS_PATH
from phonetree.provider.rest import Provider
from phonetree.simulator.placed import Dialled
from phonetree.simulator.provider import Failing, Fault, HeldCall, TestProvider, serve
from phonetree.simulator.transport import Reply, sign
from phonetree.simulator.world import parse_world
from phonetree.store.accounts import Account
from phonetree.store.actions import since
from phonetree.store.roles import Role
from phonetree.store.voicemails import Voicemails
from tests.support.console import SECRET, Client, Console, console
from tests.support.lines import VPR
from tests.support.mail import ACCOUNT, CALL, HELPLINE, NUMBER, TOKEN
from tests.support.programs import free_port, until
from tests.support.serving import served
from tests.support.traces import held, traces

ME = "First advocate"
PHONE, CALLER, OTHER = "+16175550133", "+16175550147", "+16175550148"
PAGE = "/staff/call-back"
NAME = "MIT Violence Prevention & Response"
TYPED = {"says_who": "no", "number": "617-555-0147"}


@dataclass
class Back:
    """A console with a listener who has a phone, a provider, and the phones that it calls."""

    console: Console
    provider: TestProvider
    me: Account

    @property
    def client(self) -> Client:
        return self.console.client(self.me)

    def world(self, mine: str = "accepts after 0", theirs: str = "answers after 0 talks 0") -> None:
        self.provider.world = parse_world(f"{PHONE}={mine}; {CALLER}={theirs}")

    def shown(self, client: Client | None = None, path: str = PAGE) -> str:
        return text((client or self.client).get(path).get_data(as_text=True))

    def refused(self, client: Client, **typed: str) -> str:
        """Sends the form, and what the page says that it leads to: no answer to a form with a number is a page."""
        answer = client.post(PAGE, TYPED | typed)
        assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
        page = client.get(PAGE).get_data(as_text=True)
        assert 'value=""' in page.partition('name="number"')[2].partition(">")[0] or 'name="number"' not in page
        return text(page)

    def over(self) -> None:
        """Both calls have ended, and their records are deleted."""
        until(lambda: bool(self.provider.asked) and not self.provider.calls)

    def call(self, **typed: str) -> str:
        """Fills in the form, and what the page says once the call is over."""
        client = self.client
        client.post(PAGE, TYPED | typed)
        self.over()
        return self.shown(client)

    def ticket(self, path: str = CONNECT_PATH, **other: Any) -> str:
        """A ticket of a call back that has begun, as the console makes them."""
        running = self.console.services
        latest = running.call_backs.latest(self.me.id, running.seconds())
        assert latest
        good = Ticket(self.me.id, latest.id, running.seconds() + ANSWER_SECONDS, PHONE, CALLER, says_who=False)
        return running.tickets.seal(replace(good, **other), path)

    def begun(self) -> str:
        """The ticket of a call back that has begun, while nobody has picked up."""
        running = self.console.services
        running.call_backs.begin(self.me.id, "a form", running.seconds())
        return self.ticket()

    def asks(self, path: str, ticket: str, more: str = "", token: str = TOKEN, **fields: str) -> Reply:
        """The provider asks an address."""
        address = f"{path}?ticket={quote(ticket)}{more}"
        url, sent = self.console.settings.url, {"CallSid": "CA1", "AccountSid": ACCOUNT, **fields}
        headers = {"X-Twilio-Signature": sign(token, url + address, sent)}
        answer = self.console.client().flask.post(address, base_url=url, data=sent, headers=headers)
        return Reply(answer.status_code, {}, answer.get_data())

    def presses(self, ticket: str, key: str = "1", more: str = "", **fields: str) -> str:
        """Somebody presses a key: the document that follows."""
        reply = self.asks(CONNECT_PATH, ticket, more, Digits=key, **fields)
        assert reply.status == 200
        return reply.body.decode()

    def progress(self) -> Progress | None:
        """How the latest call back goes."""
        running = self.console.services
        latest = running.call_backs.latest(self.me.id, running.seconds())
        return latest.progress if latest else None


def text(page: str) -> str:
    """What is read on a page."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).replace("&#39;", "'").split())


@contextmanager
def opened(folder: Path, **more: Any) -> Iterator[Back]:
    """A console that the provider reaches."""
    provider, port = TestProvider(ACCOUNT, TOKEN), free_port()
    settings: dict[str, Any] = {
        "url": f"http://127.0.0.1:{port}", "names": {}, "account_sid": ACCOUNT, "auth_token": TOKEN,
        "provider_url": serve(provider), "call_back": True,
    }  # fmt: skip
    with console("sqlite", folder, **settings | more) as made, served(made.app, port):
        back = Back(made, provider, made.staff(Role.LISTENER, name=ME))
        confirm(made, PHONE)
        back.world()
        yield back


def confirm(made: Console, number: str) -> None:
    """A phone of the member is added and confirmed."""
    phones, now = made.services.phones, made.services.seconds()
    phones.propose("ADVOCATE_1", number, "Ada", now)
    asked = phones.begin("ADVOCATE_1", now)
    assert asked
    phones.answered(asked.token, "1", now)


@pytest.fixture
def back(tmp_path: Path) -> Iterator[Back]:
    with opened(tmp_path) as made:
        yield made


# -- what is dialled


def test_the_listeners_phone_rings_first_then_the_number_with_the_helplines(back: Back) -> None:
    shown = back.call()
    assert "The call is over." in shown
    assert back.provider.heard == [
        f"This is {NAME}. To be connected with the number that you typed, press 1.",
        "Again: To be connected with the number that you typed, press 1. "
        "If you did not ask to call anybody back, hang up.",
        "The call is over. Goodbye.",
    ]
    assert back.provider.dialled == [Dialled(CALLER, NUMBER, 20, TALK_SECONDS, "do-not-record")]
    placed = [asked for asked in back.provider.asked if asked.startswith("POST")]
    assert len(placed) == 1
    assert sum(asked.startswith("DELETE") for asked in back.provider.asked) == 2, "the records of both legs"
    assert not back.provider.recordings


def test_only_if_it_is_safe_whoever_is_called_hears_who_calls(back: Back) -> None:
    back.call(says_who="yes")
    assert [dialled.heard for dialled in back.provider.dialled] == [[f"This is {NAME}, calling you back."]]


@pytest.mark.parametrize(
    ("theirs", "said", "shown"),
    [
        ("no-answer after 0", "Nobody picked up. Goodbye.", "Nobody picked up."),
        ("busy after 0", "The number is busy. Goodbye.", "The number was busy."),
        ("fails after 0", "The number could not be reached. Goodbye.", "The number could not be reached."),
        ("declines after 0", "It was picked up, and the call ended before", "It was picked up, and the call ended"),
        ("machine after 0 talks 0", "The call is over. Goodbye.", "The call is over."),
    ],
)
def test_the_listener_hears_and_reads_how_it_went(back: Back, theirs: str, said: str, shown: str) -> None:
    back.world(theirs=theirs)
    assert shown in back.call()
    assert back.provider.heard[-1].startswith(said)
    assert [dialled.number for dialled in back.provider.dialled] == [CALLER]


@pytest.mark.parametrize(
    ("mine", "shown"),
    [
        ("machine after 0", "Your phone was picked up, and nobody pressed 1, so nobody was called."),
        ("declines after 0", "Your phone was picked up, and nobody pressed 1, so nobody was called."),
        ("wrong-keys after 0", "Another key than 1 was pressed, so nobody was called."),
        ("no-answer after 0", "You did not pick up, so nobody was called."),
        ("busy after 0", "Your phone was busy, so nobody was called."),
        ("fails after 0", "Your phone could not be reached, so nobody was called."),
    ],
)
def test_nobody_is_called_before_the_listener_pressed_1(back: Back, mine: str, shown: str) -> None:
    back.world(mine=mine)
    assert shown in back.call()
    assert back.provider.dialled == []


def test_a_wrong_key_is_asked_again_once(back: Back) -> None:
    back.world(mine="wrong-key after 0")
    assert "The call is over." in back.call()
    assert "That was not 1. To be connected with the number that you typed, press 1." in back.provider.heard
    assert [dialled.number for dialled in back.provider.dialled] == [CALLER]


def test_the_page_says_how_it_goes_and_has_no_form_meanwhile(back: Back) -> None:
    back.world(mine="accepts after 1")
    client = back.client
    answer = client.post(PAGE, TYPED)
    assert answer.headers["Location"] == PAGE
    page = client.get(answer.headers["Location"]).get_data(as_text=True)
    assert "Your phone is ringing. Pick up and press 1." in text(page)
    assert "data-calling" in page
    assert "<form" not in page.partition('id="change"')[2]
    assert '<a class="back" href="/staff/messages">' in page
    back.over()
    assert 'name="number" type="tel" value=""' in client.get(PAGE).get_data(as_text=True)
    back.console.later(seconds=FORGET_SECONDS)
    assert "The call is over" not in back.shown()


def test_nobody_looks_again_by_itself_at_a_page_while_the_two_talk(back: Back) -> None:
    back.provider.calls[CALL] = HeldCall(CALL, PHONE, NUMBER, "in-progress", direction="outbound-api")
    back.presses(back.begun(), CallSid=CALL)
    assert "data-calling" in back.client.get(PAGE).get_data(as_text=True)
    back.console.later(seconds=LOOK_SECONDS)
    page = back.client.get(PAGE).get_data(as_text=True)
    assert "data-calling" not in page
    assert "Look again" in page


def test_of_a_call_whose_end_was_not_told_the_provider_is_asked(back: Back) -> None:
    back.provider.calls[CALL] = HeldCall(CALL, PHONE, NUMBER, "in-progress", direction="outbound-api")
    back.presses(back.begun(), CallSid=CALL)
    back.console.later(seconds=LOOK_SECONDS)
    assert "you are talking" in back.shown()
    back.provider.failing = [Failing(Fault.SERVER_ERROR, "GET .*")]
    assert "you are talking" in back.shown()
    back.provider.calls[CALL].status = "completed"
    assert "The call is over." in back.shown()


# -- what may be typed


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"number": ""}, "Write the number that you heard."),
        ({"says_who": ""}, "Say whether it is safe to say who calls."),
        ({"says_who": "perhaps"}, "Say whether it is safe to say who calls."),
        ({"number": "617 555 O147"}, "This has the letter 'O', where a zero may be meant; write digits only."),
        ({"number": "617 253 23"}, "This is not a number that exists; check its digits."),
        ({"number": "911"}, "That is an emergency number; it is never called from here."),
        ({"number": "988"}, "That is an emergency number; it is never called from here."),
        ({"number": "+1 900 253 2300"}, "This is a premium-rate number"),
        ({"number": "617 976 1234"}, "This is a premium-rate number"),
        ({"number": "212 976 1000"}, "This is a premium-rate number"),
        ({"number": "617 555 1212"}, "This is a service of the phone companies, like directory assistance"),
        ({"number": "617 411 1234"}, "This is a service of the phone companies, like directory assistance"),
        ({"number": "+1 500 555 0006"}, "That is a special number, which may cost more"),
        ({"number": "+1 876 555 1234"}, "That number is in another country"),
        ({"number": "+44 20 7946 0958"}, "That number is in another country"),
        ({"number": "617 253 2300"}, "That is the helpline's own number."),
        ({"number": "617 555 0133"}, "That is your own phone."),
    ],
)
def test_what_cannot_be_called_back_is_refused_and_in_no_page(back: Back, typed: dict[str, str], said: str) -> None:
    client = back.client
    assert said in back.refused(client, **typed)
    assert said not in back.shown(client), "it is said once"
    assert back.provider.asked == []


def test_everything_that_is_wrong_is_said_at_once(back: Back) -> None:
    client = back.client
    client.post(PAGE, {})
    shown = back.shown(client)
    assert "Say whether it is safe to say who calls." in shown
    assert "Write the number that you heard." in shown


@pytest.mark.parametrize("typed", ["800 841 8371", "617 253 1212", "800 976 1234", "800 555 1234"])
def test_an_outside_line_that_left_a_message_can_be_called_back(back: Back, typed: str) -> None:
    back.provider.world = parse_world("*=accepts after 0 talks 0")
    assert "The call is over." in back.call(number=typed)
    assert back.provider.dialled[0].number == "+1" + typed.replace(" ", "")


def test_neither_answer_is_chosen_before(back: Back) -> None:
    page = back.client.get(PAGE).get_data(as_text=True)
    assert page.count('name="says_who"') == 2
    assert " checked" not in page
    assert page.index("Is it safe to say who calls?") < page.index('name="number"')
    assert "It is not safe to leave a message. A voicemail may pick up: then hang up at once" in text(page)
    assert "the phone that is called shows the helpline's number" in text(page)


def test_a_form_that_comes_too_late_is_answered_with_no_page_either(back: Back) -> None:
    client = back.client
    assert client.post(PAGE, TYPED, token="of another session").headers["Location"] == PAGE
    assert "Nothing was changed yet. Fill it in again." in back.shown(client)
    token = client.token(PAGE)
    back.console.later(seconds=back.console.settings.idle_seconds)
    answer = client.post(PAGE, TYPED, token=token)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/staff/sign-in?over=1&next=")
    assert back.provider.asked == []


# -- who may, and from where


def test_without_the_setting_there_is_no_such_address(tmp_path: Path) -> None:
    with opened(tmp_path, call_back=False) as made:
        assert made.client.get(PAGE).status_code == 404
        assert made.client.post(PAGE, TYPED).status_code == 404
        for path in (CONNECT_PATH, WORDS_PATH, OVER_PATH, ENDED_PATH):
            assert made.asks(path, "x").status == 404
        assert made.provider.asked == []


def test_without_a_phone_the_page_says_what_to_do(back: Back) -> None:
    client = back.console.client(Role.LISTENER)
    shown = back.shown(client)
    assert "no member named the listener has a phone that rings" in shown
    assert "Call my phone" not in shown
    assert "no member named the listener" in back.refused(client)
    assert back.provider.asked == []


def test_of_two_members_of_one_name_with_different_phones_none_is_called(tmp_path: Path) -> None:
    file = copytree(VPR, tmp_path / "config") / "routing.yaml"
    file.write_text(file.read_text().replace("name: Second advocate", f"name: {ME}"))
    with opened(tmp_path, config=file.parent) as made:
        shown = made.shown()
        assert f"several members with different phones are called {ME}, so nobody knows which phone is yours" in shown
        assert "Call my phone" not in shown
        made.refused(made.client)
        assert made.provider.asked == [], "it may be the phone of somebody who is not a listener"
        people = made.shown(path="/staff/people")
        for phone in ("ADVOCATE_1", "ADVOCATE_2"):
            assert f"{ME} (${phone})" in people


def test_a_number_that_nobody_has_confirmed_is_not_called(back: Back) -> None:
    back.console.services.phones.remove("ADVOCATE_1", "Ada", back.console.services.seconds())
    back.console.services.phones.propose("ADVOCATE_1", OTHER, "Ada", back.console.services.seconds())
    assert "has a phone that rings" in back.shown()
    assert "has a phone that rings" in back.refused(back.client)
    assert back.provider.asked == []


def test_a_console_without_an_account_says_so(tmp_path: Path) -> None:
    with opened(tmp_path, account_sid="") as made:
        assert "The console cannot call phones" in made.shown()
        assert "The console cannot call phones" in made.refused(made.client)
        assert made.provider.asked == []


@pytest.mark.parametrize("how", ["phone", "another phone", "role", "account"])
def test_what_was_taken_away_before_1_was_pressed_counts(back: Back, how: str) -> None:
    ticket, running = back.begun(), back.console.services
    match how:
        case "phone":
            running.phones.remove("ADVOCATE_1", "Ada", running.seconds())
        case "another phone":
            confirm(back.console, OTHER)
        case "role":
            running.accounts.set_roles(back.me.id, {Role.MEMBER}, "a test", 0)
        case "account":
            running.accounts.remove(back.me.id, "a test", 0)
    said = back.presses(ticket)
    assert "Your phone or your role has changed, so nobody was called." in said
    assert "<Dial" not in said
    assert back.progress() is Progress.CHANGED


# -- limits


def test_one_call_back_at_a_time(back: Back) -> None:
    back.world(mine="accepts after 1")
    client = back.client
    assert client.post(PAGE, TYPED | {"form": "one"}).status_code == 303
    assert client.post(PAGE, TYPED | {"form": "one"}).status_code == 303, "the same form, sent twice"
    said = back.refused(back.client, form="two", number="617 555 0148")
    assert "A call back is under way, and this number was not called" in said
    back.over()
    assert [dialled.number for dialled in back.provider.dialled] == [CALLER]


def test_a_form_that_is_sent_twice_at_once_calls_once(back: Back) -> None:
    back.world(mine="no-answer after 1")
    clients = [back.client for _ in range(4)]
    tokens = [client.token() for client in clients]

    def send(client: Client, token: str) -> None:
        client.post(PAGE, TYPED | {"form": "the same"}, token=token)

    threads = [Thread(target=send, args=pair) for pair in zip(clients, tokens, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    back.over()
    assert sum(asked.startswith("POST") for asked in back.provider.asked) == 1


def test_so_many_an_hour_for_each_account(back: Back) -> None:
    back.world(mine="busy after 0")
    for _ in range(MOST_CALLS):
        assert "Your phone was busy" in back.call()
    back.console.later(minutes=20)
    assert f"You called back {MOST_CALLS} times within the hour; wait 40 minutes." in back.call()
    back.console.later(seconds=CALLS_SECONDS)
    assert "Your phone was busy" in back.call()


# -- the provider


def test_a_provider_that_refuses_is_said_with_its_reason_and_does_not_count(back: Back) -> None:
    back.provider.verified = {OTHER}
    client = back.client
    for _ in range(MOST_CALLS + 1):
        client.post(PAGE, TYPED)
        assert "The call was not placed. The reason: placing the call: the provider does not let" in back.shown(client)
    back.provider.verified = set()
    back.provider.failing = [Failing(Fault.SERVER_ERROR, "POST .*")]
    client.post(PAGE, TYPED)
    shown = client.get(PAGE).get_data(as_text=True)
    assert "the provider answered 500" in shown
    assert "0147" not in shown


def test_a_helpline_that_is_forwarded_shows_its_number_only_if_the_provider_lets_it(tmp_path: Path) -> None:
    file = copytree(VPR, tmp_path / "config") / "routing.yaml"
    file.write_text(file.read_text().replace(
        "  number: +1 617 253 2300\n", "  number: +1 617 253 2300\n  provider_number: +1 617 253 2399\n", 1
    ))  # fmt: skip
    with opened(tmp_path, config=file.parent) as made:
        made.provider.verified = {"+16172532399"}
        client = made.client
        client.post(PAGE, TYPED)
        assert "The reason: the provider does not let the helpline show its number" in made.shown(client)
        made.provider.verified = {"+16172532399", NUMBER}
        assert "The call is over." in made.call()
        assert [dialled.caller_id for dialled in made.provider.dialled] == [NUMBER]
        made.provider.failing = [Failing(Fault.SERVER_ERROR, "DELETE .*")]
        made.client.post(PAGE, TYPED)
        until(lambda: not made.provider.failing)
        shown = {call.to: call.caller for call in made.provider.calls.values()}
        assert shown == {PHONE: "+16172532399", CALLER: NUMBER}, "the first one is certainly ours"


def test_only_what_the_provider_signed_is_taken(back: Back) -> None:
    ticket = back.begun()
    for path in (CONNECT_PATH, WORDS_PATH, OVER_PATH, ENDED_PATH):
        assert back.asks(path, ticket, token="another", Digits="1").status == 403
        assert back.client.post(f"{path}?ticket={ticket}", {"Digits": "1"}).status_code == 403
        assert back.client.get(f"{path}?ticket={ticket}").status_code in (404, 405)
    assert back.progress() is Progress.RINGING


def test_a_turn_that_is_asked_twice_is_the_same_and_nothing_is_dialled_after_the_end(back: Back) -> None:
    ticket = back.begun()
    first = back.presses(ticket)
    assert f"<Number>{CALLER}</Number>" in first
    assert f"<Number>{CALLER}</Number>" in back.presses(ticket)
    assert "<Dial" not in back.presses(ticket, CallSid="CA2"), "another call brings the same ticket"
    over = back.ticket(OVER_PATH)
    for _ in range(2):
        assert "The number is busy." in back.asks(OVER_PATH, over, DialCallStatus="busy").body.decode()
    assert back.progress() is Progress.BUSY
    back.asks(ENDED_PATH, back.ticket(ENDED_PATH), CallStatus="completed")
    assert back.progress() is Progress.BUSY, "what was told first is more"
    late = back.presses(ticket)
    assert "<Dial" not in late
    assert "This came too late" in late
    assert CALLER not in late


def test_turns_may_come_out_of_order(back: Back) -> None:
    ticket = back.begun()
    back.presses(ticket)
    over, ended = back.ticket(OVER_PATH), back.ticket(ENDED_PATH)
    back.asks(ENDED_PATH, ended, CallStatus="completed")
    assert back.progress() is Progress.OVER
    back.asks(OVER_PATH, over, DialCallStatus="no-answer")
    assert back.progress() is Progress.NO_ANSWER
    assert "<Dial" not in back.presses(ticket)


def test_the_end_of_an_earlier_call_back_ends_no_later_one(back: Back) -> None:
    first = back.begun()
    back.presses(first)
    over, ended = back.ticket(OVER_PATH), back.ticket(ENDED_PATH)
    back.asks(ENDED_PATH, ended, CallStatus="completed")
    second = back.begun()
    back.asks(ENDED_PATH, ended, CallStatus="completed")
    back.asks(OVER_PATH, over, DialCallStatus="busy")
    assert back.progress() is Progress.RINGING
    assert "<Dial" not in back.presses(first)
    assert "<Dial" in back.presses(second)


def test_a_ticket_is_good_for_a_few_minutes(back: Back) -> None:
    ticket = back.begun()
    back.console.later(seconds=ANSWER_SECONDS - 1)
    assert "<Dial" in back.presses(ticket)
    back.console.later(seconds=1)
    late = back.presses(ticket)
    assert "This came too late" in late
    assert CALLER not in late


def test_a_forged_ticket_opens_nothing(back: Back) -> None:
    good = back.begun()
    for path in (OVER_PATH, ENDED_PATH):
        for another in (good, back.ticket(path, id="another"), "x"):
            assert back.asks(path, another, CallStatus="completed").status in (200, 204)
    assert back.progress() is Progress.RINGING
    elsewhere = Tickets((SECRET.replace("a", "b"),))
    other_console = elsewhere.seal(Ticket(back.me.id, "1", 2**40, PHONE, CALLER, says_who=True), CONNECT_PATH)
    changed = good[:40] + ("A" if good[40] != "A" else "B") + good[41:]
    for forged in ("", "x", "é", changed, good[:-8], other_console, back.ticket(OVER_PATH), back.ticket(ENDED_PATH)):
        said = back.presses(forged)
        assert "This came too late" in said
        assert CALLER not in said
    assert "<Dial" in back.presses(good)


def test_a_console_that_was_started_again_goes_on(back: Back, tmp_path: Path) -> None:
    ticket, over, ended = back.begun(), back.ticket(OVER_PATH), back.ticket(ENDED_PATH)
    again = Back(Console(back.console.settings), back.provider, back.me)
    assert f"<Number>{CALLER}</Number>" in again.presses(ticket)
    assert again.progress() is Progress.CONNECTED
    assert "<Dial" in again.presses(ticket)
    again.asks(OVER_PATH, over, DialCallStatus="completed", DialBridged="true")
    again.asks(ENDED_PATH, ended, CallStatus="completed")
    assert again.progress() is Progress.TALKED
    assert "<Dial" not in again.presses(ticket)
    rotated = Console(replace(back.console.settings, secrets=("another" * 8, SECRET)))
    assert "<Dial" in Back(rotated, back.provider, back.me).presses(ticket), "sealed with the key before"
    for made in (again.console, rotated):
        made.services.store.close()


def test_while_the_store_is_away_nobody_is_called_and_the_words_are_said(back: Back, tmp_path: Path) -> None:
    ticket = back.begun()
    back.console.services.live.known()
    (tmp_path / "phonetree.db").rename(tmp_path / "away.db")
    said = back.presses(ticket)
    assert "The console cannot look that up now" in said
    assert "<Dial" not in said
    assert "calling you back" in back.asks(WORDS_PATH, ticket).body.decode()
    (tmp_path / "away.db").rename(tmp_path / "phonetree.db")
    assert "<Dial" in back.presses(ticket), "the same may be asked again"


def test_records_that_cannot_be_deleted_at_once_are_left_to_the_collector(back: Back) -> None:
    back.provider.failing = [Failing(Fault.SERVER_ERROR, "DELETE .*")]
    client = back.client
    client.post(PAGE, TYPED)
    until(lambda: any(asked.startswith("DELETE") for asked in back.provider.asked))
    until(lambda: all(call.status == "completed" for call in back.provider.calls.values()))
    assert sorted(call.to for call in back.provider.calls.values()) == [PHONE, CALLER]
    provider, store = Provider(back.console.settings.provider_url, ACCOUNT, TOKEN), back.console.services.store
    Collector(provider, Voicemails(store), lambda: HELPLINE, lambda: ()).round(back.console.services.seconds())
    assert back.provider.calls == {}


# -- what is left


def test_nothing_is_left_of_the_number_or_of_the_call(
    back: Back, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    sent: list[str] = []
    tickets = back.console.services.tickets
    back.console.services.call_backs.latest(back.me.id, 0)
    client, seal = back.client, tickets.seal
    tickets.seal = lambda *given: sent.append(seal(*given)) or sent[-1]  # type: ignore[method-assign, func-returns-value]
    before = {each.what for each in since(back.console.services.store, 0)}
    untouched = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    pages = []
    for typed in ({}, {"says_who": "yes"}, {"number": "617 555 O147"}, {"says_who": ""}):
        answer = client.post(PAGE, TYPED | typed)
        if answer.status_code == 303:
            back.over()
            pages += [answer.get_data(), repr(answer.headers).encode(), client.get(PAGE).get_data()]
    pages.append(client.get("/staff/").get_data())
    assert len(back.provider.dialled) == 2
    assert len(sent) == 6
    assert all("0147" not in ticket for ticket in sent)
    with client.flask.session_transaction(base_url="https://helpline.example.org") as session:
        pages.append(json.dumps(dict(session), default=str).encode())
    pages.append(repr(vars(back.console.services.call_backs)).encode())
    looked_for = set(traces(CALLER)) | {ticket.encode() for ticket in sent}
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert files == untouched, "nothing at all was written"
    assert any(path.name == "phonetree.db" for path in files)
    back.console.services.store.close()
    out, err = capfd.readouterr()
    for data in (*files.values(), *pages, out.encode(), err.encode()):
        assert held(data, looked_for) == []
    assert held(b"x6175550147x", looked_for), "it would be found"
    assert {each.what for each in since(back.console.services.store, 0)} == before, "no action tells of a call"


def test_a_mistake_of_ours_leaves_no_number_in_the_log(
    back: Back, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*given: object, **named: object) -> None:
        raise ValueError(repr((given, named)))

    monkeypatch.setattr(Provider, "place_call", broken)
    client = back.client
    answer = client.post(PAGE, TYPED)
    assert answer.status_code == 303, "an answer with a page would have the browser keep the form with it"
    assert "It is a mistake in this program, not yours." in back.shown(client)
    out, err = capfd.readouterr()
    assert "ValueError" in err
    for data in (answer.get_data(), out.encode(), err.encode()):
        assert held(data, set(traces(CALLER)) | set(traces(PHONE))) == []


def test_the_longest_call_ends_before_its_tickets(back: Back) -> None:
    ticket = back.begun()
    back.presses(ticket)
    back.console.later(seconds=CALL_SECONDS - 1)
    assert back.progress() is Progress.CONNECTED
    back.console.later(seconds=1)
    assert back.progress() is Progress.OVER
