"""Try a call in a real Chromium: on a phone and on a desk, by keyboard alone, read aloud, and without scripts."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from phonetree.store.roles import Role
from tests.support.console import Console, console, enter
from tests.support.programs import until
from tests.support.screens import EACH_WIDTH, keys, look, tab_to, window

pytestmark = pytest.mark.browser

VOICES = """
const spoken = globalThis.spoken = [], voices = [
    { lang: "en-US", localService: false, name: "a company's" },
    { lang: "en-GB", localService: true, name: "ours" },
    { lang: "es-ES", localService: false, name: "a company's" },
];
Object.defineProperty(globalThis, "speechSynthesis", { value: {
    getVoices: () => voices,
    speak: (said) => spoken.push([said.voice?.name, said.text]),
    cancel: () => { spoken.push(["cancel", ""]); },
} });
globalThis.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
"""
"""Speech as browsers have it, with a voice that is the device's own, and others."""

SILENT = "Object.defineProperty(globalThis, 'speechSynthesis', { value: undefined });"
"""A browser that cannot speak."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console("sqlite", tmp_path_factory.mktemp("console")) as opened:
        yield opened


def opened(
    context: BrowserContext, made: Console, url: str, path: str = "/staff/try", role: Role = Role.MEMBER
) -> tuple[Page, list[str]]:
    """The page, and what it asks elsewhere or is refused by the policy."""
    enter(context, made, url, made.accounts[role])
    page = context.new_page()
    told: list[str] = []
    page.on("request", lambda request: None if request.url.startswith(url) else told.append(request.url))
    page.on("console", lambda message: told.append(message.text))
    page.goto(f"{url}{path}")
    return page, told


@EACH_WIDTH
def test_a_call_on_the_page(made: Console, url: str, browser: Browser, width: tuple[int, int]) -> None:
    with window(browser, width) as context:
        context.add_init_script(SILENT)
        page, told = opened(context, made, url, role=Role.EDITOR)
        page.evaluate("window.same = true")
        page.locator("summary").click()
        look(page)
        page.get_by_label("Phones of the team advocates").select_option("busy")
        page.get_by_role("button", name="Call", exact=True).click()
        lines = page.locator("#transcript li")
        expect(lines).to_have_count(1)
        expect(lines).to_contain_text("To speak with an advocate, press 1.")
        expect(page.get_by_role("group", name="The phone")).to_be_focused()
        expect(page.get_by_text("This device has no voice of its own for English and Spanish")).to_be_visible()
        expect(page.get_by_role("button", name="Stop reading aloud")).to_be_hidden()
        look(page)
        page.get_by_role("button", name="1", exact=True).click()
        expect(page.locator("#newest")).to_contain_text("no advocate could take your call")
        expect(page.locator("#newest")).to_be_in_viewport()
        expect(page.get_by_role("button", name="1", exact=True)).to_be_focused()
        page.get_by_role("button", name="3", exact=True).click()
        page.get_by_role("button", name="Speak for 20 seconds, then press #").click()
        expect(page.get_by_text("A message of 20 seconds was left.")).to_be_visible()
        expect(page.get_by_text("First advocate and Second advocate were rung;")).to_be_visible()
        look(page)
        page.get_by_role("button", name="One step back").click()
        expect(page.locator("#newest")).to_contain_text("(the tone)")
        assert page.evaluate("window.same"), "no page was loaded meanwhile"
        heard = page.locator("#transcript").inner_text()
        page.reload()
        expect(page.locator("#transcript")).to_have_text(heard, use_inner_text=True)
        page.get_by_role("link", name="Choose again").click()
        expect(page.get_by_label("Phones of the team advocates")).to_have_value("busy")
        page.go_back()
        page.get_by_role("button", name="Speak for 20 seconds, then hang up").click()
        page.get_by_label("Also within").check()
        look(page)
        page.get_by_role("button", name="Keep this as a promise").click()
        promised = "When open, whoever presses 1, then 3 reaches voicemail 'voicemail'"
        expect(page.get_by_role("heading", name=re.compile(f"{promised} within \\d+ s"))).to_be_visible()
        assert told == []


def test_by_keyboard_alone_digits_press_keys(made: Console, url: str, browser: Browser) -> None:
    with window(browser) as context:
        page, _ = opened(context, made, url)
        tab_to(page, "Call")
        keys(page, "Enter")
        expect(page.locator("#newest")).to_be_visible()
        page.keyboard.press("2")
        expect(page.locator("#newest")).to_contain_text("These lines answer day and night.")
        page.keyboard.press("Escape")
        tab_to(page, "Press nothing")
        keys(page, "Enter")
        expect(page.locator("#newest")).to_contain_text("I did not hear a key.")
        tab_to(page, "Hang up")
        keys(page, "Enter")
        expect(page.get_by_role("heading", name="The call is over")).to_be_visible()
        expect(page.get_by_role("group", name="The phone")).to_be_focused()
        tab_to(page, "Call again")
        keys(page, "Enter")
        expect(page.locator("#transcript li")).to_have_count(1)
        page.locator("h1").evaluate("e => { e.tabIndex = -1; e.focus(); }")
        page.keyboard.press("1")  # outside the call: no key of its phone
        page.locator("#turn").focus()
        page.keyboard.press("2")
        expect(page.locator("#newest")).to_contain_text("These lines answer day and night.")
        assert page.url.endswith("&steps=&step=2")


def test_only_a_voice_of_the_device_reads_aloud(made: Console, url: str, browser: Browser) -> None:
    with window(browser) as context:
        context.add_init_script(VOICES)
        page, _ = opened(context, made, url)
        expect(page.get_by_role("button", name="Stop reading aloud")).to_be_visible()
        page.get_by_role("button", name="Call", exact=True).click()
        until(lambda: page.evaluate("spoken.some(([, text]) => text.startsWith('To hear this again'))"))
        spoken = page.evaluate("spoken")
        assert {voice for voice, _ in spoken} == {"ours", "cancel"}
        assert not any("Para español" in text for _, text in spoken)
        expect(
            page.get_by_text("This device has no voice of its own for Spanish, so that is not read aloud")
        ).to_be_visible()
        look(page)
        page.evaluate("spoken.length = 0")
        page.keyboard.press("1")
        until(lambda: page.evaluate("spoken.some(([, text]) => text.startsWith('Your conversation has ended'))"))
        assert not any("press star" in text for _, text in page.evaluate("spoken")), "what was there is not read again"
        page.evaluate("spoken.length = 0")
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="Read aloud")).to_be_visible()
        assert page.evaluate("spoken") == [["cancel", ""]]
        page.keyboard.press("2")
        expect(page.locator("#newest")).to_contain_text("These lines answer")
        assert {voice for voice, _ in page.evaluate("spoken")} == {"cancel"}
        page.goto(f"{url}/staff/try?node=crisis&steps=")
        assert page.evaluate("spoken[0][1]").startswith("These lines answer"), "a call that a link began is read, too"


def test_a_screen_reader_is_told_what_is_new(made: Console, url: str, browser: Browser) -> None:
    """What is added while the log is live is told; what is put in the place of older lines is not."""
    with window(browser) as context:
        page, _ = opened(context, made, url, "/staff/try?steps=")
        page.evaluate(
            """() => {
                const log = document.querySelector("[role=log]");
                window.told = [];
                new MutationObserver((changes) => {
                    if (log.getAttribute("aria-live") === "off") return;
                    window.told.push(...changes.flatMap((each) => [...each.addedNodes].map((e) => e.textContent)));
                }).observe(log.querySelector("ol"), { childList: true });
            }"""
        )
        page.get_by_role("button", name="3", exact=True).click()
        expect(page.locator("#transcript li")).to_have_count(4)
        told = page.evaluate("told")
        assert len(told) == 3
        assert "presses 3" in told[0]


def test_without_scripts_each_step_is_a_page(made: Console, url: str, browser: Browser) -> None:
    with window(browser, scripts=False) as context:
        page, _ = opened(context, made, url, "/staff/")
        page.get_by_role("link", name="Try a call").last.click()
        expect(page.get_by_role("button", name="Stop reading aloud")).to_be_hidden()
        page.get_by_role("button", name="Call", exact=True).click()
        page.get_by_role("button", name="8", exact=True).click()
        expect(page.locator("#newest")).to_contain_text("(español)")
        expect(page.locator("#newest")).to_be_in_viewport()
        page.get_by_role("button", name="* star").click()
        page.get_by_role("button", name="One step back").click()
        page.get_by_role("button", name="Hang up").click()
        expect(page.get_by_text("In the end the caller hung up.")).to_be_visible()
        page.get_by_role("button", name="Call again").click()
        expect(page.locator("#transcript li")).to_have_count(1)
