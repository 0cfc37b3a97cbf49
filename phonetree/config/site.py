"""A site from the files of its folder, or every problem in them; and a site under overrides."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import pytz

from phonetree.config import document
from phonetree.config.document import Table
from phonetree.config.hours import read_schedule
from phonetree.config.languages import LANGUAGE, read_languages
from phonetree.config.numbers import NumberRules
from phonetree.config.phrases import FOLDER, file_of
from phonetree.config.reader import Findings
from phonetree.config.rendering import LastResort, last_resort
from phonetree.config.routing import Routing, read_routing
from phonetree.config.together import NAME as UNDER_WAY
from phonetree.config.together import Files, under_way
from phonetree.core.covers import covered
from phonetree.core.schedule import Override, Schedule
from phonetree.core.tree import Site
from phonetree.core.wording import say_in_advance
from phonetree.errors import ConfigError, ConfigWarning, MixedError, Problem, Where

T = TypeVar("T")

HOURS, ROUTING = "hours.yaml", "routing.yaml"

Contents = Mapping[str, bytes]
"""The files of a site by name: hours.yaml, routing.yaml, and phrases/LANGUAGE.yaml for each of its languages that has
one. Those of other languages are kept beside them: nothing of these is heard, but somebody translated them."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A site, the files it was made from, and its warnings."""

    site: Site
    contents: Contents
    last_resort: LastResort
    warnings: tuple[ConfigWarning, ...]


READ_TIMES = 30
"""How often the files are read until nobody replaced one meanwhile; after that as they were found. Reading takes a
millisecond or two, publishing longer, so not even one publication after the other keeps files of two times together."""


def load(folder: Path, rules: NumberRules, *, patched: bool = False) -> Loaded:
    """The site of a folder's files and audio. `patched`: phrases that a language lacks are in English.

    Raises ConfigError with every problem in them, in file order.
    """
    findings = Findings(patched=patched)
    try:
        found = _settled(folder, lambda: _found(folder))
    except MixedError as error:
        raise ConfigError([Problem(Where(error.name), str(error))]) from None

    def read(name: str) -> bytes | None:
        if name not in found:
            return _bytes(folder / name, findings) if os.path.lexists(folder / name) else None  # phrases/ is not listed
        data = found[name]
        if isinstance(data, ConfigError):
            findings.problems += data.problems
            return None
        return data

    loaded = _kept(
        _compiled(folder, read, rules, findings),
        {name: data for name, data in found.items() if isinstance(data, bytes)},
    )
    return replace(loaded, warnings=tuple(sorted({*loaded.warnings, *_unused(folder, loaded.site)})))


def _found(folder: Path) -> Mapping[str, bytes | ConfigError | None]:
    """The files that count, or why one cannot be read; None for one that does not count any more. Raises MixedError."""
    instead = under_way(folder)
    found: dict[str, bytes | ConfigError | None] = dict(instead)
    for name in {HOURS, ROUTING, *_phrase_files(folder)} - instead.keys():
        try:
            found[name] = document.read_bytes(folder / name, str(folder / name))
        except ConfigError as error:
            found[name] = error
    return found


def made_of(contents: Contents, folder: Path, rules: NumberRules, *, patched: bool = False) -> Loaded:
    """The site of files' contents and a folder's audio, `patched` as in `load`. Raises ConfigError."""
    return _kept(_compiled(folder, contents.get, rules, Findings(patched=patched)), contents)


def wrong_values(contents: Contents, folder: Path, rules: NumberRules) -> tuple[Problem, ...]:
    """What is wrong with single values of files that need not make a site, such as those of a draft."""
    findings = Findings(single=True)
    try:
        _parts(folder, contents.get, rules, findings)
    except ConfigError as error:  # there is too much to read
        return error.problems
    return tuple(sorted(set(findings.problems)))


def fingerprint(folder: Path) -> str:
    """A hash of all that `load` depends on: the files, and which audio files there are."""
    found = contents_of(folder)
    mixed = [b"of two revisions"] if _mixed(folder) else []
    return _digest([*mixed, *(_named(name, data) for name, data in found.items()), *audio(folder)])


def contents_of(folder: Path) -> Contents:
    """The files of a folder as they are, whether or not they are a site; empty in place of one that cannot be read."""
    return _settled(folder, lambda: _contents(folder, Findings()))


