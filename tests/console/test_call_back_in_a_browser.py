"""Call back in a real browser, on a phone: with scripts and without, and what axe says."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import request
from playwright.sync_api import Browser, Page, expect

from phonetree.console import origin
from tests.console.test_call_back import PAGE, Back, opened
from tests.support.console import enter, running
from tests.support.screens import AXE, window

pytestmark = pytest.mark.browser

PICTURES = os.environ.get("PHONETREE_PICTURES")
"""A folder for pictures of what was looked at."""


@pytest.fixture
def back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Back]:
    monkeypatch.setattr(origin, "_ours", lambda: (f"https://{request.host}",))  # the provider asks over http
    with opened(tmp_path) as made:
        yield made


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "none"])
def test_a_listener_calls_back(browser: Browser, back: Back, tmp_path: Path, scripts: bool) -> None:
    back.world(mine="accepts after 2", theirs="busy after 2")
    (tmp_path / "certificate").mkdir()
    with (
        running(back.console, tmp_path / "certificate") as url,
        window(browser, scripts=scripts) as context,
    ):
        enter(context, back.console, url, back.me)
        page = context.new_page()
        pages: list[tuple[str, int]] = []
        page.on("response", lambda answer: pages.append((answer.request.method, answer.status))
                if answer.request.is_navigation_request() else None)  # fmt: skip
        page.goto(f"{url}{PAGE}")
        seen(page, "form", scripts)
        number, button = (
            page.get_by_label("The number that you heard"),
            page.get_by_role("button", name="Call my phone"),
        )
        number.fill("617 555 O147")
        button.click()
        expect(page.get_by_role("alert")).to_have_count(0)  # one of the answers has to be chosen first
        page.get_by_label("No: say nothing").check()
        button.click()
        expect(page.get_by_role("alert")).to_contain_text("where a zero may be meant")
        if scripts:
            expect(page.get_by_label("No: say nothing")).to_be_checked()
            expect(number).to_have_value("617 555 O147")
        else:
            expect(number).to_have_value("")
            page.get_by_label("No: say nothing").check()
        assert "O147" not in page.content()
        assert ("POST", 303) in pages or scripts
        assert not [each for each in pages if each[0] == "POST" and each[1] != 303], "kept with the history"
        seen(page, "refused", scripts)
        number.fill("617 555 0147")
        button.click()
        expect(page.get_by_text("Your phone is ringing.")).to_be_visible()
        seen(page, "ringing", scripts)
        if scripts:
            expect(page.get_by_text("1 was pressed.")).to_be_visible()
            seen(page, "connected", scripts)
        else:
            back.over()
            page.get_by_role("link", name="Look again").click()
        expect(page.get_by_text("The number was busy.")).to_be_visible()
        expect(number).to_have_value("")
        seen(page, "busy", scripts)
        assert "0147" not in page.content()
        expect(page.get_by_role("link", name="Back to the messages")).to_have_attribute("href", "/staff/messages")


def seen(page: Page, name: str, scripts: bool) -> None:
    """Looks at the page: axe needs scripts, a picture does not."""
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}-{'scripts' if scripts else 'none'}.png", full_page=True)
    if scripts:
        result = Axe().run(page, options=AXE)
        assert result.violations_count == 0, f"{name}\n{result.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
