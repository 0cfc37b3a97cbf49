"""People: who has a phone, and a new one from the form to the first ring; asserted by what servers then follow."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from shutil import copytree
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import select, update

from phonetree.config.site import load
from phonetree.simulator.provider import Failing, Fault, TestProvider, serve
from phonetree.simulator.transport import sign
from phonetree.simulator.world import parse_world
from phonetree.store.actions import since
from phonetree.store.phones import MOST_CALLS, UNDO_SECONDS, Phones
from phonetree.store.roles import Role
from phonetree.store.servers import Report, Servers
from phonetree.store.tables import phones as table
from tests.support.console import Client, Console, console
from tests.support.databases import KINDS
from tests.support.lines import RULES, VPR
from tests.support.mail import ACCOUNT, TOKEN
from tests.support.programs import free_port, until
from tests.support.serving import served

PHONE, OTHER = "+16175550133", "+16175550134"
LAST = "0133"
ONE = "/staff/people/ADVOCATE_1"


@dataclass
class People:
    """A console whose members have no phones, a provider, and the phones that it calls."""

    console: Console
    provider: TestProvider

    @property
    def admin(self) -> Client:
        return self.console.client(Role.ADMIN)

    @property
    def phones(self) -> Phones:
        return self.console.services.phones

    def followed(self) -> dict[str, str]:
        """What servers ring."""
        return dict(self.phones.followed().numbers)

    def world(self, text: str) -> None:
        self.provider.world = parse_world(text)

    def over(self) -> None:
        """The call has ended, and its record is deleted."""
        until(lambda: not self.provider.calls)

    def add(self, number: str = PHONE, client: Client | None = None) -> str:
        """Adds a phone, and what the page says once the call is over."""
        client = client or self.admin
        answer = client.post(ONE, {"number": number})
        if answer.status_code != 303:
            return text(answer.get_data(as_text=True))
        self.over()
        return self.shown(client)

    def shown(self, client: Client | None = None, path: str = ONE) -> str:
        return text((client or self.admin).get(path).get_data(as_text=True))

    def post(self, what: str) -> str:
        """Presses a button of the phone's page, and follows."""
        client = self.admin
        answer = client.post(f"{ONE}/{what}")
        return text(answer.get_data(as_text=True)) if answer.status_code != 303 else self.shown(client)


