"""Today: what staff see, and what they change at short notice; asserted by what is stored and who is then rung."""

import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from phonetree.config.site import overridden
from phonetree.console import simulated, times
from phonetree.console.announcements import ready
from phonetree.console.short_notice import Change, ShortNotice
from phonetree.core import ringing
from phonetree.core.schedule import Cover, Kind, Override
from phonetree.core.tree import Site
from phonetree.runtime.trials import Trials
from phonetree.store.actions import since
from phonetree.store.database import LEAST_FREE_BYTES
from phonetree.store.kept import Kept, standing
from phonetree.store.overrides import Overrides
from phonetree.store.roles import Role
from phonetree.store.servers import Report, Servers
from tests.support.console import Client, Console

WORDS = {"words-en": "A storm is coming.", "words-es": "Viene una tormenta."}
FIRST, SECOND = "First advocate", "Second advocate"


def kept(made: Console) -> tuple[Kept, ...]:
    return made.services.overrides.kept(made.services.seconds())


def rung(made: Console, hour: int, minute: int = 0) -> list[str]:
    """Who is on shift at a time of the day, as servers see it."""
    site = overridden(made.services.live.loaded().site, standing(kept(made)))
    at = made.now.astimezone(site.schedule.zone).replace(hour=hour, minute=minute)
    return [member.name for member in ringing.roster(site.teams["advocates"], site.schedule, at)]


def text(page: str) -> str:
    """What is read on a page."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def today(client: Client, query: str = "") -> str:
    return text(client.get(f"/staff/{query}").get_data(as_text=True))


def chosen(client: Client, change: str, until: object) -> object:
    """The choice of an end in a form, by its name; anything else as it is."""
    found = ShortNotice(client.console.services).endings(Change(change))
    return next((each.value for each in found if each.name == until), until)


def save(client: Client, change: str, **fields: object) -> str:
    """Sends a form, and follows to the page after it."""
    data = {
        "begins": "now",
        "action": "save",
        "by": "nobody",
        **fields,
        "until": chosen(client, change, fields["until"]),
    }
    answer = client.post(f"/staff/today/{change}", data)
    if answer.status_code == 303:
        return text(client.get(answer.headers["Location"]).get_data(as_text=True))
    return text(answer.get_data(as_text=True))


def alone(client: Client, change: str, **fields: object) -> list[str]:
    """The gaps that a form shows, as it sends them."""
    data = {"begins": "now", "by": "nobody", "action": "preview", **fields}
    page = client.post(f"/staff/today/{change}", {**data, "until": chosen(client, change, fields["until"])})
    return re.findall(r'name="alone" value="([^"]+)"', unescape(page.get_data(as_text=True)))


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2026-11-23T15:00", "Open until 17:00 These are the usual hours. The next opening is tomorrow 9:00."),
        ("2026-11-23T23:00", "Closed until tomorrow 9:00 These are the usual hours."),
        ("2026-11-26T15:00", "Closed until Monday 9:00 Today is Thanksgiving."),
    ],
)
def test_it_says_open_or_closed_why_and_until_when(made: Console, moment: str, words: str) -> None:
    made.now = datetime.fromisoformat(f"{moment}+00:00")
    assert words in today(made.client(Role.MEMBER))


def test_the_line_is_closed_seen_and_opened_again(made: Console) -> None:
    client = made.client(Role.MEMBER)
    form = text(client.get("/staff/today/close").get_data(as_text=True))
    assert "until the next opening, tomorrow 9:00" in form
    assert "Closed until tomorrow 9:00." in form
    assert "No advocate is on the line now; the next one is here tomorrow at 9 AM." in form
    assert "Ahora no hay ninguna consejera" in form, "in each language"
    assert kept(made) == (), "looking changes nothing"
    after = save(client, "close", until="opening", **WORDS)
    assert "Done: closed until tomorrow 9:00" in after
    assert "Closed until tomorrow 9:00 the member closed the line until tomorrow 9:00." in after
    override = kept(made)[0].override
    assert (override.kind, override.words["es"]) == (Kind.CLOSED, "Viene una tormenta.")
    assert override.ends == datetime.fromisoformat("2026-11-24T14:00+00:00")
    assert save(client, "close", until="opening", **WORDS) == after, "sent twice it is done once"
    assert len(kept(made)) == 1
    number = kept(made)[0].number
    ended = client.post(f"/staff/today/overrides/{number}/end")
    assert "Ended: closed until tomorrow 9:00" in today(client, ended.headers["Location"].removeprefix("/staff/"))
    assert kept(made) == ()
    undone = client.post(f"/staff/today/overrides/{number}/again")
    assert "Done: closed until tomorrow 9:00" in today(client, undone.headers["Location"].removeprefix("/staff/"))
    assert [each.override.ends for each in kept(made)] == [override.ends]
    assert [(each.by, each.what.partition(":")[2][:10]) for each in since(made.services.store, 0)][:3] == [
        ("the member", " closed fr"), ("the member", " withdrawn"), ("the member", " closed fr"),
    ]  # fmt: skip


@pytest.mark.slow
def test_who_closes_opens_and_closes_again_has_closed_the_line(made: Console) -> None:
    client = made.client(Role.MEMBER)
    ends = {"until": "other", "until_at": "2026-11-23T16:00"}
    for change in ("close", "open", "close"):
        save(client, change, **ends)
        made.later(seconds=20)
    assert [each.override.kind for each in kept(made)] == [Kind.CLOSED, Kind.OPEN, Kind.CLOSED]
    assert not made.services.site().schedule.is_open(made.now)
    save(client, "close", **ends)
    assert len(kept(made)) == 3, "sent twice it is done once"


@pytest.mark.slow
def test_an_end_that_is_put_right_at_once_counts(made: Console) -> None:
    client = made.client(Role.MEMBER)
    for change in ({"change": "close"}, {"change": "cover", "away": FIRST, "by": SECOND}):
        for ends in ("15:58", "16:00", "15:58"):
            save(client, **change, until="other", until_at=f"2026-11-23T{ends}")
    assert [f"{each.override.ends:%M}" for each in kept(made)] == ["00", "58", "00", "58"], "the third changes nothing"


def test_a_form_that_is_sent_three_times_at_once_is_done_once(made: Console) -> None:
    clients = [made.client(role) for role in (Role.MEMBER, Role.MEMBER, Role.EDITOR)]
    tokens = [each.token() for each in clients]
    fields = {"begins": "now", "action": "save", "away": FIRST, "by": SECOND, "until": "other",
              "until_at": "2026-11-23T14:00"}  # fmt: skip
    with ThreadPoolExecutor(3) as pool:
        sent = [pool.submit(one.post, "/staff/today/cover", fields, token=token)
                for one, token in zip(clients, tokens, strict=True)]  # fmt: skip
        assert {each.result().headers["Location"] for each in sent} == {f"/staff/?done={kept(made)[0].number}"}
    assert len(kept(made)) == 1


def test_what_another_console_saved_while_this_one_checked_is_checked_with(
    made: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both advocates go away at once: whoever is second is asked."""
    client = made.client(Role.MEMBER)
    add, raced = Overrides.add, list[int]()

    def race(overrides: Overrides, override: Override, *more: Any) -> int:
        if not raced:
            other = replace(override, cover=Cover(SECOND))
            raced.append(add(overrides, other, "another", "x", made.services.seconds()))
        return add(overrides, override, *more)

    monkeypatch.setattr(Overrides, "add", race)
    assert "this is not saved yet: nobody could be rung" in save(client, "away", away=FIRST, until="hours").lower()
    assert [each.number for each in kept(made)] == raced


