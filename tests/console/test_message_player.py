"""The player: in windows, fetched as they are played, by keyboard, seen by all, and nothing is left in the end."""

import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.mail import PASSPHRASE, pair
from tests.support.messages import (
    MINE,
    STATIC,
    UNLOCKED,
    Message,
    MessageServer,
    message_page,
    run,
    sealed,
    sealed_before,
    wav,
    with_vault,
)
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
    script = (
        f"{RECORD} {WAV} globalThis.sound = {made}; globalThis.player = new player.Player(new sound_.Whole(sound));"
    )
    script = f"const sound_ = await import('{STATIC}/sound.js'); {script} await globalThis.player.ready();"
    run(page, f"{script} document.querySelector('main').append(globalThis.player.element);", None, ("player",))
    expect(page.locator("audio")).to_have_js_property("readyState", 4)


def _told(page: Page) -> str:
    return page.get_by_label("Position").get_attribute("aria-valuetext") or ""


def _kept(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(
        "({ made: blobs.made, live: blobs.live.size, window: player.window, seconds: player.audio.duration })"
    )
    return found


WINDOW = 1_048_576
SECONDS = WINDOW / 16_000
"""Of a window, about 1:05."""


def test_eleven_minutes_are_played_a_minute_at_a_time(playing: Page, request: pytest.FixtureRequest) -> None:
    _play(playing, "wav(660)")
    blobs = "another browser" in request.node.name
    assert _told(playing) == "0:00 of 11:00"
    first = [WINDOW] * blobs
    assert _kept(playing) == {"made": first, "live": len(first), "window": 0, "seconds": (WINDOW - 44) / 16_000}
    playing.evaluate("player.seek(65)")
    playing.get_by_role("button", name="Play", exact=True).click()
    expect(playing.get_by_label("Position")).to_have_attribute("aria-valuetext", "1:06 of 11:00")
    windows = [WINDOW, WINDOW + 44, WINDOW + 44] * blobs
    assert _kept(playing) == {"made": windows, "live": len(windows), "window": 1, "seconds": SECONDS}
    playing.get_by_role("button", name="Back 10 seconds").click()
    expect(playing.get_by_role("button", name="Pause")).to_be_visible()
    expect(playing.get_by_label("Position")).to_have_attribute("aria-valuetext", re.compile("0:5[6-8] of 11:00"))
    assert _kept(playing)["made"] == windows, "the window before is still there"
    playing.get_by_label("Speed").select_option("2")
    playing.evaluate("player.seek(659)")
    expect(playing.get_by_role("button", name="Play", exact=True)).to_be_visible()
    assert _told(playing) == "11:00 of 11:00"
    kept = _kept(playing)
    assert (kept["window"], kept["live"]) == (10, int(blobs))
    assert kept["seconds"] == pytest.approx(660 - 10 * SECONDS + 44 / 16_000, abs=0.01)
    assert playing.evaluate("[player.audio.playbackRate, player.audio.preservesPitch]") == [2, True]
    playing.get_by_role("button", name="Play", exact=True).click()
    expect(playing.get_by_label("Position")).to_have_attribute("aria-valuetext", "0:01 of 11:00")
    playing.evaluate("player.close()")
    left = "[blobs.live.size, sound.byteLength, document.querySelectorAll('.player, audio').length]"
    assert playing.evaluate(left) == [0, 0, 0]
    assert all(size <= WINDOW + 44 for size in kept["made"])


def test_every_sample_is_in_one_window_and_none_is_too_large(page: Page) -> None:
    """For all that the provider may send: the windows together are the sound, byte for byte; and it takes no more than
    how the file begins to tell them."""
    script = (
        WAV
        + """
        const found = [];
        for (const [name, sound, seconds, number] of [
            ["a minute", wav(60), 60, 1],
            ["all of a window", wav(65.53325), 65.53325, 1],
            ["a sample more", wav(65.533375), 65.533375, 2],
            ["eleven minutes", wav(660), 660, 11],
            ["two channels", wav(200, { channels: 2 }), 200, 7],
            ["three channels", wav(100, { channels: 3 }), 100, 5],
            ["a better telephone", wav(250, { rate: 16000 }), 250, 8],
            ["an odd chunk before", wav(60, { before: 18 }), 60, 1],
            ["something behind", wav(60, { after: 26 }), 60, 1],
            ["a length of 0", wav(60, { told: 0 }), 60, 1],
            ["no length", wav(60, { told: 0xffffffff }), 60, 1],
            ["cut", wav(60).slice(0, -1601), 59.899875, 1],
            ["nothing", wav(0), 0, 1],
        ]) {
            const cut = wav_.cut(sound.slice(0, 100), sound.byteLength);
            const windows = Array.from({ length: cut.number }, (_, number) => cut.bytes(number));
            const total = windows.reduce((sum, [from, to]) => sum + to - from, 0);
            const joined = windows.every(([from], number) => number === 0 || from === windows[number - 1][1]);
            const heads = windows.every(([from, to]) => {
                const whole = new Uint8Array([...cut.head(to - from), ...new Uint8Array(sound, from, to - from)]);
                const again = wav_.cut(whole.buffer, whole.length);
                const [begin, end] = again.bytes(0);
                return begin === whole.length - (to - from) && (again.number > 1 || end === whole.length);
            });
            const begins = windows.every((_, number) => {
                const inside = cut.begins(number) + 0.01;
                return inside > cut.seconds || cut.window(inside) === number;
            });
            const most = Math.max(...windows.map(([from, to]) => to - from));
            found.push([name, cut.seconds.toFixed(3) === seconds.toFixed(3), cut.number === number, joined, heads,
                begins, most <= wav_.WINDOW_BYTES + 6, total, windows[0][0]]);
        }
        const odd = [new ArrayBuffer(0), new ArrayBuffer(11), new Uint8Array(100).buffer, wav(1).slice(0, 40),
            new TextEncoder().encode("ID3 this is no WAV at all, it is something else").buffer];
        return [found, odd.map((each) => wav_.cut(each, each.byteLength))];
    """
    )
    found, odd = run(page, f"const wav_ = await import('{STATIC}/wav.js'); {script}", None, ())
    for name, seconds, number, joined, heads, begins, small, total, first in found:
        assert (seconds, number, joined, heads, begins, small) == (True,) * 6, name
        assert first == (62 if name == "an odd chunk before" else 44), name
        assert total % 2 == 0
    assert [row[7] for row in found if row[0] == "eleven minutes"] == [660 * 16000]
    assert odd == [None] * 5


def test_what_cannot_be_played_is_said(page: Page) -> None:
    _put(page, "new sound_.Whole(new TextEncoder().encode('this is no sound at all, whatever it is').buffer)")
    expect(page.get_by_role("alert").filter(has_text="cannot play")).to_have_text(
        "This browser cannot play this message."
    )
    page.evaluate("player.close()")


def _put(page: Page, made: str, **given: Any) -> None:
    """Puts a player of some sound into the page; `vault` is an unlocked one, `told` what the player told."""
    script = f"""
        const sound_ = await import('{STATIC}/sound.js');
        const {{ Vault }} = await import('{STATIC}/vault.js');
        globalThis.vault = new Vault();
        await vault.unlock(given.text, given.passphrase);
        globalThis.told = [];
        globalThis.player = new player.Player({made}, (problem) => told.push(problem.code));
        await globalThis.player.ready((...all) => told.push(all));
        document.querySelector("main").append(globalThis.player.element);
    """
    run(page, script, {"text": MINE, "passphrase": PASSPHRASE, **given}, ("player",))


LONG = wav(200)
"""Thirteen pieces in four windows."""


def _asked(server: MessageServer) -> dict[int, int]:
    """How often each part was asked for."""
    return {number: server.asked[f"parts/{number}"] for number in range(13) if server.asked[f"parts/{number}"]}


def _wait(page: Page, condition: str) -> None:
    page.wait_for_function(f"() => {condition}", timeout=10_000)


def test_a_long_message_is_fetched_as_it_is_played(page: Page, server: MessageServer) -> None:
    server.renew()
    message = sealed(LONG, pair()[0])
    _put(page, "await vault.open(given.address)", address=server.put(message))
    once = dict.fromkeys(range(13), 1)
    assert _asked(server) == dict.fromkeys((0, 1, 2, 3, 12), 1), "the last shows that none is missing"
    assert page.evaluate("told") == [[1, 4], [2, 4], [3, 4], [4, 4]]
    assert _told(page) == "0:00 of 3:20"
    page.get_by_role("button", name="Play", exact=True).click()
    _wait(page, "player.position > 0.2")
    _wait_asked(page, server, {**dict.fromkeys(range(8), 1), 12: 1})
    page.evaluate("player.seek(65.2)")
    _wait(page, "player.position > 65.7 && player.window === 1")
    _wait_asked(page, server, once)
    assert _heard(page) == LONG[WINDOW : 2 * WINDOW]
    page.evaluate("player.seek(199.5)")
    _wait(page, "!player.wanted && player.position === player.seconds")
    assert _heard(page) == LONG[3 * WINDOW :]
    page.evaluate("player.seek(20)")
    _wait(page, "player.window === 0 && player.audio.readyState === 4")
    assert _asked(server) == once | {1: 2, 2: 2, 3: 2}, "what was played was thrown away"
    assert (page.evaluate("player.position"), page.evaluate("player.wanted")) == (20, False)
    assert _heard(page) == LONG[44:WINDOW]
    page.evaluate("player.close(); vault.lock()")


def _wait_asked(page: Page, server: MessageServer, wanted: dict[int, int]) -> None:
    for _ in range(200):
        if _asked(server) == wanted:
            return
        page.wait_for_timeout(20)
    assert _asked(server) == wanted


def _heard(page: Page) -> bytes:
    """The sound that the player plays, without what stands before it."""
    source = page.locator("audio").get_attribute("src") or ""
    return b64decode(source.partition(",")[2])[44:]


def test_when_the_network_goes_away_what_is_there_is_played_and_it_goes_on_later(
    page: Page, server: MessageServer
) -> None:
    server.renew()
    _put(page, "await vault.open(given.address)", address=server.put(sealed(LONG, pair()[0])))
    server.trouble = {"parts/5": [500] * 3}
    page.evaluate("player.seek(81); player.play()")
    expect(page.get_by_text("The sound is being fetched and opened ...")).to_be_visible()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    wrong = page.locator(".player .alert")
    expect(wrong).to_have_text(
        "1:21: The console does not answer, or the network is away. Try again in a moment. Press Play to go on."
    )
    expect(page.get_by_text("The sound is being fetched and opened ...")).to_be_hidden()
    assert _heard(page) == LONG[WINDOW : WINDOW + 262_144], "what was there was heard"
    look(page)
    page.get_by_role("button", name="Play", exact=True).click()
    _wait(page, "player.position > 82.2")
    expect(wrong).to_be_hidden()
    assert _heard(page) == LONG[WINDOW : 2 * WINDOW]
    page.evaluate("told.splice(0); player.seek(196.5)")
    _wait(page, "player.window === 2 && player.audio.readyState === 4")
    server.trouble = {"parts/1": [303]}
    page.evaluate("player.play(); player.seek(30)")
    expect(wrong).to_have_text(re.compile("^0:30: You were signed out meanwhile"))
    assert page.evaluate("told") == ["signed-out"], "so that the page locks the key"
    page.evaluate("player.close(); vault.lock()")


def test_a_piece_that_was_exchanged_is_said_when_it_is_reached_and_never_played(
    page: Page, server: MessageServer
) -> None:
    server.renew()
    message, other = sealed(LONG, pair()[0]), sealed(LONG[::-1], pair()[0], number=2)
    message.parts[6] = other.parts[6]
    _put(page, "await vault.open(given.address)", address=server.put(message))
    page.evaluate("player.seek(97.5); player.play()")
    wrong = page.locator(".player .alert")
    said = re.compile("^1:38: This message was changed or swapped in the database. Do not rely")
    expect(wrong).to_have_text(said)
    assert _heard(page) == LONG[WINDOW : WINDOW + 2 * 262_144]
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.locator("audio")).not_to_have_attribute("src", re.compile("."))
    expect(wrong).to_have_text(said)
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    page.evaluate("player.seek(110)")
    page.get_by_role("button", name="Play", exact=True).click()
    expect(wrong).to_have_text(re.compile("^1:50: This message was changed"))
    page.evaluate("player.seek(140); player.play()")
    _wait(page, "player.position > 140.2")
    expect(wrong).to_be_hidden()
    page.evaluate("player.close(); vault.lock()")


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


@pytest.mark.long
@pytest.mark.parametrize("seal", [sealed, sealed_before])
def test_five_minutes_are_opened_without_the_page_standing_still_and_leave_nothing(
    page: Page, server: MessageServer, seal: Callable[..., Message]
) -> None:
    heard = wav(300)
    address = server.put(seal(heard, pair()[0]))
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
        const hash = await hashed(await whole(heard));
        const player = new player_.Player(heard);
        await player.ready();
        player.close();
        return { hash, longest };
    """
    )
    found = with_vault(page, script, address=address, player=f"{STATIC}/player.js")
    assert b64decode(found["hash"]) == sha256(heard).digest()
    assert found["longest"] < 500, "milliseconds between two frames, on a machine with much else to do"
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    used = session.send("Runtime.getHeapUsage")
    assert used["backingStorageSize"] < 1_000_000, used
