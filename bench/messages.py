"""Messages in the browser: how soon one plays, whether the page stands still, and what it takes and leaves in memory.

    .venv/bin/python -m bench.messages [--minutes 1 5 60] [--before]

The scripts of the console run in Chromium and fetch a sealed message over https from this machine. Frames are counted
until it can be played. Then it is played for a minute at twice the speed, the fastest that the player offers, and to
its end at 16 times the speed, and twenty places of it are looked for without a pause; memory is what the page's process
holds of its own (/proc). With --before, messages are sealed in format 2.

The page is one that Playwright does not watch: what watches the network keeps a copy of every answer in the page's
process, up to 100 MB.
"""

import argparse
import json
import re
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.support.chromium import CHROMIUM
from tests.support.mail import PASSPHRASE, pair
from tests.support.messages import MINE, STATIC, MessageServer, message_page, run, sealed, sealed_before, wav

EVERY_SECONDS = 0.02

FRAMES = """
    globalThis.frames_ = { on: true, gaps: [] };
    let last = performance.now();
    const frame = (now) => {
        frames_.gaps.push(now - last);
        last = now;
        return frames_.on && requestAnimationFrame(frame);
    };
    requestAnimationFrame((now) => { last = now; frame(now); });
"""
OPEN = f"""
    {FRAMES}
    const began = performance.now();
    const sound = await vault_.open(given.address);
    const {{ Player }} = await import('{STATIC}/player.js');
    globalThis.player = new Player(sound);
    await player.ready();
    document.querySelector("main").append(player.element);
    await new Promise((resolve) => player.audio.addEventListener("canplay", resolve, {{ once: true }}));
    const ready = performance.now();
    frames_.on = false;
    return {{ ready: ready - began, gaps: frames_.gaps }};
"""
SWITCH = """
    if (player.cut.number === 1) {
        return null;
    }
    player.seek(player.cut.begins(1) - 3);
    player.play();
    await new Promise((resolve) => player.audio.addEventListener("ended", resolve, { once: true }));
    const ended = performance.now();
    await new Promise((resolve) => player.audio.addEventListener("playing", resolve, { once: true }));
    return performance.now() - ended;
"""
PLAY = """
    player.pause();
    player.audio.playbackRate = player.audio.defaultPlaybackRate = given.speed;
    player.seek(0);
    player.play();
    for (const end = performance.now() + 1000 * given.seconds; player.wanted && performance.now() < end;) {
        await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return player.position;
"""
SEEKS = """
    const waits = [];
    for (let place = 0; place < 20; place++) {
        const began = performance.now();
        player.seek((place * 7 % 20 + 0.5) / 20 * player.seconds);
        if (player.audio.readyState < 3) {
            await new Promise((resolve) => player.audio.addEventListener("canplay", resolve, { once: true }));
        }
        waits.push(performance.now() - began);
    }
    return waits;
"""


@dataclass
class Memory:
    """What the page's process holds of its own, in MB, and the most since it was last set."""

    pids: list[int]
    most: float = 0
    stopping: threading.Event = field(default_factory=threading.Event)

    def now(self) -> float:
        told = [Path(f"/proc/{pid}/status").read_text(encoding="utf-8") for pid in self.pids]
        return sum(int(held) for held in re.findall(r"^RssAnon:\s+(\d+)", "".join(told), re.MULTILINE)) / 1000

    def watch(self) -> None:
        while not self.stopping.wait(EVERY_SECONDS):
            self.most = max(self.most, self.now())