def test_words_that_are_said_again_after_others_are_saved(made: Console) -> None:
    client = made.client(Role.MEMBER)
    for words in (WORDS, {"words-en": "All is well.", "words-es": "Todo bien."}, WORDS, WORDS):
        save(client, "say", until="hours", **words)
    assert [each.override.words["en"][:3] for each in kept(made)] == ["A s", "All", "A s"]


def test_of_two_who_end_it_at_once_neither_sees_an_error(made: Console) -> None:
    one, two = made.client(Role.MEMBER), made.client(Role.ADMIN)
    save(one, "close", until="today")
    number = kept(made)[0].number
    assert {each.post(f"/staff/today/overrides/{number}/end").status_code for each in (one, two)} == {303}
    assert kept(made) == ()


def test_a_cover_is_saved_and_the_other_is_rung_until_it_ends(made: Console) -> None:
    client = made.client(Role.MEMBER)
    after = save(client, "cover", away=FIRST, by=SECOND, until="other", until_at="2026-11-23T14:00")
    assert f"Done: {SECOND} takes the place of {FIRST} until 14:00" in after
    assert f"Until 14:00: advocates: {SECOND}" in after
    assert (rung(made, 13), rung(made, 14)) == ([SECOND], [FIRST, SECOND])
    assert "555" not in after, "names, never numbers"


def test_a_cover_for_the_next_opening_is_offered(made: Console) -> None:
    client = made.client(Role.MEMBER)
    assert "tomorrow, from 9:00 until 17:00" in text(client.get("/staff/today/cover").get_data(as_text=True))
    assert f"{FIRST} is away from tomorrow 9:00 until 17:00" in save(client, "away", away=FIRST, until="next")
    assert rung(made, 13) == [FIRST, SECOND]
    made.later(days=1)
    assert rung(made, 13) == [SECOND]


def test_an_open_line_is_left_alone_only_after_what_callers_come_to_is_accepted(made: Console) -> None:
    client = made.client(Role.MEMBER)
    save(client, "away", away=FIRST, until="hours")
    refused = save(client, "away", away=SECOND, until="hours")
    assert "Nobody can be rung while the line is open: advocates: until 17:00" in refused
    assert "I accept that callers hear this then: “I am sorry, no advocate could take your call" in refused
    assert len(kept(made)) == 1
    shown = alone(client, "away", away=SECOND, until="hours")
    assert len(shown) == 1
    assert "I accept" in save(client, "away", away=SECOND, until="hours", accepted="instead", alone=shown), (
        "no such one"
    )
    assert "I accept" in save(client, "away", away=SECOND, until="hours", accepted="unanswered"), "nothing was shown"
    accepted = save(client, "away", away=SECOND, until="hours", accepted="unanswered", alone=shown)
    assert "Done" in accepted
    assert "In the next 30 days, the line is open and nobody is on shift: advocates: until 17:00" in accepted
    assert rung(made, 13) == []
    gap = kept(made)[0].override.accepted[0]
    assert (gap.team, gap.node, gap.begins) == ("advocates", "unanswered", kept(made)[0].override.begins)
    assert gap.ends == datetime.fromisoformat("2026-11-23T17:00-05:00")


@pytest.mark.slow
def test_what_was_accepted_is_what_the_page_showed_and_no_more_that_came_about_since(made: Console) -> None:
    client = made.client(Role.MEMBER)
    whole = {"away": FIRST, "until": "other", "until_at": "2026-11-25T17:00"}
    save(client, "away", away=SECOND, until="other", until_at="2026-11-23T17:00")
    shown = alone(client, "away", **whole)
    assert len(shown) == 1
    tuesday = {"begins": "at", "begins_at": "2026-11-24T09:00", "until": "other", "until_at": "2026-11-24T12:00"}
    save(client, "away", away=SECOND, **tuesday)
    refused = save(client, "away", **whole, accepted="unanswered", alone=shown)
    assert "advocates: from tomorrow 9:00 until 12:00" in refused
    page = client.post("/staff/today/away", {"begins": "now", "by": "nobody", "action": "preview", **whole,
                                             "accepted": "unanswered", "alone": shown})  # fmt: skip
    assert not re.search(r'value="unanswered"[^>]* checked', page.get_data(as_text=True)), "it is asked anew"
    assert len(kept(made)) == 2
    everywhere = ["advocates/2000-01-01T00:00:00+00:00/2099-01-01T00:00:00+00:00", "x", "a/b/c", "a//"]
    assert "Done" in save(client, "away", **whole, accepted="unanswered", alone=everywhere)
    gaps = kept(made)[0].override.accepted
    assert [(each.begins.day, each.ends.hour) for each in gaps] == [(23, 22), (24, 17)], "as they are, in UTC"


