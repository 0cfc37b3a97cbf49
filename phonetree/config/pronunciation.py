"""The pronunciation table of a language, under `spoken`."""

from collections.abc import Iterator, Mapping

from phonetree.config.document import Scalar
from phonetree.config.reader import Section
from phonetree.core.phrases import SPOKEN
from phonetree.core.pronunciation import Pronunciation
from phonetree.core.tree import LanguageInfo

MOST_SPOKEN, LONGEST_SPOKEN = 200, 60
"""Entries of a table, and the characters of one."""

_FIXED = "choice", "language", "again", "screen", "screen_language", "screen_again", "trouble", "fallback"
"""Phrases that name keys and the emergency number: no table may change them."""

_PRODUCT = Pronunciation.of(SPOKEN)


def read_pronunciation(section: Section) -> Pronunciation:
    """How words are pronounced that are not spoken as written. Those of the product's phrases are included."""
    spoken = dict(SPOKEN)
    for written, item in section.at_most(MOST_SPOKEN).entries():
        said = section.scalar(item, f"'{written.text}'", spoken=True)
        if not section.refuse_comment(said):
            spoken[written.text] = said.text
        for problem in _problems(written, said):
            section.problem(said.where, problem)
    return Pronunciation.of(spoken)


def _problems(written: Scalar, said: Scalar) -> Iterator[str]:
    """The first thing that is wrong with an entry, if anything is."""
    word = written.text
    if not said.text:
        yield f"'{word}' is empty; write how it is said, such as MIT: M I T"
    elif len(word) < 2 or word != word.strip():
        yield f"'{word}' is not a word; write one of two or more characters, as it is in the texts"
    elif longest := max((each for each in (word, said.text) if len(each) > LONGEST_SPOKEN), default=""):
        yield f"'{longest[:LONGEST_SPOKEN]}...' has {len(longest)} characters; at most {LONGEST_SPOKEN} are allowed"
    elif set("{}") & set(word + said.text):
        yield f"'{word}' is replaced as it stands; write it without braces"
    elif not any(map(str.isalnum, said.text)):
        yield f"'{word}' is said as '{said.text}', in which there is nothing to say"
    elif _digits(word) and _digits(word) != _digits(said.text):
        yield f"'{word}' is said as '{said.text}'; a number has to keep its digits, such as {word}: {' '.join(word)}"


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def refuse_other_keys(
    section: Section, languages: Mapping[str, LanguageInfo], phrases: Mapping[str, Mapping[str, str]]
) -> None:
    """Reports a table that changes how keys or the emergency number are told."""
    for language, info in languages.items():
        for name in _FIXED:
            text = phrases[language].get(name, "")
            if (said := info.pronunciation.aloud(text)) != _PRODUCT.aloud(text):
                where = section.where_of("languages")
                hint = "it tells keys or the emergency number, so leave its words out of the table"
                section.problem(where, f"language '{language}', spoken: changes the phrase '{name}' to: {said}; {hint}")