def unreadable(folder: Path) -> bool:
    """Whether a file is there that cannot be read."""
    findings = Findings()
    _contents(folder, findings)
    return any(os.path.lexists(each.where.file) for each in findings.problems)


def whole_contents_of(folder: Path) -> Contents | None:
    """The same; None if one cannot be read, or if it cannot be told which ones count."""

    def read() -> Contents | None:
        findings = Findings()
        found = _contents(folder, findings)
        unlisted = os.path.lexists(folder / FOLDER) and not os.access(folder / FOLDER, os.R_OK | os.X_OK)
        return None if unlisted or findings.problems or _mixed(folder) else found

    return _settled(folder, read)


def _contents(folder: Path, findings: Findings) -> Contents:
    instead: Files = {}
    with suppress(MixedError):  # `load` says it
        instead = under_way(folder)
    names = {HOURS, ROUTING, *_phrase_files(folder)} - instead.keys()
    found = {name: _bytes(folder / name, findings) or b"" for name in names}
    found |= {name: data for name, data in instead.items() if data is not None}
    return dict(sorted(found.items()))


def _mixed(folder: Path) -> bool:
    """Whether the files are of two revisions."""
    try:
        under_way(folder)
    except MixedError:
        return True
    return False


def revision_of(contents: Contents) -> str:
    """The name of the revision with these files."""
    more = (_named(name, contents[name]) for name in sorted(contents.keys() - {HOURS, ROUTING}))
    return _digest([contents[HOURS], contents[ROUTING], *more])[:12]


def _settled(folder: Path, read: Callable[[], T]) -> T:
    """What `read` makes of the files while nobody replaces one."""
    for _ in range(READ_TIMES - 1):
        seen = _stamps(folder)
        try:
            found = read()
        except MixedError:
            if seen == _stamps(folder):
                raise
        else:
            if seen == _stamps(folder):
                return found
    return read()