def preview(client: Client, change: str, **fields: object) -> str:
    """What a form shows before it is saved."""
    return save(client, change, **fields, action="preview").partition("What will happen")[2]


AFTERNOON = {"begins": "at", "begins_at": "2026-12-08T12:00", "until": "other", "until_at": "2026-12-08T17:00"}


def on_8_december(made: Console, hour: int) -> list[str]:
    site = overridden(made.services.live.loaded().site, standing(kept(made)))
    at = site.schedule.zone.localize(datetime.fromisoformat(f"2026-12-08T{hour}:00"))
    return [member.name for member in ringing.roster(site.teams["advocates"], site.schedule, at)]


@pytest.mark.slow
def test_who_is_away_takes_a_place_only_if_somebody_says_so(made: Console) -> None:
    client = made.client(Role.MEMBER)
    day = AFTERNOON | {"begins_at": "2026-12-08T09:00"}
    save(client, "away", away=SECOND, **AFTERNOON)
    gap = alone(client, "away", away=FIRST, **day)
    save(client, "away", away=FIRST, accepted="unanswered", alone=gap, **day)
    assert (
        "In the next 30 days, the line is open and nobody is on shift: advocates: from Tuesday 8 December 12:00"
        in today(client)
    )
    covered = AFTERNOON | {"away": FIRST, "by": SECOND, "begins_at": "2026-12-08T13:00"}
    shown = preview(client, "cover", **covered)
    when = "from Tuesday 8 December 13:00 until 17:00"
    assert f"{SECOND} is away {when}, and would be rung all the same. Nobody else could be" in shown
    assert f"after this: advocates: {when}" in shown
    assert "this is not saved yet: only somebody who is away" in save(client, "cover", **covered).lower()
    assert "this is not saved yet" in save(client, "cover", **covered, although=FIRST).lower(), "somebody else's name"
    assert (len(kept(made)), on_8_december(made, 14)) == (2, [])
    assert "Done" in save(client, "cover", **covered, although=SECOND)
    assert (on_8_december(made, 12), on_8_december(made, 14)) == ([], [SECOND])


def test_who_is_away_takes_a_place_beside_somebody_with_a_remark(made: Console) -> None:
    """Nobody is left alone: the other is rung in the place that was theirs, and is not away there."""
    client = made.client(Role.MEMBER)
    save(client, "cover", away=SECOND, by=FIRST, **AFTERNOON)
    fields = AFTERNOON | {"away": FIRST, "by": SECOND}
    shown = preview(client, "cover", **fields)
    assert f"{SECOND} is away from Tuesday 8 December 12:00 until 17:00, and would be rung all the same." in shown
    assert "not away" not in preview(client, "cover", **fields | {"until_at": "2026-12-08T12:30"})
    assert "is away" not in preview(
        client, "cover", **fields | {"begins_at": "2026-12-08T08:00", "until_at": "2026-12-08T12:00"}
    )


@pytest.mark.slow
def test_what_still_keeps_a_member_away_is_said_when_an_absence_is_ended(made: Console) -> None:
    client = made.client(Role.MEMBER)
    save(client, "cover", away=FIRST, by=SECOND, until="hours")
    save(client, "away", away=FIRST, until="other", until_at="2026-11-23T14:00")
    covered, away = sorted(kept(made), key=lambda each: each.number)
    ended = client.post(f"/staff/today/overrides/{away.number}/end").headers["Location"]
    made.later(seconds=15)
    assert rung(made, 13) == [SECOND]
    page = client.get(ended).get_data(as_text=True)
    assert f"This still stands: {SECOND} takes the place of {FIRST} until 17:00." in text(page)
    again = re.findall(r'action="([^"]*)">(?:(?!</form>).)*End that too', page, re.DOTALL)
    assert again == [f"/staff/today/overrides/{covered.number}/end"]
    ended = client.post(again[0]).headers["Location"]
    made.later(seconds=15)
    assert rung(made, 13) == [FIRST, SECOND]
    assert "still stands" not in today(client, ended.removeprefix("/staff/"))


@pytest.mark.slow
def test_a_closure_that_still_stands_is_said_when_another_is_ended(made: Console) -> None:
    client = made.client(Role.MEMBER)
    save(client, "close", until="hours")
    save(client, "close", until="today")
    newer = kept(made)[0]
    ended = client.post(f"/staff/today/overrides/{newer.number}/end").headers["Location"]
    assert "This still stands: closed until 17:00. End that too" in today(client, ended.removeprefix("/staff/"))
    save(client, "say", until="today", **WORDS)
    words = kept(made)[0]
    ended = client.post(f"/staff/today/overrides/{words.number}/end").headers["Location"]
    assert "still stands" not in today(client, ended.removeprefix("/staff/")), "it says nothing"


@pytest.mark.slow
def test_one_that_a_newer_one_replaces_says_so_for_as_long_as_it_does(made: Console) -> None:
    client = made.client(Role.MEMBER)
    save(client, "say", until="today", **WORDS)
    later = {"words-en": "We are at lunch", "words-es": "Almuerzo"}
    fields = {"until": "other", "until_at": "2026-11-23T12:00", **later}
    assert "Until 12:00 this counts in place of: callers hear first until midnight: “A storm is coming.”" in preview(
        client, "close", **fields
    )
    save(client, "close", **fields)
    page = today(client)
    assert "Replaced until 12:00, by the member: closed until 12:00, saying “We are at lunch”." in page
    assert made.services.site().schedule.words(made.now)["en"] == "We are at lunch", "as callers hear it"
    shown = preview(client, "close", until="other", until_at="2026-11-23T17:00")
    assert "Until 12:00 its hours count in place of: closed until 12:00" in shown
    assert "storm" not in shown, "without words it leaves those of others"
    save(client, "close", until="other", until_at="2026-11-23T17:00")
    assert "The hours are replaced until 12:00, by the member: closed until 17:00." in today(client)
    made.later(hours=3)
    assert "eplaced" not in today(client), "the words are said again"


