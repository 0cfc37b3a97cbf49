"""History in a real Chromium: on a phone and on a desk, in light and dark, and without scripts."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from phonetree.store.roles import Role
from tests.console.test_history import FILES, SOFTER, _name
from tests.support.console import Console, console, enter
from tests.support.screens import EACH_WIDTH, look, window

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console("sqlite", tmp_path_factory.mktemp("console"), source="store") as opened:
        revisions, at = opened.services.revisions, int(opened.now.timestamp())
        revisions.take(_name(FILES), FILES, at)
        revisions.publish(_name(SOFTER), SOFTER, _name(FILES), "Ada", "softer words " * 20, at)
        yield opened


@EACH_WIDTH
def test_it_can_be_seen_and_read(made: Console, url: str, browser: Browser, width: tuple[int, int]) -> None:
    with window(browser, width) as context:
        enter(context, made, url, made.accounts[Role.EDITOR])
        page = context.new_page()
        for path in ("", "/1", "/compare?old=1&new=2"):
            page.goto(f"{url}/staff/history{path}")
            look(page)


def test_without_scripts_one_is_compared_and_brought_back(made: Console, url: str, browser: Browser) -> None:
    with window(browser, scripts=False) as context:
        enter(context, made, url, made.accounts[Role.EDITOR])
        page = context.new_page()
        page.goto(f"{url}/staff/history")
        page.get_by_role("button", name="Compare").click()
        expect(page.get_by_text('"For help lines, press 2." is said instead').first).to_be_visible()
        page.get_by_role("main").get_by_role("link", name="History").click()
        page.get_by_role("link", name="number 1").click()
        page.get_by_label("Why").fill("that was better")
        page.get_by_role("button", name="Publish it again").click()
        expect(page.get_by_text("Number 1 is published again.")).to_be_visible()
        expect(page.get_by_text("that was better").first).to_be_visible()
