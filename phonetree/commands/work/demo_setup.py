"""What a demo needs besides its files: a database, a key, a provider, and messages there."""

import requests

from phonetree import settings
from phonetree.commands.files import make_folder
from phonetree.commands.work.demo import PASSPHRASE, Demo, key
from phonetree.mailbox import keyring
from phonetree.simulator.provider import TestProvider, serve
from phonetree.simulator.world import Answer, Behaviour, World
from phonetree.store.database import Store
from phonetree.store.phones import Phones

PICKS_UP_SECONDS = 2
"""When a phone is picked up that the staff console calls, and 1 is pressed."""


def prepare_demo(port: int, account: str, token: str) -> str:
    """Creates what a demo needs besides its files: a database, a key with a public passphrase, and a provider that
    holds its messages while it runs; returns the provider's address."""
    make_folder(settings.demo_keys(port))
    if not key(port).exists():
        pair = keyring.create("advocates", PASSPHRASE)
        (settings.demo_keys(port) / "advocates.pem").write_bytes(pair.public)
        key(port).write_text(pair.private, encoding="utf-8")
    store = Store(settings.demo_database(port))
    if store.problem():
        from phonetree.store.migrate import migrate  # slower to import than all the rest is to do

        migrate(store)
    Phones(store, ()).forget_all()  # nobody has the SECRET_KEY of an earlier run
    store.close()
    picks_up = Behaviour(Answer.ACCEPTS, after=PICKS_UP_SECONDS)
    return serve(TestProvider(account, token, world=World(others=picks_up)))


def keep(demo: Demo, call: str, seconds: int) -> None:
    """Leaves a message of so many seconds at the demo's provider, as the network would."""
    message: dict[str, str | int] = {"call": call, "seconds": seconds, "to": demo.number}
    where = f"{demo.provider}/simulated/messages"
    requests.post(where, json=message, auth=(demo.account, demo.token), timeout=30).raise_for_status()
