"""My calendar: secret addresses, the only pages without signing in; and reminders."""

import re

import pytest
from icalendar import Calendar

from phonetree.console import feed
from phonetree.mailbox import reminders
from phonetree.mailbox.addresses import Address
from phonetree.mailbox.reminders import TEST
from phonetree.store import actions
from phonetree.store.roles import Role
from tests.support.console import URL, Client, Console

PAGE = "/staff/calendar"
FIRST = "First advocate"


def _make(client: Client, member: str) -> str:
    """The path of a new address."""
    text = client.post(f"{PAGE}/address", {"member": member}).get_data(as_text=True)
    found = re.search(rf"{URL}(/staff/feeds/[\w-]+\.ics)", text)
    assert found, text
    assert f'href="webcal:{URL.removeprefix("https:")}{found[1]}"' in text
    return found[1]


def _summaries(client: Client, path: str) -> set[str]:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    made = Calendar.from_ical(answer.get_data())
    assert isinstance(made, Calendar)
    return {str(event["summary"]) for event in made.events}


def test_an_address_works_without_signing_in_until_it_is_renewed_or_switched_off(on_each: Console) -> None:
    client, anybody = on_each.client(Role.MEMBER), on_each.client()
    shifts, line = _make(client, FIRST), _make(client, "")
    assert _summaries(anybody, shifts) == {"On shift: advocates"}
    assert "Closed: Thanksgiving" in _summaries(anybody, line)
    renewed = _make(client, FIRST)
    assert anybody.get(shifts).status_code == 404
    assert _summaries(anybody, renewed)
    client.post(f"{PAGE}/address/end", {"member": FIRST})
    assert anybody.get(renewed).status_code == 404
    assert _summaries(anybody, line)
    assert shifts.encode() not in client.get(PAGE).get_data()
    whole = str(actions.since(on_each.services.store, 0))
    assert "calendar address renewed: shifts of First advocate" in whole
    assert not [path for path in (shifts, renewed, line) if path.split("/")[-1][:-4] in whole]


def test_an_address_ends_with_its_account(made: Console) -> None:
    path = _make(made.client(Role.MEMBER), "")
    made.services.accounts.remove(made.accounts[Role.MEMBER].id, "a test", 0)
    assert made.client().get(path).status_code == 404


@pytest.mark.parametrize("how", ["sign-out", "second-factor", "link", "by its owner"])
def test_what_somebody_planted_in_a_session_ends_with_all_sessions(on_each: Console, how: str) -> None:
    """A calendar's address and a reminder need no session, so whoever had one for a moment could keep them."""
    client, me = on_each.client(Role.MEMBER), on_each.accounts[Role.MEMBER]
    path = _make(client, FIRST)
    client.post(f"{PAGE}/reminders", {"member": FIRST, "address": "ntfy://thief", "minutes": "30"})
    assert "Addresses of calendars: 1. Reminders: 1." in client.get("/staff/you").get_data(as_text=True)
    if how == "by its owner":
        client.post("/staff/you/sign-out-everywhere")
    else:
        on_each.client(Role.ADMIN).post(f"/staff/accounts/{me.id}/{how}")
    assert on_each.client().get(path).status_code == 404
    assert on_each.services.reminders.wanted() == ()
    assert actions.since(on_each.services.store, 0)[0].what.endswith(" (calendars: 1, reminders: 1 ended)")


@pytest.mark.parametrize("path", ["x", "x" * 4000, "..%2f..", "%ED%A0%80", "é"])
def test_an_unknown_address_is_not_there(made: Console, path: str) -> None:
    answer = made.client().get(f"/staff/feeds/{path}.ics")
    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"


def test_so_many_calendars_are_made_in_a_minute_at_most(made: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "MOST_IN_A_MINUTE", 1)
    client = made.client(Role.MEMBER)
    one, other = _make(client, FIRST), _make(client, "")
    assert [made.client().get(path).status_code for path in (one, one, other)] == [200, 200, 503]
    assert made.client().get(other).headers["Retry-After"] == "60"
    made.later(minutes=1)
    assert made.client().get(other).status_code == 200


def test_nobody_is_offered_a_member_that_there_is_not(made: Console) -> None:
    client = made.client(Role.MEMBER)
    for path in (f"{PAGE}/address", f"{PAGE}/reminders"):
        assert client.post(path, {"member": "Nobody", "address": "ntfys://push.example.org"}).status_code == 400


def test_whoever_has_the_name_of_a_member_finds_it_chosen(made: Console) -> None:
    client = made.client(made.staff(Role.MEMBER, name=FIRST))
    assert client.get(PAGE).get_data(as_text=True).count(f'<option value="{FIRST}" selected>') == 2


def test_for_anybody_else_nothing_is_chosen_and_has_to_be(made: Console) -> None:
    client = made.client(Role.MEMBER)
    assert client.get(PAGE).get_data(as_text=True).count('<option value="?" selected>Choose</option>') == 2
    for path, told in (("address", "Choose what the address is to show"), ("reminders", "Choose whose shifts")):
        answer = client.post(
            f"{PAGE}/{path}", {"member": "?", "address": "ntfys://push.example.org/x", "minutes": "60"}
        )
        assert answer.status_code == 422
        assert told in answer.get_data(as_text=True)
    assert 'value="ntfys://push.example.org/x"' in answer.get_data(as_text=True)
    assert made.services.feeds.of(made.accounts[Role.MEMBER].id) == ()
    assert made.services.reminders.of(made.accounts[Role.MEMBER].id) == ()


