"""A real browser opens messages of every format with nothing but WebCrypto, and refuses one that was swapped."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from phonetree.mailbox.sealing import PIECE_BYTES
from phonetree.store.database import Store
from phonetree.store.voicemails import Voicemails
from tests.mailbox.test_swapped import FORMAT_1, NOW, OLDER, restored
from tests.support.chromium import CHROMIUM
from tests.support.mail import PASSPHRASE, mailbox, pair
from tests.support.voicemails import leave

pytestmark = pytest.mark.browser
SCRIPT = (Path(__file__).parent / "open_message.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """An empty page that may use WebCrypto, which browsers offer to localhost and https alone. It asks nobody."""
    with sync_playwright() as made, made.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"]) as browser:
        opened = browser.new_page()
        opened.route("**/*", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
        opened.goto("http://localhost/")
        yield opened


def _given(voicemails: Voicemails, message: str, key: str) -> dict[str, Any]:
    """What a browser is given to open a message."""
    iv, wrapped, id_, left_at = voicemails.envelope(message)
    return {
        "key": json.loads(key),
        "passphrase": PASSPHRASE,
        "iv": b64encode(iv).decode(),
        "wrapped": {name: b64encode(each).decode() for name, each in wrapped.items()},
        "sealed": b64encode(b"".join(voicemails.sealed(message))).decode(),
        "id": id_,
        "left_at": left_at,
    }


def test_a_message_opens_at_its_place_and_moment_alone(page: Page, tmp_path: Path) -> None:
    with mailbox("sqlite", tmp_path) as box:
        held = box.leave(40)
        box.collector.round(NOW)
        (message,) = box.voicemails.listed()
        newest = _given(box.voicemails, message.id, pair()[2].private)
        box.voicemails.delete(message.id)
        before = _given(box.voicemails, leave(box.voicemails, held.sound, NOW, before=True), pair()[2].private)
    assert len(held.sound) > 2 * PIECE_BYTES
    for given in (newest, before):
        assert b64decode(page.evaluate(SCRIPT, given)) == held.sound
        for other in ({"id": "0" * 32}, {"left_at": given["left_at"] + 1}):
            assert page.evaluate(SCRIPT, {**given, **other}) == "OperationError"


def test_a_message_of_format_1_opens(page: Page, tmp_path: Path) -> None:
    store = Store(restored(tmp_path))
    given = _given(Voicemails(store), OLDER, (FORMAT_1 / "key.json").read_text(encoding="utf-8"))
    store.close()
    assert b64decode(page.evaluate(SCRIPT, given)) == (FORMAT_1 / "message-1.wav").read_bytes()
