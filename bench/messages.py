"""Messages in the browser: how long one takes to open, whether the page stands still, and what it leaves in memory.

    .venv/bin/python -m bench.messages [--minutes 1 5 60]

The scripts of the console run in Chromium and fetch a sealed message over https from this machine. Frames are counted
while it is fetched, opened and given to the player, memory is what the page's process holds of its own (/proc).
"""

import argparse
import re
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from tests.support.chromium import CHROMIUM
from tests.support.mail import PASSPHRASE, pair
from tests.support.messages import MINE, STATIC, MessageServer, message_page, run, sealed, wav

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
    globalThis.heard = await vault_.open(given.address);
    const opened = performance.now();
    const {{ Player }} = await import('{STATIC}/player.js');
    globalThis.player = new Player(heard);
    document.querySelector("main").append(player.element);
    await new Promise((resolve) => player.audio.addEventListener("canplay", resolve, {{ once: true }}));
    const ready = performance.now();
    frames_.on = false;
    return {{ opening: opened - began, player: ready - opened, gaps: frames_.gaps }};
"""
SWITCH = """
    const number = player.cut.number;
    if (number === 1) {
        return null;
    }
    player.seek(player.cut.each - 1);
    player.play();
    await new Promise((resolve) => player.audio.addEventListener("ended", resolve, { once: true }));
    const ended = performance.now();
    await new Promise((resolve) => player.audio.addEventListener("playing", resolve, { once: true }));
    return performance.now() - ended;
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


def collected(session: CDPSession) -> None:
    """Nothing that the page no longer uses is left in it."""
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
        time.sleep(0.5)


def measured(minutes: int, page: Page, server: MessageServer, memory: Memory) -> None:
    """Prints what one message takes."""
    server.renew()
    heard = wav(minutes * 60)
    address = server.put(sealed(heard, pair()[0]))
    session = page.context.new_cdp_session(page)
    given: dict[str, Any] = {"address": address, "text": MINE, "passphrase": PASSPHRASE}
    script = "globalThis.vault_ = new vault.Vault(); return vault_.unlock(given.text, given.passphrase);"
    run(page, script, given, ("vault",))
    collected(session)
    before = memory.most = memory.now()
    found = run(page, OPEN, given, ())
    most = memory.most
    gap = run(page, SWITCH, None, ())
    page.evaluate("player.close()")
    collected(session)
    closed = memory.now()
    page.evaluate("vault_.lock()")
    collected(session)
    locked = memory.now()
    page.reload()
    collected(session)
    loaded = memory.now()
    gaps = sorted(found["gaps"])
    p99, worst = gaps[int(len(gaps) * 0.99)], gaps[-1]
    between = "" if gap is None else f"; between two windows {gap:.0f} ms"
    print(f"\n{minutes} min, {len(heard) / 1e6:.1f} MB in {len(server.messages[address[-32:]].parts)} parts")
    print(f"fetched and opened {found['opening'] / 1000:.2f} s, ready to play {found['player']:.0f} ms later{between}")
    print(f"{len(gaps)} frames: p99 {p99:.0f} ms, longest {worst:.0f} ms apart")
    print(f"memory {before:.0f} MB, at most {most:.0f}, after close {closed:.0f}, after lock {locked:.0f}", end="")
    print(f", on the next page {loaded:.0f}")


def pages(browser: Browser) -> list[int]:
    """Which processes run pages, and their workers; later ones are the browser's own reserve."""
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    return [each["id"] for each in processes if each["type"] == "renderer"]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=int, nargs="+", default=[1, 5, 60])
    options = parser.parse_args()
    arguments = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
    with (
        tempfile.TemporaryDirectory() as name,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=arguments) as browser,
        message_page(browser, Path(name)) as (page, server),
    ):
        memory = Memory(pages(browser))
        threading.Thread(target=memory.watch, daemon=True).start()
        for minutes in options.minutes:
            measured(minutes, page, server, memory)
        memory.stopping.set()


if __name__ == "__main__":
    main()
