"""Drafts in a real Chromium: the editor under the page's policy, what is said while somebody types, and without it."""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from shutil import copytree

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, expect

from phonetree.config.site import ROUTING
from phonetree.runtime.source import keep_in
from phonetree.store.roles import Role
from tests.support.console import Console, console, enter
from tests.support.lines import VPR
from tests.support.screens import EACH_WIDTH, WIDTHS, look, tab_to, window

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    folder = tmp_path_factory.mktemp("console")
    config = Path(copytree(VPR, folder / "config"))
    with console("sqlite", folder, config=config) as opened:
        base, running = opened.services.publishing.base(), opened.services
        keep_in(running.revisions, base.revision, base.contents, running.seconds(), source="files")
        yield opened


def _draft(made: Console, title: str, old: str = "", new: str = "") -> str:
    """The address of a new draft in which something is replaced."""
    editor = made.services.editor
    draft = editor.begin(title, "Ada")
    found = editor.drafts.find(draft.id)
    assert found
    files = {**found[1], ROUTING: found[1][ROUTING].replace(old.encode(), new.encode())} if old else found[1]
    editor.drafts.save(draft.id, 1, files, "Ada", made.services.seconds())
    return f"/staff/edit/{draft.id}"


def _opened(page: Page, address: str) -> None:
    """The page of texts, with its editors, and what was said of them at first."""
    page.goto(address)
    expect(page.locator("form[data-ready]")).to_be_visible()
    expect(page.locator("#summary")).not_to_have_text("")


def _write(page: Page, old: str, new: str) -> None:
    """Replaces something in the editor of routing.yaml, as somebody does who searches for it."""
    editor = page.get_by_role("textbox", name=ROUTING)
    editor.focus()
    page.keyboard.press("Control+f")
    field = page.get_by_placeholder("Find")
    field.fill(old)
    page.keyboard.press("End")  # it looks at what was typed when a key is let go
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.keyboard.insert_text(new)


def _save_meanwhile(made: Console, path: str, old: str, new: str) -> None:
    """Somebody else replaces something in routing.yaml."""
    id_, drafts = path.rpartition("/")[2], made.services.editor.drafts
    found = drafts.find(id_)
    assert found
    files = {**found[1], ROUTING: found[1][ROUTING].replace(old.encode(), new.encode())}
    assert files != found[1]
    drafts.save(id_, found[0].version, files, "Ben", made.services.seconds())


def _ask_for_names(page: Page, name: str) -> None:
    """Asks for names to complete until one is shown: now and then the editor does not take the first press."""
    shown = page.locator(".cm-tooltip-autocomplete li", has_text=name).first
    for _ in range(4):
        page.keyboard.press("Control+Space")
        with suppress(AssertionError):
            return expect(shown).to_be_visible(timeout=5000)
    return expect(shown).to_be_visible()


WHOLE_TABLE = """(() => {
    const inside = (cell) => {
        const words = document.createRange();
        words.selectNodeContents(cell);
        const box = words.getBoundingClientRect();
        return box.left >= 0 && box.right <= innerWidth && cell.scrollWidth <= cell.clientWidth;
    };
    const lines = (cell) => {
        const words = document.createRange();
        words.selectNodeContents(cell);
        return new Set([...words.getClientRects()].map((box) => box.top)).size;
    };
    const heads = [...document.querySelectorAll("table.seconds thead th")];
    return heads.every((head) => lines(head) <= head.textContent.split(" ").length)
        && [...document.querySelectorAll("table.seconds :is(th, td)")].every(inside);
})()"""