def test_a_cover_replaces_an_absence_and_one_to_come_what_comes_later(made: Console) -> None:
    client = made.client(Role.MEMBER)
    save(client, "away", away=FIRST, until="hours")
    fields = {"begins": "at", "begins_at": "2026-11-23T13:00", "until": "hours"}
    save(client, "cover", away=FIRST, by=SECOND, **fields)
    assert today(client).count("eplaced") == 1
    assert f"Replaced from 13:00 until 17:00, by the member: {SECOND} takes the place of {FIRST}" in today(client)


def test_an_absence_over_a_cover_says_who_is_rung_in_that_place_then(made: Console) -> None:
    client, running = made.client(Role.MEMBER), made.services

    def away(name: str, hours: int) -> None:
        wanted = Override(made.now, made.now + timedelta(hours=hours), None, {}, Cover(name))
        running.overrides.add(wanted, "Ada", "away", running.seconds(), running.overrides.kept(running.seconds()))

    def standing_there() -> str:
        return today(client).partition("At short notice")[2].partition("Who is rung")[0]

    words = f"nobody is rung in the place of {FIRST}"
    save(client, "cover", away=FIRST, by=SECOND, until="hours")
    assert "is rung in the place of" not in standing_there()
    away(SECOND, hours=1)
    assert standing_there().count(f"Until 11:00 {words}.") == 1, "beside the cover"
    away(FIRST, hours=2)
    assert standing_there().count(f"Until 12:00 {words}.") == 2, "beside the cover, and the absence"
    assert f"-12:00: {words}" in client.get("/staff/schedule").get_data(as_text=True)


def test_words_alone_are_said_as_what_callers_hear_first(made: Console) -> None:
    client = made.client(Role.MEMBER)
    save(client, "close", until="other", until_at="2026-11-23T12:00")
    assert "Callers hear first until midnight: “A storm is coming.” Save" in preview(
        client, "say", until="today", **WORDS
    )
    after = save(client, "say", until="today", **WORDS)
    assert "Done: callers hear first until midnight: “A storm is coming.” Undo" in after
    assert "s usual" not in after


@pytest.mark.slow
def test_what_stands_is_in_the_order_of_its_beginning(made: Console) -> None:
    client = made.client(Role.MEMBER)
    days = ("2026-11-25", "2026-11-23", "2026-11-24")
    for day in days:
        begins = "now" if day == "2026-11-23" else "at"
        save(client, "close", begins=begins, begins_at=f"{day}T10:00", until="other", until_at=f"{day}T12:00")
    page = today(client).partition("At short notice")[2]
    found = [page.index(words) for words in ("Closed until 12:00", "from tomorrow 10:00", "from Wednesday 10:00")]
    assert found == sorted(found)


@pytest.mark.slow
def test_the_reason_is_that_of_the_whole_time_that_the_headline_names(made: Console) -> None:
    made.now = datetime.fromisoformat("2026-11-22T17:00+00:00")
    one, two = made.client(Role.MEMBER), made.client(Role.EDITOR)
    save(one, "close", until="other", until_at="2026-11-22T18:00")
    save(two, "close", begins="at", begins_at="2026-11-23T00:00", until="other", until_at="2026-11-24T00:00")
    words = "the member closed the line until 18:00. the editor closed the line from midnight until tomorrow midnight."
    assert today(one).partition("Closed until ")[2].startswith(f"Tuesday 9:00 {words}")
    made.now = datetime.fromisoformat("2026-11-25T23:00+00:00")
    assert "Closed until Monday 9:00 Tomorrow is Thanksgiving." in today(made.client(Role.MEMBER))
    made.now = datetime.fromisoformat("2026-11-30T15:00+00:00")
    one = made.client(Role.MEMBER)
    save(one, "close", begins="at", begins_at="2026-11-30T15:00", until="other", until_at="2026-11-30T16:00")
    assert "Open until 15:00 the member closed the line from 15:00 until 16:00. The next" in today(one)


def test_what_stands_is_changed_and_ends_with_that(made: Console) -> None:
    client = made.client(Role.MEMBER)
    save(client, "cover", away=FIRST, by=SECOND, until="other", until_at="2026-11-23T14:00")
    old = kept(made)[0].number
    page = client.get("/staff/").get_data(as_text=True)
    assert f'href="/staff/today/cover?instead={old}"' in page
    form = client.get(f"/staff/today/cover?instead={old}").get_data(as_text=True)
    assert f"In place of this, which ends when you save: {SECOND} takes the place of {FIRST} until 14:00." in text(form)
    assert re.findall(r'value="([^"]*)" id="[^"]*" checked', form) == [FIRST, SECOND, "now", "other"]
    assert 'id="until_at" name="until_at" data-chooses="until-other" value="2026-11-23T14:00"' in form
    fields = {"instead": old, "until": "other", "until_at": "2026-11-23T16:00"}
    shown = preview(client, "cover", away=SECOND, by=FIRST, **fields)
    assert "is away" not in shown, "as if the old one did not stand"
    save(client, "cover", away=SECOND, by=FIRST, **fields)
    made.later(seconds=15)
    assert [(each.override.cover.away, each.number > old) for each in kept(made) if each.override.cover] == [
        (SECOND, True)
    ]
    assert rung(made, 15) == [FIRST]
    save(client, "cover", away=FIRST, by=FIRST, instead=kept(made)[0].number, until="today")
    assert len(kept(made)) == 1, "what cannot be saved ends nothing"


