"""The process that plays trial calls, so that what staff hear is what callers hear.

    python -m phonetree.web.trial [FOLDER]

Each line of its input is a call (`runtime/trials.py`), and gets a line of output. The application is that of the
servers, with a token that is made here: the simulated network signs, and a request that it did not sign is refused.
Files and clock are those of the call. There is no store, and what Python would do to open a connection, look up a name,
change the disk or start a program is refused (`refuse`); the kernel, where it can, refuses most of that to code in C,
too, and to read files but those of the folder of the audio and Python's own (`config/confining.py` says what each
holds). Nothing of a call is written anywhere.
"""

import os
import re
import resource
import secrets
import sys
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from tempfile import gettempdir
from urllib.parse import quote

from phonetree.config.answering import answer_lines, stand_back
from phonetree.config.confining import confine
from phonetree.config.numbers import NumberRules
from phonetree.config.phones import keys_of, team_key
from phonetree.config.site import Contents, Loaded, fingerprint, made_of
from phonetree.core.speech import whole_seconds
from phonetree.core.state import State, Step, from_address, to_address
from phonetree.core.tree import Audio, Connect, Destination, Reached, Site
from phonetree.errors import PhonetreeError, Problem, SimulationError
from phonetree.runtime.sites import Sites
from phonetree.runtime.trials import Line, Piece, Played, Result, Rung, Shown, TrialCall
from phonetree.settings import Settings
from phonetree.simulator import transcript
from phonetree.simulator.caller import Script, StepByStep, speech
from phonetree.simulator.dialling import Ringing
from phonetree.simulator.network import Clock, Network, NumberSettings
from phonetree.simulator.phone import TONE, Call
from phonetree.simulator.transport import InProcess, Reply
from phonetree.simulator.twiml import Said
from phonetree.simulator.world import World, parse_world
from phonetree.web import create_app

MOST_MEGABYTES = 1024
"""The address space of the process."""

MOST_FILES = 64
"""That it has open: it reads one at a time."""

IDLE_SECONDS = 600.0
"""After so long without a call the process ends. The next call takes a second or two more."""

MOST_HELPLINES = 4
"""How many applications are held: the site that callers hear, and drafts that several people try."""

URL = "https://simulated.invalid"
"""The address of the application. Nothing is connected with it."""

