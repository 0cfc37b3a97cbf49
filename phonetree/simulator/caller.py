"""The caller: what they do at each opportunity.

A script is a list of steps, separated by commas. At each question the next step is taken:

    1         press 1 when it has been offered ("press 1"), or at the end of the words
    1!        press 1 at once, in the middle of the words; also during words that ask for no key
    wait      do nothing
    20s       at the tone: speak for 20 seconds, then be silent;  20s#  then press #;  20sx  then hang up
    hangup    hang up one second into the words
    hangup@75 hang up 75 seconds into the call, wherever that is

After the last step the caller stays silent.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from phonetree.core.speech import speech_seconds
from phonetree.errors import SimulationError
from phonetree.simulator.twiml import Pause, Said

REACTION_SECONDS = 1.0
"""From hearing a key offered to pressing it."""

AT_ONCE_SECONDS = 0.5
"""For callers who know the key already."""

ASKING_SECONDS = 2
"""A wait as long as this is a question; a shorter one only lets a key through."""


@dataclass(frozen=True, slots=True)
class Press:
    """Press a key, so many seconds after the words began."""

    key: str
    after: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """Hang up, so many seconds after the words began."""

    after: float


@dataclass(frozen=True, slots=True)
class Speak:
    """Speak into a recording, then be silent (""), press a key, or hang up ("x")."""

    seconds: int
    then: str = ""


@dataclass(frozen=True, slots=True)
class Undecided:
    """The caller has not decided yet: the call stops there."""


Act = Press | Wait | HangUp | Undecided


class Caller(Protocol):
    """Somebody on the phone."""

    hangs_up_at: float | None

    def asked(self, said: Sequence[Said | Pause], wait: int) -> Act:
        """The words about to be heard, and how long the wait for a key is after them."""

    def recorded(self) -> Speak | Undecided:
        """The tone has sounded."""


def seconds(said: Sequence[Said | Pause]) -> float:
    """The length of words and pauses."""
    return sum(piece.seconds if isinstance(piece, Pause) else speech_seconds(piece.text) for piece in said)


def when_offered(said: Sequence[Said | Pause], key: str) -> float:
    """When a listener presses a key: after the words that offer it, or after all."""
    name = {"*": "(?:star|asterisco)", "#": "(?:pound|numeral)"}.get(key, key)
    offer = re.compile(rf"\b(?:press|oprima) {name}\b")
    passed = 0.0
    for piece in said:
        passed += seconds([piece])
        if isinstance(piece, Said) and offer.search(piece.text):
            return passed + REACTION_SECONDS
    return passed + REACTION_SECONDS


_STEP = re.compile(r"([0-9*#])(!?)\Z")
_SPEECH = re.compile(r"([0-9]{1,9})s([#x]?)\Z")
_LATER = re.compile(r"hangup@(\d+)\Z")


def speech(step: str) -> Speak | None:
    """What a step like 20s, 20s# or 20sx does at the tone; None for any other step."""
    found = _SPEECH.match(step)
    return Speak(int(found[1]), found[2]) if found else None


class Script:
    """A caller who follows a list of steps. Raises SimulationError on an unknown step."""

    def __init__(self, text: str) -> None:
        steps = [step.strip() for step in text.split(",") if step.strip()]
        self.hangs_up_at: float | None = None
        self.steps: list[str] = []
        for step in steps:
            if later := _LATER.match(step):
                self.hangs_up_at = float(later[1])
            elif step in ("wait", "hangup") or _STEP.match(step) or _SPEECH.match(step):
                self.steps.append(step)
            else:
                raise SimulationError(
                    f"'{step}' is not a caller's step; write a key, 1!, wait, 20s, hangup or hangup@75"
                )

    def asked(self, said: Sequence[Said | Pause], wait: int) -> Act:
        asking = wait >= ASKING_SECONDS
        if not self.steps or _SPEECH.match(self.steps[0]):
            return Wait()
        if not asking and not (self.steps[0].endswith("!") or self.steps[0] == "hangup"):
            return Wait()
        step = self.steps.pop(0)
        if step == "hangup":
            return HangUp(AT_ONCE_SECONDS * 2)
        if key := _STEP.match(step):
            return Press(key[1], AT_ONCE_SECONDS if key[2] else when_offered(said, key[1]))
        return Wait()

    def recorded(self) -> Speak | Undecided:
        step = self.steps.pop(0) if self.steps else "wait"
        if spoken := speech(step):
            return spoken
        return Speak(0, "x" if step == "hangup" else step[0] if step[0] == "#" else "")


class StepByStep(Script):
    """A caller who decides each step at a question, and nothing meanwhile, and hears the words before hanging up: after
    the last one, the call stops at the next question."""

    def asked(self, said: Sequence[Said | Pause], wait: int) -> Act:
        if wait < ASKING_SECONDS:
            return Wait()
        if not self.steps:
            return Undecided()
        act = super().asked(said, wait)
        return HangUp(seconds(said)) if isinstance(act, HangUp) else act

    def recorded(self) -> Speak | Undecided:
        return super().recorded() if self.steps else Undecided()
