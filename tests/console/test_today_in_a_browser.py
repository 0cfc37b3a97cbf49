"""Today on a phone and on a desk: few taps, by keyboard alone, without scripts, two at once."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from phonetree.core.schedule import Cover, Kind
from phonetree.store.kept import Kept
from phonetree.store.roles import Role
from phonetree.store.servers import Report, Servers
from tests.support.console import Console, console, enter, running
from tests.support.screens import EACH_WIDTH, WIDTHS, keys, look, tab_to, window

pytestmark = pytest.mark.browser

PHONE, DESK = WIDTHS
FIRST, SECOND = "First advocate", "Second advocate"


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Console]:
    with console("sqlite", tmp_path) as opened:
        yield opened


@pytest.fixture
def url(made: Console, tmp_path: Path) -> Iterator[str]:
    with running(made, tmp_path) as address:
        yield address


class Taps:
    """A page on a phone, and how often it was tapped."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.number = 0

    def tap(self, name: str, role: str = "button") -> None:
        """Taps what has this name."""
        self.page.get_by_role(role, name=name, exact=True).click()  # type: ignore[arg-type]
        self.number += 1


def kept(made: Console) -> tuple[Kept, ...]:
    return made.services.overrides.kept(made.services.seconds())


def test_the_line_is_closed_for_this_afternoon_in_three_taps(made: Console, url: str, browser: Browser) -> None:
    with window(browser, PHONE) as context:
        enter(context, made, url, made.accounts[Role.MEMBER])
        phone = Taps(context.new_page())
        phone.page.goto(f"{url}/staff/")
        phone.tap("Close the line", "link")
        phone.page.get_by_label("until 17:00, when the line closes").click()
        phone.number += 1
        expect(phone.page.locator("#preview")).to_contain_text("Closed until 17:00.")
        phone.tap("Close the line")
        expect(phone.page.get_by_role("heading", name="Closed until 17:00")).to_be_hidden()
        expect(phone.page.locator(".done")).to_contain_text("Done: closed until 17:00.")
        assert phone.number <= 3
        assert [(each.override.kind, each.by) for each in kept(made)] == [(Kind.CLOSED, "the member")]
        phone.tap("Undo")
        expect(phone.page.locator(".done")).to_contain_text("Ended: closed until 17:00.")
        assert kept(made) == ()
        phone.tap("Undo")
        expect(phone.page.locator(".done")).to_contain_text("Done: closed until 17:00.")
        assert len(kept(made)) == 1


def test_a_shift_is_covered_in_four_taps(made: Console, url: str, browser: Browser) -> None:
    with window(browser, PHONE) as context:
        enter(context, made, url, made.accounts[Role.MEMBER])
        phone = Taps(context.new_page())
        phone.page.goto(f"{url}/staff/")
        phone.tap("Cover a shift", "link")
        for name, field in ((FIRST, "away"), (SECOND, "by")):
            phone.page.locator(f"[id='{field}-{name}']").click()
            phone.number += 1
        expect(phone.page.locator("#preview")).to_contain_text(f"{SECOND} takes the place of {FIRST} until 17:00.")
        phone.tap("Save")
        expect(phone.page.locator(".done")).to_contain_text(f"Done: {SECOND} takes the place of {FIRST}")
        assert phone.number <= 4
        assert [each.override.cover for each in kept(made)] == [Cover(FIRST, SECOND)]


@EACH_WIDTH
def test_by_keyboard_alone(made: Console, url: str, browser: Browser, width: tuple[int, int]) -> None:
    with window(browser, width) as context:
        enter(context, made, url, made.accounts[Role.MEMBER])
        page = context.new_page()
        page.goto(f"{url}/staff/")
        tab_to(page, "Say something first")
        keys(page, "Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Say something first")
        tab_to(page, "What callers hear first, in English")
        keys(page, "A storm is coming.", "Tab", "Viene una tormenta.")
        expect(page.locator("#heard")).to_contain_text("A storm is coming. M I T Violence")
        expect(page.locator("#heard blockquote[lang=es]")).to_contain_text("Viene una tormenta.")
        tab_to(page, "Save")
        keys(page, "Enter")
        expect(page.locator(".done")).to_contain_text("Done: callers hear first until 17:00: “A storm is coming.”")
        tab_to(page, "Undo")
        keys(page, "Enter")
        expect(page.locator(".done")).to_contain_text("Ended")
        assert kept(made) == ()


