"""The form of the languages: their voices, how words are said, and what stands in for texts that are not there."""

from collections.abc import Iterator
from dataclasses import dataclass

from phonetree.config.document import Value
from phonetree.config.edit_languages import AddLanguage, RemoveLanguage, SetLanguage
from phonetree.config.edit_places import table
from phonetree.config.edits import FormEdit
from phonetree.config.positions import Path
from phonetree.console.form_fields import Group, Input, Languages, Typed, dotted, text_of, typed_value
from phonetree.errors import EditError

NEW = "languages.new"
FIELDS = {
    "voice": ("Voice", "One of the telephone provider's, such as Polly.Joanna-Neural; its list of voices has more."),
    "code": ("Code with the country", "Such as fr-CA. Empty for English and Spanish: en-US and es-US."),
    "name": ("What the language calls itself", "Such as français. Empty for English and Spanish: the usual name."),
}
_FALLBACK = (
    "Texts that are not written in this language are heard and read in the other one, and callers are told before. "
    "None: every text is needed."
)
_SPOKEN = (
    "For words that the voice says wrong: a line for each, such as MIT: M I T. Texts stay as they are written. The "
    "product knows 911 and 988."
)
_NEW = (
    "English and Spanish come with the product. Any other one needs the product's own sentences first: whoever runs "
    "the server makes a file for their translation (phonetree phrases). Callers choose the language with a key: add "
    "one under “Keys that work in every menu”. Then fill in its fields on every page; until all are, let another "
    "language stand in."
)


@dataclass(frozen=True, slots=True)
class LanguagesForm:
    """The form of all languages."""

    routing: Value
    languages: Languages

    def now(self) -> Value:
        """What the file says about them."""
        return table(self.routing, "languages")

    def field_at(self, way: Path) -> str:
        """What the fields are called of a place in the file."""
        return dotted(way)

    def groups(self, said: Value) -> Iterator[Group]:
        """A group for each language, and one for a new one."""
        for number, (language, content) in enumerate(table(said).items()):
            name = f"languages.{language}"
            inputs = [
                Input(f"{name}.{field}", label, text_of(content, field), hint=hint if number == 0 else "")
                for field, (label, hint) in FIELDS.items()
            ]
            others = [each for each in self.languages.complete if each != language]
            inputs.append(self._fallback(name, others, text_of(content, "fallback")))
            spoken = "\n".join(f"{word}: {text_of(how)}" for word, how in table(content, "spoken").items())
            inputs.append(Input(f"{name}.spoken", "How words are said", spoken, "lines", "" if number else _SPOKEN))
            if number:
                inputs.append(
                    Input(f"{name}.remove", "Remove this language", "", "tick", "Once nothing is written in it.")
                )
            called = self.languages.names.get(language, language)
            first = "Calls begin in this language." if number == 0 else ""
            yield Group(f"{called} ({language})", tuple(inputs), first, about=name)
        new = [
            Input(f"{NEW}.language", "Short name", hint="Two or three small letters, such as fr. Empty: no new one.")
        ]
        new += [Input(f"{NEW}.{field}", label, hint=hint) for field, (label, hint) in FIELDS.items()]
        first_complete = next(iter(self.languages.complete), "")
        new.append(self._fallback(NEW, list(self.languages.complete), first_complete))
        yield Group("A new language", tuple(new), _NEW, about=NEW)

    def _fallback(self, name: str, others: list[str], now: str) -> Input:
        known = {**dict.fromkeys(others, ""), **({now: ""} if now else {})}
        options = (("", "none"), *((each, self.languages.names.get(each, each)) for each in known))
        return Input(f"{name}.fallback", "What stands in for missing texts", now, "choose", _FALLBACK, options)

    def edits(self, before: Value, typed: Typed) -> Iterator[FormEdit]:
        """What to do so that the languages are as they were typed, where that differs from `before`."""
        for language, content in table(before).items():
            name = f"languages.{language}"
            if typed.get(f"{name}.remove"):
                yield RemoveLanguage(language, content)
                continue
            for field in (*FIELDS, "fallback"):
                was = table(content).get(field)
                yield SetLanguage(language, field, was, typed_value(typed, f"{name}.{field}", was))
            spoken = table(content, "spoken")
            yield SetLanguage(language, "spoken", spoken or None, _spoken(typed, f"{name}.spoken", spoken))
        if language := typed_value(typed, f"{NEW}.language", None) or "":
            found = {field: typed_value(typed, f"{NEW}.{field}", None) for field in (*FIELDS, "fallback")}
            yield AddLanguage(language, {field: each for field, each in found.items() if each is not None})


def _spoken(typed: Typed, field: str, before: Value) -> Value | None:
    """How words are said, from a line for each; as before if the field was not sent. Raises EditError for a line that
    says nothing of a word."""
    if field not in typed:
        return before or None
    found: dict[str, Value] = {}
    for line in (" ".join(line.split()) for line in typed[field].splitlines() if line.strip()):
        word, _, how = (part.strip() for part in line.partition(": " if ": " in line else ":"))
        if not word or not how:
            raise EditError({field: f"“{line}” lacks a colon between the word and how it is said, such as MIT: M I T"})
        if word in found:
            raise EditError({field: f"“{word}” is there twice; keep one line for it"})
        found[word] = how
    return found or None
