"""`serve`: answers calls."""

import socket
from functools import partial

import click
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from phonetree import log, settings
from phonetree.commands.serve import DEFAULT_PORT
from phonetree.commands.work.demo import HOSTS, PASSPHRASE, Demo, key, leave_demo
from phonetree.commands.work.demo_setup import prepare_demo
from phonetree.commands.work.limits import allow_files, forbid_core_dumps
from phonetree.errors import PhonetreeError
from phonetree.runtime.services import services
from phonetree.settings import Settings
from phonetree.web import clock
from phonetree.web.limits import HEADER_SECONDS, MOST_CONNECTIONS, MOST_HEADER_BYTES
from phonetree.web.server import load

STOP_SECONDS = 10
"""A worker that has not ended by then is killed: far longer than any turn takes."""

_NO_LINES_OF_ITS_OWN = {
    "handlers": {},
    "loggers": {name: {"handlers": [], "propagate": True} for name in ("_granian", "granian.access")},
}

_WELCOME = """
The demo helpline answers at {url}. Nothing leaves this machine; every number is fictional.

  Call it, in a second terminal:     scripts/call{at}
  Edit config/routing.yaml or config/hours.yaml: callers hear it within seconds.
  See what is wrong with an edit:    {url}/readyz
  Messages that you leave:           scripts/phonetree voicemail --demo --port {port} list
                                     (to hear one: --key {key}, passphrase "{passphrase}")
  Stop:                              Ctrl-C
"""


def serve(*, demo: bool, host: str, port: int, workers: int) -> None:
    """Runs `serve`."""
    url = f"http://{host}:{port}"
    configured = _made_up(host, url) if demo else settings.read()
    _refuse_a_port_in_use(host, port)
    provider = prepare_demo(port, configured.account_sid, configured.auth_token) if demo else ""
    if provider:
        settings.use_provider(provider)
    site = services(configured, clock).sites.current  # fails with every problem before anything listens
    if demo:
        (number, dialled), zone = site.helpline.way_in, str(site.schedule.zone)
        leave_demo(Demo(url, configured.account_sid, configured.auth_token, number, zone, provider, dialled))
        at = "" if port == DEFAULT_PORT else f" --url {url}"
        click.echo(_WELCOME.format(url=url, at=at, port=port, key=key(port), passphrase=PASSPHRASE))
    log.take_in_libraries()
    allow_files(MOST_CONNECTIONS * 2)
    forbid_core_dumps()
    Granian(
        "phonetree.web.server",
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        workers=workers,
        http=HTTPModes.http1,  # with both, an idle connection would never time out
        websockets=False,
        backlog=MOST_CONNECTIONS,
        backpressure=MOST_CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=int(HEADER_SECONDS * 1000), max_buffer_size=MOST_HEADER_BYTES),
        workers_kill_timeout=STOP_SECONDS,
        respawn_failed_workers=True,  # a killed one does not take the others down
        log_level=LogLevels.warning,
        log_dictconfig=_NO_LINES_OF_ITS_OWN,
        log_access=False,  # an access log is a call log
    ).serve(target_loader=partial(load, _reached_at(host, port)), wrap_loader=False)


def _reached_at(host: str, port: int) -> str:
    """The local address of a server that listens at a host, or at every address."""
    there = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 -- only if requested
    return f"[{there}]:{port}" if ":" in there else f"{there}:{port}"


def _refuse_a_port_in_use(host: str, port: int) -> None:
    """Checked before anything is written: a second demo would overwrite the token of the first one."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            hint = "another server is running there; stop it, or choose another port with --port"
            raise PhonetreeError(f"{host}:{port} cannot be used ({error.strerror}): {hint}") from None


def _made_up(host: str, url: str) -> Settings:
    """The settings of a demo, for this process and its children from here on."""
    if host not in HOSTS:
        raise click.BadParameter("a demo listens only on this machine; leave out --host", param_hint="--host")
    return settings.become_demo(url, None)
