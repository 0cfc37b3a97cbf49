"""Messages in a real browser: heard where they are needed, by two at once, with a key that was made there."""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from playwright.sync_api import Browser, BrowserContext, Dialog, Locator, Page, Request, expect
from sqlalchemy import update

from phonetree.mailbox import keyring
from phonetree.mailbox.sealing import Envelope, opened
from phonetree.simulator.provider import sound
from phonetree.store.accounts import Account
from phonetree.store.roles import Role
from phonetree.store.tables import parts
from phonetree.store.voicemails import VoicemailState
from tests.support.chromium import WHOLE
from tests.support.console import Console, console, enter
from tests.support.mail import PASSPHRASE, pair
from tests.support.messages import wav
from tests.support.screens import WIDTHS, look, tab_to, window
from tests.support.voicemails import key_file, leave

pytestmark = pytest.mark.browser

PHONE, DESK = WIDTHS
SOUND = sound(20)
"""Two pieces."""
LONG = "four words of somebody else"

KEPT = """
    const done = (each) => new Promise((resolve) => { each.onsuccess = () => resolve(each.result); });
    const database = await done(indexedDB.open("messages"));
    const [kept] = await done(database.transaction("keys").objectStore("keys").getAll());
    database.close();
    const opened = async (keys) => (await import("/staff/static/messages/crypto.js")).unlockKept(kept, keys);
"""
WRAPPED = f"async () => {{ {KEPT} return btoa(String.fromCharCode(...new Uint8Array(kept.wrapped))); }}"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A console whose messages are sealed with the key of `pair()`."""
    folder = tmp_path_factory.mktemp("console")
    (folder / "keys").mkdir()
    (folder / "keys" / "advocates.pem").write_bytes(pair()[2].public)
    with console("sqlite", folder, keys=folder / "keys") as opened_console:
        yield opened_console


@pytest.fixture
def message(made: Console) -> Iterator[str]:
    """The id of a message that waits, alone."""
    left = leave(made.services.voicemails, SOUND, made.services.seconds() - 3600)
    yield left
    for each in made.services.voicemails.listed():
        made.services.voicemails.delete(each.id)
    made.services.voicemails.settle(2**40)


@pytest.fixture
def approved(made: Console) -> Iterator[str]:
    """The id of a key of Bo that an admin approved."""
    public, _, whole = pair("Bo")
    made.services.keys.add(public.id, whole.public, "b" * 32, "Bo", made.services.seconds())
    made.services.keys.approve(public.id, "the admin", made.services.seconds())
    yield public.id
    made.services.keys.withdraw(public.id, "the admin", made.services.seconds())


@contextmanager
def at(
    browser: Browser, made: Console, url: str, who: Account | Role = Role.LISTENER, *, width: tuple[int, int] = PHONE,
    path: str = "/staff/messages",
) -> Iterator[Page]:  # fmt: skip
    """The page of somebody who is signed in."""
    with window(browser, width) as context:
        enter(context, made, url, made.accounts[who] if isinstance(who, Role) else who)
        page = context.new_page()
        page.goto(f"{url}{path}")
        yield page


def unlock(page: Page, file: Path, passphrase: str = PASSPHRASE) -> None:
    page.get_by_label("Key's file").set_input_files(file)
    page.get_by_label("Passphrase", exact=True).fill(passphrase)
    page.get_by_role("button", name="Unlock").click()


def ready(page: Page) -> None:
    """The player is there."""
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def heard(page: Page) -> bytes:
    """What the player plays."""
    source = page.locator("audio").get_attribute("src", timeout=5000) or ""
    assert source.startswith("data:audio/wav;base64,"), "not from a file of the browser"
    return b64decode(source.partition(",")[2])


def listed(page: Page, text: str) -> Locator:
    """A text in the list."""
    return page.locator("#list").get_by_text(text)


def listen(page: Page) -> None:
    page.get_by_role("button", name="Listen to the message").click()


def traffic(context: BrowserContext) -> list[bytes]:
    """Everything that a browser sends from now on."""
    sent: list[bytes] = []

    def note(request: Request) -> None:
        sent.append(request.url.encode() + repr(request.headers).encode() + (request.post_data_buffer or b""))

    context.on("request", note)
    return sent


def test_what_is_heard_is_what_was_left_and_nothing_secret_is_sent(
    browser: Browser, made: Console, url: str, message: str, tmp_path: Path
) -> None:
    with at(browser, made, url) as page:
        sent = traffic(page.context)
        listen(page)
        look(page)
        unlock(page, key_file(tmp_path))
        ready(page)
        look(page)
        assert heard(page)[44:] == SOUND[44:]
        page.get_by_role("button", name="Play").click()
        expect(page.get_by_role("button", name="Pause")).to_be_visible()
        page.locator("#list").get_by_role("button", name="Claim").click()
        expect(listed(page, "Claimed by you")).to_be_visible()
        assert heard(page)[44:] == SOUND[44:], "it plays on"
        page.get_by_label("Speed").select_option("1.5")
        page.get_by_role("button", name="Close").click()
        listen(page)
        ready(page)
        expect(page.get_by_label("Speed")).to_have_value("1.5")
        rates = "each => [each.playbackRate, each.defaultPlaybackRate]"
        assert page.locator("audio").evaluate(rates) == [1.5, 1.5], "that of the message before"
        page.locator("#open").get_by_role("button", name="Handled: ").click()
        expect(listed(page, "Handled by you")).to_be_visible()
        page.locator("#list").get_by_text("Delete ...").click()
        page.locator("#list").get_by_role("button", name="for good").click()
        expect(page.locator("li.message")).to_have_count(0)
        expect(page.locator("#waiting")).to_be_focused()
        expect(page.locator("audio")).to_have_count(0)
    assert made.services.voicemails.described(message) is None
    everything = b"".join(sent)
    private = keyring.unlock(pair()[2].private, PASSPHRASE).private_numbers()
    numbers = [number.to_bytes((number.bit_length() + 7) // 8) for number in (private.d, private.p, private.q)]
    secrets = [PASSPHRASE.encode(), b64encode(PASSPHRASE.encode()), SOUND[44:94], *(each[:16] for each in numbers)]
    for secret in secrets:
        for form in (secret, b64encode(secret)[:20], secret.hex().encode()):
            assert form not in everything
    assert any(b"/parts/0" in each for each in sent)


def test_two_listeners_see_each_others_claims_while_one_listens(
    browser: Browser, made: Console, url: str, message: str, tmp_path: Path
) -> None:
    bo = made.services.accounts.by_name("Bo") or made.staff(Role.LISTENER, name="Bo")
    with at(browser, made, url, width=DESK) as ada, at(browser, made, url, bo) as other:
        listen(ada)
        unlock(ada, key_file(tmp_path))
        ready(ada)
        look(ada)
        other.get_by_role("button", name="Claim").click()
        expect(listed(other, "Claimed by you")).to_be_visible()
        expect(listed(ada, "Claimed by Bo")).to_be_visible()
        assert heard(ada)[44:] == SOUND[44:]
        expect(ada.get_by_role("button", name="Claim")).to_be_hidden()
        ada.locator("#open").get_by_role("button", name="Release").click()  # beside the player
        expect(ada.locator("#open").get_by_role("button", name="Claim")).to_be_focused()
        expect(ada.locator("#open-state")).to_have_text("New")
        expect(other.get_by_role("button", name="Claim")).to_be_visible()
    assert made.services.voicemails.find(message).state is VoicemailState.NEW


def test_a_page_that_is_older_than_the_console_says_so_and_is_loaded_again(
    browser: Browser, made: Console, url: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with at(browser, made, url) as page:
        expect(page.get_by_text("This page is older than the console.")).to_be_hidden()
        monkeypatch.setattr("phonetree.console.messages.version", lambda folder: f"another of {folder}")
        expect(page.get_by_text("This page is older than the console.")).to_be_visible()
        look(page)
        script = "self.onmessage = ({ data }) => self.postMessage({ number: data.number, refused: 'failed' });"
        page.context.route("**/worker.js", lambda route: route.fulfill(body=script, content_type="text/javascript"))
        listen(page)
        unlock(page, key_file(tmp_path))
        ready(page)
        page.get_by_role("button", name="Lock", exact=True).click()  # and with it the worker of this page ends
        unlock(page, key_file(tmp_path))
        expect(page.locator("#unlock-problem")).to_contain_text("This page is older than the console. Load it again.")
        page.get_by_role("button", name="Load it again").click()
        expect(page.get_by_text("This page is older than the console.")).to_be_hidden()


def test_what_others_do_moves_no_message_under_the_finger(
    browser: Browser, made: Console, url: str, message: str
) -> None:
    voicemails, now = made.services.voicemails, made.services.seconds()
    second, third = (leave(voicemails, SOUND, now - 3000 + number) for number in range(2))
    with at(browser, made, url) as page:
        rows = page.locator("#waiting-rows > li")
        expect(rows).to_have_count(3)
        voicemails.handled(message, "Bo", now)
        voicemails.delete(third)
        fourth = leave(voicemails, SOUND, now - 10_000)
        expect(rows.nth(2)).to_contain_text("Deleted by a colleague")
        expect(rows.nth(0)).to_contain_text("Handled by Bo")
        expect(page.get_by_role("heading", name="Handled")).to_have_count(0)  # with nothing below
        order = [f"m-{each}" for each in (message, second, third, fourth)]
        assert rows.evaluate_all("all => all.map(each => each.id)") == order
        rows.nth(1).get_by_role("button", name="Claim").click()
        expect(listed(page, "Claimed by you")).to_be_visible()
        order = [f"m-{each}" for each in (fourth, second)]
        assert rows.evaluate_all("all => all.map(each => each.id)") == order, "what one does oneself puts it in order"


def test_the_second_click_of_a_double_one_does_nothing_to_what_moved_under_it(
    browser: Browser, made: Console, url: str, message: str
) -> None:
    voicemails = made.services.voicemails
    second = leave(voicemails, SOUND, made.services.seconds() - 3000)
    leave(voicemails, SOUND, made.services.seconds() - 2000)
    with at(browser, made, url) as page:
        first = page.locator("#waiting-rows > li").first

        def twice(name: str, then: str) -> None:
            box = first.get_by_role("button", name=name).bounding_box()
            assert box
            where = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
            page.mouse.click(*where)
            expect(listed(page, then)).to_be_visible()
            page.mouse.click(*where)
            expect(page.locator(".settling")).to_have_count(0)

        twice("Claim", "Claimed by you")
        assert voicemails.find(message).state is VoicemailState.CLAIMED, "not released again"
        twice("Handled", "Handled by you")
        assert voicemails.find(second).state is VoicemailState.NEW, "not the next one, too"
        first.get_by_role("button", name="Handled").press("Enter")
        expect(page.get_by_role("heading", name="Waiting: 1")).to_be_visible()
        expect(first.get_by_role("button", name="Listen")).to_be_focused()  # the next one, in its place


def test_what_a_colleague_deletes_is_heard_no_more(
    browser: Browser, made: Console, url: str, message: str, tmp_path: Path
) -> None:
    with at(browser, made, url) as page:
        listen(page)
        unlock(page, key_file(tmp_path))
        page.get_by_role("button", name="Play").click()
        expect(page.locator("#open").get_by_text("Delete ...")).to_be_visible()
        made.services.voicemails.delete(message)
        expect(page.locator("#open-state")).to_have_text("Deleted by a colleague")
        expect(page.locator("audio")).to_have_count(0)


def test_a_long_message_is_saved_whole_or_not_at_all_where_that_is_allowed(
    browser: Browser, made: Console, url: str, message: str, tmp_path: Path
) -> None:
    long = wav(80)
    made.services.voicemails.delete(message)
    left = leave(made.services.voicemails, long, made.services.seconds())
    with at(browser, made, url) as page:
        page.evaluate("document.getElementById('open').dataset.saves = ''")  # as PHONETREE_DOWNLOADS does
        listen(page)
        unlock(page, key_file(tmp_path))
        ready(page)
        with page.expect_download() as saved:
            page.get_by_role("button", name="Save the sound, unsealed").click()
        assert saved.value.path().read_bytes() == long
        assert saved.value.suggested_filename == f"{left[:8]}.wav"
        with made.services.store.write() as connection:
            its = (parts.c.message == left) & (parts.c.number == 3)
            connection.execute(update(parts).where(its).values(sealed=b"something else"))
        downloads: list[str] = []
        page.on("download", lambda download: downloads.append(download.url))
        page.get_by_role("button", name="Save the sound, unsealed").click()
        expect(page.get_by_role("alert")).to_contain_text("This message was changed or swapped in the database.")
        expect(page.get_by_role("progressbar")).to_be_hidden()
        assert not downloads
        page.get_by_role("button", name="Play").click()
        expect(page.get_by_role("button", name="Pause")).to_be_visible()  # what was opened before plays on


def test_signing_in_again_in_another_tab_is_enough(browser: Browser, made: Console, url: str, message: str) -> None:
    with at(browser, made, url) as page:
        page.context.clear_cookies()
        expect(page.get_by_text("You were signed out")).to_be_visible()
        enter(page.context, made, url, made.accounts[Role.LISTENER])
        expect(page.get_by_text("You were signed out")).to_be_hidden()
        page.get_by_role("button", name="Claim").click()
        expect(listed(page, "Claimed by you")).to_be_visible()
        page.context.set_offline(True)
        page.get_by_role("button", name="Release").click()
        expect(page.get_by_text("Nothing was changed: the server cannot be reached.")).to_be_in_viewport()
        page.context.set_offline(False)
        other = made.services.accounts.by_name("Bo") or made.staff(Role.LISTENER, name="Bo")
        enter(page.context, made, url, other)
        expect(page.get_by_text("Somebody else is signed in in this browser now.")).to_be_visible()


def test_a_message_is_heard_by_keyboard_alone(
    browser: Browser, made: Console, url: str, message: str, tmp_path: Path
) -> None:
    with at(browser, made, url, width=DESK) as page:
        tab_to(page, "Listen")
        page.keyboard.press("Enter")
        expect(page.get_by_label("Key's file")).to_be_focused()
        page.get_by_label("Key's file").set_input_files(key_file(tmp_path))  # the system's own window
        tab_to(page, "Passphrase")
        page.keyboard.type(PASSPHRASE)
        page.keyboard.press("Enter")
        ready(page)
        expect(page.get_by_role("button", name="Play")).to_be_focused()
        page.keyboard.press("Space")
        expect(page.get_by_role("button", name="Pause")).to_be_focused()


def test_what_goes_wrong_is_said_and_can_be_put_right(
    browser: Browser, made: Console, url: str, message: str, tmp_path: Path
) -> None:
    with at(browser, made, url) as page:
        listen(page)
        unlock(page, key_file(tmp_path), "a wrong passphrase")
        expect(page.get_by_role("alert")).to_contain_text("Wrong passphrase, or the key file is damaged.")
        expect(page.get_by_label("Passphrase", exact=True)).to_have_value("")
        unlock(page, key_file(tmp_path, "somebody"))
        expect(page.get_by_role("alert")).to_contain_text("This message was sealed for other keys.")
        page.get_by_role("button", name="Lock").click()
        page.route("**/staff/messages/list*", lambda route: route.abort())  # the list has not heard of it yet
        made.services.voicemails.delete(message)
        listen(page)
        unlock(page, key_file(tmp_path))
        expect(page.get_by_role("alert")).to_contain_text("This message was deleted meanwhile.")
        look(page)


def test_on_ones_own_device_the_key_is_kept_until_it_is_forgotten(
    browser: Browser, made: Console, url: str, message: str, tmp_path: Path
) -> None:
    with at(browser, made, url) as page:
        listen(page)
        page.get_by_label("This is my own device").check()
        unlock(page, key_file(tmp_path))
        ready(page)
        page.reload()
        expect(page.get_by_text("This browser keeps it.")).to_be_visible()
        listen(page)
        ready(page)
        page.get_by_role("button", name="Forget the key in this browser").click()
        expect(page.get_by_text("This browser keeps the key no more.")).to_be_visible()
        page.reload()
        listen(page)
        expect(page.get_by_label("Key's file")).to_be_focused()
        enter(page.context, made, url, made.staff(Role.LISTENER, name="somebody at the same device"))
        page.reload()
        expect(page.get_by_text("This browser keeps it.")).to_be_hidden()


def test_a_message_that_cannot_be_fetched_is_tried_again_from_where_it_says_so(
    browser: Browser, made: Console, url: str, message: str, tmp_path: Path
) -> None:
    with at(browser, made, url) as page:
        listen(page)
        unlock(page, key_file(tmp_path))
        ready(page)
        page.get_by_role("button", name="Close").click()
        page.context.set_offline(True)
        listen(page)
        expect(page.get_by_text("The console does not answer, or the network is away.")).to_be_visible()
        page.context.set_offline(False)
        expect(page.get_by_role("button", name="Try again")).to_be_focused()
        page.keyboard.press("Enter")
        ready(page)


def test_an_open_message_ends_with_the_session(
    browser: Browser, made: Console, url: str, message: str, tmp_path: Path
) -> None:
    me = made.staff(Role.LISTENER, name="Fi")
    with at(browser, made, url, me) as page:
        listen(page)
        page.get_by_label("This is my own device").check()
        unlock(page, key_file(tmp_path))
        page.get_by_role("button", name="Play").click()
        made.services.accounts.sign_out(me.id, "an admin", made.services.seconds())
        expect(page.get_by_text("You were signed out, or may not hear messages any longer")).to_be_visible()
        locked(page)
        expect(page.get_by_label("This is my own device")).not_to_be_checked()


def test_a_key_that_is_locked_in_one_tab_is_locked_in_every_tab_of_the_account(
    browser: Browser, made: Console, url: str, message: str, tmp_path: Path
) -> None:
    with at(browser, made, url) as page:
        listen(page)
        page.get_by_label("This is my own device").check()
        unlock(page, key_file(tmp_path))
        ready(page)
        other = page.context.new_page()
        other.goto(f"{url}/staff/messages")
        other.get_by_role("button", name="Forget the key in this browser").click()
        expect(page.get_by_text("The key was locked in another tab.")).to_be_visible()
        locked(page)


def test_a_page_that_nobody_uses_is_locked(
    browser: Browser, made: Console, url: str, message: str, tmp_path: Path
) -> None:
    idle = made.settings.idle_seconds
    with window(browser) as context:
        enter(context, made, url, made.accounts[Role.LISTENER])
        page = context.new_page()
        page.clock.install()
        page.goto(f"{url}/staff/messages")
        listen(page)
        unlock(page, key_file(tmp_path))
        ready(page)
        page.clock.fast_forward(1000 * (idle - 60))
        page.keyboard.press("Shift")
        page.clock.fast_forward(1000 * (idle - 60))
        ready(page)
        page.clock.fast_forward(1000 * 90)
        expect(page.get_by_text("The key was locked, because nobody used this page for a while.")).to_be_visible()
        locked(page)


def locked(page: Page) -> None:
    """Nothing can be heard, and the key is asked for."""
    expect(page.locator("audio")).to_have_count(0)
    expect(page.get_by_label("Key's file")).to_be_visible()
    expect(page.get_by_text("Unlocked: the key")).to_be_hidden()


def test_what_a_browser_keeps_on_its_disk_opens_nothing(
    browser: Browser, made: Console, url: str, message: str, tmp_path: Path
) -> None:
    """Neither with the files of the profile, nor for another account, nor once the account's sessions were ended."""
    profile, me = tmp_path / "profile", made.staff(Role.LISTENER, name="Di")
    launch = partial(
        browser.browser_type.launch_persistent_context,
        profile, executable_path=WHOLE, args=["--no-sandbox"], ignore_https_errors=True,
    )  # fmt: skip
    with launch() as context:
        enter(context, made, url, me)
        page = context.new_page()
        page.goto(f"{url}/staff/messages")
        listen(page)
        page.get_by_label("This is my own device").check()
        unlock(page, key_file(tmp_path))
        ready(page)
        kept = b64decode(page.evaluate(WRAPPED))
    with launch() as context:
        page = context.new_page()
        page.goto(f"{url}/staff/sign-in")
        enter(context, made, url, me)
        page.goto(f"{url}/staff/messages")
        expect(page.get_by_text("This browser keeps it.")).to_be_visible()
        enter(context, made, url, made.staff(Role.LISTENER, name="Ed"))
        page.goto(f"{url}/staff/messages")
        record = "(await fetch('/staff/keys/device')).json()"
        theirs = page.evaluate(f"async () => {{ {KEPT} const {{ keys }} = await {record}; return opened(keys); }}")
        assert theirs is None, "in the developer tools"
        made.services.accounts.sign_out(me.id, "an admin", made.services.seconds())
        enter(context, made, url, me)
        with page.expect_response("**/staff/keys/device"):
            page.goto(f"{url}/staff/messages")
        listen(page)
        expect(page.get_by_label("Key's file")).to_be_focused()
        page.wait_for_function(f"async () => {{ {KEPT} return !kept; }}")
    files = [path.read_bytes() for path in profile.rglob("*") if path.is_file() and not path.is_symlink()]
    assert any(kept[:64] in each for each in files), "it would be found"
    private = pair()[1]
    raw = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    numbers = private.private_numbers()
    for secret in (raw[-64:], *(n.to_bytes(400).lstrip(b"\0")[:32] for n in (numbers.d, numbers.p, numbers.q))):
        assert secret in raw
        for form in (secret, b64encode(secret)[:40]):
            assert not any(form in each for each in files)


