"""`call`: a simulated call, typed or scripted, in process or against a running server."""

from dataclasses import dataclass
from pathlib import Path

import click
import pytz

from phonetree import settings
from phonetree.commands.demo import Demo, read_demo
from phonetree.commands.options import at_option, config_option, moment
from phonetree.config.numbers import NumberRules
from phonetree.config.site import load
from phonetree.core.tree import Site
from phonetree.errors import PhonetreeError
from phonetree.settings import Settings
from phonetree.simulator.caller import Caller, Script
from phonetree.simulator.golden import Golden
from phonetree.simulator.keyboard import Keyboard
from phonetree.simulator.network import Clock, Network, NumberSettings
from phonetree.simulator.phone import Call
from phonetree.simulator.transcript import unheard
from phonetree.simulator.transport import InProcess, OverHttp, Transport, Unreachable
from phonetree.simulator.world import parse_world
from phonetree.web import create_app

CONNECT_SECONDS = 5.0
"""How long a server may take to say that it is there."""

IN_PROCESS_URL = "http://127.0.0.1"


@click.command()
@at_option
@click.option(
    "--keys", metavar="K,...", help='What the caller does: "1", "wait", "20s", "hangup"... Without it: typed.'
)
@click.option("--world", default="", metavar="W", help='Who answers: "+16175550101=busy; *=no-answer".')
@click.option("--save", type=click.Path(path_type=Path, dir_okay=False), help="Write the call as a golden call.")
@click.option("--url", help="Call a running server there, instead of one in this process.")
@config_option
def call(at: str | None, keys: str | None, world: str, save: Path | None, url: str | None, config: Path) -> None:
    """Call the helpline without a phone, and see what is heard, when, and who is rung.

    The caller's steps: a key (pressed when it has been offered), 1! (at once), wait, 20s (speak), 20s#,
    20sx, hangup, hangup@75. The world's words: accepts, answers, declines, machine, wrong-key, wrong-keys,
    busy, no-answer, fails; each with "after SECONDS" and "talks SECONDS".

    Example: python -m phonetree call --at "2026-11-27 10:00" --keys 1 --world "*=no-answer"
    """
    if url and at:
        raise PhonetreeError("--at works in process only: a running server has its own clock; leave out --url or --at")
    clock, line = _over_http(url.rstrip("/"), config) if url else _in_process(at, config)
    keyboard = Keyboard(click.echo, lambda text: click.prompt(text, default="", show_default=False))
    caller: Caller = Script(keys) if keys is not None else keyboard
    listener = keyboard.listen if keys is None else unheard
    made = Call(line.network(), clock, caller, parse_world(world), listener=listener).run()
    if keys is not None:
        click.echo(str(made.transcript), nl=False)
    if save:
        _save(save, clock, keys if keys is not None else ",".join(keyboard.typed), world, str(made.transcript))


@dataclass(frozen=True, slots=True)
class _Line:
    transport: Transport
    token: str
    url: str
    number: str

    def network(self) -> Network:
        addresses = NumberSettings(
            self.number, f"{self.url}/voice", f"{self.url}/voice/fallback", f"{self.url}/voice/status"
        )
        return Network(self.transport, self.token, addresses)


def _in_process(at: str | None, config: Path) -> tuple[Clock, _Line]:
    demo = Settings("AC0", "in-process", IN_PROCESS_URL, config, settings.names(), demo=True)
    site = _site(config)
    clock = Clock(moment(at, site.schedule.zone))
    application = create_app(demo, now=clock.now, watching=False)
    return clock, _Line(InProcess(application), demo.auth_token, demo.public_url, site.helpline.number)


def _site(config: Path) -> Site:
    return load(config, NumberRules(settings.names(), fictional=True, stand_in=True)).site


def _over_http(url: str, config: Path) -> tuple[Clock, _Line]:
    """A running demo is called whatever the files are like now: that is how one hears that an edit was refused."""
    demo, token = read_demo(url), settings.auth_token()
    if demo is None and token is None:
        raise PhonetreeError(
            f"no demo runs at {url} from this folder; start it with scripts/serve, "
            "or set TWILIO_AUTH_TOKEN to that server's token"
        )
    transport = OverHttp()
    try:
        transport.post(f"{url}/healthz", {}, {}, CONNECT_SECONDS)
    except Unreachable:
        raise PhonetreeError(
            f"nothing answers at {url}; start the demo with scripts/serve first, or leave out --url to call in process"
        ) from None
    if demo is None:
        site = _site(config)
        demo = Demo(url, token or "", site.helpline.number, str(site.schedule.zone))
    return Clock(moment(None, pytz.timezone(demo.timezone))), _Line(transport, demo.token, url, demo.number)


def _save(path: Path, clock: Clock, keys: str, world: str, transcript: str) -> None:
    headers = {"at": f"{clock.start:%Y-%m-%d %H:%M}", "keys": keys, "world": world}
    title = f"A call that pressed {keys or 'nothing'}."
    path.write_text(str(Golden(title, headers, transcript)), encoding="utf-8")
    click.echo(f"Saved as {path}; write in its first line what it shows.")
