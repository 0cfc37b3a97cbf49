"""Workers replaced (SIGHUP) again and again under a steady load of signed turns.

    .venv/bin/python -m bench.restarts [--times 200] [--seconds 1.5]

Each turn is asked for as the network asks: again, twice at most, when the connection fails or the answer is an error
(the addresses carry rc=2 and rp=all). A turn that none of the three attempts answers is unanswered.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from shutil import copytree
from threading import Event, Thread

import requests

from phonetree.simulator.transport import sign

ROOT = Path(__file__).parents[1]
TOKEN = "bench"
ATTEMPTS = 3
CALLERS = 4


def ask(url: str, stop: Event, found: Counter[str]) -> None:
    """Asks for turns until it is told to stop."""
    fields = {"CallSid": "CA" + "0" * 32, "From": "+16175550123", "CallStatus": "ringing"}
    headers = {"X-Twilio-Signature": sign(TOKEN, f"{url}/voice", fields)}
    while not stop.is_set():
        for attempt in range(1, ATTEMPTS + 1):
            try:
                if requests.post(f"{url}/voice", data=fields, headers=headers, timeout=4).status_code == 200:
                    found[f"at attempt {attempt}"] += 1
                    break
            except requests.RequestException:
                found["connections that failed"] += 1
        else:
            found["unanswered"] += 1


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=1.5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        url = f"http://127.0.0.1:{port}"
        copytree(ROOT / "config", Path(name) / "config")
        environ = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "TWILIO_ACCOUNT_SID": "AC0",
            "TWILIO_AUTH_TOKEN": TOKEN,
            "PHONETREE_PUBLIC_URL": url,
            "PHONETREE_DEMO": "1",
            "PHONETREE_BACKGROUND": "off",
            "ADVOCATE_1": "+16175550101",
            "ADVOCATE_2": "+16175550102",
        }
        command = [sys.executable, "-m", "phonetree", "serve", "--port", str(port)]
        server = subprocess.Popen(command, cwd=name, env=environ)  # noqa: S603
        time.sleep(5)
        stop, found = Event(), Counter[str]()
        callers = [Thread(target=ask, args=(url, stop, found)) for _ in range(CALLERS)]
        for caller in callers:
            caller.start()
        for _ in range(arguments.times):
            server.send_signal(signal.SIGHUP)
            time.sleep(arguments.seconds)
        stop.set()
        for caller in callers:
            caller.join()
        server.terminate()
        server.wait(30)
    print(f"{arguments.times} times: {', '.join(f'{number:,} {what}' for what, number in sorted(found.items()))}")
    sys.exit(1 if found["unanswered"] else 0)


if __name__ == "__main__":
    main()