@pytest.mark.slow
@pytest.mark.parametrize("change", ["close", "open", "say", "away"])
def test_each_form_is_filled_in_to_change_what_it_made(made: Console, change: str) -> None:
    client = made.client(Role.MEMBER)
    words = WORDS if change == "say" else {}
    begins = {"begins": "at", "begins_at": "2026-11-24T10:00", "until": "other", "until_at": "2026-11-24T12:00"}
    save(client, change, away=FIRST, **begins, **words)
    form = client.get(f"/staff/today/{change}?instead={kept(made)[0].number}").get_data(as_text=True)
    assert all(f'value="{moment}"' in form for moment in ("2026-11-24T10:00", "2026-11-24T12:00"))
    assert all(f">{each}</textarea>" in form for each in words.values())
    other = client.get(f"/staff/today/cover?instead={kept(made)[0].number}")
    assert other.status_code == 404, "in another form there is nothing to fill in"


def test_who_was_away_last_is_chosen_in_the_next_form(made: Console) -> None:
    client = made.client(Role.MEMBER)
    chosen_ = f'id="away-{SECOND}" checked'
    assert chosen_ not in client.get("/staff/today/away").get_data(as_text=True)
    save(client, "away", away=SECOND, until="hours")
    assert chosen_ in client.get("/staff/today/away").get_data(as_text=True)
    assert chosen_ not in client.get("/staff/today/cover").get_data(as_text=True), "that is for anybody"
    assert chosen_ not in made.client(Role.ADMIN).get("/staff/today/away").get_data(as_text=True)


