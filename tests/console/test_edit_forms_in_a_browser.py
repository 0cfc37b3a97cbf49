"""Edit by form in a real Chromium: on a phone and on a desk, in light and dark, by keyboard alone, without scripts."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree

import pytest
from playwright.sync_api import Browser, Page, expect

from phonetree.config.site import ROUTING
from phonetree.console.drafting import Checked, Drafting
from phonetree.store.roles import Role
from tests.support.console import Console, console, enter
from tests.support.lines import ROOT, VPR
from tests.support.screens import EACH_WIDTH, WIDTHS, keys, look, tab_to, window

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


@EACH_WIDTH
def test_every_form_can_be_seen_and_read(
    made: Console, url: str, browser: Browser, draft: str, width: tuple[int, int]
) -> None:
    with window(browser, width) as context:
        enter(context, made, url, made.accounts[Role.EDITOR])
        page = context.new_page()
        told: list[str] = []
        page.on("console", lambda message: told.append(message.text))  # what the policy refuses is told there
        for name in ("parts", "new-line", "languages", "always", "lines/barcc", "teams/advocates", "nodes/welcome"):
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


def test_pages_that_give_back_what_was_typed_can_be_read_and_lead_on(
    made: Console, url: str, browser: Browser, draft: str
) -> None:
    drafts = made.services.editor.drafts
    with window(browser) as context:
        enter(context, made, url, made.accounts[Role.EDITOR])
        page = context.new_page()
        page.goto(f"{url}{draft}/nodes/goodbye")
        page.locator("[id='field-say.en']").fill(f"Call again at any time. {'Goodbye' * 12}.")
        drafts.drop(draft.rpartition("/")[2])
        page.get_by_role("button", name="Save").last.click()
        expect(page.get_by_role("heading", name="This draft is gone")).to_be_visible()
        look(page)
        page.get_by_role("button", name="Put it into a new draft").click()
        expect(page.locator("[id='field-say.en']")).to_have_value(re.compile("Call again at any time"))
        new = page.url.rpartition("/nodes/")[0]
        found = drafts.find(new.rpartition("/")[2])
        assert found
        lines = found[1][ROUTING].decode().splitlines(keepends=True)
        marked = "".join([*lines[:90], "<<<<<<< yours\n", "=======\n", ">>>>>>> Ada\n", *lines[90:]])
        drafts.save(found[0].id, found[0].version, {**found[1], ROUTING: marked.encode()}, "Ada", 1)
        page.goto(f"{new}/nodes/goodbye")
        look(page)
        page.get_by_role("link", name="routing.yaml:91:1").click()
        expect(page.get_by_role("textbox", name=ROUTING)).to_be_focused()
        expect(page.locator(".cm-activeLine", has_text="<<<<<<< yours")).to_be_in_viewport()
        page.goto(f"{url}/staff/you")
        page.locator("main form").first.evaluate("form => { form.elements.csrf_token.value = 'of another session'; }")
        page.get_by_label("Your password now").fill("four words of a test")
        page.get_by_label("New password").fill("five other words of it")
        page.get_by_role("button", name="Change the password").click()
        expect(page.get_by_text("There was a password or a code in the form, which is not kept.")).to_be_visible()
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
        expect(page.get_by_role("status")).to_contain_text("Saved")
        expect(page.get_by_label("What this draft changes")).to_contain_text('"Hello." is said instead of')
        choices = page.locator("fieldset.fields legend", has_text="Choice").all_text_contents()
        assert choices[:2] == ["Choice 1: key 2", "Choice 2: key 1"]
        expect(page.locator("[id='part-choices.2']")).to_be_focused()  # it is the first now, and has no button for up
        page.get_by_role("button", name="Move key 2 down").focus()
        keys(page, "Enter")
        expect(page.get_by_role("button", name="Move key 2 down")).to_be_focused()
        expect(page.locator("[id='part-choices.2'] legend")).to_be_in_viewport()


def test_by_keyboard_alone_a_line_was_dialled(made: Console, url: str, browser: Browser, draft: str) -> None:
    with window(browser) as context:
        enter(context, made, url, made.accounts[Role.EDITOR])
        page = context.new_page()
        page.goto(f"{url}{draft}/lines/barcc")
        tab_to(page, "I dialled it today")
        keys(page, "Space", "Enter")
        expect(page.get_by_text("Last dialled on 2026-11-23.")).to_be_visible(timeout=30_000)


@dataclass
class Clicks:
    """A mouse and a keyboard at the page of a draft, and how often something was clicked. A choice from a list counts
    once, like a click into a field; what is typed there counts as nothing."""

    page: Page
    made: int = 0

    def link(self, name: str) -> None:
        self.made += 1
        self.page.get_by_role("main").get_by_role("link", name=name, exact=True).click()

    def button(self, name: str) -> None:
        self.made += 1
        self.page.get_by_role("button", name=name, exact=True).last.click()

    def opened(self, name: str) -> None:
        self.made += 1
        self.page.locator("summary", has_text=name).click()

    def typed(self, field: str, text: str) -> None:
        self.made += 1
        self.page.locator(f"[id='{field}']").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)

    def both(self, field: str, english: str, spanish: str) -> None:
        self.typed(f"{field}.en", english)
        self.typed(f"{field}.es", spanish)

    def chosen(self, field: str, value: str) -> None:
        self.made += 1
        self.page.locator(f"[id='{field}']").select_option(value)

    def ticked(self, field: str) -> None:
        self.made += 1
        self.page.locator(f"[id='{field}']").check()

    def saved(self) -> None:
        self.button("Save")
        expect(self.page.get_by_role("status")).to_contain_text("Saved")


def _greeting(clicks: Clicks) -> None:
    clicks.link("welcome")
    clicks.both("field-say", "Hello. Advocates are here. In danger, dial 911.", "Hola. En peligro, marque 911.")


def _words_of_a_key(clicks: Clicks) -> None:
    clicks.link("welcome")
    clicks.both("field-choices.2.label", "for help lines", "para líneas de ayuda")


def _key_added(clicks: Clicks) -> None:
    clicks.link("welcome")
    clicks.chosen("field-choices.new.key", "6")
    clicks.both("field-choices.new.label", "for a goodbye", "para terminar")
    clicks.chosen("field-choices.new.go", "crisis")


def _key_leads_elsewhere(clicks: Clicks) -> None:
    clicks.link("welcome")
    clicks.chosen("field-choices.6.go", "goodbye")


def _key_removed(clicks: Clicks) -> None:
    clicks.link("welcome")
    clicks.ticked("field-choices.6.remove")


def _line_dialled(clicks: Clicks) -> None:
    clicks.link("barcc")
    clicks.typed("field-number", "+1 617 555 0142")
    clicks.ticked("field-verified")


def _new_line(clicks: Clicks) -> None:
    """The line, the node that connects with it, and a key."""
    clicks.link("Add an outside line")
    clicks.both("field-name", "the Night Line", "la línea nocturna")
    clicks.typed("field-number", "+1 617 555 0143")
    clicks.ticked("field-verified")
    clicks.chosen("field-choices.new.menu", "instead")
    clicks.both("field-choices.new.label", "for {name}", "para {name}")


def _new_message(clicks: Clicks) -> None:
    """A key, and the message to which it leads."""
    clicks.link("Add a key with a message")
    clicks.chosen("field-choices.new.menu", "about")
    clicks.both("field-choices.new.label", "for parking", "para aparcar")
    clicks.both("field-message.say", "Behind the house.", "Detrás de la casa.")


def _new_member(clicks: Clicks) -> None:
    clicks.link("advocates")
    clicks.typed("field-members.new.name", "Third advocate")
    clicks.typed("field-members.new.number", "$ADVOCATE_3")


def _shifts(clicks: Clicks) -> None:
    clicks.link("advocates")
    clicks.typed("field-member.First_advocate.shifts", "monday-friday: 9:00-13:00")


def _weekly_hours(clicks: Clicks) -> None:
    clicks.link("Hours and holidays")
    clicks.typed("field-open", "monday-friday: 9:00-18:00")


COMMONEST: tuple[Callable[[Clicks], None], ...] = (
    _greeting, _words_of_a_key, _key_added, _key_leads_elsewhere, _key_removed,
    _line_dialled, _new_line, _new_message, _new_member, _shifts, _weekly_hours,
)  # fmt: skip
COUNTED = re.compile(r"^\| .+ \| (\d+) \| (\d+) \|$", re.MULTILINE)


@pytest.mark.slow
def test_the_commonest_edits_take_as_many_clicks_as_are_documented(
    made: Console, url: str, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    with window(browser, WIDTHS[1]) as context:
        enter(context, made, url, made.accounts[Role.EDITOR])
        clicks, counted = Clicks(context.new_page()), []
        clicks.page.goto(f"{url}/staff/")
        clicks.page.get_by_role("navigation").get_by_role("link", name="Edit").click()
        clicks.typed("title", "many edits")
        clicks.button("Begin a draft")
        before = clicks.made + 1
        with monkeypatch.context() as meanwhile:  # what is said of a draft after each edit would take long
            meanwhile.setattr(Drafting, "check", lambda *_: Checked())
            for edit in COMMONEST:
                clicks.made = 0
                clicks.link("Edit by form")
                edit(clicks)
                clicks.saved()
                counted.append(clicks.made)
                clicks.link("many edits")
                expect(clicks.page.get_by_role("heading", name="many edits")).to_be_visible()
        clicks.made = 1
        clicks.link("Publish")
        clicks.typed("note", "many edits")
        clicks.button("Publish")
        expect(clicks.page.get_by_text("Published: many edits.")).to_be_visible(timeout=30_000)
    told = (ROOT / "docs" / "console.md").read_text(encoding="utf-8").partition("### The commonest edits\n")[2]
    documented = [tuple(map(int, row)) for row in COUNTED.findall(told.partition("\n##")[0])]
    assert documented == [(each, before + each + clicks.made) for each in counted]
