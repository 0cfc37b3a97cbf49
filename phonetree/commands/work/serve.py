"""`serve`: answers calls."""

from contextlib import suppress
from pathlib import Path

import click

from phonetree import log, settings
from phonetree.commands.serve import DEFAULT_PORT
from phonetree.commands.work.demo import HOSTS, PASSPHRASE, Demo, key, leave_demo
from phonetree.commands.work.demo_apart import begin_demo
from phonetree.commands.work.demo_console import ConsoleProcess, free_port_beyond, sign_ins
from phonetree.commands.work.ports import refuse_a_port_in_use
from phonetree.commands.work.reading import other_helpline
from phonetree.core.tree import Site
from phonetree.errors import ConfigError
from phonetree.settings import Settings

_WELCOME = """
The demo helpline answers at {url}. Nothing leaves this machine; every number is fictional.

  Call it, in a second terminal:     scripts/call{at}
  Edit {config}/routing.yaml or {config}/hours.yaml: callers hear it within seconds.
  See what is wrong with an edit:    {url}/readyz
  Open the staff console:            {console}/staff/   (a few seconds from now)
                                     sign in as {staff}
                                     with the password "{passphrase}"
  Messages that you leave:           scripts/phonetree voicemail --demo --port {port} list
                                     (to hear one: --key {key}, passphrase "{passphrase}")
  Stop:                              Ctrl-C
"""


def serve(*, demo: bool, host: str, port: int, workers: int) -> None:
    """Runs `serve`."""
    url = f"http://{host}:{port}"
    configured = _made_up(host, url) if demo else settings.read()
    refuse_a_port_in_use(host, port)
    ready = begin_demo(port, configured.account_sid, configured.auth_token) if demo else None
    from phonetree.commands.work.server import run, started  # while the other process prepares the demo

    provider = ready() if ready else ""
    if provider:
        settings.use_provider(provider)
    start = started(configured)  # fails with every problem before anything listens
    site = start.site
    if not demo:
        if configured.source == settings.STORE:
            _tell_if_another_helpline(site, configured.config)
        run(host, port, workers, start)
        return
    console_port = free_port_beyond(host, port)
    console = f"http://{host}:{console_port}"
    (number, dialled), zone = site.helpline.way_in, str(site.schedule.zone)
    account, token, secret = configured.account_sid, configured.auth_token, configured.secrets[0]
    folder = str(configured.config.resolve())
    leave_demo(Demo(url, account, token, number, zone, provider, dialled, console, secret, folder))
    at = "" if port == DEFAULT_PORT else f" --url {url}"
    words = {
        "config": configured.config,
        "console": console,
        "staff": sign_ins(),
        "key": key(port),
        "passphrase": PASSPHRASE,
    }
    click.echo(_WELCOME.format(url=url, at=at, port=port, **words))
    beside = ConsoleProcess(host, console_port, port)
    try:
        run(host, port, workers, start)
    finally:
        beside.stop()


def _tell_if_another_helpline(site: Site, folder: Path) -> None:
    """Logs that callers hear a revision of the store which is of another helpline than the folder."""
    with suppress(ConfigError):  # `doctor` says it
        if told := other_helpline(site, folder):
            log.warning("helpline", problem="; ".join(told))


def _made_up(host: str, url: str) -> Settings:
    """The settings of a demo, for this process and its children from here on."""
    if host not in HOSTS:
        raise click.BadParameter("a demo listens only on this machine; leave out --host", param_hint="--host")
    return settings.become_demo(url, None)
