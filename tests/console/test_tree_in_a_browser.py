"""Tree in a real Chromium: on a phone and on a desk, in light and dark, by keyboard alone, without scripts."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from phonetree.store.roles import Role
from tests.support.console import Console, console, enter
from tests.support.screens import EACH_WIDTH, WIDTHS, keys, look, tab_to, window

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console("sqlite", tmp_path_factory.mktemp("console")) as opened:
        yield opened


OUTSIDE = """all => all.filter(text => {
    const box = text.getBBox();
    return ![...document.querySelectorAll(".tree rect")].some(rect => {
        const around = rect.getBBox();
        return around.x <= box.x && box.x + box.width <= around.x + around.width
            && around.y <= box.y && box.y + box.height <= around.y + around.height;
    });
}).map(text => text.textContent)"""
"""The texts of the picture that are in no box."""

TOUCHING = """all => {
    const boxes = all.map(text => [text.textContent, text.getBBox()]), found = [];
    for (const [one, a] of boxes) for (const [other, b] of boxes) {
        if (a !== b && a.x < b.x + b.width && b.x < a.x + a.width && Math.abs(a.y - b.y) < 6) found.push([one, other]);
    }
    return found;
}"""
"""Texts that are in one another."""


@EACH_WIDTH
def test_it_can_be_seen_and_read(made: Console, url: str, browser: Browser, width: tuple[int, int]) -> None:
    with window(browser, width) as context:
        enter(context, made, url, made.accounts[Role.MEMBER])
        page = context.new_page()
        told: list[str] = []
        page.on("request", lambda request: None if request.url.startswith(url) else told.append(request.url))
        page.on("console", lambda message: told.append(message.text))  # what the policy refuses is told there
        page.goto(f"{url}/staff/tree?when=closed&language=es")
        look(page)
        page.locator("details").evaluate_all("all => all.forEach(e => { e.open = true; })")
        look(page)
        assert told == []
        texts = page.locator(".tree text")
        assert texts.count() > 100
        assert texts.evaluate_all(OUTSIDE) == []
        assert texts.evaluate_all(TOUCHING) == []
        assert texts.first.evaluate("e => e.getBoundingClientRect().height") > 12, "not made smaller"
        inside = page.get_by_role("region", name="The picture, to be scrolled")
        wider = inside.evaluate("e => e.scrollWidth > e.clientWidth")
        assert wider == (width == WIDTHS[0]), "on a desk no node is out of sight to the right"


def test_by_keyboard_a_moment_is_chosen_a_key_is_followed_and_the_picture_is_scrolled(
    made: Console, url: str, browser: Browser
) -> None:
    with window(browser, scripts=True) as context:
        enter(context, made, url, made.accounts[Role.LISTENER])
        page = context.new_page()
        page.goto(f"{url}/staff/tree")
        tab_to(page, "Moment")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        tab_to(page, "Show")
        keys(page, "Enter")
        expect(page.get_by_text("Mon 23 Nov 2026 17:00: closed", exact=True)).to_be_visible()
        tab_to(page, "As a picture")
        keys(page, "Enter")
        expect(page.get_by_role("heading", name="As a picture")).to_be_in_viewport()
        keys(page, "Tab")
        region = page.get_by_role("region", name="The picture, to be scrolled")
        expect(region).to_be_focused()
        page.keyboard.press("ArrowRight")
        expect(region).not_to_have_js_property("scrollLeft", 0)


def test_without_scripts_a_link_leads_to_a_node(made: Console, url: str, browser: Browser) -> None:
    with window(browser, scripts=False) as context:
        enter(context, made, url, made.accounts[Role.MEMBER])
        page = context.new_page()
        page.goto(f"{url}/staff/tree?when=open")
        page.locator("p.lead-to").get_by_role("link", name="crisis").first.click()
        expect(page.locator("#node-crisis")).to_be_in_viewport()
        summary = page.locator("#node-crisis summary")
        summary.click()
        expect(page.locator("#node-crisis .heard")).to_be_visible()