def test_a_key_is_made_approved_and_given_access_without_a_command_line(
    browser: Browser, made: Console, url: str, message: str, tmp_path: Path
) -> None:
    new = made.staff(Role.LISTENER, name="Cy")
    with at(browser, made, url, new, path="/staff/keys") as page:
        sent = traffic(page.context)
        page.get_by_role("link", name="Make a key for me").click()
        page.get_by_label("Passphrase", exact=True).first.fill(LONG)
        page.get_by_label("The same passphrase again").fill(f"{LONG}!")
        page.get_by_role("button", name="Make the key").click()
        expect(page.get_by_role("alert")).to_contain_text("The two passphrases differ.")
        page.get_by_label("The same passphrase again").fill(LONG)
        look(page)
        page.get_by_role("button", name="Make the key").click()
        with page.expect_download() as saved:
            page.get_by_role("link", name="Save the key's file").click()
        assert re.fullmatch(r"cy-20\d\d-\d\d-\d\d\.key\.json", saved.value.suggested_filename)
        file = tmp_path / saved.value.suggested_filename
        saved.value.save_as(file)
        look(page)
        asked: list[str] = []

        def stay(dialog: Dialog) -> None:
            asked.append(dialog.type)
            dialog.dismiss()

        page.once("dialog", stay)
        page.get_by_role("link", name="Make another key").click()
        expect(page.get_by_role("heading", name="Save the file")).to_be_visible()
        assert asked == ["beforeunload"], "the key would be lost"
        page.get_by_label("Key's file").set_input_files(file)
        file.rename(moved := tmp_path / "moved")
        page.get_by_label("Passphrase", exact=True).last.fill(LONG)
        page.get_by_role("button", name="Ask an admin to approve it").click()
        expect(page.get_by_role("alert")).to_contain_text("Choose it again.")
        moved.rename(file)
        page.get_by_label("Key's file").set_input_files(file)
        page.get_by_label("Passphrase", exact=True).last.fill(LONG)
        page.get_by_role("button", name="Ask an admin to approve it").click()
        spoken = page.locator("b.fingerprint").text_content() or ""
        look(page)
    assert not any(secret in each for each in sent for secret in (LONG.encode(), b"PRIVATE", b'"wrapped"'))
    with at(browser, made, url, Role.ADMIN, path="/staff/") as page:
        page.get_by_role("link", name="Approve it, or withdraw it.").click()
        page.get_by_label("the sixteen characters that Cy reads to you").fill(spoken)
        look(page)
        page.get_by_role("button", name="Approve").click()
        expect(page.get_by_text("New messages are sealed for it. Opens 0 of 1 messages.")).to_be_visible()
    with at(browser, made, url, width=DESK, path="/staff/keys") as page:
        page.get_by_role("button", name="Seal older messages").click()
        unlock(page, key_file(tmp_path))
        expect(page.locator("#resealing")).to_have_text(
            f"One message that you can open will be sealed for Cy ({spoken}), too."
        )
        page.get_by_role("button", name="Seal them").click()
        expect(page.locator("#resealing")).to_have_text("One message sealed for the other keys, too.")
        look(page)
    with at(browser, made, url, new) as page:
        listen(page)
        unlock(page, file, LONG)
        ready(page)
        assert heard(page)[44:] == SOUND[44:]
    voicemails = made.services.voicemails
    private = keyring.unlock(file.read_text(), LONG)
    assert opened(private, Envelope(*voicemails.envelope(message)), voicemails.sealed(message)) == SOUND


