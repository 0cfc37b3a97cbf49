"""Ways from the simulated phone to the tree: through the engine alone, and through the signed webhook."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from shutil import copytree
from urllib.parse import urlsplit

from pytz.tzinfo import BaseTzInfo

from phonetree.commands.work import reading
from phonetree.config.numbers import NumberRules
from phonetree.config.site import load
from phonetree.core import engine
from phonetree.core.state import LEG_STEPS, State, from_address
from phonetree.core.tree import Helpline, Site
from phonetree.core.verbs import Verbs
from phonetree.errors import StateError
from phonetree.provider.request import read
from phonetree.provider.twiml import CONTENT_TYPE, OVERRIDES, Renderer
from phonetree.runtime.legs import LegTracker
from phonetree.runtime.sites import Sites
from phonetree.settings import Settings
from phonetree.simulator.caller import Script
from phonetree.simulator.golden import Golden, parse_golden
from phonetree.simulator.network import Clock, Network, NumberSettings
from phonetree.simulator.phone import Call
from phonetree.simulator.transport import InProcess, Reply, Transport
from phonetree.simulator.world import parse_world
from phonetree.web import create_app
from phonetree.web.context import of

ROOT = Path(__file__).parents[2]
VPR = ROOT / "tests" / "sites" / "vpr"
"""The tests' own copy of the shipped site: staff may change what is shipped."""
URL = "https://tree.example.org"
TOKEN = "test-token"
STATUS_TOKEN = "a-token-for-the-status"
SHOWN = {"Authorization": f"Bearer {STATUS_TOKEN}"}
"""What opens the details of /readyz, and /metrics."""
NAMES = {"ADVOCATE_1": "+16175550101", "ADVOCATE_2": "+16175550102"}
EXAMPLES = ROOT / "examples"
NAMES_OF_EXAMPLES = {
    "HELPLINE_NUMBER": "+16175550121",
    **{f"{who}_{number}": f"+161755501{number:02}" for who in ("VOLUNTEER", "STAFF") for number in range(1, 9)},
}
"""The same numbers that a demo makes up."""
RULES = NumberRules({**NAMES, **NAMES_OF_EXAMPLES}, fictional=True)


def settings(config: Path) -> Settings:
    """Settings of a server under test."""
    return Settings("AC" + "0" * 32, TOKEN, URL, config, RULES.names, demo=True, status_token=STATUS_TOKEN)


@dataclass
class Direct:
    """Engine and renderer without the web. Signatures are not looked at here."""

    sites: Sites
    clock: Clock

    def __post_init__(self) -> None:
        self.renderer = Renderer(URL)
        self.legs = LegTracker()

    def post(self, url: str, fields: Mapping[str, str], headers: Mapping[str, str], limit: float) -> Reply:
        parts = urlsplit(url)
        place = parts.path.removeprefix("/voice").removeprefix("/")
        if place in ("recording", "status"):
            return Reply(204, {}, b"")
        document = self.renderer.render(self._verbs(place, parts.query, fields))
        return Reply(200, {"Content-Type": CONTENT_TYPE}, document)

    def _verbs(self, place: str, query: str, fields: Mapping[str, str]) -> Verbs:
        now = self.clock.now()
        if not place:
            return engine.start(self.sites.current, now).verbs
        if place == "fallback":
            return engine.rescue(self.sites.current, now, self.sites.current.first_language)
        try:
            state = from_address(place, query)
            event = self.legs.event(state, read(fields))
            return engine.turn(self._site(state), self.legs.begun(state), event, now).verbs
        except StateError:
            return engine.start_again(self.sites.current, now, place.split("/")[1]).verbs

    def _site(self, state: State) -> Site:
        site = self.sites.revision(state.revision)
        if site is None and state.step not in LEG_STEPS:
            raise StateError("unknown revision")
        return site or self.sites.current


@dataclass
class Edited:
    """A line on which somebody edits a file in mid-call."""

    line: Transport
    sites: Sites
    clock: Clock
    edit: str

    def post(self, url: str, fields: Mapping[str, str], headers: Mapping[str, str], limit: float) -> Reply:
        found = re.match(r"(\d+):(\d\d) (\S+): (.*) => (.*)", self.edit)
        assert found, f"the edit is not understood: {self.edit}"
        minutes, seconds, name, old, new = found.groups()
        if self.clock.elapsed >= int(minutes) * 60 + int(seconds):
            self._apply(self.sites.folder / name, old, new)
        return self.line.post(url, fields, headers, limit)

    def _apply(self, path: Path, old: str, new: str) -> None:
        text = path.read_text(encoding="utf-8")
        if new not in text:
            assert old in text, f"'{old}' is not in {path.name}"
            path.write_text(text.replace(old, new), encoding="utf-8")
            self.sites.reload()


Connect = Callable[[Path, Clock], tuple[Transport, Sites]]


def direct(config: Path, clock: Clock) -> tuple[Transport, Sites]:
    """A line straight to the engine."""
    sites = Sites(config, RULES)
    return Direct(sites, clock), sites


def webhook(config: Path, clock: Clock) -> tuple[Transport, Sites]:
    """A line through the web application, signatures and all."""
    app = create_app(settings(config), now=clock.now, watching=False)
    return InProcess(app), of(app).services.sites


def read_golden(path: Path) -> Golden:
    """The golden call in a file."""
    return parse_golden(path.read_text(encoding="utf-8"))


def folder_of(golden: Golden) -> Path:
    """The files that a golden call is about."""
    return ROOT / golden.headers["config"] if "config" in golden.headers else VPR


def play(golden: Golden, connect: Connect, folder: Path) -> Call:
    """Plays a golden call over a line; `folder` is an empty one for the files that it may edit."""
    config = folder_of(golden)
    if "edit" in golden.headers:
        config = Path(copytree(config, folder / "config"))
    clock = Clock(moment(config, golden.headers["at"]))
    line, sites = connect(config, clock)
    if "edit" in golden.headers:
        line = Edited(line, sites, clock, golden.headers["edit"])
    addresses = numbers(sites.current.helpline, verified=golden.verified)
    network = Network(line, TOKEN, addresses)
    script, world = Script(golden.headers.get("keys", "")), parse_world(golden.headers.get("world", ""))
    call = Call(network, clock, script, world, golden.rules())
    if "from" in golden.headers:
        call.number = golden.headers["from"].strip('"')
    return call.run()


def numbers(helpline: Helpline, *, verified: bool = True) -> NumberSettings:
    """What is set for the helpline's number at the provider, and whether that shows the one that callers dial."""
    voice, fallback = f"{URL}/voice{OVERRIDES}", f"{URL}/voice/fallback{OVERRIDES}"
    number, dialled = helpline.way_in
    return NumberSettings(number, voice, fallback, f"{URL}/voice/status", dialled, verified)


def moment(config: Path, text: str) -> datetime:
    """A moment in the zone of a site."""
    return reading.moment(text, _zone(config))


@cache
def _zone(config: Path) -> BaseTzInfo:
    return load(config, RULES).site.schedule.zone
