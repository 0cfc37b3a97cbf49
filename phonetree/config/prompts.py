"""Prompts: text in every language, or an audio file with its words; and the fields in them."""

import os
import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import assert_never, get_args

from phonetree.config.document import Item, Scalar, Table
from phonetree.config.emergency import warn_of_another
from phonetree.config.reader import LONGEST_NAME, Section, suggest, with_colons
from phonetree.core.tree import (
    Audio,
    Dialling,
    Email,
    Field,
    Helpline,
    LanguageInfo,
    Link,
    LinkName,
    Number,
    Part,
    Prompt,
    Resource,
    Text,
)
from phonetree.core.wording import written
from phonetree.errors import Where

LONGEST_TEXT = 3000
"""Characters of one prompt; the provider's limit is somewhat higher (Twilio, voice/twiml/say)."""

MOST_OF_ONE_FIELD = 3
"""How often a field may occur in one text: its value may be long, and is not known before the call."""

AUDIO_TYPES = (".mp3", ".wav", ".aiff", ".gsm", ".ulaw")
"""What can be played (Twilio, voice/twiml/play)."""

LONGEST_FILE_NAME = 200
"""Bytes of an audio file's name; file systems allow 255."""

LINKS: tuple[LinkName, ...] = get_args(LinkName)

_FIELD = re.compile(r"\{([^{}]*)\}")
_EMAIL = re.compile(r"([\w.+-]+@[\w-]+(?:\.[\w-]+)+)")
_SENTENCE = re.compile(
    r"(?<!\bDr\.)(?<!\bMr\.)(?<!\bMs\.)(?<!\bMrs\.)(?<!\bSt\.)(?<!\bProf\.)(?<!\bSr\.)(?<!\bSra\.)(?<!\bDra\.)"
    r"""(?:(?<=[.!?…])|(?<=[.!?…]["”’»)\]])) (?=[^a-zß-öø-ÿ])"""
)
"""Between two sentences: after a mark, also a quoted one, and not after a title or before a small letter."""


def audio_file(folder: Path, name: str) -> Path | None:
    """The audio file of that name; None when it must not be served: hidden, of another type, not a regular file, or
    really elsewhere."""
    try:
        real = (folder / name).resolve(strict=True)
        inside = real.is_relative_to(folder.resolve()) and real.is_file()
    except (OSError, ValueError, RuntimeError):  # missing, unreadable, not a name at all, a link to itself
        return None
    plain = Path(name).name == name and not name.startswith(".") and name.lower().endswith(AUDIO_TYPES)
    return real if inside and plain else None