_NAMED = re.compile(rb"\$([A-Z][A-Z0-9_]*)")

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class _Files:
    """Files as the source of a server's site."""

    number = 0

    def __init__(self, contents: Contents, folder: Path) -> None:
        self._contents, self._folder = contents, folder

    def look(self) -> str:
        """As in `Source`."""
        return fingerprint(self._folder)

    def load(self, rules: NumberRules, *, patched: bool = False) -> Loaded:
        """As in `Source`."""
        return made_of(self._contents, self._folder, rules, patched=patched)

    def settled(self, seen: str) -> bool:  # noqa: ARG002
        """As in `Source`."""
        return True

    def placed(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """As in `Source`."""
        return tuple(problems)

    def whole(self, revision: str) -> bool:  # noqa: ARG002
        """As in `Source`."""
        return True


class Helpline:
    """The application of a server, with files and a clock that it is given."""

    def __init__(self, call: TrialCall) -> None:
        """That of a call. Raises ConfigError when its files are no site."""
        rules = NumberRules({}, fictional=True, stand_in=True, phones=_phones(call))
        self._sites = Sites(call.folder, rules, source=_Files(call.contents, call.folder))
        self._sites.override(call.overrides)
        self._clock = Clock(call.at)
        self.token = secrets.token_hex(16)
        settings = Settings("AC" + "0" * 32, self.token, URL, call.folder, {})
        self.app = create_app(settings, now=self._now, watching=False, sites=self._sites)

    def _now(self) -> datetime:
        return self._clock.now()

    @property
    def site(self) -> Site:
        """What it answers with."""
        return self._sites.current

    def play(self, call: TrialCall) -> Played:
        """A call to it. Raises SimulationError."""
        site = self.site
        self._clock = Clock(call.at.astimezone(site.schedule.zone))
        line = _Line(InProcess(self.app))
        number, forwarded_from = site.helpline.way_in
        status = f"{URL}/voice/status"
        network = Network(
            line,
            self.token,
            NumberSettings(number, _begins(site, call), f"{URL}/voice/fallback", status, forwarded_from),
            unique_ids=True,  # what the application remembers of a call that is over must not be taken for this one
        )
        steps = ",".join(call.steps)
        caller = StepByStep(steps) if call.stops else Script(steps)
        made = Call(network, self._clock, caller, _world(site, call)).run()
        return _played(site, call, made, line.states)


class _Line:
    """A transport that notes the states in which turns were asked for, in order."""

    def __init__(self, transport: InProcess) -> None:
        self._transport = transport
        self.states: list[State] = []

    def post(self, url: str, fields: Mapping[str, str], headers: Mapping[str, str], limit: float) -> Reply:
        place, _, query = url.removeprefix(f"{URL}/voice").removeprefix("/").partition("?")
        if place.count("/"):
            self.states.append(from_address(place, query))
        return self._transport.post(url, fields, headers, limit)


def _begins(site: Site, call: TrialCall) -> str:
    """Where the call begins. At a node it is as if words that can be interrupted were over, which enters the node."""
    if not call.node:
        return f"{URL}/voice"
    if call.node not in site.nodes:
        raise SimulationError(f"there is no node '{call.node}'; choose another one to begin at")
    language = site.known_language(call.language)
    return f"{URL}/voice{to_address(State(site.revision, language, call.node, Step.ANNOUNCE))}"


def _phones(call: TrialCall) -> Mapping[str, str]:
    """A number that is made up for each name in the files, no two alike, or "" for one that nobody may be rung at."""
    names = sorted({name.decode() for data in call.contents.values() for name in _NAMED.findall(data)})
    made_up = (f"+1{201 + place // 100}55501{place % 100:02}" for place in range(len(names)))
    return {name: "" if name in call.unrung else number for name, number in zip(names, made_up, strict=True)}


def _world(site: Site, call: TrialCall) -> World:
    """What happens on the phones that ring."""
    phones = [
        f"{member.number}={what}"
        for name, team in site.teams.items()
        for member in team.members
        if member.number and (what := call.each.get(team_key(name)))
    ]
    phones += [
        f"{number}={call.each[key]}" for number, keys in keys_of(site).items() for key in keys if key in call.each
    ]
    return parse_world("; ".join([*phones, *([f"*={call.phones}"] if call.phones else [])]))


# -- what is told of a call


def _played(site: Site, call: TrialCall, made: Call, states: Sequence[State]) -> Played:
    lines = sorted(made.transcript.lines, key=lambda line: line.at)
    names = _names(site, made.number)
    tone = next((line.at for line in lines if line.detail == TONE), None)
    return Played(
        tuple(_told(site, lines, names)),
        made.clock.elapsed,
        made.waits,
        made.ended,
        tuple(_rung(site, each, names) for each in made.dialled),
        tuple(names[number] for number in made.spoke_with),
        tuple(made.messages),
        made.dialled[0].at if made.dialled else None,
        tone,
        None if made.waits else _result(site, call, made, lines, states),
    )


def _told(site: Site, lines: Sequence[transcript.Line], names: Mapping[str, str]) -> Iterator[Line]:
    """The lines of a transcript, with names in place of numbers."""
    languages = {info.voice.code: info.name for info in site.languages.values()}
    recordings, before = _recordings(site), ""
    for line in lines:
        pieces = []
        for said in line.said:
            piece = recordings.get(said.text.removesuffix(" ...")) or said
            changed = piece.language != before
            before = piece.language
            pieces.append(Piece(piece.text, piece.language, languages.get(piece.language, "") if changed else ""))
        yield Line(line.at, line.what, tuple(pieces) or (Piece(_named(line.detail, names)),))


def _recordings(site: Site) -> Mapping[str, Said]:
    """The words of prompts that are audio files, by where these are."""
    found = {}
    for text in site.texts:
        for language, parts in text.items():
            for part in parts if isinstance(parts, tuple) else ():
                if isinstance(part, Audio):
                    where = f"{URL}/audio/{quote(part.file, safe='')}"
                    found[where] = Said(part.transcript, site.languages[language].voice.code)
    return found


def _names(site: Site, caller: str) -> Mapping[str, str]:
    """Who has which number."""
    names = {caller: "the caller"}
    names |= {line.number: next(iter(line.names.values()), line.id) for line in site.resources.values()}
    names |= dict.fromkeys((site.helpline.caller_id, site.helpline.provider_number), "the helpline")
    teams = (*site.teams.values(), *site.written.values())
    return names | {member.number: member.name for team in teams for member in team.members if member.number}


def _named(text: str, names: Mapping[str, str]) -> str:
    for number in sorted(names, key=len, reverse=True):
        text = text.replace(number, names[number])
    return text


def _rung(site: Site, ringing: Ringing, names: Mapping[str, str]) -> Rung:
    helpline = site.helpline
    shown = {helpline.provider_number: Shown.PROVIDER, helpline.number: Shown.HELPLINE}
    return Rung(tuple(names[number] for number in ringing.numbers), shown.get(ringing.caller_id, Shown.CALLER))


def _result(
    site: Site, call: TrialCall, made: Call, lines: Sequence[transcript.Line], states: Sequence[State]
) -> Result:
    """What the call came to after the last key."""
    keys = tuple(takewhile(lambda step: not speech(step) and step != "hangup", call.steps))
    while keys[-1:] == ("wait",):
        keys = keys[:-1]
    pressed = [line.at for line in lines if line.what == "presses"][: len(keys) - keys.count("wait")]
    since = pressed[-1] if pressed else 0.0
    kind = site.schedule.kind(call.at)
    for ringing in made.dialled:
        if ringing.at >= since:
            return Result(kind, keys, _whom(site, ringing, states), whole_seconds(ringing.at))
    for line in lines:
        if line.detail == TONE and line.at >= since:
            recorded = next((state.node for state in states if state.step is Step.RECORDED), None)
            return Result(kind, keys, (Reached.NODE, recorded) if recorded else None, whole_seconds(line.at))
    return Result(kind, keys, None, whole_seconds(made.clock.elapsed))


def _whom(site: Site, ringing: Ringing, states: Sequence[State]) -> Destination | None:
    """The line, or the team, that a ringing was for."""
    for line in site.resources.values():
        if line.number in ringing.numbers:
            return Reached.LINE, line.id
    nodes = (site.nodes.get(state.node) for state in states if state.step is Step.RING)
    teams = (node.team for node in nodes if isinstance(node, Connect))
    return next(((Reached.TEAM, team) for team in teams if _belongs(site, team, ringing)), None)


def _belongs(site: Site, team: str, ringing: Ringing) -> bool:
    return set(ringing.numbers) <= {member.number for member in site.teams[team].members}


# -- the process


_helplines: "OrderedDict[object, Helpline]" = OrderedDict()


def _helpline(call: TrialCall) -> Helpline:
    """The one of a call: the application that an earlier call was to, if that had the same files and overrides."""
    overrides = repr([(each.begins, each.ends, each.kind, each.words, each.cover) for each in call.overrides])
    key = (tuple(sorted(call.contents.items())), call.folder, call.unrung, overrides)
    found = _helplines.pop(key, None) or Helpline(call)
    _helplines[key] = found
    while len(_helplines) > MOST_HELPLINES:
        _helplines.popitem(last=False)
    return found


def answer(line: bytes) -> bytes:
    """The answer to a call. Raises nothing that files can cause."""
    try:
        call = TrialCall.read(line)
        return _helpline(call).play(call).line()
    except PhonetreeError as error:
        return Played(problem=str(error)).line()
    except MemoryError:
        text = f"this takes more than {MOST_MEGABYTES:,} MB of memory to play; make the tree smaller"
        return Played(problem=text).line()


def refuse(event: str, arguments: tuple[object, ...]) -> None:
    """Keeps this process to itself: an audit hook of Python, which code in C does not ask, and which is not told of
    everything, such as `os.stat`. Raises PermissionError."""
    if event in _REFUSED or (event == "open" and _opens_to_write(arguments)):
        raise PermissionError(f"a trial call uses no {event}")


_REFUSED = frozenset(
    {"subprocess.Popen"}
    | {f"socket.{name}" for name in ("__new__", "getaddrinfo", "gethostbyname", "gethostbyaddr", "getnameinfo")}
    | {f"os.{name}" for name in ("fork", "forkpty", "exec", "posix_spawn", "system", "kill", "killpg")}
    | {f"os.{name}" for name in ("mkdir", "rename", "remove", "rmdir", "link", "symlink", "truncate")}
    | {f"os.{name}" for name in ("chmod", "chown", "utime", "setxattr", "removexattr")}
)


def _opens_to_write(arguments: tuple[object, ...]) -> bool:
    path, _, flags = arguments
    return not isinstance(path, int) and isinstance(flags, int) and bool(flags & _WRITES)


def main() -> None:
    """Answers until its input is closed, or nobody has tried a call for a while."""
    stand_back(MOST_MEGABYTES)
    gettempdir()  # looks for a folder by writing there, the first time; servers name a file in it
    if folders := list(map(Path, sys.argv[1:])):
        confine(folders)
    for limit, most in ((resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_NOFILE, MOST_FILES)):
        resource.setrlimit(limit, (most, most))
    sys.addaudithook(refuse)
    answer_lines(answer, IDLE_SECONDS)


if __name__ == "__main__":
    main()
