"""From a prompt, a language and a moment to the words that are spoken or read."""

import re
from collections import Counter
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, assert_never

from phonetree.core.schedule import Names
from phonetree.core.tree import (
    Audio,
    Choice,
    Dialling,
    Email,
    Field,
    Key,
    Language,
    LanguageInfo,
    Link,
    Menu,
    Node,
    NodeId,
    Number,
    Part,
    Prompt,
    Site,
    prompts_of,
)
from phonetree.core.tree import Speak as SpeakLanguage
from phonetree.core.tree import Text as Words
from phonetree.core.verbs import Play, Say, Spoken

THIS_WEEK = timedelta(days=6)
"""Up to this far ahead, a weekday alone says which day is meant."""


_AT_ANY_TIME = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Piece:
    """Words to read; where they link to, if anywhere: a number, a mailbox or a page; and their language, if it is
    another one than that of the reader."""

    text: str
    href: str | None = None
    language: Language | None = None


class Speaker(NamedTuple):
    """Speaks one language of a site, at one moment; for a node, if the call is at one.

    A text that the language lacks is spoken in the language's fallback, with that one's voice: never half a sentence.
    """

    site: Site
    language: Language
    now: datetime
    node: NodeId | None = None

    def of(self, text: Container[Language]) -> "Speaker":
        """Who speaks a text: this speaker, or that of the language's fallback."""
        language = self.site.language_of(text, self.language)
        return self if language == self.language else self._replace(language=language)

    def prompt(self, prompt: Prompt | None) -> tuple[Spoken, ...]:
        """A prompt as spoken: its text in the language's voice, or its audio file."""
        if not prompt:
            return ()
        return self.site.said.get((self.language, self.node, id(prompt))) or (self.of(prompt)._spoken(prompt),)

    def offer(self, choice: Choice) -> Spoken:
        """A choice as spoken: what it does, then its key. A language is offered in that language, or else the first."""
        if said := self.site.said.get((self.language, self.node, id(choice))):
            return said[0]
        if isinstance(choice.target, SpeakLanguage):
            speak = self._replace(language=self.site.changed(self.language, choice.target.language))
            words = speak.words("language", language=speak.info.name, key=choice.key)
        else:
            speak = self.of(choice.label)
            words = speak.words("choice", label=sentence(speak.aloud(choice.label)), key=choice.key)
        return speak.say(words, self.node, choice.key)

    def aloud(self, prompt: Prompt) -> str:
        """The words of a prompt as spoken, before `Pronunciation`."""
        return "".join([self._aloud(part) for part in prompt[self.language]])

    def text(self, prompt: Prompt) -> str:
        """A prompt as written; for an audio file, its transcript."""
        return "".join(piece.text for piece in self.pieces(prompt))

    def pieces(self, prompt: Prompt) -> Iterator[Piece]:
        """A prompt as written, with its links."""
        speak = self.of(prompt)
        other = None if speak is self else speak.language
        return (replace(piece, language=other) for piece in map(speak._written, prompt[speak.language]))

    def name(self, names: Names) -> Piece:
        """The name of something, as written."""
        speak = self.of(names)
        return Piece(names[speak.language], language=None if speak is self else speak.language)

    @property
    def info(self) -> LanguageInfo:
        """The language."""
        return self.site.languages[self.language]

    def phrase(self, name: str, /, **fields: str) -> Say:
        """One of the product's phrases."""
        if not fields:
            for said in self.site.said.get((self.language, None, name), ()):
                if isinstance(said, Say):
                    return said
        return self.say(self.words(name, **fields))

    def words(self, name: str, /, **fields: str) -> str:
        """The words of one of the product's phrases."""
        return self.site.phrases[self.language][name].format(**fields)

    def say(self, text: str, node: NodeId | None = None, key: Key | None = None) -> Say:
        """A text in the language's voice and pronunciation: a phrase, or the words of a node, which may offer a key."""
        info = self.info
        return Say(info.pronunciation.aloud(text), info.voice, node, key)

    @property
    def partly(self) -> str:
        """That some texts are in another language only; "" if none is."""
        other = self.info.fallback
        return self.words("partly", language=self.site.languages[other].name) if other else ""

    def resource(self, resource: str) -> str:
        """The name of an outside line."""
        return self.name(self.site.resources[resource].names).text

    def _spoken(self, prompt: Prompt) -> Spoken:
        parts = prompt[self.language]
        if len(parts) == 1 and isinstance(parts[0], Audio):
            return Play(parts[0].file, parts[0].transcript, self.node)
        return self.say(self.aloud(prompt), self.node)

    def _written(self, part: Part) -> Piece:
        match part:
            case Number(number):
                return Piece(written(number, self.site.dialling), f"tel:{number}")
            case Email(address):
                return Piece(address, f"mailto:{address}")
            case Link(name, url):
                return Piece(self.words(f"link_{name}"), url)
            case Words() | Audio() | Field():
                return Piece(self._aloud(part))
            case _:
                assert_never(part)

    def _aloud(self, part: Part) -> str:
        match part:
            case Words(text):
                return text
            case Audio(_, transcript):
                return transcript
            case Number(number):
                return digits(number, self.site.dialling)
            case Email(address):
                name, _, domain = address.partition("@")
                return self.words("email", name=self._dotted(name), domain=self._dotted(domain))
            case Link(name):
                return self.words(f"link_{name}")
            case Field("closure"):
                status = self.site.schedule.status(self.now)
                return status.names.get(self.language) or self.site.phrases[self.language]["a_closure"]
            case Field():
                opening = self.site.schedule.status(self.now).next_opening
                return self.moment(opening) if opening else self.site.phrases[self.language]["no_opening"]
            case _:
                assert_never(part)

    def _dotted(self, address: str) -> str:
        return address.replace(".", f" {self.words('dot')} ")

    def names(self, phrase: str) -> list[str]:
        """The names that a phrase lists: "weekdays" (from Monday on) or "months"."""
        return [name.strip() for name in self.words(phrase).split(",")]

    def moment(self, moment: datetime) -> str:
        """A future moment, as said now: "tomorrow at 9 AM"."""
        phrases = self.site.phrases[self.language]
        today = self.now.astimezone(moment.tzinfo).date()
        ahead = moment.date() - today
        if not ahead:
            form = "today"
        elif ahead == timedelta(days=1):
            form = "tomorrow"
        else:
            form = "this_week" if ahead <= THIS_WEEK else "later"
        return phrases[form].format(
            time=self.time(moment),
            weekday=self.names("weekdays")[moment.weekday()],
            month=self.names("months")[moment.month - 1],
            day=moment.day,
        )

    def time(self, moment: datetime) -> str:
        """The time of day of a moment, as spoken."""
        phrases = self.site.phrases[self.language]
        form, hour = time_form(moment.hour, moment.minute)
        minute = f"{moment.minute:02}"
        clock = phrases["past_the_hour" if moment.minute else "on_the_hour"].format(hour=hour, minute=minute)
        return phrases[form].format(clock=clock)