def text(page: str) -> str:
    """What is read on a page."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


@contextmanager
def opened(kind: str, folder: Path) -> Iterator[People]:
    """A console that the provider reaches."""
    provider, port = TestProvider(ACCOUNT, TOKEN, world=parse_world("*=accepts after 0")), free_port()
    more: dict[str, Any] = {
        "url": f"http://127.0.0.1:{port}", "names": {}, "account_sid": ACCOUNT, "auth_token": TOKEN,
        "provider_url": serve(provider),
    }  # fmt: skip
    with console(kind, folder, **more) as made, served(made.app, port):
        yield People(made, provider)


@pytest.fixture(params=KINDS)
def people(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[People]:
    with opened(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def here(tmp_path: Path) -> Iterator[People]:
    with opened("sqlite", tmp_path) as made:
        yield made


# -- a new phone


def test_a_new_phone_is_called_confirmed_and_followed(people: People) -> None:
    assert "First advocate no phone, so not rung" in people.shown(path="/staff/people")
    people.world("*=no-answer after 1")
    client = people.admin
    assert client.post(ONE, {"number": PHONE}).headers["Location"] == ONE
    assert "The phone is ringing. Whoever has it picks up and presses 1." in people.shown(client)
    assert "First advocate waits to be confirmed, so not rung" in people.shown(path="/staff/people")
    people.over()
    assert "Nobody picked up." in people.shown()
    assert people.followed() == {}
    people.world("*=accepts after 0")
    people.post("call")
    people.over()
    assert "Phone confirmed." in people.shown()
    assert people.followed() == {"ADVOCATE_1": PHONE}
    assert "First advocate phone confirmed" in people.shown(path="/staff/people")
    done = [(each.by, each.what) for each in since(people.console.services.store, 0) if "phone" in each.what]
    assert done == [
        ("the phone itself", "phone of First advocate (ADVOCATE_1): confirmed, and rings"),
        ("the admin", "phone of First advocate (ADVOCATE_1): a number was added, which waits to be confirmed"),
    ]


@pytest.mark.parametrize("typed", ["617-555-0133", "(617) 555 0133", "+1 617 555 0133", "1 617 555 0133"])
def test_a_number_is_read_as_people_write_it(here: People, typed: str) -> None:
    here.add(typed)
    assert here.followed() == {"ADVOCATE_1": PHONE}


@pytest.mark.parametrize(
    ("world", "said"),
    [
        ("*=no-answer after 0", "Nobody picked up."),
        ("*=busy after 0", "The phone was busy."),
        ("*=machine after 0", "It was picked up, and nobody pressed a key. A voicemail does that."),
        ("*=declines after 0", "It was picked up, and nobody pressed a key."),
        ("*=wrong-key after 0", "Another key than 1 was pressed."),
        ("*=fails after 0", "The phone could not be reached. Is the number right?"),
    ],
)
def test_what_confirms_nothing_is_said_in_words(here: People, world: str, said: str) -> None:
    here.world(world)
    shown = here.add()
    assert said in shown
    assert "Call this phone again" in shown
    assert here.followed() == {}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Write the number of the phone."),
        ("advocate", "This is not a phone number; write it with + and the country code"),
        ("617 555 O133", "This has the letter 'O', where a zero may be meant; write digits only."),
        ("911", "That is an emergency number; write the member's own number."),
        ("9-8-8", "That is an emergency number; write the member's own number."),
        ("617 253 23", "This is not a number that exists; check its digits."),
        ("+1 900 253 2300", "This is a premium-rate number; callers are never sent there."),
        ("617 253 2300", "That is the helpline's own number: a call there would come back to it."),
        ("800 841 8371", "That is an outside line, which callers reach by its own key."),
    ],
)
def test_what_cannot_be_a_phone_is_refused_and_stays_typed(here: People, typed: str, said: str) -> None:
    answer = here.admin.post(ONE, {"number": typed})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert said in text(page)
    assert f'value="{typed}"' in page
    assert not here.provider.asked
    assert here.phones.listed(0) == ()


def test_a_phone_is_one_members(here: People) -> None:
    here.add()
    answer = here.admin.post("/staff/people/ADVOCATE_2", {"number": PHONE})
    assert "That is the phone of First advocate; each member needs a phone of their own." in text(
        answer.get_data(as_text=True)
    )
    here.post("remove")
    assert here.admin.post("/staff/people/ADVOCATE_2", {"number": PHONE}).status_code == 303
    here.over()
    assert "That number is the phone of ADVOCATE_2" in here.post("restore")


def test_a_provider_that_refuses_is_said_with_its_reason(here: People) -> None:
    here.provider.verified = {"+16175550199"}
    shown = here.add()
    assert "The call was not placed. The reason: placing the call: the provider does not let the helpline show" in shown
    assert here.phones.listed(here.console.services.seconds())[0].calls_left == MOST_CALLS
    here.provider.verified = set()
    here.provider.failing = [Failing(Fault.SERVER_ERROR, "POST .*")]
    here.post("call")
    assert "the provider answered 500" in here.shown()


def test_a_console_without_an_account_says_so(tmp_path: Path) -> None:
    with console("sqlite", tmp_path, names={}) as made:
        answer = made.client(Role.ADMIN).post(ONE, {"number": PHONE})
        assert answer.status_code == 409
        assert "The console cannot call phones" in text(answer.get_data(as_text=True))


def test_a_phone_is_called_a_few_times_an_hour(here: People) -> None:
    here.world("*=busy after 0")
    here.add()
    for _ in range(MOST_CALLS - 1):
        here.post("call")
        here.over()
    assert "It was called 5 times within the hour." in here.shown()
    assert "called 5 times within the hour; call again in 60 minutes" in here.post("call")


# -- replaced, removed, undone


def test_the_old_phone_rings_until_the_new_one_is_confirmed(here: People) -> None:
    here.add()
    here.world("*=no-answer after 0")
    assert "Phone confirmed; a new one waits to be confirmed." in here.add(OTHER)
    assert here.followed() == {"ADVOCATE_1": PHONE}
    assert "The number that waited is forgotten." in here.post("withdraw")
    here.world("*=accepts after 0")
    here.add(OTHER)
    assert here.followed() == {"ADVOCATE_1": OTHER}


def test_it_says_until_every_server_follows(here: People) -> None:
    store, now = here.console.services.store, here.console.services.seconds()
    here.add()
    words = "Not every server follows this yet; that takes a few seconds."
    assert words not in here.shown(), "no server reports"
    digests = [here.phones.followed().digest, "another"]
    for name, digest in zip(("one", "two"), digests, strict=True):
        Servers(store).tell(name, Report("abc", phones=digest), now)
    assert words in here.shown()
    two = "/staff/people/ADVOCATE_2"
    here.console.later(seconds=5)
    here.phones.propose("ADVOCATE_2", OTHER, "Ada", here.console.services.seconds())
    assert words in here.shown(), "the other one does not ring yet"
    assert words not in here.shown(path=two)
    with store.write() as connection:
        connection.execute(update(table).where(table.c.name == "ADVOCATE_2").values(state="confirmed"))
    assert words in here.shown(path=two)
    assert words not in here.shown(), "nothing of this member changed"
    for name in ("one", "two"):
        Servers(store).tell(name, Report("abc", phones=here.phones.followed().digest), now)
    assert words not in here.shown(path=two)


def test_a_removed_phone_can_be_brought_back_for_an_hour(here: People) -> None:
    here.add()
    shown = here.post("remove")
    assert "Phone removed, so not rung." in shown
    assert "Until 11:00 that can be undone; then the number is forgotten." in shown
    assert "Nobody in team advocates has a phone that rings." in shown
    assert here.followed() == {"ADVOCATE_1": ""}
    assert "The phone rings again. People First advocate Phone confirmed." in here.post("restore")
    assert here.followed() == {"ADVOCATE_1": PHONE}
    here.post("remove")
    here.console.later(minutes=29)
    here.console.later(minutes=UNDO_SECONDS // 60 - 29)
    assert "This removal can no longer be undone" in here.post("restore")


def test_everything_may_be_sent_twice(here: People) -> None:
    here.world("*=accepts after 1")
    client, answers = here.admin, []
    token = client.token()
    clients = [client, here.admin]

    def send(one: Client) -> None:
        answers.append(one.post(ONE, {"number": PHONE}, token=token if one is client else None).status_code)

    threads = [Thread(target=send, args=(one,)) for one in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    send(client)
    assert answers == [303] * 3
    here.over()
    assert sum(asked.startswith("POST") for asked in here.provider.asked) == 1, "one call"
    assert here.followed() == {"ADVOCATE_1": PHONE}
    for what in ("remove", "remove", "restore", "restore", "withdraw", "withdraw"):
        here.post(what)
    assert here.followed() == {"ADVOCATE_1": PHONE}
    assert len([each for each in since(here.console.services.store, 0) if "phone" in each.what]) == 4


# -- who sees what


def test_members_see_who_has_a_phone_and_nobody_sees_a_number(here: People) -> None:
    here.add()
    here.world("*=no-answer after 0")
    here.add(OTHER)
    for role in Role:
        page = here.console.client(role).get("/staff/people").get_data(as_text=True)
        assert "First advocate" in page
        assert "555" not in page
        assert (ONE in page) == (role is Role.ADMIN)
    pages = [here.admin.get(path).get_data(as_text=True) for path in (ONE, "/staff/accounts/actions", "/staff/")]
    assert all(digits not in "".join(pages) for digits in (LAST, "0134", "555"))
    with here.console.services.store.read() as connection:
        kept = repr(connection.execute(select(table)).all())
    assert LAST not in kept


def test_a_phone_that_the_server_sets_cannot_be_changed_here(tmp_path: Path) -> None:
    with console("sqlite", tmp_path) as made:
        shown = text(made.client(Role.ADMIN).get("/staff/people").get_data(as_text=True))
        assert "First advocate phone set on the server (only by whoever runs it)" in shown
        assert made.client(Role.ADMIN).get(ONE).status_code == 404
        assert made.client(Role.ADMIN).post(ONE, {"number": PHONE}).status_code == 404


def test_a_phone_that_no_member_has_any_more_can_be_removed(here: People) -> None:
    here.phones.propose("GONE_1", PHONE, "Ada", here.console.services.seconds())
    assert "Phones that no member has any more GONE_1" in here.shown(path="/staff/people")
    assert "No member in routing.yaml has this phone (GONE_1) any more" in here.shown(path="/staff/people/GONE_1")
    assert here.admin.post("/staff/people/GONE_1/withdraw").status_code == 303
    assert "GONE_1" not in here.shown(path="/staff/people")


def test_a_lost_key_is_said(here: People) -> None:
    now = here.console.services.seconds()
    other = Phones(here.console.services.store, ("another" * 8,))
    other.propose("ADVOCATE_1", PHONE, "Ada", now)
    asked = other.begin("ADVOCATE_1", now)
    assert asked
    other.answered(asked.token, "1", now)
    assert "First advocate the phone cannot be read any more: add it again" in here.shown(path="/staff/people")
    here.console.later(minutes=10)
    here.add()
    assert here.followed() == {"ADVOCATE_1": PHONE}


# -- what the provider tells


def test_only_what_the_provider_signed_is_taken(here: People) -> None:
    here.phones.propose("ADVOCATE_1", PHONE, "Ada", here.console.services.seconds())
    asked = here.phones.begin("ADVOCATE_1", here.console.services.seconds())
    assert asked
    path, fields = f"/staff/phones/confirm?token={asked.token}", {"Digits": "1", "CallSid": "CA1"}
    url, client = here.console.settings.url, here.console.client().flask
    good = sign(TOKEN, url + path, fields)
    for signature in ("", "x", sign("another", url + path, fields), sign(TOKEN, url + path + "x", fields)):
        answer = client.post(path, base_url=url, data=fields, headers={"X-Twilio-Signature": signature})
        assert answer.status_code == 403
    assert here.followed() == {}
    for _ in range(2):
        answer = client.post(path, base_url=url, data=fields, headers={"X-Twilio-Signature": good})
        assert "ring on this phone from now on" in answer.text
        assert answer.content_type == "text/xml"
    assert here.followed() == {"ADVOCATE_1": PHONE}


def test_a_key_that_comes_late_or_while_the_store_is_away_is_answered_in_words(here: People, tmp_path: Path) -> None:
    url, client = here.console.settings.url, here.console.client().flask

    def said(token: str) -> str:
        path, fields = f"/staff/phones/confirm?token={token}", {"Digits": "1"}
        headers = {"X-Twilio-Signature": sign(TOKEN, url + path, fields)}
        return client.post(path, base_url=url, data=fields, headers=headers).text

    assert "This call came too late" in said("unknown")
    here.console.services.live.known()
    (tmp_path / "phonetree.db").rename(tmp_path / "away.db")
    assert "This cannot be saved now" in said("unknown")
    (tmp_path / "away.db").rename(tmp_path / "phonetree.db")


def test_the_page_has_the_words_of_the_site(here: People) -> None:
    site = load(VPR, RULES).site
    here.add()
    assert here.provider.heard[0].startswith(f"This is {site.helpline.name}.")
    assert here.provider.heard[-1] == "Thank you. Calls to the helpline ring on this phone from now on. Goodbye."


@pytest.mark.parametrize(
    ("ring", "said"),
    [
        ("together", "They ring all at once."),
        ("in-order", "They ring one after the other, in this order."),
        ("rotate", "They ring one after the other, in this order; another one begins each time."),
    ],
)
def test_the_page_says_in_which_order_phones_ring(tmp_path: Path, ring: str, said: str) -> None:
    file = copytree(VPR, tmp_path / "config") / "routing.yaml"
    file.write_text(file.read_text().replace("ring: together", f"ring: {ring}"))
    with console("sqlite", tmp_path, config=file.parent) as made:
        shown = text(made.client(Role.ADMIN).get("/staff/people").get_data(as_text=True))
    assert said in shown
    assert ("in this order" in shown) is (ring != "together")
