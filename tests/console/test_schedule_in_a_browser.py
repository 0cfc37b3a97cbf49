"""The schedule in a real Chromium: by touch, by keyboard alone, without scripts, in both schemes, by two at once."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from phonetree.config.site import load
from phonetree.core.schedule import Cover, Override
from phonetree.store.revisions import Revisions
from phonetree.store.roles import Role
from tests.support.console import Console, console, enter, running
from tests.support.lines import RULES, VPR
from tests.support.screens import EACH_WIDTH, WIDTHS, look, tab_to

pytestmark = pytest.mark.browser

PHONE, DESK = WIDTHS

Open = Callable[..., Page]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Console]:
    config = Path(copytree(VPR, tmp_path / "config"))
    with console("sqlite", tmp_path, config=config) as opened:
        loaded = load(config, RULES)
        kept = Revisions(opened.services.store)
        kept.keep(loaded.site.revision, loaded.contents, "the files", int(opened.now.timestamp()))
        yield opened


def _leave_a_gap(made: Console) -> None:
    begins = made.now.replace(hour=16)
    for name in ("First advocate", "Second advocate"):
        cover = Override(begins, begins.replace(hour=18), None, {}, Cover(name))
        made.services.overrides.add(cover, "Ada", "a test", int(made.now.timestamp()))


@contextmanager
def _visiting(browser: Browser, made: Console, folder: Path) -> Iterator[Open]:
    with running(made, folder) as url, ExitStack() as closing:

        def visit(path: str, size: tuple[int, int] = PHONE, role: Role = Role.EDITOR, **more: Any) -> Page:
            viewport = {"width": size[0], "height": size[1]}
            context = browser.new_context(viewport=viewport, ignore_https_errors=True, **more)  # type: ignore[arg-type]
            closing.callback(context.close)
            context.set_default_timeout(30_000)
            enter(context, made, url, made.accounts[role])
            page = context.new_page()
            page.goto(url + path)
            return page

        yield visit


@pytest.fixture
def visit(browser: Browser, made: Console, tmp_path: Path) -> Iterator[Open]:
    with _visiting(browser, made, tmp_path) as opened:
        yield opened


def _see(page: Page, text: str) -> None:
    """Waits for a text, as long as a proof may take on a busy machine."""
    page.get_by_text(text).first.wait_for(timeout=60_000)


def _dates(made: Console) -> list[date]:
    return [entry.first for entry in load(made.settings.config, RULES).site.schedule.dated]


@pytest.mark.parametrize("scripts", [True, False])
def test_a_closed_day_takes_four_taps_from_today(visit: Open, made: Console, scripts: bool) -> None:
    page = visit("/staff/", has_touch=True, java_script_enabled=scripts)
    page.get_by_role("link", name="Schedule", exact=True).tap()
    page.get_by_role("link", name="Friday 4 December").tap()
    page.get_by_role("button", name="A snow day").tap()
    _see(page, "Friday 4 December 2026: closed (a snow day), was open 9:00-17:00.")
    page.get_by_role("button", name="Save").tap()
    _see(page, "Saved: closed day added: Friday 4 December 2026 (a snow day).")
    assert date(2026, 12, 4) in _dates(made)
    page.get_by_role("button", name="Undo").tap()
    _see(page, "Undone:")
    assert date(2026, 12, 4) not in _dates(made)


def test_by_keyboard_alone(visit: Open, made: Console) -> None:
    page = visit("/staff/schedule", DESK)
    tab_to(page, "Wednesday 9")
    page.keyboard.press("Enter")
    page.wait_for_url("**/2026-12-09")
    tab_to(page, "Reason in English")
    page.keyboard.type("half day")
    tab_to(page, "Reason in español")
    page.keyboard.type("media jornada")
    tab_to(page, "Hours")
    page.keyboard.type("9:00-12:00")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="What changes").wait_for()
    _see(page, "Wednesday 9 December 2026: open 9:00-12:00 (half day), was open 9:00-17:00.")
    tab_to(page, "Save")
    page.keyboard.press("Enter")
    _see(page, "Saved: special hours added")
    assert date(2026, 12, 9) in _dates(made)


def test_a_mistake_leads_to_its_field(visit: Open) -> None:
    page = visit("/staff/schedule/2026-12-04")
    page.get_by_label("Hours", exact=True).fill("9-5")
    page.get_by_label("Reason in English").fill("half day")
    page.locator(".btn-primary").click()
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert "Nothing was saved. What you typed is still here." in alert.inner_text()
    alert.get_by_role("link", name="Hours").click()
    field = page.get_by_role("textbox", name="Hours")
    assert field.evaluate("e => e === document.activeElement")
    assert field.input_value() == "9-5"
    assert field.get_attribute("aria-invalid") == "true"


def test_two_editors_at_once(visit: Open, made: Console) -> None:
    one, two = visit("/staff/schedule/2026-12-04"), visit("/staff/schedule/2026-12-10")
    for page in (one, two):
        page.get_by_role("button", name="A snow day").click()
    one.get_by_role("button", name="Save").click()
    _see(one, "Saved:")
    two.get_by_role("button", name="Save").click()
    two.get_by_role("alert").wait_for(timeout=60_000)
    assert "nothing of yours is lost" in two.get_by_role("alert").inner_text()
    two.get_by_role("button", name="Save").click()
    _see(two, "Saved:")
    assert {date(2026, 12, 4), date(2026, 12, 10)} <= set(_dates(made))


def test_back_and_again_saves_once(visit: Open, made: Console) -> None:
    page = visit("/staff/schedule/2026-12-10")
    page.get_by_role("button", name="A snow day").click()
    page.get_by_role("button", name="Save").click()
    _see(page, "Saved:")
    page.go_back()
    _see(page, "This is saved already")
    page.goto(page.url.partition("/staff")[0] + "/staff/schedule/2026-12-11")
    page.get_by_role("button", name="A snow day").click()
    _see(page, "What changes")
    page.go_back()
    assert page.get_by_label("First day").input_value() == "2026-12-11"
    assert _dates(made).count(date(2026, 12, 10)) == 1


def test_a_phone_has_a_list_and_a_desk_a_month_of_the_same_days(visit: Open, made: Console) -> None:
    _leave_a_gap(made)
    phone, desk = visit("/staff/schedule"), visit("/staff/schedule", DESK)
    for page, columns in ((phone, 1), (desk, 7)):
        places = page.locator(".day").evaluate_all("all => all.map(e => Math.round(e.getBoundingClientRect().x))")
        assert len(set(places)) == columns
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert phone.locator(".gap").first.inner_text() == desk.locator(".gap").first.inner_text()
    assert phone.locator(".day").count() == desk.locator(".day").count() == 35


def test_an_address_is_made_and_opened_in_the_calendar(visit: Open) -> None:
    page = visit("/staff/calendar", role=Role.MEMBER)
    page.get_by_label("What to show").select_option("First advocate")
    page.get_by_role("button", name="Make an address").click()
    address = page.locator(".address").inner_text()
    subscribe = page.get_by_role("link", name="Open in the calendar of this device").get_attribute("href")
    assert subscribe == address.replace("https:", "webcal:")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").click()
    page.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == address
    page.get_by_role("link", name="My calendar and reminders").click()
    assert address.rpartition("/")[2] not in page.content()
    look(page)
    words = page.get_by_text("The shifts of First advocate").first.bounding_box()
    assert words
    assert words["width"] > 150, "one letter stands below the other"


@EACH_WIDTH
def test_axe_finds_nothing(visit: Open, made: Console, width: tuple[int, int]) -> None:
    page = visit("/staff/schedule/2026-12-04", width)
    page.locator(".btn-primary").click()
    _see(page, "Nothing was saved")
    look(page)
    page.get_by_role("button", name="A snow day").click()
    _see(page, "What changes")
    look(page)
    page.get_by_role("button", name="Save").click()
    _see(page, "Saved:")
    look(page)
    page.get_by_role("link", name="My calendar and reminders").click()
    page.get_by_label("What to show").select_option("")
    page.get_by_role("button", name="Make an address").click()
    _see(page, "It is shown only now")
    look(page)
    _leave_a_gap(made)
    url = page.url.partition("/staff")[0]
    for path in ("schedule", "schedule/2026-12-08", "schedule/2026-12-24", "calendar"):
        page.goto(f"{url}/staff/{path}")
        look(page)
