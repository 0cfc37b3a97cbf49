"""The pictures of the console in docs/console/: made by one command, always of the same moment.

    .venv/bin/python -m bench.screens

It needs Chromium. The console is the real one, over a new database; the browser is signed in without a password.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from phonetree.config.site import HOURS, ROUTING, Contents, made_of
from phonetree.core.schedule import Cover, Override
from phonetree.simulator.provider import sound
from phonetree.store.roles import Role
from phonetree.store.servers import Report, Servers
from tests.support.chromium import CHROMIUM
from tests.support.console import Console, console, enter, running
from tests.support.counted import count_years
from tests.support.lines import ROOT, RULES
from tests.support.mail import PASSPHRASE, pair
from tests.support.screens import WIDTHS
from tests.support.voicemails import key_file, leave

FOLDER = ROOT / "docs" / "console"
PHONE, DESK = WIDTHS


@dataclass(frozen=True, slots=True)
class Picture:
    """A screen: its file, its address with the names of drafts, the window, and what is chosen on it."""

    name: str
    path: str
    window: tuple[int, int] = PHONE
    role: Role = Role.MEMBER
    dark: bool = False
    chosen: tuple[str, ...] = ()
    listening: bool = False
    """Whether a message is opened."""
    problem: str = ""
    """The place of a problem that is gone to in the editor."""
    high: int = 0
    """How much is seen of a long page; 0 for all of it."""


PICTURES = (
    Picture("today", "/staff/"),
    Picture("today-dark", "/staff/", DESK, dark=True),
    Picture("close", "/staff/today/close"),
    Picture("cover", "/staff/today/cover", chosen=("away-First advocate", "by-Second advocate")),
    Picture("schedule", "/staff/schedule", DESK, Role.EDITOR),
    Picture("closed-day", "/staff/schedule/2026-12-04", PHONE, Role.EDITOR),
    Picture("messages", "/staff/messages", PHONE, Role.LISTENER),
    Picture("message", "/staff/messages", PHONE, Role.LISTENER, listening=True),
    Picture("keys", "/staff/keys", PHONE, Role.LISTENER),
    Picture("people", "/staff/people", PHONE, Role.ADMIN),
    Picture("counts", "/staff/counts", DESK),
    Picture("tree", "/staff/tree#picture", DESK),
    Picture("try-call", "/staff/try?steps=#newest"),
    Picture("edit", "/staff/edit", PHONE, Role.EDITOR),
    Picture("draft", "/staff/edit/{softer}", PHONE, Role.EDITOR, high=1100),
    Picture("form", "/staff/edit/{softer}/nodes/welcome", DESK, Role.EDITOR),
    Picture("form-phone", "/staff/edit/{softer}/nodes/welcome", PHONE, Role.EDITOR, high=1233),
    Picture("as-text", "/staff/edit/{broken}/text", DESK, Role.EDITOR, problem="routing.yaml:"),
    Picture("publish", "/staff/edit/{softer}/publish", PHONE, Role.EDITOR),
    Picture("history", "/staff/history", PHONE),
    Picture("accounts", "/staff/accounts", DESK, Role.ADMIN),
)

CONFIG = ROOT / "config"
EARLIER = ("Advocates are here.", "Our advocates are here.")
SOFTER = ("for crisis lines", "for help lines")
BROKEN = ("go: about_us", "go: about_is")


def settings(folder: Path) -> dict[str, Any]:
    """The shipped files, and a key to seal messages with."""
    keys = folder / "keys"
    keys.mkdir()
    (keys / "advocates.pem").write_bytes(pair()[2].public)
    key_file(folder)
    return {"config": CONFIG, "keys": keys, "source": "store"}


def fill(made: Console) -> None:
    """What is on the pictures: a cover, a server that follows it, counts of two years, messages, a listener's key."""
    now = made.now
    for hours, seconds in ((20, 75), (3, 42), (1, 128)):
        leave(made.services.voicemails, sound(3), made.services.seconds() - hours * 3600, seconds=seconds)
    made.services.voicemails.claim(made.services.voicemails.listed()[0].id, "Ada", made.services.seconds())
    public, _, made_key = pair("the listener")
    listener = made.accounts[Role.LISTENER]
    made.services.keys.add(public.id, made_key.public, listener.id, listener.name, made.services.seconds())
    made.services.keys.approve(public.id, "the admin", made.services.seconds())
    cover = Override(now + timedelta(hours=3), now + timedelta(hours=5), None, {}, Cover("First advocate"))
    number = made.services.overrides.add(cover, "Ada", "a cover", int(now.timestamp()))
    report = Report("abc", ((number, int(cover.ends.timestamp())),), test_call=True)
    count_years(made.services.store)
    Servers(made.services.store).tell("one", report, int(now.timestamp()))