def _stamps(folder: Path) -> tuple[tuple[int, ...] | None, ...]:
    """What differs once one of the files was replaced."""
    found: list[tuple[int, ...] | None] = []
    for name in (HOURS, ROUTING, *_phrase_files(folder), UNDER_WAY):
        try:
            stat = (folder / name).stat()
        except OSError:
            found.append(None)
        else:
            found.append((stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What files were read as: None for one that cannot be read."""

    schedule: Schedule | None
    routing: Routing | None
    used: Contents


def _parts(folder: Path, read: Callable[[str], bytes | None], rules: NumberRules, findings: Findings) -> _Parts:
    """What the files say that `read` returns by name: None for one that there is not."""
    contents = {name: read(name) for name in (HOURS, ROUTING)}
    hours, routing = (_table(folder / name, data, findings) for name, data in contents.items())
    if hours and routing and _swapped(hours, routing):
        raise ConfigError([Problem(Where(str(folder / HOURS)), _SWAPPED)])
    # a file that cannot be read at all is one problem: the other file is not checked against it
    languages = read_languages(routing, findings) if routing else {}
    schedule = read_schedule(hours, tuple(languages), findings) if hours else None
    zone = schedule.zone if schedule else pytz.UTC
    phrases = {language: data for language in languages if (data := read(file_of(language))) is not None}
    tables = {language: _table(folder / file_of(language), data, findings) for language, data in phrases.items()}
    parts = read_routing(routing, languages, tables, zone, folder, rules, findings) if routing else None
    used = {name: data or b"" for name, data in contents.items()}
    return _Parts(schedule, parts, used | {file_of(language): data for language, data in phrases.items()})


def _compiled(folder: Path, read: Callable[[str], bytes | None], rules: NumberRules, findings: Findings) -> Loaded:
    """The site of the files that `read` returns by name."""
    parts = _parts(folder, read, rules, findings)
    if findings.problems or parts.schedule is None or parts.routing is None:
        raise ConfigError(sorted(set(findings.problems)))
    site = Site(
        revision=revision_of(parts.used),
        schedule=parts.schedule,
        **{field.name: getattr(parts.routing, field.name) for field in fields(parts.routing)},
    )
    try:
        resort = last_resort(site)
    except ValueError as error:
        text = f"what callers hear when the server itself fails ('{site.last_resort}') {error}"
        raise ConfigError([Problem(Where(str(folder / ROUTING)), text)]) from error
    return Loaded(say_in_advance(site), parts.used, resort, tuple(sorted(set(findings.warnings))))


def _kept(loaded: Loaded, contents: Contents) -> Loaded:
    """A site with the files beside its own that have phrases of other languages, as text."""
    others = {name: data for name, data in contents.items() if language_of(name) and is_text(data)}
    kept = {**others, **loaded.contents}
    if len(kept) == len(loaded.contents):
        return loaded
    site = replace(loaded.site, revision=revision_of(kept))
    site.said.update(loaded.site.said)  # the texts are the same
    return replace(loaded, site=site, contents=kept)


def heard_of(contents: Contents, languages: Iterable[str]) -> Contents:
    """The files that callers hear something of, in these languages."""
    return {name: data for name, data in contents.items() if language_of(name) in (None, *languages)}


def language_of(name: str) -> str | None:
    """The language whose phrases a file has, by its name in the folder; None for any other file."""
    language = name.removeprefix(f"{FOLDER}/").removesuffix(".yaml")
    return language if name == file_of(language) and LANGUAGE.match(language) else None


def is_text(data: bytes) -> bool:
    """Whether a file of phrases can be kept with a site that does not have its language."""
    try:
        return bool(data.decode())
    except UnicodeDecodeError:
        return False


def _phrase_files(folder: Path) -> list[str]:
    """The names of all files of phrases, whether or not the site has their languages; of no copies beside them."""
    try:
        names = [path.name for path in (folder / FOLDER).iterdir() if path.suffix == ".yaml"]
    except OSError:
        return []
    return sorted(f"{FOLDER}/{name}" for name in names if LANGUAGE.match(name.removesuffix(".yaml")))


def _unused(folder: Path, site: Site) -> Iterator[ConfigWarning]:
    """The files of phrases in languages that the site does not have."""
    for name in set(_phrase_files(folder)) - set(map(file_of, site.languages)):
        language = Path(name).stem
        text = f"'{language}' is not one of the languages; add it under languages in routing.yaml, with its voice"
        yield ConfigWarning(Where(str(folder / name)), text)


_SWAPPED = "holds what belongs in routing.yaml, and routing.yaml what belongs here; swap the names of the two files"


def _swapped(hours: Table, routing: Table) -> bool:
    """Whether each file has the other one's main settings, and none of its own."""
    first, second = ({key.text for key, _ in table.entries} for table in (hours, routing))
    ours, theirs = {"open", "timezone"}, {"nodes", "helpline"}
    return bool(first & theirs and second & ours) and not (first & ours or second & theirs)


def _named(name: str, data: bytes) -> bytes:
    return name.encode("utf-8", "surrogateescape") + b"\0" + data


def _digest(contents: Iterable[bytes]) -> str:
    return sha256(b"\0".join(contents)).hexdigest()


def _bytes(path: Path, findings: Findings) -> bytes | None:
    """The file's bytes; None and a problem when it cannot be read."""
    try:
        return document.read_bytes(path, str(path))
    except ConfigError as error:
        findings.problems += error.problems
        return None


def _table(path: Path, data: bytes | None, findings: Findings) -> Table | None:
    """The table in a file's bytes; None and problems when it cannot be read."""
    try:
        return document.parse(data, str(path)) if data is not None else None
    except ConfigError as error:
        findings.problems += error.problems
        return None


def audio(folder: Path) -> list[bytes]:
    """The names of the audio files in bytes, which may not be text, and whether each can be read."""
    try:
        with os.scandir(os.fsencode(folder / "audio")) as files:
            return sorted(file.name + b"/%d" % os.access(file.path, os.R_OK) for file in files)
    except OSError:
        return []


def overridden(site: Site, overrides: tuple[Override, ...]) -> Site:
    """The same revision under these overrides, newest first."""
    if site.schedule.overrides == overrides:
        return site
    schedule, written = replace(site.schedule, overrides=overrides), site.teams_written
    changed = replace(site, schedule=schedule, teams=covered(written, overrides), written=written)
    changed.said.update(site.said)  # the texts are the same
    return changed
