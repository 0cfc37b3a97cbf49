"""The process beside a demo: it prepares the demo, while the server is being imported, and is its provider."""

import multiprocessing
import signal
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection

_PARTNERS: list[Connection] = []


def begin_demo(port: int, account: str, token: str) -> Callable[[], str]:
    """Starts the process, which lives as long as this one. Call what is returned when the demo has to be ready: it
    returns the provider's address, or raises PhonetreeError when the demo cannot be prepared."""
    spawn = multiprocessing.get_context("spawn")  # a fork would copy other threads in mid-operation
    ours, theirs = spawn.Pipe()
    spawn.Process(target=_apart, args=(theirs, port, account, token), name="provider", daemon=True).start()
    theirs.close()
    _PARTNERS.append(ours)  # closing it tells the other process that this one is gone

    def ready() -> str:
        answer = ours.recv()
        if isinstance(answer, Exception):
            raise answer
        return str(answer)

    return ready


def _apart(partner: Connection, port: int, account: str, token: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the other one
    try:
        from phonetree.commands.work.demo_setup import prepare_demo  # here, so that only this process imports it

        partner.send(prepare_demo(port, account, token))
    except Exception as error:  # noqa: BLE001 -- it is raised in the other one
        partner.send(error)
        return
    with suppress(EOFError, OSError):
        partner.recv()