def publish(made: Console) -> None:
    """Two revisions, the newer one the shipped files."""
    revisions, now, files = made.services.revisions, made.services.seconds(), _files()
    earlier = _changed(files, *EARLIER)
    names = [made_of(each, CONFIG, RULES).site.revision for each in (earlier, files)]
    revisions.take(names[0], earlier, now - 20 * 86400)
    revisions.publish(names[1], files, names[0], "Ada", "the new greeting", now - 4 * 86400)
    revisions.take(names[1], files, now - 4 * 86400)


def begin(made: Console) -> Mapping[str, str]:
    """Two drafts, one with a problem: their addresses by the names that pictures have for them."""
    editor, files = made.services.editor, _files()
    drafts = {"broken": ("night menu", "Bob", BROKEN), "softer": ("softer words", "the editor", SOFTER)}
    found = {}
    for name, (title, author, replaced) in drafts.items():
        draft = editor.begin(title, author)
        editor.drafts.save(draft.id, draft.version, _changed(files, *replaced), author, made.services.seconds())
        found[name] = draft.id
    return found


def _files() -> Contents:
    return {name: (CONFIG / name).read_bytes() for name in (HOURS, ROUTING)}


def _changed(files: Contents, old: str, new: str) -> Contents:
    text = files[ROUTING].decode()
    assert old in text, old
    return {**files, ROUTING: text.replace(old, new, 1).encode()}


def take(page: Page, picture: Picture, url: str, folder: Path) -> None:
    """Takes a picture of what is seen without scrolling on a desk, and of the page on a phone."""
    page.goto(url)
    if picture.listening:
        page.get_by_role("button", name="Listen").first.click()
        page.get_by_label("Key's file").set_input_files(folder / "advocates.key.json")
        page.get_by_label("Passphrase").fill(PASSPHRASE)
        page.get_by_role("button", name="Unlock").click()
        page.get_by_role("button", name="Play").wait_for()
    if picture.problem:
        page.locator("#checked").get_by_role("link", name=picture.problem).first.click()
    for each in picture.chosen:
        page.locator(f"[id='{each}']").check()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(600)
    if picture.high:
        page.set_viewport_size({"width": picture.window[0], "height": picture.high})
    page.screenshot(path=FOLDER / f"{picture.name}.png", full_page=picture.window == PHONE and not picture.high)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name, console("sqlite", Path(name), **settings(Path(name))) as made:
        fill(made)
        publish(made)
        drafts = begin(made)
        with (
            running(made, Path(name)) as url,
            sync_playwright() as playwright,
            playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"]) as browser,
        ):
            for picture in PICTURES:
                width, height = picture.window
                with browser.new_context(
                    viewport={"width": width, "height": height},
                    color_scheme="dark" if picture.dark else "light",
                    ignore_https_errors=True,
                ) as context:
                    enter(context, made, url, made.accounts[picture.role])
                    take(context.new_page(), picture, url + picture.path.format(**drafts), Path(name))
                print(f"docs/console/{picture.name}.png")


if __name__ == "__main__":
    main()
