"""`serve`: answers calls."""

import socket

import click
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from phonetree import log, settings
from phonetree.commands.demo import KEY, PASSPHRASE, Demo, furnish, leave_demo
from phonetree.errors import PhonetreeError
from phonetree.settings import Settings
from phonetree.web import create_app

THREADS = 4
"""Calls that one worker answers at the same moment; a turn takes less than a millisecond."""

STOP_SECONDS = 10
"""A worker that does not end by then is ended: far longer than any turn takes."""

_NO_LINES_OF_ITS_OWN = {
    "handlers": {},
    "loggers": {name: {"handlers": [], "propagate": True} for name in ("_granian", "granian.access")},
}

_WELCOME = """
The demo helpline answers at {url}. Nothing leaves this machine; every number is made up.

  Call it, in a second terminal:     scripts/call
  Edit config/routing.yaml or config/hours.yaml: callers hear it within seconds.
  See what is wrong with an edit:    {url}/readyz
  Messages that you leave:           scripts/phonetree voicemail --demo list
                                     (to hear one: --key {key}, passphrase "{passphrase}")
  Stop:                              Ctrl-C
"""


@click.command()
@click.option("--demo", is_flag=True, help="No account, no settings: secrets made up for this run, fictional numbers.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
def serve(*, demo: bool, host: str, port: int, workers: int) -> None:
    """Answer calls, until stopped.

    Example: python -m phonetree serve --demo
    """
    _refuse_a_port_in_use(host, port)
    url = f"http://{host}:{port}"
    made_up = _made_up(host, url) if demo else None
    provider = furnish(made_up.account_sid, made_up.auth_token) if made_up else ""
    if provider:
        settings.use_provider(provider)
    application = create_app(watching=False)  # refuses to start, with every problem, before anything listens
    if made_up:
        site = application.extensions["phonetree"].sites.current
        number, zone = site.helpline.number, str(site.schedule.zone)
        leave_demo(Demo(url, made_up.account_sid, made_up.auth_token, number, zone, provider))
        click.echo(_WELCOME.format(url=url, key=KEY, passphrase=PASSPHRASE))
    log.take_in_libraries()
    Granian(
        "phonetree.web:create_app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        factory=True,
        workers_kill_timeout=STOP_SECONDS,
        log_level=LogLevels.warning,
        log_dictconfig=_NO_LINES_OF_ITS_OWN,
        log_access=False,  # an access log is a call log
    ).serve()


def _refuse_a_port_in_use(host: str, port: int) -> None:
    """Said before anything is written: a second demo would take the token of the first one."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            hint = "another server runs there; stop it, or choose another port with --port"
            raise PhonetreeError(f"{host}:{port} cannot be listened at ({error.strerror}): {hint}") from None


def _made_up(host: str, url: str) -> Settings:
    """The settings of a demo, which this process and its children have from here on."""
    if host not in ("127.0.0.1", "localhost", "::1"):
        raise click.BadParameter("a demo listens on this machine only; leave out --host", param_hint="--host")
    return settings.become_demo(url, None)
