"""The console as staff use it: in a real browser, by keyboard, on a phone and on a desk, in light and dark."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from phonetree.console import identity
from phonetree.store.roles import Role
from tests.support.console import PASSWORD, Console, console, enter
from tests.support.screens import EACH_WIDTH, WIDTHS, keys, look, tab_to, window

pytestmark = pytest.mark.browser

MOST_BYTES = 100_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console("sqlite", tmp_path_factory.mktemp("console")) as opened:
        yield opened


@EACH_WIDTH
def test_from_the_invitation_to_signing_out_by_keyboard_alone(
    made: Console, url: str, browser: Browser, width: tuple[int, int]
) -> None:
    now, name = made.services.seconds(), f"Ada {width[0]}"
    _, token = made.services.accounts.add(name, [Role.EDITOR], "a test", now, now + 600)
    with window(browser, width) as context:
        page = context.new_page()
        page.goto(f"{url}/staff/link/{token}")
        tab_to(page, "Password")
        keys(page, "short", "Enter")
        expect(page.get_by_role("alert")).to_contain_text("use 12 or more")
        tab_to(page, "Password")
        keys(page, PASSWORD, "Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Set up your second factor")
        assert page.locator("nav").count() == 0, "nothing else can be reached yet"
        key = page.locator("code.key").inner_text().replace("-", "")
        tab_to(page, "Code")
        keys(page, _code(made, key), "Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
        recovery = page.locator(".codes code").all_inner_texts()
        assert len(recovery) == identity.RECOVERY_CODES
        tab_to(page, "I have kept them")
        keys(page, "Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Today")
        expect(page.get_by_role("link", name="Today")).to_have_attribute("aria-current", "page")
        assert page.get_by_role("link", name="Accounts").count() == 0
        tab_to(page, "Sign out")
        keys(page, "Enter")
        expect(page.get_by_role("status")).to_have_text("You are signed out.")
        page.go_back()
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
        tab_to(page, "Name")
        keys(page, name.upper(), "Tab", PASSWORD, "Tab", recovery[0], "Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Today")


def _code(made: Console, key: str) -> str:
    """What an authenticator shows for a key that was typed into it."""
    with made.app.app_context():
        return str(identity.codes()._totp(key=key).generate().token)


def test_signing_in_needs_no_puzzle_and_can_be_pasted(made: Console, url: str, browser: Browser) -> None:
    """3.3.8: nothing has to be remembered or typed by hand that a password manager could fill in."""
    with window(browser) as context:
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = context.new_page()
        page.goto(f"{url}/staff/sign-in")
        filled = {each: page.get_by_label(each, exact=True) for each in ("Name", "Password", "Code")}
        kinds = [filled[each].get_attribute("autocomplete") for each in filled]
        assert kinds == ["username", "current-password", "one-time-code"]
        made.later(minutes=1)
        for field, text in zip(
            filled.values(), ("the listener", PASSWORD, made.code(made.accounts[Role.LISTENER])), strict=True
        ):
            page.evaluate("text => navigator.clipboard.writeText(text)", text)
            field.focus()
            page.keyboard.press("Control+v")
            assert field.input_value() == text
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Today")


@pytest.mark.parametrize("scripts", [True, False])
def test_the_link_of_an_invitation_is_copied_with_one_press(
    made: Console, url: str, browser: Browser, scripts: bool
) -> None:
    with browser.new_context(java_script_enabled=scripts, ignore_https_errors=True) as context:
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        enter(context, made, url, made.accounts[Role.ADMIN])
        page = context.new_page()
        page.goto(f"{url}/staff/accounts")
        page.get_by_label("Name").fill(f"invited {scripts}")
        page.get_by_label("member").check()
        page.get_by_role("button", name="Make a link").click()
        link = page.locator("code.address").inner_text()
        assert "/staff/link/" in link
        copy = page.get_by_role("button", name="Copy")
        if scripts:
            copy.click()
            expect(page.get_by_role("button", name="Copied")).to_be_visible()
            assert page.evaluate("navigator.clipboard.readText()") == link
        else:
            expect(copy).to_be_hidden()


def test_a_form_or_a_link_on_another_site_does_nothing(made: Console, url: str, browser: Browser) -> None:
    """A real browser says where a form came from, and keeps the session of whoever is signed in."""
    attack = f"""<!doctype html><title>Mallory</title><a href="{url}/staff/sign-in">Look</a>
        <form method="post" action="{url}/staff/today/close"><input name="words-en" value="Call 617 555 0199">
        <button>Win</button></form>"""
    with window(browser) as context:
        enter(context, made, url, made.accounts[Role.ADMIN])
        page = context.new_page()
        page.route("https://mallory.example/**", lambda route: route.fulfill(body=attack, content_type="text/html"))
        win, follow = page.get_by_role("button", name="Win"), page.get_by_role("link", name="Look")
        for press, led in ((win, "This was not taken"), (follow, "Sign in")):
            page.goto("https://mallory.example/")
            press.click()
            expect(page.get_by_role("heading", level=1)).to_have_text(led)
            assert "617 555 0199" not in page.content()
            assert page.get_by_role("button", name="Send again").count() == 0
            page.goto(f"{url}/staff/accounts")
            expect(page.get_by_role("heading", level=1)).to_have_text("Accounts")


SCREENS = ("/staff/", "/staff/accounts", "/staff/accounts/actions", "/staff/you", "/staff/you/second-factor")
OPEN = ("/staff/sign-in", "/staff/link/{token}", "/staff/link/over", "/staff/nothing")


@EACH_WIDTH
def test_axe_finds_nothing_and_nothing_is_wider_than_the_window(
    made: Console, url: str, browser: Browser, width: tuple[int, int]
) -> None:
    now, token = made.services.seconds(), ""
    if made.services.accounts.by_name(f"invited {width}") is None:
        _, token = made.services.accounts.add(f"invited {width}", [Role.ADMIN], "a test", now, now + 600)
    made.services.accounts.reset_factor(made.accounts[Role.MEMBER].id, "a test", now)
    long = "Marguerite Albertine de la Fontaine-Maximilian " + "x" * 13
    longest = made.services.accounts.by_name(long) or made.staff(*Role, name=long)
    with window(browser, width) as context:
        page = context.new_page()
        for path in OPEN:
            page.goto(url + path.format(token=token))
            look(page)
        for account in (made.accounts[Role.ADMIN], longest):
            enter(context, made, url, account)
            for path in (*SCREENS, f"/staff/accounts/{longest.id}"):
                page.goto(url + path)
                look(page)
        page.goto(f"{url}/staff/accounts")
        page.get_by_role(
            "button", name="Make a link"
        ).click()  # with nothing filled in: the browser says what is missing
        page.get_by_label("Name").fill(f"new {width}")
        page.get_by_role("button", name="Make a link").click()
        expect(page.get_by_role("alert")).to_contain_text("at least one role")
        look(page)
        page.get_by_label("member").check()
        page.get_by_role("button", name="Make a link").click()
        expect(page.locator("code.address")).to_contain_text("/staff/link/")
        look(page)


def test_a_page_is_small_and_asks_nobody_else(made: Console, url: str, browser: Browser) -> None:
    with window(browser) as context:
        enter(context, made, url, made.accounts[Role.ADMIN])
        page = context.new_page()
        sizes: dict[str, int] = {}
        said: list[str] = []
        page.on("requestfinished", lambda request: sizes.update({request.url: _transferred(request.sizes())}))
        page.on("console", lambda message: said.append(message.text))
        for path in SCREENS:
            sizes.clear()
            page.goto(url + path, wait_until="networkidle")
            assert all(each.startswith(url) for each in sizes)
            assert sum(sizes.values()) < MOST_BYTES, sizes
        assert not [text for text in said if "Password forms should have" not in text], said


def _transferred(sizes: object) -> int:
    assert isinstance(sizes, dict)
    return int(sizes["responseBodySize"]) + int(sizes["responseHeadersSize"])


def test_two_browsers_at_once_and_one_that_is_signed_out_by_the_other(
    made: Console, url: str, browser: Browser
) -> None:
    editor = made.services.accounts.by_name("twice") or made.staff(Role.EDITOR, name="twice")
    with window(browser) as phone, window(browser, WIDTHS[1]) as desk:
        pages = []
        for context in (phone, desk):
            enter(context, made, url, editor)
            page = context.new_page()
            page.goto(f"{url}/staff/you")
            expect(page.get_by_role("heading", level=1)).to_have_text("twice")
            pages.append(page)
        pages[0].get_by_role("button", name="Sign out everywhere").click()
        expect(pages[0].get_by_role("status")).to_have_text("You are signed out everywhere.")
        pages[1].get_by_label("Your password", exact=True).fill(PASSWORD)
        pages[1].get_by_role("button", name="Make new recovery codes").click()
        expect(pages[1].get_by_role("heading", level=1)).to_have_text("You were signed out")


def test_a_link_on_another_site_leads_to_the_page_of_whoever_is_signed_in(
    made: Console, url: str, browser: Browser, tmp_path: Path
) -> None:
    with window(browser) as context:
        enter(context, made, url, made.accounts[Role.ADMIN])
        page = context.new_page()
        page.route("https://mail.example/**", lambda route: route.fulfill(
            body=f"<!doctype html><title>Mail</title><a href='{url}/staff/accounts'>Look</a>", content_type="text/html"
        ))  # fmt: skip
        page.goto("https://mail.example/")
        page.get_by_role("link", name="Look").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Accounts")
        page.goto("https://mail.example/")
        with window(browser) as other:  # somebody who is not signed in is led on to sign in
            elsewhere = other.new_page()
            elsewhere.route("https://mail.example/**", lambda route: route.fulfill(
                body=f"<!doctype html><title>Mail</title><a href='{url}/staff/accounts'>Look</a>",
                content_type="text/html",
            ))  # fmt: skip
            elsewhere.goto("https://mail.example/")
            elsewhere.get_by_role("link", name="Look").click()
            expect(elsewhere.get_by_role("heading", level=1)).to_have_text("Sign in")
            assert re.search(r"next=(%2F|/)staff(%2F|/)accounts", elsewhere.url)


def test_everything_here_works_without_scripts(made: Console, url: str, browser: Browser) -> None:
    with browser.new_context(java_script_enabled=False, ignore_https_errors=True) as context:
        page = context.new_page()
        made.later(minutes=1)
        page.goto(f"{url}/staff/sign-in")
        page.get_by_label("Name").fill("the admin")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_label("Code").fill(made.code(made.accounts[Role.ADMIN]))
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="Accounts").click()
        page.get_by_role("link", name="the listener").click()
        page.get_by_text("Remove the account ...").click()
        page.get_by_role("button", name="Remove the account").click()
        expect(page.get_by_text("The account the listener is removed.")).to_be_visible()
