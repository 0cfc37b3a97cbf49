"""Lines for simulated calls: a whole server in this process."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from phonetree import settings
from phonetree.commands.work.reading import load_for_reading, moment
from phonetree.config.numbers import NumberRules
from phonetree.config.site import load
from phonetree.core.tree import Site
from phonetree.settings import Settings
from phonetree.simulator.caller import Script
from phonetree.simulator.golden import Golden
from phonetree.simulator.network import Clock, Network, NumberSettings
from phonetree.simulator.phone import Call
from phonetree.simulator.transcript import Transcript
from phonetree.simulator.transport import InProcess, Transport
from phonetree.simulator.world import parse_world
from phonetree.web import create_app

IN_PROCESS_URL = "http://127.0.0.1"


@dataclass(frozen=True, slots=True)
class Line:
    """The connection to a server, in this process or elsewhere. `number` is the one at the provider; `forwarded_from`
    the one that callers dial, if different. A `shared` server has calls of other processes too."""

    transport: Transport
    token: str
    url: str
    number: str
    forwarded_from: str | None = None
    keep: Callable[[str, int], None] | None = None
    shared: bool = False

    def network(self, *, verified: bool = True) -> Network:
        """The phone network with this line's number; `verified` says whether it may show the one that callers dial."""
        addresses = NumberSettings(
            self.number,
            f"{self.url}/voice",
            f"{self.url}/voice/fallback",
            f"{self.url}/voice/status",
            self.forwarded_from,
            verified,
        )
        return Network(self.transport, self.token, addresses, unique_ids=self.shared)


def in_process(at: str | None, config: Path, option: str | None = "--at") -> tuple[Clock, Line]:
    """A server in this process, with a clock fixed at `at` (None: now), which an option says, or a file (None).

    Raises ConfigError for files that `check` and a real server refuse, unless this is a demo, which allows fictional
    numbers.
    """
    if not settings.is_demo():
        load_for_reading(config)
    demo = Settings("AC0", "in-process", IN_PROCESS_URL, config, settings.names(), demo=True)
    site = site_of(config)
    clock = Clock(moment(at, site.schedule.zone, option))
    application = create_app(demo, now=clock.now, watching=False)
    return clock, Line(InProcess(application), demo.auth_token, demo.public_url, *site.helpline.way_in)


def site_of(config: Path) -> Site:
    """The site that is called: fictional numbers are allowed here."""
    return load(config, NumberRules(settings.names(), fictional=True, stand_in=True)).site


def play(golden: Golden, config: Path) -> Transcript:
    """What is heard on a golden call. Its `config` and `edit` belong to the tests, and are ignored."""
    clock, line = in_process(golden.headers.get("at"), config, option=None)
    script, world = Script(golden.headers.get("keys", "")), parse_world(golden.headers.get("world", ""))
    return Call(line.network(verified=golden.verified), clock, script, world, golden.rules()).run().transcript
