"""How words are said that are written otherwise: "MIT" as "M I T", "911" as "9 1 1"."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Pronunciation:
    """What one language says for words as they are written. Whole words are replaced, with their case; of two that
    begin alike, the longer one."""

    spoken: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, spoken: Mapping[str, str]) -> "Pronunciation":
        """From a table: the spoken form of each written one."""
        return cls(tuple(spoken.items()))

    @property
    def growth(self) -> float:
        """How many times as long a text can become."""
        return max((len(said) / len(written) for written, said in self.spoken), default=1.0)

    def aloud(self, text: str) -> str:
        """The text as it is said."""
        if not self.spoken:
            return text
        said, words = _table(self.spoken)
        return words.sub(lambda found: said[found[0]], text)


@cache
def _table(spoken: tuple[tuple[str, str], ...]) -> tuple[Mapping[str, str], re.Pattern[str]]:
    longest_first = sorted((written for written, _ in spoken), key=len, reverse=True)
    return dict(spoken), re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")