def test_enter_in_a_field_saves_nothing(made: Console, url: str, browser: Browser) -> None:
    with window(browser, DESK) as context:
        enter(context, made, url, made.accounts[Role.MEMBER])
        page = context.new_page()
        page.goto(f"{url}/staff/today/close")
        page.get_by_text("Try this call").first.click()
        page.get_by_label("Keys that the caller presses").fill("1")
        page.keyboard.press("Enter")
        expect(page.locator("#preview")).to_contain_text("Closed until tomorrow 9:00.")
        assert kept(made) == ()


def test_an_end_that_is_typed_is_chosen_by_that(made: Console, url: str, browser: Browser) -> None:
    with window(browser, DESK) as context:
        enter(context, made, url, made.accounts[Role.MEMBER])
        page = context.new_page()
        page.goto(f"{url}/staff/today/close")
        page.locator("#until_at").fill("2026-11-23T13:30")
        expect(page.get_by_label("until ...")).to_be_checked()
        expect(page.locator("#preview")).to_contain_text("Closed until 13:30.")


def test_without_scripts_a_button_shows_what_will_happen(made: Console, url: str, browser: Browser) -> None:
    with browser.new_context(java_script_enabled=False, ignore_https_errors=True) as context:
        enter(context, made, url, made.accounts[Role.MEMBER])
        page = context.new_page()
        page.goto(f"{url}/staff/today/away")
        page.get_by_label(FIRST).first.check()
        page.get_by_role("button", name="Show what will happen").click()
        expect(page.locator("#preview")).to_contain_text(f"{FIRST} is away until 17:00.")
        expect(page.locator("#preview")).to_contain_text(f"Until 17:00: advocates: {SECOND}")
        page.get_by_text("Try this call").first.click()
        page.get_by_label("Keys that the caller presses").fill("1")
        page.get_by_role("button", name="Try this call").click()
        expect(page.locator("#transcript")).to_contain_text(f"rings {SECOND}; they see the helpline")
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".done")).to_contain_text(f"Done: {FIRST} is away until 17:00.")
        page.get_by_role("button", name="End now").click()
        expect(page.locator(".done")).to_contain_text("Ended")


def test_two_at_once_see_what_stands_and_the_second_end_does_no_harm(made: Console, url: str, browser: Browser) -> None:
    with window(browser, PHONE) as one, window(browser, DESK) as two:
        enter(one, made, url, made.accounts[Role.MEMBER])
        enter(two, made, url, made.accounts[Role.ADMIN])
        phone, desk = one.new_page(), two.new_page()
        phone.goto(f"{url}/staff/today/close")
        phone.get_by_role("button", name="Close the line").click()
        desk.goto(f"{url}/staff/")
        expect(desk.locator("#standing + .rows")).to_contain_text("by the member")
        phone.get_by_role("button", name="Undo").click()
        expect(phone.locator(".done")).to_contain_text("Ended")
        desk.get_by_role("button", name="End now").click()
        expect(desk.get_by_role("heading", name="Open until 17:00")).to_be_visible()
        assert kept(made) == ()


