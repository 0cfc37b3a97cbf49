"""Who picks up the phones that ring, and what they do then.

A world is written as `NUMBER=WHAT; NUMBER=WHAT; *=WHAT`, where WHAT is a word of `Answer` and, if it
matters, `after SECONDS` and `talks SECONDS`: "+16175550101=busy; *=accepts after 4 talks 60".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from phonetree.errors import SimulationError


class Answer(StrEnum):
    """What happens on a phone that rings."""

    ACCEPTS = "accepts"
    """A person picks up and presses 1 when asked."""
    ANSWERS = "answers"
    """A person picks up and talks; presses nothing."""
    DECLINES = "declines"
    """A person picks up and hangs up after the question."""
    MACHINE = "machine"
    """A voicemail picks up; presses nothing."""
    WRONG_KEY = "wrong-key"
    """A person presses 5, and 1 when asked again."""
    WRONG_KEYS = "wrong-keys"
    """A person presses 5 each time."""
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILS = "fails"
    """The number cannot be reached."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One phone: what happens, after how many seconds, and how long the conversation lasts."""

    answer: Answer
    after: int = 4
    talks: int = 60


_AFTER = {Answer.MACHINE: 15, Answer.BUSY: 1, Answer.FAILS: 1}


@dataclass(frozen=True, slots=True)
class World:
    """All phones but the caller's. By default members accept and outside lines answer."""

    phones: Mapping[str, Behaviour] = field(default_factory=dict)
    others: Behaviour | None = None

    def phone(self, number: str, *, screened: bool) -> Behaviour:
        """What the phone with this number does when it rings."""
        default = Behaviour(Answer.ACCEPTS) if screened else Behaviour(Answer.ANSWERS, after=3)
        return self.phones.get(number) or self.others or default


def parse_world(text: str) -> World:
    """Parses a world. Raises SimulationError that says how to write it."""
    phones: dict[str, Behaviour] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        number, equals, what = part.partition("=")
        if not equals:
            raise SimulationError(
                f"'{part}' is not a phone; write NUMBER=WHAT, such as +16175550101=busy or *=no-answer"
            )
        phones[number.strip()] = _behaviour(what.split())
    others = phones.pop("*", None)
    return World(phones, others)


def _behaviour(words: list[str]) -> Behaviour:
    if not words or words[0] not in list(Answer):
        raise SimulationError(f"'{' '.join(words)}' is unknown; a phone can do: {', '.join(Answer)}")
    answer = Answer(words[0])
    behaviour = Behaviour(answer, after=_AFTER.get(answer, 4))
    for name, value in zip(words[1::2], words[2::2], strict=False):
        if name not in ("after", "talks") or not value.isdigit():
            raise SimulationError(f"'{name} {value}' is not understood; write after SECONDS or talks SECONDS")
        seconds = int(value)
        behaviour = replace(behaviour, after=seconds) if name == "after" else replace(behaviour, talks=seconds)
    if len(words) % 2 == 0:
        raise SimulationError(f"'{words[-1]}' needs a number of seconds")
    return behaviour