class Unwatched:
    """A page of the browser, evaluated through its own session."""

    def __init__(self, browser: Browser, url: str) -> None:
        before = set(pages(browser))
        self._browser = browser.new_browser_cdp_session()
        context = self._browser.send("Target.createBrowserContext")["browserContextId"]
        target = self._browser.send("Target.createTarget", {"url": url, "browserContextId": context})["targetId"]
        self._answers: dict[int, dict[str, Any]] = {}
        self._number = 0
        self._browser.on("Target.receivedMessageFromTarget", self._answered)
        attached = self._browser.send("Target.attachToTarget", {"targetId": target, "flatten": False})
        self._session = attached["sessionId"]
        while not self.evaluate("() => document.readyState === 'complete' && location.protocol === 'https:'"):
            time.sleep(EVERY_SECONDS)
        self.pids = sorted(set(pages(browser)) - before)

    def _answered(self, event: dict[str, str]) -> None:
        answer = json.loads(event["message"])
        self._answers[answer.get("id")] = answer

    def send(self, method: str, **given: Any) -> dict[str, Any]:
        self._number += 1
        message = json.dumps({"id": self._number, "method": method, "params": given})
        self._browser.send("Target.sendMessageToTarget", {"sessionId": self._session, "message": message})
        while self._number not in self._answers:
            time.sleep(EVERY_SECONDS)
            self._browser.send("Browser.getVersion")  # lets answers arrive
        answer = self._answers.pop(self._number)
        assert "result" in answer, answer
        result: dict[str, Any] = answer["result"]
        assert "exceptionDetails" not in result, result
        return result

    def evaluate(self, script: str, given: Any = None) -> Any:
        call = f"({script})({json.dumps(given)})"
        found = self.send("Runtime.evaluate", expression=call, awaitPromise=True, returnByValue=True)
        return found["result"].get("value")

    def collected(self) -> None:
        """Nothing that the page no longer uses is left in it."""
        for _ in range(3):
            self.send("HeapProfiler.collectGarbage")
            time.sleep(0.5)


def measured(minutes: int, page: Unwatched, server: MessageServer, memory: Memory, *, before: bool) -> None:
    """Prints what one message takes."""
    server.renew()
    heard = wav(minutes * 60)
    address = server.put((sealed_before if before else sealed)(heard, pair()[0]))
    given: dict[str, Any] = {"address": address, "text": MINE, "passphrase": PASSPHRASE}
    script = "globalThis.vault_ = new vault.Vault(); return vault_.unlock(given.text, given.passphrase);"
    run(page, script, given, ("vault",))
    page.collected()
    usual = memory.most = memory.now()
    found = run(page, OPEN, given, ())
    asked = sum(number for what, number in server.asked.items() if what.startswith("parts/"))
    at_ready, memory.most = memory.most, memory.now()
    run(page, PLAY, {"speed": 2, "seconds": 60}, ())
    heard_at_most, gap = memory.most, run(page, SWITCH, None, ())
    memory.most = memory.now()
    end = run(page, PLAY, {"speed": 16, "seconds": 1000}, ())
    assert abs(end - 60 * minutes) < 1, end
    through, memory.most = memory.most, memory.now()
    waits = sorted(run(page, SEEKS, None, ()))
    sought = memory.most
    page.evaluate("() => player.close()")
    page.collected()
    closed = memory.now()
    page.evaluate("() => vault_.lock()")
    page.collected()
    locked = memory.now()
    page.evaluate("() => location.reload()")
    time.sleep(2)
    page.collected()
    loaded = memory.now()
    gaps = sorted(found["gaps"])
    p99, worst = gaps[int(len(gaps) * 0.99)], gaps[-1]
    between = "" if gap is None else f"; between two windows {gap:.0f} ms"
    parts = len(server.messages[address[-32:]].parts)
    print(f"\n{minutes} min, {len(heard) / 1e6:.1f} MB in {parts} parts")
    print(f"ready to play after {found['ready'] / 1000:.2f} s and {asked} parts{between}; ", end="")
    print(f"another place after {waits[10]:.0f} ms, at most {waits[-1]:.0f}")
    print(f"{len(gaps)} frames: p99 {p99:.0f} ms, longest {worst:.0f} ms apart")
    print(f"memory {usual:.0f} MB, at most {at_ready:.0f} until it is ready, {heard_at_most:.0f} at speed 2", end="")
    print(f", {through:.0f} at speed 16, {sought:.0f} while places are looked for; ", end="")
    print(f"after close {closed:.0f}, after lock {locked:.0f}, on the next page {loaded:.0f}", flush=True)


def pages(browser: Browser) -> list[int]:
    """Which processes run pages, and their workers; later ones are the browser's own reserve."""
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    return [each["id"] for each in processes if each["type"] == "renderer"]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=int, nargs="+", default=[1, 5, 60])
    parser.add_argument("--before", action="store_true")
    options = parser.parse_args()
    arguments = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required", "--ignore-certificate-errors"]
    with (
        tempfile.TemporaryDirectory() as name,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=arguments) as browser,
        message_page(browser, Path(name)) as (watched, server),
    ):
        page = Unwatched(browser, watched.url)
        memory = Memory(page.pids)
        threading.Thread(target=memory.watch, daemon=True).start()
        for minutes in options.minutes:
            measured(minutes, page, server, memory, before=options.before)
        memory.stopping.set()


if __name__ == "__main__":
    main()