def test_the_page_says_by_itself_when_all_servers_have_followed(made: Console, url: str, browser: Browser) -> None:
    servers, now = Servers(made.services.store), made.services.seconds()
    servers.tell("one", Report("abc", test_call=True), now)
    with window(browser, PHONE) as context:
        enter(context, made, url, made.accounts[Role.MEMBER])
        page = context.new_page()
        page.goto(f"{url}/staff/today/close")
        page.get_by_role("button", name="Close the line").click()
        expect(page.get_by_text("The server does not answer with this yet")).to_be_visible()
        each = kept(made)[0]
        servers.tell("one", Report("abc", ((each.number, int(each.override.ends.timestamp())),), test_call=True), now)
        expect(page.get_by_text("The server answers with this.")).to_be_visible()


def test_a_page_that_is_left_open_says_that_it_is_out_of_date(made: Console, url: str, browser: Browser) -> None:
    Servers(made.services.store).tell("one", Report("abc", test_call=True), made.services.seconds())
    with window(browser, PHONE) as one, window(browser, DESK) as two:
        enter(one, made, url, made.accounts[Role.MEMBER])
        enter(two, made, url, made.accounts[Role.ADMIN])
        phone, desk = one.new_page(), two.new_page()
        phone.clock.install()
        phone.goto(f"{url}/staff/")
        desk.goto(f"{url}/staff/today/close")
        desk.get_by_role("button", name="Close the line").click()
        expect(desk.locator(".done")).to_be_visible()
        expect(phone.get_by_text("Something has changed")).to_be_hidden()
        phone.clock.run_for(11_000)
        expect(phone.get_by_text("Something has changed")).to_be_visible()
        phone.get_by_role("link", name="Load it again").click()
        expect(phone.get_by_role("heading", name="Closed until tomorrow 9:00")).to_be_visible()


def test_nobody_is_offered_as_their_own_stand_in(made: Console, url: str, browser: Browser) -> None:
    with window(browser, PHONE) as context:
        enter(context, made, url, made.accounts[Role.MEMBER])
        page = context.new_page()
        page.goto(f"{url}/staff/today/cover")
        first, second = (page.locator(f"[id='by-{name}']") for name in (FIRST, SECOND))
        expect(first).to_be_visible()
        page.locator(f"[id='away-{FIRST}']").check()
        expect(first).to_be_hidden()
        second.check()
        page.locator(f"[id='away-{SECOND}']").check()
        expect(second).to_be_hidden()
        expect(second).not_to_be_checked()
        expect(first).to_be_visible()


def test_back_shows_what_would_be_saved(made: Console, url: str, browser: Browser) -> None:
    with window(browser, PHONE) as context:
        enter(context, made, url, made.accounts[Role.MEMBER])
        page = context.new_page()
        page.goto(f"{url}/staff/today/close")
        page.get_by_label("tomorrow, from 9:00 until 17:00").check()
        page.get_by_role("button", name="Close the line").click()
        expect(page.locator(".done")).to_contain_text("Done: closed from tomorrow 9:00 until 17:00.")
        page.go_back()
        words = page.locator("#preview b").inner_text()
        page.get_by_role("button", name="Close the line").click()
        expect(page.locator(".done")).to_contain_text(f"Done: {words[:1].lower()}{words[1:]}")


@EACH_WIDTH
def test_axe_finds_nothing(made: Console, url: str, browser: Browser, width: tuple[int, int]) -> None:
    with window(browser, width) as context:
        enter(context, made, url, made.accounts[Role.ADMIN])
        page = context.new_page()
        for change in ("close", "open", "say", "cover", "away"):
            page.goto(f"{url}/staff/today/{change}")
            for summary in page.locator("summary").all():
                summary.click()
            look(page)
        page.goto(f"{url}/staff/today/away")
        page.get_by_label(FIRST).first.check()
        page.get_by_role("button", name="Save").click()
        page.goto(f"{url}/staff/today/away")
        page.get_by_label(SECOND).first.check()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("I accept that callers hear this then")).to_be_visible()
        look(page)
        page.get_by_label("I accept").check()
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".done")).to_be_visible()
        look(page)
        made.now += timedelta(days=400)
        enter(context, made, url, made.accounts[Role.ADMIN])
        page.goto(f"{url}/staff/")
        look(page)
