"""How words are pronounced that are not spoken as written: "MIT" as "M I T", "911" as "9 1 1"."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Pronunciation:
    """The spoken forms of written words in one language. Whole words are replaced, case-sensitively; of two with the
    same beginning, the longer one."""

    spoken: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, spoken: Mapping[str, str]) -> "Pronunciation":
        """From a table of written words and their spoken forms."""
        return cls(tuple(spoken.items()))

    @property
    def growth(self) -> float:
        """By what factor a text can grow."""
        return max((len(said) / len(written) for written, said in self.spoken), default=1.0)

    def aloud(self, text: str) -> str:
        """The text as spoken."""
        if not self.spoken:
            return text
        return self._words.sub(self._said, text)

    def _said(self, found: re.Match[str]) -> str:
        return dict(self.spoken)[found[0]]

    @cached_property
    def _words(self) -> re.Pattern[str]:
        """Any of the words; where one may stand is looked up after it is found, which is quicker."""
        longest_first = sorted((written for written, _ in self.spoken), key=len, reverse=True)
        each = map(_as_a_word, longest_first)
        return re.compile(rf"(?:{'|'.join(each)})(?!\w)")


def _as_a_word(written: str) -> str:
    """A pattern for a word; of 000, where it is no end of a larger number, such as 10,000."""
    word = re.escape(written)
    apart = rf"(?<!\d[.,]{word})" if written.strip("0") == "" else ""
    return rf"{word}(?<!\w{word}){apart}"
