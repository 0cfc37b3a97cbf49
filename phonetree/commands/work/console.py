"""`console`: the staff console."""

import os
from functools import partial

from flask import Flask
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from phonetree import log, settings
from phonetree.commands.work.limits import (
    NO_LINES_OF_ITS_OWN,
    STOP_SECONDS,
    allow_files,
    forbid_core_dumps,
)
from phonetree.commands.work.ports import refuse_a_port_in_use
from phonetree.commands.work.workers import serve
from phonetree.console.edge import Edge
from phonetree.console.serving import load

NICE = 5
"""The console waits for the servers that answer calls on the same machine, not they for it."""

CONNECTIONS = 2048
"""Connections that may be open; more wait in the system's queue. A proxy has its own limits for each client."""

HEADER_SECONDS = 5


def console(*, host: str, port: int) -> None:
    """Runs `console`."""
    configured = settings.read_console()  # fails with every problem before anything listens
    refuse_a_port_in_use(host, port)
    run(load(configured), host, port)


def run(application: Flask, host: str, port: int) -> None:
    """Serves the console, until stopped. The worker is a fork of this process, with the application already made: it
    stops at once when it is told to."""
    log.take_in_libraries()
    allow_files(CONNECTIONS * 2)
    forbid_core_dumps()
    os.nice(NICE)
    server = Granian(
        "phonetree.console.serving",
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        workers=1,  # it counts failed sign-ins in its memory
        http=HTTPModes.http1,
        websockets=False,
        backlog=CONNECTIONS,
        backpressure=CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000),
        workers_kill_timeout=STOP_SECONDS,
        respawn_failed_workers=True,
        log_level=LogLevels.error,  # it warns of more threads than cores, which here mostly wait
        log_dictconfig=NO_LINES_OF_ITS_OWN,
        log_access=False,  # when staff use the console is nobody's business
    )
    serve(server, partial(Edge, application))
