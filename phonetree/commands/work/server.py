"""The server of `serve`: granian, and our application in each of its workers."""

from functools import partial

from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels

from phonetree import log
from phonetree.commands.work.limits import (
    NO_LINES_OF_ITS_OWN,
    STOP_SECONDS,
    allow_files,
    forbid_core_dumps,
)
from phonetree.commands.work.workers import serve
from phonetree.config.site import Loaded
from phonetree.runtime.services import services
from phonetree.settings import Settings
from phonetree.web import clock
from phonetree.web.limits import HEADER_SECONDS, MOST_CONNECTIONS, MOST_HEADER_BYTES
from phonetree.web.server import load


def started(configured: Settings) -> Loaded:
    """What a server with these settings would answer with. Raises SettingsError or ConfigError when it could not
    answer calls."""
    return services(configured, clock).sites.started


def run(host: str, port: int, workers: int, at_start: Loaded) -> None:
    """Answers calls, until stopped. Workers are forks of this process, with all that is imported here, and with what
    it would answer with `at_start`."""
    log.take_in_libraries()
    log.write_apart()  # a worker that ends is logged before another one is started
    allow_files(MOST_CONNECTIONS * 2)
    forbid_core_dumps()
    server = Granian(
        "phonetree.web.server",
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        workers=workers,
        loop=Loops.uvloop,
        http=HTTPModes.http1,  # with both, an idle connection would never time out
        websockets=False,
        backlog=MOST_CONNECTIONS,
        backpressure=MOST_CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=int(HEADER_SECONDS * 1000), max_buffer_size=MOST_HEADER_BYTES),
        workers_kill_timeout=STOP_SECONDS,
        respawn_failed_workers=True,  # a killed one does not take the others down
        log_level=LogLevels.warning,
        log_dictconfig=NO_LINES_OF_ITS_OWN,
        log_access=False,  # an access log is a call log
    )
    serve(server, partial(load, _reached_at(host, port), at_start))


def _reached_at(host: str, port: int) -> str:
    """The local address of a server that listens at a host, or at every address."""
    there = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 -- only if requested
    return f"[{there}]:{port}" if ":" in there else f"{there}:{port}"