def test_sealing_older_messages_says_that_somebody_was_signed_out_or_in_again(
    browser: Browser, made: Console, url: str, message: str, approved: str, tmp_path: Path
) -> None:
    with at(browser, made, url, path="/staff/keys") as page:
        page.get_by_role("button", name="Seal older messages").click()
        unlock(page, key_file(tmp_path))
        page.get_by_role("button", name="Seal them").wait_for()
        enter(page.context, made, url, made.accounts[Role.LISTENER])
        page.get_by_role("button", name="Seal them").click()
        expect(page.get_by_role("alert")).to_contain_text("This page is out of date")
        page.context.clear_cookies()
        page.get_by_role("button", name="Seal older messages").click()
        expect(page.get_by_role("alert")).to_contain_text("You were signed out meanwhile")
    assert list(made.services.voicemails.envelope(message)[1]) == [pair()[0].id]


def test_a_key_that_no_message_is_sealed_for_says_why_when_it_is_unlocked(
    browser: Browser, made: Console, url: str, message: str, tmp_path: Path
) -> None:
    new = made.accounts[Role.LISTENER]
    made.services.keys.add(pair("new")[0].id, pair("new")[2].public, new.id, new.name, made.services.seconds())
    with at(browser, made, url) as page:
        listen(page)
        unlock(page, key_file(tmp_path, "new"))
        expect(page.locator("#standing")).to_contain_text("It waits for an admin to approve it")
        look(page)
        made.services.keys.withdraw(pair("new")[0].id, new.name, made.services.seconds())
        page.get_by_role("button", name="Lock").click()
        unlock(page, key_file(tmp_path, "new"))
        expect(page.locator("#standing")).to_contain_text("It was withdrawn")
        page.get_by_role("button", name="Lock").click()
        unlock(page, key_file(tmp_path))
        expect(page.get_by_text("Unlocked: the key advocates.")).to_be_visible()
        expect(page.locator("#standing")).to_be_hidden()