def time_form(hour: int, minute: int) -> tuple[str, int]:
    """Which form a time of day takes, by the name of its phrase, and its hour on a twelve-hour clock."""
    if not minute and hour in (0, 12):
        return "noon" if hour else "midnight", 12
    half, on_the_clock = "morning" if hour < 12 else "afternoon", (hour - 1) % 12 + 1
    return f"one_in_the_{half}" if on_the_clock == 1 else half, on_the_clock


def say_in_advance(site: Site) -> Site:
    """The site, with everything put in words that it says in the same ones at any moment: a turn only looks it up."""
    for language in site.languages:
        nobody = Speaker(site, language, _AT_ANY_TIME)
        for name, text in site.phrases[language].items():
            if "{" not in text:
                site.said[language, None, name] = (nobody.phrase(name),)
        for node in site.nodes.values():
            speak = nobody._replace(node=node.id)
            for prompt in filter(_is_fixed, prompts_of(node)):
                site.said[language, node.id, id(prompt)] = speak.prompt(prompt)
            for choice in (*node.choices, *site.always.values()) if isinstance(node, Menu) else ():
                if _is_fixed(choice.label):
                    site.said[language, node.id, id(choice)] = (speak.offer(choice),)
    return site


def _is_fixed(prompt: Prompt) -> bool:
    """Whether a prompt is the same at any moment."""
    return not any(isinstance(part, Field) for parts in prompt.values() for part in parts)


def fields_of(site: Site, node: Node) -> Counter[Language]:
    """The number of fields in everything that a node may say, by language."""
    choices = (*node.choices, *site.always.values()) if isinstance(node, Menu) else ()
    return Counter(
        language
        for prompt in (*prompts_of(node), *(choice.label for choice in choices))
        for language, parts in prompt.items()
        for part in parts
        if isinstance(part, Field)
    )


class Ahead(NamedTuple):
    """A future moment, and its words as they are said at another one."""

    now: datetime
    moment: datetime
    words: str


def every_form(site: Site, language: Language, measure: Callable[[str], float]) -> Iterator[Ahead]:
    """Future moments as they may be said: every form, weekday and month, at the time of day whose words measure
    most."""
    begin = datetime(2026, 1, 10, tzinfo=UTC)  # the 10th to the 16th of a month cover every weekday
    longest = _longest_time(Speaker(site, language, begin), measure)
    for month in range(1, 13):
        for day in range(10, 17):
            moment = longest.replace(month=month, day=day)
            for ahead in (0, 1, 3, 30):
                now = moment - timedelta(days=ahead)
                yield Ahead(now, moment, Speaker(site, language, now).moment(moment))


def _longest_time(speak: Speaker, measure: Callable[[str], float]) -> datetime:
    """The time of day whose words measure most: of several, one at which lines open."""

    def measured(moment: datetime) -> float:
        return measure(speak.time(moment))

    minute = max((*range(45, 60), *range(45)), key=lambda minute: measured(speak.now.replace(hour=10, minute=minute)))
    hours = (*range(9, 24), *range(9))
    return max((speak.now.replace(hour=hour, minute=each) for hour in hours for each in (minute, 0)), key=measured)


def written(number: str, dialling: Dialling) -> str:
    """A number (E.164) as callers write it: "+16172532300" gives "617-253-2300" in the United States."""
    return dialling[number].written if number in dialling else "-".join(_groups(number))


def digits(number: str, dialling: Dialling) -> str:
    """A number (E.164) as it is read aloud, digit by digit, with a pause after each group: what callers dial.

    "+16172532300" gives "6 1 7, 2 5 3, 2 3 0 0" in the United States: in the same country nobody dials its code.
    """
    groups = re.findall(r"\d+", dialling[number].keys) if number in dialling else _groups(number.removeprefix("+"))
    return ", ".join(" ".join(group) for group in groups)


def _groups(number: str) -> list[str]:
    """A number in groups of digits, if it is one of North America."""
    national = re.fullmatch(r"\+?1(\d{3})(\d{3})(\d{4})", number)
    return list(national.groups()) if national else [number]


def sentence(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]
