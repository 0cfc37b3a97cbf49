"""Edit by form in a real Chromium: on a phone and on a desk, in light and dark, by keyboard alone, without scripts."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest
from playwright.sync_api import Browser, expect

from phonetree.store.roles import Role
from tests.support.console import Console, console, enter
from tests.support.lines import VPR
from tests.support.screens import WIDTHS, keys, look, tab_to, window

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    folder = tmp_path_factory.mktemp("console")
    with console("sqlite", folder, config=Path(copytree(VPR, folder / "config"))) as opened:
        yield opened


@pytest.fixture
def draft(made: Console) -> str:
    """The address of a draft that lacks a text."""
    client = made.client(Role.EDITOR)
    address = client.post("/staff/edit", {"title": "softer words"}).headers["Location"]
    return str(address)


@pytest.mark.parametrize("width", WIDTHS, ids=str)
def test_every_form_can_be_seen_and_read(
    made: Console, url: str, browser: Browser, draft: str, width: tuple[int, int]
) -> None:
    with window(browser, width) as context:
        enter(context, made, url, made.accounts[Role.EDITOR])
        page = context.new_page()
        told: list[str] = []
        page.on("console", lambda message: told.append(message.text))  # what the policy refuses is told there
        for name in ("parts", "lines/barcc", "teams/advocates", "nodes/welcome"):
            page.goto(f"{url}{draft}/{name}")
            page.locator("details").evaluate_all("all => all.forEach(e => { e.open = true; })")
            look(page)
        english, spanish = (page.locator(f"[id='field-say.{language}']").bounding_box() for language in ("en", "es"))
        assert english
        assert spanish
        assert (english["y"] == spanish["y"]) == (width != WIDTHS[0]), "side by side where there is room"
        page.locator("[id='field-say.es']").fill("Una {llave")
        page.locator("[id='field-choices.1.label.es']").fill("")
        page.get_by_role("button", name="Save").last.click()
        expect(page.get_by_role("alert")).to_contain_text("1 field has a problem")
        assert [each for each in told if "422" not in each] == []
        look(page)


def test_by_keyboard_and_without_scripts_words_are_changed_and_a_choice_is_moved(
    made: Console, url: str, browser: Browser, draft: str
) -> None:
    with window(browser, scripts=False) as context:
        enter(context, made, url, made.accounts[Role.EDITOR])
        page = context.new_page()
        page.goto(f"{url}/staff/tree")
        page.locator("#node-welcome").get_by_role("link", name="Edit this").first.focus()
        keys(page, "Enter")
        page.get_by_role("link", name="softer words").first.focus()
        keys(page, "Enter")
        expect(page.get_by_role("heading", name="welcome, a menu node")).to_be_visible()
        page.locator("[id='field-say.en']").focus()
        page.keyboard.press("Control+A")
        keys(page, "Hello. Advocates are here.")
        page.get_by_role("button", name="Move key 2 up").focus()
        keys(page, "Enter")
        expect(page.get_by_role("status")).to_contain_text("Saved", timeout=30_000)
        expect(page.get_by_label("What this draft changes")).to_contain_text('"Hello." is said instead of')
        choices = page.locator("fieldset.fields legend", has_text="Choice").all_text_contents()
        assert choices[:2] == ["Choice 1: key 2", "Choice 2: key 1"]


def test_by_keyboard_alone_a_line_was_dialled(made: Console, url: str, browser: Browser, draft: str) -> None:
    with window(browser) as context:
        enter(context, made, url, made.accounts[Role.EDITOR])
        page = context.new_page()
        page.goto(f"{url}{draft}/lines/barcc")
        tab_to(page, "I dialled it today")
        keys(page, "Space", "Enter")
        expect(page.get_by_text("Last dialled on 2026-11-23.")).to_be_visible(timeout=30_000)
