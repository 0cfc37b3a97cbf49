"""The public page in a real Chromium: Quick Exit, what it leaves behind, and how the page looks and weighs."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from phonetree.core.tree import EXIT
from phonetree.view.words import WORDS
from tests.support.browser import ELSEWHERE, NOWHERE, Sites, launch, restorable, sites
from tests.support.chromium import WHOLE
from tests.support.lines import ROOT, VPR
from tests.support.server import DAY
from tests.web.test_public import HOLIDAY, NIGHT

pytestmark = pytest.mark.browser

BEFORE = "https://before.example/"
WIDTHS = [(360, 740), (1280, 800)]
MOST_BYTES = 60_000


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    """The sites that the browser sees."""
    with sites(VPR, tmp_path_factory.mktemp("sites")) as made:
        yield made


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as made:
        yield made


@pytest.fixture(scope="module")
def browser(playwright: Playwright, found: Sites) -> Iterator[Browser]:
    with launch(playwright, found) as made:
        yield made


@pytest.fixture(scope="module")
def whole(playwright: Playwright, found: Sites) -> Iterator[Browser]:
    """The browser that keeps pages for Back."""
    with launch(playwright, found, WHOLE) as made:
        yield made


Open = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, found: Sites) -> Iterator[Open]:
    """Opens an address of ours, after another site, in a window of its own."""
    yield from _windows(browser, found)


@pytest.fixture
def visit_and_return(whole: Browser, found: Sites) -> Iterator[Open]:
    """The same for who goes back afterwards."""
    yield from _windows(whole, found)


def _windows(browser: Browser, found: Sites) -> Iterator[Open]:
    contexts = []
    found.server.now = DAY

    def open_(
        path: str = "/en", size: tuple[int, int] = WIDTHS[0], *, after: str | None = BEFORE, **options: Any
    ) -> Page:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
        contexts.append(context)
        page = context.new_page()
        if after:
            page.goto(after)
        page.goto(found.url + path)
        return page

    yield open_
    for context in contexts:
        context.close()


# -- leaving


def _click(page: Page, button: Literal["left", "middle"] = "left", key: str = "") -> None:
    """A click on the exit, which does not wait for what comes of it."""
    box = page.locator("#leave").bounding_box()
    assert box
    if key:
        page.keyboard.down(key)
    page.mouse.click(box["x"] + 20, box["y"] + 20, button=button)
    if key:
        page.keyboard.up(key)


def _press(*keys: str) -> Callable[[Page], None]:
    def press(page: Page) -> None:
        for key in keys:
            page.keyboard.press(key)

    return press


WAYS: dict[str, Callable[[Page], None]] = {
    "click": _click,
    "tab and enter": _press("Tab", "Enter"),
    "escape twice": _press("Escape", "Escape"),
    "shift three times": _press("Shift", "Shift", "Shift"),
    "a click for a new tab": partial(_click, key="Control"),
    "the middle button": partial(_click, button="middle"),
}


EXITS = [
    *((way, WIDTHS[0]) for way in WAYS),
    ("click", WIDTHS[1]),
]


@pytest.mark.parametrize(("way", "size"), EXITS, ids=str)
def test_another_page_takes_the_place_of_ours_in_the_history(
    visit_and_return: Open, way: str, size: tuple[int, int]
) -> None:
    page = visit_and_return(size=size)
    WAYS[way](page)
    page.wait_for_url(EXIT)
    assert _history(page) == ["about:blank", BEFORE, EXIT]
    assert len(page.context.pages) == 1
    page.go_back(wait_until="commit")
    assert (page.url, page.title()) == (BEFORE, ELSEWHERE)


@pytest.mark.parametrize("size", WIDTHS, ids=str)
def test_without_scripts_the_link_leaves_and_our_page_stays_in_the_history(
    visit: Open, found: Sites, size: tuple[int, int]
) -> None:
    page = visit(size=size, java_script_enabled=False)
    assert WORDS["en"]["no_script"] in page.inner_text("main")
    assert not page.is_visible("#leave-keys")
    page.click("#leave")
    page.wait_for_url(EXIT)
    assert _history(page) == ["about:blank", BEFORE, f"{found.url}/en", EXIT]


@pytest.mark.parametrize(("way", "size"), EXITS, ids=str)
def test_the_page_is_empty_before_the_other_one_comes_and_stays_so(
    visit_and_return: Open, found: Sites, way: str, size: tuple[int, int]
) -> None:
    page = visit_and_return(size=size)
    _lead_to(page, NOWHERE)
    WAYS[way](page)
    _is_empty(page, told=WORDS["en"]["leaving"])
    page.reload()
    _is_empty(page)
    page.goto(BEFORE)
    page.go_back(wait_until="commit")
    assert page.url == f"{found.url}/en"
    _is_empty(page)


def test_more_presses_do_not_stop_the_other_page_from_loading(visit: Open) -> None:
    """To a browser Escape means "stop loading", unless the page prevents it."""
    page = visit(after=None)
    asked = _pending(page)
    page.evaluate("window.prevented = []; addEventListener('keydown', e => prevented.push(e.defaultPrevented))")
    _press("Escape", "Escape", "Escape", "Escape")(page)
    assert page.evaluate("prevented") == [False, True, True, True]
    assert len(asked) == 1
    page.clock.fast_forward(1_100)
    _press("Escape")(page)
    assert len(asked) == 2, "asked for again, in case something stopped it"
    _is_empty(page, told=WORDS["en"]["leaving"])


def test_a_slow_exit_is_not_said_to_have_failed(visit: Open) -> None:
    page = visit(after=None)
    _pending(page)
    _press("Shift", "Shift", "Shift")(page)
    page.clock.fast_forward(6_000)
    _is_empty(page, told=WORDS["en"]["leaving"])


def _pending(page: Page) -> list[str]:
    """From now on the other page never comes; returns the requests for it."""
    asked: list[str] = []
    page.clock.install()
    _lead_to(page, NOWHERE)
    page.on("request", lambda request: asked.append(request.url))
    return asked


def test_a_restored_tab_is_empty(playwright: Playwright, found: Sites, tmp_path: Path) -> None:
    context = restorable(playwright, found, tmp_path)
    page = context.new_page()
    page.goto(f"{found.url}/es")
    _lead_to(page, NOWHERE)
    _click(page)
    _is_empty(page, told=WORDS["es"]["leaving"])
    context.close()
    context = restorable(playwright, found, tmp_path, "--restore-last-session")
    (page,) = (each for each in context.pages if each.url == f"{found.url}/es")
    page.wait_for_load_state()
    _is_empty(page)
    context.close()


def test_a_page_that_was_not_left_comes_back_as_it_was(visit_and_return: Open) -> None:
    page = visit_and_return()
    page.goto(BEFORE)
    page.go_back(wait_until="commit")
    assert "Advocates are on the line now" in page.inner_text("main")


# -- what is no wish to leave


def test_sections_and_languages_add_nothing_to_the_history(visit: Open, found: Sites) -> None:
    page = visit("/")
    page.click("a[href='#without-speaking']")
    page.click("a[href='#at-crisis']")
    assert page.url == f"{found.url}/#at-crisis"
    page.click("nav [hreflang=es]")
    page.wait_for_url(f"{found.url}/es")
    page.click("a[href='#at-about']")
    assert _history(page) == ["about:blank", BEFORE, f"{found.url}/es#at-about"]


def test_other_keys_in_between_start_over(visit: Open) -> None:
    page = visit(after=None)
    for keys in (
        ["Escape", "a", "Escape", "a"],
        ["Shift", "Shift", "a", "Shift", "a"],
        ["Shift+Tab"] * 4,
    ):
        for key in keys:
            page.keyboard.press(key)
        _stays(page)
    page.keyboard.down("Control")
    for _ in range(3):
        page.keyboard.press("Shift")
    _stays(page)


@pytest.mark.parametrize(("key", "times", "milliseconds"), [("Escape", 2, 1_001), ("Shift", 3, 2_501)])
def test_slow_presses_do_not_leave(visit: Open, key: str, times: int, milliseconds: int) -> None:
    page = visit(after=None)
    page.clock.install()
    for _ in range(times):
        page.keyboard.press(key)
        page.clock.fast_forward(milliseconds)
    _stays(page)


def test_a_key_that_is_held_is_pressed_once(visit: Open) -> None:
    page = visit(after=None)
    for key in ("Escape", "Shift"):
        for _ in range(5):
            page.keyboard.down(key)
        page.keyboard.up(key)
        _stays(page)


def test_keys_in_a_text_field_do_not_leave(visit: Open) -> None:
    page = visit(after=None)
    for field in ("input", "textarea", "select", "div"):
        page.evaluate(_ADD_A_FIELD, field)
        for key in ("Escape", "Escape", "Shift", "Shift", "Shift"):
            page.keyboard.press(key)
        _stays(page)


_ADD_A_FIELD = """name => {
    const field = document.createElement(name);
    if (name === "div") field.contentEditable = "true";
    document.querySelector("main").prepend(field);
    field.focus();
}"""


@pytest.mark.parametrize("language", ["en", "es"])
def test_screen_readers_are_told_of_each_press(visit: Open, language: str) -> None:
    page, words = visit(f"/{language}", after=None), WORDS[language]
    page.clock.install()
    told = page.get_by_role("status")
    assert told.text_content() == ""
    page.keyboard.press("Shift")
    assert told.text_content() == words["leave_two_more"]
    page.keyboard.press("Shift")
    assert told.text_content() == words["leave_one_more"]
    page.clock.fast_forward(5_000)
    assert told.text_content() == words["leave_expired"]
    page.keyboard.press("Shift")
    assert told.text_content() == words["leave_two_more"]
    help_text = page.locator(".help").text_content() or ""
    assert words["leave_help"] in help_text
    assert words["leave_keys"] in help_text
    assert page.get_by_role("link", description=words["leave_keys"]).get_attribute("id") == "leave"


# -- always in sight


@pytest.mark.parametrize(("size", "text"), [(WIDTHS[0], "200%"), (WIDTHS[1], "100%")], ids=str)
def test_the_exit_is_first_and_in_sight_and_hides_no_focus(visit: Open, size: tuple[int, int], text: str) -> None:
    page = visit(size=size, after=None)
    page.evaluate("size => { document.documentElement.style.fontSize = size }", text)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "leave"
    links = page.locator("a").count()
    page.evaluate(_WATCH)
    for key in ("Tab", "Shift+Tab"):
        for _ in range(links - 1):
            page.keyboard.press(key)
    assert page.evaluate("[window.focused, window.hidden]") == [2 * (links - 1), []]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


_WATCH = """() => {
    window.focused = 0;
    window.hidden = [];
    const seen = (element) => {
        const box = element.getClientRects()[0];
        const there = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
        return there !== null && element.contains(there);
    };
    addEventListener("keyup", (event) => {
        if (event.key !== "Tab") return;
        window.focused += 1;
        const both = [document.activeElement, document.getElementById("leave")];
        window.hidden.push(...both.filter((element) => !seen(element)).map((element) => element.outerHTML));
    });
}"""


# -- what is seen first


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_first_screen_of_a_phone_says_who_is_there_and_whom_to_call(
    visit: Open, found: Sites, language: str
) -> None:
    page = visit(after=None)
    for now, number in ((DAY, "617-253-2300"), (NIGHT, "800-841-8371"), (HOLIDAY, "800-841-8371")):
        found.server.now = now
        page.goto(f"{found.url}/{language}")
        for what in (".state", ".call >> nth=0", "a[href='tel:911']"):
            box = page.locator(what).bounding_box()
            assert box
            assert box["y"] + box["height"] <= WIDTHS[0][1]
        assert number in page.locator(".call").first.inner_text()


@pytest.mark.parametrize(("path", "size"), [("/en", WIDTHS[0]), ("/es", WIDTHS[1])], ids=str)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(visit: Open, path: str, size: tuple[int, int], scheme: str) -> None:
    page = visit(path, size, after=None, color_scheme=scheme)
    result = Axe().run(page, options={"rules": {"target-size": {"enabled": True}}})
    assert result.violations_count == 0, result.generate_report()
    assert any(rule["id"] == "target-size" for rule in result.response["passes"])


def test_the_page_is_light_and_asks_nobody_else(visit: Open, found: Sites) -> None:
    page = visit(after=None)
    asked: list[tuple[str, int]] = []
    refused: list[str] = []
    page.on("response", lambda response: asked.append((response.url, len(response.body()))))
    page.on("console", lambda message: refused.append(message.text))
    page.goto(f"{found.url}/es", wait_until="networkidle")
    names = ("/es", "/static/page.css")
    assert sorted(url for url, _ in asked) == sorted(found.url + name for name in names)
    assert sum(size for _, size in asked) < MOST_BYTES
    assert refused == []
    assert page.context.cookies() == []
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]


@pytest.mark.parametrize("path", ["/en", "/es"])
def test_it_prints_on_one_sheet(visit: Open, found: Sites, path: str) -> None:
    page = visit(after=None)
    found.server.now = NIGHT
    page.goto(found.url + path)
    for paper in ("Letter", "A4"):
        assert page.pdf(format=paper).count(b"/Type /Page\n") == 1


# -- the helpline's own page


@pytest.mark.parametrize(
    ("now", "text", "number"),
    [
        (DAY, "Advocates are on the line now, until 5 PM.", "+16172532300"),
        (NIGHT, "No advocate is on the line now.", "+18008418371"),
    ],
)
def test_the_documented_snippet_shows_the_status_on_another_site(
    visit: Open, found: Sites, now: datetime, text: str, number: str
) -> None:
    page = visit(after=None)
    found.server.now = now
    page.goto(BEFORE)
    page.set_content(_snippet(found))
    link = page.locator("#helpline-status a")
    assert link.get_attribute("href") == f"tel:{number}"
    assert text in page.inner_text("#helpline-status")


def test_where_the_status_cannot_be_had_the_sentence_stays(visit: Open, found: Sites) -> None:
    page = visit(after=None)
    page.route("**/status.json", lambda route: route.abort())
    page.goto(BEFORE)
    page.set_content(_snippet(found), wait_until="networkidle")
    assert page.inner_text("body").strip() == "Call +1 617 253 2300"


def _snippet(found: Sites) -> str:
    """What docs/page.md says to paste, with the address of the server."""
    document = (ROOT / "docs" / "page.md").read_text(encoding="utf-8")
    (snippet,) = re.findall(r"^```html\n(.*?)^```", document, re.MULTILINE | re.DOTALL)
    assert "innerHTML" not in snippet
    return str(snippet).replace("https://tree.example.org", found.url)


# -- support


def _history(page: Page) -> list[str]:
    """The addresses of the tab's history up to the current one."""
    told = page.context.new_cdp_session(page).send("Page.getNavigationHistory")
    return [entry["url"] for entry in told["entries"][: told["currentIndex"] + 1]]


def _lead_to(page: Page, address: str) -> None:
    page.evaluate("address => { document.getElementById('leave').href = address }", address)


def _is_empty(page: Page, told: str = "") -> None:
    """Nothing is seen of the page, its title is empty, and there is nothing in it but what screen readers hear."""
    assert page.evaluate("document.title") == ""
    assert (page.evaluate("document.body.textContent") or "").strip() == told
    assert page.evaluate("[...document.body.children].every(each => each.getBoundingClientRect().width <= 1)")


def _stays(page: Page) -> None:
    assert page.is_visible("#leave")
    assert page.title() == "MIT Violence Prevention & Response"
