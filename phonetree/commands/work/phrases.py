"""`phrases`: a file in which somebody translates what the product itself says."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import click

from phonetree.commands.files import make_folder, read_text, refuse_unwritable, replace_text
from phonetree.config.document import Item, Listing, Table, parse, read_bytes
from phonetree.config.languages import LANGUAGE
from phonetree.config.phrase_file import completed, untranslated
from phonetree.config.phrases import file_of
from phonetree.config.site import ROUTING
from phonetree.core.phrases import PHRASES
from phonetree.errors import ConfigError, PhonetreeError
from phonetree.settings import PROGRAM, config_folder

VOICES = {
    "de": "{voice: Polly.Vicki-Neural, code: de-DE, name: Deutsch",
    "fr": "{voice: Polly.Gabrielle-Neural, code: fr-CA, name: français",
    "it": "{voice: Polly.Bianca-Neural, code: it-IT, name: italiano",
    "ja": "{voice: Polly.Takumi-Neural, code: ja-JP, name: 日本語",
    "ko": "{voice: Polly.Seoyeon-Neural, code: ko-KR, name: 한국어",
    "pt": "{voice: Polly.Camila-Neural, code: pt-BR, name: português",
    "zh": "{voice: Polly.Zhiyu-Neural, code: cmn-CN, name: 中文",
}
"""Voices of the provider for languages that a site may add (Twilio, voice/twiml/say/text-speech)."""

_FREE_KEYS = "7654321"
"""Keys that may choose a language, in the order in which they are suggested."""


def phrases(language: str, out: Path | None, config: Path) -> None:
    """Runs `phrases`."""
    if not LANGUAGE.match(language):
        raise click.BadParameter("a language is two or three small letters, such as pt", param_hint="--language")
    if language in PHRASES:
        text = f"'{language}' comes with the product; to word one of its phrases differently, write it in {ROUTING}"
        raise PhonetreeError(f"{text}, under phrases, {language}")
    routing = read_bytes(config / ROUTING, str(config / ROUTING))
    path = out or config / file_of(language)
    if not out:
        make_folder(path.parent)
    refuse_unwritable(path)
    before = read_text(path) if path.exists() else ""
    after = completed(before, language, str(path))
    if after != before:
        replace_text(path, after)
    for line in _told(path, before, after):
        click.echo(line)
    for line in _next_steps(language, _table(routing), config):
        click.echo(line)


def _told(path: Path, before: str, after: str) -> Iterator[str]:
    left = untranslated(after, str(path))
    if not before:
        yield f"Wrote {path}: {_phrases(left)}, each below its English. Write the translations between the quotes."
    elif after != before:
        yield f"Added to {path} what it lacked; still to be translated: {_phrases(left)}."
    else:
        yield f"{path} has every phrase; still to be translated: {_phrases(left) if left else 'none'}."


def _phrases(number: int) -> str:
    return "1 phrase" if number == 1 else f"{number} phrases"


def _table(routing: bytes) -> Table | None:
    """routing.yaml, if it can be read; what is wrong with it is told by `check`."""
    with suppress(ConfigError):
        return parse(routing, ROUTING)
    return None


def _next_steps(language: str, routing: Table | None, config: Path) -> Iterator[str]:
    sections = {key.text: item for key, item in routing.entries} if routing else {}
    if language not in _keys(sections.get("languages")):
        first = next(iter(_keys(sections.get("languages"))), "en")
        key, voice = _free_key(routing), VOICES.get(language, "{voice: ..., code: ..., name: ...")
        yield f"Add the language to {config / ROUTING}, below the others, and a key that chooses it:"
        yield ""
        yield "languages:"
        yield f"  {language}: {voice}, fallback: {first}}}"
        yield "always:"
        yield f"  {key}: {{language: {language}}}"
        yield ""
        yield f"So that callers hear of it, add {key} to 'mention' of the menus with which calls begin."
        yield f"With the fallback, texts that you have not translated yet are heard in '{first}'."
        if language not in VOICES:
            yield "Voices and codes: https://www.twilio.com/docs/voice/twiml/say/text-speech"
    elsewhere = "" if config == config_folder() else f" --config {config}"
    yield f"Then: {PROGRAM} check{elsewhere}"


def _keys(item: Item | None) -> list[str]:
    return [key.text for key, _ in item.entries] if isinstance(item, Table) else []


def _free_key(routing: Table | None) -> str:
    """A key that no menu uses."""
    used = set(_keys_pressed(routing))
    return next((key for key in _FREE_KEYS if key not in used), _FREE_KEYS[0])


def _keys_pressed(item: Item | None) -> Iterator[str]:
    if isinstance(item, Listing):
        for each in item.items:
            yield from _keys_pressed(each)
    if isinstance(item, Table):
        for key, value in item.entries:
            if key.text in ("choices", "always"):
                yield from _keys(value)
            yield from _keys_pressed(value)