@EACH_WIDTH
def test_what_is_typed_is_checked_and_nothing_is_lost(
    made: Console, url: str, browser: Browser, width: tuple[int, int]
) -> None:
    path, said = _draft(made, "typed"), list[str]()
    with window(browser, width) as context:
        enter(context, made, url, made.accounts[Role.EDITOR])
        page = context.new_page()

        def keep(message: ConsoleMessage) -> None:
            said.append(message.text)

        page.on("console", keep)
        page.goto(f"{url}/staff/edit")
        look(page)
        _opened(page, f"{url}{path}/text")
        expect(page.locator("#summary")).to_have_text("No problems.")
        _write(page, "{en: for crisis lines", "{en: for help lines")
        expect(page.locator("#summary")).to_have_text("No problems. 1 change for callers.")
        expect(page.locator("#checked")).to_contain_text('"For help lines, press 2." is said instead of')
        expect(page.get_by_role("table").get_by_role("cell").first).to_be_visible()
        assert page.evaluate(WHOLE_TABLE), "every number is seen without scrolling sideways, and no heading is cut"
        page.get_by_label("Show what this draft changes").check()
        expect(page.locator(".cm-deletedChunk").first).to_be_visible()
        page.get_by_label("Show what this draft changes").uncheck()
        _write(page, "{open: welcome", "{open: welcom")
        expect(page.locator("#summary")).to_have_text("1 problem.")
        look(page)
        page.locator("#checked a").click()
        expect(page.locator(".cm-lintRange-error")).to_be_visible()
        expect(page.get_by_role("textbox", name=ROUTING)).to_be_focused()
        _ask_for_names(page, "welcome")
        page.keyboard.press("Escape")
        page.keyboard.press("Control+z")
        expect(page.locator("#summary")).to_have_text("No problems. 1 change for callers.")
        left: list[str] = []

        def stay(dialog: Dialog) -> None:
            left.append(dialog.type)
            dialog.dismiss()

        page.once("dialog", stay)
        page.get_by_role("link", name="Schedule").click()
        assert left == ["beforeunload"]
        context.clear_cookies()
        _write(page, "{en: to leave a message", "{en: to leave us a message")
        expect(page.locator("#summary")).to_contain_text("You are signed out. What you wrote stays here")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", name="You were signed out")).to_be_visible()
        enter(context, made, url, made.accounts[Role.EDITOR])
        page.get_by_role("button", name="Send again").click()
        page.get_by_role("button", name="Send again").click()  # the token was of the other session
        expect(page.get_by_text("Saved. Callers hear nothing of it")).to_be_visible()
        expect(page.locator("#checked")).to_contain_text("us a message")
        look(page)
        _save_meanwhile(made, path, "to leave us a message", "to leave you a message")
        _write(page, "{en: to leave us a message", "{en: to leave them a message")
        page.get_by_role("button", name="Save").click()
        page.locator("#marks").get_by_role("link", name=re.compile(r"^routing\.yaml:\d+$")).click()
        expect(page.get_by_role("textbox", name=ROUTING)).to_be_focused()
        expect(page.locator(".cm-activeLine", has_text="<<<<<<< yours")).to_be_visible()
        look(page)
    assert [text for text in said if "Content Security Policy" in text] == []


def test_by_keyboard_alone_a_draft_is_published(made: Console, url: str, browser: Browser) -> None:
    path = _draft(made, "by keyboard", "for crisis lines", "for help lines")
    with window(browser, WIDTHS[1]) as context:
        enter(context, made, url, made.accounts[Role.EDITOR])
        page = context.new_page()
        page.goto(f"{url}{path}")
        look(page)
        tab_to(page, "Publish")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Publish", exact=True).first).to_be_visible()
        look(page)
        tab_to(page, "Why")
        page.keyboard.insert_text("asked for by callers")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Published: by keyboard.")).to_be_visible()
        expect(page.get_by_text("asked for by callers")).to_be_visible()
        look(page)


def test_without_scripts_it_is_written_checked_brought_up_to_date_and_published(
    made: Console, url: str, browser: Browser
) -> None:
    path = _draft(made, "without scripts", "Leave a message for the advocates.", "Leave us a message.")
    with window(browser, scripts=False) as context:
        enter(context, made, url, made.accounts[Role.EDITOR])
        page = context.new_page()
        page.goto(f"{url}{path}/text")
        area = page.get_by_label(ROUTING)
        area.fill(area.input_value().replace("{open: welcome", "{open: welcom"))
        page.get_by_role("button", name="Check").click()
        expect(page.locator("#checked")).to_contain_text("welcom")
        area.fill(area.input_value().replace("{open: welcom,", "{open: welcome,"))
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved. Callers hear nothing of it")).to_be_visible()
        other = made.services.publishing
        base = other.base()
        changed = {**base.contents, ROUTING: base.contents[ROUTING].replace(b"tries: 1", b"tries: 2")}
        other.publish(base, other.made(changed), "Ben", "more tries", "x")
        page.goto(f"{url}{path}/publish")
        page.get_by_role("button", name="Bring the draft up to date").click()
        expect(page.get_by_text("The draft has what was published since.")).to_be_visible()
        page.get_by_role("link", name="Publish").click()
        page.get_by_label("Why").fill("shorter")
        page.get_by_role("button", name="Publish").click()
        expect(page.get_by_text("Published: without scripts.")).to_be_visible()
    behind = _draft(made, "behind", "for crisis lines", "for help lines")
    base = other.base()
    other.publish(base, other.made({**base.contents, ROUTING: base.contents[ROUTING] + b"# more\n"}), "Ben", "x", "x")
    with window(browser) as context:
        enter(context, made, url, made.accounts[Role.EDITOR])
        page = context.new_page()
        page.goto(f"{url}{behind}/publish")
        expect(page.get_by_label("What was published since is given up")).to_be_visible()
        look(page)
    published = other.base().contents[ROUTING]
    assert b"Leave us a message." in published
    assert b"tries: 1" not in published
