"""The staff console beside a demo: a process that begins once the demo answers, and ends with it."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING

from phonetree import settings
from phonetree.commands.work.demo import PASSPHRASE, answers_at
from phonetree.commands.work.ports import why_not
from phonetree.errors import PhonetreeError
from phonetree.store.roles import Role

if TYPE_CHECKING:
    from flask import Flask

BEYOND = 100
"""The console of a demo is at a port so much higher, or the next free one."""

MOST_TRIED = 100
LARGEST_PORT = 65535
STOP_SECONDS = 5.0
LOOK_SECONDS = 0.2


def free_port_beyond(host: str, port: int) -> int:
    """The port for the console of a demo at a port. Raises PhonetreeError."""
    first = port + BEYOND if port + BEYOND + MOST_TRIED <= LARGEST_PORT else port - BEYOND - MOST_TRIED
    for each in range(first, first + MOST_TRIED):
        if why_not(host, each) is None:
            return each
    raise PhonetreeError(f"no port from {first} to {first + MOST_TRIED - 1} is free for the staff console")


class ConsoleProcess:
    """The process. It ends when its input is closed, so also when this one is killed."""

    def __init__(self, host: str, port: int, demo_port: int) -> None:
        command = [sys.executable, "-m", __name__, host, str(port), str(demo_port)]
        environment = os.environ | {"PHONETREE_PUBLIC_URL": f"http://{host}:{port}"}
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment)  # noqa: S603

    def stop(self) -> None:
        """Ends it."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()


def sign_ins() -> str:
    """Who can sign in, for the welcome."""
    return ", ".join(f'"{name_of(role)}"' for role in Role)


def name_of(role: Role) -> str:
    """The name of the demo's account with a role."""
    return f"demo {role}"


def _main(host: str, port: int, demo_port: int) -> None:
    """Runs the console."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the demo, which then closes our input
    Thread(target=_end_with_the_demo, daemon=True).start()
    while not answers_at(host, demo_port):
        time.sleep(LOOK_SECONDS)
    from phonetree.commands.work.console import run  # here, so that the demo's first answer does not wait for it
    from phonetree.console.serving import load

    app = load(settings.read_console())
    _make_accounts(app)
    run(app, host, port)


def _end_with_the_demo() -> None:
    with suppress(OSError):
        while os.read(0, 1):  # not through sys.stdin, whose lock would be held in the forks of this process too
            pass
    os.kill(os.getpid(), signal.SIGTERM)


def _make_accounts(app: "Flask") -> None:
    """One account for each role, with the demo's passphrase, however they were left by the demo's last run."""
    from phonetree.console import identity
    from phonetree.console.services import of

    accounts, now = of(app).accounts, of(app).seconds()
    with app.app_context():
        password = identity.hashed(PASSPHRASE)
        for role in Role:
            account = accounts.by_name(name_of(role))
            if account and account.password and role in account.roles and identity.same(PASSPHRASE, account.password):
                continue
            if account:
                accounts.set_roles(account.id, {*account.roles, role}, "the demo", now)
                token = accounts.renew_link(account.id, "the demo", now, now + 60, rescue=True)
            else:
                _, token = accounts.add(name_of(role), {role}, "the demo", now, now + 60)
            accounts.accept(token, password, now)


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
