"""What callers would meet: the first words in each language, and calls that are tried (`runtime/trials.py`)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from phonetree.config.phones import phones_of
from phonetree.config.site import Loaded
from phonetree.console.few import Few
from phonetree.core import engine
from phonetree.core.schedule import Override
from phonetree.core.tree import Language, NodeId, Site
from phonetree.core.verbs import Verbs
from phonetree.diff.compare import sentences
from phonetree.errors import SimulationError
from phonetree.proof.budgets import question
from phonetree.runtime.trials import Played, TrialCall, TrialError, Trials
from phonetree.simulator.world import Answer

MOST_OF_ONE = 2
MOST = 4
"""Calls that are being played at once, of an account and of all."""

PHONES = {
    "somebody": (None, "somebody picks up"),
    "nobody": (Answer.NO_ANSWER, "nobody picks up"),
    "busy": (Answer.BUSY, "every phone is busy"),
    "voicemail": (Answer.MACHINE, "voicemails pick up"),
}
"""What the phones do that ring (None: each takes the call as its kind does), and its words."""


class TrialBusyError(TrialError):
    """Too many calls are being played."""

    def __init__(self) -> None:
        super().__init__("several calls are being tried at this moment; try again in a few seconds")


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


class FewTrials:
    """A process that plays calls, and that so many ask at once."""

    def __init__(self, trials: Trials) -> None:
        self._trials = trials
        self._few = Few(MOST_OF_ONE, MOST, TrialBusyError)

    def prepare(self) -> None:
        """Has the process ready for the next call."""
        self._trials.prepare()

    def play(self, call: TrialCall) -> Played:
        """A call. Raises TrialError and SimulationError, which say why it could not be played."""
        with self._few.turn():
            played = self._trials.play(call)
        if played.problem:
            raise SimulationError(played.problem)
        return played


def to(loaded: Loaded, folder: Path, overrides: tuple[Override, ...], at: datetime) -> TrialCall:
    """A call to a site, whose audio is in a folder, at a moment."""
    unrung = frozenset(name for name, number in phones_of(loaded.site).items() if not number)
    return TrialCall(loaded.contents, folder, unrung, overrides, at)


def steps_of(text: str) -> tuple[str, ...]:
    """A caller's steps as a form has them: "1,2"."""
    return tuple(filter(None, map(str.strip, text.split(","))))


def answer_of(phones: str) -> str:
    """What a choice of `PHONES` has phones do, as a call has it. Raises SimulationError when it is none."""
    if phones not in PHONES:
        raise SimulationError("choose what the phones do")
    return PHONES[phones][0] or ""


def answer_of_one(phones: str, *, screened: bool) -> str:
    """The same for those that do something else than the others; `screened` phones are asked whether they accept."""
    return answer_of(phones) or (Answer.ACCEPTS if screened else Answer.ANSWERS)