def test_whoever_locks_and_unlocks_again_at_once_is_unlocked(
    browser: Browser, made: Console, url: str, message: str, tmp_path: Path
) -> None:
    with at(browser, made, url) as page:
        listen(page)
        unlock(page, key_file(tmp_path))
        expect(page.get_by_text("Unlocked: the key advocates.")).to_be_visible()
        page.get_by_label("Key's file").set_input_files(key_file(tmp_path))
        page.evaluate(
            """passphrase => {
                const [field, files] = [document.getElementById("key-file"), new DataTransfer()];
                files.items.add(field.files[0]);
                document.getElementById("lock").click();
                field.files = files.files;
                document.getElementById("passphrase").value = passphrase;
                document.getElementById("unlock").requestSubmit();
            }""",
            PASSPHRASE,
        )
        expect(page.get_by_text("Unlocked: the key advocates.")).to_be_visible()
        listen(page)
        ready(page)


def test_a_key_that_opens_nothing_yet_is_not_said_to_be_sealed_for_all(
    browser: Browser, made: Console, url: str, message: str, approved: str, tmp_path: Path
) -> None:
    with at(browser, made, url, path="/staff/keys") as page:
        page.get_by_role("button", name="Seal older messages").click()
        unlock(page, key_file(tmp_path, "Bo"))
        expect(page.locator("#resealing")).to_contain_text(
            "Your key opens no message yet. Somebody whose key opens them"
        )
        page.get_by_role("button", name="Lock").click()
        page.get_by_role("button", name="Seal older messages").click()
        unlock(page, key_file(tmp_path, "somebody"))
        expect(page.locator("#resealing")).to_contain_text("Your key opens no message yet. It was withdrawn")


def test_the_counts_follow_what_is_sealed_with_a_key_that_the_browser_keeps(
    browser: Browser, made: Console, url: str, message: str, approved: str, tmp_path: Path
) -> None:
    with at(browser, made, url, path="/staff/keys") as page:
        page.get_by_role("button", name="Seal older messages").click()
        page.get_by_label("This is my own device").check()
        unlock(page, key_file(tmp_path))
        page.get_by_role("button", name="Seal them").wait_for()
        page.reload()
        expect(page.get_by_text("This browser keeps it.")).to_be_visible()
        page.get_by_role("button", name="Seal older messages").click()
        expect(page.get_by_role("button", name="Seal older messages")).to_be_hidden()
        expect(page.locator(f"[data-opens='{approved}']")).to_have_text("0 of 1")
        page.get_by_role("button", name="Seal them").click()
        expect(page.locator(f"[data-opens='{approved}']")).to_have_text("1 of 1")
        page.get_by_role("button", name="Seal older messages").click()
        expect(page.locator("#resealing")).to_have_text("Every message that your key opens is sealed for all keys.")