@dataclass
class PromptReader:
    """Reads the prompts of one site, by its languages, the fields that it allows, and its folder of audio files."""

    languages: Mapping[str, LanguageInfo]
    helpline: Helpline
    audio: Path
    resources: Mapping[str, Resource] = field(default_factory=dict)
    links: Mapping[LinkName, str] = field(default_factory=dict)
    dialling: Dialling = field(default_factory=dict)
    _fixed_fields: dict[str, Mapping[str, Part]] = field(default_factory=dict, init=False)

    def read(self, section: Section, key: str, *, hint: str | None = None) -> Prompt | None:
        """The prompt under a key. With a hint it is required; without, None if it is missing."""
        item = section.require(key, hint) if hint else section.take(key)
        return self.prompt(section, item, key) if item is not None else None

    def required(self, section: Section, key: str, hint: str) -> Prompt:
        """The prompt under a key, which is required."""
        return self.read(section, key, hint=hint) or {}

    def prompt(self, section: Section, item: Item, what: str) -> Prompt:
        """An item as a prompt. Plain text is enough if there is only one language, besides those that fall back to
        it."""
        if not isinstance(item, Table):
            complete = [language for language, info in self.languages.items() if not info.fallback]
            if len(complete) > 1:
                section.problem(item.where, f"'{what}' needs a text for each language; write {self._pattern()}")
                return {}
            return {language: self._parts(section, item, what, language) for language in complete}
        item = with_colons(item, self.languages, lambda where, text: section.problem(where, f"'{what}': {text}"))
        given = {key.text: (key, value) for key, value in item.entries}
        for name, (key, _) in given.items():
            if name not in self.languages and self.languages:  # else they could not be read, which is reported
                known = suggest(name, self.languages)
                if " " in name:  # not a language, but the rest of a text
                    known = "; a text with a comma in it needs quotes around it"
                section.problem(key.where, f"'{what}': '{name}' is not one of the languages{known}")
        refuse_lacking(section, item.where, what, self.languages, given)
        return {
            language: self._parts(section, value, f"{what}, {language}", language)
            for language, (_, value) in given.items()
            if language in self.languages
        }

    def _pattern(self) -> str:
        return "{" + ", ".join(f'{language}: "..."' for language in self.languages) + "}"

    def _parts(self, section: Section, item: Item, what: str, language: str) -> tuple[Part, ...]:
        if isinstance(item, Table):
            return self._audio(section.subsection(item, f"{section.label}, {what}"), language)
        text = section.scalar(item, f"'{what}'", default="?", spoken=True)
        return tuple(self._split(section, text, what, language))

    def _split(self, section: Section, value: Scalar, what: str, language: str) -> Iterator[Part]:
        if section.refuse_comment(value):
            return
        text = " ".join(value.text.split())
        if not text:
            section.problem(value.where, f"'{what}' is empty; write what callers hear")
        text = self._without_unset_links(section, value, text, what)
        warn_of_another(section, value, f"'{what}'", self.helpline.emergency)
        said = self.languages[language].pronunciation.aloud(text)
        if (length := len(said) + text.count("{") * LONGEST_NAME) > LONGEST_TEXT:  # what is filled in may be long
            section.problem(
                value.where, f"'{what}' has {length} characters; at most {LONGEST_TEXT} can be spoken at once"
            )
        pieces = _FIELD.split(text)
        refuse_repeats(section, value, f"'{what}'", pieces[1::2])
        for number, piece in enumerate(pieces):
            if number % 2:
                yield self._field(section, value, what, piece, language)
            elif "{" in piece or "}" in piece:
                section.problem(
                    value.where, f"'{what}' has a brace without its partner; fields look like {{next_opening}}"
                )
            else:
                yield from (Email(each) if "@" in each else Text(each) for each in _EMAIL.split(piece) if each)

    def _field(self, section: Section, value: Scalar, what: str, name: str, language: str) -> Part:
        if name in ("next_opening", "closure"):
            return Field(name)  # type: ignore[arg-type]
        fixed = self._fixed(language)
        if name in fixed:
            return fixed[name]
        if "." in name and not self.resources:
            return Text("")  # no resource could be read, which is reported at `last_resort`
        if name == "helpline.email":
            text = "{helpline.email} is not set; write the address under helpline, or take the sentence out"
            section.problem(value.where, f"'{what}': {text}")
            return Text("")
        links = [f"links.{each}" for each in LINKS]
        known = suggest(name, ["next_opening", "closure", *fixed, *links]) or "; write one such as next_opening"
        section.problem(value.where, f"'{what}': {{{name}}} is not a field{known}")
        return Text("")

    def _without_unset_links(self, section: Section, value: Scalar, text: str, what: str) -> str:
        """The text without the sentences that mention a link without an address. A link that is written without one has
        its warning there."""
        said: list[str] = []
        for sentence in _SENTENCE.split(text):
            unset = [name for name in LINKS if f"{{links.{name}}}" in sentence and not self.links.get(name)]
            if not unset:
                said.append(sentence)
            for name in unset:
                if name not in self.links:
                    hint = "write its address under links, or take the sentence out"
                    section.warn(
                        value.where, f"'{what}': {{links.{name}}} is not set, so its sentence is left out; {hint}"
                    )
        if text and not said:
            section.problem(value.where, f"'{what}' has nothing left to say without its link; write its address")
        return " ".join(said)

    def _fixed(self, language: str) -> Mapping[str, Part]:
        """Fields that do not depend on the moment, computed once for each language."""
        if language in self._fixed_fields:
            return self._fixed_fields[language]
        fallback = self.languages[language].fallback or language
        fields: dict[str, Part] = {
            "helpline.name": Text(self.helpline.name),
            "helpline.number": Number(self.helpline.number),
            **({"helpline.email": Email(self.helpline.email)} if self.helpline.email else {}),
            **{f"links.{name}": Link(name, url) for name, url in self.links.items() if url},
        }
        for name, resource in self.resources.items():
            fields[f"{name}.name"] = Text(resource.names.get(language) or resource.names.get(fallback, ""))
            fields[f"{name}.number"] = Number(resource.number)
        return self._fixed_fields.setdefault(language, fields)

    def _audio(self, section: Section, language: str) -> tuple[Part, ...]:
        file = section.text("audio", hint="write the file's name, such as audio: welcome-en.mp3")
        text = section.text("text")
        section.refuse_unknown()
        if not file.text:
            return ()
        if Path(file.text).name != file.text:
            section.problem(file.where, f"'{file.text}' is not a plain file name; put the file into the folder 'audio'")
        elif len(file.text.encode("utf-8", "replace")) > LONGEST_FILE_NAME:
            section.problem(
                file.where, f"a file's name is longer than {LONGEST_FILE_NAME} bytes; give it a shorter one"
            )
        elif not file.text.lower().endswith(AUDIO_TYPES):
            section.problem(file.where, f"'{file.text}' cannot be played; use one of {', '.join(AUDIO_TYPES)}")
        elif problem := _missing(self.audio / file.text):
            section.problem(file.where, f"'{file.text[:40]}' {problem}")
        elif audio_file(self.audio, file.text) is None:
            hint = "put the file itself there, not a link"
            section.problem(file.where, f"'{file.text[:40]}' is not in the folder 'audio'; {hint}")
        if not text.text:
            section.warn(file.where, f"'{file.text}' has no text; those who cannot hear it have nothing to read")
        parts = tuple(self._split(section, text, "text", language)) if text.text else ()
        if any(isinstance(part, Field) for part in parts):
            section.problem(text.where, "a recording cannot say what depends on the moment; leave such fields out")
        return (Audio(file.text, "".join(_transcribed(part, self.dialling) for part in parts)),)


