"""`call`: a simulated call, typed or scripted, in process or against a running server."""

from difflib import unified_diff
from functools import partial
from pathlib import Path
from textwrap import dedent
from urllib.parse import urlsplit

import click
import pytz

from phonetree import settings
from phonetree.commands.files import read_text, refuse_unwritable, write_text
from phonetree.commands.work.demo import Demo, demo_at, running_demos
from phonetree.commands.work.demo_setup import keep
from phonetree.commands.work.line import Line, in_process, play, site_of
from phonetree.commands.work.reading import moment, tell_if_not_heard
from phonetree.errors import PhonetreeError
from phonetree.simulator.caller import Caller, Script
from phonetree.simulator.golden import Golden, parse_golden
from phonetree.simulator.keyboard import Keyboard
from phonetree.simulator.network import Clock
from phonetree.simulator.phone import Call
from phonetree.simulator.transcript import unheard
from phonetree.simulator.transport import OverHttp, Unreachable
from phonetree.simulator.world import parse_world

CONNECT_SECONDS = 5.0
"""How long a server may take to accept a connection."""


def call(
    at: str | None,
    keys: str | None,
    world: str,
    save: Path | None,
    url: str | None,
    golden: Path | None,
    config: Path,
) -> int:
    """Runs `call`."""
    if not url:
        tell_if_not_heard(config)
    if golden:
        if at or keys or world or url:
            raise PhonetreeError("--golden has its own --at, --keys and --world; leave out those and --url")
        return _replay(parse_golden(dedent(read_text(golden))), config)
    if url and at:
        raise PhonetreeError("--at works only in process: a running server has its own clock; leave out --url or --at")
    if save:
        refuse_unwritable(save)
    clock, line = _over_http(url.rstrip("/"), config) if url else in_process(at, config)
    keyboard = Keyboard(click.echo, lambda text: click.prompt(text, default="", show_default=False))
    caller: Caller = Script(keys) if keys is not None else keyboard
    listener = keyboard.listen if keys is None else unheard
    made = Call(line.network(), clock, caller, parse_world(world), listener=listener, keep=line.keep).run()
    if keys is not None:
        click.echo(str(made.transcript), nl=False)
    if save:
        _save(save, clock, keys if keys is not None else ",".join(keyboard.typed), world, str(made.transcript))
    return 0


def _replay(written: Golden, config: Path) -> int:
    heard = play(written, config)
    click.echo(str(heard), nl=False)
    if written.transcript.strip() and written.transcript.strip() != str(heard).strip():
        lines = unified_diff(written.transcript.strip().splitlines(), str(heard).strip().splitlines(), lineterm="", n=1)
        click.echo("\nThis differs from the file:\n" + "\n".join(list(lines)[2:]))
        return 1
    return 0


def _over_http(url: str, config: Path) -> tuple[Clock, Line]:
    """A running demo is called whatever state the files are in, so that one hears that an edit was refused."""
    demo, token = _demo_at(url), settings.auth_token()
    if demo is None and token is None:
        others = "".join(f"; one runs at {other}" for other in running_demos())
        raise PhonetreeError(
            f"no demo runs at {url} from this folder{others}; start it with scripts/serve "
            'and wait until it says "answers at", or set TWILIO_AUTH_TOKEN to that server\'s token'
        )
    public = None if demo else settings.public_url()
    url = demo.url if demo else url
    transport = OverHttp(at=url if public else "")
    try:
        transport.post(f"{url}/healthz", {}, {}, CONNECT_SECONDS)
    except Unreachable:
        raise PhonetreeError(
            f'nothing answers at {url}; start the demo with scripts/serve first, and wait until it says "answers at"; '
            "or leave out --url to call in process"
        ) from None
    if demo is None:
        site = site_of(config)
        return Clock(moment(None, site.schedule.zone)), Line(
            transport, token or "", public or url, *site.helpline.way_in, shared=True
        )
    keep_there = partial(keep, demo)
    line = Line(transport, demo.token, url, demo.number, demo.forwarded_from, keep_there, shared=True)
    return Clock(moment(None, pytz.timezone(demo.timezone))), line


def _demo_at(url: str) -> Demo | None:
    try:
        if urlsplit(url).scheme in ("http", "https"):
            return demo_at(url)
    except ValueError:
        pass
    raise PhonetreeError(f"--url is '{url}', which is not an address; write it like http://127.0.0.1:8080")


def _save(path: Path, clock: Clock, keys: str, world: str, transcript: str) -> None:
    headers = {"at": f"{clock.start:%Y-%m-%d %H:%M}", "keys": keys, "world": world}
    title = f"A call that pressed {keys or 'nothing'}."
    write_text(path, str(Golden(title, headers, transcript)))
    click.echo(f"Saved as {path}; describe on its first line what it shows.")
