"""Counts in a real Chromium: on a phone and on a desk, in light and dark, by keyboard alone."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from phonetree.store.roles import Role
from tests.support.console import Console, console, enter
from tests.support.counted import count_years
from tests.support.screens import EACH_WIDTH, SCHEMES, keys, look, tab_to, window

pytestmark = pytest.mark.browser


PIECES = {
    "bar": (".chart .told", "fill"),
    "hollow": (".chart .untold", "stroke"),
    "margin": (".chart .margin", "stroke"),
    "page": ("body", "backgroundColor"),
}
"""What a picture is made of, and what has its color."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console("sqlite", tmp_path_factory.mktemp("console")) as opened:
        count_years(opened.services.store)
        with opened.services.store.write() as connection:
            connection.exec_driver_sql("INSERT INTO months VALUES ('2025-12', 'unanswered', 1005)")
            connection.exec_driver_sql("INSERT INTO hours VALUES (2025, 1, 15, 105), (2025, 6, 15, 105)")
        yield opened


@EACH_WIDTH
def test_it_can_be_seen_and_read(made: Console, url: str, browser: Browser, width: tuple[int, int]) -> None:
    with window(browser, width) as context:
        enter(context, made, url, made.accounts[Role.MEMBER])
        page = context.new_page()
        elsewhere: list[str] = []
        page.on("request", lambda request: None if request.url.startswith(url) else elsewhere.append(request.url))
        page.on("console", lambda message: elsewhere.append(message.text))  # what the policy refuses is told there
        page.goto(f"{url}/staff/counts")
        page.locator("section[aria-labelledby=old] details").evaluate_all("all => all.forEach(e => { e.open = true; })")
        look(page)
        page.locator("details").evaluate_all("all => all.forEach(e => { e.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert elsewhere == []
        for scheme, _ in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            colors = {
                name: _lightness(page.locator(where).first.evaluate(f"e => getComputedStyle(e).{what}"))
                for name, (where, what) in PIECES.items()
            }
            for one, other in (("bar", "page"), ("hollow", "page"), ("margin", "page"), ("margin", "bar")):
                assert _contrast(colors[one], colors[other]) >= 3, f"1.4.11, {scheme}: {one} on {other}"
        assert page.locator(".chart text").evaluate_all(OVERLAPS) == []
        assert page.locator(".chart text").evaluate_all("all => all.map(e => e.getBoundingClientRect().height)[0]") > 11


def test_by_keyboard_a_month_is_chosen_and_a_table_opened(made: Console, url: str, browser: Browser) -> None:
    with window(browser) as context:
        enter(context, made, url, made.accounts[Role.LISTENER])
        page = context.new_page()
        page.goto(f"{url}/staff/counts")
        tab_to(page, "Unanswered as a table")
        keys(page, "Enter")
        expect(page.get_by_role("table", name="Unanswered").get_by_role("row")).to_have_count(25)
        tab_to(page, "Month")
        page.keyboard.press("ArrowDown")
        tab_to(page, "Show")
        keys(page, "Enter")
        expect(page.get_by_role("heading", level=2, name="When calls came in, in September 2026")).to_be_in_viewport()
        expect(page.get_by_role("img", name="Weekdays")).to_be_visible()


OVERLAPS = """all => {
    const found = [], boxes = all.map(e => [e, e.getBoundingClientRect()]);
    for (const [e, box] of boxes) {
        const frame = e.ownerSVGElement.getBoundingClientRect();
        const inside = box.left >= frame.left - 1 && box.right <= frame.right + 1 && box.bottom <= frame.bottom + 1;
        if (!inside) found.push(e.textContent);
        for (const [other, around] of boxes) {
            if (other === e || other.ownerSVGElement !== e.ownerSVGElement) continue;
            const apart = around.left >= box.right || box.left >= around.right;
            if (!apart && Math.abs(around.top - box.top) < 8) found.push(`${e.textContent} and ${other.textContent}`);
        }
    }
    return found;
}"""
"""The texts of pictures that are outside of them, or in one another."""


def _lightness(color: str) -> float:
    """The relative luminance of a color such as "rgb(33, 37, 41)", as WCAG defines it."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", color)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)
