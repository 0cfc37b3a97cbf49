"""What a running demo leaves for `call` on the same machine, so that it can sign like the provider."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import requests

from phonetree import settings
from phonetree.mailbox import keyring
from phonetree.simulator.provider import serve_apart
from phonetree.store.database import Store
from phonetree.store.migrate import migrate

FOLDER = Path("var/demo")
FILE = FOLDER / "demo.json"
KEY = FOLDER / "advocates.key.json"
PASSPHRASE = "only for the demo"  # noqa: S105 -- it says so


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo: its address, the account and token made up for this run, the helpline's number at its
    provider, its zone, the address of that provider, and the number that callers dial if it is another."""

    url: str
    account: str
    token: str
    number: str
    timezone: str
    provider: str
    forwarded_from: str | None = None


def leave_demo(demo: Demo) -> None:
    """Writes the file, readable by this user only."""
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.unlink(missing_ok=True)
    FILE.touch(mode=0o600)
    FILE.write_text(json.dumps(asdict(demo)), encoding="utf-8")


def furnish(account: str, token: str) -> str:
    """What a demo has besides its files: a database, a key whose passphrase everybody knows, and a provider that
    holds its messages while it runs; that one's address."""
    if not KEY.exists():
        pair = keyring.create("advocates", PASSPHRASE)
        public = Path(settings.DEMO_KEYS) / "advocates.pem"
        public.parent.mkdir(parents=True, exist_ok=True)
        public.write_bytes(pair.public)
        KEY.write_text(pair.private, encoding="utf-8")
    store = Store(settings.DEMO_DATABASE_URL)
    migrate(store)
    store.close()
    return serve_apart(account, token)


def keep(demo: Demo, call: str, seconds: int) -> None:
    """Leaves a message of so many seconds with the demo's provider, as the network would."""
    message: dict[str, str | int] = {"call": call, "seconds": seconds, "to": demo.number}
    where = f"{demo.provider}/simulated/messages"
    requests.post(where, json=message, auth=(demo.account, demo.token), timeout=30).raise_for_status()


def read_demo(url: str) -> Demo | None:
    """The demo that was last started from this folder, if that is its address."""
    try:
        demo = Demo(**json.loads(FILE.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return demo if demo.url == url else None