def test_a_member_without_a_phone_is_shown_and_cannot_be_chosen(made: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    client = made.client(Role.MEMBER)
    monkeypatch.setattr(
        ShortNotice, "members", lambda _, with_phones=False: (FIRST,) if with_phones else (FIRST, SECOND)
    )
    form = client.get("/staff/today/cover").get_data(as_text=True)
    assert f'name="by" value="{SECOND}" id="by-{SECOND}" disabled' in form
    assert f"{SECOND} (no phone)" in text(form)
    assert f'name="by" value="{FIRST}" id="by-{FIRST}">' in form
    assert f'name="away" value="{SECOND}" id="away-{SECOND}">' in form


@pytest.mark.parametrize(
    ("change", "fields", "words"),
    [
        ("close", {"begins": "at", "begins_at": "2026-12-08T12:00", "until": "hours"}, "It begins Tuesday 8 December"),
        ("close", {"until": "other"}, "End: choose a day and a time."),
        ("close", {"begins": "at", "until": "today"}, "Begin: choose a day and a time."),
        ("say", {"until": "today"}, "Write what callers hear first, in every language."),
        ("cover", {"until": "today"}, "Choose who is away."),
    ],
)
def test_nothing_complains_before_somebody_has_chosen(
    made: Console, change: str, fields: dict[str, str], words: str
) -> None:
    client = made.client(Role.MEMBER)
    sent = {"begins": "now", "action": "preview", **fields, "until": chosen(client, change, fields["until"])}
    page = client.post(f"/staff/today/{change}", sent).get_data(as_text=True)
    assert words in text(page)
    assert "alert-danger" not in page
    refused = client.post(f"/staff/today/{change}", sent | {"action": "save"})
    assert (refused.status_code, kept(made)) == (422, ())
    assert words in text(refused.get_data(as_text=True))
    assert "alert-danger" in refused.get_data(as_text=True)


def test_it_is_asked_when_it_begins_before_until_when(made: Console) -> None:
    for change in Change:
        form = text(made.client(Role.MEMBER).get(f"/staff/today/{change}").get_data(as_text=True))
        assert form.index("Later, not now") < form.index("Until when?") < form.index("not now: tomorrow, from 9:00")


def test_an_announcement_is_ready_in_every_language(made: Console) -> None:
    client = made.client(Role.MEMBER)
    for change in ("say", "open"):
        page = client.post(f"/staff/today/{change}", {"begins": "now", "action": "ready:Many calls", "until": ""})
        assert page.status_code == 200
        fields = re.findall(r"<textarea[^>]*>([^<]*)</textarea>", page.get_data(as_text=True))
        assert [each.partition(" ")[0] for each in fields] == ["Many", "En"]
    assert kept(made) == ()
    words = dict(zip(("words-en", "words-es"), map(unescape, fields), strict=True))
    for each in ready(made.services.site(), is_open=True):
        save(client, "say", until="today", **{f"words-{language}": said for language, said in each.words.items()})
    assert len(kept(made)) == 3, "each can be saved as it is"
    assert kept(made)[1].override.words["en"] == words["words-en"]
    one = replace(made.services.site(), languages={"fr": made.services.site().languages["en"]})
    assert ready(one, is_open=True) == (), "in a language that they do not have there are none"


def test_what_is_ready_fits_what_the_line_is_then(made: Console) -> None:
    client = made.client(Role.MEMBER)

    def offered(change: str, **typed: str) -> list[str]:
        page = client.post(f"/staff/today/{change}", {"begins": "now", "until": "", **typed}).get_data(as_text=True)
        return re.findall(r'value="ready:([^"]+)"', page)

    always = "Trouble with the telephones"
    assert offered("say") == offered("open") == ["The weather", "Many calls", always]
    assert offered("close") == ["The weather", always]
    later = {"begins": "at", "begins_at": "2026-11-23T20:00", "until": "other", "until_at": "2026-11-24T08:00"}
    assert offered("say", **later) == ["The weather", always], "the line is closed by then"
    for change, words in (("close", "We are closed because"), ("open", "We answer the telephone as usual")):
        page = client.post(f"/staff/today/{change}", {"begins": "now", "action": "ready:The weather", "until": ""})
        assert words in page.get_data(as_text=True)
    made.later(hours=10)
    client = made.client(Role.MEMBER)
    assert offered("say") == ["The weather", always]


def test_what_changes_nothing_says_so_before_it_is_saved(made: Console) -> None:
    made.now = datetime.fromisoformat("2026-11-22T15:00+00:00")
    form = text(made.client(Role.MEMBER).get("/staff/today/close").get_data(as_text=True))
    assert "This changes nothing: callers meet the same without it." in form


@pytest.mark.parametrize(
    ("change", "fields", "problem"),
    [
        ("close", {"until": "other"}, "End: choose a day and a time"),
        ("close", {"until": "other", "until_at": "<script>"}, "End: choose a day and a time"),
        ("close", {"until": "other", "until_at": "2027-03-14T02:30"}, "there is no such time, because the clocks"),
        ("close", {"until": "other", "until_at": "2026-11-23T09:00"}, "before it begins; choose a later end"),
        ("close", {"until": "other", "until_at": "2027-03-14T12:00"}, "it lasts longer than 31 days"),
        ("close", {"until": "gone"}, "choose until when"),
        ("close", {"until": "today", "begins": "at", "begins_at": ""}, "Begin: choose a day and a time"),
        ("say", {"until": "today"}, "write what callers hear first, in every language"),
        ("say", {"until": "today", "words-en": "Hello"}, "the words are missing in español (es)"),
        ("say", {"until": "today", "words-en": "{x}", "words-es": "hola"}, "have a brace"),
        ("cover", {"until": "today"}, "choose who is away"),
        ("cover", {"until": "today", "away": FIRST, "by": ""}, "choose who takes the place, or nobody"),
        (
            "close",
            {"until": "today", "begins": "at", "begins_at": "2026-11-20T10:00"},
            "choose from now, or a later time",
        ),
        (
            "away",
            {"until": "2026-11-01T00:00:00-05:00/2026-11-24T00:00:00-05:00", "away": FIRST},
            "choose from now, or a later time",
        ),
        ("close", {"until": "now/0001-01-01T00:00:00+00:00"}, "choose until when"),
        ("cover", {"until": "today", "away": "<b>"}, "'<b>' is not a member of a team"),
        ("cover", {"until": "today", "away": FIRST, "by": FIRST}, "cannot take their own place"),
    ],
)
def test_what_cannot_be_saved_is_told_and_nothing_typed_is_lost(
    made: Console, change: str, fields: dict[str, str], problem: str
) -> None:
    client = made.client(Role.MEMBER)
    answer = client.post(
        f"/staff/today/{change}",
        {"begins": "now", "action": "save", "by": "nobody", **fields, "until": chosen(client, change, fields["until"])},
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert problem.lower() in text(page).lower()
    assert "<script>" not in page.replace('<script type="module"', "")
    for name, value in fields.items():
        if name.startswith("words"):
            assert f">{value}</textarea>" in page
    assert kept(made) == ()


def test_words_of_staff_never_become_markup(made: Console) -> None:
    client = made.client(Role.MEMBER)
    words = {"words-en": "<img src=x onerror=alert(1)> & more", "words-es": "</textarea><script>x</script>"}
    client.post(
        "/staff/today/say", {"begins": "now", "action": "save", "until": chosen(client, "say", "today"), **words}
    )
    assert kept(made)[0].override.words["en"] == words["words-en"]
    for path in ("/staff/", f"/staff/?done={kept(made)[0].number}"):
        page = client.get(path).get_data(as_text=True)
        assert "<img" not in page
        assert "<script>" not in page


def test_a_call_is_tried_before_it_is_saved(made: Console) -> None:
    client = made.client(Role.MEMBER)
    fields = {"begins": "now", "away": FIRST, "by": "nobody", "until": "hours", "action": "try"}
    heard = save(client, "away", **fields, keys="1", phones="nobody")
    assert f"rings {SECOND}; they see the helpline; for up to 20 s" in heard
    assert "nobody takes the call" in heard
    assert "555" not in heard.replace("all", ""), "names, never numbers"
    assert kept(made) == ()
    assert "'x' is not a caller's step" in save(client, "away", **fields, keys="x")


def test_a_refused_promise_is_told(made: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the proof finds is shown as it is."""
    from phonetree.errors import Problem, Where
    from phonetree.runtime.prover import Prover

    def broken(prover: Prover, site: Site, contents: object) -> tuple[Problem, ...]:
        return (Problem(Where("x"), "0 <fails>"),) if site.schedule.overrides else ()

    monkeypatch.setattr(Prover, "broken_by_override", broken)
    client = made.client(Role.MEMBER)
    answer = client.post(
        "/staff/today/close", {"begins": "now", "action": "save", "until": chosen(client, "close", "today")}
    )
    assert answer.status_code == 422
    assert "0 <fails>" in text(answer.get_data(as_text=True))
    assert kept(made) == ()


def test_seconds_refuse_nothing_and_are_told(made: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    from phonetree.errors import Problem, Where
    from phonetree.runtime.prover import Prover

    def late(prover: Prover, site: Site, contents: object) -> tuple[Problem, ...]:
        return (Problem(Where("x"), "26 s, not 25 s <b>", late=True),) if site.schedule.overrides else ()

    monkeypatch.setattr(Prover, "broken_by_override", late)
    client = made.client(Role.MEMBER)
    sent = {"begins": "now", "action": "save", "until": chosen(client, "close", "today")}
    answer = client.post("/staff/today/close", sent)
    assert answer.status_code == 303
    assert [each.override.kind for each in kept(made)] == [Kind.CLOSED]
    warning = re.search(
        r'<p class="alert alert-warning" role="status">(.*?)</p>', client.get("/staff/").get_data(as_text=True)
    )
    assert warning
    assert warning[1] == "This is saved, and callers wait longer than is promised: 26 s, not 25 s &lt;b&gt;"
    assert "26 s" not in client.get("/staff/").get_data(as_text=True), "once"


def test_every_line_of_any_call_names_no_number(made: Console) -> None:
    asked = simulated.to(made.services.live.loaded(), made.settings.config, (), made.now)
    for keys in ("", "1", "0", "2,1", "3"):
        for phones in simulated.PHONES:
            call = replace(asked, steps=simulated.steps_of(keys), phones=simulated.answer_of(phones))
            for line in made.services.trials.play(call).lines:
                assert not re.search(r"\+\d{5}|\[\w\w-\w\w\]", line.words), line
    spoken = [line.words for line in made.services.trials.play(asked).lines]
    assert any("(español) Para español" in words for words in spoken), "languages by their names"


def test_a_form_works_when_no_call_can_be_played(made: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Trials(("/nonexistent",))
    monkeypatch.setattr(made.services.trials, "_trials", broken)
    client = made.client(Role.MEMBER)
    sent = {"begins": "now", "until": chosen(client, "close", "today"), "keys": "1", "phones": "somebody"}
    answer = client.post("/staff/today/close", {**sent, "action": "try"})
    assert answer.status_code == 200
    assert "The call could not be played" in text(answer.get_data(as_text=True))
    assert client.post("/staff/today/close", {**sent, "action": "save"}).status_code == 303


def test_times_are_said_as_staff_say_them(made: Console) -> None:
    zone = made.services.live.loaded().site.schedule.zone
    now = zone.localize(datetime.fromisoformat("2026-10-31T10:00"))

    def at(text: str) -> datetime:
        return zone.localize(datetime.fromisoformat(text))

    assert times.when(at("2026-10-31T17:05"), now) == "17:05"
    assert times.when(at("2026-11-01T00:00"), now) == "midnight"
    assert times.when(at("2026-11-02T00:00"), now) == "tomorrow midnight"
    assert times.when(at("2026-11-01T09:00"), now) == "tomorrow 9:00"
    assert times.when(at("2026-11-06T09:00"), now) == "Friday 9:00"
    assert times.when(at("2026-11-07T09:00"), now) == "Saturday 7 November 9:00"
    assert times.when(at("2027-11-07T09:00"), now) == "Sunday 7 November 2027 9:00"
    assert times.stretch_words(now, at("2026-10-31T12:00"), now) == "until 12:00"
    assert times.stretch_words(at("2026-11-06T09:00"), at("2026-11-06T12:00"), now) == "from Friday 9:00 until 12:00"
    four = next(
        each for each in times.endings(made.services.site().schedule, at("2026-10-31T23:30")) if each.name == "4h"
    )
    assert four.moment
    assert four.moment - at("2026-10-31T23:30") == timedelta(hours=4), "also over the change of clocks"
    assert four.words == "for 4 hours, until tomorrow 2:30"


def test_an_end_that_is_the_same_moment_as_another_is_proposed_once(made: Console) -> None:
    made.later(hours=10)  # at night
    client = made.client(Role.MEMBER)
    save(client, "open", until="1h")
    for change, kept, gone in (
        ("cover", "when the line closes", "for 1 hour"),
        ("open", "for 1 hour", "when the line"),
    ):
        page = client.get(f"/staff/today/{change}").get_data(as_text=True)
        values = re.findall(r'name="until"[^>]*? value="([^"]+)"', page)
        assert len(values) == len(set(values)) > 3
        assert kept in page
        assert gone not in page


def report(made: Console, name: str, *overrides: tuple[int, int], **more: object) -> None:
    """A server says what it answers with."""
    told = replace(Report("abc", overrides, test_call=True), **more)  # type: ignore[arg-type]
    Servers(made.services.store).tell(name, told, made.services.seconds())


def test_the_page_says_when_every_server_has_followed(made: Console) -> None:
    client = made.client(Role.MEMBER)
    assert "No server reports. What to do" in today(client)
    assert "Nobody knows whether calls are answered. Tell whoever runs the server." in today(client)
    report(made, "one")
    report(made, "two")
    assert "Both servers answer with this." in today(client)
    save(client, "close", until="opening")
    number, ends = kept(made)[0].number, int(kept(made)[0].override.ends.timestamp())
    assert "0 of 2 servers answer with this so far" in today(client)
    assert "data-again" in client.get("/staff/following").get_data(as_text=True)
    report(made, "one", (number, ends))
    assert "1 of 2 servers answers with this so far" in today(client)
    report(made, "two", (number, ends))
    assert "Both servers answer with this." in today(client)
    assert "data-again" not in client.get("/staff/following").get_data(as_text=True)
    client.post(f"/staff/today/overrides/{number}/end")
    assert "0 of 2 servers" in today(client)
    report(made, "one", (number, made.services.seconds()))
    report(made, "two")
    assert "Both servers answer with this." in today(client), "one that has ended makes no difference"


def test_a_cover_that_was_ended_is_followed_when_its_new_end_is(made: Console) -> None:
    client = made.client(Role.MEMBER)
    save(client, "away", away=FIRST, until="hours")
    one = kept(made)[0]
    report(made, "one", (one.number, int(one.override.ends.timestamp())))
    made.later(minutes=1)
    assert "The server answers with this." in today(client)
    client.post(f"/staff/today/overrides/{one.number}/end")
    assert "The server does not answer with this yet" in today(client)


def following(client: Client) -> str:
    return text(client.get("/staff/following").get_data(as_text=True))


def test_servers_that_were_killed_are_seen_within_two_minutes_and_stay_seen(
    made: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = made.client(Role.MEMBER)
    for name in ("one", "two"):
        report(made, name, place=name)
    made.later(seconds=119)
    assert following(client) == "Both servers answer with this."
    state = re.findall('data-state="[^"]*"', client.get("/staff/following").get_data(as_text=True))
    report(made, "two", place="two")
    made.later(seconds=1)
    assert following(client) == "1 of 2 servers answers with this; 1 has not reported since 10:00. What to do"
    assert state[0] not in client.get("/staff/following").get_data(as_text=True), "a page left open says so"
    asked = "Tell whoever runs the server to start it again."
    assert f"1 of 2 servers has not reported since 10:00. {asked}" in today(client)
    made.later(seconds=120)
    words = "No server has reported since 10:01"
    assert following(client) == f"{words}. What to do"
    assert f"{words}, so callers may not be answered. Tell whoever runs the server." in today(client)
    usage = shutil.disk_usage
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(path)._replace(free=LEAST_FREE_BYTES - 1))
    told = today(client)
    assert "The disk of the database is full, so new messages of callers cannot be kept" in told
    assert "Tell whoever runs the server now: the disk needs room." in told
    assert f"{words}: with a full disk none can report. Calls may be answered all the same." in told
    assert "callers may not be answered" not in told
    monkeypatch.undo()
    report(made, "two", place="two")
    made.later(days=1)
    client = made.client(Role.MEMBER)
    report(made, "two", place="two")
    assert "1 of 2 servers has not reported since Monday 23 November 10:00" in today(client), "until it is back"
    Servers(made.services.store).tell("anew", Report("abc", place="one"), made.services.seconds())
    assert following(client) == "Both servers answer with this."
    assert "has not reported" not in today(client)


def test_an_admin_says_that_a_server_was_taken_away(made: Console) -> None:
    member, admin = made.client(Role.MEMBER), made.client(Role.ADMIN)
    report(made, "gone", place="a")
    made.later(minutes=5)
    report(made, "there", place="b")
    sent = {"server": re.findall('name="server" value="([^"]*)"', admin.get("/staff/").get_data(as_text=True))}
    assert sent == {"server": ["gone"]}
    assert 'name="server"' not in member.get("/staff/").get_data(as_text=True)
    assert member.post("/staff/today/servers/taken-away", sent).status_code == 403
    assert "1 of 2 servers has not reported" in today(admin)
    assert admin.post("/staff/today/servers/taken-away", sent).status_code == 303
    assert following(admin) == "The server answers with this."


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"test_call": False}, "A server fails its own test call: callers may not be answered."),
        ({"problems": ("routing.yaml:3:1: <b>bad</b>",)}, "The last edit was refused, and callers hear the version"),
        ({"refused": ((0, "it was late"),)}, "What was changed last at short notice could not be checked"),
        ({"unkept": "nobody can be rung"}, "nobody can be rung"),
        ({"revision": "def"}, "The servers answer with different versions of the tree."),
    ],
)
def test_what_servers_report_is_a_warning(made: Console, more: dict[str, object], words: str) -> None:
    client = made.client(Role.MEMBER)
    report(made, "one")
    assert words not in today(client)
    report(made, "two", **more)
    assert words in today(client)
    assert "<b>bad" not in client.get("/staff/").get_data(as_text=True)


def test_servers_that_follow_a_publication_are_no_warning(made: Console) -> None:
    client, words = made.client(Role.MEMBER), "The servers answer with different versions of the tree."
    made.services.revisions.publish(
        "def", {"hours.yaml": b"", "routing.yaml": b""}, None, "Ada", "words", made.services.seconds()
    )
    for seconds, told in ((0, False), (29, False), (1, True)):
        made.later(seconds=seconds)
        report(made, "one")
        report(made, "two", revision="def")
        assert (words in today(client)) is told


def test_what_is_wrong_at_the_provider_in_the_files_and_with_the_backup_is_a_warning(
    made: Console, tmp_path: Path
) -> None:
    Servers(made.services.store).look("fallback", [("it is old", "host it anew")], made.services.seconds())
    made.now = datetime.fromisoformat("2027-11-23T15:00:00+00:00")
    member = made.client(Role.MEMBER)
    report(made, "one")
    for words in (
        "Something is wrong with what callers hear when no server answers.",
        "Tell whoever runs the server: it is old (host it anew)",
        "There is no key to seal messages with",
        "was last verified 366 days ago; dial it",
        "No closures are written for 2028",
    ):
        assert words in today(member)
    assert "backup" not in today(member)
    assert "Nobody said where the backups of the database are" in today(made.client(made.accounts[Role.ADMIN]))


@pytest.mark.parametrize(("age", "words"), [(None, "there is none"), (3, "3 days old"), (1, "")])
def test_an_old_backup_is_a_warning(made: Console, tmp_path: Path, age: int | None, words: str) -> None:
    folder = tmp_path / "backups"
    if age is not None:
        folder.mkdir()
        (folder / "backup.db").touch()
        then = made.services.seconds() - age * 24 * 3600
        os.utime(folder / "backup.db", (then, then))
    object.__setattr__(made.services.settings, "backups", folder)
    page = today(made.client(Role.ADMIN))
    assert ("The backup of the database is old" in page) is bool(words)
    assert words in page


@pytest.mark.parametrize("moment", ["0001-01-01T00:00", "9999-12-31T23:59", "1999-12-31T12:00", "2100-01-01T00:00"])
@pytest.mark.parametrize("field", ["begins_at", "until_at"])
def test_a_year_that_cannot_be_meant_is_a_problem_in_words(made: Console, field: str, moment: str) -> None:
    fields = {"begins_at": "2026-11-23T12:00", "until_at": "2026-11-23T14:00"} | {field: moment}
    page = save(made.client(Role.MEMBER), "close", **fields | {"begins": "at", "until": "other"})
    assert "choose a day of this century" in page
    assert kept(made) == ()


def test_one_that_servers_leave_out_counts_on_no_screen(made: Console) -> None:
    client = made.client(Role.MEMBER)
    save(client, "away", away=FIRST, until="hours")
    number = kept(made)[0].number

    def monday() -> str:
        page = text(client.get("/staff/schedule").get_data(as_text=True))
        return page.partition("Monday 23")[2].partition("Tuesday")[0]

    together = f"9:00-17:00 {FIRST}, {SECOND}"
    assert f"{FIRST} is away" in monday()
    assert together not in monday().replace(" ,", ",")
    report(made, "one", refused=((number, "0 reaches nobody"),))
    page = today(client)
    assert f"Until 17:00: advocates: {FIRST}, {SECOND}" in page
    assert "Not in force: 0 reaches nobody. End it, or let somebody take the place." in page
    assert f"{FIRST} is away" not in monday()
    assert together in monday().replace(" ,", ",")
    assert [member.name for member in made.services.site().teams["advocates"].members] == [FIRST, SECOND]
