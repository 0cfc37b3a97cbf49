"""The player: in windows, by keyboard, seen by all, and nothing of a message is left when it is closed."""

import re
from base64 import b64decode
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.mail import pair
from tests.support.messages import STATIC, UNLOCKED, MessageServer, message_page, run, sealed, wav, with_vault
from tests.support.screens import WIDTHS, look, tab_to

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def opened(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Page, MessageServer]]:
    with message_page(browser, tmp_path_factory.mktemp("console")) as made:
        yield made


@pytest.fixture
def page(opened: tuple[Page, MessageServer]) -> Page:
    """Newly loaded."""
    opened[0].reload()
    return opened[0]


@pytest.fixture
def server(opened: tuple[Page, MessageServer]) -> MessageServer:
    return opened[1]


RECORD = """
    globalThis.blobs = { made: [], live: new Set() };
    const [create, revoke] = [URL.createObjectURL.bind(URL), URL.revokeObjectURL.bind(URL)];
    URL.createObjectURL = (blob) => {
        const url = create(blob);
        blobs.made.push(blob.size);
        blobs.live.add(url);
        return url;
    };
    URL.revokeObjectURL = (url) => {
        blobs.live.delete(url);
        revoke(url);
    };
"""
"""Counts the blobs that are made, and those that still have an address."""

WAV = """
    const wav = (seconds, { rate = 8000, channels = 1, told, before = 0, after = 0 } = {}) => {
        const length = seconds * rate * channels * 2;
        const view = new DataView(new ArrayBuffer(44 + before + length + after));
        const write = (place, text) => [...text].forEach((each, at) => view.setUint8(place + at, each.charCodeAt(0)));
        write(0, "RIFF");
        view.setUint32(4, told ?? 36 + before + length, true);
        write(8, "WAVEfmt ");
        [[16, 16], [24, rate], [28, rate * channels * 2]].forEach(([at, number]) => view.setUint32(at, number, true));
        for (const [at, number] of [[20, 1], [22, channels], [32, channels * 2], [34, 16]]) {
            view.setUint16(at, number, true);
        }
        if (before) { // a chunk of odd length, with the byte that fills it up
            write(36, "LIST");
            view.setUint32(40, before - 9, true);
        }
        write(36 + before, "data");
        view.setUint32(40 + before, told ?? length, true);
        for (let at = 0; at < length; at += 2 * 997) {
            view.setInt16(44 + before + at, at / 2 % 30000, true);
        }
        return view.buffer;
    };
"""


@pytest.fixture(params=["Chromium", "another browser"])
def playing(request: pytest.FixtureRequest, page: Page) -> Iterator[Page]:
    """The page, newly loaded, as a browser that is given data: addresses, or one that is given blobs."""
    if request.param != "Chromium":
        page.evaluate("Object.defineProperty(navigator, 'userAgentData', { value: undefined, configurable: true })")
    yield page
    page.evaluate("globalThis.player?.close()")


def _play(page: Page, made: str) -> None:
    """Puts a player of some sound into the page."""
    script = f"{RECORD} {WAV} globalThis.sound = {made}; globalThis.player = new player_.Player(sound);"
    script += " document.querySelector('main').append(player.element);"
    run(page, f"const player_ = await import('{STATIC}/player.js'); {script}", None, ())
    expect(page.locator("audio")).to_have_js_property("readyState", 4)


def _told(page: Page) -> str:
    return page.get_by_label("Position").get_attribute("aria-valuetext") or ""