def test_that_an_address_ends_is_said_before_another_is_made(made: Console) -> None:
    client, told = made.client(Role.MEMBER), f"The shifts of {FIRST} (the present address ends)"
    assert told not in client.get(PAGE).get_data(as_text=True)
    _make(client, FIRST)
    text = client.get(PAGE).get_data(as_text=True)
    assert told in text
    assert ">New address; the present one ends</button>" in text


def test_reminders_are_noted_by_name_and_the_hint_about_an_address_needs_one(made: Console) -> None:
    client, hint = made.client(Role.MEMBER), "Empty: as it was."
    assert hint not in client.get(PAGE).get_data(as_text=True)
    for minutes in ("30", "60"):
        client.post(
            f"{PAGE}/reminders", {"member": FIRST, "address": "ntfys://push.example.org/secret", "minutes": minutes}
        )
    assert hint in client.get(PAGE).get_data(as_text=True)
    for what in ("on", "off", "forget", "forget"):
        client.post(f"{PAGE}/reminders/switch", {"member": FIRST, "what": what})
    noted = [(each.by, each.what) for each in actions.since(made.services.store, 0) if "reminders" in each.what]
    words = ("ended", "switched off", "changed", "made")
    assert noted == [("the member", f"reminders {word}: shifts of {FIRST}") for word in words]


def test_reminders_are_set_up_switched_and_removed_by_their_owner(on_each: Console) -> None:
    client, kept = on_each.client(Role.MEMBER), on_each.services.reminders
    me = on_each.accounts[Role.MEMBER].id

    def send(**fields: str) -> str:
        client.post(f"{PAGE}/reminders", {"member": FIRST, **fields})
        return client.get(PAGE).get_data(as_text=True)

    text = send(address="ntfys://push.example.org/a-secret", minutes="60")
    assert "by ntfys. Switched on." in text
    assert "a-secret" not in text
    assert [(each.minutes, each.address) for each in kept.of(me)] == [(60, "ntfys://push.example.org/a-secret")]
    text = send(address="", minutes="15")
    assert "15 minutes before" in text
    assert kept.of(me)[0].address == "ntfys://push.example.org/a-secret"
    other = on_each.client(Role.EDITOR)
    other.post(f"{PAGE}/reminders/switch", {"member": FIRST, "what": "forget"})
    assert "Switched on" not in other.get(PAGE).get_data(as_text=True)
    for what, sent in (("off", False), ("nonsense", False), ("on", True)):
        client.post(f"{PAGE}/reminders/switch", {"member": FIRST, "what": what})
        assert [each.sent for each in kept.of(me)] == [sent]
    client.post(f"{PAGE}/reminders/switch", {"member": FIRST, "what": "forget"})
    assert kept.of(me) == ()
    assert "are removed, and the address is forgotten" in client.get(PAGE).get_data(as_text=True)


@pytest.mark.parametrize(
    "address", ["", "nonsense <b>", "syslog://", "json://push.example.org/x", "ntfys://10.0.0.1/x", "a@example.org"]
)
def test_an_address_that_is_none_is_refused_and_kept_in_the_form(made: Console, address: str) -> None:
    client = made.client(Role.MEMBER)
    answer = client.post(f"{PAGE}/reminders", {"member": FIRST, "address": address, "minutes": "60"})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Nothing was saved." in text
    assert f'value="{address.replace("<", "&lt;").replace(">", "&gt;")}"' in text
    assert '<option value="60" selected>' in text
    assert made.services.reminders.of(made.accounts[Role.MEMBER].id) == ()


def test_one_that_fails_is_shown_to_its_owner(made: Console) -> None:
    client, kept = made.client(Role.MEMBER), made.services.reminders
    client.post(f"{PAGE}/reminders", {"member": FIRST, "address": "ntfys://push.example.org/x", "minutes": "30"})
    (wanted,) = kept.wanted()
    kept.done(wanted, 0, again_at=1)
    assert "The last one could not be delivered: check the address." in client.get(PAGE).get_data(as_text=True)


def test_a_test_is_sent_to_where_the_reminders_go(made: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, str]] = []

    def deliver(words: str, address: Address, _ours: object) -> bool:
        sent.append((address.to, words))
        return len(sent) == 1

    monkeypatch.setattr(reminders, "deliver", deliver)
    client, fields = made.client(Role.MEMBER), {"member": FIRST, "what": "test"}

    def test(by: Client = client) -> str:
        by.post(f"{PAGE}/reminders/switch", fields)
        return by.get(PAGE).get_data(as_text=True)

    test()
    assert sent == [], "there is no address yet"
    client.post(f"{PAGE}/reminders", {"member": FIRST, "address": "ntfy://a-secret", "minutes": "30"})
    text = test()
    assert "A test was sent by ntfy." in text
    assert "a-secret" not in text
    assert "A test was sent just now." in test()
    made.later(seconds=30)
    assert "The test could not be delivered" in test()
    test(made.client(Role.EDITOR))
    assert sent == [("a-secret", TEST)] * 2, "nobody else's goes there"


def test_an_e_mail_address_is_refused_where_the_server_sends_none(made: Console) -> None:
    client = made.client(Role.MEMBER)
    answer = client.post(f"{PAGE}/reminders", {"member": FIRST, "address": "sam@example.org", "minutes": "30"})
    assert answer.status_code == 422
    assert "This server sends no e-mail" in answer.get_data(as_text=True)
    assert made.services.reminders.of(made.accounts[Role.MEMBER].id) == ()
