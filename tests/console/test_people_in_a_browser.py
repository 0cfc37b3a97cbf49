"""People in a real browser: a new phone in few taps, with scripts and without, on a phone and on a desk."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import request
from playwright.sync_api import Browser, Page, expect

from phonetree.console import origin
from phonetree.store.roles import Role
from phonetree.store.servers import Report, Servers
from tests.console.test_people import ONE, OTHER, People, opened
from tests.support.console import enter, running
from tests.support.screens import EACH_WIDTH, WIDTHS, look, window

pytestmark = pytest.mark.browser


@pytest.fixture
def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[People]:
    monkeypatch.setattr(origin, "_ours", lambda: (f"https://{request.host}",))  # the provider asks over http
    with opened("sqlite", tmp_path) as made:
        yield made


@pytest.fixture
def url(people: People, tmp_path: Path) -> Iterator[str]:
    (tmp_path / "certificate").mkdir()
    with running(people.console, tmp_path / "certificate") as address:
        yield address


@contextmanager
def admin(
    browser: Browser, people: People, url: str, width: tuple[int, int] = WIDTHS[0], *, scripts: bool = True
) -> Iterator[Page]:
    """The page of an admin who is signed in."""
    with window(browser, width, scripts=scripts) as context:
        enter(context, people.console, url, people.console.accounts[Role.ADMIN])
        page = context.new_page()
        page.goto(f"{url}/staff/")
        yield page


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "none"])
def test_a_new_phone_takes_few_taps(browser: Browser, people: People, url: str, scripts: bool) -> None:
    people.world("*=accepts after 2")
    with admin(browser, people, url, scripts=scripts) as page:
        taps = 0
        for link in ("People", "First advocate"):
            page.get_by_role("link", name=link).click()
            taps += 1
        page.get_by_label("Number").click()
        page.get_by_label("Number").press_sequentially("617 555 0133")
        page.get_by_role("button", name="Call this number").click()
        taps += 2
        expect(page.get_by_text("The phone is ringing.")).to_be_visible()
        if not scripts:
            people.over()
            page.get_by_role("link", name="Look again").click()
            taps += 1
        expect(page.get_by_text("Phone confirmed.")).to_be_visible()
        expect(page.get_by_role("button", name="Remove the phone")).to_be_visible()
        assert taps <= 6
        assert people.followed() == {"ADVOCATE_1": "+16175550133"}
        assert "0133" not in page.content()


def test_that_a_server_does_not_follow_yet_is_gone_once_it_does(browser: Browser, people: People, url: str) -> None:
    servers, now = Servers(people.console.services.store), people.console.services.seconds()
    servers.tell("one", Report("abc", phones="before"), now)
    people.world("*=accepts after 2")
    with admin(browser, people, url) as page:
        page.goto(url + ONE)
        page.get_by_label("Number").fill("617 555 0133")
        page.get_by_role("button", name="Call this number").click()
        expect(page.get_by_text("The phone is ringing.")).to_be_visible()
        expect(page.get_by_text("Phone confirmed.")).to_be_visible()
        behind = page.get_by_text("Not every server follows this yet")
        expect(behind).to_be_visible()
        servers.tell("one", Report("abc", phones=people.phones.followed().digest), now)
        expect(behind).to_have_count(0)


def test_what_is_typed_while_the_phone_rings_stays(browser: Browser, people: People, url: str) -> None:
    people.world("*=no-answer after 2")
    with admin(browser, people, url) as page:
        page.goto(url + ONE)
        page.get_by_label("Number").fill("617 555 0133")
        page.get_by_role("button", name="Call this number").click()
        expect(page.get_by_text("The phone is ringing.")).to_be_visible()
        page.get_by_label("Number").fill(OTHER)
        expect(page.get_by_text("Nobody picked up.")).to_be_visible()
        assert page.get_by_label("Number").input_value() == OTHER
        page.get_by_role("button", name="Call this phone again").click()
        expect(page.get_by_text("Nobody picked up.")).to_be_visible()


def test_a_refused_number_stays_typed_and_is_in_no_page_that_the_browser_keeps(
    browser: Browser, people: People, url: str
) -> None:
    with admin(browser, people, url) as page:
        page.goto(url + ONE)
        pages: list[str] = []
        page.on("request", lambda sent: pages.append(sent.method) if sent.is_navigation_request() else None)
        page.get_by_label("Number").fill("617 555 O133")
        page.get_by_role("button", name="Call this number").click()
        expect(page.get_by_role("alert")).to_contain_text("where a zero may be meant")
        expect(page.get_by_label("Number")).to_have_value("617 555 O133")
        look(page)
        people.console.later(seconds=people.console.settings.idle_seconds)
        page.get_by_role("button", name="Call this number").click()
        expect(page.get_by_role("alert")).to_contain_text("You were signed out.")
        expect(page.get_by_label("Number")).to_have_value("617 555 O133")
        assert pages == []
        assert "O133" not in page.content()


def test_two_windows_and_back_do_no_harm(browser: Browser, people: People, url: str) -> None:
    people.add()
    with admin(browser, people, url) as page, admin(browser, people, url) as other:
        for each in (page, other):
            each.goto(url + ONE)
        for each in (page, other):
            each.get_by_role("button", name="Remove the phone").click()
            expect(each.get_by_text("The phone is removed.")).to_be_visible()
        for each in (page, other):
            each.get_by_role("button", name="Undo").click()
            expect(each.get_by_role("status")).to_have_text("The phone rings again.")
        page.go_back()
        expect(page.get_by_text("Phone confirmed.")).to_be_visible()
        assert people.followed() == {"ADVOCATE_1": "+16175550133"}


@EACH_WIDTH
def test_axe_finds_nothing_in_any_state(browser: Browser, people: People, url: str, width: tuple[int, int]) -> None:
    with admin(browser, people, url, width) as page:

        def see(path: str) -> None:
            page.goto(url + path)
            look(page)

        see("/staff/people")
        see(ONE)
        page.get_by_label("Number").fill("617 555")
        page.get_by_role("button", name="Call this number").click()
        expect(page.get_by_role("alert")).to_be_visible()
        look(page)
        people.world("*=no-answer after 3")
        people.admin.post(ONE, {"number": "617 555 0133"})
        see(ONE)
        people.over()
        see(ONE)
        people.world("*=accepts after 0")
        people.post("call")
        people.over()
        see(ONE)
        people.world("*=busy after 0")
        people.add(OTHER)
        see(ONE)
        see("/staff/people")
        people.post("remove")
        see(ONE)
        people.phones.propose("GONE_1", "+16175550140", "Ada", 0)
        see("/staff/people/GONE_1")
        see("/staff/people")
