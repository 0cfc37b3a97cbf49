"""Servers restarted again and again under a steady load of signed turns.

Each turn is asked for as the network asks: again, twice at most, when the connection fails or the answer is an error
(the addresses carry rc=2 and rp=all). A turn that none of the three attempts answers is unanswered.
"""

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from shutil import copytree
from threading import Event, Lock, Thread

import requests

from phonetree.simulator.transport import sign
from tests.support.lines import VPR
from tests.support.programs import TOKEN, environ, free_port, proxied, start, stop

ATTEMPTS = 3
READ_SECONDS = 4
BETWEEN_SECONDS = 0.5
CALLERS = 4
WAYS = ("reload", "nginx", "caddy")
"""SIGHUP to a server on its own; two servers behind nginx by turns, and one behind Caddy, ended and started anew."""


def restarted(way: str, times: int, folder: Path, pause: float = 0.0) -> Counter[str]:
    """What became of the turns that were asked for meanwhile, and how often a server was restarted. A caller waits for
    `pause` seconds between turns."""
    copytree(VPR, folder / "config")
    found = Counter[str](unanswered=0)
    with ExitStack() as stack:
        ports = tuple(free_port() for _ in range(2 if way == "nginx" else 1))
        front = free_port()
        url = f"http://127.0.0.1:{ports[0]}" if way == "reload" else f"https://localhost:{front}"
        settings = environ(url)
        servers = [start(folder, port, settings) for port in ports]
        stack.callback(lambda: [stop(server) for server in servers])
        trusted = None if way == "reload" else stack.enter_context(proxied(way, folder, front, ports))
        with _load(url, trusted, found, pause):
            for number in range(times):
                which = number % len(servers)
                if way == "reload":
                    servers[0].send_signal(signal.SIGHUP)
                    time.sleep(1.5)
                else:
                    assert stop(servers[which]) == 0
                    servers[which] = start(folder, ports[which], settings)
                    time.sleep(BETWEEN_SECONDS)
        found["restarts"] = times
    return found


@contextmanager
def _load(url: str, trusted: Path | None, found: Counter[str], pause: float) -> Iterator[None]:
    over, lock = Event(), Lock()
    callers = [Thread(target=_ask, args=(url, trusted, over, found, lock, pause)) for _ in range(CALLERS)]
    for caller in callers:
        caller.start()
    try:
        yield
    finally:
        over.set()
        for caller in callers:
            caller.join()


def _ask(url: str, trusted: Path | None, over: Event, found: Counter[str], lock: Lock, pause: float) -> None:
    fields = {"CallSid": "CA" + "0" * 32, "From": "+16175550123", "CallStatus": "ringing"}
    headers = {"X-Twilio-Signature": sign(TOKEN, f"{url}/voice", fields)}
    session, verify = requests.Session(), str(trusted) if trusted else True
    ask = partial(session.post, f"{url}/voice", data=fields, headers=headers, timeout=READ_SECONDS, verify=verify)
    while not over.is_set():
        what = _asked(ask)
        with lock:
            found[what] += 1
        time.sleep(pause)


def _asked(ask: Callable[[], requests.Response]) -> str:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            if ask().status_code == 200:
                return f"answered at attempt {attempt}"
        except requests.RequestException:
            continue
    return "unanswered"