def _kept(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(
        "({ made: blobs.made, live: blobs.live.size, window: player.window, seconds: player.audio.duration })"
    )
    return found


def test_eleven_minutes_are_played_in_three_windows(playing: Page, request: pytest.FixtureRequest) -> None:
    _play(playing, "wav(660)")
    blobs = "another browser" in request.node.name
    assert _told(playing) == "0:00 of 11:00"
    assert _kept(playing) == {"made": [4_800_044] * blobs, "live": int(blobs), "window": 0, "seconds": 300}
    playing.evaluate("player.seek(299.5)")
    playing.get_by_role("button", name="Play", exact=True).click()
    expect(playing.get_by_label("Position")).to_have_attribute("aria-valuetext", "5:01 of 11:00")
    assert _kept(playing) == {"made": [4_800_044] * 2 * blobs, "live": int(blobs), "window": 1, "seconds": 300}
    playing.get_by_role("button", name="Back 10 seconds").click()
    expect(playing.get_by_role("button", name="Pause")).to_be_visible()
    expect(playing.get_by_label("Position")).to_have_attribute("aria-valuetext", re.compile("4:5[1-3] of 11:00"))
    playing.get_by_label("Speed").select_option("2")
    playing.evaluate("player.seek(659)")
    expect(playing.get_by_role("button", name="Play", exact=True)).to_be_visible()
    assert _told(playing) == "11:00 of 11:00"
    kept = _kept(playing)
    assert (kept["window"], kept["seconds"], kept["live"]) == (2, 60, int(blobs))
    assert playing.evaluate("[player.audio.playbackRate, player.audio.preservesPitch]") == [2, True]
    playing.get_by_role("button", name="Play", exact=True).click()
    expect(playing.get_by_label("Position")).to_have_attribute("aria-valuetext", "0:01 of 11:00")
    playing.evaluate("player.close()")
    left = "[blobs.live.size, sound.byteLength, document.querySelectorAll('.player, audio').length]"
    assert playing.evaluate(left) == [
        0, 0, 0,
    ]  # fmt: skip
    assert all(size <= 4_800_044 for size in kept["made"])


def test_every_sample_is_in_one_window_and_none_is_too_large(page: Page) -> None:
    """For all that the provider may send: the windows together are the sound, byte for byte."""
    script = (
        WAV
        + """
        const found = [];
        for (const [name, sound, seconds, number] of [
            ["a minute", wav(60), 60, 1],
            ["five minutes", wav(300), 300, 1],
            ["a sample more", wav(300.000125), 300.000125, 2],
            ["eleven minutes", wav(660), 660, 3],
            ["two channels", wav(200, { channels: 2 }), 200, 2],
            ["a better telephone", wav(250, { rate: 16000 }), 250, 2],
            ["an odd chunk before", wav(60, { before: 18 }), 60, 1],
            ["something behind", wav(60, { after: 26 }), 60, 1],
            ["a length of 0", wav(60, { told: 0 }), 60, 1],
            ["no length", wav(60, { told: 0xffffffff }), 60, 1],
            ["cut", wav(60).slice(0, -1601), 59.899875, 1],
            ["nothing", wav(0), 0, 1],
        ]) {
            const cut = wav_.cut(sound);
            const windows = Array.from({ length: cut.number }, (_, number) => cut.pieces(number));
            const total = windows.reduce((sum, [, body]) => sum + body.length, 0);
            const first = windows[0][1].byteOffset;
            const joined = windows.every(([, body], number) =>
                number === 0 || body.byteOffset === windows[number - 1][1].byteOffset + windows[number - 1][1].length);
            const heads = windows.every(([head, body]) => {
                const whole = new Uint8Array(head.length + body.length);
                whole.set(head);
                whole.set(body, head.length);
                const again = wav_.cut(whole.buffer);
                return again.number === 1 && again.pieces(0)[1].length === body.length;
            });
            const most = Math.max(...windows.map(([, body]) => body.length));
            found.push([name, cut.seconds.toFixed(3) === seconds.toFixed(3), cut.number === number, joined, heads,
                most <= wav_.MOST_BYTES, total, first]);
        }
        const odd = [new ArrayBuffer(0), new ArrayBuffer(11), new Uint8Array(100).buffer, wav(1).slice(0, 40),
            new TextEncoder().encode("ID3 this is no WAV at all, it is something else").buffer];
        return [found, odd.map((each) => wav_.cut(each))];
    """
    )
    found, odd = run(page, f"const wav_ = await import('{STATIC}/wav.js'); {script}", None, ())
    for name, seconds, number, joined, heads, small, total, first in found:
        assert (seconds, number, joined, heads, small) == (True,) * 5, name
        assert first == (62 if name == "an odd chunk before" else 44), name
        assert total % 2 == 0
    assert [row[6] for row in found if row[0] == "eleven minutes"] == [660 * 16000]
    assert odd == [None] * 5


def test_what_cannot_be_played_is_said(page: Page) -> None:
    script = """
        const { buffer } = new TextEncoder().encode("this is no sound at all, whatever it is");
        globalThis.player = new player.Player(buffer);
        document.querySelector("main").append(globalThis.player.element);
    """
    run(page, script, None, ("player",))
    expect(page.get_by_role("alert").filter(has_text="cannot play")).to_have_text(
        "This browser cannot play this message."
    )
    page.evaluate("player.close()")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_player_is_used_by_keyboard_and_seen_by_all(page: Page, width: tuple[int, int], dark: bool) -> None:
    page.set_viewport_size({"width": width[0], "height": width[1]})
    page.emulate_media(color_scheme="dark" if dark else "light")
    _play(page, "wav(90)")
    look(page)
    for name, box in page.evaluate(
        """[...document.querySelectorAll(".player button, .player input, .player select")].map((each) =>
            [each.textContent, each.getBoundingClientRect().toJSON()])"""
    ):
        assert box["height"] >= 44, name
    tab_to(page, "Play")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("1.5")
    assert page.evaluate("player.audio.playbackRate") == 1.5
    page.keyboard.press("Tab")
    before = page.evaluate("player.slider.value")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    assert before in ("0", "1")
    expect(page.get_by_label("Position")).to_have_attribute("aria-valuetext", "1:29 of 1:30")
    page.evaluate("player.close()")


def test_five_minutes_are_opened_without_the_page_standing_still_and_leave_nothing(
    page: Page, server: MessageServer
) -> None:
    heard = wav(300)
    address = server.put(sealed(heard, pair()[0]))
    script = (
        UNLOCKED
        + """
        const player_ = await import(given.player);
        let [last, longest, on] = [performance.now(), 0, true];
        const frame = (now) => {
            [longest, last] = [Math.max(longest, now - last), now];
            return on && requestAnimationFrame(frame);
        };
        requestAnimationFrame((now) => { last = now; frame(now); });
        const heard = await vault.open(given.address);
        on = false;
        const hash = await hashed(heard);
        const player = new player_.Player(heard);
        player.close();
        return { hash, longest, left: heard.byteLength };
    """
    )
    found = with_vault(page, script, address=address, player=f"{STATIC}/player.js")
    assert b64decode(found["hash"]) == sha256(heard).digest()
    assert found["left"] == 0
    assert found["longest"] < 500, "milliseconds between two frames, on a machine with much else to do"
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    used = session.send("Runtime.getHeapUsage")
    assert used["backingStorageSize"] < 1_000_000, used
