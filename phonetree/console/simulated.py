"""What callers would meet: the first words in each language, and a call by a simulated phone.

The phone, and the network behind it, are those of the command `call`; numbers become names, for nobody needs them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from phonetree.core import engine
from phonetree.core.state import from_address
from phonetree.core.tree import Language, NodeId, Site
from phonetree.core.verbs import Verbs
from phonetree.diff.compare import sentences
from phonetree.errors import SimulationError
from phonetree.proof.budgets import question
from phonetree.provider.request import read
from phonetree.provider.twiml import Renderer
from phonetree.runtime.legs import LegTracker
from phonetree.simulator.caller import Script
from phonetree.simulator.network import Clock, Network, NumberSettings
from phonetree.simulator.phone import Call
from phonetree.simulator.transport import Reply
from phonetree.simulator.world import parse_world

_URL = "https://simulated.invalid"

PHONES = {
    "somebody": ("", "somebody picks up"),
    "nobody": ("*=no-answer", "nobody picks up"),
    "busy": ("*=busy", "every phone is busy"),
    "voicemail": ("*=machine", "voicemails pick up"),
}
"""What the phones do that ring: the world of the simulator, and its words."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a caller hears first, in a language."""

    language: Language
    words: str


def greetings(site: Site, at: datetime) -> Iterator[Heard]:
    """What callers hear first at a moment, in each language."""
    first = engine.start(site, at).verbs
    for language in site.languages:
        verbs = first if language == site.first_language else _in(site, language, first, at)
        yield Heard(language, " ".join(sentences(verbs)))


def _in(site: Site, language: Language, first: Verbs, at: datetime) -> Verbs:
    asked = question(first)
    node = asked.then.node if asked else site.start[site.schedule.kind(at)]
    return engine.change_language(site, node, language, at).verbs


def words_at(site: Site, node: NodeId, at: datetime) -> str:
    """What callers hear who come to a node, in the first language."""
    return " ".join(sentences(engine.change_language(site, node, site.first_language, at).verbs))


@dataclass
class _Answers:
    """A line whose calls are answered by a site alone: what servers do between a request and its document."""

    site: Site
    clock: Clock
    legs: LegTracker = field(default_factory=LegTracker)
    renderer: Renderer = field(default_factory=lambda: Renderer(_URL))

    def post(self, url: str, fields: Mapping[str, str], headers: Mapping[str, str], limit: float) -> Reply:  # noqa: ARG002
        parts, asked = urlsplit(url), read(fields)
        place = parts.path.removeprefix("/voice").removeprefix("/")
        if place in ("status", "recording"):
            self.legs.hang_up(asked.call)
            return Reply(204, {}, b"")
        if place:
            state = from_address(place, parts.query)
            event = self.legs.event(state, asked)
            turn = engine.turn(self.site, self.legs.begun(state), event, self.clock.now())
        else:
            turn = engine.start(self.site, self.clock.now())
        return Reply(200, {"Content-Type": "text/xml"}, self.renderer.render(turn.verbs))


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a transcript: the seconds since the call came in, what happened, and the words."""

    at: str
    what: str
    words: str


def call(site: Site, at: datetime, keys: str, phones: str) -> list[Line]:
    """A call at a moment, by a caller who presses these keys ("1,2"). `phones` is one of `PHONES`. Raises
    SimulationError."""
    if phones not in PHONES:
        raise SimulationError("choose what the phones do")
    return played(site, at, keys, PHONES[phones][0])


def played(site: Site, at: datetime, keys: str, world: str) -> list[Line]:
    """The same in any world of the simulator."""
    clock = Clock(at)
    number, forwarded_from = site.helpline.way_in
    addresses = NumberSettings(
        number, f"{_URL}/voice", f"{_URL}/voice/fallback", f"{_URL}/voice/status", forwarded_from
    )
    network = Network(_Answers(site, clock), "", addresses)
    made = Call(network, clock, Script(keys), parse_world(world)).run()
    ordered = sorted(made.transcript.lines, key=lambda line: line.at)
    names = _names(site)
    return [Line(f"{line.at:.0f} s", line.what, _named(line.detail, names)) for line in ordered]


def _names(site: Site) -> dict[str, str]:
    """Who has which number; and what languages are called, where a transcript has their codes."""
    names = {line.number: next(iter(line.names.values()), line.id) for line in site.resources.values()}
    names |= {site.helpline.caller_id: "the helpline", site.helpline.provider_number: "the helpline"}
    names |= {f"[{info.voice.code}]": f"({info.name})" for info in site.languages.values()}
    teams = (*site.teams.values(), *site.written.values())
    return names | {member.number: member.name for team in teams for member in team.members}


def _named(text: str, names: Mapping[str, str]) -> str:
    for number in sorted(names, key=len, reverse=True):
        if number:
            text = text.replace(number, names[number])
    return text