def refuse_lacking(
    section: Section, where: Where, what: str, languages: Mapping[str, LanguageInfo], given: Container[str]
) -> None:
    """Reports the languages in which a text is not given, unless it is given in their fallback."""
    for language, info in languages.items():
        if language not in given and info.fallback not in languages:
            section.note_lacking(language, where, f"'{what}' lacks its text in '{language}'; add {language}: \"...\"")


def refuse_repeats(section: Section, value: Scalar, what: str, fields: Iterable[str]) -> None:
    """Reports a field that occurs in a text too often."""
    for name, times in Counter(fields).items():
        if times > MOST_OF_ONE_FIELD:
            section.problem(
                value.where,
                f"{what} has {{{name}}} {times} times; at most {MOST_OF_ONE_FIELD} are allowed",
            )


def _transcribed(part: Part, dialling: Dialling) -> str:
    """A part of a recording's words, as it is read."""
    match part:
        case Text(text):
            return text
        case Number(number):
            return written(number, dialling)
        case Email(address):
            return address
        case Link(_, url):
            return url
        case Field() | Audio():
            return ""
        case _:
            assert_never(part)


def _missing(path: Path) -> str | None:
    """Why an audio file cannot be played; None if it can."""
    try:
        if not path.is_file():
            if _in_other_bytes(path):
                hint = "rename the file, best without accents, and write that name here"
                return f"has a name in the folder 'audio' that is not UTF-8; {hint}"
            return "is not in the folder 'audio'; put the file itself there, not a link"
    except OSError as error:  # a folder without permission, a name that is too long
        return f"cannot be checked in the folder 'audio' ({error.strerror}); fix its permissions or its name"
    return None if os.access(path, os.R_OK) else "cannot be read; give the server permission to read it"


def _in_other_bytes(path: Path) -> bool:
    """Whether its folder has a file of that name, apart from letters that are not UTF-8. Raises OSError."""
    if path.name.isascii() or not path.parent.is_dir():
        return False
    names = (each.name for each in path.parent.iterdir() if not _is_utf8(each.name))
    return any(_ascii(name) == _ascii(path.name) for name in names)


def _is_utf8(name: str) -> bool:
    """Python reads each byte that is not as half of a surrogate pair."""
    return not any("\udc80" <= each <= "\udcff" for each in name)


def _ascii(name: str) -> bytes:
    return name.encode("ascii", "ignore")
