"""The files of a running demo for commands on the same machine, in one folder per port."""

import json
import socket
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from phonetree import settings
from phonetree.errors import PhonetreeError

HOSTS = ("127.0.0.1", "localhost")
"""Where a demo may listen; both names are the same machine."""

FILE = "demo.json"
PASSPHRASE = "only for the demo"  # noqa: S105 -- it says so

CONNECT_SECONDS = 1.0
"""How long a demo on this machine may take to accept a connection."""


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo: its address, the random account and token of this run, the helpline's number at its provider, its time
    zone, the address of that provider, the number that callers dial if it is different, the staff console, the random
    SECRET_KEY of this run, and the folder whose files it follows."""

    url: str
    account: str
    token: str
    number: str
    timezone: str
    provider: str
    forwarded_from: str | None = None
    console: str | None = None
    secret: str = ""
    folder: str = ""

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    def runs(self) -> bool:
        """Whether something answers at its address now."""
        return answers_at(HOSTS[0], self.port)


def answers_at(host: str, port: int) -> bool:
    """Whether something listens there."""
    try:
        socket.create_connection((host, port), CONNECT_SECONDS).close()
    except OSError:
        return False
    return True


def key(port: int) -> Path:
    """The file of the demo's private key."""
    return settings.demo_folder(port) / "advocates.key.json"


def leave_demo(demo: Demo) -> None:
    """Writes the file, readable by this user only."""
    file = settings.demo_folder(demo.port) / FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(json.dumps(asdict(demo)), encoding="utf-8")


def demo_at(url: str) -> Demo | None:
    """The demo at an address, if it was started from this folder."""
    parts = urlsplit(url)
    is_local = parts.hostname in HOSTS
    return next((demo for demo in _left() if is_local and demo.port == parts.port), None)


def chosen_demo(port: int | None) -> Demo:
    """The demo at a port; without a port the running demo, otherwise the one started last.

    Raises PhonetreeError when there is none, or when several run.
    """
    left = [demo for demo in _left() if port in (None, demo.port)]
    if not left:
        where = f" at port {port}" if port else ""
        raise PhonetreeError(f"no demo was started from this folder{where}; start it with scripts/serve")
    running = [] if port else [demo for demo in left if demo.runs()]
    if len(running) > 1:
        ports = ", ".join(str(number) for number in sorted(demo.port for demo in running))
        raise PhonetreeError(f"several demos are running, at ports {ports}; choose one with --port")
    return (running or left)[0]


def running_demos() -> tuple[str, ...]:
    """The addresses of the running demos that were started from this folder."""
    return tuple(demo.url for demo in _left() if demo.runs())


def _left() -> Iterator[Demo]:
    """The demos' files here, the last started first."""
    for file in sorted(settings.DEMO_FOLDER.glob(f"*/{FILE}"), key=_age, reverse=True):
        try:
            yield Demo(**json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            continue


def _age(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0
