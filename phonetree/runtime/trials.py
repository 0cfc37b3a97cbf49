"""Trial calls: what staff hear when they call the helpline from the console, without a phone.

A simulated phone calls the application of the servers, in a process of its own (`phonetree/web/trial.py`), and so goes
the way that callers go: signature, form, engine, document. It is asked a line, the whole call, and answers with a line.
It keeps nothing of a call; it ends with the process that started it, or when nobody has tried a call for a while.
"""

import json
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import Any

from phonetree.config.question import override, told
from phonetree.config.site import Contents
from phonetree.core.schedule import Kind, Override
from phonetree.core.tree import Destination, Language, NodeId, Reached
from phonetree.errors import PhonetreeError
from phonetree.runtime.child import Child, ChildError, LateError
from phonetree.simulator.ending import Waits

COMMAND = (sys.executable, "-P", "-m", "phonetree.web.trial")

LONGEST_SECONDS = 20.0
"""How long a call may take to be played: many times what the longest one does, on a machine that has nothing else to
do."""

MOST_ANSWER_BYTES = 32 * 2**20
"""More than all documents of the longest call have (`MOST_REQUESTS` in `simulator/network.py`, `MOST_BYTES` in
`provider/twiml.py`)."""


class TrialError(PhonetreeError):
    """A call could not be played; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class TrialCall:
    """A call: to the helpline of these files, under these overrides, at a moment.

    `unrung` are the names of members' phones (`$NAME`) that nobody may be rung at; the others get numbers that are made
    up. `folder` has the audio. The caller takes these steps (`simulator/caller.py`); then the call `stops` where the
    caller has to decide, or else the caller stays silent. It begins at a `node`, in a `language`, or as all calls do
    ("").

    `phones` is what happens on phones that ring (`simulator/world.py`; "": somebody takes the call), and `each` the
    same for teams, members and lines by themselves, by their keys (`config/phones.py`).
    """

    contents: Contents = field(repr=False)
    folder: Path
    unrung: frozenset[str]
    overrides: tuple[Override, ...]
    at: datetime
    steps: tuple[str, ...] = ()
    stops: bool = False
    node: NodeId = ""
    language: Language = ""
    phones: str = ""
    each: Mapping[str, str] = field(default_factory=dict)

    def line(self) -> bytes:
        """The call as a line."""
        asked = {name: getattr(self, name) for name in ("steps", "stops", "node", "language", "phones")}
        asked |= {
            "contents": {name: b64encode(data).decode() for name, data in self.contents.items()},
            "folder": str(self.folder),
            "unrung": sorted(self.unrung),
            "overrides": list(map(told, self.overrides)),
            "at": self.at.isoformat(),
            "each": dict(self.each),
        }
        return _line(asked)

    @classmethod
    def read(cls, line: bytes) -> "TrialCall":
        """The call in a line. Raises ValueError, TypeError, KeyError."""
        asked: dict[str, Any] = json.loads(line)
        asked |= {
            "contents": {name: b64decode(data) for name, data in asked["contents"].items()},
            "folder": Path(asked["folder"]),
            "unrung": frozenset(asked["unrung"]),
            "overrides": tuple(override(**each) for each in asked["overrides"]),
            "at": datetime.fromisoformat(asked["at"]),
            "steps": tuple(asked["steps"]),
        }
        return cls(**asked)


@dataclass(frozen=True, slots=True)
class Piece:
    """Words of a call. `language` is that of what is heard (BCP 47), and `name` what it is called where it is another
    one than before; both are "" otherwise."""

    text: str
    language: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened on a call, `at` seconds into it, with names in place of numbers."""

    at: float
    what: str
    pieces: tuple[Piece, ...]

    @property
    def words(self) -> str:
        """What was said, or happened."""
        return " ".join(f"({piece.name}) {piece.text}" if piece.name else piece.text for piece in self.pieces)


class Shown(StrEnum):
    """Whose number a phone that rings shows."""

    HELPLINE = "the helpline's number"
    PROVIDER = "the number at the provider"
    CALLER = "the caller's own number"


@dataclass(frozen=True, slots=True)
class Rung:
    """Who was rung at once, and what their phones showed."""

    names: tuple[str, ...]
    shown: Shown


