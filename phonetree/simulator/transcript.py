"""What happened on a call, as text that staff can read: when, who does what, and what is heard."""

from collections.abc import Callable
from dataclasses import dataclass, field
from textwrap import wrap

from phonetree.simulator.twiml import Said

COLUMNS = 110
_INDENT = " " * 17


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened, `at` seconds into the call. `said` has the words that the caller heard, each with its
    language."""

    at: float
    what: str
    detail: str
    said: tuple[Said, ...] = ()

    def __str__(self) -> str:
        head = f"{int(self.at) // 60:3}:{int(self.at) % 60:02}  {self.what:<8} "
        first, *more = wrap(self.detail, COLUMNS - len(head), break_long_words=False, break_on_hyphens=False) or [""]
        return "\n".join([f"{head} {first}".rstrip(), *(f"{_INDENT}{line}" for line in more)])


def unheard(line: Line) -> None:
    """A listener that ignores lines: the transcript is read afterwards."""


@dataclass
class Transcript:
    """The lines of a call. `listener` gets each one as it happens."""

    listener: Callable[[Line], None] = unheard
    lines: list[Line] = field(default_factory=list)

    def add(self, at: float, what: str, detail: str, said: tuple[Said, ...] = ()) -> None:
        line = Line(at, what, detail, said)
        self.lines.append(line)
        self.listener(line)

    def __str__(self) -> str:
        ordered = sorted(self.lines, key=lambda line: line.at)
        return "\n".join(str(line) for line in ordered) + "\n"