@dataclass(frozen=True, slots=True)
class Result:
    """What a call came to: at what kind of moment, after which keys ("wait": none), to whom or what (a line, a team, or
    the node of a voicemail; None: none of them), and after how many seconds."""

    when: Kind
    keys: tuple[str, ...]
    reached: Destination | None
    seconds: int


@dataclass(frozen=True, slots=True)
class Played:
    """A call as far as it was played: `seconds` long.

    `waits` is what the caller has to decide; if nothing, it is over, and `ended` says by whom. `rang` and `tone` are
    the moments, in seconds, when the first phone rang and when a message could be left. A `problem` is all there is if
    the call could not be played.
    """

    lines: tuple[Line, ...] = ()
    seconds: float = 0.0
    waits: Waits | None = None
    ended: str = ""
    rung: tuple[Rung, ...] = ()
    spoke_with: tuple[str, ...] = ()
    messages: tuple[int, ...] = ()
    rang: float | None = None
    tone: float | None = None
    result: Result | None = None
    problem: str = ""

    def line(self) -> bytes:
        """It as a line."""
        return _line(asdict(self))

    @classmethod
    def read(cls, line: bytes) -> "Played":
        """It from a line. Raises ValueError when it is none."""
        try:
            said: dict[str, Any] = json.loads(line)
            said["lines"] = tuple(
                Line(float(at), str(what), tuple(Piece(**piece) for piece in pieces))
                for at, what, pieces in (each.values() for each in said["lines"])
            )
            said["rung"] = tuple(Rung(tuple(each["names"]), Shown(each["shown"])) for each in said["rung"])
            said["waits"] = Waits(said["waits"]) if said["waits"] else None
            if result := said["result"]:
                reached = (Reached(result["reached"][0]), str(result["reached"][1])) if result["reached"] else None
                said["result"] = Result(Kind(result["when"]), tuple(result["keys"]), reached, int(result["seconds"]))
            return cls(**said | {name: tuple(said[name]) for name in ("spoke_with", "messages")})
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ValueError("it is no call that was played") from error


class Trials:
    """Plays calls in a process that is started when the first one is tried, and again when it has ended."""

    def __init__(self, command: Sequence[str] = COMMAND, seconds: float = LONGEST_SECONDS) -> None:
        self._command, self._seconds = command, seconds
        self._child: Child | None = None
        self._lock = Lock()

    def prepare(self) -> None:
        """Starts the process, if there is none, so that it is ready when a call is tried: it takes a second or two."""
        if self._lock.acquire(blocking=False):
            try:
                self._child = self._running()
            except ChildError:
                pass  # `play` says it
            finally:
                self._lock.release()

    def play(self, call: TrialCall) -> Played:
        """The call. Raises TrialError."""
        with self._one_at_a_time():
            try:
                return Played.read(self._ask(call.line()))
            except LateError:
                raise TrialError(
                    f"the call could not be played within {self._seconds:.0f} seconds; try again, or have the operator "
                    "see what keeps the machine busy"
                ) from None
            except ChildError as error:
                raise TrialError(
                    f"the call could not be played: the process that plays it {error}; try again, and if it happens "
                    "again, tell the operator"
                ) from None
            except ValueError:
                self._end()
                raise TrialError(
                    "the call could not be played: the process that plays it gave no readable answer; tell the operator"
                ) from None

    def stop(self) -> None:
        """Ends the process."""
        with self._lock:
            self._end()

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        if not self._lock.acquire(timeout=self._seconds):
            raise TrialError("other calls are being tried at this moment; try again in a few seconds")
        try:
            yield
        finally:
            self._lock.release()

    def _ask(self, line: bytes) -> bytes:
        try:
            self._child = self._running()
            return self._child.ask(line, self._seconds, MOST_ANSWER_BYTES)
        except ChildError:
            self._end()
            raise

    def _running(self) -> Child:
        """The process, or a new one if that of before has ended meanwhile. Raises ChildError."""
        if self._child and self._child.over:
            self._end()
        return self._child or Child(self._command)

    def _end(self) -> None:
        if self._child:
            self._child.end()
            self._child = None


def _line(value: Mapping[str, object]) -> bytes:
    return json.dumps(value).encode() + b"\n"
